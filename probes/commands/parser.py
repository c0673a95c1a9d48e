"""The parser of the command line, which repeats nothing secret when it complains."""

from __future__ import annotations

import argparse
import sys
from io import TextIOWrapper
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """argparse's, whose complaints are one line, and go through the same mask as all others."""

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong with the command line, and exit with 2."""
        from probes.golang.redact import redact
        from probes.golang.safetext import safe_text

        words = " ".join(safe_text(redact(message), limit=2000, lines=20).split())
        self.exit(2, f"{self.prog}: {words} ({self.prog} --help says more)\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        """A character that the terminal's encoding does not have is written as an escape, as by Output."""
        stream = file or sys.stderr
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
        super()._print_message(message, file)
