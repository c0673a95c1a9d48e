"""Where a module lives: the table of hosts, a .git in its path, or the page of its host.

Source: cmd/go/internal/modfetch/repo.go lookupDirect, cmd/go/internal/vcs/vcs.go (RepoRootForImportPath,
repoRootFromVCSPaths, repoRootForImportDynamic, metaImportsForPrefix, checkGOVCS).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.go_import import GoImport, Mismatch, check_go_import, match_go_import
from probes.golang.govcs import check_govcs
from probes.golang.origin_steps import Answered, Decision, OriginStep
from probes.golang.patterns import match_prefix_patterns
from probes.golang.quote import quote
from probes.golang.vcs_paths import (
    MOD,
    VCS,
    KnownPlace,
    discovery_url,
    is_known_host,
    known_place,
    no_protocol,
    schemes_to_try,
    unrecognized,
    vcs_by_command,
)
from probes.net.limits import Stalled
from probes.sources.origin_pages import Page, Pages
from probes.sources.origin_teller import OriginTeller
from probes.sources.programs import NotRun, Programs, answers
from probes.sources.told_host import essence

VCS_GO = "cmd/go/internal/vcs/vcs.go"
RULES = {
    OriginStep.SECURITY: "cmd/go/internal/modfetch/repo.go lookupDirect",
    OriginStep.STATIC: f"{VCS_GO} vcsPaths",
    OriginStep.SUFFIX: f"{VCS_GO} repoRootFromVCSPaths",
    OriginStep.GO_IMPORT: f"{VCS_GO} repoRootForImportDynamic",
    OriginStep.PREFIX: f"{VCS_GO} metaImportsForPrefix",
    OriginStep.GOVCS: f"{VCS_GO} checkGOVCS",
}


@dataclass(frozen=True, slots=True)
class RepoRoot:
    """vcs.RepoRoot: where a path lives."""

    vcs: VCS
    root: str
    url: str = field(repr=False)
    subdirectory: str = ""


class Discovery:
    """RepoRootForImportPath for one path."""

    def __init__(
        self, environment: Environment, path: str, pages: Pages, programs: Programs, teller: OriginTeller
    ) -> None:
        self._environment = environment
        self._path = path
        self._pages = pages
        self._programs = programs
        self._teller = teller
        self._insecure = match_prefix_patterns(environment.get("GOINSECURE"), path)
        self._step = OriginStep.SECURITY
        """What is being answered."""
        self._page_names = False
        """Whether the page has a tag for the path, be it one that go does not take."""

    async def run(self) -> RepoRoot:
        """Raises GoError of the not-found class, whatever went wrong (lookupDirect); Stalled, NotRun."""
        if self._insecure:
            self._tell(Answered.YES, "GOINSECURE matches: http, and https with any certificate, will do")
        else:
            self._tell(Answered.NO, "GOINSECURE does not match: only https with a good certificate will do")
        try:
            known = self._known_place()
            if known is not None:
                return RepoRoot(known.vcs, known.root, await self._with_scheme(known))
            try:
                return await self._ask_host()
            except GoError as error:
                raise unrecognized(self._path, error) from error
        except GoError as error:
            inner = str(error).removeprefix(f"unrecognized import path {quote(self._path)}: ")
            not_taken = self._page_names and self._step is OriginStep.GO_IMPORT
            failure = _NOT_TAKEN if not_taken else _FAILURES[self._step]
            because = f"{failure}: {essence(GoError(inner))}"
            self._tell(Answered.FAILS, because, error=str(error))
            raise GoError(str(error), not_exist=True) from error
        except (NotRun, Stalled) as unknown:
            self._tell(Answered.UNKNOWN, str(unknown))
            raise

    def _tell(
        self, answered: Answered, because: str, *, to: str = "", vcs: str = "", error: str | None = None
    ) -> None:
        rule = RULES[self._step]
        self._teller.decided(
            Decision(self._path, self._step, answered, because, rule, to=to, vcs=vcs, error=error)
        )

    def _known_place(self) -> KnownPlace | None:
        """What the path alone tells. Raises GoError."""
        host = self._path.partition("/")[0]
        self._step = OriginStep.STATIC
        is_static = is_known_host(self._path)
        known = known_place(self._path, lambda system, root: self._check(is_static, system, root))
        if known is None:
            self._tell(Answered.NO, f"{host} is not in the table of hosts: it is asked")
        elif known.needs_scheme:
            self._step = OriginStep.SUFFIX
        return known

    def _check(self, is_static: bool, system: VCS, root: str) -> None:
        if is_static:
            words = f"the table of hosts says {system.command}"
            self._tell(Answered.YES, words, to=f"https://{root}", vcs=system.command)
        else:
            host = self._path.partition("/")[0]
            self._tell(Answered.NO, f"{host} is not in the table of hosts")
        self._check_govcs(system, root)

    def _check_govcs(self, system: VCS, root: str) -> None:
        if system is MOD:
            return
        self._step = OriginStep.GOVCS
        get = self._environment.get
        check_govcs(get("GOVCS"), get("GOPRIVATE"), system.command, root)
        self._tell(Answered.YES, f"{system.command} is allowed for {root}", vcs=system.command)

    async def _with_scheme(self, known: KnownPlace) -> str:
        """The URL of a repository; the scheme that answers, where the path has none."""
        if not known.needs_scheme:
            return known.repository
        allowed = self._environment.process.get("GIT_ALLOW_PROTOCOL", "")
        command = known.vcs.command
        for scheme in schemes_to_try(known.vcs, insecure=self._insecure, git_allow_protocol=allowed):
            url = f"{scheme}://{known.repository}"
            if not known.vcs.ping:
                self._tell(Answered.YES, f"{command} is asked nothing first", to=url, vcs=command)
                return url
            arguments = [argument.replace("{url}", url) for argument in known.vcs.ping]
            cache, variables = self._environment.get("GOMODCACHE"), dict(known.vcs.variables)
            if await answers(self._programs, command, arguments, cache, **variables):
                self._tell(Answered.YES, f"{scheme} answers", to=url, vcs=command)
                return url
            self._tell(Answered.NO, f"{scheme} does not answer; what it said is not looked at", to=url)
        raise no_protocol(insecure=self._insecure)

    # -- go-import ---------------------------------------------------------------------------------------

    async def _ask_host(self) -> RepoRoot:
        """repoRootForImportDynamic."""
        self._step = OriginStep.GO_IMPORT
        url = discovery_url(self._path)
        try:
            page = await self._pages.get(url, self._teller, insecure=self._insecure)
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
        self._tell_found(found)
        if found.prefix != self._path:
            self._step = OriginStep.PREFIX
            await self._verify(found, page.url)
            self._tell(Answered.YES, f"the page of {found.prefix} says the same", to=found.prefix)
            self._step = OriginStep.GO_IMPORT
        check_go_import(found, page.url)
        system = MOD if found.vcs == MOD.name else vcs_by_command(found.vcs)
        if system is None:
            raise GoError(f"{page.url}: unknown vcs {quote(found.vcs)}")
        self._check_govcs(system, found.prefix)
        return RepoRoot(system, found.prefix, found.repository, found.subdirectory)

    def _tell_found(self, found: GoImport) -> None:
        self._page_names = True
        is_proxy = found.vcs == MOD.name
        what = f"a module proxy for {found.prefix}" if is_proxy else f"{found.vcs} for {found.prefix}"
        self._tell(Answered.YES, f"the page names {what}", to=found.repository, vcs=found.vcs)

    async def _verify(self, found: GoImport, page_url: str) -> None:
        """The page of the prefix has to say the same (metaImportsForPrefix)."""
        prefix = found.prefix
        url = discovery_url(prefix)
        try:
            page = await self._pages.of_prefix(prefix, self._teller, insecure=self._insecure)
        except GoError as error:
            raise GoError(f"fetching {prefix}: {error}", not_exist=error.not_exist) from error
        _check_prefix(page, prefix)
        try:
            same = match_go_import(page.imports, self._path) == found
        except GoError:
            same = False
        if not same:
            raise GoError(f"{page_url} and {url.string()} disagree about go-import for {prefix}")


def _check_prefix(page: Page, prefix: str) -> None:
    """Raise what go says of a page without tags."""
    if page.refused is not None:
        raise page.refused
    if page.failure is not None:
        raise GoError(f"parsing {page.url}: {page.failure}")
    if not page.imports:
        raise GoError(f"fetching {prefix}: no go-import meta tag found in {page.url}")


_NOT_TAKEN = "go does not take what the page names"
_FAILURES = {
    OriginStep.SECURITY: "the path cannot be looked up",
    OriginStep.STATIC: "the path does not fit its host",
    OriginStep.SUFFIX: "no scheme that go may use is answered",
    OriginStep.GO_IMPORT: "the page does not say where the module lives",
    OriginStep.PREFIX: "the page of the repository's root does not say the same",
    OriginStep.GOVCS: "GOVCS does not allow it",
}
