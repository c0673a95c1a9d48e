"""A module as go finds it without a proxy: its host asked where it lives, then its repository.

Source: cmd/go/internal/modfetch/repo.go (lookupDirect, lookupCodeRepo), cmd/go/internal/vcs/vcs.go
(RepoRootForImportPath, repoRootForImportDynamic, metaImportsForPrefix), cmd/go/internal/web/http.go (get) and
modload/query.go (queryProxy, filterVersions) for what the query "latest" means here.

``direct_repository`` gives the module as a Repo, as a module proxy would be one; ``direct_versions`` asks it
what it has. Git only is run: where go would run another version control system, NotRun says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import BinaryIO, Protocol

from probes.golang import mode, semver
from probes.golang.code_repo import CodeRepo, legacy_go_mod, place_module
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.go_import import (
    GoImport,
    Mismatch,
    NeedsMore,
    check_go_import,
    match_go_import,
    parse_go_imports,
)
from probes.golang.gojson import RevInfo
from probes.golang.goproxy import check_query_path, parse_proxy_url
from probes.golang.govcs import check_govcs
from probes.golang.patterns import match_prefix_patterns
from probes.golang.protocol import Op
from probes.golang.queries import NoMatchingVersion
from probes.golang.quote import quote
from probes.golang.redact import redact
from probes.golang.safetext import safe_text
from probes.golang.urls import GoURL
from probes.golang.vcs_paths import (
    GIT,
    MOD,
    VCS,
    KnownPlace,
    discovery_url,
    known_place,
    no_protocol,
    schemes_to_try,
    unrecognized,
    vcs_by_command,
)
from probes.net.exchange import Exchange
from probes.net.http import Answer, HTTPClient
from probes.net.limits import Limits, Stalled
from probes.sources.credentials import Credentials
from probes.sources.fetcher import Fetcher, Received, is_plain_text
from probes.sources.git import git_repository
from probes.sources.module_proxy import Ask, HTTPError, ProxyRepo, error_detail
from probes.sources.programs import NotRun, Programs, Run, Unwatched, answers

SECLUDED = "MODTRACE_SECLUDED"
"""A variable of worlds that are made up: no host of theirs is asked where its modules live."""
MOST_OF_A_PAGE = 1 << 20
"""Bytes that are read of a page in search of the end of its head; go has no such limit."""
_MOST_WORDS = 1 << 14
"""Characters of an error that are shown."""
_FIRST_LOOK = 1 << 14
_MOST_AT_ONCE = 1 << 16
"""Bytes of a page that are read on the spot, in a few hundredths of a second; more of it in a thread."""
_ERROR_BODY_BYTES = 32 << 10
_IMPATIENCE_S = 5.0
"""impatientInsecureHTTPClient's Timeout."""


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


class DirectRepo(Protocol):
    """modfetch.Repo without zip: what a module's origin answers. Every method raises GoError."""

    async def versions(self, prefix: str) -> list[str]:
        """The versions with this prefix, sorted."""

    async def stat(self, revision: str) -> RevInfo:
        """A version, branch, tag or commit."""

    async def latest(self) -> RevInfo:
        """The tip of the default branch."""

    async def go_mod(self, version: str) -> bytes:
        """The go.mod of a version."""


@dataclass(frozen=True, slots=True)
class RepoRoot:
    """vcs.RepoRoot: where a path lives."""

    vcs: VCS
    root: str
    url: str = field(repr=False)
    subdirectory: str = ""


@dataclass(frozen=True, slots=True)
class Direct:
    """A module at its origin."""

    place: RepoRoot
    repo: DirectRepo
    folder: str


Tell = Callable[[DirectRequest], None]


async def direct_versions(
    environment: Environment, path: str, limits: Limits | None = None, emit: Tell = lambda request: None
) -> DirectAnswer:
    """Ask a module's origin which versions it has, as ``GOPROXY=direct go list -m -versions`` would.

    ``emit`` is told every request and every run of a program when it is over. Raises nothing for what
    networks, servers, programs or settings do. Whether the path may be asked for directly is the caller's
    affair: a private path always may, another one only where go would come to direct, or on request.
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
        async with direct_repository(environment, path, limits, tell) as found:
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


async def newest(repo: DirectRepo, path: str, versions: list[str]) -> RevInfo:
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
    environment: Environment, path: str, limits: Limits | None = None, emit: Tell = lambda request: None
) -> AsyncIterator[Direct]:
    """lookupDirect: the module at its origin; what was opened for it is gone afterwards.

    Raises GoError in go's words, Fatal, Stalled and NotRun.
    """
    if environment.process.get(SECLUDED):
        raise NotRun("this world is made up: its modules have no repository, and nobody else is asked")
    check_query_path(path)
    limits = limits or Limits()
    began = monotonic()
    async with AsyncExitStack() as stack:
        clients = _Clients(environment, limits, stack)

        class Telling(Unwatched):
            def ends(self, number: int, run: Run) -> None:
                emit(DirectRequest(run.command, run.outcome, run.began - began, run.seconds, run.complaint))

        programs = Programs(environment.process, Telling())
        discovery = _Discovery(environment, path, clients, programs, emit, began)
        place = await discovery.run()
        if place.vcs is MOD:
            base = parse_proxy_url(place.url)
            yield Direct(place, ProxyRepo(base, path, _asker(clients.secure(), limits, emit, began)), "")
            return
        if place.vcs is not GIT:
            raise NotRun(f"go would run {place.vcs.command} for {redact(place.url)}; modtrace runs git only")
        cache = environment.get("GOMODCACHE")
        host = await stack.enter_async_context(git_repository(programs, place.url, cache))
        where = place_module(path, place.root, place.subdirectory)
        yield Direct(place, CodeRepo(host, where), where.folder)


def _asker(client: HTTPClient, limits: Limits, emit: Tell, began: float) -> Ask:
    """The way to a module proxy that a host names."""
    fetcher = Fetcher(client, limits)

    async def ask(url: GoURL, op: Op, version: str, sink: BinaryIO | None = None) -> bytes:
        at, received, detail = monotonic(), Received(), ""
        try:
            return await fetcher.get(url, op, Exchange(), received, sink=sink)
        except (GoError, Stalled) as error:
            detail = redact(str(error))
            raise
        finally:
            what, outcome = f"GET {redact(url.redacted())}", redact(received.status_line)
            emit(DirectRequest(what, outcome or "no answer", at - began, monotonic() - at, detail))

    return ask


class _Clients:
    """The HTTP clients of one look-up, each made when it is first needed."""

    def __init__(self, environment: Environment, limits: Limits, stack: AsyncExitStack) -> None:
        self._environment = environment
        self._limits = limits
        self._stack = stack
        self._made: dict[bool, HTTPClient] = {}

    def secure(self) -> HTTPClient:
        """securityPreservingDefaultClient."""
        return self._client(insecure=False)

    def insecure(self) -> HTTPClient:
        """impatientInsecureHTTPClient: takes any certificate, speaks no HTTP/2."""
        return self._client(insecure=True)

    def _client(self, *, insecure: bool) -> HTTPClient:
        if insecure not in self._made:
            process = self._environment.process
            http2 = not insecure and mode.godebug(process).get("http2client") != "0"
            credentials = Credentials(self._environment.get("GOAUTH"), process)
            client = HTTPClient(
                process, self._limits, http2=http2, authorization=credentials.authorization, insecure=insecure
            )
            self._stack.push_async_callback(client.aclose)
            self._made[insecure] = client
        return self._made[insecure]


@dataclass(frozen=True, slots=True)
class _Page:
    """What a host said about a path."""

    url: str
    """As go names it: of the request, whatever it was redirected to."""
    imports: tuple[GoImport, ...] = ()
    failure: GoError | None = None
    """Why it has no tags, where it could not be read."""
    refused: HTTPError | None = None
    """Its status, where that is not 200 and it has no tags."""


class _Discovery:
    """RepoRootForImportPath: where one path lives."""

    def __init__(
        self,
        environment: Environment,
        path: str,
        clients: _Clients,
        programs: Programs,
        emit: Tell,
        began: float,
    ) -> None:
        self._environment = environment
        self._path = path
        self._clients = clients
        self._programs = programs
        self._emit = emit
        self._began = began
        self._insecure = match_prefix_patterns(environment.get("GOINSECURE"), path)

    async def run(self) -> RepoRoot:
        """Raises GoError of the not-found class, whatever went wrong (lookupDirect)."""
        try:
            known = known_place(self._path, self._check_govcs)
            if known is not None:
                return RepoRoot(known.vcs, known.root, await self._with_scheme(known))
            try:
                return await self._ask_host()
            except GoError as error:
                raise unrecognized(self._path, error) from error
        except GoError as error:
            raise GoError(str(error), not_exist=True) from error

    def _check_govcs(self, system: VCS, root: str) -> None:
        if system is not MOD:
            get = self._environment.get
            check_govcs(get("GOVCS"), get("GOPRIVATE"), system.command, root)

    async def _with_scheme(self, known: KnownPlace) -> str:
        """The URL of a repository; the scheme that answers, where the path has none."""
        if not known.needs_scheme:
            return known.repository
        allowed = self._environment.process.get("GIT_ALLOW_PROTOCOL", "")
        for scheme in schemes_to_try(known.vcs, insecure=self._insecure, git_allow_protocol=allowed):
            url = f"{scheme}://{known.repository}"
            if not known.vcs.ping:
                return url
            if known.vcs is not GIT:
                raise NotRun(f"go would run {known.vcs.command} to find {url}; modtrace runs git only")
            arguments = [argument.replace("{url}", url) for argument in known.vcs.ping]
            if await answers(self._programs, "git", arguments, self._environment.get("GOMODCACHE")):
                return url
        raise no_protocol(insecure=self._insecure)

    # -- go-import ---------------------------------------------------------------------------------------

    async def _ask_host(self) -> RepoRoot:
        """repoRootForImportDynamic."""
        url = discovery_url(self._path)
        try:
            page = await self._get(url)
        except GoError as error:
            kind = "http/https" if self._insecure else "https"
            raise GoError(f"{kind} fetch: {error}", not_exist=error.not_exist) from error
        if page.refused is not None:
            raise page.refused
        if page.failure is not None:
            raise GoError(f"parsing {self._path}: {page.failure}")
        try:
            found = match_go_import(page.imports, self._path)
        except Mismatch as error:
            raise GoError(f"parse {page.url}: no go-import meta tags ({error})") from error
        except GoError as error:
            raise GoError(f"parse {url.string()}: {error}") from error
        if found.prefix != self._path:
            await self._verify(found, page.url)
        check_go_import(found, page.url)
        system = MOD if found.vcs == MOD.name else vcs_by_command(found.vcs)
        if system is None:
            raise GoError(f"{page.url}: unknown vcs {quote(found.vcs)}")
        self._check_govcs(system, found.prefix)
        return RepoRoot(system, found.prefix, found.repository, found.subdirectory)

    async def _verify(self, found: GoImport, page_url: str) -> None:
        """The page of the prefix has to say the same (metaImportsForPrefix)."""
        prefix = found.prefix
        url = discovery_url(prefix)
        try:
            page = await self._get(url)
        except GoError as error:
            raise GoError(f"fetching {prefix}: {error}", not_exist=error.not_exist) from error
        if page.refused is not None:
            raise page.refused
        if page.failure is not None:
            raise GoError(f"parsing {page.url}: {page.failure}")
        if not page.imports:
            raise GoError(f"fetching {prefix}: no go-import meta tag found in {page.url}")
        try:
            same = match_go_import(page.imports, self._path) == found
        except GoError:
            same = False
        if not same:
            raise GoError(f"{page_url} and {url.string()} disagree about go-import for {prefix}")

    async def _get(self, url: GoURL) -> _Page:
        """web.Get for a URL without a scheme: https, and with GOINSECURE http after it."""
        if not self._insecure:
            return await self._read(self._clients.secure(), url.replace(scheme="https"))
        try:
            return await self._read(self._clients.insecure(), url.replace(scheme="https"), _IMPATIENCE_S)
        except GoError:
            return await self._read(self._clients.secure(), url.replace(scheme="http"))

    async def _read(self, client: HTTPClient, url: GoURL, seconds: float | None = None) -> _Page:
        """One page. Raises GoError when no answer comes."""
        at, outcome, detail = monotonic(), "no answer", ""
        try:
            async with _deadline(seconds), client.get(url, Exchange()) as answer:
                outcome = answer.status_line
                return await _page_of(answer, url.redacted())
        except (GoError, Stalled, Fatal) as error:
            detail = redact(str(error))
            raise
        finally:
            what = f"GET {redact(url.redacted())}"
            seconds_taken = monotonic() - at
            self._emit(DirectRequest(what, redact(outcome), at - self._began, seconds_taken, detail))


@asynccontextmanager
async def _deadline(seconds: float | None) -> AsyncIterator[None]:
    """http.Client.Timeout, over answer and body."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise GoError("context deadline exceeded (Client.Timeout exceeded while awaiting headers)") from None


async def _page_of(answer: Answer, url: str) -> _Page:
    """Read a page as far as its head goes; some more of it, where it is an error without tags."""
    body = bytearray()
    broken: GoError | None = None
    look_at = _FIRST_LOOK
    try:
        async for piece in answer.body():
            body += piece
            if len(body) < look_at:
                continue
            look_at = min(2 * len(body), MOST_OF_A_PAGE + 1)
            with suppress(NeedsMore):
                return await _judged(answer, url, bytes(body), complete=False)
            if len(body) > MOST_OF_A_PAGE:
                size = MOST_OF_A_PAGE >> 20
                raise Stalled(f"the head of {url} is longer than {size} MiB; go would read on")
    except GoError as error:
        broken = error
    return await _judged(answer, url, bytes(body), broken=broken)


async def _judged(
    answer: Answer, url: str, body: bytes, *, complete: bool = True, broken: GoError | None = None
) -> _Page:
    """What a page says, as far as it has come. Raises NeedsMore."""
    try:
        if len(body) <= _MOST_AT_ONCE:
            imports = parse_go_imports(body, complete=complete, broken=broken)
        else:
            imports = await asyncio.to_thread(parse_go_imports, body, complete=complete, broken=broken)
    except GoError as error:
        return _without_tags(answer, url, body, error)
    return _with_status(answer, url, body, imports)


def _without_tags(answer: Answer, url: str, body: bytes, error: GoError) -> _Page:
    """A page that could not be read: its status comes before that."""
    page = _with_status(answer, url, body, ())
    return page if page.refused is not None else _Page(url, failure=error)


def _with_status(answer: Answer, url: str, body: bytes, imports: tuple[GoImport, ...]) -> _Page:
    """Response.Err, which counts only for a page without tags."""
    if imports or answer.status in (0, 200):
        return _Page(url, imports)
    detail = error_detail(body[:_ERROR_BODY_BYTES]) if is_plain_text(dict(answer.headers)) else ""
    return _Page(url, refused=HTTPError(url, answer.status, answer.status_line, detail))
