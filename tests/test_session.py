"""The state behind the panes, on real worlds and with a real engine, without a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest

from probes.browse.table import Cell, Wanted
from probes.demo.behaviour import Answer, Fault, Request
from probes.demo.server import World
from probes.demo.worlds import names, world_plan
from probes.diagnosis.diagnose import diagnose
from probes.diagnosis.examined import examined
from probes.diagnosis.traced import traced
from probes.golang.protocol import Op
from probes.ladder.faults import Rung
from probes.net.limits import Limits
from probes.trace.events import Outcome
from probes.trace.fold import Trace
from tui.bridge import Bridge
from tui.looks import Wish
from tui.replay import RecordedStage
from tui.session import Changed, Session
from tui.stage import DemoWorld, ThisMachine, required_modules

ENDING = [name for name in names() if name != "hang"]


def wait(session: Session, until: Callable[[], bool]) -> Changed:
    """Deliver until something is so; what changed on the way."""
    changed, deadline = Changed.NOTHING, monotonic() + 20
    while not until():
        assert monotonic() < deadline
        changed |= session.deliver()
        sleep(0.001)
    return changed


def open_world(name: str) -> Session:
    """A session in a world, with its trace under way."""
    plan = world_plan(name)
    session = Session(DemoWorld(plan, {}), Bridge(), Limits())
    session.read()
    session.trace_target(plan.path, plan.query)
    return session


def close(session: Session) -> None:
    """End a session."""
    assert session.bridge.close(20)
    session.stage.close()


@pytest.mark.parametrize("name", ENDING)
def test_live_and_headless_runs_give_equal_traces(name: str) -> None:
    session = open_world(name)
    try:
        wait(session, lambda: session.outcome is not None)
        assert session.scene is not None
        headless, plan = Trace(), world_plan(name)
        scene = session.scene
        asyncio.run(
            traced(
                scene.environment, plan.path, plan.query, headless.apply, project=scene.project, warm=scene.warm
            )
        )  # fmt: skip
        assert facts(session.trace) == facts(headless)
    finally:
        close(session)


def facts(trace: Trace) -> object:
    """What a trace says, times left out."""
    assert trace.finished is not None
    requests = [
        (request.started.hop, request.started.op, request.started.version, request.decision_words)
        for request in trace.requests.values()
    ]
    return trace.finished.outcome, trace.finished.error, trace.finished.sum, trace.served(), requests


def test_changing_the_world_forgets_the_trace_before(tmp_path: Path) -> None:
    session = open_world("hang")
    try:
        wait(session, lambda: bool(session.trace.requests))
        assert session.tracing
        plan = world_plan("comma-stops-on-502")
        session.play(DemoWorld(plan, {})).close()
        session.trace_target(plan.path, plan.query)
        assert not session.trace.requests
        changed = wait(session, lambda: session.outcome is not None)
        assert session.outcome is Outcome.FAILS
        assert Changed.ENVIRONMENT in changed
        assert Changed.TRACE in changed
    finally:
        close(session)


def test_stopping_ends_a_hanging_trace() -> None:
    session = open_world("hang")
    try:
        wait(session, lambda: bool(session.trace.requests))
        assert session.stop()
        wait(session, lambda: not session.tracing)
        assert session.outcome is Outcome.CANCELLED
        assert not session.stop()
    finally:
        close(session)


def test_browsing_and_fetching(tmp_path: Path) -> None:
    session = open_world("404-falls-through")
    try:
        wait(session, lambda: session.outcome is not None)
        session.browse()
        wait(session, lambda: session.table.finished is not None)
        assert [session.table.cell("v1.2.0", column) for column in (0, 1)] == [Cell.ERROR, Cell.LISTED]
        wanted = Wanted("v1.2.0", Op.MOD, 1)
        session.fetch(wanted, tmp_path)
        session.fetch(wanted, tmp_path)
        wait(session, lambda: session.bridge.idle)
        assert list(session.table.downloads) == [wanted]
        finished = session.table.downloads[wanted].finished
        assert finished is not None
        assert finished.file == str(tmp_path / "demo.example/hello/@v/v1.2.0.mod")
    finally:
        close(session)


def test_a_world_reads_nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOPROXY", "https://never.asked.example")
    monkeypatch.setenv("HTTP_PROXY", "http://never.asked.example")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "go.work").write_text("go 1.21\n")
    monkeypatch.chdir(tmp_path)
    stage = DemoWorld(world_plan("healthy"), {"GOSUMDB": "sum.golang.org"})
    try:
        scene = stage.read()
    finally:
        stage.close()
    environment = scene.environment
    assert environment.get("GOPROXY").startswith("http://127.0.0.1:")
    assert environment.get("HTTP_PROXY") == ""
    assert environment.get("GOWORK") == ""
    assert environment.get("GOSUMDB") == "sum.golang.org"
    assert not {"HOME", "PATH"} & set(environment.process)


def test_this_machine_suggests_what_its_go_mod_requires(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text(
        "module x.test/y\n\ngo 1.21\n\nrequire (\n\ta.example/b v1.2.3\n\tc.example/d v0.1.0 // indirect\n)\n"
    )
    assert ThisMachine({}, tmp_path).read().suggestions == ("a.example/b@v1.2.3",)
    assert required_modules(tmp_path / "none") == ()
    (tmp_path / "go.mod").write_text("require (((\n")
    assert required_modules(tmp_path / "go.mod") == ()


# -- the second look ---------------------------------------------------------------------------------


def test_a_failure_is_looked_at_again_and_the_diagnosis_made_anew() -> None:
    session = open_world("portal")
    try:
        wait(session, lambda: session.outcome is not None)
        first = session.cases
        assert first, "there is a diagnosis before anything is looked at again"
        wait(session, lambda: bool(session.trace.climbs) and not session.looking)
        (rungs,) = session.trace.climbs.values()
        assert [rung.rung for rung in rungs] == [rung.value for rung in Rung]
        assert session.cases != first
        assert session.cases[0].rung == "content"
    finally:
        close(session)


def test_the_app_and_the_headless_doctor_come_to_the_same() -> None:
    session = open_world("comma-stops-on-502")
    try:
        wait(session, lambda: bool(session.trace.climbs) and not session.looking)
        assert session.scene is not None
        headless, plan = Trace(), world_plan("comma-stops-on-502")
        asyncio.run(examined(session.scene.environment, plan.path, plan.query, headless.apply))
        told = [case.to_json() for case in session.cases]
        assert told == [case.to_json() for case in diagnose(headless)]
    finally:
        close(session)


def stalling_world() -> tuple[World, Session]:
    """A proxy that answers 502 once and then never again, and a session that traces there."""
    asked: list[Request] = []

    def once(request: Request) -> Answer:
        asked.append(request)
        return Answer(502) if len(asked) == 1 else Answer(fault=Fault.HANG)

    world = World([once])
    world.__enter__()
    variables = {"GOPROXY": world.urls[0], "GOSUMDB": "off", "GOENV": "off", "GOMODCACHE": "/demo/pkg/mod"}
    session = Session(RecordedStage(variables), Bridge(), Limits())
    session.read()
    session.trace_target("m.test/x", "latest")
    return world, session


def test_a_look_that_hangs_can_be_stopped() -> None:
    world, session = stalling_world()
    try:
        wait(session, lambda: session.climbing is not None and len(session.trace.climbs.get(0, ())) == 4)
        before = session.cases
        assert session.stop()
        wait(session, lambda: not session.looking)
        assert session.trace.climbs == {}
        assert [case.diagnosis.rule.id for case in session.cases] == [c.diagnosis.rule.id for c in before]
        assert not session.stop()
    finally:
        close(session)
        world.__exit__(None, None, None)


def test_looks_wait_for_one_another_and_none_is_made_twice() -> None:
    world, session = stalling_world()
    try:
        wait(session, lambda: session.climbing == 0)
        assert not session.look(Wish((0,))), "that is under way"
        assert session.look(Wish((0,), compare=True))
        assert not session.look(Wish((0,), compare=True))
        assert session.bridge.close(20), "leaving does not wait for it"
    finally:
        close(session)
        world.__exit__(None, None, None)


def test_what_the_proxies_can_do_is_asked_in_the_engine() -> None:
    session = open_world("healthy")
    try:
        wait(session, lambda: session.outcome is not None and not session.tracing)
        assert not session.trace.climbs
        assert session.look(Wish())
        wait(session, lambda: not session.looking)
        assert set(session.trace.capabilities) == {0, 1}
        assert session.trace.capabilities[0].row["zip"]["can"] == "yes"
    finally:
        close(session)
