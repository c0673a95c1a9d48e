"""Which version go would choose for `latest`, `upgrade` and `patch`, and from whom.

This is the trace's own resolution (probes.trace.resolution) along the GOPROXY list as it stands, on what the
columns have answered; what go asks beyond their lists (the .info of what it chooses, the go.mod that tells of
retractions) is asked as go asks it. One thing is left to the trace: whether the checksum database vouches for
that go.mod, for it would be asked for much to see little.

Source: cmd/go/internal/modload/list.go listModules, query.go queryProxy, modfile.go CheckRetractions.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from probes.browse.asked_once import UNTOLD, AskedOnce
from probes.browse.outcomes import about_version
from probes.browse.project import Project
from probes.browse.proxies import Columns
from probes.browse.table import BrowseEmit, Choice, ModuleRead, Retracted
from probes.golang import module, queries
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.goproxy import Access, Hop
from probes.golang.redact import redact
from probes.net.limits import Limits, Stalled
from probes.sources.fetcher import Fetcher
from probes.sources.module_proxy import Repo
from probes.sources.programs import NotRun
from probes.trace.checksums import ChecksumGate
from probes.trace.events import Event, Outcome, Purpose, WalkFinished, WalkStarted
from probes.trace.narrator import Narrator
from probes.trace.repositories import Repositories
from probes.trace.resolution import Newest, Resolver
from probes.trace.run import new_client
from probes.trace.starting import refused
from probes.trace.walk import Walker

QUERIES = ("latest", "upgrade", "patch")
DIRECT_ON_REQUEST = "go would ask the module's own repository here, which is asked only on request"
MOST_RETRACTIONS = 2000
"""Lines of retractions that are told."""
MOST_WORDS = 2000
"""Characters of an author's words that are kept."""


class Chooser:
    """The go command at one module path."""

    def __init__(
        self,
        environment: Environment,
        columns: Columns,
        project: Project,
        limits: Limits,
        at_hop: Callable[[Hop], AskedOnce | None],
    ) -> None:
        self._columns = columns
        self._project = project
        self._path = columns.route.path
        self._current = project.required(self._path)
        self._at_hop = at_hop
        self._refused = _refusal(environment, project)
        self._walks: dict[int, tuple[Purpose, int | None]] = {}
        narrator = Narrator(self._hear, Fetcher(new_client(environment, limits), limits))
        walker = Walker(columns.route, narrator)
        repositories = _AskedRepositories(environment, narrator, walker, columns, at_hop)
        self._resolver = Resolver(
            self._path, repositories, walker,
            current=self._current, excluded=project.excluded(self._path),
        )  # fmt: skip

    def _hear(self, event: Event) -> None:
        if isinstance(event, WalkStarted):
            self._walks[event.walk] = event.purpose, None
        elif isinstance(event, WalkFinished):
            self._walks[event.walk] = self._walks[event.walk][0], event.served_by

    def _served(self, *purposes: Purpose) -> int | None:
        """The column that the last walk with one of these purposes ended at."""
        hops = [hop for purpose, hop in self._walks.values() if purpose in purposes and hop is not None]
        return self._columns.of_hop(hops[-1]) if hops else None

    async def run(self, emit: BrowseEmit, now: Callable[[], float], *, has_list: bool) -> None:
        """Tell what the newest go.mod says, and the choices. Without a list, no go.mod is missed."""
        newest = await self._read_newest()
        if newest is not None and (newest.version or (has_list and newest.error is not None)):
            column = self._served(Purpose.MOD, Purpose.RETRACTIONS)
            emit(_module_read(now(), newest, -1 if column is None else column))
        told: set[tuple[str, int]] = set()
        for query in QUERIES:
            choice = await self._choose(query, now)
            emit(choice)
            if choice.version is not None and choice.column is not None:
                told.add((choice.version, choice.column))
        for version, column in sorted(told):
            self._tell_info(version, column, emit, now())

    def _tell_info(self, version: str, column: int, emit: BrowseEmit, at: float) -> None:
        """The .info of a chosen version has come anyway: it tells when it was published."""
        for hop in self._columns.route.hops:
            place = self._at_hop(hop) if self._columns.of_hop(hop.id) == column else None
            info = None if place is None else place.known(version)
            if info is not None:
                emit(about_version(at, column, version, info))

    async def _read_newest(self) -> Newest | None:
        """The go.mod that tells of retractions; None where it cannot be told which that is."""
        try:
            return await self._resolver.newest()
        except (NotRun, Fatal, *UNTOLD):
            return None

    async def _choose(self, query: str, now: Callable[[], float]) -> Choice:
        self._walks.clear()
        version = error = None
        unknown = False
        try:
            if self._project.unsaid:
                raise Stalled(self._project.unsaid)
            if self._refused is not None:
                raise Fatal(self._refused)
            mains = {go_mod.module_path for go_mod in self._project.modules}
            if self._path in mains and query != "latest":
                raise GoError(f"{self._path} is the main module: go stays with what is in its folder")
            version = await self._resolver.query(Purpose.QUERY, query, check_retractions=True)
            if version and version != module.canonical_version(version):
                with suppress(GoError):
                    version = await self._resolver.confirm(version)
        except GoError as failure:
            error = queries.describe_error(self._path, query, failure)
        except Fatal as failure:
            error = str(failure)
        except NotRun:
            error, unknown = DIRECT_ON_REQUEST, True
        except UNTOLD as failure:
            error, unknown = str(failure), True
        return Choice(
            now(), query, version,
            None if version is None else self._served(Purpose.QUERY, Purpose.CONFIRM),
            self._current, None if error is None else redact(error), unknown,
        )  # fmt: skip


def _refusal(environment: Environment, project: Project) -> str | None:
    """What go prints where it chooses nothing at all, for its settings or for the go.mod around."""

    def check_project() -> None:
        if project.error:
            raise GoError(project.error)

    stopped = refused(environment, ("cmd/go/internal/modload/init.go loadModFile", check_project))
    return stopped.error if stopped is not None and stopped.outcome is Outcome.FAILS else None


def _module_read(at: float, newest: Newest, column: int) -> ModuleRead:
    if newest.go_mod is None:
        error = None if newest.error is None else redact(str(newest.error))
        return ModuleRead(at, newest.version, column, error=error)
    lines = newest.go_mod.retracts[:MOST_RETRACTIONS]
    retracted = tuple(Retracted(one.low, one.high, one.rationale[:MOST_WORDS]) for one in lines)
    return ModuleRead(at, newest.version, column, retracted, newest.go_mod.deprecated[:MOST_WORDS])


class _AskedRepositories(Repositories):
    """What the columns answered, as the go command would find it."""

    def __init__(
        self,
        environment: Environment,
        narrator: Narrator,
        walker: Walker,
        columns: Columns,
        at_hop: Callable[[Hop], AskedOnce | None],
    ) -> None:
        super().__init__(environment, narrator, walker)
        self.checksums = _NobodyIsAsked(environment, narrator, walker)
        self._route = columns.route
        self._at_hop = at_hop

    async def _make(self, hop: Hop, path: str) -> Repo:
        place = self._at_hop(hop) if self._route.access(hop) in (Access.ASK, Access.DIRECT) else None
        return await super()._make(hop, path) if place is None else place


class _NobodyIsAsked(ChecksumGate):
    """Takes every hash as it is."""

    async def check(self, path: str, version: str, total: str) -> None:
        """Nothing."""
