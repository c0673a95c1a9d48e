"""What the screen of go build asks of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.bridge import Emit

if TYPE_CHECKING:
    from probes.golang.environment import Environment


@dataclass(frozen=True)
class BuildJob:
    """Read the project as go build does, asking nobody; says an AsBuild."""

    environment: Environment = field(repr=False)

    async def run(self, emit: Emit) -> None:
        """Read it."""
        from probes.browse.aside import aside
        from probes.project.as_build import look_at_build

        emit(await aside(look_at_build, self.environment))
