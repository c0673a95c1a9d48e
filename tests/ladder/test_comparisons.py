"""Middleboxes on loopback: what curl gets past and go does not, and the setting that helps."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from probes.demo.behaviour import Script
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.ladder.climber import TLSRung
from probes.ladder.comparisons import Comparison, Difference, judge_hello_size
from probes.ladder.events import Ladder
from probes.ladder.faults import Fault, Judgement, Rung
from probes.ladder.hello import Echo, HelloResult
from probes.net.client_hello import FirstRecord, ServerFirst, first_record
from tests.against_go.compare import authority, authority_file, server_tls
from tests.ladder.climbing import (
    PATH,
    VERSION,
    asked_for_info,
    assert_broken,
    assert_healthy,
    climbed,
    go_says,
    info_url,
    list_url,
    named,
)
from tests.ladder.name_server import NameServer, write_files
from tests.ladder.sockets import Talk, hang, pump, read_record, reset, serving

MODULE = simple_module(PATH, VERSION)
ROOTS = {"SSL_CERT_FILE": str(authority_file()), "SSL_CERT_DIR": str(authority_file().parent / "none")}
Suspicious = Callable[[bytes], bool]


def _middlebox(upstream: int, dislikes: Suspicious, *, silent: bool) -> Talk:
    """Reads the first record, and passes the connection on unless it dislikes what it reads."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        record = await read_record(reader)
        if dislikes(record):
            if silent:
                await asyncio.Event().wait()
            reset(writer)
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", upstream)
        try:
            up_writer.write(record)
            await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))
        finally:
            up_writer.transport.abort()

    return talk


def _is_large(record: bytes) -> bool:
    return len(record) > 1400


def _names(word: bytes) -> Suspicious:
    return lambda record: word in record


def _offers_tls13_only(record: bytes) -> bool:
    """supported_versions with TLS 1.3 and without 1.2."""
    return b"\x00\x2b\x00\x03\x02\x03\x04" in record


@asynccontextmanager
async def _behind(
    dislikes: Suspicious, *, silent: bool = False, tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """A module proxy behind a middlebox; yields its base URL on 127.0.0.1."""
    with World([Script({PATH: MODULE}).answer], tls=tls or server_tls()) as world:
        upstream = int(world.urls[0].rsplit(":", 1)[1])
        async with serving(_middlebox(upstream, dislikes, silent=silent)) as port:
            yield f"https://127.0.0.1:{port}"


def _made(ladder: Ladder, difference: Difference) -> Comparison:
    return next(made for made in ladder.comparisons if made.difference is difference)


# -- the size of the hello ----------------------------------------------------------------------------------


async def test_a_middlebox_that_resets_large_hellos(tmp_path: Path) -> None:
    """The first remedy really mends it: with the setting go and the climb both get through."""
    async with _behind(_is_large) as base:
        ladder = await climbed(info_url(base), ROOTS, compare=True)
        go = await go_says(base, tmp_path, ROOTS)
        remedy = ladder[Rung.TLS].observations[0].godebug
        mended = {**ROOTS, "GODEBUG": remedy.removeprefix("GODEBUG=")}
        after = await climbed(info_url(base), mended)
        go_after = await go_says(base, tmp_path, mended)
    assert_broken(ladder, Fault.TLS_HELLO_SIZE)
    assert asked_for_info(ladder) == go
    assert remedy == "GODEBUG=tlsmlkem=0"
    assert_healthy(after)
    assert go_after == ""
    compared = _made(ladder, Difference.HELLO_SIZE)
    assert [side.came_through for side in compared.sides] == [False, True]
    assert compared.observation is not None
    assert compared.observation.fault is Fault.TLS_HELLO_SIZE


async def test_a_middlebox_that_drops_large_hellos() -> None:
    async with _behind(_is_large, silent=True) as base:
        ladder = await climbed(info_url(base), ROOTS)
    assert_broken(ladder, Fault.TLS_HELLO_SIZE)
    assert ladder.words.endswith(": net/http: TLS handshake timeout")
    report = ladder[Rung.TLS].report
    assert isinstance(report, TLSRung)
    assert report.handshake.ok, "Python's own handshake notices nothing"
    assert report.go_hello is not None
    assert report.go_hello.echo is Echo.SILENCE
    assert report.small_hello is not None
    assert report.small_hello.echo is Echo.ANSWERED
    assert "not (silence)" in ladder[Rung.TLS].observations[0].evidence


async def test_without_a_middlebox_both_sizes_are_answered() -> None:
    async with _behind(lambda record: False) as base:
        ladder = await climbed(list_url(base), ROOTS, compare=True)
    assert_healthy(ladder)
    assert {made.difference for made in ladder.comparisons} == {
        Difference.HELLO_SIZE, Difference.TLS_VERSION, Difference.HTTP_VERSION
    }  # fmt: skip
    assert not any(made.differs for made in ladder.comparisons)
    assert all(made.observation is None for made in ladder.comparisons)


@pytest.mark.parametrize("large", list(Echo))
@pytest.mark.parametrize("small", list(Echo))
def test_the_size_is_blamed_only_when_the_small_one_is_answered(large: Echo, small: Echo) -> None:
    def result(echo: Echo, sent: int) -> HelloResult:
        return HelloResult(echo, sent, 0.1, ServerFirst(FirstRecord.INCOMPLETE))

    made = judge_hello_size(result(large, 1531), result(small, 305))
    blamed = small is Echo.ANSWERED and large is not Echo.ANSWERED
    assert (made.observation is not None) == blamed


# -- the server name ----------------------------------------------------------------------------------------

FILTERED = "proxy.golang.org"


async def test_a_name_that_is_filtered(tmp_path: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(FILTERED).configure_cert(tls)
    async with (
        _behind(_names(FILTERED.encode()), tls=tls) as base,
        NameServer({FILTERED + ".": ["127.0.0.1"]}) as names,
    ):
        world = named(write_files(tmp_path, names.port, hosts=f"127.0.0.1 {FILTERED}\n"))
        url = info_url(base.replace("127.0.0.1", FILTERED))
        ladder = await climbed(url, ROOTS, compare=True, world=world)
    assert ladder[Rung.TLS].fault is Fault.TLS_RESET
    compared = _made(ladder, Difference.SERVER_NAME)
    assert [side.came_through for side in compared.sides] == [False, True, True]
    assert compared.observation is not None
    assert compared.observation.fault is Fault.TLS_SNI_FILTERED
    assert compared.observation.godebug == "", "go has no setting against it"


async def test_an_address_has_no_name_to_filter() -> None:
    async with _behind(lambda record: False) as base:
        ladder = await climbed(list_url(base), ROOTS, compare=True)
    assert Difference.SERVER_NAME not in {made.difference for made in ladder.comparisons}


# -- TLS 1.3 ------------------------------------------------------------------------------------------------


async def test_a_middlebox_that_hates_tls13() -> None:
    async with _behind(_offers_tls13_only) as base:
        ladder = await climbed(list_url(base), ROOTS, compare=True)
    compared = _made(ladder, Difference.TLS_VERSION)
    assert [side.result for side in compared.sides] == ["reset", "answered, TLSv1.2"]
    assert compared.observation is not None
    assert compared.observation.fault is Fault.TLS_13_FILTERED


async def test_a_server_that_only_speaks_tls12() -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("127.0.0.1").configure_cert(tls)
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    async with _behind(lambda record: False, tls=tls) as base:
        ladder = await climbed(list_url(base), ROOTS, compare=True)
    assert_healthy(ladder)
    compared = _made(ladder, Difference.TLS_VERSION)
    assert [side.came_through for side in compared.sides] == [False, True]
    assert compared.observation is None, "it says no by an alert: nothing stands in between"


# -- HTTP/2 -------------------------------------------------------------------------------------------------


def _context_with(*protocols: str) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("127.0.0.1").configure_cert(tls)
    tls.set_alpn_protocols(list(protocols))
    return tls


async def _speaks_only_http1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Agrees to HTTP/2 and hangs up when it is spoken."""
    head = await reader.read(24)
    if not head or head.startswith(b"PRI * HTTP/2.0"):
        return  # nobody but a handshake, or HTTP/2
    head += await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nv1.0.0\n")
    await writer.drain()


async def test_http2_broken_on_the_way() -> None:
    async with serving(_speaks_only_http1, tls=_context_with("h2", "http/1.1")) as port:
        base = f"https://127.0.0.1:{port}"
        ladder = await climbed(list_url(base), ROOTS, compare=True)
        mended = await climbed(list_url(base), {**ROOTS, "GODEBUG": "http2client=0"})
    assert ladder.broken is not None
    assert ladder.broken.rung is Rung.HTTP
    compared = _made(ladder, Difference.HTTP_VERSION)
    assert [side.came_through for side in compared.sides] == [False, True]
    assert compared.sides[1].result == "200 OK over HTTP/1.1"
    assert compared.observation is not None
    assert compared.observation.fault is Fault.HTTP_H2
    assert compared.observation.godebug == "GODEBUG=http2client=0"
    assert_healthy(mended)


# -- address families ---------------------------------------------------------------------------------------


async def _two_families(tmp_path: Path, over_v6: Talk | None) -> tuple[Ladder, int]:
    """A module proxy whose IPv6 address takes connections and does this with them, or is closed."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("mirror.test").configure_cert(tls)
    with World([Script({PATH: MODULE}).answer], tls=tls) as world:
        port = int(world.urls[0].rsplit(":", 1)[1])
        async with NameServer({"mirror.test.": ["127.0.0.1", "::1"]}) as names:
            files = named(write_files(tmp_path, names.port), ("127.0.0.1", "::1"))
            url = list_url(f"https://mirror.test:{port}")
            if over_v6 is None:
                return await climbed(url, ROOTS, compare=True, world=files), port
            async with serving(over_v6, host="::1", port=port):
                return await climbed(url, ROOTS, compare=True, world=files), port


async def test_ipv6_closed(tmp_path: Path) -> None:
    """go turns to IPv4 by itself: a warning, nothing broken."""
    ladder, _ = await _two_families(tmp_path, None)
    assert ladder.broken is None
    assert ladder[Rung.TCP].fault is Fault.TCP_V6_DEAD
    compared = _made(ladder, Difference.FAMILY)
    assert compared.observation is not None
    assert compared.observation.fault is Fault.TCP_V6_DEAD
    assert compared.observation.judgement is Judgement.WARNING


async def test_ipv6_connects_and_swallows_the_handshake(tmp_path: Path) -> None:
    """go is connected over IPv6 and waits: no fallback once TCP stands."""
    ladder, _ = await _two_families(tmp_path, hang)
    assert ladder[Rung.TCP].judgement is Judgement.OK
    compared = _made(ladder, Difference.FAMILY)
    assert [re.sub(" .*", "", side.name) for side in compared.sides] == ["IPv4", "IPv6"]
    assert [side.came_through for side in compared.sides] == [True, False]
    assert compared.observation is not None
    assert compared.observation.fault is Fault.TLS_FAMILY
    assert compared.observation.judgement is Judgement.BROKEN


def test_first_record_of_a_real_server_is_recognised() -> None:
    """A guard for the worlds above: they answer with a ServerHello, not with something like it."""
    assert first_record(b"\x16\x03\x03\x00\x02\x01\x00" + b"\x00" * 60).kind is FirstRecord.NOT_TLS
