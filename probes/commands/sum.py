"""`modtrace sum`: what the checksum database says of one version, with every step of the proof."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output, StatusLine
from probes.commands.sum_project import add_options
from probes.commands.trace import add_environment_options, parse_overlay, run_until_signal
from probes.golang.safetext import safe_text

if TYPE_CHECKING:
    from probes.golang.environment import Environment
    from probes.golang.go_sum import GoSum
    from probes.sums.proving import SumEvent, SumProof

EXAMPLES = """\
examples:
  modtrace sum rsc.io/quote@v1.5.2
                         ask the checksum database, and check its proof
  modtrace sum rsc.io/quote@v1.5.2/go.mod
                         the hash of its go.mod alone
  modtrace sum rsc.io/quote@v1.5.2 --json
                         one JSON object on stdout, with the Merkle path
  modtrace sum rsc.io/quote@v1.5.2 --set GOSUMDB=sum.golang.google.cn
                         the same database at its second address
  modtrace sum --project
                         go.sum of this project, and what nobody vouches for
  modtrace sum --project --ask --json
                         each of its lines, as the database and proxies know it

Only the checksum database is asked, by the way that go takes: each proxy of
GOPROXY whether it passes the database on, or the URL in GOSUMDB. The signed
tree, the record in it and its Merkle path are checked here. go.sum of the
project and the module cache are compared without asking anybody. A path that
GOPRIVATE or GONOSUMDB matches is told to nobody. modtrace remembers the newest
tree of each database in its own folder; Go's own is read and never written.

exit codes: 0 proved · 1 refused, or another hash is here · 2 usage
            3 nobody was asked, or nobody answered · 130 interrupted
            143 terminated · 129 hung up
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `sum` known."""
    parser = commands.add_parser(
        "sum",
        help="ask the checksum database about a version and check its proof, or look at a project's go.sum",
        description="Ask the checksum database about a version and check its proof, step by step;\n"
        "or, with --project, look at a go.sum as a whole.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "target",
        metavar="PATH@VERSION",
        nargs="?",
        help="a module path and an exact version, or VERSION/go.mod",
    )
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    add_environment_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    output = Output()
    if (args.target is None) == (args.project is None):
        output.complain("write PATH@VERSION, or --project for the go.sum of a project; one of the two")
        return ExitCode.USAGE
    if args.project is not None:
        from probes.commands.sum_project import run as run_project

        return run_project(args, output)
    if args.ask or args.zip:
        option = "--ask" if args.ask else "--zip"
        output.complain(f"{option} goes with --project; for the zips of a version: modtrace sums --zip")
        return ExitCode.USAGE
    overlay = parse_overlay(args.set, output)
    target = _parsed(args.target, output)
    if overlay is None or target is None:
        return ExitCode.USAGE
    path, version = target
    from probes.net.limits import Limits
    from probes.sources.environment_reader import read_environment
    from probes.sums.proving import SumProof, prove

    environment = read_environment(overlay=overlay)
    proof, status = SumProof(), StatusLine()

    def emit(event: SumEvent) -> None:
        proof.apply(event)
        status.show(lambda: _under_way(proof))

    limits = Limits.patient(args.timeout)
    go_sum = _go_sum(environment, output)
    code = run_until_signal(lambda: prove(environment, path, version, emit, go_sum=go_sum, limits=limits))
    status.clear()
    if code is not None:
        return code
    from probes.commands.sum_report import report, to_json

    if args.json:
        output.write(json.dumps(to_json(proof), indent=2, ensure_ascii=True) + "\n")
    else:
        output.write(report(proof))
    return exit_code(proof)


def _parsed(text: str, output: Output) -> tuple[str, str] | None:
    """The path and the exact version; None after a complaint."""
    from probes.browse.quorum import refused_version
    from probes.golang import module
    from probes.golang.go_sum import GO_MOD_SUFFIX
    from probes.golang.redact import redact

    path, at, version = (redact(text) if "://" in text else text).partition("@")
    bare = version.removesuffix(GO_MOD_SUFFIX)
    refused = refused_version(path, bare) if at and bare else "no version"
    if refused is None:
        return path, version
    words = f"{refused}: write PATH@VERSION with an exact version, such as v1.2.3"
    if bare and at and module.canonical_version(bare) != bare:
        words += f"; modtrace trace {path}@{bare} says which one that is"
    output.complain(safe_text(words, limit=1000))
    return None


def _go_sum(environment: Environment, output: Output) -> GoSum | None:
    """The go.sum of the project around the working directory, where there is one that can be read."""
    from probes.project.loading import load_project

    project = load_project(environment)
    if project is None:
        return None
    if project.go_sum.malformed:
        output.note(
            safe_text(f"go.sum is left aside: {' '.join(project.go_sum.malformed.split())}", limit=300)
        )
        return None
    return project.go_sum


def _under_way(proof: SumProof) -> str:
    """Who is being asked for what."""
    asked = list(proof.trace.requests.values())
    return f"asking {asked[-1].started.url}" if asked and asked[-1].finished is None else ""


def exit_code(proof: SumProof) -> ExitCode:
    """What the verdict means for a script."""
    from probes.sums.proving import SumVerdict

    assert proof.finished is not None
    if proof.finished.verdict is SumVerdict.PROVED:
        return ExitCode.OK
    unasked = proof.finished.verdict in (SumVerdict.NOT_ASKED, SumVerdict.UNANSWERED)
    return ExitCode.UNKNOWN if unasked else ExitCode.FAILS
