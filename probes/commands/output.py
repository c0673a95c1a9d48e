"""Where a command writes: data to stdout, everything else to stderr."""

from __future__ import annotations

import sys


class Output:
    """The two streams of a command."""

    def write(self, text: str) -> None:
        """Data, to stdout at once. A reader that has gone away ends the command quietly."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def complain(self, text: str) -> None:
        """One line about what is wrong, to stderr."""
        sys.stderr.write(f"modtrace: {text}\n")
        sys.stderr.flush()

    note = complain
    """Narration goes the same way."""
