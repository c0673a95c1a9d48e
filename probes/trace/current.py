"""Which version of a module a project has now: what `upgrade` and `patch` start from.

A root of go.mod is known at once. For anything else, for a go.mod of before Go 1.17, and in a workspace go
loads the module graph first, and so asks for the go.mod of every version in it: many requests for one module.
It does so as well where go.mod requires a module twice, or has no go line.

Source: cmd/go/internal/modload/list.go (listModules), init.go (loadModFile), buildlist.go (rootSelected,
expandGraph, convertPruning).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.short_path import shortener
from probes.project.graph import GraphLoader
from probes.project.project import Project
from probes.project.requirements import (
    NotYet,
    Pruning,
    Requirements,
    Summaries,
    Walk,
    requirements_of,
)
from probes.project.selection import NONE, Graph, in_order
from probes.trace.repositories import Repositories

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Current:
    """What is known of a module before its query is resolved."""

    version: str = ""
    """"" where none is required, or for the main module."""
    error: str = ""
    """Why the module graph is not whole, in go's words; printed at the end."""
    is_skipped: bool = False
    """The graph is not whole and does not have the module: go does not even ask for it."""


class _Waiting(Exception):
    """The graph cannot be read on without these go.mod files."""

    def __init__(self, versions: list[tuple[str, str]]) -> None:
        super().__init__()
        self.versions = versions


class _Patient(GraphLoader):
    """Stops where a go.mod is not there yet."""

    def graph(self, requirements: Requirements) -> Graph:
        """See GraphLoader.graph. Raises _Waiting."""
        if requirements not in self._graphs:
            walk = Walk(self.summaries, requirements)
            if not walk.go_on():
                raise _Waiting(list(walk.waiting))
            self._graphs[requirements] = walk.graph, walk.error()
        return self._graphs[requirements][0]


class CurrentVersion:
    """Finds out what a project has of a module, with as few go.mod files as go asks for."""

    def __init__(self, project: Project, environment: Environment, repositories: Repositories) -> None:
        self._project = project
        self._environment = environment
        self._repositories = repositories
        self._texts: dict[tuple[str, str], bytes | GoError] = {}

    async def find(self, path: str, query: str) -> Current:
        """The version. Raises Fatal where go exits, and what walks raise that cannot tell."""
        try:
            requirements = await self._read(self._loaded)
        except GoError as error:
            raise Fatal(f"go: {error}") from error
        mains = frozenset(main.parsed.module_path for main in self._project.modules)
        root = requirements.selected(path, mains)
        is_known = root is not None and requirements.pruning is not Pruning.UNPRUNED
        is_pattern = "..." in f"{path}@{query}"
        if not is_pattern and (query not in ("upgrade", "patch") or is_known):
            return Current(root or "")
        return await self._read(lambda loader: self._selected(loader, requirements, path, query))

    def _loaded(self, loader: GraphLoader) -> Requirements:
        """loadModFile. Raises GoError."""
        requirements = loader.without_redundant(requirements_of(self._project))
        if self._project.work is not None or self._project.go_version:
            return requirements
        local = (self._environment.go_version or "").removeprefix("go")
        roots = [one for one in requirements.roots if one[0] != "go"] + [("go", local)]
        unpruned = Requirements(Pruning.UNPRUNED, tuple(in_order(roots)), requirements.direct)
        build_list = loader.whole(unpruned).build_list()[len(self._project.modules) :]
        return Requirements(Pruning.PRUNED, tuple(build_list), requirements.direct)

    def _selected(self, loader: GraphLoader, requirements: Requirements, path: str, query: str) -> Current:
        failure: GoError | None = None
        try:
            requirements, graph = loader.expanded(requirements)
            failure = loader.error(requirements)
        except GoError as error:
            failure, graph = error, loader.graph(requirements)
        version = graph.version_of(path)
        words = "" if failure is None else f"go: {failure}"
        if version == NONE:
            return Current("", words, bool(words) and query in ("upgrade", "patch"))
        return Current(version, words)

    async def _read(self, make: Callable[[GraphLoader], T]) -> T:
        """Run what needs go.mod files as often as more of them have to be fetched. Raises GoError."""
        while True:
            here = self._environment.facts.working_directory
            local = (self._environment.go_version or "").removeprefix("go")
            summaries = Summaries(self._project, self._go_mod, local=local, short_path=shortener(here))
            try:
                return make(_Patient(summaries, may_write=True))
            except _Waiting as waiting:
                for path, version in waiting.versions:
                    await self._fetch(path, version)

    def _go_mod(self, path: str, version: str) -> bytes:
        text = self._texts.get((path, version))
        if text is None:
            raise NotYet(path, version)
        if isinstance(text, GoError):
            raise text.with_traceback(None)
        return text

    async def _fetch(self, path: str, version: str) -> None:
        try:
            self._texts[path, version] = await self._repositories.go_mod(path, version)
        except GoError as error:
            self._texts[path, version] = error
