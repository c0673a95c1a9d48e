"""Findings about names: variables that nothing reads because they are misspelt or never existed.

Only names that start with GO and are close to a variable of the table are looked at: GOOGLE_…, GO_ENV and
whatever else a process carries is nobody's business here.
"""

from __future__ import annotations

from collections.abc import Iterator

from probes.diagnosis.findings import Finding, Level
from probes.diagnosis.nearest import nearest
from probes.golang.environment import Environment
from probes.golang.variables import KNOWN_ENV, PROCESS_ONLY_ENV, VARIABLES

KNOWN = "internal/cfg KnownEnv"

NEVER_EXISTED = {
    "GONOSUMCHECK": "GONOSUMDB",
    "GONOCHECKSUM": "GONOSUMDB",
    "GOSUMCHECK": "GOSUMDB",
    "GOCHECKSUM": "GOSUMDB",
    "GOPROXYURL": "GOPROXY",
    "GOPRIVATES": "GOPRIVATE",
    "GONOPRIVATE": "GOPRIVATE",
    "GOPRIVATEREPOS": "GOPRIVATE",
    "GOINSECUREURL": "GOINSECURE",
    "GOMODULES": "GO111MODULE",
    "GOMODULE": "GO111MODULE",
    "GO11MODULE": "GO111MODULE",
    "GO1111MODULE": "GO111MODULE",
    "GOMODPROXY": "GOPROXY",
    "GOMODCACHEDIR": "GOMODCACHE",
}
"""Names that are passed around on the web, without underscores, and what they were meant to be."""

_TARGETS = tuple(
    variable.name
    for variable in VARIABLES
    if variable.name.startswith("GO") and variable.name not in ("GOENV", "GOVERSION", "GODEBUG")
)


def lint_names(environment: Environment) -> Iterator[Finding]:
    """Findings about the names of process variables."""
    for name in sorted(environment.process):
        if misspelt(name) is not None:
            yield unknown_variable(name, f"{name} is set in the process")


def misspelt(name: str) -> str | None:
    """The variable that a name was meant to be which nothing reads; None for every other name."""
    return None if name in KNOWN_ENV or name in PROCESS_ONLY_ENV else meant(name)


def meant(name: str) -> str | None:
    """The variable that a name starting with GO was meant to be; None when it is nobody's."""
    if not name.upper().startswith("GO") or name.upper().startswith("GOOGLE"):
        return None
    bare = name.upper().replace("_", "").replace("-", "")
    if bare in NEVER_EXISTED:
        return NEVER_EXISTED[bare]
    if bare in _TARGETS:
        return bare
    if bare.endswith("IES") and bare[:-3] + "Y" in _TARGETS:
        return bare[:-3] + "Y"
    for target in _TARGETS:
        if bare == target + "S":
            return target
    # Short names have many neighbours that mean something else.
    long = [target for target in _TARGETS if len(target) >= 7]
    return nearest(bare, long, most=2 if len(bare) >= 8 else 1)


def unknown_variable(name: str, subject: str, *, always: bool = False) -> Finding:
    """A variable that go does not know; ``always`` also when no other is close."""
    target = meant(name)
    hint = "" if target is None else f" Did you mean {target}?"
    remedy: tuple[str, ...] = ()
    if target is not None:
        remedy = (f"unset {name}",) if not always else (f"go env -u {name}",)
    return Finding(
        id="variable.unknown",
        level=Level.WARNING,
        variable=None,
        message=f"{subject}; go does not know it and never reads it.{hint}",
        remedy=remedy,
        rule=KNOWN,
    )
