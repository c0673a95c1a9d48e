"""`modtrace [PATH[@QUERY]]`: the app on this machine's settings; without a terminal the plain report.

The parser's name, `open`, is hidden: tui.launch puts it in front of whatever names no other command.
"""

from __future__ import annotations

import argparse

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output
from probes.commands.saving import add_session_option
from probes.commands.trace import add_environment_options, parse_overlay, parse_target
from tui.opening import add_app_options, has_terminal, open_app
from tui.plain_option import add_plain_option, wants_plain

EXAMPLES = """\
examples:
  modtrace                                    open the app
  modtrace github.com/pkg/errors              open the app and trace the latest version
  modtrace 'golang.org/x/text@<v0.14.0'       a version query
  modtrace rsc.io/quote --set GOPROXY=https://goproxy.io,direct
                                              with another setting, for this run only
  modtrace --resume                           the line dropped: go on where that was
  modtrace rsc.io/quote --plain               line by line, for a screen reader
  modtrace rsc.io/quote | less                without a terminal: the plain report

The app keeps what a trace said in ~/.local/state/modtrace/sessions, for `modtrace replay` and `modtrace
report`: files of your own, without secrets. --no-session or MODTRACE_NO_SESSION=1 keeps nothing.

Other commands: modtrace --help
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make the hidden command known."""
    parser = commands.add_parser(
        "open",
        prog="modtrace",
        description="Open the app: settings, decision tree and module browser.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "target", metavar="PATH[@QUERY]", nargs="?", help="trace this; QUERY is latest if left out"
    )
    parser.add_argument(
        "--resume",
        metavar="FILE",
        nargs="?",
        const="",
        help="go on with the last session that was cut off, or with this one",
    )
    add_session_option(parser)
    add_environment_options(parser)
    add_app_options(parser)
    add_plain_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    output = Output()
    overlay = parse_overlay(args.set, output)
    if overlay is None:
        return ExitCode.USAGE
    if args.target is not None and not parse_target(args.target)[0]:
        output.complain("no module path: write PATH[@QUERY], for example rsc.io/quote@latest")
        return ExitCode.USAGE
    if args.resume is not None:
        if args.target is not None:
            output.complain("--resume: the session says what to trace; leave PATH out")
            return ExitCode.USAGE
        from tui.resuming import resume

        return resume(args, overlay, output)
    talks = wants_plain(args)
    if not talks and (args.plain or not has_terminal()):
        return _report(args, overlay, output)
    from tui.stage import ThisMachine

    target = None if args.target is None else parse_target(args.target)
    if talks:
        from tui.plain_mode import PlainMode

        return PlainMode(ThisMachine(overlay), args).run(target)
    return open_app(ThisMachine(overlay), args, target=target, saves=not args.no_session)


def _report(args: argparse.Namespace, overlay: dict[str, str], output: Output) -> int:
    """The plain report: of the trace, or without a path of the settings."""
    if args.target is not None:
        from probes.commands import trace

        return trace.run(argparse.Namespace(**vars(args) | trace.PLAIN))
    from probes.commands import env

    if not overlay:
        return env.run(argparse.Namespace(names=[], json=False, no_go=False))
    from probes.commands.env_report import report
    from probes.diagnosis.findings import Level
    from probes.sources.environment_reader import read_environment

    inspection = env.inspect(read_environment(overlay=overlay), ask=False)
    output.write(report(inspection))
    failed = any(finding.level is Level.ERROR for finding in inspection.findings)
    return ExitCode.FAILS if failed else ExitCode.OK
