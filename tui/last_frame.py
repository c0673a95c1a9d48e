"""The last frame as text, for the terminal that is left: it stays in the scrollback."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from rich.console import Console
from rich.segment import Segment
from textual.strip import Strip

RESET = "\x1b[0m"


def frame_text(strips: Sequence[Strip], *, colours: bool) -> str:
    """Strips as lines, without blanks at their ends and without empty lines below; "" for an empty screen."""
    lines = [_line(strip, colours=colours) for strip in strips]
    while lines and not lines[-1].strip():
        lines.pop()
    return "".join(f"{line}\n" for line in lines)


def _line(strip: Strip, *, colours: bool) -> str:
    width = len(strip.text.rstrip())
    if not colours:
        return strip.text[:width]
    console = Console(file=StringIO(), force_terminal=True, color_system="standard", legacy_windows=False)
    kept, left = [], width
    for text, style, _ in strip:
        kept.append(Segment(text[:left], style))
        left -= len(text[:left])
    return Strip(kept).render(console)
