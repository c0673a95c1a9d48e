"""Minimal version selection: who requires what, and which version of each module wins.

The pseudo-modules "go" and "toolchain" are ordinary nodes here, as they are for go: their versions are Go's
own, "1.23.0" and "go1.23.0". A main module has the version "", which is above all others.

Source: cmd/go/internal/mvs (graph.go, mvs.go BuildList and Req), modload/mvs.go cmpVersion, gover/mod.go
ModCompare and ModSort.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cmp_to_key

from probes.golang import mod_versions
from probes.golang.errors import GoError, InvalidVersion, ModuleError

Version = tuple[str, str]
"""A module path and a version; the version of a main module is ""."""
NONE = "none"
"""The version of a path that is not in the graph."""
TOOLCHAINS = frozenset({"go", "toolchain"})
"""gover.IsToolchain: the paths that are no modules."""


def compare(path: str, one: str, other: str) -> int:
    """cmpVersion: gover.ModCompare, where "" is above everything."""
    if not one or not other:
        return (not one) - (not other)
    return mod_versions.compare(path, one, other)


def in_order(versions: Iterable[Version]) -> list[Version]:
    """gover.ModSort."""
    return sorted(versions, key=cmp_to_key(_order))


def _order(one: Version, other: Version) -> int:
    if one[0] != other[0]:
        return -1 if one[0] < other[0] else 1
    return compare(one[0], one[1], other[1])


def shown(version: Version) -> str:
    """module.Version.String."""
    path, number = version
    return f"{path}@{number}" if number else path


@dataclass(slots=True)
class Graph:
    """mvs.Graph: the requirements read so far."""

    roots: list[Version]
    required: dict[Version, list[Version]] = field(default_factory=dict)
    """What each version requires; absent where its go.mod was not read."""
    selected: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for root in self.roots:
            self._select(root)

    def _select(self, version: Version) -> None:
        path, number = version
        known = self.selected.get(path)
        if known is None or compare(path, known, number) < 0:
            self.selected[path] = number

    def require(self, version: Version, required: Iterable[Version]) -> None:
        """Take in what a version requires."""
        self.required[version] = list(required)
        for one in self.required[version]:
            self._select(one)

    def version_of(self, path: str) -> str:
        """Selected: the version that wins, "none" where the path is not in the graph."""
        return self.selected.get(path, NONE)

    def build_list(self) -> list[Version]:
        """The winners: the paths of the roots first, the others sorted."""
        first = dict.fromkeys(path for path, _ in self.roots)
        roots = [(path, self.selected[path]) for path in first if self.selected[path] != NONE]
        rest = ((path, number) for path, number in self.selected.items() if path not in first)
        return [*roots, *in_order(rest)]

    def breadth_first(self) -> Iterator[Version]:
        """WalkBreadthFirst: every version of the graph, chosen or not."""
        queue = deque(one for one in self.roots if one[1] != NONE)
        seen = set(queue)
        while queue:
            version = queue.popleft()
            yield version
            for one in self.required.get(version, ()):
                if one not in seen and one[1] != NONE:
                    seen.add(one)
                    queue.append(one)

    def path_to(self, wanted: Callable[[Version], bool]) -> list[Version]:
        """FindPath: the shortest way from a root to a version that is wanted; empty where there is none."""
        before: dict[Version, Version | None] = dict.fromkeys(self.roots)
        queue = deque(self.roots)
        while queue:
            version = queue.popleft()
            if wanted(version):
                way = [version]
                while (previous := before[way[-1]]) is not None:
                    way.append(previous)
                return way[::-1]
            for one in self.required.get(version, ()):
                if one not in before:
                    before[one] = version
                    queue.append(one)
        return []

    def required_by(self, version: Version) -> list[Version]:
        """The versions that require this one, in the order of the walk."""
        return [one for one in self.breadth_first() if version in self.required.get(one, ())]


def build_list(main: Version, required: Callable[[Version], list[Version]]) -> Graph:
    """mvs.BuildList: the whole graph from a main module on. Raises what ``required`` raises."""
    graph = Graph([main])
    queue, seen = deque([main]), {main}
    while queue:
        version = queue.popleft()
        needs = required(version) if version[1] != NONE else []
        graph.require(version, needs)
        for one in needs:
            if one not in seen:
                seen.add(one)
                queue.append(one)
    return graph


def least(main: Version, base: list[str], required: Callable[[Version], list[Version]]) -> list[Version]:
    """mvs.Req: the fewest requirements that give the same build list, those of ``base`` among them."""
    graph = build_list(main, required)
    chosen = graph.build_list()
    after = _postorder(main, chosen, graph)
    have: set[Version] = set()
    found: list[Version] = []
    for path in dict.fromkeys(base):
        version = path, graph.version_of(path)
        found.append(version)
        _cover(version, graph, main, have)
    for version in reversed(after):
        if graph.version_of(version[0]) == version[1] and version not in have:
            found.append(version)
            _cover(version, graph, main, have)
    return sorted(found, key=lambda one: one[0])


def _postorder(main: Version, chosen: list[Version], graph: Graph) -> list[Version]:
    """The versions under the chosen ones, each after what it requires; main itself is left out."""
    after: list[Version] = []
    seen = {main}
    for start in chosen:
        if start in seen:
            continue
        seen.add(start)
        stack = [(start, iter(graph.required.get(start, ())))]
        while stack:
            version, needs = stack[-1]
            inner = next((one for one in needs if one not in seen), None)
            if inner is None:
                after.append(version)
                stack.pop()
            else:
                seen.add(inner)
                stack.append((inner, iter(graph.required.get(inner, ()))))
    return after


def _cover(start: Version, graph: Graph, main: Version, have: set[Version]) -> None:
    stack = [start]
    while stack:
        version = stack.pop()
        if version not in have:
            have.add(version)
            stack += graph.required.get(version, ()) if version != main else ()


def build_list_error(error: GoError, way: list[Version]) -> GoError:
    """mvs.BuildListError: an error, and the chain of requirements that leads to it."""
    way = way[next((at for at, one in enumerate(way) if one[1]), len(way)) :]
    if not way:
        return error
    chain = "".join(f"{shown(one)} requires\n\t" for one in way[:-1])
    last = way[-1]
    if not isinstance(error, ModuleError):
        return GoError(f"{chain}{ModuleError(*last, error)}")
    cause = error.cause
    actual = error.path, cause.version if isinstance(cause, InvalidVersion) else error.version
    if actual == last:
        return GoError(f"{chain}{error}")
    return GoError(f"{chain}{shown(last)} (replaced by {shown(actual)}): {cause}")
