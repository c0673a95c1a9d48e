"""The engine: walks a route as `go mod download -json PATH@QUERY` does, and tells every step.

Source: cmd/go/internal/modcmd/download.go (runDownload, DownloadModule), modload/list.go (listModules),
modload/build.go (moduleInfo), modfetch/cache.go and fetch.go (InfoFile, GoMod, DownloadZip, unzip). There
is no single "resolve, then download": each operation walks the whole GOPROXY list again from its first
entry.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, BinaryIO, cast

from probes.golang import dirhash, gomod, module, modzip, queries, semver
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.goproxy import Hop
from probes.golang.quote import quote
from probes.net.limits import Stalled
from probes.trace import toolchains
from probes.trace.events import Outcome, Purpose, VersionChosen
from probes.trace.narrator import Narrator
from probes.trace.repositories import Repositories
from probes.trace.resolution import Resolver
from probes.trace.route import Route
from probes.trace.walk import DirectNotTraced, Walker

SPOOL_BYTES = 8 << 20
"""A zip larger than this is kept in a temporary file while it is hashed, not in memory."""

MOST_UNPACKED = 4 << 30
"""Bytes that are unpacked to be hashed; go has no such limit, and refuses more than 500 MiB afterwards."""

CONTENT_RULE = "cmd/go/internal/modfetch/fetch.go downloadZip and unzip, after the walk"
FIPS140 = "golang.org/fips140"


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
    failed_walk: int | None = None
    """The walk whose failure is the error; None where none is."""


class Engine:
    """One run of the go command, retold."""

    def __init__(self, environment: Environment, route: Route, narrator: Narrator) -> None:
        self._environment = environment
        self._route = route
        self._narrator = narrator
        self._walker = Walker(route, narrator)
        self._repositories = Repositories(environment, narrator, self._walker)
        self._resolver = Resolver(route.path, self._repositories, self._walker)
        self.path = route.path

    async def run(self) -> Download:
        """The whole run. Raises nothing for what a network or a server does."""
        query = self._route.query
        download = Download(version=query or None)
        if module.is_toolchain(self.path):
            download.outcome = Outcome.UNKNOWN
            download.detail = (
                f"{self.path} is no module but a name for Go releases, which is not traced; "
                f"trace {toolchains.TOOLCHAIN_PATH} to see where they come from"
            )
            return download
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
            version = await self._resolver.query(Purpose.QUERY, query, check_retractions=choosing)
        except GoError as error:
            self._fail(download, queries.describe_error(self.path, query, error), error)
            return
        download.version = version
        why, passed_over = self._resolver.why(version)
        self._narrator.emit_now(
            VersionChosen, version=version, because=query, why=why, passed_over=passed_over
        )
        if not version:
            return  # go mod download takes it for a main module, prints nothing and succeeds
        failure = await self._confirm(version, download)
        if failure is not None:
            self._fail(download, str(failure), failure)
            return
        assert download.version is not None
        try:
            await self._download(download.version, download)
        except toolchains.TooNew as error:
            await self._switch(download, error)
        except GoError as error:
            self._fail(download, str(error), error)

    def _fail(self, download: Download, text: str, error: GoError) -> None:
        download.error, download.outcome = text, Outcome.FAILS
        download.failed_walk = self._walker.failures.get(id(error))
        if download.failed_walk is None:
            download.rule = CONTENT_RULE

    async def _confirm(self, version: str, download: Download) -> GoError | None:
        """modload moduleInfo: the version is queried once more, and its go.mod is read ahead.

        Returns the error where the query fails. The go.mod is asked for even then, and what goes wrong with
        it is kept, to be met again by the download itself.
        """
        failure: GoError | None = None
        try:
            download.version = await self._resolver.query(Purpose.CONFIRM, version, check_retractions=False)
        except GoError as error:
            failure = error
        with suppress(GoError):
            await self._repositories.go_mod(self.path, version)
        return failure

    async def _download(self, version: str, download: Download) -> None:
        """modcmd DownloadModule."""
        await self._info(version)
        text = await self._repositories.go_mod(self.path, version)
        self._repositories.require_cacheable(version)
        download.go_mod_sum = dirhash.go_mod_hash(text)
        if self.path == FIPS140:
            raise GoError(f"{FIPS140} is bundled with the Go distribution and cannot be downloaded")
        with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
            file = cast(BinaryIO, cast(IO[bytes], spool))
            download.sum = await self._zip(version, file)
            self._unzip(version, file)

    async def _info(self, version: str) -> None:
        """modfetch InfoFile."""
        if not semver.is_valid(version):
            raise GoError(f"invalid version {quote(version)}")
        if version in self._repositories.disk(self.path).infos:
            self._repositories.require_cacheable(version)
            return
        await self._walker.walk(
            Purpose.INFO, version, lambda hop: self._repositories.lookup(hop, self.path).stat(version)
        )
        self._repositories.require_cacheable(version)

    async def _zip(self, version: str, file: BinaryIO) -> str:
        """modfetch DownloadZip: fetch, look it over, hash, verify; returns the h1: hash.

        Content is judged after the walk: no other hop is ever asked for bad bytes.
        """

        async def fetch(hop: Hop) -> None:
            file.seek(0)
            file.truncate()
            await self._repositories.lookup(hop, self.path).zip(version, file)

        await self._walker.walk(Purpose.ZIP, version, fetch)
        size = file.seek(0, 2)
        # The file has a random number in its name until it is hashed.
        name = f"{self._repositories.zip_name(self.path, version)}*.tmp"
        modzip.check_download(self.path, version, file, size, zip_name=name)
        unpacked = modzip.most_unpacked(file, size)
        if unpacked > MOST_UNPACKED:
            raise Stalled(f"the zip unpacks to {unpacked >> 30} GiB; go would hash all of it, then refuse it")
        total = modzip.hash_zip(file, size, zip_name=name)
        await self._repositories.checksums.check(self.path, version, total)
        return total

    def _unzip(self, version: str, file: BinaryIO) -> None:
        """modfetch unzip, and the go line of the extracted go.mod (Download)."""
        size = file.seek(0, 2)
        name = self._repositories.zip_name(self.path, version)
        folder = self._repositories.folder_name(self.path, version)
        modzip.check_zip(self.path, version, file, size, zip_name=name, folder=folder)
        text = modzip.go_mod_of(self.path, version, file, size, folder=folder)
        if text is not None:
            wanted = gomod.go_mod_lookup(text, "go")
            toolchains.check_go_line(f"{self.path}@{version}", wanted, self._environment)

    async def _switch(self, download: Download, error: toolchains.TooNew) -> None:
        """toolchain Switcher.Switch: where a newer toolchain can be had, go starts again with it."""
        self._fail(download, str(error), error)
        download.rule = toolchains.RULE
        if not toolchains.may_switch(self._environment):
            return
        try:
            name = await toolchains.newer_toolchain(
                error.wanted, self._environment, self._repositories, self._walker
            )
        except GoError as failure:
            download.failed_walk = self._walker.failures.get(id(failure))
            return
        download.error, download.outcome = None, Outcome.UNKNOWN
        download.detail = (
            f"{self.path}@{download.version} wants go {error.wanted}: go would switch to the toolchain "
            f"{name} and start again; trace {toolchains.TOOLCHAIN_PATH} to see whether it can be had"
        )
