"""The same step done in two ways: "works in curl, not in go", and what the difference is.

Each comparison changes one thing only: the size of the hello, the server name in it, the TLS version offered,
the version of HTTP, the address family. Where exactly one side comes through, that thing is to blame, and
for some of them go has a setting. A server that says no by an alert is no sign of anything on the way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from time import monotonic

from probes.golang.errors import GoError
from probes.golang.urls import GoURL
from probes.ladder.faults import Fault, Judgement
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.hello import LOST, Echo, HelloPlan, HelloResult, say_hello
from probes.ladder.model import Observation, shown
from probes.ladder.tcp import Attempt, TCPReport
from probes.ladder.tunnel import Way, new_exchange
from probes.net.addresses import is_v4
from probes.net.client_hello import HelloSize, Version, server_name
from probes.net.http import HTTPClient
from probes.net.limits import Stalled

OTHER_NAME = "www.example.com"
"""A name that nobody filters."""
SMALL_HELLO = "GODEBUG=tlsmlkem=0"
HTTP1_ONLY = "GODEBUG=http2client=0"


class Difference(StrEnum):
    """What the two sides of a comparison differ in."""

    HELLO_SIZE = "size of the hello"
    SERVER_NAME = "server name"
    TLS_VERSION = "TLS version"
    HTTP_VERSION = "HTTP version"
    FAMILY = "address family"


@dataclass(frozen=True, slots=True)
class Side:
    """One way of doing it."""

    name: str
    """ "1531 bytes, as go", "TLS 1.2 only", "IPv6 2001:db8::1"."""
    result: str
    """ "answered, TLSv1.3", "reset", "200 OK over HTTP/1.1"."""
    came_through: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both ways of doing it, go's own first where one is go's."""

    difference: Difference
    sides: tuple[Side, ...]
    observation: Observation | None = None
    """What the difference comes to; None where there is nothing to blame."""

    @property
    def differs(self) -> bool:
        """Whether one side comes through and another does not."""
        return len({side.came_through for side in self.sides}) > 1


Authorization = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Compared:
    """What there is to compare with: the climb so far."""

    url: GoURL
    way: Way
    plan: HelloPlan
    variables: Mapping[str, str] = field(repr=False)
    limits: ClimbLimits
    large: HelloResult | None
    """The answers to the hellos that the TLS rung said already."""
    small: HelloResult | None
    tls_works: bool
    tcp: TCPReport | None
    """None behind a proxy, which connects itself."""
    authorization: Authorization | None = field(default=None, repr=False)


async def make_comparisons(climb: Compared, made: Callable[[Comparison], None]) -> None:
    """Make every comparison that makes sense; raises nothing for what networks do."""
    if climb.url.scheme == "https":
        sizes = await _hello_sizes(climb)
        made(sizes)
        if sizes.observation is not None:
            # One thing at a time: what follows is said in the size that is answered.
            climb = replace(climb, plan=replace(climb.plan, size=HelloSize.SMALL))
        if server_name(climb.way.host):
            made(await _server_names(climb))
        made(await _tls_versions(climb))
        if climb.tls_works:
            made(await _http_versions(climb))
    if climb.tcp is not None:
        both = _one_of_each_family(climb.tcp)
        if both is not None:
            made(await _families(climb, climb.tcp, both))


def _side(name: str, result: HelloResult) -> Side:
    return Side(name, result.shown, result.echo is Echo.ANSWERED, result.seconds)


# -- the size of the hello ----------------------------------------------------------------------------------


async def _hello_sizes(climb: Compared) -> Comparison:
    large, small = climb.large, climb.small
    if large is None:
        large = await say_hello(climb.way, climb.limits, climb.plan, size=HelloSize.GO)
    if small is None:
        small = await say_hello(climb.way, climb.limits, climb.plan, size=HelloSize.SMALL)
    return judge_hello_size(large, small)


def judge_hello_size(large: HelloResult, small: HelloResult) -> Comparison:
    """Go's hello, and the same without the post-quantum key."""
    sides = (
        _side(f"{large.sent} bytes, as go sends it", large),
        _side(f"{small.sent} bytes, with {SMALL_HELLO}", small),
    )
    if small.echo is not Echo.ANSWERED or large.echo is Echo.ANSWERED:
        return Comparison(Difference.HELLO_SIZE, sides)
    evidence = (
        f"A hello of {small.sent} bytes is answered, go's of {large.sent} bytes is not ({large.shown}): "
        "something on the way cannot take a hello that does not fit in one packet."
    )
    seen = Observation(Fault.TLS_HELLO_SIZE, Judgement.BROKEN, evidence, SMALL_HELLO)
    return Comparison(Difference.HELLO_SIZE, sides, seen)


# -- the server name ----------------------------------------------------------------------------------------


async def _server_names(climb: Compared) -> Comparison:
    host = shown(climb.way.host)
    own, other, none = await asyncio.gather(
        say_hello(climb.way, climb.limits, climb.plan),
        say_hello(climb.way, climb.limits, climb.plan, name=OTHER_NAME),
        say_hello(climb.way, climb.limits, climb.plan, name=""),
    )
    sides = (_side(host, own), _side(OTHER_NAME, other), _side("no name", none))
    answered = [side.name for side in sides[1:] if side.came_through]
    if own.echo not in LOST or not answered:
        return Comparison(Difference.SERVER_NAME, sides)
    evidence = (
        f"On the same address a hello for {' and for '.join(answered)} is answered, one for {host} is not "
        f"({own.shown}): something on the way filters by the name."
    )
    seen = Observation(Fault.TLS_SNI_FILTERED, Judgement.BROKEN, shown(evidence))
    return Comparison(Difference.SERVER_NAME, sides, seen)


# -- TLS versions -------------------------------------------------------------------------------------------


async def _tls_versions(climb: Compared) -> Comparison:
    new, old = await asyncio.gather(
        say_hello(climb.way, climb.limits, climb.plan, versions=(Version.TLS13,)),
        say_hello(climb.way, climb.limits, climb.plan, versions=(Version.TLS12,)),
    )
    sides = (_side("TLS 1.3 only", new), _side("TLS 1.2 only", old))
    if new.echo not in LOST or old.echo is not Echo.ANSWERED:
        return Comparison(Difference.TLS_VERSION, sides)
    if new.echo is Echo.CLOSED and climb.tls_works:
        # Some servers without TLS 1.3 hang up instead of an alert; go agrees with them on 1.2.
        return Comparison(Difference.TLS_VERSION, sides)
    evidence = (
        f"A hello that offers TLS 1.2 is answered, one that offers TLS 1.3 is not ({new.shown}): "
        "something on the way does not let TLS 1.3 through."
    )
    judgement = Judgement.WARNING if climb.tls_works else Judgement.BROKEN
    return Comparison(Difference.TLS_VERSION, sides, Observation(Fault.TLS_13_FILTERED, judgement, evidence))


# -- HTTP versions ------------------------------------------------------------------------------------------


async def _http_versions(climb: Compared) -> Comparison:
    new, old = await asyncio.gather(_asked(climb, http2=True), _asked(climb, http2=False))
    sides = (new, old)
    if new.came_through or not old.came_through:
        return Comparison(Difference.HTTP_VERSION, sides)
    evidence = f"Over HTTP/1.1 there is an answer ({old.result}), over HTTP/2 there is none: {new.result}."
    seen = Observation(Fault.HTTP_H2, Judgement.BROKEN, shown(evidence), HTTP1_ONLY)
    return Comparison(Difference.HTTP_VERSION, sides, seen)


async def _asked(climb: Compared, *, http2: bool) -> Side:
    """Ask for the URL; an answer with any status comes through, when its body does."""
    began = monotonic()
    name = "HTTP/2 offered" if http2 else "HTTP/1.1 only"
    given = climb.authorization or (lambda url: None)
    client = HTTPClient(climb.variables, climb.limits.for_net(), http2=http2, authorization=given)
    try:
        async with client.get(climb.url, new_exchange()) as answer:
            size = 0
            async for piece in answer.body():
                size += len(piece)
                if size >= climb.limits.zip_bytes:
                    break
            result = f"{answer.status_line} over {answer.protocol}"
    except (GoError, Stalled) as error:
        return Side(name, shown(_inside(str(error))), False, monotonic() - began)
    finally:
        await client.aclose()
    return Side(name, shown(result), True, monotonic() - began)


def _inside(words: str) -> str:
    """Without the URL in front."""
    return words.partition('": ')[2] if words.startswith('Get "') else words


# -- address families ---------------------------------------------------------------------------------------


def _one_of_each_family(report: TCPReport) -> tuple[Attempt, Attempt] | None:
    """An IPv4 and an IPv6 address, ones that connect where there are any; None without both families."""
    chosen = []
    for v4 in (True, False):
        of_family = [a for a in report.attempts if a.address and is_v4(a.address) is v4]
        if not of_family:
            return None
        chosen.append(next((attempt for attempt in of_family if attempt.ok), of_family[0]))
    return chosen[0], chosen[1]


async def _families(climb: Compared, report: TCPReport, both: tuple[Attempt, Attempt]) -> Comparison:
    sides = await asyncio.gather(*(_over(climb, attempt) for attempt in both))
    return Comparison(Difference.FAMILY, tuple(sides), _judge_families(report, both, sides))


async def _over(climb: Compared, attempt: Attempt) -> Side:
    name = f"{_family(attempt)} {attempt.address}"
    if not attempt.ok:
        return Side(name, shown(attempt.words), False, attempt.seconds)
    if climb.url.scheme != "https":
        return Side(name, "connected", True, attempt.seconds)
    way = replace(climb.way, address=attempt.address)
    return _side(name, await say_hello(way, climb.limits, climb.plan))


def _family(attempt: Attempt) -> str:
    return "IPv4" if is_v4(attempt.address) else "IPv6"


def _judge_families(
    report: TCPReport, both: tuple[Attempt, Attempt], sides: Sequence[Side]
) -> Observation | None:
    dead = [place for place, side in enumerate(sides) if not side.came_through]
    if len(dead) != 1:
        return None
    attempt, side, other = both[dead[0]], sides[dead[0]], sides[1 - dead[0]]
    evidence = f"Over {other.name}: {other.result}; over {side.name}: {side.result}."
    if not attempt.ok:
        fault = Fault.TCP_V4_DEAD if is_v4(attempt.address) else Fault.TCP_V6_DEAD
        return Observation(fault, Judgement.WARNING, shown(evidence))
    # Once TCP stands go does not turn to the other family, whatever becomes of the handshake.
    chosen = report.go.winner is not None and is_v4(report.go.winner) == is_v4(attempt.address)
    judgement = Judgement.BROKEN if chosen else Judgement.WARNING
    return Observation(Fault.TLS_FAMILY, judgement, shown(evidence))
