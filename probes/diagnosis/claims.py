"""False statements about modules that guides repeat, found in a text at their line and column.

The statements stand in claims.toml, each with the correct fact and where it comes from. A statement is looked
for in one sentence at a time, and not at all when the sentence itself denies it. This is a list of known
errors, no judgement of a text: what is not in the list is not found.
"""

from __future__ import annotations

import bisect
import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from probes.golang.redact import redacted

LONGEST_SENTENCE = 600
"""Characters; what is longer is no sentence."""
BEFORE = 250
"""Characters before a sentence that may say what it is about."""
MOST = 60
"""Statements of one text."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement that is wrong."""

    id: str
    wrong: str
    correct: str
    reference: str
    all: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    unless_before: tuple[re.Pattern[str], ...] = ()
    """Searched in what stands before the sentence."""

    def search(self, sentence: str, before: str = "") -> re.Match[str] | None:
        """Where a sentence makes the statement; None when it does not, or denies it."""
        found = [expression.search(sentence) for expression in self.all]
        if None in found or any(expression.search(sentence) for expression in self.unless):
            return None
        if any(expression.search(before) for expression in self.unless_before):
            return None
        return found[0]


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim found in a text."""

    claim: Claim
    line: int
    column: int
    """From 1, in characters of the line."""
    length: int
    source: str
    """The line, secrets masked."""

    def to_json(self) -> dict[str, Any]:
        """The statement as one JSON object."""
        return {
            "id": self.claim.id,
            "wrong": self.claim.wrong,
            "correct": self.claim.correct,
            "reference": self.claim.reference,
            "line": self.line,
            "column": self.column,
            "length": self.length,
            "source": self.source,
        }


@lru_cache(maxsize=1)
def claims() -> tuple[Claim, ...]:
    """All statements, in the order of the file."""
    text = files("probes.diagnosis").joinpath("claims.toml").read_text(encoding="utf-8")
    return tuple(
        Claim(
            id=row["id"],
            wrong=row["wrong"],
            correct=row["correct"],
            reference=row["reference"],
            all=_compiled(row["all"]),
            unless=_compiled(row["unless"]),
            unless_before=_compiled(row.get("unless_before", [])),
        )
        for row in tomllib.loads(text)["claim"]
    )


def _compiled(expressions: list[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(expression, re.IGNORECASE) for expression in expressions)


def statements(text: str, skip: Collection[int] = ()) -> list[Statement]:
    """The false statements of a text; lines whose numbers are in ``skip`` are not looked at."""
    found: dict[tuple[str, int], Statement] = {}
    starts = _line_starts(text)
    for start, sentence in _sentences(text, starts, skip):
        for claim in claims():
            match = claim.search(sentence, text[max(0, start - BEFORE) : start])
            if match is None:
                continue
            line = _line_at(starts, start + match.start())
            statement = _statement(claim, text, starts, line, start + match.start(), len(match[0]))
            found.setdefault((claim.id, line), statement)
            if len(found) >= MOST:
                return list(found.values())
    return list(found.values())


def _statement(claim: Claim, text: str, starts: list[int], line: int, at: int, length: int) -> Statement:
    end = text.find("\n", starts[line])
    source = text[starts[line] : end if end >= 0 else len(text)].rstrip("\r")[:4000]
    shown = redacted(source)
    first = shown.index(at - starts[line])
    last = shown.index(min(at - starts[line] + length, len(source)))
    return Statement(claim, line + 1, first + 1, max(last - first, 1), shown.text)


# --- Sentences

_END = re.compile(r"[。！？；]|(?<!e\.g)(?<!i\.e)[.!?;](?=[\s”’\"')]|$)|[\n\r]")
_OWN_LINE = re.compile(r"\s*(?:[-*+>|#$%]|\d+[.)、]|`{3}|\w+=|export\s|set\s|ENV\s|go\s|curl\s|$)")
"""A line that begins a sentence of its own: a list, a table, a heading, a command."""
_COMMAND = re.compile(r"[ \t]*(?:[$#%] )?(?:(?:export|set|ENV|go|curl)\b|\w+=)")


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _line_at(starts: list[int], index: int) -> int:
    return bisect.bisect_right(starts, index) - 1


def _sentences(text: str, starts: list[int], skip: Collection[int]) -> Iterator[tuple[int, str]]:
    """Sentences with the index of their first character; one may go on in the next line."""
    paragraph = 0
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(text)
        following = text[end : end + 80]
        if number + 1 in skip:
            paragraph = end
            continue
        is_last = number + 1 == len(starts) or number + 2 in skip
        if is_last or _OWN_LINE.match(following.split("\n")[0]) or _COMMAND.match(text, start, end):
            yield from _cut(text, paragraph, end)
            paragraph = end


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The sentences of a paragraph; a line feed in it is a blank."""
    whole = text[start:end].rstrip().replace("\r", " ").replace("\n", " ")
    at = 0
    for match in _END.finditer(whole):
        if match[0] not in "\n\r" and match.end() - at > 2:
            if match.end() - at <= LONGEST_SENTENCE:
                yield start + at, whole[at : match.end()]
            at = match.end()
    if 2 < len(whole) - at <= LONGEST_SENTENCE:
        yield start + at, whole[at:]
