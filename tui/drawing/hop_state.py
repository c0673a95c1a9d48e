"""What one hop of a trace has done so far, in words and roles that the tree and the details share."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from probes.golang.goproxy import Access, HopKind, Separator
from probes.golang.protocol import Op
from probes.trace.events import HopDecided, Verdict
from probes.trace.fold import Request, Trace
from probes.trace.route import HopView
from tui.lines import Role
from tui.symbols import Symbols


class State(Enum):
    """How a hop, an operation or a request stands; the value is the name of its symbol."""

    IDLE = "idle"
    BUSY = "busy"
    OK = "ok"
    FAIL = "fail"
    UNKNOWN = "unknown"
    """Nobody can tell: the user stopped it before there was an answer, or the way is not traced."""

    @property
    def role(self) -> Role:
        """The role its symbol is drawn in."""
        roles = {State.BUSY: Role.BUSY, State.OK: Role.OK, State.FAIL: Role.FAIL, State.UNKNOWN: Role.WARN}
        return roles.get(self, Role.FAINT)

    def symbol(self, symbols: Symbols) -> str:
        """Its symbol."""
        return str(getattr(symbols, self.value))


CANCELLED = "cancelled"
"""The error of a request that was stopped from our side (probes.trace.narrator)."""


def request_state(request: Request) -> State:
    """How a request stands."""
    finished = request.finished
    if finished is None:
        return State.BUSY
    if finished.error == CANCELLED:
        return State.UNKNOWN
    return State.OK if finished.status == 200 and finished.error is None else State.FAIL


def chip(requests: list[Request], symbols: Symbols, *, is_refused: bool = False) -> tuple[str, Role]:
    """One operation at one hop in at most four cells: "·", "▸", "✓", "✗404" or "✗sum"."""
    if is_refused:
        return symbols.fail + "sum", Role.FAIL
    if not requests:
        return symbols.idle, Role.FAINT
    if any(request.finished is None for request in requests):
        return symbols.busy, Role.BUSY
    state, finished = request_state(requests[-1]), requests[-1].finished
    if state is not State.FAIL or finished is None:
        return state.symbol(symbols), state.role
    return symbols.fail + ("err" if finished.status is None else str(finished.status)), Role.FAIL


def requests_for(trace: Trace, hop: HopView, op: Op) -> list[Request]:
    """The requests for one operation at one hop."""
    return [request for request in trace.requests_at(hop.id) if request.started.op is op]


def decisions_at(trace: Trace, hop_id: int) -> Iterator[HopDecided]:
    """Every decision of the edge behind a hop, in order."""
    for walk in trace.walks.values():
        yield from (decision for decision in walk.decisions if decision.hop == hop_id)


def hop_state(trace: Trace, hop: HopView) -> State:
    """How a hop stands: under way, stopped go, answered something with success, failed, or not asked."""
    states = [request_state(request) for request in trace.requests_at(hop.id)]
    verdicts = {decision.verdict for decision in decisions_at(trace, hop.id)}
    if State.BUSY in states or is_busy(trace, hop):
        return State.BUSY
    if hop.access is Access.DIRECT:
        return _origin_state(trace, hop, verdicts)
    if states:
        if Verdict.STOP in verdicts:
            return State.FAIL
        if refused_file(trace, hop) is not None:
            return State.FAIL
        return next((state for state in (State.OK, State.FAIL) if state in states), State.UNKNOWN)
    if Verdict.UNKNOWN in verdicts:
        return State.UNKNOWN
    return State.FAIL if verdicts and hop.kind is HopKind.OFF else State.IDLE


def _origin_state(trace: Trace, hop: HopView, verdicts: set[Verdict]) -> State:
    """How a module's own repository stands: a page with 404 may have told where it is."""
    if Verdict.STOP in verdicts or refused_file(trace, hop) is not None:
        return State.FAIL
    if Verdict.UNKNOWN in verdicts:
        return State.UNKNOWN
    if Verdict.SERVED in verdicts:
        return State.OK
    if Verdict.NEXT in verdicts:
        return State.FAIL
    if not any(one.hop == hop.id for one in trace.origin.decided):
        return State.IDLE
    return State.BUSY if trace.finished is None else State.UNKNOWN  # told of, and stopped before its end


def refused_file(trace: Trace, hop: HopView) -> Op | None:
    """The file of this hop that came well and whose hash was refused; None where there is none."""
    failed = [check.what for check in trace.checksums if check.verdict == "failed"]
    if not failed:
        return None
    op = Op.MOD if failed[0] == "go.mod" else Op.ZIP
    served = [r for r in trace.requests.values() if r.started.op is op and request_state(r) is State.OK]
    return op if served and served[-1].started.hop == hop.id else None


def unasked_words(trace: Trace, hop: HopView) -> str:
    """What is to be said of a hop that no request went to."""
    match hop.access:
        case Access.PRIVATE:
            return "never asked: the path is private"
        case Access.DIRECT:
            unknown = [one for one in decisions_at(trace, hop.id) if one.verdict is Verdict.UNKNOWN]
            return unknown[-1].because if unknown else _not_reached(trace)
        case Access.OFF:
            reached = any(True for _ in decisions_at(trace, hop.id))
            return "module lookup disabled here" if reached else _not_reached(trace)
        case _:
            return _not_reached(trace)


def _not_reached(trace: Trace) -> str:
    return "not asked yet" if trace.finished is None else "never asked"


SEPARATOR_WORDS = {
    Separator.COMMA: "next only after 404 or 410",
    Separator.PIPE: "next after any error",
    Separator.END: "the list ends here",
}


def spent(trace: Trace, hop: HopView, now: float) -> float:
    """Seconds spent at a hop, requests and programs under way included."""
    total = 0.0
    for request in trace.requests_at(hop.id):
        finished = request.finished
        total += now - request.started.at if finished is None else finished.at - finished.began
    for ran in trace.origin.programs.values():
        if ran.started.hop == hop.id:
            ended = now if ran.finished is None else ran.finished.at
            total += ended - ran.started.at
    return total


def is_busy(trace: Trace, hop: HopView) -> bool:
    """Whether a request to this hop, or a program for it, is under way."""
    programs = (ran for ran in trace.origin.programs.values() if ran.started.hop == hop.id)
    asked = (request.finished is None for request in trace.requests_at(hop.id))
    return any(asked) or any(ran.finished is None for ran in programs)
