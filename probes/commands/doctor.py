"""`modtrace doctor`: what is wrong, how that is known, and what to type."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output
from probes.commands.place import add_place_options, read_place
from probes.commands.saving import Saving, add_session_option
from probes.commands.trace import (
    add_environment_options,
    add_run_option,
    parse_overlay,
    parse_target,
    run_until_signal,
)

if TYPE_CHECKING:
    from probes.diagnosis.diagnose import Case
    from probes.diagnosis.examined import Look
    from probes.ladder.go_limits import ClimbLimits
    from probes.trace.events import Event
    from probes.trace.fold import Trace

DOCTOR_SCHEMA = "modtrace.doctor/1"
SMOKE_TEST = "golang.org/x/text@latest"
"""What is asked for when nothing is named: small, and on every mirror."""

EXAMPLES = """\
examples:
  modtrace doctor                       settings, proxies, TLS, checksum
                                        database: all of it
  modtrace doctor corp.example/lib@v1.2.0
                                        why this one fails
  modtrace doctor corp.example/lib@v1.2.0 --run
                                        let it start git as go would, for
                                        modules without a proxy
  modtrace doctor rsc.io/quote --json | jq '.cases[0].remedies[0].lines'
  modtrace doctor rsc.io/quote --compare
                                        what works in curl and not in go
  modtrace doctor rsc.io/quote --resolvers
                                        ask public resolvers too; they learn
                                        the host names
  modtrace doctor rsc.io/quote --set 'GOPROXY=https://goproxy.cn|direct'
                                        would this setting mend it?

The doctor traces the module as go would fetch it in this folder, then climbs
the ladder of each request that failed: HTTP proxy, names, TCP, TLS, HTTP,
content. Without PATH it asks for golang.org/x/text@latest.

exit codes: 0 nothing of level error · 1 go fails, or a setting is wrong
            2 usage · 3 could not tell
"""

RUNGS = {
    "names": "question_s", "tcp": "tcp_s", "proxy": "connect_s", "tls": "tls_s", "hello": "hello_s",
    "answer": "answer_s", "body": "stall_s",
}  # fmt: skip
"""The names of the deadlines, and the fields of ClimbLimits that they are."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `doctor` known."""
    parser = commands.add_parser(
        "doctor",
        help="find out what is wrong and what to type",
        description="Trace a module, look at every layer of what failed, name cause and cure.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", metavar="PATH[@QUERY]", nargs="?", default=SMOKE_TEST,
                        help=f"a module path (default {SMOKE_TEST})")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--compare", action="store_true",
                        help="do things in two ways even where an answer came")  # fmt: skip
    parser.add_argument("--resolvers", nargs="?", const="", metavar="ADDRESS,…",
                        help="ask public resolvers too, or these; they learn the host names "
                        "(the public ones none that GOPRIVATE matches)")  # fmt: skip
    parser.add_argument("--capability", action="store_true", help="ask each proxy what it can do")
    parser.add_argument("--limit", action="append", default=[], metavar="RUNG=SECONDS",
                        help=f"how long to wait on a rung ({', '.join(RUNGS)}); repeatable")  # fmt: skip
    add_environment_options(parser)
    add_place_options(parser)
    add_run_option(parser)
    add_session_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    output = Output()
    path, query = parse_target(args.target)
    if not path:
        output.complain("no module path: write PATH[@QUERY], for example rsc.io/quote@latest")
        return ExitCode.USAGE
    overlay = parse_overlay(args.set, output)
    look = None if overlay is None else parse_look(args, output)
    if overlay is None or look is None:
        return ExitCode.USAGE
    from probes.diagnosis.catalogue import shell_of
    from probes.diagnosis.diagnose import diagnose
    from probes.diagnosis.environment_lint import lint_as_shown
    from probes.diagnosis.examined import examined
    from probes.net.limits import Limits
    from probes.trace.fold import Trace

    place = read_place(args, overlay, output)
    if place is None:
        return ExitCode.USAGE
    environment, project = place
    findings = lint_as_shown(environment)
    limits = Limits.patient(args.timeout)
    trace, saving = Trace(), Saving("doctor", args)

    def emit(event: Event) -> None:
        trace.apply(event)
        saving.emit(event)

    code = run_until_signal(
        lambda: examined(
            environment,
            path,
            query,
            emit,
            limits=limits,
            look=look,
            findings=findings,
            project=project,
            run=args.run_programs,
        )
    )
    saving.end(code, output)
    if code is not None:
        return code
    cases = diagnose(trace, shell=shell_of(os.environ))
    if args.capability and not trace.capabilities:
        why = "no version was chosen" if trace.chosen is None else "no proxy may learn this path"
        output.note(f"the proxies were not asked what they can do: {why}")
    if args.json:
        output.write(json.dumps(to_json(trace, cases), indent=2, ensure_ascii=True) + "\n")
    else:
        from probes.commands.doctor_report import report

        output.write(report(trace, cases))
    return exit_code(trace, cases)


def parse_look(args: argparse.Namespace, output: Output) -> Look | None:
    """The options about the second look; None after a complaint."""
    from probes.diagnosis.examined import Look
    from probes.ladder.go_limits import ClimbLimits
    from probes.ladder.public_resolvers import PUBLIC_RESOLVERS, PublicResolver
    from probes.ladder.resolver_option import parse_resolver

    limits = parse_limits(args.limit, ClimbLimits(), output)
    if limits is None:
        return None
    resolvers: tuple[PublicResolver, ...] = ()
    if args.resolvers == "":
        resolvers = PUBLIC_RESOLVERS
    elif args.resolvers is not None:
        try:
            resolvers = tuple(parse_resolver(word) for word in args.resolvers.split(",") if word.strip())
        except ValueError as error:
            output.complain(f"--resolvers: {error}")
            return None
    compare = True if args.compare else None
    return Look(compare=compare, resolvers=resolvers, capability=args.capability, limits=limits)


def parse_limits(pairs: list[str], limits: ClimbLimits, output: Output) -> ClimbLimits | None:
    """The --limit options; None after a complaint."""
    known = {field.name for field in fields(limits)}
    for pair in pairs:
        name, _, text = pair.partition("=")
        field = RUNGS.get(name, "")
        try:
            seconds = float(text)
        except ValueError:
            seconds = -1.0
        if field not in known or not 0 < seconds < 1e6:
            output.complain(f"--limit {pair!r}: write RUNG=SECONDS, where RUNG is one of {', '.join(RUNGS)}")
            return None
        changes: dict[str, Any] = {field: seconds}
        limits = replace(limits, **changes)
    return limits


def exit_code(trace: Trace, cases: tuple[Case, ...]) -> ExitCode:
    """0 when nothing of level error was found, 1 when something was, 3 when that could not be told."""
    from probes.diagnosis.findings import Level
    from probes.trace.events import Outcome

    assert trace.started is not None
    assert trace.finished is not None
    wrong = [case for case in cases if case.level is Level.ERROR]
    wrong_settings = [finding for finding in trace.all_findings() if finding.level is Level.ERROR]
    if wrong or wrong_settings or trace.finished.outcome is Outcome.FAILS:
        return ExitCode.FAILS
    return ExitCode.OK if trace.finished.outcome is Outcome.OK else ExitCode.UNKNOWN


def to_json(trace: Trace, cases: tuple[Case, ...]) -> dict[str, Any]:
    """The object of `modtrace doctor --json`."""
    from probes.trace.events import event_to_json

    said = trace.to_json()
    return {
        "schema": DOCTOR_SCHEMA,
        **{
            name: said[name] for name in ("path", "query", "ok", "outcome", "version", "error", "first_cause")
        },
        "cases": [case.to_json() for case in cases],
        "findings": said["findings"],
        "ladders": [
            {
                "hop": rungs[0].hop,
                "url": rungs[0].url,
                "rungs": [_without(event_to_json(rung), "event", "hop", "climb", "url") for rung in rungs],
            }
            for rungs in trace.climbs.values()
        ],
        "comparisons": [_without(event_to_json(made), "event") for made in trace.comparisons],
        "capabilities": [event_to_json(made)["row"] for made in trace.capabilities.values()],
        "trace": said,
    }


def _without(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}
