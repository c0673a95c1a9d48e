"""Write settings: what changes in the file and what would still win, and then one key."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.keys import key
from tui.screens.try_screen import Choices, Draw, TryScreen


class ApplyScreen(TryScreen):
    """The result is the key of the choice: "write", "undo", or None. The screen itself writes nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("a", "write", "apply.write", "Write it"),
    ]

    def __init__(self, title: str, choices: Choices, draw: Draw, *, can_write: bool) -> None:
        hint = "enter/a write   esc back, nothing is written" if can_write else "enter choose   esc back"
        super().__init__(title, choices, draw, hint=hint)
        self._can_write = can_write

    def action_write(self) -> None:
        """Write, where there is anything to write."""
        if self._can_write:
            self.dismiss("write")
