"""A saved session played: folded to the trace that it tells, with the diagnoses of the live run.

Nothing here prints or waits. Live, replayed and headless runs fold the same events, so they give equal
traces, equal diagnoses and equal exit codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum

from probes.browse.table import BrowseEvent, BrowseFinished, BrowseStarted, VersionTable
from probes.diagnosis.catalogue import Shell
from probes.diagnosis.diagnose import Case, diagnose
from probes.share.session_file import Header
from probes.share.session_reader import BadSession, Entry, SessionReader
from probes.trace.events import Event, Outcome, TraceFinished, TraceStarted
from probes.trace.fold import Trace

_CONTRADICTIONS = (
    KeyError, IndexError, ValueError, TypeError, AttributeError, AssertionError, OverflowError,
    RecursionError,
)  # fmt: skip


class Ending(StrEnum):
    """How what was saved comes to an end."""

    WHOLE = "whole"
    """The trace ended, in whatever way."""
    BROKEN_OFF = "broken off"
    """The trace was running when the session ended: killed, or the line dropped."""
    NO_TRACE = "no trace"


@dataclass(frozen=True, slots=True)
class Take:
    """One trace of a session."""

    trace: Trace = field(repr=False)
    events: list[Event] = field(repr=False)

    @property
    def is_what_if(self) -> bool:
        """Whether values were tried in it that are not real."""
        return self.trace.started is not None and bool(self.trace.started.real)


@dataclass
class Played:
    """What a session comes to; ``apply`` takes it one entry further."""

    trace: Trace = field(default_factory=Trace)
    """The last trace of the session, with what was looked at behind it; of ``chosen``, the chosen one."""
    table: VersionTable = field(default_factory=VersionTable)
    traces: int = 0
    header: Header | None = None
    cut: bool = False
    full: bool = False
    skipped: int = 0
    events: list[Event] = field(default_factory=list)
    """Those of that trace."""
    browsing: bool = False
    takes: list[Take] = field(default_factory=list)
    """All traces, in order."""
    number: int = 0
    """Which of them is here, from 1; 0 for the last one."""

    def apply(self, entry: Entry) -> None:
        """Take an entry in. Raises BadSession for one that does not fit what came before."""
        event = entry.event
        with consistent(event.kind):
            if event.kind.startswith(("browse.", "download.")):
                self._browse(event)  # type: ignore[arg-type]
                return
            if isinstance(event, TraceStarted):
                self.trace, self.events = Trace(), []
                self.takes.append(Take(self.trace, self.events))
                self.traces += 1
            elif self.trace.started is None:
                raise BadSession(f"{event.kind} comes before any trace.started")
            check_references(self.trace, event)  # type: ignore[arg-type]
            self.trace.apply(event)  # type: ignore[arg-type]
            self.events.append(event)  # type: ignore[arg-type]

    def _browse(self, event: BrowseEvent) -> None:
        if isinstance(event, BrowseStarted):
            self.browsing = True
        elif isinstance(event, BrowseFinished):
            self.browsing = False
        self.table.apply(event)

    def chosen(self, number: int | None = None) -> Played:
        """The same with one trace, from 1; without a number the last one with the real settings.

        Where there is none, the last one. A trace that another one cut short is only taken where no other
        one ended. Raises BadSession for a number that no trace has.
        """
        if not self.takes:
            return self
        if number is None:
            number = self._last_real()
        if not 1 <= number <= len(self.takes):
            count = len(self.takes)
            raise BadSession(f"it has no trace {number}: it has {count} trace{'' if count == 1 else 's'}")
        take = self.takes[number - 1]
        return replace(self, trace=take.trace, events=take.events, number=number)

    def _last_real(self) -> int:
        last = len(self.takes)
        real = [at for at, take in enumerate(self.takes, 1) if not take.is_what_if] or [last]
        ended = [at for at in real if self.takes[at - 1].trace.finished is not None]
        return real[-1] if real[-1] == last or not ended else ended[-1]

    @property
    def running(self) -> bool:
        """Whether something is on its way at this point."""
        return self.browsing or (self.trace.started is not None and self.trace.finished is None)

    @property
    def ending(self) -> Ending:
        """How it ends."""
        if self.trace.started is None:
            return Ending.NO_TRACE
        return Ending.WHOLE if self.trace.finished is not None else Ending.BROKEN_OFF

    @property
    def as_doctor(self) -> bool:
        """Whether the live run was a doctor's: by the header, else by what was looked at."""
        if self.header is not None and self.header.command in ("trace", "doctor"):
            return self.header.command == "doctor"
        return bool(self.trace.climbs)

    def cases(self) -> tuple[Case, ...]:
        """The diagnoses of the last trace, written for the shell of whoever ran it."""
        shell = Shell.POSIX
        if self.header is not None and self.header.shell in Shell.__members__.values():
            shell = Shell(self.header.shell)
        with consistent("the trace"):
            return diagnose(self.trace, shell=shell)

    def is_interrupted(self) -> bool:
        """Whether somebody stopped the live run."""
        return self.trace.finished is not None and self.trace.finished.outcome is Outcome.CANCELLED


def play(reader: SessionReader) -> Iterator[tuple[Entry, Played]]:
    """Each entry with what the session comes to so far; the same ``Played`` each time. Raises BadSession."""
    played = Played()
    for entry in reader:
        played.header = reader.header
        played.apply(entry)
        yield entry, played


def play_all(lines: Iterable[bytes]) -> Played:
    """A whole file at once. Raises BadSession."""
    reader = SessionReader(lines)
    played = Played()
    for entry in reader:
        played.apply(entry)
    finish(reader, played)
    return played


def finish(reader: SessionReader, played: Played) -> None:
    """What the reader learnt by the end."""
    played.header = reader.header
    played.cut, played.full, played.skipped = reader.cut, reader.full, reader.skipped


def check_references(trace: Trace, event: Event) -> None:
    """Raise BadSession where an event names a hop, a request or a walk that is none."""
    hop = getattr(event, "hop", None)
    hops = 0 if trace.route is None else len(trace.route.hops)
    if hop is not None and not 0 <= hop < hops:
        raise BadSession(f"{event.kind} is about hop {hop}, and the route has {hops}")
    request = getattr(event, "request", None)
    if request is not None and event.kind != "request.started" and request not in trace.requests:
        raise BadSession(f"{event.kind} is about request {request}, which was not made")
    walk = event.failed_walk if isinstance(event, TraceFinished) else getattr(event, "walk", None)
    if walk is not None and event.kind != "walk.started" and walk not in trace.walks:
        raise BadSession(f"{event.kind} is about walk {walk}, which was not begun")
    if isinstance(event, TraceStarted):
        for place, view in enumerate(event.route.hops):
            if view.id != place:
                raise BadSession(f"hop {view.id} stands at place {place} of the route")


@contextmanager
def consistent(what: str) -> Iterator[None]:
    """Turn what a contradiction in a file leads to into BadSession."""
    try:
        yield
    except _CONTRADICTIONS as error:
        words = str(error).split("\n", 1)[0][:120]
        raise BadSession(f"{what} contradicts itself ({type(error).__name__}: {words})") from error
