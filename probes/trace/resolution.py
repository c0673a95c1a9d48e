"""A version query becomes a version.

Source: cmd/go/internal/modload/query.go (queryReuse, queryProxy, filterVersions, versionHasGoMod) and
modfile.go (CheckRetractions, queryLatestVersionIgnoringRetractions).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cmp_to_key

from probes.golang import gomod, module, queries, semver
from probes.golang.errors import GoError
from probes.golang.goproxy import Hop, check_query_path
from probes.golang.quote import quote
from probes.sources.module_proxy import CachingRepo
from probes.trace.events import MOST_PASSED_OVER, PassedOver, Purpose
from probes.trace.repositories import Repositories
from probes.trace.walk import Walker


@dataclass(slots=True)
class _Weighed:
    """What one hop offered for one query."""

    matcher: queries.QueryMatcher
    retracted: list[str] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)
    prereleases: list[str] = field(default_factory=list)
    asked_latest: bool = False


class Resolver:
    """Resolves the queries of one module path."""

    def __init__(self, path: str, repositories: Repositories, walker: Walker) -> None:
        self.path = path
        self._repositories = repositories
        self._walker = walker
        self._retractions: tuple[gomod.Retraction, ...] | None = None
        self._weighed: _Weighed | None = None
        """What the hop that was asked last offered."""

    async def query(self, purpose: Purpose, query: str, *, check_retractions: bool) -> str:
        """modload Query: walk the list until one hop answers; returns the version. Raises GoError."""
        return await self._walker.walk(
            purpose, query, lambda hop: self._query_hop(hop, query, check_retractions)
        )

    async def _query_hop(self, hop: Hop, query: str, check_retractions: bool) -> str:
        """modload queryProxy at one hop."""
        if self.path in ("std", "cmd"):
            words = f"can't query specific version ({quote(query)}) of standard-library module"
            raise GoError(f"{words} {quote(self.path)}")
        check_query_path(self.path)
        repo = self._repositories.lookup(hop, self.path)
        matcher = queries.parse_query(self.path, query)
        self._weighed = _Weighed(matcher)
        if matcher.revision:
            return await self._query_revision(repo, query)
        listed = await repo.versions(matcher.prefix)
        chosen = await self._choose(repo, matcher, listed, check_retractions)
        if chosen is None:
            raise queries.NoMatchingVersion(query)
        return (await repo.stat(chosen)).version

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
        over = [(version, "it is retracted") for version in weighed.retracted]
        if weighed.releases:
            over += [(version, "a pre-release, and a release fits") for version in weighed.prereleases]
        sign = -1 if lower else 1
        over = [one for one in over if semver.compare(one[0], chosen) * sign > 0]
        over.sort(key=lambda one: _ORDER(one[0]), reverse=lower)
        return why, tuple(PassedOver(*one) for one in over[:MOST_PASSED_OVER])

    async def _query_revision(self, repo: CachingRepo, query: str) -> str:
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
        self, repo: CachingRepo, matcher: queries.QueryMatcher, listed: list[str], check_retractions: bool
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
        """versionHasGoMod: whether a version has a go.mod beyond the one line that go makes up."""
        text = await self._repositories.go_mod(self.path, version)
        return text != f"module {self.path}\n".encode()

    async def _is_retracted(self, version: str) -> bool:
        """CheckRetractions: whether the newest version's go.mod takes this version back."""
        if self._retractions is None:
            self._retractions = await self._load_retractions()
        return any(
            semver.compare(retraction.low, version) <= 0 <= semver.compare(retraction.high, version)
            for retraction in self._retractions
        )

    async def _load_retractions(self) -> tuple[gomod.Retraction, ...]:
        """The retractions of the newest version, read once for each run.

        Whatever goes wrong on the way counts as "nothing is retracted": go ignores it too.
        """
        try:
            newest = await self._newest_version()
            if not newest:
                return ()  # an empty version names a folder to go, which is not there
            return gomod.parse_lax(await self._repositories.go_mod(self.path, newest)).retracts
        except GoError:
            return ()

    async def _newest_version(self) -> str:
        """queryLatestVersionIgnoringRetractions."""
        return await self.query(Purpose.RETRACTIONS, "latest", check_retractions=False)


_ORDER = cmp_to_key(semver.compare)


def _which(end: str, count: int, what: str) -> str:
    return f"the only {what} that fits" if count == 1 else f"the {end} of {count} {what}s that fit"
