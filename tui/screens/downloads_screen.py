"""What is being saved, live; each can be stopped, and what was saved can be used by go at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import BindingType

from tui.drawing.saving_rows import SavingView, saving_rows
from tui.keys import key
from tui.lines import Row
from tui.screens.try_screen import MaskedScreen

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

    def make_rows(self, width: int) -> list[Row]:
        """A heading for each, and its files."""
        return saving_rows(self._draw(width))

    def action_stop(self) -> None:
        """Stop what the cursor is on."""
        row = self.list.cursor_row
        if row is not None and isinstance(row.key, tuple) and len(row.key) > 1:
            self._stop(row.key[1])
