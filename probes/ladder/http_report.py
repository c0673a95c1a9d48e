"""What is measured on the HTTP rung: every request on the wire, and the answer that go is left with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from probes.ladder.http_watch import Leg
from probes.ladder.model import shown
from probes.ladder.software import UNKNOWN, Conclusion
from probes.net.tunnel import challenge_schemes

SHOWN_HEADERS = (
    "server", "via", "x-cache", "x-cache-lookup", "x-served-by", "age", "date", "content-type",
    "content-encoding", "content-length", "cache-control", "retry-after", "location", "www-authenticate",
    "proxy-authenticate", "x-squid-error", "proxy-agent", "cf-ray", "cf-mitigated", "x-jfrog-version",
    "x-artifactory-id", "x-request-id",
)  # fmt: skip
"""The headers that tell who answered, from which cache, and what it wants."""
MAX_HEADERS = 40


@dataclass(frozen=True, slots=True)
class SecondRequest:
    """go asks a second time after a 4xx over https, without its own name (cmd/go/internal/web get)."""

    first_status: int
    status: int | None
    """What the second one was answered with; None: not at all."""
    agent: str
    """The name that go gives itself then."""

    @property
    def differs(self) -> bool:
        """Whether it was answered otherwise than the first."""
        return self.status != self.first_status


@dataclass(frozen=True, slots=True)
class HTTPReport:
    """The measurements of the HTTP rung."""

    legs: tuple[Leg, ...]
    """Every request on the wire, redirects followed, in order."""
    protocol: str = ""
    """"HTTP/1.1" or "HTTP/2" of the answer; what was agreed on where none came."""
    status: int | None = None
    """Of the answer that go is left with; None: there was none."""
    status_line: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    """Those of interest, in the server's order, safe to show."""
    schemes: tuple[str, ...] = ()
    """The authentication that is wanted, by name."""
    retry_after: str = ""
    second: SecondRequest | None = None
    host: str = ""
    """The host that really answered, after redirects."""
    address: str = ""
    """Its address, or that of the HTTP proxy between."""
    age_s: float | None = None
    skew_s: float | None = None
    """How far the server's clock is ahead of ours; Age is taken into account."""
    without_http2: str = ""
    """What HTTP/1.1 got where HTTP/2 failed; "" where that was not tried."""
    software: tuple[Conclusion, ...] = ()
    serves: str = UNKNOWN
    """The software that serves the modules."""
    go_would: str = ""
    """What go would do where no answer comes."""

    @property
    def redirected(self) -> bool:
        """Whether another URL than the one asked for answered, or should have."""
        return any(leg.location for leg in self.legs)


def digits(value: str) -> int | None:
    """A header that is a number, such as Age or Content-Length; None for anything else, or too large."""
    value = value.strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None


def of_interest(headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The headers worth showing, safe and without secrets."""
    return tuple((name, shown(value, limit=300)) for name, value in headers[:200] if name in SHOWN_HEADERS)[
        :MAX_HEADERS
    ]


def schemes_of(headers: Sequence[tuple[str, str]], name: str) -> tuple[str, ...]:
    """The schemes of WWW-Authenticate or Proxy-Authenticate: words with no "=" behind them."""
    found = challenge_schemes([value[:1000] for known, value in headers if known == name])
    return tuple(dict.fromkeys(shown(scheme, limit=40) for scheme in found))


def skew(date: str, age_s: float | None, now: datetime) -> float | None:
    """How far a Date header is ahead of ``now``, once the time in caches is taken off; None: unreadable."""
    try:
        then = parsedate_to_datetime(date.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    try:
        return (then - now).total_seconds() + (age_s or 0.0)
    except OverflowError:
        return None


def second_request(legs: Sequence[Leg]) -> SecondRequest | None:
    """The second request among these, if go sent one."""
    first = [leg for leg in legs if not leg.second_request]
    second = [leg for leg in legs if leg.second_request]
    if not second or not first or first[-1].status is None:
        return None
    return SecondRequest(first[-1].status, second[-1].status, second[-1].agent)


def deciding_legs(legs: Sequence[Leg]) -> tuple[Leg, ...]:
    """The chain of redirects that go's verdict comes from: that of the second request, where there is one."""
    second = tuple(leg for leg in legs if leg.second_request)
    return second or tuple(legs)
