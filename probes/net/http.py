"""One HTTP request as cmd/go makes it: its headers, its redirects, its second try, its words for failures.

Source: cmd/go/internal/web/http.go (get, checkRedirect, securityPreservingHTTPClient), net/http client.go
(do, redirectBehavior) and transport.go (persistConn, gzipReader). httpcore speaks the protocol; the
connection below it is ours (streams.py), so that names, connect and TLS are steps of their own.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from types import MappingProxyType
from typing import Any

import h2.errors
import h2.events
import httpcore
import idna

from probes.golang.errors import GoError
from probes.golang.goauth import Headers, basic
from probes.golang.mode import godebug
from probes.golang.quote import quote
from probes.golang.urls import GoURL, resolve_reference
from probes.net.authorizing import NOTHING, Authorizer, HeaderOf, Refusal
from probes.net.backend import TracingBackend
from probes.net.client_hello import client_hello
from probes.net.exchange import Exchange, current_exchange
from probes.net.httpproxy import HTTPProxyRules
from probes.net.limits import FOR_EVER, Limits, Stalled
from probes.net.mime import header_fault
from probes.net.roots import client_context, find_roots
from probes.net.tunnel import is_socks

# httpcore's own limit for a head is 100 KiB; go's is 10 MiB (net/http maxHeaderResponseSize).
_MAX_HEAD = 10 << 20
_VERSION = re.compile(r"HTTP/[0-9]\.[0-9]")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
httpcore.AsyncHTTP11Connection.MAX_INCOMPLETE_EVENT_SIZE = _MAX_HEAD

USER_AGENT = "GoCommand/1 (+https://go.dev/cmd/go)"
SECOND_USER_AGENTS = {"HTTP/2": "Go-http-client/2.0"}
"""net/http's own names: cmd/go forgets its name on the second request after a 4xx over https."""
_FIRST_USER_AGENT = "Go-http-client/1.1"
_SENSITIVE = frozenset(
    ("Authorization", "Www-Authenticate", "Cookie", "Cookie2", "Proxy-Authorization", "Proxy-Authenticate")
)
"""What net/http takes from a request that is redirected to another host; any other header goes along."""
_NOT_WRITTEN = frozenset(("Host", "Content-Length", "Transfer-Encoding", "Trailer"))
"""Headers that net/http does not take from a request's own (request.go reqWriteExcludeHeader)."""
_ASIDE_S = 3.0
"""How long the end of a client waits for what is done beside its requests; go waits for none of it."""
MAX_REDIRECTS = 10
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})


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

    async def body(self) -> AsyncIterator[bytes]:
        """The body in pieces, gunzipped; raises GoError with Go's words, Stalled when nothing comes."""
        pieces = self._pieces()
        async for piece in _gunzip(pieces) if self._gzipped() else pieces:
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
                raise GoError(self._exchange.network_error or _body_words(error)) from error
            finally:
                current_exchange.reset(token)
            yield piece


GZIP_HEADER_BYTES = 10
_UNPACKED_AT_ONCE = 1 << 18


async def _gunzip(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
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


def _stream_words(error: Exception) -> str | None:
    """Go's words for an HTTP/2 stream that was reset or a connection that was given up (http2/errors.go)."""
    event = error.args[0] if error.args else None
    if isinstance(event, h2.events.StreamReset):
        return f"stream error: stream ID {event.stream_id}; {_code(event.error_code)}; received from peer"
    if isinstance(event, h2.events.ConnectionTerminated):
        debug = quote((event.additional_data or b"").decode("utf-8", "surrogateescape"))
        return (
            "http2: server sent GOAWAY and closed the connection; "
            f"LastStreamID={event.last_stream_id}, ErrCode={_code(event.error_code)}, debug={debug}"
        )
    return None


def _code(number: int | None) -> str:
    try:
        return h2.errors.ErrorCodes(number or 0).name
    except ValueError:
        return f"unknown error code 0x{number or 0:x}"


def _body_words(error: Exception) -> str:
    stream = _stream_words(error)
    if stream is not None:
        return stream
    text = str(error)
    if "chunk" in text.lower() and "incomplete" not in text.lower():
        return "invalid byte in chunk length"
    return "unexpected EOF"


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
            await answer._response.aclose()
            exchange.redirects.clear()
            known = await self._authorizer.again(url.string(), refusal, self)
            exchange.private |= frozenset(name.lower() for name in known)
            answer = await self._follow(url, exchange, {**_own_agent(answer.protocol), **known}, more)
        try:
            yield answer
        finally:
            await answer._response.aclose()

    async def head(self, url: GoURL, headers: Headers, protocol: str) -> int:
        """The status of a HEAD request with net/http's own name, after redirects. Raises GoError, Stalled."""
        exchange = Exchange()
        answer = await self._follow(url, exchange, {**_own_agent(protocol), **headers}, {}, method="HEAD")
        await answer._response.aclose()
        return answer.status

    def aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the requests; it ends with the client at the latest."""
        task = asyncio.ensure_future(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def _follow(
        self, url: GoURL, exchange: Exchange, initial: Headers, more: Mapping[str, str], method: str = "GET"
    ) -> Answer:
        visited = [url]
        initial = {**initial, **{name: (value,) for name, value in more.items()}}
        headers = dict(initial)
        while True:
            current = visited[-1]
            answer = await self._send(current, _with_user(headers, current), exchange, method)
            location = answer.headers.get("location", "")
            if answer.status not in REDIRECT_STATUSES or not location:
                return answer
            await answer._response.aclose()
            try:
                target = resolve_reference(current, location)
            except GoError as error:
                words = f"failed to parse Location header {quote(location)}: {error}"
                raise _get_error(current, words) from error
            refusal = _refuse_redirect(visited, target, insecure=self._insecure)
            if refusal:
                raise GoError(f"Get {quote(location)}: {refusal}")
            exchange.redirects.append((answer.status, target.redacted()))
            visited.append(target)
            if target.host != url.host and not _keeps_credentials(
                target.hostname().lower(), url.hostname().lower()
            ):
                initial = {name: values for name, values in initial.items() if name not in _SENSITIVE}
            headers = {**initial, **_referer(current, target, initial)}

    async def _send(
        self, url: GoURL, headers: Headers, exchange: Exchange, method: str = "GET"
    ) -> Answer:
        """One request and its answer; a reused connection that dies before it answers is replaced once."""
        if url.scheme not in ("http", "https"):
            raise _get_error(url, f"unsupported protocol scheme {quote(url.scheme)}")
        try:
            proxy = self._rules.proxy_for(url)
        except GoError as error:
            raise _get_error(url, str(error)) from error
        if not url.host:
            raise _get_error(url, "http: no Host in request URL")
        host = ascii_host(url.hostname())
        if host is None:
            await self._only_the_proxy(url, proxy, exchange)
            exchange.finish("names", monotonic(), ok=False, detail="not a domain name")
            raise _get_error(url, f"dial tcp: lookup {url.hostname()}: no such host")
        request = _request(url, host, headers, method)
        exchange.request_headers = _all_headers(request.headers)
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
                raise _get_error(url, _request_words(error, exchange)) from error
            fault = _header_fault(response, exchange)
            if fault is not None:
                await response.aclose()
                raise _get_error(url, _BROKEN + fault)
            exchange.response_headers = _all_headers(response.headers)
            return Answer(
                url=url,
                status=response.status,
                status_line=_status_line(response, exchange),
                headers=_first_headers(response),
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
            raise _get_error(url, _request_words(error, exchange)) from error
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
            proxy_url=_httpcore_url(
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


def _get_error(url: GoURL, words: str) -> GoError:
    """net/http client.go do: the url.Error around whatever went wrong, the password starred out."""
    shown = url.string()
    if url.password is not None:
        shown = url.replace(password="***").string()
    return GoError(f"Get {quote(shown)}: {words}")


def _keeps_credentials(host: str, first: str) -> bool:
    """net/http shouldCopyHeaderOnRedirect: only the same host and its subdomains see the credentials."""
    return host == first or (":" not in host and host.endswith("." + first))


def _refuse_redirect(visited: list[GoURL], target: GoURL, *, insecure: bool) -> str:
    """web.checkRedirect and securityPreservingHTTPClient."""
    if visited[0].scheme == "https" and target.scheme != "https" and not insecure:
        return f"redirected from secure URL {visited[-1].string()} to insecure URL {target.string()}"
    return "stopped after 10 redirects" if len(visited) >= MAX_REDIRECTS else ""


def ascii_host(host: str) -> str | None:
    """The host as it is looked up: international names in ASCII (net/http idnaASCII).

    None for what is no domain name at all; go says "no such host" without asking anybody.
    """
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return _label_by_label(host)


def _label_by_label(host: str) -> str | None:
    """A name that is wrong as a whole, such as one with an empty label, is still looked up by go."""
    try:
        return ".".join(
            label if label.isascii() else idna.encode(label, uts46=True).decode("ascii")
            for label in host.split(".")
        )
    except idna.IDNAError:
        return None


def _httpcore_url(url: GoURL, host: str) -> httpcore.URL:
    port = url.port()
    return httpcore.URL(
        scheme=url.scheme.encode(),
        host=host.encode("ascii"),
        port=int(port) if port else None,
        target=url.request_uri().encode("utf-8", "surrogateescape"),
    )


def _request(url: GoURL, host: str, headers: Headers, method: str) -> httpcore.Request:
    authority = url.host.removesuffix(":") if url.host.isascii() else host
    fields = [(b"Host", authority.encode())]
    # A part of a compressed body is of no use (net/http transport.go roundTrip).
    if method != "HEAD" and "Range" not in headers and "Accept-Encoding" not in headers:
        fields.append((b"Accept-Encoding", b"gzip"))
    fields += [
        (name.encode(), value.encode("utf-8", "surrogateescape"))
        for name, values in headers.items()
        if name not in _NOT_WRITTEN
        for value in (values[:1] if name == "User-Agent" else values)
    ]
    return httpcore.Request(method, _httpcore_url(url, host), headers=fields)


def _own_agent(protocol: str) -> Headers:
    """The name that net/http gives itself; the protocol of the answer before tells which."""
    return {"User-Agent": (SECOND_USER_AGENTS.get(protocol, _FIRST_USER_AGENT),)}


def _with_user(headers: Headers, url: GoURL) -> Headers:
    """net/http client.go send: a user in the URL becomes Basic, where nothing else says who asks."""
    if url.user is None or any(headers.get("Authorization", ())[:1]):
        return headers
    return {**headers, **basic(url.user, url.password or "")}


def _referer(current: GoURL, target: GoURL, initial: Headers) -> Headers:
    """net/http client.go refererForURL."""
    if current.scheme == "https" and target.scheme == "http":
        return NOTHING
    if any(initial.get("Referer", ())[:1]):
        return NOTHING
    return {"Referer": (current.replace(user=None, password=None).string(),)}


def _all_headers(fields: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in fields]


def _first_headers(response: httpcore.Response) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in _all_headers(response.headers):
        headers.setdefault(name.lower(), value)
    return headers


def _status_line(response: httpcore.Response, exchange: Exchange) -> str:
    """Go's Response.Status: over HTTP/1 what the server wrote, over HTTP/2 Go's own words for the code."""
    head = bytes(exchange.head)
    while head.startswith(b"HTTP/1."):
        first, _, rest = head.partition(b"\n")
        words = first.rstrip(b"\r").split(b" ", 1)
        status = words[1].lstrip(b" ") if len(words) > 1 else b""
        if status.startswith(b"1") and not status.startswith(str(response.status).encode()):
            head = rest.partition(b"\n\r\n")[2] or rest.partition(b"\r\n\r\n")[2]  # past a 1xx answer
            continue
        return status.decode("utf-8", "surrogateescape")
    try:
        return f"{response.status} {HTTPStatus(response.status).phrase}"
    except ValueError:
        return f"{response.status} "


def _header_fault(response: httpcore.Response, exchange: Exchange) -> str | None:
    """Go's words for a control character in a header, which the HTTP library lets pass."""
    if response.extensions.get("http_version", b"") == b"HTTP/2":
        return None
    bad = next((item for item in response.headers if _CONTROL.search(item[1])), None)
    if bad is None:
        return None
    line = b": ".join(bad).decode("utf-8", "surrogateescape")
    return header_fault(bytes(exchange.head)) or f"malformed MIME header line: {quote(line)}"


def _request_words(error: Exception, exchange: Exchange) -> str:
    """What net/http says when a request gets no answer."""
    if exchange.network_error:
        return exchange.network_error
    stream = _stream_words(error)
    if stream is not None:
        return stream
    if isinstance(error, httpcore.ConnectError):
        return str(error)
    if exchange.received == 0:
        return "EOF"
    if "Receive buffer too long" in str(error):
        return f"{_BROKEN}net/http: server response headers exceeded {_MAX_HEAD} bytes; aborted"
    head = bytes(exchange.head)
    if not head.startswith(b"HTTP/1.") and exchange.spoke_http2:
        return "unexpected EOF"  # frames came, and no answer
    if head.startswith(b"HTTP/1.") and "disconnected" in str(error):
        return _broken_off(head)
    return _malformed_words(head)


_BROKEN = "net/http: HTTP/1.x transport connection broken: "


def _broken_off(head: bytes) -> str:
    """Go's words for a head that ends before its end: what is there is read as if it were whole."""
    return _BROKEN + (header_fault(head) or "unexpected EOF")


def _malformed_words(head: bytes) -> str:
    """net/http response.go ReadResponse's complaints about a status line or a header."""
    line = head.split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8", "surrogateescape")
    prefix = _BROKEN
    protocol, space, status = line.partition(" ")
    if not space:
        return f"{prefix}malformed HTTP response {quote(line)}"
    code = status.lstrip(" ").partition(" ")[0]
    if len(code) != 3 or not code.isdigit():
        return f"{prefix}malformed HTTP status code {quote(code)}"
    if not _VERSION.fullmatch(protocol):
        return f"{prefix}malformed HTTP version {quote(protocol)}"
    return prefix + (header_fault(head) or _transfer_fault(head) or "malformed MIME header")


def _transfer_fault(head: bytes) -> str | None:
    """net/http transfer.go fixLength and parseTransferEncoding: what is wrong with how long the body is."""
    lines = (line.partition(":") for line in head.decode("utf-8", "surrogateescape").split("\n")[1:])
    said = {name.strip().lower(): value.strip() for name, _, value in lines}
    encoding, length = said.get("transfer-encoding"), said.get("content-length")
    if encoding is not None and encoding.lower() != "chunked":
        return f"unsupported transfer encoding: {quote(encoding)}"
    if length is not None and not (length.isascii() and length.isdigit()):
        return f"bad Content-Length {quote(length)}"
    return None
