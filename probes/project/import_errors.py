"""What go says of a package that it cannot load.

Source: cmd/go/internal/modload/import.go (the error types), load/pkg.go (NoGoError, disallowInternal).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from probes.golang.errors import GoError
from probes.golang.quote import quote
from probes.project.selection import Version, shown

_IMPORT = "cmd/go/internal/modload/import.go"


class ImportFault(GoError):
    """A package that cannot be loaded; the text may come to depend on who imports it."""

    rule = f"{_IMPORT} importFromModules"
    remedy = ""
    """The command that mends it."""

    finding = "{} cannot be loaded."
    """In one sentence, of a package."""

    def words(self) -> str:
        """What go says."""
        return self.text

    def __str__(self) -> str:
        return self.words() if type(self).words is not ImportFault.words else super().__str__()


class InvalidImport(ImportFault):
    """An import path that no module could provide."""


class ImportMissing(ImportFault):
    """ImportMissingError: nothing provides the package."""

    rule = f"{_IMPORT} ImportMissingError"

    def __init__(
        self, path: str, *, std: Path | None = None, query: GoError | None = None,
        replaced: Version | None = None,
    ) -> None:  # fmt: skip
        super().__init__(path)
        self.path, self.std, self.query, self.replaced = path, std, query, replaced
        self.importer_folder: Path | None = None
        """The main module that imports it, where that is not the one go runs in."""
        self.may_query = False
        """Whether go looks for a module (-mod=mod)."""

    def words(self) -> str:
        if self.std is not None:
            return f"package {self.path} is not in std ({self.std})"
        if self.query is not None:
            return f"cannot find module providing package {self.path}: {self.query}"
        if self.may_query:
            return f"cannot find module providing package {self.path}"
        if self.replaced is not None:
            what = f"module {self.replaced[0]} provides package {self.path} and is replaced but not required"
            return f"{what}; to add it:\n\t{self.remedy}"
        command = self.remedy.replace(" && ", "\n\t")
        return f"no required module provides package {self.path}; to add it:\n\t{command}"

    @property
    def finding(self) -> str:  # type: ignore[override]
        if self.std is not None:
            return "{} is not in the standard library."
        return "{} is replaced, but not required." if self.replaced else "No required module provides {}."

    @property
    def remedy(self) -> str:  # type: ignore[override]
        if self.std is not None:
            return ""
        if self.query is not None or self.may_query:
            return f"go get {self.path}"
        if self.replaced is not None:
            number = self.replaced[1]
            is_zero = number.endswith("-00010101000000-000000000000")
            return f"go get {self.replaced[0] if is_zero else shown(self.replaced)}"
        move = f"cd {self.importer_folder} && " if self.importer_folder is not None else ""
        return f"{move}go get {self.path}"


class SumMissing(ImportFault):
    """ImportMissingSumError: go.sum has no hash for a module that may provide the package."""

    rule = f"{_IMPORT} ImportMissingSumError"
    finding = "go.sum lacks the hash of a module that {} may be in."

    def __init__(self, path: str, modules: Iterable[Version], *, found: bool) -> None:
        super().__init__(path)
        self.path, self.modules, self.found = path, tuple(modules), found
        self.importer: Version | None = None
        """The package that imports it, and the version of its module."""

    def words(self) -> str:
        by = f" (imported by {self.importer[0]})" if self.importer is not None else ""
        if self.found:
            needed = f"missing go.sum entry needed to verify package {self.path}{by}"
            words = f"{needed} is provided by exactly one module"
        else:
            words = f"missing go.sum entry for module providing package {self.path}{by}"
        return f"{words}; to add:\n\t{self.remedy}" if self.remedy else words

    @property
    def remedy(self) -> str:  # type: ignore[override]
        if self.importer is not None:
            return f"go get {shown(self.importer)}"
        return f"go mod download {' '.join(path for path, _ in self.modules)}" if self.modules else ""


class Ambiguous(ImportFault):
    """AmbiguousImportError: several modules provide the package."""

    rule = f"{_IMPORT} AmbiguousImportError"
    finding = "{} is in more than one place."

    def __init__(self, path: str, places: Iterable[tuple[Version | None, Path]]) -> None:
        found = list(places)
        self.modules = [version for version, _ in found if version is not None]
        lines = "".join(f"\n\t{_place(version, place)}" for version, place in found)
        kind = "modules" if self.modules else "directories"
        super().__init__(f"ambiguous import: found package {path} in multiple {kind}:{lines}")


def _place(version: Version | None, place: Path) -> str:
    if version is None:
        return str(place)
    path, number = version
    return f"{path} {number} ({place})" if number else f"{path} ({place})"


class FromImplicit(ImportFault):
    """DirectImportFromImplicitDependencyError: a module that is imported, and not required."""

    rule = f"{_IMPORT} DirectImportFromImplicitDependencyError"
    finding = "{} imports from a module that go.mod does not require."

    def __init__(self, importer: str, path: str, module: Version) -> None:
        self.remedy = f"go get {shown(module)}"
        super().__init__(
            f"package {importer} imports {path} from implicitly required module; "
            f"to add missing requirements, run:\n\t{self.remedy}"
        )


class NoGo(ImportFault):
    """NoGoError: a folder without a Go file that counts."""

    rule = "cmd/go/internal/load/pkg.go NoGoError"
    finding = "No Go file of {} counts here."


class ScanFault(ImportFault):
    """A folder that go/build cannot make one package of."""

    rule = "go/build/build.go MultiplePackageError"
    finding = "The folder of {} has two packages in it."


class Forbidden(ImportFault):
    """disallowInternal, and a program that is imported."""

    rule = "cmd/go/internal/load/pkg.go disallowInternal"
    finding = "{} imports what it may not."


class NotAllowedHere(ImportFault):
    """loadPackageData: an import that names a version."""

    rule = "cmd/go/internal/load/pkg.go loadPackageData"


class LocalImport(ImportFault):
    """A relative import, which is told of the package that imports it as well (loadImport)."""

    rule = "cmd/go/internal/load/pkg.go loadImport"

    def __init__(self, path: str) -> None:
        quoted = quote(path)
        super().__init__(f"{quoted} is relative, but relative import paths are not supported in module mode")
        words = f"local import {quoted} in non-local package"
        self.importer_words = f"{path}: cannot import current directory" if path == "." else words


class Off(ImportFault):
    """errProxyOff: GOPROXY=off lets nothing be fetched."""

    rule = "cmd/go/internal/modfetch/repo.go lookup"
    finding = "GOPROXY=off keeps the module of {} from being fetched."
    WORDS = "module lookup disabled by GOPROXY=off"

    def __init__(self) -> None:
        super().__init__(self.WORDS)
