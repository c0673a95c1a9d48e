"""Who vouches for a hash, and whether it holds.

Source: cmd/go/internal/modfetch/fetch.go (checkModSum, checkSumDB) and sumdb.go (useSumDB, lookupSumDB).
"""

from __future__ import annotations

from probes.golang.environment import Environment
from probes.sources.checksum_database import use_sum_db
from probes.trace.events import ChecksumDecided
from probes.trace.narrator import Narrator
from probes.trace.walk import Walker


class ChecksumGate:
    """Checks the hashes of one trace."""

    def __init__(self, environment: Environment, narrator: Narrator) -> None:
        self._environment = environment
        self._narrator = narrator
        self._checked: set[tuple[str, str]] = set()

    async def check(self, path: str, version: str, total: str, walker: Walker) -> None:
        """Check the hash of a module zip, or of a go.mod when ``version`` ends in "/go.mod".

        Raises GoError with go's text when it is refused or cannot be checked.
        """
        what = "go.mod" if version.endswith("/go.mod") else "module"
        gosumdb = self._environment.get("GOSUMDB")
        asked = use_sum_db(
            path,
            version,
            gosumdb=gosumdb,
            gonosumdb=self._environment.get("GONOSUMDB"),
            goproxy=self._environment.get("GOPROXY"),
            process_env=self._environment.process,
        )
        if not asked:
            because = "GOSUMDB=off" if gosumdb == "off" else "GONOSUMDB matches"
            self._narrator.emit_now(
                ChecksumDecided, what=what, version=version, sum=total, verdict="skipped", because=because
            )
