"""Everything about one column of the version matrix: whom it is, what it said, how fast."""

from __future__ import annotations

from collections.abc import Iterator

from probes.browse.table import ColumnKind, ColumnState, VersionTable
from tui.drawing.fields import Details, Field, heading
from tui.drawing.figures import duration, size
from tui.drawing.matrix_cells import column_words
from tui.drawing.matrix_head import behind_words
from tui.drawing.matrix_view import ModulesView, name_of
from tui.lines import Role

_KINDS = {ColumnKind.PROXY: "proxy", ColumnKind.DIRECT: "repository"}


def column_details(view: ModulesView, column: int) -> Details:
    """Everything about a column."""
    state = view.table.columns[column]
    fields = (*column_fields(view, state), *choice_fields(view.table))
    return Details(f"{view.table.path} at {state.column.name}", fields)


def column_fields(view: ModulesView, state: ColumnState) -> Iterator[Field]:
    """The same, to stand below something else."""
    column, table = state.column, view.table
    words = column_words(state, view.symbols)
    yield Field(_KINDS.get(column.kind, "local"), column.name)
    if column.spec and column.spec != column.name:
        yield Field("", column.spec, Role.FAINT, verbatim=True)
    if column.dead:
        yield Field("", "it stands behind direct or off, where go never looks", Role.FAINT)
    yield Field("stands", f"{words.sign} {words.word.strip()}", words.role)
    if column.private:
        pattern = table.started.private_pattern if table.started is not None else None
        yield Field("", f"{pattern or 'GONOPROXY'} matches the path: it is never asked", Role.FAINT)
    if state.because:
        yield Field("", state.because, Role.FAINT)
    yield from _answer(table, state)


def choice_fields(table: VersionTable) -> Iterator[Field]:
    """What go would choose for each query, and from whom; or why it would choose none."""
    if table.choices:
        yield heading("what go would choose")
    for choice in table.choices.values():
        if choice.version is not None:
            whose = "" if choice.column is None else f" from {name_of(table, choice.column)}"
            yield Field(choice.query, choice.version + whose, Role.BUSY)
        else:
            why = choice.error or "none"
            words = f"cannot be told: {why}" if choice.unknown else why
            yield Field(choice.query, words, Role.FAINT if choice.unknown else Role.FAIL)


def _answer(table: VersionTable, state: ColumnState) -> Iterator[Field]:
    answered = state.answered
    if answered is None:
        return
    if answered.error is not None:
        yield Field("list", answered.error, Role.FAIL)
    else:
        count = len(answered.versions)
        bytes_ = "" if answered.list_bytes is None else f", {size(answered.list_bytes)}"
        yield Field("list", f"{count} version{'' if count == 1 else 's'}{bytes_}")
    if answered.latest is not None:
        yield Field("@latest", answered.latest)
    if answered.latest_time:
        yield Field("published", answered.latest_time)
    behind, role = behind_words(table, state)
    if behind:
        words = "older than the latest of others, though of the same time" if behind == "older" else behind
        yield Field("behind", words, role)
    if answered.latest_error is not None:
        yield Field("@latest", answered.latest_error, Role.FAIL)
    if answered.seconds is not None:
        yield Field("answer", f"all of it after {duration(answered.seconds)}")
    if answered.requests:
        yield heading("asked")
    for request in answered.requests:
        status = request.reason or (str(request.status) if request.status else "no answer")
        took, role = duration(request.at - request.began), Role.FAIL if request.error else Role.PLAIN
        yield Field(request.op.value, f"{status}, {size(request.bytes)} in {took}", role)
        yield Field("", request.url, Role.FAINT, copy=request.url, verbatim=True)
