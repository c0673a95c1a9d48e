"""Where the cursor of a list is, and where a key takes it: rows with keys, some of which are passed over."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from tui.lines import Row
from tui.rows_on_demand import RowsOnDemand


class Selection:
    """Rows and a cursor that stays on its row's key while rows come, go and change."""

    def __init__(self) -> None:
        self.rows: Sequence[Row] = ()
        self.at = 0
        """The index of the row that the cursor is on."""
        self._key: Hashable = None
        """The row that was last chosen: the cursor comes back to it when it has been away for a while."""

    @property
    def row(self) -> Row | None:
        """The row that the cursor is on; None when there is none to be on."""
        return self.rows[self.at] if self._can_select(self.at) else None

    def _can_select(self, at: int) -> bool:
        return 0 <= at < len(self.rows) and self.rows[at].selectable

    def replace(self, rows: Sequence[Row]) -> None:
        """Other rows: the cursor goes where its row is now, or else to the nearest place."""
        self.rows = rows
        found = self.find(self._key)
        self.at = self._nearest(min(self.at, max(0, len(rows) - 1))) if found is None else found

    def _nearest(self, at: int) -> int:
        if self._can_select(at):
            return at
        below, above = self.step(at, 1), self.step(at, -1)
        return below if below is not None else above if above is not None else 0

    def put(self, at: int) -> None:
        """Choose a row."""
        self.at, self._key = at, self.rows[at].key

    # -- where to ------------------------------------------------------------------------------------

    def find(self, key: Hashable) -> int | None:
        """Where the row with this key is."""
        if isinstance(self.rows, RowsOnDemand):
            return self.rows.find(key)
        return next((at for at, row in enumerate(self.rows) if row.key == key and row.selectable), None)

    def find_hit(self, direction: int, *, stay: bool) -> int | None:
        """The next row that is a hit, going round; with ``stay`` the present one counts first."""
        count = len(self.rows)
        for step in range(0 if stay else 1, count + 1):
            at = (self.at + direction * step) % count
            if self.rows[at].hit:
                return at
        return None

    @property
    def hits(self) -> tuple[int, int]:
        """Which of the hits the cursor is on, counted from 1, and how many there are; 0 for none of them."""
        if isinstance(self.rows, RowsOnDemand):
            return (self.at + 1, len(self.rows)) if self.rows and self.rows[0].hit else (0, 0)
        hits = [at for at, row in enumerate(self.rows) if row.hit]
        return (hits.index(self.at) + 1 if self.at in hits else 0), len(hits)

    def step(self, start: int, direction: int) -> int | None:
        """The next row that can be selected."""
        at = start + direction
        while 0 <= at < len(self.rows):
            if self.rows[at].selectable:
                return at
            at += direction
        return None

    def page(self, direction: int, height: int) -> int | None:
        """The row a page away, or as near to it as can be."""
        aim = max(0, min(len(self.rows) - 1, self.at + direction * max(1, height - 1)))
        if self._can_select(aim):
            return aim
        onward = self.step(aim, direction)
        return self.step(aim, -direction) if onward is None else onward

    def edge(self, *, last: bool) -> int | None:
        """The first or the last row."""
        return self.step(len(self.rows), -1) if last else self.step(-1, 1)
