"""Which lines of a text became which, in bounded time.

difflib is cubic at worst, and what is compared here was written by anybody. So: equal lines at both ends are
set aside; lines that stand once in both texts anchor the rest (patience diff, Bram Cohen); between them the
shortest way is sought (Eugene Myers, An O(ND) Difference Algorithm, 1986) as long as there is effort left.
Where there is none, all old lines between two anchors go and all new ones come: that is a true difference
still, only not the shortest.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

EFFORT = 2_000_000
"""Steps; some second or two."""
_LARGEST = 1200
"""Changes between two anchors that are followed one by one: what is remembered of them grows by squares."""

Match = tuple[int, int, int]
"""Where equal lines begin in the old and in the new text, and how many they are."""


@dataclass(slots=True)
class Matches:
    """The equal lines of two texts."""

    found: list[Match] = field(default_factory=list)
    is_shortest: bool = True
    """False where the effort was at an end before everything was compared."""
    spent: int = 0
    """Of the effort."""


def match_lines(old: Sequence[str], new: Sequence[str], effort: int = EFFORT) -> Matches:
    """The equal lines, in order, adjacent ones together."""
    work = _Work(old, new, effort)
    work.between(0, len(old), 0, len(new))
    joined: list[Match] = []
    for a, b, count in work.matches.found:
        if joined and joined[-1][0] + joined[-1][2] == a and joined[-1][1] + joined[-1][2] == b:
            joined[-1] = (*joined[-1][:2], joined[-1][2] + count)
        else:
            joined.append((a, b, count))
    work.matches.found = joined
    work.matches.spent = effort - work.effort
    return work.matches


@dataclass(slots=True)
class _Work:
    old: Sequence[str]
    new: Sequence[str]
    effort: int
    matches: Matches = field(default_factory=Matches)

    def between(self, a: int, a_end: int, b: int, b_end: int) -> None:
        """Match old lines a to a_end with new lines b to b_end."""
        todo = [(a, a_end, b, b_end)]
        while todo:  # no recursion: anchors within anchors can be as many as there are lines
            a, a_end, b, b_end = todo.pop()
            if a_end < 0:
                self.add(a, b, b_end)
                continue
            start = a
            while a < a_end and b < b_end and self.old[a] == self.new[b]:
                a, b = a + 1, b + 1
            self.add(start, b - (a - start), a - start)
            tail = 0
            while a < a_end and b < b_end and self.old[a_end - 1] == self.new[b_end - 1]:
                a_end, b_end, tail = a_end - 1, b_end - 1, tail + 1
            # What comes after is put aside first: the list is worked off from its end.
            todo.append((a_end, -1, b_end, tail))
            self.effort -= a_end - a + b_end - b
            if a == a_end or b == b_end:
                continue
            anchors = self.anchors(a, a_end, b, b_end)
            if not anchors:
                self.shortest(a, a_end, b, b_end)
                continue
            inner = []
            for at, to in anchors:
                inner += [(a, at, b, to), (at, -1, to, 1)]
                a, b = at + 1, to + 1
            todo += [*inner, (a, a_end, b, b_end)][::-1]

    def add(self, a: int, b: int, count: int) -> None:
        if count:
            self.matches.found.append((a, b, count))

    def anchors(self, a: int, a_end: int, b: int, b_end: int) -> list[tuple[int, int]]:
        """Lines that stand once on both sides, as many as keep their order (longest increasing run)."""
        if self.effort <= 0:
            return []
        olds, news = Counter(self.old[a:a_end]), Counter(self.new[b:b_end])
        places = {self.new[at]: at for at in range(b, b_end) if news[self.new[at]] == 1}
        pairs = [
            (at, places[self.old[at]])
            for at in range(a, a_end)
            if self.old[at] in places and olds[self.old[at]] == 1
        ]
        ends: list[int] = []
        chosen: list[int] = []
        before: list[int] = []
        for number, (_, to) in enumerate(pairs):
            at = bisect_left(ends, to)
            before.append(chosen[at - 1] if at else -1)
            if at == len(ends):
                ends.append(to)
                chosen.append(number)
            else:
                ends[at], chosen[at] = to, number
        way: list[tuple[int, int]] = []
        number = chosen[-1] if chosen else -1
        while number >= 0:
            way.append(pairs[number])
            number = before[number]
        return way[::-1]

    def shortest(self, a: int, a_end: int, b: int, b_end: int) -> None:
        """The shortest way from old lines to new ones, if it is short enough."""
        size, other = a_end - a, b_end - b
        reached = {1: 0}
        steps: list[dict[int, int]] = []
        for changes in range(min(size + other, _LARGEST) + 1):
            if self.effort <= 0:
                break
            now: dict[int, int] = {}
            for k in range(-changes, changes + 1, 2):
                down = k == -changes or (k != changes and reached.get(k - 1, -1) < reached.get(k + 1, -1))
                x = reached.get(k + 1, 0) if down else reached.get(k - 1, 0) + 1
                y = x - k
                if x > size or y > other or y < 0:
                    continue
                self.effort -= 1
                while x < size and y < other and self.old[a + x] == self.new[b + y]:
                    x, y = x + 1, y + 1
                    self.effort -= 1
                now[k] = x
                if x == size and y == other:
                    steps.append(now)
                    self.walk_back(steps, a, b, size, other)
                    return
            steps.append(now)
            reached = now
        self.matches.is_shortest = False

    def walk_back(self, steps: list[dict[int, int]], a: int, b: int, x: int, y: int) -> None:
        """The equal lines on the way that was found, from its end to its beginning."""
        found: list[Match] = []
        for changes in range(len(steps) - 1, 0, -1):
            k = x - y
            last = steps[changes - 1]
            down = k - 1 not in last or (k + 1 in last and last[k - 1] < last[k + 1])
            x_before = last[k + 1] if down else last[k - 1]
            y_before = x_before - (k + 1 if down else k - 1)
            x_now = x_before if down else x_before + 1
            if x > x_now:
                found.append((a + x_now, b + x_now - k, x - x_now))
            x, y = x_before, y_before
        if x:
            found.append((a, b, x))
        self.matches.found += found[::-1]
