"""The way to a server: one connection, straight or through an HTTP or SOCKS proxy.

Source: net/http transport.go (dialConn, connectMethod, canonicalAddr). Everything above TCP that wants a
stream of its own (the TLS rung, the raw hellos, the comparisons, the request) opens one here, so that each
goes the way that go would.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic

import httpcore

from probes.golang.quote import quote
from probes.golang.urls import GoURL
from probes.ladder.faults import Fault
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.model import shown
from probes.ladder.resolver_files import join_host_port
from probes.ladder.socks import SocksFailed, socks_connect
from probes.ladder.tcp import ConnectFailed, open_connection
from probes.net.dial import Connection
from probes.net.exchange import Exchange, current_exchange
from probes.net.limits import Limits
from probes.net.streams import TLSStream, TracedStream

DEFAULT_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
MAX_HEAD_BYTES = 64 << 10


def port_of(url: GoURL) -> int:
    """The port that go connects to for this URL (canonicalAddr)."""
    return int(url.port() or DEFAULT_PORTS.get(url.scheme, 0))


@dataclass(frozen=True, slots=True)
class Way:
    """Where to connect, and what to ask for there."""

    host: str
    """The server: its name or address, without brackets."""
    port: int
    address: str
    """The address to dial: the server's, or the proxy's."""
    proxy: GoURL | None = field(default=None, repr=False)
    """The proxy behind that address, with its secrets."""
    proxy_tls: ssl.SSLContext | None = field(default=None, repr=False)
    """For https:// proxies."""
    tunnelled: bool = True
    """Whether the proxy is asked for a tunnel; a plain http request through an HTTP proxy needs none."""

    @property
    def dial_port(self) -> int:
        """The port to dial."""
        return self.port if self.proxy is None else port_of(self.proxy)


@dataclass(frozen=True, slots=True)
class ConnectAnswer:
    """What the proxy said to CONNECT, or to SOCKS."""

    protocol: str
    """"HTTP/1.1" …, or "SOCKS5"."""
    status: int | None = None
    status_line: str = ""
    """As the proxy wrote it: "407 Proxy Authentication Required"."""
    schemes: tuple[str, ...] = ()
    """The authentication that it wants: "Basic", "NTLM", "Negotiate"."""
    server: str = ""
    """Who it says it is: the headers Server, Proxy-Agent, Via."""
    sample: str = ""
    """The beginning of its page, for a refusal."""
    seconds: float = 0.0
    tls: str = ""
    """For an https:// proxy: version and cipher of the connection to it."""


class WayFailed(Exception):
    """The way ends before the server; ``str()`` is Go's text inside "Get "URL": "."""

    def __init__(self, fault: Fault, words: str, answer: ConnectAnswer | None = None) -> None:
        super().__init__(words)
        self.fault = fault
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Opened:
    """A stream to the server."""

    stream: TracedStream
    connection: Connection
    answer: ConnectAnswer | None
    """The proxy's, where there is one."""
    exchange: Exchange
    """Collects Go's words for errors of the connection."""

    def close(self) -> None:
        """Drop the connection at once; never blocks."""
        self.connection.writer.transport.abort()


@contextmanager
def noted_by(exchange: Exchange) -> Iterator[None]:
    """Errors of streams go into this notebook."""
    token = current_exchange.set(exchange)
    try:
        yield
    finally:
        current_exchange.reset(token)


def new_exchange() -> Exchange:
    """A notebook that tells nobody."""
    return Exchange(lambda phase, began, ok, detail: None)


@asynccontextmanager
async def opened(way: Way, limits: ClimbLimits) -> AsyncIterator[Opened]:
    """Open the way for the time of the block. Raises WayFailed."""
    found = await open_way(way, limits)
    try:
        yield found
    finally:
        found.close()


async def open_way(way: Way, limits: ClimbLimits) -> Opened:
    """Open the way; the caller closes it. Raises WayFailed; leaves nothing open then, or when cancelled."""
    try:
        connection = await open_connection(way.address, way.dial_port, limits.tcp_s)
    except ConnectFailed as error:
        if way.proxy is None:
            raise WayFailed(error.fault, str(error)) from error
        raise WayFailed(Fault.PROXY_UNREACHABLE, f"proxyconnect tcp: {error}") from error
    exchange = new_exchange()
    try:
        with noted_by(exchange):
            stream, answer = await _through(way, connection, exchange, limits)
    except BaseException:
        connection.writer.transport.abort()
        raise
    return Opened(stream, connection, answer, exchange)


async def _through(
    way: Way, connection: Connection, exchange: Exchange, limits: ClimbLimits
) -> tuple[TracedStream, ConnectAnswer | None]:
    stream = TracedStream(connection, limits.for_net())
    if way.proxy is None:
        return stream, None
    exchange.proxied = True
    described = ""
    if way.proxy.scheme == "https":
        stream, described = await _to_https_proxy(way, connection, stream, exchange, limits)
    began = monotonic()
    try:
        async with asyncio.timeout(limits.connect_s):
            if way.proxy.scheme.startswith("socks5"):
                await _socks(way, connection, stream)
                return stream, ConnectAnswer("SOCKS5", seconds=monotonic() - began)
            if not way.tunnelled:
                return stream, None
            return stream, await _connect(way, stream, exchange, described)
    except TimeoutError:
        words = "context deadline exceeded"
        raise WayFailed(Fault.PROXY_STALL, words) from None


# -- TLS to the proxy ---------------------------------------------------------------------------------------


class StreamOverTLS(TracedStream):
    """A stream inside a TLS connection to a proxy; TLS to the server can be had over it once more."""

    def __init__(self, connection: Connection, limits: Limits, outer: TLSStream) -> None:
        super().__init__(connection, limits)
        self._outer = outer

    async def read_raw(self, max_bytes: int) -> bytes:
        return await self._outer.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._outer.write(buffer)


async def _to_https_proxy(
    way: Way, connection: Connection, stream: TracedStream, exchange: Exchange, limits: ClimbLimits
) -> tuple[TracedStream, str]:
    assert way.proxy is not None
    assert way.proxy_tls is not None, "an https:// proxy needs roots"
    outer = TLSStream(stream, way.proxy_tls, way.proxy.hostname())
    words = ""
    try:
        async with asyncio.timeout(limits.tls_s):
            await outer.handshake()
    except TimeoutError:
        words = "net/http: TLS handshake timeout"
    except Exception as error:
        words = exchange.network_error or str(error)
    if words:
        not_tls = "first record" in words or "HTTP response" in words
        fault = Fault.PROXY_NOT_TLS if not_tls else Fault.PROXY_TLS
        raise WayFailed(fault, f"proxyconnect tcp: {words}")
    return StreamOverTLS(connection, limits.for_net(), outer), outer.describe()


# -- CONNECT ------------------------------------------------------------------------------------------------


async def _connect(way: Way, stream: TracedStream, exchange: Exchange, described: str) -> ConnectAnswer:
    """Ask an HTTP proxy for a tunnel. Raises WayFailed for anything but 200."""
    began = monotonic()
    try:
        await stream.write(connect_request(way))
        head, rest = await _read_head(stream)
    except (httpcore.ReadError, httpcore.WriteError) as error:
        raise WayFailed(Fault.PROXY_CLOSED, exchange.network_error or str(error)) from error
    answer, words = read_connect_answer(head, rest)
    answer = ConnectAnswer(
        protocol=answer.protocol,
        status=answer.status,
        status_line=answer.status_line,
        schemes=answer.schemes,
        server=answer.server,
        sample=answer.sample,
        seconds=monotonic() - began,
        tls=described,
    )
    if not head:
        raise WayFailed(Fault.PROXY_CLOSED, "unexpected EOF", answer)
    if answer.status is None:
        raise WayFailed(Fault.PROXY_PROTOCOL, words, answer)
    if answer.status != 200:
        fault = Fault.PROXY_AUTH if answer.status == 407 else Fault.PROXY_REFUSED
        raise WayFailed(fault, words, answer)
    return answer


def connect_request(way: Way) -> bytes:
    """The request as Go writes it."""
    assert way.proxy is not None
    target = join_host_port(way.host, way.port)
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}", "User-Agent: Go-http-client/1.1"]
    if way.proxy.user is not None:
        token = f"{way.proxy.user}:{way.proxy.password or ''}".encode("utf-8", "surrogateescape")
        lines.append("Proxy-Authorization: Basic " + base64.b64encode(token).decode())
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")


async def _read_head(stream: TracedStream) -> tuple[bytes, bytes]:
    """The head of an answer and what came with it; an answer that breaks off, as far as it came."""
    data = b""
    while len(data) < MAX_HEAD_BYTES:
        end = re.search(rb"\r?\n\r?\n", data)
        if end is not None:
            return data[: end.end()], data[end.end() :]
        piece = await stream.read_raw(4096)
        if not piece:
            break
        data += piece
        if b"\n" in data and not data.startswith(b"HTTP/"):
            break  # Go complains after the first line
    return data, b""


def read_connect_answer(head: bytes, rest: bytes = b"") -> tuple[ConnectAnswer, str]:
    """The answer to CONNECT and Go's words for it when it is not 200 (ReadResponse, dialConn)."""
    lines = head.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
    protocol, space, status_line = lines[0].partition(" ")
    status_line = status_line.lstrip(" ")
    code, _, reason = status_line.partition(" ")
    nothing = ConnectAnswer(shown(protocol), sample=shown(lines[0]))
    if not space:
        return nothing, f"malformed HTTP response {quote(lines[0])}"
    if len(code) != 3 or not code.isdigit():
        return nothing, f"malformed HTTP status code {quote(code)}"
    if not re.fullmatch(r"HTTP/\d\.\d", protocol):
        return nothing, f"malformed HTTP version {quote(protocol)}"
    headers: dict[str, list[str]] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), []).append(value.strip())
    said = [value for name in ("server", "proxy-agent", "via") for value in headers.get(name, [])]
    answer = ConnectAnswer(
        protocol=protocol,
        status=int(code),
        status_line=shown(status_line),
        schemes=_schemes(headers.get("proxy-authenticate", [])),
        server=shown(", ".join(said)),
        sample=shown(rest.decode("utf-8", "replace"), limit=400, lines=8),
    )
    return answer, reason if " " in status_line else "unknown status code"


def _schemes(challenges: list[str]) -> tuple[str, ...]:
    """The schemes of Proxy-Authenticate: the first word of each, and any word before a parameter list."""
    found = []
    for challenge in challenges:
        found += re.findall(r"(?:^|,)\s*([A-Za-z][\w-]*)(?=\s|,|$)(?!\s*=)", challenge)
    return tuple(dict.fromkeys(shown(scheme) for scheme in found))


# -- SOCKS --------------------------------------------------------------------------------------------------


async def _socks(way: Way, connection: Connection, stream: TracedStream) -> None:
    assert way.proxy is not None
    prefix = f"socks connect tcp {connection.remote}->{join_host_port(way.host, way.port)}: "
    exchange = current_exchange.get()

    async def read(size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = await stream.read_raw(size - len(data))
            if not piece:
                raise EOFError("unexpected EOF" if data else "EOF")
            data += piece
        return data

    async def write(data: bytes) -> None:
        await stream.write(data)

    credentials = None if way.proxy.user is None else (way.proxy.user, way.proxy.password or "")
    try:
        await socks_connect(read, write, way.host, way.port, credentials)
    except SocksFailed as error:
        raise WayFailed(error.fault, prefix + str(error)) from error
    except EOFError as error:
        raise WayFailed(Fault.PROXY_CLOSED, prefix + str(error)) from error
    except (httpcore.ReadError, httpcore.WriteError) as error:
        words = str(error)
        if exchange is not None:
            words = exchange.network_error or words
        raise WayFailed(Fault.PROXY_CLOSED, prefix + words) from error


async def drain(stream: TracedStream, enough: int) -> bytes:
    """The next bytes of a stream, up to ``enough`` of them; fewer at its end or when it breaks."""
    data = b""
    with suppress(httpcore.ReadError):
        while len(data) < enough:
            piece = await stream.read_raw(4096)
            if not piece:
                break
            data += piece
    return data
