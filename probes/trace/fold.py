"""The decision tree: a fold of events. Live, replayed and headless runs give equal traces."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from probes.diagnosis.findings import Finding
from probes.golang.protocol import Op
from probes.trace.checksum_events import ChecksumDecided, ChecksumRouted, HeadChecked, RecordProved
from probes.trace.climb_events import CapabilityLearned, ComparisonMade, RungClimbed
from probes.trace.events import (
    BodyProgress,
    Event,
    FindingMade,
    HopDecided,
    PhaseFinished,
    Purpose,
    RequestFinished,
    RequestStarted,
    SettingView,
    TraceFinished,
    TraceStarted,
    TurningTaken,
    Verdict,
    VersionChosen,
    WalkFinished,
    WalkStarted,
)
from probes.trace.first_cause import FirstCause, failing_decision, first_cause, telling_request
from probes.trace.origin_causes import served_by_origin
from probes.trace.origin_events import OriginEvent, OriginStory
from probes.trace.route import HopView, RouteView

if TYPE_CHECKING:
    from probes.trace.got import GetSearch

LAST_RUNG = "content"
"""The rung that a whole ladder ends with (probes.ladder.faults.Rung)."""


@dataclass(slots=True)
class Request:
    """One request as far as it has come."""

    started: RequestStarted
    finished: RequestFinished | None = None
    phases: list[PhaseFinished] = field(default_factory=list)
    received: int = 0
    total: int | None = None
    decision: HopDecided | None = None

    @property
    def decision_words(self) -> str:
        """What the edge made of it: "served", "next, because …", "stop, because …" or "unknown, …"."""
        if self.decision is None or self.decision.verdict is Verdict.SERVED:
            served = self.finished is not None and self.finished.error is None
            return "served" if served else "tolerated"
        return f"{self.decision.verdict}, because {self.decision.because}"


@dataclass(slots=True)
class Walk:
    """One operation's way along the list."""

    started: WalkStarted
    decisions: list[HopDecided] = field(default_factory=list)
    finished: WalkFinished | None = None


class Trace:
    """Everything known of one trace so far; ``apply`` takes it one event further."""

    def __init__(self) -> None:
        self.started: TraceStarted | None = None
        self.finished: TraceFinished | None = None
        self.walks: dict[int, Walk] = {}
        self.requests: dict[int, Request] = {}
        self.findings: list[FindingMade] = []
        self.turnings: list[TurningTaken] = []
        """What the project, the settings and the module cache decided without any packet, in order."""
        self.sworn: list[ChecksumRouted] = []
        """Who is asked about each hash, in order."""
        self.heads: list[HeadChecked] = []
        self.proofs: list[RecordProved] = []
        self.checksums: list[ChecksumDecided] = []
        self.origin = OriginStory()
        """Direct mode: how an origin was found, which programs ran, which credentials count."""
        self.chosen: VersionChosen | None = None
        self.climbs: dict[int, list[RungClimbed]] = {}
        """Ladders by number: the rungs in the order in which they were climbed."""
        self.comparisons: list[ComparisonMade] = []
        self.capabilities: dict[int | None, CapabilityLearned] = {}
        """What each hop can do."""
        self.now = 0.0
        """Seconds from the start to the latest event."""

    @cached_property
    def get(self) -> GetSearch:
        """The same as `go get` would do it, where that was asked for."""
        from probes.trace.got import GetSearch  # nothing of it is needed before it was asked for

        return GetSearch()

    # -- the fold ------------------------------------------------------------------------------------

    def apply(self, event: Event) -> None:
        """Take one event in. Pure but for this object; raises nothing for events in the engine's order."""
        self.now = max(self.now, event.at)
        match event:
            case TraceStarted():
                self.started = event
            case WalkStarted():
                self.walks[event.walk] = Walk(event)
            case RequestStarted():
                self.requests[event.request] = Request(event)
            case PhaseFinished():
                self.requests[event.request].phases.append(event)
            case BodyProgress():
                request = self.requests[event.request]
                request.received, request.total = event.received, event.total
            case RequestFinished():
                self.requests[event.request].finished = event
            case HopDecided():
                self._decide(event)
            case WalkFinished():
                self.walks[event.walk].finished = event
            case VersionChosen():
                self.chosen = event
            case TurningTaken():
                self.turnings.append(event)
            case ChecksumRouted():
                self.sworn.append(event)
            case HeadChecked():
                self.heads.append(event)
            case RecordProved():
                self.proofs.append(event)
            case ChecksumDecided():
                self.checksums.append(event)
            case FindingMade():
                self.findings.append(event)
            case TraceFinished():
                self.finished = event
            case RungClimbed():
                self.climbs.setdefault(event.climb, []).append(event)
            case ComparisonMade():
                self.comparisons.append(event)
            case CapabilityLearned():
                self.capabilities[event.hop] = event
            case _ if isinstance(event, OriginEvent):
                self.origin.apply(event)
            case _:
                self.get.apply(event)

    def _decide(self, event: HopDecided) -> None:
        self.walks[event.walk].decisions.append(event)
        if event.request is not None:
            self.requests[event.request].decision = event

    # -- what can be asked of it ---------------------------------------------------------------------

    @property
    def route(self) -> RouteView | None:
        """The planned route, once the trace has started."""
        return None if self.started is None else self.started.route

    @property
    def settings(self) -> dict[str, SettingView]:
        """The variables that decide where go looks, by name; {} before the trace has started."""
        return {} if self.started is None else {view.name: view for view in self.started.settings}

    def hop(self, hop_id: int | None) -> HopView | None:
        """The hop with this id."""
        if hop_id is None or self.route is None or hop_id >= len(self.route.hops):
            return None
        return self.route.hops[hop_id]

    def index(self, hop_id: int | None) -> int | None:
        """The index of a hop in GOPROXY as written; None for one that is not in it."""
        hop = self.hop(hop_id)
        return None if hop is None else hop.index

    def requests_at(self, hop_id: int | None) -> list[Request]:
        """The requests made to one hop, in order."""
        return [request for request in self.requests.values() if request.started.hop == hop_id]

    def served(self) -> dict[str, int]:
        """For each operation that was answered with 200, the index of the last hop that did so."""
        last: dict[str, int] = {}
        for request in self.requests.values():
            finished = request.finished
            if finished is None or finished.status != 200 or finished.op in (Op.SUM, Op.PAGE):
                continue
            if self.is_about_toolchains(finished.walk):
                continue
            index = self.index(finished.hop)
            if index is not None:
                last[finished.op.value] = index
        return last | served_by_origin(self)

    def is_about_toolchains(self, walk: int | None) -> bool:
        """Whether a walk was made for another go, not for the module."""
        purpose = None if walk is None else self.walks[walk].started.purpose
        return purpose in (Purpose.TOOLCHAIN, Purpose.TOOLCHAINS)

    def all_findings(self) -> list[Finding]:
        """What is worth telling: of the environment, then of the answers; the same of several only once."""
        told = [] if self.started is None else list(self.started.findings)
        return list(dict.fromkeys(told + [made.finding for made in self.findings]))

    def first_cause(self) -> FirstCause | None:
        """The first real cause of a failure: what go's one error may hide."""
        return first_cause(self)

    def failing_decision(self) -> HopDecided | None:
        """The edge of the failed walk where the first real cause lies; None when no walk failed."""
        return failing_decision(self)

    def telling_request(self, decision: HopDecided) -> Request | None:
        """The request that a decision goes back to: for "no version fits" the list, else its own."""
        return telling_request(self, decision)

    def climb_of(self, request: int | None) -> list[RungClimbed]:
        """The rungs of the newest ladder that was climbed for a request, whole ones first; [] for none."""
        own = [rungs for rungs in self.climbs.values() if request is not None and rungs[0].request == request]
        whole = [rungs for rungs in own if rungs[-1].rung == LAST_RUNG]
        return next(iter([*whole[::-1], *own[::-1]]), [])

    # -- the JSON edge -------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """The object of `modtrace trace --json`."""
        from probes.trace.trace_json import trace_json

        return trace_json(self)
