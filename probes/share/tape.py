"""A whole saved session for playing: checked from end to end before the first of it is shown.

A screen cannot stop in the middle and say that the file is no good, so everything that can be wrong with a
file is found here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

from probes.browse.table import BrowseEvent, BrowseStarted
from probes.share.pace import pause
from probes.share.played import Ending, Played, consistent, finish
from probes.share.session_file import Header
from probes.share.session_reader import BadSession, Entry, SessionReader
from probes.trace.events import SettingView, TraceStarted

BROWSING = ("browse.", "download.")
"""How the kinds of events of the module browser begin."""


@dataclass(frozen=True, slots=True)
class Tape:
    """The entries of a session, and when each is due at the speed at which it happened."""

    entries: tuple[Entry, ...] = field(repr=False)
    due: tuple[float, ...] = field(repr=False)
    """Seconds from the start of the tape, for each entry."""
    starts: tuple[int, ...]
    """Where each trace begins: numbers of entries."""
    asked: tuple[int, ...]
    """Where the module browser begins to ask."""
    whole: Played = field(repr=False)
    """What the session comes to in the end; its trace is the last one, what-if or not."""
    closed: bool
    """Whether it was ended properly."""

    @property
    def header(self) -> Header | None:
        """The header; None for a recording and for a bare stream of events."""
        return self.whole.header

    @property
    def length(self) -> float:
        """Seconds."""
        return self.due[-1]

    @property
    def settings(self) -> tuple[SettingView, ...]:
        """The variables of the last trace, else those of the header."""
        started = self.whole.trace.started
        if started is not None and started.settings:
            return started.settings
        return () if self.header is None else self.header.settings

    def versions_before(self, entry: int, path: str) -> list[BrowseEvent]:
        """What the module browser had said of a path before an entry: other settings may leave it true."""
        asked = bisect_left(self.asked, entry)
        if not asked:
            return []
        said = [earlier.event for earlier in self.entries[self.asked[asked - 1] : entry]]
        first = said[0]
        if not isinstance(first, BrowseStarted) or first.path != path:
            return []
        return [event for event in said if event.kind.startswith(BROWSING)]  # type: ignore[misc]

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be told of the file."""
        found = []
        if self.whole.cut:
            found.append("the last line is cut off: whoever wrote it was stopped")
        if self.whole.full:
            found.append("the session went on after its file was full")
        if self.whole.skipped:
            found.append(f"{self.whole.skipped} events that only a newer modtrace knows were left out")
        return tuple(found)


def read_tape(lines: Iterable[bytes]) -> Tape:
    """A whole file. Raises BadSession for what cannot be played to its end."""
    reader = SessionReader(lines)
    entries: list[Entry] = []
    due: list[float] = []
    starts: list[int] = []
    asked: list[int] = []
    played, at = Played(), 0.0
    for entry in reader:
        at += pause(entries[-1].t if entries else None, entry.t, running=played.running)
        if isinstance(entry.event, TraceStarted):
            starts.append(len(entries))
            if played.traces:
                _check_trace(played)
        if isinstance(entry.event, BrowseStarted):
            asked.append(len(entries))
        played.header = reader.header
        played.apply(entry)
        entries.append(entry)
        due.append(at)
    finish(reader, played)
    if played.ending is Ending.NO_TRACE:
        raise BadSession("there is no trace in it")
    _check_trace(played)
    return Tape(tuple(entries), tuple(due), tuple(starts), tuple(asked), played, reader.closed)


def _check_trace(played: Played) -> None:
    """Raise BadSession for a trace that nobody could report."""
    with consistent("the trace"):
        played.trace.to_json()
        if played.trace.finished is not None:
            played.cases()
