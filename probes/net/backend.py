"""httpcore's way to the network: our dialler, our streams, and a proxy's tunnel where one is in the way.

One backend serves one pool, which is one kind of URL through one proxy (or none).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable
from functools import partial
from time import monotonic
from typing import Any

import httpcore

from probes.golang.urls import GoURL
from probes.net.dial import Connection, DialFailed, dial
from probes.net.exchange import Exchange, current_exchange
from probes.net.limits import Limits
from probes.net.streams import TracedStream
from probes.net.tunnel import ProxyFailed, connect_through, is_socks, proxy_port, tls_to_proxy


class TracingBackend(httpcore.AsyncNetworkBackend):
    """Opens connections for the exchange in progress."""

    def __init__(
        self,
        limits: Limits,
        *,
        proxy: GoURL | None = None,
        proxy_host: str = "",
        proxy_tls: ssl.SSLContext | None = None,
        tunnelled: bool = True,
        hello: Callable[[str], bytes] | None = None,
    ) -> None:
        """``proxy_host``: the proxy's name as it is looked up; ``proxy_tls``: for an https:// proxy.

        ``tunnelled``: whether an HTTP proxy is asked for a tunnel; a plain http request needs none.
        ``hello``: makes go's ClientHello, where ours is too unlike it to tell what go would meet.
        """
        self._hello = hello
        self._limits = limits
        self._proxy = proxy
        self._proxy_host = proxy_host
        self._proxy_tls = proxy_tls
        self._tunnelled = tunnelled or (proxy is not None and is_socks(proxy))

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
            return await self._open(host, port, exchange)
        except (DialFailed, ProxyFailed) as error:
            exchange.network_error = str(error)
            raise httpcore.ConnectError(str(error)) from error

    async def _open(self, host: str, port: int, exchange: Exchange) -> TracedStream:
        """A stream to the server, or to the proxy where no tunnel is wanted."""
        if self._proxy is None:
            connection = await dial(host, port, exchange, self._limits)
            again = partial(self._same_peer, connection)
            return TracedStream(connection, self._limits, again=again, hello=self._hello)
        once_more = partial(self._open, host, port, Exchange())
        try:
            connection = await dial(self._proxy_host, proxy_port(self._proxy), exchange, self._limits)
        except DialFailed as error:
            raise DialFailed(f"proxyconnect tcp: {error}") from error
        try:
            stream = TracedStream(connection, self._limits, again=partial(self._same_peer, connection))
            return await self._through(self._proxy, stream, host, port, exchange, once_more)
        except BaseException:
            connection.writer.transport.abort()
            raise

    async def _through(
        self, proxy: GoURL, stream: TracedStream, host: str, port: int, exchange: Exchange, again: Any
    ) -> TracedStream:
        began = monotonic()
        try:
            described = ""
            if proxy.scheme == "https":
                assert self._proxy_tls is not None, "an https:// proxy needs roots"
                stream, described = await tls_to_proxy(proxy, stream, self._proxy_tls, self._limits)
            if self._tunnelled:
                answer = await connect_through(proxy, stream, host, port, exchange, self._limits.connect_s)
                described = ", ".join(filter(None, (described, f"{answer.protocol} {answer.status_line}")))
        except ProxyFailed as error:
            exchange.finish("proxy", began, ok=False, detail=str(error))
            raise
        if described:
            exchange.finish("proxy", began, ok=True, detail=described.strip())
        stream.again, stream.hello = again, self._hello
        return stream

    async def _same_peer(self, first: Connection) -> TracedStream:
        """The same server once more, at the same address."""
        address, port = first.writer.get_extra_info("peername")[:2]
        reader, writer = await asyncio.open_connection(address, port)
        return TracedStream(Connection(reader, writer, "", first.remote), self._limits)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise NotImplementedError("go connects to no Unix socket")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
