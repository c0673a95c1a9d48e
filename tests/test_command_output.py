"""What a command says while it works: one line of a terminal, seldom, and gone at the end."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from probes.commands import output
from probes.commands.output import StatusLine, size
from tui.launch import COMMANDS, main


class Terminal(io.StringIO):
    """A stderr that somebody watches."""

    def isatty(self) -> bool:
        return True


def test_a_status_line_is_written_seldom_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, now = Terminal(), [100.0]
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(output, "monotonic", lambda: now[0])
    status = StatusLine()
    for moment, words in ((100.0, "one"), (100.1, "too soon"), (100.3, "two \x1b[31m\n" + "x" * 200)):
        now[0] = moment
        status.show(lambda words=words: words)
    lines = terminal.getvalue().split("\r\x1b[K")[1:]
    assert lines[0] == "one"
    assert lines[1].startswith("two ")
    assert len(lines) == 2
    assert len(lines[1]) == 78
    assert lines[1].isprintable()
    status.clear()
    status.clear()
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert terminal.getvalue().count("\r\x1b[K") == 3


def test_nobody_watches_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (io.StringIO(), None):
        monkeypatch.setattr(sys, "stderr", stream)
        status = StatusLine()
        status.show(lambda: "busy")
        status.clear()
        assert stream is None or stream.getvalue() == ""


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (1_500_000, "1.5 MB"), (2e9, "2.0 GB"), (5e12, "5000.0 GB")],
)
def test_sizes_for_people(count: float, text: str) -> None:
    assert size(count) == text


def test_every_help_fits_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for command in ("", *COMMANDS):
        with pytest.raises(SystemExit) as left:
            main([word for word in (command, "--help") if word])
        lines = capsys.readouterr().out.split("\n")
        assert (left.value.code, len(lines) > 5) == (0, True), command
        assert [line for line in lines if len(line) > 80] == [], command


def test_a_wrong_command_line_is_one_line_and_names_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    for words, about in (
        (["auth"], "auth: the following arguments are required: HOST[/PATH]"),
        (["trace", "m.test/x", "--run", "--bogus"], "trace: unrecognized arguments: --bogus"),
        (["doctor", "--run=yes"], "doctor: argument --run: ignored explicit argument 'yes'"),
        (["leaks", "--private"], "leaks: argument --private: expected one argument"),
        (["trace", "--timeout", "-1"], "trace: argument --timeout: '-1' is not a number of seconds above 0"),
    ):
        with pytest.raises(SystemExit) as left:
            main(words)
        said = capsys.readouterr()
        assert (left.value.code, said.out) == (2, "")
        assert said.err == f"modtrace {about} (modtrace {words[0]} --help says more)\n"


def test_help_is_told_where_the_terminal_knows_ascii_only() -> None:
    variables = {"PATH": os.environ["PATH"], "LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    command = [sys.executable, "-c", "from tui.launch import main; main()", "trace", "--help"]
    done = subprocess.run(command, env=variables, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"exit codes: 0 go would succeed" in done.stdout
