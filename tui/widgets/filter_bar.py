"""The line at the foot of a pane in which `/` takes what to look for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from tui.keys import footer_key


class FilterBar(Input):
    """One line of input without a frame; hidden until it is asked for."""

    DEFAULT_CSS = """
    FilterBar, FilterBar:focus {
        display: none;
        height: 1;
        border: none;
        padding: 0 1;
    }
    FilterBar.-open, FilterBar.-open:focus { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        footer_key("enter,down", "leave(False)", "filter.keep", "to the list", "Back; what was typed stays"),
        footer_key("escape", "leave(True)", "filter.close", "show all", "Back; everything is shown again"),
    ]

    @dataclass
    class Left(Message):
        """The user goes back to the list."""

        bar: FilterBar
        clear: bool
        """Whether the filter ends, too."""

    def __init__(self) -> None:
        super().__init__(placeholder="find", compact=True)
        self.cursor_blink = False

    def open(self) -> None:
        """Show the line and take the keys."""
        self.add_class("-open")
        self.focus()
        self.select_all()

    def close(self) -> None:
        """Hide the line and forget what stood in it."""
        self.remove_class("-open")
        self.value = ""

    def action_leave(self, clear: bool) -> None:
        """Back to the list."""
        self.post_message(self.Left(self, clear))
