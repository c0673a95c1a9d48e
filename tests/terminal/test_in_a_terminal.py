"""The installed program in a real terminal, used as a newcomer would; and without one."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from probes.demo.behaviour import Answer, Request
from probes.demo.server import World
from probes.demo.worlds import names
from tests.modtrace import COMMAND, clean_environment, modtrace
from tests.terminal.session import TerminalSession


def _run(tmp_path: Path, *arguments: str, columns: int = 80, rows: int = 24, **env: str) -> TerminalSession:
    return TerminalSession(
        [COMMAND, *arguments],
        env=clean_environment(tmp_path, **env),
        cwd=tmp_path,
        columns=columns,
        rows=rows,
    )


def test_another_world_is_two_keys_away(tmp_path: Path) -> None:
    with _run(tmp_path, "demo") as session:
        session.wait_for("✓ go would download")
        session.press("W")
        session.wait_for("A comma stops at 502")
        session.press("j\r")
        session.wait_for("world 2/")
        session.wait_for("✗ go would fail")
        session.wait_for("first cause")
        session.press("q")
        assert session.wait_for_exit() == 0
        assert session.is_restored()


def test_the_session_saves_itself_and_can_be_replayed(tmp_path: Path) -> None:
    with _run(tmp_path, "m.test/x@v1.0.0", "--set", "GOPROXY=off") as session:
        session.wait_for("✗ go would fail")
        session.press("p")
        session.wait_for("[private]")
        assert "m.test" not in session.screen()
        session.press("q")
        assert session.wait_for_exit() == 0
    state = tmp_path / ".local" / "state" / "modtrace"
    (file,) = (state / "sessions").iterdir()
    assert "session.closed" in file.read_text(encoding="utf-8")
    assert "m.test/x" in (state / "history.json").read_text(encoding="utf-8")
    done = modtrace("replay", str(file), env=clean_environment(tmp_path), cwd=tmp_path)
    assert done.returncode == 1
    assert "module lookup disabled by GOPROXY=off" in done.stdout


def test_no_session_is_saved_where_it_is_switched_off_nor_in_the_demo(tmp_path: Path) -> None:
    off = _run(tmp_path, "m.test/x@v1.0.0", "--set", "GOPROXY=off", MODTRACE_NO_SESSION="1")
    for run, words in ((off, "✗ go would fail"), (_run(tmp_path, "demo"), "✓ go would download")):
        with run as session:
            session.wait_for(words)
            session.press("q")
            assert session.wait_for_exit() == 0
    assert not list((tmp_path / ".local" / "state" / "modtrace").glob("sessions/*"))


def test_a_file_is_fetched_into_a_folder(tmp_path: Path) -> None:
    with _run(tmp_path, "demo", "healthy") as session:
        session.wait_for("✓ go would download")
        session.press("3")
        session.wait_for("← go chose")
        session.press("Z")
        session.wait_for("Folder for files")
        session.press("\r")
        session.wait_for("zip ✓")
        session.press("q")
        assert session.wait_for_exit() == 0
    (file,) = (tmp_path / "modtrace-files").rglob("*.zip")
    assert str(file.relative_to(tmp_path)) == "modtrace-files/demo.example/hello/@v/v1.2.0.zip"


def test_nothing_is_written_while_nothing_happens(tmp_path: Path) -> None:
    with _run(tmp_path, "demo", "split-files", columns=160, rows=48) as session:
        session.wait_for("✓ go would download")
        session.wait_for("← go chose")
        session.wait_for("says the same")
        session.bytes_within(0.5)
        assert session.bytes_within(1.5) == b""
        session.press("/")
        session.wait_for("esc all")
        session.bytes_within(0.5)
        assert session.bytes_within(1.5) == b"", "the cursor of the input line blinks"


def test_the_panes_follow_the_window(tmp_path: Path) -> None:
    with _run(tmp_path, "demo", "split-files") as session:
        session.wait_for("[2 TREE]")
        session.resize(160, 40)
        session.wait_for("1 Environment")
        session.resize(80, 24)
        session.wait_for("[2 TREE]")


def test_a_terminal_that_goes_away_ends_the_app(tmp_path: Path) -> None:
    with _run(tmp_path, "demo", "hang") as session:
        session.wait_for("waiting for the first byte")
        session.hang_up()
        assert session.wait_without_terminal() in (128 + signal.SIGHUP, -signal.SIGHUP)


def test_leaving_does_not_wait_for_names_to_be_found(tmp_path: Path) -> None:
    """getaddrinfo cannot be interrupted, and Python would wait for its thread at the end."""
    script = tmp_path / "slow_names.py"
    script.write_text(
        "import socket, sys, time\n"
        "def slow(*args, **kwargs): time.sleep(600)\n"
        "socket.getaddrinfo = slow\n"
        "from tui.launch import main\n"
        "sys.exit(main(['m.test/x', '--set', 'GOPROXY=http://proxy.test']))\n"
    )
    argv = [sys.executable, str(script)]
    with TerminalSession(argv, env=clean_environment(tmp_path), cwd=tmp_path) as session:
        session.wait_for("under way")
        session.press("q")
        assert session.wait_for_exit() == 0
        assert session.is_restored()


def test_hostile_bytes_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    body = b"\x1b]0;owned\x07\x1b[31m[red]x[/red][/oops]\xe2\x80\xae\xc2\x9b2J\n"

    def lie(request: Request) -> Answer:
        return Answer(502, body, "text/html; a=[/oops]")

    with (
        World([lie]) as world,
        _run(tmp_path, "m.test/x@latest", GOPROXY=world.urls[0], rows=80) as session,
    ):
        session.wait_for("▾ ✗ http")
        session.wait_until_gone("looking closer")
        session.press("kkkkk\r")
        shown = session.wait_for("the body")
        assert r"\x1b]0;owned\x07\x1b[31m[red]x[/red][/oops]" in "".join(shown.split())
        session.press("q")
        assert session.wait_for_exit() == 0
        for raw in (b"\x1b]0;owned", b"\xe2\x80\xae", b"\xc2\x9b"):
            assert raw not in session.output


def test_hostile_bytes_of_a_second_look_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    """What the server says twice stands in the rungs, their evidence, the headers and the diagnosis."""
    bad = "\x1b]0;owned\x07[red]x[/red][/oops]\u202e\x9b2J"

    def lie(request: Request) -> Answer:
        page = f"<html><title>{bad}</title>login {bad}</html>".encode()
        headers = (("Server", "[red]x[/red]"),)  # go refuses a header with control characters
        return Answer(200, page, "text/html; a=[/oops]", headers=headers)

    with (
        World([lie]) as world,
        _run(tmp_path, "m.test/x@v1.0.0", GOPROXY=world.urls[0], columns=200, rows=60) as session,
    ):
        session.wait_for("✗ content")
        session.wait_until_gone("looking closer")
        session.press("v")
        session.wait_for("the verdict")
        session.press("\x1b")
        session.wait_until_gone("the verdict")
        session.press("kk\r")
        shown = session.wait_for("[red]")
        assert r"\x1b]0;owned" in "".join(shown.split())
        session.press("q")
        assert session.wait_for_exit() == 0
        for raw in (b"\x1b]0;owned", b"\xe2\x80\xae", b"\xc2\x9b", b"\x9b2J"):
            assert raw not in session.output


def test_a_failure_leads_to_its_rung_and_then_nothing_moves(tmp_path: Path) -> None:
    with _run(tmp_path, "demo", "portal") as session:
        session.wait_for("▾ ✗ content")
        session.wait_for("R13 CORRUPT")
        session.bytes_within(0.5)
        assert session.bytes_within(1.5) == b""
        session.press("\r")
        session.wait_for("R13 CORRUPT: the answer is not what it should be")
        session.press("q")
        assert session.wait_for_exit() == 0


def test_no_color_means_no_colour(tmp_path: Path) -> None:
    colour = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|38|4[0-7]|48|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
    with _run(tmp_path, "demo", "portal", NO_COLOR="1") as session:
        session.wait_for("✗ go would fail")
        session.press("q")
        session.wait_for_exit()
        assert not colour.findall(session.output)


def test_a_plain_locale_gets_plain_characters(tmp_path: Path) -> None:
    with _run(tmp_path, "demo", "portal", LC_ALL="C") as session:
        session.wait_for("x go would fail")
        session.press("q")
        session.wait_for_exit()
        assert session.output.isascii()


def test_the_app_opens_on_the_real_settings(tmp_path: Path) -> None:
    with _run(tmp_path, GOPROXY="https://a.example;https://b.example") as session:
        session.wait_for("press t and type a module path")
        session.press("1")
        shown = session.wait_for("https://a.example;https://b.example").splitlines()
        value = next(number for number, line in enumerate(shown) if "a.example" in line)
        assert shown[value + 1].index("^") == shown[value].index(";")
        session.press("q")
        assert session.wait_for_exit() == 0


# -- without a terminal ------------------------------------------------------------------------------


def test_the_demo_without_a_terminal_is_a_report_and_its_exit_code(tmp_path: Path) -> None:
    env = clean_environment(tmp_path, GOPROXY="https://never.asked.example", GOFLAGS="-bad")
    for world, code, words in (
        ("healthy", 0, "ok, go would download it"),
        ("comma-stops-on-502", 1, "first cause: "),
        ("off-masks-404", 1, "module lookup disabled by GOPROXY=off"),
    ):
        done = modtrace("demo", world, env=env, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (code, "")
        assert words in done.stdout
        assert "\x1b" not in done.stdout


def test_an_unknown_world_is_told_the_nearest(tmp_path: Path) -> None:
    done = modtrace("demo", "comma-stop-on-502", env=clean_environment(tmp_path), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "did you mean comma-stops-on-502?" in line
    assert all(name in line for name in names())


def test_the_worlds_are_listed(tmp_path: Path) -> None:
    done = modtrace("demo", "--list", env=clean_environment(tmp_path), cwd=tmp_path)
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(names())


def test_without_a_terminal_a_path_is_traced_and_no_path_shows_the_settings(tmp_path: Path) -> None:
    env = clean_environment(tmp_path, GOPROXY="off")
    done = modtrace("m.test/x@v1.0.0", env=env, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == modtrace("trace", "m.test/x@v1.0.0", env=env, cwd=tmp_path).stdout
    assert modtrace(env=env, cwd=tmp_path).stdout == modtrace("env", env=env, cwd=tmp_path).stdout
    overlaid = modtrace("--set", "GOPROXY=https://x.example", env=env, cwd=tmp_path)
    assert "https://x.example" in overlaid.stdout


@pytest.mark.parametrize("arguments", [["--set", "GOPROXY"], ["@v1.0.0"], ["demo", "--timeout", "-1"]])
def test_wrong_usage_is_told_in_a_line_and_exit_2(arguments: list[str], tmp_path: Path) -> None:
    done = modtrace(*arguments, env=clean_environment(tmp_path), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""


def test_help_has_examples_and_hides_the_hidden_command(tmp_path: Path) -> None:
    env = clean_environment(tmp_path)
    for arguments in (["--help"], ["demo", "--help"], ["m.test/x", "--help"]):
        done = modtrace(*arguments, env=env, cwd=tmp_path)
        assert done.returncode == 0
        assert "examples:" in done.stdout
        assert "modtrace open" not in done.stdout
    shown = modtrace("--help", env=env, cwd=tmp_path).stdout
    assert not [line for line in shown.splitlines() if line.split()[:1] == ["open"]]


def test_without_a_terminal_no_screen_library_is_loaded(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from tui.launch import main\n"
        "main(['demo', 'healthy'])\n"
        "main([])\n"
        "assert not {'textual', 'rich'} & {name.split('.')[0] for name in sys.modules}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=clean_environment(tmp_path), cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
