"""The palette: every action by what it does, its key beside it; Enter does it.

What is typed is looked for in the sentence, in the title of the part of the app and in the own name of the
action, so that `fault` finds what breaks a proxy. Every word of it must be found. What cannot be done now
is in the list too, and says so: somebody who looks for it should not think that it does not exist.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from tui.keys import key
from tui.lines import Role, Row, line, row_with, spread
from tui.matching import found_in
from tui.screens.overlay import Overlay
from tui.widgets.line_list import LineList
from tui.widgets.typed_line import TypedLine

_FAR = 10_000
"""Longer than any title."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One action."""

    title: str
    keys: str
    words: str
    """What else it may be looked for by; first the name of the action."""
    run: Callable[[], Awaitable[object] | object]
    possible: bool = True
    """Whether it can be done now."""


def found_entries(entries: Sequence[Entry], typed: str) -> list[Entry]:
    """The entries that hold every word; first those that can be done now and begin with it."""
    words = typed.split()
    found = [
        entry
        for entry in entries
        if all(found_in(word, f"{entry.title} {entry.keys} {entry.words}") for word in words)
    ]
    return sorted(found, key=lambda entry: (not entry.possible, _remoteness(entry, typed.strip().lower())))


def _remoteness(entry: Entry, typed: str) -> tuple[int, int]:
    """How far an entry is from what was typed: at its beginning, at that of a word, within one; of those the
    one first that has it nearer to the beginning."""
    title = entry.title.lower()
    words = entry.words.lower()
    if title.startswith(typed) or words.startswith(typed):
        return 0, 0
    return 1 if f" {typed}" in f" {title} {words}" else 2, title.find(typed) % _FAR


class PaletteScreen(Overlay[Entry]):
    """The result is the entry that was chosen, or None."""

    TYPES: ClassVar[bool] = True
    HINT: ClassVar[str] = "enter do it   up/down   esc back"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("down", "walk(1)", "palette.next", "The next action"),
        key("up", "walk(-1)", "palette.before", "The action before"),
        key("pagedown", "page(1)", "palette.page_down", "A page of actions down"),
        key("pageup", "page(-1)", "palette.page_up", "A page of actions up"),
    ]

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__("What is to be done?")
        self._entries = entries
        self._found = list(entries)
        self.input = TypedLine(placeholder="a few letters of it", compact=True, id="palette-input")
        self.input.cursor_blink = False

    def compose_head(self) -> ComposeResult:
        """The line to type into."""
        yield self.input

    def on_mount(self) -> None:
        """The keys go to the line."""
        self.list.can_focus = False
        self.give_keys(self.input)

    def make_rows(self, width: int) -> list[Row]:
        """One row an action."""
        if not self._found:
            note = "  no action holds all of these words"
            return [Row("none", line((note, Role.FAINT)), selectable=False)]
        return [self._row(entry, width) for entry in self._found]

    def _row(self, entry: Entry, width: int) -> Row:
        role = Role.PLAIN if entry.possible else Role.FAINT
        keys = entry.keys if entry.possible else f"not now  {entry.keys}"
        text = line("  ", (entry.title, role))
        shown = spread(text, line((f"{keys} ", Role.NAME)), width, cut=self.symbols.cut)
        return row_with((entry.title, entry.keys), shown, entry.title)

    @on(Input.Changed)
    def _typed_here(self, event: Input.Changed) -> None:
        if event.input is self.input:
            event.stop()
            self._found = found_entries(self._entries, event.value)
            self.redraw()
            self.list.action_jump(False)

    def action_walk(self, direction: int) -> None:
        """To another action."""
        self.list.action_move(direction)

    def action_page(self, direction: int) -> None:
        """A page further."""
        self.list.action_page(direction)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose()

    @on(LineList.Opened)
    def _opened(self) -> None:
        self._choose()

    def _choose(self) -> None:
        row = self.list.cursor_row
        chosen = [entry for entry in self._found if row is not None and row.key == (entry.title, entry.keys)]
        if chosen:
            self.dismiss(chosen[0])
