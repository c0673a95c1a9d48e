"""The files that ``go env -w`` writes and that a Go tree carries: go/env and go.env.

Source: cmd/go/internal/cfg readEnvFile. A line counts when its first byte is A to Z and it holds "=". The key
is what stands before the first "=", the value everything after it, verbatim: no trimming, no quotes, no
comments, no byte order mark; a carriage return stays in the value. Of several lines with one key the last
wins in the user's file and the first in the Go tree's: a line of go.env never replaces a value already there,
not even one of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, without its line feed."""

    number: int
    """From 1."""
    text: str
    """The line; bytes that are not UTF-8 as surrogates."""
    key: str | None
    """The variable it sets; None when go ignores the line."""
    value: str
    """What go takes as the value; "" for an ignored line."""


@dataclass(frozen=True, slots=True)
class EnvFile:
    """One settings file as it was found."""

    path: str
    """As go opens it; may be relative to the working directory."""
    data: bytes | None = field(repr=False)
    """Its bytes; None when there is none or it cannot be read."""
    problem: str | None = None
    """Why a file that exists could not be read, in the system's words. go silently goes on without it."""
    first_wins: bool = False
    """Of several lines with one key the first counts: so in the Go tree's go.env."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines, also those that go ignores."""
        return parse_lines(self.data or b"")

    def entries(self, key: str) -> tuple[Line, ...]:
        """The lines that set ``key``, the one that counts first, then those it hides."""
        found = entries(self.data or b"").get(key, ())
        return found if self.first_wins else found[::-1]

    def where(self, line: Line) -> str:
        """The place of a line: ``path:number``."""
        return f"{self.path}:{line.number}"


@lru_cache(maxsize=32)
def parse_lines(data: bytes) -> tuple[Line, ...]:
    """Take a settings file apart as readEnvFile does."""
    texts = data.decode("utf-8", "surrogateescape").split("\n")
    if texts[-1] == "":
        texts.pop()
    return tuple(_parse_line(number, text) for number, text in enumerate(texts, 1))


def _parse_line(number: int, text: str) -> Line:
    key, equals, value = text.partition("=")
    if not equals or not "A" <= text[0] <= "Z":
        return Line(number, text, None, "")
    return Line(number, text, key, value)


@lru_cache(maxsize=32)
def entries(data: bytes) -> Mapping[str, tuple[Line, ...]]:
    """The lines that count, by key, in the order of the file."""
    found: dict[str, tuple[Line, ...]] = {}
    for line in parse_lines(data):
        if line.key is not None:
            found[line.key] = (*found.get(line.key, ()), line)
    return found
