"""What stops go build, in the app: a made-up project with some faults, by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.app_support import NARROW, app_here, opened, press, replay_app, screen_text, words
from tests.test_app_replay import Hands, recorded, tape_of
from tui.app import ModtraceApp
from tui.replay import Replay
from tui.screens.building_screen import BuildingScreen
from tui.screens.detail_screen import DetailScreen

FILES = {
    "go.mod": "module corp.test/shop\n\ngo 1.20\n\nreplace dep.test/c => ./c\n",
    "main.go": 'package main\n\nimport (\n\t_ "dep.test/c"\n\t_ "gone.test/\\x1b[31mx"\n)\n\nfunc main() {}\n',
    "c/go.mod": "module dep.test/c\n",
    "c/c.go": "package c\n",
}


@contextmanager
def app_in(
    home: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], **variables: str
) -> Iterator[ModtraceApp]:
    for name in ("GOFLAGS", "GOPRIVATE", "GONOPROXY", "GOWORK", "GO111MODULE", "GODEBUG", "GOPATH"):
        monkeypatch.delenv(name, raising=False)
    settings = {
        "HOME": str(home), "GOENV": "off", "GOMODCACHE": str(home / "cache"), "GOPROXY": "off",
        "GOTOOLCHAIN": "local", "TMPDIR": str(home), **variables,
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    folder = home / "project"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.chdir(folder)
    with app_here() as app:
        yield app


async def test_the_faults_stand_in_a_tree_open_in_full_and_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app_in(tmp_path, monkeypatch, FILES) as app:
        async with opened(app, NARROW) as pilot:
            await press(pilot, "asterisk")
            assert type(app.screen) is BuildingScreen
            text = words(app)
            assert "go build stops -mod=readonly" in text
            assert "✓ Which module, or workspace, is it? It is the module corp.test/shop." in text
            assert "dep.test/c is replaced, but not required. main.go:4:2" in text
            assert "\x1b" not in screen_text(app)
            await press(pilot, "y")
            assert app.clipboard == "go get dep.test/c"
            await press(pilot, "enter")
            top: object = app.screen
            assert isinstance(top, DetailScreen)
            assert "module dep.test/c provides package dep.test/c and is replaced but not" in words(app)
            assert "queryImport" in words(app) or "ImportMissingError" in words(app)
            await press(pilot, "escape")
            (tmp_path / "project/main.go").write_text("package main\n\nfunc main() {}\n")
            await press(pilot, "r")
            assert "go build starts, and needs no network" in words(app)
            await press(pilot, "escape")
            assert "go build" not in words(app)


async def test_private_names_and_folders_are_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with app_in(tmp_path, monkeypatch, FILES, GOPRIVATE="corp.test,dep.test") as app:
        async with opened(app, NARROW) as pilot:
            await press(pilot, "asterisk", "p")
            assert "[private]" in words(app)
            for secret in ("corp.test", "dep.test", str(tmp_path)):
                assert secret not in screen_text(app)
            await press(pilot, "enter")
            assert "dep.test" not in screen_text(app)


async def test_what_is_fetched_next_has_rows_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "go.mod": "module m.test/x\n\ngo 1.16\n\nrequire dep.test/a v1.0.0\n",
        "go.sum": "dep.test/a v1.0.0/go.mod h1:abc=\n", "x.go": "package x\n",
    }  # fmt: skip
    with app_in(tmp_path, monkeypatch, files, GOPROXY="https://proxy.test") as app:
        async with opened(app, NARROW) as pilot:
            await press(pilot, "asterisk")
            assert "go build starts; it has to fetch first" in words(app)
            await press(pilot, "G", "y", "enter")
            assert app.clipboard == "dep.test/a@v1.0.0"
            assert "modtrace trace dep.test/a@v1.0.0" in words(app)


def told(app: ModtraceApp) -> str:
    """What was said in passing."""
    return str([notice.message for notice in app._notifications])


async def test_without_a_project_there_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app_in(tmp_path, monkeypatch, {}) as app:
        async with opened(app, NARROW) as pilot:
            await pilot.press("asterisk")
            await pilot.pause()
            assert "there is no go.mod here or in any folder above" in told(app)
            assert not isinstance(app.screen, BuildingScreen)


async def test_a_replay_looks_at_no_project(tmp_path: Path) -> None:
    app = replay_app(Replay(), target=None)
    async with opened(app) as pilot:
        app.play_tape(tape_of(tmp_path, recorded("healthy"), seconds=1), clock=Hands())
        await pilot.press("asterisk")
        await pilot.pause()
        assert "no project is looked at" in told(app)


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (40, 10)])
async def test_it_fits_any_screen(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = {
        "go.mod": "module m.test/" + "a" * 3000 + "\n\ngo 1.20\n",
        "x.go": 'package x\n\nimport _ "a.test/\x1b[31m\u202e[bold]"\nimport _ "b.test/' + "b" * 3000 + '"\n',
    }
    with app_in(tmp_path, monkeypatch, hostile) as app:
        async with opened(app, size) as pilot:
            await press(pilot, "asterisk", "down", "down", "enter")
            text = screen_text(app)
            assert "\x1b" not in text
            assert "\u202e" not in text
            assert max(len(one) for one in text.split("\n")) <= size[0]
            assert app.crash is None
