"""The line of `t`: what it completes from, and what is remembered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probes.net.limits import Limits
from probes.share.history import History
from screenshots.make import HERE
from tests.app_support import opened, press, screen_text, settings_app, world_app
from tui.app import ModtraceApp
from tui.replay import RecordedStage, Replay, load
from tui.screens.prompt_screen import PromptScreen
from tui.session import Session
from tui.stage import DemoWorld, ThisMachine

MODULES = ("a.example/alpha@v1.0.0", "a.example/beta@v1.0.0", "b.example/alpha@v1.0.0")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a project, a module cache and a home of its own."""
    cache = tmp_path / "cache"
    (cache / "cache" / "download" / "cached.example" / "mod" / "@v").mkdir(parents=True)
    (tmp_path / "go.mod").write_text("module m.example/own\n\nrequire required.example/mod v1.2.0\n")
    (tmp_path / "go.sum").write_text("summed.example/mod v1.0.0 h1:AAAA=\n")
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "GOPATH", "GOFLAGS", "GOROOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("GOENV", "off")
    monkeypatch.setenv("GOMODCACHE", str(cache))
    return tmp_path


def on_machine(home: Path, replay: Replay) -> ModtraceApp:
    """The app on this machine's settings, the network replayed."""
    return ModtraceApp(Session(ThisMachine({}, home), replay, Limits()))


def history(home: Path) -> History:
    """The history of that home."""
    return History(home / ".local" / "state" / "modtrace" / "history.json")


def files_below(folder: Path) -> list[Path]:
    """Everything in a folder."""
    return sorted(folder.rglob("*"))


def offered(app: ModtraceApp) -> list[str]:
    """The suggestions under the line."""
    assert isinstance(app.screen, PromptScreen)
    return [row.line.text.split()[-1] for row in app.screen.list.rows if row.key != "note"]


async def test_typing_narrows_the_suggestions_and_tab_takes_one() -> None:
    app = settings_app({"GOENV": "off"}, MODULES)
    async with opened(app) as pilot:
        await press(pilot, "t")
        assert offered(app) == list(MODULES)
        await press(pilot, *"alpha")
        assert offered(app) == [MODULES[0], MODULES[2]]
        await press(pilot, "tab", "tab", "enter")
        assert app.session.target == ("b.example/alpha", "v1.0.0")


async def test_what_fits_nothing_is_traced_as_it_was_typed() -> None:
    app = settings_app({"GOENV": "off"}, MODULES)
    async with opened(app) as pilot:
        await press(pilot, "t", *"z.example/x@v2")
        assert offered(app) == []
        await press(pilot, "tab", "enter")
        assert app.session.target == ("z.example/x", "v2")


async def test_the_line_knows_go_mod_the_history_go_sum_and_the_cache(home: Path) -> None:
    history(home).remember("visited.example/mod", "latest", time="2026-01-01T00:00:00Z")
    app = on_machine(home, Replay())
    async with opened(app) as pilot:
        await press(pilot, "t")
        assert offered(app) == [
            "required.example/mod@v1.2.0", "required.example/mod", "visited.example/mod", "summed.example/mod",
            "cached.example/mod",
        ]  # fmt: skip
        await press(pilot, *"cach", "down", "enter")
        assert app.session.target == ("cached.example/mod", "latest")


async def test_what_comes_late_does_not_take_a_choice_away() -> None:
    screen = PromptScreen("x", "", suggestions=MODULES)
    app = settings_app({"GOENV": "off"})
    async with opened(app) as pilot:
        app.push_screen(screen)
        await press(pilot, "down")
        screen.offer(("z.example/z",))
        await press(pilot)
        assert offered(app) == list(MODULES)
        assert screen.input.value == MODULES[0]


async def test_what_was_traced_is_remembered(home: Path) -> None:
    app = on_machine(home, load(HERE, "off-masks-404"))
    async with opened(app) as pilot:
        await press(pilot, "t", *"demo.example/hello@latest", "enter")
        assert [(v.path, v.query, v.outcome) for v in history(home).visits()] == [
            ("demo.example/hello", "latest", "fails")
        ]
        await press(pilot, "r")
        assert history(home).visits()[0].count == 2


@pytest.mark.parametrize("value", ["/dev/null", ""])
async def test_a_home_that_cannot_be_written_is_no_trouble(
    home: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HOME", value)
    app = on_machine(home, load(HERE, "healthy"))
    async with opened(app) as pilot:
        await press(pilot, "t", *"demo.example/hello@latest", "enter")
        assert "go would download" in screen_text(app)
        (notice,) = app._notifications
        assert "history" in str(notice.message), "told once, and the trace is there"
        await press(pilot, "t")
        assert isinstance(app.screen, PromptScreen)
    assert not history(home).visits()


async def test_the_demo_reads_and_writes_nothing(home: Path) -> None:
    from probes.demo.worlds import world_plan

    before = files_below(home)
    stage = DemoWorld(world_plan("healthy"), {})
    try:
        environment = stage.read().environment
        assert stage.known_paths(environment) == ()
        assert stage.remember(environment, "m.test/x", "latest", "succeeds") == ""
    finally:
        stage.close()
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, "t")
        assert offered(app) == []
    assert files_below(home) == before


async def test_a_path_of_the_cache_is_masked_and_traced_under_its_real_name(home: Path) -> None:
    app = on_machine(home, Replay())
    async with opened(app) as pilot:
        await press(pilot, "p", "t")
        assert "cached.example" not in json.dumps(offered(app))
        await press(pilot, "up", "enter")
        assert app.session.target is not None
        assert app.session.target[0].endswith(".example/mod")


def test_a_recording_knows_nothing() -> None:
    stage = RecordedStage({})
    environment = stage.read().environment
    assert stage.known_paths(environment) == ()
    assert stage.remember(environment, "m.test/x", "latest", "") == ""
