"""A module's zip file, made of the archive of a repository as go makes it in direct mode.

Which files are in it, in which order, and what go says of those that cannot be: cmd/go/internal/modfetch
coderepo.go Zip, golang.org/x/mod/zip checkFiles, isVendoredPackage and Create. The archive is read as Go
reads one (gozip); the zip is written by zipfile, for only names and contents count in a hash.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from probes.golang import gomod, gover, module
from probes.golang.errors import GoError
from probes.golang.gozip import ZipEntry, read_directory
from probes.golang.modzip import MAX_GO_MOD, MAX_LICENSE, MAX_ZIP_FILE, Collisions
from probes.golang.quote import quote
from probes.golang.urls import clean

GO_MOD = "go.mod"
LICENSE = "LICENSE"
_STRICTER_SINCE = "1.24"
"""The go line from which vendored packages are left out by the better rule (golang.org/issue/37397)."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that may become part of a module's zip (x/mod/zip File)."""

    name: str
    """From the module's root."""
    size: int
    open: Callable[[], Iterable[bytes]] = field(repr=False)
    """Its content. Raises GoError, at once or on the way."""
    kind: int = 0
    """As in stat.S_IFMT, 0 for a plain file."""


def file_of(name: str, data: bytes) -> SourceFile:
    """A file whose content is at hand."""
    return SourceFile(name, len(data), lambda: (data,))


def files_of_archive(archive: BinaryIO, size: int, folder: str) -> list[SourceFile]:
    """The files of a folder ("" for all) in an archive whose names all begin with one more folder.

    Raises GoError for what is no such archive.
    """
    wanted = folder.strip("/") + "/" if folder.strip("/") else ""
    found: list[SourceFile] = []
    top = ""
    for entry in read_directory(archive, size):
        if not top:
            first, slash, _ = entry.name.partition("/")
            if not slash:
                raise GoError("missing top-level directory prefix")
            top = first + slash
        if not entry.name.startswith(top):
            raise GoError("zip file contains more than one top-level directory")
        name = entry.name[len(top):]
        if not name.startswith(wanted):
            continue
        name = name[len(wanted):]
        if name and not name.endswith("/"):
            found.append(SourceFile(name, entry.uncompressed_size, partial(_content, entry), entry.kind))
    return found


def _content(entry: ZipEntry) -> Iterator[bytes]:
    data = entry.whole()
    if data is None:
        yield from entry.open()
    else:
        yield data


def create_zip(path: str, version: str, files: list[SourceFile], sink: BinaryIO) -> None:
    """x/mod/zip Create: write the zip of a module. Raises GoError ``create zip: …``."""
    import zipfile

    try:
        canonical = module.canonical_version(version)
        if canonical != version:
            raise GoError(f"version {quote(version)} is not canonical (should be {quote(canonical)})")
        module.check(path, version)
        valid = _Check(files).run()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
            for file in valid:
                with made.open(f"{path}@{version}/{file.name}", "w", force_zip64=file.size >> 31 > 0) as into:
                    _copy(file, into.write)
    except GoError as error:
        raise GoError(f"create zip: {error}", not_exist=error.not_exist) from None


def _copy(file: SourceFile, write: Callable[[bytes], object]) -> None:
    left = file.size
    for chunk in file.open():
        left -= len(chunk)
        if left < 0:
            raise GoError(f"file {quote(file.name)} is larger than declared size")
        write(chunk)


class _Check:
    """checkFiles: which files go into the zip; the rest is left out, or refuses it."""

    def __init__(self, files: list[SourceFile]) -> None:
        self._files = files
        self._modules: set[str] = set()
        """The folders that have a go.mod, each with a slash behind it."""
        self._is_strict = False
        self._collisions = Collisions()
        self._room = MAX_ZIP_FILE
        self._is_too_large = False
        self._errors: dict[str, str] = {}
        """The first one of each name; "" for a file that is left out."""

    def run(self) -> list[SourceFile]:
        """The files, in their order. Raises GoError: the total size, else all bad files, one a line."""
        self._find_modules()
        valid = [file for file in self._files if self._is_valid(file)]
        if self._is_too_large:
            raise GoError(f"module source tree too large (max size is {MAX_ZIP_FILE} bytes)")
        told = [f"{name}: {words}" for name, words in self._errors.items() if words]
        if told:
            raise GoError("\n".join(told))
        return valid

    def _find_modules(self) -> None:
        for file in self._files:
            head, slash, base = file.name.rpartition("/")
            if file.kind or not _is_go_mod(base):
                continue
            self._modules.add(head + slash)
            if file.name == GO_MOD:
                self._is_strict = gover.compare(gover.lang(_go_line(file)), _STRICTER_SINCE) >= 0

    def _is_valid(self, file: SourceFile) -> bool:
        try:
            if self._is_left_out(file.name):
                self._errors.setdefault(file.name, "")
                return False
            self._check_name(file)
            if file.kind:
                self._errors.setdefault(file.name, "")
                return False
            self._check_size(file)
        except GoError as error:
            self._errors.setdefault(file.name, str(error))
            return False
        return True

    def _is_left_out(self, name: str) -> bool:
        if name != clean(name):
            raise GoError("file path is not clean")
        if name.startswith("/"):
            raise GoError("file path is not relative")
        return (
            is_vendored(name, strictly=self._is_strict)
            or any(parent in self._modules for parent in _folders(name))
            or name == ".hg_archival.txt"
        )

    def _check_name(self, file: SourceFile) -> None:
        module.check_file_path(file.name)
        if _is_go_mod(file.name) and file.name != GO_MOD:
            raise GoError("go.mod files must have lowercase names")
        self._collisions.add(file.name, is_directory=stat.S_ISDIR(file.kind))

    def _check_size(self, file: SourceFile) -> None:
        if 0 <= file.size <= self._room:
            self._room -= file.size
        else:
            self._is_too_large = True
        for special, limit in ((GO_MOD, MAX_GO_MOD), (LICENSE, MAX_LICENSE)):
            if file.name == special and file.size > limit:
                raise GoError(f"{special} file too large (max size is {limit} bytes)")


def _is_go_mod(name: str) -> bool:
    return name.isascii() and name.lower() == GO_MOD


def _folders(name: str) -> Iterator[str]:
    """The folders that a file is in, but for the module's own, with a slash behind each."""
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name + "/"


def _go_line(file: SourceFile) -> str:
    """parseGoVers: "" where it cannot be read."""
    try:
        return gomod.parse_lax(b"".join(file.open())).go_version
    except GoError:
        return ""


def is_vendored(name: str, *, strictly: bool) -> bool:
    """isVendoredPackage: whether a file is part of a vendored package; ``strictly`` for a go line of 1.24."""
    if strictly and name == "vendor/modules.txt":
        return True
    if name.startswith("vendor/"):
        start = len("vendor/")
    elif (at := name.find("/vendor/")) >= 0:
        start = (at if strictly else 0) + len("/vendor/")
    else:
        return False
    return "/" in name[start:]
