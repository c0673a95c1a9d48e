"""The project that modtrace was started in, as far as it decides what go chooses: its go.mod.

`upgrade` and `patch` start from the version that the go.mod requires, and what it excludes is chosen for no
query (cmd/go/internal/modload/list.go listModules, modfile.go CheckExclusions). Not looked at: go.work,
-modfile, replacements, and what a go.mod without pruning (below go 1.17) leaves to those of its dependencies.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from probes.golang.errors import GoError
from probes.golang.gomod_full import FullGoMod, read_full
from probes.golang.modzip import MAX_GO_MOD
from probes.net.dial import errno_words
from probes.share.state import read_regular


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a go.mod; none where ``folder`` is None."""

    folder: Path | None = None
    go_mod: FullGoMod = field(default_factory=FullGoMod)
    error: str | None = None
    """Why the go.mod cannot be read, in go's words."""

    def required(self, path: str) -> str:
        """The version of a module that is required now, "" where none is: an excluded one is not
        (modload/init.go requirementsFromModFiles)."""
        required = (one.version for one in reversed(self.go_mod.requires) if one.path == path)
        return next((version for version in required if version not in self.excluded(path)), "")

    def excluded(self, path: str) -> frozenset[str]:
        """The versions of a module that are never chosen."""
        return frozenset(one.version for one in self.go_mod.excludes if one.path == path)


def project_folder(working_directory: str) -> Path | None:
    """The nearest folder upward that has a go.mod (modload findModuleRoot)."""
    if not working_directory.startswith("/"):
        return None
    here = Path(working_directory)
    return next((folder for folder in (here, *here.parents) if _is_file(folder / "go.mod")), None)


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:
        return False


def read_project(working_directory: str) -> Project:
    """The project of a folder. Blocks; raises nothing."""
    folder = project_folder(working_directory)
    if folder is None:
        return Project()
    file = folder / "go.mod"
    try:
        found = read_full(read_regular(file, MAX_GO_MOD), file=str(file))
    except OSError as error:
        return Project(folder, error=f"{file}: {errno_words(error)}")
    except GoError as error:
        return Project(folder, error=str(error))
    return Project(folder, found, "\n".join(found.errors) or None)
