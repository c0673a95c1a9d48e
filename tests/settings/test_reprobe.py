"""What has to be asked anew: claims about real traces of loopback worlds, held against a second real trace."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from probes.demo.behaviour import Script, status
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.diagnosis.traced import traced
from probes.golang.environment import Environment, layer_environment
from probes.golang.goproxy import Access
from probes.golang.protocol import Op
from probes.settings.overlay import Overlay, overlay_of
from probes.settings.reprobe import Probing, needs_probing
from probes.settings.whatif import compare
from probes.trace.events import (
    Event,
    HopDecided,
    Outcome,
    Purpose,
    TraceFinished,
    TraceStarted,
    Verdict,
    WalkFinished,
    WalkStarted,
)
from probes.trace.fold import Trace
from probes.trace.route import plan

PATH = "demo.example/hello"
MODULE = {PATH: simple_module(PATH, "v1.0.0", "v1.1.0")}


def failing(code: int) -> Script:
    return Script({}, {op: status(code) for op in (Op.LIST, Op.LATEST, Op.INFO, Op.MOD, Op.ZIP)})


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """0 is healthy, 1 answers 502, 2 answers 404, 3 is healthy too."""
    scripts = [Script(MODULE), failing(502), failing(404), Script(MODULE)]
    with World([script.answer for script in scripts]) as running:
        yield running


def real(world: World, goproxy: str) -> Environment:
    process = {"HOME": "", "GOMODCACHE": "/nowhere", "GOSUMDB": "off", "GOPROXY": spelt(world, goproxy)}
    return layer_environment(process, None, None)


def spelt(world: World, goproxy: str) -> str:
    """Digits stand for the proxies of the world, d and o for the keywords."""
    words = {**{str(i): url for i, url in enumerate(world.urls)}, "d": "direct", "o": "off"}
    return "".join(words.get(mark, mark) for mark in goproxy)


def run(environment: Environment, query: str = "latest") -> Trace:
    trace = Trace()
    asyncio.run(traced(environment, PATH, query, trace.apply))
    return trace


def probing(world: World, before: str, after: str, **more: str) -> tuple[Probing, Trace, Environment]:
    environment = real(world, before)
    overlay = overlay_of({"GOPROXY": spelt(world, after), **more})
    trace = run(environment)
    return needs_probing(trace, compare(environment, overlay, PATH, "latest")), trace, overlay.on(environment)


@pytest.mark.parametrize(
    ("before", "after", "hops"),
    [
        ("0,d", "0,d", set()),
        ("0,d", "0|d", set()),
        ("0,d", "0,3", set()),
        ("0,3,d", "0,d", set()),
        ("2,0", "0", set()),
        ("2,0", "0,2", set()),
        ("2,0", "2|0", set()),
        ("1,0", "1|0", {1}),
        ("1,0", "0", {0}),
        ("1|0", "1,0", set()),
        ("0", "o", set()),
        ("1,0", "o", set()),
        ("0", "d,0", {0}),
        ("2,0", "2|3,0", {1}),
        ("0", "3", {0}),
        ("0", "3,0", {0}),
        ("2,0", "2,3,0", {1}),
        ("2,o", "2", set()),
        ("2", "2,0", {1}),
        ("2", "2,o", set()),
        ("1,0", "2,1,0", {0}),
    ],
)
def test_hops(world: World, before: str, after: str, hops: set[int]) -> None:
    needed, trace, environment = probing(world, before, after)
    assert needed.hops == hops
    if not needed:
        # Nothing to ask, so a second real trace must end as it was said, and where nothing was, as the first.
        again = run(environment)
        assert again.finished is not None
        assert trace.finished is not None
        assert again.finished.outcome is needed.outcome
        if needed.outcome is Outcome.OK:
            assert again.finished.version == trace.finished.version
        assert {r.started.url for r in again.requests.values()} <= {
            r.started.url for r in trace.requests.values()
        }
    else:
        assert needed.because.endswith(".")


def test_what_was_asked_is_asked_again_for_another_cause(world: World) -> None:
    needed, _, _ = probing(world, "0,d", "0,d", GOAUTH="off")
    assert needed.hops == {0}
    assert "GOAUTH can change" in needed.because
    assert "could" in needed.said_afterwards


@pytest.mark.parametrize(
    ("name", "url", "asks"),
    [
        ("HTTPS_PROXY", "http://127.0.0.1:8080/", False),
        ("HTTP_PROXY", "http://localhost/", False),
        ("no_proxy", "http://[::1]/", False),
        ("HTTP_PROXY", "http://proxy.test/", True),
        ("HTTPS_PROXY", "http://proxy.test/", False),
        ("HTTPS_PROXY", "https://proxy.test/", True),
        ("SSL_CERT_FILE", "http://proxy.test/", False),
        ("SSL_CERT_FILE", "https://127.0.0.1/", True),
    ],
)
def test_a_variable_that_no_answer_depends_on_puts_none_in_doubt(
    name: str, url: str, asks: bool, world: World
) -> None:
    environment = real(world, "0")
    trace = run(environment)
    for request in trace.requests.values():
        request.started = replace(request.started, url=url)
    comparison = compare(environment, overlay_of({name: "http://127.0.0.1:1"}), PATH, "latest")
    needed = needs_probing(trace, comparison)
    assert bool(needed) is asks
    assert trace.finished is not None
    assert needed.outcome is (None if asks else trace.finished.outcome)


def test_a_path_that_becomes_private_reaches_no_proxy(world: World) -> None:
    """Go goes to the origin, where nobody has asked yet, and to nobody else."""
    needed, _, environment = probing(world, "0,d", "0,d", GOPRIVATE="demo.example")
    assert "demo.example itself" in needed.because
    assert needed.outcome is None
    route = plan(environment, PATH, "latest")
    assert [route.access(hop) for hop in route.hops if hop.id in needed.hops] == [Access.DIRECT]


@pytest.mark.parametrize("after", ["ftp://x", "0,ftp://x", ","])
def test_a_list_that_becomes_unusable_needs_no_packet(after: str, world: World) -> None:
    needed, _, environment = probing(world, "0", after)
    assert not needed
    again = run(environment).finished
    assert again is not None
    assert again.outcome is needed.outcome is Outcome.FAILS
    assert needed.outcome_words in (again.error or "")


def test_a_list_that_could_not_be_used_is_asked_from_the_beginning(world: World) -> None:
    needed, _, _ = probing(world, "ftp://x", "0")
    assert needed.hops == {0}


def test_off_forbids_in_the_words_of_go(world: World) -> None:
    needed, _, environment = probing(world, "0", "o")
    again = run(environment).finished
    assert again is not None
    assert needed.outcome_words in (again.error or "")


def test_nobody_vouches_where_the_lookup_fails_before(world: World) -> None:
    environment = real(world, "1,0")
    comparison = compare(environment, Overlay().set("GOSUMDB", "sum.golang.org"), PATH, "latest")
    needed = needs_probing(run(environment), comparison)
    assert not needed
    assert needed.outcome is Outcome.FAILS


def test_the_checksum_database(world: World) -> None:
    environment = real(world, "0")
    comparison = compare(environment, Overlay().set("GOSUMDB", "sum.golang.org"), PATH, "latest")
    needed = needs_probing(run(environment), comparison)
    assert (needed.hops, needed.checksums) == (frozenset(), True)


@pytest.mark.parametrize(("after", "anew"), [("a|b", False), ("b|a", False), ("b", True), ("a,b", False)])
def test_a_proxy_that_fails_for_good_hides_the_database(after: str, anew: bool) -> None:
    """Nobody passes the question on: go turns to the database itself, unless one failed for good."""

    def spell(text: str) -> str:
        return text.replace("a", "https://a.test").replace("b", "https://b.test")

    environment = layer_environment({"HOME": "", "GOPROXY": spell("a|b")}, None, None)
    comparison = compare(environment, overlay_of({"GOPROXY": spell(after)}), PATH, "latest")
    trace = Trace()
    for event in (
        TraceStarted(0.0, PATH, "latest", plan(environment, PATH, "latest").view()),
        WalkStarted(0.0, 0, Purpose.CHECKSUM_BASE, PATH, "sum.golang.org"),
        HopDecided(0.0, 0, 0, Verdict.NEXT, "502", "", error="502"),
        HopDecided(0.0, 0, 1, Verdict.STOP, "404", "", error="404", not_exist=True),
        WalkFinished(0.0, 0, None, "502"),
        TraceFinished(0.0, Outcome.FAILS, None, None, None, "502"),
    ):
        trace.apply(event)
    assert bool(needs_probing(trace, comparison)) is anew


def test_a_trace_of_something_else(world: World, tmp_path: Path) -> None:
    environment = real(world, "0")
    trace = run(environment)
    same = overlay_of({})
    assert not needs_probing(trace, compare(environment, same, PATH, "latest"))
    assert needs_probing(trace, compare(environment, same, PATH, "v1.0.0")).hops == {0}
    assert needs_probing(trace, compare(environment, same, "demo.example/other", "latest"))
    assert needs_probing(trace, compare(real(world, "3"), same, PATH, "latest"))
    assert needs_probing(Trace(), compare(environment, same, PATH, "latest"))


def test_a_trace_that_was_stopped(world: World) -> None:
    environment = real(world, "0")
    trace = Trace()
    events: list[Event] = []
    asyncio.run(traced(environment, PATH, "latest", events.append))
    for event in events:
        trace.apply(event)
    end = events[-1]
    assert isinstance(end, TraceFinished)
    trace.apply(TraceFinished(end.at, Outcome.CANCELLED, None, None, None, None))
    assert needs_probing(trace, compare(environment, overlay_of({}), PATH, "latest")).hops == {0}
