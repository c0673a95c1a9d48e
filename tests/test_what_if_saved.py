"""What was only tried is never taken for real: not in a session, a report, a replay, a list, or after --resume."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from probes.demo.worlds import running, world_plan
from probes.net.limits import Limits
from probes.share.played import play_all
from probes.share.session_file import list_sessions
from probes.share.session_reader import SessionReader
from probes.share.tape import Tape, read_tape
from probes.trace.events import Event, SettingView, TraceStarted
from tests.app_support import NARROW, WIDE, opened, press, replay_app, screen_text
from tests.share.recordings import command, events_of, raw_lines, saved
from tests.test_app_replay import empty_app, on_screen
from tests.test_app_sessions import FOLDER, loaded
from tests.test_resume import resumed_of
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.drawing.tree_keys import Part, TreeKey
from tui.exporting import made_report
from tui.opening import make_recorder
from tui.replay import RecordedStage, Replay
from tui.screens.report_screen import ReportWish
from tui.session import Session

NAME = "comma-stops-on-502"
FIRST = TreeKey(Part.HOP, 0)
MARK = "with what-if values, not real"


async def tried(home: Path) -> tuple[Path, str, str]:
    """A session in which | was tried: its file, the real GOPROXY, the one that was tried."""
    plan = world_plan(NAME)
    with running(plan) as (world, given):
        stage = RecordedStage({"GOMODCACHE": "/demo/pkg/mod", **given})
        session = Session(stage, Bridge(), Limits(), lambda process: make_recorder({"HOME": str(home)}))
        app = ModtraceApp(session, target=(plan.path, plan.query))
        try:
            async with opened(app) as pilot:
                app.workbench.tree_pane.list.select(FIRST)
                await press(pilot, "vertical_line")
                assert "✓ go would download" in screen_text(app)
                assert MARK in made_report(session, ReportWish("markdown", private=False))
        finally:
            session.said.close()
            session.bridge.close(20)
        recorder = session.said.recorder
        assert recorder is not None
        assert recorder.path is not None
        real = ",".join(world.urls)
        return recorder.path, real, real.replace(",", "|")


def with_what_if(
    events: Sequence[Event], value: str = "https://tried.test", real: str = "https://real.test"
) -> list[Event]:
    """The same trace, made with another GOPROXY."""
    started = events[0]
    assert isinstance(started, TraceStarted)
    settings = tuple(view for view in started.settings if view.name != "GOPROXY")
    unreal = (*settings, SettingView("GOPROXY", value, "overlay"))
    views = (SettingView("GOPROXY", real, "process"),)
    return [replace(started, settings=unreal, real=views), *events[1:]]


def two(folder: Path) -> Path:
    """A real trace that fails, and what was tried after it, which does not."""
    return saved(folder, [*events_of(NAME), *with_what_if(events_of("healthy"))], "app")


# -- what is saved --------------------------------------------------------------------------------------------


async def test_a_session_says_of_each_trace_what_really_stands_there(tmp_path: Path) -> None:
    file, real, unreal = await tried(tmp_path)
    begun = [entry.event for entry in SessionReader(raw_lines(file)) if isinstance(entry.event, TraceStarted)]
    assert [bool(one.real) for one in begun] == [False, True]
    (view,) = begun[1].real
    assert (view.name, view.value, view.source) == ("GOPROXY", real, "process")
    assert any(one.value == unreal for one in begun[1].settings if one.name == "GOPROXY")
    first, second = [line for line in raw_lines(file) if b"trace.started" in line]
    assert b'"real"' not in first, "what older readers know stays as it is"
    assert b'"real"' in second


def test_the_list_tells_the_real_outcome(tmp_path: Path) -> None:
    (info,) = list_sessions(two(tmp_path / "a").parent)
    assert (info.outcome, info.what_if, info.then_what_if) == ("fails", False, True)
    (info,) = list_sessions(saved(tmp_path / "b", with_what_if(events_of("healthy"))).parent)
    assert (info.outcome, info.what_if, info.then_what_if) == ("ok", True, False)
    (info,) = list_sessions(saved(tmp_path / "c", events_of("healthy")).parent)
    assert (info.outcome, info.what_if, info.then_what_if) == ("ok", False, False)


# -- headless -------------------------------------------------------------------------------------------------


def test_a_replay_takes_the_last_real_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(two(tmp_path))
    assert command("replay", file) == 1
    shown = capsys.readouterr()
    assert MARK not in shown.out
    assert "go would fail" in shown.out
    assert "this is number 1, the last one with the real settings" in shown.err
    assert "--trace 2" in shown.err
    assert command("replay", file, "--trace", "2") == 0
    assert capsys.readouterr().out.startswith(f"{MARK}: GOPROXY\n  GOPROXY, what if: https://tried.test\n")
    assert command("replay", file, "--trace", "2", "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)["what_if"]
    assert one == {"name": "GOPROXY", "value": "https://tried.test", "real": "https://real.test",
                   "real_source": "process"}  # fmt: skip
    assert command("replay", file, "--json") == 1
    assert "what_if" not in json.loads(capsys.readouterr().out)
    assert command("replay", file, "--trace", "3") == 2
    assert "it has no trace 3: it has 2 traces" in capsys.readouterr().err


def test_where_there_is_only_what_if_it_is_played_and_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("replay", str(saved(tmp_path, with_what_if(events_of("healthy")), "app"))) == 0
    assert capsys.readouterr().out.startswith(MARK)


def test_a_trace_that_broke_off_at_the_end_is_the_last_real_one(tmp_path: Path) -> None:
    unreal = with_what_if(events_of("healthy"))
    events = [*events_of(NAME), *unreal, *events_of(NAME)[:4]]
    assert command("replay", str(saved(tmp_path / "a", events, close=False))) == 3
    events = [*events_of(NAME), *events_of("healthy")[:4], *unreal]
    assert play_all(raw_lines(saved(tmp_path / "b", events))).chosen().number == 1


FORMS = ("text", "markdown", "html", "svg")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("more", [(), ("--privacy",)])
def test_a_report_says_it_in_its_first_lines(
    form: str, more: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(two(tmp_path))
    assert command("report", file, "--format", form, "--trace", "2", *more) == 0
    text = capsys.readouterr().out
    assert MARK in (text[: text.index("<h2>")] if form == "html" else "\n".join(text.splitlines()[:12]))
    assert "go would download it (what if, not real)" in text
    if more:
        assert "real.test" not in text
        assert "tried.test" not in text
    assert command("report", file, "--format", form, *more) == 0
    shown = capsys.readouterr()
    assert MARK not in shown.out
    assert "what if" not in shown.out
    assert "the last one with the real settings" in shown.err


def test_what_go_env_prints_is_real(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(two(tmp_path))
    assert command("report", file, "--trace", "2", "--format", "markdown") == 0
    text = capsys.readouterr().out
    env = text[text.index("### Output of go env") : text.index("### What did you do?")]
    assert "GOPROXY='https://real.test'" in env
    assert "GOPROXY='https://tried.test'" not in env
    assert "GOPROXY, what if: https://tried.test" in env
    assert command("report", file, "--trace", "2", "--format", "json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in said["what_if"]] == ["GOPROXY"]
    assert "what if" in said["verdict"]


def test_the_values_of_set_are_named_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are the user's own, for one run: no what-if, and not what go env prints either."""
    events = [replace(event, real=()) if isinstance(event, TraceStarted) else event
              for event in with_what_if(events_of("healthy"))]  # fmt: skip
    assert command("report", str(saved(tmp_path, events))) == 0
    text = capsys.readouterr().out
    assert text.splitlines()[1] == "with --set, for this run only: GOPROXY"
    assert "GOPROXY='https://tried.test'" not in text
    assert MARK not in text


# -- in the app -----------------------------------------------------------------------------------------------


def tape(file: Path) -> Tape:
    """The session of a file."""
    return read_tape(raw_lines(file))


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_replay_in_the_app_is_marked_and_the_keys_say_what_they_do(
    size: tuple[int, int], tmp_path: Path
) -> None:
    file, real, unreal = await tried(tmp_path)
    app = empty_app()
    async with opened(app, size) as pilot:
        app.play_tape(tape(file), speed=0)
        shown = await shown_after(app, pilot)
        assert "[what if]" in shown
        assert f"≈ {MARK}: GOPROXY" in shown
        assert "w compare" not in shown
        assert ". again" in shown.splitlines()[-1]
        assert app.session.unreal.edges == {0}
        shown = await shown_after(app, pilot, "1")
        assert "what if, not real" in shown
        assert "hides http://127.0.0.1" in shown, "what is real, below it"
        assert app.session.scene is not None
        assert app.session.scene.environment.get("GOPROXY") == unreal
        assert app.session.scene.without_trial.get("GOPROXY") == real
        shown = await shown_after(app, pilot, "left_square_bracket")
        assert on_screen(app).trace_number == 1
        assert "[what if]" not in shown
        assert MARK not in shown
        shown = await shown_after(app, pilot, "escape")
        assert "[what if]" not in shown


async def shown_after(app: ModtraceApp, pilot: object, *keys: str) -> str:
    """The screen after some keys."""
    await press(pilot, *keys)  # type: ignore[arg-type]
    return screen_text(app)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's state folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("MODTRACE_NO_SESSION", raising=False)
    return tmp_path


async def test_the_list_of_sessions_marks_what_is_not_real(state: Path) -> None:
    two(state / FOLDER)
    saved(state / FOLDER, with_what_if(events_of("healthy")), "app")
    app = empty_app()
    async with opened(app, WIDE) as pilot:
        await press(pilot, "R")
        rows = [line for line in screen_text(app).splitlines() if "demo.example" in line]
        marked = {("go fails" in row, "then what if" in row, "what if, not real" in row) for row in rows}
        assert marked == {(True, True, False), (False, False, True)}
        await press(pilot, "escape")
        await loaded(app, pilot)


# -- resumed --------------------------------------------------------------------------------------------------


async def test_what_was_tried_is_resumed_as_what_it_was(tmp_path: Path) -> None:
    events = [*events_of(NAME), *with_what_if(events_of(NAME), "https://a.test|https://b.test")]
    resumed = resumed_of(tmp_path, events)
    assert resumed.overlay == {}
    assert resumed.what_if == {"GOPROXY": "https://a.test|https://b.test"}
    app = replay_app(Replay(), target=None)
    app._begins_with = lambda app: resumed.begin(app, {})
    async with opened(app, WIDE) as pilot:
        shown = await shown_after(app, pilot)
        assert "[what if]" in shown
        assert "as before: GOPROXY" in " ".join(str(one.message) for one in app._notifications)
        assert app.session.trial.real is not None, "the before to the after"
        assert "--set" not in await shown_after(app, pilot, "1")
        await press(pilot, "u")
        assert not app.session.trial.values
        assert "[what if]" not in screen_text(app)
    assert resumed.tried_again({"GOPROXY": "off"}) == {}


def test_a_tried_secret_is_lost_and_set_behind_it_is_kept(tmp_path: Path) -> None:
    started = with_what_if(events_of(NAME))[0]
    assert isinstance(started, TraceStarted)
    settings = (
        *started.settings[:-1],
        SettingView("GOPROXY", "https://[masked]@a.test", "overlay", secret=True),
    )
    real = (SettingView("GOPROXY", "https://set.test", "overlay"),)
    resumed = resumed_of(tmp_path, [replace(started, settings=settings, real=real), *events_of(NAME)[1:4]])
    assert resumed.lost == ("GOPROXY",)
    assert resumed.what_if == {}
    assert resumed.overlay == {"GOPROXY": "https://set.test"}
    assert not resumed.traces_again({})
