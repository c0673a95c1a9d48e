"""However the app dies, the terminal is as it was, and the exit code says why."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from probes.demo.behaviour import Answer, Fault, Request
from probes.demo.server import World
from tests.modtrace import COMMAND, clean_environment
from tests.terminal.session import TerminalSession


def _demo(tmp_path: Path, *arguments: str, **size: int) -> TerminalSession:
    argv = [COMMAND, "demo", *arguments]
    return TerminalSession(argv, env=clean_environment(tmp_path), cwd=tmp_path, from_nothing=True, **size)


@pytest.mark.parametrize("keys", ["q", "\x03", "\x11"], ids=["q", "ctrl+c", "ctrl+q"])
def test_leaving_by_a_key(keys: str, tmp_path: Path) -> None:
    with _demo(tmp_path, "comma-stops-on-502") as session:
        session.wait_for("go would fail")
        session.press(keys)
        assert session.wait_for_exit() == (130 if keys == "\x03" else 0)
        assert session.is_restored()


def test_q_leaves_at_once_in_the_middle_of_a_hanging_request(tmp_path: Path) -> None:
    with _demo(tmp_path, "hang") as session:
        session.wait_for("waiting for the first byte")
        session.press("q")
        assert session.wait_for_exit() == 0
        assert session.is_restored()


def test_q_leaves_at_once_in_the_middle_of_a_second_look(tmp_path: Path) -> None:
    asked: list[Request] = []

    def once(request: Request) -> Answer:
        asked.append(request)
        return Answer(502) if len(asked) == 1 else Answer(fault=Fault.HANG)

    with World([once]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0], GOSUMDB="off")
        with TerminalSession([COMMAND, "m.test/x"], env=env, cwd=tmp_path) as session:
            session.wait_for("http       under way")
            assert "✗ go would fail" in session.screen()
            session.press("q")
            assert session.wait_for_exit() == 0
            assert session.is_restored()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_dying_by_a_signal(number: signal.Signals, code: int, tmp_path: Path) -> None:
    with _demo(tmp_path, "hang") as session:
        session.wait_for("waiting for the first byte")
        session.signal(number)
        assert session.wait_for_exit() == code
        assert session.is_restored()


def test_a_crash_restores_the_terminal_and_is_one_line(tmp_path: Path) -> None:
    crash = (
        "import sys\n"
        "from tui.widgets.tree_pane import TreePane\n"
        "def broken(*args, **kwargs): raise RuntimeError('thrown in by a test')\n"
        "TreePane.render_line = broken\n"
        "TreePane.on_mount = broken\n"
        "from tui.launch import main\n"
        "sys.exit(main(['demo', 'healthy']))\n"
    )
    script = tmp_path / "crash.py"
    script.write_text(crash)
    argv = [sys.executable, str(script)]
    with TerminalSession(argv, env=clean_environment(tmp_path), cwd=tmp_path) as session:
        assert session.wait_for_exit() == 3
        assert session.is_restored()
        said = session.output.rpartition(b"\x1b[?1049l")[2].decode()
    assert "this is a bug in modtrace" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
def test_the_keys_lead_through_the_panes(size: tuple[int, int], tmp_path: Path) -> None:
    with _demo(tmp_path, "split-files", columns=size[0], rows=size[1]) as session:
        session.wait_for("go would download")
        session.press("1")
        session.wait_for("Where modules come from")
        session.press("3")
        session.wait_for("v1.2.0")
        session.press("?")
        session.wait_for("Here: Modules")
        session.press("\x1b")
        session.wait_until_gone("Here: Modules")
        session.press("2")
        session.wait_for("zip ✗404")
        session.press("q")
        assert session.wait_for_exit() == 0


def test_what_a_server_says_never_reaches_the_terminal_raw(tmp_path: Path) -> None:
    hostile = b"\x1b]0;owned\x07\x1b[31m[bold]x[/bold][/oops]\xe2\x80\xae\x9b2J\n"

    def lie(request: Request) -> Answer:
        return Answer(404, hostile, "text/plain", (("Server", "evil/1"),))

    with World([lie]) as world:
        environment = clean_environment(tmp_path, GOPROXY=world.urls[0])
        argv = [COMMAND, "m.test/x@latest"]
        with TerminalSession(argv, env=environment, cwd=tmp_path) as session:
            session.wait_for("go would fail")
            session.press("\r")  # everything about the selected row
            session.wait_for("esc back")
            session.press("\x1b")
            session.wait_until_gone("esc back")
            session.press("3")
            session.wait_for("[3 MODS]")
            session.press("q")
            session.wait_for_exit()
            assert b"\x1b]0;" not in session.output
            assert b"\xe2\x80\xae" not in session.output


def test_without_a_terminal_the_report_is_printed(tmp_path: Path) -> None:
    script = f"{COMMAND} demo healthy < /dev/null > report.txt 2> errors.txt"
    argv = ["/bin/sh", "-c", script]
    with TerminalSession(argv, env=clean_environment(tmp_path), cwd=tmp_path) as session:
        assert session.wait_for_exit() == 0
        assert session.output == b""
    assert "go would download it" in (tmp_path / "report.txt").read_text()
