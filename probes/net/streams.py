"""The streams under httpcore: every byte is seen, so that failures can be told in Go's words.

TLS runs over memory buffers (ssl.MemoryBIO) rather than inside the event loop's transport: only so can the
first bytes of a server that does not speak TLS be shown as Go shows them (crypto/tls RecordHeaderError,
net/http's "server gave HTTP response to HTTPS client").
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import httpcore
from cryptography import x509

from probes.net.certificates import UNKNOWN_AUTHORITY, leaf_error
from probes.net.dial import Connection, DialFailed, dial, errno_words
from probes.net.exchange import current_exchange
from probes.net.limits import Limits

CHUNK = 1 << 16


SECOND_LOOK_S = 5.0
"""How long the look at a certificate that was refused may take, in seconds."""


class TLSFailed(Exception):
    """The handshake failed; ``str()`` is Go's text."""


class Untrusted(TLSFailed):
    """The chain does not lead to a root; the leaf was not seen."""

    def __init__(self) -> None:
        super().__init__("tls: failed to verify certificate: " + UNKNOWN_AUTHORITY)


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
        except Untrusted as error:
            text = await self._look_again(server_hostname or "") or str(error)
            if exchange is not None:
                exchange.network_error = text
                exchange.finish("tls", began, ok=False, detail=text)
            self._connection.writer.transport.abort()
            raise httpcore.ConnectError(text) from error
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

    async def _look_again(self, host: str) -> str | None:
        """OpenSSL hides the leaf of a chain that it refused: fetch it once more, to say what Go would say.

        Nothing is sent over that second connection but the handshake. None when Go's verdict is the
        chain's, or when a proxy stands in between.
        """
        exchange = current_exchange.get()
        if exchange is None or exchange.proxied:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        address, port = self._connection.writer.get_extra_info("peername")[:2]
        try:
            async with asyncio.timeout(SECOND_LOOK_S):
                _, writer = await asyncio.open_connection(
                    address, port, ssl=context, server_hostname=host or None
                )
        except (OSError, TimeoutError):
            return None
        leaf = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.transport.abort()
        words = leaf_error(x509.load_der_x509_certificate(leaf), host, datetime.now(UTC))
        return None if words is None else "tls: failed to verify certificate: " + words

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
            except ssl.SSLCertVerificationError as error:
                await self._flush()
                raise Untrusted from error
            except ssl.SSLError as error:
                await self._flush()
                raise TLSFailed(self._words(error)) from error
        await self._flush()
        leaf = self._object.getpeercert(binary_form=True)
        assert leaf is not None, "a verified server has a certificate"
        mismatch = leaf_error(x509.load_der_x509_certificate(leaf), self._host, datetime.now(UTC))
        if mismatch:
            raise TLSFailed("tls: failed to verify certificate: " + mismatch)

    def _words(self, error: ssl.SSLError) -> str:
        first = bytes(self._first[:5])
        if first[:1] == b"\x15" and len(self._first) == ALERT_RECORD_BYTES:
            return "remote error: tls: " + ALERTS.get(self._first[6], f"alert({self._first[6]})")
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
        if len(self._first) < ALERT_RECORD_BYTES:
            self._first += data[: ALERT_RECORD_BYTES - len(self._first)]
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


ALERT_RECORD_BYTES = 7
"""A plain alert: five bytes of record header, the level and the description."""

ALERTS = {
    10: "unexpected message", 20: "bad record MAC", 22: "record overflow", 40: "handshake failure",
    42: "bad certificate", 43: "unsupported certificate", 44: "revoked certificate",
    45: "expired certificate", 46: "unknown certificate", 47: "illegal parameter",
    48: "unknown certificate authority", 49: "access denied", 50: "error decoding message",
    51: "error decrypting message", 70: "protocol version not supported", 71: "insufficient security level",
    80: "internal error", 86: "inappropriate fallback", 90: "user canceled", 109: "missing extension",
    110: "unsupported extension", 112: "unrecognized name", 115: "unknown PSK identity",
    116: "certificate required", 120: "no application protocol",
}  # fmt: skip
"""crypto/tls alert.go: Go's words for the alerts of RFC 8446 section 6."""


def _alert_words(reason: str) -> str:
    """Go's words for the alert in an OpenSSL reason such as TLSV1_ALERT_INTERNAL_ERROR."""
    alert = reason.split("alert_", 1)[-1].replace("_", " ")
    known = {"unknown ca": 48, "protocol version": 70, "decode error": 50, "decrypt error": 51}
    return ALERTS[known[alert]] if alert in known else alert


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
