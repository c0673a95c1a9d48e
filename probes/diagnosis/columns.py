"""How wide text is on a terminal, and text made to fit.

A cell of a terminal holds one narrow character; East Asian wide and full-width characters (UAX #11) take two,
combining marks none. What comes in is safe already: no control characters (probes.golang.safetext).
"""

from __future__ import annotations

import unicodedata

from probes.golang.safetext import MARK


def columns(text: str) -> int:
    """How many cells ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells; a cut is marked with an ellipsis."""
    return text if columns(text) <= width else _head(text, width - 1) + MARK


def wrapped(text: str, width: int, most: int) -> list[str]:
    """``text`` in at most ``most`` lines of ``width`` cells, broken at blanks; a cut ends in an ellipsis."""
    lines: list[str] = []
    rest = " ".join(text.split())
    while rest:
        if columns(rest) <= width:
            lines.append(rest)
            break
        if len(lines) == most - 1:
            lines.append(cut(rest, width))
            break
        head = _head(rest, width)
        at = head.rfind(" ") if rest[len(head)] != " " else len(head)
        head = rest[:at] if at > width // 3 else head
        lines.append(head.rstrip())
        rest = rest[len(head) :].lstrip()
    return lines


def _head(text: str, width: int) -> str:
    """The longest beginning that takes at most ``width`` cells; at least one character."""
    taken = 0
    for index, character in enumerate(text):
        taken += _cells(character)
        if taken > width and index:
            return text[:index]
    return text
