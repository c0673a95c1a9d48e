"""`modtrace --resume`: the live app where a session broke off, with everything that it knew.

What was known is there at once. A trace that had not ended is traced again, with the same --set values; a
value that held a secret was never saved, so it cannot be set again, and that is said.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from probes.commands import replay
from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output
from probes.golang.environment import Source
from tui.command_replay import read_named
from tui.opening import has_terminal, open_app

if TYPE_CHECKING:
    from probes.share.tape import Tape
    from probes.trace.events import SettingView
    from tui.app import ModtraceApp


@dataclass(frozen=True, slots=True)
class Resumed:
    """A session to go on with."""

    tape: Tape
    file: Path

    @property
    def target(self) -> tuple[str, str]:
        """The path and the query of its last trace."""
        started = self.tape.whole.trace.started
        assert started is not None
        return started.path, started.query

    @property
    def has_ended(self) -> bool:
        """Whether its last trace did, and not only because a signal ended all of it."""
        stopped = self.tape.whole.is_interrupted() and not self.tape.closed
        return self.tape.whole.trace.finished is not None and not stopped

    @property
    def overlay(self) -> dict[str, str]:
        """The values that were set for this run only, as far as they were saved."""
        return {view.name: view.value for view in self._set_for_that_run if not view.secret}

    @property
    def lost(self) -> tuple[str, ...]:
        """The variables whose values were not saved, for there were secrets in them."""
        return tuple(view.name for view in self._set_for_that_run if view.secret)

    @property
    def _set_for_that_run(self) -> list[SettingView]:
        return [view for view in self.tape.settings if view.source == Source.OVERLAY]

    def still_lost(self, overlay: Mapping[str, str]) -> tuple[str, ...]:
        """Those of them that were not set again."""
        return tuple(name for name in self.lost if name not in overlay)

    def traces_again(self, overlay: Mapping[str, str]) -> bool:
        """Whether to trace by itself: not without a setting that may have kept a path from somebody."""
        return not self.has_ended and not self.still_lost(overlay)

    def words(self, overlay: Mapping[str, str]) -> list[str]:
        """What is told: how far the session had come, and what cannot be as it was."""
        path, query = self.target
        became = "had ended; r traces it again" if self.has_ended else "had broken off"
        became += ": it is traced again" if self.traces_again(overlay) else ""
        said = [f"resumed: the trace of {path}@{query} {became}"]
        if lost := self.still_lost(overlay):
            names = ", ".join(lost)
            said.append(
                f"{names}: the value held a secret, so it was not saved; set it again before you trace"
            )
        return said

    def begin(self, app: ModtraceApp, overlay: Mapping[str, str]) -> None:
        """Show what was known, and go on."""
        first = self.tape.starts[-1]
        known = [entry.event for entry in self.tape.entries[first:]]
        app.session.recall(*self.target, known, self.tape.versions_before(first, self.target[0]))
        app.session.read()
        for words in self.words(overlay):
            app.tell(words)
        if self.traces_again(overlay):
            app.call_after_refresh(lambda: app.trace_target("{}@{}".format(*self.target)))
        elif not self.has_ended:
            app.session.failure = "the session broke off before the trace ended"
        app.wake()


def resume(args: argparse.Namespace, overlay: Mapping[str, str], output: Output) -> int:
    """Run `modtrace --resume [FILE]`; returns the exit code."""
    file = _file(args.resume, output)
    tape = None if file is None else read_named(str(file), output, "--resume")
    if file is None or tape is None:
        return ExitCode.USAGE
    resumed = Resumed(tape, file)
    both = {**resumed.overlay, **overlay}
    if args.plain or not has_terminal():
        return _report(resumed, both, args, output)
    from tui.stage import ThisMachine

    return open_app(
        ThisMachine(both), args, begin=lambda app: resumed.begin(app, overlay), saves=not args.no_session,
        resumes=file.name,
    )  # fmt: skip


def _file(name: str, output: Output) -> Path | None:
    """The file that is meant; None after a complaint."""
    if name == "-":
        output.complain("--resume: name a file; what comes from a pipe cannot be gone on with")
        return None
    if name:
        return Path(name)
    from probes.share.session_file import sessions_folder, to_resume

    folder = sessions_folder()
    found = to_resume(folder)
    if found is None:
        place = folder or "any folder: HOME is not set"
        output.complain(f"--resume: no session is saved in {place}, so there is none to go on with")
        return None
    return found.file


def _report(resumed: Resumed, overlay: Mapping[str, str], args: argparse.Namespace, output: Output) -> int:
    """Without a terminal: what was known, or the trace once more."""
    for words in resumed.words(overlay):
        output.note(words)
    if not resumed.traces_again(overlay):
        form = {"json": False, "events": False, "plain": True, "last": False, "speed": 0.0}
        return replay.run(argparse.Namespace(file=str(resumed.file), **form))
    from probes.commands import trace

    sets = [f"{name}={value}" for name, value in overlay.items()]
    wanted = {"target": "{}@{}".format(*resumed.target), "set": sets, "plain": True}
    return trace.run(argparse.Namespace(**vars(args) | {"json": False, "events": False} | wanted))
