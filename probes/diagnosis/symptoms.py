"""What failed in a trace, place by place: the edges that did not serve, with all that is known of each.

Pure: a trace goes in. Where a ladder was climbed for a request, its worst broken rung says what happened;
else the status of the answer does, else only go's words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from probes.golang.goproxy import HopKind
from probes.golang.origin_steps import BY_REQUEST
from probes.golang.protocol import Op
from probes.ladder.faults import Fault, Judgement, Rung, fault_of_status
from probes.net.limits import FOR_EVER
from probes.trace.climb_events import RungClimbed
from probes.trace.events import HopDecided, Outcome, Verdict
from probes.trace.fold import Request, Trace
from probes.trace.route import HopView

MISLEADING = frozenset({
    Fault.DNS_POLLUTED, Fault.DNS_RESERVED, Fault.DNS_FAKE_ADDRESS, Fault.DNS_HOSTS_SHADOW,
    Fault.DNS_SPLIT_HORIZON, Fault.DNS_SEARCH_DOMAIN,
})  # fmt: skip
"""An answer for the name that leads to the wrong place."""
SLOW_CONNECT_S = 0.25
"""A connection that takes longer was not made at the first address, or comes from far away."""
SLOW_NAMES_S = 0.9
"""A look-up that takes longer has waited for a nameserver: one second is the least that it may be told to."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """One place where something did not work."""

    hop: HopView | None
    """None for what belongs to no entry of GOPROXY: a setting, the checksum database asked directly."""
    request: Request | None
    decision: HopDecided | None
    rungs: tuple[RungClimbed, ...]
    """The ladder of the request; () where none was climbed."""
    words: str
    """Go's, whole."""
    is_checksum: bool = False
    """Whether the checksum database was being asked."""

    @property
    def broken(self) -> RungClimbed | None:
        """The rung that broke when it was climbed by itself."""
        return next((rung for rung in self.rungs if rung.judgement == Judgement.BROKEN), None)

    @property
    def fault(self) -> Fault | None:
        """What happened; None when only the words are known."""
        if self.broken is not None and self.broken.faults:
            return self._name_fault() or self._content_fault() or Fault(self.broken.faults[0])
        status = self.status
        if status is not None and status != 200:
            return fault_of_status(status)
        return self._empty_list()

    def _empty_list(self) -> Fault | None:
        """A list without versions is well answered, and is why nothing fits."""
        seen = any(Fault.CONTENT_EMPTY_LIST.value in rung.faults for rung in self.rungs)
        return Fault.CONTENT_EMPTY_LIST if seen else None

    def _name_fault(self) -> Fault | None:
        """What leads to the wrong place is the cause of everything that breaks there."""
        assert self.broken is not None
        if self.broken.rung not in (Rung.NAMES, Rung.TCP, Rung.TLS):
            return None
        for rung in self.rungs:
            if rung.rung == Rung.PROXY and Fault.PROXY_IGNORED.value in rung.faults:
                return Fault.PROXY_IGNORED
            if rung is self.broken:
                return None
            if rung.rung == Rung.NAMES and rung.faults and Fault(rung.faults[0]) in MISLEADING:
                return Fault(rung.faults[0])
        return None

    def _content_fault(self) -> Fault | None:
        """The body of a refusal tells more than its status."""
        assert self.broken is not None
        if self.broken.rung != Rung.HTTP:
            return None
        for rung in self.rungs:
            if rung.rung == Rung.CONTENT and rung.faults:
                return Fault(rung.faults[0])
        return None

    @property
    def is_direct(self) -> bool:
        """Whether the module's own host or repository was being asked."""
        return self.hop is not None and self.hop.kind in (HopKind.DIRECT, HopKind.NOPROXY)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of interest of the answer, where a ladder was climbed."""
        for rung in self.rungs:
            if rung.rung == Rung.HTTP:
                return {str(name): str(value) for name, value in rung.report.get("headers", ())}
        return {}

    @property
    def sent_credentials(self) -> bool:
        """Whether the request that was refused carried some, where a ladder was climbed."""
        legs = [leg for rung in self.rungs if rung.rung == Rung.HTTP for leg in rung.report.get("legs", ())]
        return any(isinstance(leg, dict) and leg.get("credentials") for leg in legs)

    @property
    def passed_when_climbed(self) -> bool:
        """Whether the same request worked when it was made once more."""
        whole = bool(self.rungs) and self.rungs[-1].rung == Rung.CONTENT
        return whole and self.broken is None and self._empty_list() is None

    @property
    def status(self) -> int | None:
        """The status of the answer, None where none came."""
        finished = None if self.request is None else self.request.finished
        return None if finished is None else finished.status

    @property
    def url(self) -> str:
        """The URL that was asked for, secrets masked; "" for what is no request."""
        return "" if self.request is None else self.request.started.url

    @property
    def place(self) -> str:
        """Host and port of the server that really answered, or should have."""
        finished = None if self.request is None else self.request.finished
        url = finished.redirects[-1].url if finished is not None and finished.redirects else self.url
        return url.partition("://")[2].partition("/")[0].rpartition("@")[2]

    @property
    def host(self) -> str:
        """Host and port as the setting names them; after a redirect that ends nowhere, of its target."""
        finished = None if self.request is None else self.request.finished
        if finished is not None and finished.redirects and finished.status is None and not self.leads_nowhere:
            return self.place
        return self.url.partition("://")[2].partition("/")[0].rpartition("@")[2]

    @property
    def leads_nowhere(self) -> bool:
        """Whether the server redirected to something that go has no way to ask."""
        finished = None if self.request is None else self.request.finished
        if finished is None or finished.status is not None or not finished.redirects:
            return False
        return not finished.redirects[-1].url.startswith(("http://", "https://"))

    @property
    def stops(self) -> bool:
        """Whether the walk ended here although entries were left."""
        return self.decision is not None and self.decision.verdict is Verdict.STOP

    @property
    def not_exist(self) -> bool:
        """Whether it is of the class that lets a comma pass."""
        return self.decision is not None and self.decision.not_exist


def primary_symptom(trace: Trace) -> Symptom | None:
    """Where the failure that go reports began, or where it would hang; None for a trace that did not fail."""
    finished = trace.finished
    if finished is None or finished.outcome not in (Outcome.FAILS, Outcome.UNKNOWN):
        return None
    if finished.outcome is Outcome.UNKNOWN:
        waiting = _waits_for_ever(trace)
        return _of_hanging_request(trace) if waiting is None else _of_decision(trace, waiting)
    decision = _reported_decision(trace) or _direct_decision(trace) or trace.failing_decision()
    if decision is not None:
        return _of_database(trace, decision) or _of_decision(trace, decision)
    request = _last_failed_request(trace)
    words = finished.error or ""
    if request is None:
        return Symptom(None, None, None, (), words)
    started = request.started
    return Symptom(
        trace.hop(started.hop),
        request,
        None,
        tuple(trace.climb_of(started.request)),
        words,
        is_checksum=started.op.value == "sum",
    )


def _reported_decision(trace: Trace) -> HopDecided | None:
    """Of several entries that really failed, the one whose error go prints: the others were passed over."""
    finished = trace.finished
    if finished is None or finished.failed_walk is None:
        return None
    walk = trace.walks[finished.failed_walk]
    hard = [decision for decision in walk.decisions if decision.error is not None and not decision.not_exist]
    told = None if walk.finished is None else walk.finished.error
    return next((decision for decision in hard if len(hard) > 1 and decision.error == told), None)


def _direct_decision(trace: Trace) -> HopDecided | None:
    """The way without a proxy, where all that went before it was "not found" and its error is go's.

    A module that no proxy has is private, or is none: only its own host can tell.
    """
    finished = trace.finished
    if finished is None or finished.failed_walk is None:
        return None
    walk = trace.walks[finished.failed_walk]
    failed = [decision for decision in walk.decisions if decision.error is not None]
    last = failed[-1] if failed else None
    hop = None if last is None else trace.hop(last.hop)
    if last is None or hop is None or hop.kind not in (HopKind.DIRECT, HopKind.NOPROXY):
        return None
    return last if all(decision.not_exist for decision in failed[:-1]) else None


def failed_hops(trace: Trace) -> frozenset[int]:
    """The entries that failed in a way that is no "not found": they would fail again."""
    return frozenset(
        decision.hop
        for walk in trace.walks.values()
        for decision in walk.decisions
        if decision.error is not None and not decision.not_exist
    )


def _waits_for_ever(trace: Trace) -> HopDecided | None:
    """The edge where modtrace gave up waiting and go would not."""
    for walk in reversed(list(trace.walks.values())):
        for decision in walk.decisions:
            if decision.verdict is Verdict.UNKNOWN and FOR_EVER in decision.because:
                return decision
    return None


def _of_hanging_request(trace: Trace) -> Symptom | None:
    """A request behind no walk that nobody answers: one to the checksum database."""
    for request in reversed(list(trace.requests.values())):
        finished = request.finished
        if finished is not None and FOR_EVER in (finished.error or ""):
            rungs = tuple(trace.climb_of(request.started.request))
            is_checksum = request.started.op is Op.SUM
            hop = trace.hop(request.started.hop)
            return Symptom(hop, request, None, rungs, finished.error or "", is_checksum=is_checksum)
    return None


def passed_symptoms(trace: Trace) -> Iterator[Symptom]:
    """The entries that did not serve and were passed over, each once: a tax on every request."""
    failing = _reported_decision(trace) or _direct_decision(trace) or trace.failing_decision()
    told: set[int | None] = set() if failing is None else {failing.hop}
    for walk in trace.walks.values():
        for decision in walk.decisions:
            hop = trace.hop(decision.hop)
            passed = decision.verdict is Verdict.NEXT and not decision.not_exist
            if not passed or decision.hop in told or hop is None or hop.kind is not HopKind.PROXY:
                continue
            told.add(decision.hop)
            yield _of_decision(trace, decision)


def _of_decision(trace: Trace, decision: HopDecided) -> Symptom:
    request = trace.telling_request(decision)
    hop = trace.hop(decision.hop)
    if trace.origin.decided and hop is not None and hop.kind in (HopKind.DIRECT, HopKind.NOPROXY):
        request = _page_request(trace, decision, request)
    rungs = () if request is None else tuple(trace.climb_of(request.started.request))
    walk = trace.walks[decision.walk]
    is_checksum = walk.started.purpose.value == "checksum base"
    if request is not None:
        is_checksum = is_checksum or request.started.op.value == "sum"
    return Symptom(hop, request, decision, rungs, decision.error or "", is_checksum)


def _page_request(trace: Trace, decision: HopDecided, own: Request | None) -> Request | None:
    """The page that direct mode failed at; none for a failure at a later step, whatever was read before."""
    for step in reversed(trace.origin.decided):
        if step.hop == decision.hop and step.error and step.error in (decision.error or ""):
            asked = None if step.request is None else trace.requests.get(step.request)
            return (asked or own) if step.step in BY_REQUEST else None
    return own


def _of_database(trace: Trace, decision: HopDecided) -> Symptom | None:
    """The bad answer of the checksum database behind a file that came well and was not vouched for."""
    own = trace.telling_request(decision)
    if own is None or own.finished is None or own.finished.status != 200 or own.started.op is Op.SUM:
        return None
    request = _last_failed_request(trace)
    if request is None or request.started.op is not Op.SUM:
        return None
    rungs = tuple(trace.climb_of(request.started.request))
    hop = trace.hop(request.started.hop)
    return Symptom(hop, request, decision, rungs, decision.error or "", is_checksum=True)


def _last_failed_request(trace: Trace) -> Request | None:
    """What a failure without a walk goes back to: the checksum database's last bad answer, else the zip."""
    failed = [
        request
        for request in trace.requests.values()
        if request.finished is not None
        and (request.finished.error is not None or request.finished.status not in (200, None))
        and (request.decision is None or request.started.op is Op.SUM)
    ]
    zips = [request for request in trace.requests.values() if request.started.op is Op.ZIP]
    return next(iter([*failed[-1:], *zips[-1:]]), None)


def requests_to_climb(trace: Trace, most: int = 4) -> list[Request]:
    """The requests whose ladders tell what is wrong: first the one that decided, then those passed over."""
    symptoms = [symptom for symptom in (primary_symptom(trace), *passed_symptoms(trace)) if symptom]
    found: dict[int, Request] = {}
    for symptom in symptoms:
        if symptom.request is not None and symptom.url.startswith(("http://", "https://")):
            found.setdefault(symptom.request.started.request, symptom.request)
    for request in _slow_requests(trace):
        found.setdefault(request.started.request, request)
    return list(found.values())[:most]


def _slow_requests(trace: Trace) -> Iterator[Request]:
    """Requests that got their answer late, one for each entry: something on the way is half dead."""
    told: set[int | None] = set()
    for request in trace.requests.values():
        finished = request.finished
        if finished is None or finished.status is None or finished.hop in told:
            continue
        names, connect = finished.timing.names or 0.0, finished.timing.connect or 0.0
        if names >= SLOW_NAMES_S or connect >= SLOW_CONNECT_S:
            told.add(finished.hop)
            yield request
