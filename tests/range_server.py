"""A module proxy that can serve parts of files, and stall, break off or lie in the middle of one."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from probes.demo.behaviour import honest_answer, parse_target
from probes.demo.content import Module
from tests.loopback import LoopbackServer

PIECE = 1 << 16


class Ranges(Enum):
    """What the server makes of a Range."""

    HONEST = auto()
    IGNORED = auto()
    """All of the file, with 200."""
    FALSE_START = auto()
    """206, but of another part."""
    NO_TYPE = auto()
    """206 without Content-Range."""
    TOO_MUCH = auto()
    """206 with an honest Content-Range, and behind it all of the file."""
    REFUSED = auto()
    """416."""


@dataclass(frozen=True)
class Manner:
    """How zips are served."""

    ranges: Ranges = Ranges.HONEST
    etag: str | None = None
    """None for one that is made of the content; "" for none."""
    last_modified: str = ""
    stall_at: int | None = None
    """Not one byte more than these, and then silence."""
    break_at: int | None = None
    """The connection ends after these bytes of an answer."""
    length: int | None = None
    """Another Content-Length than the true one."""
    spoil: bool = False
    """The rest is of another file, although the validator is the same."""


@dataclass(frozen=True)
class Asked:
    """One request."""

    target: str
    headers: Mapping[str, str]
    status: int
    sent: int = field(default=0, compare=False)


class RangeServer(LoopbackServer):
    """Serves modules; ``manner`` may be changed while it runs."""

    def __init__(self, modules: Mapping[str, Module], manner: Manner | None = None) -> None:
        super().__init__()
        self.modules = modules
        self.manner = manner or Manner()
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        """What GOPROXY names."""
        return f"http://127.0.0.1:{self.port}"

    def zips(self) -> list[Asked]:
        """The requests for zips."""
        return [one for one in self.asked if one.target.endswith(".zip")]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after the other."""
        while head := await reader.readuntil(b"\r\n\r\n"):
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {}
            for line in lines:
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            if not await self._answer(writer, first.split(" ")[1], headers):
                return

    async def _answer(self, writer: asyncio.StreamWriter, target: str, headers: dict[str, str]) -> bool:
        good = honest_answer(self.modules, parse_target(target, headers))
        manner = self.manner if target.endswith(".zip") else Manner(etag="")
        etag = manner.etag
        if etag is None:
            etag = f'"{hashlib.sha256(good.body).hexdigest()[:16]}"'
        status, start, more = good.status, 0, []
        wanted = headers.get("range", "")
        same = headers.get("if-range", "") in (etag, manner.last_modified) and headers.get("if-range")
        if wanted and same and good.status == 200 and manner.ranges is not Ranges.IGNORED:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            status = 206
            size = len(good.body)
            match manner.ranges:
                case Ranges.HONEST:
                    more.append(("Content-Range", f"bytes {start}-{size - 1}/{size}"))
                case Ranges.FALSE_START:
                    more.append(("Content-Range", f"bytes {start + 1}-{size - 1}/{size}"))
                case Ranges.TOO_MUCH:
                    more.append(("Content-Range", f"bytes {start}-{size - 1}/{size}"))
                    start = 0
                case Ranges.REFUSED:
                    status, start = 416, len(good.body)
                case _:
                    pass
        if etag:
            more.append(("ETag", etag))
        if manner.last_modified:
            more += [("Last-Modified", manner.last_modified), ("Date", "Wed, 01 May 2024 10:00:00 GMT")]
        body = good.body[start:]
        if manner.spoil and status == 206:
            body = bytes(len(body))
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {manner.length or len(body)}"]
        lines += [f"{name}: {value}" for name, value in more]
        self.asked.append(Asked(target, headers, status))
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return await self._send(writer, body, manner)

    async def _send(self, writer: asyncio.StreamWriter, body: bytes, manner: Manner) -> bool:
        limits = [limit for limit in (manner.stall_at, manner.break_at) if limit is not None]
        end = min([len(body), *limits])
        for at in range(0, end, PIECE):
            writer.write(body[at : min(at + PIECE, end)])
            await writer.drain()
            self.asked[-1] = replace(self.asked[-1], sent=min(at + PIECE, end))
        if end == len(body):
            return True
        if manner.stall_at is not None:
            await asyncio.Event().wait()
        return False
