"""The columns that ask nobody: the module cache and the project's go.sum. Read only.

What is in the cache: cmd/go/internal/modfetch/cache.go CachePath, DownloadDir; in go.sum: fetch.go readGoSum.
Both hold pseudo-versions as well, and often the go.mod alone, which go reads for the module graph. All here
blocks: call it in a thread.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from probes.golang import module, semver
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.go_sum import GO_MOD_SUFFIX, MOST_BYTES
from probes.golang.gojson import RevInfo, decode_rev_info
from probes.golang.os_errors import errno_words
from probes.golang.quote import quote
from probes.share.state import open_regular, read_regular

MOST_FILES = 1 << 18
"""Files of one folder of the module cache that are looked at."""
MOST_LINE_BYTES = 1 << 16
MOST_INFO_BYTES = 1 << 20
"""Bytes of a .info that is read; go has no limit, and needs some three hundred."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a place on this machine holds of a module."""

    versions: tuple[str, ...] = ()
    """In go's order, the oldest first."""
    only_mod: tuple[str, ...] = ()
    """Those of which only the go.mod is there."""
    error: str | None = None
    seconds: float = 0.0


def cache_folder(environment: Environment, path: str) -> Path:
    """Where the module cache keeps what was downloaded of a module. Raises GoError with go's words."""
    cache = environment.get("GOMODCACHE")
    if not cache:
        raise GoError("module cache not found: neither GOMODCACHE nor GOPATH is set")
    if not cache.startswith("/"):
        raise GoError(f"GOMODCACHE entry is relative; must be absolute path: {quote(cache)}.")
    return Path(cache, "cache", "download", *module.escape_path(path).split("/"), "@v")


def in_cache(environment: Environment, path: str) -> Held:
    """The versions of a module that the module cache holds something of. Raises nothing."""
    began = monotonic()
    whole: set[str] = set()
    mods: set[str] = set()
    error = None
    try:
        with os.scandir(cache_folder(environment, path)) as entries:
            for number, entry in enumerate(entries):
                if number >= MOST_FILES:
                    error = f"there are more than {MOST_FILES} files in {cache_folder(environment, path)}"
                    break
                name, _, kind = entry.name.rpartition(".")
                if kind in ("info", "zip", "mod") and entry.is_file():
                    (mods if kind == "mod" else whole).add(name)
    except FileNotFoundError:
        pass
    except GoError as failure:
        error = str(failure)
    except OSError as failure:
        error = f"{failure.filename}: {errno_words(failure)}"
    return _held(_unescaped(whole), _unescaped(mods), error, began)


def _unescaped(names: set[str]) -> set[str]:
    """The versions that files are named after; what is none is left out."""
    found = set()
    for name in names:
        try:
            version = module.unescape_version(name)
        except GoError:
            continue
        if semver.is_valid(version):
            found.add(version)
    return found


def _held(whole: set[str], mods: set[str], error: str | None, began: float) -> Held:
    return Held(
        tuple(semver.sort(whole | mods)), tuple(semver.sort(mods - whole)), error, monotonic() - began
    )


def in_go_sum(file: Path, path: str) -> Held:
    """The versions of a module that go.sum has a hash of. Raises nothing; a line that is none is skipped."""
    began = monotonic()
    whole: set[str] = set()
    mods: set[str] = set()
    error = None
    wanted = path.encode("utf-8", "surrogateescape")
    try:
        with open_regular(file) as opened:
            left = MOST_BYTES
            while line := opened.readline(min(MOST_LINE_BYTES, left)):
                left -= len(line)
                words = line.split()
                if len(words) == 3 and words[0] == wanted:
                    version = words[1].decode("utf-8", "surrogateescape")
                    bare = version.removesuffix(GO_MOD_SUFFIX)
                    if semver.is_valid(bare):
                        (whole if bare == version else mods).add(bare)
                if left <= 0:
                    error = f"{file} is longer than {MOST_BYTES >> 20} MiB"
                    break
    except FileNotFoundError:
        pass
    except OSError as failure:
        error = f"{file}: {errno_words(failure)}"
    return _held(whole, mods, error, began)


def cached_info(environment: Environment, path: str, version: str) -> RevInfo | None:
    """The .info of a version in the module cache; None where there is none. Raises GoError."""
    file = cache_folder(environment, path) / f"{module.escape_version(version)}.info"
    try:
        return decode_rev_info(read_regular(file, MOST_INFO_BYTES))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise GoError(f"{file}: {errno_words(error)}") from error
