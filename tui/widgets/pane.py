"""What the panes have in common: a title, a list, a line to find things in, and the details of a row."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from tui.drawing.fields import Details
from tui.lines import Line, Role, line, spread
from tui.symbols import Symbols, symbols_for
from tui.widgets.filter_bar import FilterBar
from tui.widgets.line_list import LineList
from tui.widgets.lines_view import LinesView


class Pane(Vertical):
    """One of the panes; its parent sets what it shows."""

    DEFAULT_CSS = """
    Pane { height: 1fr; width: 1fr; }
    Pane > LinesView { height: auto; }
    """
    NUMBER: ClassVar[str] = ""
    TITLE: ClassVar[str] = ""
    FILTERS: ClassVar[bool] = False
    """Whether `/` hides the rows that do not match; otherwise it only goes to those that do."""

    MARKS: ClassVar[bool] = True
    """Whether the row under the cursor is marked while the keys go elsewhere."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.needle = ""
        """What `/` looks for."""
        self.title_view = LinesView(self._title, id=f"{id}-title")
        self.title_view.add_class("pane-title")
        self.list = LineList(id=f"{id}-list", marks=self.MARKS)
        self._is_active = False
        self.filter_bar = FilterBar()

    def compose(self) -> ComposeResult:
        """The title, whatever a pane puts above its list, the list, the line to find things in."""
        yield self.title_view
        yield from self.compose_head()
        yield self.list
        yield self.filter_bar

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
        return self.list.columns or 80

    def remark(self) -> str:
        """What the title says besides the name."""
        return ""

    def redraw(self) -> None:
        """Make the rows anew and show what changed."""
        raise NotImplementedError

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

    # -- finding -------------------------------------------------------------------------------------

    def find(self) -> None:
        """Open the line to find things in."""
        self.filter_bar.open()

    def find_next(self, direction: int) -> bool:
        """Go to the next match; returns whether anything is being looked for."""
        if self.needle:
            self.list.select_match(self.needle, direction)
        return bool(self.needle)

    def clear_filter(self) -> bool:
        """Show everything again; returns whether anything was hidden or looked for."""
        was_open = bool(self.needle) or self.filter_bar.has_class("-open")
        self.filter_bar.close()
        if self.needle:
            self.needle = ""
            self.redraw()
        return was_open

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value == self.needle:
            return
        self.needle = event.value
        if self.FILTERS:
            self.redraw()
        if self.needle:
            self.list.select_match(self.needle, stay=True)

    @on(FilterBar.Left)
    def _left(self, event: FilterBar.Left) -> None:
        event.stop()
        self.list.focus()
        if event.clear:
            self.clear_filter()
