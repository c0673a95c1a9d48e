"""Resolvers that anybody may ask, and DNS over HTTPS (RFC 8484).

They are asked on request only: a question tells them the name of the host. The list is data: a setting may
put another in its place. A DNS-over-HTTPS question is a POST of the same wire message, over our own dialler
and roots (dnspython would need another HTTP library for it).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

import dns.exception
import dns.message
import httpcore

from probes.golang.errors import GoError
from probes.golang.patterns import match_prefix_patterns
from probes.golang.urls import parse_url
from probes.ladder.model import shown
from probes.net.backend import TracingBackend
from probes.net.exchange import Exchange, current_exchange
from probes.net.host_names import ascii_host
from probes.net.httpproxy import HTTPProxyRules
from probes.net.limits import Limits
from probes.net.questions import Answered, Record, Reply, Transport, query_for, read_answer
from probes.net.roots import client_context, find_roots

DNS_MESSAGE = b"application/dns-message"
MAX_MESSAGE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class PublicResolver:
    """One public resolver."""

    name: str
    transport: Transport
    address: str
    """An IP address, or the URL of a DNS-over-HTTPS resolver."""
    port: int = 53


PUBLIC_RESOLVERS = (
    PublicResolver("Cloudflare", Transport.UDP, "1.1.1.1"),
    PublicResolver("Google", Transport.UDP, "8.8.8.8"),
    PublicResolver("Google", Transport.TCP, "8.8.8.8"),
    PublicResolver("Quad9", Transport.UDP, "9.9.9.9"),
    PublicResolver("AliDNS", Transport.UDP, "223.5.5.5"),
    PublicResolver("DNSPod", Transport.UDP, "119.29.29.29"),
    PublicResolver("Cloudflare", Transport.HTTPS, "https://cloudflare-dns.com/dns-query"),
    PublicResolver("Google", Transport.HTTPS, "https://dns.google/dns-query"),
    PublicResolver("AliDNS", Transport.HTTPS, "https://dns.alidns.com/dns-query"),
)
"""Some that answer in most places, two of them in mainland China."""

def told_of(
    url: str, resolvers: Sequence[PublicResolver], patterns: Iterable[str]
) -> tuple[PublicResolver, ...]:
    """Those that may learn the host of a URL.

    Where one of the patterns (as in GOPRIVATE) matches it, only whom the user named: those may be the
    company's own.
    """
    host = parse_url(url).hostname()
    if not any(match_prefix_patterns(one, host) for one in patterns):
        return tuple(resolvers)
    return tuple(one for one in resolvers if one not in PUBLIC_RESOLVERS)


AskHTTPS = Callable[[str, str, Record, float], Awaitable[Answered]]
"""Ask (URL, full name, record, seconds)."""


def https_asker(environment: Mapping[str, str], limits: Limits) -> AskHTTPS:
    """Ask through the HTTP proxy and with the roots that this environment names."""
    rules = HTTPProxyRules.from_environment(environment)
    context = client_context(find_roots(environment))

    async def ask(url: str, name: str, record: Record, seconds: float) -> Answered:
        began = monotonic()

        def failed(reply: Reply, detail: str) -> Answered:
            spent = monotonic() - began
            return Answered(url, Transport.HTTPS, name, record, reply, spent, detail=shown(detail))

        try:
            target = parse_url(url)
            proxy = rules.proxy_for(target)
        except GoError as error:
            return failed(Reply.UNREACHABLE, str(error))
        backend = TracingBackend(
            limits,
            proxy=proxy,
            proxy_host="" if proxy is None else ascii_host(proxy.hostname()) or "",
            proxy_tls=context,
        )
        pool = httpcore.AsyncConnectionPool(ssl_context=context, http2=True, network_backend=backend)
        query = query_for(name, record)
        query.id = 0  # RFC 8484 section 4.1: so that caches may answer
        try:
            async with asyncio.timeout(seconds), pool:
                status, body = await _post(pool, url, query.to_wire())
        except TimeoutError:
            return failed(Reply.TIMEOUT, "i/o timeout")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
            return failed(Reply.UNREACHABLE, str(error))
        if status != 200:
            return failed(Reply.OTHER, f"HTTP status {status}")
        with suppress(dns.exception.DNSException):
            answer = dns.message.from_wire(body)
            if query.is_response(answer):
                return read_answer(answer, url, Transport.HTTPS, name, record, monotonic() - began)
        return failed(Reply.GARBLED, "cannot unmarshal DNS message")

    return ask


async def _post(pool: httpcore.AsyncConnectionPool, url: str, message: bytes) -> tuple[int, bytes]:
    headers = [(b"Accept", DNS_MESSAGE), (b"Content-Type", DNS_MESSAGE)]
    token = current_exchange.set(Exchange())
    try:
        async with pool.stream("POST", url, headers=headers, content=message) as response:
            body = bytearray()
            async for piece in response.aiter_stream():
                body += piece
                if len(body) > MAX_MESSAGE_BYTES:
                    break
            return response.status, bytes(body)
    finally:
        current_exchange.reset(token)
