"""What the screen of the Merkle path asks of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.bridge import Emit

if TYPE_CHECKING:
    from probes.golang.environment import Environment
    from probes.net.limits import Limits


@dataclass(frozen=True)
class ProveJob:
    """Ask the checksum database about one version; says the Events that a trace would."""

    environment: Environment = field(repr=False)
    path: str
    version: str
    limits: Limits

    async def run(self, emit: Emit) -> None:
        """Ask."""
        from probes.sums.proving import ask_database

        await ask_database(self.environment, self.path, self.version, emit, limits=self.limits)
