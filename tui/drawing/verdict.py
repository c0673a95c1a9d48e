"""The verdict: what go will print, and the first real cause, in that order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from probes.golang.goproxy import Access
from probes.trace.events import Outcome
from probes.trace.fold import Trace
from tui.drawing.case_details import primary
from tui.drawing.figures import duration, waiting
from tui.drawing.package_hint import package_hint
from tui.lines import Line, Piece, Role, cells, fit_middle, line, spread, wrap
from tui.symbols import Symbols

if TYPE_CHECKING:
    from probes.diagnosis.diagnose import Case

MAX_LINES, MAX_ERROR_LINES, MAX_CAUSE_LINES = 5, 3, 2
"""Lines that go's error and the first cause may take in the bar; ``v`` shows all of it."""


def verdict_lines(
    trace: Trace,
    now: float,
    width: int,
    symbols: Symbols,
    *,
    failure: str | None = None,
    cases: Sequence[Case] = (),
    looking: bool = False,
    most: int = MAX_LINES,
) -> list[Line]:
    """The verdict in a few lines. ``failure`` is what went wrong with modtrace itself.

    Where anything is left out, the last line says how to see it.
    """
    every = _lines(trace, now, width, symbols, failure, cases, looking=looking)
    shown = every[: max(1, most)]
    is_cut = len(shown) < len(every) or any(symbols.cut in shown_line.text for shown_line in shown)
    is_cut = is_cut or any(shown_line.width > width - 1 for shown_line in shown)
    if not is_cut or trace.finished is None or looking:
        return shown
    hint, last = line(("v for all", Role.FAINT)), shown[-1]
    if len(shown) < len(every) and every[len(shown)].text.startswith(_INDENT):
        # The text goes on in a line that is not shown.
        last += line(symbols.cut)
    return [*shown[:-1], spread(last, hint, width - 1, cut=symbols.cut)]


def _lines(
    trace: Trace,
    now: float,
    width: int,
    symbols: Symbols,
    failure: str | None,
    cases: Sequence[Case],
    *,
    looking: bool,
) -> list[Line]:
    started, finished = trace.started, trace.finished
    if failure is not None:
        return _cut([(symbols.unknown, Role.WARN), " could not tell: "], failure, width, symbols)
    if started is None:
        return [line((symbols.idle, Role.FAINT), " nothing traced yet: press t and type a module path")]
    target = f"{started.path}@{started.query}"
    if finished is None:
        return [_running(trace, target, now, width, symbols)]
    match finished.outcome:
        case Outcome.OK:
            return _success(trace, started.path, width, symbols)
        case Outcome.FAILS:
            return _failure(trace, width, symbols, _remedy(cases, width, symbols, looking=looking))
        case Outcome.CANCELLED:
            words = f" could not tell: {target} was stopped before the end"
            return [line((symbols.unknown, Role.WARN), words)]
        case Outcome.UNKNOWN:
            lines = _cut([(symbols.unknown, Role.WARN), " could not tell: "], finished.detail, width, symbols)
            return lines + package_hint(trace, width, symbols)


def _running(trace: Trace, target: str, now: float, width: int, symbols: Symbols) -> Line:
    asked = len(trace.requests)
    requests = f"  {asked} request{'' if asked == 1 else 's'}" if asked else ""
    time = waiting(now)
    rest = line(requests, f"  {time}" if time else "")
    shown = fit_middle(target, max(12, width - rest.width - 12), cut=symbols.cut)
    return line((symbols.busy, Role.BUSY), (f" tracing {shown}", Role.STRONG)) + rest


def _success(trace: Trace, path: str, width: int, symbols: Symbols) -> list[Line]:
    finished = trace.finished
    assert finished is not None
    route = trace.route
    by_hop: dict[int, list[str]] = {}
    for op, index in trace.served().items():
        by_hop.setdefault(index, []).append(op)
    names = {} if route is None else {hop.index: hop.name for hop in route.hops}
    served = "; ".join(f"{', '.join(ops)} from {names.get(index, '?')}" for index, ops in by_hop.items())
    served = _with_origin(trace, served)
    requests = len(trace.requests)
    time = f"{requests} request{'' if requests == 1 else 's'}, {duration(finished.at)}"
    lead = line((symbols.ok, Role.OK), " go would download ")
    room = max(12, width - 2 - lead.width - cells(time) - 1)
    what = fit_middle(f"{path}@{finished.version}", room, cut=symbols.cut)
    head = lead + line((what, Role.STRONG))
    head = spread(head, line((time, Role.FAINT)), width - 1, cut=symbols.cut)
    return [head, line("  ", served)] if served else [head]


def _with_origin(trace: Trace, served: str) -> str:
    """Where the module's own repository is, where it served."""
    hops = () if trace.route is None else trace.route.hops
    by = {walk.finished.served_by for walk in trace.walks.values() if walk.finished is not None}
    origin = next((hop.id for hop in hops if hop.access is Access.DIRECT and hop.id in by), None)
    if origin is None or not trace.origin.decided:
        return served
    from tui.drawing.origin_story import repository

    found = repository(trace, origin)
    where = "" if found is None else f"{found.vcs} {found.to}".strip()
    return f"{served or 'from its own repository'}: {where}" if where else served


def _failure(trace: Trace, width: int, symbols: Symbols, remedy: list[Line]) -> list[Line]:
    finished = trace.finished
    assert finished is not None
    head: list[Piece] = [(symbols.fail, Role.FAIL), (" go would fail: ", Role.STRONG)]
    most = MAX_ERROR_LINES - len(remedy)
    lines = _cut(head, _without_advice(finished.error or "", symbols), width, symbols, most=most)
    cause = trace.first_cause()
    if cause is not None:
        head = [("  first cause: ", Role.STRONG)]
        lines += _cut(head, cause.summary, width, symbols, most=MAX_CAUSE_LINES)
    return lines + package_hint(trace, width, symbols) + remedy


def _remedy(cases: Sequence[Case], width: int, symbols: Symbols, *, looking: bool) -> list[Line]:
    """The likeliest diagnosis by name, and the first thing to try: one line."""
    case = primary(cases)
    busy = line((f"{symbols.busy} looking closer", Role.BUSY)) if looking else Line()
    if case is None:
        return [busy] if looking else []
    head = line("  ", (case.diagnosis.rule.tag, Role.STRONG))
    for remedy in case.diagnosis.remedies[:1]:
        head += line("  try: ", (remedy.lines[0], Role.NAME))
    return [spread(head, busy, width - 1, cut=symbols.cut)]


_ADVICE = (
    re.compile(
        r"(?:\n\s*fatal: Could not read from remote repository\.\s*)?"
        r"\n\s*Please make sure you have the correct access rights\s+and the repository exists\.\s*\Z"
    ),
    re.compile(r"\n\s*Confirm the import path was entered correctly\.\n[^\n]*\n?[^\n]*\Z"),
)
"""What git and go say below every failure: of a text that is cut, its end would be all that is seen."""


def _without_advice(error: str, symbols: Symbols) -> str:
    """An error without its last sentences that say the same of every one; ``v`` shows them."""
    kept = error
    for advice in reversed(_ADVICE):
        kept = advice.sub("", kept.rstrip())
    return error if kept == error.rstrip() else f"{kept.rstrip()}{symbols.cut}"


def _cut(
    head: Sequence[Piece], text: str, width: int, symbols: Symbols, *, most: int = MAX_ERROR_LINES
) -> list[Line]:
    """Text behind its label, on few lines; what is too long loses its middle, for the end says most."""
    label, text = line(*head), " ".join(text.split())
    room = most * (width - 2) - label.width - (most - 1) * len(_INDENT)
    kept = len(text)
    while True:
        parts = wrap(f"{' ' * label.width}{_without_middle(text, kept, symbols)}", width - 2 - len(_INDENT))
        if len(parts) <= most or kept <= 8:
            break
        kept = min(kept - 1, room)
    first, *rest = parts
    return [label + line(first[label.width :]), *(line(_INDENT + part) for part in rest)]


_INDENT = "    "


def _without_middle(text: str, length: int, symbols: Symbols) -> str:
    """The mark hangs on the word before it, for on another line it says nothing: half a URL reads as all."""
    if len(text) <= length:
        return text
    tail = length // 2
    head = length - tail - 2
    end = next((at for at in range(head, head // 2, -1) if _parts(text, at)), head)
    start = len(text) - tail
    start = next((at for at in range(start, start + tail // 2) if _parts(text, at)), start)
    return f"{text[:end].rstrip()}{symbols.cut} {text[start:].lstrip()}"


def _parts(text: str, at: int) -> bool:
    """Whether a text may be cut here: at a blank, or between the parts of a path."""
    before, after = text[max(0, at - 2) : at], text[at : at + 1]
    return after == " " or (before.endswith("/") and before != "//" and after != "/")
