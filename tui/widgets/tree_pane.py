"""The tree pane: the way go walks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.message import Message

from probes.trace.fold import Trace
from tui.drawing.fields import Details
from tui.drawing.trace_details import trace_details
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.tree_rows import TreeView, first_hop, guilty_row, open_by_themselves, tree_rows
from tui.lines import Role, Row, line
from tui.widgets.line_list import LineList
from tui.widgets.pane import Pane


class TreePane(Pane):
    """The decision tree of one trace; before there is one, what to do."""

    NUMBER: ClassVar[str] = "2"
    TITLE: ClassVar[str] = "Tree"

    @dataclass
    class Suggested(Message):
        """The user wants one of the suggested modules traced."""

        path: str

    def __init__(self) -> None:
        super().__init__(id="tree")
        self._trace = Trace()
        self._now = 0.0
        self._folds: dict[TreeKey, bool] = {}
        self._suggestions: tuple[str, ...] = ()
        self._led: TreeKey | None = None
        """Where the cursor was put by itself."""

    def show(self, trace: Trace, now: float) -> None:
        """Show a trace at a time, in seconds since its beginning."""
        if trace is not self._trace:
            self._folds, self._led = {}, None
        self._trace, self._now = trace, now
        self.redraw()
        self.redraw_title()
        self._lead()

    def _lead(self) -> None:
        """Put the cursor where the story is, unless the user has moved it: a hop, then the first cause."""
        row = self.list.cursor_row
        if row is None or (self._led is not None and row.key != self._led):
            return
        self._led = guilty_row(self._trace) or first_hop(self._trace) or self._led
        if self._led is not None:
            self.list.select(self._led)

    def suggest(self, paths: tuple[str, ...]) -> None:
        """Modules to offer as long as nothing is traced."""
        self._suggestions = paths
        self.redraw()

    def remark(self) -> str:
        """How many requests there were."""
        count = len(self._trace.requests)
        return f"{count} request{'' if count == 1 else 's'}" if count else ""

    def redraw(self) -> None:
        """Make the rows anew."""
        view = TreeView(self._trace, self._now, self.width, self.symbols, self._folds)
        self.list.set_rows(tree_rows(view) if self._trace.started is not None else self._hints())

    def _hints(self) -> list[Row]:
        words = "  press t and type a module path, for example rsc.io/quote@latest"
        rows = [Row(TreeKey(Part.HINT), line(words), selectable=False)]
        if self._suggestions:
            head = line(("  or choose one of your go.mod:", Role.FAINT))
            rows += [
                Row(TreeKey(Part.HINT, 1), line(""), selectable=False),
                Row(TreeKey(Part.HINT, 2), head, selectable=False),
            ]
        for number, path in enumerate(self._suggestions):
            rows.append(Row(TreeKey(Part.SUGGESTION, number, path), line(f"    {path}")))
        return rows

    def details(self) -> Details | None:
        """The row under the cursor."""
        row = self.list.cursor_row
        if row is None or not isinstance(row.key, TreeKey):
            return None
        return trace_details(self._trace, row.key, self._now, self.symbols)

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        if isinstance(event.key, TreeKey) and event.key.part is Part.SUGGESTION:
            event.stop()
            self.post_message(self.Suggested(event.key.name))

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        """Unfold or fold; a fold on a row inside goes to what it is inside of."""
        event.stop()
        key = event.key
        if not isinstance(key, TreeKey):
            return
        by_itself = open_by_themselves(self._trace, self._now)
        if key.part in (Part.HOP, Part.REQUEST):
            is_open = self._folds.get(key, key in by_itself)
            if event.direction == 0 or (event.direction > 0) is not is_open:
                self._folds[key] = not is_open
                self.redraw()
                return
        parent = self._inside_of(key)
        if event.direction < 0 and parent is not None:
            self.list.select(parent)

    def _inside_of(self, key: TreeKey) -> TreeKey | None:
        if key.part is Part.RUNG:
            return TreeKey(Part.REQUEST, key.number)
        if key.part is Part.REQUEST:
            return TreeKey(Part.HOP, self._trace.requests[key.number].started.hop or 0)
        if key.part is Part.FINDING:
            return TreeKey(Part.HOP, self._trace.findings[key.number].hop or 0)
        return None
