"""`modtrace report`: a saved session as something to send, for an issue or a colleague."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output
from probes.commands.replay import (
    Unreadable,
    add_file_arguments,
    named_file,
    opened,
    shown_name,
    which_trace,
)
from probes.golang.safetext import safe_text

if TYPE_CHECKING:
    from probes.share.played import Played

FORMS = ("text", "markdown", "html", "json", "svg")

EXAMPLES = """\
examples:
  modtrace report --last --format markdown --privacy
                                        for an issue: hosts, users, private
                                        paths renamed
  modtrace report session.jsonl -o report.html
                                        one file, without scripts
  modtrace report session.jsonl -o tree.svg
                                        a picture of the tree and of the
                                        waterfall
  modtrace trace rsc.io/quote --events | modtrace report -

Without FILE it is the last session; of several traces the last one with the
real settings, or --trace N. What was traced with what-if values, or with
--set, says so in its first lines. A report never holds a password; --privacy
renames everything else that is yours, the same everywhere, so that it still
reads. Look it over before you send it.

exit codes: 0 the report is written, whatever it says
            2 usage, no session, or OUT is there already
            3 OUT cannot be written
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `report` known."""
    parser = commands.add_parser(
        "report",
        help="write a report of a saved session",
        description="Write a report of a saved session: what was asked, what go says, and why.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_file_arguments(parser)
    parser.add_argument("--format", choices=FORMS, default=None,
                        help="the form (default: by the name of OUT, else text)")  # fmt: skip
    parser.add_argument("--privacy", action="store_true",
                        help="rename hosts, users, addresses and private paths")  # fmt: skip
    parser.add_argument("-o", "--output", metavar="OUT", help="write this file instead of stdout")
    parser.add_argument("--force", action="store_true", help="let OUT take the place of a file")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from probes.share.session_reader import BadSession

    output = Output()
    args.last = args.file is None
    name = named_file(args, output, "report")
    if name is None:
        return ExitCode.USAGE
    from probes.share.played import play_all

    try:
        with opened(name) as file:
            played = play_all(file).chosen(args.trace)
        text = _written(played, args)
    except (BadSession, Unreadable) as error:
        output.complain(f"report: {shown_name(name)}: {safe_text(str(error), limit=300)}")
        return ExitCode.USAGE
    for words in which_trace(played):
        output.note(f"report: {words}")
    if args.output is None:
        output.write(text)
        return ExitCode.OK
    return _save(Path(args.output), text, output, force=args.force)


def _written(played: Played, args: argparse.Namespace) -> str:
    """The report in the form that is asked for. Raises BadSession."""
    from probes.share.played import Ending, consistent
    from probes.share.report import make_report
    from probes.share.report_forms import SUFFIXES, Form, write
    from probes.share.session_reader import BadSession

    if played.ending is Ending.NO_TRACE:
        raise BadSession("there is no trace in it")
    suffix = Path(args.output or "").suffix.lower()
    form = Form(args.format) if args.format else SUFFIXES.get(suffix, Form.TEXT)
    with consistent("the trace"):
        cases, header = played.cases(), played.header
        if args.privacy:
            from probes.share.report_masked import masked_report

            return write(masked_report(played.events, cases, header=header), form)
        return write(make_report(played.trace, cases, header=header), form)


def _save(path: Path, text: str, output: Output, *, force: bool) -> int:
    from probes.share.state import WouldOverwrite, write_output

    shown = safe_text(str(path), limit=200)
    try:
        write_output(path, text, force=force)
    except WouldOverwrite:
        output.complain(f"report: {shown} is there already; --force lets the report take its place")
        return ExitCode.USAGE
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        output.complain(f"report: cannot write {shown}: {safe_text(words, limit=200)}")
        return ExitCode.UNKNOWN
    output.note(f"report: wrote {shown}")
    return ExitCode.OK
