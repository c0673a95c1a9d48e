"""Manners on a real terminal: Ctrl-Z and back, no colours, no mouse, the clipboard, the last frame."""

from __future__ import annotations

import base64
import os
import re
import shutil
import signal
import stat
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.modtrace import COMMAND, clean_environment, modtrace
from tests.share.recordings import events_of, saved
from tests.terminal.session import PATIENCE_S, TerminalSession
from tests.test_resume import set_for_that_run

FAILS = "✗ go would fail"
HELP = "Show everything about the row"


def _demo(tmp_path: Path, *arguments: str, **variables: str) -> TerminalSession:
    argv = [COMMAND, "demo", "comma-stops-on-502", *arguments]
    return TerminalSession(argv, env=clean_environment(tmp_path, **variables), cwd=tmp_path)


# -- Ctrl-Z ----------------------------------------------------------------------------------------------


def _shell(tmp_path: Path) -> TerminalSession:
    """A shell with job control."""
    environment = clean_environment(tmp_path, PS1="prompt> ", ENV="", SHELL="/bin/sh")
    return TerminalSession(["/bin/sh", "-i"], env=environment, cwd=tmp_path)


def _main_screen_comes_last(session: TerminalSession) -> bool:
    switches = (
        (b"\x1b[?1049h", b"\x1b[?1049l"),
        (b"\x1b[?25l", b"\x1b[?25h"),
        (b"\x1b[?1003h", b"\x1b[?1003l"),
    )
    return all(session.output.rfind(on) < session.output.rfind(off) for on, off in switches)


def _open_in_shell(session: TerminalSession, command: str = f"{COMMAND} demo comma-stops-on-502") -> None:
    session.wait_for("prompt>")
    session.press(f"{command}\n")
    session.wait_for(FAILS)


def _suspend(session: TerminalSession, word: str) -> None:
    """Press Ctrl-Z and wait until the shell answers; the word is written by an expansion of the shell."""
    session.press("\x1a")
    while not _main_screen_comes_last(session):
        session.bytes_within(0.05)
    # What is typed before the shell has the terminal may be flushed by it: ask until it answers.
    while word not in session.screen():
        session.press(f"stty -a; echo {word[:1]}'{word[1:]}'\n")
        session.bytes_within(0.3)


def test_ctrl_z_gives_the_terminal_back_and_fg_brings_the_screen_back(tmp_path: Path) -> None:
    with _shell(tmp_path) as session:
        _open_in_shell(session)
        _suspend(session, "word-0")
        modes = session.output.rpartition(b"\x1b[?1049l")[2].decode()
        assert re.search(r"(?<!-)icanon", modes)
        assert re.search(r"(?<!-)isig", modes)
        before = len(session.output)
        session.press("fg\n")
        session.wait_until_gone("word-0")
        session.wait_for(FAILS)
        assert b"\x1b[?1049h" in session.output[before:]
        session.press("?")
        session.wait_for(HELP)
        session.press("q")
        while not _main_screen_comes_last(session):
            session.bytes_within(0.05)
        session.press("exit\n")
        session.wait_for_exit()


def test_a_size_that_changed_meanwhile_is_honoured(tmp_path: Path) -> None:
    with _shell(tmp_path) as session:
        _open_in_shell(session)
        _suspend(session, "word-0")
        session.resize(130, 40)
        session.press("fg\n")
        session.wait_for("1 Environment")  # panes side by side, as only wide screens have them
        assert len(session.wait_for("q quit").split("\n")) == 40


def test_bg_keeps_it_stopped_and_a_second_time_works_as_the_first(tmp_path: Path) -> None:
    with _shell(tmp_path) as session:
        _open_in_shell(session)
        _suspend(session, "word-1")
        before = len(session.output)
        session.press("bg\n")
        session.press("sleep 0.2; jobs; echo wo'rd-2'\n")
        session.wait_for("word-2")
        assert b"\x1b[?1049h" not in session.output[before:]
        session.press("fg\n")
        session.wait_until_gone("word-2")
        session.wait_for(FAILS)
        _suspend(session, "word-3")


def test_a_wrapper_is_stopped_with_it(tmp_path: Path) -> None:
    with _shell(tmp_path) as session:
        _open_in_shell(session, f"sh -c '{COMMAND} demo comma-stops-on-502; echo wrapper-goes-on'")
        _suspend(session, "word-0")
        session.press("fg\n")
        session.wait_until_gone("word-0")
        session.wait_for(FAILS)
        session.press("q")
        session.wait_for("prompt>")
        assert b"wrapper-goes-on" in session.output.rpartition(b"\x1b[?1049l")[2]


def test_a_stop_from_outside_is_survived(tmp_path: Path) -> None:
    with _shell(tmp_path) as session:
        _open_in_shell(session, f"echo $$; exec {COMMAND} demo comma-stops-on-502")
        os.kill(session.pid, signal.SIGSTOP)
        before = len(session.output)
        os.kill(session.pid, signal.SIGCONT)
        while b"\x1b[?1049h" not in session.output[before:]:
            session.bytes_within(0.05)
        session.press("?")
        session.wait_for(HELP)
        session.press("q")
        assert session.wait_for_exit() == 0
        assert _main_screen_comes_last(session)


def test_without_a_shell_ctrl_z_does_not_strand_it(tmp_path: Path) -> None:
    with _demo(tmp_path) as session:
        session.wait_for(FAILS)
        session.press("\x1a")
        session.wait_for("no shell waits")
        session.press("q")
        assert session.wait_for_exit() == 0
        assert session.is_restored()


# -- colours and the mouse -------------------------------------------------------------------------------

_COLOUR = re.compile(rb"\x1b\[(?:[0-9]+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:[;0-9]*)m")


@pytest.mark.parametrize(
    ("arguments", "variables", "coloured"),
    [
        ((), {}, True),
        ((), {"NO_COLOR": "1"}, False),
        ((), {"TERM": "vt220"}, False),
        (("--color", "never"), {}, False),
        (("--theme", "mono"), {}, False),
        (("--theme", "light"), {"NO_COLOR": "1"}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
    ],
)
def test_colours_only_where_they_are_wanted(
    arguments: tuple[str, ...], variables: dict[str, str], coloured: bool, tmp_path: Path
) -> None:
    with _demo(tmp_path, *arguments, **variables) as session:
        session.wait_for("go would fail")
        session.press("?")
        session.wait_for(HELP)
        session.press("q")
        assert session.wait_for_exit() == 0
        assert bool(_COLOUR.search(session.output)) is coloured
        assert session.is_restored()


def test_ascii_is_ascii_to_the_last_byte(tmp_path: Path) -> None:
    with _demo(tmp_path, "--ascii") as session:
        session.wait_for("x go would fail")
        session.press("?")
        session.wait_for(HELP)
        session.press("q")
        session.wait_for_exit()
        assert session.output.isascii()


@pytest.mark.parametrize("wanted", [True, False])
def test_the_mouse_is_left_to_the_terminal_when_that_is_wanted(wanted: bool, tmp_path: Path) -> None:
    with _demo(tmp_path, *([] if wanted else ["--no-mouse"])) as session:
        session.wait_for(FAILS)
        session.press("q")
        session.wait_for_exit()
        assert (b"\x1b[?1003h" in session.output) is wanted
        assert session.is_restored()


@pytest.mark.parametrize(("terminal", "asked"), [("xterm-256color", True), ("screen-256color", False)])
def test_only_terminals_that_may_know_it_are_asked_for_the_kitty_protocol(
    terminal: str, asked: bool, tmp_path: Path
) -> None:
    with _demo(tmp_path, TERM=terminal) as session:
        session.wait_for(FAILS)
        session.press("q")
        session.wait_for_exit()
        assert bool(re.search(rb"\x1b\[>[0-9]+u", session.output)) is asked


def test_the_theme_chosen_in_the_app_is_there_the_next_time(tmp_path: Path) -> None:
    with _demo(tmp_path) as session:
        session.wait_for(FAILS)
        session.press("\x10")
        session.wait_for("a few letters")
        session.press("theme")
        session.wait_for("› Theme")
        session.press("\r")
        session.wait_for("for a light background")
        session.press("G\r")
        session.wait_for(FAILS)
        session.press("q")
        session.wait_for_exit()
    with _demo(tmp_path) as session:
        session.wait_for(FAILS)
        session.press("q")
        session.wait_for_exit()
        assert not _COLOUR.search(session.output)


# -- the clipboard ---------------------------------------------------------------------------------------


def _clipboard(tmp_path: Path) -> Path:
    return tmp_path / ".local" / "state" / "modtrace" / "clipboard.txt"


@pytest.mark.parametrize("tmux", ["", "/nowhere/tmux,1,0"])
def test_y_copies_by_the_terminal_and_into_a_private_file(tmux: str, tmp_path: Path) -> None:
    with _demo(tmp_path, TMUX=tmux) as session:
        session.wait_for(FAILS)
        session.press("y")
        session.wait_for("copied: export GOPROXY=")
        session.wait_for("clipboard.txt")
        session.press("q")
        session.wait_for_exit()
    found = re.search(rb"\x1b\]52;c;([^\x07]*)\x07", session.output)
    assert found is not None
    copied = base64.b64decode(found[1]).decode()
    assert copied.startswith("export GOPROXY='http://127.0.0.1:")
    assert (b"\x1bPtmux;\x1b\x1b]52;c;" + found[1] + b"\x07\x1b\\" in session.output) is bool(tmux)
    file = _clipboard(tmp_path)
    assert file.read_text() == f"{copied}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_without_sessions_nothing_is_written(tmp_path: Path) -> None:
    with _demo(tmp_path, MODTRACE_NO_SESSION="1") as session:
        session.wait_for(FAILS)
        session.press("y")
        session.wait_for("copied: export GOPROXY=")
        session.press("q")
        session.wait_for_exit()
        assert b"\x1b]52;c;" in session.output
    assert not (tmp_path / ".local").exists()


# -- leaving ---------------------------------------------------------------------------------------------


def _left_behind(session: TerminalSession) -> str:
    return session.output.rpartition(b"\x1b[?1049l")[2].decode()


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}], ids=["colours", "none"])
def test_the_last_frame_stays_when_asked_for(variables: dict[str, str], tmp_path: Path) -> None:
    with _demo(tmp_path, "--keep-frame", **variables) as session:
        session.wait_for(FAILS)
        session.press("q")
        assert session.wait_for_exit() == 0
        assert session.is_restored()
        left = _left_behind(session)
    assert "go would fail" in left
    assert "quit" not in left
    assert left.endswith("\n")
    frame = left[left.index("modtrace") :]
    assert ("\x1b[" in frame) is (not variables)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_keeps_the_frame_too(number: signal.Signals, code: int, tmp_path: Path) -> None:
    with _demo(tmp_path, "--keep-frame") as session:
        session.wait_for(FAILS)
        session.signal(number)
        assert session.wait_for_exit() == code
        assert session.is_restored()
        assert "go would fail" in _left_behind(session)


def test_nothing_stays_otherwise(tmp_path: Path) -> None:
    with _demo(tmp_path) as session:
        session.wait_for(FAILS)
        session.press("q")
        session.wait_for_exit()
        assert "go would fail" not in _left_behind(session)


# -- line by line ----------------------------------------------------------------------------------------

PROMPT = "modtrace> "


def _plain(tmp_path: Path, *arguments: str, **variables: str) -> TerminalSession:
    environment = clean_environment(tmp_path, **{"TERM": "dumb", **variables})
    return TerminalSession([COMMAND, *arguments, "--plain"], env=environment, cwd=tmp_path)


def _answer(session: TerminalSession, words: str) -> str:
    """What is said to some words, once the prompt is there again."""
    before = len(session.output)
    prompts = session.output.count(PROMPT.encode())
    session.press(f"{words}\n")
    deadline = time.monotonic() + PATIENCE_S
    while session.output.count(PROMPT.encode()) == prompts:
        assert time.monotonic() < deadline, session.output[before:]
        session.bytes_within(0.05)
    return " ".join(session.output[before:].decode().split())


def test_advice_is_wrapped_at_blanks_and_a_command_stays_on_one_line(tmp_path: Path) -> None:
    with _plain(tmp_path, "demo", "forbidden") as session:
        session.wait_for(PROMPT.strip())
        lines = session.output.decode().splitlines()
        commands = [one for one in lines if one.startswith("Remedy ") and "export " in one]
        assert commands
        assert all(len(one) < 80 for one in lines if one not in commands)
        assert any(one.startswith("Remedy ") and one not in commands for one in lines)
        session.press("quit\n")
        session.wait_for_exit()


def test_a_session_goes_on_line_by_line(tmp_path: Path) -> None:
    path = saved(tmp_path / "elsewhere", events_of("comma-stops-on-502"), "app")
    with _plain(tmp_path, "--resume", str(path), COLUMNS="100") as session:
        session.wait_for(PROMPT.strip())
        begun = " ".join(session.output.decode().split())
        assert "had ended; the word again traces it once more" in begun
        assert begun.index("Step 1. Asked 127.0.0.1") < begun.index("Result: go would fail")
        assert "Remedy 1: export GOPROXY=" in begun
        assert "The rule stands in cmd/go/" in _answer(session, "why")
        assert "Step 1 asked for http://127.0.0.1" in _answer(session, "details 1")
        session.press("quit\n")
        assert session.wait_for_exit() == 1


def test_a_session_that_broke_off_is_traced_again_line_by_line(tmp_path: Path) -> None:
    events = set_for_that_run(list(events_of("comma-stops-on-502"))[:5], GOPROXY=("off", False))
    saved(tmp_path / ".local" / "state" / "modtrace" / "sessions", events, "app", close=False)
    with _plain(tmp_path, "--resume") as session:
        session.wait_for(PROMPT.strip())
        begun = " ".join(session.output.decode().split())
        assert "had broken off: it is traced again." in begun
        assert "Result: go would fail" in begun
        session.press("quit\n")
        assert session.wait_for_exit() == 1


def test_a_conversation_without_a_single_escape_sequence(tmp_path: Path) -> None:
    with _plain(tmp_path, "demo", "comma-stops-on-502") as session:
        session.wait_for(PROMPT.strip())
        begun = " ".join(session.output.decode().split())
        assert (
            begun.index("Step 1. Asked 127.0.0.1:") < begun.index("Go stops at") < begun.index("Result: go")
        )
        assert "the answer is 502 Bad Gateway" in begun
        assert "a comma goes on only after those." in begun
        assert "Remedy 1: export GOPROXY='http://127.0.0.1:" in begun
        assert "The protocol is HTTP/1.1" in _answer(session, "details 1")
        assert "The rule stands in cmd/go/" in _answer(session, "why")
        assert "GOPROXY is http://127.0.0.1:" in _answer(session, "env goproxy")
        assert "has no list:" in _answer(session, "versions")
        assert "Say which step: details 1 to details 1." in _answer(session, "details 7")
        assert "Remedy 1 is in ~/.local/state/modtrace/clipboard.txt." in _answer(session, "copy 1")
        assert _clipboard(tmp_path).read_text().startswith("export GOPROXY='http://127.0.0.1:")
        assert "Say which remedy" in _answer(session, "copy 99")
        assert "A vertical bar follows" in _answer(session, "world pipe-passes-502")
        assert "go would download demo.example/hello" in _answer(session, "result")
        assert "Step 2. Asked" in _answer(session, "steps")
        assert "is not known here" in _answer(session, "frobnicate")
        assert "did you mean why or world?" in _answer(session, "w")
        assert "copy N" in _answer(session, "help")
        assert "Tracing demo.example/hello at v1.0.0" in _answer(session, "demo.example/hello@v1.0.0")
        assert "Tracing demo.example/hello at v1.0.0" in _answer(session, "ag")
        session.press("quit\n")
        assert session.wait_for_exit() == 0
        assert b"\x1b" not in session.output
        assert termios.tcgetattr(session._slave)[:4] == session._before[:4]


def test_no_symbol_stands_for_a_word(tmp_path: Path) -> None:
    with _plain(tmp_path, "demo", "split-files", LANG="C.UTF-8") as session:
        session.wait_for(PROMPT.strip())
        for words in ("steps", "env", "versions", "details 1"):
            _answer(session, words)
        said = session.output.decode()
        assert not set("✓✗▸·–⚠■↓▾▹▇…─│›→") & set(said)


def test_the_end_of_the_input_leaves_with_the_verdict(tmp_path: Path) -> None:
    with _plain(tmp_path, "demo", "comma-stops-on-502") as session:
        session.wait_for(PROMPT.strip())
        session.press("\x04")
        assert session.wait_for_exit() == 1


def test_ctrl_c_ends_a_trace_and_not_the_conversation(tmp_path: Path) -> None:
    with _plain(tmp_path, "demo", "hang") as session:
        session.wait_for("Entry 1 of GOPROXY")
        session.press("\x03")
        session.wait_for(PROMPT.strip())
        assert "stopped before its end" in _answer(session, "result")
        session.press("\x03")
        session.wait_for("Type quit to leave.")
        session.press("q\n")
        session.wait_for_exit()
        assert b"\x1b" not in session.output


def test_a_signal_ends_the_conversation(tmp_path: Path) -> None:
    with _plain(tmp_path, "demo", "hang") as session:
        session.wait_for("Entry 1 of GOPROXY")
        session.signal(signal.SIGTERM)
        assert session.wait_for_exit() == 143


def test_a_conversation_about_this_machine(tmp_path: Path) -> None:
    with _plain(tmp_path, GOPROXY="off") as session:
        session.wait_for(PROMPT.strip())
        assert "Nothing was traced yet" in _answer(session, "result")
        assert "Trace a module first" in _answer(session, "versions")
        assert "GOPROXY is off" in _answer(session, "env GOPROXY")
        assert "has no variable" in _answer(session, "env NOSUCH")
        assert "Result: go would fail" in _answer(session, "trace m.test/x")
        (saved,) = (tmp_path / ".local" / "state" / "modtrace" / "sessions").glob("*.jsonl")
        assert "m.test/x" in saved.read_text()
        assert "Say which module" in _answer(session, "trace")


def test_without_a_terminal_plain_prints_the_report_and_ends(tmp_path: Path) -> None:
    done = modtrace("demo", "healthy", "--plain", env=clean_environment(tmp_path), cwd=tmp_path)
    assert done.returncode == 0
    assert "ok, go would download it" in done.stdout
    assert PROMPT not in done.stdout
    done = modtrace("m.test/x", "--plain", env=clean_environment(tmp_path, GOPROXY="off"), cwd=tmp_path)
    assert done.returncode == 1
    assert "go would fail" in done.stdout


# -- tmux ------------------------------------------------------------------------------------------------


class Tmux:
    """A tmux server of its own, on a socket of its own."""

    def __init__(self, folder: Path, terminal: str) -> None:
        self._socket = folder / "tmux.socket"
        configuration = folder / "tmux.conf"
        configuration.write_text(
            f"set -g default-terminal {terminal}\nset -g set-clipboard on\nset -g focus-events on\n"
        )
        self._environment = clean_environment(folder, TERM="xterm-256color", LC_ALL="C.UTF-8")
        self._configuration = str(configuration)

    def __call__(self, *words: str) -> str:
        argv = ["tmux", "-S", str(self._socket), "-f", self._configuration, *words]
        done = subprocess.run(argv, env=self._environment, capture_output=True, text=True, timeout=PATIENCE_S)
        return done.stdout

    def wait_for(self, text: str) -> str:
        """The screen, once it shows ``text``."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in (screen := self("capture-pane", "-p")):
            assert time.monotonic() < deadline, screen
        return screen


@pytest.fixture(params=["screen", "tmux-256color"])
def tmux(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tmux]:
    """A tmux of 80 by 24 whose programs see this TERM."""
    if shutil.which("tmux") is None:
        pytest.skip("no tmux here")
    server = Tmux(tmp_path, request.param)
    yield server
    server("kill-server")


def test_keys_colours_and_the_clipboard_work_in_tmux(tmux: Tmux, tmp_path: Path) -> None:
    command = f"{COMMAND} demo comma-stops-on-502"
    tmux("new-session", "-d", "-x", "80", "-y", "24", "-c", str(tmp_path), f"{command}; exec cat")
    screen = tmux.wait_for(FAILS)
    assert len(screen.rstrip("\n").split("\n")) == 24
    assert "\x1b[36m" in tmux("capture-pane", "-p", "-e"), "the terminal's own colours"
    tmux("send-keys", "?")
    tmux.wait_for(HELP)
    tmux("send-keys", "Escape")
    tmux.wait_for(FAILS)
    tmux("send-keys", "y")
    tmux.wait_for("copied: export GOPROXY")
    assert tmux("show-buffer").startswith("export GOPROXY='http://127.0.0.1:")
    tmux("send-keys", "1", "Down", "Down")
    tmux.wait_for("[1 ENV]")
    tmux("send-keys", "q")
    deadline = time.monotonic() + PATIENCE_S
    while tmux("display", "-p", "#{alternate_on}#{mouse_any_flag}#{cursor_flag}").strip() != "001":
        assert time.monotonic() < deadline
    assert tmux("capture-pane", "-p").strip() == "", "nothing is left of what was asked of the terminal"


def test_tmux_takes_what_is_copied_also_with_its_defaults(tmux: Tmux, tmp_path: Path) -> None:
    command = f"{COMMAND} demo comma-stops-on-502"
    tmux("new-session", "-d", "-x", "80", "-y", "24", "-c", str(tmp_path), "cat")
    tmux("set", "-g", "set-clipboard", "external")
    tmux("respawn-pane", "-k", "-c", str(tmp_path), command)
    tmux.wait_for(FAILS)
    tmux("send-keys", "y")
    tmux.wait_for("copied: export GOPROXY")
    deadline = time.monotonic() + PATIENCE_S
    while not (copied := tmux("show-buffer")):
        assert time.monotonic() < deadline
    assert copied.startswith("export GOPROXY='http://127.0.0.1:")


def test_a_window_of_tmux_may_change_its_size(tmux: Tmux, tmp_path: Path) -> None:
    command = f"{COMMAND} demo comma-stops-on-502"
    tmux("new-session", "-d", "-x", "80", "-y", "24", "-c", str(tmp_path), command)
    tmux.wait_for(FAILS)
    tmux("resize-window", "-x", "130", "-y", "40")
    tmux.wait_for("1 Environment")
    tmux("resize-window", "-x", "80", "-y", "24")
    screen = tmux.wait_for("[2 TREE]")
    assert len(screen.rstrip("\n").split("\n")) == 24
