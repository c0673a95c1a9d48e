"""How much of the project around goes past the checksum database, from its go.mod alone.

Cheap enough for `modtrace env`: nothing but go.mod and go.sum are read, and only where some setting shuts the
database out at all. What stands behind the requirements is for `modtrace sum --project`.
"""

from __future__ import annotations

from pathlib import Path

from probes.diagnosis.findings import Finding, Level
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.go_sum import GoSum
from probes.project.project import read_project
from probes.sums.unverified import shut_out_by

RULE = "cmd/go/internal/modfetch/sumdb.go useSumDB"


def counted(environment: Environment) -> Finding | None:
    """How many of the required modules go unverified; None where all are verified, or there is no project."""
    off = environment.get("GOSUMDB") == "off"
    here = environment.facts.working_directory
    if not (off or environment.get("GONOSUMDB")) or not here.startswith("/"):
        return None
    try:
        project = read_project(Path(here), environment, lambda files: GoSum())
    except (GoError, OSError, ValueError):
        return None
    required = {
        what[0] for main in project.modules for one in main.parsed.requires
        if isinstance(what := project.effective(one.path, one.version), tuple)
    }  # fmt: skip
    lost = [path for path in required if shut_out_by(environment, path) is not None]
    if not lost:
        return None
    name = "GOSUMDB" if off else "GONOSUMDB"
    noun = "module" if len(required) == 1 else "modules"
    verb = "goes" if len(lost) == 1 else "go"
    cause = "GOSUMDB=off" if off else "GONOSUMDB"
    return Finding(
        id="project.unverified",
        level=Level.WARNING if off else Level.INFO,
        variable=name,
        message=f"{cause}: {len(lost)} of the {len(required)} {noun} that this project requires {verb} past "
        "the checksum database.",
        remedy=("modtrace sum --project",),
        rule=RULE,
    )
