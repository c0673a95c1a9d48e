"""`modtrace trace`: one trace without a screen."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable

from probes.commands.exit_codes import OUTCOME_CODES, ExitCode
from probes.commands.output import Output
from probes.commands.place import add_place_options, read_place
from probes.commands.saving import Saving, add_session_option
from probes.golang.redact import redact
from probes.golang.safetext import safe_text
from probes.trace.events import Event, event_to_json
from probes.trace.fold import Trace

EXAMPLES = """\
examples:
  modtrace trace github.com/pkg/errors            how go would fetch the latest
  modtrace trace golang.org/x/text@v0.14.0        an exact version
  modtrace trace github.com/pkg/errors@v0 --json  one JSON object on stdout
  modtrace trace gopkg.in/yaml.v3 --events        every step, as JSON lines
  GOPROXY='https://goproxy.cn|direct' modtrace trace rsc.io/quote
                                                  try a setting, change nothing
  modtrace trace rsc.io/quote --set GOPROXY=https://goproxy.io,direct
                                                  the same
  modtrace trace --as get golang.org/x/text/cases
                                                  which module has this package
  modtrace trace -C ~/src/shop rsc.io/quote@upgrade
                                                  from what shop requires
  modtrace trace rsc.io/quote@v1.5.2 --warm       what the module cache spares
  modtrace trace --as build                       what stops go build, offline
  modtrace trace corp.example/lib --run           a private module: git may run

The trace asks what `go mod download -json PATH@QUERY` asks in this folder,
with the go.mod or go.work around it and its go.sum, but with an empty module
cache; --warm lets the cache answer what it has. With --no-project it is as
outside of any module. It writes nothing into the cache or the project, and
changes no setting.

With --as get it also searches as `go get PATH@QUERY` does in a project that
requires nothing yet: every prefix of the path may be the module. Both verdicts
stand beside each other, and the exit code is that of go get.
With --as build nobody is asked anything: it tells what stops `go build ./...`
(or of the packages that are named) without a network, and what comes next.

Where go would start git, ssh or a GOAUTH command, it is told what would be
run, and the outcome is unknown; --run starts them.

exit codes: 0 go would succeed · 1 go would fail · 2 usage, unreadable setting
            3 could not tell · 130 interrupted · 143 terminated · 129 hung up
"""


PLAIN = {
    "json": False, "events": False, "plain": True, "as_command": "download",
    "packages": [], "place": None, "no_project": False, "warm": False, "run_programs": False,
}  # fmt: skip
"""What other commands trace with, that print a report: the options of this one as they are without a word."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `trace` known."""
    parser = commands.add_parser(
        "trace",
        help="trace how go would fetch one module",
        description="Trace how the go command finds and downloads PATH@QUERY, hop by hop.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "target", metavar="PATH[@QUERY]", nargs="?", default="",
        help="a module path; QUERY is latest if left out",
    )  # fmt: skip
    parser.add_argument(
        "packages", metavar="PACKAGE", nargs="*", help="with --as build: more import paths, folders or ./..."
    )
    parser.add_argument(
        "--as",
        dest="as_command",
        choices=("download", "get", "build"),
        default="download",
        help="as `go mod download` (the default), as `go get` for a package or a module, or as `go build`",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object on stdout at the end")
    form.add_argument("--events", action="store_true", help="the event stream on stdout, JSON lines")
    form.add_argument("--plain", action="store_true", help="the report as plain text (the default)")
    add_environment_options(parser)
    add_place_options(parser)
    parser.add_argument(
        "--warm",
        action="store_true",
        help="let the module cache answer what it has; without, it counts as empty",
    )
    add_run_option(parser)
    add_session_option(parser)
    parser.set_defaults(run=run)


def add_run_option(parser: argparse.ArgumentParser) -> None:
    """The user's word that programs may be started."""
    parser.add_argument(
        "--run",
        dest="run_programs",
        action="store_true",
        help="start the programs that go would start: git, ssh, a GOAUTH command; else they are only told of",
    )


def add_set_option(parser: argparse.ArgumentParser) -> None:
    """Settings for this run only; parse_overlay reads them."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="use this value instead of the environment's, for this run only (repeatable)",
    )


def add_environment_options(parser: argparse.ArgumentParser, *, timeout: float = 60.0) -> None:
    """The options that every tracing command has."""
    add_set_option(parser)
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=timeout,
        metavar="SECONDS",
        help="how long to wait for an answer, or a program, where go would wait for ever "
        f"(default {timeout:.0f}{'; a program 120' if timeout == 60 else ''})",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def parse_target(text: str) -> tuple[str, str]:
    """PATH[@QUERY] taken apart; the query is "latest" when there is no @.

    A URL that was pasted with a user in it is no module path, and go says so; the user is masked here, for
    what is traced is shown, saved and remembered.
    """
    if "://" in text:
        text = redact(text)
    path, at, query = text.partition("@")
    return path, query if at else "latest"


def parse_overlay(pairs: list[str], output: Output, *, any_name: bool = False) -> dict[str, str] | None:
    """The --set options; None after a complaint about one that is not NAME=VALUE, or whose name is misspelt.

    A misspelt one is not passed over: what was to keep a path away from a proxy would not.
    """
    found = named_values(
        pairs, lambda pair: f"--set {pair!r}: write NAME=VALUE, for example --set GOPROXY=direct", output
    )
    if not found or any_name:
        return found
    from probes.diagnosis.lint_names import misspelt

    for name in found:
        if (known := misspelt(name)) is not None:
            output.complain(f"--set {safe_text(name)}: go knows no such variable; did you mean {known}?")
            return None
    return found


def named_values(
    pairs: list[str], complaint: Callable[[str], str], output: Output
) -> dict[str, str] | None:
    """NAME=VALUE taken apart; None after the complaint about one that is not."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            output.complain(complaint(pair))
            return None
        found[name] = value
    return found


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    output = Output()
    if args.as_command == "build":
        return _as_build(args, output)
    if args.packages:
        output.complain(f"{safe_text(args.packages[0], limit=200)}: one module at a time, but for --as build")
        return ExitCode.USAGE
    path, query = parse_target(args.target)
    if not path:
        output.complain("no module path: write PATH[@QUERY], for example rsc.io/quote@latest")
        return ExitCode.USAGE
    overlay = parse_overlay(args.set, output)
    if overlay is None:
        return ExitCode.USAGE
    from probes.diagnosis.environment_lint import lint_as_shown
    from probes.net.limits import Limits

    place = read_place(args, overlay, output)
    if place is None:
        return ExitCode.USAGE
    environment, project = place
    findings = lint_as_shown(environment)
    limits = Limits.patient(args.timeout)
    trace, saving = Trace(), Saving("trace", args)

    def emit(event: Event) -> None:
        trace.apply(event)
        saving.emit(event)
        if args.events:
            import json

            output.write(json.dumps(event_to_json(event), ensure_ascii=True) + "\n")

    from probes.diagnosis.traced import traced
    from probes.sources.remembered import Memory

    as_get = args.as_command == "get"
    memory = Memory() if as_get else None

    async def ask() -> None:
        await traced(
            environment, path, query, emit, limits=limits, findings=findings, memory=memory,
            project=project, warm=args.warm, run=args.run_programs,
        )  # fmt: skip
        if as_get:
            from probes.trace.getting import search

            await search(
                environment, args.target, emit, limits=limits, memory=memory, run=args.run_programs
            )

    code = run_until_signal(ask)
    saving.end(code, output)
    if code is not None:
        return code
    if not args.events:
        output.write(_as_json(trace) if args.json else _written(trace))
    finished = trace.get.finished if as_get else trace.finished
    assert finished is not None
    return OUTCOME_CODES[finished.outcome]


def _as_build(args: argparse.Namespace, output: Output) -> int:
    overlay = parse_overlay(args.set, output, any_name=True)
    if overlay is None:
        return ExitCode.USAGE
    from probes.commands.build import run_build

    return run_build(args, [one for one in (args.target, *args.packages) if one], overlay, output)


def _as_json(trace: Trace) -> str:
    import json

    return json.dumps(trace.to_json(), indent=2, ensure_ascii=True) + "\n"


def _written(trace: Trace) -> str:
    """The report as plain text."""
    if trace.get.started is None:
        from probes.commands.plain import report

        return report(trace)
    from probes.commands.get_report import both

    return both(trace)


def run_until_signal(make: Callable[[], object]) -> int | None:
    """Run a coroutine; on INT, TERM or HUP cancel it and return the exit code for that signal."""
    caught: list[int] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(make())  # type: ignore[call-overload]

        def stop(number: int) -> None:
            caught.append(number)
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop, number)
        try:
            await task
        except asyncio.CancelledError:
            if not caught:
                raise

    asyncio.run(main())
    if not caught:
        return None
    sys.stderr.write(f"modtrace: stopped by {signal.Signals(caught[0]).name}\n")
    return 128 + caught[0]
