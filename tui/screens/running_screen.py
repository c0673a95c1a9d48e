"""Ask once whether programs may be started. The screen itself starts nothing."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import BindingType

from tui.drawing.running_rows import Offer, running_rows
from tui.keys import key
from tui.lines import Row
from tui.screens.overlay import Overlay
from tui.widgets.line_list import LineList


class RunningScreen(Overlay[bool]):
    """The result is True when the user agrees, else None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("exclamation_mark", "agree", "running.agree", "Yes: start them, for this session"),
    ]
    HINT: ClassVar[str] = "enter/! yes, for this session   esc no, nothing is started"

    def __init__(self, offer: Offer) -> None:
        super().__init__("May programs be started?")
        self._offer = offer

    def on_mount(self) -> None:
        """Show what it is about."""
        self.redraw()

    def make_rows(self, width: int) -> list[Row]:
        """What would be run."""
        return running_rows(self._offer, width, self.symbols)

    def action_agree(self) -> None:
        """Yes."""
        self.dismiss(True)

    @on(LineList.Opened)
    def _opened(self) -> None:
        self.dismiss(True)
