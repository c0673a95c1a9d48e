"""A program in a pseudo-terminal of its own: keys in, screen out.

Waiting is always for something on the screen or for the end of the program, never for time.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

from tests.modtrace import COMMAND
from tests.preloaded import OnTerminal, is_ordinary, preloaded_app

PATIENCE_S = 30.0
"""When a test gives up: far beyond what anything here takes."""
_PRIVATE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p")
"""Sequences that pyte does not know: they change nothing on the screen."""


_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "os.execvp(sys.argv[1], sys.argv[1:])\n"
)
"""Makes stdin the controlling terminal, then becomes the program."""
_USUAL_TERMINALS = ("xterm-256color", "xterm", "dumb")
"""Those for which the app sets nothing before Textual is loaded (tui.opening.prepare_textual)."""
_BEGUN = re.compile(rb"\x1b(?:\[[<>=?]?[0-9;]*\$?)?\Z")
"""The beginning of a sequence whose end is still to come."""


class TerminalSession:
    """One run; ``with TerminalSession([…]) as session``."""

    def __init__(
        self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, columns: int = 80, rows: int = 24,
        from_nothing: bool = False,
    ) -> None:  # fmt: skip
        self._argv = list(argv)
        self._from_nothing = from_nothing
        self._env = {"TERM": "xterm-256color", "COLORTERM": "truecolor", **env}
        self._cwd = cwd
        self._size = (columns, rows)
        self.output = b""
        self._emulated: pyte.Screen | None = None
        self._display = ""
        self.exit_code: int | None = None

    def __enter__(self) -> Self:
        self._master, slave = pty.openpty()
        columns, rows = self._size
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._before = termios.tcgetattr(slave)
        self._slave = slave
        self._process = self._start(slave)
        self.pid = self._process.pid
        return self

    def _start(self, slave: int) -> subprocess.Popen[bytes] | OnTerminal:
        """The program; modtrace from what is loaded already, unless its start is what a test is about."""
        is_usual = is_ordinary(self._env) and self._env["TERM"] in _USUAL_TERMINALS
        if self._argv[0] == COMMAND and is_usual and not self._from_nothing:
            return preloaded_app().open(*self._argv[1:], env=self._env, cwd=self._cwd, terminal=slave)
        # Not os.fork: a test process has threads, and newer Pythons warn of forking those.
        return subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, *self._argv],
            stdin=slave, stdout=slave, stderr=slave, env=self._env, cwd=self._cwd, start_new_session=True,
        )  # fmt: skip

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """Take the terminal away, as a closed window or a lost connection does."""
        for number in (self._master, self._slave):
            if number >= 0:
                os.close(number)
        self._master = self._slave = -1

    def wait_without_terminal(self) -> int:
        """The exit code, after the terminal was taken away."""
        return self._process.wait(PATIENCE_S)

    # -- what a user does --------------------------------------------------------------------------

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    def resize(self, columns: int, rows: int) -> None:
        """Make the window larger or smaller."""
        self._size = (columns, rows)
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)

    def bytes_within(self, seconds: float) -> bytes:
        """What the program writes within some time."""
        before = len(self.output)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._read(0.05)
        return self.output[before:]

    # -- what a user sees --------------------------------------------------------------------------

    def screen(self) -> str:
        """The screen as text."""
        if self._emulated is None or (self._emulated.columns, self._emulated.lines) != self._size:
            self._emulated, self._fed = pyte.Screen(*self._size), 0
            self._stream = pyte.ByteStream(self._emulated)
        new = self.output[self._fed :]
        begun = _BEGUN.search(new)
        whole = new[: begun.start()] if begun else new
        if whole:
            self._stream.feed(_PRIVATE.sub(b"", whole))
            self._fed += len(whole)
            self._display = "\n".join(line.rstrip() for line in self._emulated.display)
        return self._display

    def wait_for(self, text: str) -> str:
        """The screen, once it shows ``text``."""
        return self._wait(text, shown=True)

    def wait_until_gone(self, text: str) -> str:
        """The screen, once it no longer shows ``text``."""
        return self._wait(text, shown=False)

    def _wait(self, text: str, *, shown: bool) -> str:
        deadline = time.monotonic() + PATIENCE_S
        while (text in (screen := self.screen())) is not shown:
            assert time.monotonic() < deadline, f"still no change of {text!r}:\n{screen}"
            assert self._read() or not self._ended(), f"ended before {text!r} changed:\n{self.screen()}"
        return screen

    def wait_for_exit(self) -> int:
        """The exit code, once the program has ended."""
        deadline = time.monotonic() + PATIENCE_S
        while not self._ended():
            assert time.monotonic() < deadline, f"does not end:\n{self.screen()}"
            self._read()
        while self._read(0.05):
            pass
        assert self.exit_code is not None
        return self.exit_code

    def is_restored(self) -> bool:
        """Whether the terminal is as it was: modes, main screen, visible cursor, no mouse, no paste mode."""
        for on, off in _SWITCHES:
            if self.output.rfind(on) > self.output.rfind(off):
                return False
        return termios.tcgetattr(self._slave)[:4] == self._before[:4]

    def _read(self, seconds: float = 0.2) -> bool:
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            return False
        self.output += data
        if b"\x1b[?2026$p" in data:
            os.write(self._master, b"\x1b[?2026;2$y")
        return bool(data)

    def _ended(self) -> bool:
        self.exit_code = self._process.poll()
        return self.exit_code is not None


_SWITCHES = (
    (b"\x1b[?1049h", b"\x1b[?1049l"),
    (b"\x1b[?25l", b"\x1b[?25h"),
    (b"\x1b[?1000h", b"\x1b[?1000l"),
    (b"\x1b[?1003h", b"\x1b[?1003l"),
    (b"\x1b[?2004h", b"\x1b[?2004l"),
)
"""What a program switches on, and what must follow before it leaves."""
