"""What the app asks of the engine. The engine is imported in its own thread, after the first frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tui.bridge import Emit

if TYPE_CHECKING:
    from probes.diagnosis.findings import Finding
    from probes.golang.environment import Environment
    from probes.net.limits import Limits
    from probes.trace.version_table import Wanted


@dataclass(frozen=True)
class TraceJob:
    """Trace PATH@QUERY; says Events."""

    environment: Environment = field(repr=False)
    path: str
    query: str
    limits: Limits
    findings: tuple[Finding, ...] = ()

    async def run(self, emit: Emit) -> None:
        """Trace."""
        from probes.diagnosis.traced import traced

        await traced(
            self.environment, self.path, self.query, emit, limits=self.limits, findings=self.findings
        )


@dataclass(frozen=True)
class BrowseJob:
    """Ask the proxies for their versions; says BrowseEvents."""

    environment: Environment = field(repr=False)
    path: str
    limits: Limits
    ask_all: bool = False

    async def run(self, emit: Emit) -> None:
        """Ask."""
        from probes.trace.browse import browse

        await browse(self.environment, self.path, emit, limits=self.limits, ask_all=self.ask_all)


@dataclass(frozen=True)
class DownloadJob:
    """Fetch a file; says BrowseEvents."""

    environment: Environment = field(repr=False)
    path: str
    wanted: Wanted
    folder: Path
    limits: Limits

    async def run(self, emit: Emit) -> None:
        """Fetch."""
        from probes.trace.browse import download

        await download(self.environment, self.path, self.wanted, self.folder, emit, limits=self.limits)
