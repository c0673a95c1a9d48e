"""The way to a server: one connection, straight or through an HTTP or SOCKS proxy.

Source: net/http transport.go (dialConn, connectMethod, canonicalAddr). Everything above TCP that wants a
stream of its own (the TLS rung, the raw hellos, the comparisons) opens one here, so that each goes the way
that go would: to the address that go comes to, and through the same proxy.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace

from probes.golang.urls import GoURL
from probes.ladder.faults import Fault
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.model import shown
from probes.ladder.tcp import ConnectFailed, open_connection
from probes.net.dial import Connection
from probes.net.exchange import Exchange, current_exchange
from probes.net.socks import ProxyTrouble
from probes.net.streams import TracedStream
from probes.net.tunnel import (
    ConnectAnswer,
    ProxyFailed,
    connect_through,
    is_socks,
    proxy_port,
    tls_to_proxy,
)

DEFAULT_PORTS = {"http": 80, "https": 443}

FAULT_OF = {
    ProxyTrouble.AUTH: Fault.PROXY_AUTH,
    ProxyTrouble.REFUSED: Fault.PROXY_REFUSED,
    ProxyTrouble.CLOSED: Fault.PROXY_CLOSED,
    ProxyTrouble.STALL: Fault.PROXY_STALL,
    ProxyTrouble.PROTOCOL: Fault.PROXY_PROTOCOL,
    ProxyTrouble.NOT_TLS: Fault.PROXY_NOT_TLS,
    ProxyTrouble.TLS: Fault.PROXY_TLS,
}


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
        return self.port if self.proxy is None else proxy_port(self.proxy)


class WayFailed(Exception):
    """The way ends before the server; ``str()`` is Go's text inside "Get "URL": "."""

    def __init__(self, fault: Fault, words: str, answer: ConnectAnswer | None = None) -> None:
        super().__init__(words)
        self.fault = fault
        self.answer = answer
        """The proxy's, safe to show."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A stream to the server."""

    stream: TracedStream
    connection: Connection
    answer: ConnectAnswer | None
    """The proxy's, where there is one; safe to show."""
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
    return Exchange()


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
    except ProxyFailed as error:
        connection.writer.transport.abort()
        answer = None if error.answer is None else shown_answer(error.answer)
        raise WayFailed(FAULT_OF[error.trouble], str(error), answer) from error
    except BaseException:
        connection.writer.transport.abort()
        raise
    return Opened(stream, connection, None if answer is None else shown_answer(answer), exchange)


async def _through(
    way: Way, connection: Connection, exchange: Exchange, limits: ClimbLimits
) -> tuple[TracedStream, ConnectAnswer | None]:
    stream = TracedStream(connection, limits.for_net(), again=_Again(way, limits))
    if way.proxy is None:
        return stream, None
    described = ""
    if way.proxy.scheme == "https":
        assert way.proxy_tls is not None, "an https:// proxy needs roots"
        stream, described = await tls_to_proxy(way.proxy, stream, way.proxy_tls, limits.for_net())
    if not way.tunnelled and not is_socks(way.proxy):
        return stream, None if not described else ConnectAnswer("", tls=described)
    answer = await connect_through(way.proxy, stream, way.host, way.port, exchange, limits.connect_s)
    return stream, replace(answer, tls=described)


@dataclass(frozen=True, slots=True)
class _Again:
    """The same address once more: a second look at the certificate of a proxy that was refused."""

    way: Way
    limits: ClimbLimits

    async def __call__(self) -> TracedStream:
        try:
            connection = await open_connection(self.way.address, self.way.dial_port, self.limits.tcp_s)
        except ConnectFailed as error:
            raise ConnectionError(str(error)) from error
        return TracedStream(connection, self.limits.for_net())


def shown_answer(answer: ConnectAnswer) -> ConnectAnswer:
    """The same answer, safe to show."""
    return replace(
        answer,
        protocol=shown(answer.protocol, limit=40),
        status_line=shown(answer.status_line),
        schemes=tuple(shown(scheme, limit=40) for scheme in answer.schemes[:8]),
        server=shown(answer.server),
        sample=shown(answer.sample, limit=400, lines=8),
    )
