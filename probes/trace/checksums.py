"""Who vouches for a hash, and whether it holds.

Source: cmd/go/internal/modfetch/fetch.go (checkModSum, haveModSumLocked, addModSumLocked, checkSumDB) and
sumdb.go (useSumDB, lookupSumDB, dbClient). Outside of any module there is no go.sum: every hash is new. What
go would write into go.sum counts from then on, and is kept in memory here.
"""

from __future__ import annotations

from probes.diagnosis.findings import Finding, Level
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.go_sum import GO_MOD_SUFFIX, GoSum, unknown_hashes
from probes.golang.gosumdb import TOOLCHAIN
from probes.net.limits import Stalled
from probes.sources.checksum_database import SecurityError, SumDBClient, check_sum_db
from probes.sources.own_heads import Compared
from probes.sources.sum_faults import fault_of
from probes.trace.checksum_events import ChecksumDecided, ChecksumRouted, Sworn
from probes.trace.events import FindingMade
from probes.trace.narrator import Narrator, words_told
from probes.trace.oaths import CHECK_MOD_SUM, Oath, oath_of
from probes.trace.sum_database import SumDatabase
from probes.trace.walk import Walker


class ChecksumGate:
    """Checks the hashes of one trace."""

    def __init__(
        self,
        environment: Environment,
        narrator: Narrator,
        walker: Walker,
        *,
        go_sum: GoSum | None = None,
        warm: bool = False,
    ) -> None:
        """``go_sum`` is that of the project, None outside of any module; ``warm``: Go's own files of the
        checksum database are used as they are on this disk."""
        self._go_sum = go_sum
        self._is_ours = False
        """Whether the go.sum is a copy of our own, that can be added to."""
        self._environment = environment
        self._narrator = narrator
        self._oaths: dict[tuple[str, str], Oath] = {}
        self._database = SumDatabase(environment, narrator, walker, warm=warm)

    async def check(self, path: str, version: str, total: str) -> None:
        """Check the hash of a module zip, or of a go.mod when ``version`` ends in "/go.mod".

        Raises GoError with go's text when it is refused or cannot be checked; Fatal where go exits.
        """
        is_known = self._ask_go_sum(path, version, total)
        if is_known and path != TOOLCHAIN:
            self._route(path, version, Oath(Sworn.GO_SUM, "go.sum has it", CHECK_MOD_SUM), total)
            self._tell(path, version, total, "verified", "vouched for by go.sum")
            return
        oath = oath_of(self._environment, path)
        known = [] if self._go_sum is None else self._go_sum.hashes.get((path, version), [])
        if known and not is_known and oath.sworn is Sworn.DATABASE:
            kinds = ", ".join(dict.fromkeys(one.partition(":")[0] for one in known))
            oath = Oath(oath.sworn, f"go.sum has it by unknown algorithms only: {kinds}")
        self._route(path, version, oath)
        if oath.sworn is Sworn.DATABASE:
            await self._ask_database(path, version, total)
        else:
            self._tell(path, version, total, "skipped", f"nobody was asked: {oath.because}")
        if self._go_sum is not None and not is_known:
            self._add(path, version, total)

    @property
    def database(self) -> str:
        """The database's name; "" where GOSUMDB names none."""
        return self._database.name

    @property
    def client(self) -> SumDBClient:
        """What is known of the database."""
        return self._database.client

    def not_asked(self, path: str, version: str) -> str:
        """Why the database is not asked about a path; "" where it is. The version plays no part."""
        oath = oath_of(self._environment, path)
        return "" if oath.sworn is Sworn.DATABASE else oath.because

    async def recorded(self, path: str, version: str) -> list[str]:
        """The hashes that the database has of a version, or of its go.mod when it ends in "/go.mod"; verified
        as a download's would be. Raises GoError."""
        lines = await self._database.lookup(path, version)
        return [line.removeprefix(f"{path} {version} ") for line in lines]

    async def compare_with_own(self, *, at_hand: bool) -> Compared:
        """Where the database's tree stands, seen from the one that modtrace remembers."""
        return await self._database.compare(at_hand=at_hand)

    # -- go.sum ----------------------------------------------------------------------------------------

    def _ask_go_sum(self, path: str, version: str, total: str) -> bool:
        """Whether go.sum has the hash. Raises Fatal when it has another one."""
        if self._go_sum is None:
            return False
        try:
            return self._go_sum.knows(path, version, total)
        except Fatal as error:
            oath = Oath(Sworn.GO_SUM, "go.sum has another hash", CHECK_MOD_SUM)
            self._route(path, version, oath, getattr(error, "known", ""))
            self._fail(path, version, total, error)
            raise

    def _add(self, path: str, version: str, total: str) -> None:
        """addModSumLocked, with its warning."""
        go_sum = self._go_sum
        assert go_sum is not None
        known = go_sum.hashes.get((path, version), [])
        if known:
            words = unknown_hashes(path, version, total, known)
            self._narrator.emit_now(
                FindingMade,
                finding=Finding(
                    id="gosum.unknown-algorithm",
                    level=Level.WARNING,
                    variable=None,
                    message=" ".join(words.split()),
                    rule=CHECK_MOD_SUM,
                ),
            )
        if not self._is_ours:
            self._go_sum = go_sum = go_sum.copy()
            self._is_ours = True
        go_sum.note(path, version, total)

    # -- the database ----------------------------------------------------------------------------------

    async def _ask_database(self, path: str, version: str, total: str) -> None:
        """checkSumDB, told. Raises GoError, Fatal, Stalled."""
        try:
            await check_sum_db(path, version, total, self._database.lookup, database=self.database)
        except SecurityError as error:
            self._fail(path, version, total, error)
            raise Fatal(str(error)) from error
        except GoError as error:
            self._fail(path, version, total, error)
            raise
        except Stalled as error:
            self._tell(path, version, total, "unknown", str(error), fault=fault_of(error).value)
            raise
        self._tell(path, version, total, "verified", f"vouched for by {self.database}")

    # -- what is told ----------------------------------------------------------------------------------

    def _route(self, path: str, version: str, oath: Oath, known: str = "") -> None:
        """Tell who is asked, once for each hash; ``known`` is the hash that a line of go.sum has."""
        if (path, version) in self._oaths:
            return
        self._oaths[path, version] = oath
        where = self._go_sum.where(path, version, known) if self._go_sum is not None and known else ""
        self._narrator.emit_now(
            ChecksumRouted,
            what=_what(version),
            path=path,
            version=version.removesuffix(GO_MOD_SUFFIX),
            sworn=oath.sworn,
            because=oath.because,
            rule=oath.rule,
            where=where,
        )

    def _fail(self, path: str, version: str, total: str, error: Exception) -> None:
        fault = fault_of(error, database=self.database)
        words = words_told(error)
        lines = [line for line in words.split("\n") if line and line != "SECURITY ERROR"]
        self._tell(path, version, total, "failed", lines[0] if lines else words, fault.value, words)

    def _tell(
        self,
        path: str,
        version: str,
        total: str,
        verdict: str,
        because: str,
        fault: str = "",
        error: str | None = None,
    ) -> None:
        self._narrator.emit_now(
            ChecksumDecided,
            what=_what(version),
            version=version.removesuffix(GO_MOD_SUFFIX),
            sum=total,
            verdict=verdict,
            because=because,
            path=path,
            fault=fault,
            error=error,
        )


def _what(version: str) -> str:
    return "go.mod" if version.endswith(GO_MOD_SUFFIX) else "module"
