"""The line at the foot of a list in which `/` takes what to look for, and says how much was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.geometry import Size
from textual.message import Message

from tui.keys import key
from tui.lines import Line, Role, cells, line
from tui.widgets.lines_view import LinesView
from tui.widgets.typed_line import TypedLine

_COUNT_WIDTH = 9
"""Room for " 12/345 ": so wide from the beginning, that the line is seldom laid out anew."""


class FilterBar(TypedLine):
    """One line of input without a frame."""

    DEFAULT_CSS = """
    FilterBar, FilterBar:focus {
        width: 1fr;
        height: 1;
        border: none;
        padding: 0;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "leave(False)", "filter.keep", "To the list; what was typed stays, n and N go on"),
        key("escape", "leave(True)", "filter.close", "Back; everything is shown again"),
        key("down", "walk(1)", "filter.next", "The next match, while typing"),
        key("up", "walk(-1)", "filter.before", "The match before, while typing"),
    ]

    @dataclass
    class Left(Message):
        """The user goes back to the list."""

        clear: bool
        """Whether the filter ends, too."""

    @dataclass
    class Walked(Message):
        """The user goes to another match."""

        direction: int

    def __init__(self, typed: Callable[[str], None]) -> None:
        super().__init__(placeholder="find", compact=True)
        self.cursor_blink = False
        self._typed = typed

    def watch_value(self, value: str) -> None:
        """What was typed is looked for at once, not by a message: so the frame that shows a letter shows also
        what it finds."""
        self._typed(value)

    def action_leave(self, clear: bool) -> None:
        """Back to the list."""
        self.post_message(self.Left(clear))

    def action_walk(self, direction: int) -> None:
        """To another match."""
        self.post_message(self.Walked(direction))


class Count(LinesView):
    """How much was found: as wide as that is, and at first as wide as most of it will be."""

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """What the line needs."""
        return max(_COUNT_WIDTH, *(cells(said.text) for said in self._make(viewport.width)))


class FilterLine(Horizontal):
    """The line as a whole: the slash, the input, how much was found; hidden until it is asked for."""

    DEFAULT_CSS = """
    FilterLine { display: none; height: 1; width: 1fr; }
    FilterLine.-open { display: block; }
    FilterLine > LinesView { width: auto; }
    """

    def __init__(self, typed: Callable[[str], None]) -> None:
        super().__init__()
        self.bar = FilterBar(typed)
        self._said: Line = Line()
        self.count = Count(self._count)

    def compose(self) -> ComposeResult:
        """From left to right."""
        yield LinesView(lambda width: [line((" / ", Role.STRONG))])
        yield self.bar
        yield self.count

    def _count(self, width: int) -> list[Line]:
        return [self._said]

    @property
    def is_open(self) -> bool:
        """Whether the line is in sight."""
        return self.has_class("-open")

    def open(self) -> None:
        """Show the line and take the keys."""
        self.add_class("-open")
        self.screen.set_focus(self.bar)  # at once: what is typed next belongs here
        self.bar.select_all()

    def close(self) -> None:
        """Hide the line and forget what stood in it."""
        self.remove_class("-open")
        self.bar.value = ""

    def tell(self, said: Line) -> None:
        """Say how much was found."""
        if said != self._said:
            is_wider = cells(said.text) > self.count.size.width
            self._said = said
            self.count.show(self._count)
            if is_wider:
                self.count.refresh(layout=True)
