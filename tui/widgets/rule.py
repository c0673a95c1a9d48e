"""The faint lines between the parts of the screen."""

from __future__ import annotations

from textual.strip import Strip

from tui.lines import Role, line
from tui.widgets.painting import ROLE_CSS, Painter


class Rule(Painter):
    """A line across, or with ``upright`` from top to bottom."""

    DEFAULT_CSS = f"""
    Rule {{ height: 1; width: 1fr; {ROLE_CSS} }}
    Rule.-upright {{ height: 1fr; width: 1; }}
    """

    def __init__(self, *, upright: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._upright = upright
        self.set_class(upright, "-upright")

    def render_line(self, y: int) -> Strip:
        """One row of it."""
        sign = self.symbols.upright if self._upright else self.symbols.rule * self.size.width
        return self.paint(line((sign, Role.FAINT)), self.size.width)
