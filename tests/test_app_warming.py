"""The project and the module cache in the app: the project around the working directory, and the key &."""

from __future__ import annotations

from pathlib import Path

import pytest

from probes.demo.server import World
from probes.demo.worlds import world_plan
from probes.net.limits import Limits
from tests.against_go.project_worlds import SCRIPT, A
from tests.app_support import opened, press, screen_text
from tests.cached import filled_cache
from tests.modtrace import clean_environment
from tests.test_app_replay import Hands, empty_app, recorded, tape_of
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.session import Session
from tui.stage import DemoWorld, ThisMachine


def _words(app: ModtraceApp) -> str:
    told = [str(notice.message) for notice in app._notifications]
    return " ".join([*screen_text(app).split(), *told])


async def test_the_project_counts_and_the_cache_answers_when_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "go.mod").write_text(f"module main.test/m\n\ngo 1.21\n\nexclude {A} v1.3.0\n")
    filled_cache(tmp_path / "cache", A, "v1.1.0")
    monkeypatch.chdir(tmp_path)
    with World([SCRIPT.answer]) as world:
        cache = str(tmp_path / "cache")
        given = clean_environment(tmp_path, GOPROXY=world.urls[0], GOMODCACHE=cache, PWD=str(tmp_path))
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        session = Session(ThisMachine({}), Bridge(), Limits(answer_s=10, stall_s=10))
        app = ModtraceApp(session, target=(A, "v1"))
        try:
            async with opened(app, (120, 40)) as pilot:
                assert "go would download m.test/a@v1.1.0" in _words(app)
                assert "exclude?" in _words(app)
                assert session.trace.started is not None
                assert (session.trace.started.warm, session.warm) == (False, None)
                cold = len(session.trace.requests)
                await press(pilot, "&")
                assert "traced with the module cache as it is" in _words(app)
                assert session.trace.started.warm
                assert 0 < len(session.trace.requests) < cold
                await press(pilot, "&")
                assert "as with an empty module cache" in _words(app)
                assert len(session.trace.requests) == cold
        finally:
            session.bridge.close()


async def test_a_replay_asks_nobody_so_that_no_cache_spares_anything(tmp_path: Path) -> None:
    app = empty_app()
    async with opened(app) as pilot:
        app.play_tape(tape_of(tmp_path, recorded("healthy"), seconds=1), clock=Hands())
        await pilot.press("&")
        await pilot.pause()
        assert "this is a replay: nobody is asked" in _words(app)


async def test_a_world_without_a_cache_is_as_it_is(tmp_path: Path) -> None:
    session = Session(DemoWorld(world_plan("healthy"), {}), Bridge(), Limits(answer_s=10, stall_s=10))
    app = ModtraceApp(session, target=("demo.example/hello", "latest"))
    try:
        async with opened(app) as pilot:
            await press(pilot, "&")
            assert "the module cache of this world is empty" in _words(app)
            assert session.warm is None
    finally:
        session.bridge.close()
        session.stage.close()
