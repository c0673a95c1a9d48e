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
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

PATIENCE_S = 30.0
"""When a test gives up: far beyond what anything here takes."""
_PRIVATE = re.compile(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p")
"""Sequences that pyte does not know: they change nothing on the screen."""


class TerminalSession:
    """One run; ``with TerminalSession([…]) as session``."""

    def __init__(
        self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, columns: int = 80, rows: int = 24
    ) -> None:
        self._argv = list(argv)
        self._env = {**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._cwd = cwd
        self._size = (columns, rows)
        self.output = b""
        self.exit_code: int | None = None

    def __enter__(self) -> Self:
        self._master, slave = pty.openpty()
        columns, rows = self._size
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._before = termios.tcgetattr(slave)
        self._slave = slave
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()
                fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
                for number in (0, 1, 2):
                    os.dup2(slave, number)
                os.closerange(3, 256)
                os.chdir(self._cwd)
                os.execvpe(self._argv[0], self._argv, self._env)
            finally:
                os._exit(127)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.exit_code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._master)
        os.close(self._slave)

    # -- what a user does --------------------------------------------------------------------------

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    # -- what a user sees --------------------------------------------------------------------------

    def screen(self) -> str:
        """The screen as text."""
        screen = pyte.Screen(*self._size)
        pyte.ByteStream(screen).feed(_PRIVATE.sub(b"", self.output))
        return "\n".join(line.rstrip() for line in screen.display)

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
        if self.exit_code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_code = os.waitstatus_to_exitcode(status)
        return self.exit_code is not None


_SWITCHES = (
    (b"\x1b[?1049h", b"\x1b[?1049l"),
    (b"\x1b[?25l", b"\x1b[?25h"),
    (b"\x1b[?1000h", b"\x1b[?1000l"),
    (b"\x1b[?1003h", b"\x1b[?1003l"),
    (b"\x1b[?2004h", b"\x1b[?2004l"),
)
"""What a program switches on, and what must follow before it leaves."""
