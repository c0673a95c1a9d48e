"""A server for the git protocol (git://) that says what a test wants, true or not (gitprotocol-pack(5))."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from tests.loopback import LoopbackServer

SOME_HASH = "1" * 40
_CAPABILITIES = b"multi_ack side-band-64k ofs-delta shallow no-progress include-tag agent=git/2.39.5"


def packet(data: bytes) -> bytes:
    """One pkt-line."""
    return b"%04x" % (len(data) + 4) + data


def advertisement(refs: Iterable[bytes]) -> bytes:
    """These refs, all of the same commit, and the end of them."""
    lines = [SOME_HASH.encode() + b" " + ref for ref in refs]
    lines[0] += b"\0" + _CAPABILITIES
    return b"".join(packet(line + b"\n") for line in lines) + b"0000"


class HostileGit(LoopbackServer):
    """Answers by the name of the repository: refs of its own, and what comes after them."""

    def __init__(self, refs: dict[str, bytes], after: dict[str, bytes] | None = None) -> None:
        """``refs``: what comes at once, by name; ``after``: what comes when something was wanted of it."""
        super().__init__()
        self._refs = refs
        self._after = after or {}
        self.endless = "endless"
        """The repository whose refs never end."""
        self.silent = "silent"
        """The repository that says nothing after its refs, and does not go away."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int(await reader.readexactly(4), 16)
        request = await reader.readexactly(size - 4)
        name = request.partition(b"\0")[0].rpartition(b"/")[2].decode()
        if name == self.endless:
            await self._endless(writer)
        refs = self._refs.get(name, b"")
        writer.write(refs)
        await writer.drain()
        if not refs.endswith(b"0000"):
            return  # or both would wait for each other
        wanted = await reader.read(1 << 16)
        if not wanted.strip(b"0"):
            return
        if name == self.silent:
            await asyncio.Event().wait()
        for piece in _pieces(self._after.get(name, b"")):
            writer.write(piece)
            with suppress(OSError):
                await writer.drain()

    async def _endless(self, writer: asyncio.StreamWriter) -> None:
        writer.write(advertisement([b"HEAD"])[:-4])
        number = 0
        while True:
            number += 1
            writer.write(packet(f"{SOME_HASH} refs/tags/v1.0.{number}\n".encode()))
            await writer.drain()
            if number % 100 == 0:
                await asyncio.sleep(0.001)


def _pieces(data: bytes, size: int = 1 << 16) -> Iterable[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
