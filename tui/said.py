"""What the engine has said in a session: kept as long as the trace is on the screen, and saved if wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from probes.browse.table import BrowseEvent, DownloadProgress
from probes.trace.events import Event, TraceStarted


class Recorder(Protocol):
    """Who saves a session (probes.share.session_file)."""

    problem: str
    """Why nothing is saved any more; "" as long as something is."""

    @property
    def path(self) -> Path | None:
        """The file."""

    def emit(self, event: Event | BrowseEvent, /) -> None:
        """Take an event in; raises nothing."""

    def close(self) -> None:
        """End the session properly."""

    def drop(self) -> None:
        """Leave it as it is, to be resumed."""


MakeRecorder = Callable[[Mapping[str, str]], Recorder]
"""Makes a recorder for a process environment."""


class Said:
    """The events of one trace and of its table of versions, in order."""

    def __init__(self, make_recorder: MakeRecorder | None = None) -> None:
        self.in_trace: list[Event] = []
        self.in_table: list[BrowseEvent] = []
        self.count = 0
        """How much was said since the session began."""
        self._waits_for_trace = False
        """Nothing is saved before the next trace begins."""
        self.recorder: Recorder | None = None
        """Who saves all of it; made with the first event, when the first frame is on the screen."""
        self._make_recorder = make_recorder
        self._backlog: list[Event | BrowseEvent] = []
        """What another file holds, and what the next one begins with."""

    @property
    def is_saved(self) -> bool:
        """Whether what is said is saved, as far as is known."""
        return self._make_recorder is not None

    def begin(self) -> None:
        """Another trace begins."""
        self.in_trace, self.in_table, self._backlog = [], [], []

    def recall(self, events: Sequence[Event | BrowseEvent]) -> None:
        """Take in what was said and saved before. It is saved once more when something is added to it."""
        self.begin()
        for event in events:
            if event.kind.startswith(("browse.", "download.")):
                self.in_table.append(event)  # type: ignore[arg-type]
            else:
                self.in_trace.append(event)  # type: ignore[arg-type]
        self._backlog = list(events)
        self.count += 1

    def disown(self) -> None:
        """What was recalled is somebody else's, and is never saved as the user's own: it could be resumed."""
        self._backlog, self._waits_for_trace = [], True

    def add(self, event: Event, process: Mapping[str, str]) -> str:
        """Keep an event of the trace; returns what is to be told of saving it: its first failure, or ""."""
        self.in_trace.append(event)
        return self._save(event, process)

    def add_to_table(self, event: BrowseEvent, process: Mapping[str, str]) -> str:
        """The same of the module browser. Of how far a download has come the last is enough to know."""
        last = self.in_table[-1] if self.in_table else None
        if not isinstance(event, DownloadProgress):
            self.in_table.append(event)
            return self._save(event, process)
        if isinstance(last, DownloadProgress) and last.wanted == event.wanted:
            self.in_table.pop()
        self.in_table.append(event)
        self.count += 1
        return ""

    def _save(self, event: Event | BrowseEvent, process: Mapping[str, str]) -> str:
        self.count += 1
        if self._make_recorder is None or (self._waits_for_trace and not isinstance(event, TraceStarted)):
            return ""
        self._waits_for_trace = False
        if self.recorder is None:
            self.recorder = self._make_recorder(process)
        for earlier in self._backlog:
            self.recorder.emit(earlier)
        self._backlog = []
        self.recorder.emit(event)
        if self.recorder.problem:
            self._make_recorder = None
        return self.recorder.problem

    def close(self, *, properly: bool = True) -> None:
        """End the saved session; improperly where whoever looked at it was cut off, and may resume it."""
        if self.recorder is None:
            return
        if properly:
            self.recorder.close()
        else:
            self.recorder.drop()
