"""What the screen of leaks asks of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tui.bridge import Emit

if TYPE_CHECKING:
    from probes.golang.environment import Environment
    from probes.leaks.audit import Audit, Beside
    from probes.project.project import Project


@dataclass(frozen=True)
class Unaudited:
    """Why there is nothing to look at."""

    words: str


@dataclass(frozen=True)
class LeaksJob:
    """Read the project and plan what would be told to whom; says an Audit, or Unaudited. Nobody is asked.

    In a demo, and where there is no project, it is the path that is traced that is looked at.
    """

    environment: Environment = field(repr=False)
    path: str
    """What is traced; "" for nothing."""
    may_run: bool
    """Whether the user has agreed that programs are started."""
    is_played: bool
    """Whether this is a demo: it has no project, and its proxies play those of strangers."""

    async def run(self, emit: Emit) -> None:
        """Read it."""
        from probes.browse.aside import aside
        from probes.leaks.audit import Beside
        from probes.leaks.machine import machine_resolvers

        if self.is_played:
            emit(await aside(self._of_path, Beside(is_played=True)))
            return
        beside = Beside(resolvers=machine_resolvers())
        found = await aside(self._project)
        if isinstance(found, Unaudited) or found is None:
            emit(found or await aside(self._of_path, beside))
            return
        project, where = found
        from probes.leaks.remotes import REMOTES_S, read_remotes
        from probes.sources.programs import Programs

        remotes = await read_remotes(
            project.folder, Programs(self.environment.process, seconds=REMOTES_S, allowed=self.may_run)
        )
        beside = Beside(resolvers=beside.resolvers, remotes=remotes)
        emit(await aside(self._of_project, project, where, beside))

    def _project(self) -> tuple[Project, str] | Unaudited | None:
        """The project around the working directory; None outside of any."""
        from probes.golang.errors import GoError
        from probes.golang.os_errors import errno_words
        from probes.golang.redact import redact
        from probes.project.project import find_work, read_project, upward

        here = self.environment.facts.working_directory
        if not here.startswith("/"):
            return None
        try:
            file = find_work(Path(here), self.environment) or upward(Path(here), "go.mod")
            return None if file is None else (read_project(Path(here), self.environment), str(file))
        except OSError as error:
            return Unaudited(f"{error.filename}: {errno_words(error)}")
        except (GoError, ValueError) as error:
            return Unaudited(redact(str(error)))

    def _of_project(self, project: Project, where: str, beside: Beside) -> Audit:
        from probes.leaks.audit import audit_project

        return audit_project(project, self.environment, beside, where)

    def _of_path(self, beside: Beside) -> Audit | Unaudited:
        from dataclasses import replace

        from probes.leaks.audit import audit_paths
        from probes.leaks.remotes import Remotes

        if not self.path:
            return Unaudited("there is no go.mod here or in any folder above, and nothing is traced")
        return audit_paths([self.path], self.environment, replace(beside, remotes=Remotes()))
