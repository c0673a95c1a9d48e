"""Pasted settings judged by the lint of real environments, each fault at its column of the pasted line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from probes.diagnosis.catalogue import Shell
from probes.diagnosis.catalogue_shells import quoted_for
from probes.diagnosis.environment_lint import lint
from probes.diagnosis.findings import Finding, Level
from probes.diagnosis.godebug_names import complaint
from probes.diagnosis.lint_names import KNOWN, meant
from probes.diagnosis.pasted import read
from probes.diagnosis.pasted_lines import Assignment, Form, Slip
from probes.golang.environment import Environment, layer_environment
from probes.golang.redact import redact, redacted, words_of_commands
from probes.golang.variables import KNOWN_ENV, VARIABLE

MOST = 100
"""Assignments, and mistakes, of one text that are looked at."""
LONGEST_VALUE = 600
"""Characters of a value; what is longer is no setting that somebody wrote."""

_RULES = (
    ("pattern.", "R16"), ("gonoproxy.", "R16"), ("gosumdb.off", "R04"), ("go111module.", "R06"),
    ("goflags.mod-vendor", "R06"), ("godebug.no-network", "R06"), ("govcs.", "R21"), ("http-proxy.", "R19"),
    ("no-proxy.", "R19"),
)  # fmt: skip

_OF_THIS_MACHINE = (
    "GOPATH",
    "GOMODCACHE",
    "GOROOT",
    "GOWORK",
    "GOENV",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NETRC",
)
"""Folders: whether they are right, only the machine knows."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One place of a pasted line that does not do what it seems to."""

    id: str
    level: Level
    rule: str
    """The row of the catalogue."""
    variable: str
    message: str
    line: int
    column: int
    """From 1, in characters of the line."""
    length: int
    source: str
    """The line as pasted, secrets masked."""
    better: str
    """What to write instead, "" when that cannot be told."""
    reference: str

    def to_json(self) -> dict[str, Any]:
        """The mistake as one JSON object."""
        return {
            "id": self.id,
            "level": self.level.value,
            "rule": self.rule,
            "variable": self.variable,
            "message": self.message,
            "line": self.line,
            "column": self.column,
            "length": self.length,
            "source": self.source,
            "better": self.better,
            "reference": self.reference,
        }


def mistakes(text: str) -> list[Mistake]:
    """What is wrong with the settings of a text, from its beginning to its end."""
    assignments, slips = read(text)
    found = [_of_slip(slip) for slip in slips[:MOST]]
    broken = {(slip.line, slip.name) for slip in slips}
    earlier: dict[str, str] = {}
    for assignment in assignments[:MOST]:
        is_broken = (assignment.line, assignment.name) in broken
        if len(found) < MOST and not is_broken and not assignment.expands:
            found += _of_assignment(assignment, earlier)
            if assignment.name in VARIABLE:
                earlier[assignment.name] = assignment.value
    return sorted(dict.fromkeys(found), key=lambda mistake: (mistake.line, mistake.column))


def _of_slip(slip: Slip) -> Mistake:
    better = set_by(slip.form, slip.name, slip.meant) if slip.meant and slip.name else ""
    reference = "cmd/go/internal/envcmd/env.go runEnvW" if slip.form is Form.GO_ENV else ""
    return _mistake(
        slip.id, Level.ERROR if slip.is_error else Level.WARNING, slip.name, slip.message, slip.line,
        slip.source, slip.start, slip.end, better, reference,
    )  # fmt: skip


def _of_assignment(assignment: Assignment, earlier: dict[str, str]) -> Iterator[Mistake]:
    name = assignment.name
    if name not in VARIABLE:
        yield from _unknown_name(assignment)
        return
    if name in _OF_THIS_MACHINE or not 0 < len(assignment.value) <= LONGEST_VALUE:
        return
    if name == "GODEBUG":
        yield from _godebug(assignment)
    environment = _environment({**earlier, name: assignment.value})
    for finding in lint(environment):
        if finding.variable == name and not finding.id.startswith("layer."):
            yield _of_finding(assignment, finding)


def _environment(process: dict[str, str]) -> Environment:
    return layer_environment({"HOME": "/home/you", **process}, None, None)


def _of_finding(assignment: Assignment, finding: Finding) -> Mistake:
    position = finding.position or 0
    length = finding.length if finding.length is not None else len(assignment.value)
    last = len(assignment.places) - 1
    start = assignment.places[min(position, last)]
    end = assignment.places[min(position + max(length, 1), last)]
    if finding.position is None:
        start, end = assignment.start, assignment.start + len(assignment.name)
    return _mistake(
        finding.id, finding.level, assignment.name, finding.message, assignment.line, assignment.source,
        start, max(end, start + 1), _better(assignment, finding), finding.rule,
    )  # fmt: skip


def _better(assignment: Assignment, finding: Finding) -> str:
    """The finding's remedy in the words of the pasted line."""
    for remedy in finding.remedy[:1]:
        match = re.match(r"(?:export|go env -w) (?P<name>\w+)=(?P<value>.*)$", remedy, re.DOTALL)
        if match is None:
            return remedy
        try:
            value = "".join(shlex.split(match["value"])[:1])
        except ValueError:
            return ""
        return set_by(assignment.form, match["name"], value)
    return ""


def set_by(form: Form, name: str, value: str) -> str:
    """A line of a form that gives a variable a value."""
    if form is Form.GO_ENV and name not in KNOWN_ENV:
        form = Form.EXPORT
    match form:
        case Form.GO_ENV:
            return f"go env -w {name}={quoted_for(Shell.POSIX, value)}"
        case Form.FISH:
            return f"set -gx {name} {quoted_for(Shell.FISH, value)}"
        case Form.CSH:
            return f"setenv {name} {quoted_for(Shell.POSIX, value)}"
        case Form.CMD:
            return f'set "{name}={value}"'
        case Form.SETX:
            return f'setx {name} "{value}"'
        case Form.POWERSHELL:
            quoted = value.replace("'", "''")
            return f"$env:{name} = '{quoted}'"
        case Form.DOCKERFILE:
            return f"ENV {name}={value}" if re.fullmatch(r"[^\s\"'\\$]+", value) else f'ENV {name}="{value}"'
        case Form.YAML:
            return f'{name}: "{value}"'
        case Form.ASSIGN:
            return f"{name}={quoted_for(Shell.POSIX, value)}"
        case _:
            return f"export {name}={quoted_for(Shell.POSIX, value)}"


def _unknown_name(assignment: Assignment) -> Iterator[Mistake]:
    """A variable that go does not read, close to one that it does."""
    target = meant(assignment.name)
    windows = assignment.form in (Form.CMD, Form.SETX, Form.POWERSHELL)
    if target is None or assignment.name in KNOWN_ENV or (windows and assignment.name.upper() == target):
        return
    message = f"go does not know {assignment.name} and never reads it. Did you mean {target}?"
    better = "" if target == "GONOSUMDB" else set_by(assignment.form, target, assignment.value)
    yield _mistake(
        "variable.unknown", Level.ERROR, assignment.name, message, assignment.line, assignment.source,
        assignment.start, assignment.start + len(assignment.name), better, KNOWN,
    )  # fmt: skip


def _godebug(assignment: Assignment) -> Iterator[Mistake]:
    for match in re.finditer(r"([^,=]+)(=[^,]*)?", assignment.value):
        message = complaint(match[1].strip(), (match[2] or "")[1:])
        if message is not None:
            start, end = (assignment.places[match.start(1)], assignment.places[match.end(1)])
            yield _mistake(
                "godebug.unknown", Level.ERROR, "GODEBUG", message, assignment.line, assignment.source,
                start, end, "", "internal/godebugs/table.go",
            )  # fmt: skip


def _mistake(
    mistake_id: str, level: Level, name: str, message: str, line: int, source: str, start: int, end: int,
    better: str, reference: str,
) -> Mistake:  # fmt: skip
    """A mistake; secrets of the line are masked, and its column counted in what is left."""
    is_address = name in VARIABLE and VARIABLE[name].is_address
    known = words_of_commands(source.partition("=")[2].strip("\"'")) if name == "GOAUTH" else ()
    shown = redacted(source, is_address=is_address, known=known)
    first, last = shown.index(start), shown.index(end)
    rule = next((rule for prefix, rule in _RULES if mistake_id.startswith(prefix)), "R02")
    return Mistake(
        mistake_id, level, rule, name, redact(message), line, first + 1, max(last - first, 1), shown.text,
        redact(better), reference,
    )  # fmt: skip
