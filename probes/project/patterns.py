"""Which packages the arguments of a go command stand for: import paths, folders, and ./... below a folder.

Not here: "all", "std", "cmd", "work", "tool", patterns of import paths with "...", and single .go files.

Source: cmd/go/internal/search/search.go (CleanPatterns, MatchDirs), modindex/build ignore patterns;
modload/load.go (matchLocalDirs, resolveLocalPackage).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from probes.golang.errors import GoError
from probes.golang.go_source import has_go_files, read_folder
from probes.golang.short_path import short_path
from probes.project.importing import Build, Importer
from probes.project.vendored import vendor_folder

MOST_FOLDERS = 100_000
"""Folders below one pattern that are looked at."""
_OTHERS = frozenset({"all", "std", "cmd", "work", "tool"})


class NotCovered(ValueError):
    """A pattern that modtrace does not look into."""


@dataclass(slots=True)
class Matched:
    """The packages that were asked for, and what go says of the rest."""

    paths: list[str] = field(default_factory=list)
    errors: list[GoError] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    """Patterns that match nothing, at which go only warns."""


def check_patterns(patterns: list[str]) -> None:
    """Raise NotCovered for what is not looked into."""
    for pattern in patterns:
        if pattern in _OTHERS or (("..." in pattern) and not _is_local(pattern)):
            raise NotCovered(f'the pattern "{pattern}" is not covered: name import paths, folders or ./...')
        if pattern.endswith(".go"):
            raise NotCovered(f'"{pattern}" is a file: name the folder that it is in')
        if "@" in pattern:
            raise NotCovered(f'"{pattern}" names a version: modtrace trace {pattern} traces it')


def _is_local(pattern: str) -> bool:
    return pattern in (".", "..") or pattern.startswith(("./", "../", "/"))


def match(patterns: list[str], build: Build) -> Matched:
    """The packages of these patterns. Raises OSError for a folder that cannot be walked."""
    found = Matched()
    importer = Importer(build)
    for pattern in patterns:
        if not _is_local(pattern):
            found.paths.append(pattern)
        elif "..." in pattern:
            before = len(found.paths) + len(found.errors)
            _match_folders(pattern, build, importer, found)
            if len(found.paths) + len(found.errors) == before:
                found.unmatched.append(pattern)
        else:
            try:
                found.paths.append(package_of(build.here / pattern, build, importer))
            except GoError as error:
                found.errors.append(error)
    return found


def _match_folders(pattern: str, build: Build, importer: Importer, found: Matched) -> None:
    clean = os.path.normpath(pattern)
    if pattern.startswith("./") and clean != ".":
        clean = f"./{clean}"
    start = clean[: clean.index("...")].rpartition("/")[0]
    absolute = Path(os.path.normpath(build.here / (start or ".")))
    roots = [folder for folder in build.mains.values() if absolute == folder or folder in absolute.parents]
    if not roots:
        scope = "modules listed in go.work" if build.project.work else "main module"
        words = f"directory prefix {short_path(str(absolute), str(build.here))} does not contain {scope}"
        whose = "their" if build.project.work else "its"
        found.errors.append(GoError(f"pattern {pattern}: {words} or {whose} selected dependencies"))
        return
    wanted = _pattern(clean)
    ignored = _ignored(build, roots[-1])
    for folder in _walk(absolute, roots[-1], ignored):
        name = os.path.relpath(folder, build.here)
        told = str(folder) if pattern.startswith("/") else name
        told = f"./{told}" if pattern.startswith("./") and told != "." else told
        if wanted.fullmatch(told) is None:
            continue
        scan = read_folder(folder, build.tags)
        if scan.is_empty and not scan.unreadable:
            continue
        try:
            found.paths.append(package_of(folder, build, importer))
        except GoError as error:
            found.errors.append(error)


def _pattern(clean: str) -> re.Pattern[str]:
    """pkgpattern.MatchPattern: ``...`` is anything, and x/... matches x too; never into a vendor folder."""
    text = re.escape(clean).replace(r"\.\.\.", "(?:(?!(?:.*/)?vendor(?:/|$)).*)")
    text = re.sub(r"/(\(\?:\(\?!.*)$", lambda found: f"(?:/{found[1]})?", text)
    return re.compile(text if clean not in ("./...", "...") else r"(?!(?:.*/)?vendor(?:/|$)).*", re.DOTALL)


def _walk(start: Path, root: Path, ignored: list[str]) -> Iterator[Path]:
    """Folders in go's order; without those that begin with . or _, testdata, and other modules."""
    stack, seen = [start], 0
    while stack:
        folder = stack.pop()
        seen += 1
        if seen > MOST_FOLDERS:
            raise OSError(f"there are more than {MOST_FOLDERS} folders below {start}")
        is_top = folder == start
        name = folder.name
        if not is_top and (name.startswith((".", "_")) or name == "testdata"):
            continue
        if _is_ignored(folder, root, ignored) or (not is_top and (folder / "go.mod").is_file()):
            continue
        yield folder
        with os.scandir(folder) as entries:
            inner = sorted(one.name for one in entries if one.is_dir(follow_symlinks=False))
        stack += [folder / one for one in reversed(inner)]


def _ignored(build: Build, root: Path) -> list[str]:
    return [
        one.text.strip("/") if not one.text.startswith("./") else one.text
        for main in build.project.modules if main.folder == root for one in main.parsed.ignores
    ]  # fmt: skip


def _is_ignored(folder: Path, root: Path, ignored: list[str]) -> bool:
    """ShouldIgnore: ./x is that folder, x one of that name anywhere; and all below."""
    relative = f"/{folder.relative_to(root)}/"
    return any(
        relative.startswith(f"{one[1:].rstrip('/')}/") if one.startswith("./") else f"/{one}/" in relative
        for one in ignored
    )


def package_of(place: Path, build: Build, importer: Importer) -> str:
    """resolveLocalPackage: the import path of a folder. Raises GoError."""
    folder = Path(os.path.normpath(place))
    if not folder.exists():
        raise GoError(f"stat {folder}: directory not found")
    if not has_go_files(folder):
        raise GoError(f"no Go files in {folder}")
    for path, root in build.mains.items():
        if folder == root:
            return path
    missing: tuple[str, str] = "", ""
    for path, root in build.mains.items():
        if root not in folder.parents or "@" in str(folder)[len(str(root)) :]:
            continue
        suffix = str(folder.relative_to(root))
        if suffix.startswith("vendor/"):
            return _vendored_package(suffix.removeprefix("vendor/"), folder, build)
        package = f"{path}/{suffix}"
        if importer.in_module(package, path, root, is_local=True) is not None:
            return package
        if len(path) > len(missing[0]):
            missing = path, package
    if missing[0]:
        raise GoError(f"main module ({missing[0]}) does not contain package {missing[1]}")
    told = short_path(str(folder), str(build.here))
    told = "current directory" if told == "." else f"directory {told}"
    if build.project.work is None:
        raise GoError(f"{told} outside main module or its selected dependencies")
    other = next((one for one in (folder, *folder.parents) if (one / "go.mod").is_file()), None)
    if other is None:
        raise GoError(f"{told} outside modules listed in go.work or their selected dependencies")
    raise GoError(
        f"{told} is contained in a module that is not one of the workspace modules listed in go.work. "
        "You can add the module to the workspace using:\n"
        f"\tgo work use {short_path(str(other), str(build.here))}"
    )


def _vendored_package(package: str, folder: Path, build: Build) -> str:
    if build.mod != "vendor":
        raise GoError(f"without -mod=vendor, directory {folder} has no package path")
    if package not in build.vendored.packages:
        name = vendor_folder(build.project).name
        raise GoError(f"directory {folder} is not a package listed in {name}/modules.txt")
    return package
