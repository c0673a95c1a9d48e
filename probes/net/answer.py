"""The answer to one request: its head, and its body in pieces as it comes.

Source: net/http response.go (Response) and transport.go (gzipReader, the body of a compressed answer).
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import httpcore

from probes.golang.errors import GoError
from probes.golang.urls import GoURL
from probes.net.exchange import Exchange, current_exchange
from probes.net.http_words import body_words
from probes.net.limits import FOR_EVER, Limits, Stalled

GZIP_HEADER_BYTES = 10
_UNPACKED_AT_ONCE = 1 << 18


@dataclass(slots=True)
class Answer:
    """The answer to one request, after redirects; read its body once."""

    url: GoURL
    status: int
    status_line: str
    """As Go's Response.Status: "404 Not Found"."""
    headers: Mapping[str, str]
    """Lower-case names; of repeated headers the first."""
    protocol: str
    _response: httpcore.Response = field(repr=False)
    _exchange: Exchange = field(repr=False)
    _limits: Limits = field(repr=False)

    @property
    def length(self) -> int | None:
        """Content-Length where the server gave one and the body is not gzipped on the way."""
        value = self.headers.get("content-length", "")
        return int(value) if value.isdigit() and not self._gzipped() else None

    def _gzipped(self) -> bool:
        return self.headers.get("content-encoding", "").lower() == "gzip"

    async def aclose(self) -> None:
        """Let go of the connection, read or not."""
        await self._response.aclose()

    async def body(self) -> AsyncIterator[bytes]:
        """The body in pieces, gunzipped; raises GoError with Go's words, Stalled when nothing comes."""
        pieces = self._pieces()
        async for piece in gunzip(pieces) if self._gzipped() else pieces:
            yield piece

    async def _pieces(self) -> AsyncIterator[bytes]:
        iterator = self._response.aiter_stream().__aiter__()
        while True:
            token = current_exchange.set(self._exchange)
            try:
                async with asyncio.timeout(self._limits.stall_s):
                    piece = await anext(iterator)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise Stalled(f"no byte of the body for {self._limits.stall_s:g} s; {FOR_EVER}") from None
            except (httpcore.NetworkError, httpcore.ProtocolError) as error:
                raise GoError(self._exchange.network_error or body_words(error)) from error
            finally:
                current_exchange.reset(token)
            yield piece


async def gunzip(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """compress/gzip on the way, with its errors; an empty body is none (net/http gzipReader).

    A body may be several gzip files one after the other, which are read as one (gzip Reader.Multistream).
    What is unpacked is handed on in small pieces: a few bytes may stand for a thousand times as many.
    """
    inflate = None
    data = b""
    async for piece in pieces:
        data += piece
        while data and (inflate is not None or len(data) >= GZIP_HEADER_BYTES):
            if inflate is None:
                if not data.startswith(b"\x1f\x8b"):
                    raise GoError("gzip: invalid header")
                inflate = zlib.decompressobj(wbits=31)
            try:
                unpacked = inflate.decompress(data, _UNPACKED_AT_ONCE)
                while unpacked:
                    yield unpacked
                    if inflate.eof:
                        break  # what is left over stands in unused_data now, and would get there twice
                    unpacked = inflate.decompress(inflate.unconsumed_tail, _UNPACKED_AT_ONCE)
            except zlib.error as error:
                words = "gzip: invalid checksum" if "incorrect" in str(error) else "flate: corrupt input"
                raise GoError(words) from error
            data = b""
            if inflate.eof:
                data, inflate = inflate.unused_data, None
    if data or inflate is not None:
        raise GoError("unexpected EOF")
