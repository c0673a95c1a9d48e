"""HTTP and SOCKS proxies on loopback that let through, refuse, or misbehave in one way each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.ladder.sockets import Talk, pump, reset

HOST = "mirror.test"
"""The server that is asked for: no name that anybody but the proxy knows."""


async def _head(reader: asyncio.StreamReader) -> list[str]:
    return (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))
    finally:
        up_writer.transport.abort()


def tunnel_to(port: int, *, seen: list[str] | None = None) -> Talk:
    """Opens every tunnel to one port of 127.0.0.1, whatever it is asked for."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await _head(reader)
        if seen is not None:
            seen.extend(line for line in head if line.startswith(("CONNECT", "Proxy-Authorization")))
        writer.write(b"HTTP/1.1 200 Connection established\r\nProxy-Agent: tests/1\r\n\r\n")
        await _join(reader, writer, port)

    return talk


def says(answer: bytes, *, then: Callable[[asyncio.StreamWriter], None] | None = None) -> Talk:
    """Reads the request, says this, and hangs up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _head(reader)
        writer.write(answer)
        await writer.drain()
        if then is not None:
            then(writer)

    return talk


resets = says(b"", then=reset)
"""Reads the request, and resets the connection."""


def socks(
    script: bytes, *, first: int = 3, second: int = 4 + 1 + len(HOST) + 2, port: int | None = None
) -> Talk:
    """A SOCKS5 proxy by script: the first two bytes answer the greeting, the rest the request.

    ``first`` and ``second``: the lengths of the greeting and of the request; with a port the tunnel opens.
    """

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(first)
        writer.write(script[:2])
        await writer.drain()
        if len(script) <= 2:
            return
        await reader.readexactly(second)
        writer.write(script[2:])
        await writer.drain()
        if port is not None:
            await _join(reader, writer, port)

    return talk


SOCKS_OPEN = b"\x05\x00" + b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"
"""No password wanted; connected, from 127.0.0.1:80."""
