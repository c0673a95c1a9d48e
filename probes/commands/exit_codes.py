"""The exit codes, the same for every command."""

from __future__ import annotations

from enum import IntEnum

from probes.trace.events import Outcome


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
    Outcome.OK: ExitCode.OK,
    Outcome.FAILS: ExitCode.FAILS,
    Outcome.UNKNOWN: ExitCode.UNKNOWN,
    Outcome.CANCELLED: ExitCode.INTERRUPTED,
}
