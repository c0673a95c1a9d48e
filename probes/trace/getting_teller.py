"""What the candidates of a search say, told as one story: numbers, clock, and whose each request is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import monotonic

from probes.golang.redact import redact
from probes.trace.events import Emit, Event, RequestFinished, RequestStarted
from probes.trace.get_events import GetFinished, PrefixAnswered, PrefixAsked
from probes.trace.origin_events import (
    OriginDecided,
    OriginEvent,
    ProgramFinished,
    ProgramHeld,
    ProgramStarted,
)

FIRST_PROGRAM = 1_000_001
"""The number of the first program: those of the trace, which may be told beside this, begin with 1."""


@dataclass(slots=True)
class GetTeller:
    """Numbers the requests of all candidates, and stamps the events with one clock."""

    emit: Emit
    began: float = field(default_factory=monotonic)
    requests: int = 0
    programs: int = FIRST_PROGRAM

    def now(self) -> float:
        """Seconds since the search began."""
        return monotonic() - self.began

    def emit_now(self, kind: type, **fields: object) -> None:
        """Emit an event of this class, stamped with the time."""
        self.emit(kind(at=self.now(), **fields))

    def end(self, finished: GetFinished) -> None:
        """The verdict, stamped, without secrets."""
        self.emit_now(
            GetFinished,
            outcome=finished.outcome,
            module=finished.module,
            version=finished.version,
            has_package=finished.has_package,
            error=None if finished.error is None else redact(finished.error),
            rule=finished.rule,
            detail=redact(finished.detail),
            warnings=tuple(redact(words) for words in finished.warnings),
        )

    def about(self, prefix: str) -> Emit:
        """Takes what a narrator says, and tells the requests in it as those of one candidate."""
        numbers: dict[int, tuple[int, float]] = {}
        programs: dict[int, int] = {}

        def told(event: Event) -> None:
            if isinstance(event, OriginEvent):
                self.emit(replace(self._renumbered(event, programs), at=self.now()))
            elif isinstance(event, RequestStarted):
                numbers[event.request] = self.requests, self.now()
                self.requests += 1
                self.emit_now(
                    PrefixAsked, number=numbers[event.request][0], prefix=prefix, hop=event.hop, op=event.op,
                    version=event.version, url=event.url,
                )  # fmt: skip
            elif isinstance(event, RequestFinished):
                number, began = numbers.pop(event.request)
                self.emit_now(
                    PrefixAnswered, number=number, status=event.status, bytes=event.bytes, began=began,
                    error=event.error,
                )  # fmt: skip

        return told

    def _renumbered(self, event: OriginEvent, programs: dict[int, int]) -> OriginEvent:
        """An event of direct mode, as one of no hop: those of the trace may be told beside it."""
        match event:
            case ProgramStarted():
                programs[event.program] = self.programs
                self.programs += 1
                return replace(event, program=programs[event.program], walk=None, hop=None)
            case ProgramFinished():
                return replace(event, program=programs[event.program], walk=None, hop=None)
            case OriginDecided():
                program = None if event.program is None else programs.get(event.program)
                return replace(event, request=None, program=program, walk=None, hop=None)
            case ProgramHeld():
                return replace(event, walk=None, hop=None)
            case _:
                return replace(event, request=None, program=None, hop=None)
