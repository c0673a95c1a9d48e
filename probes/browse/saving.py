"""Saving whole versions: .info, .mod and .zip, as the go command would get them, several at once.

Every version goes through the engine of the trace, so that the same proxies are asked in the same order with
the same fallbacks, queries become the same versions, and what go would refuse is not kept: the hash of a
go.mod before it is used, the zip's names, its hash, its contents (modfetch/fetch.go downloadZip, unzip).
Where somebody names one proxy, that is go with a GOPROXY of this entry alone; what GONOPROXY matches is
never asked of a proxy either way.

A go that is too old for a module keeps its files all the same, and so does this; it is told beside them.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from probes.browse.fetching import MAX_TEXT_FILE
from probes.browse.manifest import Entry, Manifest, merge, read_manifest
from probes.browse.resuming import ResumingFetcher
from probes.browse.saved import (
    SaveEmit,
    SaveFinished,
    SaveStarted,
    VersionFailed,
    VersionSaved,
    Want,
    WantAdded,
)
from probes.browse.saving_engine import SavingEngine
from probes.browse.tree import Tree
from probes.browse.vouching import Vouching
from probes.golang.environment import Environment
from probes.golang.go_sum import GoSum
from probes.golang.goproxy import parse_goproxy
from probes.golang.os_errors import errno_words
from probes.golang.redact import redact
from probes.net.http import HTTPClient
from probes.net.limits import Limits
from probes.sources.credentials import credentials_of
from probes.sources.fetcher import Fetcher
from probes.sources.programs import Programs
from probes.trace.engine import Download
from probes.trace.events import Outcome
from probes.trace.route import Route, plan
from probes.trace.run import new_client

JOBS = 4
"""Versions at once, if nobody says how many."""
FLUSH_S = 1.0
"""The manifest is brought up to date at most this often while files come in."""
if TYPE_CHECKING:
    from probes.sources.direct import Origins

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ENOTDIR)
"""What the next file will meet as well: nothing more is begun."""


@dataclass(frozen=True)
class Plan:
    """How to save."""

    environment: Environment = field(repr=False)
    folder: Path
    source: str | None = field(default=None, repr=False)
    """The one GOPROXY entry that is asked; None for the whole chain."""
    jobs: int = JOBS
    limits: Limits = field(default_factory=Limits)
    go_sum: GoSum = field(default_factory=GoSum, repr=False)
    run: bool = False
    """Whether git and the like are started for modules that go takes from their repositories."""

    def route(self, path: str, query: str) -> Route:
        """The way that a version takes."""
        route = plan(self.environment, path, query)
        if self.source is None:
            return route
        return replace(route, proxies=parse_goproxy(self.source, self.environment.get("GONOPROXY")))

    @property
    def source_words(self) -> str:
        """Who is asked, for people."""
        return "the chain" if self.source is None else redact(self.source)


class More(Protocol):
    """Says what is needed besides, while files come in."""

    def more(self, want: Want, version: str, mod: bytes | None, /) -> Iterable[Want]:
        """A version came with this go.mod, or (None) did not."""

    def rest(self) -> Iterable[Want]:
        """Nothing is left to be fetched."""


async def save(plan: Plan, wanted: Sequence[Want], emit: SaveEmit, more: More | None = None) -> None:
    """Save these versions into the folder of the plan, and whatever ``more`` makes of them.

    The last event is SaveFinished, also when the task is cancelled. Raises nothing for what networks,
    servers, settings or the file system do.
    """
    run = _Run(plan, emit, more)
    cancelled, error = True, None
    try:
        error = await run.run(wanted)
        cancelled = False
    finally:
        error = run.write_manifest() or error
        emit(SaveFinished(run.now(), cancelled=cancelled, error=error))


class _Run:
    """One run: the workers, and what they share."""

    def __init__(self, plan: Plan, emit: SaveEmit, more: More | None) -> None:
        self.plan = plan
        self.emit = emit
        self.tree = Tree(plan.folder)
        self.manifest = Manifest()
        self._more = more
        self._began = monotonic()
        self._waiting: list[Want] = []
        self._known: set[Want] = set()
        self._busy = 0
        self._changed = asyncio.Condition()
        self._added: dict[str, Entry] = {}
        self._rooms: set[Path] = set()
        self._flushed = 0.0
        self._flushing = False
        self._stopped_by: OSError | None = None
        environment = plan.environment
        self._credentials = credentials_of(environment, self._programs())
        self._origins: Origins | None = None

    def _programs(self) -> Programs:
        """What starts GOAUTH's programs, where that was agreed to."""
        process = self.plan.environment.process
        return Programs(process, seconds=self.plan.limits.run_s, allowed=self.plan.run)

    @property
    def environment(self) -> Environment:
        """The settings."""
        return self.plan.environment

    @property
    def origins(self) -> Origins | None:
        """The way to a module's own repository; None where no program may be started."""
        return self._origins

    @property
    def go_sum(self) -> GoSum:
        """The hashes of the project."""
        return self.plan.go_sum

    def now(self) -> float:
        """Seconds since it began."""
        return monotonic() - self._began

    async def run(self, wanted: Sequence[Want]) -> str | None:
        """Save; the error that ended all of it, if one did."""
        wanted = list(dict.fromkeys(wanted))
        self._waiting, self._known = wanted[::-1], set(wanted)
        self.emit(SaveStarted(self.now(), str(self.tree.folder), tuple(wanted), self.plan.source_words))
        environment = self.plan.environment
        client = new_client(environment, self.plan.limits, authorization=self._credentials)
        if self.plan.run:
            from probes.sources.direct import Origins, network_of

            network = network_of(environment, self.plan.limits, self._credentials, client)
            self._origins = Origins(environment, network, allowed=True, run_s=self.plan.limits.run_s)
        try:
            self.tree.make()
            self.manifest = read_manifest(self.tree)
            await client.warm_up(tls=self._needs_tls())
            workers = [self._work(client) for _ in range(max(1, self.plan.jobs))]
            async with asyncio.TaskGroup() as group:
                for worker in workers:
                    group.create_task(worker)
            if self._stopped_by is not None:
                raise self._stopped_by
        except OSError as error:
            return f"{error.filename or self.tree.folder}: {errno_words(error)}"
        finally:
            if self._origins is not None:
                await self._origins.aclose()
            await client.aclose()
        return None

    def write_manifest(self) -> str | None:
        """Write down what has come; why that cannot be."""
        try:
            if self._added:
                self._merge()()
        except OSError as error:
            return f"{error.filename or self.tree.folder}: {errno_words(error)}"
        return None

    def _needs_tls(self) -> bool:
        hops = self.plan.route("example.com/x", "latest").hops
        return any(hop.url is not None and hop.url.scheme == "https" for hop in hops)

    async def _work(self, client: HTTPClient) -> None:
        """Save one version after the other, until none is left that could lead to more."""
        route = self.plan.route("example.com/x", "latest")
        limits = replace(self.plan.limits, text_bytes=MAX_TEXT_FILE, mod_bytes=MAX_TEXT_FILE)
        gate = Vouching(self.plan.environment, Fetcher(client, self.plan.limits), self.plan.go_sum, route)
        while True:
            async with self._changed:
                await self._changed.wait_for(
                    lambda: self._waiting or not self._busy or self._stopped_by is not None
                )
                if not self._waiting and self._more is not None:
                    self._waiting += reversed(self._new(self._more.rest()))
                if not self._waiting or self._stopped_by is not None:
                    self._changed.notify_all()
                    return
                want = self._waiting.pop()
                self._busy += 1
            added: list[Want] = []
            try:
                added = await self._one(want, client, limits, gate)
            except OSError as error:
                self._fail(want, error)
            finally:
                # No await may come before this: a cancelled worker must not leave others waiting.
                self._busy -= 1
                self._waiting += reversed(added)
            async with self._changed:
                self._changed.notify_all()

    def _fail(self, want: Want, error: OSError) -> None:
        words = f"{error.filename or self.tree.folder}: {errno_words(error)}"
        if error.errno in _NO_ROOM:
            self._stopped_by = error
        self.emit(VersionFailed(self.now(), want, None, Outcome.UNKNOWN, redact(words)))

    def _doubt(self, download: Download, client: HTTPClient) -> None:
        """A refusal may be no refusal with the credentials of a program that is not started here."""
        is_refused = self._credentials.doubt and client.refused_over_https
        if download.outcome is Outcome.FAILS and is_refused:
            words = f"{download.error} ({self._credentials.doubt})"
            download.outcome, download.error = Outcome.UNKNOWN, words

    async def _one(self, want: Want, client: HTTPClient, limits: Limits, gate: Vouching) -> list[Want]:
        """Save one version; what is needed besides."""
        fetcher = ResumingFetcher(client, limits)
        engine = SavingEngine(self, want, self.plan.route(want.path, want.query), fetcher, gate)
        try:
            download = await engine.run()
        finally:
            engine.close()
        version = download.version
        if download.outcome is Outcome.OK and version is None:
            download.outcome, download.error = Outcome.FAILS, "there is no such version"
        if download.outcome is not Outcome.OK:
            self._doubt(download, client)
            error = redact(download.error or download.detail)
            reason = engine.needs_direct, engine.is_private
            self.emit(VersionFailed(self.now(), want, version, download.outcome, error, *reason))
        else:
            assert version is not None
            sums = download.sum, download.go_mod_sum
            self.emit(VersionSaved(self.now(), want, version, *sums, engine.note))
        await self.flush()
        if self._more is None:
            return []
        mod = engine.go_mod if download.outcome is Outcome.OK else None
        return self._new(self._more.more(want, version or "", mod))

    def _new(self, wants: Iterable[Want]) -> list[Want]:
        """Those of the wants that are not known yet, told."""
        added = [one for one in dict.fromkeys(wants) if one not in self._known]
        self._known.update(added)
        for one in added:
            self.emit(WantAdded(self.now(), one))
        return added

    # -- the manifest --------------------------------------------------------------------------------

    def note(self, name: str, entry: Entry, room: Path) -> None:
        """A file is in its place."""
        self._added[name] = entry
        self._rooms.add(room)
        self.manifest.files[name] = entry

    async def flush(self) -> None:
        """Bring lists and manifest up to date, unless that has just been done. Raises OSError."""
        if self._flushing or not self._added or monotonic() - self._flushed < FLUSH_S:
            return
        self._flushing = True
        try:
            await asyncio.to_thread(self._merge())
        finally:
            self._flushing, self._flushed = False, monotonic()

    def _merge(self) -> Callable[[], None]:
        """What brings the manifest up to date with all that came until now."""
        added, self._added = self._added, {}
        rooms, self._rooms = self._rooms, set()
        return lambda: merge(self.tree, added, rooms)
