"""Go's releases as a module: what the paths "go" and "toolchain" stand for.

Source: cmd/go/internal/modfetch/toolchain.go (toolchainRepo, dlToGo, goToDL). Both are views of the module
golang.org/toolchain at one hop, whose versions are "v0.0.1-go1.28.1.linux-amd64". They tell versions only:
a release itself is downloaded as golang.org/toolchain.
"""

from __future__ import annotations

from typing import BinaryIO

from probes.golang import gosumdb, gover
from probes.golang.errors import GoError
from probes.golang.gojson import RevInfo
from probes.golang.mod_versions import GO, TOOLCHAIN
from probes.sources.module_proxy import CachingRepo

TOOLCHAIN_PATH = gosumdb.TOOLCHAIN
STAT_PLATFORM = "linux", "amd64"
"""A release is there when it is there for this platform: that one always has been, and always will be."""


def download_version(name: str, platform: tuple[str, str]) -> str:
    """The version of golang.org/toolchain that is a toolchain for a platform."""
    return f"v0.0.1-{name}.{'-'.join(platform)}"


def release_of(version: str) -> str:
    """The release in a version of golang.org/toolchain: "1.28.1"; "" where there is none (dlToGo)."""
    _, dash, rest = version.partition("-")
    release, dot, platform = rest.rpartition(".")
    return release.removeprefix("go") if dash and dot and "-" in platform else ""


class ToolchainRepo:
    """modfetch toolchainRepo."""

    def __init__(self, path: str, downloads: CachingRepo, local: str | None) -> None:
        """``downloads`` is golang.org/toolchain at the same hop; ``local`` the release that runs, "1.27.3",
        None where there is no Go."""
        self.path = path
        self._downloads = downloads
        self._local = local
        self._prefix = "go" if path == TOOLCHAIN else ""

    async def versions(self, prefix: str) -> list[str]:
        """Every release, the running one included, from old to new; the prefix is not looked at."""
        found = dict.fromkeys(filter(None, map(release_of, await self._downloads.versions(""))))
        if self._local is not None:
            found.setdefault(self._local)
        return [self._prefix + release for release in sorted(found, key=gover.order)]

    async def stat(self, revision: str) -> RevInfo:
        """Whether there is such a release; what this go is or stands for is there without a question."""
        release = revision.removeprefix("go")
        if not gover.is_valid(release):
            raise GoError(f"invalid {self.path} version {revision}")
        is_older = self._local is not None and gover.compare(release, self._local) <= 0
        if release == self._local or (self.path == GO and is_older):
            return RevInfo(self._prefix + release)
        if gover.is_lang(release):
            raise GoError(f"go language version {revision} is not a toolchain version")
        info = await self._downloads.stat(download_version(f"go{release}", STAT_PLATFORM))
        return RevInfo(self._prefix + release, info.time)

    async def latest(self) -> RevInfo:
        """The newest release."""
        listed = await self.versions("")
        if not listed:
            raise GoError(f"invalid {self.path} version ")  # only where there is no Go, and no list either
        return await self.stat(listed[-1])

    async def go_mod(self, version: str) -> bytes:
        """One line."""
        return f"module {self.path}\n".encode()

    async def zip(self, version: str, sink: BinaryIO) -> None:
        """Nothing is downloaded by this name."""
        raise GoError("invalid use of toolchainRepo: Zip")
