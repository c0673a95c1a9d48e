"""A dropped line: what was known is on the disk, and `modtrace --resume` goes on there."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from probes.demo.behaviour import Answer, Fault, Request
from probes.demo.server import World
from probes.net.limits import Limits
from probes.share.session_file import SessionInfo, SessionRecorder, list_sessions, sessions_folder, to_resume
from probes.share.session_reader import SessionReader
from probes.share.tape import read_tape
from probes.trace.events import Event, SettingView, TraceStarted
from screenshots.make import HERE
from tests.app_support import opened, press, replay_app, screen_text
from tests.modtrace import COMMAND, clean_environment, modtrace, start
from tests.share.recordings import events_of, raw_lines, saved
from tests.terminal.session import TerminalSession
from tests.test_app_replay import recorded, told
from tui.app import ModtraceApp
from tui.jobs import BrowseJob, TraceJob
from tui.opening import make_recorder
from tui.replay import RecordedStage, Replay, load
from tui.resuming import Resumed
from tui.session import Session

NAME = "comma-stops-on-502"


def first_to_resume(folder: Path | None) -> SessionInfo | None:
    """What a bare --resume would take."""
    return next(iter(to_resume(folder)), None)


def in_order(folder: Path, *files: Path) -> list[Path]:
    """The files, as if made one after the other."""
    return [file.rename(folder / f"2026010{number}T000000Z-1.jsonl") for number, file in enumerate(files, 1)]


# -- which session --------------------------------------------------------------------------------------------


def test_the_newest_that_was_cut_off_is_resumed(tmp_path: Path) -> None:
    assert first_to_resume(tmp_path) is None
    first = saved(tmp_path, events_of(NAME)[:4], close=False)
    second = saved(tmp_path, events_of(NAME)[:9], close=False)
    third = saved(tmp_path, events_of(NAME))
    files = in_order(tmp_path, first, second, third)
    found = first_to_resume(tmp_path)
    assert found is not None
    assert found.file == files[1]
    files[1].unlink()
    files[0].unlink()
    found = first_to_resume(tmp_path)
    assert found is not None
    assert found.file == files[2], "else the last one"


def test_what_was_resumed_is_not_resumed_again(tmp_path: Path) -> None:
    broken, ended = in_order(
        tmp_path, saved(tmp_path, events_of(NAME)[:4], close=False), saved(tmp_path, events_of(NAME))
    )
    recorder = SessionRecorder(tmp_path, resumes=broken.name)
    for event in events_of(NAME):
        recorder.emit(event)
    recorder.close()
    found = first_to_resume(tmp_path)
    assert found is not None
    assert found.file == recorder.path
    assert found.header.resumes == broken.name
    recorder.path.unlink()
    again = first_to_resume(tmp_path)
    assert again is not None
    assert again.file == broken
    assert ended.exists()


def test_what_another_modtrace_is_writing_is_left_to_it(tmp_path: Path) -> None:
    recorder = SessionRecorder(tmp_path)
    recorder.emit(events_of(NAME)[0])
    assert first_to_resume(tmp_path) is None
    recorder.drop()
    assert first_to_resume(tmp_path) is not None


# -- what is known then ---------------------------------------------------------------------------------------


def resumed_of(folder: Path, events: list[Event], *, close: bool = False) -> Resumed:
    """These events, read back to go on with."""
    path = saved(folder, events, "app", close=close)
    return Resumed(read_tape(raw_lines(path)), path)


def set_for_that_run(events: list[Event], **values: tuple[str, bool]) -> list[Event]:
    """The same trace with values that were set for that run: what is saved of them, and whether a secret was."""
    started, *others = events
    assert isinstance(started, TraceStarted)
    kept = [view for view in started.settings if view.name not in values]
    made = [SettingView(name, value, "overlay", secret) for name, (value, secret) in values.items()]
    return [replace(started, settings=(*kept, *made)), *others]


async def test_a_trace_that_had_ended_is_there_at_once(tmp_path: Path) -> None:
    resumed = resumed_of(tmp_path, recorded("portal"))
    live = Replay()
    app = replay_app(live, target=None)
    app._begins_with = lambda app: resumed.begin(app, {})
    async with opened(app) as pilot:
        assert "first cause" in screen_text(app)
        assert "R13 CORRUPT" in screen_text(app)
        assert not [job for job in live.jobs if isinstance(job, TraceJob)]
        assert any("had ended; r traces it again" in words for words in told(app))
        await press(pilot, "r")
        assert [job.path for job in live.jobs if isinstance(job, TraceJob)] == ["demo.example/hello"]


async def test_the_versions_of_the_module_browser_are_there_too(tmp_path: Path) -> None:
    world = load(HERE, "split-files")
    resumed = resumed_of(tmp_path, [*world.events, *world.browsing, *world.events])  # type: ignore[list-item]
    live = Replay()
    app = replay_app(live, target=None)
    app._begins_with = lambda app: resumed.begin(app, {})
    async with opened(app) as pilot:
        await press(pilot, "3")
        assert "v1.2.0" in screen_text(app)
        assert not [job for job in live.jobs if isinstance(job, BrowseJob)]


async def test_a_trace_that_broke_off_is_made_again(tmp_path: Path) -> None:
    resumed = resumed_of(tmp_path, recorded("portal")[:6])
    live = Replay(recorded("portal"))
    app = replay_app(live, target=None)
    app._begins_with = lambda app: resumed.begin(app, {})
    async with opened(app) as pilot:
        await press(pilot)
        jobs = [job for job in live.jobs if isinstance(job, TraceJob)]
        assert [(job.path, job.query) for job in jobs] == [("demo.example/hello", "latest")]
        assert "first cause" in screen_text(app)


async def test_without_a_secret_that_was_set_nothing_is_traced_by_itself(tmp_path: Path) -> None:
    """GOPROXY may have kept the path from everybody else."""
    events = set_for_that_run(
        recorded("portal")[:6], GOPROXY=("https://[masked]@corp.example", True), GOSUMDB=("off", False)
    )
    resumed = resumed_of(tmp_path, events)
    assert resumed.overlay == {"GOSUMDB": "off"}
    live = Replay()
    app = replay_app(live, target=None)
    app._begins_with = lambda app: resumed.begin(app, resumed.overlay)
    async with opened(app) as pilot:
        await press(pilot)
        assert not [job for job in live.jobs if isinstance(job, TraceJob)]
        assert any("GOPROXY: the value held a secret" in words for words in told(app))
        assert "the session broke off before the trace ended" in screen_text(app)
    assert resumed.traces_again({"GOPROXY": "https://user:new@corp.example"})


async def test_a_resumed_session_is_whole_in_its_own_file(tmp_path: Path) -> None:
    """What is added to a trace that is only known from another file is saved together with it."""
    whole = recorded("portal")
    kinds = ("rung.climbed", "comparison", "capability")
    resumed = resumed_of(tmp_path / "old", [event for event in whole if event.kind not in kinds])

    def recorder(process: object) -> SessionRecorder:
        made = make_recorder({"HOME": str(tmp_path)}, resumes=resumed.file.name)
        assert isinstance(made, SessionRecorder)
        return made

    session = Session(RecordedStage({"GOENV": "off", "GOPROXY": "off"}), Replay(whole), Limits(), recorder)
    app = ModtraceApp(session, begin=lambda app: resumed.begin(app, {}))
    async with opened(app) as pilot:
        assert app.session.said.recorder is None, "nothing new, so no new file"
        await press(pilot, "j", "x")
        app.session.said.close()
    (info,) = list_sessions(sessions_folder({"HOME": str(tmp_path)}))
    assert info.header.resumes == resumed.file.name
    read = [entry.event.kind for entry in SessionReader(raw_lines(info.file))]
    assert read[0] == "trace.started"
    assert "rung.climbed" in read


# -- in a terminal --------------------------------------------------------------------------------------------


def hangs_once(asked: list[Request]) -> object:
    """A proxy that says nothing to the first question, and 404 to all others."""

    def answer(request: Request) -> Answer:
        asked.append(request)
        return Answer(fault=Fault.HANG) if len(asked) == 1 else Answer(404)

    return answer


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGKILL])
def test_a_session_that_was_killed_goes_on(number: signal.Signals, tmp_path: Path) -> None:
    asked: list[Request] = []
    with World([hangs_once(asked)]) as world:  # type: ignore[list-item]
        env = clean_environment(tmp_path)
        argv = [COMMAND, "m.test/x", "--set", f"GOPROXY={world.urls[0]}", "--set", "GOSUMDB=off"]
        with TerminalSession(argv, env=env, cwd=tmp_path) as session:
            session.wait_for("waiting for the first byte")
            session.signal(number)
            session.wait_for_exit()
        (info,) = list_sessions(sessions_folder(env))
        assert not info.closed
        assert any(b"phase.finished" in line for line in raw_lines(info.file)), "up to the very end"
        with TerminalSession([COMMAND, "--resume"], env=env, cwd=tmp_path, columns=120) as session:
            session.wait_for("✗ go would fail")
            assert "m.test/x" in session.screen()
            session.press("1")
            session.wait_for("--set, for this run")
            session.press("q")
            assert session.wait_for_exit() == 0
    newest, oldest = list_sessions(sessions_folder(env))
    assert (newest.closed, newest.outcome) == (True, "fails")
    assert newest.header.resumes == oldest.file.name


def test_a_terminal_that_goes_away_leaves_a_session_to_resume(tmp_path: Path) -> None:
    with World([lambda request: Answer(fault=Fault.HANG)]) as world:
        env = clean_environment(tmp_path)
        argv = [COMMAND, "m.test/x", "--set", f"GOPROXY={world.urls[0]}"]
        with TerminalSession(argv, env=env, cwd=tmp_path) as session:
            session.wait_for("waiting for the first byte")
            session.hang_up()
            session.wait_without_terminal()
    found = first_to_resume(sessions_folder(env))
    assert found is not None
    assert not found.closed


def brings(folder: Path, *, events: int | None = 6) -> Path:
    """A session from somewhere else, which sets who is asked and has broken off."""
    evil = ("http://127.0.0.1:9/evil", False)
    started = set_for_that_run(recorded("portal")[:events], GOPROXY=evil, GOPRIVATE=("none", False))
    return saved(folder, started, "app", close=False)


async def test_somebody_elses_session_sets_and_traces_nothing_by_itself(tmp_path: Path) -> None:
    path = brings(tmp_path)
    resumed = Resumed(read_tape(raw_lines(path)), path, is_foreign=True)
    assert (resumed.overlay, resumed.what_if) == ({}, {})
    live = Replay(recorded("portal"))
    app = replay_app(live, target=None)
    app._begins_with = lambda app: resumed.begin(app, {})
    async with opened(app) as pilot:
        await press(pilot)
        text = " ".join(screen_text(app).split())
        assert "not one of your own sessions" in text
        assert "GOPROXY=http://127.0.0.1:9/evil" in text
        await press(pilot, "enter")
        assert not [job for job in live.jobs if isinstance(job, TraceJob)]
        assert not app.session.trial.values
        await press(pilot, "r")
        (job,) = [job for job in live.jobs if isinstance(job, TraceJob)]
        assert "evil" not in job.environment.get("GOPROXY")


async def test_what_it_sets_is_tried_when_the_user_says_so(tmp_path: Path) -> None:
    path = brings(tmp_path)
    resumed = Resumed(read_tape(raw_lines(path)), path, is_foreign=True)
    live = Replay(recorded("portal"))
    app = replay_app(live, target=None)
    app._begins_with = lambda app: resumed.begin(app, {})
    async with opened(app) as pilot:
        await press(pilot, "j", "enter")
        assert dict(app.session.trial.values) == {"GOPROXY": "http://127.0.0.1:9/evil", "GOPRIVATE": "none"}
        job = [job for job in live.jobs if isinstance(job, TraceJob)][-1]
        assert job.environment.get("GOPROXY") == "http://127.0.0.1:9/evil"
        assert "what if" in screen_text(app)


async def test_somebody_elses_session_never_becomes_one_of_the_users_own(tmp_path: Path) -> None:
    path = brings(tmp_path / "elsewhere", events=None)
    resumed = Resumed(read_tape(raw_lines(path)), path, is_foreign=True)
    recorder = SessionRecorder(tmp_path / "own", "app")
    world = load(HERE, "portal")
    app = ModtraceApp(
        Session(RecordedStage({}), Replay(world.events, world.browsing), Limits(), lambda process: recorder),
        begin=lambda app: resumed.begin(app, {}),
    )
    async with opened(app) as pilot:
        await press(pilot, "enter", "3")
        assert recorder.path is None
        await press(pilot, "r")
        recorder.drop()
    assert recorder.path is not None
    assert b"evil" not in recorder.path.read_bytes()


@pytest.mark.parametrize("place", ["elsewhere", "linked"])
def test_without_a_terminal_somebody_elses_session_is_only_told(place: str, tmp_path: Path) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Answer:
        asked.append(request)
        return Answer(404)

    with World([answer]) as world:
        env = clean_environment(tmp_path)
        evil = set_for_that_run(recorded("portal")[:6], GOPROXY=(world.urls[0], False))
        path = saved(tmp_path / "elsewhere", evil, "app", close=False)
        if place == "linked":
            folder = sessions_folder(env)
            assert folder is not None
            folder.mkdir(parents=True)
            (folder / path.name).symlink_to(path)
            path = folder / path.name
        done = modtrace("--resume", str(path), env={**env, "GOPROXY": "off"}, cwd=tmp_path)
        assert not asked
        assert f"GOPROXY={world.urls[0]}" in done.stderr
        assert "not one of your own sessions" in done.stderr


def test_a_fifo_or_a_deep_line_in_the_folder_holds_nothing_up(tmp_path: Path) -> None:
    env = clean_environment(tmp_path)
    folder = sessions_folder(env)
    assert folder is not None
    good = saved(folder, events_of(NAME), "app")
    deep = good.with_name("20400101T000000Z-1.jsonl")
    nested = b'{"event":"trace.finished","x":' + b"[" * 60_000 + b"]" * 60_000 + b"}\n"
    deep.write_bytes(b"".join([raw_lines(good)[0], nested]))
    os.mkfifo(folder / "20410101T000000Z-1.jsonl")
    (folder / "20420101T000000Z-1.jsonl").mkdir()
    assert {info.file for info in list_sessions(folder)} == {good, deep}
    done = modtrace("--resume", env=env, cwd=tmp_path)
    assert "had ended" in done.stderr, "the deep one is refused in one line, and passed over"
    assert sum("nested too deeply" in line for line in done.stderr.splitlines()) == 1
    good.rename(tmp_path / good.name)
    assert modtrace("--resume", env=env, cwd=tmp_path).returncode == 2
    (tmp_path / good.name).rename(good)
    deep.unlink()
    assert "had ended" in modtrace("--resume", env=env, cwd=tmp_path).stderr
    assert modtrace("replay", "--last", env=env, cwd=tmp_path).returncode == 1


def test_a_file_can_be_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "elsewhere", events_of(NAME), "app")
    env = clean_environment(tmp_path)
    with TerminalSession([COMMAND, "--resume", str(path)], env=env, cwd=tmp_path) as session:
        session.wait_for("✗ go would fail")
        session.wait_for("had ended")
        session.press("q")
        assert session.wait_for_exit() == 0


# -- without one ----------------------------------------------------------------------------------------------


def test_there_is_one_line_where_there_is_none(tmp_path: Path) -> None:
    env = clean_environment(tmp_path)
    done = modtrace("--resume", env=env, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "no session is saved" in done.stderr


@pytest.mark.parametrize("arguments", [("--resume", "nowhere.jsonl"), ("m.test/x", "--resume")])
def test_bad_usage_gets_one_line(arguments: tuple[str, ...], tmp_path: Path) -> None:
    saved(tmp_path / ".local" / "state" / "modtrace" / "sessions", events_of(NAME))
    done = modtrace(*arguments, env=clean_environment(tmp_path), cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_without_a_terminal_the_trace_is_made_again(tmp_path: Path) -> None:
    events = set_for_that_run(list(events_of(NAME))[:5], GOPROXY=("off", False))
    saved(tmp_path / ".local" / "state" / "modtrace" / "sessions", events, close=False)
    done = modtrace("--resume", env=clean_environment(tmp_path), cwd=tmp_path)
    assert done.returncode == 1
    assert "module lookup disabled by GOPROXY=off" in done.stdout
    assert "traced again" in done.stderr


def test_without_a_terminal_what_had_ended_is_told(tmp_path: Path) -> None:
    saved(tmp_path / ".local" / "state" / "modtrace" / "sessions", events_of(NAME), close=False)
    done = modtrace("--resume", env=clean_environment(tmp_path), cwd=tmp_path)
    assert done.returncode == 1
    assert "502 Bad Gateway" in done.stdout


# -- runs without a screen save themselves --------------------------------------------------------------------


def saved_by(env: dict[str, str]) -> list[Path]:
    """The files of the sessions."""
    return [info.file for info in list_sessions(sessions_folder(env))]


@pytest.mark.parametrize("command", ["trace", "doctor"])
def test_a_headless_run_can_be_replayed(command: str, tmp_path: Path) -> None:
    with World([lambda request: Answer(404)]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0])
        live = modtrace(command, "m.test/x@v1.0.0", "--json", env=env, cwd=tmp_path)
    (file,) = saved_by(env)
    assert file.stat().st_mode & 0o777 == 0o600
    again = modtrace("replay", "--last", "--json", env=env, cwd=tmp_path)
    assert again.returncode == live.returncode
    assert json.loads(again.stdout) == json.loads(live.stdout)


@pytest.mark.parametrize(
    ("arguments", "variables"), [(("--no-session",), {}), ((), {"MODTRACE_NO_SESSION": "1"})]
)
def test_saving_can_be_switched_off(
    arguments: tuple[str, ...], variables: dict[str, str], tmp_path: Path
) -> None:
    env = clean_environment(tmp_path, GOPROXY="off", **variables)
    done = modtrace("trace", "m.test/x", *arguments, env=env, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert not list(tmp_path.rglob("*.jsonl"))


def test_what_cannot_be_saved_is_one_line_and_changes_nothing(tmp_path: Path) -> None:
    good = modtrace("trace", "m.test/x", env=clean_environment(tmp_path, GOPROXY="off"), cwd=tmp_path)
    bad_home = clean_environment(tmp_path, GOPROXY="off", XDG_STATE_HOME="/dev/null")
    bad = modtrace("trace", "m.test/x", env=bad_home, cwd=tmp_path)
    assert (bad.returncode, bad.stdout) == (good.returncode, good.stdout)
    assert bad.stderr.count("\n") == 1
    assert "the session is not saved" in bad.stderr


def test_without_a_home_a_headless_run_says_nothing_of_it(tmp_path: Path) -> None:
    env = clean_environment(tmp_path, GOPROXY="off")
    del env["HOME"]
    done = modtrace("trace", "m.test/x", env=env, cwd=tmp_path)
    assert "session" not in done.stderr


@pytest.mark.parametrize(
    ("number", "closed"), [(signal.SIGHUP, False), (signal.SIGTERM, False), (signal.SIGINT, True)]
)
def test_a_headless_run_that_is_cut_off_can_be_resumed(
    number: signal.Signals, closed: bool, tmp_path: Path
) -> None:
    reached: list[Request] = []
    with World([hangs_once(reached)]) as world:  # type: ignore[list-item]
        env = clean_environment(tmp_path, GOPROXY=world.urls[0])
        process = start("trace", "m.test/x", "--events", env=env, cwd=tmp_path)
        assert process.stdout is not None
        while "request.started" not in process.stdout.readline():
            pass
        os.kill(process.pid, number)
        process.communicate(timeout=30)
        assert process.returncode == 128 + number
        (info,) = list_sessions(sessions_folder(env))
        assert info.closed is closed
        resumed = Resumed(read_tape(raw_lines(info.file)), info.file)
        assert resumed.has_ended is closed
