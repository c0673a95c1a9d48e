"""Ask for one line: what to trace, or where to put files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from tui.keys import key
from tui.lines import Line, Role, Row, line, wrap
from tui.screens.overlay import Overlay
from tui.widgets.lines_view import LinesView
from tui.widgets.typed_line import TypedLine

MOST_SHOWN = 300
"""Suggestions in sight before anything is typed; what is typed is looked for in all of them."""


class PromptScreen(Overlay[str]):
    """The result is what was typed, or None. Tab, up and down go through the suggestions that fit."""

    TYPES: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        key("down,tab", "suggest(1)", "prompt.next", "The next suggestion"),
        key("up,shift+tab", "suggest(-1)", "prompt.before", "The suggestion before"),
    ]

    def __init__(
        self,
        title: str,
        value: str,
        *,
        suggestions: Sequence[str] = (),
        note: str = "",
        verb: str = "take it",
    ) -> None:
        super().__init__(title)
        self._verb = verb
        """What Enter does with what was typed."""
        self._all = tuple(suggestions)
        self._suggestions = self._all[:MOST_SHOWN]
        """Those that fit what is typed."""
        self._begun = value
        self._note = note
        self._at: int | None = None
        self.input = TypedLine(value=value, placeholder="type here", compact=True, id="prompt")
        self.input.cursor_blink = False
        self.input.is_closed_by_enter = True

    def compose_head(self) -> ComposeResult:
        """The line to type into."""
        yield self.input

    def on_mount(self) -> None:
        """The keys go to the line, with all of it selected."""
        self.list.can_focus = False
        self.input.select_all()
        self.give_keys(self.input)

    def on_unmount(self) -> None:
        """What came in one piece with the Enter, over a slow line, is for what comes behind."""
        for pressed in self.input.held or ():
            self.app.post_message(events.Key(pressed.key, pressed.character))

    def _foot(self, width: int) -> list[Line]:
        """The keys; those for suggestions only where there are any."""
        ways = f"enter {self._verb}   {'tab, up/down suggestions   ' if self._all else ''}esc back"
        return [line((f" {ways}", Role.FAINT))]

    def make_rows(self, width: int) -> list[Row]:
        """The note and the suggestions."""
        note = wrap(self._note, width - 4) if self._note else []
        rows = [Row("note", line((f"  {part}", Role.FAINT)), selectable=False) for part in note]
        for number, text in enumerate(self._suggestions):
            mark = self.symbols.here if number == self._at else " "
            role = Role.STRONG if number == self._at else Role.PLAIN
            rows.append(Row(number, line(f" {mark} ", (text, role)), selectable=number == self._at))
        return rows

    def offer(self, suggestions: Sequence[str]) -> None:
        """More has come to be known; one that was chosen stays chosen."""
        if self._at is None and tuple(suggestions) != self._all:
            self._all = tuple(suggestions)
            self._narrow(self.input.value)
            for foot in self.query("#overlay-foot").results(LinesView):  # none before it is on the screen
                foot.show(self._foot)

    def _narrow(self, typed: str) -> None:
        from probes.share.history import complete

        self._at = None
        untouched = typed in ("", self._begun)
        self._suggestions = self._all[:MOST_SHOWN] if untouched else tuple(complete(typed.strip(), self._all))
        self.redraw()

    @on(Input.Changed)
    def _typed_here(self, event: Input.Changed) -> None:
        event.stop()
        is_chosen = self._at is not None and self._suggestions[self._at] == event.value
        if self._all and not is_chosen:
            self._narrow(event.value)

    def action_suggest(self, direction: int) -> None:
        """Put a suggestion into the line."""
        if not self._suggestions:
            return
        first = 0 if direction > 0 else len(self._suggestions) - 1
        self._at = first if self._at is None else (self._at + direction) % len(self._suggestions)
        self.input.value = self._suggestions[self._at]
        self.input.cursor_position = len(self.input.value)
        self.redraw()
        self.list.select(self._at)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        self.dismiss(text or None)
