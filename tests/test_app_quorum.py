"""The screen with the hashes: asked live in a demo world, by keyboard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from probes.demo.worlds import world_plan
from probes.net.limits import Limits
from tests.app_support import NARROW, opened, press, replay_app, screen_text, world_app
from tests.test_app_replay import recorded, tape_of
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.replay import Replay
from tui.screens.quorum_screen import QuorumScreen
from tui.session import Session
from tui.stage import DemoWorld


@asynccontextmanager
async def live(
    name: str, size: tuple[int, int] = NARROW, **settings: str
) -> AsyncIterator[tuple[ModtraceApp, Pilot[None], DemoWorld]]:
    """The app in a world of the demo that really answers."""
    plan = world_plan(name)
    stage = DemoWorld(plan, settings)
    session = Session(stage, Bridge(), Limits(answer_s=10, stall_s=10))
    app = ModtraceApp(
        session, target=(plan.path, plan.query), plan=plan, make_stage=lambda plan: DemoWorld(plan, {})
    )
    try:
        async with opened(app, size) as pilot:
            yield app, pilot, stage
    finally:
        session.bridge.close()
        session.stage.close()


async def test_the_table_comes_in_and_zips_only_after_a_question() -> None:
    async with live("tampered") as (app, pilot, _):
        await press(pilot, "Q")
        text = screen_text(app)
        assert "Who vouches for demo.example/hello@v1.2.0" in text
        assert "not asked" in text
        assert "z fetches the zips" in text
        await press(pilot, "z")
        assert "Fetch the zips into temporary files" in screen_text(app)
        await press(pilot, "down", "enter")
        text = screen_text(app)
        assert "differs" in text
        assert "only here      extra.go" in text
        assert text.count("agrees") == 5


async def test_enter_shows_all_of_a_row_and_y_copies_lines_of_go_sum() -> None:
    async with live("tampered") as (app, pilot, _):
        await press(pilot, "Q", "z", "down", "enter", "y")
        assert app.clipboard.startswith("demo.example/hello v1.2.0 h1:")
        assert "\ndemo.example/hello v1.2.0/go.mod h1:" in app.clipboard
        await press(pilot, "enter")
        text = screen_text(app)
        assert "checksum mismatch" in text
        assert "GET http://127.0.0.1:" in text
        await press(pilot, "escape", "escape")
        assert not isinstance(app.screen, QuorumScreen)


async def test_all_proxies_are_asked_on_request() -> None:
    async with live("healthy") as (app, pilot, _):
        await press(pilot, "Q", "a")
        assert "would not come" not in screen_text(app)


async def test_in_privacy_mode_the_path_stands_under_another_name() -> None:
    async with live("healthy") as (app, pilot, _):
        await press(pilot, "Q", "p")
        assert "demo.example" not in screen_text(app)
        await press(pilot, "y")
        assert "demo.example" not in app.clipboard


async def test_leaving_stops_what_is_under_way() -> None:
    async with live("hang") as (app, pilot, _):
        app._compare_hashes("demo.example/hello", "v1.2.0")
        await pilot.pause()
        await pilot.press("escape")
        for _ in range(200):
            if not app.session._listeners:
                break
            await pilot.pause(0.02)
        assert not app.session._listeners


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (40, 10)])
async def test_it_fits_any_screen(size: tuple[int, int]) -> None:
    async with live("bad-zip", size) as (app, pilot, _):
        await press(pilot, "3", "Q", "z", "down", "enter")
        assert "refused" in screen_text(app)
        assert all(len(line) <= size[0] for line in screen_text(app).splitlines())


def told(app: ModtraceApp) -> str:
    """What was told in passing."""
    return " ".join(str(notice.message) for notice in app._notifications)


async def test_where_there_is_no_version_it_says_so() -> None:
    async with opened(app := world_app("off-masks-404", demo=False)) as pilot:
        await press(pilot, "Q")
        assert "no version is chosen yet" in told(app)


async def test_in_a_replay_nobody_is_asked(tmp_path: Path) -> None:
    async with opened(app := replay_app(Replay(), target=None)) as pilot:
        app.play_tape(tape_of(tmp_path, recorded("healthy")), speed=0)
        await press(pilot, "Q")
        assert "this is a replay: nobody is asked" in told(app)
        assert not isinstance(app.screen, QuorumScreen)
