"""Who vouches for a file that has just come: go.sum, and for what that does not know the checksum database.

Source: cmd/go/internal/modfetch/fetch.go readGoSum, checkModSum, checkSumDB.
"""

from __future__ import annotations

from probes.golang.environment import Environment
from probes.golang.go_sum import GoSum
from probes.sources.fetcher import Fetcher
from probes.trace.checksum_events import ChecksumDecided
from probes.trace.checksums import ChecksumGate
from probes.trace.events import Event
from probes.trace.narrator import Narrator
from probes.trace.route import Route
from probes.trace.walk import Walker


class Vouching:
    """The checksum gate of one version that is saved, and who vouched for what."""

    def __init__(self, environment: Environment, fetcher: Fetcher, go_sum: GoSum, route: Route) -> None:
        narrator = Narrator(self._hear, fetcher)
        self._gate = ChecksumGate(environment, narrator, Walker(route, narrator), go_sum=go_sum)
        self._heard = ""
        self.said: dict[tuple[str, str], str] = {}
        """Who vouched, by path and version (which may end in "/go.mod")."""

    def _hear(self, event: Event) -> None:
        if isinstance(event, ChecksumDecided):
            self._heard = event.because

    def is_asked(self, path: str, version: str) -> bool:
        """Whether the checksum database would be asked about a hash that go.sum does not have."""
        return not self._gate.not_asked(path, version)

    async def check(self, path: str, version: str, total: str) -> None:
        """As ChecksumGate.check: raises GoError and Fatal."""
        await self._gate.check(path, version, total)
        self.said[path, version] = self._heard
