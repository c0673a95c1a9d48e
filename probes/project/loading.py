"""The project around a folder as a go command loads it, with go's own words where it cannot.

A project that go refuses is still a Project: ``error`` is what go prints before it asks anybody anything.
``read_project`` is for who only wants to look at one.

Source: cmd/go/internal/modload/init.go (Init, FindGoWork, findModuleRoot, LoadWorkFile, loadModFile,
makeMainModules, CheckGodebug), modfile.go (ReadModFile, toReplaceMap), base/path.go ShortPath.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from probes.golang import gover
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.go_sum import MOST_BYTES, GoSum
from probes.golang.gomod_full import FullGoMod, Replaced, is_directory_path, read_full
from probes.golang.gowork import GoWork, parse_work
from probes.golang.mode import goflag
from probes.golang.module import check_import_path
from probes.golang.modzip import MAX_GO_MOD
from probes.golang.os_errors import errno_words
from probes.golang.short_path import short_path
from probes.golang.toolchain_name import release_of_go
from probes.golang.toolchain_select import GoLines, explained, read_go_lines
from probes.project.project import MainModule, Project
from probes.share.state import read_regular

LOAD = "cmd/go/internal/modload/init.go loadModFile"
INIT = "cmd/go/internal/modload/init.go Init"
_RESERVED = frozenset({"go", "toolchain"})
_STRICT = "1.21"
_NOT_CANONICAL = "must be of the form v1.2.3"


class Refused(GoError):
    """What go prints, whole, and where the rule stands."""

    def __init__(self, text: str, rule: str = LOAD) -> None:
        super().__init__(text)
        self.rule = rule


class Unsaid(Exception):
    """What go does depends on what a server says of a version in go.mod."""


def load_project(environment: Environment, place: Path | None = None) -> Project | None:
    """The project that a go command in this folder has, None outside of any module.

    ``place`` is the working directory if none is given. Blocks; raises nothing: see Project.error.
    """
    here = environment.facts.working_directory if place is None else str(place)
    if not here.startswith("/"):
        return None
    loading = _Loading(environment, Path(os.path.normpath(here)))
    try:
        return loading.load()
    except Refused as refused:
        loading.project.error, loading.project.rule = str(refused), refused.rule
    except Unsaid as words:
        loading.project.unsaid = str(words)
    return loading.project


def project_file(here: Path, environment: Environment) -> Path | None:
    """The go.work or go.mod that counts in a folder. Raises Refused for a GOWORK that go refuses."""
    named = environment.process.get("GOWORK", "")
    if named not in ("", "auto", "off"):
        if not named.startswith("/"):
            raise Refused("go: invalid GOWORK: not an absolute path", INIT)
        return Path(named)
    work = None if named == "off" else _upward(here, "go.work", environment.goroot)
    return work or _upward(here, "go.mod")


def _upward(here: Path, name: str, stop: str = "") -> Path | None:
    for folder in (here, *here.parents):
        file = folder / name
        try:
            if file.exists() and not file.is_dir():
                return file
        except OSError:
            pass  # what cannot be looked at is not there, to go as well
        if stop and str(folder.parent) == stop:
            return None
    return None


@dataclass(slots=True)
class _Loading:
    """One project on its way."""

    environment: Environment
    here: Path
    project: Project = field(default_factory=lambda: Project(Path("/"), []))

    def load(self) -> Project | None:
        """The whole way. Raises Refused and Unsaid."""
        file = project_file(self.here, self.environment)
        modfile = goflag(self.environment.get("GOFLAGS"), "modfile")
        is_work = file is not None and (file.name != "go.mod" or self._is_named_work(file))
        if is_work and modfile:
            self._start(file)
            raise Refused("go: -modfile cannot be used in workspace mode", INIT)
        if file is None and modfile:
            self.project.folder = self.here
            raise Refused(
                "go: cannot find main module, but -modfile was set.\n"
                "\t-modfile cannot be used to set the module root directory.", INIT,
            )  # fmt: skip
        if file is None or (not is_work and self._is_temporary_root(file.parent)):
            return None
        if modfile and not modfile.endswith(".mod"):
            self._start(file)
            raise Refused(f"go: -modfile={modfile}: file does not have .mod extension", INIT)
        if is_work:
            return self._workspace(file)
        return self._module(file, modfile)

    def _is_named_work(self, file: Path) -> bool:
        return self.environment.process.get("GOWORK", "") == str(file)

    def _is_temporary_root(self, folder: Path) -> bool:
        """go.mod in the system's temporary folder itself is passed over."""
        temporary = self.environment.process.get("TMPDIR", "") or "/tmp"
        return os.path.realpath(folder) == os.path.realpath(temporary)

    def _start(self, file: Path | None) -> None:
        if file is not None:
            self.project.folder, self.project.file = file.parent, file
            self.project.lines = self._lines(file)

    def _lines(self, file: Path) -> GoLines | None:
        """toolchain modGoToolchain; a go.work that GOWORK names need not be there yet."""
        found = file if file.exists() else _upward(self.here, "go.mod")
        if found is None or (found.name == "go.mod" and self._is_temporary_root(found.parent)):
            return None
        try:
            return read_go_lines(self._short(str(found)), read_regular(found, MAX_GO_MOD))
        except (OSError, ValueError):
            return None

    # -- one module ----------------------------------------------------------------------------------

    def _module(self, file: Path, modfile: str) -> Project:
        self._start(file)
        named = modfile or str(file)
        self.project.file = self.here / named
        sums = self.here / (named.removesuffix(".mod") + ".sum")
        self.project.go_sum = self._sums([], sums, named.removesuffix(".mod") + ".sum")
        try:
            main = self._read(named, file.parent)
            self._check_godebug(main.parsed, self._short(named))
        except GoError as error:
            raise _refused([error]) from None
        except OSError as error:
            _require_plain(named, error)
            raise Refused(f"go: open {named}: {errno_words(error)}") from None
        self.project.modules = [main]
        self._check_mains()
        return self.project

    def _read(self, name: str, folder: Path) -> MainModule:
        """ReadModFile. Raises GoError, OSError and Unsaid."""
        data = read_regular(self.here / name, MAX_GO_MOD)
        short = self._short(name)
        parsed = read_full(data, file=name, is_main=True)
        if parsed.errors:
            self._require_go(short, _go_line(data))
            if any(_NOT_CANONICAL in line for line in parsed.errors):
                raise Unsaid(
                    f"{short} names a version that is not canonical: go first asks what it stands "
                    "for, which is not traced"
                )
            lines = [short + line.removeprefix(name) for line in parsed.errors]
            raise GoError(f"errors parsing {short}:\n" + "\n".join(lines))
        self._require_go(short, parsed.go_version)
        if not parsed.module_line:
            raise GoError(
                f"error reading {short}: missing module declaration. To specify the module path:\n"
                "\tgo mod edit -module=example.com/mod"
            )
        if parsed.module_path in _RESERVED:
            raise GoError(f'error reading {short}: invalid module path: "{parsed.module_path}"')
        return MainModule(folder, parsed)

    def _require_go(self, what: str, wanted: str) -> None:
        """TooNewError for a file of the project; without a go nothing is too new."""
        running = release_of_go(self.environment.go_version) or ""
        if not running or not wanted or gover.compare(wanted, running) <= 0:
            return
        gotoolchain, local = self.environment.get("GOTOOLCHAIN"), self.environment.go_version or ""
        words = explained(gotoolchain, local, self.project.lines)
        raise TooNewFile(f"{what} requires go >= {wanted} (running go {running}{words})", wanted)

    @staticmethod
    def _check_godebug(parsed: FullGoMod, file: str) -> None:
        """CheckGodebug, but for the names that this go does not know."""
        for one in parsed.godebug:
            key, _, value = one.text.partition("=")
            if any(blank in key for blank in " \t"):
                raise GoError(f"error loading go.mod:\n{file}:{one.line}: key contains space")
            if any(blank in value for blank in " \t"):
                raise GoError(f"error loading go.mod:\n{file}:{one.line}: value contains space")

    # -- a workspace ---------------------------------------------------------------------------------

    def _workspace(self, file: Path) -> Project:
        self._start(file)
        self.project.work = file
        short = self._short(str(file))
        try:
            data = read_regular(file, MAX_GO_MOD)
        except OSError as error:
            _require_plain(short, error)
            raise Refused(f"go: reading go.work: open {short}: {errno_words(error)}") from None
        try:
            work = parse_work(data, file=short)
        except GoError as error:
            raise Refused(f"go: errors parsing go.work:\n{error}") from None
        try:
            self._require_go(short, work.lines.go_version)
        except TooNewFile as error:
            raise Refused(f"go: {error}") from None
        self.project.work_go, self.project.work_toolchain = work.lines.go_version, work.lines.toolchain
        self.project.work_replaces = work.lines.replaces
        folders = list(self._folders(file, short, work))
        self.project.go_sum = self._sums(folders, Path(f"{file}.sum"), f"{file}.sum")
        self._read_all(folders, work.lines.go_version)
        _replace_map(work.lines.replaces)
        self._check_mains()
        return self.project

    def _folders(self, file: Path, short: str, work: GoWork) -> Iterator[Path]:
        seen = set()
        for use in work.uses:
            folder = Path(os.path.normpath(file.parent / use.text))
            if folder in seen:
                words = f"{short}:{use.line}: path {folder} appears multiple times in workspace"
                raise Refused(f"go: error loading go.work:\n{words}")
            seen.add(folder)
            yield folder

    def _read_all(self, folders: list[Path], work_go: str) -> None:
        errors: list[GoError] = []
        for folder in folders:
            name, told = str(folder / "go.mod"), self._short(str(folder))
            try:
                main = self._read(name, folder)
            except TooNewFile as error:
                errors.append(_too_old(told, error.wanted, work_go))
            except GoError as error:
                errors.append(GoError(f"cannot load module {told} listed in go.work file: {error}"))
            except OSError as error:
                _require_plain(name, error)
                words = f"open {self._short(name)}: {errno_words(error)}"
                errors.append(GoError(f"cannot load module {told} listed in go.work file: {words}"))
            else:
                wants = main.parsed.go_version
                if wants and gover.compare(wants, work_go or "1.18") > 0 <= gover.compare(wants, _STRICT):
                    errors.append(_too_old(told, wants, work_go))
                    continue
                self.project.modules.append(main)
        if errors:
            raise _refused(errors)

    # -- all main modules together -------------------------------------------------------------------

    def _check_mains(self) -> None:
        """indexModFile and makeMainModules."""
        errors: list[GoError] = []
        for main in self.project.modules:
            _replace_map(main.parsed.replaces)
            try:
                check_import_path(main.parsed.module_path)
            except GoError as error:
                words = str(error).replace("malformed import path", "malformed module path", 1)
                errors.append(GoError(words))
        if errors:
            raise _refused(errors)
        paths = [main.parsed.module_path for main in self.project.modules]
        twice = [path for number, path in enumerate(paths) if path in paths[:number]]
        told = [f"go: module {path} appears multiple times in workspace" for path in twice]
        told += [
            f"go: workspace module {one.path} is replaced at all versions in the go.work file. To fix, "
            "remove the replacement from the go.work file or specify the version at which to replace the "
            "module."
            for one in self.project.work_replaces if one.path in paths and not one.version
        ]  # fmt: skip
        self.project.complaint = "\n".join(told)
        self._check_conflicts()

    def _check_conflicts(self) -> None:
        overruled = {one.path for one in self.project.work_replaces}
        seen: dict[tuple[str, str], tuple[str, str]] = {}
        for main in self.project.modules:
            own = set()
            for one in main.parsed.replaces:
                if one.path in overruled:
                    continue
                new = one.new_path, one.new_version
                if self.project.work is not None and not one.new_version and not one.new_path.startswith("/"):
                    new = os.path.normpath(main.folder / one.new_path), ""
                old = one.path, one.version
                if old in seen and old not in own and seen[old] != new:
                    told, both = _shown(*old), f"\n\t{_shown(*seen[old])}\n\t{_shown(*new)}\n"
                    raise Refused(
                        f"go: conflicting replacements for {told}:{both}"
                        f'use "go work edit -replace {told}=[override]" to resolve'
                    )
                own.add(old)
                seen[old] = new

    # -- helpers -------------------------------------------------------------------------------------

    def _sums(self, folders: list[Path], own: Path, name: str) -> GoSum:
        """What initGoSum reads; a malformed line stops go only when it first needs a hash."""
        found = GoSum()
        found.name = "go.work.sum" if name.endswith("go.work.sum") else "go.sum"
        beside = {str(folder / "go.sum"): _read_sum(folder / "go.sum") for folder in folders}
        try:
            for file, data in beside.items():
                GoSum().add(data, file)  # go reads these first
            found.add(_read_sum(own), name)
            for file, data in beside.items():
                found.add_beside(data, file)
        except GoError as error:
            found.malformed = str(error)
        return found

    def _short(self, path: str) -> str:
        return short_path(path, str(self.here)) if path.startswith("/") else path


class TooNewFile(GoError):
    """gover.TooNewError of a file of the project."""

    def __init__(self, text: str, wanted: str) -> None:
        super().__init__(text)
        self.wanted = wanted


def _require_plain(name: str, error: OSError) -> None:
    """Raise Unsaid for a pipe, a device or a folder, which go would read, and for what is endless."""
    if error.errno in (errno.EINVAL, errno.EFBIG, errno.ENXIO):
        raise Unsaid(f"{name} is no plain file of a usual size, and is not read")


def _read_sum(file: Path) -> bytes:
    try:
        return read_regular(file, MOST_BYTES)
    except OSError:
        return b""


def _go_line(data: bytes) -> str:
    """The go line of a file that is only laxly a go.mod; "" where it is not even that."""
    from probes.golang.gomod import parse_lax

    try:
        return parse_lax(data).go_version
    except GoError:
        return ""


def _too_old(module: str, wanted: str, work_go: str) -> GoError:
    """errWorkTooOld."""
    verb = "lists" if work_go else "implicitly requires"
    return GoError(
        f"module {module} listed in go.work file requires go >= {wanted}, but go.work {verb} go "
        f"{work_go or '1.18'}; to download and use go {wanted}:\n\tgo work use"
    )


def _replace_map(replaces: tuple[Replaced, ...]) -> None:
    """toReplaceMap: go exits where one thing is replaced by two."""
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for one in replaces:
        old, new = (one.path, one.version), (one.new_path, one.new_version)
        if seen.get(old, new) != new:
            words = f"\n\t{_shown(*seen[old])}\n\t{_shown(*new)}"
            raise Refused(f"go: conflicting replacements for {_shown(*old)}:{words}")
        seen[old] = new


def _shown(path: str, version: str) -> str:
    return path if not version or is_directory_path(path) else f"{path}@{version}"


def _refused(errors: list[GoError]) -> Refused:
    """base.Fatal of joined errors: each begins a line of its own."""
    return Refused("\n".join(f"go: {error}" for error in errors))
