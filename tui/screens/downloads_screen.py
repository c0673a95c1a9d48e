"""What is being saved, live; each can be stopped, and what was saved can be used by go at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from tui.drawing.saving_rows import SavingView, saving_rows
from tui.keys import key
from tui.lines import Line, Role, Row, line
from tui.messages import Say
from tui.screens.try_screen import MaskedScreen
from tui.widgets.line_list import LineList
from tui.widgets.lines_view import LinesView

Draw = Callable[[int], SavingView]
Stop = Callable[[int | str], None]
"""Stops a saving by its number, or the single files of a version."""


class DownloadsScreen(MaskedScreen):
    """The list; nothing is its result."""

    HINT: ClassVar[str] = "x stop it   y copy the GOPROXY line   / find   esc back"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("x", "stop", "downloads.stop", "Stop this one; what has come is kept for the next time"),
        key("D", "leave", "downloads.leave", "Back"),
    ]

    def __init__(self, draw: Draw, stop: Stop) -> None:
        super().__init__("Downloads")
        self._draw = draw
        self._stop = stop

    def on_mount(self) -> None:
        """Begin with the latest."""
        self.redraw()

    def redraw(self) -> None:
        """Make everything anew, the keys at the foot too."""
        super().redraw()
        for foot in self.query("#overlay-foot").results(LinesView):
            foot.show(self._foot)

    def _foot(self, width: int) -> list[Line]:
        """The keys; without a row to press them on only the way back."""
        if self.list.cursor_row is None and not self.needle:
            return [line((" esc back", Role.FAINT))]
        return super()._foot(width)

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        event.stop()
        self.post_message(Say("there is nothing to open here: x stops it, y copies the line for go"))

    def make_rows(self, width: int) -> list[Row]:
        """A heading for each, and its files."""
        return saving_rows(self._draw(width))

    def action_stop(self) -> None:
        """Stop what the cursor is on."""
        row = self.list.cursor_row
        if row is not None and isinstance(row.key, tuple) and len(row.key) > 1:
            self._stop(row.key[1])
