"""Leaks in the app: who would be told, the line, taking it as a what-if value, privacy, the demo, a replay."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from probes.demo.worlds import world_plan
from probes.net.limits import Limits
from tests.app_support import BROAD, NARROW, app_here, opened, press, replay_app, screen_text, words
from tests.test_app_replay import Hands, recorded, tape_of
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.replay import Replay
from tui.screens.leaks_screen import LeaksScreen
from tui.session import Session
from tui.stage import DemoWorld

GO_MOD = (
    "module git.acme.com/app\n\ngo 1.20\n\nrequire (\n\tgit.acme.com/lib v1.0.0\n\tgo.acme.com/kit v1.0.0\n"
    "\tgithub.com/pkg/errors v0.9.1\n)\n"
)


@contextmanager
def app_in(
    home: Path, monkeypatch: pytest.MonkeyPatch, go_mod: str | None = GO_MOD, **variables: str
) -> Iterator[ModtraceApp]:
    """The app in a project with this go.mod; without one there is no project at all."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "GOFLAGS", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOWORK"):
        monkeypatch.delenv(name, raising=False)
    settings = {
        "HOME": str(home), "GOENV": str(home / "env"), "GOMODCACHE": str(home / "cache"),
        "GOPROXY": "https://proxy.golang.org,direct", "GOSUMDB": "sum.golang.org", **variables,
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    folder = home / "project"
    folder.mkdir()
    if go_mod is not None:
        (folder / "go.mod").write_text(go_mod)
    monkeypatch.chdir(folder)
    with app_here() as app:
        yield app


def _repository(remote: str) -> None:
    """Make the working folder a repository with a remote."""
    for arguments in (["init", "-q", "."], ["remote", "add", "origin", remote]):
        subprocess.run(["git", *arguments], check=True)


async def test_who_is_told_and_the_line_against_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with app_in(tmp_path, monkeypatch) as app:
        async with opened(app, NARROW) as pilot:
            await press(pilot, "percent_sign")
            text = words(app)
            assert "1 private path would be sent to proxy.golang.org, sum.golang.org" in text
            assert "mends it: go env -w GOPRIVATE=git.acme.com" in text
            assert "1 leaking before, 0 after. No public path loses its proxy or its checksum." in text
            assert "git.acme.com/lib likely !proxy.golang.org, !sum.golang.org" in text
            assert "go.acme.com/kit perhaps" in text
            assert "not run: git remote -v" in text
            assert "github.com/pkg/errors" not in text
            await press(pilot, "y")
            assert app.clipboard == "go env -w GOPRIVATE=git.acme.com"
            await press(pilot, "a")
            assert "github.com/pkg/errors public proxy.golang.org" in words(app)
            await press(pilot, "slash", *"acme.com/lib", "enter", "enter")
            text = words(app)
            assert "the host of the main module" in text
            assert "git.acme.com: origin, after 404 or 410: the whole path" in text
            assert "passes on the questions to sum.golang.org" in text
            await press(pilot, "escape", "escape")
            assert isinstance(app.screen, LeaksScreen)


async def test_the_line_is_taken_as_a_what_if_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with app_in(tmp_path, monkeypatch) as app:
        async with opened(app, BROAD) as pilot:
            await press(pilot, "percent_sign", "w")
            assert app.session.trial.values == {"GOPRIVATE": "git.acme.com"}
            assert "[what if]" in screen_text(app)
            await press(pilot, "percent_sign")
            assert "nothing private would be sent to strangers" in words(app)
            await press(pilot, "escape", "u", "percent_sign")
            assert "1 private path would be sent" in words(app)


async def test_in_privacy_no_private_name_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_mod = GO_MOD.replace("app\n", "app\n", 1).replace("go.acme.com/kit", "github.com/acme/kit")
    with app_in(tmp_path, monkeypatch, go_mod, GOPRIVATE="github.com/acme,x.corp") as app:
        async with opened(app, BROAD) as pilot:
            await press(pilot, "percent_sign", "p")
            assert "[private]" in screen_text(app)
            for step in ((), ("enter",), ("escape", "G"), ("slash", *"likely", "enter", "enter")):
                await press(pilot, *step)
                assert "acme" not in screen_text(app), step
                assert "x.corp" not in screen_text(app), step
                assert str(tmp_path) not in screen_text(app), step
            await press(pilot, "escape", "escape", "g", "y")
            assert "acme" not in app.clipboard


async def test_git_is_asked_once_the_user_has_agreed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_mod = "module app\n\ngo 1.20\n\nrequire git.acme.com/lib v1.0.0\n"
    with app_in(tmp_path, monkeypatch, go_mod) as app:
        _repository("git@git.acme.com:team/app.git")
        async with opened(app, NARROW) as pilot:
            await press(pilot, "percent_sign")
            assert "nothing private" in words(app) or "no path looks private" in words(app)
            app.session.may_run = True
            await press(pilot, "r")
            assert "1 private path would be sent" in words(app)
            await press(pilot, "slash", *"git.acme.com/lib", "enter", "enter")
            assert "the host of a git remote" in words(app)


async def test_without_a_project_it_is_the_traced_path_and_in_a_replay_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app_in(tmp_path, monkeypatch, None) as app:
        async with opened(app, NARROW) as pilot:
            await press(pilot, "percent_sign")
            assert "there is no go.mod here" in words(app)
    app = replay_app(Replay(), target=None)
    async with opened(app, NARROW) as pilot:
        app.play_tape(tape_of(tmp_path, recorded("healthy"), seconds=60), clock=Hands())
        await pilot.press("percent_sign")
        await pilot.pause()
        assert any("this is a replay" in str(notice.message) for notice in app._notifications)
        assert not isinstance(app.screen, LeaksScreen)


async def test_a_broken_project_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with app_in(tmp_path, monkeypatch, "module m.test\nrequire [red]\x1b[31m v1\n") as app:
        async with opened(app, NARROW) as pilot:
            await press(pilot, "percent_sign")
            assert "errors parsing" in words(app)
            assert "\x1b" not in screen_text(app)


async def test_a_demo_world_tells_of_its_own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    plan = world_plan("private-404")
    session = Session(DemoWorld(plan, {}), Bridge(), Limits(answer_s=10, stall_s=10))
    try:
        app = ModtraceApp(session, target=(plan.path, plan.query), plan=plan)
        async with opened(app, NARROW) as pilot:
            await press(pilot, "percent_sign")
            text = words(app)
            assert "1 private path would be sent to 127.0.0.1:" in text
            assert "GOPRIVATE=demo.example" in text
            await press(pilot, "w")
            assert app.session.trial.values == {"GOPRIVATE": "demo.example"}
    finally:
        session.bridge.close()
        session.stage.close()
