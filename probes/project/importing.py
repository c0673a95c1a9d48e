"""Which module provides a package: the rules of importing.

Source: cmd/go/internal/modload/import.go (importFromModules, dirInModule, fetch).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from probes.golang.build_constraints import Tags
from probes.golang.errors import GoError, ModuleError
from probes.golang.go_source import has_go_files
from probes.golang.module import check_import_path
from probes.golang.os_errors import errno_words
from probes.golang.quote import quote
from probes.project.graph import GraphLoader
from probes.project.import_errors import (
    Ambiguous,
    ImportMissing,
    InvalidImport,
    LocalImport,
    NotAllowedHere,
    SumMissing,
)
from probes.project.project import Project
from probes.project.requirements import Requirements, has_sum
from probes.project.selection import NONE, TOOLCHAINS, Graph, Version, compare
from probes.project.stored import Stored
from probes.project.vendored import Vendored, told_replacement, vendor_folder

_META = frozenset({"std", "cmd", "tool", "work", "all"})


@dataclass(slots=True)
class Build:
    """What a build starts from."""

    project: Project
    stored: Stored
    graphs: GraphLoader
    tags: Tags
    goroot: str
    mod: str
    """-mod: "readonly", "vendor" or "mod"."""
    is_explicit: bool
    """Whether -mod was given."""
    reason: str
    """BuildModReason."""
    here: Path
    vendored: Vendored = field(default_factory=Vendored)
    notes: list[str] = field(default_factory=list)
    """What go tells on stderr and goes on."""

    @property
    def mains(self) -> dict[str, Path]:
        """The folders of the main modules by their paths."""
        return {one.parsed.module_path: one.folder for one in self.project.modules}

    @property
    def needs_sums(self) -> bool:
        """mustHaveSums."""
        return self.mod == "readonly" and self.project.work is None


def is_std_path(path: str) -> bool:
    """search.IsStandardImportPath: no dot in the first element."""
    return "." not in path.partition("/")[0]


class Importer:
    """importFromModules."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._has_go_files: dict[Path, bool] = {}

    def find(
        self, path: str, requirements: Requirements, graph: Graph | None
    ) -> tuple[Version | None, Path | None]:
        """The module and the folder of a package. Raises GoError, and NotYet for what is not stored."""
        self._check(path)
        if path == "C":
            return None, None
        std = self._std_folder(path)
        if self._build.mod == "vendor":
            return self._in_vendor(path, std)
        while True:
            found = self._among(path, requirements, graph, std)
            if found is not None:
                return found
            if graph is not None:
                raise ImportMissing(path, std=self._std_place(path) if is_std_path(path) else None)
            graph = self._build.graphs.whole(requirements)

    @staticmethod
    def _check(path: str) -> None:
        if "@" in path:
            words = "can only use path@version syntax with 'go get' and 'go install' in module-aware mode"
            raise NotAllowedHere(words)
        if path in (".", "..") or path.startswith(("./", "../")):
            raise LocalImport(path)
        if path.startswith("/"):
            raise InvalidImport(f"{quote(path)} is not a package path; see 'go help packages'")
        if path in _META:
            raise InvalidImport(f"{quote(path)} is not an importable package; see 'go help packages'")
        if path != "C":
            try:
                check_import_path(path)
            except GoError as error:
                raise InvalidImport(str(error)) from None

    def _std_place(self, path: str) -> Path:
        return Path(self._build.goroot or "GOROOT", "src", path)

    def _std_folder(self, path: str) -> Path | None:
        if not is_std_path(path):
            return None
        if not self._build.goroot:
            is_main = any(path == main or path.startswith(f"{main}/") for main in self._build.mains)
            return None if is_main else self._std_place(path)
        place = self._std_place(path)
        return place if self._is_go_folder(place) else None

    def _is_go_folder(self, folder: Path) -> bool:
        known = self._has_go_files.get(folder)
        if known is None:
            try:
                known = has_go_files(folder)
            except OSError as error:
                raise GoError(f"open {folder}: {errno_words(error)}") from None
            self._has_go_files[folder] = known
        return known

    def in_module(self, path: str, module: str, root: Path, *, is_local: bool) -> Path | None:
        """dirInModule: where a package is in a module, None where it is not in it."""
        if path == module:
            folder = root
        elif not module:
            folder = root / path
        elif path.startswith(f"{module}/"):
            folder = root / path[len(module) + 1 :]
        else:
            return None
        if is_local:
            for inner in (folder, *folder.parents):
                if inner == root or len(str(inner)) <= len(str(root)):
                    break
                if (inner / "go.mod").is_file():
                    return None
        return folder if self._is_go_folder(folder) else None

    def _in_vendor(self, path: str, std: Path | None) -> tuple[Version | None, Path | None]:
        build = self._build
        found: list[tuple[Version | None, Path]] = [] if std is None else [(None, std)]
        for main, root in build.mains.items():
            folder = self.in_module(path, main, root, is_local=True)
            if folder is not None:
                found.append(((main, ""), folder))
        vendor = vendor_folder(build.project)
        folder = self.in_module(path, "", vendor, is_local=False)
        if folder is not None:
            is_listed = path in build.vendored.packages
            if is_listed or compare("go", build.project.work_go or _go_line(build.project), "1.23") < 0:
                found.append((build.vendored.packages.get(path), folder))
            else:
                command = "work" if build.project.work else "mod"
                build.notes.append(
                    f"go: ignoring package {path} which exists in the vendor directory but is missing from "
                    f"vendor/modules.txt. To sync the vendor directory run go {command} vendor."
                )
        if len(found) > 1:
            raise Ambiguous(path, ((None, folder) for _, folder in found))
        if not found:
            raise ImportMissing(path)
        return found[0]

    def _among(
        self, path: str, requirements: Requirements, graph: Graph | None, std: Path | None
    ) -> tuple[Version | None, Path] | None:
        """The modules whose path begins the package's, the longest first."""
        build, mains = self._build, frozenset(self._build.mains)
        found: list[tuple[Version | None, Path]] = [] if std is None else [(None, std)]
        without_sum: list[Version] = []
        for prefix in _prefixes(path):
            number = requirements.selected(prefix, mains) if graph is None else graph.version_of(prefix)
            if prefix in TOOLCHAINS or number is None or number == NONE:
                continue
            version = prefix, number
            if build.needs_sums and not self.has_sum(version):
                without_sum.append(version)
                continue
            root, is_local = self.fetch(version)
            folder = self.in_module(path, prefix, root, is_local=is_local)
            if folder is not None:
                found.append((version, folder))
        if len(found) > 1:
            raise Ambiguous(
                path, ((("", "") if one is None else one, place) for one, place in reversed(found))
            )
        if without_sum:
            raise SumMissing(path, reversed(without_sum), found=bool(found))
        if not found:
            return None
        chosen = found[0][0]
        if chosen is not None and chosen[0] not in mains:
            build.graphs.summaries.of(chosen)
        return found[0]

    def has_sum(self, version: Version) -> bool:
        """Whether go.sum has what fetch would look for there; folders need nothing."""
        if not version[1] and version[0] in self._build.mains:
            return True
        what = self._build.project.effective(*version)
        return isinstance(what, Path) or has_sum(self._build.project.go_sum, *what)

    def fetch(self, version: Version) -> tuple[Path, bool]:
        """fetch: where a module's files are, and whether it is a folder of its own. Raises NotStored."""
        build = self._build
        if not version[1] and version[0] in build.mains:
            return build.mains[version[0]], True
        what = build.project.effective(*version)
        if isinstance(what, Path):
            replaced = build.project.replacement(*version)
            told = told_replacement(build.project, replaced) if replaced else str(what)
            try:
                what.stat()
            except FileNotFoundError:
                raise ModuleError(*version, GoError(f"replacement directory {told} does not exist")) from None
            except OSError as error:
                words = f"replacement directory {told}: stat {what}: {errno_words(error)}"
                raise ModuleError(*version, GoError(words)) from None
            return what, True
        return build.stored.folder(what), False


def _go_line(project: Project) -> str:
    return project.modules[0].parsed.go_version or "1.16"


def _prefixes(path: str) -> Iterator[str]:
    while path not in (".", "/", ""):
        yield path
        path = posixpath.dirname(path)
