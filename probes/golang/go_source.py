"""The imports of a Go file: its package clause and its import declarations, and nothing after them.

No Go is parsed here. This is the small reader that the go command itself uses before anything is parsed; what
it cannot read is told apart (Unreadable), for then the compiler's parser has the word.

Source: cmd/go/internal/imports/read.go (ReadImports), scan.go (scanFiles); for the places, go/build
(readGoInfo): line and column, counted in bytes from 1, of the import, its name included.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from probes.golang.build_constraints import BadConstraint, Tags, matches_header, matches_name
from probes.golang.errors import GoError
from probes.golang.gomod import unquote
from probes.share.state import read_regular

MOST_BYTES = 16 << 20
"""Bytes of a Go file that are read; go has no limit."""
MOST_FILES = 20_000
"""Files of one folder that are looked at."""
_SPACE = re.compile(rb"(?:[ \f\t\r\n;]|//[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)
_IDENT = re.compile(rb"[A-Za-z0-9_\x80-\xff]+")
_STRING = re.compile(rb'`[^`]*`|"(?:[^"\\\n]|\\[^\n])*"')


class Unreadable(ValueError):
    """The beginning of a file is no Go."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import, and where it stands."""

    path: str
    file: Path
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class GoFile:
    """The beginning of a file."""

    package: str
    imports: tuple[tuple[str, int, int], ...]
    """Path, line, column."""
    header: str
    """All that was read, comments included."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The Go files of a folder that count on a platform."""

    name: str = ""
    """Of the package; "" where no file but tests counts."""
    imports: tuple[Import, ...] = ()
    """Of files that are no tests; every path once, at its first place, sorted."""
    has_tests: bool = False
    """Whether tests count."""
    passed_over: tuple[str, ...] = ()
    """Files that build constraints leave out."""
    unreadable: tuple[str, ...] = ()
    """Files whose beginning is no Go, or whose //go:build line makes no sense."""
    clash: str = ""
    """What go says where two packages are in it (build.MultiplePackageError)."""

    @property
    def is_empty(self) -> bool:
        """Whether no file of it counts, not even a test (build.NoGoError)."""
        return not self.name and not self.has_tests


def read_imports(data: bytes) -> GoFile:
    """ReadImports. Raises Unreadable."""
    if b"\0" in data:
        raise Unreadable("unexpected NUL in input")
    shift = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    reader = _Reader(data, shift)
    reader.keyword(b"package")
    name = reader.identifier()
    while reader.skip() == b"i":
        reader.keyword(b"import")
        if reader.skip() == b"(":
            reader.at += 1
            while (char := reader.skip()) != b")":
                if not char:
                    raise Unreadable("syntax error")
                reader.one_import()
            reader.at += 1
        else:
            reader.one_import()
    header = data[shift : reader.at].decode("utf-8", "replace")
    return GoFile(name, tuple(reader.found), header)


class _Reader:
    """The text, and how far it was read."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self.at = at
        self.found: list[tuple[str, int, int]] = []
        self._counted = self._lines = 0

    def skip(self) -> bytes:
        """Pass over blanks and comments; the byte that comes next, empty at the end."""
        if (found := _SPACE.match(self._data, self.at)) is not None:
            self.at = found.end()
        if self._data.startswith((b"/*", b"/"), self.at):
            raise Unreadable("syntax error")
        return self._data[self.at : self.at + 1]

    def identifier(self) -> str:
        self.skip()
        found = _IDENT.match(self._data, self.at)
        if found is None:
            raise Unreadable("syntax error")
        self.at = found.end()
        return found[0].decode("utf-8", "replace")

    def keyword(self, word: bytes) -> None:
        if self.identifier() != word.decode():
            raise Unreadable("syntax error")

    def _place(self, start: int) -> tuple[int, int]:
        """Line and column; what was counted for the import before is not counted again."""
        self._lines += self._data.count(b"\n", self._counted, start)
        self._counted = start
        return self._lines + 1, start - self._data.rfind(b"\n", 0, start)

    def one_import(self) -> None:
        char, start = self.skip(), self.at
        if char == b".":
            self.at += 1
        elif _IDENT.match(self._data, self.at):
            self.identifier()
        self.skip()
        found = _STRING.match(self._data, self.at)
        if found is None:
            raise Unreadable("syntax error")
        line, column = self._place(start)
        self.at = found.end()
        text = found[0].decode("utf-8", "surrogateescape")
        try:
            path = text[1:-1].replace("\r", "") if text[0] == "`" else unquote(text)
        except GoError:
            return  # scanFiles passes over what Unquote refuses
        self.found.append((path, line, column))


def has_go_files(folder: Path) -> bool:
    """fsys.IsGoDir: whether there is any Go file, counted or not. Raises OSError but for a missing folder."""
    try:
        names = os.scandir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return False
    with names:
        return any(one.name.endswith(".go") and _is_file(one) for one in names)


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def read_folder(folder: Path, tags: Tags) -> Folder:
    """The package of a folder (imports.ScanDir, go/build ImportDir). Raises OSError."""
    reading = _FolderReading(folder, tags)
    for name in _go_files(folder):
        reading.add(name)
    return reading.result()


class _FolderReading:
    """The files of a folder so far."""

    def __init__(self, folder: Path, tags: Tags) -> None:
        self._folder, self._tags = folder, tags
        self._names: dict[str, str] = {}
        """The packages met, tests among them, and the first file of each."""
        self._name = ""
        self._has_tests = False
        self._imports: dict[str, Import] = {}
        self._passed: list[str] = []
        self._unreadable: list[str] = []

    def add(self, name: str) -> None:
        file, tags = self._folder / name, self._tags
        if name.startswith(("_", ".")):
            return
        if not matches_name(name, tags):
            self._passed.append(name)
            return
        try:
            read = read_imports(read_regular(file, MOST_BYTES))
            is_wanted = matches_header(read.header, tags)
        except (Unreadable, BadConstraint):
            self._unreadable.append(name)
            return
        needs_cgo = any(path == "C" for path, _, _ in read.imports)
        is_passed = (needs_cgo and not tags.holds("cgo")) or not is_wanted
        if is_passed or read.package == "documentation":
            self._passed.append(name)
        elif name.endswith("_test.go"):
            self._has_tests = True
            self._names.setdefault(read.package.removesuffix("_test"), name)
        else:
            self._name = self._name or read.package
            self._names.setdefault(read.package, name)
            for path, line, column in read.imports:
                self._imports.setdefault(path, Import(path, file, line, column))

    def result(self) -> Folder:
        clash = ""
        if len(self._names) > 1:
            (one, first), (other, second), *_ = self._names.items()
            clash = f"found packages {one} ({first}) and {other} ({second}) in {self._folder}"
        found = tuple(self._imports[path] for path in sorted(self._imports))
        return Folder(self._name, found, self._has_tests, tuple(self._passed), tuple(self._unreadable), clash)


def _go_files(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(one.name for one in entries if one.name.endswith(".go") and _is_file(one))[:MOST_FILES]
