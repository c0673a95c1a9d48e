"""Everything worth saying about an environment, before anything is asked.

Pure: what is on the disk comes in as facts of the Environment. An ERROR means that go itself would fail, or
that the name of a private module leaks; a WARNING that something silently does nothing; the rest is INFO.
"""

from __future__ import annotations

from probes.diagnosis.about import as_shown
from probes.diagnosis.findings import Finding, Level
from probes.diagnosis.lint_goproxy import lint_goproxy
from probes.diagnosis.lint_gosumdb import lint_gosumdb
from probes.diagnosis.lint_layers import lint_layers
from probes.diagnosis.lint_modes import lint_modes
from probes.diagnosis.lint_names import lint_names
from probes.diagnosis.lint_network import lint_network
from probes.diagnosis.lint_patterns import lint_patterns
from probes.diagnosis.lint_settings_file import lint_settings_file
from probes.golang.environment import Environment
from probes.golang.variables import VARIABLES

_RULES = (
    lint_goproxy,
    lint_patterns,
    lint_gosumdb,
    lint_modes,
    lint_network,
    lint_layers,
    lint_settings_file,
    lint_names,
)

_ORDER = {variable.name: index for index, variable in enumerate(VARIABLES)}
_SEVERITY = {Level.ERROR: 0, Level.WARNING: 1, Level.INFO: 2}


def lint(environment: Environment) -> tuple[Finding, ...]:
    """All findings: by variable in the order of the table, the gravest first, then from left to right."""
    found = (finding for rule in _RULES for finding in rule(environment))
    return tuple(sorted(dict.fromkeys(found), key=_rank))


def lint_as_shown(environment: Environment) -> tuple[Finding, ...]:
    """The same, their places counted in the values as they are shown, with secrets masked."""
    return tuple(as_shown(environment, finding) for finding in lint(environment))


def _rank(finding: Finding) -> tuple[int, int, int]:
    return (
        _ORDER.get(finding.variable or "", len(_ORDER)),
        _SEVERITY[finding.level],
        finding.position or 0,
    )
