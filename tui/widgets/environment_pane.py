"""The environment pane."""

from __future__ import annotations

from typing import ClassVar

from tui.drawing.environment_rows import EnvironmentView, environment_details, environment_rows, summary
from tui.drawing.fields import Details
from tui.lines import Role, Row, line
from tui.widgets.pane import Pane


class EnvironmentPane(Pane):
    """What go would see of its settings."""

    NUMBER: ClassVar[str] = "1"
    TITLE: ClassVar[str] = "Environment"

    def __init__(self) -> None:
        super().__init__(id="environment")
        self._view: EnvironmentView | None = None

    def show(self, view: EnvironmentView) -> None:
        """Show an environment."""
        self._view = view
        self.redraw()
        self.redraw_title()

    def remark(self) -> str:
        """How much was found."""
        return "" if self._view is None else summary(self._view, self.symbols)

    def redraw(self) -> None:
        """Make the rows anew."""
        if self._view is None:
            note = line(("  reading the settings …", Role.FAINT))
            self.show_rows([Row(("note",), note, selectable=False)])
        else:
            rows = environment_rows(self._view, self.width, self.symbols, self.needle)
            self.show_rows(rows, narrowed=True)

    def details(self) -> Details | None:
        """The variable under the cursor."""
        row = self.list.cursor_row
        if row is None or self._view is None:
            return None
        return environment_details(self._view, row.key, self.symbols)
