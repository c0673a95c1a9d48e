"""The help: every key with what it does, made of the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding

from tui.lines import Role, Row, line, pad, wrap
from tui.messages import Say
from tui.screens.overlay import Overlay
from tui.widgets.line_list import LineList


@dataclass(frozen=True, slots=True)
class Section:
    """The keys of one part of the app."""

    title: str
    bindings: Sequence[Binding]
    place: object = None
    """Who does it; None where Enter in the help cannot have it done."""


_KEY_NAMES = {
    "question_mark": "?", "dollar_sign": "$", "number_sign": "#", "ampersand": "&", "asterisk": "*",
    "exclamation_mark": "!", "at": "@", "percent_sign": "%",
    "slash": "/", "pageup": "PgUp", "pagedown": "PgDn", "escape": "Esc",
    "enter": "Enter", "space": "Space", "tab": "Tab", "shift+tab": "Shift+Tab", "up": "Up",
    "down": "Down", "left": "Left", "right": "Right", "home": "Home", "end": "End", "f1": "F1",
    "less_than_sign": "<", "greater_than_sign": ">", "plus": "+", "minus": "-", "equals_sign": "=",
    "comma": ",", "vertical_line": "|", "full_stop": ".", "left_square_bracket": "[",
    "right_square_bracket": "]", "left_curly_bracket": "{", "right_curly_bracket": "}",
}  # fmt: skip


def key_words(keys: str) -> str:
    """The keys of a binding as they stand on a keyboard."""
    return "  ".join(_KEY_NAMES.get(name, name.replace("ctrl+", "Ctrl+")) for name in keys.split(","))


LEGEND = (
    ("ok", "served, verified, listed"),
    ("fail", "failed, with the status where there is one"),
    ("busy", "under way"),
    ("idle", "not asked"),
    ("none", "not needed, not listed"),
    ("goes_on", "the edge let go ask the next entry"),
    ("stop", "the edge stopped go here"),
    ("warn", "worth looking at"),
    ("unreal", "a what-if value, or what is there only because of one: not real"),
)
"""The symbols by the names of their fields."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was chosen in the help."""

    action: str
    place: object


class HelpScreen(Overlay[Done]):
    """Lists the keys, section by section, then the symbols. The result is what is to be done, or None."""

    HINT: ClassVar[str] = "enter do it   / find   esc back"

    def __init__(self, sections: Iterable[Section]) -> None:
        super().__init__("Keys")
        self._sections = list(sections)

    def make_rows(self, width: int) -> list[Row]:
        """One row a key."""
        rows: list[Row] = []
        for section in self._sections:
            rows += [Row((section.title, "gap"), line(""), selectable=False)] if rows else []
            rows.append(Row(section.title, line((f"  {section.title}", Role.STRONG)), selectable=False))
            for binding in section.bindings:
                texts = wrap(binding.tooltip, width - 22)
                for number, text in enumerate(texts):
                    keys = pad(key_words(binding.key) if number == 0 else "", 16)
                    body = line("    ", (keys, Role.NAME), f" {text}")
                    row = (section.title, binding.id, number)
                    rows.append(Row(row, body, selectable=number == 0))
        rows += [
            Row("legend gap", line(""), selectable=False),
            Row("legend", line(("  Symbols", Role.STRONG)), selectable=False),
        ]
        for name, words in LEGEND:
            symbol = (pad(getattr(self.symbols, name), 16), Role.NAME)
            rows.append(Row(name, line("    ", symbol, f" {words}")))
        return rows

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        for section in self._sections:
            for binding in section.bindings:
                if event.key == (section.title, binding.id, 0) and section.place is not None:
                    self.dismiss(Done(binding.action, section.place))
                    return
        self.post_message(Say("that cannot be done from here: Esc, then press the key in its own place"))
