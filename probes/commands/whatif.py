"""`modtrace whatif`: what other settings would change for one module, side by side. Changes nothing."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from probes.commands.exit_codes import OUTCOME_CODES, ExitCode
from probes.commands.output import Output
from probes.commands.place import add_place_options, read_place
from probes.commands.setting_options import add_setting_options, preset_list, wanted
from probes.commands.trace import add_environment_options, add_run_option, parse_target, run_until_signal

if TYPE_CHECKING:
    from probes.golang.environment import Environment
    from probes.project.project import Project
    from probes.settings.whatif import Comparison, Learner
    from probes.trace.fold import Trace

SCHEMA = "modtrace.whatif/1"

EXAMPLES = """\
examples:
  modtrace whatif --presets             settings that belong together, and who
                                        stands behind
  modtrace whatif rsc.io/quote --preset goproxy.cn
                                        another route: who is asked, who learns
                                        the path
  modtrace whatif rsc.io/quote --set 'GOPROXY=https://goproxy.cn|direct' --trace
                                        the same with real answers, before and
                                        after
  modtrace whatif corp.example/lib --set GOPRIVATE=corp.example --lines fish
                                        and the lines that would make it real
  modtrace whatif corp.example/lib --preset corporate-off \\
      --fill corporate=goproxy.corp.example --fill private=corp.example

Nothing is written and, without --trace, nobody is asked. --set NAME= and
--unset NAME take a process variable away. `modtrace apply` takes the same
options and writes.

exit codes: 0 go would succeed · 1 go would fail, or the new settings have a
            finding of level error · 2 usage or unreadable setting
            3 could not tell · 130 interrupted · 143 terminated
            Without --trace 0 means: nothing is known that speaks against it.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `whatif` known."""
    parser = commands.add_parser(
        "whatif",
        help="what other settings would change, side by side",
        description="Plan the route of PATH@QUERY with the settings as they are and with others.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", metavar="PATH[@QUERY]", nargs="?", help="a module path")
    add_setting_options(parser, unset_help="as if the process did not have this variable (repeatable)")
    parser.add_argument("--presets", action="store_true", help="list the presets")
    parser.add_argument("--trace", action="store_true", help="really trace both, the real settings first")
    parser.add_argument("--lines", metavar="FORM", help="the lines that make it real: sh, fish, github, …")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    add_environment_options(parser)
    add_place_options(parser)
    add_run_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    output = Output()
    if args.presets:
        output.write(preset_list())
        return ExitCode.OK
    path, query = parse_target(args.target or "")
    asked = wanted(args, output)
    if asked is None:
        return ExitCode.USAGE
    if not path or not asked.changes:
        missing = "no module path: write PATH[@QUERY]" if not path else "nothing to change: --set or --preset"
        output.complain(f"whatif: {missing}, for example rsc.io/quote --preset goproxy.cn")
        return ExitCode.USAGE
    form = _form(args.lines, output)
    if form is None:
        return ExitCode.USAGE
    from probes.settings.lines import snippet
    from probes.settings.whatif import compare

    overlay = {name: value or "" for name, value in asked.changes.items()}
    place, tried = read_place(args, {}, output), read_place(args, overlay, output)
    if place is None or tried is None:
        return ExitCode.USAGE
    real, unreal = place[0], tried[0]
    comparison = compare(real, unreal, path, query)
    traces: list[Trace] = []
    if args.trace:
        places = place, tried
        code = run_until_signal(
            lambda: _trace_both(places, comparison, args.timeout, traces, runs=args.run_programs)
        )
        if code is not None:
            return code
    made = snippet(asked.changes, form) if form else None
    if args.json:
        said = to_json(comparison, traces, list(made.lines) if made else None)
        output.write(json.dumps(said, indent=2, ensure_ascii=True) + "\n")
    else:
        from probes.commands.whatif_report import report

        output.write(report(comparison, traces, asked.preset, made))
    return _exit_code(unreal, comparison, traces)


def _form(name: str | None, output: Output) -> Any:
    """The form of the lines; "" when none are wanted, None after a complaint."""
    if name is None:
        return ""
    from probes.settings.lines import Form

    if name in set(Form):
        return Form(name)
    output.complain(f"--lines: one of {', '.join(Form)}")
    return None


async def _trace_both(
    places: Iterable[tuple[Environment, Project | None]],
    comparison: Comparison,
    seconds: float,
    traces: list[Trace],
    *,
    runs: bool,
) -> None:
    """One after the other, so that neither slows the other down."""
    from probes.diagnosis.traced import traced
    from probes.net.limits import Limits
    from probes.trace.fold import Trace

    limits = Limits.patient(seconds)
    for environment, project in places:
        trace = Trace()
        traces.append(trace)
        await traced(
            environment, comparison.path, comparison.query, trace.apply, limits=limits, project=project,
            run=runs,
        )  # fmt: skip


def _exit_code(unreal: Environment, comparison: Comparison, traces: list[Trace]) -> ExitCode:
    if traces:
        finished = traces[1].finished
        assert finished is not None
        return OUTCOME_CODES[finished.outcome]
    from probes.diagnosis.environment_lint import lint
    from probes.diagnosis.findings import Level

    wrong = any(finding.level is Level.ERROR for finding in lint(unreal))
    return ExitCode.FAILS if wrong or comparison.after.error is not None else ExitCode.OK


# -- the JSON edge ------------------------------------------------------------------------------------------


def to_json(comparison: Comparison, traces: list[Trace], lines: list[str] | None) -> dict[str, Any]:
    """The comparison as one object of schema modtrace.whatif/1; secrets masked."""
    return {
        "schema": SCHEMA,
        "path": comparison.path,
        "query": comparison.query,
        "same": comparison.is_same,
        "settings": [
            {
                "name": change.name,
                "before": change.before,
                "after": change.after,
                "source_before": change.source_before,
                "source_after": change.source_after,
            }
            for change in comparison.settings
        ],
        "hops": [
            {
                "fate": row.fate.value,
                "before": _hop_json(row.before, row.access_before),
                "after": _hop_json(row.after, row.access_after),
                "separator_changed": row.separator_changed,
                "credentials_changed": row.credentials_changed,
                "access_changed": row.access_changed,
            }
            for row in comparison.hops
        ],
        "routes": [_route_json(comparison, side) for side in ("before", "after")],
        "newly_learns": [_learner_json(learner) for learner in comparison.newly_learns],
        "no_longer_learns": [_learner_json(learner) for learner in comparison.no_longer_learns],
        "gained": [finding.to_json() for finding in comparison.gained],
        "lost": [finding.to_json() for finding in comparison.lost],
        "traces": [trace.to_json() for trace in traces] or None,
        "lines": lines,
    }


def _hop_json(hop: Any, access: Any) -> dict[str, Any] | None:
    if hop is None:
        return None
    return {
        "hop": hop.index,
        "kind": hop.kind.value,
        "spec": hop.spec,
        "separator": hop.separator.value,
        "access": access.value,
    }


def _route_json(comparison: Comparison, side: str) -> dict[str, Any]:
    view = (comparison.before if side == "before" else comparison.after).view()
    return {
        "goproxy": view.goproxy,
        "dead": list(view.dead),
        "error": view.error,
        "private_pattern": view.private_pattern,
        "checksum": view.checksum,
    }


def _learner_json(learner: Learner) -> dict[str, Any]:
    return {"host": learner.host, "role": learner.role.value, "surely": learner.surely}
