"""What a trace says of ladders: the rungs that were climbed, what was compared, what a proxy can do.

Events like those of events.py, where the union of all is.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class RungClimbed:
    """One layer of one hop, measured by itself: what a doctor's second look found (probes.ladder)."""

    kind: ClassVar[str] = "rung.climbed"
    at: float
    climb: int
    """The number of the ladder."""
    hop: int | None
    request: int | None
    """The request whose URL is climbed; None for a look at a hop that was not asked."""
    url: str
    """Secrets masked."""
    rung: str
    """A value of probes.ladder.faults.Rung."""
    judgement: str
    """A value of probes.ladder.faults.Judgement."""
    began: float
    """Seconds since the trace began."""
    seconds: float
    faults: tuple[str, ...] = ()
    """Values of probes.ladder.faults.Fault, the worst first."""
    evidence: tuple[str, ...] = ()
    """One sentence for each fault."""
    words: str = ""
    """What go says about it, from the inside of its error."""
    summary: str = ""
    """What was measured, in a few words."""
    because: str = ""
    """For a rung that was not climbed: why."""
    limits: tuple[str, ...] = ()
    """How long go itself waits here: "the handshake: 10 s"."""
    godebug: str = ""
    """The GODEBUG setting that gets go past it, "" where there is none."""
    report: dict[str, Any] = dataclasses.field(default_factory=dict)
    """The rung's own measurements."""


@dataclass(frozen=True, slots=True)
class ComparisonMade:
    """The same step in two ways: a large and a small hello, TLS 1.2 and 1.3, IPv4 and IPv6 …"""

    kind: ClassVar[str] = "comparison"
    at: float
    climb: int
    hop: int | None
    what: str
    differs: bool
    sentence: str
    godebug: str = ""
    report: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CapabilityLearned:
    """What a module proxy can do: one row of the capability table."""

    kind: ClassVar[str] = "capability"
    at: float
    hop: int | None
    url: str
    row: dict[str, Any] = dataclasses.field(default_factory=dict)
