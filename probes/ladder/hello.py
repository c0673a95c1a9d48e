"""Raw hellos sent along the way of a climb, and what came back: the half of "works in curl, not in go".

A hello of go's own size and order is said besides the handshake of Python's library, whose hello is another.
What of GODEBUG changes go's hello (crypto/tls defaults.go, net/http h2_bundle) is read here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

import httpcore

from probes.golang.mode import godebug
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.tunnel import Opened, Way, WayFailed, noted_by, opened
from probes.net.client_hello import (
    BOTH_VERSIONS,
    GO_ALPN,
    FirstRecord,
    HelloSize,
    ServerFirst,
    Version,
    client_hello,
    first_record,
)

ENOUGH = 16 << 10
"""Bytes after which an answer that is still not understood is given up."""


@dataclass(frozen=True, slots=True)
class HelloPlan:
    """What go offers in this environment."""

    size: HelloSize = HelloSize.GO
    http2: bool = True

    @property
    def alpn(self) -> tuple[str, ...]:
        """The protocols offered; without HTTP/2 go offers none."""
        return GO_ALPN if self.http2 else ()


def hello_plan(variables: Mapping[str, str]) -> HelloPlan:
    """Read GODEBUG."""
    settings = godebug(variables)
    return HelloPlan(
        size=HelloSize.SMALL if settings.get("tlsmlkem") == "0" else HelloSize.GO,
        http2=settings.get("http2client") != "0",
    )


class Echo(StrEnum):
    """What comes of a hello."""

    ANSWERED = "answered"
    """With a ServerHello, or the wish for another key."""
    SILENCE = "silence"
    RESET = "reset"
    CLOSED = "closed"
    ALERT = "alert"
    NOT_TLS = "not tls"
    NO_WAY = "no connection"
    """Not even said: no connection, or the proxy refused."""


LOST = frozenset({Echo.SILENCE, Echo.RESET, Echo.CLOSED})
"""As if something on the way had dropped it; a server that says no sends an alert."""


@dataclass(frozen=True, slots=True)
class HelloResult:
    """One hello."""

    echo: Echo
    sent: int
    """Bytes of the hello, its record header included."""
    seconds: float
    """From the hello to the answer, or to the end of our patience."""
    first: ServerFirst
    words: str = ""
    """What go would say, "" when it would go on."""

    @property
    def shown(self) -> str:
        """ "answered, TLSv1.3", "alert: handshake failure", "silence"."""
        more = ""
        if self.echo is Echo.ANSWERED and self.first.version:
            more = f", {self.first.version}"
        elif self.echo is Echo.ALERT:
            more = f": {self.first.alert}"
        return self.echo.value + more


async def say_hello(
    way: Way,
    limits: ClimbLimits,
    plan: HelloPlan,
    *,
    name: str | None = None,
    size: HelloSize | None = None,
    versions: Sequence[Version] = BOTH_VERSIONS,
) -> HelloResult:
    """Say one hello and read the first record of the answer; raises nothing for what networks do.

    ``name``: the server name, when it is to be another than the way's; "" for none.
    """
    host = way.host if name is None else name
    hello = client_hello(host, size=size or plan.size, alpn=plan.alpn, versions=versions)
    began = monotonic()
    try:
        async with opened(way, limits) as found:
            began = monotonic()
            return await _hear(found, hello, limits.hello_s)
    except WayFailed as error:
        nothing = ServerFirst(FirstRecord.INCOMPLETE)
        return HelloResult(Echo.NO_WAY, len(hello), monotonic() - began, nothing, str(error))


async def _hear(found: Opened, hello: bytes, seconds: float) -> HelloResult:
    began = monotonic()
    heard = b""
    words = "EOF"
    echo = Echo.CLOSED
    try:
        with noted_by(found.exchange):
            async with asyncio.timeout(seconds):
                await found.stream.send_raw(hello)
                while len(heard) < ENOUGH and first_record(heard).kind is FirstRecord.INCOMPLETE:
                    piece = await found.stream.read_raw(4096)
                    if not piece:
                        break
                    heard += piece
    except TimeoutError:
        echo, words = Echo.SILENCE, "net/http: TLS handshake timeout"
    except (httpcore.ReadError, httpcore.WriteError) as error:
        words = found.exchange.network_error or str(error)
        echo = Echo.RESET if "reset" in words else Echo.CLOSED
    first = first_record(heard)
    spent = monotonic() - began
    match first.kind:
        case FirstRecord.SERVER_HELLO | FirstRecord.HELLO_RETRY_REQUEST:
            return HelloResult(Echo.ANSWERED, len(hello), spent, first)
        case FirstRecord.ALERT:
            return HelloResult(Echo.ALERT, len(hello), spent, first, f"remote error: tls: {first.alert}")
        case FirstRecord.NOT_TLS:
            words = "tls: first record does not look like a TLS handshake"
            if heard.startswith(b"HTTP/"):
                words = "http: server gave HTTP response to HTTPS client"
            return HelloResult(Echo.NOT_TLS, len(hello), spent, first, words)
        case FirstRecord.INCOMPLETE:
            return HelloResult(echo, len(hello), spent, first, words)
