"""What the app asks of the engine to find the module of a package as `go get` does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui.bridge import Emit
from tui.trial import Recall

if TYPE_CHECKING:
    from probes.golang.environment import Environment
    from probes.net.limits import Limits


@dataclass(frozen=True)
class GettingJob:
    """Search for the module of PATH@QUERY; says the events of a search."""

    environment: Environment = field(repr=False)
    argument: str
    limits: Limits
    recall: Recall = field(default_factory=Recall, compare=False)
    """What traces before have brought, and need not be asked for again."""
    runs: bool = False
    """Whether the programs are started that go would start."""

    async def run(self, emit: Emit) -> None:
        """Search."""
        from probes.sources.remembered import Memory
        from probes.trace.getting import search

        if self.recall.memory is None:
            self.recall.memory = Memory()
        await search(
            self.environment,
            self.argument,
            emit,
            limits=self.limits,
            memory=self.recall.memory,
            run=self.runs,
        )
