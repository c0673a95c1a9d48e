"""The proxies of a GOPROXY list as columns of the module browser, and a client for each.

The law of the trace holds here too: a path that GONOPROXY matches is never told to a proxy, whatever the
caller says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from probes.browse.local_columns import cache_folder
from probes.browse.project import project_folder
from probes.browse.table import Column, ColumnKind
from probes.golang import module
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.goproxy import Access, Hop, HopKind, Separator, check_query_path, entries, parse_proxy_url
from probes.golang.protocol import Op
from probes.golang.redact import redact
from probes.net.limits import Limits, Stalled
from probes.sources.credentials import credentials_of
from probes.sources.fetcher import Fetcher
from probes.sources.module_proxy import ProxyRepo
from probes.sources.remembered import Memory, RememberingFetcher
from probes.trace.events import Event
from probes.trace.narrator import Attempt, Narrator
from probes.trace.route import Route, plan
from probes.trace.run import new_client

T = TypeVar("T")



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


@dataclass(frozen=True, slots=True)
class Columns:
    """Everybody who may know versions of one path."""

    route: Route
    proxies: tuple[tuple[Column, Hop], ...]
    direct: Column
    cache: Column
    go_sum: Column

    @property
    def all(self) -> tuple[Column, ...]:
        """In the order of the table."""
        return (*(column for column, _ in self.proxies), self.direct, self.cache, self.go_sum)

    def of_hop(self, hop: int) -> int | None:
        """The column of a hop of the walk; None of off, which has none."""
        named = {one.id: column.id for column, one in self.proxies if not column.dead}
        kinds = {one.id: one.kind for one in self.route.hops}
        if kinds.get(hop) in (HopKind.DIRECT, HopKind.NOPROXY):
            return self.direct.id
        return named.get(hop)


def columns_of(environment: Environment, path: str) -> Columns:
    """The columns of a path. Looks for a go.mod and reads nothing."""
    route, proxies = proxies_of(environment, path)
    comes = any(route.access(hop) is Access.DIRECT for hop in route.hops)
    folder = project_folder(environment.facts.working_directory)
    try:
        cache = str(cache_folder(environment, path))
    except GoError:
        cache = ""
    places = (
        (ColumnKind.DIRECT, "", not comes),
        (ColumnKind.CACHE, cache, False),
        (ColumnKind.GO_SUM, "" if folder is None else str(folder / "go.sum"), False),
    )
    direct, cached, summed = (
        Column(number, -1, kind.value, spec, False, dead, kind)
        for number, (kind, spec, dead) in enumerate(places, len(proxies))
    )
    return Columns(route, proxies, direct, cached, summed)


def _dead_proxies(goproxy: str, route: Route) -> list[Hop]:
    """The proxies behind direct or off, as hops that no walk comes to; unusable ones are left out."""
    if route.error is not None:
        return []
    living = sum(hop.index is not None for hop in route.hops)
    dead: list[Hop] = []
    for index, entry in enumerate(entries(goproxy)[living:], living):
        if entry in ("direct", "off"):
            continue
        try:
            url = parse_proxy_url(entry)
        except GoError:
            continue
        number = len(route.hops) + len(dead)
        dead.append(Hop(number, index, HopKind.PROXY, redact(entry), Separator.END, url))
    return dead


def go_words(error: GoError | None) -> str | None:
    return None if error is None else redact(str(error))


async def patient(answer: Awaitable[T]) -> T:
    """A stalled answer is an error like any other here, where nothing is said about go."""
    try:
        return await answer
    except Stalled as stalled:
        raise GoError(str(stalled)) from stalled


CACHE_ONLY = {"Disable-Module-Fetch": "true"}
"""Asks a proxy to answer from what it has, and to fetch nothing for us: what proxy.golang.org documents."""


@dataclass(frozen=True, slots=True)
class AtProxy:
    """One module at one proxy, with a client of its own."""

    repo: ProxyRepo
    narrator: Narrator
    undemanding: ProxyRepo
    """The same, asked to fetch nothing: for what go itself would not ask."""


@asynccontextmanager
async def at_proxy(
    environment: Environment,
    path: str,
    hop: Hop,
    limits: Limits,
    emit: Callable[[Event], None],
    memory: Memory | None = None,
) -> AsyncIterator[AtProxy]:
    """Open a client for one proxy; close its connections at the end, also when cancelled."""
    assert hop.url is not None
    client = new_client(environment, limits, authorization=authorization_of(environment))
    fetcher = Fetcher(client, limits) if memory is None else RememberingFetcher(client, limits, memory)
    undemanding = Fetcher(client, limits)
    undemanding.more_headers = CACHE_ONLY
    attempt = Attempt(0, hop)
    narrators = Narrator(emit, fetcher), Narrator(emit, undemanding)
    for narrator in narrators:
        narrator.begin(attempt)
    try:
        await client.warm_up(tls=hop.url.scheme == "https")
        yield AtProxy(
            ProxyRepo(hop.url, path, narrators[0].asker(hop)),
            narrators[0],
            ProxyRepo(hop.url, path, narrators[1].asker(hop)),
        )
    finally:
        for narrator in narrators:
            narrator.end(attempt)
        await client.aclose()


def authorization_of(environment: Environment) -> Callable[[str], str | None]:
    """The credentials that go would send; where it refuses GOAUTH, that is an error like others."""
    credentials = credentials_of(environment)

    def header(url: str) -> str | None:
        try:
            return credentials.authorization(url)
        except Fatal as error:
            raise GoError(str(error)) from error

    return header


def unusable(route: Route) -> str | None:
    """Why no proxy can be asked about this path at all, in go's words."""
    if route.error is not None:
        return redact(str(route.error))
    try:
        check_query_path(route.path)
    except GoError as error:
        return str(error)
    return None


def file_name(path: str, version: str, op: Op, folder: Path) -> Path:
    """Where a file of a module is in a tree that serves as a file:// GOPROXY.

    Raises InvalidPath or InvalidVersion; a path that passes has no element that leads out of the folder.
    """
    elements = module.escape_path(path).split("/")
    return folder.joinpath(*elements, "@v", f"{module.escape_version(version)}.{op}")
