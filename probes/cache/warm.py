"""The module cache as a go command finds it: which file in it spares which request.

Only what is asked for by a canonical version is looked for: a query such as "latest" or a branch is never
answered from the cache. The one exception is a commit hash where GOPROXY is "off". A go.mod in the cache is
checked as one that came over the wire: one that cannot be vouched for is asked for again. Read only.

Source: cmd/go/internal/modfetch/cache.go (readDiskStat, readDiskStatByHash, readDiskGoMod, CachePath,
DownloadDir) and fetch.go (DownloadZip, download, checkMod). Semantics §7.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from probes.golang import module, semver
from probes.golang.errors import GoError
from probes.golang.gojson import RevInfo, decode_rev_info
from probes.golang.modzip import MAX_GO_MOD
from probes.golang.os_errors import errno_words
from probes.golang.protocol import Op
from probes.share.state import read_regular
from probes.sources.module_proxy import ModuleCache

MOST_INFO_BYTES = 1 << 20
MOST_HASH_BYTES = 1 << 16
_OLD_GO_MOD = b"//vgo 0.0."
_SUM_LENGTH = len("h1:") + 44
_COMMIT = re.compile(r"[0-9a-f]{12,}")

Spared = Callable[[Op, str, Path], None]
"""Told of each request that a file of the cache spares: the operation, the version, the file."""
CheckGoMod = Callable[[str, bytes], Awaitable[None]]
"""Checks the go.mod of a version; raises GoError, or Fatal where go exits."""


def downloads(cache: str, path: str) -> Path | None:
    """Where the downloads of a module lie (cacheDir); None where there is no such place."""
    try:
        return Path(cache, "cache", "download", module.escape_path(path), "@v") if cache[:1] == "/" else None
    except GoError:
        return None


class WarmModuleCache(ModuleCache):
    """What one command reads of the .info and .mod files of one module, and what it put there itself."""

    def __init__(
        self, cache: str, path: str, check: CheckGoMod, spared: Spared, *, offline: bool, has_go_sum: bool
    ) -> None:
        """``offline``: GOPROXY is "off", so that a commit hash may be looked for among what is there.

        ``has_go_sum``: what is vouched for meanwhile goes into a go.sum, and counts the next time.
        """
        super().__init__({}, {})
        self._folder = downloads(cache, path)
        self._check = check
        self._spared = spared
        self._offline = offline
        self._has_go_sum = has_go_sum
        self._refused: set[str] = set()
        """Versions whose go.mod in the cache was not vouched for."""

    def file(self, version: str, suffix: str) -> Path | None:
        """CachePath."""
        if self._folder is None or not self.may_hold(version):
            return None
        try:
            return self._folder / f"{module.escape_version(version)}.{suffix}"
        except GoError:
            return None

    def info(self, revision: str) -> RevInfo | None:
        """readDiskStat."""
        if revision in self.infos:
            return self.infos[revision]
        version = revision
        found = self._read_info(version)
        if found is None and self._offline:
            version = self._by_hash(revision)
            found = self._read_info(version)
        file = self.file(version, "info")
        if found is not None and file is not None:
            self.infos[revision] = found
            self._spared(Op.INFO, version, file)
        return found

    def has_info(self, version: str) -> bool:
        """Whether readDiskStat would find one; nothing is told."""
        return version in self.infos or self._read_info(version) is not None

    def _read_info(self, version: str) -> RevInfo | None:
        data = _read(self.file(version, "info"), MOST_INFO_BYTES)
        try:
            return None if data is None else decode_rev_info(data)
        except GoError:
            return None

    def _by_hash(self, revision: str) -> str:
        """readDiskStatByHash: the newest pseudo-version of this commit that is there; "" for none."""
        if self._folder is None or not _COMMIT.fullmatch(revision):
            return ""
        end = f"-{revision[:12]}.info"
        best = ""
        try:
            with os.scandir(self._folder) as entries:
                names = [entry.name.removesuffix(".info") for entry in entries if entry.name.endswith(end)]
        except OSError:
            return ""
        for name in names:
            if module.is_pseudo_version(name) and (not best or semver.compare(name, best) > 0):
                best = name
        return best

    async def go_mod(self, version: str) -> bytes | None:
        """readDiskGoMod. Raises Fatal where go exits."""
        if version in self._refused:
            if not self._has_go_sum:
                return None
        elif version in self.mods:
            return self.mods[version]
        file = self.file(version, "mod")
        data = _read(file, MAX_GO_MOD)
        if file is None or data is None or data.startswith(_OLD_GO_MOD):
            return None
        try:
            await self._check(version, data)
        except GoError:
            # go asks for it then, leaves the file as it is, and finds it again the next time.
            self._refused.add(version)
            return None
        self.mods[version] = data
        self._spared(Op.MOD, version, file)
        return data


@dataclass(frozen=True, slots=True)
class KeptZip:
    """What the cache has of a version's zip, and of what was unpacked of it."""

    zip: Path
    folder: Path

    @property
    def hash_file(self) -> Path:
        return self.zip.with_name(f"{self.zip.name}hash")

    @property
    def has_zip(self) -> bool:
        """os.Stat: links are followed, and a folder is there as well."""
        return _exists(self.zip)

    @property
    def has_hash(self) -> bool:
        return _exists(self.hash_file)

    def is_unpacked(self) -> bool:
        """DownloadDir, once the zip and its hash are there. Raises GoError for what go cannot look at."""
        if not self.folder.is_dir():
            return False
        return not _exists(self.zip.with_name(self.zip.name.removesuffix("zip") + "partial"))

    def read_hash(self) -> str:
        """The recorded hash, "" for what is none (isValidSum). Raises GoError with go's words."""
        try:
            data = read_regular(self.hash_file, MOST_HASH_BYTES)
        except OSError as error:
            raise GoError(f"open {self.hash_file}: {errno_words(error)}") from None
        text = data.decode("utf-8", "surrogateescape").strip()
        return text if len(text) == _SUM_LENGTH and "\0" not in text else ""

    def go_mod(self) -> bytes | None:
        """The go.mod of the unpacked module; None where it has none. Raises GoError."""
        file = self.folder / "go.mod"
        try:
            return read_regular(file, MAX_GO_MOD)
        except FileNotFoundError:
            return None
        except OSError as error:
            verb = "read" if error.errno in (errno.EINVAL, errno.EISDIR) else "open"
            words = "is a directory" if file.is_dir() else errno_words(error)
            raise GoError(f"{verb} {file}: {words}") from None


def kept_zip(cache: str, path: str, version: str) -> KeptZip | None:
    """Where the cache would have the zip of a version; None where it has no name for it."""
    folder = downloads(cache, path)
    if folder is None or not ModuleCache.may_hold(version):
        return None
    try:
        escaped = module.escape_version(version)
        return KeptZip(folder / f"{escaped}.zip", Path(cache, f"{module.escape_path(path)}@{escaped}"))
    except GoError:
        return None


def has_all(cache: str, path: str, version: str) -> bool:
    """Whether a go command with this cache would ask nobody for a version: .info, .mod, .zip and hash."""
    kept = kept_zip(cache, path, version)
    if kept is None or not (kept.has_zip and kept.has_hash):
        return False
    return all(_exists(kept.zip.with_suffix(suffix)) for suffix in (".info", ".mod"))


def _read(file: Path | None, most: int) -> bytes | None:
    try:
        return None if file is None else read_regular(file, most)
    except (OSError, ValueError):
        return None


def _exists(file: Path) -> bool:
    try:
        return file.exists()
    except OSError:
        return False
