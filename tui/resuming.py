"""`modtrace --resume`: the live app where a session broke off, with everything that it knew.

What was known is there at once. A trace that had not ended is traced again, with the same --set values and
the same what-if values, each as what it was; a value that held a secret was never saved, so it cannot be set
again, and that is said.

A session that lies elsewhere than the user's own may come from anybody, and its values decide who is told of
a module path. So nothing of it is set, and nothing is traced by itself: its values are listed, and the user
is asked whether to try them.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from probes.browse.table import BrowseEvent
from probes.commands import replay
from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output
from probes.golang.environment import Source
from probes.golang.variables import VARIABLE
from probes.share.tried import WHAT_IF_WORDS, really_set, tried
from probes.trace.events import Outcome
from tui.command_replay import read_named
from tui.opening import has_terminal, open_app
from tui.plain_option import wants_plain
from tui.trial import Real

if TYPE_CHECKING:
    from probes.share.tape import Tape
    from probes.trace.events import SettingView, TraceStarted
    from tui.app import ModtraceApp
    from tui.session import Session


@dataclass(frozen=True, slots=True)
class Resumed:
    """A session to go on with."""

    tape: Tape
    file: Path
    is_foreign: bool = False
    """Whether it may be somebody else's: nothing that it says is done without being asked for."""

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
        """The values of --set, as far as they were saved; those behind what-if values too."""
        return {} if self.is_foreign else self._overlay

    @property
    def _overlay(self) -> dict[str, str]:
        return {view.name: view.value for view in self._set_for_that_run if not view.secret}

    @property
    def what_if(self) -> dict[str, str]:
        """The values that were tried, as far as they were saved; "" for a variable that was taken away."""
        return {} if self.is_foreign else self._what_if

    @property
    def brought(self) -> dict[str, str]:
        """The values of somebody else's session, which are only tried when the user says so."""
        both = {**self._overlay, **self._what_if} if self.is_foreign else {}
        return {name: value for name, value in both.items() if name in VARIABLE}

    @property
    def _what_if(self) -> dict[str, str]:
        secrets = set(self.lost)
        return {one.name: one.value or "" for one in tried(self._started) if one.name not in secrets}

    @property
    def lost(self) -> tuple[str, ...]:
        """The variables whose values were not saved, for there were secrets in them."""
        names = [view.name for view in self._set_for_that_run if view.secret]
        unreal = {one.name for one in tried(self._started) if one.value is not None}
        names += [view.name for view in self.tape.settings if view.secret and view.name in unreal]
        return tuple(dict.fromkeys(names))

    @property
    def _started(self) -> TraceStarted | None:
        return self.tape.whole.trace.started

    @property
    def _set_for_that_run(self) -> list[SettingView]:
        views = really_set(self._started, self.tape.settings)
        return [view for view in views if view.source == Source.OVERLAY]

    def tried_again(self, overlay: Mapping[str, str]) -> dict[str, str]:
        """The what-if values that hold once more: not those that --set sets now."""
        return {name: value for name, value in self.what_if.items() if name not in overlay}

    def still_lost(self, overlay: Mapping[str, str]) -> tuple[str, ...]:
        """Those of them that were not set again."""
        return tuple(name for name in self.lost if name not in overlay)

    def traces_again(self, overlay: Mapping[str, str]) -> bool:
        """Whether to trace by itself: not without a setting that may have kept a path from somebody."""
        return not self.is_foreign and not self.has_ended and not self.still_lost(overlay)

    def words(self, overlay: Mapping[str, str]) -> list[str]:
        """What is told: how far the session had come, and what cannot be as it was."""
        path, query = self.target
        again = "; r traces it again" if self.has_ended or self.is_foreign else ""
        became = f"{'had ended' if self.has_ended else 'had broken off'}{again}"
        became += ", with your own settings" if self.is_foreign else ""
        became += ": it is traced again" if self.traces_again(overlay) else ""
        said = [f"resumed: the trace of {path}@{query} {became}"]
        if lost := self.still_lost(overlay):
            names = ", ".join(lost)
            said.append(
                f"{names}: the value held a secret, so it was not saved; set it again before you trace"
            )
        if tried_again := self.tried_again(overlay):
            said.append(f"{WHAT_IF_WORDS}, as before: {', '.join(tried_again)}")
        if brought := {name: value for name, value in self.brought.items() if name not in overlay}:
            values = "; ".join(f"{name}={value}" for name, value in brought.items())
            said.append(f"the file is not one of your own sessions, so what it sets is not set: {values}")
        return said

    def begin(self, app: ModtraceApp, overlay: Mapping[str, str]) -> None:
        """Show what was known, and go on."""
        from probes.settings.overlay import Overlay

        app.session.trial.overlay = Overlay().clear_to(self.tried_again(overlay), "what was tried before")
        first = self.tape.starts[-1]
        known = [entry.event for entry in self.tape.entries[first:]]
        app.session.recall(*self.target, known, self.tape.versions_before(first, self.target[0]))
        if self.is_foreign:
            app.session.said.disown()
        self._recall_real(app.session)
        app.session.read()
        for words in self.words(overlay):
            app.tell(words)
        if self.traces_again(overlay):
            app.call_after_refresh(lambda: app.trace_target("{}@{}".format(*self.target)))
        elif not self.has_ended:
            app.session.failure = "the session broke off before the trace ended"
        if brought := {name: value for name, value in self.brought.items() if name not in overlay}:
            app.call_after_refresh(lambda: _ask_whether_to_try(app, brought))
        app.wake()

    def _recall_real(self, session: Session) -> None:
        """What the last trace with the real settings had said of the same: the before to what is tried."""
        real = self.tape.whole.chosen()
        started, finished = real.trace.started, real.trace.finished
        if started is None or started.real or finished is None or finished.outcome is Outcome.CANCELLED:
            return
        if session.trial.values and (started.path, started.query) == self.target:
            session.trial.real = Real(self.target, real.trace, tuple(real.events), real.cases())


def _ask_whether_to_try(app: ModtraceApp, brought: Mapping[str, str]) -> None:
    """Ask whether values of somebody else's session are to be tried. Enter pressed too early takes none."""
    from tui.screens.choice_screen import Choice, ChoiceScreen

    def chosen(key: object) -> None:
        if key == "try":
            app.try_overlay(app.session.trial.overlay.clear_to(dict(brought), "what the session brings"))

    values = "; ".join(f"{name}={value or '(taken away)'}" for name, value in brought.items())
    choices = [
        Choice("own", "your own settings", "nothing is traced by itself; r traces with them"),
        Choice("try", "what the session sets", "traced at once, as what if: it decides who is asked", values),
    ]
    app.push_screen(ChoiceScreen("This is not one of your own sessions. Which settings?", choices), chosen)


def resume(args: argparse.Namespace, overlay: Mapping[str, str], output: Output) -> int:
    """Run `modtrace --resume [FILE]`; returns the exit code."""
    found = _found(args.resume, output)
    if found is None:
        return ExitCode.USAGE
    tape, file = found
    resumed = Resumed(tape, file, is_foreign=_is_foreign(file))
    both = {**resumed.overlay, **overlay}
    if wants_plain(args):
        return _talk(resumed, both, overlay, args)
    if args.plain or not has_terminal():
        return _report(resumed, both, overlay, args, output)
    from tui.stage import ThisMachine

    return open_app(
        ThisMachine(both), args, begin=lambda app: resumed.begin(app, overlay), saves=not args.no_session,
        resumes="" if resumed.is_foreign else file.name,
    )  # fmt: skip


def _found(name: str, output: Output) -> tuple[Tape, Path] | None:
    """What is meant, and its file; None after a complaint. Without a name, broken files are passed over."""
    if name == "-":
        output.complain("--resume: name a file; what comes from a pipe cannot be gone on with")
        return None
    if name:
        tape = read_named(name, output, "--resume")
        return None if tape is None else (tape, Path(name))
    from probes.share.session_file import sessions_folder, to_resume

    folder = sessions_folder()
    candidates = to_resume(folder)
    for candidate in candidates:
        tape = read_named(str(candidate.file), output, "--resume")
        if tape is not None:
            return tape, candidate.file
    if not candidates:
        place = folder or "any folder: HOME is not set"
        output.complain(f"--resume: no session is saved in {place}, so there is none to go on with")
    return None


def _is_foreign(file: Path) -> bool:
    """Whether a file lies elsewhere than the user's own sessions, or is not the user's."""
    from probes.share.session_file import sessions_folder

    folder = sessions_folder()
    try:
        place = file.resolve()
        return folder is None or place.parent != folder.resolve() or place.stat().st_uid != os.geteuid()
    except (OSError, RuntimeError):  # links that lead in a circle
        return True


def _talk(
    resumed: Resumed, both: Mapping[str, str], overlay: Mapping[str, str], args: argparse.Namespace
) -> int:
    """In whole sentences: what was known, or the trace once more."""
    from tui.plain_mode import PlainMode
    from tui.stage import ThisMachine

    tape, again = resumed.tape, "the word again traces it once more"
    said = [words.replace("r traces it again", again) for words in resumed.words(overlay)]
    entries = () if resumed.traces_again(overlay) else tape.entries[tape.starts[-1] :]
    known = [entry.event for entry in entries if not isinstance(entry.event, BrowseEvent)]
    talk = PlainMode(ThisMachine({**both, **resumed.tried_again(overlay)}), args)
    return talk.resume(said, resumed.target, known, tape.whole.cases())


def _report(
    resumed: Resumed, both: Mapping[str, str], overlay: Mapping[str, str], args: argparse.Namespace,
    output: Output,
) -> int:  # fmt: skip
    """Without a terminal: what was known, or the trace once more; what was tried is set, for that run."""
    for words in resumed.words(overlay):
        output.note(words)
    if not resumed.traces_again(overlay):
        number = len(resumed.tape.whole.takes)
        form = {"json": False, "events": False, "plain": True, "last": False, "speed": 0.0, "trace": number}
        return replay.run(argparse.Namespace(file=str(resumed.file), **form))
    from probes.commands import trace

    sets = [f"{name}={value}" for name, value in {**both, **resumed.tried_again(overlay)}.items()]
    wanted = {"target": "{}@{}".format(*resumed.target), "set": sets}
    return trace.run(argparse.Namespace(**vars(args) | trace.PLAIN | wanted))
