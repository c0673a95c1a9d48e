"""`modtrace sum --project`: what is wrong with a project's go.sum, and what of it nobody vouches for."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output, StatusLine
from probes.commands.trace import parse_overlay, run_until_signal
from probes.golang.safetext import safe_text

if TYPE_CHECKING:
    from probes.sums.asking import Asked
    from probes.sums.project_sums import Examination
    from probes.sums.sum_findings import SumFinding
    from probes.sums.unverified import Lost

SCHEMA = "modtrace.sum-project/1"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `modtrace sum` that are about a project."""
    parser.add_argument(
        "--project", nargs="?", const=".", metavar="DIR",
        help="look at the go.sum of the project in DIR (default: here), and what goes unverified",
    )  # fmt: skip
    parser.add_argument(
        "--ask", action="store_true",
        help="with --project: ask checksum database and proxies about every line; else nobody is asked",
    )  # fmt: skip
    parser.add_argument(
        "--zip", action="store_true",
        help="with --ask: fetch the zips from the proxies too, and hash them; else only each go.mod",
    )  # fmt: skip


def run(args: argparse.Namespace, output: Output) -> int:
    """Run it; returns the exit code."""
    overlay = parse_overlay(args.set, output)
    if overlay is None:
        return ExitCode.USAGE
    if args.zip and not args.ask:
        output.complain("--zip goes with --ask: without it nobody is asked")
        return ExitCode.USAGE
    from probes.golang.errors import GoError
    from probes.golang.os_errors import errno_words
    from probes.golang.redact import redact
    from probes.share.public_names import PUBLIC_HOSTS
    from probes.sources.environment_reader import read_environment
    from probes.sums.project_sums import examine
    from probes.sums.unverified import what_is_lost

    environment = read_environment(overlay=overlay)
    try:
        found = examine(Path(args.project), environment)
    except (GoError, OSError, ValueError) as error:
        where = (error.filename or args.project) if isinstance(error, OSError) else ""
        words = f"{where}: {errno_words(error)}" if isinstance(error, OSError) else str(error)
        output.complain(safe_text(redact(words).replace("\n", "; "), limit=1000))
        return ExitCode.USAGE
    if args.ask:
        code = _ask(found, args.timeout, zips=args.zip)
        if code is not None:
            return code
    lost = what_is_lost(found, environment, PUBLIC_HOSTS.__contains__)
    findings = found.findings()
    if args.json:
        output.write(json.dumps(to_json(found, findings, lost, asked=args.ask), indent=2) + "\n")
    else:
        from probes.commands.sum_project_report import report

        output.write(report(found, findings, lost, asked=args.ask))
    return exit_code(found, findings, asked=args.ask)


def _ask(found: Examination, timeout: float, *, zips: bool) -> int | None:
    """Ask, and say on a terminal how far it is; the exit code of a signal."""
    from probes.net.limits import Limits
    from probes.sums.asking import ask_about

    status = StatusLine()

    def tell(asked: Asked) -> None:
        found.hear(asked)
        status.show(lambda: f"asked about {asked.done} of {asked.total}: {asked.path}@{asked.version}")

    limits = Limits(answer_s=timeout, stall_s=timeout)
    hashes = found.go_sum.hashes
    code = run_until_signal(lambda: ask_about(found.environment, hashes, tell, limits=limits, zips=zips))
    status.clear()
    return code


def exit_code(found: Examination, findings: list[SumFinding], *, asked: bool) -> ExitCode:
    """What it means for a script; an error outweighs what could not be told."""
    from probes.diagnosis.findings import Level
    from probes.sums.sum_findings import Fault

    if any(one.level is Level.ERROR for one in findings):
        return ExitCode.FAILS
    unknown = {Fault.TOO_LONG, Fault.NO_ANSWER} if asked else {Fault.TOO_LONG}
    is_untold = found.needed.build.error is not None and not found.needed.unread
    return ExitCode.UNKNOWN if is_untold or any(one.fault in unknown for one in findings) else ExitCode.OK


def to_json(found: Examination, findings: list[SumFinding], lost: Lost, *, asked: bool) -> dict[str, Any]:
    """Everything as one object of schema modtrace.sum-project/1."""
    from probes.diagnosis.findings import Level

    levels = [one.level for one in findings]
    return {
        "schema": SCHEMA,
        "folder": str(found.project.folder),
        "mode": str(found.needed.mode),
        "files": [
            {
                "name": file.name,
                "exists": file.exists,
                "lines": len(file.lines),
                "problem": file.problem or None,
            }
            for file in found.book.files
        ],
        "graph_is_whole": found.needed.is_whole,
        "asked": asked,
        "not_asked": dict(found.not_asked),
        "held_against": {str(kind): count for kind, count in found.counts().items()},
        "counts": {str(level): levels.count(level) for level in Level},
        "findings": [one.to_json() for one in findings],
        "remedy": list(found.mending(findings)),
        "unverified": lost_json(lost),
    }  # fmt: skip


def lost_json(lost: Lost) -> dict[str, Any]:
    """What is lost."""
    return {
        "modules": [
            {
                "path": one.path, "version": one.version, "standing": one.standing.name.lower(),
                "lost": one.standing.is_lost, "setting": one.setting or None, "where": one.where or None,
                "words": one.words,
            }
            for one in lost.modules
        ],
        "lost": lost.lost,
        "by_setting": lost.by_setting(),
        "notes": list(lost.notes),
        "narrower": None if lost.narrower is None else {
            "settings": dict(lost.narrower.settings),
            "commands": list(lost.narrower.commands),
            "before": lost.narrower.before,
            "after": lost.narrower.after,
            "still": list(lost.narrower.still),
        },
    }  # fmt: skip
