"""What each module of the graph requires, and the graph that go reads from it.

A project whose go.mod says go 1.17 or later has a pruned graph: of a requirement that is itself at go 1.17 or
later only its own go.mod counts, and nothing behind it. A workspace prunes likewise, to the union of its
modules, and then reads on where another version was chosen than the one that was read.

Nothing here fetches: ``Walk`` says which go.mod files it waits for, so that one caller reads them one after
another and another one fetches many at once.

Source: cmd/go/internal/modload/buildlist.go (readModGraph, Requirements), modfile.go (goModSummary,
rawGoModSummary, summaryFromModFile, Replacement), init.go (requirementsFromModFiles, rootsFromModFile).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from probes.golang import gover
from probes.golang.errors import GoError, ModuleError
from probes.golang.go_sum import GO_MOD_SUFFIX, GoSum
from probes.golang.gomod import parse_lax
from probes.golang.gomod_full import FullGoMod
from probes.golang.modzip import MAX_GO_MOD
from probes.golang.os_errors import errno_words
from probes.project.project import MainModule, Project
from probes.project.selection import NONE, TOOLCHAINS, Graph, Version, build_list_error, compare, in_order
from probes.project.vendored import told_replacement
from probes.share.state import read_regular

ReadGoMod = Callable[[str, str], bytes]
"""The go.mod of a version. Raises GoError where it cannot be had, NotYet where it has to be waited for."""

UNSAID_GO, UNSAID_WORK = "1.16", "1.18"
"""gover.DefaultGoModVersion and DefaultGoWorkVersion: what counts without a go line."""
PRUNED_SINCE = "1.17"
"""gover.ExplicitIndirectVersion."""
STRICT_SINCE = "1.21"
"""gover.GoStrictVersion: from here on the go line is a requirement like any other."""


class Pruning(Enum):
    """How much of the graph is read (modPruning)."""

    PRUNED = "pruned"
    UNPRUNED = "unpruned"
    WORKSPACE = "workspace"


class NotYet(Exception):
    """The go.mod of a version is not there yet; ``version`` is the one that is fetched."""

    def __init__(self, path: str, number: str) -> None:
        super().__init__(f"{path}@{number}")
        self.version = path, number


def has_sum(go_sum: GoSum, path: str, version: str) -> bool:
    """modfetch HaveSum: whether there is a hash of a kind that go knows. Raises Fatal, see GoSum."""
    go_sum.require_readable()
    return any(known.startswith("h1:") for known in go_sum.hashes.get((path, version), ()))


def pruning_for(go_version: str) -> Pruning:
    """pruningForGoVersion."""
    is_old = gover.compare(go_version, PRUNED_SINCE) < 0
    return Pruning.UNPRUNED if is_old else Pruning.PRUNED


@dataclass(frozen=True, slots=True)
class Summary:
    """modFileSummary: what the graph takes from a go.mod."""

    require: tuple[Version, ...]
    pruning: Pruning
    go_version: str = ""
    module_path: str = ""


@dataclass(slots=True)
class Summaries:
    """goModSummary: what each version requires, replacements and exclusions of the project applied."""

    project: Project
    read_go_mod: ReadGoMod
    needs_sums: bool = False
    """mustHaveSums: a go.mod that go.sum does not vouch for is an error."""
    local: str = ""
    """The version of the go at hand, "1.27.3"; "" where it does not matter."""
    short_path: Callable[[str], str] = str
    """base.ShortPath: how a path is told."""
    _known: dict[Version, Summary | GoError] = field(default_factory=dict)
    _excluded: frozenset[Version] = frozenset()
    _mains: dict[str, MainModule] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._excluded = self.project.excluded()
        self._mains = {one.parsed.module_path: one for one in self.project.modules}

    def of(self, version: Version) -> Summary:
        """The summary of a version. Raises GoError, and NotYet from reading."""
        known = self._known.get(version)
        if known is None:
            try:
                known = self._summary(version)
            except GoError as error:
                known = error
            self._known[version] = known
        if isinstance(known, GoError):
            raise known
        return known

    def error_of(self, version: Version) -> GoError | None:
        """Why a version that was read cannot be; None where it can, or was not read."""
        known = self._known.get(version)
        return known if isinstance(known, GoError) else None

    def _summary(self, version: Version) -> Summary:
        path, number = version
        if path in TOOLCHAINS:
            is_strict = path == "go" and gover.compare(number, STRICT_SINCE) >= 0
            require = (("toolchain", f"go{number}"),) if is_strict else ()
            # Its zero value: what a toolchain requires is never pruned.
            return Summary(require, Pruning.PRUNED)
        if not number and path in self._mains:
            parsed = self._mains[path].parsed
            plain = tuple((one.path, one.version) for one in parsed.requires)
            return self._made(version, parsed.module_path, parsed.go_version, plain)
        what = self.project.effective(path, number)
        if isinstance(what, Path):
            return self._of_folder(version, what)
        return self._of_version(version, what)

    def _of_folder(self, version: Version, folder: Path) -> Summary:
        replaced = self.project.replacement(*version)
        told = (told_replacement(self.project, replaced) if replaced else str(folder)), ""
        file = folder / "go.mod"
        name = self.short_path(os.path.normpath(file))
        try:
            data = read_regular(file, MAX_GO_MOD)
        except OSError as error:
            words = f"reading {name}: open {os.path.normpath(file)}: {errno_words(error)}"
            raise ModuleError(*told, GoError(words)) from None
        return self._parsed(told, data, name)

    def _of_version(self, version: Version, what: Version) -> Summary:
        path, number = what
        if self.needs_sums and not has_sum(self.project.go_sum, path, number + GO_MOD_SUFFIX):
            words = f"missing go.sum entry for go.mod file; to add it:\n\tgo mod download {version[0]}"
            raise ModuleError(*what, GoError(words))
        found = self._parsed(what, self.read_go_mod(path, number), "go.mod")
        if not found.module_path:
            raise ModuleError(*what, GoError("parsing go.mod: missing module line"))
        if found.module_path not in (version[0], path):
            words = (
                "parsing go.mod:\n"
                f"\tmodule declares its path as: {found.module_path}\n"
                f"\t        but was required as: {version[0]}"
            )
            raise ModuleError(*what, GoError(words))
        return found

    def _parsed(self, what: Version, data: bytes, name: str) -> Summary:
        try:
            parsed = parse_lax(data, file=name)
        except GoError as error:
            raise ModuleError(*what, GoError(f"parsing {name}: {error}")) from None
        plain = tuple((one.path, one.version) for one in parsed.requires)
        return self._made(what, parsed.module_path, parsed.go_version, plain)

    def _made(self, what: Version, path: str, go_version: str, plain: tuple[Version, ...]) -> Summary:
        require = tuple(one for one in plain if one not in self._excluded)
        if go_version and gover.compare(go_version, STRICT_SINCE) >= 0:
            require += (("go", go_version),)
            if self.local and gover.compare(go_version, self.local) > 0:
                shown = f"{what[0]}@{what[1]}" if what[1] else what[0]
                raise GoError(f"module {shown} requires go >= {go_version} (running go {self.local})")
        pruning = pruning_for(go_version) if go_version else Pruning.UNPRUNED
        return Summary(require, pruning, go_version, path)


@dataclass(frozen=True, slots=True)
class Requirements:
    """The roots of the graph, sorted, and how it is pruned."""

    pruning: Pruning
    roots: tuple[Version, ...]
    direct: frozenset[str] = frozenset()
    """The paths that are marked as imported by the main module."""

    _newest: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._newest.update(self.roots)  # they are sorted

    def selected(self, path: str, mains: frozenset[str]) -> str | None:
        """rootSelected: the newest root of a path, None where it is no root."""
        return "" if path in mains else self._newest.get(path)


def go_version_of(parsed: FullGoMod) -> str:
    """gover.FromGoMod."""
    return parsed.go_version or UNSAID_GO


def roots_of(main: MainModule, *, with_toolchain: bool = True) -> list[Version]:
    """rootsFromModFile, in the order of the file."""
    excluded = {(one.path, one.version) for one in main.parsed.excludes}
    plain = [(one.path, one.version) for one in main.parsed.requires]
    roots = [one for one in plain if one not in excluded]
    roots.append(("go", go_version_of(main.parsed)))
    if with_toolchain and main.parsed.toolchain:
        roots.append(("toolchain", main.parsed.toolchain))
    return roots


def requirements_of(project: Project) -> Requirements:
    """requirementsFromModFiles."""
    if project.work is not None:
        roots = [(one.parsed.module_path, "") for one in project.modules]
        roots.append(("go", project.work_go or UNSAID_WORK))
        if project.work_toolchain:
            roots.append(("toolchain", project.work_toolchain))
        direct = [one.path for main in project.modules for one in main.parsed.requires if not one.indirect]
        return Requirements(Pruning.WORKSPACE, tuple(in_order(roots)), frozenset(direct))
    (main,) = project.modules
    roots = roots_of(main)
    excluded = {(one.path, one.version) for one in main.parsed.excludes}
    named = [
        one.path for one in main.parsed.requires
        if not one.indirect and (one.path, one.version) not in excluded
    ]  # fmt: skip
    pruning = pruning_for(go_version_of(main.parsed))
    return Requirements(pruning, tuple(in_order(roots)), frozenset([*named, "go"]))


class Walk:
    """readModGraph: the graph from its roots on, as far as the go.mod files are there."""

    def __init__(self, summaries: Summaries, requirements: Requirements) -> None:
        self._summaries = summaries
        self._requirements = requirements
        mains = [(one.parsed.module_path, "") for one in summaries.project.modules]
        in_workspace = requirements.pruning is Pruning.WORKSPACE
        self.graph = Graph(list(requirements.roots) if in_workspace else mains)
        if not in_workspace:
            self.graph.require(mains[0], requirements.roots)
        self.has_error = False
        self.waiting: dict[Version, list[tuple[Version, Pruning]]] = {}
        """By what has to be fetched: the versions that wait for its go.mod."""
        self._seen: set[tuple[Version, Pruning]] = set()
        self._queue: deque[tuple[Version, Pruning]] = deque()
        self._in_all = {path for path, _ in requirements.roots}
        self._reloaded: set[Version] = set()
        for root in requirements.roots:
            self._enqueue(root, requirements.pruning)

    def go_on(self) -> bool:
        """Walk as far as possible; False where go.mod files are waited for."""
        while True:
            while self._queue:
                self._load(*self._queue.popleft())
            if self.waiting or not self._reload():
                return not self.waiting

    def fed(self, version: Version) -> None:
        """The go.mod of a version that was waited for is there now, or known to be beyond reach."""
        self._queue += self.waiting.pop(version, [])

    def error(self) -> GoError | None:
        """findError: the first error on the shortest way from a root."""
        if not self.has_error:
            return None
        way = self.graph.path_to(lambda one: self._summaries.error_of(one) is not None)
        error = self._summaries.error_of(way[-1]) if way else None
        return None if error is None else build_list_error(error, way)

    def _enqueue(self, version: Version, pruning: Pruning) -> None:
        if version[1] != NONE and (version, pruning) not in self._seen:
            self._seen.add((version, pruning))
            self._queue.append((version, pruning))

    def _load(self, version: Version, pruning: Pruning) -> None:
        try:
            summary = self._summaries.of(version)
        except NotYet as later:
            self.waiting.setdefault(later.version, []).append((version, pruning))
            return
        except GoError:
            self.has_error = True
            return
        if version not in self.graph.required:
            self.graph.require(version, summary.require)
        if pruning is Pruning.PRUNED and summary.pruning is not Pruning.UNPRUNED:
            return
        inner = Pruning.UNPRUNED if pruning is Pruning.UNPRUNED else summary.pruning
        for one in summary.require:
            self._enqueue(one, inner)

    def _reload(self) -> bool:
        """A workspace reads the chosen versions of what its modules lead to, too."""
        if self._requirements.pruning is not Pruning.WORKSPACE:
            return False
        graph = self.graph
        more: dict[Version, None] = {}
        for path in self._in_all:
            chosen = path, graph.version_of(path)
            if chosen not in self._reloaded:
                more[chosen] = None
                continue
            for inner, number in graph.required.get(chosen, ()):
                newest = inner, graph.version_of(inner)
                if compare(inner, newest[1], number) > 0 and newest not in self._reloaded:
                    more[newest] = None
        for version in more:
            self._enqueue(version, Pruning.WORKSPACE)
            self._reloaded.add(version)
            self._in_all.add(version[0])
        return bool(more)
