"""How long a probe waits, in seconds: go's own limits where it has some, ours where it would wait for ever.

Source: net/http DefaultTransport (dial 30 s, TLS handshake 10 s); cmd/go sets no limit on headers or bodies.
"""

from __future__ import annotations

from dataclasses import dataclass

GO_DIAL_S = 30.0
"""net/http DefaultTransport's Dialer.Timeout."""
GO_QUESTION_S = 5.0
"""net dnsReadConfig: one question to one nameserver, unless resolv.conf says otherwise."""
GO_ATTEMPTS = 2
"""net dnsReadConfig: how often the list of nameservers is gone through."""
GO_CONNECT_S = 60.0
"""net/http transport.go dialConn: how long a proxy's answer to CONNECT is waited for."""
GO_TLS_HANDSHAKE_S = 10.0
"""net/http DefaultTransport.TLSHandshakeTimeout."""
ANSWER_S = 60.0
RUN_S = 120.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one trace."""

    dial_s: float = GO_DIAL_S
    tls_s: float = GO_TLS_HANDSHAKE_S
    connect_s: float = GO_CONNECT_S
    """What a proxy may take to open a tunnel."""
    answer_s: float = ANSWER_S
    """From the request to the first byte of the answer. go has no such limit: it waits for ever."""
    stall_s: float = ANSWER_S
    """Between two pieces of a body. go has no such limit."""
    run_s: float = RUN_S
    """One run of a program, a fetch of git's too. go waits for it for ever."""
    text_bytes: int = 64 << 20
    """The largest list that is read, and the largest file of any kind; go has no such limit."""
    info_bytes: int = 1 << 20
    """The largest .info or @latest, which are some hundred bytes long; go has no such limit."""
    mod_bytes: int = 2 << 20
    """The largest .mod; go takes any, but a zip with a go.mod of more than 16 MiB it refuses."""
    sum_bytes: int = 1 << 20
    """The largest answer of a checksum database: a tile has 8 KiB, a record less. go has no such limit."""

    @classmethod
    def patient(cls, seconds: float) -> Limits:
        """With the patience that --timeout asks for; unasked, a program gets more time than a server."""
        return cls(answer_s=seconds, stall_s=seconds, run_s=RUN_S if seconds == ANSWER_S else seconds)


FOR_EVER = "go would wait for ever"
"""Stands in the text of every Stalled that go itself would never end."""


class Stalled(Exception):
    """modtrace stopped waiting where go would wait on: what go would see in the end is not known."""


class TooLong(Stalled):
    """modtrace stopped reading where go would read on."""
