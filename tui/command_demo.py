"""`modtrace demo [WORLD]`: the app in a world of its own; without a terminal the world's report."""

from __future__ import annotations

import argparse

from probes.commands.exit_codes import OUTCOME_CODES, ExitCode
from probes.commands.output import Output
from probes.commands.trace import add_environment_options, parse_overlay, run_until_signal
from tui.opening import add_app_options, has_terminal, open_app

EXAMPLES = """\
examples:
  modtrace demo                       the first world; w goes to another one
  modtrace demo comma-stops-on-502    a certain world
  modtrace demo --list                all worlds
  modtrace demo portal | less         without a terminal: what would go say there, and why
  modtrace demo off-masks-404 --set GOPROXY=off
                                      the same world with another setting

A world is a small chain of module proxies on loopback, started for as long as the demo runs. It needs no
network, no Go and no root, reads none of your settings and writes nothing but the files you fetch.

exit codes, without a terminal: 0 go would succeed · 1 go would fail · 2 usage · 3 could not tell
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
    add_environment_options(parser)
    add_app_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    from probes.demo.worlds import WORLDS, WorldPlan, names, world_plan

    output = Output()
    width = max(len(name) for name in names())
    if args.list:
        output.write("".join(f"{plan.name:<{width}}  {plan.title}\n" for plan in WORLDS))
        return ExitCode.OK
    overlay = parse_overlay(args.set, output)
    if overlay is None:
        return ExitCode.USAGE
    name = args.world or WORLDS[0].name
    if name not in names():
        output.complain(_unknown(name))
        return ExitCode.USAGE
    from tui.stage import DemoWorld

    plan = world_plan(name)

    def make_stage(plan: WorldPlan) -> DemoWorld:
        return DemoWorld(plan, overlay)

    stage = make_stage(plan)
    if has_terminal():
        return open_app(stage, args, target=(plan.path, plan.query), plan=plan, make_stage=make_stage)
    try:
        return _report(stage, args, output)
    finally:
        stage.close()


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
    plan, limits = stage.plan, Limits(answer_s=args.timeout, stall_s=args.timeout)
    code = run_until_signal(
        lambda: traced(scene.environment, plan.path, plan.query, trace.apply, limits=limits)
    )
    if code is not None:
        return code
    output.write(report(trace))
    assert trace.finished is not None
    return OUTCOME_CODES[trace.finished.outcome]
