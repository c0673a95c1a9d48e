"""Saving from the app: versions, kits, the list of what is under way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from probes.browse.manifest import read_manifest
from probes.browse.tree import Tree
from probes.demo.server import World
from probes.demo.worlds import world_plan
from probes.net.limits import Limits
from probes.sources.environment_reader import read_environment
from tests.app_support import opened, press, replay_app, screen_text
from tests.kit_support import PROJECT, script, write_project
from tests.range_server import Manner, RangeServer
from tests.test_app_replay import Hands, recorded, tape_of
from tests.test_saving import BIG, MEGA, PATH, VERSION, ZIP
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.replay import Replay
from tui.session import Session
from tui.stage import DemoWorld, Scene, ThisMachine


class Machine(ThisMachine):
    """A machine whose settings are those of a test."""

    WHY_NOT_WRITTEN = "a test"

    def __init__(self, folder: Path, **variables: str) -> None:
        super().__init__({}, folder)
        self._variables = {"GOENV": "off", "GOSUMDB": "off", "HOME": str(folder), **variables}

    def read(self, values: object = None, /) -> Scene:
        return Scene(read_environment(process=self._variables, cwd=""))


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def made() -> Iterator[list[Session]]:
    sessions: list[Session] = []
    yield sessions
    for session in sessions:
        session.bridge.close()
        session.stage.close()


def app_on(stage: object, made: list[Session], target: tuple[str, str] | None) -> ModtraceApp:
    made.append(Session(stage, Bridge(), Limits(answer_s=10, stall_s=10)))  # type: ignore[arg-type]
    return ModtraceApp(made[-1], target=target)


async def until(pilot: Pilot[None], words: str) -> None:
    """Wait until the screen shows this."""
    for _ in range(600):
        pilot.app.tick()  # type: ignore[attr-defined]
        await pilot.pause(0.02)
        if words in " ".join(screen_text(pilot.app).split()):
            return
    raise AssertionError(screen_text(pilot.app))


async def test_a_version_of_a_demo_world_is_saved_and_stands_in_the_list(
    tmp_path: Path, made: list[Session]
) -> None:
    plan = world_plan("healthy")
    app = app_on(DemoWorld(plan, {}), made, (plan.path, plan.query))
    async with opened(app, (100, 30)) as pilot:
        await press(pilot, "S")
        await press(pilot, "enter")
        if "from whom" in screen_text(app):
            await press(pilot, "enter")
        await press(pilot, "D")
        await until(pilot, "export GOPROXY=file://")
        text = screen_text(app)
        assert "demo.example/hello@" in text
        assert ".zip" in text
        await press(pilot, "y")
        assert "copied: export GOPROXY=file:///" in " ".join(str(one.message) for one in app._notifications)
    assert list((tmp_path / "modtrace-files").rglob("*.zip"))
    assert (tmp_path / "modtrace-files" / "modtrace-manifest.json").exists()


async def test_one_proxy_can_be_named(tmp_path: Path, made: list[Session]) -> None:
    plan = world_plan("healthy")
    stage = DemoWorld(plan, {})
    app = app_on(stage, made, (plan.path, plan.query))
    async with opened(app, (100, 30)) as pilot:
        await press(pilot, "3", "S", "enter", "down", "down")
        assert "from whom?" in screen_text(app)
        await press(pilot, "enter", "D")
        await until(pilot, "export GOPROXY=file://")
    files = read_manifest(Tree(tmp_path / "modtrace-files")).files
    assert {entry.source.partition("://")[2] for entry in files.values()} == {stage.proxies[1]}


async def test_the_demo_has_no_project(made: list[Session]) -> None:
    plan = world_plan("healthy")
    app = app_on(DemoWorld(plan, {}), made, None)
    async with opened(app) as pilot:
        await press(pilot, "B")
        assert "there is no project in the demo" in str([one.message for one in app._notifications])
        await press(pilot, "S")
        assert "there is no version to save" in str([one.message for one in app._notifications])


async def test_a_download_shows_how_far_it_is_and_can_be_stopped_and_gone_on_with(
    tmp_path: Path, made: list[Session]
) -> None:
    with RangeServer({PATH: BIG}) as server:
        app = app_on(Machine(tmp_path, GOPROXY=server.url), made, (PATH, VERSION))
        async with opened(app, (120, 40)) as pilot:
            server.manner = Manner(stall_at=4 * MEGA)
            await press(pilot, "3")
            await pilot.press("S")
            await pilot.pause()
            await pilot.press("enter")
            await pilot.pause()
            await pilot.press("D")
            await until(pilot, "of 6.0 MB")
            await until(pilot, "67%")
            assert "▇▇▇▇▇▇" in screen_text(app)
            table = app.session.table
            assert [one.received > 0 for one in table.downloads.values() if one.wanted.op == "zip"] == [True]
            await pilot.press("x")
            await until(pilot, "kept for the next time")
            server.manner = Manner()
            await pilot.press("escape", "S")
            await until(pilot, "info ✓ mod ✓")
            await pilot.press("D")
            await until(pilot, "gone on with")
    zips = list((tmp_path / "modtrace-files").rglob("*.zip"))
    assert [path.read_bytes() for path in zips] == [ZIP]
    assert [one.status for one in server.zips()][-1] == 206


async def test_a_kit_of_a_project_says_what_it_lacks(tmp_path: Path, made: list[Session]) -> None:
    write_project(tmp_path, PROJECT)
    with World([script().answer]) as world:
        variables = {"GOPROXY": world.urls[0], "GOPRIVATE": "dep.test/checks"}
        app = app_on(Machine(tmp_path, **variables), made, None)
        async with opened(app, (120, 40)) as pilot:
            await press(pilot, "B")
            await pilot.press("enter")
            await pilot.pause()
            await pilot.press("D")
            await until(pilot, "lacks dep.test/checks@v1.0.0")
            await until(pilot, "GONOPROXY=none")
    assert "dep.test/checks" in (tmp_path / "modtrace-kit/README.txt").read_text()
    assert not [one for one in world.log if one.request.path == "dep.test/checks"]
    assert (tmp_path / "modtrace-kit/dep.test/!upper/!case/@v/v0.3.0.zip").exists()


async def test_a_folder_without_a_project_is_told(tmp_path: Path, made: list[Session]) -> None:
    app = app_on(Machine(tmp_path, GOPROXY="off"), made, None)
    async with opened(app, (120, 40)) as pilot:
        await press(pilot, "B", "enter", "D")
        await until(pilot, "there is no go.mod in")


async def test_private_things_stand_under_other_names_in_the_list(
    tmp_path: Path, made: list[Session]
) -> None:
    with RangeServer({PATH: BIG}) as server:
        variables = {"GOPROXY": server.url, "GOPRIVATE": "big.test", "GONOPROXY": "none"}
        app = app_on(Machine(tmp_path, **variables), made, (PATH, VERSION))
        async with opened(app, (120, 40)) as pilot:
            await press(pilot, "S", "enter", "D")
            await until(pilot, f"{PATH}@{VERSION}")
            await until(pilot, "export GOPROXY=file://")
            await press(pilot, "p")
            await until(pilot, "[private]")
            assert "big.test" not in screen_text(app)


@pytest.mark.parametrize("pressed", ["S", "B"])
async def test_in_a_replay_nobody_is_asked(tmp_path: Path, pressed: str) -> None:
    app = replay_app(Replay(), target=None)
    async with app.run_test(size=(80, 24)) as pilot:
        app.play_tape(tape_of(tmp_path, [*recorded("healthy")], seconds=60), clock=Hands())
        await pilot.press(pressed)
        app.tick()
        await pilot.pause()
        assert "this is a replay: nobody is asked" in str([one.message for one in app._notifications])
        assert not app.undertakings
