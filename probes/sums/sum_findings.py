"""What may be wrong with a go.sum: its place, go's words, the evidence, and the command that mends it.

The remedies are for a shell in the folder of the project. Lines are taken out with ``sed -i~``, which keeps
the file as it was beside it. Numbers of lines move when one is taken out: ``mending`` puts the remedies of
many findings together so that each file is edited once.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from probes.diagnosis.findings import Level

MOST_IN_A_COMMAND = 40
"""Modules, or ranges of lines, that one command names."""


class Fault(StrEnum):
    """What is wrong."""

    UNREADABLE = "unreadable"
    TOO_LONG = "too-long"
    MALFORMED = "malformed"
    CONFLICT = "merge-conflict"
    BYTE_ORDER_MARK = "byte-order-mark"
    TWO_HASHES = "two-hashes"
    BAD_HASH = "bad-hash"
    UNKNOWN_ALGORITHM = "unknown-algorithm"
    EMPTY_GO_MOD = "empty-go-mod"
    MISSING_GO_MOD = "missing-go-mod"
    MISSING_ZIP = "missing-zip"
    DIFFERS = "differs"
    """Somebody else has another hash."""
    UNKNOWN_TO_DATABASE = "unknown-to-database"
    NO_ANSWER = "no-answer"
    """Somebody was asked in vain."""
    DUPLICATE = "duplicate"
    EXTRA = "extra"
    CARRIAGE_RETURNS = "carriage-returns"
    UNSORTED = "unsorted"
    GRAPH = "graph"
    """What is needed cannot be told."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What somebody has."""

    who: str
    sum: str = ""
    words: str = ""
    """In place of a hash, or besides."""
    is_odd: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """Lines of a file to be taken out."""

    file: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class SumFinding:
    """One thing worth saying of a go.sum."""

    fault: Fault
    level: Level
    message: str
    file: str = ""
    line: int = 0
    """0 where it is about no line, or about one that is not there."""
    path: str = ""
    version: str = ""
    """Ends in "/go.mod" where it is about the hash of a go.mod."""
    go_says: str = ""
    evidence: tuple[Evidence, ...] = ()
    cuts: tuple[Cut, ...] = ()
    """Lines to take out first."""
    first: tuple[str, ...] = ()
    """Other commands that come before go's."""
    download: tuple[str, ...] = ()
    """What `go mod download` is then called with."""
    last: tuple[str, ...] = ()
    """Commands that come at the end."""
    advice: str = ""
    """What to do where no command can do it."""
    rule: str = ""

    @property
    def place(self) -> str:
        """FILE:LINE, as far as there is one."""
        return f"{self.file}:{self.line}" if self.line else self.file

    @property
    def remedy(self) -> tuple[str, ...]:
        """The commands that mend it, one after the other."""
        return mending((self,))

    def to_json(self) -> dict[str, Any]:
        """The finding as one JSON object."""
        return {
            "id": f"go-sum.{self.fault}",
            "level": str(self.level),
            "file": self.file,
            "line": self.line or None,
            "path": self.path or None,
            "version": self.version or None,
            "message": self.message,
            "go_says": self.go_says or None,
            "evidence": [
                {"who": one.who, "sum": one.sum or None, "words": one.words or None, "odd": one.is_odd}
                for one in self.evidence
            ],
            "remedy": list(self.remedy),
            "advice": self.advice or None,
            "rule": self.rule,
        }


def mending(findings: Iterable[SumFinding]) -> tuple[str, ...]:
    """The commands that mend all of these, in the order in which they have to come."""
    chosen = list(findings)
    commands = [*_cutting([cut for one in chosen for cut in one.cuts])]
    commands += dict.fromkeys(command for one in chosen for command in one.first)
    named = (module for one in chosen for module in one.download if not module.startswith("-"))
    modules = list(dict.fromkeys(named))
    for at in range(0, len(modules), MOST_IN_A_COMMAND):
        names = " ".join(shlex.quote(name) for name in modules[at : at + MOST_IN_A_COMMAND])
        commands.append(f"go mod download {names}")
    commands += dict.fromkeys(command for one in chosen for command in one.last)
    return tuple(commands)


def _cutting(cuts: list[Cut]) -> Iterable[str]:
    """One sed for each file; of a long one several, from its end on, so that the numbers before stay true."""
    by_file: dict[str, set[int]] = {}
    for cut in cuts:
        by_file.setdefault(cut.file, set()).update(range(cut.first, cut.last + 1))
    for file, numbers in by_file.items():
        ranges = _ranges(sorted(numbers))
        for end in range(len(ranges), 0, -MOST_IN_A_COMMAND):
            part = ranges[max(0, end - MOST_IN_A_COMMAND) : end]
            script = ";".join(f"{a}d" if a == b else f"{a},{b}d" for a, b in part)
            keeps = "~" if end == len(ranges) else ""
            yield f"sed -i{keeps} {shlex.quote(script)} {shell_file(file)}"


def shell_file(name: str) -> str:
    """A name of a file for a shell; one that begins with a dash is no option."""
    return shlex.quote(f"./{name}" if name.startswith("-") else name)


def _ranges(numbers: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = ranges[-1][0], number
        else:
            ranges.append((number, number))
    return ranges
