"""From lines to strips: the only place where text becomes something that is written to the terminal."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tui.lines import Line, Role, Span, fit
from tui.symbols import Symbols, symbols_for

ROLE_CSS = """
    .role--plain { color: $foreground; }
    .role--ok { color: $text-success; }
    .role--fail { color: $text-error; text-style: bold; }
    .role--warn { color: $text-warning; }
    .role--busy { color: $text-secondary; }
    .role--faint { text-style: dim; }
    .role--strong { text-style: bold; }
    .role--name { color: $text-secondary; text-style: bold; }
"""
"""The colours of the roles; every colour says again what a symbol or a word says already."""

ROLE_CLASSES = {f"role--{role}" for role in Role}


class Painter(Widget):
    """A widget that paints lines."""

    COMPONENT_CLASSES: ClassVar[set[str]] = ROLE_CLASSES
    ALLOW_SELECT = False

    @property
    def symbols(self) -> Symbols:
        """The symbols that this terminal can show."""
        return getattr(self.app, "symbols", None) or symbols_for()

    def paint(self, text: Line, width: int, *, over: Style | None = None) -> Strip:
        """One line, exactly ``width`` cells wide. ``over`` is laid over every part of it."""
        symbols = self.symbols
        if symbols.ascii_only:
            text = Line(tuple(Span(symbols.show(span.text), span.role) for span in text.spans))
        base = self.rich_style
        segments = []
        for span in fit(text, width, cut=symbols.cut).spans:
            style = base + self.get_component_rich_style(f"role--{span.role}", partial=True)
            segments.append(Segment(span.text, style if over is None else style + over))
        blank = base if over is None else base + over
        return Strip(segments).adjust_cell_length(width, blank)
