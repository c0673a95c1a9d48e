"""What the project at hand has to do with the cache: its go.sum, its replacements, and its build list.

`go mod verify` looks at the build list alone, and in its order; it reads that from the go.mod files in the
cache. Nobody is asked here: where one of these is not in the cache, or is broken, the graph as far as it was
read and go.sum say which versions are meant.

Source: cmd/go/internal/modcmd/verify.go runVerify.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from probes.golang import module
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.go_sum import GoSum
from probes.golang.modzip import MAX_GO_MOD
from probes.golang.os_errors import errno_words
from probes.project.graph import load_graph
from probes.project.project import Project, read_project
from probes.project.selection import TOOLCHAINS
from probes.share.state import read_regular

Version = tuple[str, str]


@dataclass(frozen=True, slots=True)
class AtHand:
    """The project, as far as the cache goes."""

    folder: str = ""
    """Where it is; "" where there is none."""
    go_sum: GoSum = field(default_factory=GoSum)
    replaced: frozenset[tuple[str, str]] = frozenset()
    verifies: tuple[Version, ...] = ()
    """What `go mod verify` looks at here, in its order."""
    is_exact: bool = False
    """Whether that is the build list, and not just what go.mod and go.sum tell of it."""
    error: str = ""


def at_hand(environment: Environment, folder: Path) -> AtHand:
    """The project of a folder. Raises nothing."""
    try:
        project = read_project(folder, environment)
    except (GoError, OSError, ValueError) as error:
        words = f"{error.filename}: {errno_words(error)}" if isinstance(error, OSError) else str(error)
        return AtHand(error="" if words.startswith("there is no go.mod") else words)
    lists = (project.work_replaces, *(one.parsed.replaces for one in project.modules))
    replaced = frozenset((one.path, one.new_path) for replaces in lists for one in replaces)
    verifies, is_exact = _build_list(project, environment.get("GOMODCACHE"))
    return AtHand(str(project.folder.absolute()), project.go_sum, replaced, verifies, is_exact)


def _build_list(project: Project, cache: str) -> tuple[tuple[Version, ...], bool]:
    """The versions that are looked at: those before a replacement, as go looks for them."""

    def read(path: str, version: str) -> bytes:
        name = f"{module.escape_path(path)}/@v/{module.escape_version(version)}.mod"
        try:
            return read_regular(Path(cache, "cache", "download", name), MAX_GO_MOD)
        except (OSError, ValueError) as error:
            raise GoError(f"{path}@{version}: not in the cache") from error

    try:
        found = load_graph(project, read)
    except (GoError, OSError, ValueError, RecursionError):
        return _of_go_sum(project), False
    if found.error is not None:
        met = (one for one in found.graph.breadth_first() if one[1] and one[0] not in TOOLCHAINS)
        return tuple(sorted({*met, *_of_go_sum(project)})), False
    return tuple(one for one in found.modules if one[1]), True


def _of_go_sum(project: Project) -> tuple[Version, ...]:
    return tuple(sorted(dict.fromkeys((*project.go_sum.zips(), *project.go_sum.mods()))))
