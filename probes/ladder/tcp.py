"""The rung of TCP: every address by itself, and what go would make of them together.

Source: net/dial.go (DialContext, dialParallel, dialSerial, partialDeadline). Go tries the addresses of the
first one's family one after the other, and begins with the other family 300 ms later, or at once when the
first has failed; the first connection wins, the first error of the first family is the one that is told.
All addresses together have 30 s, of which each gets its share. The words for errors are those of probes.net.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from probes.golang.os_errors import errno_words
from probes.ladder.faults import Fault, Judgement
from probes.ladder.go_limits import GO_FALLBACK_S, GO_SANE_MINIMUM_S, ClimbLimits
from probes.ladder.model import Observation, shown
from probes.net.addresses import families, is_v4
from probes.net.dial import MAX_PORT, Connection, join_host_port
from probes.net.limits import GO_DIAL_S

_FAULT_OF = {
    errno.ECONNREFUSED: Fault.TCP_REFUSED,
    errno.ECONNRESET: Fault.TCP_RESET,
    errno.ETIMEDOUT: Fault.TCP_TIMEOUT,
    errno.EHOSTUNREACH: Fault.TCP_NO_ROUTE,
    errno.ENETUNREACH: Fault.TCP_NO_ROUTE,
    errno.EADDRNOTAVAIL: Fault.TCP_NO_ROUTE,
    errno.EACCES: Fault.TCP_DENIED,
    errno.EPERM: Fault.TCP_DENIED,
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One address."""

    address: str
    port: int
    seconds: float
    fault: Fault | None = None
    """None: connected."""
    words: str = ""
    """Go's: "dial tcp 192.0.2.1:443: connect: connection refused"."""
    local: str = ""

    @property
    def ok(self) -> bool:
        """Whether it connected."""
        return self.fault is None

    @property
    def place(self) -> str:
        """ "192.0.2.1:443"."""
        return join_host_port(self.address, self.port)

    @property
    def silent(self) -> bool:
        """Whether there was no answer at all: go would wait as long as it may."""
        return self.fault is Fault.TCP_TIMEOUT


@dataclass(frozen=True, slots=True)
class GoDial:
    """What net.Dialer comes to with these addresses."""

    winner: str | None
    """The address that go is connected to; None when it gives up."""
    seconds: float
    """After how long."""
    words: str = ""
    """What it says when it gives up."""


@dataclass(frozen=True, slots=True)
class TCPReport:
    """The addresses of one host, in go's order."""

    port: int
    attempts: tuple[Attempt, ...]
    go: GoDial
    first_family: tuple[str, ...] = ()
    """The addresses that go begins with."""
    second_family: tuple[str, ...] = ()
    """Those that it begins with 300 ms later."""


async def connect_each(addresses: Sequence[str], port: int, limits: ClimbLimits) -> TCPReport:
    """Try every address by itself, all at once; raises nothing for what networks do."""
    if port > MAX_PORT:
        words = f"dial tcp: address {port}: invalid port"
        attempt = Attempt("", port, 0.0, Fault.TCP_BAD_PORT, words)
        return TCPReport(port, (attempt,), GoDial(None, 0.0, words))
    attempts = tuple(await asyncio.gather(*(_attempt(address, port, limits) for address in addresses)))
    first, second = families(addresses)
    return TCPReport(port, attempts, go_dial(attempts), first, second)


async def _attempt(address: str, port: int, limits: ClimbLimits) -> Attempt:
    began = monotonic()
    try:
        connection = await open_connection(address, port, limits.tcp_s)
    except ConnectFailed as error:
        return Attempt(address, port, monotonic() - began, error.fault, str(error))
    spent = monotonic() - began
    connection.writer.transport.abort()
    return Attempt(address, port, spent, local=connection.local)


class ConnectFailed(Exception):
    """No connection to an address; ``str()`` is Go's text from "dial tcp" on."""

    def __init__(self, fault: Fault, words: str) -> None:
        super().__init__(words)
        self.fault = fault


async def open_connection(address: str, port: int, seconds: float) -> Connection:
    """Connect to one address. Raises ConnectFailed."""
    place = join_host_port(address, port)
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(address, port)
    except TimeoutError as error:
        if error.errno is None:
            raise ConnectFailed(Fault.TCP_TIMEOUT, f"dial tcp {place}: i/o timeout") from None
        raise _refused(place, error) from error  # the system's own patience is at its end
    except OSError as error:
        raise _refused(place, error) from error
    local = writer.get_extra_info("sockname")
    return Connection(reader, writer, join_host_port(str(local[0]), int(local[1])), place)


def _refused(place: str, error: OSError) -> ConnectFailed:
    fault = _FAULT_OF.get(error.errno or 0, Fault.TCP_ERROR)
    return ConnectFailed(fault, f"dial tcp {place}: connect: {errno_words(error)}")


def go_dial(
    attempts: Sequence[Attempt], *, limit: float = GO_DIAL_S, fallback: float = GO_FALLBACK_S
) -> GoDial:
    """What dialParallel makes of these attempts: pure. ``limit`` is the time that is left, in seconds."""
    if not attempts:
        return GoDial(None, 0.0, "dial tcp: missing address")
    first_is_v4 = is_v4(attempts[0].address)
    primaries = [attempt for attempt in attempts if is_v4(attempt.address) == first_is_v4]
    fallbacks = [attempt for attempt in attempts if is_v4(attempt.address) != first_is_v4]
    primary = _dial_serial(primaries, 0.0, limit)
    if not fallbacks or (primary.winner is not None and primary.seconds <= fallback):
        return primary
    start = fallback if primary.winner is not None else min(fallback, primary.seconds)
    secondary = _dial_serial(fallbacks, start, limit)
    winners = [dial for dial in (primary, secondary) if dial.winner is not None]
    if winners:
        return min(winners, key=lambda dial: dial.seconds)
    return GoDial(None, max(primary.seconds, secondary.seconds), primary.words)


def _dial_serial(attempts: Sequence[Attempt], start: float, limit: float) -> GoDial:
    """dialSerial: one after the other, each with its share of what is left."""
    now = start
    words = ""
    for position, attempt in enumerate(attempts):
        left = limit - now
        if left <= 0:
            words = words or f"dial tcp {attempt.place}: i/o timeout"
            break
        share = left / (len(attempts) - position)
        if share < GO_SANE_MINIMUM_S:
            share = min(left, GO_SANE_MINIMUM_S)
        if attempt.silent or attempt.seconds > share:
            now += share
            words = words or f"dial tcp {attempt.place}: i/o timeout"
            continue
        now += attempt.seconds
        if attempt.ok:
            return GoDial(attempt.address, now)
        words = words or attempt.words
    return GoDial(None, now, words)


def judge_tcp(report: TCPReport) -> tuple[Observation, ...]:
    """What the attempts come to."""
    failed = [attempt for attempt in report.attempts if not attempt.ok]
    if not failed:
        return ()
    if report.go.winner is None:
        fault = _first_fault(report)
        tried = "; ".join(_said(attempt) for attempt in failed)
        evidence = f"{tried}. go gives up after {report.go.seconds:.1f} s."
        return (Observation(fault, Judgement.BROKEN, shown(evidence)),)
    fault = _partly(report, failed)
    tried = "; ".join(_said(attempt) for attempt in failed)
    evidence = f"{tried}. go gets to {report.go.winner} after {report.go.seconds:.1f} s."
    return (Observation(fault, Judgement.WARNING, shown(evidence)),)


def _first_fault(report: TCPReport) -> Fault:
    """The fault behind the words: that of the first address."""
    fault = report.attempts[0].fault
    return Fault.TCP_TIMEOUT if fault is None else fault


def _partly(report: TCPReport, failed: Sequence[Attempt]) -> Fault:
    alive = {is_v4(attempt.address) for attempt in report.attempts if attempt.ok}
    dead = {is_v4(attempt.address) for attempt in failed}
    if alive & dead:
        return Fault.TCP_SOME_DEAD
    return Fault.TCP_V4_DEAD if dead == {True} else Fault.TCP_V6_DEAD


def _said(attempt: Attempt) -> str:
    what = attempt.words.removeprefix("dial tcp ")
    return f"{what} after {attempt.seconds:.1f} s" if attempt.silent else what
