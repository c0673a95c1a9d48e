"""The lines of a file as rows: numbered, in roles, long ones in as many rows as they take."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from tui.drawing.highlighting import plain_line, tabs_out
from tui.lines import Line, Role, Row, chop, line, part_of
from tui.matching import found_in
from tui.rows_on_demand import RowsOnDemand


@dataclass(frozen=True, slots=True)
class TextRows:
    """What the rows are made of."""

    lines: Sequence[str]
    colours: Sequence[Line] | None = None
    """The same lines in roles."""
    role: Callable[[str], Role] | None = None
    """Where there are no colours, the role of a whole line."""
    numbered: bool = True
    mask: Callable[[str], str] | None = None
    """What makes a text other names; None where everything is shown. Masked lines are not in roles."""

    @property
    def _gutter(self) -> int:
        return len(str(len(self.lines))) + 2 if self.numbered else 1

    def rows(self, width: int, needle: str = "") -> RowsOnDemand:
        """The rows for a width; with ``needle`` only the lines that hold it."""
        room = max(8, width - self._gutter)
        keys: list[Hashable] = []
        for number, text in enumerate(self.lines):
            if needle and not found_in(needle, tabs_out(text)):
                continue
            keys += [(number, start, end) for start, end in self._parts(text, room)]
        return RowsOnDemand(keys, lambda key: self._row(key, bool(needle)))

    def _parts(self, text: str, room: int) -> list[tuple[int, int]]:
        """Where a line is broken; of its safe text, with the tabs as blanks."""
        if self.mask is not None or (len(text) <= room and text.isascii() and text.isprintable()):
            return [(0, -1)]
        whole = plain_line(text).text
        parts, at = [], 0
        for piece in chop(whole, room) if len(whole) < 8000 else _even(whole, room):
            parts.append((at, at + len(piece)))
            at += len(piece)
        return parts or [(0, -1)]

    def _row(self, key: Hashable, hit: bool) -> Row:
        assert isinstance(key, tuple)
        number, start, end = key
        text = self.lines[number]
        shown = text if self.mask is None else self.mask(text)
        body = self._line(number, shown)
        if end >= 0:
            body = part_of(body, start, end)
        gutter = " "
        if self.numbered:
            gutter = f"{number + 1 if start == 0 else '':>{self._gutter - 1}} "
        return Row(key, line((gutter, Role.FAINT)) + body, copy=shown, hit=hit)

    def _line(self, number: int, shown: str) -> Line:
        if self.colours is not None and self.mask is None:
            return self.colours[number]
        whole = plain_line(shown)
        if self.role is None:
            return whole
        role = self.role(shown)
        return line(*((span.text, role) for span in whole.spans))


def _even(text: str, room: int) -> list[str]:
    """Pieces by characters: of a line of a million of them the cells are not counted."""
    return [text[at : at + room] for at in range(0, len(text), room)]
