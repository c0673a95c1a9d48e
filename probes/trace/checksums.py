"""Who vouches for a hash, and whether it holds.

Source: cmd/go/internal/modfetch/fetch.go (checkModSum, checkSumDB) and sumdb.go (useSumDB, lookupSumDB,
dbClient). As outside of any module there is no go.sum: every hash is new.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.go_sum import GO_MOD_SUFFIX
from probes.golang.goproxy import Hop
from probes.golang.gosumdb import dial, use_sum_db
from probes.golang.protocol import Op
from probes.golang.urls import GoURL
from probes.sources.checksum_database import (
    BaseURL,
    ClientOps,
    SecurityError,
    SumDBClient,
    check_sum_db,
)
from probes.sources.tree_head import read_tree_head
from probes.trace.events import ChecksumDecided, Purpose
from probes.trace.narrator import Narrator
from probes.trace.walk import Walker


class ChecksumGate:
    """Checks the hashes of one trace."""

    def __init__(self, environment: Environment, narrator: Narrator, walker: Walker) -> None:
        self._environment = environment
        self._narrator = narrator
        self._walker = walker
        self._gosumdb = environment.get("GOSUMDB")
        self._base = BaseURL(self._gosumdb, try_proxies=self._try_proxies, get=self._get)
        self._asked: Hop | None = None
        """The hop that serves the database, once one was found."""
        self._finding_base = False
        self._head: bytes | None = None
        self._client = SumDBClient(
            self._gosumdb,
            ClientOps(
                read_remote=self._base.read_remote,
                read_config=self._read_head,
                write_config=self._write_head,
                read_cache=self._read_cache,
                write_cache=self._write_cache,
            ),
        )

    async def check(self, path: str, version: str, total: str) -> None:
        """Check the hash of a module zip, or of a go.mod when ``version`` ends in "/go.mod".

        Raises GoError with go's text when it is refused or cannot be checked; Fatal where go exits.
        """
        because = self.not_asked(path, version)
        if because:
            self._tell(version, total, "skipped", f"nobody was asked: {because}")
            return
        try:
            await check_sum_db(path, version, total, self._client.lookup, database=self._client.name)
        except SecurityError as error:
            self._tell(version, total, "failed", str(error).split("\n", 1)[0])
            raise Fatal(str(error)) from error
        except GoError as error:
            self._tell(version, total, "failed", str(error).split("\n", 1)[0])
            raise
        self._tell(version, total, "verified", f"vouched for by {self._client.name}")

    @property
    def database(self) -> str:
        """The database's name; "" where GOSUMDB names none."""
        return self._client.name

    def not_asked(self, path: str, version: str) -> str:
        """Why the database is not asked about a path; "" where it is."""
        asked = use_sum_db(
            path,
            version,
            gosumdb=self._gosumdb,
            gonosumdb=self._environment.get("GONOSUMDB"),
            goproxy=self._environment.get("GOPROXY"),
            process_env=self._environment.process,
        )
        if asked:
            return ""
        return "GOSUMDB=off" if self._gosumdb == "off" else "GONOSUMDB matches the path"

    async def recorded(self, path: str, version: str) -> list[str]:
        """The hashes that the database has of a version, or of its go.mod when it ends in "/go.mod"; verified
        as a download's would be. Raises GoError."""
        lines = await self._client.lookup(path, version)
        return [line.removeprefix(f"{path} {version} ") for line in lines]

    def _tell(self, version: str, total: str, verdict: str, because: str) -> None:
        self._narrator.emit_now(
            ChecksumDecided,
            what="go.mod" if version.endswith(GO_MOD_SUFFIX) else "module",
            version=version.removesuffix(GO_MOD_SUFFIX),
            sum=total,
            verdict=verdict,
            because=because,
        )

    # -- the client's ways out -------------------------------------------------------------------------

    async def _try_proxies(self, ask: Callable[[Hop], Awaitable[GoURL]]) -> GoURL:
        """Find the database's base: a walk of its own over the whole list."""

        async def step(hop: Hop) -> GoURL:
            base = await ask(hop)
            self._asked = hop
            return base

        self._finding_base = True
        try:
            return await self._walker.walk(Purpose.CHECKSUM_BASE, dial(self._gosumdb).name, step)
        finally:
            self._finding_base = False

    async def _get(self, url: GoURL) -> bytes:
        hop = self._narrator.hop if self._finding_base else self._asked
        return await self._narrator.request(url, Op.SUM, "", hop)

    async def _read_head(self, file: str) -> bytes:
        """The tree head that go remembers (read, never written), or the one met in this trace."""
        if self._head is None:
            self._head = read_tree_head(self._environment.get("GOPATH"), file)
        return self._head

    async def _write_head(self, file: str, old: bytes, new: bytes) -> None:
        self._head = new

    async def _read_cache(self, file: str) -> bytes | None:
        return None  # a trace shows what a cold cache asks

    async def _write_cache(self, file: str, data: bytes) -> None:
        return None
