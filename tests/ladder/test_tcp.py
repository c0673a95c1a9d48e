"""The rung of TCP: each way in which a connection fails, and what go makes of several addresses."""

from __future__ import annotations

import asyncio
import itertools
import random
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from probes.ladder.faults import Fault, Judgement
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.tcp import Attempt, connect_each, go_dial, judge_tcp
from tests.against_go.golang import Oracle
from tests.ladder.name_server import NameServer
from tests.ladder.sockets import closed_port, full_backlog, hang, let_go, open_sockets, serving

LIMITS = ClimbLimits(tcp_s=0.2)


async def _dial_by_go(oracle: Oracle, addresses: list[str], port: int, millis: int = 3000) -> dict[str, str]:
    """net.Dialer with a name that has these addresses."""
    async with NameServer({"mirror.test.": addresses}) as server:
        question = {"Name": "mirror.test", "ResolveAt": server.port, "Port": port, "Millis": millis}
        return await asyncio.to_thread(oracle.ask, "net.dial", question)


async def test_connected() -> None:
    before = open_sockets()
    async with serving(hang) as port:
        report = await connect_each(["127.0.0.1"], port, LIMITS)
    assert report.attempts[0].ok
    assert report.go.winner == "127.0.0.1"
    assert judge_tcp(report) == ()
    await let_go()
    assert open_sockets() <= before


async def test_refused(oracle: Oracle) -> None:
    with closed_port() as port:
        report = await connect_each(["127.0.0.1"], port, LIMITS)
        go = await _dial_by_go(oracle, ["127.0.0.1"], port)
    assert report.attempts[0].fault is Fault.TCP_REFUSED
    assert [seen.fault for seen in judge_tcp(report)] == [Fault.TCP_REFUSED]
    assert judge_tcp(report)[0].judgement is Judgement.BROKEN
    assert report.go.words == go["error"]


async def test_no_answer_to_the_syn(oracle: Oracle) -> None:
    with full_backlog() as port:
        report = await connect_each(["127.0.0.1"], port, LIMITS)
        go = await _dial_by_go(oracle, ["127.0.0.1"], port, millis=200)
    assert report.attempts[0].fault is Fault.TCP_TIMEOUT
    assert report.go.winner is None
    assert report.go.seconds == 30, "go waits as long as it may"
    assert report.go.words == go["error"]
    assert "30.0 s" in judge_tcp(report)[0].evidence


async def test_no_answer_over_ipv6(oracle: Oracle) -> None:
    with full_backlog("::1") as port:
        report = await connect_each(["::1"], port, LIMITS)
        go = await _dial_by_go(oracle, ["::1"], port, millis=200)
    assert report.go.words == go["error"] == f"dial tcp [::1]:{port}: i/o timeout"


async def test_no_way_there(oracle: Oracle) -> None:
    """An address that no socket of this machine can be connected to."""
    with closed_port() as port:
        report = await connect_each(["::ffff:224.0.0.1", "255.255.255.255"], port, LIMITS)
    assert not any(attempt.ok for attempt in report.attempts)
    broadcast = report.attempts[1]
    go = await _dial_by_go(oracle, ["255.255.255.255"], port)
    assert broadcast.words == go["error"]
    assert broadcast.fault in (Fault.TCP_NO_ROUTE, Fault.TCP_DENIED)


async def test_a_port_that_is_none() -> None:
    report = await connect_each(["127.0.0.1"], 70000, LIMITS)
    assert report.go.words == "dial tcp: address 70000: invalid port"
    assert [seen.fault for seen in judge_tcp(report)] == [Fault.TCP_BAD_PORT]


async def test_v6_dead_v4_alive(oracle: Oracle) -> None:
    async with serving(hang) as port:
        report = await connect_each(["::1", "127.0.0.1"], port, LIMITS)
        go = await _dial_by_go(oracle, ["::1", "127.0.0.1"], port)
    assert [seen.fault for seen in judge_tcp(report)] == [Fault.TCP_V6_DEAD]
    assert judge_tcp(report)[0].judgement is Judgement.WARNING
    assert report.go.winner == go["winner"] == "127.0.0.1"
    assert report.first_family == ("::1",)
    assert report.second_family == ("127.0.0.1",)


async def test_v4_dead_v6_alive(oracle: Oracle) -> None:
    async with serving(hang, host="::1") as port:
        report = await connect_each(["127.0.0.1", "::1"], port, LIMITS)
        go = await _dial_by_go(oracle, ["127.0.0.1", "::1"], port)
    assert [seen.fault for seen in judge_tcp(report)] == [Fault.TCP_V4_DEAD]
    assert report.go.winner == go["winner"] == "::1"


async def test_one_of_two_in_a_family() -> None:
    async with serving(hang) as port:
        report = await connect_each(["127.0.0.2", "127.0.0.1"], port, LIMITS)
    assert [seen.fault for seen in judge_tcp(report)] == [Fault.TCP_SOME_DEAD]
    assert report.go.winner == "127.0.0.1"


ADDRESSES = ("127.0.0.1", "127.0.0.2", "::1", "127.0.0.3")


@pytest.mark.parametrize(
    "alive", [frozenset(c) for n in range(3) for c in itertools.combinations(ADDRESSES, n)]
)
async def test_the_same_winner_and_words_as_go(alive: frozenset[str], oracle: Oracle) -> None:
    """Addresses that refuse and addresses that connect, in go's own order."""
    with closed_port() as free:
        pass
    async with _listening(alive, free) as port, NameServer({"mirror.test.": ADDRESSES}) as server:
        asked = {"Name": "mirror.test", "ResolveAt": server.port, "Port": port, "Millis": 3000}
        lookup = {"Name": "mirror.test", "Port": server.port, "Millis": 3000}
        ordered = (await asyncio.to_thread(oracle.ask, "net.lookup", lookup))["addresses"]
        go = await asyncio.to_thread(oracle.ask, "net.dial", asked)
        report = await connect_each(ordered, port, LIMITS)
    assert report.go.winner == go["winner"]
    assert report.go.words == (go["error"] or "")


@asynccontextmanager
async def _listening(addresses: frozenset[str], port: int) -> AsyncIterator[int]:
    """The same port on several loopback addresses."""
    async with AsyncExitStack() as stack:
        for address in addresses:
            await stack.enter_async_context(serving(hang, host=address, port=port))
        yield port


# -- the model of net.Dialer, without sockets ---------------------------------------------------------------


def _ok(address: str, seconds: float = 0.01) -> Attempt:
    return Attempt(address, 443, seconds)


def _silent(address: str) -> Attempt:
    return Attempt(address, 443, 8.0, Fault.TCP_TIMEOUT, f"dial tcp {address}:443: i/o timeout")


def _refused(address: str, seconds: float = 0.01) -> Attempt:
    words = f"dial tcp {address}:443: connect: connection refused"
    return Attempt(address, 443, seconds, Fault.TCP_REFUSED, words)


def test_shares_of_thirty_seconds() -> None:
    """partialDeadline: what is left, divided by the addresses that are left."""
    found = go_dial([_silent("1.1.1.1"), _silent("1.1.1.2"), _ok("1.1.1.3")])
    assert found.winner == "1.1.1.3"
    assert found.seconds == pytest.approx(20.01)
    many = go_dial([*(_silent(f"1.1.1.{n}") for n in range(20)), _ok("1.1.2.1")])
    assert many.winner is None, "two seconds each, and the last one never has its turn"
    assert many.seconds == 30
    assert many.words == "dial tcp 1.1.1.0:443: i/o timeout"


def test_the_other_family_begins_after_300_ms() -> None:
    found = go_dial([_silent("2001:db8::1"), _ok("1.1.1.1", 0.02)])
    assert found.winner == "1.1.1.1"
    assert found.seconds == pytest.approx(0.32)


def test_or_at_once_when_the_first_has_failed() -> None:
    found = go_dial([_refused("2001:db8::1"), _ok("1.1.1.1", 0.02)])
    assert found.seconds == pytest.approx(0.03)


def test_the_faster_one_wins() -> None:
    assert go_dial([_ok("2001:db8::1", 0.5), _ok("1.1.1.1", 0.02)]).winner == "1.1.1.1"
    assert go_dial([_ok("2001:db8::1", 0.25), _ok("1.1.1.1", 0.02)]).winner == "2001:db8::1"


def test_the_first_error_of_the_first_family_is_told() -> None:
    found = go_dial([_refused("2001:db8::1"), _silent("2001:db8::2"), _refused("1.1.1.1")])
    assert found.words == "dial tcp 2001:db8::1:443: connect: connection refused"
    assert found.seconds == pytest.approx(30)


def test_no_address_at_all() -> None:
    assert go_dial([]).words == "dial tcp: missing address"


def test_never_longer_than_thirty_seconds() -> None:
    """Whatever the attempts: an end within the limit, and words exactly when nobody wins."""
    dice = random.Random(1)
    for _ in range(500):
        count = dice.randint(1, 6)
        names = [dice.choice(["1.1.1.{}", "2001:db8::{}"]).format(n) for n in range(count)]
        kinds = [dice.choice([_ok, _silent, _refused]) for _ in names]
        found = go_dial([kind(name) for kind, name in zip(kinds, names, strict=True)])
        assert 0 <= found.seconds <= 30.1
        assert (found.winner is None) == bool(found.words)
        if found.words:
            assert re.match(r"dial tcp \S+: ", found.words)
        if _ok not in kinds:
            assert found.winner is None
