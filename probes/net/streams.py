"""The streams under httpcore: every byte is seen, so that failures can be told in Go's words.

TLS runs over memory buffers (ssl.MemoryBIO) rather than inside the event loop's transport: only so can the
first bytes of a server that does not speak TLS be shown as Go shows them (crypto/tls RecordHeaderError,
net/http's "server gave HTTP response to HTTPS client").
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

import httpcore

from probes.net.certificates import host_name_error, verification_words
from probes.net.dial import Connection, DialFailed, dial, errno_words
from probes.net.exchange import current_exchange
from probes.net.limits import Limits

CHUNK = 1 << 16


class TLSFailed(Exception):
    """The handshake failed; ``str()`` is Go's text."""


class TracedStream(httpcore.AsyncNetworkStream):
    """A TCP stream that tells the exchange in progress what passes over it."""

    def __init__(self, connection: Connection, limits: Limits) -> None:
        self._connection = connection
        self._limits = limits

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self.read_raw(max_bytes)
        exchange = current_exchange.get()
        if exchange is not None:
            exchange.note_received(data)
        return data

    async def read_raw(self, max_bytes: int) -> bytes:
        """Read without telling anyone: for the TLS layer above."""
        try:
            return await self._connection.reader.read(max_bytes)
        except OSError as error:
            self._note_error("read", error)
            raise httpcore.ReadError(str(error)) from error

    def _note_error(self, verb: str, error: OSError) -> None:
        exchange = current_exchange.get()
        if exchange is not None:
            pair = f"{self._connection.local}->{self._connection.remote}"
            exchange.network_error = f"{verb} tcp {pair}: {verb}: {errno_words(error)}"

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        exchange = current_exchange.get()
        if buffer:
            try:
                self._connection.writer.write(buffer)
                await self._connection.writer.drain()
            except OSError as error:
                self._note_error("write", error)
                raise httpcore.WriteError(str(error)) from error
        if exchange is not None:
            exchange.note_sent()

    async def aclose(self) -> None:
        self._connection.writer.close()
        try:
            await self._connection.writer.wait_closed()
        except OSError:
            return

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        exchange = current_exchange.get()
        began = monotonic()
        stream = TLSStream(self, ssl_context, server_hostname or "")
        try:
            async with asyncio.timeout(self._limits.tls_s):
                await stream.handshake()
        except (TLSFailed, TimeoutError, httpcore.ReadError, httpcore.WriteError) as error:
            text = "net/http: TLS handshake timeout" if isinstance(error, TimeoutError) else str(error)
            if exchange is not None:
                exchange.network_error = exchange.network_error or text
                exchange.finish("tls", began, ok=False, detail=exchange.network_error)
            self._connection.writer.transport.abort()
            raise httpcore.ConnectError(text) from error
        except BaseException:
            self._connection.writer.transport.abort()
            raise
        if exchange is not None:
            exchange.finish("tls", began, ok=True, detail=stream.describe())
        return stream

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self._connection.reader.at_eof()
        if info == "server_addr":
            return self._connection.remote
        if info == "socket":
            return self._connection.writer.get_extra_info("socket")
        return None


class TLSStream(httpcore.AsyncNetworkStream):
    """TLS over a TracedStream."""

    def __init__(self, below: TracedStream, context: ssl.SSLContext, host: str) -> None:
        self._below = below
        self._host = host
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host or None)
        self._first = bytearray()
        self._writing = asyncio.Lock()

    async def handshake(self) -> None:
        """Shake hands and check the host name; raises TLSFailed with Go's text."""
        while True:
            try:
                self._object.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._flush()
                if not await self._feed():
                    raise TLSFailed("EOF") from None
            except ssl.SSLError as error:
                await self._flush()
                raise TLSFailed(self._words(error)) from error
        await self._flush()
        mismatch = host_name_error(self._object.getpeercert() or {}, self._host)
        if mismatch:
            raise TLSFailed("tls: failed to verify certificate: " + mismatch)

    def _words(self, error: ssl.SSLError) -> str:
        if isinstance(error, ssl.SSLCertVerificationError):
            return "tls: failed to verify certificate: " + verification_words(error)
        first = bytes(self._first[:5])
        if first[:1] not in (b"\x14", b"\x15", b"\x16", b"\x17", b""):
            if first == b"HTTP/":
                return "http: server gave HTTP response to HTTPS client"
            return "tls: first record does not look like a TLS handshake"
        alert = (error.reason or "").lower()
        if "alert" in alert:
            return "remote error: tls: " + _alert_words(alert)
        if "unsupported_protocol" in alert or "version" in alert:
            return "tls: server selected unsupported protocol version"
        return "tls: handshake failure" if not alert else "tls: " + alert.replace("_", " ")

    async def _feed(self) -> bool:
        data = await self._below.read_raw(CHUNK)
        if not data:
            self._incoming.write_eof()
            return False
        if len(self._first) < 5:
            self._first += data[:5]
        self._incoming.write(data)
        return True

    async def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            await self._below.write(data)

    def describe(self) -> str:
        """Version, protocol and cipher in a few words."""
        cipher = self._object.cipher()
        words = [self._object.version() or "", self._object.selected_alpn_protocol() or "http/1.1"]
        return ", ".join([*words, cipher[0] if cipher else ""])

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._until_ready(lambda: self._object.read(max_bytes))
        exchange = current_exchange.get()
        if exchange is not None:
            exchange.note_received(data)
        return data

    async def _until_ready(self, step: Callable[[], bytes]) -> bytes:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                await self._flush()
                if not await self._feed():
                    return b""
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            except ssl.SSLError as error:
                exchange = current_exchange.get()
                if exchange is not None:
                    exchange.network_error = self._words(error)
                raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        async with self._writing:
            view = memoryview(buffer)
            while view:
                written = self._object.write(view[:CHUNK])
                view = view[written:]
                await self._flush()

    async def aclose(self) -> None:
        await self._below.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise NotImplementedError("TLS inside TLS: https proxies are not traced yet")

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._object
        return self._below.get_extra_info(info)


def _alert_words(reason: str) -> str:
    """The words of crypto/tls alert.go for the alert in an OpenSSL reason such as TLSV1_ALERT_INTERNAL_ERROR."""
    alert = reason.split("alert_", 1)[-1]
    known = {
        "handshake_failure": "handshake failure",
        "protocol_version": "protocol version not supported",
        "unknown_ca": "unknown certificate authority",
        "certificate_required": "certificate required",
        "internal_error": "internal error",
        "unrecognized_name": "unrecognized name",
        "no_application_protocol": "no application protocol",
        "access_denied": "access denied",
        "bad_certificate": "bad certificate",
        "decode_error": "error decoding message",
        "illegal_parameter": "illegal parameter",
    }
    return known.get(alert, alert.replace("_", " "))


class TracingBackend(httpcore.AsyncNetworkBackend):
    """httpcore's way to the network: our dialler and our streams."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        exchange = current_exchange.get()
        assert exchange is not None, "a connection is opened for an exchange"
        try:
            connection = await dial(host, port, exchange, self._limits)
        except DialFailed as error:
            raise httpcore.ConnectError(str(error)) from error
        return TracedStream(connection, self._limits)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise NotImplementedError("go connects to no Unix socket")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
