"""One HTTP request as cmd/go makes it: with credentials, after redirects, a second time after a 4xx.

Source: cmd/go/internal/web/http.go (get, securityPreservingHTTPClient), net/http client.go (do) and
transport.go (roundTrip). httpcore speaks the protocol; the connection below it is ours (streams.py), so that
names, connect and TLS are steps of their own. What is written and read stands in http_head.py, where
redirects lead in redirects.py, Go's words for failures in http_words.py.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from types import MappingProxyType
from typing import Any

import httpcore

from probes.golang.errors import GoError
from probes.golang.goauth import Headers
from probes.golang.known_secrets import remember, remember_authorization
from probes.golang.mode import godebug
from probes.golang.quote import quote
from probes.golang.urls import GoURL
from probes.net.answer import Answer
from probes.net.authorizing import NOTHING, Authorizer, HeaderOf, Refusal
from probes.net.backend import TracingBackend
from probes.net.client_hello import client_hello
from probes.net.exchange import Exchange, current_exchange
from probes.net.host_names import ascii_host
from probes.net.http_head import (
    USER_AGENT,
    all_headers,
    first_headers,
    httpcore_url,
    own_agent,
    request_for,
    status_line,
    with_user,
)
from probes.net.http_words import BROKEN, MAX_HEAD, get_error, request_words, response_fault
from probes.net.httpproxy import HTTPProxyRules
from probes.net.limits import FOR_EVER, Limits, Stalled
from probes.net.redirects import Redirects, redirection
from probes.net.roots import client_context, find_roots
from probes.net.tunnel import is_socks

# httpcore's own limit for a head is 100 KiB.
httpcore.AsyncHTTP11Connection.MAX_INCOMPLETE_EVENT_SIZE = MAX_HEAD

_ASIDE_S = 3.0
"""How long the end of a client waits for what is done beside its requests; go waits for none of it."""


class HTTPClient:
    """What cmd/go's securityPreservingDefaultClient is, for the time of one trace."""

    def __init__(
        self,
        environment: Mapping[str, str],
        limits: Limits,
        *,
        http2: bool = True,
        authorization: Authorizer | Callable[[str], str | None] = lambda url: None,
        insecure: bool = False,
    ) -> None:
        """``authorization`` gives the headers that GOAUTH has for an https URL; a function, the one header.

        ``insecure``: take any certificate and any redirect, as impatientInsecureHTTPClient does for a path
        that GOINSECURE matches; never for a module proxy.
        """
        self._insecure = insecure
        self._environment = environment
        self._limits = limits
        self._http2 = http2
        self._authorizer: Authorizer = HeaderOf(authorization) if callable(authorization) else authorization
        self._beside: set[asyncio.Task[None]] = set()
        self._rules = HTTPProxyRules.from_environment(environment)
        self.refused_over_https = False
        """Whether an https request was answered with 4xx: then GOAUTH's programs would have been asked."""
        self._context: ssl.SSLContext | None = None
        self._pools: dict[tuple[str, str], httpcore.AsyncConnectionPool] = {}

    @property
    def asks_programs(self) -> bool:
        """Whether programs are asked for credentials: then what was refused before may not be now."""
        return self._authorizer.asks_programs

    async def warm_up(self, *, tls: bool) -> None:
        """Load what is loaded at first use, so that no server is blamed for it.

        The library's asyncio part costs 25 ms, the root certificates for ``tls`` 100 ms.
        """
        import anyio.lowlevel

        await anyio.lowlevel.checkpoint()
        if tls:
            self._context = await asyncio.to_thread(self._make_context)

    def _make_context(self) -> ssl.SSLContext:
        context = client_context(find_roots(self._environment))
        if self._insecure:
            context.verify_mode = ssl.CERT_NONE
        return context

    async def aclose(self) -> None:
        """Close every connection, after what is done beside the requests; that has some seconds."""
        beside = tuple(self._beside)
        try:
            if beside:
                await asyncio.wait(beside, timeout=_ASIDE_S)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            await pool.aclose()

    @asynccontextmanager
    async def get(
        self, url: GoURL, exchange: Exchange, more: Mapping[str, str] = MappingProxyType({})
    ) -> AsyncIterator[Answer]:
        """GET a URL as web.Get does; ``more`` are headers that go does not send, such as Range.

        Raises GoError with Go's text when no answer comes ("Get "URL": …"), Stalled when modtrace gives up
        waiting where go would not.
        """
        url = url.replace(host=url.host.removesuffix(":"))  # net/http NewRequest forgets an empty port
        known = await self._authorizer.first(url.string()) if url.scheme == "https" else NOTHING
        exchange.private = frozenset(name.lower() for name in known)
        answer = await self._follow(url, exchange, {**known, "User-Agent": (USER_AGENT,)}, more)
        if url.scheme == "https" and 400 <= answer.status < 500:
            self.refused_over_https = True
            refusal = Refusal(
                answer.status, answer.status_line, answer.protocol, tuple(exchange.response_headers)
            )
            await answer.aclose()
            exchange.redirects.clear()
            known = await self._authorizer.again(url.string(), refusal, self)
            exchange.private |= frozenset(name.lower() for name in known)
            answer = await self._follow(url, exchange, {**own_agent(answer.protocol), **known}, more)
        try:
            yield answer
        finally:
            await answer.aclose()

    async def head(self, url: GoURL, headers: Headers, protocol: str) -> int:
        """The status of a HEAD request with net/http's own name, after redirects. Raises GoError, Stalled."""
        exchange = Exchange()
        answer = await self._follow(url, exchange, {**own_agent(protocol), **headers}, {}, method="HEAD")
        await answer.aclose()
        return answer.status

    def aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the requests; it ends with the client at the latest."""
        task = asyncio.ensure_future(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _follow(
        self, url: GoURL, exchange: Exchange, initial: Headers, more: Mapping[str, str], method: str = "GET"
    ) -> Answer:
        headers = {**initial, **{name: (value,) for name, value in more.items()}}
        way = Redirects(url, headers, insecure=self._insecure)
        while True:
            current = way.current
            answer = await self._send(current, with_user(way.headers, current), exchange, method)
            location = redirection(answer.status, answer.headers)
            if not location:
                return answer
            await answer.aclose()
            exchange.redirects.append((answer.status, way.follow(location).redacted()))

    async def _send(
        self, url: GoURL, headers: Headers, exchange: Exchange, method: str = "GET"
    ) -> Answer:
        """One request and its answer; a reused connection that dies before it answers is replaced once."""
        if url.scheme not in ("http", "https"):
            raise get_error(url, f"unsupported protocol scheme {quote(url.scheme)}")
        try:
            proxy = self._rules.proxy_for(url)
        except GoError as error:
            raise get_error(url, str(error)) from error
        if not url.host:
            raise get_error(url, "http: no Host in request URL")
        host = ascii_host(url.hostname())
        if host is None:
            await self._only_the_proxy(url, proxy, exchange)
            exchange.finish("names", monotonic(), ok=False, detail="not a domain name")
            raise get_error(url, f"dial tcp: lookup {url.hostname()}: no such host")
        request = request_for(url, host, headers, method)
        exchange.request_headers = all_headers(request.headers)
        for name, value in exchange.request_headers:
            if name.lower() == "authorization":
                remember_authorization(value)
            elif name.lower() in exchange.private:
                remember(value)
        while True:
            exchange.dialled = False
            exchange.received = 0
            exchange.first_byte_at = None
            exchange.network_error = ""
            exchange.head.clear()
            exchange.response_headers = []
            try:
                response = await self._attempt(self._pool(url, proxy), request, exchange)
            except (httpcore.NetworkError, httpcore.ProtocolError) as error:
                if not exchange.dialled and exchange.received == 0 and _may_retry(error):
                    continue
                raise get_error(url, request_words(error, exchange)) from error
            fault = response_fault(response, exchange)
            if fault is not None:
                await response.aclose()
                raise get_error(url, BROKEN + fault)
            exchange.response_headers = all_headers(response.headers)
            return Answer(
                url=url,
                status=response.status,
                status_line=status_line(response, exchange),
                headers=first_headers(response),
                protocol=response.extensions.get("http_version", b"").decode(),
                _response=response,
                _exchange=exchange,
                _limits=self._limits,
            )

    async def _only_the_proxy(self, url: GoURL, proxy: GoURL | None, exchange: Exchange) -> None:
        """Connect to the HTTP proxy: its failure comes before that of a name that no proxy could look up."""
        if proxy is None:
            return
        token = current_exchange.set(exchange)
        try:
            stream = await self._backend(url, proxy).connect_tcp(url.hostname(), 443)
            await stream.aclose()
        except httpcore.ConnectError as error:
            raise get_error(url, request_words(error, exchange)) from error
        finally:
            current_exchange.reset(token)

    async def _attempt(
        self, pool: httpcore.AsyncConnectionPool, request: httpcore.Request, exchange: Exchange
    ) -> httpcore.Response:
        loop = asyncio.get_running_loop()
        token = current_exchange.set(exchange)
        try:
            async with asyncio.timeout(None) as scope:
                exchange.on_sent = lambda: scope.reschedule(loop.time() + self._limits.answer_s)
                return await pool.handle_async_request(request)
        except TimeoutError:
            raise Stalled(f"no answer for {self._limits.answer_s:g} s; {FOR_EVER}") from None
        finally:
            exchange.on_sent = None
            current_exchange.reset(token)

    def _pool(self, url: GoURL, proxy: GoURL | None) -> httpcore.AsyncConnectionPool:
        key = (url.scheme, proxy.string() if proxy else "")
        pool = self._pools.get(key)
        if pool is None:
            context = None
            if url.scheme == "https":
                self._context = context = self._context or self._make_context()
            pool = self._new_pool(url, proxy, context)
            self._pools[key] = pool
        return pool

    def _new_pool(
        self, url: GoURL, proxy: GoURL | None, context: ssl.SSLContext | None
    ) -> httpcore.AsyncConnectionPool:
        """A pool for one kind of URL: straight, through a tunnel, or by way of an HTTP proxy."""
        backend = self._backend(url, proxy)
        if proxy is None or url.scheme == "https" or is_socks(proxy):
            return httpcore.AsyncConnectionPool(
                ssl_context=context, http2=self._http2, network_backend=backend
            )
        return httpcore.AsyncHTTPProxy(
            # What the backend opens ends at the proxy, TLS and all: to httpcore it is plain http.
            proxy_url=httpcore_url(
                proxy.replace(scheme="http", user=None, password=None), ascii_host(proxy.hostname()) or ""
            ),
            proxy_auth=_proxy_auth(proxy),
            network_backend=backend,
        )

    def _backend(self, url: GoURL, proxy: GoURL | None) -> TracingBackend:
        proxy_tls = None
        if proxy is not None and proxy.scheme == "https":
            self._context = proxy_tls = self._context or self._make_context()
        return TracingBackend(
            self._limits,
            proxy=proxy,
            proxy_host="" if proxy is None else ascii_host(proxy.hostname()) or "",
            proxy_tls=proxy_tls,
            tunnelled=url.scheme == "https",
            hello=go_hello(self._environment) if url.scheme == "https" else None,
        )


OPENSSL_WITH_MLKEM = (3, 5)
"""From this release on OpenSSL's own hello is as large as go's."""


def go_hello(environment: Mapping[str, str]) -> Callable[[str], bytes] | None:
    """Makes the ClientHello that go would send here; None where ours is like it, or larger."""
    if ssl.OPENSSL_VERSION_INFO[:2] >= OPENSSL_WITH_MLKEM or godebug(environment).get("tlsmlkem") == "0":
        return None
    return client_hello


def _proxy_auth(proxy: GoURL) -> tuple[bytes, bytes] | None:
    if proxy.user is None:
        return None
    return proxy.user.encode(), (proxy.password or "").encode()


def _may_retry(error: Exception) -> bool:
    return isinstance(error, httpcore.ReadError | httpcore.WriteError | httpcore.RemoteProtocolError)
