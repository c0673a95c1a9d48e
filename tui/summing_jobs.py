"""What the screen of go.sum asks of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tui.bridge import Emit

if TYPE_CHECKING:
    from probes.golang.environment import Environment
    from probes.net.limits import Limits
    from probes.sums.project_sums import Examination


@dataclass(frozen=True)
class Unexamined:
    """Why there is nothing to look at."""

    words: str


@dataclass(frozen=True)
class ExamineJob:
    """Read the project and its go.sum; says an Examination, or Unexamined. Nobody is asked."""

    environment: Environment = field(repr=False)

    async def run(self, emit: Emit) -> None:
        """Read it."""
        from probes.browse.aside import aside

        emit(await aside(self._examined))

    def _examined(self) -> Examination | Unexamined:
        from probes.golang.errors import GoError
        from probes.golang.os_errors import errno_words
        from probes.golang.redact import redact
        from probes.sums.project_sums import examine

        folder = self.environment.facts.working_directory
        if not folder.startswith("/"):
            return Unexamined("there is no working directory, so there is no project")
        try:
            return examine(Path(folder), self.environment)
        except OSError as error:
            return Unexamined(f"{error.filename}: {errno_words(error)}")
        except (GoError, ValueError) as error:
            return Unexamined(redact(str(error)))


@dataclass(frozen=True)
class AskSumsJob:
    """Ask the checksum database and the proxies about every line; says Asked."""

    found: Examination = field(repr=False)
    limits: Limits

    async def run(self, emit: Emit) -> None:
        """Ask."""
        from probes.sums.asking import ask_about

        await ask_about(self.found.environment, self.found.go_sum.hashes, emit, limits=self.limits)
