"""What the panes have in common: a title, a list, a line to find things in, and the details of a row."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from tui.drawing.fields import Details
from tui.lines import Line, Role, line, spread
from tui.symbols import Symbols, symbols_for
from tui.widgets.findable import Findable
from tui.widgets.line_list import LineList
from tui.widgets.lines_view import LinesView


class Pane(Findable, Vertical):
    """One of the panes; its parent sets what it shows."""

    DEFAULT_CSS = """
    Pane { height: 1fr; width: 1fr; }
    Pane > LinesView { height: auto; }
    """
    NUMBER: ClassVar[str] = ""
    TITLE: ClassVar[str] = ""
    MARKS: ClassVar[bool] = True
    """Whether the row under the cursor is marked while the keys go elsewhere."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(LineList(id=f"{id}-list", marks=self.MARKS), id=id)
        self.title_view = LinesView(self._title, id=f"{id}-title")
        self.title_view.add_class("pane-title")
        self._is_active = False

    def compose(self) -> ComposeResult:
        """The title, whatever a pane puts above its list, the list."""
        yield self.title_view
        yield from self.compose_head()
        yield self.list

    def compose_head(self) -> ComposeResult:
        """What stands between the title and the list."""
        yield from ()

    @property
    def symbols(self) -> Symbols:
        """The symbols that this terminal can show."""
        return getattr(self.app, "symbols", None) or symbols_for()

    @property
    def width(self) -> int:
        """The cells that a row may take."""
        return self.row_width

    def remark(self) -> str:
        """What the title says besides the name."""
        return ""

    def details(self) -> Details | None:
        """The details of the row under the cursor."""
        raise NotImplementedError

    def _title(self, width: int) -> list[Line]:
        mark = self.symbols.here if self._is_active else " "
        name = line((f"{mark}{self.NUMBER} {self.TITLE}", Role.STRONG))
        return [spread(name, line((f"{self.remark()} ", Role.FAINT)), width, cut=self.symbols.cut)]

    def redraw_title(self) -> None:
        """Show the title anew."""
        self.title_view.show(self._title)

    def set_active(self, active: bool) -> None:
        """Say in the title whether the keys go here."""
        if active is not self._is_active:
            self._is_active = active
            self.redraw_title()

    @on(LineList.Resized)
    def _resized(self, event: LineList.Resized) -> None:
        self.redraw()
