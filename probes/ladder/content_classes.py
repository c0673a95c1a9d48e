"""Which cause a body names: the rows of content_classes.toml, read once and asked without I/O.

Source of the rows: golang/go#75218, #48107, #34141 and go-mod-proxy#36 (bodies of the public proxy and of its
storage), goproxy/goproxy response.go and error.go, JFrog's own error texts; the rest is marked in the data as
not confirmed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from probes.golang.redact import redact
from probes.ladder.faults import Fault
from probes.ladder.model import shown

SAMPLE_BYTES = 64 << 10
"""How much of a body is read for its words."""
_CONTEXT = 120


@dataclass(frozen=True, slots=True)
class FoundClass:
    """One cause that a body names."""

    fault: Fault
    says: str
    """The cause in one sentence, without its full stop."""
    where: str
    """"body", "header" or "place" (the URL that answered)."""
    phrase: str
    """The words that gave it away, safe to show."""
    confirmed: bool
    """Whether such words were seen in a recorded answer of the real thing."""


@dataclass(frozen=True, slots=True)
class _Row:
    fault: Fault
    says: str
    only: str
    words: tuple[re.Pattern[str], ...]
    headers: tuple[re.Pattern[str], ...]
    place: re.Pattern[str] | None
    confirmed: bool


@cache
def _rows() -> tuple[_Row, ...]:
    text = files("probes.ladder").joinpath("content_classes.toml").read_text(encoding="utf-8")
    return tuple(
        _Row(
            fault=Fault(row["fault"]),
            says=row["says"],
            only=row.get("only", ""),
            words=tuple(_pattern(words) for words in row.get("words", ())),
            headers=tuple(_pattern(words) for words in row.get("headers", ())),
            place=_pattern(row["place"]) if "place" in row else None,
            confirmed=row.get("confirmed", True),
        )
        for row in tomllib.loads(text)["class"]
    )


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE | re.DOTALL | re.MULTILINE)


def classes_of(
    text: str, headers: Sequence[tuple[str, str]] = (), place: str = "", *, html: bool
) -> tuple[FoundClass, ...]:
    """The causes that an answer names, the most telling first, each fault once."""
    # Secrets go before anything is cut out: half of one would not be known for what it is.
    text = redact(text)
    lines = redact("\n".join(f"{name}: {value}" for name, value in headers))
    found: dict[Fault, FoundClass] = {}
    for row in _rows():
        if row.fault in found or row.only == ("text" if html else "html"):
            continue
        for where, phrase in _hits(row, text, lines, place):
            found[row.fault] = FoundClass(row.fault, row.says, where, shown(phrase, limit=160), row.confirmed)
            break
    return tuple(found.values())


def _hits(row: _Row, text: str, lines: str, place: str) -> Iterator[tuple[str, str]]:
    for pattern in row.headers:
        match = pattern.search(lines)
        if match is not None:
            yield "header", _line_around(lines, match.start())
    if row.place is not None and row.place.search(place):
        yield "place", place
    for pattern in row.words:
        match = pattern.search(text)
        if match is not None:
            yield "body", _words_around(text, *match.span())


def _line_around(text: str, start: int) -> str:
    return text[start:].split("\n", 1)[0]


def _words_around(text: str, start: int, end: int) -> str:
    """The line that the words stand in, cut to a length that can be read."""
    before = text.rfind("\n", 0, start) + 1
    after = text.find("\n", start)
    after = len(text) if after < 0 else after
    before = max(before, start - _CONTEXT // 3)
    after = min(after, max(before + _CONTEXT, min(end, start + _CONTEXT)))
    return " ".join(text[before:after].split())
