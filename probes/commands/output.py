"""Where a command writes: data to stdout, everything else to stderr."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from io import TextIOWrapper
from time import monotonic

from probes.golang.redact import redact
from probes.golang.safetext import safe_text

STATUS_S = 0.2
"""What is under way is told at most this often: the other end may be far away."""
_STATUS_WIDTH = 78
_UNITS = ("B", "KB", "MB", "GB")


def size(count: float) -> str:
    """Bytes for people, in decimal units: "812 B", "1.5 MB"."""
    for unit in _UNITS[:-1]:
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} {_UNITS[-1]}"


def some(count: int, noun: str) -> str:
    """ "1 module", "1,200 modules"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


class Output:
    """The two streams of a command."""

    def __init__(self) -> None:
        """A character that the terminal's encoding does not have is written as an escape, never an error."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> None:
        """Data, to stdout at once. A reader that has gone away ends the command quietly."""
        if sys.stdout is None:
            raise OSError(errno.EBADF, "stdout is closed")
        sys.stdout.write(text)
        sys.stdout.flush()

    def complain(self, text: str) -> None:
        """One line about what is wrong, to stderr; it often repeats what was typed, secrets too."""
        sys.stderr.write(f"modtrace: {redact(text)}\n")
        sys.stderr.flush()

    note = complain
    """Narration goes the same way."""


class StatusLine:
    """What is under way, on one line of a terminal that is taken away again; nothing anywhere else."""

    def __init__(self) -> None:
        self._is_seen = sys.stderr is not None and sys.stderr.isatty()
        self._is_shown = False
        self._told = -STATUS_S

    def show(self, words: Callable[[], str]) -> None:
        """Say it, unless something has just been said."""
        if not self._is_seen or monotonic() - self._told < STATUS_S:
            return
        self._told = monotonic()
        text = safe_text(words(), limit=200)[:_STATUS_WIDTH]
        if text:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
            self._is_shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self._is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
        self._is_shown = False
