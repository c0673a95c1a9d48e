"""The details of a row, on screens without room for a detail pane."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from tui.drawing.fields import Details, detail_rows
from tui.keys import key
from tui.lines import Row
from tui.messages import Copy
from tui.screens.overlay import Overlay
from tui.widgets.line_list import LineList


class DetailScreen(Overlay[None]):
    """Shows details, and keeps them fresh while a trace runs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("Y", "app.copy_as", "detail.copy_as", "Copy the row's request as a command"),
        key(
            "p", "app.privacy", "detail.privacy", "Hosts, users and private paths under other names, and back"
        ),
    ]
    HINT: ClassVar[str] = "esc back   / find   y copy the line"
    NARROWS: ClassVar[bool] = True

    def __init__(self, make: Callable[[], Details | None]) -> None:
        self._make = make
        self._details = make()
        super().__init__("" if self._details is None else self._details.title)
        if self._remedy() is not None:
            self.HINT = "esc back   / find   y copy the remedy; on another row, that"  # type: ignore[misc]

    def _remedy(self) -> str | None:
        return None if self._details is None else self._details.first_remedy()

    def action_copy(self) -> None:
        """Copy the remedy as long as nobody has gone to a row of his own."""
        remedy = self._remedy()
        row = self.list.cursor_row
        if remedy is not None and row is not None and row.key == self.list.rows[0].key:
            self.post_message(Copy(remedy))
        else:
            super().action_copy()

    def make_rows(self, width: int) -> list[Row]:
        """The fields."""
        return [] if self._details is None else detail_rows(self._details, width, self.needle)

    def refresh_details(self) -> None:
        """Show what has changed."""
        details = self._make() or self._details
        if details != self._details:
            self._details = details
            self.redraw()
        self.set_heading("" if details is None else details.title)

    @on(LineList.Opened)
    def _opened(self) -> None:
        self.dismiss(None)
