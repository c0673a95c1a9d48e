"""A climb that is cancelled ends at once and leaves no socket open, wherever it stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from probes.ladder.climb import climb
from probes.ladder.events import ClimbEvent, ClimbFinished, RungFinished, RungStarted
from probes.ladder.faults import Rung
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.names import NamesWorld
from probes.net.dial import current_resolver
from tests.against_go.compare import authority_file, tls_for
from tests.ladder.climbing import info_url, named
from tests.ladder.name_server import Lie, NameServer, write_files
from tests.ladder.proxies import tunnel_to
from tests.ladder.sockets import Talk, connections_to, full_backlog, hang, let_go, open_sockets, serving

HOST = "mirror.test"
ROOTS = {"SSL_CERT_FILE": str(authority_file()), "SSL_CERT_DIR": str(authority_file().parent / "none")}
PATIENT = ClimbLimits(
    question_s=60, system_lookup_s=60, tcp_s=60, connect_s=60, tls_s=60, answer_s=60, stall_s=60, hello_s=60
)
"""Nothing ends by itself while a test waits."""


@dataclass
class Watched:
    """The events of a climb, and a way to wait for one of them."""

    events: list[ClimbEvent] = field(default_factory=list)
    _waiting: list[tuple[Rung, asyncio.Event]] = field(default_factory=list)

    def __call__(self, event: ClimbEvent) -> None:
        self.events.append(event)
        if isinstance(event, RungStarted):
            for rung, reached in self._waiting:
                if rung is event.rung:
                    reached.set()

    def reached(self, rung: Rung) -> asyncio.Event:
        """Set when this rung is begun."""
        found = asyncio.Event()
        self._waiting.append((rung, found))
        return found


async def _cancelled_when(
    reached: Rung,
    heard: asyncio.Event | None,
    url: str,
    variables: dict[str, str],
    world: NamesWorld,
    *,
    port: int | None = None,
) -> Watched:
    """Climb, cancel once the rung is begun and the other side has heard of it, and wait for the end.

    ``port``: where no connection may be left, although the other side still waits.
    """
    watched = Watched()
    begun = watched.reached(reached)
    task = asyncio.ensure_future(climb(url, variables, watched, limits=PATIENT, world=world))
    try:
        async with asyncio.timeout(20):
            await begun.wait()
            if heard is not None:
                await heard.wait()
            if port is not None:
                assert connections_to(port), "there is something to leave behind"
    finally:
        task.cancel()
        async with asyncio.timeout(5):
            await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    await let_go()
    if port is not None:
        assert connections_to(port) == set()
    assert not any(isinstance(event, ClimbFinished) for event in watched.events)
    assert not any(
        isinstance(event, RungFinished) and event.result.rung is reached for event in watched.events
    )
    return watched


def _hears(heard: asyncio.Event, *, after: int = 1) -> Talk:
    """Takes everything, says nothing, and tells once so many connections have said something."""
    count = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        if not await reader.read(1):
            return  # only looked whether anybody listens
        count += 1
        if count >= after:
            heard.set()
        await hang(reader, writer)

    return talk


@asynccontextmanager
async def _nothing_left() -> AsyncIterator[None]:
    """The sockets that are open before are the only ones open after, servers of tests included."""
    before = open_sockets()
    yield
    await let_go()
    assert open_sockets() <= before
    assert current_resolver.get() is None


async def test_while_names_are_looked_up(tmp_path: Path) -> None:
    async with _nothing_left(), NameServer({HOST + ".": Lie.SILENT}) as names:
        world = named(write_files(tmp_path, names.port))
        await _cancelled_when(Rung.NAMES, None, info_url(f"https://{HOST}"), {}, world)


async def test_while_a_nameserver_is_asked_over_tcp(tmp_path: Path) -> None:
    heard = asyncio.Event()
    async with _nothing_left(), serving(_hears(heard, after=2)) as port:
        world = named(write_files(tmp_path, port, more="options use-vc\n"))
        await _cancelled_when(Rung.NAMES, heard, info_url(f"https://{HOST}"), {}, world, port=port)


async def test_while_the_c_library_is_asked(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def system(host: str, port: int) -> Sequence[str]:
        asked.set()
        await asyncio.Event().wait()
        return []

    async with _nothing_left(), NameServer({HOST + ".": ["127.0.0.1"]}) as names:
        world = NamesWorld(files=write_files(tmp_path, names.port), system=system)
        await _cancelled_when(Rung.NAMES, asked, info_url(f"https://{HOST}"), {}, world)


async def test_while_tcp_connects() -> None:
    async with _nothing_left():
        with full_backlog() as port:
            url = info_url(f"https://127.0.0.1:{port}")
            await _cancelled_when(Rung.TCP, None, url, {}, NamesWorld())


async def test_while_hands_are_shaken() -> None:
    """The handshake and the raw hello are both under way."""
    heard = asyncio.Event()
    async with _nothing_left(), serving(_hears(heard, after=2)) as port:
        url = info_url(f"https://127.0.0.1:{port}")
        await _cancelled_when(Rung.TLS, heard, url, {}, NamesWorld(), port=port)


@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
async def test_while_a_proxy_is_asked(scheme: str) -> None:
    heard = asyncio.Event()
    async with _nothing_left(), serving(_hears(heard)) as port:
        variables = {"HTTPS_PROXY": f"{scheme}://127.0.0.1:{port}"}
        url = info_url(f"https://{HOST}")
        await _cancelled_when(Rung.PROXY, heard, url, variables, NamesWorld(), port=port)


@pytest.mark.parametrize("through", [False, True])
async def test_while_an_answer_is_waited_for(through: bool, tmp_path: Path) -> None:
    heard = asyncio.Event()
    async with (
        _nothing_left(),
        serving(_hears(heard), tls=tls_for(HOST)) as server,
        serving(tunnel_to(server)) as proxy,
        NameServer({HOST + ".": ["127.0.0.1"]}) as names,
    ):
        world = named(write_files(tmp_path, names.port))
        variables = {**ROOTS, "HTTPS_PROXY": f"http://127.0.0.1:{proxy}"} if through else ROOTS
        url = info_url(f"https://{HOST}:{server}")
        await _cancelled_when(Rung.HTTP, heard, url, variables, world, port=proxy if through else server)


async def test_any_moment(tmp_path: Path) -> None:
    """Cancelled after each number of turns of the loop, until the climb is faster than that."""
    async with (
        _nothing_left(),
        serving(_answer, tls=tls_for(HOST)) as server,
        NameServer({HOST + ".": ["127.0.0.1", "::1"]}) as names,
    ):
        world = named(write_files(tmp_path, names.port))
        url = info_url(f"https://{HOST}:{server}")
        ended = 0
        for turns in range(0, 4000, 37):
            watched = Watched()
            task = asyncio.ensure_future(climb(url, ROOTS, watched, limits=PATIENT, world=world))
            for _ in range(turns):
                if task.done():
                    break
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await let_go()
            assert connections_to(server) == set()
            if not task.cancelled():
                assert isinstance(watched.events[-1], ClimbFinished)
                ended += 1
            if ended == 2:
                break


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    body = b'{"Version":"v1.0.0"}'
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    await writer.drain()
