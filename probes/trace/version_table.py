"""What the module browser says while it runs, and its fold: versions by proxies.

The events are immutable facts like those of a trace (probes.trace.events), and hold no secrets either.
``at`` is seconds since the browser began, or the download.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from probes.golang import semver
from probes.golang.protocol import Op
from probes.trace.events import RequestFinished, event_to_json


@dataclass(frozen=True, slots=True)
class Column:
    """One proxy of the GOPROXY list."""

    id: int
    """Position among the proxies of the list, from 0."""
    index: int
    """Position among the entries of GOPROXY as written, from 0."""
    name: str
    spec: str
    """The entry, secrets masked."""
    private: bool
    """GONOPROXY matches the path: this proxy is never asked about it."""
    dead: bool
    """It stands behind direct or off, where go never looks."""


@dataclass(frozen=True, slots=True)
class BrowseStarted:
    """The columns of the table, before anything is asked."""

    kind: ClassVar[str] = "browse.started"
    at: float
    path: str
    columns: tuple[Column, ...]
    private_pattern: str | None = None
    error: str | None = None
    """Why nobody can be asked: the GOPROXY list or the module path is unusable."""


@dataclass(frozen=True, slots=True)
class ColumnAsked:
    """A proxy is being asked."""

    kind: ClassVar[str] = "browse.asked"
    at: float
    column: int


@dataclass(frozen=True, slots=True)
class ColumnAnswered:
    """What a proxy has."""

    kind: ClassVar[str] = "browse.answered"
    at: float
    column: int
    versions: tuple[str, ...] = ()
    """The listed versions, oldest first; no pseudo-versions, as go has it."""
    latest: str | None = None
    """What it says is the latest."""
    latest_time: str = ""
    error: str | None = None
    """Why there is no list, in go's words."""
    latest_error: str | None = None
    """Why there is no latest although there is a list."""
    requests: tuple[RequestFinished, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnSkipped:
    """A proxy that is not asked, and why."""

    kind: ClassVar[str] = "browse.skipped"
    at: float
    column: int
    because: str


@dataclass(frozen=True, slots=True)
class BrowseFinished:
    """All that would be asked has answered."""

    kind: ClassVar[str] = "browse.finished"
    at: float
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file of a version at a proxy."""

    version: str
    op: Op
    column: int


@dataclass(frozen=True, slots=True)
class DownloadStarted:
    """A file is being fetched."""

    kind: ClassVar[str] = "download.started"
    at: float
    wanted: Wanted
    file: str
    """Where it will be."""


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """Bytes have come in."""

    kind: ClassVar[str] = "download.progress"
    at: float
    wanted: Wanted
    received: int
    total: int | None


@dataclass(frozen=True, slots=True)
class DownloadFinished:
    """The file is there, or it is not and nothing of it is left."""

    kind: ClassVar[str] = "download.finished"
    at: float
    wanted: Wanted
    file: str | None
    """Where it is; None when there is none."""
    bytes: int = 0
    error: str | None = None
    cancelled: bool = False
    request: RequestFinished | None = None


BrowseEvent = (
    BrowseStarted
    | ColumnAsked
    | ColumnAnswered
    | ColumnSkipped
    | BrowseFinished
    | DownloadStarted
    | DownloadProgress
    | DownloadFinished
)
BrowseEmit = Callable[[BrowseEvent], None]


def browse_event_to_json(event: BrowseEvent) -> dict[str, Any]:
    """The event as one JSON object, in the form of event_to_json."""
    return event_to_json(event)  # type: ignore[arg-type]


# -- the fold ----------------------------------------------------------------------------------------


class Cell(StrEnum):
    """What a proxy says of a version."""

    LISTED = "listed"
    NOT_LISTED = "not listed"
    ASKING = "asking"
    ERROR = "error"
    PRIVATE = "private"
    NOT_ASKED = "not asked"


@dataclass(slots=True)
class ColumnState:
    """One proxy as far as it has come."""

    column: Column
    asking: bool = False
    answered: ColumnAnswered | None = None
    because: str = ""
    """Why it is not asked."""
    listed: frozenset[str] = frozenset()
    """What it lists."""


@dataclass(slots=True)
class Download:
    """One file as far as it has come."""

    wanted: Wanted
    file: str
    received: int = 0
    total: int | None = None
    finished: DownloadFinished | None = None


@dataclass(slots=True)
class VersionTable:
    """Versions by proxies: a fold of BrowseEvents."""

    path: str = ""
    started: BrowseStarted | None = None
    finished: BrowseFinished | None = None
    columns: list[ColumnState] = field(default_factory=list)
    downloads: dict[Wanted, Download] = field(default_factory=dict)
    _newest_first: list[str] | None = field(default=None, repr=False, compare=False)
    """Kept, for each of these lists may be ten thousand long; None when it is to be made anew."""

    def apply(self, event: BrowseEvent) -> None:
        """Take one event in."""
        match event:
            case BrowseStarted():
                self.path, self.started, self.finished = event.path, event, None
                self.columns = [ColumnState(column) for column in event.columns]
                self._newest_first = []
            case ColumnAsked():
                self.columns[event.column].asking = True
            case ColumnAnswered():
                state = self.columns[event.column]
                state.asking, state.answered = False, event
                self._add_versions(state, event)
            case ColumnSkipped():
                self.columns[event.column].because = event.because
            case BrowseFinished():
                self.finished = event
                for state in self.columns:
                    state.asking = False
            case DownloadStarted():
                self.downloads[event.wanted] = Download(event.wanted, event.file)
            case DownloadProgress():
                download = self.downloads[event.wanted]
                download.received, download.total = event.received, event.total
            case DownloadFinished():
                self.downloads.setdefault(event.wanted, Download(event.wanted, "")).finished = event

    def versions(self) -> list[str]:
        """Every version that some proxy names, in go's order, the newest first."""
        if self._newest_first is None:
            named = {version for state in self.columns for version in state.listed}
            named |= {
                state.answered.latest for state in self.columns if state.answered and state.answered.latest
            }
            self._newest_first = semver.sort(named)[::-1]
        return self._newest_first

    def _add_versions(self, state: ColumnState, event: ColumnAnswered) -> None:
        """Take in a list. The first one comes in order, and that of a mirror names nothing new."""
        state.listed = frozenset(event.versions)
        named = state.listed if event.latest is None else state.listed | {event.latest}
        if self._newest_first == [] and named == state.listed:
            self._newest_first = list(dict.fromkeys(reversed(event.versions)))
        elif self._newest_first is None or not named.issubset(self._newest_first):
            self._newest_first = None

    def cell(self, version: str, column: int) -> Cell:
        """What a proxy says of a version."""
        state = self.columns[column]
        if state.column.private:
            return Cell.PRIVATE
        if state.asking:
            return Cell.ASKING
        if state.answered is None:
            return Cell.NOT_ASKED
        if version in state.listed or version == state.answered.latest:
            return Cell.LISTED
        return Cell.ERROR if state.answered.error is not None else Cell.NOT_LISTED

    def latest_at(self, version: str) -> list[int]:
        """The proxies that call this version the latest."""
        return [s.column.id for s in self.columns if s.answered and s.answered.latest == version]
