"""What the app knows and what is under way: the state behind the panes, without a screen.

The session asks the bridge for work and folds what comes back. ``deliver`` says which parts have changed, so
that only these are painted again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, Flag, auto
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from probes.trace.events import Event, Outcome, TraceFinished, TraceStarted
from probes.trace.fold import Trace
from probes.trace.version_table import BrowseEvent, VersionTable, Wanted
from tui.bridge import Delivery, Ended, Job
from tui.drawing.environment_rows import EnvironmentView
from tui.jobs import BrowseJob, CapabilityJob, DownloadJob, LookJob, TraceJob, copied
from tui.looks import Looks, Wish, failed_requests
from tui.said import MakeRecorder, Said
from tui.stage import Scene, SecondOpinion, Stage

if TYPE_CHECKING:
    from probes.diagnosis.diagnose import Case
    from probes.net.limits import Limits


class Changed(Flag):
    """Which parts of the state have changed."""

    NOTHING = 0
    ENVIRONMENT = auto()
    TRACE = auto()
    TABLE = auto()
    PATHS = auto()


class Kind(Enum):
    """What a job of the session is for."""

    SCENE = auto()
    OPINION = auto()
    TRACE = auto()
    BROWSE = auto()
    DOWNLOAD = auto()
    LOOK = auto()
    PATHS = auto()
    NOTE = auto()


_ASKING = (Kind.TRACE, Kind.BROWSE, Kind.DOWNLOAD, Kind.LOOK)
"""The jobs that ask somebody on the network."""


class Worker(Protocol):
    """The bridge as the session sees it; a recording can stand in for it."""

    @property
    def idle(self) -> bool:
        """Whether nothing is under way and everything was drained."""

    def start(self, job: Job) -> int:
        """Start a job; returns its ticket."""

    def call(self, work: Callable[[], object]) -> int:
        """Do blocking work elsewhere."""

    def cancel(self, ticket: int) -> None:
        """Stop a job."""

    def drain(self) -> list[Delivery]:
        """What was said."""

    def close(self, patience: float = 1.0) -> bool:
        """End everything."""


class Session:
    """One stage, one trace, one table of versions."""

    def __init__(
        self,
        stage: Stage,
        bridge: Worker,
        limits: Limits,
        make_recorder: MakeRecorder | None = None,
    ) -> None:
        self.stage = stage
        self.bridge = bridge
        self.limits = limits
        self.scene: Scene | None = None
        self.opinion = SecondOpinion()
        self.trace = Trace()
        self.table = VersionTable()
        self.target: tuple[str, str] | None = None
        """The path and query that are traced, or will be once the settings are read."""
        self.failure: str | None = None
        """What went wrong with modtrace itself in this trace."""
        self.said = Said(make_recorder)
        """What trace and table are made of."""
        self.paths: tuple[str, ...] = ()
        """Module paths that the user may mean."""
        self.has_browsed = False
        """Whether the proxies have been asked for the versions of the target."""
        self.mishaps: list[str] = []
        """What is to be told in passing, until somebody has: also what went wrong with modtrace itself."""
        self.cases: tuple[Case, ...] = ()
        """The diagnoses of the trace, made anew when more is known."""
        self._began = 0.0
        self._looks = Looks()
        self._waiting = False
        self._tickets: dict[int, Kind] = {}
        self._downloads: dict[int, Wanted] = {}

    # -- asking --------------------------------------------------------------------------------------

    def _take(self, kind: Kind, ticket: int) -> int:
        self._tickets[ticket] = kind
        return ticket

    def _drop(self, *kinds: Kind) -> None:
        """Stop the jobs of these kinds and do not listen to them any more."""
        for ticket, kind in list(self._tickets.items()):
            if kind in kinds:
                self.bridge.cancel(ticket)
                del self._tickets[ticket]

    def read(self) -> None:
        """Read the settings of the stage anew."""
        self._drop(Kind.SCENE, Kind.OPINION)
        self._take(Kind.SCENE, self.bridge.call(self.stage.read))

    def play(self, stage: Stage) -> Stage:
        """Go to another stage; returns the one before, for the caller to close."""
        before, self.stage = self.stage, stage
        self.scene = None
        self.opinion = SecondOpinion()
        self.paths = ()
        self._drop(Kind.PATHS)
        self.read()
        return before

    def trace_target(self, path: str, query: str) -> None:
        """Trace this, as soon as the settings are read."""
        self._drop(*_ASKING)
        self.target = (path, query)
        self.trace, self.table, self.failure = Trace(), VersionTable(), None
        self.has_browsed = False
        self.said.begin()
        self.cases, self._looks = (), Looks()
        self._downloads.clear()
        self._waiting = True
        self._start_if_ready()

    def _start_if_ready(self) -> None:
        if not self._waiting or self.scene is None or self.target is None:
            return
        self._waiting = False
        self._began = monotonic()
        findings = tuple(finding for finding in self.scene.findings if finding.variable)
        job = TraceJob(self.scene.environment, *self.target, self.limits, findings)
        self._take(Kind.TRACE, self.bridge.start(job))

    def again(self) -> None:
        """Read the settings once more, and trace once more what was traced."""
        self.scene = None
        self.read()
        if self.target is not None:
            self.trace_target(*self.target)

    def stop(self) -> bool:
        """Stop the trace, the second look, the browser, every download; returns whether any was there."""
        busy = [ticket for ticket, kind in self._tickets.items() if kind in _ASKING]
        for ticket in busy:
            self.bridge.cancel(ticket)
        self._waiting = False
        self._looks.wishes.clear()
        return bool(busy)

    def browse(self, *, ask_all: bool = False) -> None:
        """Ask the proxies for their versions."""
        if self.scene is None or self.target is None:
            return
        self._drop(Kind.BROWSE)
        self.has_browsed = True
        job = BrowseJob(self.scene.environment, self.target[0], self.limits, ask_all)
        self._take(Kind.BROWSE, self.bridge.start(job))

    def learn_paths(self) -> None:
        """Find out which module paths the user may mean."""
        if self.scene is None or Kind.PATHS in self._tickets.values():
            return
        stage, environment = self.stage, self.scene.environment
        self._take(Kind.PATHS, self.bridge.call(lambda: stage.known_paths(environment)))

    def _remember(self) -> None:
        """Note what was traced. That it could not be noted is nobody's trouble."""
        if self.scene is None or self.target is None or self.outcome is None:
            return
        stage, environment, (path, query) = self.stage, self.scene.environment, self.target
        outcome = self.outcome.value
        work = self.bridge.call(lambda: stage.remember(environment, path, query, outcome))
        self._take(Kind.NOTE, work)

    def fetch(self, wanted: Wanted, folder: Path) -> None:
        """Fetch a file, unless that is under way."""
        if self.scene is None or self.target is None or wanted in self._downloads.values():
            return
        job = DownloadJob(self.scene.environment, self.target[0], wanted, folder, self.limits)
        ticket = self._take(Kind.DOWNLOAD, self.bridge.start(job))
        self._downloads[ticket] = wanted

    def cancel_download(self, version: str) -> bool:
        """Stop the downloads of a version; returns whether there were any."""
        tickets = [ticket for ticket, wanted in self._downloads.items() if wanted.version == version]
        for ticket in tickets:
            self.bridge.cancel(ticket)
        return bool(tickets)

    # -- looking again -------------------------------------------------------------------------------

    def look(self, wish: Wish) -> bool:
        """Look again at a trace that has ended; one look after the other, so that none disturbs another.

        Returns False for what is under way already, and before the end of the trace.
        """
        if self.trace.finished is None or self._looks.is_known(wish, running=self.looking):
            return False
        self._looks.wishes.append(wish)
        self._look_next()
        return True

    def _look_next(self) -> None:
        if self.looking or self.scene is None or not self._looks.wishes:
            return
        wish = self._looks.begin(self._looks.wishes.pop(0), self.trace, monotonic())
        environment, trace = self.scene.environment, copied(self.trace)
        job: Job = CapabilityJob(environment, trace)
        if wish.requests:
            job = LookJob(environment, trace, wish.requests, wish.compare, wish.resolvers)
        self._take(Kind.LOOK, self.bridge.start(job))

    def _look_at_failures(self) -> None:
        """What failed is looked at again without being told to."""
        if self.outcome is Outcome.FAILS and (failed := failed_requests(self.trace)):
            self.look(Wish(failed))

    @property
    def looking(self) -> bool:
        """Whether a second look is under way."""
        return Kind.LOOK in self._tickets.values()

    @property
    def climbing(self) -> int | None:
        """The request whose ladder is being climbed."""
        return self._looks.request(self.trace) if self.looking else None

    def _diagnose(self) -> None:
        """Say what is wrong, from what is known now. The tables were read in the engine's thread."""
        from probes.diagnosis.catalogue import shell_of
        from probes.diagnosis.diagnose import diagnose

        try:
            self.cases = diagnose(self.trace, shell=shell_of(self._process))
        except Exception as error:  # the verdict is go's and stands without a diagnosis
            self.cases = ()
            self.mishaps.append(_bug(error))

    # -- what is known -------------------------------------------------------------------------------

    @property
    def tracing(self) -> bool:
        """Whether a trace is under way, or about to be."""
        return self._waiting or Kind.TRACE in self._tickets.values()

    @property
    def now(self) -> float:
        """Seconds since the trace began; of a finished one, how long it took, second looks included.

        Of one under way whole seconds, so that nothing on the screen moves more often than that by itself.
        """
        if self.looking:
            return max(self.trace.now, self._looks.now(monotonic()))
        if not self.tracing or self.trace.started is None:
            return self.trace.now
        return max(self.trace.now, float(int(monotonic() - self._began)))

    @property
    def environment_view(self) -> EnvironmentView | None:
        """What the environment pane shows."""
        if self.scene is None:
            return None
        return EnvironmentView(self.scene.environment, self.scene.findings + self.opinion.findings)

    # -- listening -----------------------------------------------------------------------------------

    def deliver(self) -> Changed:
        """Take in what was said since the last time."""
        changed = Changed.NOTHING
        for ticket, said in self.bridge.drain():
            kind = self._tickets.get(ticket)
            if kind is None:
                continue
            changed |= self._end(ticket, kind, said) if isinstance(said, Ended) else self._fold(kind, said)
        return changed

    def _fold(self, kind: Kind, said: object) -> Changed:
        match kind, said:
            case Kind.SCENE, Scene():
                self.scene = said
                self._start_if_ready()
                environment = said.environment
                stage = self.stage
                self._take(Kind.OPINION, self.bridge.call(lambda: stage.ask_go(environment)))
                return Changed.ENVIRONMENT
            case Kind.OPINION, SecondOpinion():
                self.opinion = said
                return Changed.ENVIRONMENT
            case Kind.PATHS, tuple():
                self.paths = said
                return Changed.PATHS
            case Kind.NOTE, _:
                return Changed.NOTHING
            case Kind.TRACE, _:
                if isinstance(said, TraceStarted):
                    self._began = monotonic() - said.at
                self._apply(said)  # type: ignore[arg-type]
                if isinstance(said, TraceFinished):
                    self._diagnose()
                    self._remember()
                return Changed.TRACE
            case Kind.LOOK, _:
                self._apply(said)  # type: ignore[arg-type]
                return Changed.TRACE
            case _:
                self._apply_to_table(said)  # type: ignore[arg-type]
                return Changed.TABLE

    def _apply(self, said: Event) -> None:
        self.trace.apply(said)
        self._tell(self.said.add(said, self._process))

    def _apply_to_table(self, said: BrowseEvent) -> None:
        self.table.apply(said)
        self._tell(self.said.add_to_table(said, self._process))

    @property
    def _process(self) -> Mapping[str, str]:
        return {} if self.scene is None else self.scene.environment.process

    def _tell(self, problem: str) -> None:
        if problem:
            self.mishaps.append(problem)

    def _end(self, ticket: int, kind: Kind, ended: Ended) -> Changed:
        del self._tickets[ticket]
        self._downloads.pop(ticket, None)
        if kind in (Kind.PATHS, Kind.NOTE):
            return Changed.NOTHING  # done without, if it was not to be
        if ended.error is not None:
            words = _bug(ended.error)
            if kind in (Kind.SCENE, Kind.TRACE):
                self.failure, self._waiting = words, False
            else:
                self.mishaps.append(words)
        elif kind is Kind.TRACE:
            self._look_at_failures()
        if kind is Kind.LOOK:
            if self._looks.end(self.trace):
                self.mishaps.append("nothing could be done in two ways: no TLS, and one family of addresses")
            self._diagnose()
            self._look_next()
        return Changed.TABLE if kind in (Kind.BROWSE, Kind.DOWNLOAD) else Changed.TRACE

    @property
    def outcome(self) -> Outcome | None:
        """How the trace ended; None before it has."""
        return None if self.trace.finished is None else self.trace.finished.outcome


def _bug(error: BaseException) -> str:
    return f"modtrace itself failed: {type(error).__name__}: {error}"
