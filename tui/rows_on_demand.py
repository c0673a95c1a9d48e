"""Rows that are made when somebody looks at them: of ten thousand, as many as fit on the screen."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import overload

from tui.lines import Row


class RowsOnDemand(Sequence[Row]):
    """A row for each key, made when it is first asked for. All can be selected; all are hits, or none."""

    def __init__(self, keys: Sequence[Hashable], make: Callable[[Hashable], Row]) -> None:
        self._keys = keys
        self._make = make
        self._made: dict[int, Row] = {}

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, at: int) -> Row: ...

    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...

    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        at = range(len(self))[at]
        row = self._made.get(at)
        if row is None:
            row = self._made[at] = self._make(self._keys[at])
        return row

    def find(self, key: Hashable) -> int | None:
        """Where the row with this key is; no row is made for that."""
        try:
            return self._keys.index(key)  # seldom asked for twice: sooner done than a table of all
        except ValueError:
            return None
