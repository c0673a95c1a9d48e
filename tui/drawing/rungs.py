"""The rungs of one request: names, connect, TLS, first byte, body, each with its bar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from probes.trace.events import RequestFinished
from probes.trace.fold import Request
from tui.drawing.figures import Axis, duration, size, waiting
from tui.drawing.tree_keys import Part, TreeKey
from tui.lines import Role, Row, fit, line, pad, row_with
from tui.symbols import Symbols

LABELS = {
    "names": "names", "connect": "connect", "proxy": "proxy", "tls": "TLS", "first_byte": "answer",
    "body": "body",
}  # fmt: skip
"""The words for the phases of a request."""

_TIME_WIDTH = 9


@dataclass(frozen=True, slots=True)
class Rung:
    """One layer of a request."""

    phase: str
    words: str
    began: float
    ended: float | None
    """None while it is under way."""
    ok: bool = True


def rungs(request: Request, now: float) -> Iterator[Rung]:
    """The rungs that a request has climbed, and the one it stands on."""
    at = request.started.at
    finished = request.finished
    phases = {phase.phase for phase in request.phases}
    if finished is not None and finished.protocol and not phases & {"connect", "names"}:
        yield Rung("connect", "kept from an earlier request", at, at)
    for phase in request.phases:
        words = phase.detail
        if phase.phase == "first_byte" and finished is not None:
            words = answer_words(finished)
        yield Rung(phase.phase, words, phase.began, phase.at, phase.ok)
        at = phase.at
    if finished is None:
        yield _under_way(request, phases, at)
    elif finished.timing.body is not None:
        words = size(finished.bytes)
        broken = finished.status == 200 and finished.error is not None
        yield Rung("body", words, finished.at - finished.timing.body, finished.at, not broken)
    elif finished.protocol == "" and "first_byte" not in phases and all(p.ok for p in request.phases):
        yield Rung("first_byte", "none came", at, finished.at, ok=finished.error is None)


def _under_way(request: Request, phases: set[str], at: float) -> Rung:
    if "first_byte" in phases:
        total = f" of {size(request.total)}" if request.total else ""
        return Rung("body", size(request.received) + total, at, None)
    if "connect" in phases or not request.started.url.startswith("http"):
        return Rung("first_byte", "waiting for the first byte; go has no limit here", at, None)
    return Rung("connect", "finding the server and connecting", at, None)


def answer_words(finished: RequestFinished) -> str:
    """Status, kind and size of an answer."""
    kind = finished.content_type.split(";", 1)[0].strip()
    status = finished.reason or str(finished.status or "")
    return ", ".join(word for word in (status, kind) if word)


def rung_rows(
    now: float, number: int, request: Request, axis: Axis, width: int, symbols: Symbols
) -> Iterator[Row]:
    """One row a rung."""
    for rung in rungs(request, now):
        refused = request.finished is not None and request.finished.status not in (200, None)
        ok = rung.ok and not (rung.phase == "first_byte" and refused)
        role = Role.BUSY if rung.ended is None else Role.OK if ok else Role.FAIL
        symbol = {Role.BUSY: symbols.busy, Role.OK: symbols.ok}.get(role, symbols.fail)
        head = line("        ", (symbol, role), " ", pad(LABELS[rung.phase], 9))
        ended = now if rung.ended is None else rung.ended
        time = waiting(ended - rung.began) if rung.ended is None else duration(ended - rung.began)
        room = width - axis.width - _TIME_WIDTH - 1
        words = fit(head + line((rung.words, Role.PLAIN if ok else role)), room, cut=symbols.cut)
        fill = " " * (room - words.width + 1)
        bar = axis.bar(rung.began, ended, symbols)
        text = words + line(fill, (bar, role), time.rjust(_TIME_WIDTH))
        yield row_with(TreeKey(Part.RUNG, number, rung.phase), text, LABELS[rung.phase], rung.words)
