"""From lines to strips: the only place where text becomes something that is written to the terminal."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.lines import Line, Role, Span, fit
from tui.matching import places
from tui.symbols import Symbols, symbols_for

_COLOURS = {
    Role.PLAIN: "foreground",
    Role.OK: "text-success",
    Role.FAIL: "text-error",
    Role.WARN: "text-warning",
    Role.BUSY: "text-secondary",
    Role.NAME: "text-secondary",
}
"""The colours of the roles, as the theme calls them; each says again what a symbol or a word says already."""

_SHAPES = {
    Role.FAIL: Style(bold=True),
    Role.FAINT: Style(dim=True),
    Role.STRONG: Style(bold=True),
    Role.NAME: Style(bold=True),
}


@lru_cache(maxsize=256)
def _style(role: Role, colour: str, without_colour: bool) -> Style:
    """How a role looks. Not by CSS: eight classes for each widget take longer than a first frame."""
    style = _SHAPES.get(role, Style())
    if without_colour and role is Role.WARN:
        style += Style(underline=True)
    with suppress(ColorParseError):
        style += Style(color=Color.parse(colour).rich_color)
    return style


class Painter(Widget):
    """A widget that paints lines."""

    ALLOW_SELECT = False
    _base: Style | None = None
    """The widget's own style while its lines are painted: every ancestor is asked, once for all lines."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a part of the widget."""
        try:
            return super().render_lines(crop)
        finally:
            self._base = None

    def on_mount(self) -> None:
        """Another theme may have other colours and the same background."""
        self.app.theme_changed_signal.subscribe(self, lambda theme: self.refresh())

    def role_style(self, role: Role) -> Style:
        """How a role looks in the theme of the app."""
        colour = self.app.theme_variables.get(_COLOURS.get(role, ""), "")
        return _style(role, colour, self.app.no_color)

    @property
    def symbols(self) -> Symbols:
        """The symbols that this terminal can show."""
        return getattr(self.app, "symbols", None) or symbols_for()

    def paint(self, text: Line, width: int, *, over: Style | None = None, needle: str = "") -> Strip:
        """One line, exactly ``width`` cells wide. ``over`` is laid over every part of it, and each place
        where ``needle`` stands is turned: reverse where the rest is not, and underlined."""
        symbols = self.symbols
        if symbols.ascii_only:
            text = Line(tuple(Span(symbols.show(span.text), span.role) for span in text.spans))
        base = self._base = self._base or self.rich_style
        segments = []
        for span in fit(text, width, cut=symbols.cut).spans:
            style = base + self.role_style(span.role)
            segments.append(Segment(span.text, style if over is None else style + over))
        blank = base if over is None else base + over
        strip = Strip(segments).adjust_cell_length(width, blank)
        return marked(strip, needle, reverse=over is None) if needle else strip


def marked(strip: Strip, needle: str, *, reverse: bool) -> Strip:
    """The strip with every place marked where ``needle`` stands."""
    text = strip.text
    cuts: list[int] = []
    for place in places(needle, text):
        cuts += [cell_len(text[: place.start]), cell_len(text[: place.stop])]
    if not cuts:
        return strip
    style = Style(reverse=reverse, underline=True)
    parts = list(strip.divide([*cuts, strip.cell_length]))
    return Strip.join(
        Strip([Segment(one.text, (one.style or Style()) + style) for one in part], part.cell_length)
        if number % 2
        else part
        for number, part in enumerate(parts)
    )
