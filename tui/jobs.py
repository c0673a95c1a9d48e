"""What the app asks of the engine. The engine is imported in its own thread, after the first frame."""

from __future__ import annotations

import asyncio
import copy
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probes.trace.events import Event, TraceFinished
from probes.trace.fold import Trace
from tui.bridge import Emit
from tui.trial import Recall

if TYPE_CHECKING:
    from probes.browse.table import Wanted
    from probes.diagnosis.findings import Finding
    from probes.golang.environment import Environment
    from probes.net.limits import Limits
    from probes.project.project import Project


@dataclass(frozen=True)
class TraceJob:
    """Trace PATH@QUERY; says Events."""

    environment: Environment = field(repr=False)
    path: str
    query: str
    limits: Limits
    findings: tuple[Finding, ...] = ()
    recall: Recall = field(default_factory=Recall, compare=False)
    """What traces before have brought, and need not be asked for again."""
    project: Project | None = field(default=None, repr=False)
    """The project that has its say; None outside of any module."""
    warm: bool = False
    """Whether the module cache has its say."""
    runs: bool = False
    """Whether the programs are started that go would start."""

    async def run(self, emit: Emit) -> None:
        """Trace."""
        from probes.diagnosis.traced import traced
        from probes.sources.remembered import Memory

        if self.recall.memory is None:
            self.recall.memory = Memory()
        trace = Trace()

        def told(event: Event) -> None:
            trace.apply(event)
            if isinstance(event, TraceFinished):
                _warm(trace)
            emit(event)

        await traced(
            self.environment,
            self.path,
            self.query,
            told,
            limits=self.limits,
            findings=self.findings,
            memory=self.recall.memory,
            project=self.project,
            warm=self.warm,
            run=self.runs,
        )


def _warm(trace: Trace) -> None:
    """Diagnose here once, where nobody waits for a frame: what the tables of the doctor take to read is paid.

    Nothing is asked any more at this point, so no time that is measured suffers.
    """
    with suppress(Exception):  # a bug is told by whoever diagnoses for good
        from probes.diagnosis.diagnose import diagnose

        diagnose(trace)


@dataclass(frozen=True)
class LookJob:
    """Climb the ladders of requests that a trace made, one after the other; says Events."""

    environment: Environment = field(repr=False)
    trace: Trace = field(repr=False)
    """A copy of its own: the engine reads it while the screen goes on with the other."""
    requests: tuple[int, ...]
    compare: bool | None = None
    """Whether things are done in two ways; None: where no answer came."""
    resolvers: bool = False
    """Whether public resolvers are asked for the name, and so learn it."""

    async def run(self, emit: Emit) -> None:
        """Look."""
        examined = await _loaded("probes.diagnosis.examined")
        public = (await _loaded("probes.ladder.public_resolvers")).PUBLIC_RESOLVERS if self.resolvers else ()
        look = examined.Look(compare=self.compare, resolvers=public)

        def told(event: Event) -> None:
            self.trace.apply(event)
            emit(event)

        for number in self.requests:
            request = self.trace.requests[number]
            await examined.look_again(self.trace, self.environment, request, told, look)


@dataclass(frozen=True)
class CapabilityJob:
    """Ask each proxy of a trace what it can do; says Events."""

    environment: Environment = field(repr=False)
    trace: Trace = field(repr=False)

    async def run(self, emit: Emit) -> None:
        """Ask."""
        examined = await _loaded("probes.diagnosis.examined")

        def told(event: Event) -> None:
            self.trace.apply(event)
            emit(event)

        await examined.learn_capabilities(self.trace, self.environment, told, examined.Look())


async def _loaded(name: str) -> Any:
    """A module of the ladder, imported beside the engine's loop: others may be measuring there."""
    return await asyncio.to_thread(import_module, name)


def copied(trace: Trace) -> Trace:
    """The trace for a thread of its own: what a second look adds is added to the copy alone."""
    twin = copy.copy(trace)
    twin.climbs = {number: list(rungs) for number, rungs in trace.climbs.items()}
    twin.comparisons = list(trace.comparisons)
    twin.capabilities = dict(trace.capabilities)
    return twin


@dataclass(frozen=True)
class BrowseJob:
    """Ask the proxies for their versions; says BrowseEvents."""

    environment: Environment = field(repr=False)
    path: str
    limits: Limits
    ask_all: bool = False
    recall: Recall = field(default_factory=Recall, compare=False)
    """What traces before have brought."""
    runs: bool = False
    """Whether git is started for the module's own repository."""

    async def run(self, emit: Emit) -> None:
        """Ask."""
        from probes.browse.asking import browse

        await browse(
            self.environment,
            self.path,
            emit,
            limits=self.limits,
            ask_all=self.ask_all,
            memory=self.recall.memory,
            run=self.runs,
        )


@dataclass(frozen=True)
class AskVersionJob:
    """Ask all columns that may be asked for one version by name; says BrowseEvents."""

    environment: Environment = field(repr=False)
    path: str
    version: str
    limits: Limits
    recall: Recall = field(default_factory=Recall, compare=False)
    """What traces before have brought."""
    runs: bool = False
    """Whether git is started for the module's own repository."""

    async def run(self, emit: Emit) -> None:
        """Ask."""
        from probes.browse.asking import ask_version

        await ask_version(
            self.environment,
            self.path,
            self.version,
            emit,
            limits=self.limits,
            ask_all=True,
            memory=self.recall.memory,
            run=self.runs,
        )


@dataclass(frozen=True)
class DownloadJob:
    """Fetch a file; says BrowseEvents."""

    environment: Environment = field(repr=False)
    path: str
    wanted: Wanted
    folder: Path
    limits: Limits

    async def run(self, emit: Emit) -> None:
        """Fetch."""
        from probes.browse.fetching import download

        await download(self.environment, self.path, self.wanted, self.folder, emit, limits=self.limits)
