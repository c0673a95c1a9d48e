"""The proxies of a GOPROXY list as columns of the module browser, and a client for each.

The law of the trace holds here too: a path that GONOPROXY matches is never told to a proxy, whatever the
caller says.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from probes.browse.table import Column
from probes.golang import module
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.goproxy import Hop, HopKind, Separator, check_query_path, parse_proxy_url
from probes.golang.protocol import Op
from probes.golang.quote import trim_space
from probes.golang.redact import redact
from probes.net.limits import Limits, Stalled
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


def go_words(error: GoError | None) -> str | None:
    return None if error is None else redact(str(error))


async def patient(answer: Awaitable[T]) -> T:
    """A stalled answer is an error like any other here, where nothing is said about go."""
    try:
        return await answer
    except Stalled as stalled:
        raise GoError(str(stalled)) from stalled


@dataclass(frozen=True, slots=True)
class AtProxy:
    """One module at one proxy, with a client of its own."""

    repo: ProxyRepo
    narrator: Narrator


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
    client = new_client(environment, limits)
    fetcher = Fetcher(client, limits) if memory is None else RememberingFetcher(client, limits, memory)
    narrator = Narrator(emit, fetcher)
    attempt = Attempt(0, hop)
    narrator.begin(attempt)
    try:
        await client.warm_up(tls=hop.url.scheme == "https")
        yield AtProxy(ProxyRepo(hop.url, path, narrator.asker(hop)), narrator)
    finally:
        narrator.end(attempt)
        await client.aclose()


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
