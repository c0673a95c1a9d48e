"""The engine: walks a route as `go mod download -json PATH@QUERY` does, and tells every step.

Source: cmd/go/internal/modcmd/download.go (runDownload, DownloadModule), modload/list.go (listModules),
modload/build.go (moduleInfo), modfetch/cache.go and fetch.go (InfoFile, GoMod, DownloadZip, unzip). There
is no single "resolve, then download": each operation walks the whole GOPROXY list again from its first
entry.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from probes.golang import dirhash, gomod, mod_versions, module, queries, semver
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.quote import quote
from probes.net.limits import Stalled
from probes.project.loading import LOAD
from probes.project.project import Project
from probes.sources.programs import NotRun
from probes.sources.toolchain_repo import STAT_PLATFORM, TOOLCHAIN_PATH, download_version
from probes.trace import toolchains, zips
from probes.trace.current import CurrentVersion
from probes.trace.events import Bend, Outcome, Purpose, Turning, TurningTaken, VersionChosen
from probes.trace.kept import zip_and_go_mod
from probes.trace.narrator import Narrator
from probes.trace.repositories import Repositories
from probes.trace.resolution import Resolver
from probes.trace.route import Route
from probes.trace.toolchain_finder import NotHad, ToolchainFinder
from probes.trace.turnings import Turnings
from probes.trace.walk import Walker

if TYPE_CHECKING:
    from probes.sources.direct import OpenOrigins

CONTENT_RULE = "cmd/go/internal/modfetch/fetch.go downloadZip and unzip, after the walk"
FIPS140 = "golang.org/fips140"
NO_MODULE = "internal error: invalid operation on toolchain module"
"""What go says of "go" and "toolchain", which are names of releases: there is nothing to download."""
NO_MODULE_RULE = "cmd/go/internal/modfetch/cache.go CachePath"


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
    toolchain: str = ""
    """The other go that would have run, "" where none was selected or none could be had."""


class Engine:
    """One run of the go command, retold."""

    def __init__(
        self,
        environment: Environment,
        route: Route,
        narrator: Narrator,
        *,
        project: Project | None = None,
        warm: bool = False,
        explained: str | None = None,
        origins: OpenOrigins | None = None,
    ) -> None:
        """``explained`` is what the selection of a toolchain adds to the words of a go that is too old;
        ``origins`` is direct mode."""
        self._environment = environment
        self._explained = explained
        self._route = route
        self._narrator = narrator
        self._walker = Walker(route, narrator)
        self._repositories = Repositories(
            environment,
            narrator,
            self._walker,
            project=project,
            warm=warm,
            origins=origins,
            check_go_line=lambda what, wanted: toolchains.check_go_line(
                what, wanted, environment, explained
            ),
        )
        self.project = project
        self.complaints = [project.complaint] if project is not None and project.complaint else []
        """What go prints and goes on, to fail at the end."""
        self._turnings = Turnings(project, route.path, narrator.emit_now)
        self._resolver = Resolver(route.path, self._repositories, self._walker, turnings=self._turnings)
        running = toolchains.local_version(environment)
        if project is None and running and module.is_toolchain(route.path):
            is_go = route.path == mod_versions.GO
            self._resolver.start_from(running if is_go else f"go{running}")
        self.path = route.path

    async def run(self) -> Download:
        """The whole run. Raises nothing for what a network or a server does."""
        query = self._route.query
        download = Download(version=query or None)
        try:
            await self._run(query, download)
        except Fatal as error:
            download.version, download.outcome = None, Outcome.FAILS
            download.error = "\n".join([*self.complaints, str(error)])
            download.sum = download.go_mod_sum = None  # it exits before it prints any JSON
        except (Stalled, NotRun) as error:
            download.error, download.outcome, download.detail = None, Outcome.UNKNOWN, str(error)
        conflicts = () if self.project is None else self.project.conflicts
        complaints = "\n".join([*self.complaints, *conflicts])
        if complaints and download.outcome is Outcome.OK:
            download.error, download.outcome, download.rule = complaints, Outcome.FAILS, LOAD
        return download

    async def _run(self, query: str, download: Download) -> None:
        self._turnings.tell_settings(self._environment)
        if self.project is not None and self.project.modules:
            finder = CurrentVersion(self.project, self._environment, self._repositories)
            current = await finder.find(self.path, query)
            self._resolver.start_from(current.version)
            self.complaints += filter(None, [current.error])
            if current.is_skipped:
                download.version = None
                return
        choosing = not queries.is_revision_query(query, self.path)
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
        if module.is_toolchain(self.path):
            self._refuse_release(version, download)
            return
        self._turnings.tell_chosen(query, version)
        self._turnings.tell_readonly(query, version, self._environment)
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

    def _refuse_release(self, version: str, download: Download) -> None:
        """go found the release, and then finds that its name is no module to download."""
        download.error, download.outcome, download.rule = NO_MODULE, Outcome.FAILS, NO_MODULE_RULE
        name = f"go{version.removeprefix('go')}"
        self._narrator.emit_now(
            TurningTaken, turning=Turning.TOOLCHAIN, bend=Bend.STOPS, path=self.path, version=version,
            because=f"there is {name}, but {self.path} is the name of releases and no module: what is "
            f"downloaded is {TOOLCHAIN_PATH}@{download_version(name, STAT_PLATFORM)}",
            rule=NO_MODULE_RULE, error=NO_MODULE,
        )  # fmt: skip

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
        if self.project is not None:
            self.project.go_sum.require_readable()  # RecordedSum
        return failure

    async def _download(self, version: str, download: Download) -> None:
        """modcmd DownloadModule."""
        await self._info(version)
        text = await self._repositories.go_mod(self.path, version)
        self._repositories.require_cacheable(version)
        download.go_mod_sum = dirhash.go_mod_hash(text)
        if self.path == FIPS140:
            raise GoError(f"{FIPS140} is bundled with the Go distribution and cannot be downloaded")

        def hashed(total: str) -> None:
            download.sum = total or None

        found = await zip_and_go_mod(self._repositories, self._walker, self.path, version, hashed)
        self._check_go_line(version, found)

    async def _info(self, version: str) -> None:
        """modfetch InfoFile."""
        if not semver.is_valid(version):
            raise GoError(f"invalid version {quote(version)}")
        if self._repositories.disk(self.path).info(version) is not None:
            self._repositories.require_cacheable(version)
            return
        await self._walker.walk(
            Purpose.INFO, version, lambda hop: self._repositories.lookup(hop, self.path).stat(version)
        )
        self._repositories.require_cacheable(version)

    async def _zip(self, version: str, file: BinaryIO) -> str:
        """modfetch DownloadZip; returns the h1: hash."""
        return await zips.fetch_zip(
            self._repositories, self._walker, Purpose.ZIP, self.path, version, file
        )

    def _unzip(self, version: str, file: BinaryIO) -> None:
        """modfetch unzip, and the go line of the extracted go.mod (Download)."""
        self._check_go_line(version, zips.unzip(self._repositories, self.path, version, file))

    def _check_go_line(self, version: str, text: bytes | None) -> None:
        if text is not None:
            wanted = gomod.go_mod_lookup(text, "go")
            what = f"{self.path}@{version}"
            toolchains.check_go_line(what, wanted, self._environment, self._explained)

    async def _switch(self, download: Download, error: toolchains.TooNew) -> None:
        """toolchain Switcher.Switch: where a newer toolchain can be had, go starts again with it.

        What was downloaded lies in the module cache then, so that the other go, which is new enough, has the
        module.
        """
        self._fail(download, str(error), error)
        download.rule = toolchains.RULE
        if not toolchains.may_switch(self._environment):
            return
        finder = ToolchainFinder(
            self._environment, self._repositories, self._walker, self._narrator, self._explained
        )
        try:
            name = await finder.newer(error)
        except GoError as failure:
            download.failed_walk = self._walker.failures.get(id(failure))
            return
        try:
            await finder.find(name)
        except NotHad as failure:
            download.version = download.sum = download.go_mod_sum = None  # go prints no JSON
            download.error = str(failure)
            download.failed_walk = self._walker.failures.get(id(failure.cause))
            return
        download.error, download.outcome, download.rule, download.toolchain = None, Outcome.OK, "", name
