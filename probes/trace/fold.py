"""The decision tree: a fold of events. Live, replayed and headless runs give equal traces."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from probes.diagnosis.findings import Finding
from probes.golang.goproxy import HopKind
from probes.golang.protocol import Op
from probes.sources.evidence import Header
from probes.trace.events import (
    Bend,
    BodyProgress,
    CapabilityLearned,
    ChecksumDecided,
    ChecksumRouted,
    ComparisonMade,
    Event,
    FindingMade,
    HeadChecked,
    HopDecided,
    Outcome,
    PhaseFinished,
    Purpose,
    RecordProved,
    RequestFinished,
    RequestStarted,
    RungClimbed,
    SettingView,
    TraceFinished,
    TraceStarted,
    TurningTaken,
    Verdict,
    VersionChosen,
    WalkFinished,
    WalkStarted,
    milliseconds,
)
from probes.trace.origin_causes import failed_step, served_by_origin, step_words
from probes.trace.origin_events import OriginEvent, OriginStory, origin_json
from probes.trace.route import HopView, RouteView

if TYPE_CHECKING:
    from probes.trace.got import GetSearch

LAST_RUNG = "content"
"""The rung that a whole ladder ends with (probes.ladder.faults.Rung)."""
NO_VERSION = "no matching versions for query"

SECURITY_ERROR = "SECURITY ERROR"
"""How the error of a database begins that signed two histories; it says nothing by itself."""

PROXY_REFUSES = "proxy refuses"
"""The fault of a way to the checksum database that is closed (probes.sources.sum_faults, loaded later)."""

TRACE_SCHEMA = "modtrace.trace/1"


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


@dataclass(frozen=True, slots=True)
class FirstCause:
    """The first thing that really went wrong in the walk whose failure go reports."""

    hop: int | None
    """Index into the GOPROXY list as written."""
    op: str
    summary: str
    rule: str
    hop_id: int | None = None


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

    def _index(self, hop_id: int | None) -> int | None:
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
            index = self._index(finished.hop)
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
        """The first real cause of a failure: what go's one error may hide.

        Within the failed walk: the first error that is not of the not-found class; else the first answer of
        that class by a proxy; else whatever came first.
        """
        finished = self.finished
        if finished is None or finished.outcome is not Outcome.FAILS:
            return None
        decision = self.failing_decision()
        if decision is None:
            return self._without_walk(finished)
        walk = self.walks[decision.walk]
        cause = self._cause(decision, walk)
        if walk.started.purpose is not Purpose.TOOLCHAIN:
            return cause
        return dataclasses.replace(cause, summary=f"for the toolchain that go wants, {cause.summary}")

    def failing_decision(self) -> HopDecided | None:
        """The edge of the failed walk where the first real cause lies; None when no walk failed."""
        finished = self.finished
        if finished is None or finished.outcome is not Outcome.FAILS or finished.failed_walk is None:
            return None
        walk = self.walks[finished.failed_walk]
        failures = [decision for decision in walk.decisions if decision.error is not None]
        hard = [decision for decision in failures if not decision.not_exist]
        asked = [one for one in failures if one.request is not None or one.program is not None]
        real = [d for d in failures if (hop := self.hop(d.hop)) is not None and hop.kind is HopKind.PROXY]
        return next(iter(hard or asked or real or failures), None)

    def telling_request(self, decision: HopDecided) -> Request | None:
        """The request that a decision goes back to: for "no version fits" the list, else its own."""
        own = None if decision.request is None else self.requests[decision.request]
        if NO_VERSION in (decision.error or ""):
            return self._list_request(decision) or own
        return own

    def climb_of(self, request: int | None) -> list[RungClimbed]:
        """The rungs of the newest ladder that was climbed for a request, whole ones first; [] for none."""
        own = [rungs for rungs in self.climbs.values() if request is not None and rungs[0].request == request]
        whole = [rungs for rungs in own if rungs[-1].rung == LAST_RUNG]
        return next(iter([*whole[::-1], *own[::-1]]), [])

    def _without_walk(self, finished: TraceFinished) -> FirstCause | None:
        text = (finished.error or "").split("\n", 1)[0]
        if not text:
            return None
        stops = [turned for turned in self.turnings if turned.bend is Bend.STOPS]
        if stops:
            where = f" ({stops[-1].where})" if stops[-1].where else ""
            summary = f"{stops[-1].turning}{where}: {stops[-1].because}"
            return FirstCause(None, stops[-1].turning.value, summary, stops[-1].rule)
        zips = [request for request in self.requests.values() if request.started.op is Op.ZIP]
        refused = next((check for check in self.checksums if check.fault), None)
        text = text if refused is None or text != SECURITY_ERROR else refused.because
        if not zips and refused is not None:
            summary = f"the hash of the {refused.what} is not vouched for: {refused.because}"
            return FirstCause(None, Op.SUM.value, summary, finished.rule or _CHECKED)
        if not zips:
            return FirstCause(None, "query", text, finished.rule)
        hop = self.hop(zips[-1].started.hop)
        name = hop.name if hop is not None else "?"
        summary = f"{name} sent this .zip with 200: {text}"
        return FirstCause(
            self._index(zips[-1].started.hop), "zip", summary, finished.rule, zips[-1].started.hop
        )

    def _cause(self, decision: HopDecided, walk: Walk) -> FirstCause:
        request = self.telling_request(decision)
        hop = self.hop(decision.hop)
        name = hop.name if hop is not None else "?"
        step = failed_step(self, decision)
        if step is not None:
            index = self._index(decision.hop)
            return FirstCause(index, step.step.value, step_words(hop, step), step.rule, decision.hop)
        op = request.started.op.value if request is not None else _PURPOSE_OPS[walk.started.purpose]
        if request is None:  # refused before anybody was asked
            text = (decision.error or "").split("\n", 1)[0]
            return FirstCause(self._index(decision.hop), op, text, decision.rule, decision.hop)
        if request.started.hop is None and request.started.op is Op.SUM:
            return self._database_cause(request, decision, name)
        closed = self._closed_way(decision)
        if closed is not None:
            return closed
        summary = f"{name} {_what_was_said(request, decision)}"
        if decision.verdict is Verdict.STOP and not decision.not_exist and hop and hop.separator == ",":
            summary += ', and "," passes on only for 404 and 410'
        return FirstCause(self._index(decision.hop), op, summary, decision.rule, decision.hop)

    def _closed_way(self, decision: HopDecided) -> FirstCause | None:
        """Where nobody could be asked about a hash: the entry that failed when asked for /supported."""
        closed = [check.error or check.because for check in self.checksums if check.fault == PROXY_REFUSES]
        if not any(error.split("\n", 1)[0] in (decision.error or "") for error in closed):
            return None
        for walk in self.walks.values():
            hard = [d for d in walk.decisions if d.error is not None and not d.not_exist]
            if walk.started.purpose is not Purpose.CHECKSUM_BASE or not hard or not decision.error:
                continue
            request = None if hard[0].request is None else self.requests[hard[0].request]
            hop = self.hop(hard[0].hop)
            name = hop.name if hop is not None else "?"
            said = _what_was_said(request, hard[0])
            summary = f"{name} {said} when asked whether it passes the checksum database on"
            if hop is not None and hop.separator == ",":
                summary += ', and "," passes on only for 404 and 410'
            return FirstCause(self._index(hard[0].hop), Op.SUM.value, summary, hard[0].rule, hard[0].hop)
        return None

    @staticmethod
    def _database_cause(request: Request, decision: HopDecided, served_by: str) -> FirstCause:
        """The checksum database was asked by itself, not through an entry, and does not vouch."""
        host = request.started.url.partition("://")[2].partition("/")[0]
        said = _what_was_said(request, decision)
        summary = f"{host} {said}, so nobody vouches for what {served_by} sent"
        return FirstCause(None, Op.SUM.value, summary, decision.rule)

    def _list_request(self, decision: HopDecided) -> Request | None:
        """The list that a hop was asked for in this walk or before: what "no version fits" goes back to."""
        lists = [r for r in self.requests_at(decision.hop) if r.started.op is Op.LIST]
        return lists[0] if lists else None

    # -- the JSON edge -------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """The object of `modtrace trace --json`."""
        started, finished = self.started, self.finished
        cause = self.first_cause()
        return {
            "schema": TRACE_SCHEMA,
            "path": started.path if started else "",
            "query": started.query if started else "",
            "ok": finished is not None and finished.outcome is Outcome.OK,
            "outcome": finished.outcome.value if finished else "unknown",
            "detail": finished.detail if finished else "",
            "version": finished.version if finished else None,
            "why": self.chosen.why if self.chosen else "",
            "passed_over": self._passed_over(),
            "sum": finished.sum if finished else None,
            "go_mod_sum": finished.go_mod_sum if finished else None,
            "served": self.served(),
            "error": finished.error if finished else None,
            "first_cause": None
            if cause is None
            else {"hop": cause.hop, "op": cause.op, "summary": cause.summary, "rule": cause.rule},
            "requests": [self._request_json(request) for request in self.requests.values()],
            "findings": [finding.to_json() for finding in self.all_findings()],
            "project": started.project if started else "",
            "warm": started.warm if started else False,
            "turnings": [_turning_json(turned) for turned in self.turnings],
            "checksums": [_checksum_json(decided, self.sworn) for decided in self.checksums],
            "toolchain": finished.toolchain if finished else "",
        } | ({"origin": origin_json(self.origin, self._index)} if self.origin else {}) | (
            {"get": self.get.to_json()} if self.get.started else {}
        )

    def _passed_over(self) -> list[dict[str, str]]:
        versions = () if self.chosen is None else self.chosen.passed_over
        return [{"version": one.version, "why": one.why} for one in versions]

    def _request_json(self, request: Request) -> dict[str, Any]:
        started, finished = request.started, request.finished
        seconds = None if finished is None else finished.at - finished.began
        return {
            "hop": self._index(started.hop),
            "op": started.op.value,
            "version": started.version or None,
            "url": started.url,
            "status": finished.status if finished else None,
            "bytes": finished.bytes if finished else request.received,
            "ms": milliseconds(seconds),
            "timing": finished.timing.to_json() if finished else None,
            "redirects": []
            if finished is None
            else [{"status": redirect.status, "url": redirect.url} for redirect in finished.redirects],
            "decision": request.decision_words,
            "rule": request.decision.rule if request.decision else None,
            "error": finished.error if finished else None,
            "request_headers": _headers_json(finished.request_headers if finished else ()),
            "response_headers": _headers_json(finished.response_headers if finished else ()),
            "body": finished.body if finished else "",
        }


def _checksum_json(decided: ChecksumDecided, sworn: list[ChecksumRouted]) -> dict[str, Any]:
    """What became of one hash, and who was to be asked about it."""
    key = decided.what, decided.path, decided.version
    routed = next((one for one in sworn if (one.what, one.path, one.version) == key), None)
    return {
        "what": decided.what,
        "path": decided.path,
        "version": decided.version,
        "sum": decided.sum,
        "verdict": decided.verdict,
        "because": decided.because,
        "sworn": None if routed is None else routed.sworn.value,
        "where": None if routed is None else routed.where or None,
        "fault": decided.fault or None,
        "error": decided.error,
    }


def _turning_json(turned: TurningTaken) -> dict[str, Any]:
    return {
        "turning": turned.turning.value, "bend": turned.bend.value, "path": turned.path,
        "version": turned.version, "because": turned.because, "where": turned.where, "to": turned.to,
        "op": turned.op, "error": turned.error, "rule": turned.rule,
    }  # fmt: skip


def _headers_json(headers: Iterable[Header]) -> list[dict[str, str]]:
    return [{"name": header.name, "value": header.value} for header in headers]


_CHECKED = "cmd/go/internal/modfetch/fetch.go checkModSum"
"""Where go exits for a hash that go.sum or the database contradicts."""

_PURPOSE_OPS = {
    Purpose.QUERY: "query",
    Purpose.RETRACTIONS: "query",
    Purpose.CONFIRM: "info",
    Purpose.INFO: "info",
    Purpose.MOD: "mod",
    Purpose.ZIP: "zip",
    Purpose.TOOLCHAINS: "list",
    Purpose.TOOLCHAIN: "zip",
    Purpose.CHECKSUM_BASE: "sum",
}


_ABOUT_A_HASH = re.compile(r"^\S+@\S+: verifying (?:go\.mod|module): (?:\S+@\S+: )?")
"""What stands before each error of the checksum database; whose hash it is stands elsewhere."""


def _what_was_said(request: Request | None, decision: HopDecided) -> str:
    """ "answered 502 Bad Gateway" and the like: what a hop did, in a few words."""
    finished = request.finished if request is not None else None
    if finished is not None and finished.status == 200 and "html" in finished.content_type.lower():
        return f"answered {finished.op} with 200 and a web page ({finished.content_type})"
    if finished is not None and finished.status == 200 and NO_VERSION in (decision.error or ""):
        return f"has a list, but {NO_VERSION} {(decision.error or '').rsplit(' ', 1)[-1]}"
    if finished is None or (finished.status == 200 and finished.error is None):
        return "said: " + _ABOUT_A_HASH.sub("", (decision.error or "").split("\n", 1)[0])
    if finished.status is not None and finished.status != 200:
        where = f" (by {_host(finished.redirects[-1].url)})" if finished.redirects else ""
        return f"answered {finished.reason or finished.status}{where}"
    text = finished.error or decision.error or ""
    return "failed: " + text.split("\n", 1)[0].removeprefix(f'Get "{finished.url}": ')


def _host(url: str) -> str:
    return url.split("//", 1)[-1].split("/", 1)[0]
