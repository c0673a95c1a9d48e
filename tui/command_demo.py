"""`modtrace demo [WORLD]`: the app in a world of its own; without a terminal the world's report."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from probes.commands.exit_codes import OUTCOME_CODES, ExitCode
from probes.commands.output import Output
from probes.commands.trace import add_environment_options, parse_overlay, run_until_signal
from tui.opening import add_app_options, has_terminal, open_app
from tui.plain_option import add_plain_option, wants_plain

if TYPE_CHECKING:
    from probes.demo.worlds import WorldPlan
    from tui.app import ModtraceApp

TIMEOUT_S = 10.0
"""How long a proxy that hangs is waited for: long enough to be felt, and no lesson is a minute long."""

EXAMPLES = """\
examples:
  modtrace demo                       the first world; W goes to another one, f
                                      breaks a proxy
  modtrace demo comma-stops-on-502    a certain world
  modtrace demo --list                all worlds
  modtrace demo --tour                five minutes on how go falls back, with
                                      captions; . pauses
  modtrace demo --tour --plain        the same as text, to be read aloud
  modtrace demo healthy --fault 1=502
                                      its first proxy answers 502; f changes
                                      that while it runs
  modtrace demo healthy --fault 1=404 --fault 2=slow | less
  modtrace demo portal | less         without a terminal: what would go say
                                      there, and why
  modtrace demo off-masks-404 --set GOPROXY=off
                                      the same world with another setting

A world is a small chain of module proxies on loopback, started for as long as
the demo runs. It needs no network, no Go and no root, reads none of your
settings and writes nothing but the files you fetch, what you copy and the
theme you choose.

faults: honest, 404, 410, 403, 502, timeout, reset, bad-tls, portal, bad-zip,
        slow

exit codes, without a terminal: 0 go would succeed · 1 go would fail · 2 usage
            3 could not tell
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `demo` known."""
    parser = commands.add_parser(
        "demo",
        help="open a world that needs no network and no Go",
        description="Open the app on a small chain of module proxies that breaks on purpose.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("world", metavar="WORLD", nargs="?", help="the world to open; see --list")
    parser.add_argument("--list", action="store_true", help="list the worlds and exit")
    parser.add_argument("--tour", action="store_true", help="begin the tour; T does so in the app")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NUMBER=FAULT",
        help="break a proxy of the world, counted from 1: 1=502 (repeatable); the faults are named below",
    )
    add_environment_options(parser, timeout=TIMEOUT_S)
    add_app_options(parser)
    add_plain_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from probes.demo.worlds import WORLDS, names, world_plan

    output = Output()
    if args.list:
        width = max(len(name) for name in names())
        output.write("".join(f"{plan.name:<{width}}  {plan.title}\n" for plan in WORLDS))
        return ExitCode.OK
    overlay = parse_overlay(args.set, output)
    if overlay is None:
        return ExitCode.USAGE
    name = args.world or WORLDS[0].name
    if name not in names():
        output.complain(_unknown(name))
        return ExitCode.USAGE
    if args.tour and (args.world or args.fault or args.set):
        output.complain("demo: the tour brings its own worlds, faults and settings: give --tour alone")
        return ExitCode.USAGE
    if args.tour and (args.plain or not has_terminal()):
        from tui.tour_text import print_tour

        return print_tour(args, output)
    return _open(world_plan(name), overlay, args, output)


def _open(plan: WorldPlan, overlay: Mapping[str, str], args: argparse.Namespace, output: Output) -> int:
    """The world, in whatever way it is wanted."""
    from probes.demo.faults import UnknownFault, parse_faults
    from probes.golang.safetext import safe_text
    from tui.stage import DemoWorld

    try:
        faults = parse_faults(args.fault, len(plan.places))
    except UnknownFault as error:
        output.complain(f"demo: {safe_text(str(error), limit=400)}")
        return ExitCode.USAGE

    def make_stage(plan: WorldPlan) -> DemoWorld:
        return DemoWorld(plan, overlay)

    stage = DemoWorld(plan, overlay, faults)
    if wants_plain(args):
        from tui.plain_mode import PlainMode

        return PlainMode(stage, args, plan=plan, make_stage=make_stage).run((plan.path, plan.query))
    if has_terminal() and not args.plain:
        begin = _begin_tour if args.tour else None
        target = (plan.path, plan.query)
        return open_app(stage, args, target=target, plan=plan, make_stage=make_stage, begin=begin)
    try:
        return _report(stage, args, output)
    finally:
        stage.close()


def _begin_tour(app: ModtraceApp) -> None:
    """The caption stands among the parts of the workbench, so that comes first."""
    app.call_after_refresh(app.action_tour)


def _unknown(name: str) -> str:
    from probes.demo.worlds import names
    from probes.diagnosis.nearest import nearest
    from probes.golang.safetext import safe_text

    close = nearest(name, names(), most=max(2, len(name) // 2))
    hint = f"did you mean {close}? " if close is not None else ""
    return f"demo: no world {safe_text(name, limit=80)!r}; {hint}the worlds are {', '.join(names())}"


def _report(stage: object, args: argparse.Namespace, output: Output) -> int:
    """Trace without a screen and print the report."""
    from probes.commands.plain import report
    from probes.diagnosis.traced import traced
    from probes.net.limits import Limits
    from probes.trace.fold import Trace
    from tui.stage import DemoWorld

    assert isinstance(stage, DemoWorld)
    scene, trace = stage.read(), Trace()
    plan, limits = stage.plan, Limits.patient(args.timeout)
    code = run_until_signal(
        lambda: traced(
            scene.environment, plan.path, plan.query, trace.apply, limits=limits,
            project=scene.project, warm=scene.warm,
        )
    )
    if code is not None:
        return code
    output.write(report(trace))
    assert trace.finished is not None
    return OUTCOME_CODES[trace.finished.outcome]
