"""A module as go finds it without a proxy: its host asked where it lives, then its repository.

Source: cmd/go/internal/modfetch/repo.go (lookupDirect, lookupCodeRepo), codehost/vcs.go (NewRepo and its
cache) and modload/query.go (queryProxy, filterVersions) for what the query "latest" means here.

``Origins`` is direct mode for one go command, as a trace walks it; ``direct_repository`` gives one module by
itself, and ``direct_versions`` asks it what it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from probes.golang import mode, semver
from probes.golang.code_host import CodeHost, kept_copy
from probes.golang.code_repo import CodeRepo
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.gojson import RevInfo
from probes.golang.goproxy import check_query_path, parse_proxy_url
from probes.golang.module_place import legacy_go_mod, place_module
from probes.golang.origin_steps import Answered, Decision, OriginStep
from probes.golang.protocol import Op
from probes.golang.queries import NoMatchingVersion
from probes.golang.redact import redact
from probes.golang.safetext import safe_text
from probes.golang.urls import GoURL
from probes.golang.vcs_paths import GIT, MOD
from probes.net.http import HTTPClient
from probes.net.limits import RUN_S, Limits, Stalled
from probes.sources.answer_cache import AnswerCache
from probes.sources.credentials import Credentials, credentials_of
from probes.sources.discovery import Discovery, RepoRoot
from probes.sources.fetcher import Fetcher
from probes.sources.git import GitHost, git_repository
from probes.sources.module_proxy import Ask, ProxyRepo, Repo
from probes.sources.origin_pages import Network, Pages
from probes.sources.origin_teller import Asking, CheckGoLine, OriginTeller
from probes.sources.other_vcs import other_repository
from probes.sources.played_programs import PlayedPrograms, played
from probes.sources.programs import HeldBack, NotRun, Programs, Run, Unwatched
from probes.sources.told_host import RULES as HOST_RULES
from probes.sources.told_host import SharedHost, ToldHost, essence

SECLUDED = "MODTRACE_SECLUDED"
"""A variable of worlds that are made up: no host of theirs is asked where its modules live. What programs
print there may be its value (probes.sources.played_programs); no program is started."""
_MOST_WORDS = 1 << 14
"""Characters of an error that are shown."""
_OPEN = "cmd/go/internal/modfetch/codehost/vcs.go NewRepo"
_LOOKUP = "cmd/go/internal/modfetch/repo.go lookupDirect"
_PLACE = "cmd/go/internal/modfetch/coderepo.go newCodeRepo"


@dataclass(frozen=True, slots=True)
class DirectRequest:
    """One request or one run of a program on the way, for showing; secrets are masked."""

    what: str
    """ "GET https://…" or "git ls-remote …"."""
    outcome: str
    """The status line, "ok", "exit status 128", or why there is none of these."""
    began: float
    """Seconds since the beginning."""
    seconds: float
    detail: str = ""
    """Go's words for a failure of a request, or what the program complained of."""


@dataclass(frozen=True, slots=True)
class DirectAnswer:
    """What a module's own repository has."""

    path: str
    versions: tuple[str, ...] = ()
    """Oldest first, ``+incompatible`` ones last; retracted ones are among them."""
    latest: str | None = None
    """What go takes for "latest" when it looks at no retractions."""
    latest_time: str = ""
    """When it was committed, as in an .info."""
    url: str = ""
    """The repository, or the module proxy that its host names; secrets masked."""
    vcs: str = ""
    """The program: "git"; "mod" for a module proxy."""
    root: str = ""
    """The import path of the repository's root."""
    folder: str = ""
    """Where in the repository the module is, "" for its root."""
    error: str | None = None
    """Why there are no versions, in go's words, secrets masked."""
    latest_error: str | None = None
    """Why there is no latest although there is a list."""
    unknown: str | None = None
    """Why modtrace does not know: it stopped where go would not, or go would run what modtrace does not."""
    not_exist: bool = False
    """Whether the error is one that a comma in GOPROXY lets pass."""
    requests: tuple[DirectRequest, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Direct:
    """A module at its origin."""

    place: RepoRoot
    repo: Repo
    folder: str


Tell = Callable[[DirectRequest], None]


async def direct_versions(
    environment: Environment,
    path: str,
    limits: Limits | None = None,
    emit: Tell = lambda request: None,
    *,
    run: bool,
) -> DirectAnswer:
    """Ask a module's origin which versions it has, as ``GOPROXY=direct go list -m -versions`` would.

    ``emit`` is told every request and every run of a program when it is over. Raises nothing for what
    networks, servers, programs or settings do. Whether the path may be asked for directly is the caller's
    affair: a private path always may, another one only where go would come to direct, or on request. So is
    ``run``: whether the user has agreed that programs are started.
    """
    began = monotonic()
    made: list[DirectRequest] = []

    def tell(request: DirectRequest) -> None:
        request = replace(
            request,
            what=safe_text(request.what),
            outcome=safe_text(request.outcome),
            detail=_safe(request.detail),
        )
        made.append(request)
        emit(request)

    fields: dict[str, object] = {}
    try:
        async with direct_repository(environment, path, limits, tell, run=run) as found:
            shown = safe_text(redact(found.place.url))
            fields |= {"url": shown, "vcs": found.place.vcs.command or MOD.name, "root": found.place.root}
            fields["folder"] = found.folder
            versions = await found.repo.versions("")
            fields["versions"] = tuple(versions)
            try:
                latest = await newest(found.repo, path, versions)
                fields |= {"latest": latest.version, "latest_time": latest.time_text}
            except GoError as error:
                fields["latest_error"] = shown_words(error)
    except GoError as error:
        fields |= {"error": shown_words(error), "not_exist": error.not_exist}
    except Fatal as error:
        fields["error"] = _safe(redact(str(error)))
    except (Stalled, NotRun) as stopped:
        fields["unknown"] = _safe(redact(str(stopped)))
    return DirectAnswer(path, requests=tuple(made), seconds=monotonic() - began, **fields)  # type: ignore[arg-type]


async def newest(repo: Repo, path: str, versions: list[str]) -> RevInfo:
    """queryProxy for "latest" without a look at retractions: a release, else a pre-release, else the tip.

    ``+incompatible`` versions count only where the last compatible one has no go.mod (filterVersions).
    """
    compatible = [version for version in versions if not version.endswith("+incompatible")]
    mixed = compatible and len(compatible) < len(versions)
    if mixed and await repo.go_mod(compatible[-1]) != legacy_go_mod(path):
        versions = compatible
    releases = [version for version in versions if not semver.prerelease(version)]
    if releases or versions:
        return await repo.stat((releases or versions)[-1])
    try:
        return await repo.latest()
    except GoError as error:
        if not error.not_exist:
            raise
        raise NoMatchingVersion("latest") from error


def shown_words(error: GoError) -> str:
    """Go's words without secrets; what a terminal would obey is shown as an escape, tabs and lines stay."""
    return _safe(redact(str(error)))


def _safe(text: str) -> str:
    lines = text[:_MOST_WORDS].split("\n")
    return "\n".join("\t".join(safe_text(part) for part in line.split("\t")) for line in lines)


@asynccontextmanager
async def direct_repository(
    environment: Environment,
    path: str,
    limits: Limits | None = None,
    emit: Tell = lambda request: None,
    *,
    run: bool,
) -> AsyncIterator[Direct]:
    """lookupDirect: the module at its origin; what was opened for it is gone afterwards.

    ``run``: whether the user has agreed that programs are started, without which this ends with NotRun.
    Raises GoError in go's words, Fatal, Stalled and NotRun.
    """
    if not environment.process.get(SECLUDED):
        check_query_path(path)
    limits = limits or Limits()
    network = network_of(environment, limits)
    origins = Origins(environment, network, allowed=run, run_s=limits.run_s)
    try:
        yield await origins.open(path, _Steps(network, limits, emit))
    finally:
        await origins.aclose()


def network_of(
    environment: Environment,
    limits: Limits,
    credentials: Credentials | None = None,
    secure: HTTPClient | None = None,
) -> Network:
    """The clients of one go command, which may have made the secure one already, and its credentials."""
    process = environment.process
    known = credentials or credentials_of(environment)

    def made(insecure: bool) -> HTTPClient:
        http2 = not insecure and mode.godebug(process).get("http2client") != "0"
        return HTTPClient(
            process, limits, http2=http2, authorization=known, insecure=insecure
        )

    return Network(lambda: secure or made(False), lambda: made(True))


class Origins:
    """modfetch lookupDirect for one go command: a host's page and a repository are opened once."""

    def __init__(
        self,
        environment: Environment,
        network: Network,
        *,
        allowed: bool,
        before_opening: Callable[[str, OriginTeller], Awaitable[None]] | None = None,
        run_s: float = RUN_S,
        warm: bool = False,
    ) -> None:
        """``allowed``: whether the user has agreed that programs are started; ``before_opening`` is called
        with the URL of each repository, once; ``run_s``: how long a program may take;
        ``warm``: go would find its module cache as it is."""
        self._before_opening = before_opening
        self._environment = environment
        self._network = network
        self._pages = Pages(network)
        self._allowed = allowed
        self._run_s = run_s
        self._warm = warm
        self._stack = AsyncExitStack()
        self._hosts = AnswerCache[SharedHost]()
        self._opening = asyncio.Lock()

    async def aclose(self) -> None:
        """Remove what was opened, and close the clients that were needed for it."""
        try:
            await self._stack.aclose()
        finally:
            await self._network.aclose()

    async def open(
        self,
        path: str,
        teller: OriginTeller,
        check_go_line: CheckGoLine = lambda what, wanted: None,
    ) -> Direct:
        """Find a module's origin. Raises GoError in go's words, Fatal, Stalled and NotRun."""
        secluded = self._environment.process.get(SECLUDED, "")
        if secluded and not played(secluded, path):
            raise NotRun("this world is made up: its modules have no repository, and nobody else is asked")
        programs = self._programs(teller)
        place = await Discovery(self._environment, path, self._pages, programs, teller).run()
        if place.vcs is MOD:
            return Direct(place, self._proxy(place, path, teller), "")
        shared = await self._shared(place, path, teller)
        try:
            where = place_module(path, place.root, place.subdirectory)
        except GoError as error:
            words = "the repository cannot have this module"
            teller.decided(
                Decision(path, OriginStep.PLACE, Answered.FAILS, words, _PLACE, error=str(error))
            )
            raise
        words = f"its folder is {where.folder}" if where.folder else "it is at the root of the repository"
        command = place.vcs.command
        teller.decided(
            Decision(path, OriginStep.PLACE, Answered.YES, words, _PLACE, to=where.folder, vcs=command)
        )
        host = ToldHost(shared, path, command, teller)
        return Direct(place, CodeRepo(host, where, check_go_line), where.folder)

    def _proxy(self, place: RepoRoot, path: str, teller: OriginTeller) -> Repo:
        """newProxyRepo: the module proxy that a host names. Raises GoError."""

        def tell(answered: Answered, because: str, error: str | None = None) -> None:
            step, to = OriginStep.PLACE, place.url
            teller.decided(
                Decision(path, step, answered, because, _LOOKUP, to=to, vcs=MOD.name, error=error)
            )

        try:
            base = parse_proxy_url(place.url)
        except GoError as error:
            tell(Answered.FAILS, f"the host names no module proxy: {error}", str(error))
            raise
        tell(Answered.YES, "a module proxy has it: no program is needed")
        return ProxyRepo(base, path, teller.asks_proxy())

    def _programs(self, teller: OriginTeller) -> Programs:
        plays = played(self._environment.process.get(SECLUDED, ""))
        if plays:
            return PlayedPrograms(self._environment.process, teller, plays=plays)
        return Programs(self._environment.process, teller, self._run_s, allowed=self._allowed)

    async def _shared(self, place: RepoRoot, path: str, teller: OriginTeller) -> SharedHost:
        """codehost.NewRepo: a repository, opened once, its failure told once. Raises GoError."""

        async def opened() -> SharedHost:
            if self._before_opening is not None:
                await self._before_opening(place.url, teller)
            return await self._open(place, path, teller)

        async with self._opening:
            return await self._hosts.do((place.vcs.command, place.url), opened)

    async def _open(self, place: RepoRoot, path: str, teller: OriginTeller) -> SharedHost:
        command = place.vcs.command

        def tell(
            step: OriginStep,
            answered: Answered,
            because: str,
            error: str | None = None,
            run: int | None = None,
        ) -> None:
            is_refs = step is OriginStep.REFS
            to, rule = (place.url, HOST_RULES[step]) if is_refs else ("", _OPEN)
            teller.decided(
                Decision(path, step, answered, because, rule, to=to, vcs=command, error=error, program=run)
            )

        programs = self._programs(teller)
        file = programs.find(command)
        if file is not None and programs.allowed:
            tell(OriginStep.PROGRAM, Answered.YES, f"{command} is {file}{self._copy_words(place)}")
        try:
            host = await self._stack.enter_async_context(self._repository(place, programs))
        except GoError as error:
            missing = f"{command} is not in PATH"
            words = missing if file is None else f"no repository can be made: {essence(error)}"
            tell(OriginStep.PROGRAM, Answered.FAILS, words, str(error))
            raise
        except HeldBack as held:
            tell(OriginStep.PROGRAM, Answered.UNKNOWN, str(held))
            raise
        shared = SharedHost(host, programs, lists_told=isinstance(host, GitHost))
        if isinstance(host, GitHost):
            try:
                refs = await host.refs()
            except GoError as error:
                shared.refs_failure = str(error)
                words = essence(error)
                tell(OriginStep.REFS, Answered.FAILS, words, str(error), host.refs_run)
            else:
                tell(OriginStep.REFS, Answered.YES, _refs_words(refs), run=host.refs_run)
        return shared

    def _copy_words(self, place: RepoRoot) -> str:
        """With the module cache as it is, go would not fetch what its copy of the repository has."""
        folder = kept_copy(place.vcs.command, place.url, self._environment.get("GOMODCACHE"))
        if not self._warm or not Path(folder).is_dir():
            return ""
        return "; go has a copy of the repository in the module cache and fetches less; it is not looked at"

    @asynccontextmanager
    async def _repository(self, place: RepoRoot, programs: Programs) -> AsyncIterator[CodeHost]:
        cache = self._environment.get("GOMODCACHE")
        if place.vcs is GIT:
            async with git_repository(programs, place.url, cache) as host:
                yield host
            return
        async with other_repository(programs, place.vcs, place.url, cache) as other:
            yield other


OpenOrigins = Callable[[], Origins]
"""Gives direct mode to who comes to it first."""


def _refs_words(refs: dict[str, str]) -> str:
    tags = sum(ref.startswith("refs/tags/") for ref in refs)
    branches = sum(ref.startswith("refs/heads/") for ref in refs)
    return f"{tags:,} tag{'s' * (tags != 1)}, {branches:,} branch{'es' * (branches != 1)}"


class _Steps(Unwatched):
    """An OriginTeller that makes a list of steps."""

    def __init__(self, network: Network, limits: Limits, emit: Tell) -> None:
        self._network = network
        self._limits = limits
        self._emit = emit
        self._began = monotonic()

    def ends(self, number: int, run: Run) -> None:
        self._emit(
            DirectRequest(run.command, run.outcome, run.began - self._began, run.seconds, run.complaint)
        )

    def decided(self, decision: Decision) -> None:
        """The steps say enough."""

    @contextmanager
    def asking_page(self, url: GoURL) -> Iterator[Asking]:
        with self._asking(url) as asking:
            yield asking

    @contextmanager
    def _asking(self, url: GoURL) -> Iterator[Asking]:
        at, asking, detail = monotonic(), Asking(), ""
        try:
            yield asking
        except (GoError, Stalled, Fatal) as error:
            detail = redact(str(error))
            raise
        finally:
            what, outcome = f"GET {redact(url.redacted())}", redact(asking.received.status_line)
            self._emit(
                DirectRequest(what, outcome or "no answer", at - self._began, monotonic() - at, detail)
            )

    def asks_proxy(self) -> Ask:
        """The way to a module proxy that a host names."""
        fetcher = Fetcher(self._network.secure(), self._limits)

        async def ask(url: GoURL, op: Op, version: str, sink: BinaryIO | None = None) -> bytes:
            with self._asking(url) as asking:
                return await fetcher.get(url, op, asking.exchange, asking.received, sink=sink)

        return ask
