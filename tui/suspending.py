"""Ctrl-Z: how a program with a screen is stopped by its user and comes back.

The whole process group is stopped by a real SIGTSTP, as Vim does it, so that a wrapper (`sh -c`) and a `go`
that runs stop too. Nothing is stopped by SIGSTOP: the kernel drops a SIGTSTP where no shell could continue
the group (setpgid(2), "orphaned process group"), and there modtrace simply goes on.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from time import monotonic, sleep

_PATIENCE_S = 0.25
"""How long a signal may be on its way within this process."""


def stop_job() -> bool:
    """Stop this process group; returns, in the foreground again, whether it was stopped at all."""
    continued: list[int] = []
    stops, continues = signal.getsignal(signal.SIGTSTP), signal.getsignal(signal.SIGCONT)
    try:
        signal.signal(signal.SIGCONT, lambda number, frame: continued.append(number))
        # Ours comes last and alone: only a thread that signals itself has stopped when the call returns.
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        os.killpg(os.getpgrp(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        while True:
            before = len(continued)
            signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)
            was_stopped = _grows(continued, before)
            # After `bg` the terminal is the shell's: wait for `fg`.
            if not was_stopped or _is_in_foreground():
                return bool(continued)
    finally:
        signal.signal(signal.SIGTSTP, stops)
        signal.signal(signal.SIGCONT, continues)


def _grows(continued: list[int], before: int) -> bool:
    """Whether SIGCONT has come. Another thread may have taken it, and be slower than this one."""
    until = monotonic() + _PATIENCE_S
    while len(continued) == before and monotonic() < until:
        sleep(_PATIENCE_S / 50)
    return len(continued) > before


def _is_in_foreground() -> bool:
    try:
        return os.tcgetpgrp(sys.__stdin__.fileno()) == os.getpgrp() if sys.__stdin__ else True
    except OSError:
        return True  # there is no terminal that could be another's
