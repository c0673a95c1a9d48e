"""A run without a screen saves itself too: the same folder, the same files, for replay, report and --resume.

Nothing is imported for it before the first event, and nothing that goes wrong with it changes what the
command says on stdout or its exit code.
"""

from __future__ import annotations

import argparse
import os
import signal
from typing import TYPE_CHECKING

from probes.commands.output import Output

if TYPE_CHECKING:
    from probes.share.session_file import SessionRecorder
    from probes.trace.events import Event

_CUT_OFF = (128 + signal.SIGHUP, 128 + signal.SIGTERM)
"""Exit codes of a run that somebody may want to resume."""


def add_session_option(parser: argparse.ArgumentParser) -> None:
    """The option of whatever saves itself."""
    parser.add_argument(
        "--no-session", action="store_true", help="save no session (MODTRACE_NO_SESSION=1 does the same)"
    )


class Saving:
    """Saves one run."""

    def __init__(self, command: str, args: argparse.Namespace) -> None:
        self._command = command
        self._wanted = not (getattr(args, "no_session", False) or os.environ.get("MODTRACE_NO_SESSION"))
        self._recorder: SessionRecorder | None = None

    def emit(self, event: Event) -> None:
        """Take an event in; raises nothing for what disks do."""
        if not self._wanted:
            return
        if self._recorder is None:
            from probes.diagnosis.catalogue_shells import shell_of
            from probes.share.session_file import SessionRecorder

            shell = shell_of(os.environ).value
            self._recorder = SessionRecorder.in_state_folder(self._command, shell=shell)
        self._recorder.emit(event)

    def end(self, code: int | None, output: Output) -> None:
        """The run is over, with this exit code where a signal ended it. Says what could not be saved."""
        recorder = self._recorder
        if recorder is None:
            return
        if code in _CUT_OFF:
            recorder.drop()
        else:
            recorder.close()
        if recorder.problem and recorder.folder is not None:  # without a home there is nowhere to save
            output.note(recorder.problem)
