"""The faint lines between the parts of the screen; the mouse can take hold of those between panes."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.lines import Role, line
from tui.widgets.painting import Painter


class Rule(Painter):
    """A line across, or with ``upright`` from top to bottom."""

    DEFAULT_CSS = """
    Rule { height: 1; width: 1fr; }
    Rule.-upright { height: 1fr; width: 1; }
    """

    @dataclass
    class Dragged(Message):
        """The mouse has hold of the line and is elsewhere, in cells of the screen."""

        rule: Rule
        x: int
        y: int

    def __init__(self, *, upright: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._upright = upright
        self._held = False
        self.set_class(upright, "-upright")

    def render_line(self, y: int) -> Strip:
        """One row of it."""
        sign = self.symbols.upright if self._upright else self.symbols.rule * self.size.width
        return self.paint(line((sign, Role.FAINT)), self.size.width)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold."""
        self._held = True
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Go along with the mouse."""
        if self._held:
            self.post_message(self.Dragged(self, int(event.screen_x), int(event.screen_y)))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go."""
        self._held = False
        self.release_mouse()
