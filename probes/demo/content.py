"""Modules to serve: small, made on the spot, byte for byte the same every time.

Nobody asks for one before the first frame of the app, so what only their bytes need is imported there.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import cached_property

EPOCH = (2024, 1, 2, 3, 4, 6)


@dataclass(frozen=True)
class ModuleVersion:
    """One version of a module as a proxy holds it."""

    path: str
    version: str
    time: str = "2024-01-02T03:04:06Z"
    go_mod: bytes | None = None
    """The go.mod that is served and zipped; None for the plainest one."""
    files: tuple[tuple[str, bytes], ...] = (
        ("doc.go", b"// Package doc is here to be downloaded.\npackage doc\n"),
    )
    listed: bool = True
    """Whether @v/list names it."""
    go_mod_in_zip: bool = True

    @cached_property
    def mod(self) -> bytes:
        """What .mod serves."""
        if self.go_mod is not None:
            return self.go_mod
        return f"module {self.path}\n\ngo 1.21\n".encode()

    @cached_property
    def info(self) -> bytes:
        """What .info serves."""
        import json

        return json.dumps({"Version": self.version, "Time": self.time}).encode()

    @cached_property
    def zip(self) -> bytes:
        """What .zip serves."""
        entries = list(self.files)
        if self.go_mod_in_zip:
            entries.append(("go.mod", self.mod))
        return make_zip(f"{self.path}@{self.version}/", entries)


def make_zip(prefix: str, entries: list[tuple[str, bytes]]) -> bytes:
    """A zip of these files, every name below ``prefix``; the same bytes on every machine."""
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(entries):
            info = zipfile.ZipInfo(prefix + name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return buffer.getvalue()


@dataclass(frozen=True)
class Module:
    """A module with its versions, and the names (branches, commits) that stand for some of them."""

    path: str
    versions: tuple[ModuleVersion, ...]
    latest: str | None = None
    """What @latest says; None when the proxy answers 404 there."""
    revisions: dict[str, str] = field(default_factory=dict)
    """Branch and commit names to versions."""

    def version(self, name: str) -> ModuleVersion | None:
        """The version with this name or that this branch or commit stands for."""
        name = self.revisions.get(name, name)
        return next((version for version in self.versions if version.version == name), None)

    @property
    def list_text(self) -> bytes:
        """What @v/list serves."""
        return "".join(f"{version.version}\n" for version in self.versions if version.listed).encode()


def simple_module(path: str, *versions: str) -> Module:
    """A module with plain versions; @latest names the last of them."""
    return Module(
        path,
        tuple(ModuleVersion(path, version) for version in versions),
        latest=versions[-1] if versions else None,
    )
