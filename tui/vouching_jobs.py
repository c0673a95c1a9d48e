"""What the comparison of hashes asks of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.bridge import Emit

if TYPE_CHECKING:
    from probes.golang.environment import Environment
    from probes.net.limits import Limits


@dataclass(frozen=True)
class QuorumJob:
    """Ask everybody who may have the hashes of a version; says QuorumEvents."""

    environment: Environment = field(repr=False)
    path: str
    version: str
    limits: Limits
    zips: bool = False
    ask_all: bool = False

    async def run(self, emit: Emit) -> None:
        """Ask."""
        from probes.browse.quorum import quorum

        await quorum(
            self.environment,
            self.path,
            self.version,
            emit,
            zips=self.zips,
            ask_all=self.ask_all,
            limits=self.limits,
        )
