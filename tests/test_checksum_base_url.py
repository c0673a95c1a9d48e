"""By which way the checksum database is reached: semantics §6.3, and how URLs are joined."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from probes.golang.errors import GoError
from probes.golang.goproxy import ErrorRanking, Hop, parse_goproxy
from probes.golang.urls import GoURL
from probes.sources.checksum_database import BaseURL, ClientOps, SumDBClient
from tests.sumdb_server import Log, Signer, SumDBServer

NAME = "sum.example.com"
SIGNER = Signer.from_seed(NAME, 7)
KEY = SIGNER.verifier_key
LOOKUP = "/lookup/example.com/!mod@v1.2.3"


@dataclass
class Proxies:
    """Proxies p1, p2, … that answer /supported with a status; asks are noted."""

    statuses: dict[str, int]
    asked: list[str] = field(default_factory=list)

    async def get(self, url: GoURL) -> bytes:
        self.asked.append(url.string())
        status = self.statuses.get(url.host, 200)
        if status != 200:
            raise GoError(f"reading {url.redacted()}: {status}", not_exist=status in (404, 410))
        return url.string().encode()

    def walk(self, goproxy: str, gonoproxy: str = "") -> Callable[..., Awaitable[GoURL]]:
        """modfetch.TryProxies over GOPROXY."""

        async def try_proxies(ask: Callable[[Hop], Awaitable[GoURL]]) -> GoURL:
            proxies = parse_goproxy(goproxy, gonoproxy)
            if proxies.error is not None:
                raise proxies.error
            ranking = ErrorRanking()
            for hop in proxies.hops:
                try:
                    return await ask(hop)
                except GoError as error:
                    if not ranking.add(hop, error):
                        break
            assert ranking.best is not None
            raise ranking.best

        return try_proxies


UNAVAILABLE = "unavailable"


@pytest.mark.parametrize(
    ("goproxy", "statuses", "base"),
    [
        # Semantics §6.3, each row seen with the real go command.
        ("https://p1,https://p2", [404, 200], "https://p2/sumdb/sum.example.com"),
        ("https://p1,direct", [404], "https://sum.example.com"),
        ("https://p1,off", [410], "https://sum.example.com"),
        ("https://p1", [404], "https://sum.example.com"),
        ("https://p1,https://p2", [500, 200], UNAVAILABLE),
        ("https://p1,direct", [403], UNAVAILABLE),
        ("https://p1|https://p2", [500, 200], "https://p2/sumdb/sum.example.com"),
        ("https://p1|direct", [500], "https://sum.example.com"),
        ("https://p1|off", [500], UNAVAILABLE),
        ("https://p1|https://p2", [500, 404], UNAVAILABLE),
        ("https://p1|https://p2", [404, 500], UNAVAILABLE),
        ("https://p1|https://p2", [500, 500], UNAVAILABLE),
        ("off", [], "https://sum.example.com"),
        ("direct", [], "https://sum.example.com"),
        ("https://p1/a/,direct", [200], "https://p1/a/sumdb/sum.example.com"),
        ("https://p1?token=1", [200], "https://p1/sumdb/sum.example.com?token=1"),
    ],
)
@pytest.mark.parametrize("gonoproxy", ["", "*.corp"])
async def test_where_the_database_is_reached(
    goproxy: str, statuses: list[int], base: str, gonoproxy: str
) -> None:
    world = Proxies({f"p{n}": status for n, status in enumerate(statuses, 1)})
    found = BaseURL(KEY, try_proxies=world.walk(goproxy, gonoproxy), get=world.get)
    for _ in range(2):
        if base is UNAVAILABLE:
            with pytest.raises(GoError, match=r"/sumdb/sum\.example\.com/supported"):
                await found.resolve()
        else:
            assert (await found.resolve()).string() == base
    assert len(world.asked) == len(set(world.asked)), "found out once and for all"


async def test_an_explicit_url_goes_past_all_proxies() -> None:
    world = Proxies({})
    found = BaseURL(f"{KEY} https://other/base/", try_proxies=world.walk("https://p1"), get=world.get)
    assert await found.read_remote("/lookup/x@v1") == b"https://other/base/lookup/x@v1"
    assert world.asked == ["https://other/base/lookup/x@v1"]


async def test_hops_that_cannot_pass_requests_on_are_not_found_in_gos_words() -> None:
    said: list[tuple[str, bool]] = []

    async def try_proxies(ask: Callable[[Hop], Awaitable[GoURL]]) -> GoURL:
        for goproxy in ("off", "direct"):
            for hop in parse_goproxy(goproxy, "*").hops:
                with pytest.raises(GoError) as caught:
                    await ask(hop)
                said.append((str(caught.value), caught.value.not_exist))
        raise GoError("", not_exist=True)

    world = Proxies({})
    await BaseURL(KEY, try_proxies=try_proxies, get=world.get).resolve()
    off = ("module lookup disabled by GOPROXY=off", True)
    assert said == [("path does not match GOPRIVATE/GONOPROXY", True), off, off]
    assert world.asked == []


async def test_a_list_without_entries_makes_the_database_unavailable() -> None:
    world = Proxies({})
    found = BaseURL(KEY, try_proxies=world.walk(","), get=world.get)
    with pytest.raises(GoError, match="GOPROXY list is not the empty string, but contains no entries"):
        await found.read_remote("/lookup/x@v1")


@pytest.mark.parametrize(
    ("goproxy", "url"),
    [
        ("direct", "https://sum.example.com/lookup/example.com/!mod@v1.2.3"),
        ("https://p1", "https://p1/sumdb/sum.example.com/lookup/example.com/!mod@v1.2.3"),
        ("https://p1/a", "https://p1/a/sumdb/sum.example.com/lookup/example.com/%21mod@v1.2.3"),
    ],
)
async def test_an_exclamation_mark_is_escaped_only_behind_a_path(goproxy: str, url: str) -> None:
    world = Proxies({})
    found = BaseURL(KEY, try_proxies=world.walk(goproxy), get=world.get)
    await found.read_remote(LOOKUP)
    assert world.asked[-1] == url


async def test_the_way_is_looked_for_only_when_something_has_to_be_read() -> None:
    world = Proxies({"p1": 500})
    base = BaseURL(KEY, try_proxies=world.walk("https://p1"), get=world.get)
    server = SumDBServer(SIGNER, Log())
    server.log.add("example.com/m", "v1.0.0")
    files = {
        f"{NAME}{path}": body for path, body in server.everything([("example.com/m", "v1.0.0")], [1]).items()
    }
    stored = {f"{NAME}/latest": server.head()}

    async def read_config(file: str) -> bytes:
        return stored[file]

    async def read_cache(file: str) -> bytes | None:
        return files.get(file)

    async def write_config(file: str, old: bytes, new: bytes) -> None:
        raise AssertionError(file)

    async def write_cache(file: str, data: bytes) -> None:
        raise AssertionError(file)

    ops = ClientOps(base.read_remote, read_config, write_config, read_cache, write_cache)
    client = SumDBClient(KEY, ops)
    assert await client.lookup("example.com/m", "v1.0.0") == ["example.com/m v1.0.0 h1:zip="]
    assert world.asked == []
    files.clear()
    with pytest.raises(GoError, match=r"/supported: 500$"):
        await SumDBClient(KEY, ops).lookup("example.com/m", "v1.0.0")
