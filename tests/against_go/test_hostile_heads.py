"""Status lines, headers and redirects that are no good: go and modtrace say the same of them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.against_go.test_hostile_zips import environment_of, gos_verdicts, our_verdict
from tests.test_hostile_answers import OK, Raw

PATH = "demo.example/hello"
MIB = 1 << 20
HEADERS = (
    b"X: \x1b[2J", b"X: \x07", b"X: a\x00b", b"X: \x7f", b"X: \x9b2J", b"X: \x0b", b"X: \x0c", b"X: \x08", b"X\x9b: a",
    b": a", b" X: a", b"\x1b: x", b"Content-Length: \x9b", b"Transfer-Encoding: \x9b2J", b"Content-Encoding: \x1b",
    b"X: " + b"x" * 11 * MIB, (b"X: " + b"x" * 999 + b"\r\n") * 9000 + b"X: y",
)  # fmt: skip
STATUS_LINES = (
    b"HTTP/1.1 404 \x1b[2J", b"HTTP/1.1 404", b"HTTP/1.1 404 \x7f\x01", b"HTTP/1.1 \x1b[2J", b"\x1b[2J",
    b"HTTP/\x1b 200 OK", b"HTTP/1.1 " + b"x" * 11 * MIB,
)  # fmt: skip
LOCATIONS = (
    b"/\x1b[2J", b"/\x9b", b"http://\x1b/", b"//[::1", b"", b"\xe2\x80\xae", b"file:///etc/passwd", b"ftp://x/",
    b"gopher:\x1b", b"http:/\x7f",
)  # fmt: skip
HEADS = (
    *(OK + header + b"\r\n" for header in HEADERS),
    *(line + b"\r\n" for line in STATUS_LINES),
    *(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + place + b"\r\n" for place in LOCATIONS),
)


async def info() -> AsyncIterator[bytes]:
    yield b'{"Version":"v1.0.0"}'


@pytest.mark.parametrize("head", HEADS, ids=lambda head: repr(head[-40:]))
def test_a_bad_head(tmp_path: Path, head: bytes) -> None:
    with Raw(head + b"Connection: close\r\n\r\n", info) as server:
        environment = environment_of(tmp_path, server.url)
        ours = our_verdict(environment, PATH)
        gos = gos_verdicts(environment, tmp_path, [PATH])[PATH]
    assert ours[0] is not None
    assert gos[0] is not None
    assert re.sub(r":\d+->", ":PORT->", ours[0]) == re.sub(r":\d+->", ":PORT->", gos[0])
