"""The project that modtrace was started in, as far as it decides what go chooses: its go.mod.

`upgrade` and `patch` start from the version that the go.mod requires, and what it excludes is chosen for no
query (cmd/go/internal/modload/list.go listModules, modfile.go CheckExclusions). In a workspace the go.mod
files of all its modules count; -modfile names another one. Not looked at: replacements, and what a go.mod
leaves to those of its dependencies, which may want a newer version than it names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from probes.golang import semver
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.gomod_full import FullGoMod, read_full
from probes.golang.mode import goflag
from probes.golang.modzip import MAX_GO_MOD
from probes.golang.os_errors import errno_words
from probes.project import project as whole
from probes.share.state import read_regular


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a go.mod; none where ``folder`` is None."""

    folder: Path | None = None
    go_mod: FullGoMod = field(default_factory=FullGoMod)
    error: str | None = None
    """Why the go.mod cannot be read, in go's words."""
    others: tuple[FullGoMod, ...] = ()
    """Those of the other modules of a workspace."""

    @property
    def modules(self) -> tuple[FullGoMod, ...]:
        """Every go.mod that counts."""
        return self.go_mod, *self.others

    def required(self, path: str) -> str:
        """The version of a module that is required now, "" where none is: an excluded one is not
        (modload/init.go requirementsFromModFiles)."""
        excluded = self.excluded(path)
        best = ""
        for go_mod in self.modules:
            required = (one.version for one in reversed(go_mod.requires) if one.path == path)
            version = next((version for version in required if version not in excluded), "")
            best = version if version and (not best or semver.compare(version, best) > 0) else best
        return best

    def excluded(self, path: str) -> frozenset[str]:
        """The versions of a module that are never chosen."""
        return frozenset(
            one.version for go_mod in self.modules for one in go_mod.excludes if one.path == path
        )


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


def read_project(environment: Environment) -> Project:
    """The project of the folder that go would run in. Blocks; raises nothing."""
    here = environment.facts.working_directory
    folder = project_folder(here)
    try:
        if here.startswith("/") and whole.find_work(Path(here), environment) is not None:
            modules = [one.parsed for one in whole.read_project(Path(here), environment).modules]
            return Project(folder, modules[0], others=tuple(modules[1:])) if modules else Project(folder)
    except OSError as error:
        return Project(folder, error=f"{error.filename}: {errno_words(error)}")
    except GoError as error:
        return Project(folder, error=str(error))
    if folder is None:
        return Project()
    named = goflag(environment.get("GOFLAGS"), "modfile")
    file = Path(here, named) if named else folder / "go.mod"
    try:
        found = read_full(read_regular(file, MAX_GO_MOD), file=str(file))
    except OSError as error:
        return Project(folder, error=f"{file}: {errno_words(error)}")
    except GoError as error:
        return Project(folder, error=str(error))
    words = f"errors parsing {file}:\n" + "\n".join(found.errors) if found.errors else None
    return Project(folder, found, words)
