"""What the screens that come over the workbench have in common: a title, a list, keys to leave."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui.keys import key
from tui.lines import Line, Role, Row, line
from tui.messages import Copy
from tui.symbols import Symbols, symbols_for
from tui.widgets.line_list import LineList
from tui.widgets.lines_view import LinesView

Result = TypeVar("Result")


class Overlay(ModalScreen[Result], Generic[Result]):
    """A list over the whole screen or a part of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape", "leave", "overlay.leave", "Back"),
        key("y", "copy", "overlay.copy", "Copy the line, or the remedy it belongs to"),
        key("q", "app.quit", "overlay.quit", "Leave modtrace at once"),
        key("question_mark,f1", "app.help", "overlay.help", "The keys and the symbols"),
    ]
    HINT: ClassVar[str] = "esc back"

    def __init__(self, title: str) -> None:
        super().__init__()
        self._heading = title
        self.list = LineList(id="overlay-list")

    @property
    def symbols(self) -> Symbols:
        """The symbols that this terminal can show."""
        return getattr(self.app, "symbols", None) or symbols_for()

    def compose(self) -> ComposeResult:
        """The title, the list, the hint."""
        with Vertical(id="overlay"):
            yield LinesView(self._title, id="overlay-title")
            yield from self.compose_head()
            yield self.list
            yield LinesView(self._foot, id="overlay-foot")

    def _title(self, width: int) -> list[Line]:
        mark = "  [private]" if getattr(self.app, "is_private", False) else ""
        return [line((f" {self._heading}", Role.STRONG), (mark, Role.WARN))]

    def set_heading(self, heading: str) -> None:
        """Another title, or the same with another mark."""
        self._heading = heading
        self.query_one("#overlay-title", LinesView).show(self._title)

    def compose_head(self) -> ComposeResult:
        """What stands between the title and the list."""
        yield from ()

    def _foot(self, width: int) -> list[Line]:
        return [line((f" {self.HINT}", Role.FAINT))]

    def make_rows(self, width: int) -> list[Row]:
        """The rows for a width."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Make the rows anew."""
        self.list.set_rows(self.make_rows(self.list.columns or 80))

    @on(LineList.Resized)
    def _resized(self) -> None:
        self.redraw()

    def action_leave(self) -> None:
        """Back, with no result."""
        self.dismiss(None)

    def action_copy(self) -> None:
        """Copy what the cursor is on."""
        row = self.list.cursor_row
        if row is not None:
            self.post_message(Copy(row.line.text.strip() if row.copy is None else row.copy))
