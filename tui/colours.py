"""The themes as Textual wants them, and what is done to every strip on its way to a plain terminal.

The palettes of xterm, VGA, Tango, Windows and Solarized differ much, and tests/test_app_manners.py measures
these themes with all of them. On white, green, yellow and cyan cannot be read in most; so the light theme
says "ok" in blue and "look here" in magenta. On black, red and blue are too dark in some; so the dark theme
has bright red and cyan. Bright green, yellow, blue and cyan are greys in Solarized, and are not used.
"""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment, Segments
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.scrollbar import ScrollBarRender
from textual.theme import Theme

from tui.themes import DARK, LIGHT, MONO

_PLAIN = "ansi_default"


def _theme(name: str, *, ok: str, fail: str, warn: str, name_color: str) -> Theme:
    """A theme of the terminal's own colours; what is selected is shown in reverse, whatever these are."""
    return Theme(
        name=name,
        ansi=True,
        dark=name != LIGHT,
        primary=name_color,
        secondary=name_color,
        accent=name_color,
        success=ok,
        warning=warn,
        error=fail,
        foreground=_PLAIN,
        background=_PLAIN,
        surface=_PLAIN,
        panel=_PLAIN,
        boost=_PLAIN,
        variables={
            "ansi-background": _PLAIN,
            "ansi-foreground": _PLAIN,
            "block-cursor-foreground": _PLAIN,
            "block-cursor-background": _PLAIN,
            "block-cursor-text-style": "reverse",
            "border": _PLAIN,
            "border-blurred": _PLAIN,
            "footer-key-foreground": name_color,
            "input-cursor-background": _PLAIN,
            "input-cursor-foreground": _PLAIN,
            "input-cursor-text-style": "reverse",
            "input-selection-background": _PLAIN,
            "input-selection-foreground": _PLAIN,
            "link-color": name_color,
            "screen-selection-background": _PLAIN,
            "screen-selection-foreground": _PLAIN,
        }
        | dict.fromkeys(("scrollbar", "scrollbar-hover", "scrollbar-active"), _PLAIN)
        | {f"scrollbar-{part}": _PLAIN for part in ("background", "background-hover", "background-active")},
    )


TEXTUAL_THEMES = (
    _theme(DARK, ok="ansi_green", fail="ansi_bright_red", warn="ansi_yellow", name_color="ansi_cyan"),
    _theme(LIGHT, ok="ansi_blue", fail="ansi_red", warn="ansi_magenta", name_color=_PLAIN),
    _theme(MONO, ok=_PLAIN, fail=_PLAIN, warn=_PLAIN, name_color=_PLAIN),
)


class WithoutColours(LineFilter):
    """Bold, dim, underline and reverse stay; no colour is named, not even the terminal's own."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """One strip."""
        return [
            Segment(text, None if style is None else style.without_color, control)
            for text, style, control in segments
        ]


class OnlyAscii(LineFilter):
    """The last net of the ASCII mode: what Textual's own widgets draw, in as many cells as before.

    Everything of ours has gone through Symbols.show before, which knows twins of several letters.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """One strip."""
        return [
            segment if segment.text.isascii() else Segment(ascii_cells(segment.text), *segment[1:])
            for segment in segments
        ]


_TWINS = {
    "…": "~", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "·": ".", "•": "*", "→": ">",
    "←": "<", "↑": "^", "↓": "v", "┃": ":", "│": "|", "─": "-", "━": "-", "▔": "-", "▁": "_", "▏": "|",
    "▕": "|", "▌": "|", "▐": "|", "█": "#", "×": "x", "✓": "+", "✗": "x",
}  # fmt: skip
_CORNERS = "┌┐└┘├┤┬┴┼╭╮╰╯"


@lru_cache(1024)
def ascii_cells(text: str) -> str:
    """The text in ASCII, exactly as many cells wide."""
    return "".join(
        character
        if character.isascii()
        else _TWINS.get(character) or ("+" if character in _CORNERS else "?" * cell_len(character))
        for character in text
    )


class PlainScrollBar(ScrollBarRender):
    """A scroll bar that is seen without colours: whole cells of a line, nothing where the window is not."""

    THUMB = "┃"

    @classmethod
    def render_bar(
        cls,
        size: int = 25,
        virtual_size: float = 50,
        window_size: float = 20,
        position: float = 0,
        thickness: int = 1,
        vertical: bool = True,
        back_color: object = None,
        bar_color: object = None,
    ) -> Segments:
        """The bar as segments, one a cell of its length."""
        across = thickness if vertical else 1
        above, grab, below = (
            Style(meta={"@mouse.down": what}) for what in ("scroll_up", "grab", "scroll_down")
        )
        start, end = _thumb(size, virtual_size, window_size, position)
        thumb = (cls.THUMB if vertical else "━") * across
        segments = [
            Segment(thumb, grab)
            if start <= at < end
            else Segment(" " * across, above if at < start else below)
            for at in range(size)
        ]
        if vertical:
            return Segments(segments, new_lines=True)
        return Segments([*segments, Segment.line()] * thickness, new_lines=False)


def _thumb(size: int, virtual_size: float, window_size: float, position: float) -> tuple[int, int]:
    """Where the thumb begins and ends; at the edges only when there is nothing beyond them."""
    hidden = virtual_size - window_size
    if not (size and window_size and hidden > 0):
        return 0, 0
    length = min(size, max(1, round(size * window_size / virtual_size)))
    room = size - length
    start = round(room * position / hidden)
    if room > 1 and 0 < position < hidden:
        start = min(max(start, 1), room - 1)
    return start, start + length
