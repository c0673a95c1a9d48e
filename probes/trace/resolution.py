"""A version query becomes a version.

Source: cmd/go/internal/modload/query.go (queryReuse, queryProxy, filterVersions, versionHasGoMod) and
modfile.go (CheckRetractions, queryLatestVersionIgnoringRetractions).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cmp_to_key, partial

from probes.golang import gomod, mod_versions, module, queries, semver
from probes.golang.errors import GoError, ModuleError
from probes.golang.goproxy import Hop, check_query_path
from probes.golang.prefixes import short_message
from probes.golang.quote import quote
from probes.trace.events import MOST_PASSED_OVER, PassedOver, Purpose
from probes.trace.repositories import Repositories
from probes.trace.turnings import NoOffers, Offers, Turnings
from probes.trace.walk import Walker


@dataclass(slots=True)
class _Weighed:
    """What one hop offered for one query."""

    matcher: queries.QueryMatcher
    retracted: list[str] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)
    prereleases: list[str] = field(default_factory=list)
    asked_latest: bool = False


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest version, retracted or not, and its go.mod, which speaks for all versions."""

    version: str = ""
    """"" where there is none."""
    go_mod: gomod.GoModFile | None = None
    error: GoError | None = None
    """Why there is no go.mod of it."""


class Resolver:
    """Resolves the queries of one module path."""

    def __init__(
        self,
        path: str,
        repositories: Repositories,
        walker: Walker,
        *,
        current: str = "",
        excluded: frozenset[str] = frozenset(),
        turnings: Turnings | None = None,
    ) -> None:
        """``current`` is the version that the main module requires, "" where it requires none; ``excluded``
        are the versions that its go.mod excludes."""
        self.path = path
        self._repositories = repositories
        self._walker = walker
        self._current = current
        self._turnings = turnings or Turnings(None, path, lambda *_, **__: None)
        self._excluded = excluded | self._turnings.excluded
        self._newest: Newest | None = None
        self._retractions: tuple[gomod.Retraction, ...] | None = None
        self._intervals: list[tuple[str, str, gomod.Retraction]] = []
        """The same with the ends as semver.order has them: there may be very many versions to look at."""
        self._weighed: _Weighed | None = None
        """What the hop that was asked last offered."""

    def start_from(self, current: str) -> None:
        """The version that is required now, once it is known."""
        self._current = current

    async def query(self, purpose: Purpose, query: str, *, check_retractions: bool) -> str:
        """modload Query: walk the list until one hop answers; returns the version. Raises GoError."""
        current = "" if purpose is Purpose.CONFIRM else self._current
        return await self._walker.walk(
            purpose, query, lambda hop: self._query_hop(hop, query, check_retractions, current)
        )

    async def confirm(self, version: str) -> str:
        """modload moduleInfo: the chosen version as a query of its own, which makes v1 the newest v1.2.3."""
        return await self._walker.walk(
            Purpose.CONFIRM, version, lambda hop: self._query_hop(hop, version, False)
        )

    async def _query_hop(
        self, hop: Hop, query: str, check_retractions: bool, current: str = ""
    ) -> str:
        """modload queryProxy at one hop."""
        if self._turnings.is_main and query in ("upgrade", "patch"):
            return ""
        if self.path in ("std", "cmd"):
            words = f"can't query specific version ({quote(query)}) of standard-library module"
            raise GoError(f"{words} {quote(self.path)}")
        repo = self._offers(hop)
        matcher = queries.parse_query(self.path, query, current)
        self._weighed = _Weighed(matcher)
        if matcher.revision:
            return await self._query_revision(repo, query)
        listed = await repo.versions(matcher.prefix)
        chosen = await self._choose(repo, matcher, listed, check_retractions)
        stays = current if query in ("upgrade", "patch") else ""
        if chosen is None:
            if not stays:
                raise queries.NoMatchingVersion(query)
            await self._require_allowed(stays, check_retractions)
            chosen = stays
        info = await repo.stat(chosen)
        if module.is_pseudo_version(stays) and info.time and info.time < module.pseudo_version_time(stays):
            # What is on a branch without tags is not left for what was there before it.
            await self._require_allowed(stays, check_retractions)
            info = await repo.stat(stays)
        return info.version

    def _offers(self, hop: Hop) -> Offers:
        """modload lookupRepo. Raises GoError."""
        try:
            check_query_path(self.path)
        except GoError as error:
            if self._turnings.highest_replaced is None:
                raise
            return self._turnings.offered(NoOffers(error))
        return self._turnings.offered(self._repositories.lookup(hop, self.path))

    def why(self, chosen: str) -> tuple[str, tuple[PassedOver, ...]]:
        """Why the last query became this version, and which versions would have come before it."""
        weighed = self._weighed
        if weighed is None or weighed.matcher.revision or weighed.asked_latest:
            latest = weighed is not None and weighed.asked_latest
            return ("what @latest says, for the list has none that fits" if latest else "as it was named"), ()
        lower = weighed.matcher.prefer_lower
        end = "oldest" if lower else "newest"
        if weighed.releases:
            why = _which(end, len(weighed.releases), "release")
        else:
            why = f"no release fits; {_which(end, len(weighed.prereleases), 'pre-release')}"
        over = [
            (version, "it is excluded" if version in self._excluded else "it is retracted")
            for version in weighed.retracted
        ]
        if weighed.releases:
            over += [(version, "a pre-release, and a release fits") for version in weighed.prereleases]
        sign = -1 if lower else 1
        over = [one for one in over if mod_versions.compare(self.path, one[0], chosen) * sign > 0]
        in_order = cmp_to_key(partial(mod_versions.compare, self.path))
        over.sort(key=lambda one: in_order(one[0]), reverse=lower)
        return why, tuple(PassedOver(*one) for one in over[:MOST_PASSED_OVER])

    async def _query_revision(self, repo: Offers, query: str) -> str:
        try:
            return (await repo.stat(query)).version
        except GoError as error:
            canonical = module.canonical_version(query) if semver.is_valid(query) else ""
            if not canonical or canonical == query:
                raise
            # A semantic version with build metadata stands for the one without.
            try:
                return (await repo.stat(canonical)).version
            except GoError as second:
                if not second.not_exist:
                    raise
                raise error from None

    async def _choose(
        self, repo: Offers, matcher: queries.QueryMatcher, listed: list[str], check_retractions: bool
    ) -> str | None:
        """The version that the query means at this hop, or None."""
        weighed = _Weighed(matcher)
        releases, prereleases = await self._filter(matcher, listed, check_retractions, weighed.retracted)
        weighed.releases, weighed.prereleases = releases, prereleases
        self._weighed = weighed  # only now: finding out what is retracted weighs as well
        candidates = releases or prereleases
        if candidates:
            return candidates[0 if matcher.prefer_lower else -1]
        if not matcher.may_use_latest:
            return None
        weighed.asked_latest = True
        try:
            latest = await repo.latest()
        except GoError as error:
            if not error.not_exist:
                raise
            return None
        allowed = await self._allows(matcher, latest.version, check_retractions)
        return latest.version if allowed else None

    async def _filter(
        self,
        matcher: queries.QueryMatcher,
        listed: list[str],
        check_retractions: bool,
        refused: list[str],
    ) -> tuple[list[str], list[str]]:
        """filterVersions: releases and pre-releases that the query may mean, in order.

        Those that are retracted go into ``refused``.
        """
        releases: list[str] = []
        prereleases: list[str] = []
        need_incompatible = matcher.prefer_incompatible
        last_compatible = ""
        for version in listed:
            if not await self._allows(matcher, version, check_retractions):
                if matcher.matches(version):
                    refused.append(version)
                    if version in self._turnings.excluded:
                        self._turnings.tell_excluded(version)
                continue
            if not need_incompatible:
                if not version.endswith("+incompatible"):
                    last_compatible = version
                elif last_compatible:
                    if await self._has_go_mod(last_compatible):
                        break  # the author moved to modules: whatever is +incompatible is out of the question
                    need_incompatible = True
            is_prerelease = mod_versions.is_prerelease(self.path, version)
            (prereleases if is_prerelease else releases).append(version)
        return releases, prereleases

    async def _allows(self, matcher: queries.QueryMatcher, version: str, check_retractions: bool) -> bool:
        if not matcher.matches(version):
            return False
        if not check_retractions:
            return True
        return version not in self._excluded and not await self._is_retracted(version)

    async def _require_allowed(self, version: str, check_retractions: bool) -> None:
        """Raise what CheckAllowed says of a version that is excluded or retracted."""
        if not check_retractions:
            return
        if version in self._excluded:
            raise ModuleError(self.path, version, GoError("excluded by go.mod"))
        lines = list(await self._retractions_of(version))
        if lines:
            reasons = [line.rationale for line in lines if line.rationale]
            words = "retracted by module author"
            words += f": {short_message(reasons[0], words)}" if reasons else ""
            raise ModuleError(self.path, version, GoError(words))

    async def _has_go_mod(self, version: str) -> bool:
        """versionHasGoMod: whether a version has a go.mod beyond the one line that go makes up."""
        text = await self._repositories.go_mod(self.path, version)
        return text != f"module {self.path}\n".encode()

    async def _is_retracted(self, version: str) -> bool:
        """CheckRetractions: whether the newest version's go.mod takes this version back.

        Whatever goes wrong on the way counts as "it does not": go ignores it too.
        """
        return any(True for _ in await self._retractions_of(version))

    async def _retractions_of(self, version: str) -> Iterator[gomod.Retraction]:
        """The lines of the newest go.mod that take this version back."""
        if self._turnings.is_replaced_whole:
            return iter(())
        if self._retractions is None:
            newest = (await self.newest()).go_mod
            lines = () if newest is None else newest.retracts
            self._intervals = [(semver.order(line.low), semver.order(line.high), line) for line in lines]
            self._retractions = lines
        if not self._intervals:
            return iter(())
        place = semver.order(version)
        return (line for low, high, line in self._intervals if low <= place <= high)

    async def newest(self) -> Newest:
        """The newest version and its go.mod, read once for each run."""
        if self._newest is None:
            self._newest = await self._read_newest()
        return self._newest

    async def _read_newest(self) -> Newest:
        version = ""
        try:
            version = await self._newest_version()
            if not version:
                return Newest()  # an empty version names a folder to go, which is not there
            if module.is_toolchain(self.path):
                return Newest(version, gomod.parse_lax(f"module {self.path}\n".encode()))
            replaced = self._turnings.newest_go_mod(version)
            if isinstance(replaced, bytes):
                text = replaced
            else:
                text = await self._repositories.go_mod(*(replaced or (self.path, version)))
            try:
                return Newest(version, gomod.parse_lax(text))
            except GoError as error:
                raise ModuleError(self.path, version, GoError(f"parsing go.mod: {error}")) from None
        except GoError as error:
            return Newest(version, None, error)

    async def _newest_version(self) -> str:
        """queryLatestVersionIgnoringRetractions."""
        return await self._walker.walk(
            Purpose.RETRACTIONS, "latest", lambda hop: self._query_hop(hop, "latest", False, "")
        )


def _which(end: str, count: int, what: str) -> str:
    return f"the only {what} that fits" if count == 1 else f"the {end} of {count} {what}s that fit"
