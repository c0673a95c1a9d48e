"""Answers made to exhaust or to mislead: too long, endless, looping, dripping. All end, in little memory.

go itself would read most of them to the end, whatever it takes. modtrace stops, and says that it did.
"""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from probes.browse.asking import browse
from probes.browse.table import BrowseFinished, VersionTable
from probes.demo.behaviour import Answer, Behaviour, Script, body, redirect_loop
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.golang.protocol import Op
from probes.net.limits import Limits
from probes.sources.environment_reader import read_environment
from tests.against_go.hostile_zips import overlapping
from tests.loopback import LoopbackServer
from tests.modtrace import COMMAND, clean_environment, modtrace, start

PATH = "demo.example/hello"
MIB = 1 << 20
MILLION = 1_000_000
MEASURE = (
    "import json, resource, subprocess, sys\n"
    "done = subprocess.run(sys.argv[1:], capture_output=True, text=True, timeout=100)\n"
    "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n"
    "print(json.dumps([done.returncode, done.stdout, done.stderr, peak]))\n"
)
"""Runs a command in a process of its own, so that its peak is nobody else's."""
UNIT = 1 if sys.platform == "darwin" else 1024
"""Of ru_maxrss, in bytes."""


@dataclass(frozen=True)
class Measured:
    """How a command ended."""

    code: int
    out: str
    errors: str
    peak: int
    """Bytes of memory at most."""

    @property
    def said(self) -> Any:
        """Its answer."""
        return json.loads(self.out)


def run(home: Path, goproxy: str, *arguments: str) -> Measured:
    environment = clean_environment(home, GOPROXY=goproxy, MODTRACE_NO_SESSION="1")
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, COMMAND, *arguments],
        env=environment, cwd=home, capture_output=True, text=True, check=True, timeout=110,
    )  # fmt: skip
    code, out, errors, peak = json.loads(done.stdout)
    assert "Traceback" not in errors
    assert "bug in modtrace" not in errors
    return Measured(code, out, errors, peak * UNIT)


def answering(behaviours: Mapping[Op, Behaviour]) -> World:
    return World([Script({PATH: simple_module(PATH, "v1.0.0", "v1.1.0")}, behaviours).answer])


def numbered(count: int) -> bytes:
    return b"".join(b"v1.%d.0\n" % number for number in range(count))


LONG: dict[str, tuple[Op, Callable[[], bytes], str, int]] = {
    # which file, what it is, words that are said ("" where it is no matter), MiB of memory
    ".info of 100 MB": (
        Op.INFO, lambda: b'{"Version":"v1.1.0","x":"' + b"x" * 100 * MILLION + b'"}', "info is longer than 1 MiB", 80,
    ),
    ".info of a million keys": (
        Op.INFO, lambda: b'{"Version":"v1.1.0"' + b',"Version":"v1.1.0"' * 50_000 + b"}", "", 120,
    ),
    ".info of a million brackets": (Op.INFO, lambda: b"[" * MILLION, "exceeded max depth", 120),
    ".info with a long version": (
        Op.INFO, lambda: b'{"Version":"' + b"v" * MILLION + b'"}', "proxy returned info for version", 120,
    ),
    ".mod of 17 MiB": (
        Op.MOD, lambda: b"module demo.example/hello\n" + b"// x\n" * (17 * MIB // 5), "mod is longer than 2 MiB", 80,
    ),
    ".mod of brackets": (Op.MOD, lambda: b"(" * MILLION, "", 250),
    "a list of a million lines": (Op.LIST, lambda: numbered(MILLION), "v1.999999.0", 350),
    "a list of a million lines of nonsense": (
        Op.LIST, lambda: b"\x1b]0;pwned\x07\x9b2J\xff\xfev1 junk\n" * MILLION, "", 150,
    ),
    "a list of a hundred million bytes": (Op.LIST, lambda: b"v1\n" * (34 * MILLION), "list is longer than 64 MiB", 350),
    "a list of ten million empty lines": (Op.LIST, lambda: b"\n" * 10 * MILLION + b"v1.1.0\n", "", 150),
    "a line of 10 MB": (Op.LIST, lambda: b"v1.1.0\n" + b"v" * 10 * MILLION + b"\nv1.0.0\n", "", 200),
    "a version of 10 MB": (
        Op.LIST, lambda: b"v1." + b"1" * 10 * MILLION + b".0\n", "the list names a version of 10000005 characters", 200,
    ),
    "a line of ten million words": (Op.LIST, lambda: b"v1.1.0" + b" a" * 10 * MILLION + b"\n", "", 200),
}  # fmt: skip


@pytest.mark.parametrize("name", LONG)
def test_what_is_too_long_is_not_held(tmp_path: Path, name: str) -> None:
    op, make, words, most = LONG[name]
    with answering({op: body(make())}) as world:
        done = run(tmp_path, world.urls[0], "trace", f"{PATH}@latest", "--json")
    assert done.code in (0, 1, 3)
    assert words in done.out
    assert len(done.out) < 3 * MIB
    assert done.peak < most * MIB


@pytest.mark.parametrize("name", [name for name, (op, *_) in LONG.items() if op is Op.LIST])
def test_the_browser_takes_long_lists(tmp_path: Path, name: str) -> None:
    _, make, _, _ = LONG[name]
    table = VersionTable()
    with answering({Op.LIST: body(make())}) as world:
        environment = read_environment(
            process={"GOPROXY": world.urls[0], "GOENV": "off", "HOME": str(tmp_path)}, cwd=""
        )
        finished = []

        def emit(event: Any) -> None:
            table.apply(event)
            if isinstance(event, BrowseFinished):
                finished.append(event)

        asyncio.run(browse(environment, PATH, emit, limits=Limits(answer_s=20, stall_s=20)))
    assert len(finished) == 1


def test_a_redirect_that_leads_to_itself(tmp_path: Path) -> None:
    with answering(dict.fromkeys((Op.LIST, Op.INFO, Op.MOD, Op.ZIP, Op.LATEST), redirect_loop)) as world:
        done = run(tmp_path, world.urls[0], "trace", f"{PATH}@latest", "--json")
    assert done.code == 1
    assert "stopped after 10 redirects" in done.said["error"]


def test_redirects_that_grow(tmp_path: Path) -> None:
    def longer(request: Any, answer: Answer) -> Answer:
        return Answer(302, headers=(("Location", request.target + "x" * 1000),))

    with answering({Op.LIST: longer}) as world:
        done = run(tmp_path, world.urls[0], "trace", f"{PATH}@latest", "--json")
    assert done.code == 1
    assert len(done.out) < MIB


Pieces = Callable[[], AsyncIterator[bytes]]


class Raw(LoopbackServer):
    """Sends what h11 would not: the head and the body as they are."""

    def __init__(self, head: bytes, pieces: Pieces) -> None:
        super().__init__()
        self._head = head
        self._pieces = pieces
        self.flows = threading.Event()
        """Set when some pieces of a body have been sent."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (await reader.readline()).strip():
            pass
        writer.write(self._head)
        sent = 0
        async for piece in self._pieces():
            writer.write(piece)
            await writer.drain()
            sent += 1
            if sent == 10:
                self.flows.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"not a version\n" * 4096


async def dripping() -> AsyncIterator[bytes]:
    while True:
        yield b"v"
        await asyncio.sleep(0.02)


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@pytest.mark.parametrize(
    ("head", "target", "words"),
    [
        (OK, f"{PATH}@v1.0.0", "info is longer than 1 MiB"),
        (OK, f"{PATH}@latest", "list is longer than 64 MiB"),
        (OK.replace(b"200 OK", b"404 Not Found"), f"{PATH}@v1.0.0", "404 Not Found"),
        (OK.replace(b"200 OK", b"500 Broken"), f"{PATH}@v1.0.0", "500 Broken"),
        (OK + b"Content-Length: 9999999999999\r\n", f"{PATH}@v1.0.0", "info is longer than 1 MiB"),
    ],
)
def test_bodies_without_end(tmp_path: Path, head: bytes, target: str, words: str) -> None:
    with Raw(head + b"\r\n", endless) as server:
        done = run(tmp_path, server.url, "trace", target, "--json")
    assert done.code in (1, 3)
    assert words in done.out
    assert done.peak < 200 * MIB


def test_headers_without_end(tmp_path: Path) -> None:
    async def headers() -> AsyncIterator[bytes]:
        while True:
            yield b"X-More: " + b"x" * 1000 + b"\r\n"

    with Raw(OK, headers) as server:
        done = run(tmp_path, server.url, "trace", f"{PATH}@v1.0.0", "--json")
    assert done.code == 1
    assert "net/http: server response headers exceeded 10485760 bytes; aborted" in done.said["error"]
    assert done.peak < 150 * MIB


def test_a_drip_can_be_interrupted(tmp_path: Path) -> None:
    with Raw(OK + b"\r\n", dripping) as server:
        environment = clean_environment(tmp_path, GOPROXY=server.url, MODTRACE_NO_SESSION="1")
        running = start("trace", f"{PATH}@latest", "--events", env=environment, cwd=tmp_path)
        assert running.stdout is not None
        assert "trace.started" in running.stdout.readline()
        assert server.flows.wait(30)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=30)
        assert running.returncode == 130


@pytest.mark.parametrize(
    "header",
    [
        b"X-Evil: \x1b]0;pwned\x07\x1b[2J",
        b"X-Evil: \x9b2J\xff",
        b"Content-Type: text/plain; charset=\x1b[2J",
        b"Location: /\x1b[2J",
        b"Retry-After: \x1b[2J",
        b"Server: \xc2\x9b2J\xe2\x80\xae",
        b"\x1b[2J: x",
    ],
)
def test_headers_of_escapes(tmp_path: Path, header: bytes) -> None:
    async def words() -> AsyncIterator[bytes]:
        yield b"no\x1b[2J\x9b\n"

    for status in (b"404 Not \x1b[2J Found", b"302 \x9b2J\xe2\x80\xae"):
        head = OK.replace(b"200 OK", status) + header + b"\r\nConnection: close\r\n\r\n"
        with Raw(head, words) as server:
            environment = clean_environment(tmp_path, GOPROXY=server.url, MODTRACE_NO_SESSION="1")
            for form in (["--events"], []):
                done = modtrace("trace", f"{PATH}@v1.0.0", *form, env=environment, cwd=tmp_path)
                assert done.returncode == 1
                said = done.stdout + done.stderr
                assert "Traceback" not in said
                assert "bug in modtrace" not in said
                assert not {"\x1b", "\x9b", "\x07", "\u202e"} & set(said)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """50 GB of entries that share their content, in 150 KB."""
    bomb = overlapping(f"{PATH}@v1.1.0/".encode(), 125 * MIB, 400)
    with answering({Op.ZIP: body(bomb)}) as world:
        done = run(tmp_path, world.urls[0], "trace", f"{PATH}@v1.1.0", "--json")
    assert done.code == 3
    assert "the zip unpacks to 48 GiB" in done.out
    assert done.peak < 150 * MIB


def test_this_file_measures() -> None:
    """A peak that is never above a limit would prove nothing."""
    code = "x = b'x' * (300 << 20); print(len(x))"
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)[3] * UNIT > 300 * MIB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
