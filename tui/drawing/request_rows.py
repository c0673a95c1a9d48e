"""The rows of one request: what was answered, its bar, and what it is made of."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from probes.golang.protocol import Op
from probes.trace.fold import Request
from tui.drawing.figures import duration, waiting
from tui.drawing.hop_state import CANCELLED, request_state
from tui.drawing.layers import ladder_rows
from tui.drawing.rungs import rung_rows
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.tree_view import TIME_WIDTH, TreeView, axis_for, ladder_of, time_cell
from tui.lines import Role, Row, cells, fit, line, pad, row_with
from tui.trial import known_answers


def request_rows(
    view: TreeView, number: int, request: Request, opened: Collection[TreeKey], indent: str = ""
) -> Iterator[Row]:
    """A request, and unfolded its rungs or the ladder that was climbed for it."""
    key = TreeKey(Part.REQUEST, number)
    is_open = view.is_open(key, opened)
    state, symbols = request_state(request), view.symbols
    fold = symbols.opened if is_open else symbols.closed
    about = _page_of(request) if request.started.op is Op.PAGE else request.started.version
    what = " ".join(word for word in (request.started.op.value, about) if word)
    what += ", known" if number in known_answers(view.trace) else ""
    head = line(f"{indent}    {fold} ", (state.symbol(symbols), state.role), " ")
    axis = axis_for(view)
    finished = request.finished
    ended = view.now if finished is None else finished.at
    bar = line((axis.bar(request.started.at, ended, symbols), state.role))
    room = view.width - axis.width - TIME_WIDTH - head.width - 1
    label = pad(what, min(24, room // 2), cut=symbols.cut)
    answer = fit(line(" ", _answer_words(request)), room - cells(label), cut=symbols.cut)
    fill = line(" " * (room - cells(label) - answer.width))
    row = head + line(label) + answer + fill + bar + time_cell(_request_time(view, request))
    yield row_with(key, row, what, _answer_words(request)[0])
    if not is_open:
        return
    ladder, climbing = ladder_of(view.trace, number), view.climbing == number
    if ladder is None and not climbing:
        yield from rung_rows(view.now, number, request, axis, view.width, symbols)
    else:
        yield from ladder_rows(view, ladder, opened, climbing=climbing)


def _page_of(request: Request) -> str:
    """The path whose go-import page it is, as it stands in the URL."""
    return request.started.url.partition("://")[2].partition("?")[0]


def _answer_words(request: Request) -> tuple[str, Role]:
    finished = request.finished
    if finished is None:
        return "under way", Role.BUSY
    if finished.error == CANCELLED:
        return "stopped", Role.FAINT
    if finished.status is None:
        text = (finished.error or "").split("\n", 1)[0]
        return text.removeprefix(f'Get "{finished.url}": '), Role.FAIL
    if finished.status == 200 and finished.error is not None:
        return "200, then: " + finished.error.split("\n", 1)[0].rpartition(": ")[2], Role.FAIL
    return finished.reason or str(finished.status), Role.PLAIN if finished.status == 200 else Role.FAIL


def _request_time(view: TreeView, request: Request) -> str:
    finished = request.finished
    if finished is None:
        return waiting(view.now - request.started.at)
    return duration(finished.at - finished.began)
