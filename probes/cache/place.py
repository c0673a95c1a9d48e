"""The module cache as a whole: where it is, whether go can use it, and what else lies in it.

Source: cmd/go/internal/modfetch/cache.go checkCacheDir; codehost/codehost.go WorkDir (cache/vcs);
modfetch/sumdb.go (cache/download/sumdb); os.Stat and statfs(2) for the rest. A quota is seen only when a
write fails ("disk quota exceeded"): nothing is written here to find out.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from probes.cache.entries import DOWNLOADS, SUMDB
from probes.cache.findings import Finding, Kind, Level
from probes.golang.environment import Environment
from probes.golang.os_errors import errno_words
from probes.golang.quote import quote
from probes.golang.redact import redact
from probes.share.state import read_regular

LITTLE = 100 << 20
"""Bytes that are hardly enough for a download."""
_MOST_CLONES = 10_000
_MOST_KEY = 1 << 14


@dataclass(frozen=True, slots=True)
class Place:
    """Where the cache is, and what is wrong with that."""

    folder: str = ""
    findings: tuple[Finding, ...] = ()
    is_there: bool = False
    """Whether there is a folder that can be looked into."""
    owner: int | None = None
    free_bytes: int | None = None
    free_files: int | None = None


def look_at_place(environment: Environment, uid: int | None = None) -> Place:
    """Look. Raises nothing."""
    folder = environment.get("GOMODCACHE")
    if not folder:
        words = "there is no module cache: neither GOMODCACHE nor GOPATH is set, and there is no HOME"
        says = "module cache not found: neither GOMODCACHE nor GOPATH is set"
        return Place(findings=(_all(Kind.NO_CACHE, words, says, "export GOMODCACHE=$HOME/go/pkg/mod"),))
    if not folder.startswith("/"):
        says = f"GOMODCACHE entry is relative; must be absolute path: {quote(folder)}."
        words = f"GOMODCACHE is a relative path: {folder}"
        return Place(folder, (_all(Kind.RELATIVE, words, says, "go env -u GOMODCACHE"),))
    try:
        found = Path(folder).stat()
    except FileNotFoundError:
        return Place(folder)  # go makes it
    except (OSError, ValueError) as error:
        why = errno_words(error) if isinstance(error, OSError) else str(error)
        says = f"could not create module cache: stat {folder}: {why}"
        return Place(folder, (_all(Kind.NO_CACHE, f"GOMODCACHE cannot be looked at: {why}", says),))
    if not stat.S_ISDIR(found.st_mode):
        says = f"could not create module cache: {quote(folder)} is not a directory"
        words = "GOMODCACHE is a file, and no folder"
        return Place(folder, (_all(Kind.NO_FOLDER, words, says, "go env -u GOMODCACHE"),))
    return _folder(folder, found, os.geteuid() if uid is None else uid)


def _all(kind: Kind, words: str, says: str, command: str = "", level: Level = Level.BAD) -> Finding:
    return Finding(kind, level, "", words, says, command=command)


def _folder(folder: str, found: os.stat_result, uid: int) -> Place:
    findings: list[Finding] = []
    quoted = shlex.quote(folder)
    if not os.access(folder, os.R_OK | os.X_OK):
        words = "the folder of the module cache may not be read by this user"
        findings.append(_all(Kind.UNREADABLE, words, f"open {folder}: permission denied"))
    elif found.st_uid != uid and uid != 0 and not os.access(folder, os.W_OK):
        words = "the module cache belongs to another user, and may only be read: what is complete can be used"
        says = f"mkdir {folder}/…: permission denied, for what is not there yet"
        findings.append(_all(Kind.FOREIGN_OWNER, words, says, f"sudo chown -R {uid} {quoted}", Level.NOTE))
    if found.st_mode & stat.S_IWOTH:
        words = "everybody may write into the folder of the module cache"
        findings.append(
            _all(Kind.WORLD_WRITABLE, words, "uses it all the same", f"chmod o-w {quoted}", Level.NOTE)
        )
    free_bytes = free_files = None
    try:
        disk = os.statvfs(folder)
    except OSError:
        disk = None
    if disk is not None:
        free_bytes = disk.f_bavail * disk.f_frsize
        free_files = disk.f_favail if disk.f_files else None
        findings += _disk(disk, free_bytes, free_files)
    return Place(folder, tuple(findings), True, found.st_uid, free_bytes, free_files)


def _disk(disk: os.statvfs_result, free_bytes: int, free_files: int | None) -> Iterator[Finding]:
    if disk.f_flag & os.ST_RDONLY:
        words = "the disk of the module cache is mounted read-only: what is complete can be used"
        yield _all(Kind.READ_ONLY, words, "read-only file system, for what is not there yet", "", Level.NOTE)
        return
    if free_bytes == 0:
        yield _all(Kind.DISK_FULL, "the disk of the module cache is full", "no space left on device")
    elif free_bytes < LITTLE:
        words = f"there is little room on the disk of the module cache: {free_bytes:,} bytes"
        yield _all(Kind.DISK_FULL, words, "no space left on device, soon", "", Level.NOTE)
    if free_files == 0:
        words = "the disk of the module cache takes no more files: all inodes are in use"
        yield _all(Kind.NO_INODES, words, "no space left on device")


# -- what else lies there --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clone:
    """A bare clone of a repository."""

    name: str
    """As it is named below the cache."""
    url: str
    """The address, user and password masked; "" where its .info does not tell."""


def clones(cache: str) -> list[Clone]:
    """The repositories that direct mode has cloned."""
    found: list[Clone] = []
    try:
        with os.scandir(f"{cache}/cache/vcs") as names:
            for one in names:
                if len(found) >= _MOST_CLONES:
                    break
                if one.is_dir(follow_symlinks=False):
                    found.append(Clone(f"cache/vcs/{one.name}", _url(Path(f"{one.path}.info"))))
    except OSError:
        pass
    return sorted(found, key=lambda one: (one.url, one.name))


def _url(info: Path) -> str:
    """``git3:https://…`` in the file beside the clone."""
    try:
        text = read_regular(info, _MOST_KEY).decode("utf-8", "replace").strip()
    except (OSError, ValueError):
        return ""
    return redact(text.partition(":")[2])


def clones_of(cache: str, path: str) -> list[Clone]:
    """Those that look as if they were a module's: the address ends as the path begins."""
    return [
        one for one in clones(cache)
        if (bare := one.url.partition("://")[2].rpartition("@")[2].removesuffix(".git").rstrip("/"))
        and (path == bare or path.startswith(bare + "/"))
    ]  # fmt: skip


def databases(cache: str) -> list[tuple[str, int, int]]:
    """The checksum databases of which something is kept: name, records, tiles; counted up to a limit."""
    found = []
    try:
        with os.scandir(f"{cache}/{DOWNLOADS}/{SUMDB}") as names:
            folders = [one for one in names if one.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    for one in sorted(folders, key=lambda one: one.name):
        found.append((one.name, _count(f"{one.path}/lookup"), _count(f"{one.path}/tile")))
    return found


def _count(folder: str, most: int = 200_000) -> int:
    count, todo = 0, [folder]
    while todo and count < most:
        try:
            with os.scandir(todo.pop()) as names:
                for one in names:
                    if one.is_dir(follow_symlinks=False):
                        todo.append(one.path)
                    else:
                        count += 1
        except OSError:
            continue
    return count


def has_record(cache: str, database: str, path: str, version: str) -> bool:
    """Whether a database's record of a version is kept: one request less."""
    from probes.golang import module
    from probes.golang.errors import GoError

    try:
        name = f"{module.escape_path(path)}@{module.escape_version(version)}"
    except GoError:
        return False
    return Path(cache, DOWNLOADS, SUMDB, database, "lookup", name).is_file()
