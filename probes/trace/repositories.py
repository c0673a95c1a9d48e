"""Every module at every hop, each made once for a run, with the module cache of the run behind them.

Source: cmd/go/internal/modfetch repo.go (Lookup, lookup), cache.go (GoMod, CachePath, checkCacheDir).
"""

from __future__ import annotations

from probes.golang import dirhash, module, semver
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.goproxy import Access, Hop, access, is_private, refusal
from probes.golang.quote import quote
from probes.sources.module_proxy import CachingRepo, ModuleCache, ProxyRepo, Repo
from probes.trace.checksums import ChecksumGate
from probes.trace.events import Purpose
from probes.trace.narrator import Narrator
from probes.trace.walk import DirectNotTraced, Walker


class Repositories:
    """modfetch's Fetcher: where the rest of the engine gets modules from."""

    def __init__(self, environment: Environment, narrator: Narrator, walker: Walker) -> None:
        self._environment = environment
        self._narrator = narrator
        self._walker = walker
        self.checksums = ChecksumGate(environment, narrator, walker)
        self._disks: dict[str, ModuleCache] = {}
        self._repos: dict[tuple[int, str], CachingRepo] = {}

    def disk(self, path: str) -> ModuleCache:
        """What this run has put into the module cache for a module."""
        return self._disks.setdefault(path, ModuleCache({}, {}))

    def lookup(self, hop: Hop, path: str) -> CachingRepo:
        """modfetch Lookup: a module at a hop."""
        key = (hop.id, path)
        if key not in self._repos:

            async def check(version: str, text: bytes) -> None:
                await self.checksums.check(path, version + "/go.mod", dirhash.go_mod_hash(text))

            self._repos[key] = CachingRepo(lambda: self._make(hop, path), self.disk(path), check)
        return self._repos[key]

    def _make(self, hop: Hop, path: str) -> Repo:
        private = is_private(path, self._environment.get("GONOPROXY")) is not None
        match access(hop, private=private):
            case Access.ASK:
                assert hop.url is not None
                return ProxyRepo(hop.url, path, self._narrator.asker(hop))
            case Access.DIRECT:
                raise DirectNotTraced(path)
            case refused:
                raise refusal(refused)

    async def go_mod(self, path: str, version: str) -> bytes:
        """modfetch GoMod: the go.mod of a version, from the cache or by a walk of its own.

        Raises Fatal for what is no version at all (modload rawGoModData).
        """
        if not semver.is_valid(version):
            raise Fatal(f"go: internal error: {path}@{version}: unexpected invalid semantic version")
        mods = self.disk(path).mods
        if version in mods:
            return mods[version]
        return await self._walker.walk(
            Purpose.MOD, version, lambda hop: self.lookup(hop, path).go_mod(version), path=path
        )

    def require_cacheable(self, version: str) -> None:
        """Raise what CachePath and checkCacheDir refuse a version or a module cache with."""
        cache = self._environment.get("GOMODCACHE")
        if not cache:
            raise GoError("module cache not found: neither GOMODCACHE nor GOPATH is set")
        if not cache.startswith("/"):
            raise GoError(f"GOMODCACHE entry is relative; must be absolute path: {quote(cache)}.\n")
        if not semver.is_valid(version):
            raise GoError(f"non-semver module version {quote(version)}")
        if module.canonical_version(version) != version:
            raise GoError(f"non-canonical module version {quote(version)}")

    def zip_name(self, path: str, version: str) -> str:
        """Where go would keep a zip: its name stands in the errors of unzip."""
        return module.cached_zip(self._environment.get("GOMODCACHE"), path, version)

    def folder_name(self, path: str, version: str) -> str:
        """Where go would extract a zip to (modfetch DownloadDir)."""
        cache = self._environment.get("GOMODCACHE")
        return f"{cache}/{module.escape_path(path)}@{module.escape_version(version)}"
