"""The head of a request as net/http writes it, and that of an answer as net/http tells it.

Source: net/http request.go (write), client.go (send), transport.go (roundTrip),
response.go (Response.Status).
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

import httpcore

from probes.golang.goauth import Headers, basic
from probes.golang.urls import GoURL
from probes.net.exchange import Exchange

USER_AGENT = "GoCommand/1 (+https://go.dev/cmd/go)"
_OWN_AGENT = "Go-http-client/1.1"
_OWN_AGENTS = {"HTTP/2": "Go-http-client/2.0"}
"""net/http's own names: cmd/go forgets its name on the second request after a 4xx over https."""
_NOT_WRITTEN = frozenset(("Host", "Content-Length", "Transfer-Encoding", "Trailer"))
"""Headers that net/http does not take from a request's own (request.go reqWriteExcludeHeader)."""


def request_for(url: GoURL, host: str, headers: Headers, method: str) -> httpcore.Request:
    """A request for a URL; ``host`` is its host as it is looked up."""
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
    return httpcore.Request(method, httpcore_url(url, host), headers=fields)


def httpcore_url(url: GoURL, host: str) -> httpcore.URL:
    """The same URL for the library; ``host`` is its host as it is looked up."""
    port = url.port()
    return httpcore.URL(
        scheme=url.scheme.encode(),
        host=host.encode("ascii"),
        port=int(port) if port else None,
        target=url.request_uri().encode("utf-8", "surrogateescape"),
    )


def own_agent(protocol: str) -> Headers:
    """The name that net/http gives itself; the protocol of the answer before tells which."""
    return {"User-Agent": (_OWN_AGENTS.get(protocol, _OWN_AGENT),)}


def with_user(headers: Headers, url: GoURL) -> Headers:
    """net/http client.go send: a user in the URL becomes Basic, where nothing else says who asks."""
    if url.user is None or any(headers.get("Authorization", ())[:1]):
        return headers
    return {**headers, **basic(url.user, url.password or "")}


def all_headers(fields: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Names and values as text, bytes that are none kept."""
    return [(name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in fields]


def first_headers(response: httpcore.Response) -> dict[str, str]:
    """Lower-case names, each with its first value."""
    headers: dict[str, str] = {}
    for name, value in all_headers(response.headers):
        headers.setdefault(name.lower(), value)
    return headers


def status_line(response: httpcore.Response, exchange: Exchange) -> str:
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
