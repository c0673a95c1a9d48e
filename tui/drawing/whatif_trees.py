"""Two traces in short, beside each other: a hop and its chips, and the edge behind it.

now                                    what if
✗ mirror.corp                          ✗ mirror.corp
    list ✗502                              list ✗502  mod ✗502
  ■ , stops here                         ↓ | goes on
· goproxy.cn                           ✓ goproxy.cn  (what if)
    never asked                            list ✓  info ✓
"""

from __future__ import annotations

from collections.abc import Iterator

from probes.commands.plain import CHIP_OPS
from probes.golang.goproxy import Access, HopKind
from probes.trace.events import Verdict
from probes.trace.fold import Trace
from probes.trace.route import HopView
from tui.drawing.figures import duration
from tui.drawing.hop_state import chip, decisions_at, hop_state, requests_for, spent, unasked_words
from tui.drawing.turning_questions import is_bend, turning_question
from tui.drawing.whatif_table import Look, beside
from tui.lines import Line, Role, line, wrap, wrap_pieces
from tui.trial import Unreal

WHAT_IF = "(what if)"
"""What stands behind whatever is not real."""


def tree_lines(before: Trace | None, after: Trace | None, unreal: Unreal, look: Look) -> Iterator[Line]:
    """Both trees, in the columns of the table; where one was not traced, that."""
    left = _short(before, Unreal(), look, look.cell)
    right = _short(after, unreal, look, look.cell)
    yield from beside("tree", left, right, look)


def _short(trace: Trace | None, unreal: Unreal, look: Look, room: int) -> list[Line]:
    if trace is None or trace.route is None:
        return [line(("not traced", Role.FAINT))]
    hops = [hop for hop in trace.route.hops if hop.kind is not HopKind.NOPROXY]
    lines = list(_turnings(trace, look, room))
    for hop in hops:
        lines += _hop(trace, hop, hop.id in unreal.hops, look, room)
        if hop is not hops[-1]:
            lines += _edge(trace, hop, hop.id in unreal.edges, look, room)
    return [*lines, *_checksums(trace, look, room)]


def _turnings(trace: Trace, look: Look, room: int) -> Iterator[Line]:
    """What changed the way before anybody was asked."""
    for event in trace.turnings:
        if is_bend(event):
            first = turning_question(event).branches[0]
            mark = str(getattr(look.symbols, first.symbol)), first.role
            words = look.text(f"{event.turning}: {first.answer}: {first.on}")
            yield from wrap_pieces([mark, " "], words, room)


def _checksums(trace: Trace, look: Look, room: int) -> Iterator[Line]:
    """Who vouched for what came, where a trace tells of each hash."""
    if not trace.sworn:
        return
    from tui.drawing.oath_rows import summary

    answer, role, more = summary(trace) or ("", Role.PLAIN, "")
    symbol = {Role.FAIL: look.symbols.fail, Role.OK: look.symbols.ok}.get(role, look.symbols.none)
    yield from wrap_pieces([(symbol, role), " "], look.text(f"checksums {answer}: {more}"), room)


def _hop(trace: Trace, hop: HopView, is_unreal: bool, look: Look, room: int) -> Iterator[Line]:
    symbols, state = look.symbols, hop_state(trace, hop)
    seconds = spent(trace, hop, trace.now)
    words = f"{look.text(hop.name)}  {duration(seconds)}" if seconds else look.text(hop.name)
    mark = f" {symbols.unreal} {WHAT_IF}" if is_unreal else ""
    for number, part in enumerate(wrap(words + mark, room - 2)):
        head = line((state.symbol(symbols), state.role), " ") if number == 0 else line("  ")
        yield head + line((part, Role.WARN if is_unreal else Role.STRONG))
    if hop.access is not Access.ASK or not trace.requests_at(hop.id):
        yield line("    ", (unasked_words(trace, hop), Role.FAINT))
        return
    yield from _chips(trace, hop, look, room)


def _chips(trace: Trace, hop: HopView, look: Look, room: int) -> Iterator[Line]:
    made = line("    ")
    for op in CHIP_OPS:
        requests = requests_for(trace, hop, op)
        if not requests:
            continue
        text, role = chip(requests, look.symbols)
        one = line(f"{op} ", (text, role), "  ")
        if made.width + one.width > room:
            yield made
            made = line("    ")
        made = made + one
    yield made


def _edge(trace: Trace, hop: HopView, is_unreal: bool, look: Look, room: int) -> Iterator[Line]:
    symbols = look.symbols
    verdicts = {decision.verdict for decision in decisions_at(trace, hop.id)}
    if Verdict.STOP in verdicts:
        symbol, role, words = symbols.stop, Role.FAIL, "stops here"
    elif Verdict.UNKNOWN in verdicts:
        symbol, role, words = symbols.unknown, Role.WARN, "unknown"
    elif Verdict.NEXT in verdicts:
        symbol, role, words = symbols.goes_on, Role.BUSY, "goes on"
    else:
        symbol, role, words = symbols.idle, Role.FAINT, "not needed" if verdicts else "not reached"
    mark = f" {symbols.unreal} {WHAT_IF}" if is_unreal else ""
    text = f"{hop.separator.value} {words}{mark}"
    yield line("  ", (symbol, role), " ", (text, Role.WARN if is_unreal else role))
