"""What everything with a list has in common: `/` narrows the list, `n` and `N` go from match to match, and
`L` shows long lines in full.

The line to type into is made when it is first asked for: most lists are left without anybody looking for
anything in them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from textual import on
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from tui.drawing.long_rows import rows_in_full
from tui.lines import Line, Role, Row, line
from tui.matching import all_hits, keep_matches, nothing_found
from tui.rows_on_demand import RowsOnDemand
from tui.widgets.filter_bar import FilterBar, FilterLine
from tui.widgets.line_list import LineList


class Findable(Widget):
    """Something with a list in which things can be found."""

    @dataclass
    class Searched(Message):
        """A search has begun, or ended."""

    def __init__(self, rows: LineList, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.list = rows
        self.needle = ""
        """What is looked for."""
        self.in_full = False
        """Whether long lines are shown in full."""
        self.filter_line: FilterLine | None = None
        self._from: Hashable = None
        """The row that the cursor was on when somebody began to look for something."""

    # -- for those who derive from it ----------------------------------------------------------------

    def redraw(self) -> None:
        """Make the rows anew and show what changed."""
        raise NotImplementedError

    def inside_of(self, key: Hashable) -> Hashable:
        """The row that another is inside of, and that stays in sight with it; None for none."""
        return None

    @property
    def row_width(self) -> int:
        """The cells that a row may take."""
        return self.list.columns or 80

    def show_rows(self, rows: Sequence[Row], *, narrowed: bool = False) -> None:
        """Show those of the rows that hold what is looked for; of rows ``narrowed`` to that already, all.

        All of those are hits, unless some are marked as such."""
        if self.needle:
            if not narrowed:
                rows = keep_matches(rows, self.needle, self.inside_of)
            elif not any(row.hit for row in rows):
                rows = all_hits(rows)
            rows = rows or [nothing_found(self.needle)]
        if self.in_full and not isinstance(rows, RowsOnDemand):
            rows = rows_in_full(rows, self.row_width)
        self.list.set_rows(rows, self.needle)
        self.count_matches()

    # -- finding -------------------------------------------------------------------------------------

    @property
    def is_finding(self) -> bool:
        """Whether something is looked for, or about to be."""
        return bool(self.needle) or (self.filter_line is not None and self.filter_line.is_open)

    async def find(self) -> None:
        """Open the line to find things in."""
        if self.filter_line is None:
            self.filter_line = FilterLine(self._look_for)
            where = self.list.parent
            if not isinstance(where, Widget):
                self.filter_line = None
                return  # the list is only about to come
            await where.mount(self.filter_line, after=self.list)
        row = self.list.cursor_row
        self._from = None if row is None else row.key
        self.app.clear_notifications()  # they stand where the line is
        self.filter_line.open()
        self.count_matches()
        self.post_message(self.Searched())

    def find_next(self, direction: int) -> bool:
        """Go to the next match; returns whether anything is looked for."""
        if self.needle:
            self.list.select_hit(direction)
        return bool(self.needle)

    def clear_filter(self) -> bool:
        """Show everything again, with the cursor where it is; returns whether anything was looked for."""
        was_finding, row = self.is_finding, self.list.cursor_row
        if self.filter_line is not None:
            self.filter_line.close()
        if self.needle:
            self.needle = ""
            key = self._from if row is None else row.key
            self.reveal(key)
            self.redraw()
            self.list.select(key)
        if was_finding:
            self.post_message(self.Searched())
        return was_finding

    def reveal(self, key: Hashable) -> None:
        """Have this row in sight when everything is shown again."""

    def count_matches(self) -> None:
        """Say how many matches there are, and which of them the cursor is on."""
        if self.filter_line is None or not self.filter_line.is_open:
            return
        at, count = self.list.hits if self.needle else (0, 0)
        said = f" {at or '–'}/{count} " if self.needle else ""
        self.filter_line.tell(line((said, Role.STRONG if count else Role.WARN)) if said else Line())

    @on(Input.Changed)
    def _is_known(self, event: Input.Changed) -> None:
        if isinstance(event.input, FilterBar):
            event.stop()

    def _look_for(self, value: str) -> None:
        if value == self.needle or self.filter_line is None or not self.filter_line.is_open:
            return
        self.needle = value
        self.redraw()
        self.list.select(self._from)
        if self.needle:
            self.list.select_hit(stay=True)
        self.count_matches()
        self.list.tell_follower()

    @on(LineList.Highlighted)
    def _gone_to(self) -> None:
        self.count_matches()

    @on(FilterBar.Left)
    def _left(self, event: FilterBar.Left) -> None:
        event.stop()
        self.screen.set_focus(self.list)
        if event.clear or not self.needle:
            self.clear_filter()

    @on(FilterBar.Walked)
    def _walked(self, event: FilterBar.Walked) -> None:
        event.stop()
        self.find_next(event.direction)
