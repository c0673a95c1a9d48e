"""How long a climb waits on each rung, and how long go itself would.

Source of go's own: net/http transport.go DefaultTransport (Dialer.Timeout 30 s, TLSHandshakeTimeout 10 s,
dialConn's minute for the answer to CONNECT), net/dial.go (fallbackDelay, partialDeadline),
net/dnsconfig_unix.go (5 s, 2 attempts). cmd/go adds nothing: headers and bodies are waited for without end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from probes.ladder.faults import Rung
from probes.net.limits import GO_CONNECT_S, GO_DIAL_S, GO_QUESTION_S, GO_TLS_HANDSHAKE_S, Limits

GO_FALLBACK_S = 0.3
"""net Dialer.fallbackDelay: the head start of the first address family."""
GO_SANE_MINIMUM_S = 2.0
"""net partialDeadline: the least that one address is given."""


@dataclass(frozen=True, slots=True)
class GoLimit:
    """One wait of go's."""

    what: str
    seconds: float | None
    """None: for ever."""
    source: str


GO_LIMITS: Mapping[Rung, tuple[GoLimit, ...]] = MappingProxyType({
    Rung.PROXY: (
        GoLimit("looking up and connecting to the proxy", GO_DIAL_S, "net/http DefaultTransport"),
        GoLimit("the answer to CONNECT", GO_CONNECT_S, "net/http Transport.dialConn"),
    ),
    Rung.NAMES: (
        GoLimit("one question to one nameserver", GO_QUESTION_S, "net dnsReadConfig"),
        GoLimit("looking up and connecting, together", GO_DIAL_S, "net/http DefaultTransport"),
    ),
    Rung.TCP: (
        GoLimit("looking up and connecting, together", GO_DIAL_S, "net/http DefaultTransport"),
        GoLimit("the head start of the first address family", GO_FALLBACK_S, "net Dialer.fallbackDelay"),
    ),
    Rung.TLS: (GoLimit("the handshake", GO_TLS_HANDSHAKE_S, "net/http DefaultTransport"),),
    Rung.HTTP: (GoLimit("the first byte of the answer", None, "net/http ResponseHeaderTimeout is not set"),),
    Rung.CONTENT: (GoLimit("the next byte of the body", None, "cmd/go/internal/web sets no deadline"),),
})  # fmt: skip
"""For each rung what go waits for, and how long."""


@dataclass(frozen=True, slots=True)
class ClimbLimits:
    """How long a climb waits, in seconds: shorter than go, since a person is watching."""

    question_s: float = 3.0
    """One question to one nameserver or public resolver."""
    system_lookup_s: float = 10.0
    """The C library's own look-up."""
    tcp_s: float = 8.0
    """One address."""
    connect_s: float = 15.0
    """The proxy's answer to CONNECT, or one step of SOCKS."""
    tls_s: float = GO_TLS_HANDSHAKE_S
    answer_s: float = 20.0
    """From the request to the first byte of the answer."""
    stall_s: float = 20.0
    """Between two pieces of a body."""
    hello_s: float = 4.0
    """The first record after a raw ClientHello."""
    zip_bytes: int = 64 << 10
    """How much of a .zip is read before the connection is dropped."""
    slow_bytes_per_s: float = 1024.0
    """A body that comes slower than this, over ``slow_after_s``, is called slow."""
    slow_after_s: float = 5.0

    def for_net(self) -> Limits:
        """The same limits in the words of probes.net."""
        return Limits(
            dial_s=self.tcp_s,
            tls_s=self.tls_s,
            connect_s=self.connect_s,
            answer_s=self.answer_s,
            stall_s=self.stall_s,
        )
