"""The lines at the top of the screen: the title with the tabs, and the story of a world."""

from __future__ import annotations

from collections.abc import Sequence

from tui.lines import Line, Role, Span, fit_middle, line, spread, wrap
from tui.symbols import Symbols

TABS = (("environment", "1", "env"), ("tree", "2", "tree"), ("modules", "3", "mods"))


def title_line(
    target: str, place: str, active: str | None, width: int, symbols: Symbols, marks: Sequence[str] = ()
) -> Line:
    """The name, what is traced and where; with ``active`` the tabs, that one in capitals and brackets.

    ``marks`` say what is not as usual, and are never cut off: the screen is zoomed, names are masked. What is
    traced loses its middle where there is no room; the verdict in full (``v``) begins with all of it.
    """
    said = [Span(f"[{mark}] ", Role.WARN) for mark in marks]
    right = line(*said, *_tabs(active), (f"{place} ", Role.FAINT) if active is None else "")
    left = line((" modtrace", Role.STRONG))
    room = width - right.width - left.width - 3
    if target and room >= 8:
        left += line("  ", fit_middle(target, room, cut=symbols.cut))
    elif target:
        left = line(" ", fit_middle(target, max(1, width - right.width - 2), cut=symbols.cut))
    return spread(left, right, width, cut=symbols.cut)


def _tabs(active: str | None) -> list[Span]:
    """The tabs; without an active one there are none."""
    if active is None:
        return []
    tabs: list[Span] = []
    for name, number, word in TABS:
        chosen = name == active
        text = f"[{number} {word.upper()}]" if chosen else f" {number} {word} "
        tabs.append(Span(text, Role.STRONG if chosen else Role.FAINT))
    return tabs


def story_lines(place: str, title: str, story: str, width: int) -> Sequence[Line]:
    """The world that one is in, and what happens there."""
    head = line(" ", (place, Role.NAME), ("  " + title, Role.STRONG))
    return [head, *(line((" " + part, Role.FAINT)) for part in wrap(story, width - 2))]
