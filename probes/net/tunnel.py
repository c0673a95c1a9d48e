"""Through an HTTP, HTTPS or SOCKS proxy: a stream that ends at the server, or at the proxy.

Source: net/http transport.go dialConn. What goes wrong before the proxy answers (names, connect, its own
TLS) is told as "proxyconnect tcp: …"; what the proxy answers to CONNECT is told in its own words; and what
the server does behind an open tunnel, as if no proxy were there. For https and SOCKS the tunnel is built
here, below the HTTP library; a plain http request goes to an HTTP proxy as it is.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic

import httpcore

from probes.golang.quote import quote
from probes.golang.urls import GoURL
from probes.net.dial import Connection, join_host_port
from probes.net.exchange import Exchange
from probes.net.limits import Limits
from probes.net.mime import header_fault
from probes.net.socks import ProxyTrouble, SocksFailed, socks_connect
from probes.net.streams import TLSFailed, TLSStream, TracedStream, shake_hands

PROXY_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
MAX_HEAD_BYTES = 256 << 10


def proxy_port(proxy: GoURL) -> int:
    """The port that go connects to for this proxy (canonicalAddr)."""
    return int(proxy.port() or PROXY_PORTS.get(proxy.scheme, 0))


def is_socks(proxy: GoURL) -> bool:
    """Whether it is a SOCKS proxy."""
    return proxy.scheme in ("socks5", "socks5h")


@dataclass(frozen=True, slots=True)
class ConnectAnswer:
    """What the proxy said to CONNECT, or to SOCKS. Raw text of the proxy: not safe to show."""

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


class ProxyFailed(Exception):
    """The proxy gives no way on; ``str()`` is Go's text inside "Get "URL": "."""

    def __init__(self, trouble: ProxyTrouble, words: str, answer: ConnectAnswer | None = None) -> None:
        super().__init__(words)
        self.trouble = trouble
        self.answer = answer


class StreamOverTLS(TracedStream):
    """A stream inside a TLS connection to a proxy; TLS to the server can be had over it once more."""

    def __init__(self, connection: Connection, limits: Limits, outer: TLSStream) -> None:
        super().__init__(connection, limits)
        self._outer = outer

    async def read_raw(self, max_bytes: int) -> bytes:
        return await self._outer.read_raw(max_bytes)

    async def send_raw(self, buffer: bytes) -> None:
        await self._outer.send_raw(buffer)


async def tls_to_proxy(
    proxy: GoURL, stream: TracedStream, context: ssl.SSLContext, limits: Limits
) -> tuple[StreamOverTLS, str]:
    """TLS to an https:// proxy, and a description of it. Raises ProxyFailed."""
    try:
        outer = await shake_hands(stream, context, proxy.hostname(), limits, wrapped=True)
    except TLSFailed as error:
        trouble = ProxyTrouble.NOT_TLS if "first record" in str(error) else ProxyTrouble.TLS
        raise ProxyFailed(trouble, f"proxyconnect tcp: {error}") from error
    return StreamOverTLS(stream.connection, limits, outer), outer.describe()


async def connect_through(
    proxy: GoURL, stream: TracedStream, host: str, port: int, exchange: Exchange, seconds: float
) -> ConnectAnswer:
    """Have a proxy open a tunnel to host and port. Raises ProxyFailed.

    ``seconds``: how long its answer is waited for; go waits a minute (dialConn).
    """
    began = monotonic()
    try:
        async with asyncio.timeout(seconds):
            if is_socks(proxy):
                await _socks(proxy, stream, host, port, exchange)
                return ConnectAnswer("SOCKS5", seconds=monotonic() - began)
            answer = await _connect(proxy, stream, host, port, exchange)
    except TimeoutError:
        raise ProxyFailed(ProxyTrouble.STALL, "context deadline exceeded") from None
    return replace(answer, seconds=monotonic() - began)


# -- CONNECT ------------------------------------------------------------------------------------------------


async def _connect(
    proxy: GoURL, stream: TracedStream, host: str, port: int, exchange: Exchange
) -> ConnectAnswer:
    try:
        await stream.send_raw(connect_request(proxy, host, port))
        head, rest = await _read_head(stream)
    except (httpcore.ReadError, httpcore.WriteError) as error:
        words, exchange.network_error = exchange.network_error or str(error), ""
        raise ProxyFailed(ProxyTrouble.CLOSED, words) from error
    answer, words = read_connect_answer(head, rest)
    if not head:
        raise ProxyFailed(ProxyTrouble.CLOSED, words, answer)
    if answer.status is None:
        raise ProxyFailed(ProxyTrouble.PROTOCOL, words, answer)
    if answer.status != 200:
        trouble = ProxyTrouble.AUTH if answer.status == 407 else ProxyTrouble.REFUSED
        raise ProxyFailed(trouble, words, answer)
    return answer


def connect_request(proxy: GoURL, host: str, port: int) -> bytes:
    """The request as Go writes it."""
    target = join_host_port(host, port)
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}", "User-Agent: Go-http-client/1.1"]
    if proxy.user is not None:
        token = f"{proxy.user}:{proxy.password or ''}".encode("utf-8", "surrogateescape")
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
    nothing = ConnectAnswer(protocol, sample=lines[0])
    if not head:
        return nothing, "unexpected EOF"
    if not space:
        return nothing, f"malformed HTTP response {quote(lines[0])}"
    if len(code) != 3 or not code.isdigit():
        return nothing, f"malformed HTTP status code {quote(code)}"
    if not re.fullmatch(r"HTTP/\d\.\d", protocol):
        return nothing, f"malformed HTTP version {quote(protocol)}"
    headers: dict[str, list[str]] = {}
    fault = header_fault(head)
    if fault is not None:
        return nothing, fault
    if not head.endswith((b"\n\n", b"\n\r\n")):
        return nothing, "unexpected EOF"
    for line in filter(None, lines[1:]):
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    said = [value for name in ("server", "proxy-agent", "via") for value in headers.get(name, [])]
    answer = ConnectAnswer(
        protocol=protocol,
        status=int(code),
        status_line=status_line,
        schemes=challenge_schemes(headers.get("proxy-authenticate", [])),
        server=", ".join(said),
        sample=rest.decode("utf-8", "replace"),
    )
    return answer, reason if " " in status_line else "unknown status code"


def challenge_schemes(challenges: Sequence[str]) -> tuple[str, ...]:
    """The schemes of challenges: the first word of each, and any word before a parameter list (RFC 9110)."""
    found: list[str] = []
    for challenge in challenges:
        found += re.findall(r"(?:^|,)\s*([A-Za-z][\w-]*)(?=\s|,|$)(?!\s*=)", challenge)
    return tuple(dict.fromkeys(found))


# -- SOCKS --------------------------------------------------------------------------------------------------


async def _socks(proxy: GoURL, stream: TracedStream, host: str, port: int, exchange: Exchange) -> None:
    prefix = f"socks connect tcp {stream.connection.remote}->{join_host_port(host, port)}: "

    async def read(size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = await stream.read_raw(size - len(data))
            if not piece:
                raise EOFError("unexpected EOF" if data else "EOF")
            data += piece
        return data

    credentials = None if proxy.user is None else (proxy.user, proxy.password or "")
    try:
        await socks_connect(read, stream.send_raw, host, port, credentials)
    except SocksFailed as error:
        raise ProxyFailed(error.trouble, prefix + str(error)) from error
    except EOFError as error:
        raise ProxyFailed(ProxyTrouble.CLOSED, prefix + str(error)) from error
    except (httpcore.ReadError, httpcore.WriteError) as error:
        words, exchange.network_error = exchange.network_error or str(error), ""
        raise ProxyFailed(ProxyTrouble.CLOSED, prefix + words) from error
