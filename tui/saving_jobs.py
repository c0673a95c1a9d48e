"""What saving asks of the engine: some versions, or all that a project needs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tui.bridge import Emit

if TYPE_CHECKING:
    from probes.browse.bundling import Kit
    from probes.browse.saved import SaveEvent, Want
    from probes.golang.environment import Environment
    from probes.golang.go_sum import GoSum
    from probes.net.limits import Limits


@dataclass(frozen=True, slots=True)
class NotBegun:
    """Nothing could be saved at all."""

    words: str


@dataclass(frozen=True, slots=True)
class KitMade:
    """A kit is there, with what it lacks."""

    kit: Kit


@dataclass(frozen=True)
class SaveJob:
    """Save versions; says SaveEvents, or NotBegun."""

    environment: Environment = field(repr=False)
    wants: tuple[Want, ...]
    entry: int | None
    """The entry of GOPROXY that is asked, from 0 as Column.index; None for the whole chain."""
    folder: Path
    limits: Limits
    place: Path | None = None
    """The folder whose go.sum counts, as it does for a go that runs there."""
    runs: bool = False
    """Whether git is started for modules that go takes from their repositories."""

    async def run(self, emit: Emit) -> None:
        """Save."""
        from probes.browse.named import proxy_named
        from probes.browse.saving import Plan, save
        from probes.golang.errors import GoError
        from probes.golang.go_sum import GoSum

        source, go_sum = None, GoSum()
        try:
            if self.entry is not None:
                source = proxy_named(self.environment, str(self.entry + 1)).entry
            if self.place is not None:
                go_sum = await asyncio.to_thread(_go_sum, self.place, self.environment)
        except (GoError, OSError) as error:
            emit(NotBegun(str(error)))
            return
        plan = Plan(self.environment, self.folder, source, limits=self.limits, go_sum=go_sum, run=self.runs)
        await save(plan, self.wants, emit)


def _go_sum(place: Path, environment: Environment) -> GoSum:
    from probes.project.project import go_sum_at

    return go_sum_at(place, environment)


@dataclass(frozen=True)
class BundleJob:
    """Make a kit of a project; says SaveEvents, then KitMade, or NotBegun."""

    environment: Environment = field(repr=False)
    place: Path
    folder: Path
    limits: Limits
    runs: bool = False
    """Whether git is started for modules that go takes from their repositories."""

    async def run(self, emit: Emit) -> None:
        """Make it."""
        from probes.browse.bundling import finish
        from probes.browse.needed import Needs
        from probes.browse.saved import Saving
        from probes.browse.saving import Plan, save
        from probes.browse.tree import Tree
        from probes.golang.errors import GoError
        from probes.golang.os_errors import errno_words
        from probes.project.project import read_project

        try:
            project = await asyncio.to_thread(read_project, self.place, self.environment)
        except (GoError, OSError, ValueError) as error:
            emit(NotBegun(str(error)))
            return
        saving, needs = Saving(), Needs(project)

        def told(event: SaveEvent) -> None:
            saving.apply(event)
            emit(event)

        plan = Plan(self.environment, self.folder, limits=self.limits, go_sum=project.go_sum, run=self.runs)
        await save(plan, needs.first(), told, needs)
        if saving.finished is not None and saving.finished.error is None:
            try:
                tree = Tree(self.folder)
                kit = await asyncio.to_thread(finish, tree, project, saving, self.environment)
                emit(KitMade(kit))
            except OSError as error:
                emit(NotBegun(f"{error.filename or self.folder}: {errno_words(error)}"))
