"""The project that modtrace was started in, as far as it decides what go chooses: its go.mod.

`upgrade` and `patch` start from the version that the go.mod requires, and what it excludes is chosen for no
query (cmd/go/internal/modload/list.go listModules, modfile.go CheckExclusions). In a workspace the go.mod
files of all its modules count; -modfile names another one. Not looked at: replacements, and what a go.mod
leaves to those of its dependencies, which may want a newer version than it names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from probes.golang import semver
from probes.golang.environment import Environment
from probes.golang.gomod_full import FullGoMod
from probes.project.loading import load_project


@dataclass(frozen=True, slots=True)
class Project:
    """What its files say; nothing outside of any module."""

    modules: tuple[FullGoMod, ...] = ()
    """Every go.mod that counts."""
    error: str | None = None
    """What go prints, whole, where it refuses them."""
    unsaid: str = ""
    """Why modtrace cannot tell what go makes of them."""

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
    """The project of the folder that go would run in, as go loads it. Blocks; raises nothing.

    A go line that is too new for the go at hand is no error here: another go may take over.
    """
    any_go = replace(environment, facts=replace(environment.facts, go_version=None))
    found = load_project(any_go)
    if found is None:
        return Project()
    modules = tuple(one.parsed for one in found.modules)
    return Project(modules, found.error or None, found.unsaid)
