"""`modtrace env`: what go would see, where each value comes from, what it hides, what is wrong with it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from probes.commands.exit_codes import ExitCode
from probes.commands.output import Output
from probes.diagnosis.about import as_shown
from probes.diagnosis.environment_lint import lint
from probes.diagnosis.findings import Finding, Level
from probes.diagnosis.nearest import nearest
from probes.golang.environment import VARIABLE, VARIABLES, Environment, Setting
from probes.golang.redact import redact
from probes.golang.safetext import safe_text
from probes.sources.environment_reader import (
    ASKED,
    Difference,
    GoAnswer,
    ask_go,
    compare_with_go,
    read_environment,
)

SCHEMA = "modtrace.env/1"

EXAMPLES = """\
examples:
  modtrace env                          every variable: value, origin, what it
                                        hides, what is wrong with it
  modtrace env GOPROXY GOPRIVATE        only these
  modtrace env --json                   one JSON object on stdout
  modtrace env --no-go                  without asking the go command for its
                                        own opinion
  GOPRIVATE='a.corp, b.corp' modtrace env GOPRIVATE
                                        check a value before it is used

The value is what `go env NAME` prints, and what go uses. Where it carries a
password, a user name or a token, it is shown with xxxxx in its place. For
variables that go reads only from its process, such as HTTPS_PROXY, it is the
process variable.

exit codes: 0 nothing wrong · 1 a finding of level error
            2 usage or an unreadable settings file · 3 modtrace itself failed
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Make `env` known."""
    parser = commands.add_parser(
        "env",
        help="show the settings that go would use, and what is wrong with them",
        description="Show what the go command would see: every variable that decides how modules are\n"
        "found, the layer its value comes from, the values it hides, and findings with\n"
        "their remedies.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="only these variables")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument(
        "--no-go",
        action="store_true",
        help="do not ask the go command for its own answer (it takes some 20 ms and opens no connection)",
    )
    parser.set_defaults(run=run)


@dataclass(frozen=True, slots=True)
class Inspection:
    """An environment with everything that is said about it."""

    environment: Environment
    names: tuple[str, ...]
    """The variables that were asked for; all of the table when none was named."""
    findings: tuple[Finding, ...]
    """Those that count; their places are counted in the values as they are shown."""
    answer: GoAnswer | None
    """go's own opinion; None without go, or when it was not asked."""
    differences: tuple[Difference, ...]

    def about(self, name: str | None) -> tuple[Finding, ...]:
        """The findings about one variable, or about none."""
        return tuple(finding for finding in self.findings if finding.variable == name)

    @property
    def unreadable(self) -> list[str]:
        """The settings files that exist and cannot be read, each with the reason."""
        return [f"{file.path}: {file.problem}" for file in self.environment.files if file.problem]


def run(args: argparse.Namespace) -> int:
    """Run the command; returns the exit code."""
    output = Output()
    unknown = [name for name in args.names if name not in VARIABLE]
    if unknown:
        output.complain(_unknown(unknown[0]))
        return ExitCode.USAGE
    inspection = inspect(read_environment(), args.names, ask=not args.no_go)
    if args.json:
        output.write(json.dumps(to_json(inspection), indent=2, ensure_ascii=True) + "\n")
    else:
        from probes.commands.env_report import report

        output.write(report(inspection))
    if inspection.unreadable:
        for problem in inspection.unreadable:
            output.complain(safe_text(f"cannot read {problem} (go says nothing and goes on without it)"))
        return ExitCode.USAGE
    failed = any(finding.level is Level.ERROR for finding in inspection.findings)
    return ExitCode.FAILS if failed else ExitCode.OK


def _unknown(name: str) -> str:
    known = nearest(name.upper(), VARIABLE, most=3)
    hint = f"did you mean {known}?" if known else "`modtrace env` lists those it knows"
    return f"env: no variable {safe_text(name, limit=80)!r}; {hint}"


def inspect(environment: Environment, names: Iterable[str] = (), *, ask: bool = True) -> Inspection:
    """Look at an environment; with ``ask`` the go on PATH is asked for its own answer.

    With ``names`` only the findings about these variables count.
    """
    chosen = tuple(dict.fromkeys(names))
    wanted = chosen or tuple(variable.name for variable in VARIABLES)
    answer = None
    if ask:
        asked = [name for name in wanted if name in ASKED]
        cwd = environment.facts.working_directory or None
        answer = ask_go(asked, environment.process, cwd) if asked else None
    differences = tuple(compare_with_go(environment, answer)) if answer is not None else ()
    findings = [*lint(environment), *_of_project(environment), *_opinions(environment, answer, differences)]
    if chosen:
        findings = [finding for finding in findings if finding.variable in chosen]
    shown = tuple(as_shown(environment, finding) for finding in findings)
    return Inspection(environment, wanted, shown, answer, differences)


def _of_project(environment: Environment) -> Iterable[Finding]:
    """What the settings cost the project around."""
    if environment.get("GOSUMDB") == "off" or environment.get("GONOSUMDB"):
        from probes.sums.counted import counted

        found = counted(environment)
        if found is not None:
            yield found


def _opinions(
    environment: Environment, answer: GoAnswer | None, differences: tuple[Difference, ...]
) -> Iterable[Finding]:
    """What go's own answer adds."""
    for difference in differences:
        shown = environment.setting(difference.name).show(difference.go).text
        yield Finding(
            id="go.differs",
            level=Level.WARNING,
            variable=difference.name,
            message=f"go env {difference.name} prints {shown or 'nothing'} here: modtrace is wrong about "
            "this go, or something changed between the two answers.",
            rule="cmd/go/internal/envcmd/env.go runEnv",
        )
    if answer is not None and answer.failure:
        yield Finding(
            id="go.fails",
            level=Level.ERROR,
            variable=None,
            message=redact(f"go env fails here: {answer.failure}"),
            rule="cmd/go/internal/envcmd/env.go runEnv",
        )


def to_json(inspection: Inspection) -> dict[str, Any]:
    """The inspection as one object of schema modtrace.env/1."""
    environment = inspection.environment
    return {
        "schema": SCHEMA,
        "variables": {
            name: _setting_json(environment.setting(name), inspection.about(name))
            for name in inspection.names
        },
        "findings": [finding.to_json() for finding in inspection.about(None)],
        "go": _go_json(inspection),
        "differences": [
            {
                "variable": difference.name,
                "modtrace": environment.setting(difference.name).show(difference.ours).text,
                "go": environment.setting(difference.name).show(difference.go).text,
            }
            for difference in inspection.differences
        ],
    }


def _setting_json(setting: Setting, findings: Iterable[Finding]) -> dict[str, Any]:
    return {
        "value": setting.shown.text,
        "source": setting.source.value,
        "where": setting.where,
        "shadowed": [
            {"value": setting.show(hidden.value).text, "source": hidden.source.value, "where": hidden.where}
            for hidden in setting.shadowed
        ],
        "findings": [finding.to_json() for finding in findings],
    }


def _go_json(inspection: Inspection) -> dict[str, Any] | None:
    """The go command that was found, and what it said of itself; null without one."""
    facts = inspection.environment.facts
    if facts.go_command is None:
        return None
    return {
        "command": facts.go_command,
        "version": facts.go_version,
        "goroot": inspection.environment.goroot,
        "asked": inspection.answer is not None,
        "failure": None if inspection.answer is None else inspection.answer.failure,
    }
