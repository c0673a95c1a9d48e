"""What go prints of the packages that it could not load, and from where.

Source: cmd/go/internal/load/pkg.go (loadImport, Package.load, setLoadPackageDataError, reusePackage,
disallowInternal, PackageError.Error, PackageErrors, PackageList).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from probes.golang.errors import GoError
from probes.golang.go_source import Import
from probes.project.import_errors import Forbidden, LocalImport, NoGo, NotAllowedHere, ScanFault
from probes.project.loading_packages import Package


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """The packages from a root to one: deep ways share their beginnings, or they would fill the memory."""

    path: str
    before: Way | None = None
    length: int = 1

    def then(self, path: str) -> Way:
        """One import further."""
        return Way(path, self, self.length + 1)

    def told(self) -> str:
        """The stack of imports as go prints it."""
        paths: list[str] = []
        at: Way | None = self
        while at is not None:
            paths.append(at.path)
            at = at.before
        return "\n\timports ".join(reversed(paths))


@dataclass(slots=True)
class PackageFault:
    """PackageError: one package's error, and how go came to it."""

    package: Package
    error: GoError
    stack: Way | None
    place: Import | None = None
    """The import that led to it; go prints it instead of the stack."""
    prints_both: bool = False

    def told(self, short_path: Callable[[str], str]) -> str:
        """PackageError.Error."""
        at = ""
        if self.place is not None:
            at = f"{short_path(str(self.place.file))}:{self.place.line}:{self.place.column}"
        if at and not (self.stack and self.prints_both):
            return f"{at}: {self.error}"
        if not self.stack:
            return str(self.error)
        more = f"\n\t{at}" if at else ""
        return f"package {self.stack.told()}{more}: {self.error}"


def faults(roots: list[Package]) -> list[PackageFault]:
    """What go tells of the packages under these roots, in its order."""
    telling = _Telling()
    for root in roots:
        telling.visit(root, None, None)
    return [telling.found[one] for one in telling.in_order(roots) if one in telling.found]


class _Telling:
    """loadImport, package by package."""

    def __init__(self) -> None:
        self.found: dict[Package, PackageFault] = {}
        self._seen: set[Package] = set()

    def visit(self, package: Package, parent: Package | None, place: Import | None) -> None:
        """Load a package and what it imports, the first way first; deep chains without recursion."""
        self._enter(package, None, place)
        stack = [(package, Way(package.path), _imports(package))]
        while stack:
            importer, way, rest = stack[-1]
            step = next(rest, None)
            if step is None:
                stack.pop()
                continue
            inner, at = step
            if inner in self._seen:
                self._shorten(inner, way)
            else:
                self._enter(inner, way, at)
                stack.append((inner, way.then(inner.path), _imports(inner)))
            self._forbid(importer, inner, way, at)

    def _enter(self, package: Package, way: Way | None, place: Import | None) -> None:
        if package in self._seen:
            return
        self._seen.add(package)
        error = _error_of(package)
        if error is None:
            return
        if isinstance(error, NoGo | NotAllowedHere):
            whole = Way(package.path) if way is None else way.then(package.path)
            self.found[package] = PackageFault(package, error, whole)
        else:
            self.found[package] = PackageFault(package, error, way, place if way else None)

    def _shorten(self, package: Package, way: Way) -> None:
        """reusePackage: the shortest way is told."""
        known = self.found.get(package)
        if known is not None and known.stack and way.length + 1 < known.stack.length:
            known.stack = way.then(package.path)

    def _forbid(self, importer: Package, inner: Package, way: Way, at: Import) -> None:
        is_told = inner in self.found and not isinstance(inner.error, LocalImport)
        if is_told or importer in self.found:
            return
        error = _forbidden(importer, inner)
        if error is not None:
            self.found[importer] = PackageFault(importer, error, way, at, prints_both="use of" in str(error))

    @staticmethod
    def in_order(roots: list[Package]) -> Iterator[Package]:
        """PackageList: what is imported before what imports it."""
        seen: set[Package] = set()
        for root in roots:
            if root in seen:
                continue
            seen.add(root)
            stack = [(root, iter(root.imports))]
            while stack:
                package, rest = stack[-1]
                inner = next((one for one in rest if one not in seen), None)
                if inner is None:
                    stack.pop()
                    yield package
                else:
                    seen.add(inner)
                    stack.append((inner, iter(inner.imports)))


def _imports(package: Package) -> Iterator[tuple[Package, Import]]:
    places = {one.path: one for one in package.scan.imports}
    return ((inner, places[inner.path]) for inner in package.imports)


def _error_of(package: Package) -> GoError | None:
    """What is wrong with a package itself: go/build's error before that of the loader."""
    scan, folder = package.scan, package.folder
    if folder is None or package.in_std or package.needs is not None:
        return package.error
    if scan.clash:
        return ScanFault(scan.clash)
    if scan.is_empty and not scan.unreadable:
        if scan.passed_over:
            return NoGo(f"build constraints exclude all Go files in {folder}")
        return NoGo(f"no Go files in {folder}")
    return package.error


def _forbidden(importer: Package, inner: Package) -> GoError | None:
    """disallowInternal, a program that is imported, and a relative import."""
    if isinstance(inner.error, LocalImport):
        return Forbidden(inner.error.importer_words)
    words = inner.path.split("/")
    if "internal" in words:
        last = len(words) - 1 - words[::-1].index("internal")
        parent = "/".join(words[:last])
        is_below = not parent or importer.path == parent or importer.path.startswith(f"{parent}/")
        if inner.module is None and inner.in_std:
            is_below = importer.in_std
        if not is_below:
            return Forbidden(f"use of internal package {inner.path} not allowed")
    if inner.scan.name == "main" and inner.folder != importer.folder:
        return Forbidden(f'import "{inner.path}" is a program, not an importable package')
    return None
