"""The word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def distance(a: str, b: str) -> int:
    """How many characters to insert, drop, change or swap with their neighbour to get from ``a`` to ``b``."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and y == a[i - 2]:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]


def nearest(word: str, known: Iterable[str], *, most: int) -> str | None:
    """The known word at most ``most`` steps away, the closest first; None when there is none."""
    ranked = sorted((distance(word, candidate), candidate) for candidate in known)
    return ranked[0][1] if ranked and ranked[0][0] <= most else None
