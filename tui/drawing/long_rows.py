"""Rows that are longer than the screen is wide, shown in full: wrapped, or with all of it below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tui.lines import Line, Role, Row, line, wrap_line

_FURTHER_IN = 2
_LONGEST_CUT = 3
"""Characters of the sign that something is cut off."""


def rows_in_full(rows: Sequence[Row], width: int) -> list[Row]:
    """The rows, with more lines below those that are cut or show less than all of it."""
    return [part for row in rows for part in _in_full(row, width)]


def _in_full(row: Row, width: int) -> Iterator[Row]:
    full = row.full or row.line
    if _is_cut_end(row.line, full):
        first, *more = wrap_line(full, width, _indent(full) + _FURTHER_IN)
        yield replace(row, line=first)
    else:
        yield row
        indent = _indent(full) or _indent(row.line) + _FURTHER_IN
        # It says again what stands above, so in one role.
        more = wrap_line(line(" " * indent, (full.text.strip(), Role.FAINT)), width, indent)
    for number, text in enumerate(more):
        yield Row((row.key, "in full", number), text, selectable=False)


def _is_cut_end(shown: Line, full: Line) -> bool:
    """Whether the line is the same as all of it, but for an end that is cut off."""
    same = 0
    for one, other in zip(shown.text, full.text, strict=False):
        if one != other:
            break
        same += 1
    return same >= len(shown.text) - _LONGEST_CUT


def _indent(text: Line) -> int:
    words = text.text
    return len(words) - len(words.lstrip(" "))
