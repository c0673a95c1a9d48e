"""The engine: walks a route as `go mod download -json PATH@QUERY` does, and tells every step.

Source: cmd/go/internal/modcmd/download.go (runDownload, DownloadModule), modload/list.go (listModules),
modload/build.go (moduleInfo), modload/query.go (queryProxy), modload/modfile.go (CheckRetractions),
modfetch/cache.go and fetch.go (InfoFile, GoMod, DownloadZip, unzip). There is no single "resolve, then
download": each operation walks the whole GOPROXY list again from its first entry.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import BinaryIO

from probes.golang import dirhash, gomod, gover, module, modzip, queries, semver
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.goproxy import Access, Hop, check_query_path, refusal
from probes.golang.quote import quote
from probes.net.limits import Stalled
from probes.sources.module_proxy import CachingRepo, ModuleCache, ProxyRepo, Repo
from probes.trace.checksums import ChecksumGate
from probes.trace.events import Outcome, Purpose, VersionChosen
from probes.trace.narrator import Narrator
from probes.trace.route import Route
from probes.trace.walk import DirectNotTraced, Fatal, Walker

SPOOL_BYTES = 8 << 20
"""A zip larger than this is kept in a temporary file while it is hashed, not in memory."""


CONTENT_RULE = "cmd/go/internal/modfetch/fetch.go downloadZip and unzip, after the walk"


@dataclass(slots=True)
class Download:
    """What `go mod download -json` says of the module (modcmd ModuleJSON)."""

    version: str | None
    sum: str | None = None
    go_mod_sum: str | None = None
    error: str | None = None
    outcome: Outcome = Outcome.OK
    detail: str = ""
    rule: str = ""
    """Where the rule that refused stands, when it was no walk that failed."""


class Engine:
    """One run of the go command, retold."""

    def __init__(
        self,
        environment: Environment,
        route: Route,
        narrator: Narrator,
    ) -> None:
        self._environment = environment
        self._route = route
        self._narrator = narrator
        self._walker = Walker(route, narrator)
        self._checksums = ChecksumGate(environment, narrator, self._walker)
        self._disk = ModuleCache({}, {})
        self._repos: dict[int, CachingRepo] = {}
        self._newest: str | GoError | None = None
        self.path = route.path
        self.failed_walk: int | None = None
        """The walk whose failure is the error of the run; None where none is."""

    # -- the repositories -------------------------------------------------------------------------

    def _lookup(self, hop: Hop) -> CachingRepo:
        """modfetch Lookup: this module at this hop, one repository for the whole run."""
        if hop.id not in self._repos:
            self._repos[hop.id] = CachingRepo(
                lambda: self._make_repo(hop), self._disk, self._check_go_mod
            )
        return self._repos[hop.id]

    def _make_repo(self, hop: Hop) -> Repo:
        match self._route.access(hop):
            case Access.ASK:
                assert hop.url is not None
                return ProxyRepo(hop.url, self.path, self._narrator.asker(hop))
            case Access.DIRECT:
                raise DirectNotTraced(self.path)
            case refused:
                raise refusal(refused)

    async def _check_go_mod(self, version: str, text: bytes) -> None:
        await self._checksums.check(self.path, version + "/go.mod", dirhash.go_mod_hash(text))

    # -- the query --------------------------------------------------------------------------------

    async def _query(
        self, purpose: Purpose, query: str, *, check_retractions: bool
    ) -> str:
        """modload Query: walk the list until one hop answers the query; returns the version."""
        return await self._walker.walk(
            purpose, query, lambda hop: self._query_hop(hop, query, check_retractions)
        )

    async def _query_hop(self, hop: Hop, query: str, check_retractions: bool) -> str:
        """modload queryProxy at one hop."""
        if self.path in ("std", "cmd"):
            raise GoError(
                f"can't query specific version ({quote(query)}) of standard-library module {quote(self.path)}"
            )
        check_query_path(self.path)
        repo = self._lookup(hop)
        matcher = queries.parse_query(self.path, query)
        if matcher.revision:
            return await self._query_revision(repo, query)
        listed = await repo.versions(matcher.prefix)
        chosen = await self._choose(repo, matcher, listed, check_retractions)
        if chosen is None:
            raise queries.NoMatchingVersion(query)
        return (await repo.stat(chosen)).version

    async def _query_revision(self, repo: CachingRepo, query: str) -> str:
        try:
            return (await repo.stat(query)).version
        except GoError as error:
            canonical = module.canonical_version(query) if semver.is_valid(query) else ""
            if not canonical or canonical == query:
                raise
            try:
                return (await repo.stat(canonical)).version
            except GoError as second:
                if not second.not_exist:
                    raise
                raise error from None

    async def _choose(
        self, repo: CachingRepo, matcher: queries.QueryMatcher, listed: list[str], check_retractions: bool
    ) -> str | None:
        """filterVersions and what follows it: the version that the query means at this hop, or None."""
        releases, prereleases = await self._filter(matcher, listed, check_retractions)
        candidates = releases or prereleases
        if candidates:
            return candidates[0 if matcher.prefer_lower else -1]
        if not matcher.may_use_latest:
            return None
        try:
            latest = await repo.latest()
        except GoError as error:
            if not error.not_exist:
                raise
            return None
        allowed = await self._allows(matcher, latest.version, check_retractions)
        return latest.version if allowed else None

    async def _filter(
        self, matcher: queries.QueryMatcher, listed: list[str], check_retractions: bool
    ) -> tuple[list[str], list[str]]:
        releases: list[str] = []
        prereleases: list[str] = []
        need_incompatible = matcher.prefer_incompatible
        last_compatible = ""
        for version in listed:
            if not await self._allows(matcher, version, check_retractions):
                continue
            if not need_incompatible:
                if not version.endswith("+incompatible"):
                    last_compatible = version
                elif last_compatible:
                    if await self._has_go_mod(last_compatible):
                        break  # the author moved to modules: whatever is +incompatible is out of the question
                    need_incompatible = True
            (prereleases if semver.prerelease(version) else releases).append(version)
        return releases, prereleases

    async def _allows(self, matcher: queries.QueryMatcher, version: str, check_retractions: bool) -> bool:
        if not matcher.matches(version):
            return False
        return not (check_retractions and await self._is_retracted(version))

    async def _has_go_mod(self, version: str) -> bool:
        """modload versionHasGoMod: whether a version has a go.mod beyond the one line that go makes up."""
        text = await self._go_mod(version)
        return text != f"module {self.path}\n".encode()

    async def _is_retracted(self, version: str) -> bool:
        """modload CheckRetractions: whether the newest version's go.mod takes this version back.

        Whatever goes wrong on the way counts as "not retracted": go ignores it too.
        """
        try:
            newest = await self._newest_version()
            if not newest:
                return False  # an empty version names a folder to go, which is not there
            parsed = gomod.parse_lax(await self._go_mod(newest))
        except GoError:
            return False
        return any(
            semver.compare(retract.low, version) <= 0 <= semver.compare(retract.high, version)
            for retract in parsed.retracts
        )

    async def _newest_version(self) -> str:
        """modload queryLatestVersionIgnoringRetractions, asked once for each run."""
        if self._newest is None:
            try:
                self._newest = await self._query(Purpose.RETRACTIONS, "latest", check_retractions=False)
            except GoError as error:
                self._newest = error
        if isinstance(self._newest, GoError):
            raise self._newest.with_traceback(None)
        return self._newest

    # -- the files --------------------------------------------------------------------------------

    async def _go_mod(self, version: str) -> bytes:
        """modfetch GoMod of a version that is not necessarily canonical."""
        if not semver.is_valid(version):
            raise Fatal(
                f"go: internal error: {self.path}@{version}: unexpected invalid semantic version"
            )
        if version in self._disk.mods:
            return self._disk.mods[version]
        return await self._walker.walk(
            Purpose.MOD, version, lambda hop: self._lookup(hop).go_mod(version)
        )

    async def _info(self, version: str) -> None:
        """modfetch InfoFile."""
        if not semver.is_valid(version):
            raise GoError(f"invalid version {quote(version)}")
        if version in self._disk.infos:
            return
        await self._walker.walk(
            Purpose.INFO, version, lambda hop: self._lookup(hop).stat(version)
        )
        self._require_cacheable(version)

    def _require_cacheable(self, version: str) -> None:
        """modfetch CachePath and checkCacheDir."""
        cache = self._environment.get("GOMODCACHE")
        if not cache:
            raise GoError("module cache not found: neither GOMODCACHE nor GOPATH is set")
        if not cache.startswith("/"):
            raise GoError(f"GOMODCACHE entry is relative; must be absolute path: {quote(cache)}.\n")
        if not semver.is_valid(version):
            raise GoError(f"non-semver module version {quote(version)}")
        if module.canonical_version(version) != version:
            raise GoError(f"non-canonical module version {quote(version)}")

    async def _zip(self, version: str, file: BinaryIO) -> str:
        """modfetch DownloadZip: fetch, look it over, hash, verify; returns the h1: hash.

        Content is judged after the walk: no other hop is ever asked for bad bytes.
        """
        self._require_cacheable(version)

        async def fetch(hop: Hop) -> None:
            file.seek(0)
            file.truncate()
            await self._lookup(hop).zip(version, file)

        await self._walker.walk(Purpose.ZIP, version, fetch)
        size = file.seek(0, 2)
        modzip.check_download(self.path, version, file, size)
        total = modzip.hash_zip(file, size)
        await self._checksums.check(self.path, version, total)
        return total

    def _unzip(self, version: str, file: BinaryIO) -> None:
        """modfetch unzip and the go line of the extracted go.mod (Download)."""
        size = file.seek(0, 2)
        modzip.check_zip(self.path, version, file, size, zip_name=self._zip_name(version))
        text = modzip.go_mod_of(self.path, version, file, size)
        if text is not None:
            self._check_go_line(f"{self.path}@{version}", gomod.go_mod_lookup(text, "go"))

    def _zip_name(self, version: str) -> str:
        """Where go would keep the zip: its name stands in the errors of unzip."""
        cache = self._environment.get("GOMODCACHE")
        return (
            f"{cache}/cache/download/{module.escape_path(self.path)}/@v/{module.escape_version(version)}.zip"
        )

    def _check_go_line(self, what: str, wanted: str) -> None:
        local = (self._environment.go_version or "").removeprefix("go")
        if local and gover.compare(wanted, local) > 0:
            toolchain = self._environment.get("GOTOOLCHAIN")
            raise GoError(f"{what} requires go >= {wanted} (running go {local}; GOTOOLCHAIN={toolchain})")

    # -- go mod download --------------------------------------------------------------------------

    async def run(self) -> Download:
        """The whole run. Never raises for what a network or a server does."""
        query = self._route.query
        download = Download(version=query or None)
        try:
            await self._run(query, download)
        except Fatal as error:
            download.version, download.error, download.outcome = None, str(error), Outcome.FAILS
        except (Stalled, DirectNotTraced) as error:
            download.error, download.outcome, download.detail = None, Outcome.UNKNOWN, str(error)
        return download

    async def _run(self, query: str, download: Download) -> None:
        choosing = not queries.is_revision_query(query)
        try:
            version = await self._query(Purpose.QUERY, query, check_retractions=choosing)
        except GoError as error:
            self._fail(download, queries.describe_error(self.path, query, error), error)
            return
        download.version = version
        self._narrator.emit_now(VersionChosen, version=version, because=query)
        failure = await self._confirm(version, download)
        if failure is not None:
            self._fail(download, str(failure), failure)
            return
        if not version:
            return  # go mod download takes it for a main module, prints nothing and succeeds
        assert download.version is not None
        try:
            await self._download(download.version, download)
        except GoError as error:
            self._fail(download, str(error), error)

    async def _confirm(self, version: str, download: Download) -> GoError | None:
        """modload moduleInfo: the version is queried once more, and its go.mod is read ahead.

        Returns the error where that fails. The go.mod is asked for even then.
        """
        failure: GoError | None = None
        if not version:
            return None
        try:
            download.version = await self._query(Purpose.CONFIRM, version, check_retractions=False)
        except GoError as error:
            failure = error
        try:
            await self._go_mod(version)
        except GoError:
            pass  # kept, and met again by the download itself
        return failure

    async def _download(self, version: str, download: Download) -> None:
        """modcmd DownloadModule."""
        await self._info(version)
        text = await self._go_mod(version)
        self._require_cacheable(version)
        download.go_mod_sum = dirhash.go_mod_hash(text)
        if self.path == "golang.org/fips140":
            raise GoError("golang.org/fips140 is bundled with the Go distribution and cannot be downloaded")
        with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as file:
            download.sum = await self._zip(version, file)  # type: ignore[arg-type]
            self._unzip(version, file)  # type: ignore[arg-type]

    def _fail(self, download: Download, text: str, error: GoError) -> None:
        download.error, download.outcome = text, Outcome.FAILS
        self.failed_walk = self._walker.failures.get(id(error))
        if self.failed_walk is None:
            download.rule = CONTENT_RULE
