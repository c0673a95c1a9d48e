"""Which lines a go.sum needs and which it does not, as far as the module graph tells.

The go.mod of everything that the graph is read from needs a line, and so does the zip of a module that a
package is taken from. Which packages that are only their sources tell, and nobody looks at them here: so of
the zips of the build list those of direct requirements are taken as needed, the others as possibly needed.
What is in no graph `go mod tidy` takes out, as long as go.mod stays as it is.

Source: cmd/go/internal/modload/init.go keepSums, load.go LoadPackages (the -compat of tidy), modfile.go
goModSummary, import.go fetch and ImportMissingSumError, modfetch/fetch.go TrimGoSum, HaveSum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from probes.diagnosis.findings import Level
from probes.golang import gover, module
from probes.golang.environment import Environment
from probes.golang.errors import GoError, ModuleError
from probes.golang.go_sum import GO_MOD_SUFFIX, GoSum
from probes.golang.mode import goflag
from probes.golang.modzip import MAX_GO_MOD
from probes.golang.os_errors import errno_words
from probes.project.graph import BuildList, load_graph
from probes.project.project import Project
from probes.project.requirements import PRUNED_SINCE
from probes.project.selection import NONE, TOOLCHAINS, Version, build_list_error
from probes.project.vendored import VENDORS_SINCE, is_for_workspace, vendor_folder
from probes.share.state import read_regular
from probes.sums.sum_findings import Evidence, Fault, SumFinding
from probes.sums.sum_lines import Key, SumBook, SumFile, SumLine

KEPT = "cmd/go/internal/modload/init.go keepSums"
SUMMARY = "cmd/go/internal/modload/modfile.go goModSummary"
IMPORTED = "cmd/go/internal/modload/import.go fetch"
COMPATIBLE_UNTIL = "1.18"
"""Up to here `go mod tidy` of a go 1.17 module keeps what go 1.16 would need as well."""


class Mode(StrEnum):
    """What go does where go.sum lacks a line."""

    READONLY = "readonly"
    """It stops."""
    MOD = "mod"
    """It downloads, and adds the line."""
    WORKSPACE = "workspace"
    """It downloads, and adds the line to go.work.sum."""
    VENDOR = "vendor"
    """It does not look at go.sum."""


def mode_of(project: Project, environment: Environment) -> Mode:
    """modload setDefaultBuildMod, and mustHaveSums, for `go build`."""
    named = goflag(environment.get("GOFLAGS"), "mod")
    if named == "vendor" or (not named and _has_vendor(project)):
        return Mode.VENDOR
    if project.work is not None:
        return Mode.WORKSPACE
    return Mode.MOD if named == "mod" else Mode.READONLY


def _has_vendor(project: Project) -> bool:
    """A vendor folder that was made in the same mode, and a go line that lets it count."""
    go_line = project.work_go if project.work is not None else project.modules[0].parsed.go_version
    folder = vendor_folder(project)
    if not go_line or gover.compare(go_line, VENDORS_SINCE) < 0 or not folder.is_dir():
        return False
    try:
        return is_for_workspace(folder) is (project.work is not None)
    except (OSError, ValueError):
        return False


@dataclass(slots=True)
class Needed:
    """What a project's go.sum is needed for."""

    mode: Mode
    build: BuildList
    go_mods: dict[Key, Version] = field(default_factory=dict)
    """The hashes of go.mod files that reading the graph needs, and the version that each stands for."""
    zips: dict[Key, Version] = field(default_factory=dict)
    """The hashes of zips that may be needed: those of the build list."""
    local: list[tuple[Version, Path]] = field(default_factory=list)
    """What a folder stands in for."""
    unread: list[Version] = field(default_factory=list)
    """Versions whose go.mod is not in the module cache: what they lead to is not known."""

    def is_needed(self, key: Key) -> bool:
        """Whether a hash may be needed; of a graph that is not whole nothing is known not to be."""
        of_zip = key[0], key[1].removesuffix(GO_MOD_SUFFIX)
        return not self.is_whole or key in self.go_mods or of_zip in self.zips

    def named(self, path: str) -> list[str]:
        """What `go mod download` calls the modules that a path is hashed for: of a replacement the original;
        none where the path is not in the graph, for it then is "not a known dependency"."""
        return sorted(
            {version[0] for key, version in (*self.go_mods.items(), *self.zips.items()) if key[0] == path}
        )

    @property
    def is_whole(self) -> bool:
        """Whether the whole graph is known."""
        return not self.unread and self.build.error is None


def needed_by(project: Project, environment: Environment) -> Needed:
    """Read the module graph from the module cache. Asks nobody."""
    cache = environment.get("GOMODCACHE")
    asked: dict[Version, None] = {}
    unread: list[Version] = []

    def read(path: str, version: str) -> bytes:
        asked[path, version] = None
        try:
            if not cache.startswith("/"):
                raise GoError("there is no module cache")
            file = Path(module.cached_zip(cache, path, version)).with_suffix(".mod")
            return read_regular(file, MAX_GO_MOD)
        except (OSError, ValueError, GoError) as error:
            unread.append((path, version))
            words = errno_words(error) if isinstance(error, OSError) else str(error)
            raise ModuleError(path, version, GoError(f"not in the module cache: {words}")) from None

    build = load_graph(project, read)
    found = Needed(mode_of(project, environment), build, unread=unread)
    for version in build.graph.breadth_first():
        _place(found, project, version, asked)
    return found


def _place(found: Needed, project: Project, version: Version, asked: dict[Version, None]) -> None:
    """What of one version of the graph is hashed."""
    path, number = version
    if not number or path in TOOLCHAINS:
        return
    is_chosen = found.build.selected(path) == number
    what = project.effective(path, number)
    if isinstance(what, Path):
        if is_chosen:
            found.local.append((version, what))
        return
    if what in asked:
        found.go_mods.setdefault((what[0], what[1] + GO_MOD_SUFFIX), version)
    if is_chosen:
        found.zips.setdefault(what, version)


# -- what is missing ---------------------------------------------------------------------------------


def missing_lines(project: Project, needed: Needed, go_sum: GoSum) -> Iterator[SumFinding]:
    """What go would complain about, or add."""
    if needed.mode is Mode.VENDOR:
        return
    roots = set(needed.build.requirements.roots)
    direct = {one.path for main in project.modules for one in main.parsed.requires if not one.indirect}
    words = _complaints(needed)
    for key, version in needed.go_mods.items():
        if not _has(go_sum, key):
            is_root = version in roots
            yield _missing_go_mod(needed, key, version, words.get(key, ""), is_root=is_root)
    for key, version in needed.zips.items():
        if not _has(go_sum, key):
            yield _missing_zip(needed, key, version, is_direct=version[0] in direct)


def _has(go_sum: GoSum, key: Key) -> bool:
    """HaveSum: hashes of other algorithms are none."""
    return any(total.startswith("h1:") for total in go_sum.hashes.get(key, ()))


def _complaints(needed: Needed) -> dict[Key, str]:
    """What `go list -m all` says of each: the chain of requirements, then the error."""
    words: dict[Key, str] = {}
    for key, version in needed.go_mods.items():
        actual = key[0], key[1].removesuffix(GO_MOD_SUFFIX)
        said = f"missing go.sum entry for go.mod file; to add it:\n\tgo mod download {version[0]}"
        error = ModuleError(*actual, GoError(said))
        way = needed.build.graph.path_to(lambda one, version=version: one == version)  # type: ignore[misc]
        words[key] = f"go: {build_list_error(error, way)}"
    return words


def _missing_go_mod(needed: Needed, key: Key, version: Version, words: str, *, is_root: bool) -> SumFinding:
    level, more = Level.ERROR, ""
    if needed.mode is not Mode.READONLY:
        level, words, more = Level.INFO, "", _added_by_itself(needed.mode)
    elif not is_root:
        level = Level.WARNING
        more = " `go build` may do without it; `go list -m all`, and what needs all of the graph, does not."
    return SumFinding(
        Fault.MISSING_GO_MOD, level,
        f"There is no line for the go.mod of {key[0]}@{key[1].removesuffix(GO_MOD_SUFFIX)}, which the module "
        f"graph is read from.{more}",
        path=key[0], version=key[1], go_says=words, download=_download(level, version), rule=SUMMARY,
    )  # fmt: skip


def _missing_zip(needed: Needed, key: Key, version: Version, *, is_direct: bool) -> SumFinding:
    level, words, more = Level.WARNING, "", ""
    if needed.mode is not Mode.READONLY:
        level, more = Level.INFO, _added_by_itself(needed.mode)
    else:
        words = "missing go.sum entry for module providing package …"
        more = " It is in the build list: where a package of it is imported, go stops."
        if is_direct:
            level, more = (
                Level.ERROR,
                " It is a direct requirement: go stops where its packages are imported.",
            )
    return SumFinding(
        Fault.MISSING_ZIP, level, f"There is no line for the zip of {key[0]}@{key[1]}.{more}",
        path=key[0], version=key[1], go_says=words, download=_download(level, version), rule=IMPORTED,
    )  # fmt: skip


def _added_by_itself(mode: Mode) -> str:
    if mode is Mode.WORKSPACE:
        return " In a workspace go does not stop: it downloads, and writes the hash into go.work.sum."
    return " With -mod=mod go does not stop: it downloads, and adds the line."


def _download(level: Level, version: Version) -> tuple[str, ...]:
    return () if level is Level.INFO else (version[0],)


# -- what is too much --------------------------------------------------------------------------------


def extra_lines(project: Project, needed: Needed, book: SumBook) -> Iterator[SumFinding]:
    """The lines that nothing of the graph needs, and that `go mod tidy` would take out; where the graph is
    not known to its end, how many may be such lines."""
    if project.work is not None:
        return  # go.work.sum has what only some of the modules need, and nothing tidies it
    for file in book.files:
        unneeded = [line for line in file.hashes() if not _is_kept(needed, line)]
        if unneeded and not needed.is_whole:
            yield SumFinding(
                Fault.EXTRA, Level.INFO,
                f"What is known of the module graph needs {len(unneeded)} of the lines not. Whether `go mod "
                "tidy` takes them out cannot be told before all of the graph is known.",
                file.name, first=("go mod download",), rule=KEPT,
            )  # fmt: skip
            continue
        yield from (_extra(project, needed, file, line) for line in unneeded)


def _is_kept(needed: Needed, line: SumLine) -> bool:
    """Whether a line may be needed; that of a go.mod is kept with the zip that a package is taken from."""
    if line.key in needed.go_mods or line.key in needed.zips:
        return True
    return line.is_of_go_mod and (line.path, line.bare_version) in needed.zips


def _extra(project: Project, needed: Needed, file: SumFile, line: SumLine) -> SumFinding:
    chosen = needed.build.selected(line.path)
    is_other = chosen not in ("", NONE, line.bare_version)
    words = "Nothing in the module graph needs this line"
    words += f": {line.path} is built from {chosen}." if is_other else "."
    go_line = project.go_version or "1.16"
    if gover.compare(go_line, PRUNED_SINCE) >= 0 and gover.compare(go_line, COMPATIBLE_UNTIL) < 0:
        evidence: tuple[Evidence, ...] = ()
        words += " For a go 1.17 module `go mod tidy` may keep it, for go 1.16 might need it."
    else:
        evidence = (Evidence("go mod tidy", words="takes it out"),)
        words += " `go mod tidy` takes it out, as long as go.mod stays as it is."
    return SumFinding(
        Fault.EXTRA, Level.INFO, words, file.name, line.number, *line.key, evidence=evidence,
        last=("go mod tidy",), rule=KEPT,
    )  # fmt: skip


def graph_findings(needed: Needed) -> Iterator[SumFinding]:
    """What keeps the graph from being known."""
    if needed.unread:
        path, version = needed.unread[0]
        more = f" and {len(needed.unread) - 1} more are" if len(needed.unread) > 1 else " is"
        yield SumFinding(
            Fault.GRAPH, Level.INFO,
            f"The go.mod of {path}@{version}{more} not in the module cache, so what they need is not known: "
            "lines may be missing that are not named here.",
            first=("go mod download",), rule=KEPT,
        )  # fmt: skip
    elif needed.build.error is not None:
        yield SumFinding(
            Fault.GRAPH, Level.WARNING, "The module graph cannot be read to its end.",
            go_says=f"go: {needed.build.error}", rule=KEPT,
        )  # fmt: skip
