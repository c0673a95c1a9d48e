"""go.sum: which hashes it holds, and what that means for a file that has just come.

Source: cmd/go/internal/modfetch/fetch.go readGoSum, haveModSumLocked, checkModSum, checkSumDB.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.go_sum import EMPTY_GO_MOD, mismatch
from probes.golang.quote import fields
from probes.share.state import read_regular
from probes.sources.fetcher import Fetcher
from probes.trace.checksums import ChecksumGate
from probes.trace.events import ChecksumDecided, Event
from probes.trace.narrator import Narrator
from probes.trace.route import Route
from probes.trace.toolchains import TOOLCHAIN_PATH
from probes.trace.walk import Walker

MOST_BYTES = 64 << 20
GO_MOD = "/go.mod"


@dataclass(slots=True)
class GoSum:
    """The hashes of one or several go.sum files, by path and version (which may end in "/go.mod")."""

    hashes: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, data: bytes, file: str) -> None:
        """Take in a file. Raises GoError for a line that is none (readGoSum)."""
        for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
            words = fields(line)
            if not words:
                continue
            if len(words) != 3:
                raise GoError(f"malformed go.sum:\n{file}:{number}: wrong number of fields {len(words)}\n")
            if words[2] != EMPTY_GO_MOD:
                self.hashes.setdefault((words[0], words[1]), []).append(words[2])

    def zips(self) -> list[tuple[str, str]]:
        """The versions whose zip it vouches for."""
        return [key for key in self.hashes if not key[1].endswith(GO_MOD)]

    def mods(self) -> list[tuple[str, str]]:
        """The versions whose go.mod it vouches for."""
        found = [(path, version) for path, version in self.hashes if version.endswith(GO_MOD)]
        return [(path, version.removesuffix(GO_MOD)) for path, version in found]

    def knows(self, path: str, version: str, total: str) -> bool:
        """Whether it vouches for this hash (haveModSumLocked). Raises Fatal where it has another one."""
        for known in self.hashes.get((path, version), ()):
            if known == total:
                return True
            if known.startswith("h1:"):
                raise Fatal(mismatch(path, version, total, known))
        return False


def read_go_sums(files: Iterable[Path]) -> GoSum:
    """These go.sum files as one; those that are not there are empty. Raises GoError and OSError."""
    found = GoSum()
    for file in files:
        try:
            data = read_regular(file, MOST_BYTES)
        except FileNotFoundError:
            continue
        found.add(data, str(file))
    return found


class Vouching:
    """A gate that go.sum stands before: what it knows, nobody is asked about."""

    def __init__(self, environment: Environment, fetcher: Fetcher, go_sum: GoSum, route: Route) -> None:
        narrator = Narrator(self._hear, fetcher)
        self._gate = ChecksumGate(environment, narrator, Walker(route, narrator))
        self._go_sum = go_sum
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
        if self._go_sum.knows(path, version, total) and path != TOOLCHAIN_PATH:
            self.said[path, version] = "vouched for by go.sum"
            return
        await self._gate.check(path, version, total)
        self.said[path, version] = self._heard
