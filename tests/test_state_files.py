"""Whatever lies in the state folder, and whoever put it there: the app opens, works and ends."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from probes.net.limits import Limits
from probes.settings.env_apply import CannotApply
from probes.settings.env_apply import latest as latest_applied
from probes.share.state import TooLarge, make_private, open_regular, read_regular, state_folder
from screenshots.make import HERE
from tests.app_support import opened, press, screen_text
from tests.modtrace import COMMAND, clean_environment
from tests.terminal.session import TerminalSession
from tests.test_app_replay import told
from tui.app import ModtraceApp
from tui.replay import RecordedStage, Replay, load
from tui.screens.history_screen import HistoryScreen
from tui.session import Session
from tui.sizes import Sizes, read_sizes
from tui.stage import ThisMachine
from tui.themes import saved_theme


def test_only_plain_files_are_read_and_never_waited_for(tmp_path: Path) -> None:
    plain, fifo, link = tmp_path / "plain", tmp_path / "fifo", tmp_path / "link"
    plain.write_bytes(b"12345")
    os.mkfifo(fifo)
    link.symlink_to(fifo)
    assert read_regular(plain, 5) == b"12345"
    for path in (fifo, link, tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match="no plain file"):
            open_regular(path)
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "none")
    with pytest.raises(TooLarge):
        read_regular(plain, 4)


def test_an_open_file_is_not_left_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with open_regular(tmp_path / "taken") as first:
        number = first.fileno()
    for _ in range(5):
        with pytest.raises(OSError, match="no plain file"):
            open_regular(tmp_path)
    with open_regular(tmp_path / "taken") as again:
        assert again.fileno() == number, "the lowest number that is free"


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private(tmp_path / "a" / "b")
    make_private(tmp_path / "a" / "b")
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700


def test_a_home_that_is_not_there_is_not_made() -> None:
    with pytest.raises(FileNotFoundError):
        make_private(Path("/nobody-lives-here/.local/state/modtrace"))
    assert not Path("/nobody-lives-here").exists()


def test_what_is_kept_between_runs_is_not_read_from_a_fifo(tmp_path: Path) -> None:
    for name in ("theme", "layout.json", "20260101T000000Z-1.json"):
        os.mkfifo(tmp_path / name)
    assert saved_theme(tmp_path) == ""
    assert read_sizes(tmp_path / "layout.json") == Sizes()
    with pytest.raises(CannotApply):
        latest_applied(tmp_path)


def test_the_app_opens_whatever_lies_in_its_folder(tmp_path: Path) -> None:
    env = clean_environment(tmp_path)
    folder = state_folder(env)
    assert folder is not None
    (folder / "sessions").mkdir(parents=True)
    for name in (
        "theme",
        "layout.json",
        "history.json",
        "clipboard.txt",
        "sessions/20260101T000000Z-1.jsonl",
    ):
        os.mkfifo(folder / name)
    env |= {"GOPROXY": "off", "GOSUMDB": "off"}
    with TerminalSession([COMMAND, "m.test/x"], env=env, cwd=tmp_path, columns=120) as session:
        session.wait_for("go would fail")
        session.wait_for("history.json is left as it is")
        session.press("y")
        session.wait_for("copied")
        session.press("R")
        session.wait_for("m.test/x@latest")
        session.press("q")
        assert session.wait_for_exit() == 0
    assert (folder / "clipboard.txt").is_file()


def test_a_session_that_is_ended_with_sigquit_gives_the_terminal_back(tmp_path: Path) -> None:
    with TerminalSession([COMMAND], env=clean_environment(tmp_path), cwd=tmp_path) as session:
        session.wait_for("press t")
        session.signal(signal.SIGQUIT)
        assert session.wait_for_exit() == 128 + signal.SIGQUIT
        assert session.is_restored()


async def test_that_the_history_cannot_be_written_is_told_once(
    tmp_path: Path,
) -> None:
    file = tmp_path / "modtrace" / "history.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"schema": "modtrace.history/2", "visits": []}))

    class Stage(RecordedStage):
        remember = ThisMachine({}).remember

    app = ModtraceApp(
        Session(Stage({"XDG_STATE_HOME": str(tmp_path)}), Replay(load(HERE, "healthy").events), Limits()),
        target=("demo.example/hello", "latest"),
    )
    async with opened(app) as pilot:
        assert any("modtrace.history/2" in words for words in told(app))
        app.clear_notifications()
        await press(pilot, "r")
        assert not any("history" in words for words in told(app))
    assert "history/2" in file.read_text()


async def test_a_strange_time_in_the_history_is_shown_as_it_stands(
    tmp_path: Path,
) -> None:
    rows = [
        {"path": f"m.test/{number}", "query": "latest", "time": time, "outcome": "ok", "count": count}
        for number, (time, count) in enumerate(
            [("0001-01-01T00:00:00+14:00", 1), ("9999-12-31T23:59:59-14:00", 10**4200), ("yesterday", -5)]
        )
    ]
    (tmp_path / "modtrace").mkdir()
    (tmp_path / "modtrace" / "history.json").write_text(
        json.dumps({"schema": "modtrace.history/1", "visits": rows})
    )

    class Stage(RecordedStage):
        visits = ThisMachine({}).visits

    app = ModtraceApp(Session(Stage({"XDG_STATE_HOME": str(tmp_path)}), Replay(), Limits()))
    async with opened(app) as pilot:
        await press(pilot, "H")
        await app.workers.wait_for_complete()
        await press(pilot)
        assert isinstance(app.screen, HistoryScreen)
        assert all(f"m.test/{number}@latest" in screen_text(app) for number in range(3))
