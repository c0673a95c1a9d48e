"""`modtrace replay`: the report, the diagnoses and the exit code of the live run, and bad files in one line."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from probes.commands import doctor, doctor_report, plain, replay
from probes.commands.exit_codes import OUTCOME_CODES
from probes.diagnosis.diagnose import diagnose
from probes.share.pace import LONGEST_IDLE_S
from probes.trace.events import Outcome, TraceFinished
from probes.trace.fold import Trace
from tests.share.recordings import PLANS, command, events_of, lines_of, recording_lines, saved

NAME = "comma-stops-on-502"


def _live(name: str) -> Trace:
    trace = Trace()
    for event in events_of(name):
        trace.apply(event)
    return trace


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("which", ["trace", "doctor"])
def test_a_replay_is_the_live_run_once_more(
    name: str, which: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live = _live(name)
    path = saved(tmp_path, events_of(name), which)
    code = command("replay", str(path))
    shown = capsys.readouterr()
    command("replay", str(path), "--json")
    said = json.loads(capsys.readouterr().out)
    assert live.finished is not None
    if which == "doctor":
        cases = diagnose(live)
        assert shown.out == doctor_report.report(live, cases)
        assert said == json.loads(json.dumps(doctor.to_json(live, cases)))
        assert code == doctor.exit_code(live, cases)
    else:
        assert shown.out == plain.report(live)
        assert said == live.to_json()
        assert code == OUTCOME_CODES[live.finished.outcome]
    assert shown.err == ""


def test_the_older_recordings_play_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"".join(recording_lines(events_of(NAME))))
    assert command("replay", str(path)) == 1
    assert capsys.readouterr().out.splitlines()[0] == "demo.example/hello@latest    go would fail:"


def test_events_come_out_as_they_went_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path, events_of(NAME))
    assert command("replay", str(path), "--events") == 1
    out = capsys.readouterr().out.splitlines()
    assert [line.encode() + b"\n" for line in out] == recording_lines(events_of(NAME))[1:]


def test_stdin_takes_the_lines_of_events(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = io.BytesIO(b"".join(recording_lines(events_of("healthy"))[1:]))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stream))
    assert command("replay", "-", "--json") == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == "ok"


def test_a_session_that_breaks_off_cannot_be_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = [event for event in events_of(NAME)[:6] if not isinstance(event, TraceFinished)]
    path = saved(tmp_path, told, "doctor", close=False)
    path.write_bytes(path.read_bytes()[:-5])
    assert command("replay", str(path)) == 3
    shown = capsys.readouterr()
    assert "stopped before the end" in shown.out
    assert "the last line is cut off" in shown.err


def test_an_interrupted_run_keeps_its_exit_code(tmp_path: Path) -> None:
    started = events_of(NAME)[0]
    told = [started, TraceFinished(0.1, Outcome.CANCELLED, None, None, None, None)]
    assert command("replay", str(saved(tmp_path, told))) == 130
    assert command("replay", str(saved(tmp_path, told, "doctor"))) == 130


def test_of_several_traces_the_last_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path, [*events_of(NAME), *events_of("healthy")])
    assert command("replay", str(path), "--json") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["outcome"] == "ok"
    assert "has 2 traces" in shown.err


def test_the_last_session_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert command("replay", "--last") == 2
    assert "no session is saved" in capsys.readouterr().err
    saved(tmp_path / "modtrace" / "sessions", events_of(NAME))
    assert command("replay", "--last") == 1


# -- time -------------------------------------------------------------------------------------------------


class _Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def _retimed(path: Path, *times: float) -> Path:
    lines = lines_of(path)
    for line, t in zip(lines[1:], times, strict=False):
        line["t"] = t
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize(("speed", "expected"), [("1", [1.0, 3.0]), ("2", [0.5, 1.5]), ("0", [])])
def test_speed_is_as_it_happened(
    speed: str, expected: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = _Time()
    monkeypatch.setattr(replay, "time", clock)
    path = _retimed(saved(tmp_path, events_of("healthy")[:3]), 5.0, 6.0, 9.0)
    command("replay", str(path), "--speed", speed)
    assert clock.slept == pytest.approx(expected)


def test_a_pause_of_the_reader_is_shortened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Time()
    monkeypatch.setattr(replay, "time", clock)
    events = events_of("healthy")
    ended = [*events[:1], next(event for event in events if isinstance(event, TraceFinished))]
    path = _retimed(saved(tmp_path, [*ended, *ended]), 0.0, 1.0, 3601.0, 3602.0)
    command("replay", str(path), "--speed", "1")
    assert clock.slept == pytest.approx([1.0, LONGEST_IDLE_S, 1.0])


def test_in_a_pipe_nothing_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = _Time()
    monkeypatch.setattr(replay, "time", clock)
    command("replay", str(_retimed(saved(tmp_path, events_of("healthy")), 0.0, 50.0)))
    assert clock.slept == []


def test_with_a_speed_each_step_is_told_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command("replay", str(saved(tmp_path, events_of(NAME))), "--speed", "10000")
    told = capsys.readouterr().err
    assert "demo.example/hello@latest: GOPROXY=" in told
    assert "502 Bad Gateway" in told
    assert "stop, because 502 is neither 404 nor 410" in told
    assert "  content: ok " in told.splitlines()[-1]


_SCRIPT = "import sys; from tests.share.recordings import command; sys.exit(command(*sys.argv[1:]))"


def test_ctrl_c_ends_a_replay_with_130(tmp_path: Path) -> None:
    path = _retimed(saved(tmp_path, events_of("healthy")), 0.0, 0.0, 900.0)
    arguments = ["replay", str(path), "--speed", "1", "--events"]
    running = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, *arguments],
        cwd=Path(__file__).parent.parent, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=60) == 130
        assert running.stderr.read() == "modtrace: stopped by SIGINT\n"


# -- bad files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is empty"),
        ("hello\n", "line 1: no JSON"),
        ("{}\n", "line 1: neither a session nor a recording"),
        ('{"schema":"modtrace.session/9"}\n', "this modtrace reads modtrace.session/1"),
        ('{"schema":"modtrace.recording/1"}\n', "there is no trace in it"),
        ('{"schema":"modtrace.recording/1"}\n{"event":"version.chosen","at":0.0,"version":"v","because":""}\n',
         "version.chosen comes before any trace.started"),
        ("\x1b[31m\n", "line 1: no JSON"),
    ],
)  # fmt: skip
def test_bad_files_get_one_line(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text)
    assert command("replay", str(path)) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert words in shown.err
    assert "\x1b" not in shown.err


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("request.finished", {"request": 99}),
        ("request.finished", {"hop": 99}),
        ("request.finished", {"hop": -1}),
        ("hop.decided", {"walk": 99}),
        ("hop.decided", {"hop": 7}),
        ("trace.finished", {"failed_walk": 7}),
        ("rung.climbed", {"rung": "cellar"}),
        ("rung.climbed", {"judgement": "splendid"}),
        ("rung.climbed", {"faults": ["no.fault"]}),
        ("rung.climbed", {"request": 99}),
        ("trace.finished", {"outcome": "maybe"}),
    ],
)
def test_a_recording_that_contradicts_itself_gets_one_line(
    kind: str, change: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = lines_of(saved(tmp_path, events_of(NAME), "doctor"))
    for line in lines:
        if line.get("event") == kind:
            line.update(change)
    path = tmp_path / "bad.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    code = command("replay", str(path))
    shown = capsys.readouterr()
    if code == 2:
        assert shown.out == ""
        assert shown.err.count("\n") == 1
    else:  # a word that nobody needs to know: it is only shown
        assert code == 1
        assert kind == "rung.climbed"


def test_a_missing_file_gets_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("replay", str(tmp_path / "none\x1b.jsonl")) == 2
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "cannot be read: No such file" in shown
    assert command("replay", str(tmp_path)) == 2
    assert command("replay") == 2


@pytest.mark.parametrize("speed", ["-1", "nan", "inf", "fast", "1e9"])
def test_a_bad_speed_is_bad_usage(speed: str) -> None:
    with pytest.raises(SystemExit) as caught:
        command("replay", "x", f"--speed={speed}")
    assert caught.value.code == 2
