"""Answers that are remembered: nobody is asked twice, and the trace reads as if he had been."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from probes.browse.asking import browse
from probes.browse.table import BrowseEvent
from probes.demo.behaviour import Answer, Request
from probes.demo.server import World
from probes.demo.worlds import running, world_plan
from probes.diagnosis.traced import traced
from probes.golang.environment import layer_environment
from probes.golang.goproxy import Separator, with_separator
from probes.sources import remembered
from probes.sources.remembered import Memory
from probes.trace.events import (
    Event,
    FindingMade,
    Outcome,
    PhaseFinished,
    RequestFinished,
    RequestStarted,
    TraceFinished,
)

WORLDS = ("healthy", "comma-stops-on-502", "pipe-passes-502", "split-files", "portal", "bad-zip", "forbidden")


def trace_of(variables: dict[str, str], memory: Memory | None, query: str = "latest") -> list[Event]:
    """The events of one trace."""
    events: list[Event] = []
    environment = layer_environment({**variables, "GOMODCACHE": "/demo/pkg/mod"}, None, None)
    asyncio.run(traced(environment, "demo.example/hello", query, events.append, memory=memory))
    return events


def timeless(event: Event) -> object:
    """The event without what differs from run to run."""
    changes: dict[str, object] = {"at": 0.0}
    if isinstance(event, RequestFinished | PhaseFinished):
        changes["began"] = 0.0
    return replace(event, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", WORLDS)
def test_a_second_trace_asks_nobody_and_says_the_same_with_the_same_times(name: str) -> None:
    memory = Memory()
    with running(world_plan(name)) as (world, variables):
        first = trace_of(variables, memory)
        asked = len(world.log)
        second = trace_of(variables, memory)
        assert len(world.log) == asked
    known = [
        event for event in second if isinstance(event, FindingMade) and event.finding.id == "answer.known"
    ]
    made = [event for event in second if isinstance(event, RequestFinished)]
    assert [event.request for event in known] == [event.request for event in made]
    assert [timeless(event) for event in second if event not in known] == [timeless(e) for e in first]
    for old, new in zip([e for e in first if isinstance(e, RequestFinished)], made, strict=True):
        assert new.at - new.began == pytest.approx(old.at - old.began, abs=0.05)
        assert new.at - new.began >= old.timing.first_byte if old.timing.first_byte else True
    assert second[-1].at >= sum(e.at - e.began for e in made)


def test_a_trace_asks_as_often_as_go_does_whatever_it_has_seen_itself() -> None:
    with running(world_plan("retracted")) as (world, variables):
        trace_of(variables, None)
        without = [logged.request.target for logged in world.log]
        world.log.clear()
        trace_of(variables, Memory())
        assert [logged.request.target for logged in world.log] == without


def test_other_credentials_are_another_question(tmp_path: object) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Answer:
        asked.append(request)
        return Answer(404)

    memory = Memory()
    with World([answer]) as world:
        host = world.urls[0].removeprefix("http://")
        base = {"GOSUMDB": "off", "GOENV": "off"}
        trace_of({**base, "GOPROXY": f"http://{host}/one"}, memory)
        count = len(asked)
        trace_of({**base, "GOPROXY": f"http://{host}/two"}, memory)
        assert len(asked) == 2 * count
        trace_of({**base, "GOPROXY": f"http://{host}/one,http://{host}/two"}, memory)
        assert len(asked) == 2 * count
        # go refuses these before anybody is asked; that refusal is not an answer of the other URL.
        refused = trace_of({**base, "GOPROXY": f"http://me:secret@{host}/one"}, memory)
    end = refused[-1]
    assert isinstance(end, TraceFinished)
    assert "refusing to pass credentials" in (end.error or "")
    assert "secret" not in repr(memory)


def test_what_does_not_fit_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST_BYTES", 100)
    memory = Memory()
    with running(world_plan("healthy")) as (world, variables):
        trace_of(variables, memory)
        world.log.clear()
        events = trace_of(variables, memory)
        asked = [logged.request.target for logged in world.log]
        assert [target for target in asked if target.endswith(".zip")]
        assert not [target for target in asked if target.endswith("/list")]
        end = events[-1]
        assert isinstance(end, TraceFinished)
        assert end.sum


def test_the_module_browser_remembers_too() -> None:
    memory = Memory()
    with running(world_plan("healthy")) as (world, variables):
        environment = layer_environment({**variables, "GOMODCACHE": "/demo/pkg/mod"}, None, None)
        said: list[BrowseEvent] = []
        for _ in range(2):
            memory.begin()
            asyncio.run(browse(environment, "demo.example/hello", said.append, ask_all=True, memory=memory))
        targets = [(logged.proxy, logged.request.target) for logged in world.log]
        assert len(targets) == len(set(targets))


def test_a_request_that_was_stopped_is_not_remembered() -> None:
    memory = Memory()
    with running(world_plan("hang")) as (_, variables):
        events: list[Event] = []
        environment = layer_environment({**variables, "GOMODCACHE": "/demo/pkg/mod"}, None, None)

        async def stop_it() -> None:
            begun = asyncio.Event()

            def told(event: Event) -> None:
                events.append(event)
                if isinstance(event, RequestStarted):
                    begun.set()

            task = asyncio.create_task(
                traced(environment, "demo.example/hello", "latest", told, memory=memory)
            )
            await begun.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(stop_it())
        memory.begin()
        assert not memory.known


@pytest.mark.parametrize(
    ("before", "index", "sign", "after"),
    [
        ("a,b", 0, "|", "a|b"),
        ("a|b,c", 1, "|", "a|b|c"),
        (" a , ,b|c", 0, "|", " a | ,b|c"),
        (",,a,b", 0, "|", ",,a|b"),
        ("a,b", 1, "|", "a,b"),
        ("a", 0, "|", "a"),
        ("", 0, "|", ""),
        ("https://u:p@a.example,direct", 0, "|", "https://u:p@a.example|direct"),
    ],
)
def test_one_separator_changes_and_nothing_else(before: str, index: int, sign: str, after: str) -> None:
    assert with_separator(before, index, Separator(sign)) == after


def test_a_refusal_over_https_stays_one_where_a_program_has_the_credentials(tmp_path: Path) -> None:
    """GOAUTH names a program, which is not started: whoever answers 401 may answer it otherwise."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    memory = Memory()
    with World([lambda request: Answer(401)], tls=context) as world:
        variables = {
            "GOPROXY": world.urls[0], "GOSUMDB": "off", "GOAUTH": "/any/program",
            "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
        }  # fmt: skip
        ends = [trace_of(variables, memory)[-1] for _ in range(2)]
    assert all(isinstance(end, TraceFinished) for end in ends)
    assert [end.outcome for end in ends] == [Outcome.UNKNOWN] * 2  # type: ignore[union-attr]
