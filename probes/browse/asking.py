"""The module browser's engine: who has which versions of a module.

The law of the trace holds here too: a path that GONOPROXY matches is never told to a proxy, whatever the
caller says; and a proxy that the go command would not come to for this path (one before it answered, or it
stands behind direct or off) is asked only with ``ask_all``, and so is the module's own repository. A proxy
that is asked gets `@v/list` and `@latest`, as the go command asks them for a query
(cmd/go/internal/modload/query.go queryProxy), and the edge behind it decides with the rule of
cmd/go/internal/modfetch/proxy.go TryProxies. The module cache and go.sum are looked into at once. At last
stands what go would choose (probes.browse.choices).

What go itself would not ask carries Disable-Module-Fetch, so that a proxy fetches nothing because somebody
looks around.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic

from probes.browse.asked_once import AskedOnce, DirectOnce, ProxyOnce
from probes.browse.by_name import ask_infos, ask_version
from probes.browse.choices import Chooser
from probes.browse.local_columns import Held, in_cache, in_go_sum
from probes.browse.outcomes import about_version, outcome_of
from probes.browse.project import Project, read_project
from probes.browse.proxies import columns_of, go_words, unusable
from probes.browse.table import (
    BrowseEmit,
    BrowseFinished,
    BrowseStarted,
    Column,
    ColumnAnswered,
    ColumnAsked,
    ColumnSkipped,
    newest_of,
)
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.gojson import RevInfo
from probes.golang.goproxy import Access, ErrorRanking, Hop
from probes.golang.protocol import Op
from probes.golang.queries import NoMatchingVersion
from probes.net.limits import Limits
from probes.sources.direct import SECLUDED
from probes.sources.remembered import Memory

__all__ = ["ask_infos", "ask_version", "browse"]

LIST_ALONE_S = 0.05
"""How long a list waits for @latest before it is told by itself."""
LONG = 2000
"""Versions of a list that is told at once when it is the first: others take their time to be read as well."""
BEHIND_THE_END = "it stands behind direct or off, where go never looks"


async def browse(
    environment: Environment,
    path: str,
    emit: BrowseEmit,
    *,
    limits: Limits | None = None,
    ask_all: bool = False,
    reach_direct: bool = False,
    memory: Memory | None = None,
    run: bool = False,
) -> None:
    """Ask who has which versions of ``path``; everybody at once with ``ask_all``.

    Without it, the proxies in the order of the list and only as far as go would come; with ``reach_direct``
    also the module's own repository where go would come to it. git is started for that only with ``run``;
    without, its column says what would be started. The last event is BrowseFinished, also when the task is
    cancelled. Raises nothing for what networks, servers or settings do. What ``memory`` knows is not asked
    for again.
    """
    browser = _Browser(environment, path, emit, limits or Limits(), memory, run=run)
    cancelled = True
    try:
        await browser.run(ask_all, reach_direct)
        cancelled = False
    finally:
        emit(BrowseFinished(browser.now(), cancelled=cancelled))


class _Browser:
    """One run of the browser."""

    def __init__(
        self,
        environment: Environment,
        path: str,
        emit: BrowseEmit,
        limits: Limits,
        memory: Memory | None,
        *,
        run: bool,
    ) -> None:
        self._environment = environment
        self._run = run
        self._path = path
        self._emit = emit
        self._limits = limits
        self._memory = memory
        self._began = monotonic()
        self._columns = columns_of(environment, path)
        self._stack = AsyncExitStack()
        self._proxies: dict[int, ProxyOnce] = {}
        """By the hop's id."""
        self._direct: DirectOnce | None = None
        self._answered: set[int] = set()
        self._has_list = False
        self._strings: dict[str, str] = {}
        """Every version once: the lists of mirrors say the same."""

    def now(self) -> float:
        """Seconds since the beginning."""
        return monotonic() - self._began

    async def run(self, ask_all: bool, reach_direct: bool) -> None:
        columns, route = self._columns, self._columns.route
        error = unusable(route)
        pattern = None if route.private is None else route.private.pattern
        self._emit(BrowseStarted(self.now(), self._path, columns.all, pattern, error))
        project = asyncio.create_task(asyncio.to_thread(read_project, self._environment))
        async with self._stack, asyncio.TaskGroup() as group:
            group.create_task(self._look_into_cache())
            group.create_task(self._look_into_go_sum())
            group.create_task(self._ask_others(ask_all, reach_direct, error, project))

    async def _ask_others(
        self, ask_all: bool, reach_direct: bool, error: str | None, project: asyncio.Task[Project]
    ) -> None:
        columns = self._columns
        if error is not None:
            self._skip_direct()
        elif columns.route.private is not None:
            reached = any(columns.route.access(hop) is Access.DIRECT for hop in columns.route.hops)
            if ask_all or (reached and reach_direct):
                await self._ask_direct()
            else:
                self._skip_direct()
        elif ask_all:
            async with asyncio.TaskGroup() as group:
                for column, hop in columns.proxies:
                    group.create_task(self._ask(column, hop))
                group.create_task(self._ask_direct())
        elif await self._walk() and reach_direct:
            await self._ask_direct()
        else:
            self._skip_direct()
        chooser = Chooser(self._environment, columns, await project, self._limits, self._at_hop)
        await chooser.run(self._emit, self.now, has_list=self._has_list)
        for column, hop in columns.proxies:
            # go comes further for a .info or a go.mod that a proxy with a list does not have.
            if hop.id in self._proxies and column.id not in self._answered:
                await self._ask(column, hop)

    # -- this machine --------------------------------------------------------------------------------

    async def _look_into_cache(self) -> None:
        held = await asyncio.to_thread(in_cache, self._environment, self._path)
        self._tell_held(self._columns.cache, held)

    async def _look_into_go_sum(self) -> None:
        column = self._columns.go_sum
        if not column.spec:
            self._emit(ColumnSkipped(self.now(), column.id, "there is no go.mod here or in a folder above"))
            return
        self._tell_held(column, await asyncio.to_thread(in_go_sum, Path(column.spec), self._path))

    def _tell_held(self, column: Column, held: Held) -> None:
        self._emit(
            ColumnAnswered(
                self.now(),
                column.id,
                self._shared(held.versions),
                error=held.error if not held.versions else None,
                latest_error=held.error if held.versions else None,
                seconds=held.seconds,
                only_mod=self._shared(held.only_mod),
            )
        )

    def _shared(self, versions: list[str] | tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self._strings.setdefault(version, version) for version in versions)

    # -- the proxies ---------------------------------------------------------------------------------

    def _at_hop(self, hop: Hop) -> AskedOnce | None:
        """A hop of the walk that is asked; None for the repository where it is not."""
        if self._columns.route.access(hop) is Access.DIRECT:
            return self._direct
        return self._proxy(hop)

    def _proxy(self, hop: Hop) -> ProxyOnce:
        if hop.id not in self._proxies:
            self._proxies[hop.id] = ProxyOnce(
                self._environment, self._path, hop, self._limits, self._memory, self._stack
            )
        return self._proxies[hop.id]

    def _skip_direct(self) -> None:
        """Say why the module's own repository is not asked."""
        columns = self._columns
        because = BEHIND_THE_END if columns.direct.dead else "it is asked only on request"
        if columns.direct.dead and not any(hop.name == "direct" for hop in columns.route.hops):
            because = "GOPROXY does not lead to it; it is asked only on request"
        self._emit(ColumnSkipped(self.now(), columns.direct.id, because))

    async def _walk(self) -> bool:
        """Ask in the order of the list, and stop where go would stop; whether go would come to direct."""
        route = self._columns.route
        by_hop = {hop.id: column for column, hop in self._columns.proxies}
        ranking = ErrorRanking()
        reason, reached = "", False
        for hop in route.hops:
            reached |= route.access(hop) is Access.DIRECT and not reason
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
        for column, _ in self._columns.proxies:
            if column.dead:
                self._emit(ColumnSkipped(self.now(), column.id, BEHIND_THE_END))
        return reached

    async def _ask(self, column: Column, hop: Hop) -> GoError | None:
        """Ask one proxy for its list and its latest version; the error that go would meet there, if any."""
        proxy, began = self._proxy(hop), monotonic()
        self._emit(ColumnAsked(self.now(), column.id))
        versions, list_error = await outcome_of(proxy.versions(""))
        listed = self._shared(versions or [])
        told = len(listed) >= LONG and not self._has_list
        if told:  # before any other list is read
            self._emit(_answer(self.now(), column, listed, proxy, monotonic() - began, None))
        self._has_list |= bool(listed)
        asked = asyncio.create_task(outcome_of(proxy.latest()))
        try:
            done, _ = await asyncio.wait({asked}, timeout=LIST_ALONE_S)
            if listed and not done and not told:
                self._emit(_answer(self.now(), column, listed, proxy, monotonic() - began, None))
            latest, latest_error = outcome = await asked
        finally:
            asked.cancel()
        self._answered.add(column.id)
        self._emit(
            _answer(self.now(), column, listed, proxy, monotonic() - began, outcome, list_error)
        )
        if latest is not None:
            self._emit(about_version(self.now(), column.id, latest.version, latest))
        elif listed:
            await self._ask_newest(column, proxy, newest_of(listed))
        if list_error is not None or listed or latest is not None:
            return list_error
        # An empty list and no latest version is "no matching versions", which is no not-found.
        assert latest_error is not None
        return NoMatchingVersion("latest") if latest_error.not_exist else latest_error

    async def _ask_newest(self, column: Column, proxy: ProxyOnce, version: str) -> None:
        """When the newest of the list was published, where there is no @latest to say so."""
        info, _ = await outcome_of(proxy.stat_in_its_cache(version))
        if info is not None:
            self._emit(about_version(self.now(), column.id, version, info))

    async def _ask_direct(self) -> None:
        """Ask the module's own repository."""
        if self._environment.process.get(SECLUDED):
            because = "the demo asks nobody outside of it"
            self._emit(ColumnSkipped(self.now(), self._columns.direct.id, because))
            return
        column, began = self._columns.direct, monotonic()
        self._emit(ColumnAsked(self.now(), column.id))
        self._direct = direct = DirectOnce(
            self._environment, self._path, self._limits, self._stack, run=self._run
        )
        versions, error = await outcome_of(direct.versions(""))
        listed = self._shared(versions or [])
        newest = newest_of(listed)
        info: RevInfo | None = None
        if error is None:
            info, latest_error = await outcome_of(direct.stat(newest) if newest else direct.latest())
        self._emit(
            ColumnAnswered(
                self.now(), column.id, listed,
                None if info is None else info.version, "" if info is None else info.time_text,
                go_words(error), go_words(latest_error) if error is None else None,
                seconds=monotonic() - began,
            )
        )  # fmt: skip
        if info is not None:
            self._emit(about_version(self.now(), column.id, info.version, info))


def _answer(
    at: float,
    column: Column,
    listed: tuple[str, ...],
    proxy: ProxyOnce,
    seconds: float,
    outcome: tuple[RevInfo | None, GoError | None] | None,
    list_error: GoError | None = None,
) -> ColumnAnswered:
    """What a proxy has; ``outcome`` is that of @latest, None where it has not answered yet."""
    latest, latest_error = outcome or (None, None)
    lists = [one.bytes for one in proxy.requests if one.op is Op.LIST and one.error is None]
    return ColumnAnswered(
        at,
        column.id,
        listed,
        None if latest is None else latest.version,
        "" if latest is None else latest.time_text,
        go_words(list_error),
        go_words(latest_error) if list_error is None else None,
        tuple(proxy.requests),
        list_bytes=lists[-1] if lists else None,
        seconds=seconds,
        is_partial=outcome is None,
    )
