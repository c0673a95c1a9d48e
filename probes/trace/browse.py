"""The module browser's engine: which proxy of the chain has which versions of a module, and fetching a file.

The law of the trace holds here too: a path that GONOPROXY matches is never told to a proxy, whatever the
caller says; and a proxy that the go command would not come to for this path (one before it answered, or it
stands behind direct or off) is asked only with ``ask_all``. A proxy that is asked gets `@v/list` and
`@latest`, as the go command asks them for a query (cmd/go/internal/modload/query.go queryProxy), and the edge
behind it decides with the rule of cmd/go/internal/modfetch/proxy.go TryProxies.

Files are saved in the layout of the module cache's download folder (modfetch/cache.go CachePath), so that the
folder can serve as a file:// GOPROXY for exact versions.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TypeVar

from probes.golang import module, modzip
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.gojson import RevInfo, decode_rev_info
from probes.golang.goproxy import (
    Access,
    ErrorRanking,
    Hop,
    HopKind,
    Separator,
    check_query_path,
    parse_proxy_url,
)
from probes.golang.protocol import Op
from probes.golang.queries import NoMatchingVersion
from probes.golang.quote import trim_space
from probes.golang.redact import redact
from probes.net.dial import errno_words
from probes.net.limits import Limits, Stalled
from probes.sources.fetcher import Fetcher
from probes.sources.module_proxy import ProxyRepo
from probes.sources.remembered import Memory, RememberingFetcher
from probes.trace.events import BodyProgress, Event, RequestFinished
from probes.trace.narrator import Attempt, Narrator
from probes.trace.route import Route, plan
from probes.trace.run import new_client
from probes.trace.version_table import (
    BrowseEmit,
    BrowseFinished,
    BrowseStarted,
    Column,
    ColumnAnswered,
    ColumnAsked,
    ColumnSkipped,
    DownloadFinished,
    DownloadProgress,
    DownloadStarted,
    Wanted,
)

T = TypeVar("T")

MAX_TEXT_FILE = 16 << 20
"""Bytes of a .info or .mod that is saved: x/mod/zip MaxGoMod."""
FILE_OPS = (Op.INFO, Op.MOD, Op.ZIP)
"""What can be fetched."""


# -- asking ------------------------------------------------------------------------------------------


async def browse(
    environment: Environment,
    path: str,
    emit: BrowseEmit,
    *,
    limits: Limits | None = None,
    ask_all: bool = False,
    memory: Memory | None = None,
) -> None:
    """Ask the proxies which versions of ``path`` they have; all at once with ``ask_all``.

    Without it, in the order of the list and only as far as go would come. The last event is BrowseFinished,
    also when the task is cancelled. Raises nothing for what networks, servers or settings do. What ``memory``
    knows is not asked for again.
    """
    browser = _Browser(environment, path, emit, limits or Limits(), memory)
    cancelled = True
    try:
        await browser.run(ask_all)
        cancelled = False
    finally:
        emit(BrowseFinished(browser.now(), cancelled=cancelled))


def proxies_of(environment: Environment, path: str) -> tuple[Route, tuple[tuple[Column, Hop], ...]]:
    """The route of a path, and every proxy of the GOPROXY list, those behind direct or off included."""
    route = plan(environment, path, "latest")
    private = route.private is not None
    found: list[Hop] = [hop for hop in route.hops if hop.kind is HopKind.PROXY]
    dead = _dead_proxies(environment.get("GOPROXY"), route)
    return route, tuple(
        (Column(number, hop.index or 0, hop.name, hop.spec, private, number >= len(found)), hop)
        for number, hop in enumerate([*found, *dead])
    )


def _dead_proxies(goproxy: str, route: Route) -> list[Hop]:
    """The proxies behind direct or off, as hops that no walk comes to; unusable ones are left out."""
    if route.error is not None:
        return []
    entries = [entry for part in re.split("[,|]", goproxy) if (entry := trim_space(part))]
    living = sum(hop.index is not None for hop in route.hops)
    dead: list[Hop] = []
    for index, entry in enumerate(entries[living:], living):
        if entry in ("direct", "off"):
            continue
        try:
            url = parse_proxy_url(entry)
        except GoError:
            continue
        number = len(route.hops) + len(dead)
        dead.append(Hop(number, index, HopKind.PROXY, redact(entry), Separator.END, url))
    return dead


class _Browser:
    """One run of the browser."""

    def __init__(
        self, environment: Environment, path: str, emit: BrowseEmit, limits: Limits, memory: Memory | None
    ) -> None:
        self._environment = environment
        self._path = path
        self._emit = emit
        self._limits = limits
        self._memory = memory
        self._began = monotonic()

    def now(self) -> float:
        """Seconds since the beginning."""
        return monotonic() - self._began

    async def run(self, ask_all: bool) -> None:
        route, columns = proxies_of(self._environment, self._path)
        error = _unusable(route)
        self._emit(
            BrowseStarted(
                self.now(),
                self._path,
                tuple(column for column, _ in columns),
                None if route.private is None else route.private.pattern,
                error,
            )
        )
        if error is not None or route.private is not None:
            return
        if ask_all:
            async with asyncio.TaskGroup() as group:
                for column, hop in columns:
                    group.create_task(self._ask(column, hop))
        else:
            await self._walk(route, columns)

    async def _walk(self, route: Route, columns: tuple[tuple[Column, Hop], ...]) -> None:
        """Ask in the order of the list, and stop where go would stop."""
        by_hop = {hop.id: column for column, hop in columns}
        ranking = ErrorRanking()
        reason = ""
        for hop in route.hops:
            column = by_hop.get(hop.id)
            if route.access(hop) is not Access.ASK or column is None:
                continue
            if reason:
                self._emit(ColumnSkipped(self.now(), column.id, reason))
                continue
            failure = await self._ask(column, hop)
            if failure is None:
                reason = f"{hop.name} has answered, so go would not come here"
            elif not ranking.add(hop, failure):
                reason = f'{hop.name} has failed, and "," lets go come here only after 404 or 410'
        for column, _ in columns:
            if column.dead:
                because = "it stands behind direct or off, where go never looks"
                self._emit(ColumnSkipped(self.now(), column.id, because))

    async def _ask(self, column: Column, hop: Hop) -> GoError | None:
        """Ask one proxy for its list and its latest version; the error that go would meet there, if any."""
        self._emit(ColumnAsked(self.now(), column.id))
        requests: list[RequestFinished] = []
        versions: list[str] = []
        latest: RevInfo | None = None
        errors: dict[Op, GoError] = {}
        said = _collect(requests)
        async with _at_proxy(self._environment, self._path, hop, self._limits, said, self._memory) as at:
            repo = at.repo
            try:
                versions = await _patient(repo.versions(""))
            except GoError as error:
                errors[Op.LIST] = error
            try:
                latest = await _patient(repo.latest())
            except GoError as error:
                errors[Op.LATEST] = error
        list_error, latest_error = errors.get(Op.LIST), errors.get(Op.LATEST)
        self._emit(
            ColumnAnswered(
                self.now(),
                column.id,
                tuple(versions),
                None if latest is None else latest.version,
                "" if latest is None else latest.time_text,
                _words(list_error),
                _words(latest_error) if list_error is None else None,
                tuple(requests),
            )
        )
        if list_error is not None or versions or latest is not None:
            return list_error
        # An empty list and no latest version is "no matching versions", which is no not-found.
        assert latest_error is not None
        return NoMatchingVersion("latest") if latest_error.not_exist else latest_error


def _words(error: GoError | None) -> str | None:
    return None if error is None else redact(str(error))


def _collect(requests: list[RequestFinished]) -> Callable[[Event], None]:
    def emit(event: Event) -> None:
        if isinstance(event, RequestFinished):
            requests.append(event)

    return emit


async def _patient(answer: Awaitable[T]) -> T:
    """A stalled answer is an error like any other here, where nothing is said about go."""
    try:
        return await answer
    except Stalled as stalled:
        raise GoError(str(stalled)) from stalled


@dataclass(frozen=True, slots=True)
class _AtProxy:
    """One module at one proxy, with a client of its own."""

    repo: ProxyRepo
    narrator: Narrator


@asynccontextmanager
async def _at_proxy(
    environment: Environment,
    path: str,
    hop: Hop,
    limits: Limits,
    emit: Callable[[Event], None],
    memory: Memory | None = None,
) -> AsyncIterator[_AtProxy]:
    """Open a client for one proxy; close its connections at the end, also when cancelled."""
    assert hop.url is not None
    client = new_client(environment, limits)
    fetcher = Fetcher(client, limits) if memory is None else RememberingFetcher(client, limits, memory)
    narrator = Narrator(emit, fetcher)
    attempt = Attempt(0, hop)
    narrator.begin(attempt)
    try:
        await client.warm_up(tls=hop.url.scheme == "https")
        yield _AtProxy(ProxyRepo(hop.url, path, narrator.asker(hop)), narrator)
    finally:
        narrator.end(attempt)
        await client.aclose()


def _unusable(route: Route) -> str | None:
    """Why no proxy can be asked about this path at all, in go's words."""
    if route.error is not None:
        return redact(str(route.error))
    try:
        check_query_path(route.path)
    except GoError as error:
        return str(error)
    return None


# -- fetching ----------------------------------------------------------------------------------------


async def download(
    environment: Environment,
    path: str,
    wanted: Wanted,
    folder: Path,
    emit: BrowseEmit,
    *,
    limits: Limits | None = None,
) -> None:
    """Fetch one file from one proxy into ``folder``, as ``<escaped path>/@v/<version>.<ext>`` below it.

    The proxy is asked because the caller says so, whether go would come to it or not, but never about a
    private path. A file is written under a temporary name and put in its place only when it is whole and of
    a kind that go would take; whatever was there before stays until then. The last event is
    DownloadFinished, also when the task is cancelled. Raises nothing for what networks, servers, settings or
    the file system do.
    """
    began = monotonic()
    told: list[RequestFinished] = []

    def now() -> float:
        return monotonic() - began

    def on_event(event: Event) -> None:
        if isinstance(event, BodyProgress):
            emit(DownloadProgress(now(), wanted, event.received, event.total))
        elif isinstance(event, RequestFinished):
            told.append(event)

    finished = DownloadFinished(0.0, wanted, None, cancelled=True)
    try:
        hop, target = _destination(environment, path, wanted, folder)
        emit(DownloadStarted(now(), wanted, str(target)))
        limits = replace(limits or Limits(), text_bytes=MAX_TEXT_FILE)
        async with _at_proxy(environment, path, hop, limits, on_event) as proxy:
            size = await _save(proxy, path, wanted, hop, folder, target)
        finished = replace(finished, file=str(target), bytes=size, cancelled=False)
    except (GoError, Stalled) as error:
        finished = replace(finished, error=redact(str(error)), cancelled=False)
    except OSError as error:
        where = error.filename or folder
        finished = replace(finished, error=f"{where}: {errno_words(error)}", cancelled=False)
    finally:
        emit(replace(finished, at=now(), request=told[-1] if told else None))


def _destination(environment: Environment, path: str, wanted: Wanted, folder: Path) -> tuple[Hop, Path]:
    """The proxy that is asked, and where the file goes. Raises GoError when either may not be."""
    _, columns = proxies_of(environment, path)
    hops = {column.id: hop for column, hop in columns}
    if any(column.private for column, _ in columns):
        raise GoError(f"{path} is private: GONOPROXY forbids to ask a proxy about it")
    if wanted.column not in hops or wanted.op not in FILE_OPS:
        raise GoError("no such proxy or file")
    module.check(path, wanted.version)
    if wanted.version != module.canonical_version(wanted.version):
        raise GoError(f"{wanted.version} is not a canonical version")
    return hops[wanted.column], file_name(path, wanted.version, wanted.op, folder)


def file_name(path: str, version: str, op: Op, folder: Path) -> Path:
    """Where a file of a module is in a tree that serves as a file:// GOPROXY.

    Raises InvalidPath or InvalidVersion; a path that passes has no element that leads out of the folder.
    """
    elements = module.escape_path(path).split("/")
    return folder.joinpath(*elements, "@v", f"{module.escape_version(version)}.{op}")


async def _save(proxy: _AtProxy, path: str, wanted: Wanted, hop: Hop, folder: Path, target: Path) -> int:
    """Fetch into a temporary file beside the target, look the content over, put it in place; its size."""
    _make_folder(folder, target.parent)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    url = proxy.repo.url_of(f"@v/{module.escape_version(wanted.version)}.{wanted.op}")
    file = part.open("x+b")
    try:
        with file:
            if wanted.op is Op.ZIP:
                await proxy.narrator.request(url, wanted.op, wanted.version, hop, file)
                size = file.seek(0, os.SEEK_END)
                modzip.check_download(path, wanted.version, file, size)
            else:
                content = await proxy.narrator.request(url, wanted.op, wanted.version, hop)
                if wanted.op is Op.INFO:
                    _check_info(content, wanted.version)
                size = file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return size


def _make_folder(folder: Path, parent: Path) -> None:
    """Make the folder of a file; refuse one that a symbolic link leads out of the folder the user named."""
    if not parent.resolve().is_relative_to(folder.resolve()):
        raise GoError(f"a symbolic link in {parent} leads out of {folder}")
    parent.mkdir(parents=True, exist_ok=True)


def _check_info(content: bytes, version: str) -> None:
    found = decode_rev_info(content).version
    if found != version:
        raise GoError(f"proxy returned info for version {found} instead of requested version")
