"""The streams under httpcore: every byte is seen, so that failures can be told in Go's words.

TLS runs over memory buffers (ssl.MemoryBIO) rather than inside the event loop's transport: only so can the
first bytes of a server that does not speak TLS be shown as Go shows them (crypto/tls RecordHeaderError,
net/http's "server gave HTTP response to HTTPS client").
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import httpcore
from cryptography import x509

from probes.golang.os_errors import errno_words
from probes.net.alerts import ALERTS
from probes.net.certificates import UNKNOWN_AUTHORITY, leaf_error
from probes.net.dial import Connection
from probes.net.exchange import Exchange, current_exchange
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


Opener = Callable[[], Awaitable["TracedStream"]]
"""Opens the same way once more. Raises OSError, DialFailed or anything that says that there is none."""


class TracedStream(httpcore.AsyncNetworkStream):
    """A TCP stream that tells the exchange in progress what passes over it."""

    def __init__(
        self,
        connection: Connection,
        limits: Limits,
        *,
        again: Opener | None = None,
        hello: Callable[[str], bytes] | None = None,
    ) -> None:
        """``again``: the same way once more, for a second look at a certificate that was refused.

        ``hello``: makes go's own ClientHello for a host, to be said over a second connection.
        """
        self.connection = connection
        self._limits = limits
        self.again = again
        self.hello = hello

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self.read_raw(max_bytes)
        exchange = current_exchange.get()
        if exchange is not None:
            exchange.note_received(data)
        return data

    async def read_raw(self, max_bytes: int) -> bytes:
        """Read without telling anyone: for the layers between."""
        try:
            return await self.connection.reader.read(max_bytes)
        except OSError as error:
            self._note_error("read", error)
            raise httpcore.ReadError(str(error)) from error

    def _note_error(self, verb: str, error: OSError) -> None:
        exchange = current_exchange.get()
        if exchange is not None:
            pair = f"{self.connection.local}->{self.connection.remote}"
            exchange.network_error = f"{verb} tcp {pair}: {verb}: {errno_words(error)}"

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            await self.send_raw(buffer)
        exchange = current_exchange.get()
        if exchange is not None:
            exchange.note_sent()

    async def send_raw(self, buffer: bytes) -> None:
        """Write without telling anyone."""
        try:
            self.connection.writer.write(buffer)
            await self.connection.writer.drain()
        except OSError as error:
            self._note_error("write", error)
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        self.connection.writer.close()
        try:
            await self.connection.writer.wait_closed()
        except OSError:
            return

    def abort(self) -> None:
        """Drop the connection at once; never blocks."""
        self.connection.writer.transport.abort()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        exchange = current_exchange.get()
        began = monotonic()
        host = server_hostname or ""
        try:
            stream = await self._shake_as_go(ssl_context, host)
        except TLSFailed as error:
            if exchange is not None:
                exchange.network_error = str(error)
                exchange.finish("tls", began, ok=False, detail=str(error))
            self.abort()
            raise httpcore.ConnectError(str(error)) from error
        except BaseException:
            self.abort()
            raise
        if exchange is not None:
            exchange.spoke_http2 = stream.speaks_http2
            exchange.finish("tls", began, ok=True, detail=stream.describe())
        return stream

    async def _shake_as_go(self, context: ssl.SSLContext, host: str) -> TLSStream:
        """Shake hands, and meanwhile see whether the hello that go would send is answered. Raises TLSFailed.

        OpenSSL's hello is a third of go's in size. Something on the way that drops the large one would make
        us succeed where go fails.
        """
        if self.hello is None or self.again is None:
            return await shake_hands(self, context, host, self._limits)
        as_go = asyncio.ensure_future(answer_to_hello(self.again, self.hello(host), self._limits))
        try:
            stream = await shake_hands(self, context, host, self._limits)
            words = await as_go
        finally:
            as_go.cancel()
        if words:
            raise TLSFailed(words)
        return stream

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return self.connection.reader.at_eof()
        if info == "server_addr":
            return self.connection.remote
        if info == "socket":
            return self.connection.writer.get_extra_info("socket")
        return None


async def shake_hands(
    below: TracedStream, context: ssl.SSLContext, host: str, limits: Limits, *, wrapped: bool = False
) -> TLSStream:
    """TLS to ``host`` over a stream. Raises TLSFailed with all that Go says; leaves ``below`` open.

    ``wrapped``: whether Go wraps the error before net/http sees it, as it does for a proxy's own TLS.
    """
    stream = TLSStream(below, context, host, wrapped=wrapped)
    try:
        async with asyncio.timeout(limits.tls_s):
            await stream.handshake()
    except TimeoutError:
        raise TLSFailed("net/http: TLS handshake timeout") from None
    except Untrusted as error:
        raise TLSFailed(await _look_again(below, host) or str(error)) from error
    except (httpcore.ReadError, httpcore.WriteError) as error:
        exchange = current_exchange.get()
        raise TLSFailed((exchange and exchange.network_error) or str(error)) from error
    return stream


async def answer_to_hello(again: Opener, hello: bytes, limits: Limits) -> str:
    """Say a hello over a connection of its own; Go's words when nobody takes it up, "" when somebody does.

    Where no second connection comes about, nothing is known, and nothing is said.
    """
    exchange = Exchange()
    token = current_exchange.set(exchange)
    try:
        second = await again()
        try:
            async with asyncio.timeout(limits.tls_s):
                await second.send_raw(hello)
                first = await second.read_raw(CHUNK)
        except TimeoutError:
            return "net/http: TLS handshake timeout"
        except (httpcore.ReadError, httpcore.WriteError):
            return exchange.network_error
        finally:
            second.abort()
    except Exception:
        return ""
    finally:
        current_exchange.reset(token)
    if not first:
        return "EOF"
    if first[0] == ALERT and len(first) >= ALERT_RECORD_BYTES:
        return "remote error: tls: " + ALERTS.get(first[6], f"alert({first[6]})")
    return ""


async def _look_again(below: TracedStream, host: str) -> str | None:
    """OpenSSL hides the leaf of a chain that it refused: fetch it once more, to say what Go would say.

    Nothing is sent over that second connection but the handshake. None when Go's verdict is the chain's,
    or when the second look shows nothing.
    """
    if below.again is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(SECOND_LOOK_S):
            second = await below.again()
            try:
                stream = TLSStream(second, context, host)
                await stream.agree()
                leaf = stream.leaf()
            finally:
                second.abort()
    except Exception:  # whatever is in the way of a second look: then the first one's words stand
        return None
    words = leaf_error(leaf, host, datetime.now(UTC))
    return None if words is None else "tls: failed to verify certificate: " + words


class TLSStream(httpcore.AsyncNetworkStream):
    """TLS over a TracedStream."""

    def __init__(
        self, below: TracedStream, context: ssl.SSLContext, host: str, *, wrapped: bool = False
    ) -> None:
        self._below = below
        self._host = host
        self._wrapped = wrapped
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host or None)
        self._first = bytearray()
        self._records = _RecordBorders()
        self._writing = asyncio.Lock()

    async def handshake(self) -> None:
        """Shake hands and check the host name; raises TLSFailed with Go's text.

        A context that takes any certificate takes any name in it too (InsecureSkipVerify).
        """
        await self.agree()
        if self._object.context.verify_mode is ssl.CERT_NONE:
            return
        mismatch = leaf_error(self.leaf(), self._host, datetime.now(UTC))
        if mismatch:
            raise TLSFailed("tls: failed to verify certificate: " + mismatch)

    async def agree(self) -> None:
        """Shake hands; names and dates of the leaf are not looked at. Raises TLSFailed."""
        while True:
            try:
                self._object.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._flush()
                if not await self._feed():
                    raise TLSFailed(self._records.words_at_end) from None
            except ssl.SSLCertVerificationError as error:
                await self._flush()
                raise Untrusted from error
            except ssl.SSLError as error:
                await self._flush()
                raise TLSFailed(self._words(error)) from error
        await self._flush()

    def leaf(self) -> x509.Certificate:
        """The server's certificate, after the handshake."""
        leaf = self._object.getpeercert(binary_form=True)
        assert leaf is not None, "a server has a certificate"
        return x509.load_der_x509_certificate(leaf)

    def _words(self, error: ssl.SSLError) -> str:
        first = bytes(self._first[:5])
        if first[:1] == b"\x15" and len(self._first) >= ALERT_RECORD_BYTES:
            return "remote error: tls: " + ALERTS.get(self._first[6], f"alert({self._first[6]})")
        if first[:1] not in (b"\x14", b"\x15", b"\x16", b"\x17", b""):
            if first == b"HTTP/" and not self._wrapped:  # net/http client.go send asks for the bare error
                return "http: server gave HTTP response to HTTPS client"
            return "tls: first record does not look like a TLS handshake"
        alert = (error.reason or "").lower()
        if "alert" in alert:
            return "remote error: tls: " + _alert_words(alert)
        if "unsupported_protocol" in alert or "version" in alert:
            return f"tls: server selected unsupported protocol version{self._chosen_version()}"
        return "tls: handshake failure" if not alert else "tls: " + alert.replace("_", " ")

    def _chosen_version(self) -> str:
        """ " 301": the version in the server's hello, as Go prints it."""
        if self._first[5:6] != b"\x02" or len(self._first) < FIRST_BYTES:
            return ""
        return f" {int.from_bytes(self._first[9:11]):x}"

    async def _feed(self) -> bool:
        data = await self._below.read_raw(CHUNK)
        if not data:
            self._incoming.write_eof()
            return False
        if len(self._first) < FIRST_BYTES:
            self._first += data[: FIRST_BYTES - len(self._first)]
        self._records.pass_over(data)
        self._incoming.write(data)
        return True

    async def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            await self._below.send_raw(data)

    @property
    def speaks_http2(self) -> bool:
        """What was agreed on."""
        return self._object.selected_alpn_protocol() == "h2"

    def describe(self) -> str:
        """Version, protocol and cipher in a few words."""
        cipher = self._object.cipher()
        words = [self._object.version() or "", self._object.selected_alpn_protocol() or "http/1.1"]
        return ", ".join([*words, cipher[0] if cipher else ""])

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self.read_raw(max_bytes)
        exchange = current_exchange.get()
        if exchange is not None:
            exchange.note_received(data)
        return data

    async def read_raw(self, max_bytes: int) -> bytes:
        """Read without telling anyone."""
        return await self._until_ready(lambda: self._object.read(max_bytes))

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
        await self.send_raw(buffer)
        exchange = current_exchange.get()
        if exchange is not None:
            exchange.note_sent()

    async def send_raw(self, buffer: bytes) -> None:
        """Write without telling anyone."""
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
        raise NotImplementedError("go speaks TLS to a server once")

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._object
        return self._below.get_extra_info(info)


_HEADER_BYTES = 5


class _RecordBorders:
    """Where TLS records end: Go's word for the end of a stream depends on it (crypto/tls conn.go)."""

    def __init__(self) -> None:
        self._header = b""
        self._left = 0
        """Bytes of the current record that are still to come."""

    def pass_over(self, data: bytes) -> None:
        """These bytes came in."""
        while data:
            if self._left:
                step = min(self._left, len(data))
                self._left -= step
            else:
                step = min(_HEADER_BYTES - len(self._header), len(data))
                self._header += data[:step]
                if len(self._header) == _HEADER_BYTES:
                    self._left = int.from_bytes(self._header[3:])
                    self._header = b""
            data = data[step:]

    @property
    def words_at_end(self) -> str:
        """What Go says when the stream ends here."""
        return "unexpected EOF" if self._left or self._header else "EOF"


ALERT = 0x15
"""The type of a record that holds an alert."""
ALERT_RECORD_BYTES = 7
"""A plain alert: five bytes of record header, the level and the description."""
FIRST_BYTES = 11
"""A record's header, a message's header and the version in a ServerHello."""


def _alert_words(reason: str) -> str:
    """Go's words for the alert in an OpenSSL reason such as TLSV1_ALERT_INTERNAL_ERROR."""
    alert = reason.split("alert_", 1)[-1].replace("_", " ")
    known = {"unknown ca": 48, "protocol version": 70, "decode error": 50, "decrypt error": 51}
    return ALERTS[known[alert]] if alert in known else alert
