"""Names and connections, with every failure in Go's own words.

Source: net/dial.go (Dialer.DialContext, dialParallel, partialDeadline), net/dnsclient_unix.go for the words
of a failed look-up. A connection to several addresses is tried one after the other, and the first error
is the one that is reported.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic

from probes.golang.os_errors import errno_words
from probes.net.exchange import Exchange
from probes.net.limits import Limits


class DialFailed(Exception):
    """No connection. ``str()`` is Go's text from "dial tcp" on."""


class LookupFailed(Exception):
    """A name has no address. ``str()`` is Go's text from "lookup" on."""


Resolver = Callable[[str, float], Awaitable[Sequence[str]]]
"""Addresses of a host in the order in which go tries them, within so many seconds. Raises LookupFailed."""

current_resolver: ContextVar[Resolver | None] = ContextVar("current_resolver", default=None)
"""Who looks names up in this task; None: go's own resolver, with the files of this machine."""


@dataclass(frozen=True, slots=True)
class Connection:
    """An open TCP connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    local: str
    remote: str


MAX_PORT = 65535
FALLBACK_DELAY_S = 0.3
"""net Dialer.fallbackDelay: the head start of the first address family (RFC 6555)."""
SANE_MINIMUM_S = 2.0
"""net partialDeadline: the least time that one address gets."""

def join_host_port(host: str, port: int) -> str:
    """net.JoinHostPort."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


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
    try:
        connection = await dial_parallel(addresses, port, deadline)
    except DialFailed as error:
        exchange.network_error = str(error)
        exchange.finish("connect", began, ok=False, detail=str(error))
        raise
    exchange.dialled = True
    exchange.address, exchange.local_address = connection.remote, connection.local
    exchange.finish("connect", began, ok=True, detail=connection.remote)
    return connection


async def dial_parallel(addresses: Sequence[str], port: int, deadline: float) -> Connection:
    """The first connection to any of these: the first one's family, and 300 ms later the other beside it.

    ``deadline`` is monotonic seconds. Raises DialFailed with the first family's first error (dialParallel).
    """
    first = ":" in addresses[0]
    primaries = [address for address in addresses if (":" in address) is first]
    fallbacks = [address for address in addresses if (":" in address) is not first]
    if not fallbacks:
        return await _dial_serial(primaries, port, deadline)
    attempts = [asyncio.ensure_future(_dial_serial(primaries, port, deadline))]
    winner: Connection | None = None
    try:
        await asyncio.wait(attempts, timeout=FALLBACK_DELAY_S)
        if not _has_connected(attempts[0]):
            attempts.append(asyncio.ensure_future(_dial_serial(fallbacks, port, deadline)))
        winner = await _first_connection(attempts)
        return winner
    finally:
        for attempt in attempts:
            await _give_up(attempt, winner)


Attempt = asyncio.Future[Connection]


def _has_connected(attempt: Attempt) -> bool:
    return attempt.done() and attempt.exception() is None


async def _first_connection(attempts: Sequence[Attempt]) -> Connection:
    waiting = set(attempts)
    while waiting:
        _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for attempt in attempts:
            if _has_connected(attempt):
                return attempt.result()
    return attempts[0].result()  # raises its error


async def _give_up(attempt: Attempt, winner: Connection | None) -> None:
    """End an attempt, and drop a connection that came too late to be used."""
    if not attempt.done():
        attempt.cancel()
        await asyncio.wait([attempt])
    if not attempt.cancelled() and attempt.exception() is None and attempt.result() is not winner:
        attempt.result().writer.transport.abort()


async def _dial_serial(addresses: Sequence[str], port: int, deadline: float) -> Connection:
    """One address after the other, each with its share of the time (dialSerial, partialDeadline)."""
    first_error: DialFailed | None = None
    for position, address in enumerate(addresses):
        remaining = max(0.0, deadline - monotonic())
        share = remaining / (len(addresses) - position)
        if share < SANE_MINIMUM_S:
            share = min(remaining, SANE_MINIMUM_S)
        try:
            return await _connect(address, port, share)
        except DialFailed as error:
            first_error = first_error or error
    assert first_error is not None, "there is an address"
    raise first_error


async def _resolve(host: str, port: int, exchange: Exchange, deadline: float) -> Sequence[str]:
    if not host:
        return [""]  # this machine, as net.Dialer reads an address without a host
    literal = host.strip("[]")
    try:
        return [str(ipaddress.ip_address(literal))]
    except ValueError:
        pass
    began = monotonic()
    return await _ask(current_resolver.get() or _resolve_as_go, host, began, deadline, exchange)


async def _resolve_as_go(host: str, seconds: float) -> Sequence[str]:
    """Go's own resolver; dnspython is loaded with the first name, for whoever has addresses needs none."""
    from probes.net.resolve import resolve

    return await resolve(host, seconds=seconds)


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
