"""The session that saves itself while the app runs."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest
from textual.app import App

from probes.net.limits import Limits
from probes.share.session_file import SessionRecorder, latest, sessions_folder
from probes.share.session_reader import SessionReader
from screenshots.make import HERE
from tests.app_support import opened, press, screen_text
from tui.app import ModtraceApp
from tui.opening import add_app_options, make_recorder, open_app
from tui.replay import RecordedStage, load
from tui.session import Session

SETTINGS = {"GOENV": "off", "GOPROXY": "http://mirror.corp.example,http://goproxy.example"}


def saving(home: str, world: str = "portal") -> ModtraceApp:
    """The app on a recording, saving itself below a home."""
    variables = {**SETTINGS, "HOME": home}
    session = Session(RecordedStage(variables), load(HERE, world), Limits(), make_recorder)
    return ModtraceApp(session, target=("demo.example/hello", "latest"))


def files_below(folder: Path) -> list[Path]:
    """Everything in a folder."""
    return sorted(folder.rglob("*"))


def told(app: ModtraceApp) -> str:
    """What was said in passing."""
    return "\n".join(str(notice.message) for notice in app._notifications)


async def test_the_session_is_on_the_disk_while_the_app_runs(tmp_path: Path) -> None:
    app = saving(str(tmp_path))
    async with opened(app) as pilot:
        await press(pilot, "3")
        file = latest(sessions_folder({"HOME": str(tmp_path)}))
        assert file is not None
        assert file.stat().st_mode & 0o777 == 0o600
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        assert lines[0]["command"] == "app"
        assert lines[0]["path"] == "demo.example/hello"
        kinds = [line["event"] for line in lines[1:]]
        assert kinds[0] == "trace.started"
        assert {"trace.finished", "rung.climbed", "browse.answered"} <= set(kinds)
        assert "session.closed" not in kinds
        app.action_saved()
        await press(pilot)
        assert file.parent.name in told(app)
        app.session.said.close()
        assert "session.closed" in file.read_text(encoding="utf-8")
    entries = list(SessionReader(file.read_bytes().splitlines(keepends=True)))
    said = app.session.said
    assert sorted(repr(entry.event) for entry in entries) == sorted(
        map(repr, [*said.in_trace, *said.in_table])
    )


@pytest.mark.parametrize("home", ["/dev/null", ""])
async def test_what_cannot_be_saved_is_told_once(home: str) -> None:
    app = saving(home)
    async with opened(app) as pilot:
        assert len(app._notifications) == 1
        await press(pilot, "r")
        assert len(app._notifications) == 1
        assert "first cause" in screen_text(app)
        words = told(app)
        app.clear_notifications()
        app.action_saved()
        await press(pilot)
        assert told(app) == words, "asked for, it is told again"


async def test_without_a_recorder_nothing_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    session = Session(RecordedStage(SETTINGS), load(HERE, "portal"), Limits())
    app = ModtraceApp(session, target=("demo.example/hello", "latest"))
    async with opened(app) as pilot:
        app.action_saved()
        await press(pilot)
        assert "no session is saved" in told(app)
    assert not files_below(tmp_path)


@pytest.mark.parametrize(
    ("saves", "variable", "kept"), [(True, "", True), (True, "1", False), (False, "", False)]
)
def test_the_demo_and_the_variable_switch_it_off(
    saves: bool, variable: str, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Session] = []

    def run(app: ModtraceApp, **options: object) -> None:
        made.append(app.session)

    monkeypatch.setenv("MODTRACE_NO_SESSION", variable)
    monkeypatch.setattr(App, "run", run)
    monkeypatch.setattr("sys.setswitchinterval", lambda seconds: None)
    for name in ("TEXTUAL_ANIMATIONS", "TEXTUAL_THEME", "TEXTUAL_FPS"):
        monkeypatch.setenv(name, "")
    parser = argparse.ArgumentParser()
    add_app_options(parser)
    args = argparse.Namespace(timeout=1.0, **vars(parser.parse_args(["--no-mouse"])))
    assert open_app(RecordedStage(SETTINGS), args, saves=saves) == 0
    assert made[0].said.is_saved is kept


def test_the_recorder_is_one_of_the_apps() -> None:
    recorder = make_recorder({"HOME": "/nowhere"})
    assert isinstance(recorder, SessionRecorder)
    assert (recorder.command, recorder.shell) == ("app", "posix")


def test_nothing_of_sharing_is_loaded_before_the_first_frame() -> None:
    script = (
        "import sys, tui.app, tui.opening\n"
        "late = ('probes.share', 'probes.diagnosis.diagnose', 'probes.net.http')\n"
        "print([name for name in sys.modules if name.startswith(late)])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True, check=True)
    assert done.stdout.strip() == "[]"
