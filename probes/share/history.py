"""Modules that were traced here, and module paths that can be completed.

The history is one small JSON file of mode 0600 in the state folder, written whole. Private paths are in it
too: it never leaves this machine, and no report reads it. What cannot be read is shown as an empty history,
and left as it is: it may be that of a newer modtrace.

Paths are completed from what lies around: the go.mod and go.sum of the project, the history, and the module
cache (GOMODCACHE/cache/download, where a folder is a module when it holds ``@v``). Each source is read up to
a bound, since a cache may hold a hundred thousand folders and stand on a slow disk.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

from probes.golang import semver
from probes.golang.errors import GoError
from probes.golang.gomod import parse_lax
from probes.golang.module import check_path, escape_path, unescape_path, unescape_version
from probes.share.state import (
    PRIVATE_FILE,
    make_private,
    open_regular,
    read_regular,
    state_folder,
    write_private,
)

SCHEMA = "modtrace.history/1"
KEPT = 200
_MOST_BYTES = 1_000_000
_MOST_WRITTEN = 3_000
"""Bytes of a path and a query as they are written: KEPT of them fit into the file with room to spare."""
_MOST_COUNT = 1_000_000


@dataclass(frozen=True, slots=True)
class Visit:
    """A question that was asked here."""

    path: str
    query: str
    time: str
    """When it was asked last: ISO 8601, UTC."""
    outcome: str = ""
    """How it ended then: a value of probes.trace.events.Outcome, or ""."""
    count: int = 1
    """How often it was asked."""


@dataclass(frozen=True, slots=True)
class History:
    """The questions that were asked, in a file; ``file`` is None where there is no home."""

    file: Path | None

    @classmethod
    def in_state_folder(cls, process: Mapping[str, str] | None = None) -> History:
        """The user's own history."""
        folder = state_folder(process)
        return cls(None if folder is None else folder / "history.json")

    def visits(self) -> list[Visit]:
        """Everything that is remembered, the latest first."""
        try:
            return self._read()
        except Unreadable:
            return []

    def _read(self) -> list[Visit]:
        """The same. Raises Unreadable where there is a file that this modtrace does not understand."""
        if self.file is None:
            return []
        try:
            text = read_regular(self.file, _MOST_BYTES)
            if not text.strip():
                return []
            data = json.loads(text)
            if data["schema"] != SCHEMA:
                raise Unreadable(f"it is a {str(data['schema'])[:40]}, and this modtrace knows {SCHEMA}")
            return [visit for row in data["visits"] if (visit := _visit(row)) is not None]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unreadable(error.strerror or str(error)) from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Unreadable("it is damaged") from error

    def remember(self, path: str, query: str, *, time: str, outcome: str = "") -> str:
        """Note a question, or that it was asked again; returns why it could not be noted, or ""."""
        if _written(path, query) > _MOST_WRITTEN:
            return "the history is not saved: the module path is too long for it"

        def noted(visits: list[Visit]) -> list[Visit]:
            same = [visit for visit in visits if (visit.path, visit.query) == (path, query)]
            others = [visit for visit in visits if visit not in same]
            count = 1 + sum(visit.count for visit in same)
            return [Visit(path, query, time, outcome, count), *others][:KEPT]

        return self._change(noted)

    def forget(self, path: str | None = None) -> str:
        """Forget one module, or all; returns why it could not be done, or ""."""
        return self._change(lambda visits: [v for v in visits if path is not None and v.path != path])

    def _change(self, change: Any) -> str:
        if self.file is None:
            return "the history is not saved: neither XDG_STATE_HOME nor HOME names a folder"
        try:
            with _alone(self.file):
                rows = [asdict(visit) for visit in change(self._read())]
                data = {"schema": SCHEMA, "visits": rows}
                write_private(self.file, json.dumps(data, ensure_ascii=True, indent=0) + "\n")
        except Unreadable as error:
            return f"the history is not saved: {self.file.name} is left as it is, for {error}"
        except OSError as error:
            return f"the history is not saved: {error.strerror or error}"
        return ""


class Unreadable(Exception):
    """There is a history that this modtrace does not understand; says why."""


def _written(path: str, query: str) -> int:
    """How many bytes of the file they take."""
    return len(json.dumps([path, query]))


def _visit(row: Any) -> Visit | None:
    try:
        visit = Visit(**row)
    except TypeError:
        return None
    texts = (visit.path, visit.query, visit.time, visit.outcome)
    if not all(isinstance(text, str) for text in texts) or not isinstance(visit.count, int):
        return None
    if _written(visit.path, visit.query) > _MOST_WRITTEN or len(visit.time + visit.outcome) > 100:
        return None
    return replace(visit, count=min(max(1, visit.count), _MOST_COUNT))


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keep other sessions from changing the file meanwhile. Raises OSError."""
    make_private(file.parent)
    handle = os.open(file.with_name(file.name + ".lock"), os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


# -- module paths -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is read."""

    file_bytes: int = 8_000_000
    folders: int = 20_000
    modules: int = 5_000
    depth: int = 16
    seconds: float = 0.5
    """How long the module cache is looked through."""


def known_paths(
    project: Path | None, module_cache: str, history: History | None = None, bounds: Bounds | None = None
) -> list[str]:
    """Module paths that somebody here may mean, the likeliest first: of go.mod, the history, go.sum, the
    module cache. ``project`` is the working directory; go.mod is looked for above it too."""
    bounds = bounds or Bounds()
    found: dict[str, None] = {}
    root = None if project is None else project_root(project)
    if root is not None:
        found |= dict.fromkeys(paths_of_go_mod(_read(root / "go.mod", bounds)))
    if history is not None:
        found |= dict.fromkeys(visit.path for visit in history.visits())
    if root is not None:
        found |= dict.fromkeys(paths_of_go_sum(_read(root / "go.sum", bounds)))
    found |= dict.fromkeys(sorted(paths_of_cache(module_cache, bounds)))
    return list(found)


def complete(text: str, paths: Iterable[str], most: int = 50) -> list[str]:
    """The paths that a text may become: those that begin with it, then those that hold all its words."""
    wanted = text.lower()
    words = wanted.split()
    paths = list(paths)
    first = [path for path in paths if path.lower().startswith(wanted)]
    begun = set(first)
    others = [p for p in paths if p not in begun and words and all(word in p.lower() for word in words)]
    return [*first, *others][:most]


def project_root(folder: Path) -> Path | None:
    """The folder that holds the go.mod of a working directory. Source: modload findModuleRoot."""
    for place in (folder, *folder.parents):
        with suppress(OSError):
            if (place / "go.mod").is_file():
                return place
    return None


def _read(file: Path, bounds: Bounds) -> bytes:
    try:
        with open_regular(file) as opened:
            return opened.read(bounds.file_bytes)
    except (OSError, ValueError):
        return b""


def paths_of_go_mod(data: bytes) -> list[str]:
    """What a go.mod requires, the direct ones first; [] for one that cannot be read."""
    try:
        read = parse_lax(data)
    except GoError:
        return []
    ordered = sorted(read.requires, key=lambda requirement: requirement.indirect)
    return [path for path in dict.fromkeys(one.path for one in ordered) if _is_path(path)]


def paths_of_go_sum(data: bytes) -> list[str]:
    """The modules that a go.sum names."""
    lines = data.decode("utf-8", "replace").splitlines()
    words = (line.split() for line in lines)
    return [path for path in dict.fromkeys(row[0] for row in words if len(row) == 3) if _is_path(path)]


def paths_of_cache(module_cache: str, bounds: Bounds | None = None) -> Iterator[str]:
    """The modules in a module cache, in no order. Links are not followed."""
    bounds = bounds or Bounds()
    if not module_cache.startswith("/"):
        return
    root = os.path.join(module_cache, "cache", "download")  # noqa: PTH118  os.scandir below
    until = monotonic() + bounds.seconds
    waiting = deque([(root, "")])
    folders = found = 0
    while waiting and folders < bounds.folders and found < bounds.modules and monotonic() < until:
        place, escaped = waiting.popleft()
        folders += 1
        for name in _folders_in(place):
            if name == "@v":
                path = _unescaped(escaped)
                if path is not None:
                    found += 1
                    yield path
            elif not (escaped == "" and name == "sumdb") and escaped.count("/") < bounds.depth:
                waiting.append((f"{place}/{name}", f"{escaped}/{name}".lstrip("/")))


def versions_in_cache(module_cache: str, path: str, most: int = 1000) -> list[str]:
    """The versions of a module in a module cache, the newest first."""
    try:
        folder = Path(module_cache) / "cache" / "download" / escape_path(path) / "@v"
        with os.scandir(folder) as entries:
            names = [entry.name for entry, _ in zip(entries, range(20 * most), strict=False)]
    except (OSError, GoError, ValueError):
        return []
    versions = set()
    for name in names:
        stem, dot, kind = name.rpartition(".")
        if dot and kind in ("info", "mod", "zip"):
            with suppress(GoError):
                versions.add(unescape_version(stem))
    return semver.sort([version for version in versions if semver.is_valid(version)])[::-1][:most]


def _folders_in(place: str) -> list[str]:
    try:
        with os.scandir(place) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _unescaped(escaped: str) -> str | None:
    try:
        return unescape_path(escaped)
    except GoError:
        return None


def _is_path(path: str) -> bool:
    try:
        check_path(path)
    except GoError:
        return False
    return True
