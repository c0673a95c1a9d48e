"""What the screen of credentials asks of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.bridge import Emit

if TYPE_CHECKING:
    from probes.auth.subject import Subject
    from probes.golang.environment import Environment


@dataclass(frozen=True)
class AuthJob:
    """Find out which credentials count for a host; says a Report."""

    environment: Environment = field(repr=False)
    subject: Subject
    allowed: bool
    """The user's word that git and ssh may be started."""

    async def run(self, emit: Emit) -> None:
        """Find out."""
        from probes.auth.verdict import report_for

        emit(await report_for(self.subject, self.environment, allowed=self.allowed))
