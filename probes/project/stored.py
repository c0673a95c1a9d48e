"""What the module cache spares go from fetching, as far as a build looks at it.

Source: cmd/go/internal/modfetch/cache.go (readDiskGoMod, DownloadDir, cachePath), fetch.go (checkGoMod,
checkMod, Download).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from probes.golang.dirhash import go_mod_hash
from probes.golang.errors import GoError
from probes.golang.go_sum import GO_MOD_SUFFIX, GoSum
from probes.golang.module import escape_path, escape_version
from probes.golang.modzip import MAX_GO_MOD
from probes.project.import_errors import Off
from probes.project.requirements import NotYet
from probes.project.selection import Version
from probes.share.state import read_regular

_OLD = b"//vgo 0.0."
"""What a prototype of go began its go.mod files with: such a file is not trusted."""
_HASH_BYTES = 200


class NotStored(NotYet):
    """The zip of a version is not unpacked in the module cache."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A module cache, and the go.sum that its files are held against."""

    cache: str
    go_sum: GoSum
    is_off: Callable[[str], bool] = lambda _: False
    """Whether a module could not be fetched anyway: GOPROXY=off."""

    def go_mod(self, path: str, number: str) -> bytes:
        """The go.mod of a version. Raises NotYet where it is not there, GoError where it is not wanted there,
        and Fatal where go.sum has another hash for it."""
        file = self._file(path, number, "mod")
        data = None if file is None else _read(file, MAX_GO_MOD)
        if data is None or data.startswith(_OLD):
            if self.is_off(path):
                raise Off
            raise NotYet(path, number)
        self.go_sum.knows(path, number + GO_MOD_SUFFIX, go_mod_hash(data))
        return data

    def folder(self, version: Version) -> Path:
        """Where the files of a version are. Raises NotStored, and Fatal for a hash that go.sum refuses."""
        path, number = version
        escaped, hashed = self._file(path, number, "partial"), self._file(path, number, "ziphash")
        if escaped is None or hashed is None:
            raise NotStored(path, number)
        place = Path(self.cache, f"{escape_path(path)}@{escape_version(number)}")
        try:
            is_whole = place.is_dir() and not escaped.exists() and hashed.exists()
        except OSError:
            is_whole = False
        if not is_whole:
            if self.is_off(path):
                raise Off
            raise NotStored(path, number)
        total = (_read(hashed, _HASH_BYTES) or b"").strip().decode("utf-8", "replace")
        if total.startswith("h1:"):
            self.go_sum.knows(path, number, total)
        return place

    def has_zip(self, version: Version) -> bool:
        """Whether only unpacking is left to do."""
        file = self._file(*version, "zip")
        return file is not None and file.is_file()

    def _file(self, path: str, number: str, suffix: str) -> Path | None:
        if not self.cache.startswith("/"):
            return None
        try:
            folder = Path(self.cache, "cache", "download", escape_path(path), "@v")
            return folder / f"{escape_version(number)}.{suffix}"
        except GoError:
            return None


def _read(file: Path, most: int) -> bytes | None:
    try:
        return read_regular(file, most)
    except (OSError, ValueError):
        return None
