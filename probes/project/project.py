"""What go would build in a folder: its go.mod, or the modules of its workspace, and the go.sum that counts.

Source: cmd/go/internal/modload/init.go (findModuleRoot, FindGoWork, modFilePath, loadModFile) and modfile.go
(Replacement). A folder on the right side of a replacement is part of the project and is read, not fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from probes.golang import gover, semver
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.go_sum import GO_MOD_SUFFIX, MOST_BYTES, GoSum
from probes.golang.gomod_full import FullGoMod, Replaced, is_directory_path, read_full
from probes.golang.gowork import parse_work
from probes.golang.mode import goflag
from probes.golang.modzip import MAX_GO_MOD
from probes.golang.toolchain_select import GoLines, asked_toolchain
from probes.share.state import read_regular

Version = tuple[str, str]
"""A module path and a version."""


@dataclass(frozen=True, slots=True)
class MainModule:
    """One module of the project."""

    folder: Path
    parsed: FullGoMod


class _Index:
    """The replacements of one file, of which there may be many; of two for the same the last one counts."""

    def __init__(self, replaces: tuple[Replaced, ...]) -> None:
        self.replaces = replaces
        self._lines = {(one.path, one.version): one for one in replaces}
        self._ids = frozenset(map(id, replaces))

    def replacing(self, path: str, version: str) -> Replaced | None:
        """modload replacement: a line for this version comes before one for every version."""
        return self._lines.get((path, version)) or self._lines.get((path, ""))

    def has(self, line: Replaced) -> bool:
        """Whether it is a line of this very file."""
        return id(line) in self._ids


@dataclass(slots=True)
class Project:
    """What is to be built, as its files say."""

    folder: Path
    modules: list[MainModule]
    go_sum: GoSum = field(default_factory=GoSum)
    work: Path | None = None
    """The go.work file, where the modules are those of a workspace."""
    work_go: str = ""
    work_toolchain: str = ""
    work_replaces: tuple[Replaced, ...] = ()
    file: Path | None = None
    """The go.work or go.mod that counts; load_project knows it."""
    lines: GoLines | None = None
    """Its go and toolchain lines as a starting go reads them (load_project)."""
    error: str = ""
    """What go prints, whole, as it loads the project, and exits; "" where it is fine (load_project)."""
    rule: str = ""
    """Where the rule stands that refused it."""
    complaint: str = ""
    """What go prints and goes on, to fail at the end."""
    conflicts: dict[str, None] = field(default_factory=dict)
    """The same of replacements in two modules of a workspace, once they were met."""
    unsaid: str = ""
    """Why modtrace cannot tell what go makes of the project, in one sentence."""
    _indexes: dict[int, _Index] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def has_sums(self) -> bool:
        """Whether go.sum says what is needed; it need not be there where nothing is required."""
        has_requirements = any(main.parsed.requires for main in self.modules)
        return not self.missing_sums() if self.go_sum.hashes else not has_requirements

    def missing_sums(self) -> list[str]:
        """What go.sum should vouch for, and does not: go stops there with "missing go.sum entry".

        A tidy one has a line for the go.mod of each requirement (modload/init.go keepSums), and one for the
        zip of those that packages of the main module import, the ones without `// indirect`.
        """
        mains = {one.parsed.module_path for one in self.modules}
        excluded = self.excluded()
        required = [
            one for main in self.modules for one in main.parsed.requires
            if one.path not in mains and (one.path, one.version) not in excluded
        ]  # fmt: skip
        newest: dict[str, str] = {}
        for one in required:
            if one.path not in newest or semver.compare(one.version, newest[one.path]) > 0:
                newest[one.path] = one.version
        missing: dict[str, None] = {}
        for one in required:
            what = self.effective(one.path, one.version)
            if isinstance(what, Path):
                continue
            path, version = what
            if (path, version + GO_MOD_SUFFIX) not in self.go_sum.hashes:
                missing[f"{path}@{version}{GO_MOD_SUFFIX}"] = None
            is_imported = not one.indirect and newest[one.path] == one.version
            if is_imported and (path, version) not in self.go_sum.hashes:
                missing[f"{path}@{version}"] = None
        return list(missing)

    @property
    def has_vendor(self) -> bool:
        """Whether go would take everything from a vendor folder anyway."""
        return (self.folder / "vendor" / "modules.txt").exists()

    @property
    def go_version(self) -> str:
        """The newest go line."""
        return self._newest([self.work_go, *(one.parsed.go_version for one in self.modules)])

    @property
    def toolchain(self) -> str:
        """The toolchain that go would select if it is older: "go1.27.3"; "" where none is asked for.

        In a workspace the lines of go.work count, and those of no go.mod (toolchain/select.go).
        """
        if self.work is not None:
            return asked_toolchain(self.work_go, self.work_toolchain)
        for main in self.modules:
            return asked_toolchain(main.parsed.go_version, main.parsed.toolchain)
        return ""

    @staticmethod
    def _newest(versions: Iterable[str]) -> str:
        best = ""
        for version in versions:
            if version and gover.is_valid(version) and (not best or gover.compare(version, best) > 0):
                best = version
        return best

    def replacement(self, path: str, version: str) -> Replaced | None:
        """What stands in for a version (modload replacementFrom): go.work comes before the go.mod files, and
        of those the last one counts; but one for this very version does not come after another one, which go
        prints and goes on."""
        found = self._index(self.work_replaces).replacing(path, version)
        by: MainModule | None = None
        for main in self.modules if found is None else ():
            one = self._index(main.parsed.replaces).replacing(path, version)
            if one is None:
                continue
            news = [(other.new_path, other.new_version) for other in (found, one) if other is not None]
            if by is not None and one.version and len(set(news)) > 1:
                told = f"{path}@{version}" if version else path
                words = f"conflicting replacements found for {told} in workspace modules defined by "
                self.conflicts[f"{words}{by.folder}/go.mod and {main.folder}/go.mod"] = None
                return found
            found, by = one, main
        return found

    def excluded(self) -> frozenset[Version]:
        """The versions that go.mod rules out."""
        return frozenset(
            (one.path, one.version) for main in self.modules for one in main.parsed.excludes
        )

    def folder_of(self, replaced: Replaced) -> Path:
        """Where a folder on the right side of a replacement is."""
        owner = self.owner_of(replaced)
        return (self.folder if owner is None else owner.folder) / replaced.new_path

    def owner_of(self, replaced: Replaced) -> MainModule | None:
        """Whose go.mod has this line; None for one of go.work."""
        return next((one for one in self.modules if self._index(one.parsed.replaces).has(replaced)), None)

    def _index(self, replaces: tuple[Replaced, ...]) -> _Index:
        """These lines by what they replace, put together once."""
        known = self._indexes.get(id(replaces))
        if known is None or known.replaces is not replaces:
            known = self._indexes[id(replaces)] = _Index(replaces)
        return known

    def effective(self, path: str, version: str) -> Version | Path:
        """What is fetched for a version: it, another one, or nothing, for there is a folder."""
        replaced = self.replacement(path, version)
        if replaced is None:
            return path, version
        if not replaced.new_version or is_directory_path(replaced.new_path):
            return self.folder_of(replaced)
        return replaced.new_path, replaced.new_version


ReadSums = Callable[[Iterable[Path]], GoSum]
"""Reads the go.sum files of a project as one."""


def read_project(place: Path, environment: Environment, read_sums: ReadSums | None = None) -> Project:
    """The project of a folder, a go.mod or a go.work. Raises GoError and OSError.

    ``read_sums`` is for who looks at go.sum for its own sake; else it is read as go does (read_go_sums).
    """
    read_sums = read_sums or read_go_sums
    if place.is_dir():
        work = find_work(place, environment)
        go_mod = work or upward(place, "go.mod")
        if go_mod is None:
            raise GoError(f"there is no go.mod in {place} or above it")
        if work is None and (named := goflag(environment.get("GOFLAGS"), "modfile")):
            return _module(place / named, go_mod.parent, read_sums)
        place = go_mod
    # Whatever it is called, `go build -modfile` takes what ends in .mod; only a workspace is something else.
    return _workspace(place, read_sums) if place.name == "go.work" else _module(place, None, read_sums)


def upward(folder: Path, name: str) -> Path | None:
    """The nearest file of this name, in a folder or above it."""
    folder = folder.absolute()
    return next((one / name for one in (folder, *folder.parents) if (one / name).is_file()), None)


def find_work(folder: Path, environment: Environment) -> Path | None:
    """modload FindGoWork, seen from this folder."""
    named = environment.process.get("GOWORK", "")
    if named == "off":
        return None
    if named not in ("", "auto"):
        return Path(named)
    return upward(folder, "go.work")


def _main(file: Path, folder: Path | None = None) -> MainModule:
    parsed = read_full(read_regular(file, MAX_GO_MOD), file=str(file))
    if parsed.errors:
        raise GoError(f"errors parsing {file}:\n" + "\n".join(parsed.errors))
    return MainModule(folder or file.parent, parsed)


def _module(file: Path, folder: Path | None, read_sums: ReadSums) -> Project:
    """The module of a go.mod, in another folder where -modfile named it (modload modFilePath)."""
    sums = file.with_suffix(".sum")
    return Project(folder or file.parent, [_main(file, folder)], read_sums([sums]))


def _workspace(file: Path, read_sums: ReadSums) -> Project:
    work = parse_work(read_regular(file, MAX_GO_MOD), file=str(file))
    folders = [file.parent / use.text for use in work.uses]
    modules = [_main(folder / "go.mod") for folder in folders]
    sums = [folder / "go.sum" for folder in folders] + [file.with_name("go.work.sum")]
    lines = work.lines
    return Project(
        file.parent, modules, read_sums(sums), file, lines.go_version, lines.toolchain, lines.replaces
    )


def read_go_sums(files: Iterable[Path]) -> GoSum:
    """These go.sum files as one; those that are not there are empty. Raises GoError and OSError."""
    found = GoSum()
    for file in files:
        try:
            data = read_regular(file, MOST_BYTES)
        except FileNotFoundError:
            continue
        found.add(data, str(file))
    return found


def go_sum_at(place: Path, environment: Environment) -> GoSum:
    """The go.sum that counts for a go in this folder; an empty one outside of any module. Raises OSError and
    GoError for one that cannot be read."""
    try:
        project = read_project(place, environment)
    except (GoError, OSError, ValueError) as error:
        if "malformed go.sum" in str(error):
            raise
        return GoSum()
    return project.go_sum
