"""Everybody asked for one version by name: is it there, when was it published, where does it come from.

Without ``ask_all`` the walk of `go list -m PATH@VERSION`: the proxies in the order of the list, as far as go
would come. With it everybody is asked, which go does not do: these requests carry Disable-Module-Fetch, and a
proxy that honours it answers 404 for what it could fetch, and does not hold now.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic

from probes.browse.asked_once import DirectOnce, ProxyOnce
from probes.browse.local_columns import cached_info, in_cache, in_go_sum
from probes.browse.outcomes import about_version, outcome_of
from probes.browse.proxies import columns_of, unusable
from probes.browse.table import BrowseEmit, Column, VersionAnswered, VersionAsked
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.gojson import RevInfo
from probes.golang.goproxy import Access, ErrorRanking, Hop
from probes.golang.redact import redact
from probes.net.limits import Limits
from probes.sources.remembered import Memory

AT_ONCE = 4
"""Requests for infos of one proxy at a time."""
NOT_HELD = (
    "it does not have it now, and was asked not to fetch it (Disable-Module-Fetch), which it may do for go: "
)


async def ask_version(
    environment: Environment,
    path: str,
    version: str,
    emit: BrowseEmit,
    *,
    limits: Limits | None = None,
    ask_all: bool = False,
    memory: Memory | None = None,
    run: bool = False,
) -> None:
    """Ask the columns (as browse numbers them) for the .info of one version.

    Says VersionAsked and VersionAnswered; every version that was asked for is answered for, also when the
    task is cancelled. A private path is never told to a proxy; git is started for the module's own repository
    only with ``run``. Raises nothing for what networks, servers or settings do.
    """
    async with _asking(environment, path, emit, limits or Limits(), memory, run=run) as asking:
        await asking.about(version, ask_all)


async def ask_infos(
    environment: Environment,
    path: str,
    versions: Sequence[str],
    column: int,
    emit: BrowseEmit,
    *,
    limits: Limits | None = None,
    memory: Memory | None = None,
) -> None:
    """Ask one proxy for the .info of several versions, a few at a time, and to fetch none of them."""
    async with _asking(environment, path, emit, limits or Limits(), memory) as asking:
        await asking.about_many(versions, column)


@asynccontextmanager
async def _asking(
    environment: Environment,
    path: str,
    emit: BrowseEmit,
    limits: Limits,
    memory: Memory | None,
    *,
    run: bool = False,
) -> AsyncIterator[_Asking]:
    async with AsyncExitStack() as stack:
        asking = _Asking(environment, path, emit, limits, memory, stack, run=run)
        try:
            yield asking
        finally:
            asking.give_up()


class _Asking:
    """One run."""

    def __init__(
        self,
        environment: Environment,
        path: str,
        emit: BrowseEmit,
        limits: Limits,
        memory: Memory | None,
        stack: AsyncExitStack,
        *,
        run: bool,
    ) -> None:
        self._environment = environment
        self._run = run
        self._path = path
        self._emit = emit
        self._limits = limits
        self._memory = memory
        self._stack = stack
        self._began = monotonic()
        self._columns = columns_of(environment, path)
        self._waiting: list[tuple[int, str]] = []

    def _now(self) -> float:
        return monotonic() - self._began

    def _asked(self, column: Column, version: str) -> None:
        self._waiting.append((column.id, version))
        self._emit(VersionAsked(self._now(), column.id, version))

    def _answered(self, answer: VersionAnswered) -> None:
        self._waiting.remove((answer.column, answer.version))
        self._emit(answer)

    def give_up(self) -> None:
        """Answer for what will have no answer any more."""
        for column, version in list(self._waiting):
            self._answered(
                VersionAnswered(self._now(), column, version, False, error="stopped before the answer")
            )

    async def about(self, version: str, ask_all: bool) -> None:
        """Everybody about one version."""
        columns, route = self._columns, self._columns.route
        usable = unusable(route) is None
        async with asyncio.TaskGroup() as group:
            group.create_task(self._cache(version))
            if columns.go_sum.spec:
                group.create_task(self._go_sum(version))
            if ask_all and usable:
                group.create_task(self._direct(version))
            if not usable or route.private is not None:
                return
            if ask_all:
                for column, hop in columns.proxies:
                    group.create_task(self._proxy(column, hop, version, undemanding=True))
            else:
                group.create_task(self._walk(version))

    async def about_many(self, versions: Sequence[str], column: int) -> None:
        """One proxy about several versions."""
        route = self._columns.route
        hops = {one.id: (one, hop) for one, hop in self._columns.proxies}
        if column not in hops or route.private is not None or unusable(route) is not None:
            return
        one, hop = hops[column]
        proxy = self._open(hop)
        left = iter(versions)

        async def work() -> None:
            for version in left:
                await self._proxy(one, hop, version, undemanding=True, proxy=proxy)

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work())

    def _open(self, hop: Hop) -> ProxyOnce:
        return ProxyOnce(self._environment, self._path, hop, self._limits, self._memory, self._stack)

    async def _walk(self, version: str) -> None:
        """The proxies in the order of the list, as far as go would come."""
        by_hop = {hop.id: column for column, hop in self._columns.proxies}
        ranking = ErrorRanking()
        for hop in self._columns.route.hops:
            column = by_hop.get(hop.id)
            if column is None or self._columns.route.access(hop) is not Access.ASK:
                continue
            failure = await self._proxy(column, hop, version, undemanding=False)
            if failure is None or not ranking.add(hop, failure):
                return

    async def _proxy(
        self, column: Column, hop: Hop, version: str, *, undemanding: bool, proxy: ProxyOnce | None = None
    ) -> GoError | None:
        """One proxy about one version; the error that go would meet there, if any."""
        proxy = proxy or self._open(hop)
        self._asked(column, version)
        info, error = await outcome_of(
            proxy.stat_in_its_cache(version) if undemanding else proxy.stat(version)
        )
        answer = self._answer(column, version, info, error)
        if undemanding and hop.url is not None and hop.url.scheme != "file":
            words = NOT_HELD + (answer.error or "") if answer.missing else answer.error
            answer = replace(answer, cached_only=True, error=words)
        self._answered(answer)
        return error

    def _answer(
        self, column: Column, version: str, info: RevInfo | None, error: GoError | None
    ) -> VersionAnswered:
        if info is not None:
            return about_version(self._now(), column.id, version, info)
        words = None if error is None else redact(str(error))
        missing = error is not None and error.not_exist
        return VersionAnswered(self._now(), column.id, version, False, error=words, missing=missing)

    async def _direct(self, version: str) -> None:
        """The module's own repository; go has no list of the things that it does not find there."""
        column = self._columns.direct
        self._asked(column, version)
        place = DirectOnce(self._environment, self._path, self._limits, self._stack, run=self._run)
        answer = self._answer(column, version, *(await outcome_of(place.stat(version))))
        # To go it is "not found" as well when nobody says where the repository is.
        self._answered(replace(answer, missing=answer.missing and "unknown revision" in (answer.error or "")))

    async def _cache(self, version: str) -> None:
        column = self._columns.cache
        self._asked(column, version)
        info, error = await outcome_of(self._in_cache(version))
        self._answered(self._answer(column, version, info, error))

    async def _in_cache(self, version: str) -> RevInfo:
        info = await asyncio.to_thread(cached_info, self._environment, self._path, version)
        if info is not None:
            return info
        held = await asyncio.to_thread(in_cache, self._environment, self._path)
        if version in held.versions:
            return RevInfo(version)
        raise GoError("it is not in the module cache", not_exist=held.error is None)

    async def _go_sum(self, version: str) -> None:
        column = self._columns.go_sum
        self._asked(column, version)
        held = await asyncio.to_thread(in_go_sum, Path(column.spec), self._path)
        served = version in held.versions
        error = None if served else held.error or "it is not in go.sum"
        self._answered(
            VersionAnswered(
                self._now(), column.id, version, served, error=error, missing=not served and not held.error
            )
        )
