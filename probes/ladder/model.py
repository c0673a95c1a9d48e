"""What a rung says of itself: measured, judged, with evidence.

Everything here is a frozen value that may be shown, sent or recorded as it is: whoever makes one passes
text of servers and settings through ``shown`` first, which masks secrets and makes the text safe for a
terminal. Times are seconds; at the JSON edge they become milliseconds, and their names end in "ms".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from probes.golang.redact import redact
from probes.golang.safetext import safe_text
from probes.golang.shown import shown
from probes.ladder.faults import Fault, Judgement, Rung
from probes.ladder.go_limits import GO_LIMITS, GoLimit

__all__ = ["Observation", "RungResult", "as_json", "rung_result", "shown", "shown_words", "skipped"]

MAX_WORDS = 4096


def shown_words(text: str) -> str:
    """Go's words, to the letter but for secrets and for what a terminal would obey.

    Lines stay lines, and the tab that Go begins the second one with stays a tab.
    """
    lines = redact(text)[:MAX_WORDS].split("\n")
    return "\n".join("\t" * line.startswith("\t") + safe_text(line.removeprefix("\t")) for line in lines)


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing seen on a rung that is not as it should be."""

    fault: Fault
    judgement: Judgement
    """WARNING or BROKEN."""
    evidence: str
    """What was seen, in a whole sentence, safe to show."""
    godebug: str = ""
    """The setting that gets go past it, such as "GODEBUG=tlsmlkem=0"; "" where there is none."""


@dataclass(frozen=True, slots=True)
class RungResult:
    """One rung: what was measured and what it comes to."""

    rung: Rung
    judgement: Judgement
    observations: tuple[Observation, ...] = ()
    """The worst first."""
    words: str = ""
    """What go says about it, from the inside of its error ("dial tcp …"); "" when go says nothing."""
    began: float = 0.0
    """Seconds since the climb began."""
    seconds: float = 0.0
    because: str = ""
    """For a skipped rung: why."""
    report: object | None = None
    """The rung's own measurements: a NamesReport, a TCPReport, …"""

    @property
    def fault(self) -> Fault | None:
        """The worst fault, or None."""
        return self.observations[0].fault if self.observations else None

    @property
    def go_limits(self) -> tuple[GoLimit, ...]:
        """How long go itself waits on this rung."""
        return GO_LIMITS[self.rung]

    def has(self, fault: Fault) -> bool:
        """Whether this fault was seen."""
        return any(seen.fault is fault for seen in self.observations)

    def to_json(self) -> dict[str, Any]:
        """The result as one JSON object."""
        said = as_json(self)
        assert isinstance(said, dict)
        return {**said, "fault": as_json(self.fault), "go_limits": as_json(self.go_limits)}


_SEVERITY = {Judgement.BROKEN: 0, Judgement.WARNING: 1, Judgement.OK: 2, Judgement.SKIPPED: 3}


def rung_result(
    rung: Rung,
    observations: Iterable[Observation],
    *,
    words: str = "",
    began: float,
    seconds: float,
    report: object | None = None,
) -> RungResult:
    """A rung that was climbed: its observations in order, the worst of them its judgement."""
    ordered = tuple(sorted(observations, key=lambda seen: _SEVERITY[seen.judgement]))
    judgement = ordered[0].judgement if ordered else Judgement.OK
    return RungResult(rung, judgement, ordered, shown_words(words), began, seconds, "", report)


def skipped(rung: Rung, because: str, *, began: float = 0.0) -> RungResult:
    """A rung that was not climbed."""
    return RungResult(rung, Judgement.SKIPPED, because=because, began=began)


def as_json(value: object) -> Any:
    """Any value of the ladder as JSON: seconds become milliseconds, enums their values, times ISO 8601."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dict(
            _field_as_json(field.name, getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.repr
        )
    if isinstance(value, tuple | list | frozenset):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {str(as_json(key)): as_json(item) for key, item in value.items()}
    return value


_IN_SECONDS = frozenset({"seconds", "began", "at"})


def _field_as_json(name: str, value: object) -> tuple[str, Any]:
    if not isinstance(value, int | float | None) or isinstance(value, bool):
        return name, as_json(value)
    if name in _IN_SECONDS or name.endswith("_s"):
        stem = {"seconds": "ms"}.get(name, name.removesuffix("_s") + "_ms")
        return stem, None if value is None else round(value * 1000, 3)
    return name, value
