"""All packages that a build needs, as go loads them.

Source: cmd/go/internal/modload/load.go (loadFromRoots, load, updateRequirements, resolveMissingImports,
buildStacks, checkMultiplePaths), import.go queryImport.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from probes.golang.errors import GoError
from probes.golang.go_source import Folder, read_folder
from probes.golang.gomod_full import is_directory_path
from probes.golang.module import check_path, split_path_version
from probes.golang.os_errors import errno_words
from probes.project.import_errors import FromImplicit, ImportMissing, Off, SumMissing
from probes.project.importing import Build, Importer, is_std_path
from probes.project.project import upward
from probes.project.requirements import NotYet, Pruning, Requirements
from probes.project.selection import NONE, TOOLCHAINS, Version, compare
from probes.project.stored import NotStored
from probes.project.vendored import told_replacement

_MOST_ROUNDS = 100
"""Times that -mod=mod may find that more has to be required."""
_NOT_SCANNED = ("C", "appengine", "appengine_internal")


@dataclass(eq=False, slots=True)
class Package:
    """loadPkg: one package on its way."""

    path: str
    module: Version | None = None
    """None for the standard library, and where nothing provides it."""
    folder: Path | None = None
    error: GoError | None = None
    imports: list[Package] = field(default_factory=list)
    scan: Folder = field(default_factory=Folder)
    stack: Package | None = None
    """Who imports it, on the shortest way from a root."""
    needs: Version | None = None
    """What has to be fetched before more can be told."""
    is_root: bool = False
    in_all: bool = False
    in_std: bool = False


class Loader:
    """loadFromRoots: all packages that the roots lead to, tests not among them."""

    def __init__(self, build: Build, requirements: Requirements) -> None:
        self.build = build
        self.importer = Importer(build)
        self.requirements = requirements
        self.packages: list[Package] = []
        """In the order that go tells of them: the roots, then what they import."""
        self.roots: list[Package] = []
        self._by_path: dict[str, Package] = {}
        self._order: list[Package] = []
        """As they were met."""
        self.twice: list[str] = []
        """Versions that stand in for two modules, at which go stops, too."""

    def load(self, paths: list[str]) -> None:
        """Load what these packages lead to. Raises GoError where go gives up as a whole."""
        graphs = self.build.graphs
        if self.requirements.pruning is Pruning.UNPRUNED:
            self.requirements, _ = graphs.expanded(self.requirements)
            graphs.whole(self.requirements)
        for _ in range(_MOST_ROUNDS):
            before = self.requirements.roots
            self._load_all(paths)
            self._update()
            if self.requirements.roots == before:
                break
        self._resolve()
        self._name_importers()
        self.twice = list(self._used_twice())

    def _load_all(self, paths: list[str]) -> None:
        """The packages that these lead to, with the requirements as they are."""
        self.roots, self.packages, self._by_path, self._order = [], [], {}, []
        for path in dict.fromkeys(paths):
            package = self._package(path)
            package.is_root = True
            self.roots.append(package)
        for package in self._order:  # it grows meanwhile
            self._load(package)
        self._build_stacks()
        self._mark_all()

    def _used_twice(self) -> Iterator[str]:
        """checkMultiplePaths."""
        graphs, project = self.build.graphs, self.build.project
        is_read = graphs.is_read(self.requirements)
        known = graphs.graph(self.requirements).build_list() if is_read else self.requirements.roots
        first: dict[Version, str] = {}
        for path, number in known:
            replaced = None
            if path not in TOOLCHAINS and (number or path not in self.build.mains):
                replaced = project.replacement(path, number)
            what = path, number
            if replaced is not None:
                what = told_replacement(project, replaced), replaced.new_version
            if first.setdefault(what, path) != path:
                yield f"{what[0]}@{what[1]} used for two different module paths ({first[what]} and {path})"

    def _package(self, path: str) -> Package:
        found = self._by_path.get(path)
        if found is None:
            found = self._by_path[path] = Package(path)
            self._order.append(found)
        return found

    def _load(self, package: Package) -> None:
        graph = None
        if self.requirements.pruning is Pruning.UNPRUNED:
            graph = self.build.graphs.graph(self.requirements)
        try:
            package.module, package.folder = self.importer.find(package.path, self.requirements, graph)
        except NotYet as missing:
            package.needs = missing.version
            return
        except GoError as error:
            package.error = error
            return
        if package.folder is None:
            return
        package.in_std = package.module is None and is_std_path(package.path)
        if package.in_std:
            return  # the standard library needs nothing but itself
        try:
            package.scan = read_folder(package.folder, self.build.tags)
        except (OSError, ValueError) as error:
            words = errno_words(error) if isinstance(error, OSError) else str(error)
            package.error = GoError(f"open {package.folder}: {words}")
            return
        for one in package.scan.imports:
            if one.path.partition("/")[0] not in _NOT_SCANNED:
                package.imports.append(self._package(one.path))

    def _build_stacks(self) -> None:
        self.packages = list(self.roots)
        reached = set(self.roots)
        for package in self.packages:
            for inner in package.imports:
                if inner not in reached:
                    reached.add(inner)
                    inner.stack = package
                    self.packages.append(inner)

    def _mark_all(self) -> None:
        """pkgInAll: what the packages of the main modules, and the tools, lead to."""
        mains = self.build.mains
        tools = {one.text for main in self.build.project.modules for one in main.parsed.tools}
        queue = [
            one for one in self.packages
            if one.path in tools or (one.module is not None and not one.module[1] and one.module[0] in mains)
        ]  # fmt: skip
        while queue:
            package = queue.pop()
            if not package.in_all:
                package.in_all = True
                queue += package.imports

    def _update(self) -> None:
        """updateRequirements. Raises GoError."""
        build, mains = self.build, frozenset(self.build.mains)
        direct = set(self.requirements.direct)
        for package in self.packages:
            if package.module is None or package.module[1] or package.module[0] not in mains:
                continue
            for inner in package.imports:
                if inner.module is not None and inner.module[0] not in mains and inner.module[0]:
                    self._check_direct(package, inner, mains, direct)
        used = [
            one.module for one in self.packages
            if one.module is not None and one.module[0] not in mains and one.module[0]
            and (one.in_all or one.is_root)
        ]  # fmt: skip
        self.requirements = build.graphs.updated(
            self.requirements, frozenset(direct), tuple(dict.fromkeys(used))
        )

    def _check_direct(
        self, package: Package, inner: Package, mains: frozenset[str], direct: set[str]
    ) -> None:
        build, module = self.build, inner.module
        assert module is not None
        if build.project.work is not None:
            if build.mod == "vendor":
                return
            graph = build.graphs.whole(self.requirements)
            if module not in graph.required:
                package.error = FromImplicit(package.path, inner.path, module)
        elif package.error is None and build.mod != "mod":
            root = self.requirements.selected(module[0], mains)
            if root != module[1]:
                package.error = FromImplicit(package.path, inner.path, module)
                return
        direct.add(module[0])

    def _resolve(self) -> None:
        """resolveMissingImports, as far as it goes without a network."""
        for package in self.packages:
            if not isinstance(package.error, ImportMissing):
                continue
            try:
                error = self._query(package.path)
            except NotYet as missing:
                package.needs, package.error = missing.version, None
                continue
            except GoError as other:
                package.error = other
                continue
            if isinstance(error, ImportMissing):
                error.importer_folder = self._importing_folder(package)
            package.error = error

    def _importing_folder(self, package: Package) -> Path | None:
        """The folder of the main module that imports a package, None where go runs in it."""
        mains = self.build.mains
        above = package.stack
        while above is not None:
            if above.module is not None and above.module[0] in mains:
                folder = mains[above.module[0]]
                go_mod = upward(self.build.here, "go.mod")
                return None if go_mod is not None and folder == go_mod.parent else folder
            above = above.stack
        return None

    def _query(self, path: str) -> GoError:
        """queryImport: why nothing provides a package."""
        build = self.build
        candidates = self._replaced_candidates(path)
        for version in candidates:
            if build.needs_sums and not self.importer.has_sum(version):
                return SumMissing(path, (), found=False)
            root, is_local = self.importer.fetch(version)
            if self.importer.in_module(path, version[0], root, is_local=is_local) is not None:
                if build.mod == "readonly":
                    return ImportMissing(path, replaced=version)
                raise NotStored(*version)
        if candidates and not _is_path(path):
            return self._not_in_module(path, candidates[0])
        if is_std_path(path):
            return ImportMissing(path, std=Path(build.goroot or "GOROOT", "src", path))
        if build.mod != "mod":
            query = None
            if build.is_explicit:
                query = GoError(f"import lookup disabled by -mod={build.mod}")
            elif build.reason:
                query = GoError(f"import lookup disabled by -mod={build.mod}\n\t({build.reason})")
            return ImportMissing(path, query=query)
        if build.stored.is_off(path):
            return ImportMissing(path, query=Off())
        error = ImportMissing(path)
        error.may_query = True
        return error

    def _not_in_module(self, path: str, version: Version) -> GoError:
        """PackageNotInModuleError: a path that no proxy could serve, and a replacement without it."""
        replaced = self.build.project.replacement(*version)
        told = f"{version[0]}@latest found"
        if not version[1].endswith("-00010101000000-000000000000"):
            told += f" ({version[1]}"
        by = ""
        if replaced is not None:
            new = told_replacement(self.build.project, replaced)
            by = f", replaced by {new}" + (f"@{replaced.new_version}" if replaced.new_version else "")
        closing = ")" if "(" in told else ""
        return GoError(f"module {told}{by}{closing}, but does not contain package {path}")

    def _replaced_candidates(self, path: str) -> list[Version]:
        found: dict[str, str] = {}
        overruled = {one.path for one in self.build.project.work_replaces}
        lines = [*self.build.project.work_replaces]
        for main in self.build.project.modules:
            lines += [one for one in main.parsed.replaces if one.path not in overruled]
        for one in lines:
            if one.path not in found or compare(one.path, one.version or "v", found[one.path] or "v") > 0:
                found[one.path] = one.version
        candidates = []
        for module, number in found.items():
            if path != module and not path.startswith(f"{module}/"):
                continue
            number = number or _zero_version(module)
            selected = self.build.graphs.whole(self.requirements).version_of(module)
            if selected == NONE or compare(module, selected, number) < 0:
                candidates.append((module, number))
        return sorted(candidates, key=lambda one: -len(one[0]))

    def _name_importers(self) -> None:
        for package in self.packages:
            if isinstance(package.error, SumMissing) and package.stack is not None:
                module = package.stack.module
                package.error.importer = package.stack.path, module[1] if module else ""


def _zero_version(module: str) -> str:
    """module.ZeroPseudoVersion of a path's major version."""
    _, major, ok = split_path_version(module)
    number = major[1:] if ok and major else "v0"
    return f"{number}.0.0-00010101000000-000000000000"


def _is_path(path: str) -> bool:
    try:
        check_path(path)
    except GoError:
        return False
    return not is_directory_path(path)
