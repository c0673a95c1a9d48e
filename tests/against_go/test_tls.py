"""TLS that is wrong: the real go and modtrace refuse in the same words."""

from __future__ import annotations

import asyncio
import re
import ssl
import warnings
from collections.abc import Callable

import pytest
import trustme

from probes.demo.server import World
from tests.against_go.compare import authority, environment_of, home_folder, run_go, run_modtrace
from tests.against_go.worlds import GeneratedWorld
from tests.tls_servers import RawServer, issued, self_signed

PATH = "m.test/x"


def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    return None


async def _close_after_hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1 << 16)


def _say(words: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(words)
        await writer.drain()

    return talk


async def _reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)
    import socket
    import struct

    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _old_protocol() -> ssl.SSLContext:
    context = issued(authority(), "127.0.0.1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


STRANGER = trustme.CA()
CASES: dict[str, tuple[Callable[..., object], Callable[[], ssl.SSLContext] | None]] = {
    "unknown authority": (_silent, lambda: issued(STRANGER, "127.0.0.1")),
    "unknown authority and wrong name": (_silent, lambda: issued(STRANGER, "other.test")),
    "wrong name": (_silent, lambda: issued(authority(), "other.test", "*.more.test")),
    "wrong address": (_silent, lambda: issued(authority(), "127.0.0.2", "127.0.0.3")),
    "expired": (_silent, lambda: issued(authority(), "127.0.0.1", days=(-20, -10))),
    "expired and wrong name": (_silent, lambda: issued(authority(), "other.test", days=(-20, -10))),
    "not yet valid": (_silent, lambda: issued(authority(), "127.0.0.1", days=(10, 20))),
    "self-signed": (_silent, lambda: self_signed("localhost", "localhost")),
    "common name only": (_silent, lambda: self_signed(None, "127.0.0.1")),
    "speaks HTTP": (_say(b"HTTP/1.1 400 Bad Request\r\n\r\nno TLS here\n"), None),
    "speaks something else": (_say(b"SSH-2.0-OpenSSH_9.2\r\n"), None),
    "closes after the hello": (_close_after_hello, None),
    "resets": (_reset, None),
    "handshake failure alert": (_say(b"\x15\x03\x03\x00\x02\x02\x28"), None),
    "protocol version alert": (_say(b"\x15\x03\x03\x00\x02\x02\x46"), None),
    "unrecognised name alert": (_say(b"\x15\x03\x03\x00\x02\x02\x70"), None),
    "internal error alert": (_say(b"\x15\x03\x03\x00\x02\x02\x50"), None),
    "old protocol": (_silent, _old_protocol),
    "chooses TLS 1.0": (
        _say(bytes.fromhex("1603010030 02000028 0301" + "00" * 32 + "00 c013 00 0000 0e000000")),
        None,
    ),
    "breaks off in a record": (_say(bytes.fromhex("1603030031 0200002d 0303" + "00" * 8)), None),
    "breaks off in a record's header": (_say(bytes.fromhex("160303")), None),
    "chooses TLS 1.1": (
        _say(bytes.fromhex("1603020030 02000028 0302" + "00" * 32 + "00 c013 00 0000 0e000000")),
        None,
    ),
}
_TIME = re.compile(r"current time \S+")


@pytest.mark.parametrize("name", CASES)
def test_same_words_as_go(name: str) -> None:
    talk, make_context = CASES[name]
    with (
        home_folder() as home,
        World([lambda request: pytest.fail("nobody comes here")]) as world,
        RawServer(talk, tls=make_context() if make_context else None) as server,
    ):
        plan = GeneratedWorld(0, PATH, "v1.0.0", (), f"https://127.0.0.1:{server.port}", note=name)
        environment = environment_of(plan, [], home)
        go = run_go(world, environment, f"{PATH}@v1.0.0", home)
        ours = run_modtrace(world, environment, PATH, "v1.0.0")
    assert ours.error is not None
    assert go.error is not None
    assert _TIME.sub("NOW", ours.error) == _TIME.sub("NOW", go.error)
