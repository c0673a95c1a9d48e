"""The rungs of a ladder in the tree: what a second look found, layer by layer, each with its bar.

▾ ✗ tcp         no connection                       ▇▇▇▇        3.1 s
      192.0.2.1:443: i/o timeout. go gives up after 30.0 s.
      go waits for looking up and connecting, together: 30 s
  – tls         The rung below is broken: tcp.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby

from probes.ladder.faults import Judgement, Rung
from probes.trace.climb_events import ComparisonMade, RungClimbed
from probes.trace.fold import Trace
from tui.drawing.figures import Axis, duration, waiting
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.tree_view import TIME_WIDTH, TreeView, axis_for, broken_layer, time_cell
from tui.lines import Line, Role, Row, fit, line, pad, row_with, spread, wrap
from tui.symbols import Symbols

_NAME = 11
_NOTE = " " * 12
SAME = "same"
"""The name of the row of everything that comes out the same both ways."""


def layer_mark(judgement: str, symbols: Symbols) -> tuple[str, Role]:
    """The symbol and the role of what a rung comes to."""
    return {
        Judgement.OK.value: (symbols.ok, Role.OK),
        Judgement.WARNING.value: (symbols.warn, Role.WARN),
        Judgement.BROKEN.value: (symbols.fail, Role.FAIL),
    }.get(judgement, (symbols.none, Role.FAINT))


def ladder_rows(
    view: TreeView, number: int | None, opened: Collection[TreeKey], *, climbing: bool = False
) -> Iterator[Row]:
    """The rungs of a ladder, and the one that is being climbed; with None of one that only begins."""
    axis = axis_for(view)
    rungs = [] if number is None else view.trace.climbs[number]
    for alike in _alike(rungs):
        rung = alike[0]
        key = TreeKey(Part.LAYER, rung.climb, rung.rung)
        if rung.judgement == Judgement.SKIPPED:
            yield Row(key, _skipped_line(view, alike))
            continue
        is_open = view.is_open(key, opened)
        fold = view.symbols.opened if is_open else view.symbols.closed
        yield row_with(key, _layer_line(view, rung, rungs[0].began, axis, fold), rung.rung, _words(rung))
        if is_open:
            yield from _note_rows(view, rung)
    done = {rung.rung for rung in rungs}
    under_way = next((rung for rung in Rung if rung not in done), None)
    if climbing and under_way is not None:
        words = waiting(view.now - rungs[-1].at) if rungs else ""
        head = line("        ", (view.symbols.busy, Role.BUSY), " ", pad(under_way.value, _NAME))
        text = spread(head + line(("under way", Role.BUSY)), line((words, Role.BUSY)), view.width)
        yield Row(TreeKey(Part.NOTE, -1, under_way.value), text, selectable=False)
    elif number is not None:
        yield from _comparison_rows(view, number)


def _alike(rungs: list[RungClimbed]) -> Iterator[list[RungClimbed]]:
    """One rung at a time, but together those beside one another that were not climbed for the same reason."""
    for _, group in groupby(rungs, lambda rung: rung.because or rung.rung):
        alike = list(group)
        if all(rung.judgement == Judgement.SKIPPED for rung in alike):
            yield alike
        else:
            yield from ([rung] for rung in alike)


def _skipped_line(view: TreeView, alike: list[RungClimbed]) -> Line:
    names = ", ".join(rung.rung for rung in alike)
    head = line(f"        {view.symbols.none} ", (names.ljust(_NAME), Role.FAINT))
    return head + line((f"{'  ' if len(alike) > 1 else ''}{alike[0].because}", Role.FAINT))


def _layer_line(view: TreeView, rung: RungClimbed, origin: float, axis: Axis, fold: str) -> Line:
    symbols = view.symbols
    symbol, role = layer_mark(rung.judgement, symbols)
    head = line(f"      {fold} ", (symbol, role), " ", pad(rung.rung, _NAME))
    room = view.width - axis.width - TIME_WIDTH - 1
    words = line((_words(rung), Role.PLAIN if role is Role.OK else role))
    text = fit(head + words, room, cut=symbols.cut)
    began = rung.began - origin
    bar = axis.bar(began, began + rung.seconds, symbols)
    return text + line(" " * (room - text.width + 1), (bar, role)) + time_cell(duration(rung.seconds))


def _words(rung: RungClimbed) -> str:
    """A few words; of something broken that measured nothing, go's own."""
    return rung.summary or rung.words.split("\n", 1)[0] or rung.because


def _note_rows(view: TreeView, rung: RungClimbed) -> Iterator[Row]:
    """What was seen, how long go itself waits, and the setting that gets it past."""
    _, role = layer_mark(rung.judgement, view.symbols)
    notes = [(text, role) for text in rung.evidence]
    if rung.godebug:
        notes.append((f"go gets past it with {rung.godebug}", Role.NAME))
    if rung.limits:
        notes.append((f"go waits for {'; for '.join(rung.limits)}", Role.FAINT))
    for place, (text, role) in enumerate(notes):
        for part, piece in enumerate(wrap(text, view.width - len(_NOTE))):
            key = TreeKey(Part.NOTE, rung.climb, f"{rung.rung}:{place}:{part}")
            yield Row(key, line(_NOTE, (piece, role)), selectable=False)


# -- the same in two ways ----------------------------------------------------------------------------


def comparisons_of(trace: Trace, ladder: int) -> list[ComparisonMade]:
    """The comparisons that were made behind a ladder."""
    return [made for made in trace.comparisons if made.climb == ladder]


def _comparison_rows(view: TreeView, number: int) -> Iterator[Row]:
    made = comparisons_of(view.trace, number)
    for one in made:
        if one.differs:
            head = line(
                "        ", (view.symbols.fail, Role.FAIL), " ", (f"differs by {one.what}", Role.FAIL)
            )
            yield Row(TreeKey(Part.COMPARISON, number, one.what), head)
            for part, piece in enumerate(wrap(one.sentence, view.width - len(_NOTE))):
                key = TreeKey(Part.NOTE, number, f"{one.what}:{part}")
                yield Row(key, line(_NOTE, (piece, Role.FAIL)), selectable=False)
    same = [one.what for one in made if not one.differs]
    if same:
        text = line(
            "        ",
            (view.symbols.none, Role.FAINT),
            " the same both ways: ",
            (", ".join(same), Role.FAINT),
        )
        yield Row(TreeKey(Part.COMPARISON, number, SAME), text)


# -- what belongs to no hop, and what belongs to a hop as a whole ------------------------------------


def homeless_ladder_rows(view: TreeView, opened: Collection[TreeKey]) -> Iterator[Row]:
    """The ladders of requests that went to no entry of GOPROXY: to the checksum database itself."""
    for number, rungs in view.trace.climbs.items():
        if not rungs or rungs[0].hop is not None:
            continue
        key = TreeKey(Part.LADDER, number)
        is_open = view.is_open(key, {key})
        fold = view.symbols.opened if is_open else view.symbols.closed
        is_broken = broken_layer(view.trace, number) is not None
        symbol, role = (view.symbols.fail, Role.FAIL) if is_broken else (view.symbols.ok, Role.OK)
        yield Row(key, line(f"    {fold} ", (symbol, role), " layers of ", (rungs[0].url, Role.FAINT)))
        if is_open:
            yield from ladder_rows(view, number, opened)


CAPABILITIES = (
    "list", "latest", "info", "mod", "zip", "sumdb", "toolchain", "cached_only", "http2", "ipv6",
)  # fmt: skip
"""The columns of a capability row, in the order of what a download needs."""


def capability_mark(can: object, symbols: Symbols) -> tuple[str, Role]:
    """The symbol and the role of one cell."""
    return {"yes": (symbols.ok, Role.OK), "no": (symbols.fail, Role.FAIL)}.get(
        str(can), (symbols.unknown, Role.FAINT)
    )


def capability_rows(view: TreeView, hop: int) -> Iterator[Row]:
    """What a hop can do, cell by cell, in as many rows as that takes."""
    learned = view.trace.capabilities.get(hop)
    if learned is None:
        return
    rows, text = [], line("      can ")
    indent = text.width
    for name in CAPABILITIES:
        cell = learned.row.get(name)
        mark = capability_mark(cell.get("can") if isinstance(cell, dict) else None, view.symbols)
        piece = line(" ", name.replace("_", "-"), " ", mark)
        if text.width + piece.width > view.width:
            rows.append(text)
            text = line(" " * indent)
        text += piece
    rows.append(text)
    for part, text in enumerate(rows):
        yield Row(TreeKey(Part.CAPABILITY, hop, str(part) if part else ""), text, selectable=part == 0)


def case_rows(view: TreeView, hop: int) -> Iterator[Row]:
    """What costs at a hop, without being why go fails."""
    from probes.diagnosis.findings import Level

    for number, case in enumerate(view.cases):
        if case.hop == hop and case.level is not Level.ERROR:
            text = line("    ", (view.symbols.warn, Role.WARN), f" {case.diagnosis.rule.tag}  ")
            yield Row(TreeKey(Part.CASE, number), text + line((case.diagnosis.cause, Role.WARN)))
