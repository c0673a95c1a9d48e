"""What stands behind a version: what it is, when it was published, and what go would take it for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probes.browse.table import Download, VersionTable
from tui.drawing.figures import size
from tui.drawing.matrix_view import ModulesView, name_of
from tui.drawing.version_words import day_of, version_words
from tui.lines import Line, Role, Span, line
from tui.symbols import Symbols

BAR_CELLS = 10
_LONGEST_WORD = 12
"""Cells of "pre-release", with the blank before it."""


def row_marks(view: ModulesView, version: str, room: int) -> Line:
    """As much as fits into ``room`` cells, what matters most in any case; downloads before all."""
    downloads = [one for one in view.table.downloads.values() if one.wanted.version == version]
    spans: list[Span] = []
    for download in downloads:
        spans += [Span(" "), *progress(download, view.symbols)]
    fetched = line(*spans)
    variants = [fetched + marks for marks in _variants(view, version)]
    return next((marks for marks in variants if marks.width <= room), fetched if downloads else variants[-1])


def _variants(view: ModulesView, version: str) -> Iterator[Line]:
    """The marks, each time shorter."""
    words = version_words(view.table, version, view.symbols)
    kind = [Span(f" {words.word}", words.role)] if words.word else []
    day = day_of(view.table.published(version))
    date = [Span(f" {day}", Role.FAINT)] if day else []
    known = any(version in state.known for state in view.table.columns)
    asked = date if known and version in view.asked_for else []
    whole, brief = _choices(view, version, whole=True), _choices(view, version, whole=False)
    latest, back = _latest_of(view, version), Span(f" {view.symbols.back}", Role.BUSY)
    yield line(*kind, *date, *whole, *latest)
    yield line(*kind, *date, *whole)
    yield line(*kind, *brief, *asked)
    if asked:  # somebody wants to know the date
        yield line(*kind, *([back] if brief else []), *asked)
        yield line(*([back] if brief else []), *asked)
        yield line(*asked)
        return
    yield line(*kind, *brief)
    if brief:
        yield line(*brief)
        yield line(brief[0], (view.symbols.cut, brief[0].role))
        yield line(back)
    yield line(*kind)


def queries_of(table: VersionTable, version: str) -> dict[int | None, list[str]]:
    """The queries for which go would choose the version, by the column that it would come from."""
    found: dict[int | None, list[str]] = {}
    for choice in table.chosen_for(version):
        found.setdefault(choice.column, []).append(choice.query)
    return found


def _choices(view: ModulesView, version: str, *, whole: bool) -> list[Span]:
    """What go would choose the version for; ``whole``: and from whom."""
    back, by_column = view.symbols.back, queries_of(view.table, version)
    spans = [Span(f" {back} go chose", Role.BUSY)] if version == view.chosen else []
    for column, queries in by_column.items():
        for query in queries:
            spans.append(Span(f"{',' if spans else f' {back}'} {query}", Role.BUSY))
        if whole and column is not None:
            spans.append(Span(f" from {name_of(view.table, column)}", Role.BUSY))
    return spans


def _latest_of(view: ModulesView, version: str) -> list[Span]:
    """Who calls the version the latest, where go would choose another one."""
    if any("latest" in queries for queries in queries_of(view.table, version).values()):
        return []
    names = [name_of(view.table, column) for column in view.table.latest_at(version)]
    return [Span(f" @latest of {', '.join(names)}", Role.FAINT)] if names else []


def marks_width(view: ModulesView, *, has_kinds: bool) -> int:
    """Cells that the marks want, of the rows that have more to say than what they are."""
    table = view.table
    special = {choice.version for choice in table.choices.values()} | {view.chosen}
    special |= {state.answered.latest for state in table.columns if state.answered is not None}
    special |= {version for state in table.columns for version in state.known}
    special |= {download.wanted.version for download in table.downloads.values()}
    widths = [row_marks(view, one, view.width).width for one in special if one]
    return max([*widths, _LONGEST_WORD if has_kinds else 0], default=0)


def search_words(view: ModulesView, version: str) -> str:
    """What one may look for besides the version itself."""
    words = [version_words(view.table, version, view.symbols).word]
    words += ["go chose"] if version == view.chosen else []
    words += [query for queries in queries_of(view.table, version).values() for query in queries]
    words += ["@latest"] if view.table.latest_at(version) else []
    words.append(day_of(view.table.published(version)))
    return "  ".join(word for word in words if word)


def progress(download: Download, symbols: Symbols) -> Sequence[Span]:
    """One file: "zip ✓", "zip ✗", or how far it has come."""
    op, finished = download.wanted.op.value, download.finished
    if finished is None:
        if download.total:
            done = min(1.0, download.received / download.total)
            filled = int(done * BAR_CELLS)
            bar = symbols.bar * filled + symbols.idle * (BAR_CELLS - filled)
            return [Span(f"{op} {done:.0%} {bar}", Role.BUSY)]  # where room is short, the bar is cut
        got = f" {size(download.received)}" if download.received else ""
        return [Span(f"{op} {symbols.busy}{got}", Role.BUSY)]
    if finished.file is not None:
        return [Span(f"{op} {symbols.ok}", Role.OK)]
    if finished.cancelled:
        return [Span(f"{op} {symbols.none}", Role.FAINT)]
    status = None if finished.request is None else finished.request.status
    return [Span(f"{op} {symbols.fail}{status if status not in (None, 200) else ''}", Role.FAIL)]
