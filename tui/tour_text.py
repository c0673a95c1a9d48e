"""`modtrace demo --tour` without a screen: the captions, each with the report of what they speak of.

Made to be read aloud: no symbols that carry meaning alone, one thing after the other.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from typing import TYPE_CHECKING

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output

if TYPE_CHECKING:
    from probes.demo.tour import Step
    from probes.trace.fold import Trace
    from tui.stage import DemoWorld

MOST_S = 2.0
"""How long a proxy that hangs is waited for, where nobody watches it hang."""


def print_tour(args: argparse.Namespace, output: Output) -> int:
    """Every step; returns the exit code, which is that of a signal when one came."""
    from probes.demo.tour import steps
    from tui.drawing.tour_lines import TourView, caption_text

    every = steps()
    is_read = sys.stdout is not None and sys.stdout.isatty()
    width = shutil.get_terminal_size().columns - 1 if is_read else None
    for at in range(len(every)):
        output.write(caption_text(TourView(every, at, playing=False), width))
        code = _print_step(every[at], args, output)
        if code is not None:
            return code
    output.write("The end of the tour. `modtrace demo` opens the same worlds in the app.\n")
    return ExitCode.OK


def _print_step(step: Step, args: argparse.Namespace, output: Output) -> int | None:
    from probes.commands.plain import report
    from probes.commands.trace import run_until_signal
    from probes.diagnosis.traced import traced
    from probes.net.limits import Limits
    from probes.trace.fold import Trace
    from tui.stage import DemoWorld

    trace = Trace()
    seconds = min(args.timeout, MOST_S)
    stage = DemoWorld(step.plan, {})
    try:
        stage.arrange(step.goproxy, step.broken, step.settings)
        environment = stage.read().environment
        limits = Limits(answer_s=seconds, stall_s=seconds)
        target = (step.plan.path, step.plan.query)
        code = run_until_signal(lambda: traced(environment, *target, trace.apply, limits=limits))
        if code is not None:
            return code
        output.write(f"\nGOPROXY={environment.get('GOPROXY')}\n")
        output.write("".join(f"{name}={value}\n" for name, value in step.settings.items()))
        output.write(f"{report(trace)}{_beside(stage, trace)}\n")
    finally:
        stage.close()
    return None


def _beside(stage: DemoWorld, trace: Trace) -> str:
    """What the real go says, in a line; "" without one."""
    from probes.demo.go_answer import compare
    from probes.golang.safetext import safe_text

    run = stage.go_run(stage.read().environment, trace)
    answer = None if run is None else run()
    return "" if answer is None else safe_text(compare(trace, answer).sentence, limit=400) + ".\n"
