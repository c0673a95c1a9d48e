"""Sockets that behave badly, in the running loop, and a count of those that are left open."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextmanager
def full_backlog(host: str = "127.0.0.1") -> Iterator[int]:
    """A port that takes no SYN: its queue of connections is full, and nobody accepts.

    The kernel drops further SYNs, so that connecting hangs as behind a firewall that drops packets.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    waiting: list[socket.socket] = []
    with socket.socket(family) as listener:
        listener.bind((host, 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        try:
            while _connects(family, (host, port), waiting):
                assert len(waiting) < 16, "the queue never fills"
            yield port
        finally:
            for one in waiting:
                one.close()


def _connects(family: socket.AddressFamily, place: tuple[str, int], kept: list[socket.socket]) -> bool:
    one = socket.socket(family)
    kept.append(one)
    one.settimeout(0.15)
    try:
        one.connect(place)
    except TimeoutError:
        return False
    return True


@contextmanager
def closed_port(host: str = "127.0.0.1") -> Iterator[int]:
    """A port that refuses connections, kept from others."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as bound:
        bound.bind((host, 0))
        yield bound.getsockname()[1]


@asynccontextmanager
async def serving(
    talk: Talk, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Listen, and let ``talk`` have each connection; connections are closed when it returns."""
    tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await talk(reader, writer)
        writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks[asyncio.ensure_future(serve(reader, writer))] = writer

    server = await asyncio.start_server(connected, host, port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task, writer in tasks.items():
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*tasks, return_exceptions=True)
        await let_go()


async def let_go() -> None:
    """Give the loop its turns to close what was aborted."""
    for _ in range(5):
        await asyncio.sleep(0)


def reset(writer: asyncio.StreamWriter) -> None:
    """Make the close of this connection a RST."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take everything and say nothing."""
    while await reader.read(1 << 16):
        pass
    await asyncio.Event().wait()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until they end."""
    with suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.write_eof()


async def read_record(reader: asyncio.StreamReader) -> bytes:
    """One TLS record."""
    header = await reader.readexactly(5)
    return header + await reader.readexactly(int.from_bytes(header[3:5]))


def open_sockets() -> set[str]:
    """The sockets of this process, by their inode."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            target = str(entry.readlink())
            if target.startswith("socket:"):
                found.add(target)
    return found


def connections_to(port: int) -> set[str]:
    """The sockets of this process that are connected to a TCP port, or on their way there, by their inode."""
    ours = {target.removeprefix("socket:[").removesuffix("]") for target in open_sockets()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in (Path("/proc/net") / table).read_text().splitlines()[1:]:
            fields = line.split()
            if int(fields[2].rpartition(":")[2], 16) == port:
                found.add(fields[9])
    return found & ours
