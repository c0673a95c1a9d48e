"""What a trace says of the search of `go get`: every prefix of a path, asked at each entry of the list.

Events like those of events.py, where the union of all is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from probes.golang.protocol import Op
from probes.trace.verdicts import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class GetStarted:
    """The search of `go get` begins: which module has the package? (probes.trace.getting)"""

    kind: ClassVar[str] = "get.started"
    at: float
    argument: str
    """PATH or PATH@QUERY, as go cleans it."""
    path: str
    query: str
    prefixes: tuple[str, ...]
    """The module paths that go asks for, the longest first."""
    private: tuple[str, ...] = ()
    """Those of them that GONOPROXY matches."""


@dataclass(frozen=True, slots=True)
class PrefixAsked:
    """A request for one of the module paths is on its way."""

    kind: ClassVar[str] = "get.asked"
    at: float
    number: int
    prefix: str
    """"" for a request to the checksum database."""
    hop: int | None
    op: Op
    version: str
    url: str


@dataclass(frozen=True, slots=True)
class PrefixAnswered:
    """A request of the search has an answer, or has failed."""

    kind: ClassVar[str] = "get.answered"
    at: float
    number: int
    status: int | None
    bytes: int
    began: float
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PrefixJudged:
    """What became of one module path at one entry of the list."""

    kind: ClassVar[str] = "get.judged"
    at: float
    hop: int
    prefix: str
    standing: str
    """A value of probes.golang.prefixes.Standing."""
    version: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PrefixesRanked:
    """What all module paths together come to at one entry, and what the edge behind it decides."""

    kind: ClassVar[str] = "get.ranked"
    at: float
    hop: int
    name: str
    """The entry, for people."""
    verdict: Verdict
    because: str
    deciding: str
    """The module path that was taken, or whose error is that of the entry."""
    why: tuple[tuple[str, str], ...] = ()
    """For module paths with a standing that needs words: what it means."""


@dataclass(frozen=True, slots=True)
class GetFinished:
    """The end of the search: what `go get` would do in a project that requires nothing yet."""

    kind: ClassVar[str] = "get.finished"
    at: float
    outcome: Outcome
    module: str = ""
    """The module that go takes, "" where none is needed or found."""
    version: str = ""
    has_package: bool = False
    """Whether the path is a package in that module; else it is only the module's own path."""
    error: str | None = None
    """What go prints."""
    rule: str = ""
    detail: str = ""
    """What could not be told, or where this verdict ends, in one sentence."""
    warnings: tuple[str, ...] = ()
    """What go prints besides."""
