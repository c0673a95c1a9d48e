"""What saving says while it runs, and its fold: versions and their files, how far each of them is.

The events are immutable facts and hold no secrets. ``at`` is seconds since the saving began.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, ClassVar

from probes.golang.protocol import Op
from probes.trace.events import Outcome, event_to_json

RATE_WINDOW_S = 5.0
"""The rate is that of the last seconds."""


@dataclass(frozen=True, slots=True)
class Want:
    """A version that is to be saved."""

    path: str
    query: str
    only_mod: bool = False
    """Whether .info and .mod will do: go needs no more of versions that only stand in the graph."""

    def __str__(self) -> str:
        return f"{self.path}@{self.query}"


@dataclass(frozen=True, slots=True)
class SaveStarted:
    """What is going to be saved."""

    kind: ClassVar[str] = "save.started"
    at: float
    folder: str
    wanted: tuple[Want, ...]
    source: str
    """"the chain", or the proxy."""


@dataclass(frozen=True, slots=True)
class WantAdded:
    """One more version has turned out to be needed."""

    kind: ClassVar[str] = "save.added"
    at: float
    want: Want


@dataclass(frozen=True, slots=True)
class FileStarted:
    """A file is being fetched."""

    kind: ClassVar[str] = "save.file.started"
    at: float
    want: Want
    version: str
    op: Op
    source: str
    received: int = 0
    """What is there from a run before, if the server lets us go on with it."""


@dataclass(frozen=True, slots=True)
class FileProgress:
    """Bytes have come in."""

    kind: ClassVar[str] = "save.file.progress"
    at: float
    want: Want
    op: Op
    received: int
    total: int | None


@dataclass(frozen=True, slots=True)
class FileSaved:
    """A file is in its place, whole and looked over."""

    kind: ClassVar[str] = "save.file.saved"
    at: float
    want: Want
    version: str
    op: Op
    file: str
    bytes: int
    source: str
    was_there: bool = False
    """It was saved before, and is as it should be."""
    was_resumed: bool = False
    h1: str = ""
    checked: str = ""


@dataclass(frozen=True, slots=True)
class VersionSaved:
    """All files of a version are there."""

    kind: ClassVar[str] = "save.version.saved"
    at: float
    want: Want
    version: str
    sum: str | None
    go_mod_sum: str | None
    note: str = ""


_AGREE = "with --run (in the app: the key !) git is started for that"


@dataclass(frozen=True, slots=True)
class VersionFailed:
    """A version could not be saved."""

    kind: ClassVar[str] = "save.version.failed"
    at: float
    want: Want
    version: str | None
    outcome: Outcome
    error: str
    needs_direct: bool = False
    """go would take it from its repository, for which no program was agreed to."""
    is_private: bool = False
    """GONOPROXY matches the path: no proxy was asked for it."""

    @property
    def words(self) -> str:
        """Why, in one line for people."""
        if self.needs_direct and self.is_private:
            return f"it is private: go takes it from its repository; no proxy was asked for it; {_AGREE}"
        if self.needs_direct:
            return f"no proxy has it: go would take it from its repository; {_AGREE}"
        known = f"{self.want.path}@{self.version or self.want.query}: "  # the name stands before these words
        return " ".join(self.error.removeprefix(known).split())


@dataclass(frozen=True, slots=True)
class SaveFinished:
    """It is over."""

    kind: ClassVar[str] = "save.finished"
    at: float
    cancelled: bool = False
    error: str | None = None
    """What ended all of it: no room, no permission."""


SaveEvent = (
    SaveStarted
    | WantAdded
    | FileStarted
    | FileProgress
    | FileSaved
    | VersionSaved
    | VersionFailed
    | SaveFinished
)
SaveEmit = Callable[[SaveEvent], None]


def save_event_to_json(event: SaveEvent) -> dict[str, Any]:
    """The event as one JSON object, in the form of event_to_json."""
    return event_to_json(event)  # type: ignore[arg-type]


# -- the fold ----------------------------------------------------------------------------------------


class State(StrEnum):
    """How far a version or a file is."""

    WAITING = "waiting"
    FETCHING = "fetching"
    SAVED = "saved"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(slots=True)
class FileState:
    """One file as far as it is."""

    op: Op
    source: str = ""
    state: State = State.FETCHING
    received: int = 0
    total: int | None = None
    saved: FileSaved | None = None
    _samples: deque[tuple[float, int]] = field(default_factory=deque)

    def note(self, at: float, received: int, total: int | None) -> None:
        """Bytes have come in."""
        if received < self.received:
            self._samples.clear()  # from the beginning again
        self.received, self.total = received, total if total is not None else self.total
        self._samples.append((at, received))
        while len(self._samples) > 2 and at - self._samples[0][0] > RATE_WINDOW_S:
            self._samples.popleft()

    @property
    def rate(self) -> float | None:
        """Bytes a second, lately; None before it is known."""
        if len(self._samples) < 2:
            return None
        (began, first), (ended, last) = self._samples[0], self._samples[-1]
        return (last - first) / (ended - began) if ended > began else None

    @property
    def remaining_s(self) -> float | None:
        """Seconds until it is there, at this rate; None where that is not known."""
        rate = self.rate
        if self.total is None or not rate:
            return None
        return max(0, self.total - self.received) / rate


@dataclass(slots=True)
class WantState:
    """One version as far as it is."""

    want: Want
    state: State = State.WAITING
    version: str = ""
    files: dict[Op, FileState] = field(default_factory=dict)
    saved: VersionSaved | None = None
    failed: VersionFailed | None = None

    @property
    def words(self) -> str:
        """Path and version, or what was asked for as long as that is not known."""
        return f"{self.want.path}@{self.version or self.want.query}"


class Saving:
    """One saving, folded from its events."""

    def __init__(self) -> None:
        self.started: SaveStarted | None = None
        self.finished: SaveFinished | None = None
        self.wants: dict[Want, WantState] = {}
        self.now = 0.0

    def apply(self, event: SaveEvent) -> None:
        """Take one event in."""
        self.now = event.at
        match event:
            case SaveStarted():
                self.started = event
                self.wants = {want: WantState(want) for want in event.wanted}
            case WantAdded():
                self._drop_mod(event.want)
                self.wants.setdefault(event.want, WantState(event.want))
            case SaveFinished():
                self._finish(event)
            case _:
                self._apply(self.wants.setdefault(event.want, WantState(event.want)), event)

    def _drop_mod(self, want: Want) -> None:
        """Forget that only the go.mod of a version was wanted, now that all of it is."""
        mod = replace(want, only_mod=True)
        if not want.only_mod and mod in self.wants and self.wants[mod].state is State.SAVED:
            del self.wants[mod]

    def _apply(
        self,
        state: WantState,
        event: FileStarted | FileProgress | FileSaved | VersionSaved | VersionFailed,
    ) -> None:
        match event:
            case FileStarted():
                state.state, state.version = State.FETCHING, event.version
                state.files[event.op] = FileState(event.op, event.source, received=event.received)
            case FileProgress():
                file = state.files.setdefault(event.op, FileState(event.op))
                file.note(event.at, event.received, event.total)
            case FileSaved():
                file = state.files.setdefault(event.op, FileState(event.op))
                file.state, file.saved, file.source = State.SAVED, event, event.source
                file.received = event.bytes
                state.version = event.version
            case VersionSaved():
                state.state, state.saved, state.version = State.SAVED, event, event.version
            case VersionFailed():
                state.state, state.failed = State.FAILED, event
                state.version = event.version or state.version
                for file in state.files.values():
                    file.state = State.FAILED if file.state is State.FETCHING else file.state

    def _finish(self, event: SaveFinished) -> None:
        self.finished = event
        for state in self.wants.values():
            if state.state in (State.WAITING, State.FETCHING):
                state.state = State.STOPPED
                for file in state.files.values():
                    file.state = State.STOPPED if file.state is State.FETCHING else file.state

    # -- the whole -----------------------------------------------------------------------------------

    def of(self, state: State) -> list[WantState]:
        """The versions that are this far."""
        return [one for one in self.wants.values() if one.state is state]

    @property
    def bytes(self) -> int:
        """What has come, or was there."""
        return sum(file.received for one in self.wants.values() for file in one.files.values())

    @property
    def rate(self) -> float | None:
        """Bytes a second of all that is being fetched."""
        rates = [
            file.rate
            for one in self.wants.values()
            for file in one.files.values()
            if file.state is State.FETCHING
        ]
        known = [rate for rate in rates if rate is not None]
        return sum(known) if known else None
