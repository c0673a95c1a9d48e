"""The module browser: versions by proxies, the newest first, and what is being fetched."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

from probes.browse.table import Cell, ColumnState, Download, VersionTable, Wanted
from tui.drawing.fields import Details, Field, heading
from tui.drawing.figures import duration, size
from tui.lines import Line, Role, Row, Span, cells, fit_middle, line, pad, wrap_pieces
from tui.matching import found_in
from tui.rows_on_demand import RowsOnDemand
from tui.symbols import Symbols

_VERSION = 22
"""Cells of the versions, unless one is longer: those of commits are."""
_NARROWEST, _WIDEST = 15, 28
"""Cells that a proxy's column may take."""
BAR_CELLS = 10


@dataclass(frozen=True, slots=True)
class ModulesView:
    """What the pane is drawn from."""

    table: VersionTable
    column: int
    """The proxy that files are fetched from."""
    width: int
    symbols: Symbols
    chosen: str | None = None
    """The version that go chose."""
    hint: str = ""
    """What to do when there is nothing to show."""
    longest: int = 0
    """Cells of the longest version."""
    in_full: bool = False
    """Whether names and versions are shown whole, and fewer proxies at a time for that."""

    @property
    def version_width(self) -> int:
        """Cells of the versions."""
        most = self.longest if self.in_full else self.width // 2
        return max(_VERSION if self.width >= 60 else _VERSION // 2, min(self.longest + 1, most))


def cell_width(view: ModulesView) -> int:
    """How wide the columns are: as the longest name needs, as long as all of them fit."""
    longest = max((cells(state.column.name) for state in view.table.columns), default=0) + 3
    if view.in_full:
        return max(_NARROWEST, longest)
    share = (view.width - view.version_width - 26) // max(1, len(view.table.columns))
    return max(_NARROWEST, min(_WIDEST, longest, share))


def visible_columns(view: ModulesView) -> list[ColumnState]:
    """As many proxies as fit, the selected one among them."""
    columns = view.table.columns
    fitting = max(1, (view.width - view.version_width - 2) // cell_width(view))
    first = max(0, min(view.column - fitting + 1, len(columns) - fitting))
    return columns[first : first + fitting]


def module_head(view: ModulesView) -> list[Line]:
    """The two lines above the table: the proxies, and how each stands."""
    if not view.table.columns:
        return []
    width, cut = cell_width(view), view.symbols.cut
    shown = visible_columns(view)
    before = shown[0].column.id
    behind = len(view.table.columns) - before - len(shown)
    left = f"  {view.symbols.back} {before} more" if before else "  version"
    names = [Span(pad(left, view.version_width + 2), Role.FAINT)]
    right = f"  {behind} more →" if behind else ""
    states = [Span(pad(right, view.version_width + 2), Role.FAINT)]
    fitted = fitted_names([state.column.name for state in view.table.columns], width - 3, cut)
    for state in shown:
        name = fitted[state.column.id]
        if state.column.id == view.column:
            names.append(Span(pad(f"[{name}]", width), Role.STRONG))
        else:
            names.append(Span(pad(f" {name}", width)))
        text, role = column_words(state, view.symbols)
        states.append(Span(" " + pad(text, width - 2, cut=cut) + " ", role))
    return [line(*names), line(*states)]


def fitted_names(names: Sequence[str], width: int, cut: str) -> list[str]:
    """The names in at most ``width`` cells each; those that differ still do: by their ends (two ports of one
    host), or where these are the same too, by a number."""
    ways: list[Callable[[int, str], str]] = [
        lambda number, name: pad(name, width, cut=cut).rstrip(),
        lambda number, name: fit_middle(name, width, cut=cut),
        lambda number, name: fit_middle(f"{number} {name}", width, cut=cut),
    ]
    for way in ways:
        fitted = [way(number, name) for number, name in enumerate(names, 1)]
        if len(set(fitted)) == len(set(names)):
            break
    return fitted


def column_words(state: ColumnState, symbols: Symbols) -> tuple[str, Role]:
    """How a proxy stands, in a few characters."""
    if state.column.private:
        return f"{symbols.none} private", Role.FAINT
    if state.asking:
        return f"{symbols.busy} asking", Role.BUSY
    if state.answered is None:
        return f"{symbols.idle} not asked", Role.FAINT
    if state.answered.error is not None:
        return symbols.fail + _which(state), Role.FAIL
    if not state.answered.versions:
        return f"{symbols.none} none listed", Role.FAINT
    return f"{symbols.ok} {len(state.answered.versions)} listed", Role.OK


def _which(state: ColumnState) -> str:
    """Which error a proxy answered with: the status, or "failed"."""
    assert state.answered is not None
    failed = [request for request in state.answered.requests if request.error is not None]
    statuses = [request.status for request in failed if request.status not in (None, 200)]
    return str(statuses[0]) if statuses else " failed"


def module_rows(view: ModulesView, needle: str = "") -> Sequence[Row]:
    """One row a version; or, without versions, why there are none."""
    named = view.table.versions()
    if needle:
        named = [version for version in named if found_in(needle, _searched(view, version))]
    keys = [("version", version) for version in named]
    if keys or needle:
        return RowsOnDemand(keys, lambda key: _version_row(view, key, hit=bool(needle)))
    return [Row(("note", number), text, selectable=False) for number, text in enumerate(_nothing(view))]


def _searched(view: ModulesView, version: str) -> str:
    """What one may look for: the version, and the words that stand behind it."""
    words = "  go chose" if version == view.chosen else ""
    return f"{version}{words}{'  latest' if view.table.latest_at(version) else ''}"


def _version_row(view: ModulesView, key: Hashable, *, hit: bool) -> Row:
    assert isinstance(key, tuple)
    return Row(key, _version_line(view, key[1]), hit=hit)


def _nothing(view: ModulesView) -> Iterator[Line]:
    table = view.table
    started = table.started
    if started is None or any(state.asking for state in table.columns):
        text = "asking …" if started is not None else view.hint
    elif started.error is not None:
        text = f"nobody can be asked: {started.error}"
    elif started.private_pattern is not None:
        text = f"private: {started.private_pattern} of GONOPROXY matches, so no proxy is ever asked"
    elif not table.columns:
        text = "GOPROXY names no proxy that could be asked; direct mode is not traced yet"
    else:
        text = "no versions" + ("" if table.finished else " yet")
        if any(state.answered is None for state in table.columns):
            text += "; a asks the proxies that go would not come to"
    yield from wrap_pieces(["  "], text, view.width - 2, Role.FAINT)
    for state in table.columns:
        if state.answered is not None and (state.answered.error or state.answered.latest_error):
            words = state.answered.error or state.answered.latest_error or ""
            head = line("  ", (view.symbols.fail, Role.FAIL), f" {state.column.name}: ")
            yield from wrap_pieces(head.spans, words, view.width - 2, Role.FAIL)


def _version_line(view: ModulesView, version: str) -> Line:
    spans = [Span("  "), Span(pad(version, view.version_width, cut=view.symbols.cut))]
    for state in visible_columns(view):
        text, role = _cell(view.table.cell(version, state.column.id), state, view.symbols)
        shown = f"[{text}]" if state.column.id == view.column else f" {text} "
        spans.append(Span(pad(shown, cell_width(view)), role))
    return Line(tuple(spans)) + _marks(view, version)


def _cell(cell: Cell, state: ColumnState, symbols: Symbols) -> tuple[str, Role]:
    match cell:
        case Cell.LISTED:
            return symbols.ok, Role.OK
        case Cell.SERVED:
            return f"{symbols.ok} unlisted", Role.OK
        case Cell.MISSING:
            return f"{symbols.none} missing", Role.WARN
        case Cell.NOT_LISTED:
            return symbols.none, Role.FAINT
        case Cell.ASKING:
            return symbols.busy, Role.BUSY
        case Cell.ERROR:
            return symbols.fail + _which(state), Role.FAIL
        case Cell.PRIVATE:
            return "private", Role.FAINT
        case Cell.NOT_ASKED:
            return symbols.idle, Role.FAINT


def _marks(view: ModulesView, version: str) -> Line:
    spans: list[Span] = []
    for download in view.table.downloads.values():
        if download.wanted.version == version:
            spans += [Span(" "), *progress(download, view.symbols)]
    if version == view.chosen:
        spans.append(Span(f" {view.symbols.back} go chose", Role.BUSY))
    if view.table.latest_at(version):
        spans.append(Span(f" {view.symbols.back} latest", Role.FAINT))
    return line(*spans)


def progress(download: Download, symbols: Symbols) -> list[Span]:
    """One file: "zip ✓", "zip ✗", or how far it has come."""
    op, finished = download.wanted.op.value, download.finished
    if finished is None:
        if download.total:
            done = min(1.0, download.received / download.total)
            filled = int(done * BAR_CELLS)
            bar = symbols.bar * filled + symbols.idle * (BAR_CELLS - filled)
            return [Span(f"{op} ", Role.BUSY), Span(bar, Role.BUSY), Span(f" {done:.0%}", Role.BUSY)]
        got = f" {size(download.received)}" if download.received else ""
        return [Span(f"{op} {symbols.busy}{got}", Role.BUSY)]
    if finished.file is not None:
        return [Span(f"{op} {symbols.ok}", Role.OK)]
    if finished.cancelled:
        return [Span(f"{op} {symbols.none}", Role.FAINT)]
    status = None if finished.request is None else finished.request.status
    return [Span(f"{op} {symbols.fail}{status if status not in (None, 200) else ''}", Role.FAIL)]


# -- details -----------------------------------------------------------------------------------------


def module_details(view: ModulesView, version: str) -> Details:
    """Everything about one version."""
    return Details(f"{view.table.path}@{version}", tuple(_version(view, version)))


def _version(view: ModulesView, version: str) -> Iterator[Field]:
    if version == view.chosen:
        yield Field("go", "this is the version that go chose")
    for state in view.table.columns:
        cell = view.table.cell(version, state.column.id)
        words = state.because if cell is Cell.NOT_ASKED and state.because else ""
        text, role = cell.value, _cell(cell, state, view.symbols)[1]
        if state.answered is not None and state.answered.latest == version:
            text += ", its latest"
            if state.answered.latest_time:
                text += f", of {state.answered.latest_time}"
        yield Field("proxy", f"{state.column.name}: {text}{': ' + words if words else ''}", role)
        if state.answered is not None and state.answered.error is not None:
            yield Field("", state.answered.error, Role.FAIL)
        if state.answered is not None and state.answered.latest_error is not None:
            yield Field("", f"asked for the latest: {state.answered.latest_error}", Role.FAIL)
    files = [download for download in view.table.downloads.values() if download.wanted.version == version]
    if files:
        yield heading("files")
    for download in files:
        yield from _file(view.table, download)


def _file(table: VersionTable, download: Download) -> Iterator[Field]:
    finished, op = download.finished, download.wanted.op.value
    name = column_name(table, download.wanted)
    if finished is None:
        yield Field(op, f"{size(download.received)} so far, from {name}", Role.BUSY)
    elif finished.file is not None:
        request = finished.request
        took = f" in {duration(request.at - request.began)}" if request is not None else ""
        yield Field(op, f"{size(finished.bytes)} from {name}{took}", Role.OK)
        yield Field("", finished.file, copy=finished.file, verbatim=True)
    elif finished.cancelled:
        yield Field(op, "stopped; nothing was kept", Role.FAINT)
    else:
        yield Field(op, finished.error or "failed", Role.FAIL)


def failures(table: VersionTable) -> Iterator[tuple[Wanted, str]]:
    """The downloads that failed, and why."""
    for wanted, download in table.downloads.items():
        finished = download.finished
        if finished is not None and finished.file is None and not finished.cancelled:
            what, name = f"the .{wanted.op.value} of {wanted.version}", column_name(table, wanted)
            yield wanted, f"{what} did not come from {name}: {finished.error or 'it failed'}"


def first_with(table: VersionTable, chosen: str | None) -> int:
    """The first proxy that has the version that go chose; or else any version; or else the first one."""
    for state in table.columns:
        if chosen is not None and table.cell(chosen, state.column.id) is Cell.LISTED:
            return state.column.id
    having = (one.column.id for one in table.columns if one.answered and (one.listed or one.answered.latest))
    return next(having, 0)


def column_name(table: VersionTable, wanted: Wanted) -> str:
    """The proxy that a file comes from."""
    return table.columns[wanted.column].column.name if wanted.column < len(table.columns) else "?"
