"""The search of `go get`: two verdicts, and below them the module paths, the longest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from probes.golang.prefixes import Standing
from probes.trace.events import Outcome, Verdict
from probes.trace.fold import Trace
from probes.trace.got import NEW_PROJECT, GetSearch, PrefixRow
from tui.lines import Line, Piece, Role, Row, cells, line, pad, row_with, wrap
from tui.symbols import Symbols

Masked = Callable[[str], str]
"""A text as it may be shown."""

_MOST_ERROR_LINES = 6
_ANSWER_CELLS = 18
_MOST_STANDING_CELLS = 28
_WITHOUT_HELP = (
    "The module of a package may be any prefix of its path. go get asks for all of them at once; the longest "
    "that has the package wins, and an error other than 404 or 410 for a longer one ends the search."
)


def getting_rows(get: GetSearch, trace: Trace, width: int, symbols: Symbols, masked: Masked) -> list[Row]:
    """Everything that is known of a search; the rows of module paths have their path as key."""
    texts = [*_get_verdict(get, width, symbols, masked)]
    if trace.started is not None and trace.started.project:
        texts += _wrapped(["    "], NEW_PROJECT, width, Role.FAINT)
    texts += _download_verdict(trace, width, symbols, masked)
    rows = [Row(("verdict", number), text, selectable=False) for number, text in enumerate(texts)]
    rows.append(Row("gap", line(), selectable=False))
    columns = _columns(get, width, masked)
    for row in get.rows.values():
        rows.extend(_prefix_rows(get, row, columns, width, symbols, masked))
    rows.append(Row("below", line(), selectable=False))
    rows.extend(_edge_rows(get, width, symbols, masked))
    for number, text in enumerate(wrap(_WITHOUT_HELP, width - 4)):
        rows.append(Row(("note", number), line((f"  {text}", Role.FAINT)), selectable=False))
    return rows


# -- the verdicts ------------------------------------------------------------------------------------


def _get_verdict(get: GetSearch, width: int, symbols: Symbols, masked: Masked) -> Iterator[Line]:
    finished = get.finished
    outcome = None if finished is None else finished.outcome
    words = masked(get.verdict())
    if finished is None:
        asked = len(get.requests)
        words += f"   {asked} request{'' if asked == 1 else 's'}"
    yield from _wrapped([_sign(outcome, symbols), " "], words, width, Role.STRONG)
    if finished is None:
        return
    printed = "\n".join(filter(None, (finished.error, *finished.warnings)))
    lines = masked(printed).replace("\t", "    ").split("\n") if printed else []
    for text in lines[:_MOST_ERROR_LINES]:
        yield from _wrapped(["    "], text, width)
    if finished.outcome is Outcome.OK and finished.module and finished.detail:
        yield from _wrapped(["    "], finished.detail, width, Role.FAINT)
    if finished.rule:
        yield line((f"    {finished.rule}", Role.FAINT))


def _download_verdict(trace: Trace, width: int, symbols: Symbols, masked: Masked) -> Iterator[Line]:
    """What the trace of the same target came to."""
    finished = trace.finished
    outcome = None if finished is None else finished.outcome
    words = "go mod download: "
    if finished is None:
        words += "under way" if trace.started else "not traced"
    elif finished.outcome is Outcome.OK:
        words += f"ok, {finished.version}"
    elif finished.outcome is Outcome.FAILS:
        words += "would fail: " + (finished.error or "").split("\n", 1)[0]
    elif finished.outcome is Outcome.CANCELLED:
        words += "stopped before the end"
    else:
        words += f"could not tell: {finished.detail}"
    yield from _wrapped([_sign(outcome, symbols), " "], masked(words), width)


def _sign(outcome: Outcome | None, symbols: Symbols) -> tuple[str, Role]:
    match outcome:
        case Outcome.OK:
            return symbols.ok, Role.OK
        case Outcome.FAILS:
            return symbols.fail, Role.FAIL
        case None:
            return symbols.busy, Role.BUSY
        case _:
            return symbols.unknown, Role.WARN


def _wrapped(head: list[Piece], words: str, width: int, role: Role = Role.PLAIN) -> Iterator[Line]:
    """Words behind a head, as many lines as they take, the others below the first."""
    lead = line("  ", *head)
    for number, part in enumerate(wrap(words, max(20, width - lead.width - 2)) or [""]):
        yield (line(" " * lead.width) if number else lead) + line((part, role))


def _columns(get: GetSearch, width: int, masked: Masked) -> tuple[int, int]:
    """The cells for the module paths, and for what became of them."""
    standings = max((cells(row.words) for row in get.rows.values()), default=0)
    standings = max(len("not asked"), min(standings, _MOST_STANDING_CELLS))
    names = max((cells(masked(prefix)) for prefix in get.rows), default=0)
    return max(10, min(names, width - standings - _ANSWER_CELLS - 9)), standings


# -- the module paths --------------------------------------------------------------------------------


def _prefix_rows(
    get: GetSearch, row: PrefixRow, columns: tuple[int, int], width: int, symbols: Symbols, masked: Masked
) -> Iterator[Row]:
    sign, words = _standing(get, row, symbols)
    name, (names, standings) = masked(row.prefix), columns
    head = line("  ", sign, " ", (pad(name, names, cut=symbols.cut), Role.STRONG), "  ")
    text = head + line(pad(words, standings, cut=symbols.cut), "  ", (row.answers, Role.FAINT))
    yield row_with(("prefix", row.prefix), text, name, words).fitted(width - 1, cut=symbols.cut)
    said = [row.why] if row.why else []
    if row.is_private:
        said.append("private: no proxy is asked, go fetches it from its origin")
    error = row.last.error if row.last is not None else None
    if error and row.last is not None and row.standing not in _SAID_BY_STATUS:
        said.append(error.split("\n", 1)[0])
    for number, sentence in enumerate(said):
        for part_number, part in enumerate(wrap(masked(sentence), max(20, width - 8))):
            below = line((f"      {part}", Role.FAINT))
            yield Row(("said", row.prefix, number, part_number), below, selectable=False)


_SAID_BY_STATUS = (Standing.NOT_FOUND, Standing.NO_PACKAGE, Standing.NO_VERSION)


def _standing(get: GetSearch, row: PrefixRow, symbols: Symbols) -> tuple[tuple[str, Role], str]:
    """The sign and the words for what became of a module path."""
    last = row.last
    if last is None or (get.finished is None and any(one.answered is None for one in row.requests)):
        is_busy = get.finished is None
        return ((symbols.busy, Role.BUSY), "asking") if is_busy else ((symbols.none, Role.FAINT), "not asked")
    words = row.words
    finished = get.finished
    if finished is not None and finished.module == row.prefix:
        return (symbols.ok, Role.OK), words
    match row.standing:
        case Standing.FOUND | Standing.MODULE:
            return (symbols.idle, Role.PLAIN), words
        case Standing.ERROR:
            return (symbols.fail, Role.FAIL), words
        case Standing.UNKNOWN:
            return (symbols.unknown, Role.WARN), words
        case _:
            return (symbols.none, Role.FAINT), words


def _edge_rows(get: GetSearch, width: int, symbols: Symbols, masked: Masked) -> Iterator[Row]:
    """What the edge behind each entry decided."""
    signs = {
        Verdict.SERVED: (symbols.ok, Role.OK),
        Verdict.NEXT: (symbols.goes_on, Role.WARN),
        Verdict.STOP: (symbols.stop, Role.FAIL),
        Verdict.UNKNOWN: (symbols.unknown, Role.WARN),
    }
    number = 0
    for one in get.ranked:
        words = f"at {masked(one.name)}: {one.verdict}, {masked(one.because)}"
        for text in _wrapped([signs[one.verdict], " "], words, width):
            yield Row(("edge", number), text, selectable=False)
            number += 1
    if get.ranked:
        yield Row("edges", line(), selectable=False)
