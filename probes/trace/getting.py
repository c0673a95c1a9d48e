"""The search of `go get PATH@QUERY`: which module has this package? Every prefix of the path is asked for.

The go command stands in a project of its own here, which requires nothing yet. At one entry of the list all
candidates are asked for at once; a candidate that resolves is downloaded, for only its zip can tell whether
the package is in it, and that download walks the list from its first entry again. What the candidates come
to decides whether the next entry is asked.

The search ends with the go.mod of the chosen module and with its retractions. What go does then, loading the
go.mod of each requirement and the imports of the package, is not followed, and GetFinished says so.

Source: cmd/go/internal/modload/query.go (QueryPattern, queryPrefixModules), modget/get.go (runGet, queryPath,
checkAllowedOr, resolveQueries, checkPackageProblems), modfetch/fetch.go (Download), modload/modfile.go
(goModSummary, CheckRetractions).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from probes.golang import gomod, module
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError, ModuleError
from probes.golang.goproxy import ErrorRanking, Hop
from probes.golang.gozip import read_directory
from probes.golang.prefixes import (
    PARSE_ARGUMENTS,
    QUERY_PREFIXES,
    Argument,
    Branch,
    NotOnePackage,
    PackageNotInModule,
    Ranked,
    Standing,
    candidates,
    conflict,
    has_go_files,
    is_standard_import_path,
    parse_argument,
    rank,
    report_error,
    short_message,
    standing_of,
    why,
)
from probes.golang.quote import quote
from probes.golang.redact import redact
from probes.net.limits import Limits, Stalled
from probes.sources.answer_cache import AnswerCache
from probes.sources.fetcher import Fetcher
from probes.sources.programs import NotRun
from probes.sources.remembered import Memory
from probes.trace import toolchains
from probes.trace.checksums import ChecksumGate
from probes.trace.engine import FIPS140, Engine
from probes.trace.events import Emit, Outcome, Verdict
from probes.trace.get_events import GetFinished, GetStarted, PrefixesRanked, PrefixJudged
from probes.trace.getting_teller import GetTeller
from probes.trace.narrator import Narrator
from probes.trace.resolution import Resolver
from probes.trace.route import plan
from probes.trace.run import WayOut
from probes.trace.starting import refused
from probes.trace.toolchain_finder import ANY_VERSION
from probes.trace.turnings import Offers
from probes.trace.walk import Walker, edge_words
from probes.trace.zips import spool

if TYPE_CHECKING:
    from probes.sources.direct import OpenOrigins

STD_ROOTS = re.compile(
    r"(archive|bufio|bytes|cmd|cmp|compress|container|context|crypto|database|debug|embed|encoding|errors"
    r"|expvar"
    r"|flag|fmt|go|hash|html|image|index|internal|io|iter|log|maps|math|mime|net|os|path|plugin|reflect|regexp"
    r"|runtime|slices|sort|strconv|strings|structs|sync|syscall|testing|text|time|unicode|unique|unsafe|vendor"
    r"|weak)(/|\Z)"
)
"""The first elements of the paths of the standard library."""
RULE_STD = "cmd/go/internal/modget/get.go queryPath"
NO_REQUIREMENTS = "go then reads the imports of the package, which is not followed here"


async def search(
    environment: Environment,
    text: str,
    emit: Emit,
    *,
    limits: Limits | None = None,
    memory: Memory | None = None,
    run: bool = False,
) -> None:
    """Find the module of PATH[@QUERY] as `go get` does in a project that requires nothing yet.

    The last event is GetFinished, also when the task is cancelled (the cancellation then goes on). Raises
    nothing for what networks, servers or settings do. What ``memory`` knows is not asked for again; with
    ``run`` the programs are started that go would start.
    """
    limits = limits or Limits()
    text = redact(text) if "://" in text else text  # a URL that was pasted with a user in it is no path
    teller = GetTeller(emit)
    finished: GetFinished | None = None
    argument = Argument(text, text, "")
    try:
        argument = parse_argument(text)
        refusal = refused(environment, (PARSE_ARGUMENTS, lambda: None))
        finished = None if refusal is None else _as_finished(refusal.outcome, refusal.error, refusal.detail)
    except NotOnePackage as words:
        finished = _as_finished(Outcome.UNKNOWN, None, str(words))
    except GoError as error:
        finished = _as_finished(Outcome.FAILS, str(error), "", PARSE_ARGUMENTS)
    finished = finished or _without_network(environment, argument)
    if finished is not None:
        teller.emit_now(GetStarted, argument=argument.raw, path=argument.path,
                        query=argument.query, prefixes=())  # fmt: skip
        teller.end(finished)
        return
    way_out = WayOut(environment, limits, run=run)
    finished = _as_finished(Outcome.CANCELLED, None, "")
    try:
        await way_out.client.warm_up(tls=plan(environment, argument.path, argument.query).uses_tls)
        finished = await _Search(environment, argument, way_out.fetcher(memory), teller, way_out).run()
        doubt = way_out.credentials.doubt
        if finished.outcome is Outcome.FAILS and doubt and way_out.client.refused_over_https:
            finished = _as_finished(Outcome.UNKNOWN, None, doubt)
        await way_out.aclose()  # what is still done beside the requests is told before the end
    finally:
        way_out.tell(None)
        teller.end(finished)
        await way_out.aclose()


def _as_finished(outcome: Outcome, error: str | None, detail: str, rule: str = "") -> GetFinished:
    return GetFinished(0.0, outcome, error=error, detail=detail, rule=rule)


def _without_network(environment: Environment, argument: Argument) -> GetFinished | None:
    """What go decides before any request: names of Go releases, packages of the standard library."""
    path = argument.path
    if module.is_toolchain(path):
        detail = (
            f"{path} is no module but a name for Go releases; go get writes it into go.mod, which is not "
            "traced: a trace as go mod download shows whether there is such a release"
        )
        return _as_finished(Outcome.UNKNOWN, None, detail)
    if argument.query == "none":
        return None
    if not is_standard_import_path(path) or not is_std(environment.get("GOROOT"), path):
        return None
    if not argument.raw_query:
        return _as_finished(Outcome.OK, None, f"{path} is in the standard library and needs no module")
    words = f"can't request explicit version {quote(argument.query)} of standard library package {path}"
    return _as_finished(Outcome.FAILS, report_error(argument, words), "", RULE_STD)


def is_std(goroot: str, path: str) -> bool:
    """Whether the standard library, commands included, has the package; without a Go a good guess."""
    elements = path.split("/")
    if any(elem.startswith(("_", ".")) or elem in ("testdata", "") for elem in elements):
        return False
    if not goroot:
        return STD_ROOTS.match(path) is not None
    try:
        return any(
            file.name.endswith(".go") and not file.name.startswith(("_", "."))
            for file in Path(goroot, "src", path).iterdir()
        )
    except (OSError, ValueError):
        return False


class _Gate(ChecksumGate):
    """The checksum database as all candidates share it: one after the other, so that what one learns is
    known to the next."""

    def __init__(self, environment: Environment, narrator: Narrator, walker: Walker) -> None:
        super().__init__(environment, narrator, walker)
        self._lock = asyncio.Lock()

    async def check(self, path: str, version: str, total: str) -> None:
        """See ChecksumGate.check."""
        async with self._lock:
            await super().check(path, version, total)


class _AllowedResolver(Resolver):
    """Queries as `go get` makes them: any version but the very one that was asked for may be retracted."""

    async def at(self, hop: Hop, query: str) -> str:
        """modload queryProxy at one hop, with modget's checkAllowedOr."""
        return await self._query_hop(hop, query, True, self._current)

    async def _query_revision(self, repo: Offers, query: str) -> str:
        version = await super()._query_revision(repo, query)
        if version != query:
            await self._require_allowed(version, True)
        return version

    async def warnings(self, version: str) -> tuple[str, ...]:
        """modget checkPackageProblems: what go prints of a module or version that its author gave up."""
        newest = await self.newest()
        printed = []
        if newest.go_mod is not None and (message := short_message(newest.go_mod.deprecated, "")):
            printed.append(f"go: module {self.path} is deprecated: {message}")
        try:
            await self._require_allowed(version, True)
        except GoError as error:
            advice = f"go: to switch to the latest unretracted version, run:\n\tgo get {self.path}@latest"
            printed += [f"go: warning: {error}", advice]
        return tuple(printed)


class _Candidate(Engine):
    """One prefix of the path: its own walks, with the checksum database that all share."""

    def __init__(
        self,
        environment: Environment,
        prefix: str,
        query: str,
        fetcher: Fetcher,
        teller: GetTeller,
        gate: _Gate,
        origins: OpenOrigins,
    ) -> None:
        route = plan(environment, prefix, query)
        super().__init__(environment, route, Narrator(teller.about(prefix), fetcher), origins=origins)
        self._repositories.checksums = gate
        self._resolver: _AllowedResolver = _AllowedResolver(prefix, self._repositories, self._walker)
        self._fetched: AnswerCache[bool] = AnswerCache()
        self.is_private = route.private is not None

    async def at(self, hop: Hop, argument: Argument) -> Branch:
        """queryModule of QueryPattern: what becomes of this candidate at one hop. Raises Fatal."""
        version = ""
        try:
            version = await self._resolver.at(hop, argument.query)
            if await self._fetched.do(version, lambda: self._fetch(version, argument.path)):
                return Branch(self.path, Standing.FOUND, version)
        except (Stalled, NotRun) as unknown:
            return Branch(self.path, Standing.UNKNOWN, version, GoError(str(unknown)))
        except GoError as error:
            return Branch(self.path, standing_of(error), version, error)
        if self.path == argument.path:
            return Branch(self.path, Standing.MODULE, version)
        missing = PackageNotInModule(self.path, version, argument.query, argument.path)
        return Branch(self.path, standing_of(missing), version, missing)

    async def _fetch(self, version: str, package: str) -> bool:
        """modfetch Download, and dirInModule: whether the module has the package."""
        if self.path == FIPS140:
            raise GoError(f"{FIPS140} is bundled with the Go distribution and cannot be downloaded")
        try:
            self._repositories.require_cacheable(ANY_VERSION)
        except GoError as error:
            raise Fatal(f"go: {error}") from error
        self._repositories.require_cacheable(version)
        with spool() as file:
            await self._zip(version, file)
            self._unzip(version, file)
            start = len(f"{self.path}@{version}/")
            names = (entry.name[start:] for entry in read_directory(file, file.seek(0, 2)))
            return has_go_files(names, self.path, package)

    async def summary(self, version: str) -> gomod.GoModFile:
        """modload goModSummary: the go.mod of the chosen version, as the module graph needs it."""
        text = await self._repositories.go_mod(self.path, version)
        try:
            parsed = gomod.parse_lax(text)
        except GoError as error:
            raise ModuleError(self.path, version, GoError(f"parsing go.mod: {error}")) from error
        toolchains.check_go_line(f"module {self.path}@{version}", parsed.go_version, self._environment)
        if not parsed.module_path:
            raise ModuleError(self.path, version, GoError("parsing go.mod: missing module line"))
        if parsed.module_path != self.path:
            words = (
                f"parsing go.mod:\n\tmodule declares its path as: {parsed.module_path}\n"
                f"\t        but was required as: {self.path}"
            )
            raise ModuleError(self.path, version, GoError(words))
        return parsed

    async def warnings(self, version: str) -> tuple[str, ...]:
        """What go prints of a module or version that its author gave up; it succeeds all the same."""
        return await self._resolver.warnings(version)


class _Search:
    """One run."""

    def __init__(
        self,
        environment: Environment,
        argument: Argument,
        fetcher: Fetcher,
        teller: GetTeller,
        way_out: WayOut,
    ) -> None:
        self._environment = environment
        self._argument = argument
        self._teller = teller
        self._route = plan(environment, argument.path, argument.query)
        narrator = Narrator(teller.about(""), fetcher)
        way_out.tell(narrator)
        gate = _Gate(environment, narrator, Walker(self._route, narrator))
        self._candidates = [
            _Candidate(environment, prefix, argument.query, fetcher, teller, gate, way_out.origins)
            for prefix in ((argument.path,) if argument.query == "none" else candidates(argument.path))
        ]

    async def run(self) -> GetFinished:
        """The whole search. Raises nothing for what a network or a server does."""
        argument = self._argument
        self._teller.emit_now(
            GetStarted,
            argument=argument.raw,
            path=argument.path,
            query=argument.query,
            prefixes=tuple(candidate.path for candidate in self._candidates),
            private=tuple(candidate.path for candidate in self._candidates if candidate.is_private),
        )
        try:
            if argument.query == "none":
                return await self._remove()
            return await self._require(await self._walk())
        except Fatal as error:
            return _as_finished(Outcome.FAILS, str(error), "")
        except _CannotTell as unknown:
            return _as_finished(Outcome.UNKNOWN, None, str(unknown))
        except _Printed as printed:
            return _as_finished(Outcome.FAILS, str(printed), "", printed.rule)
        except (Stalled, NotRun) as unknown:
            return _as_finished(Outcome.UNKNOWN, None, str(unknown))

    async def _remove(self) -> GetFinished:
        """queryNone: nothing is searched; only whether the author has given up the module is asked for."""
        detail = f"@none removes the requirement of {self._argument.path}, and this project has none"
        warnings = await self._candidates[0].warnings("none") if self._candidates else ()
        return GetFinished(0.0, Outcome.OK, detail=detail, warnings=warnings)

    async def _walk(self) -> Branch:
        """TryProxies around queryPrefixModules. Raises _Printed, _CannotTell, Fatal."""
        if self._route.error is not None:
            raise _Printed(report_error(self._argument, str(self._route.error)), QUERY_PREFIXES)
        ranking = ErrorRanking()
        for hop in self._route.hops:
            branches = await self._ask(hop)
            ranked = rank(branches)
            if ranked.unknown is not None:
                words = str(ranked.unknown.error)
                self._tell(hop, branches, ranked, Verdict.UNKNOWN, words)
                raise _CannotTell(words)
            if ranked.chosen is not None:
                words = f"{ranked.chosen.prefix} {ranked.chosen.version}"
                self._tell(hop, branches, ranked, Verdict.SERVED, words)
                return ranked.chosen
            assert ranked.failed is not None
            assert ranked.failed.error is not None
            goes_on = ranking.add(hop, ranked.failed.error)
            last = hop is self._route.hops[-1]
            words = edge_words(hop, ranked.failed.error, goes_on, last)
            self._tell(hop, branches, ranked, Verdict.NEXT if goes_on and not last else Verdict.STOP, words)
            if not goes_on:
                break
        assert ranking.best is not None, "a route has at least one hop"
        self._give_up(ranking.best)
        raise _Printed(report_error(self._argument, str(ranking.best)), QUERY_PREFIXES)

    def _give_up(self, error: GoError) -> None:
        """Raise _CannotTell where go would switch to a newer toolchain and start again."""
        if isinstance(error, toolchains.TooNew) and toolchains.may_switch(self._environment):
            raise _CannotTell(
                f"{error}: go would look for a newer toolchain and start again with it; the trace as go mod "
                "download shows whether it can be had"
            )

    async def _ask(self, hop: Hop) -> list[Branch]:
        """All candidates at one hop, at once."""

        async def one(candidate: _Candidate) -> Branch:
            branch = await candidate.at(hop, self._argument)
            self._teller.emit_now(
                PrefixJudged,
                hop=hop.id,
                prefix=branch.prefix,
                standing=branch.standing.value,
                version=branch.version,
                error=None if branch.error is None else redact(str(branch.error)),
            )
            return branch

        with _first_of_many():
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(candidate)) for candidate in self._candidates]
        return [task.result() for task in tasks]

    def _tell(self, hop: Hop, branches: list[Branch], ranked: Ranked, verdict: Verdict, words: str) -> None:
        deciding = ranked.chosen or ranked.failed or ranked.unknown
        self._teller.emit_now(
            PrefixesRanked,
            hop=hop.id,
            name=hop.name,
            verdict=verdict,
            because=redact(words),
            deciding=deciding.prefix if deciding else "",
            why=tuple((branch.prefix, words) for branch in branches if (words := why(branch, ranked))),
        )

    async def _require(self, chosen: Branch) -> GetFinished:
        """The chosen module comes into the build list: its go.mod, and what its author took back."""
        candidate = next(one for one in self._candidates if one.path == chosen.prefix)
        try:
            summary = await candidate.summary(chosen.version)
        except GoError as error:
            self._give_up(error)
            about = candidate.path, chosen.version
            inner = (
                error.cause
                if isinstance(error, ModuleError) and (error.path, error.version) == about
                else error
            )
            words = conflict(self._argument, *about, str(inner))
            raise _Printed(words, "cmd/go/internal/modget/get.go updateBuildList") from error
        warnings = await candidate.warnings(chosen.version)
        return GetFinished(
            0.0,
            Outcome.OK,
            module=chosen.prefix,
            version=chosen.version,
            has_package=chosen.standing is Standing.FOUND,
            detail=_ends(len(summary.requires), chosen.standing),
            warnings=warnings,
        )


def _ends(requirements: int, standing: Standing) -> str:
    """Where this verdict ends, in one sentence; "" where go has nothing more to do."""
    if not requirements:
        return NO_REQUIREMENTS if standing is Standing.FOUND else ""
    counted = "the one module" if requirements == 1 else f"the {requirements} modules"
    rest = "" if standing is not Standing.FOUND else ", and the imports of the package"
    return f"go then reads the go.mod of {counted} that it requires{rest}, which is not followed here"


class _CannotTell(Exception):
    """What follows depends on something that modtrace does not know."""


class _Printed(Exception):
    """go ends with these words."""

    def __init__(self, text: str, rule: str) -> None:
        super().__init__(text)
        self.rule = rule


@contextmanager
def _first_of_many() -> Iterator[None]:
    """What several tasks raised at once, as the first of it: go, too, exits with whatever comes first."""
    try:
        yield
    except BaseExceptionGroup as many:
        raise many.exceptions[0] from None
