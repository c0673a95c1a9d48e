"""The vendor folder: what vendor/modules.txt says, and whether go.mod says the same.

Source: cmd/go/internal/modload/vendor.go (readVendorList, checkVendorConsistency), init.go
(modulesTextIsForWorkspace).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from probes.golang import gover, semver
from probes.golang.errors import GoError
from probes.golang.gomod_full import Replaced
from probes.golang.module import check_import_path
from probes.golang.os_errors import errno_words
from probes.golang.quote import fields
from probes.project.project import Project
from probes.project.selection import Version, compare, shown
from probes.share.state import read_regular

MOST_BYTES = 64 << 20
_FIRST_BYTES = 512
VENDORS_SINCE = "1.14"
"""The go line from which on a vendor folder counts by itself."""


@dataclass(slots=True)
class Meta:
    """What modules.txt says of a module."""

    is_explicit: bool = False
    replacement: Version | None = None
    go_version: str = ""


@dataclass(slots=True)
class Vendored:
    """vendor/modules.txt."""

    listed: list[Version] = field(default_factory=list)
    """Modules that packages come from, in their order."""
    replaced: list[Version] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    packages: dict[str, Version] = field(default_factory=dict)
    meta: dict[Version, Meta] = field(default_factory=dict)

    def meta_of(self, version: Version) -> Meta:
        """What is said of a version, nothing where it is not there."""
        return self.meta.get(version) or Meta()


def vendor_folder(project: Project) -> Path:
    """Where the vendor folder would be: beside go.work in a workspace."""
    return (project.work.parent if project.work else project.folder) / "vendor"


def is_for_workspace(folder: Path) -> bool:
    """modulesTextIsForWorkspace. Raises OSError."""
    try:
        start = read_regular(folder / "modules.txt", MOST_BYTES)[:_FIRST_BYTES]
    except FileNotFoundError:
        return False
    line = start.decode("utf-8", "surrogateescape").partition("\n")[0]
    return line.startswith("## ") and "workspace" in [one.strip() for one in line[3:].split(";")]


def read_vendored(folder: Path, local: str, short_path: Callable[[str], str]) -> Vendored:
    """readVendorList. Raises GoError with what go prints, and exits."""
    file = folder / "modules.txt"
    found = Vendored()
    try:
        data = read_regular(file, MOST_BYTES).decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return found
    except OSError as error:
        raise GoError(f"go: open {file}: {errno_words(error)}") from None
    module: Version = "", ""
    for line in data.split("\n"):
        if line.startswith("# "):
            module = _module_line(fields(line), module, found)
        elif not module[0]:
            continue
        elif line.startswith("## "):
            meta = found.meta.setdefault(module, Meta())
            for entry in (one.strip() for one in line[3:].split(";")):
                meta.is_explicit = meta.is_explicit or entry == "explicit"
                if entry.startswith("go "):
                    meta.go_version = entry[3:]
                    if local and gover.compare(meta.go_version, local) > 0:
                        name = short_path(str(file))
                        words = f"{module[0]} in {name} requires go >= {meta.go_version} (running go {local})"
                        raise GoError(f"go: {words}")
        elif len(named := fields(line)) == 1 and _is_import_path(named[0]):
            found.packages[named[0]] = module
            known = found.versions.get(module[0])
            if known is None or compare(module[0], known, module[1]) < 0:
                found.listed.append(module)
                found.versions[module[0]] = module[1]
    return found


def _module_line(words: list[str], before: Version, found: Vendored) -> Version:
    """``# path version [=> other [version]]``, or ``# path => other`` for every version."""
    if len(words) < 3:
        return before
    if semver.is_valid(words[2]):
        module, rest = (words[1], words[2]), words[3:]
    elif words[2] == "=>":
        module, rest = (words[1], ""), words[2:]
    else:
        return "", ""
    if len(rest) >= 2 and rest[0] == "=>":
        meta = found.meta.setdefault(module, Meta())
        if len(rest) == 2:
            meta.replacement = rest[1], ""
            found.replaced.append(module)
        elif len(rest) == 3 and semver.is_valid(rest[2]):
            meta.replacement = rest[1], rest[2]
            found.replaced.append(module)
    return module


def _is_import_path(text: str) -> bool:
    try:
        check_import_path(text)
    except GoError:
        return False
    return True


def told_replacement(project: Project, replaced: Replaced) -> str:
    """canonicalizeReplacePath: as it is written, but in a workspace a folder is relative to the go.work."""
    if project.work is None or replaced.new_version or replaced.new_path.startswith("/"):
        return replaced.new_path
    if project.owner_of(replaced) is None:
        return replaced.new_path
    relative = os.path.relpath(project.folder_of(replaced), project.work.parent)
    return relative if relative.startswith("../") or relative in (".", "..") else f"./{relative}"


def inconsistencies(project: Project, vendored: Vendored, short_path: Callable[[str], str]) -> str:
    """checkVendorConsistency: all that go prints, and exits; "" where the folder agrees with go.mod."""
    told = [
        *_requirements(project, vendored),
        *_replacements(project, vendored, short_path),
        *_leftovers(project, vendored),
    ]
    if not told:
        return ""
    lines = "".join(f"\n\t{shown(version)}: {words}" for version, words in told)
    command = "work" if project.work else "mod"
    return (
        f"go: inconsistent vendoring in {vendor_folder(project).parent}:{lines}\n\n"
        "\tTo ignore the vendor directory, use -mod=readonly or -mod=mod.\n"
        f"\tTo sync the vendor directory, run:\n\t\tgo {command} vendor"
    )


def _is_old(project: Project) -> bool:
    go_version = project.modules[0].parsed.go_version
    return project.work is None and gover.compare(go_version, VENDORS_SINCE) < 0


def _requirements(project: Project, vendored: Vendored) -> Iterator[tuple[Version, str]]:
    for main in project.modules:
        for one in main.parsed.requires:
            version = one.path, one.version
            if vendored.meta_of(version).is_explicit:
                continue
            if not _is_old(project):
                words = "but not marked as explicit in vendor/modules.txt"
                yield version, f"is explicitly required in go.mod, {words}"
            elif vendored.versions.get(one.path, one.version) != one.version:
                other = f"{one.path}@{vendored.versions[one.path]}"
                yield version, f"is explicitly required in go.mod, but vendor/modules.txt indicates {other}"


def _replacements(
    project: Project, vendored: Vendored, short_path: Callable[[str], str]
) -> Iterator[tuple[Version, str]]:
    seen = set()
    lists = [*(main.parsed.replaces for main in project.modules), project.work_replaces]
    for line in (one for replaces in lists for one in replaces):
        old = line.path, line.version
        if old in seen:
            continue
        seen.add(old)
        found = project.replacement(*old)
        marked = vendored.meta_of(old).replacement
        if found is None:
            continue
        new = told_replacement(project, found), found.new_version
        source = short_path(_file_of(project, found))
        if marked is None:
            is_used = line.version and vendored.versions.get(line.path) == line.version
            if not _is_old(project) or is_used:
                yield old, f"is replaced in {source}, but not marked as replaced in vendor/modules.txt"
        elif marked != new:
            here, there = shown((found.new_path, found.new_version)), shown(marked)
            words = f"is replaced by {here} in {source}, but marked as replaced by {there}"
            yield old, f"{words} in vendor/modules.txt"


def _file_of(project: Project, replaced: Replaced) -> str:
    if project.work is None and project.file is not None:
        return str(project.file)
    owner = project.owner_of(replaced)
    return str(project.work or "go.mod") if owner is None else str(owner.folder / "go.mod")


def _leftovers(project: Project, vendored: Vendored) -> Iterator[tuple[Version, str]]:
    required = {(one.path, one.version) for main in project.modules for one in main.parsed.requires}
    article = "a " if project.work else ""
    for version in vendored.listed:
        if vendored.meta_of(version).is_explicit and version not in required:
            words = f"but not explicitly required in {article}go.mod"
            yield version, f"is marked as explicit in vendor/modules.txt, {words}"
    source = "the workspace" if project.work else "go.mod"
    for version in vendored.replaced:
        if project.replacement(*version) is None:
            yield version, f"is marked as replaced in vendor/modules.txt, but not replaced in {source}"
