"""Recent sessions, and reports of what is on the screen."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from probes.net.limits import Limits
from probes.share.session_file import SessionRecorder
from probes.share.session_reader import MAX_LINE
from screenshots.make import HERE
from tests.app_support import BROAD, NARROW, opened, press, replay_app, screen_text, world_app
from tests.share.recordings import raw_lines, saved
from tests.test_app_replay import on_screen, recorded, told
from tui.app import ModtraceApp
from tui.replay import RecordedStage, Replay, load
from tui.screens.prompt_screen import PromptScreen
from tui.screens.sessions_screen import when
from tui.session import Session

FOLDER = Path("modtrace") / "sessions"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's state folder, with nothing in it; the working folder is empty, too."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("MODTRACE_NO_SESSION", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def some_sessions(state: Path) -> list[Path]:
    """Two that ended, one that broke off; the newest last."""
    made = [
        saved(state / FOLDER, recorded("healthy"), "app"),
        saved(state / FOLDER, recorded("comma-stops-on-502"), "doctor"),
        saved(state / FOLDER, recorded("portal")[:4], "app", close=False),
    ]
    return [
        file.rename(file.with_name(f"2026010{number}T000000Z-1.jsonl")) for number, file in enumerate(made, 1)
    ]


def empty_app() -> ModtraceApp:
    """The app before anything is traced."""
    return replay_app(Replay(), target=None)


async def loaded(app: ModtraceApp, pilot: object) -> None:
    """Wait until the session was read."""
    await app.workers.wait_for_complete()
    await press(pilot)  # type: ignore[arg-type]


# -- the list -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [NARROW, BROAD])
async def test_recent_sessions_are_listed_the_newest_first(size: tuple[int, int], state: Path) -> None:
    some_sessions(state)
    app = empty_app()
    async with opened(app, size) as pilot:
        await press(pilot, "R")
        rows = [line for line in screen_text(app).splitlines() if "demo.example" in line]
        assert ["broke off" in rows[0], "go fails" in rows[1], "ok" in rows[2]] == [True] * 3
        assert "doctor" in rows[1]
        assert "KB" in rows[1]
        assert "demo.example/hello@latest" in rows[1]


async def test_a_session_is_played_in_place_and_left_again(state: Path) -> None:
    some_sessions(state)
    app = world_app("portal", demo=False)
    async with opened(app) as pilot:
        live = app.session
        await press(pilot, "R", "j", "j", "enter")
        await loaded(app, pilot)
        await press(pilot, "full_stop")
        on_screen(app).head.jump(1e9)
        await press(pilot, "full_stop", "R")
        assert app.session is live
        assert "first cause" in screen_text(app)


async def test_the_path_is_copied_and_the_list_is_searched(state: Path) -> None:
    files = some_sessions(state)
    app = empty_app()
    async with opened(app) as pilot:
        await press(pilot, "R", "y")
        assert app.clipboard == str(files[2])
        await press(pilot, "slash", *"go fails", "enter")
        shown = [line for line in screen_text(app).splitlines() if "demo.example" in line]
        assert len(shown) == 1
        await press(pilot, "escape", "escape")
        assert app.screen is app.workbench


async def test_an_empty_list_says_why(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = empty_app()
    async with opened(app) as pilot:
        await press(pilot, "R")
        assert "nothing was traced yet" in " ".join(screen_text(app).split())
        await press(pilot, "enter", "y", "escape")
        monkeypatch.setenv("MODTRACE_NO_SESSION", "1")
        await press(pilot, "R")
        assert "MODTRACE_NO_SESSION is set" in " ".join(screen_text(app).split())
        await press(pilot, "escape")
        monkeypatch.setenv("XDG_STATE_HOME", "")
        monkeypatch.setenv("HOME", "")
        await press(pilot, "R")
        assert "neither XDG_STATE_HOME nor HOME" in screen_text(app)


async def test_why_the_trace_that_was_just_made_is_not_in_the_list(state: Path) -> None:
    (state / "modtrace").write_text("in the way")
    recorder = SessionRecorder(state / FOLDER, "app")
    world = load(HERE, "healthy")
    session = Session(RecordedStage({}), Replay(world.events), Limits(), lambda process: recorder)
    app = ModtraceApp(session, target=("demo.example/hello", "latest"))
    async with opened(app) as pilot:
        await press(pilot, "R")
        text = " ".join(screen_text(app).split())
        assert recorder.problem
        assert recorder.problem.removeprefix("the session is not saved: ") in text
        assert "nothing was traced yet" not in text


async def test_nothing_in_the_folder_keeps_the_others_from_being_listed(state: Path) -> None:
    files = some_sessions(state)
    os.mkfifo(files[0].with_name("20270101T000000Z-1.jsonl"))
    first, *others = raw_lines(files[1])
    header = {**json.loads(first), "time": "0001-01-01T00:00:00+14:00"}
    files[1].write_bytes(b"".join([json.dumps(header).encode() + b"\n", *others]))
    app = empty_app()
    async with opened(app) as pilot:
        await press(pilot, "R")
        rows = [line for line in screen_text(app).splitlines() if "demo.example" in line]
        assert len(rows) == 3
        assert "0001-01-01T00:00" in rows[1]


async def test_settings_that_nobody_knows_give_no_lines(state: Path) -> None:
    file = some_sessions(state)[0]
    first, started, *others = raw_lines(file)
    strange = [{"name": "EVIL", "value": "x", "source": "process", "secret": False}]
    changed = [json.dumps({**json.loads(line), "settings": strange}).encode() for line in (first, started)]
    file.write_bytes(b"\n".join([*changed, b"".join(others)]))
    app = empty_app()
    async with opened(app) as pilot:
        await press(pilot, "R", "G", "enter")
        await loaded(app, pilot)
        await press(pilot, "C")
        assert any("nothing is set" in words for words in told(app))


async def test_a_trace_that_nobody_can_report_is_refused_in_a_sentence(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: object) -> str:
        raise RecursionError("maximum recursion depth exceeded")

    monkeypatch.setattr("probes.share.report_forms.write", fails)
    app = world_app("portal", demo=False)
    async with opened(app) as pilot:
        await press(pilot, "X", "enter")
        assert any("there can be no report" in words for words in told(app))
        assert app.screen is app.workbench


async def test_a_line_without_an_end_is_refused(state: Path) -> None:
    file = some_sessions(state)[2]
    with file.open("ab") as more:
        more.write(b"x" * (MAX_LINE + 10) + b"\n")
        more.write(b"{}\n")
    app = empty_app()
    async with opened(app) as pilot:
        await press(pilot, "R", "enter")
        await loaded(app, pilot)
        assert any("too long to be a session" in words for words in told(app))
        assert not app.is_replaying


async def test_a_file_that_cannot_be_played_leaves_the_live_session(state: Path) -> None:
    files = some_sessions(state)
    lines = raw_lines(files[1])
    files[1].write_bytes(b"".join([lines[0], b"{broken}\n", *lines[1:]]))
    app = empty_app()
    async with opened(app) as pilot:
        await press(pilot, "R", "j", "enter")
        await loaded(app, pilot)
        assert not app.is_replaying
        assert any("cannot be played: line 2" in words for words in told(app))


async def test_privacy_holds_in_the_list(state: Path) -> None:
    some_sessions(state)
    app = empty_app()
    async with opened(app) as pilot:
        await press(pilot, "R", "p")
        assert "demo.example" not in screen_text(app)
        assert "[private]" in screen_text(app)
        await press(pilot, "y")
        assert app.clipboard == "20260103T000000Z-1.jsonl"
        assert str(state) not in "".join(told(app))
        await press(pilot, "p")
        assert "demo.example" in screen_text(app)


async def test_the_session_that_is_being_saved_is_told_from_those_that_broke_off(state: Path) -> None:
    recorder = SessionRecorder(state / FOLDER, "trace")
    for event in recorded("portal")[:4]:
        recorder.emit(event)
    app = empty_app()
    async with opened(app) as pilot:
        await press(pilot, "R")
        assert "is running" in screen_text(app)
        recorder.drop()
        await press(pilot, "escape", "R")
        assert "broke off" in screen_text(app)


@pytest.mark.parametrize("time", ["", "yesterday", "\x1b[2J", "9999-99-99T00:00:00Z"])
def test_a_time_that_is_none_is_shown_as_it_stands(time: str) -> None:
    assert when(time) == time


# -- reports --------------------------------------------------------------------------------------------------


async def test_a_report_is_written_where_one_says(state: Path) -> None:
    app = world_app("portal", demo=False)
    async with opened(app) as pilot:
        await press(pilot, "X", "enter")
        assert "modtrace-report.md" in screen_text(app)
        await press(pilot, "enter")
        file = state / "work" / "modtrace-report.md"
        text = file.read_text(encoding="utf-8")
        assert text.startswith("## modtrace report")
        assert "mirror.corp" not in text, "other names are the default"
        assert "### What did you see happen?" in text
        assert any("modtrace-report.md" in words for words in told(app))


@pytest.mark.parametrize(
    ("steps", "suffix", "begins"),
    [(2, "html", "<!DOCTYPE html>"), (3, "txt", "modtrace report"), (4, "json", "{"), (5, "svg", "<svg")],
)
async def test_every_form_is_written(steps: int, suffix: str, begins: str, state: Path) -> None:
    app = world_app("portal", demo=False)
    async with opened(app) as pilot:
        await press(pilot, "X", *["j"] * steps, "p", "enter", "enter")
        text = (state / "work" / f"modtrace-hello.{suffix}").read_text(encoding="utf-8")
        assert text.startswith(begins)
        assert "mirror.corp.example" in text, "p shows the real names"


async def test_markdown_can_be_copied(state: Path) -> None:
    app = world_app("portal", demo=False)
    async with opened(app) as pilot:
        await press(pilot, "X", "j", "enter")
        assert app.clipboard.startswith("## modtrace report")
        assert "What did you expect to see?" in app.clipboard
        assert "mirror.corp" not in app.clipboard


async def test_a_file_is_only_replaced_after_a_second_enter(state: Path) -> None:
    there = state / "work" / "notes.md"
    there.write_text("mine", encoding="utf-8")
    app = world_app("portal", demo=False)
    async with opened(app) as pilot:
        await press(pilot, "X", "enter", *"notes.md", "enter")
        assert there.read_text(encoding="utf-8") == "mine"
        assert "is there already" in screen_text(app)
        await press(pilot, "enter")
        assert there.read_text(encoding="utf-8").startswith("## modtrace report")


async def test_what_cannot_be_written_is_asked_for_again(state: Path) -> None:
    app = world_app("portal", demo=False)
    async with opened(app) as pilot:
        await press(pilot, "X", "enter", *"no/such/folder.md", "enter")
        assert isinstance(app.screen, PromptScreen)
        assert "cannot be written" in screen_text(app)
        await press(pilot, "escape")
        assert app.screen is app.workbench


async def test_privacy_leaves_no_choice(state: Path) -> None:
    app = world_app("portal", demo=False)
    async with opened(app) as pilot:
        await press(pilot, "p", "X", "p")
        assert "Privacy is on" in screen_text(app)
        await press(pilot, "enter", "enter")
        file = state / "work" / "modtrace-report.md"
        assert "mirror.corp" not in file.read_text(encoding="utf-8")
        assert str(state) not in "".join(told(app))


async def test_a_replay_has_the_report_of_the_session(state: Path) -> None:
    files = some_sessions(state)
    lines = raw_lines(files[1])
    head = json.loads(lines[0]) | {"time": "2001-02-03T04:05:06Z", "platform": "plan9/arm"}
    files[1].write_bytes(b"".join([json.dumps(head).encode() + b"\n", *lines[1:]]))
    app = empty_app()
    async with opened(app) as pilot:
        await press(pilot, "R", "j", "enter")
        await loaded(app, pilot)
        on_screen(app).head.jump(1e9)
        await press(pilot)
        await press(pilot, "X", "enter", "enter")
        text = (state / "work" / "modtrace-report.md").read_text(encoding="utf-8")
        assert "2001-02-03T04:05:06Z, with modtrace doctor" in text
        assert "go would fail" in text


async def test_without_a_trace_there_is_nothing_to_report(state: Path) -> None:
    app = empty_app()
    async with opened(app) as pilot:
        await press(pilot, "X")
        assert any("nothing was traced yet" in words for words in told(app))
        assert app.screen is app.workbench


async def test_the_tour_comes_first(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some_sessions(state)
    app = world_app("portal")
    async with opened(app) as pilot:
        monkeypatch.setattr(type(app), "touring", True)
        await press(pilot, "R")
        assert any("the tour is on" in words for words in told(app))
        assert app.screen is app.workbench
