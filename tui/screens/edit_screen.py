"""Edit one variable: a line of input, and below it at each key what the new value would change."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Input

from probes.golang.environment import shown_value
from probes.golang.variables import VARIABLE
from tui.keys import key
from tui.lines import Line, Row
from tui.screens.overlay import Overlay
from tui.widgets.typed_line import TypedLine

Draw = Callable[[str, int], list[Line]]
"""The lines about a value, for a width."""


class EditScreen(Overlay[str]):
    """The result is the new value, "" for none, or None when it was given up. Nobody is asked."""

    TYPES: ClassVar[bool] = True
    HINT: ClassVar[str] = "enter take it, and ask what is not known   up/down scroll   esc give up"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("down", "scroll(1)", "edit.down", "One line down"),
        key("up", "scroll(-1)", "edit.up", "One line up"),
        key("pagedown", "scroll(10)", "edit.page_down", "Ten lines down"),
        key("pageup", "scroll(-10)", "edit.page_up", "Ten lines up"),
    ]

    def __init__(
        self, name: str, value: str, draw: Draw, refuse: Callable[[str], str] = lambda value: ""
    ) -> None:
        super().__init__(f"What if {name} were")
        self._draw = draw
        self._refuse = refuse
        """Why a value is not taken, in a sentence; "" where it is."""
        self.input = SecretInput(name, value)

    def compose_head(self) -> ComposeResult:
        """The line to type into."""
        yield self.input

    def on_mount(self) -> None:
        """The keys go to the line, behind what stands there."""
        self.list.can_focus = False
        self.input.cursor_position = len(self.input.value)
        self.give_keys(self.input)

    def make_rows(self, width: int) -> list[Row]:
        """What the value would change."""
        lines = self._draw(self.input.without_open_secret(self.input.value).strip(), width)
        return [Row(number, text, selectable=False) for number, text in enumerate(lines)]

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.redraw()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        value = event.value.strip()
        if refusal := self._refuse(value):
            self.notify(refusal, markup=False)  # what was typed stays
            return
        self.dismiss(value)

    def action_scroll(self, rows: int) -> None:
        """Scroll what stands below the line."""
        self.list.scroll_relative(y=rows, animate=False)


_OPEN_SECRET = re.compile(r"(?<=//)[^\s/@,|:]+:(?P<secret>[^\s/@,|]*[^\d\s/@,|\[\]][^\s/@,|]*)(?![^,|]*@)")
"""What stands behind a name and a colon, is no port and has no @ behind it: a password, half typed."""


class SecretInput(TypedLine):
    """A line of input that shows no secret and no character that a terminal would obey."""

    def without_open_secret(self, value: str) -> str:
        """The value with stars for a password whose @ is not typed yet."""
        if not self._is_address:
            return value

        def starred(match: re.Match[str]) -> str:
            return match[0][: match.start("secret") - match.start()] + "*" * len(match["secret"])

        return _OPEN_SECRET.sub(starred, value)

    def __init__(self, name: str, value: str) -> None:
        variable = VARIABLE.get(name)
        self._of = name
        self._is_address = variable is not None and variable.is_address
        super().__init__(value=value, placeholder="not set", compact=True, id="prompt")
        self.cursor_blink = False

    @property
    def _value(self) -> Text:
        """The value as it is drawn: as many characters, so that the cursor stands where it should."""
        value, at = self.without_open_secret(self.value), 0
        shown = shown_value(self._of, value)
        for secret in shown.secrets:
            start = value.index(secret, at)
            at = start + len(secret)
            value = value[:start] + "*" * len(secret) + value[at:]
        safe = "".join(character if character.isprintable() else "?" for character in value)
        return Text(safe, no_wrap=True, overflow="ignore", end="")
