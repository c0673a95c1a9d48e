"""`modtrace leaks`: which private paths of a project would be sent to whom, and the line against it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output
from probes.commands.trace import add_set_option, parse_overlay, run_until_signal
from probes.golang.redact import redact
from probes.golang.safetext import safe_text

if TYPE_CHECKING:
    from probes.golang.environment import Environment
    from probes.leaks.audit import Audit, Beside
    from probes.leaks.remotes import Remotes
    from probes.project.project import Project

EXAMPLES = """\
examples:
  modtrace leaks                          the project around this folder
  modtrace leaks ~/src/shop/go.mod        another one; go.work as well
  modtrace leaks --run                    let git tell its remotes: whose is it?
  modtrace leaks --private 'github.com/acme'
                                          you say what is private
  modtrace leaks --own nexus.acme.com     a proxy or database of your own
  modtrace leaks --set GOPRIVATE=corp.example
                                          would this line do?
  modtrace leaks --all                    public paths too, with who is told
  modtrace leaks --json                   one JSON object on stdout

Read are go.mod or go.work, go.sum, and the settings; nothing is sent anywhere,
and no name is looked up. Who is told is what go would do with an empty module
cache. Certain is what GOPRIVATE, GONOPROXY, GONOSUMDB or --private match;
likely are hosts of your own, and names that no public resolver knows; perhaps
is the same owner on a public forge, and what is at a host that is not known.

exit codes: 0 nothing private would be sent to strangers · 1 certain or likely
            private paths would be · 2 usage, or no readable go.mod
            3 could not tell · 130 interrupted · 143 terminated · 129 hung up
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `leaks` known."""
    parser = commands.add_parser(
        "leaks",
        help="which private module paths would be sent to whom, and the line against it",
        description="Tell which private paths of a project go would send to proxies and checksum\ndatabases, "
        "and the one GOPRIVATE line that mends it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "place", metavar="go.mod|go.work|FOLDER", nargs="?", default="",
        help="the project; without one, the one around this folder",
    )  # fmt: skip
    parser.add_argument("--all", action="store_true", help="list the public paths too")
    parser.add_argument(
        "--private", action="append", default=[], metavar="GLOB",
        help="what matches this is private: a pattern as in GOPRIVATE (repeatable)",
    )  # fmt: skip
    parser.add_argument(
        "--own", action="append", default=[], metavar="HOST",
        help="this proxy or checksum database is your own, and may be told (repeatable)",
    )  # fmt: skip
    parser.add_argument(
        "--run", dest="run_programs", action="store_true",
        help="run `git remote -v` in the project's folder; without, it is only told of",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    add_set_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    output = Output()
    overlay = parse_overlay(args.set, output)
    if overlay is None:
        return ExitCode.USAGE
    if (wrong := _wrong_globs(args.private)) is not None:
        output.complain(
            f"--private {safe_text(redact(wrong), limit=200)}: no module path can match this pattern"
        )
        return ExitCode.USAGE
    from probes.sources.environment_reader import read_environment

    environment = read_environment(overlay=overlay)
    found = _project(args.place, environment, output)
    if found is None:
        return ExitCode.USAGE
    project, where = found
    git: list[Remotes] = []
    if args.run_programs:
        code = run_until_signal(lambda: _ask_git(project, environment, git))
        if code is not None:
            return code
    from probes.leaks.audit import audit_project

    audit = audit_project(project, environment, _beside(args, git), where)
    from probes.commands.leaks_report import report, to_json

    if args.json:
        output.write(json.dumps(to_json(audit), indent=2, ensure_ascii=True) + "\n")
    else:
        output.write(report(audit, shows_all=args.all))
    return exit_code(audit)


def exit_code(audit: Audit) -> ExitCode:
    """What it means for a script."""
    if audit.leaking:
        return ExitCode.FAILS
    return ExitCode.UNKNOWN if audit.remotes.problem else ExitCode.OK


def _wrong_globs(globs: list[str]) -> str | None:
    """The first pattern of --private that can match nothing."""
    from probes.diagnosis.lint_patterns import mended
    from probes.golang.errors import GoError
    from probes.golang.patterns import path_match

    for glob in globs:
        for one in glob.split(","):
            try:
                path_match(one.removesuffix("/"), "x")
            except GoError:
                return glob
            if not one or (mended(one) != one.removesuffix("/") and "[" not in one and "\\" not in one):
                return glob
    return None


def _project(named: str, environment: Environment, output: Output) -> tuple[Project, str] | None:
    """The project and the file that counts; None after a complaint."""
    from probes.golang.errors import GoError
    from probes.golang.os_errors import errno_words
    from probes.project.project import find_work, read_project, upward

    try:
        place = Path(named).absolute() if named else Path(environment.facts.working_directory)
        if not place.is_absolute():
            output.complain("there is no working directory, so there is no project")
            return None
        project = read_project(place, environment)
        file = (find_work(place, environment) or upward(place, "go.mod")) if place.is_dir() else place
        return project, str(file or place)
    except (GoError, OSError, ValueError) as error:
        where = (error.filename or named) if isinstance(error, OSError) else ""
        words = f"{where}: {errno_words(error)}" if isinstance(error, OSError) else str(error)
        output.complain(safe_text(redact(words).replace("\n", "; "), limit=1000))
        return None


async def _ask_git(project: Project, environment: Environment, found: list[Remotes]) -> None:
    from probes.leaks.remotes import REMOTES_S, read_remotes
    from probes.sources.programs import Programs

    programs = Programs(environment.process, seconds=REMOTES_S, allowed=True)
    found.append(await read_remotes(project.folder, programs))


def _beside(args: argparse.Namespace, git: list[Remotes]) -> Beside:
    from probes.leaks.audit import Beside
    from probes.leaks.hosts import bare
    from probes.leaks.machine import machine_resolvers
    from probes.leaks.remotes import NOT_ASKED

    return Beside(
        told=",".join(args.private),
        own=frozenset(bare(host.partition("://")[2] or host) for host in args.own),
        remotes=git[0] if git else NOT_ASKED,
        resolvers=machine_resolvers(),
    )
