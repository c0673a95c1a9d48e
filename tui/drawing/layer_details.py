"""The details of what a second look found: a rung, a comparison, what a proxy can do."""

from __future__ import annotations

from collections.abc import Iterator

from probes.ladder.faults import Judgement
from probes.trace.climb_events import ComparisonMade, RungClimbed
from probes.trace.fold import Trace
from tui.drawing.fields import Details, Field, heading
from tui.drawing.figures import duration
from tui.drawing.layers import CAPABILITIES, SAME, capability_mark, comparisons_of, layer_mark
from tui.drawing.reports import part, parts, report_fields, texts, took, words
from tui.drawing.tree_keys import Part, TreeKey
from tui.lines import Role
from tui.symbols import Symbols


def look_details(trace: Trace, key: TreeKey, symbols: Symbols) -> Details | None:
    """The details of a row that a second look has brought; None for other rows."""
    match key.part:
        case Part.LAYER | Part.LADDER:
            rungs = trace.climbs.get(key.number, [])
            chosen = [rung for rung in rungs if key.part is Part.LADDER or rung.rung == key.name]
            if not chosen:
                return None
            title = chosen[0].rung if key.part is Part.LAYER else "layers"
            make = _rung if key.part is Part.LAYER else _rung_in_short
            fields = [field for rung in chosen for field in make(rung, symbols)]
            return Details(title, (Field("URL", rungs[0].url, verbatim=True), *fields))
        case Part.COMPARISON:
            made = [
                one
                for one in comparisons_of(trace, key.number)
                if (not one.differs if key.name == SAME else one.what == key.name)
            ]
            return Details("two ways", tuple(field for one in made for field in _comparison(one, symbols)))
        case Part.CAPABILITY:
            return Details("what it can do", tuple(_capability(trace, key.number, symbols)))
    return None


def _rung_in_short(rung: RungClimbed, symbols: Symbols) -> Iterator[Field]:
    symbol, role = layer_mark(rung.judgement, symbols)
    said = rung.because if rung.judgement == Judgement.SKIPPED else rung.summary or rung.words
    yield Field(rung.rung, f"{symbol} {said}", role)


def _rung(rung: RungClimbed, symbols: Symbols) -> Iterator[Field]:
    """Judgement, evidence, go's words and limits, then everything that was measured."""
    symbol, role = layer_mark(rung.judgement, symbols)
    if rung.judgement == Judgement.SKIPPED:
        yield Field(rung.rung, f"{symbol} not climbed: {rung.because}", Role.FAINT)
    else:
        yield Field(rung.rung, f"{symbol} {rung.summary or rung.judgement}  {duration(rung.seconds)}", role)
    for text in rung.evidence:
        yield Field("seen", text)
    if rung.words:
        yield Field("go says", rung.words, Role.FAIL)
    if rung.godebug:
        yield Field("setting", rung.godebug, Role.NAME, copy=rung.godebug)
    for limit in rung.limits:
        yield Field("go waits", limit, Role.FAINT)
    measured = list(report_fields(rung.rung, rung.report))
    if measured:
        if not measured[0].heading:
            yield heading("what was measured")
        yield from measured


def _comparison(made: ComparisonMade, symbols: Symbols) -> Iterator[Field]:
    yield heading(f"{made.what}: {'the two ways differ' if made.differs else 'the same'}")
    for side in parts(made.report, "sides"):
        through = side.get("came_through") is True
        symbol = symbols.ok if through else symbols.fail
        yield Field("way", f"{symbol} {words(side, 'name')}", Role.OK if through else Role.FAIL)
        yield Field("", f"{words(side, 'result')}  {took(side)}")
    if made.sentence and (made.differs or not parts(made.report, "sides")):
        yield Field("so", made.sentence)
    if made.godebug:
        yield Field("setting", made.godebug, Role.NAME, copy=made.godebug)


def _capability(trace: Trace, hop: int, symbols: Symbols) -> Iterator[Field]:
    learned = trace.capabilities.get(hop)
    if learned is None:
        return
    row = learned.row
    yield Field("proxy", learned.url, verbatim=True)
    yield Field("asked for", f"{words(row, 'path')}@{words(row, 'version')}")
    yield heading("what it can do")
    for name in CAPABILITIES:
        cell = part(row, name)
        symbol, role = capability_mark(cell.get("can"), symbols)
        text = "  ".join(
            filter(None, (words(cell, "can"), words(cell, "status"), took(cell), words(cell, "note")))
        )
        yield Field(name.partition("_")[0], f"{symbol} {text}", role)
    yield heading("what it is")
    yield Field("software", words(row, "serves") or "unknown")
    for found in parts(row, "software"):
        signs = "; ".join(texts(found, "evidence"))
        yield Field("seen", f"{words(found, 'name')} ({words(found, 'kind')}): {signs}")
