"""A few lines of text that are painted again only where they change."""

from __future__ import annotations

from collections.abc import Callable

from textual.geometry import Region, Size
from textual.strip import Strip

from tui.lines import Line
from tui.widgets.painting import Painter

Build = Callable[[int], list[Line]]
"""Makes the lines for a width in cells."""


class LinesView(Painter):
    """Shows what a function makes for the width at hand; as high as that is, unless styled otherwise."""

    DEFAULT_CSS = """
    LinesView {
        width: 1fr;
        height: auto;
    }
    """

    def __init__(self, build: Build | None = None, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._build: Build = build or (lambda width: [])
        self._shown: list[Line] = []
        self._width = 0

    def show(self, build: Build) -> None:
        """Show something else; a line that stays the same is left alone."""
        self._build = build
        before = self._shown
        self._make(self._width or self.size.width)
        if len(before) != len(self._shown):
            self.refresh(layout=True)
            return
        for y, (old, new) in enumerate(zip(before, self._shown, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def _make(self, width: int) -> list[Line]:
        self._width = width
        self._shown = self._build(width) if width > 0 else []
        return self._shown

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as there are lines."""
        return len(self._make(width))

    def render_line(self, y: int) -> Strip:
        """One row."""
        width = self.size.width
        if width != self._width:
            self._make(width)
        return self.paint(self._shown[y] if y < len(self._shown) else Line(), width)

    @property
    def text(self) -> str:
        """What is shown, without its roles."""
        return "\n".join(shown.text.rstrip() for shown in self._shown)
