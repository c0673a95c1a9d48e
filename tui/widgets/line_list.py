"""A list of rows by the line API: ten thousand rows open at once, and a change repaints one line."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.keys import footer_key, key
from tui.lines import Line, Row, line
from tui.selection import Selection
from tui.widgets.painting import Painter

_REVERSE = Style(reverse=True)


class LineList(ScrollView, Painter, can_focus=True):
    """Rows with a cursor. The cursor stays on its row's key while rows come, go and change."""

    DEFAULT_CSS = """
    LineList {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        footer_key("enter", "open", "list.open", "open", "Show everything about the row"),
        key("up,k", "move(-1)", "list.up", "One row up"),
        key("down,j", "move(1)", "list.down", "One row down"),
        key("pageup,ctrl+b", "page(-1)", "list.page_up", "One page up"),
        key("pagedown,ctrl+f", "page(1)", "list.page_down", "One page down"),
        key("home,g", "jump(False)", "list.first", "To the first row"),
        key("end,G", "jump(True)", "list.last", "To the last row"),
        key("left,h", "sideways(-1)", "list.left", "Fold the row; in the browser, the proxy before"),
        key("right,l", "sideways(1)", "list.right", "Unfold the row; in the browser, the next proxy"),
        key("space", "sideways(0)", "list.toggle", "Unfold or fold the row"),
    ]

    @dataclass
    class Highlighted(Message):
        """The cursor is on another row."""

        list: LineList
        key: Hashable
        is_followed: bool = False
        """Whether the list's follower knows already."""

        @property
        def control(self) -> LineList:
            """The list."""
            return self.list

    @dataclass
    class Opened(Message):
        """Enter on a row."""

        list: LineList
        key: Hashable

        @property
        def control(self) -> LineList:
            """The list."""
            return self.list

    @dataclass
    class Moved(Message):
        """Left (-1), right (1) or the space bar (0) on a row."""

        list: LineList
        key: Hashable
        direction: int

        @property
        def control(self) -> LineList:
            """The list."""
            return self.list

    @dataclass
    class Resized(Message):
        """The list is wider or narrower: rows made for the old width do not fit."""

        list: LineList

        @property
        def control(self) -> LineList:
            """The list."""
            return self.list

    def __init__(self, *, id: str | None = None, marks: bool = True) -> None:  # noqa: A002
        super().__init__(id=id)
        self._marks = marks
        self._width = 0
        self._selection = Selection()
        self._needle = ""
        """What is marked in the rows."""
        self.follower: Callable[[], None] | None = None
        """Called when the user has moved the cursor: at once, so that one frame shows the cursor and whatever
        is shown for its row. A message would come with the next frame."""

    @property
    def columns(self) -> int:
        """The cells that a row may take, or last took while the list is hidden; 0 before it was laid out."""
        return self.scrollable_content_region.width or self._width

    # -- set from above ------------------------------------------------------------------------------

    @property
    def rows(self) -> Sequence[Row]:
        """All rows."""
        return self._selection.rows

    @property
    def cursor_row(self) -> Row | None:
        """The row that the cursor is on; None when there is none to be on."""
        return self._selection.row

    def set_rows(self, rows: Sequence[Row], needle: str = "") -> None:
        """Show other rows; lines that stay the same are not painted again. ``needle`` is marked in them."""
        if needle != self._needle:
            self._needle = needle
            self.refresh()
        before, old_row, old_cursor = self.rows, self.cursor_row, self._selection.at
        self._selection.replace(rows)
        if len(rows) != len(before):
            self.virtual_size = Size(0, len(rows))
        first = self.scroll_offset.y
        last = min(first + self.size.height, max(len(rows), len(before)))
        changed = [y for y in range(first, last) if _row(rows, y) != _row(before, y)]
        if self._selection.at != old_cursor:
            changed += [old_cursor, self._selection.at]
        for y in changed:
            self._refresh_row(y)
        new_row = self.cursor_row
        if new_row is not None and (old_row is None or old_row.key != new_row.key):
            self.post_message(self.Highlighted(self, new_row.key))

    def select(self, key: Hashable) -> None:
        """Put the cursor on the row with this key, if there is one."""
        self._go_to(self._selection.find(key))

    def select_hit(self, direction: int = 1, *, stay: bool = False) -> None:
        """Put the cursor on the next row that is a hit, if there is one."""
        self._go_to(self._selection.find_hit(direction, stay=stay))

    @property
    def hits(self) -> tuple[int, int]:
        """Which of the hits the cursor is on, counted from 1, and how many there are."""
        return self._selection.hits

    # -- painting ------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One row of the window."""
        at = y + self.scroll_offset.y
        width = self.columns
        if at >= len(self.rows):
            return self.paint(Line(), width)
        row = self.rows[at]
        if at != self._selection.at or not row.selectable:
            return self.paint(row.line, width, needle=self._needle)
        if self.has_focus:
            return self.paint(line(row.line.text), width, over=_REVERSE, needle=self._needle)
        shown = _marked(row.line, self.symbols.here) if self._marks else row.line
        return self.paint(shown, width, needle=self._needle)

    def _refresh_row(self, y: int) -> None:
        self.refresh(Region(0, y - self.scroll_offset.y, self.size.width, 1))

    def on_focus(self) -> None:
        """Show the cursor in reverse."""
        self._refresh_row(self._selection.at)

    def on_blur(self) -> None:
        """Show the cursor as a mark."""
        self._refresh_row(self._selection.at)

    def on_resize(self) -> None:
        """Keep the cursor in sight, and have the rows made anew for another width."""
        self._scroll_to_cursor()
        if self.columns != self._width:
            self._width = self.columns
            self.post_message(self.Resized(self))

    # -- moving --------------------------------------------------------------------------------------

    def _go_to(self, y: int | None) -> None:
        if y is None:
            return
        before = self._selection.at
        self._selection.put(y)
        if y != before:
            self._refresh_row(before)
            self._refresh_row(y)
            self.post_message(self.Highlighted(self, self.rows[y].key, is_followed=self.follower is not None))
            self.tell_follower()
        self._scroll_to_cursor()

    def tell_follower(self) -> None:
        """The cursor may be on another row, or the row is another."""
        if self.follower is not None:
            self.follower()

    def _scroll_to_cursor(self) -> None:
        """Scroll as little as needed; headings above the first row come into sight with it, and so does what
        stands below a row as its own: rows without a cursor, up to a blank one."""
        if not self.size.height:
            return  # not laid out yet; on_resize comes back here
        at, first = self._selection.at, self._selection.edge(last=False) or 0
        top = 0 if at <= first else at
        end = at + 1
        while end < len(self.rows) and not self.rows[end].selectable and self.rows[end].line.spans:
            end += 1
        end = max(at + 1, min(end, top + self.size.height))
        self.scroll_to_region(Region(0, top, 1, end - top), animate=False, force=True)

    def action_move(self, direction: int) -> None:
        """To the next row that can be selected; past the last one, only scroll."""
        target = self._selection.step(self._selection.at, direction)
        if target is None:
            self.scroll_relative(y=direction, animate=False)
        self._go_to(target)

    def action_page(self, direction: int) -> None:
        """A page up or down."""
        self._go_to(self._selection.page(direction, self.size.height))

    def action_jump(self, last: bool) -> None:
        """To the first or the last row."""
        self._go_to(self._selection.edge(last=last))

    def action_open(self) -> None:
        """Open the row under the cursor."""
        row = self.cursor_row
        if row is not None:
            self.post_message(self.Opened(self, row.key))

    def action_sideways(self, direction: int) -> None:
        """Left, right, or with 0 whichever of the two changes something."""
        row = self.cursor_row
        self.post_message(self.Moved(self, None if row is None else row.key, direction))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row; a second click opens it."""
        y = event.y + self.scroll_offset.y
        if not (0 <= y < len(self.rows) and self.rows[y].selectable):
            return
        if y == self._selection.at and event.chain == 2:
            self.action_open()
        else:
            self._go_to(y)


def _row(rows: Sequence[Row], y: int) -> Row | None:
    return rows[y] if y < len(rows) else None


def _marked(text: Line, mark: str) -> Line:
    """The line with a mark in its first cell, where that is blank."""
    if not text.spans or not text.spans[0].text.startswith(" "):
        return text
    first = text.spans[0]
    return line(mark, (first.text[1:], first.role)) + Line(text.spans[1:])
