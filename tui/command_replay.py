"""`modtrace replay` on a terminal: the app plays the session; elsewhere it is probes.commands.replay.

Nothing is asked: the app has a bridge to nobody until the user leaves the replay.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from probes.commands import replay
from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output
from probes.golang.safetext import safe_text
from tui.opening import add_app_options, has_terminal, open_app

if TYPE_CHECKING:
    from probes.share.tape import Tape
    from tui.app import ModtraceApp

PATIENCE_S = 60.0
"""The --timeout of a live trace that somebody starts after the replay."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `replay` known, with the app."""
    parser = replay.add_parser(commands)
    add_app_options(parser)
    parser.set_defaults(run=run, timeout=PATIENCE_S)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code: that of the live run, also when the app is left early."""
    if args.json or args.events or args.plain or args.file == "-" or not has_terminal():
        return replay.run(args)
    output = Output()
    name = replay.named_file(args, output, "replay")
    if name is None:
        return ExitCode.USAGE
    tape = read_named(name, output, "replay")
    if tape is None:
        return ExitCode.USAGE
    from probes.share.session_reader import BadSession
    from tui.stage import ThisMachine

    try:
        chosen = tape.whole.chosen(args.trace)
    except BadSession as error:
        output.complain(f"replay: {replay.shown_name(name)}: {safe_text(str(error), limit=300)}")
        return ExitCode.USAGE
    speed = 1.0 if args.speed is None else args.speed
    opened: list[ModtraceApp] = []

    def begin(app: ModtraceApp) -> None:
        opened.append(app)
        app.play_tape(tape, speed=speed, trace=args.trace)

    code = open_app(ThisMachine({}), args, begin=begin, saves=True)
    still_there = bool(opened) and opened[0].is_replaying
    return replay.exit_code(chosen) if code == 0 and still_there else code


def read_named(name: str, output: Output, command: str) -> Tape | None:
    """A file by its name; None after one line of complaint."""
    from probes.share.session_reader import BadSession
    from probes.share.tape import read_tape

    try:
        with replay.opened(name) as lines:
            return read_tape(lines)
    except (BadSession, replay.Unreadable) as error:
        output.complain(f"{command}: {replay.shown_name(name)}: {safe_text(str(error), limit=300)}")
        return None
