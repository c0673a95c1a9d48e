"""What a translucent screen is drawn over."""

from __future__ import annotations

from typing import Any

from textual._context import visible_screen_stack
from textual.screen import Screen


def stand_on_the_one_below(screen: Screen[Any], *, is_covered: bool = False) -> None:
    """Before a screen is drawn: have it shade the one right under it; the lowest none, nor one all covered.

    Textual takes that from a list which each screen of a stack shortens when it is drawn, and not when its
    last picture will do: with four screens, one could be given the screen above it, and the two drew each
    other without end (RecursionError). And to draw all of the screens below takes as long as they are deep:
    that is for nobody where a list covers them.
    """
    stack = screen.app.screen_stack
    place = stack.index(screen) if screen in stack else 0
    visible_screen_stack.set([stack[place - 1]] if place and not is_covered else [])
