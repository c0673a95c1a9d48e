"""Choose one of several things: a world, a file."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on

from tui.lines import Role, Row, line, wrap
from tui.screens.overlay import Overlay
from tui.widgets.line_list import LineList


@dataclass(frozen=True, slots=True)
class Choice:
    """One of them."""

    key: Hashable
    name: str
    title: str = ""
    story: str = ""
    copy: str | None = None
    """What ``y`` copies; None for the row as it stands."""


class ChoiceScreen(Overlay[Hashable]):
    """The result is the key of the choice, or None."""

    HINT: ClassVar[str] = "enter choose   esc back"

    def __init__(self, title: str, choices: Sequence[Choice], chosen: Hashable = None) -> None:
        super().__init__(title)
        self._choices = choices
        self._chosen = chosen

    def on_mount(self) -> None:
        """Begin at the present choice."""
        self.redraw()
        self.list.select(self._chosen)

    def make_rows(self, width: int) -> list[Row]:
        """The name and title of each choice, and its story below."""
        name_width = max((len(choice.name) for choice in self._choices), default=0) + 2
        rows: list[Row] = []
        for choice in self._choices:
            mark = self.symbols.busy if choice.key == self._chosen else " "
            text = line(f"  {mark} ", (choice.name.ljust(name_width), Role.STRONG), choice.title)
            rows.append(Row(choice.key, text, copy=choice.copy))
            for number, part in enumerate(wrap(choice.story, width - 8) if choice.story else []):
                story = line(" " * 6, (part, Role.FAINT))
                rows.append(Row((choice.key, number), story, selectable=False))
        return rows

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        self.dismiss(event.key)
