"""Where a command writes: data to stdout, everything else to stderr."""

from __future__ import annotations

import errno
import sys
from io import TextIOWrapper


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
        """One line about what is wrong, to stderr."""
        sys.stderr.write(f"modtrace: {text}\n")
        sys.stderr.flush()

    note = complain
    """Narration goes the same way."""
