"""What a climb says while it goes on, and the ladder that comes of it.

One frozen class an event; ``at`` is seconds since the climb began. Nothing in an event is secret: texts are
masked and made safe when the values are made. Events come in the order of the rungs, the last one is always
ClimbFinished with the whole ladder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from probes.ladder.capability import CapabilityRow
from probes.ladder.comparisons import Comparison
from probes.ladder.faults import Fault, Judgement, Rung
from probes.ladder.model import Observation, RungResult, as_json


@dataclass(frozen=True, slots=True)
class Ladder:
    """All rungs of one hop."""

    url: str
    """What was climbed to, safe to show."""
    rungs: tuple[RungResult, ...]
    """One for each Rung, in its order."""
    seconds: float
    words: str = ""
    """What go says about this URL, with the words of the broken rung; "" when it says nothing."""
    comparisons: tuple[Comparison, ...] = ()
    """When they were asked for."""
    capability: CapabilityRow | None = None
    """What the module proxy can do, when it was asked for."""

    def __getitem__(self, rung: Rung) -> RungResult:
        """The result of one rung."""
        return next(result for result in self.rungs if result.rung is rung)

    @property
    def broken(self) -> RungResult | None:
        """The first rung that go does not get past."""
        return next((result for result in self.rungs if result.judgement is Judgement.BROKEN), None)

    @property
    def observations(self) -> tuple[Observation, ...]:
        """Everything that was seen on the rungs, from the bottom up."""
        return tuple(seen for result in self.rungs for seen in result.observations)

    @property
    def fault(self) -> Fault | None:
        """The fault of the broken rung, else the first that was seen."""
        if self.broken is not None:
            return self.broken.fault
        return self.observations[0].fault if self.observations else None

    def to_json(self) -> dict[str, Any]:
        """The ladder as one JSON object."""
        return {
            "url": self.url,
            "broken": None if self.broken is None else self.broken.rung.value,
            "fault": as_json(self.fault),
            "words": self.words,
            "ms": round(self.seconds * 1000, 3),
            "rungs": [result.to_json() for result in self.rungs],
            "comparisons": as_json(self.comparisons),
            "capability": as_json(self.capability),
        }


@dataclass(frozen=True, slots=True)
class ClimbStarted:
    """Before anything is sent."""

    kind: ClassVar[str] = "climb.started"
    at: float
    url: str


@dataclass(frozen=True, slots=True)
class RungStarted:
    """A rung is being climbed; one that is skipped never starts."""

    kind: ClassVar[str] = "rung.started"
    at: float
    rung: Rung


@dataclass(frozen=True, slots=True)
class RungFinished:
    """A rung was climbed, or skipped."""

    kind: ClassVar[str] = "rung.finished"
    at: float
    result: RungResult


@dataclass(frozen=True, slots=True)
class ComparisonMade:
    """One thing was done in two ways."""

    kind: ClassVar[str] = "comparison.made"
    at: float
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class CapabilityLearned:
    """Something more is known of what the module proxy can do; the last one is the whole row."""

    kind: ClassVar[str] = "capability.learned"
    at: float
    row: CapabilityRow


@dataclass(frozen=True, slots=True)
class ClimbFinished:
    """The end; no other event comes."""

    kind: ClassVar[str] = "climb.finished"
    at: float
    ladder: Ladder


ClimbEvent = ClimbStarted | RungStarted | RungFinished | ComparisonMade | CapabilityLearned | ClimbFinished
Emit = Callable[[ClimbEvent], None]
"""Called for each event, in the climb's own task; must not block."""


def event_json(event: ClimbEvent) -> dict[str, Any]:
    """One event as a JSON object."""
    facts: dict[str, Any] = {"event": event.kind, "at_ms": round(event.at * 1000, 3)}
    match event:
        case ClimbStarted():
            return {**facts, "url": event.url}
        case RungStarted():
            return {**facts, "rung": event.rung.value}
        case RungFinished():
            return {**facts, **event.result.to_json()}
        case ComparisonMade():
            return {**facts, "comparison": as_json(event.comparison)}
        case CapabilityLearned():
            return {**facts, "capability": as_json(event.row)}
        case ClimbFinished():
            return {**facts, "ladder": event.ladder.to_json()}
