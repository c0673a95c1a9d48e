"""The module graph of a project and its build list, as `go mod graph` and `go list -m all` tell them.

Where the graph shows that a root of the go.mod is not the version that is chosen, go makes the roots agree
with it and reads the graph anew, which in a pruned module can bring in more; with -mod=readonly it stops
there, "updates to go.mod needed".

Source: cmd/go/internal/modload/buildlist.go (Graph, LoadModGraph, expandGraph, updatePrunedRoots,
updateUnprunedRoots), init.go (loadModFile), modcmd/graph.go, list.go (listModules).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from probes.golang.errors import GoError
from probes.golang.short_path import shortener
from probes.project.project import Project
from probes.project.requirements import (
    NotYet,
    Pruning,
    ReadGoMod,
    Requirements,
    Summaries,
    Walk,
    requirements_of,
)
from probes.project.selection import NONE, TOOLCHAINS, Graph, Version, compare, in_order, least

__all__ = ["BuildList", "GoModDirty", "ReadGoMod", "load_graph"]


class GoModDirty(GoError):
    """errGoModDirty: go.mod would have to be written, and may not be."""


class GraphWaits(NotYet):
    """The go.mod files that have to be fetched before the graph can be read."""

    def __init__(self, versions: list[Version]) -> None:
        super().__init__(*versions[0])
        self.versions = versions


@dataclass(frozen=True, slots=True)
class BuildList:
    """The versions that a project is built from, and who asks for them."""

    modules: tuple[Version, ...]
    """Main modules first, the others sorted; without the pseudo-modules "go" and "toolchain"."""
    graph: Graph
    """Every version that was met, and what it requires, the pseudo-modules among them."""
    requirements: Requirements
    """The roots, after they were made to agree with the graph."""
    error: GoError | None = None
    """Why the graph is not whole, in go's words; what could be read is there all the same."""

    def selected(self, path: str) -> str:
        """The version of a module, "" for a main module, "none" where it is not in the list."""
        return self.graph.version_of(path)

    def chain_to(self, path: str, version: str) -> list[Version]:
        """Why it is here: the shortest chain of requirements from a main module to a version."""
        return self.graph.path_to(lambda one: one == (path, version))

    def required_by(self, path: str, version: str) -> list[Version]:
        """Who requires a version."""
        return self.graph.required_by((path, version))


def load_graph(
    project: Project, read_go_mod: ReadGoMod, *, is_readonly: bool = False, local: str = "", here: str = ""
) -> BuildList:
    """The build list of a project. Raises nothing of its own: ``error`` says what go would.

    ``read_go_mod`` raises GoError for a go.mod that cannot be had. With ``is_readonly`` go.mod and go.sum
    have to hold all that is needed, as they must for `go list -m all`; without, it is `go mod graph`.
    ``local`` is the version of the go at hand, where a newer go line is to be an error, and ``here`` the
    working directory that errors name files from.
    """
    in_workspace = project.work is not None
    needs_sums = is_readonly and not in_workspace
    summaries = Summaries(project, read_go_mod, needs_sums, local, shortener(here))
    loader = GraphLoader(summaries, may_write=not is_readonly or in_workspace)
    requirements = requirements_of(project)
    try:
        requirements = loader.without_redundant(requirements)
        requirements, graph = loader.expanded(requirements)
        error = loader.error(requirements)
    except GoError as stopped:
        error, graph = stopped, loader.graph(requirements)
    modules = [one for one in graph.build_list() if one[0] not in TOOLCHAINS]
    mains = [one for one in modules if not one[1]]
    return BuildList((*mains, *(one for one in modules if one[1])), graph, requirements, error)


class GraphLoader:
    """The graphs of a project's requirements, each read once, and the roots that agree with them."""

    def __init__(self, summaries: Summaries, *, may_write: bool) -> None:
        self.summaries = summaries
        self.may_write = may_write
        """Whether go.mod may be changed (-mod=mod), or never is (a workspace)."""
        self.mains = frozenset(one.parsed.module_path for one in summaries.project.modules)
        self._graphs: dict[Requirements, tuple[Graph, GoError | None]] = {}
        self.dirty: Callable[[], GoError] = lambda: GoModDirty("updates to go.mod needed")

    def is_read(self, requirements: Requirements) -> bool:
        """Whether the graph was needed so far."""
        return requirements in self._graphs

    def keep(self, requirements: Requirements, graph: Graph) -> None:
        """Take a graph for granted, as one is with a vendor folder."""
        self._graphs[requirements] = graph, None

    def graph(self, requirements: Requirements) -> Graph:
        """Requirements.Graph, as far as it can be read. Raises GraphWaits where a go.mod is waited for."""
        if requirements not in self._graphs:
            walk = Walk(self.summaries, requirements)
            if not walk.go_on():
                raise GraphWaits(list(walk.waiting))
            self._graphs[requirements] = walk.graph, walk.error()
        return self._graphs[requirements][0]

    def error(self, requirements: Requirements) -> GoError | None:
        """Why that graph is not whole."""
        self.graph(requirements)
        return self._graphs[requirements][1]

    def whole(self, requirements: Requirements) -> Graph:
        """The graph. Raises GoError where it is not whole."""
        graph = self.graph(requirements)
        if error := self.error(requirements):
            raise error
        return graph

    def without_redundant(self, requirements: Requirements) -> Requirements:
        """loadModFile: several requirements of one path, or one of the main module, are made one."""
        paths = [path for path, _ in requirements.roots]
        if requirements.pruning is Pruning.WORKSPACE or (
            len(set(paths)) == len(paths) and not self.mains & set(paths)
        ):
            return requirements
        return self.updated(requirements, requirements.direct)

    def expanded(self, requirements: Requirements) -> tuple[Requirements, Graph]:
        """expandGraph: the graph, after the roots were made to agree with it. Raises GoError."""
        graph = self.graph(requirements)
        if self.error(requirements) is None and not self._all_selected(requirements, graph):
            requirements = self.updated(requirements, requirements.direct)
            graph = self.graph(requirements)
        return requirements, graph

    def _all_selected(self, requirements: Requirements, graph: Graph) -> bool:
        if requirements.pruning is Pruning.WORKSPACE:
            return True
        return all(graph.version_of(path) == number for path, number in requirements.roots)

    # -- roots that agree with the graph -------------------------------------------------------------

    def updated(
        self, requirements: Requirements, direct: frozenset[str], used: tuple[Version, ...] = ()
    ) -> Requirements:
        """updateRoots: ``used`` is what packages were loaded from.

        Raises GoError, GoModDirty where go.mod would have to be written for it.
        """
        match requirements.pruning:
            case Pruning.WORKSPACE:
                return requirements
            case Pruning.PRUNED:
                return self._updated_pruned(requirements, direct, used)
            case Pruning.UNPRUNED:
                return self._updated_unpruned(requirements, direct)

    def _updated_pruned(
        self, requirements: Requirements, direct: frozenset[str], used: tuple[Version, ...]
    ) -> Requirements:
        roots, upgraded, spots = list(requirements.roots), False, []
        for version in used:
            if requirements.selected(version[0], self.mains) is not None:
                spots.append(version)
            else:
                roots.append(version)
                upgraded = True
        if upgraded:
            roots = in_order(roots)
        while True:
            graph: Graph | None = None
            if upgraded:
                if not self.may_write:
                    raise self.dirty()
                requirements = Requirements(Pruning.PRUNED, tuple(roots), direct)
                graph = self.whole(requirements)
            elif self.is_read(requirements):
                graph = self.graph(requirements)
            elif not self._spots_agree(requirements, spots):
                graph = self.whole(requirements)
            roots, upgraded = self._selected_roots(requirements, graph)
            if not upgraded:
                break
        if not self.may_write:
            return requirements
        return Requirements(Pruning.PRUNED, tuple(roots), direct)

    def _selected_roots(self, requirements: Requirements, graph: Graph | None) -> tuple[list[Version], bool]:
        roots: list[Version] = []
        upgraded, seen = False, set(self.mains)
        for path, number in requirements.roots:
            if path in seen:
                continue
            seen.add(path)
            chosen = requirements.selected(path, self.mains) if graph is None else graph.version_of(path)
            roots.append((path, chosen or NONE))
            upgraded = upgraded or chosen != number
        return roots, upgraded

    def _spots_agree(self, requirements: Requirements, spots: list[Version]) -> bool:
        """spotCheckRoots: whether what some roots require is not above the roots."""
        for version in spots:
            try:
                summary = self.summaries.of(version)
            except GoError:
                return False
            for path, number in summary.require:
                root = requirements.selected(path, self.mains)
                if root is not None and compare(path, root, number) < 0:
                    return False
        return True

    def _updated_unpruned(self, requirements: Requirements, direct: frozenset[str]) -> Requirements:
        graph = self.whole(requirements)
        if not self.may_write:
            agree = all(graph.version_of(path) == number for path, number in requirements.roots)
            if not agree or any(requirements.selected(path, self.mains) is None for path in direct):
                raise self.dirty()
            return requirements
        paths = [path for path, number in requirements.roots if graph.version_of(path) == number]
        keep = [one for one in graph.build_list() if one[0] not in self.mains]
        paths += [path for path, _ in keep if path in direct]
        (main,) = self.mains

        def required(version: Version) -> list[Version]:
            return keep if version == (main, "") else list(self.summaries.of(version).require)

        roots = least((main, ""), list(dict.fromkeys(paths)), required)
        return Requirements(Pruning.UNPRUNED, tuple(roots), direct)
