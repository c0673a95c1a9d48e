"""The module browser's engine: which proxy of the chain has which versions of a module.

The law of the trace holds here too: a path that GONOPROXY matches is never told to a proxy, whatever the
caller says; and a proxy that the go command would not come to for this path (one before it answered, or it
stands behind direct or off) is asked only with ``ask_all``. A proxy that is asked gets `@v/list` and
`@latest`, as the go command asks them for a query (cmd/go/internal/modload/query.go queryProxy), and the edge
behind it decides with the rule of cmd/go/internal/modfetch/proxy.go TryProxies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from probes.browse.proxies import at_proxy, go_words, patient, proxies_of, unusable
from probes.browse.table import (
    BrowseEmit,
    BrowseFinished,
    BrowseStarted,
    Column,
    ColumnAnswered,
    ColumnAsked,
    ColumnSkipped,
)
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.gojson import RevInfo
from probes.golang.goproxy import Access, ErrorRanking, Hop
from probes.golang.protocol import Op
from probes.golang.queries import NoMatchingVersion
from probes.net.limits import Limits
from probes.sources.remembered import Memory
from probes.trace.events import Event, RequestFinished
from probes.trace.route import Route


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
        error = unusable(route)
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
        async with at_proxy(self._environment, self._path, hop, self._limits, said, self._memory) as at:
            repo = at.repo
            try:
                versions = await patient(repo.versions(""))
            except GoError as error:
                errors[Op.LIST] = error
            try:
                latest = await patient(repo.latest())
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
                go_words(list_error),
                go_words(latest_error) if list_error is None else None,
                tuple(requests),
            )
        )
        if list_error is not None or versions or latest is not None:
            return list_error
        # An empty list and no latest version is "no matching versions", which is no not-found.
        assert latest_error is not None
        return NoMatchingVersion("latest") if latest_error.not_exist else latest_error


def _collect(requests: list[RequestFinished]) -> Callable[[Event], None]:
    def emit(event: Event) -> None:
        if isinstance(event, RequestFinished):
            requests.append(event)

    return emit
