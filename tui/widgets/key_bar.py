"""The keys that matter most where one is, in the last line of the screen; a click on one presses it.

Which they are is a list of wishes. Only those are shown that have a binding here and now, so that the line
never promises what cannot be done, and as many as fit; at 80 columns at most seven.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from textual import events
from textual.binding import ActiveBinding
from textual.strip import Strip

from tui.lines import Line, Role, Span, cells, line
from tui.widgets.painting import Painter

AT_80 = 7
LAST = ("question_mark", "q")
"""Keys that always stand at the end."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A key that matters here, under a short label."""

    key: str
    label: str
    action: str = ""
    """What the key must do to be shown; "" for anything."""


@dataclass(frozen=True, slots=True)
class Item:
    """A key of the line."""

    key: str
    display: str
    label: str

    @property
    def width(self) -> int:
        """Its cells, with the blanks behind it."""
        return cells(self.display) + 1 + cells(self.label) + 2


def chosen_keys(
    wishes: Iterable[Wish], bindings: Mapping[str, ActiveBinding], displays: Mapping[str, str], width: int
) -> list[Item]:
    """The items that fit: the wishes in their order, help and quit at the end."""
    most = AT_80 if width < 100 else 99
    possible: dict[str, Item] = {}
    for wish in wishes:
        bound = bindings.get(wish.key)
        if bound is None or not bound.enabled or wish.key in possible:
            continue
        if bound.binding.action.startswith(wish.action):
            possible[wish.key] = Item(wish.key, displays.get(wish.key, wish.key), wish.label)
    last = [possible.pop(key) for key in LAST if key in possible]
    left = width - 1 - sum(item.width for item in last)
    items: list[Item] = []
    for item in possible.values():
        if item.width > left or len(items) + len(last) >= most:
            break
        items.append(item)
        left -= item.width
    return items + last


class KeyBar(Painter):
    """One line of keys."""

    DEFAULT_CSS = """
    KeyBar { height: 1; width: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.items: list[Item] = []

    def show(self, items: list[Item]) -> None:
        """Show other keys; the same are left alone."""
        if items != self.items:
            self.items = items
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        spans: list[Span] = [Span(" ")]
        for item in self.items:
            spans += [Span(item.display, Role.STRONG), Span(f" {item.label}  ")]
        return self.paint(line(*spans) if self.items else Line(), self.size.width)

    async def on_click(self, event: events.Click) -> None:
        """Press the key under the mouse."""
        left = 1
        for item in self.items:
            if left <= event.x < left + item.width - 2:
                self.app.simulate_key(item.key)
            left += item.width
