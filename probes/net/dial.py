"""Names and connections, with every failure in Go's own words.

Source: net/dial.go (Dialer.DialContext, dialParallel, partialDeadline), net/dnsclient_unix.go for the words
of a failed look-up. A connection to several addresses is tried one after the other, and the first error
is the one that is reported.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from probes.net.exchange import Exchange
from probes.net.limits import Limits


class DialFailed(Exception):
    """No connection. ``str()`` is Go's text from "dial tcp" on."""


class LookupFailed(Exception):
    """A name has no address. ``str()`` is Go's text from "lookup" on."""


Resolver = Callable[[str, float], Awaitable[Sequence[str]]]
"""Addresses of a host in the order in which go tries them, within so many seconds. Raises LookupFailed."""

current_resolver: ContextVar[Resolver | None] = ContextVar("current_resolver", default=None)
"""Who looks names up in this task; None: the C library."""


@dataclass(frozen=True, slots=True)
class Connection:
    """An open TCP connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    local: str
    remote: str


MAX_PORT = 65535

ERRNO_WORDS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset by peer",
    errno.ETIMEDOUT: "connection timed out",
    errno.EHOSTUNREACH: "no route to host",
    errno.ENETUNREACH: "network is unreachable",
    errno.EACCES: "permission denied",
    errno.EPERM: "operation not permitted",
    errno.EADDRNOTAVAIL: "cannot assign requested address",
    errno.EPIPE: "broken pipe",
    errno.EMFILE: "too many open files",
    errno.EINVAL: "invalid argument",
    errno.ECONNABORTED: "software caused connection abort",
}
"""syscall.Errno.Error() on Linux for what a connection can meet."""


def join_host_port(host: str, port: int) -> str:
    """net.JoinHostPort."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def errno_words(error: OSError) -> str:
    """Go's words for an operating system error (syscall/zerrors_linux)."""
    number = error.errno
    if number in ERRNO_WORDS:
        return ERRNO_WORDS[number]
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


async def dial(host: str, port: int, exchange: Exchange, limits: Limits) -> Connection:
    """Open a TCP connection as net/http's default dialler does.

    Raises DialFailed with Go's text. Emits the phases "names" (not for literal addresses) and "connect".
    """
    deadline = monotonic() + limits.dial_s
    if port > MAX_PORT:
        exchange.network_error = f"dial tcp: address {port}: invalid port"
        raise DialFailed(exchange.network_error)
    addresses = await _resolve(host, port, exchange, deadline)
    began = monotonic()
    first_error: DialFailed | None = None
    for position, address in enumerate(addresses):
        remaining = max(0.0, deadline - monotonic())
        share = remaining / (len(addresses) - position)
        try:
            connection = await _connect(address, port, min(remaining, max(share, 2.0)))
        except DialFailed as error:
            first_error = first_error or error
            continue
        exchange.dialled = True
        exchange.address, exchange.local_address = connection.remote, connection.local
        exchange.finish("connect", began, ok=True, detail=connection.remote)
        return connection
    failure = first_error or DialFailed(f"dial tcp: lookup {host}: no such host")
    exchange.network_error = str(failure)
    exchange.finish("connect", began, ok=False, detail=str(failure))
    raise failure


async def _resolve(host: str, port: int, exchange: Exchange, deadline: float) -> Sequence[str]:
    if not host:
        return [""]  # this machine, as net.Dialer reads an address without a host
    literal = host.strip("[]")
    try:
        return [str(ipaddress.ip_address(literal))]
    except ValueError:
        pass
    began = monotonic()
    resolver = current_resolver.get()
    if resolver is not None:
        return await _ask(resolver, host, began, deadline, exchange)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(max(0.0, deadline - monotonic())):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except TimeoutError:
        text = f"dial tcp: lookup {host}: i/o timeout"
    except (socket.gaierror, UnicodeError, OSError) as error:
        text = f"dial tcp: lookup {host}{_resolver_words()}: {_lookup_words(error)}"
    else:
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        # net.Dialer prefers the family of the first answer only when it is IPv4-less; Go sorts by RFC 6724,
        # as the C library already did.
        exchange.finish("names", began, ok=True, detail=" ".join(addresses))
        return addresses
    exchange.network_error = text
    exchange.finish("names", began, ok=False, detail=text)
    raise DialFailed(text)


async def _ask(
    resolver: Resolver, host: str, began: float, deadline: float, exchange: Exchange
) -> Sequence[str]:
    try:
        found = await resolver(host, max(0.0, deadline - began))
    except LookupFailed as error:
        exchange.network_error = f"dial tcp: {error}"
        exchange.finish("names", began, ok=False, detail=exchange.network_error)
        raise DialFailed(exchange.network_error) from error
    exchange.finish("names", began, ok=True, detail=" ".join(found))
    return found


def _lookup_words(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)):
            return "no such host"
        if error.errno == socket.EAI_AGAIN:
            return "server misbehaving"
    return "no such host"


def _resolver_words() -> str:
    """ " on 192.0.2.1:53", the first nameserver of resolv.conf, as Go's own resolver names it."""
    try:
        text = Path("/etc/resolv.conf").read_text(errors="replace")
    except OSError:
        return " on 127.0.0.1:53"
    for line in text.splitlines():
        fields = line.split()
        if len(fields) >= 2 and fields[0] == "nameserver":
            server = fields[1]
            return f" on [{server}]:53" if ":" in server else f" on {server}:53"
    return " on 127.0.0.1:53"


async def _connect(address: str, port: int, seconds: float) -> Connection:
    shown = join_host_port(address, port)
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(address or "127.0.0.1", port)
    except TimeoutError:
        raise DialFailed(f"dial tcp {shown}: i/o timeout") from None
    except OSError as error:
        raise DialFailed(f"dial tcp {shown}: connect: {errno_words(error)}") from error
    local = writer.get_extra_info("sockname")
    return Connection(reader, writer, join_host_port(local[0], local[1]), shown)
