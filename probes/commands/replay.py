"""`modtrace replay`: a saved session or a recording once more, without a packet and without a screen."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from probes.commands.exit_codes import OUTCOME_CODES, ExitCode
from probes.commands.output import Output
from probes.golang.safetext import safe_text
from probes.share.pace import LONGEST_PAUSE_S, pause

if TYPE_CHECKING:
    from probes.browse.table import BrowseEvent
    from probes.share.played import Played
    from probes.share.session_reader import Entry
    from probes.trace.events import Event

EXAMPLES = """\
examples:
  modtrace replay session.jsonl         what a colleague saw, in the app, as it
                                        happened
  modtrace replay session.jsonl --speed 0
                                        the same, at once at its end
  modtrace replay session.jsonl --plain --speed 1
                                        without the app, told line by line
  modtrace replay session.jsonl --json  the same object that the live run gave
  modtrace replay --last                your own last session
  modtrace trace rsc.io/quote --events | modtrace replay -
                                        from a pipe

On a terminal it opens the app: . stops and goes on, { and } slower and faster,
[ and ] the trace before and the next one, Esc leaves the replay. In a pipe, or
with a form, it prints the report.

The replay asks nobody. It has the report and the exit code of the live run: a
doctor's, where it was one. Of several traces it reports the last one with the
real settings; --trace N picks another. What was traced with what-if values
says so in its first lines.

exit codes: those of the live run (0 go would succeed ·
            1 go would fail · 3 could not tell · 130 interrupted);
            2 usage, or no session of modtrace;
            3 also where the session breaks off before its trace ended
"""

_FASTEST, _SLOWEST = 10_000.0, 0.01


def add_parser(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
) -> argparse.ArgumentParser:
    """Make `replay` known."""
    parser = commands.add_parser(
        "replay",
        help="play a saved session or a recording",
        description="Play a saved session or a recording: the same report and exit code as live.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_file_arguments(parser)
    parser.add_argument("--speed", type=_speed, default=None, metavar="N",
                        help="0 at once (default in a pipe), 1 as it happened (default on a terminal), "
                        "2 twice as fast")  # fmt: skip
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object on stdout at the end")
    form.add_argument("--events", action="store_true", help="the event stream on stdout, JSON lines")
    form.add_argument("--plain", action="store_true", help="the report as plain text")
    parser.set_defaults(run=run)
    return parser


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """FILE, or --last."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("file", metavar="FILE", nargs="?", help="a session or recording; - reads stdin")
    which.add_argument("--last", action="store_true", help="the last session on this machine")
    parser.add_argument("--trace", type=_number, default=None, metavar="N",
                        help="the trace with this number, from 1 "
                        "(default: the last one with the real settings)")  # fmt: skip


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text)):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no number of a trace: 1 is the first")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if speed != 0 and not (math.isfinite(speed) and _SLOWEST <= speed <= _FASTEST):
        raise argparse.ArgumentTypeError(f"{text!r} is no speed: 0, or from {_SLOWEST:g} to {_FASTEST:g}")
    return speed


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from probes.share.session_reader import BadSession

    output = Output()
    name = named_file(args, output, "replay")
    if name is None:
        return ExitCode.USAGE
    quick = args.speed is None and not sys.stdout.isatty()
    speed = 0.0 if quick else 1.0 if args.speed is None else args.speed
    try:
        with opened(name) as file:
            played = _play(file, output, speed, events=args.events, told=not (args.json or args.events))
        return _end(played.chosen(args.trace), output, args)
    except (BadSession, Unreadable) as error:
        output.complain(f"replay: {shown_name(name)}: {safe_text(str(error), limit=300)}")
        return ExitCode.USAGE
    except KeyboardInterrupt:
        output.complain("stopped by SIGINT")
        return ExitCode.INTERRUPTED


class Unreadable(Exception):
    """A file that cannot be read; its words say why."""


def named_file(args: argparse.Namespace, output: Output, command: str) -> str | None:
    """The name of the file that is meant; None after a complaint."""
    if args.file is not None:
        return str(args.file)
    if not args.last:
        output.complain(f"{command}: name a file, - for stdin, or --last for the last session")
        return None
    from probes.share.session_file import latest, sessions_folder

    folder = sessions_folder()
    last = latest(folder)
    if last is None:
        output.complain(f"{command}: no session is saved in {folder or 'any folder: HOME is not set'}")
        return None
    return str(last)


def shown_name(name: str) -> str:
    """The name of a file for a complaint."""
    return "stdin" if name == "-" else safe_text(name, limit=120)


@contextmanager
def opened(name: str) -> Iterator[Iterator[bytes]]:
    """The lines of a file, of bounded length. Raises Unreadable."""
    if name == "-":
        if sys.stdin is None:
            raise Unreadable("it is closed")
        yield _bounded(sys.stdin.buffer)
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115  closed below; only opening it may fail in this way
    except (OSError, ValueError) as error:
        raise Unreadable(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    with file:
        yield _bounded(file)


def _bounded(file: BinaryIO) -> Iterator[bytes]:
    from probes.share.session_reader import bounded_lines

    try:
        yield from bounded_lines(file)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from None


def _play(lines: Iterator[bytes], output: Output, speed: float, *, events: bool, told: bool) -> Played:
    """Play to the end, at the given speed."""
    from probes.share.played import Played, finish, play
    from probes.share.session_reader import SessionReader

    reader = SessionReader(lines)
    clock = _Clock(speed)
    played = Played()
    was_running = False
    for entry, played in play(reader):
        if speed:
            clock.wait(entry.t, shorten=not was_running)
            was_running = played.running
        if events:
            output.write(_event_line(entry))
        elif told and speed:
            _tell(entry, played, output)
    finish(reader, played)
    return played


class _Clock:
    """When each entry is due."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._last: float | None = None
        self._due = time.monotonic()

    def wait(self, t: float, *, shorten: bool) -> None:
        """Wait until the entry of this time is due."""
        self._due += pause(self._last, t, running=not shorten) / self._speed
        self._last = t
        left = self._due - time.monotonic()
        if left > 0:
            time.sleep(min(left, LONGEST_PAUSE_S))


def _event_line(entry: Entry) -> str:
    from probes.trace.events import event_to_json

    return json.dumps(event_to_json(entry.event), ensure_ascii=True) + "\n"  # type: ignore[arg-type]


def _tell(entry: Entry, played: Played, output: Output) -> None:
    """One line on stderr for an event that says something by itself."""
    words = _words(entry.event, played)
    if words:
        output.note(safe_text(f"{entry.event.at:8.3f} s  {words}", limit=300))


def _words(event: Event | BrowseEvent, played: Played) -> str:
    from probes.browse.table import BrowseStarted
    from probes.trace import events as kinds
    from probes.trace.climb_events import RungClimbed

    trace = played.trace
    match event:
        case kinds.TraceStarted():
            return f"{event.path}@{event.query}: GOPROXY={event.route.goproxy}"
        case kinds.RequestFinished():
            return f"{event.op} {event.url}: {event.reason or (event.error or '').partition(chr(10))[0]}"
        case kinds.HopDecided() if event.verdict is not kinds.Verdict.SERVED:
            hop = trace.hop(event.hop)
            return f"{hop.name if hop else '?'}: {event.verdict}, because {event.because}"
        case kinds.VersionChosen():
            return f"the version is {event.version}"
        case RungClimbed():
            return f"{event.rung}: {event.judgement} {event.summary or event.because}"
        case kinds.TraceFinished():
            return f"the end: {event.outcome}"
        case BrowseStarted():
            return f"the versions of {event.path}"
    return ""


def _end(played: Played, output: Output, args: argparse.Namespace) -> int:
    """The report, and the exit code of the live run. Raises BadSession."""
    from probes.share.played import Ending, consistent
    from probes.share.session_reader import BadSession

    _notes(played, output)
    if played.ending is Ending.NO_TRACE:
        if args.events:
            return ExitCode.OK
        raise BadSession("there is no trace in it")
    with consistent("the trace"):
        if args.json:
            output.write(json.dumps(_json(played), indent=2, ensure_ascii=True) + "\n")
        elif not args.events:
            output.write(_report(played))
        return exit_code(played)


def _notes(played: Played, output: Output) -> None:
    for words in which_trace(played):
        output.note(f"replay: {words}")
    if played.cut:
        output.note("replay: the last line is cut off: whoever wrote it was stopped")
    if played.full:
        output.note("replay: the session went on after its file was full")
    if played.skipped:
        output.note(f"replay: {played.skipped} events that only a newer modtrace knows were left out")


def which_trace(played: Played) -> Iterator[str]:
    """Which trace of several this is, and what came after it, in whole sentences."""
    takes, number = played.takes, played.number
    if len(takes) < 2:
        return
    this = takes[number - 1]
    words = "the last one" if number == len(takes) else f"number {number}"
    others = takes[number:]
    if not this.is_what_if and others and all(take.is_what_if for take in others):
        words += ", the last one with the real settings"
    elif this.is_what_if and all(take.is_what_if for take in takes):
        words += ", and all of them are with what-if values"
    yield f"the session has {len(takes)} traces; this is {words}"
    if others and others[-1].is_what_if and not this.is_what_if:
        yield f"after it what-if values were tried: --trace {len(takes)} shows the last of these"


def _is_a_doctors(played: Played) -> bool:
    from probes.share.played import Ending

    return played.as_doctor and played.ending is Ending.WHOLE


def _json(played: Played) -> object:
    from probes.commands import doctor
    from probes.share.report_tried import what_if_json

    trace = played.trace
    said = doctor.to_json(trace, played.cases()) if _is_a_doctors(played) else trace.to_json()
    what_if = what_if_json(played.trace.started)
    return {**said, "what_if": what_if} if what_if else said


def _report(played: Played) -> str:
    from probes.commands import doctor_report, plain
    from probes.share.report_tried import what_if_lines

    if _is_a_doctors(played):
        told = doctor_report.report(played.trace, played.cases())
    else:
        told = plain.report(played.trace)
    return "".join(f"{line}\n" for line in what_if_lines(played.trace.started)) + told


def exit_code(played: Played) -> int:
    """The exit code of the live run."""
    from probes.commands import doctor

    finished = played.trace.finished
    if finished is None:
        return ExitCode.UNKNOWN
    if played.as_doctor and not played.is_interrupted():
        return doctor.exit_code(played.trace, played.cases())
    return OUTCOME_CODES[finished.outcome]
