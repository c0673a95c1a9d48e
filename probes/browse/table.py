"""What the module browser says while it runs, and its fold: versions by proxies.

The events are immutable facts like those of a trace (probes.trace.events), and hold no secrets either.
``at`` is seconds since the browser began, or the download.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from probes.golang import module, semver
from probes.golang.errors import GoError
from probes.golang.gotime import parse_rfc3339
from probes.golang.protocol import Op
from probes.trace.events import RequestFinished, event_to_json


class ColumnKind(StrEnum):
    """Where a column's versions come from."""

    PROXY = "proxy"
    DIRECT = "direct"
    """The module's own repository."""
    CACHE = "module cache"
    GO_SUM = "go.sum"


@dataclass(frozen=True, slots=True)
class Column:
    """Somebody who may know versions: a proxy of the GOPROXY list, the repository, the module cache, go.sum.

    The proxies come first, in the order of the list; then direct, the cache, go.sum.
    """

    id: int
    """Position among the columns, from 0."""
    index: int
    """Of a proxy, its position among the entries of GOPROXY as written, from 0; of others, -1."""
    name: str
    spec: str
    """Of a proxy, the entry, secrets masked; of the cache and go.sum, the folder or file."""
    private: bool
    """GONOPROXY matches the path: this proxy is never asked about it."""
    dead: bool
    """It stands behind direct or off, where go never looks."""
    kind: ColumnKind = ColumnKind.PROXY


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
    list_bytes: int | None = None
    """Bytes of the body of @v/list; None where none came."""
    seconds: float | None = None
    """From the first request to the last answer; of the cache and go.sum, what reading took."""
    only_mod: tuple[str, ...] = ()
    """Of the cache and go.sum, the versions of which only the go.mod is there."""
    is_partial: bool = False
    """@latest has not answered yet: another ColumnAnswered follows."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a proxy says that it took a version from (cmd/go/internal/modfetch/codehost Origin)."""

    vcs: str = ""
    url: str = ""
    subdir: str = ""
    ref: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class VersionAsked:
    """One column is asked for the .info of one version."""

    kind: ClassVar[str] = "browse.version.asked"
    at: float
    column: int
    version: str


@dataclass(frozen=True, slots=True)
class VersionAnswered:
    """What one column says of one version, listed or not."""

    kind: ClassVar[str] = "browse.version.answered"
    at: float
    column: int
    version: str
    served: bool
    """Whether there is such a version."""
    time: str = ""
    """When it was published: Time of the .info, as it was sent."""
    origin: Origin | None = None
    error: str | None = None
    """Why not, in go's words; a 404 is one of them."""
    missing: bool = False
    """It is not served because there is no such version (404, 410), not because of a failure."""
    cached_only: bool = False
    """It was asked not to fetch anything (Disable-Module-Fetch): ``missing`` then means that it does not have
    it now, and for go it may still fetch it."""


@dataclass(frozen=True, slots=True)
class Retracted:
    """Versions that the author has withdrawn, from low to high inclusively, in go.mod's own words."""

    low: str
    high: str
    rationale: str


@dataclass(frozen=True, slots=True)
class ModuleRead:
    """What the go.mod says in which go looks for retractions and deprecation.

    That is the go.mod of the latest version, retracted or not (modload/modfile.go rawGoModSummary,
    CheckRetractions, CheckDeprecation).
    """

    kind: ClassVar[str] = "browse.module"
    at: float
    version: str
    column: int
    """Whose go.mod it is."""
    retracted: tuple[Retracted, ...] = ()
    deprecated: str = ""
    """The message; "" when it is not deprecated."""
    error: str | None = None
    """Why it could not be read, in go's words."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What go would choose for one query, along the chain as it stands."""

    kind: ClassVar[str] = "browse.choice"
    at: float
    query: str
    """latest, upgrade or patch."""
    version: str | None = None
    column: int | None = None
    """Who it comes from."""
    current: str = ""
    """The version that upgrade and patch start from: what the project requires now, or ""."""
    error: str | None = None
    """Why there is none, in go's words."""
    unknown: bool = False
    """What go would choose cannot be told, and ``error`` says why."""


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
    | VersionAsked
    | VersionAnswered
    | ModuleRead
    | Choice
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
    SERVED = "served, though not listed"
    NOT_LISTED = "not listed"
    """And it was not asked for by name."""
    MISSING = "missing"
    """It was asked for by name."""
    ASKING = "asking"
    ERROR = "error"
    PRIVATE = "private"
    NOT_ASKED = "not asked"


class VersionKind(StrEnum):
    """What a version is by its name alone."""

    RELEASE = "release"
    PRERELEASE = "pre-release"
    PSEUDO = "pseudo-version"


def kind_of(version: str) -> VersionKind:
    """What a version is by its name; ``+incompatible`` is a matter of its own (``is_incompatible``)."""
    if module.is_pseudo_version(version):
        return VersionKind.PSEUDO
    return VersionKind.PRERELEASE if semver.prerelease(version) else VersionKind.RELEASE


def is_incompatible(version: str) -> bool:
    """Whether the version is of a module without a go.mod in a major version of 2 or more."""
    return version.endswith("+incompatible")


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
    known: dict[str, VersionAnswered] = field(default_factory=dict)
    """What it says of versions that it was asked for by name."""
    asked: set[str] = field(default_factory=set)
    """The versions that it is being asked for."""


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
    module: ModuleRead | None = None
    """Retractions and deprecation."""
    choices: dict[str, Choice] = field(default_factory=dict)
    """What go would choose, by query."""
    _newest_first: list[str] = field(default_factory=list, repr=False, compare=False)
    """Kept, for each of these lists may be ten thousand long; never changed, but replaced."""
    _named: set[str] = field(default_factory=set, repr=False, compare=False)
    """What is in it."""
    _added: set[str] = field(default_factory=set, repr=False, compare=False)
    """What is to be put into it before it is looked at."""

    def apply(self, event: BrowseEvent) -> None:
        """Take one event in."""
        match event:
            case BrowseStarted():
                self.path, self.started, self.finished = event.path, event, None
                self.columns = [ColumnState(column) for column in event.columns]
                self._newest_first, self._named, self._added = [], set(), set()
                self.module, self.choices = None, {}
            case VersionAsked():
                self.columns[event.column].asked.add(event.version)
            case VersionAnswered():
                state = self.columns[event.column]
                state.asked.discard(event.version)
                state.known[event.version] = event
                if event.served and event.version not in self._named:
                    self._added.add(event.version)
            case ModuleRead():
                self.module = event
            case Choice():
                self.choices[event.query] = event
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
                    state.asked.clear()
            case DownloadStarted():
                self.downloads[event.wanted] = Download(event.wanted, event.file)
            case DownloadProgress():
                download = self.downloads[event.wanted]
                download.received, download.total = event.received, event.total
            case DownloadFinished():
                self.downloads.setdefault(event.wanted, Download(event.wanted, "")).finished = event

    def versions(self) -> list[str]:
        """Every version that some column names, in go's order, the newest first."""
        if self._added:
            self._newest_first = _merged(self._newest_first, self._added)
            self._named |= self._added
            self._added = set()
        return self._newest_first

    def _add_versions(self, state: ColumnState, event: ColumnAnswered) -> None:
        """Take in a list. The first long one is in order, and that of a mirror names next to nothing new."""
        state.listed = frozenset(event.versions)
        known = self._named | self._added
        if len(state.listed) > len(known) * _FEW:
            self._newest_first = list(dict.fromkeys(reversed(event.versions)))
            self._named = set(state.listed)
            self._added = known - self._named
        else:
            self._added |= state.listed - self._named
        if event.latest is not None and event.latest not in self._named:
            self._added.add(event.latest)

    def cell(self, version: str, column: int) -> Cell:
        """What a proxy says of a version."""
        state = self.columns[column]
        if state.column.private:
            return Cell.PRIVATE
        if state.asking or version in state.asked:
            return Cell.ASKING
        if version in state.listed:
            return Cell.LISTED
        known = state.known.get(version)
        if known is not None:
            if known.served:
                return Cell.SERVED
            return Cell.MISSING if known.missing else Cell.ERROR
        if state.answered is None:
            return Cell.NOT_ASKED
        if version == state.answered.latest:
            return Cell.SERVED
        return Cell.ERROR if state.answered.error is not None else Cell.NOT_LISTED

    def latest_at(self, version: str) -> list[int]:
        """The proxies that call this version the latest."""
        return [s.column.id for s in self.columns if s.answered and s.answered.latest == version]

    def retraction(self, version: str) -> Retracted | None:
        """The line of go.mod that withdraws this version, or None."""
        if self.module is None:
            return None
        for one in self.module.retracted:
            if semver.compare(one.low, version) <= 0 <= semver.compare(one.high, version):
                return one
        return None

    def published(self, version: str) -> str:
        """When a version was published, as the first column that knows it says; "" where nobody does."""
        for state in self.columns:
            known = state.known.get(version)
            if known is not None and known.time:
                return known.time
            if state.answered is not None and state.answered.latest == version and state.answered.latest_time:
                return state.answered.latest_time
        return ""

    def lag_s(self, column: int) -> float | None:
        """Seconds from the time of this column's latest version to that of the newest one; None unless both
        are known."""
        times = {state.column.id: _time(state) for state in self.columns}
        known = [when for when in times.values() if when is not None]
        mine = times[column]
        return None if mine is None else (max(known) - mine).total_seconds()

    def chosen_for(self, version: str) -> list[Choice]:
        """The queries for which go would choose this version."""
        return [choice for choice in self.choices.values() if choice.version == version]


def _merged(newest_first: list[str], added: set[str]) -> list[str]:
    """Both in one list. A few are put into their places; many are sorted with all the others."""
    if len(added) * _FEW > len(newest_first):
        return sorted([*newest_first, *added], key=semver.sort_key, reverse=True)
    oldest_first = newest_first[::-1]
    for version in added:
        bisect.insort(oldest_first, version, key=semver.sort_key)
    return oldest_first[::-1]


_FEW = 20
"""A place is found by some fifteen comparisons, each of which costs as much as the key of one version."""


def _time(state: ColumnState) -> datetime | None:
    """When the latest version of a column was published; without an @latest, the newest that it lists."""
    if state.answered is None:
        return None
    text = state.answered.latest_time
    if not text and state.answered.latest is None:
        known = state.known.get(newest_of(state.answered.versions))
        text = "" if known is None else known.time
    try:
        return parse_rfc3339(text.encode("utf-8", "surrogateescape")).datetime() if text else None
    except GoError:
        return None


def newest_of(versions: Sequence[str]) -> str:
    """Of a list in go's order, the version that go would prefer: the newest release, else the newest."""
    releases = (version for version in reversed(versions) if not semver.prerelease(version))
    return next(releases, versions[-1] if versions else "")
