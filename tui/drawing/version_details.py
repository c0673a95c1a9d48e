"""Everything about one version: what it is, what go would take it for, and what each column says of it."""

from __future__ import annotations

from collections.abc import Iterator

from probes.browse.table import (
    Cell,
    ColumnKind,
    ColumnState,
    Download,
    Origin,
    VersionAnswered,
    VersionTable,
    is_incompatible,
    kind_of,
)
from tui.drawing.column_details import choice_fields, column_fields
from tui.drawing.fields import Details, Field, heading
from tui.drawing.figures import duration, size
from tui.drawing.matrix_cells import cell_words
from tui.drawing.matrix_view import ModulesView, column_name, is_local, name_of
from tui.lines import Role


def module_details(view: ModulesView, version: str) -> Details:
    """Everything about one version, and below it about the selected column."""
    fields = [*_version(view, version)]
    if view.column < len(view.table.columns):
        state = view.table.columns[view.column]
        fields += [heading(f"the column {state.column.name}"), *column_fields(view, state)]
    fields += choice_fields(view.table)
    return Details(f"{view.table.path}@{version}", tuple(fields))


def _version(view: ModulesView, version: str) -> Iterator[Field]:
    table = view.table
    if version == view.chosen:
        yield Field("go", "this is the version that go chose")
    yield from _choices(table, version)
    yield from _kind(table, version)
    published = table.published(version)
    if published:
        yield Field("published", published)
    for state in table.columns:
        yield from _at(view, state, version)
    files = [download for download in table.downloads.values() if download.wanted.version == version]
    if files:
        yield heading("files")
    for download in files:
        yield from _file(table, download)


def _choices(table: VersionTable, version: str) -> Iterator[Field]:
    for choice in table.chosen_for(version):
        whose = "" if choice.column is None else f", from {name_of(table, choice.column)}"
        start = f" (the project has {choice.current})" if choice.current and choice.query != "latest" else ""
        yield Field("go", f"would choose it for {choice.query}{whose}{start}", Role.BUSY)


def _kind(table: VersionTable, version: str) -> Iterator[Field]:
    words = kind_of(version).value
    if is_incompatible(version):
        words += ", +incompatible: of a major version from 2 on, without a go.mod that says so"
    yield Field("is a", words)
    retraction = table.retraction(version)
    if retraction is not None:
        one = retraction.low == retraction.high
        which = retraction.low if one else f"[{retraction.low}, {retraction.high}]"
        yield Field("retracted", retraction.rationale or "no reason is given", Role.WARN)
        assert table.module is not None
        yield Field("", f"retract {which} in the go.mod of {table.module.version}", Role.FAINT)
    module = table.module
    if module is not None and module.deprecated:
        yield Field("deprecated", module.deprecated, Role.WARN)
    if module is not None and module.error is not None:
        words = f"the go.mod of {module.version} could not be read, so retractions are not known"
        yield Field("retracted", f"{words}: {module.error}", Role.WARN)


def _at(view: ModulesView, state: ColumnState, version: str) -> Iterator[Field]:
    """What a column says of it."""
    cell, answered = view.table.cell(version, state.column.id), state.answered
    text, role = cell.value, cell_words(view.table, version, state, view.symbols).role
    if cell is Cell.SERVED and (answered is None or answered.error):
        text = "served; its list is not known"
    if is_local(state):
        has = "has only its go.mod" if answered and version in answered.only_mod else "has it"
        text = {Cell.LISTED: has, Cell.SERVED: has, Cell.NOT_LISTED: "does not have it"}.get(cell, text)
    if cell is Cell.NOT_ASKED and state.because:
        text += f": {state.because}"
    if answered is not None and answered.latest == version:
        text += ", its latest" + (f", of {answered.latest_time}" if answered.latest_time else "")
    name = "" if state.column.kind is ColumnKind.DIRECT else f"{state.column.name}: "
    yield Field("local" if is_local(state) else state.column.kind.value, name + text, role)
    known = state.known.get(version)
    if known is not None:
        yield from _named(known)
    elif answered is not None and answered.error is not None:
        yield Field("", answered.error, Role.FAIL)
    if answered is not None and answered.latest_error is not None:
        yield Field("", f"asked for the latest: {answered.latest_error}", Role.FAIL)


def _named(known: VersionAnswered) -> Iterator[Field]:
    """What a column said when it was asked for the version by name."""
    if known.time:
        yield Field("", f"Time {known.time}", Role.FAINT)
    if known.origin is not None:
        yield from _origin(known.origin)
    if known.error is not None:
        yield Field("", known.error, Role.WARN if known.missing else Role.FAIL)
    if known.cached_only and known.missing:
        words = "it was asked not to fetch anything: for go it may still fetch it"
        yield Field("", words, Role.FAINT)


def _origin(origin: Origin) -> Iterator[Field]:
    named = (
        ("VCS", origin.vcs), ("URL", origin.url), ("Subdir", origin.subdir), ("Ref", origin.ref),
        ("Hash", origin.hash),
    )  # fmt: skip
    for name, value in named:
        if value:
            yield Field("", f"Origin {name} {value}", Role.FAINT, copy=value)


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
