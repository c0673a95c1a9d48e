"""The detail pane: everything about the row under the cursor."""

from __future__ import annotations

from typing import ClassVar

from tui.drawing.fields import Details, detail_rows
from tui.lines import Role, Row, line
from tui.widgets.pane import Pane


class DetailPane(Pane):
    """Shows details; on screens that are wide enough it stands beside the others."""

    NUMBER: ClassVar[str] = "4"
    TITLE: ClassVar[str] = "Details"
    MARKS: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__(id="detail")
        self._details: Details | None = None

    def show(self, details: Details | None) -> None:
        """Show other details."""
        if details == self._details:
            return
        self._details = details
        self.redraw()
        self.redraw_title()

    def remark(self) -> str:
        """What they are about."""
        return "" if self._details is None else self._details.title

    def redraw(self) -> None:
        """Make the rows anew."""
        if self._details is None:
            note = line(("  choose a row to see more of it", Role.FAINT))
            self.show_rows([Row(("note",), note, selectable=False)])
        else:
            self.show_rows(detail_rows(self._details, self.width, self.needle), narrowed=True)

    def details(self) -> Details | None:
        """There are none behind these."""
        return None
