"""go.sum and what goes unverified, in the app: a made-up project, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from probes.demo.behaviour import Answer, Fault
from probes.demo.checksums import VERIFIER_KEY, ChecksumDatabase
from probes.demo.server import World
from tests.against_go.sum_projects import (
    GOOD,
    OTHER,
    TIDY_FILES,
    VERSIONS,
    fill_cache,
    lines_of,
    modules,
    serving,
)
from tests.app_support import BROAD, NARROW, app_here, opened, press, replay_app, screen_text, words
from tests.test_app_replay import Hands, recorded, tape_of
from tui.app import ModtraceApp
from tui.replay import Replay
from tui.screens.sums_screen import SumsScreen


@contextmanager
def app_in(
    home: Path, monkeypatch: pytest.MonkeyPatch, go_sum: str | None, **variables: str
) -> Iterator[ModtraceApp]:
    """The app in a project with this go.sum; without one there is no project at all."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "GOFLAGS", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOWORK"):
        monkeypatch.delenv(name, raising=False)
    settings = {
        "HOME": str(home),
        "GOENV": "off",
        "GOMODCACHE": str(home / "cache"),
        "GOPROXY": "off",
        **variables,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    fill_cache(home / "cache", *VERSIONS)
    folder = home / "project"
    folder.mkdir()
    if go_sum is not None:
        for name, content in {**TIDY_FILES, "go.sum": go_sum}.items():
            (folder / name).write_text(content)
    monkeypatch.chdir(folder)
    with app_here() as app:
        yield app


async def test_both_parts_are_there_and_rows_open_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = GOOD.replace("m.test/a v1.0.0 h1:", "m.test/a v1.0.0 h2:", 1) + "one two\n"
    with app_in(tmp_path, monkeypatch, broken, GOSUMDB="off") as app:
        async with opened(app, NARROW) as pilot:
            await press(pilot, "number_sign")
            text = words(app)
            assert "go.sum (9 lines): 2 errors, 1 warning" in text
            assert "go.sum:9 malformed" in text
            assert "missing-zip" in text
            assert "4 of 4 modules go past the checksum database (GOSUMDB=off: 4)" in text
            assert "m.test/a@v1.0.0 the first download is unverified: GOSUMDB=off" in text
            await press(pilot, "slash", *"malformed", "enter", "y")
            assert app.clipboard == "sed -i~ 9d go.sum && go mod tidy"
            await press(pilot, "enter")
            assert "wrong number of fields 2" in words(app)
            assert "this line: one two" in words(app)
            await press(pilot, "escape", "escape", "G", "enter")
            assert "set in the environment" in words(app)
            await press(pilot, "escape")
            assert isinstance(app.screen, SumsScreen)


async def test_all_at_once_is_a_row_and_r_reads_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app_in(tmp_path, monkeypatch, "one two\nthree\n" + GOOD) as app:
        async with opened(app, BROAD) as pilot:
            await press(pilot, "number_sign", "slash", *"all at once", "enter", "y")
            assert app.clipboard == "sed -i~ 1,2d go.sum && go mod tidy"
            await press(pilot, "enter")
            assert "In this order" in words(app)
            (tmp_path / "project/go.sum").write_text(GOOD)
            await press(pilot, "escape", "escape", "r")
            assert "go.sum (8 lines): nothing is wrong" in words(app)
            assert "Nothing goes past the checksum database" in words(app)


async def test_asking_names_the_odd_one_and_can_be_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = ChecksumDatabase(modules(*VERSIONS).values())
    moved = GOOD.replace(lines_of(VERSIONS[0]).split()[2], OTHER)
    with World([serving(*VERSIONS), database.answer]) as world:
        sumdb = f"{VERIFIER_KEY} {world.urls[1]}"
        with app_in(tmp_path, monkeypatch, moved, GOPROXY=world.urls[0], GOSUMDB=sumdb) as app:
            async with opened(app, BROAD) as pilot:
                await press(pilot, "number_sign")
                assert "nobody whom go believes has said" in words(app)
                await press(pilot, "a")
                assert "go.sum has another hash than sums.demo.example and the module cache" in words(app)
                assert "8 against the database, 4 against proxies" in words(app)
                world.handlers[1] = lambda request: Answer(fault=Fault.HANG)
                await pilot.press("a")
                await pilot.pause()
                assert ", asking" in screen_text(app).split("\n")[0]
                await press(pilot, "a")
                assert ", asking" not in screen_text(app).split("\n")[0]
                assert not app.session._listeners


async def test_in_privacy_mode_nothing_has_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app_in(
        tmp_path,
        monkeypatch,
        "one two\n" + GOOD.replace("m.test/a v1.0.0 h1:", "m.test/a v1.0.0 h1:x"),
        GOSUMDB="off",
    ) as app:
        async with opened(app, NARROW) as pilot:
            await press(pilot, "number_sign", "p")
            for _ in range(3):
                text = screen_text(app)
                assert "m.test" not in text
                assert str(tmp_path) not in text
                await press(pilot, "y")
                assert "m.test" not in app.clipboard
                await press(pilot, "down")
            await press(pilot, "enter")
            assert "m.test" not in screen_text(app)


async def test_without_a_project_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with app_in(tmp_path, monkeypatch, None) as app:
        async with opened(app, NARROW) as pilot:
            await press(pilot, "number_sign")
            assert "there is no go.mod in" in words(app)
            await press(pilot, "a")
            assert "there is no go.mod in" in words(app)


async def test_a_replay_looks_at_no_project(tmp_path: Path) -> None:
    app = replay_app(Replay(), target=None)
    async with opened(app) as pilot:
        app.play_tape(tape_of(tmp_path, recorded("healthy"), seconds=1), clock=Hands())
        await pilot.press("number_sign")
        await pilot.pause()
        assert "no project is looked at" in str([notice.message for notice in app._notifications])
        assert not isinstance(app.screen, SumsScreen)


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (40, 10)])
async def test_it_fits_any_screen(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = "\x1b[31mred\x07 v1.0.0 h1:x\n[bold] \u202e x\n" + "m.test/" + "a" * 3000 + " v1.0.0 h1:x\n"
    with app_in(tmp_path, monkeypatch, hostile + GOOD, GOSUMDB="off") as app:
        async with opened(app, size) as pilot:
            await press(pilot, "number_sign", "down", "down", "enter")
            text = screen_text(app)
            assert "\x1b" not in text
            assert "\u202e" not in text
            assert max(len(line) for line in text.split("\n")) <= size[0]
            assert app.crash is None
