"""The version matrix: versions by columns, the newest first, and what is being fetched."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from probes.browse.table import Cell, ColumnKind, VersionTable, Wanted
from tui.drawing.matrix_cells import cell_words, column_words
from tui.drawing.matrix_view import Layout, ModulesView, arranged, column_name, is_local
from tui.drawing.package_hint import HINT
from tui.drawing.version_marks import row_marks
from tui.drawing.version_search import VersionSearch
from tui.drawing.version_words import short_version, version_words
from tui.lines import Line, Role, Row, Span, line, pad, wrap_pieces
from tui.matching import found_in
from tui.rows_on_demand import RowsOnDemand


def module_rows(view: ModulesView, needle: str = "", search: VersionSearch | None = None) -> Sequence[Row]:
    """One row a version, which is its key; or why there are none, and one row a column."""
    if view.table.versions():
        layout = arranged(view)
        found = (search or VersionSearch()).versions(view, needle)
        return RowsOnDemand(found, lambda key: _version_row(view, layout, key, hit=bool(needle)))
    rows = [Row(("note", number), text, selectable=False) for number, text in enumerate(_nothing(view))]
    rows += _column_rows(view)
    return [row for row in rows if found_in(needle, row.line.text)] if needle else rows


def _version_row(view: ModulesView, layout: Layout, key: Hashable, *, hit: bool) -> Row:
    version = str(key)
    return Row(version, _version_line(view, layout, version), hit=hit, copy=f"{view.table.path}@{version}")


def _version_line(view: ModulesView, layout: Layout, version: str) -> Line:
    words = version_words(view.table, version, view.symbols)
    name = short_version(version, layout.versions - 1, view.symbols.cut)
    spans = [Span(f" {words.sign}", words.role), Span(pad(name, layout.versions), words.role)]
    for state, width in layout.columns:
        cell = cell_words(view.table, version, state, view.symbols)
        text = cell.in_cells(width, selected=state.column.id == view.column)
        spans.append(Span(pad(text, width), cell.role))
    return Line(tuple(spans)) + row_marks(view, version, view.width - layout.width)


def _nothing(view: ModulesView) -> Iterator[Line]:
    """Why there are no versions."""
    table = view.table
    started = table.started
    unasked = [one.column.kind for one in table.columns if one.answered is None and not one.column.private]
    if started is None or any(state.asking for state in table.columns):
        text = "asking …" if started is not None else view.hint
    elif started.error is not None:
        text = f"nobody can be asked: {started.error}"
    elif started.private_pattern is not None:
        text = f"private: {started.private_pattern} of GONOPROXY matches, so no proxy is ever asked"
        text += "; a asks direct" if ColumnKind.DIRECT in unasked else ""
    elif not table.columns:
        text = "GOPROXY names no proxy that could be asked"
    else:
        text = "no versions" + ("" if table.finished else " yet")
        if ColumnKind.PROXY in unasked:
            text += "; a asks the proxies that go would not come to"
        elif ColumnKind.DIRECT in unasked:
            text += "; a asks direct"
    yield from wrap_pieces(["  "], text, view.width - 2, Role.FAINT)
    if view.is_no_module:
        yield from wrap_pieces([f"  {view.symbols.warn} "], HINT, view.width - 2, Role.WARN)


def _column_rows(view: ModulesView) -> Iterator[Row]:
    """One row for each column that was heard of: Enter shows all of it."""
    for state in view.table.columns:
        answered = state.answered
        words = column_words(state, view.symbols)
        said = state.because if answered is None else answered.error or answered.latest_error or ""
        if answered is not None and not said:
            said = "has versions" if answered.versions else "has nothing of it"
        head = line("  ", (words.sign, words.role), f" {state.column.name}: ")
        shown = wrap_pieces(head.spans, said or words.word, view.width - 2, words.role)
        for number, text in enumerate(shown):
            key = ("column", state.column.id) if number == 0 else ("column", state.column.id, number)
            yield Row(key, text, selectable=number == 0, copy=said or None)


def failures(table: VersionTable) -> Iterator[tuple[Wanted, str]]:
    """The downloads that failed, and why."""
    for wanted, download in table.downloads.items():
        finished = download.finished
        if finished is not None and finished.file is None and not finished.cancelled:
            what, name = f"the .{wanted.op.value} of {wanted.version}", column_name(table, wanted)
            yield wanted, f"{what} did not come from {name}: {finished.error or 'it failed'}"


def first_with(table: VersionTable, chosen: str | None) -> int:
    """The first proxy that has the version that go chose; or else any version; or else the first column."""
    remote = [state for state in table.columns if not is_local(state)]
    for state in remote:
        if chosen is not None and table.cell(chosen, state.column.id) in (Cell.LISTED, Cell.SERVED):
            return state.column.id
    having = (one.column.id for one in remote if one.answered and (one.listed or one.answered.latest))
    return next(having, 0)
