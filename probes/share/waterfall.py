"""When each request ran, and what it waited for: the rows of a waterfall, for text and for pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from probes.trace.events import RequestFinished
from probes.trace.fold import Request, Trace

PHASES = ("names", "connect", "tls", "first_byte", "body")
LETTERS = {"names": "n", "connect": "c", "tls": "t", "first_byte": "w", "body": "b", "other": "-"}
LEGEND = "n names  c connect  t TLS  w waiting for the answer  b body  - other"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A phase of a request, in seconds from the start of the trace."""

    phase: str
    """One of LETTERS."""
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Row:
    """One request."""

    request: Request
    began: float
    ended: float
    stretches: tuple[Stretch, ...]

    @property
    def seconds(self) -> float:
        """How long it took, or has taken so far."""
        return self.ended - self.began

    def bar(self, total: float, width: int) -> str:
        """The row as ``width`` characters: blanks, and a letter for what went on; at least one."""
        if total <= 0 or width < 1:
            return ""
        cells = []
        for cell in range(width):
            at = (cell + 0.5) * total / width
            cells.append(next((LETTERS[s.phase] for s in self.stretches if s.began <= at < s.ended), " "))
        if not "".join(cells).strip():
            longest = max(self.stretches, key=lambda s: s.ended - s.began)
            cells[min(width - 1, int(self.began / total * width))] = LETTERS[longest.phase]
        return "".join(cells)


def rows(trace: Trace) -> list[Row]:
    """The requests in the order in which they were made."""
    return [_row(request, trace.now) for request in trace.requests.values()]


def total_seconds(made: list[Row]) -> float:
    """From the start of the trace to the end of the last request."""
    return max((row.ended for row in made), default=0.0)


def _row(request: Request, now: float) -> Row:
    finished = request.finished
    if finished is None:
        began = request.started.at
        ended = max(began, now)
        return Row(request, began, ended, (Stretch("first_byte", began, ended),))
    ended = max(finished.began, finished.at)
    return Row(request, finished.began, ended, tuple(_stretches(finished, ended)))


def _stretches(finished: RequestFinished, ended: float) -> Iterator[Stretch]:
    """The phases one after the other, as they were timed; what is left is "other"."""
    at = finished.began
    for phase in PHASES:
        seconds = getattr(finished.timing, phase)
        if seconds and seconds > 0 and at < ended:
            until = min(ended, at + seconds)
            yield Stretch(phase, at, until)
            at = until
    if at < ended or at == finished.began:
        yield Stretch("other", at, ended)
