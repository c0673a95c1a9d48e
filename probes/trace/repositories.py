"""Every module at every hop, each made once for a run, with the module cache of the run behind them.

Source: cmd/go/internal/modfetch repo.go (Lookup, lookup), cache.go (GoMod, CachePath, checkCacheDir).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from probes.golang import dirhash, module, semver
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.goproxy import Access, Hop, access, is_private, refusal
from probes.golang.protocol import Op
from probes.golang.quote import quote
from probes.golang.toolchain_name import release_of_go
from probes.project.project import Project
from probes.project.requirements import has_sum
from probes.sources.module_proxy import CachingRepo, ModuleCache, ProxyRepo, Repo
from probes.sources.origin_teller import CheckGoLine
from probes.sources.programs import NotRun
from probes.sources.toolchain_repo import TOOLCHAIN_PATH, ToolchainRepo
from probes.trace.checksums import ChecksumGate
from probes.trace.events import Bend, Purpose, Turning, TurningTaken
from probes.trace.narrator import Narrator
from probes.trace.walk import Walker

if TYPE_CHECKING:
    from probes.cache.warm import KeptZip
    from probes.sources.direct import OpenOrigins

CACHE_RULES = {
    Op.INFO: "cmd/go/internal/modfetch/cache.go readDiskStat",
    Op.MOD: "cmd/go/internal/modfetch/cache.go readDiskGoMod",
    Op.ZIP: "cmd/go/internal/modfetch/fetch.go DownloadZip",
}


class Repositories:
    """modfetch's Fetcher: where the rest of the engine gets modules from."""

    def __init__(
        self,
        environment: Environment,
        narrator: Narrator,
        walker: Walker,
        *,
        project: Project | None = None,
        warm: bool = False,
        origins: OpenOrigins | None = None,
        check_go_line: CheckGoLine = lambda what, wanted: None,
    ) -> None:
        """``origins`` is direct mode, where it is traced; ``check_go_line`` what it asks of a go.mod."""
        self._origins = origins
        self._check_go_line = check_go_line
        self._environment = environment
        self._project = project
        self._warm = warm
        self._narrator = narrator
        self._walker = walker
        self.checksums = ChecksumGate(
            environment,
            narrator,
            walker,
            go_sum=None if project is None else project.go_sum,
            warm=warm,
        )
        self._disks: dict[str, ModuleCache] = {}
        self._repos: dict[tuple[int, str], CachingRepo] = {}

    def disk(self, path: str) -> ModuleCache:
        """What is in the module cache of a module: what this run has put there, and before that when warm."""
        if path not in self._disks:
            self._disks[path] = self._warm_disk(path) if self._warm else ModuleCache({}, {})
        return self._disks[path]

    def _warm_disk(self, path: str) -> ModuleCache:
        from probes.cache.warm import WarmModuleCache

        return WarmModuleCache(
            self._environment.get("GOMODCACHE"),
            path,
            lambda version, text: self._check_go_mod(path, version, text),
            lambda op, version, file: self.spared(op, path, version, file),
            offline=self._environment.get("GOPROXY") == "off",
            has_go_sum=self._project is not None,
        )

    async def _check_go_mod(self, path: str, version: str, text: bytes) -> None:
        await self.checksums.check(path, version + "/go.mod", dirhash.go_mod_hash(text))

    def spared(self, op: Op, path: str, version: str, file: Path) -> None:
        """Tell that a file of the module cache stands for a request."""
        cache = self._environment.get("GOMODCACHE")
        self._narrator.emit_now(
            TurningTaken,
            turning=Turning.CACHE,
            bend=Bend.ANSWERS,
            path=path,
            version=version,
            because=f"the module cache has this .{op.value}, so nobody is asked for it",
            rule=CACHE_RULES[op],
            where=str(file).removeprefix(f"{cache}/"),
            op=op.value,
        )

    def kept_zip(self, path: str, version: str, *, always: bool = False) -> KeptZip | None:
        """What the module cache has of a zip, None in a trace with a cold one unless ``always``."""
        if not self._warm and not always:
            return None
        from probes.cache.warm import kept_zip

        return kept_zip(self._environment.get("GOMODCACHE"), path, version)

    def has_sum(self, path: str, version: str) -> bool:
        """modfetch HaveSum: whether go.sum has a hash of the kind that go knows. Raises Fatal."""
        return self._project is not None and has_sum(self._project.go_sum, path, version)

    def lookup(self, hop: Hop, path: str) -> CachingRepo:
        """modfetch Lookup: a module at a hop."""
        key = (hop.id, path)
        if key not in self._repos:

            async def check(version: str, text: bytes) -> None:
                await self._check_go_mod(path, version, text)

            self._repos[key] = CachingRepo(lambda: self._make(hop, path), self.disk(path), check)
        return self._repos[key]

    async def _make(self, hop: Hop, path: str) -> Repo:
        if module.is_toolchain(path):
            local = release_of_go(self._environment.go_version)
            return ToolchainRepo(path, self.lookup(hop, TOOLCHAIN_PATH), local)
        private = is_private(path, self._environment.get("GONOPROXY")) is not None
        match access(hop, private=private):
            case Access.ASK:
                assert hop.url is not None
                return ProxyRepo(hop.url, path, self._narrator.asker(hop))
            case Access.DIRECT:
                if self._origins is None:
                    raise NotRun(f"{path} would be fetched directly from its origin here")
                return (await self._origins().open(path, self._narrator, self._check_go_line)).repo
            case refused:
                raise refusal(refused)

    async def go_mod(self, path: str, version: str) -> bytes:
        """modfetch GoMod: the go.mod of a version, from the cache or by a walk of its own.

        Raises Fatal for what is no version at all (modload rawGoModData).
        """
        if not semver.is_valid(version):
            raise Fatal(f"go: internal error: {path}@{version}: unexpected invalid semantic version")
        known = await self.disk(path).go_mod(version)
        if known is not None:
            return known
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
