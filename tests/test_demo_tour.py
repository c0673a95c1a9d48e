"""The tour as data and as text: every step holds what its caption says, and the real go agrees."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from probes.demo.go_answer import Agreement, GoRun, compare, find_go, isolated
from probes.demo.tour import Step, steps
from probes.demo.worlds import world_plan
from probes.net.limits import FOR_EVER, Limits
from probes.trace.events import Outcome
from tests.demo_support import traced_in
from tests.modtrace import COMMAND, clean_environment, modtrace
from tests.terminal.session import TerminalSession
from tui.drawing.tour_lines import TourView, caption_lines, caption_text
from tui.playing import row_of
from tui.stage import DemoWorld
from tui.symbols import ASCII, UNICODE


@pytest.mark.parametrize("step", steps(), ids=lambda step: step.title)
def test_a_step_holds_what_it_says(step: Step) -> None:
    stage = DemoWorld(step.plan, {})
    try:
        stage.arrange(step.goproxy, step.broken, step.settings)
        trace = traced_in(stage, limits=Limits(answer_s=2, stall_s=2))
        assert trace.finished is not None
        outcome = trace.finished.outcome
        if step.outcome == "waits":
            assert outcome is Outcome.UNKNOWN
            assert FOR_EVER in trace.finished.detail
        else:
            assert outcome.value == step.outcome
        run = stage.go_run(stage.read().environment, trace)
        if step.outcome == "unknown":
            assert run is None, "go would leave the world"
            return
        assert run is not None
        if step.outcome == "waits":
            run.patience_s = 0.5
        answer = run()
        assert answer is not None
        assert compare(trace, answer).agreement is Agreement.SAME, compare(trace, answer).sentence
    finally:
        stage.close()


def test_the_tour_takes_about_five_minutes_and_ends_with_the_checksums() -> None:
    assert 270 <= sum(step.seconds for step in steps()) <= 330
    assert steps()[-1].row == "checksums"
    for step in steps():
        assert 10 <= step.seconds <= 25
        words = len(f"{step.title} {step.caption}".split())
        assert words / step.seconds <= 3, f"nobody reads that fast: {step.title}"
        row_of(step.row)


def test_captions_are_wrapped_at_blanks_where_somebody_reads_them() -> None:
    for at, step in enumerate(steps()):
        text = caption_text(TourView(steps(), at, playing=False), 60)
        assert all(len(one) <= 60 for one in text.splitlines())
        assert " ".join(step.caption.split()) in " ".join(text.split())


@pytest.mark.parametrize("symbols", [UNICODE, ASCII])
@pytest.mark.parametrize("playing", [True, False])
def test_every_caption_fits_a_small_screen(symbols: object, playing: bool) -> None:
    for at, step in enumerate(steps()):
        lines = caption_lines(TourView(steps(), at, playing), 80, symbols)  # type: ignore[arg-type]
        assert len(lines) == 5
        assert all(line.width <= 80 for line in lines)
        told = " ".join(" ".join(line.text for line in lines).split())
        assert " ".join(step.caption.split()) in told
        assert f"step {at + 1} of {len(steps())}, {'playing' if playing else 'paused'}" in told
        assert "Esc end" in told
        assert told.isascii()


def test_without_a_terminal_the_tour_is_text(tmp_path: Path) -> None:
    done = modtrace("demo", "--tour", env=clean_environment(tmp_path), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for number, step in enumerate(steps(), 1):
        assert f"Step {number} of {len(steps())}: {step.title}." in done.stdout
        assert step.caption in done.stdout
    assert done.stdout.isascii()
    assert "SECURITY ERROR" in done.stdout
    assert not any(tmp_path.iterdir())


def test_in_a_terminal_the_tour_plays_and_is_silent_between_its_steps(tmp_path: Path) -> None:
    argv = [COMMAND, "demo", "--tour"]
    with TerminalSession(argv, env=clean_environment(tmp_path), cwd=tmp_path) as session:
        session.wait_for("says the same")
        assert "step 1 of" in session.screen()
        session.bytes_within(0.5)
        assert session.bytes_within(1.5) == b""
        session.press("]")
        session.wait_for("step 2 of")
        session.press("j")
        session.wait_for(", paused")
        session.press("\x1b")
        session.wait_for("world 1/")
        session.press("q")
        assert session.wait_for_exit() == 0
        assert session.is_restored()


# -- the command's options ---------------------------------------------------------------------------


def test_faults_can_be_named_on_the_command_line(tmp_path: Path) -> None:
    env = clean_environment(tmp_path)
    done = modtrace("demo", "healthy", "--fault", "1=404", "--fault", "2=bad-zip", env=env, cwd=tmp_path)
    assert done.returncode == 1
    assert "zip: not a valid zip file" in done.stdout
    assert "list 404" in done.stdout


@pytest.mark.parametrize(
    ("value", "words"),
    [("1=502x", "did you mean 502?"), ("3=502", "no proxy 3"), ("\x1b[31m", "NUMBER=FAULT")],
)
def test_a_fault_that_is_none_is_one_line_and_exit_2(value: str, words: str, tmp_path: Path) -> None:
    done = modtrace("demo", "--fault", value, env=clean_environment(tmp_path), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert words in line
    assert "\x1b" not in line


@pytest.mark.parametrize("more", [["healthy"], ["--fault", "1=502"], ["--set", "GOPROXY=off"]])
def test_the_tour_takes_nothing_along(more: list[str], tmp_path: Path) -> None:
    done = modtrace("demo", "--tour", *more, env=clean_environment(tmp_path), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "--tour alone" in done.stderr


def test_the_help_names_every_fault(tmp_path: Path) -> None:
    from probes.demo.faults import FAULTS

    done = modtrace("demo", "--help", env=clean_environment(tmp_path), cwd=tmp_path)
    assert f"faults: {', '.join(fault.name for fault in FAULTS)} " in " ".join(done.stdout.split())


# -- the real go -------------------------------------------------------------------------------------


def test_go_reads_nothing_of_the_user_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
    monkeypatch.setenv("GOPROXY", "https://never.example")
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    (tmp_path / "t").mkdir()
    stage = DemoWorld(world_plan("healthy"), {})
    try:
        trace = traced_in(stage)
        run = stage.go_run(stage.read().environment, trace)
        assert run is not None
        answer = run()
        assert answer is not None
        assert (answer.ok, answer.version) == (True, "v1.2.0")
    finally:
        stage.close()
    assert [path.name for path in tmp_path.iterdir()] == ["t"]
    assert list((tmp_path / "t").iterdir()) == []


def test_go_starts_nothing_that_outlives_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("probes.demo.go_answer._remove", lambda folder: None)
    stage = DemoWorld(world_plan("healthy"), {})
    try:
        run = stage.go_run(stage.read().environment, traced_in(stage))
        assert run is not None
        run()
    finally:
        stage.close()
    (folder,) = tmp_path.iterdir()
    assert [path.name for path in folder.glob(".config/go/telemetry/*")] == ["mode"], "telemetry is off"


def test_the_variables_of_go_are_its_own(tmp_path: Path) -> None:
    made = isolated({"GOPROXY": "x", "GOFLAGS": "-v", "HOME": "/home/gopher", "GOENV": "/e"}, tmp_path)
    assert made["GOPROXY"] == "x"
    assert made["GOFLAGS"] == "-v -modcacherw"
    assert (made["GOENV"], made["GOTOOLCHAIN"]) == ("off", "local")
    for name in ("HOME", "GOPATH", "GOMODCACHE", "GOCACHE", "TMPDIR"):
        assert made[name].startswith(str(tmp_path))


def test_a_go_that_was_stopped_before_it_began_is_not_run() -> None:
    run = GoRun("/nowhere/go", {}, "x@latest")
    run.stop()
    assert run() is None
    assert run.ended


def test_a_go_that_floods_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "go"
    file.write_text("#!/bin/sh\nexec yes\n")
    file.chmod(0o700)
    run = GoRun(str(file), {}, "x@latest", patience_s=60)
    answer = run()
    assert answer is not None
    assert answer.failure == "it says more than anybody would read"


def test_leaving_the_app_ends_a_go_that_waits(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    mark = tmp_path / "pid"
    (folder / "go").write_text(f"#!/bin/sh\necho $$ > {mark}.new; mv {mark}.new {mark}\nexec sleep 600\n")
    (folder / "go").chmod(0o700)
    (tmp_path / "t").mkdir()
    env = clean_environment(tmp_path, TMPDIR=str(tmp_path / "t"))
    env["PATH"] = f"{folder}{os.pathsep}{env['PATH']}"
    with TerminalSession([COMMAND, "demo", "healthy"], env=env, cwd=tmp_path) as session:
        session.wait_for("the real go is asked the same")
        while not mark.exists():
            session.bytes_within(0.05)
        session.signal(signal.SIGTERM)
        assert session.wait_for_exit() == 128 + signal.SIGTERM
    pid = int(mark.read_text())
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], text=True, capture_output=True)
    assert done.stdout.strip() in ("", "Z")
    assert not list((tmp_path / "t").glob("modtrace-go-*"))


def test_go_is_found_on_the_path_first(tmp_path: Path) -> None:
    (tmp_path / "go").write_text("#!/bin/sh\n")
    (tmp_path / "go").chmod(0o700)
    assert find_go(str(tmp_path)) == str(tmp_path / "go")
