"""The exit codes, the same for every command."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command says with its exit code."""

    OK = 0
    """go would succeed; nothing was found."""
    FAILS = 1
    """go would fail, or there are findings of level error."""
    USAGE = 2
    """A usage error or an unreadable setting."""
    UNKNOWN = 3
    """modtrace could not tell, or failed itself."""
    INTERRUPTED = 130
    TERMINATED = 143
    HUNG_UP = 129


OUTCOME_CODES = {
    "ok": ExitCode.OK,
    "fails": ExitCode.FAILS,
    "unknown": ExitCode.UNKNOWN,
    "cancelled": ExitCode.INTERRUPTED,
}
"""By Outcome, which is text; its module is not loaded for this."""
