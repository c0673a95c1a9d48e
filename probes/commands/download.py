"""`modtrace download`: the files of module versions, in a folder that the real go can use as a proxy."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output
from probes.commands.trace import (
    add_environment_options,
    add_run_option,
    parse_overlay,
    parse_target,
    run_until_signal,
)
from probes.golang.safetext import safe_text

if TYPE_CHECKING:
    from probes.browse.saved import Want
    from probes.browse.saving import More, Plan
    from probes.commands.download_report import Progress
    from probes.golang.environment import Environment
    from probes.golang.go_sum import GoSum

SCHEMA = "modtrace.download/1"
FOLDER = "modtrace-files"
MOST_JOBS = 64

EXAMPLES = """\
examples:
  modtrace download rsc.io/quote@v1.5.2 -o files
                         .info, .mod and .zip, through the chain as go would
  modtrace download rsc.io/quote -o files
                         the version that go would choose for latest
  modtrace download -f go.mod -o files
                         all that go.mod and go.sum need
  modtrace download rsc.io/quote@v1.5.2 --from https://goproxy.cn
                         from this proxy alone; 1 is the first entry of GOPROXY
  modtrace download --check files
                         is all of it still what was saved?
  GOPROXY=file://$PWD/files go mod download rsc.io/quote@v1.5.2
                         what the folder is good for

What go would refuse is not kept: every hash is compared with go.sum (beside
the go.mod of -f, else that of the module one is in) and with the checksum
database, as GOSUMDB, GONOSUMDB and GOPRIVATE say. What GONOPROXY matches is
never asked of a proxy. A download that broke off is gone on with by the next
one, where the server can do that; a file has its final name only when all of
it is there and was looked over. Where each file came from stands in
modtrace-manifest.json.

exit codes: 0 all saved · 1 go would refuse or not find something · 2 usage
            3 could not tell, no room · 130 interrupted · 143 terminated
            129 hung up
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `download` known."""
    parser = commands.add_parser(
        "download",
        help="save .info, .mod and .zip as a file:// GOPROXY",
        description="Save the files of module versions into a folder that go can use as\nGOPROXY=file://….",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("targets", metavar="PATH[@QUERY]", nargs="*", help="what to save; QUERY is latest")
    parser.add_argument(
        "-f", "--file", type=named_place, metavar="GO_MOD", help="all that this go.mod (or go.work) needs"
    )
    parser.add_argument(
        "-o", "--output", type=named_place, metavar="DIR", default=FOLDER, help=f"where to (default {FOLDER})"
    )
    parser.add_argument(
        "--check", type=named_place, metavar="DIR", help="only compare a folder with its manifest"
    )
    add_saving_options(parser)
    parser.set_defaults(run=run)


def add_saving_options(parser: argparse.ArgumentParser) -> None:
    """The options of everything that saves."""
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--from", dest="source", metavar="PROXY", help="one proxy: its number (from 1), host or URL"
    )
    who.add_argument("--chain", action="store_true", help="the whole chain, as go would (the default)")
    parser.add_argument("--jobs", type=_jobs, default=4, metavar="N", help="versions at once (default 4)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object on stdout at the end")
    form.add_argument("--events", action="store_true", help="the event stream on stdout, JSON lines")
    add_environment_options(parser)
    add_run_option(parser)


def named_place(text: str) -> str:
    """A file or folder; an empty name is a variable that was not set, and never means the folder here."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return text


def _jobs(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_JOBS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST_JOBS}")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    output = Output()
    if args.check is not None:
        if args.targets or args.file:
            output.complain("--check looks a folder over and saves nothing: leave out what to save")
            return ExitCode.USAGE
        return check_folder(Path(args.check), output, is_json=args.json, schema="modtrace.download.check/1")
    if bool(args.targets) == bool(args.file):
        output.complain("write what to save: PATH@VERSION …, or -f go.mod")
        return ExitCode.USAGE
    environment = environment_of(args, output)
    if environment is None:
        return ExitCode.USAGE
    from probes.browse.needed import Needs
    from probes.golang.errors import GoError
    from probes.project.project import go_sum_at, read_project

    more = None
    try:
        if args.file:
            project = read_project(Path(args.file), environment)
            more = Needs(project)
            wanted, go_sum = more.first(), project.go_sum
        else:
            wanted = [want for text in args.targets if (want := _want(text, output)) is not None]
            go_sum = go_sum_at(Path(), environment)
    except (GoError, OSError, ValueError) as error:
        output.complain(words_of(error))
        return ExitCode.USAGE
    if len(wanted) < len(args.targets):
        return ExitCode.USAGE
    plan = plan_of(args, environment, Path(args.output), go_sum, output)
    if plan is None:
        return ExitCode.USAGE
    from probes.commands.download_report import Progress

    progress = Progress(output, events=args.events)
    code = save_until_signal(plan, wanted, progress, more)
    if code is not None:
        return code
    return _tell(args, progress, plan, output)


def words_of(error: Exception) -> str:
    """What is wrong with a file that was named, in one line or go's own."""
    words = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
    return safe_text(words, limit=4000, lines=20)


def _want(text: str, output: Output) -> Want | None:
    from probes.browse.saved import Want

    path, query = parse_target(text)
    if path and query:
        return Want(path, query)
    output.complain(f"{text!r} is no PATH[@QUERY], for example rsc.io/quote@latest")
    return None


def environment_of(args: argparse.Namespace, output: Output) -> Environment | None:
    """The settings with --set over them; None after a complaint."""
    overlay = parse_overlay(args.set, output)
    if overlay is None:
        return None
    from probes.sources.environment_reader import read_environment

    return read_environment(overlay=overlay)


def plan_of(
    args: argparse.Namespace, environment: Environment, folder: Path, go_sum: GoSum, output: Output
) -> Plan | None:
    """How to save; None after a complaint."""
    from probes.browse.named import proxy_named
    from probes.browse.saving import Plan
    from probes.golang.errors import GoError
    from probes.golang.redact import redact
    from probes.net.limits import Limits

    source = None
    if args.source is not None:
        try:
            source = proxy_named(environment, args.source).entry
        except GoError as error:
            output.complain(f"--from: {redact(str(error))}")
            return None
    limits = Limits.patient(args.timeout)
    return Plan(environment, folder.absolute(), source, args.jobs, limits, go_sum, args.run_programs)


def save_until_signal(plan: Plan, wanted: list[Want], progress: Progress, more: More | None) -> int | None:
    """Save; the exit code of the signal that ended it, if one did."""
    from probes.browse.saving import save

    code = run_until_signal(lambda: save(plan, wanted, progress.emit, more))
    progress.clear()
    return code


def _tell(args: argparse.Namespace, progress: Progress, plan: Plan, output: Output) -> int:
    from probes.commands.download_report import code_of, file_url, report, versions_json

    saving = progress.saving
    code = code_of(saving)
    assert saving.finished is not None
    if args.json:
        found = {
            "schema": SCHEMA,
            "ok": code is ExitCode.OK,
            "folder": str(plan.folder),
            "goproxy": file_url(plan.folder),
            "source": plan.source_words,
            "error": saving.finished.error,
            "versions": versions_json(saving),
        }
        output.write(json.dumps(found, indent=2, ensure_ascii=True) + "\n")
    elif not args.events:
        output.write(report(saving, plan.folder))
    if saving.finished.error is not None:
        output.complain(saving.finished.error)
    return code


def check_folder(folder: Path, output: Output, *, is_json: bool, schema: str) -> int:
    """Compare a folder with its manifest."""
    from probes.browse.manifest import Checked, check
    from probes.browse.tree import Tree
    from probes.commands.download_report import check_json, check_report

    if not folder.is_dir():
        output.complain(f"{folder} is no folder")
        return ExitCode.USAGE
    found: list[Checked] = []

    async def look() -> None:
        found.append(await asyncio.to_thread(check, Tree(folder)))

    code = run_until_signal(look)
    if code is not None:
        return code
    if is_json:
        output.write(json.dumps(check_json(found[0], folder, schema), indent=2, ensure_ascii=True) + "\n")
    else:
        output.write(check_report(found[0], folder))
    return ExitCode.FAILS if found[0].flaws else ExitCode.OK
