"""What lies in a module cache: one entry for each version of a module.

``cache/download/MODULE/@v/VERSION.*`` is what was downloaded, ``MODULE@VERSION`` what was unpacked of it; all
names have ``!x`` for ``X``. Anybody may have put anything there: names are taken apart as go does it, what is
no such name is counted and passed over, and no symbolic link is followed into a folder.

Source: cmd/go/internal/modfetch/cache.go CachePath, DownloadDir, lockVersion, tempFile;
golang.org/x/mod/module EscapePath, EscapeVersion. Semantics §7.1.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from probes.golang import module
from probes.golang.errors import GoError

DOWNLOADS = "cache/download"
SUMDB = "sumdb"
SUFFIXES = ("info", "mod", "zip", "ziphash", "lock", "partial")
_TEMPORARY = re.compile(r"(.+)\.(?:info|mod|zip)[0-9]+\.tmp")
_DEEPEST = 100
"""Folders of a module path at most; a path of go has some ten."""


@dataclass(frozen=True, slots=True)
class Lying:
    """A file or folder as it lies there, links not followed."""

    size: int
    changed: float
    mode: int
    owner: int

    @classmethod
    def of(cls, found: os.stat_result) -> Lying:
        return cls(found.st_size, found.st_mtime, found.st_mode, found.st_uid)

    @property
    def is_plain(self) -> bool:
        return stat.S_ISREG(self.mode)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)


@dataclass(slots=True)
class Entry:
    """One version of a module in the cache."""

    cache: str
    """GOMODCACHE."""
    path: str
    version: str
    folder: str
    """Its folder of downloads, as it is named below the cache."""
    stem: str
    """The version as it is written in names."""
    files: dict[str, Lying] = field(default_factory=dict)
    """Of the suffixes those that are there."""
    temporary: dict[str, Lying] = field(default_factory=dict)
    """What a go that was stopped has left, by name."""
    tree: Lying | None = None

    @property
    def name(self) -> str:
        """PATH@VERSION; of what is no version the path alone."""
        return f"{self.path}@{self.version}" if self.version else self.path

    def file(self, suffix: str) -> str:
        """A file as it is named below the cache."""
        return f"{self.folder}/{self.stem}.{suffix}"

    def place(self, suffix: str) -> str:
        """Where a file is."""
        return f"{self.cache}/{self.folder}/{self.stem}.{suffix}"

    @property
    def tree_name(self) -> str:
        """The unpacked folder as it is named below the cache."""
        escaped = self.folder.removeprefix(DOWNLOADS + "/").removesuffix("/@v")
        return f"{escaped}@{self.stem}"

    @property
    def tree_place(self) -> str:
        """Where the unpacked folder is."""
        return f"{self.cache}/{self.tree_name}"

    @property
    def bytes(self) -> int:
        """Of the downloads, without what is unpacked."""
        return sum(one.size for one in (*self.files.values(), *self.temporary.values()))

    @property
    def changed(self) -> float:
        """When something of it was last written."""
        found = [one.changed for one in self.files.values()]
        return max([*found, self.tree.changed] if self.tree else found, default=0.0)


def entry_of(cache: str, path: str, version: str) -> Entry:
    """What there is of one version. Raises GoError for what is no path or version, and OSError."""
    stem = module.escape_version(version)
    escaped = module.escape_path(path)
    for one in entries_in(cache, f"{DOWNLOADS}/{escaped}/@v", path):
        if one.version == version:
            return one
    found = Entry(cache, path, version, f"{DOWNLOADS}/{escaped}/@v", stem)
    found.tree = _lying(found.tree_place)
    return found


def module_entries(cache: str, path: str) -> list[Entry]:
    """Every version of a module. Raises GoError for what is no path, and OSError."""
    escaped = module.escape_path(path)
    found = {one.version: one for one in entries_in(cache, f"{DOWNLOADS}/{escaped}/@v", path)}
    above, _, base = escaped.rpartition("/")
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(f"{cache}/{above}") as names:
        for one in names:
            name, _, stem = one.name.rpartition("@")
            version = _version(stem) if name == base else None
            if version is not None and version not in found:
                found[version] = _orphan(cache, path, version, escaped, stem)
    return list(found.values())


def _orphan(cache: str, path: str, version: str, escaped: str, stem: str) -> Entry:
    found = Entry(cache, path, version, f"{DOWNLOADS}/{escaped}/@v", stem)
    found.tree = _lying(found.tree_place)
    return found


@dataclass(slots=True)
class Walk:
    """All of a cache, one entry after the other; only those of one module are held at a time."""

    cache: str
    modules: int = 0
    strange: list[str] = field(default_factory=list)
    """The first few names that are none of go's."""
    strange_count: int = 0
    unreadable: list[tuple[str, OSError]] = field(default_factory=list)

    def entries(self) -> Iterator[Entry]:
        """What was downloaded, and then what is unpacked and nothing else. Raises OSError where nothing can
        be read at all."""
        os.close(os.open(self.cache, os.O_RDONLY | os.O_DIRECTORY))
        yield from self._downloads(DOWNLOADS, 0)
        yield from self._trees("", 0)

    def _scan(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(f"{self.cache}/{folder}") as found:
                return sorted(found, key=lambda one: one.name)
        except FileNotFoundError:
            return []
        except OSError as error:
            self._cannot(folder, error)
            return []

    def _cannot(self, folder: str, error: OSError) -> None:
        if len(self.unreadable) < MOST_STRANGE:
            self.unreadable.append((folder, error))

    def _downloads(self, folder: str, depth: int) -> Iterator[Entry]:
        for one in self._scan(folder):
            below = f"{folder}/{one.name}"
            if not one.is_dir(follow_symlinks=False) or (depth == 0 and one.name == SUMDB):
                if one.is_symlink() and Path(one.path).is_dir():
                    self._cannot(below, OSError(errno.ELOOP, "a symbolic link, which is not followed"))
                continue
            if one.name == "@v":
                yield from self._module(folder, below)
            elif depth < _DEEPEST:
                yield from self._downloads(below, depth + 1)

    def _module(self, folder: str, below: str) -> Iterator[Entry]:
        try:
            path = module.unescape_path(folder.removeprefix(DOWNLOADS + "/"))
        except GoError:
            return self._odd(below)
        self.modules += 1
        try:
            yield from entries_in(self.cache, below, path, self._odd)
        except OSError as error:
            self._cannot(below, error)

    def _odd(self, name: str) -> None:
        self.strange_count += 1
        if len(self.strange) < MOST_STRANGE:
            self.strange.append(name)

    def _trees(self, folder: str, depth: int) -> Iterator[Entry]:
        """What is unpacked without anything downloaded beside it."""
        for one in self._scan(folder):
            if depth == 0 and one.name == "cache":
                continue
            below = f"{folder}/{one.name}" if folder else one.name
            if "@" in one.name:
                orphan = self._unpacked(below)
                if orphan is not None:
                    yield orphan
            elif depth < _DEEPEST and one.is_dir(follow_symlinks=False):
                yield from self._trees(below, depth + 1)

    def _unpacked(self, below: str) -> Entry | None:
        escaped, _, stem = below.rpartition("@")
        try:
            path = module.unescape_path(escaped)
        except GoError:
            self._odd(below)
            return None
        version = _version(stem)
        if version is None:
            self._odd(below)
            return None
        start = f"{self.cache}/{DOWNLOADS}/{escaped}/@v/{stem}."
        if any(_may_be_there(start + suffix) for suffix in SUFFIXES):
            return None
        return _orphan(self.cache, path, version, escaped, stem)


MOST_STRANGE = 20


def entries_in(cache: str, folder: str, path: str, odd: object = None) -> list[Entry]:
    """The versions in one folder of downloads. Raises OSError but for a folder that is not there."""
    found: dict[str, Entry] = {}
    versions: dict[str, str | None] = {}
    try:
        names = os.scandir(f"{cache}/{folder}")
    except (FileNotFoundError, NotADirectoryError):
        return []
    with names:
        for one in names:
            stem, _, suffix = one.name.rpartition(".")
            temporary = _TEMPORARY.fullmatch(one.name) if suffix == "tmp" else None
            if temporary is not None:
                stem = temporary[1]
            elif suffix not in SUFFIXES:
                continue  # list, list.lock, v1.0.0.zip.part of somebody else
            if stem not in versions:
                versions[stem] = _version(stem)
            version = versions[stem]
            if version is None:
                if callable(odd):
                    odd(f"{folder}/{one.name}")
                continue
            entry = found.get(stem)
            if entry is None:
                entry = found[stem] = Entry(cache, path, version, folder, stem)
                entry.tree = _lying(entry.tree_place)
            with suppress(FileNotFoundError):  # a go at work has just taken it away
                lying = Lying.of(one.stat(follow_symlinks=False))
                if temporary is not None:
                    entry.temporary[one.name] = lying
                else:
                    entry.files[suffix] = lying
    # Of a version that is not there any more go leaves the lock.
    return [one for one in found.values() if one.tree or one.temporary or one.files.keys() - {"lock"}]


def _version(stem: str) -> str | None:
    """The version that a name is made of, where it is one that go would look for."""
    try:
        version = module.unescape_version(stem)
    except GoError:
        return None
    return version if version == module.canonical_version(version) != "" else None


def _may_be_there(place: str) -> bool:
    """Whether a file is there, or whether that cannot be told: then what is unpacked of it is not judged."""
    try:
        os.lstat(place)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return True
    return True


def _lying(place: str) -> Lying | None:
    try:
        return Lying.of(os.lstat(place))
    except (OSError, ValueError):
        return None
