"""What the app knows and what is under way: the state behind the panes, without a screen.

The session asks the bridge for work and folds what comes back. ``deliver`` says which parts have changed, so
that only these are painted again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import Enum, Flag, auto
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Protocol

from probes.browse.table import BrowseEvent, ColumnKind, VersionTable, Wanted
from probes.trace.events import Event, Outcome, TraceFinished, TraceStarted
from probes.trace.fold import Trace
from tui.bridge import Delivery, Ended, Job, failure_words
from tui.drawing.environment_rows import EnvironmentView
from tui.looks import Looks, Wish, failed_requests
from tui.said import MakeRecorder, Said
from tui.stage import Scene, SecondOpinion, Stage, read_stage
from tui.trial import Trial, Unreal, judge, planned, unreal_parts, with_real

if TYPE_CHECKING:
    from probes.diagnosis.diagnose import Case
    from probes.net.limits import Limits
    from probes.settings.overlay import Overlay
    from probes.share.session_file import Header


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
    ERRAND = auto()
    SAVING = auto()
    """An errand that another trace does not end."""


_ASKING = (Kind.TRACE, Kind.BROWSE, Kind.DOWNLOAD, Kind.LOOK, Kind.ERRAND)
"""The jobs that ask somebody on the network."""

Listener = Callable[[object], None]
"""Told what an errand says, in the app's thread; the last is Ended."""


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

    IS_REPLAY: ClassVar[bool] = False
    """Whether all of it was saved before, and nobody is asked."""

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
        self.trial = Trial()
        """What-if values over the real settings."""
        self.unreal = Unreal()
        """What of the route is there only because of them."""
        self.may_run = False
        """Whether the user has agreed that programs are started; asked anew in each session."""
        self.warm: bool | None = None
        """Whether the module cache has its say, once somebody has chosen; else as the stage has it."""
        self._began = 0.0
        self._looks = Looks()
        self._waiting = False
        self._not_noted = ""
        """Why the last question is not in the history."""
        self._tickets: dict[int, Kind] = {}
        self._downloads: dict[int, Wanted] = {}
        self._listeners: dict[int, Listener] = {}

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
                self._listeners.pop(ticket, None)

    def read(self) -> None:
        """Read the settings of the stage anew."""
        self._drop(Kind.SCENE, Kind.OPINION)
        stage, values = self.stage, self.trial.values
        self._take(Kind.SCENE, self.bridge.call(lambda: read_stage(stage, values)))

    def play(self, stage: Stage) -> Stage:
        """Go to another stage; returns the one before, for the caller to close."""
        before, self.stage = self.stage, stage
        self.scene, self.warm = None, None
        self.trial, self.unreal = Trial(), Unreal()
        self.opinion = SecondOpinion()
        self.paths = ()
        self._drop(Kind.PATHS)
        self.read()
        return before

    def trace_target(self, path: str, query: str) -> None:
        """Trace this, as soon as the settings are read."""
        self._drop(*_ASKING)
        self.target = (path, query)
        self.trial.begin(self.target)
        self._begin()

    def _begin(self, *, keeps_table: bool = False) -> None:
        """An empty trace, and an empty table unless that stays true."""
        kept = self.said.in_table if keeps_table else []
        self.said.begin()
        self.said.in_table = kept
        self.trace, self.failure = Trace(), None
        self.cases, self._looks = (), Looks()
        if not keeps_table:
            self.table, self.has_browsed = VersionTable(), False
            self._downloads.clear()
        self._waiting = True
        self._start_if_ready()

    def _start_if_ready(self) -> None:
        if not self._waiting or self.scene is None or self.target is None:
            return
        self._waiting = False
        self._began = monotonic()
        findings = tuple(finding for finding in self.scene.findings if finding.variable)
        from tui.jobs import TraceJob  # a job is loaded where it is made: none is before the first frame

        job = TraceJob(
            self.scene.environment, *self.target, self.limits, findings, self.trial.recall,
            self.scene.project, self.scene.warm, self.runs,
        )  # fmt: skip
        self._take(Kind.TRACE, self.bridge.start(job))

    def recall(
        self,
        path: str,
        query: str,
        events: Sequence[Event | BrowseEvent],
        versions: Sequence[BrowseEvent] = (),
    ) -> None:
        """Take in a trace that was made and saved before, as if it had just been made.

        ``versions`` is what the module browser knew before it.
        """
        self.target = (path, query)
        self.trial.begin(self.target)
        events = [*events[:1], *versions, *events[1:]]
        for event in events:
            if event.kind.startswith(("browse.", "download.")):
                self.table.apply(event)  # type: ignore[arg-type]
            else:
                self.trace.apply(event)  # type: ignore[arg-type]
        self.said.recall(events)
        self.has_browsed = bool(self.said.in_table)
        if self.trace.finished is not None:
            self._diagnose()
            self._keep_real()

    def again(self) -> None:
        """Read the settings once more, and trace once more what was traced."""
        self.scene = None
        self.read()
        if self.target is not None:
            self.trace_target(*self.target)

    def try_overlay(self, overlay: Overlay) -> None:
        """Other what-if values: the settings are read with them, and what is not known then is asked."""
        is_same = dict(overlay.values) == dict(self.trial.values)
        self.trial.overlay = overlay
        if not is_same:
            self.trial.pending = True
            self.read()

    def _retrace(self, before: Scene | None) -> None:
        """The settings have been read with other what-if values: trace what they change."""
        self.trial.pending = False
        assert self.scene is not None
        if self._waiting or self.target is None or before is None or self.trace.started is None:
            self._start_if_ready()
            return
        verdict = judge(self.trace, before.environment, self.scene.environment, self.target)
        if verdict.keeps_trace:
            self.mishaps.append(verdict.because)
            self._keep_real()
            return
        if verdict.forgets:
            self.trial.begin(self.target)
        else:
            self.trial.keep_ladders(self.said.in_trace, self.trace)
        self.trial.because = verdict.because
        self._drop(*((Kind.TRACE, Kind.LOOK) if verdict.keeps_table else _ASKING))
        self._begin(keeps_table=verdict.keeps_table)
        self.trace.apply(planned(self.scene.environment, self.target))

    def _know_unreal(self) -> None:
        """Find out what of the route is not real; a replay knows too little of its settings."""
        scene, target = self.scene, self.target
        self.unreal = Unreal()
        if scene is not None and scene.real is not None and target is not None:
            from probes.settings.whatif import compare

            self.unreal = unreal_parts(compare(scene.real, scene.environment, *target))

    def stop(self) -> bool:
        """Stop the trace, the second look, the browser, every download; returns whether any was there."""
        busy = [ticket for ticket, kind in self._tickets.items() if kind in (*_ASKING, Kind.SAVING)]
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
        recall = self.trial.recall
        from tui.jobs import BrowseJob

        job = BrowseJob(self.scene.environment, self.target[0], self.limits, ask_all, recall, self.runs)
        self._take(Kind.BROWSE, self.bridge.start(job))

    @property
    def awaits_versions(self) -> bool:
        """Whether the proxies are being asked, and none has answered with a list yet."""
        lists = (state.answered for state in self.table.columns if state.column.kind is ColumnKind.PROXY)
        has_list = any(answered is not None and answered.versions for answered in lists)
        return Kind.BROWSE in self._tickets.values() and not has_list

    def ask_version(self, version: str) -> None:
        """Ask all that may be asked for one version by name."""
        if self.scene is None or self.target is None or not self.table.columns:
            return
        recall = self.trial.recall
        from tui.jobs import AskVersionJob

        job = AskVersionJob(
            self.scene.environment, self.target[0], version, self.limits, recall, self.runs
        )
        self._take(Kind.BROWSE, self.bridge.start(job))

    def learn_paths(self) -> None:
        """Find out which module paths the user may mean."""
        if self.scene is None or Kind.PATHS in self._tickets.values():
            return
        stage, environment = self.stage, self.scene.environment
        self._take(Kind.PATHS, self.bridge.call(lambda: stage.known_paths(environment)))

    def _remember(self) -> None:
        """Note what was traced; what-if is no history. That it could not be noted is told once."""
        if self.trial.values or self.scene is None or self.target is None or self.outcome is None:
            return
        stage, environment, (path, query) = self.stage, self.scene.environment, self.target
        outcome = self.outcome.value
        work = self.bridge.call(lambda: stage.remember(environment, path, query, outcome))
        self._take(Kind.NOTE, work)

    def fetch(self, wanted: Wanted, folder: Path) -> None:
        """Fetch a file, unless that is under way."""
        if self.scene is None or self.target is None or wanted in self._downloads.values():
            return
        from tui.jobs import DownloadJob

        job = DownloadJob(self.scene.environment, self.target[0], wanted, folder, self.limits)
        ticket = self._take(Kind.DOWNLOAD, self.bridge.start(job))
        self._downloads[ticket] = wanted

    def errand(self, job: Job, listener: Listener, *, lasting: bool = False) -> int:
        """Have something done whose answer belongs neither to the trace nor to the table; its ticket.

        The listener hears everything that the job says, and Ended when it is over; after another target it
        may hear nothing more, unless the errand is a lasting one.
        """
        ticket = self._take(Kind.SAVING if lasting else Kind.ERRAND, self.bridge.start(job))
        self._listeners[ticket] = listener
        return ticket

    def end_errand(self, ticket: int) -> None:
        """Stop an errand; its listener hears Ended when it has stopped."""
        if ticket in self._listeners:
            self.bridge.cancel(ticket)

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
        from tui.jobs import CapabilityJob, LookJob, copied

        environment, trace = self.scene.environment, copied(self.trace)
        job: Job = CapabilityJob(environment, trace)
        if wish.requests:
            job = LookJob(environment, trace, wish.requests, wish.compare, wish.resolvers)
        self._take(Kind.LOOK, self.bridge.start(job))

    def _look_at_failures(self) -> None:
        """What failed is looked at again without being told to, unless it was before and stays the same."""
        for event in self.trial.ladders_for(self.trace):
            self._apply(event)
        seen = {rungs[0].request for rungs in self.trace.climbs.values()}
        if seen:
            self._diagnose()
        if self.outcome is Outcome.FAILS:
            failed = tuple(number for number in failed_requests(self.trace) if number not in seen)
            if failed:
                self.look(Wish(failed))

    def _keep_real(self) -> None:
        if self.target is not None and self.trace.finished is not None:
            self.trial.keep_real(self.target, self.trace, self.said.in_trace, self.cases)

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
            self.mishaps.append(failure_words(error))

    # -- what is known -------------------------------------------------------------------------------

    def report_header(self) -> Header | None:
        """What a report says of where and when this was."""
        from probes.diagnosis.catalogue import shell_of
        from probes.share.session_file import Header

        return Header.of("app", shell=shell_of(self._process).value, started=self.trace.started)

    @property
    def mark(self) -> str:
        """What the title says of the session as a whole."""
        marks = ("what if" if self.trial.values else "", "runs programs" if self.runs else "")
        return ", ".join(filter(None, marks))

    @property
    def runs(self) -> bool:
        """Whether programs are started here that go would start."""
        return self.may_run and self.stage.STARTS_PROGRAMS

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
        findings = self.scene.findings + self.opinion.findings
        return EnvironmentView(self.scene.environment, findings, frozenset(self.trial.values))

    # -- listening -----------------------------------------------------------------------------------

    def deliver(self) -> Changed:
        """Take in what was said since the last time."""
        changed = Changed.NOTHING
        for ticket, said in self.bridge.drain():
            kind = self._tickets.get(ticket)
            if kind is None:
                continue
            if kind in (Kind.ERRAND, Kind.SAVING):
                self._listeners[ticket](said)
                if isinstance(said, Ended):
                    del self._tickets[ticket], self._listeners[ticket]
                continue
            changed |= self._end(ticket, kind, said) if isinstance(said, Ended) else self._fold(kind, said)
        return changed

    def _fold(self, kind: Kind, said: object) -> Changed:
        match kind, said:
            case Kind.SCENE, Scene():
                said = said if self.warm is None else replace(said, warm=self.warm)
                before, self.scene = self.scene, said
                self._know_unreal()
                if self.trial.pending:
                    self._retrace(before)
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
                if said and said != self._not_noted:
                    self.mishaps.append(str(said))
                self._not_noted = str(said or "")
                return Changed.NOTHING
            case Kind.TRACE, _:
                if isinstance(said, TraceStarted):
                    self._began = monotonic() - said.at
                    self._know_unreal()
                    said = with_real(said, self.scene)
                self._apply(said)  # type: ignore[arg-type]
                if isinstance(said, TraceFinished):
                    self._diagnose()
                    self._remember()
                    self._keep_real()
                    self._tell(self.trial.asked_words(self.trace))
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

    def note_in_table(self, said: BrowseEvent) -> None:
        """What an errand has learnt about the versions of the target."""
        self._apply_to_table(said)

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
            words = ended.failure
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
            self._keep_real()
            self._look_next()
        return Changed.TABLE if kind in (Kind.BROWSE, Kind.DOWNLOAD) else Changed.TRACE

    @property
    def outcome(self) -> Outcome | None:
        """How the trace ended; None before it has."""
        return None if self.trace.finished is None else self.trace.finished.outcome
