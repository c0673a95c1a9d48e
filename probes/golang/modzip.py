"""A module's zip file: what go checks before hashing it, its hash, and what go checks while extracting it.

The order matters, for each step has words of its own. A download is first looked at for names outside of
``MODULE@VERSION/``; then it is hashed, damaged entries and all, and the hash compared; only then are names,
sizes and collisions checked and the contents extracted. Nothing is written to disk here.

Source: cmd/go/internal/modfetch/fetch.go downloadZip and hashZip; golang.org/x/mod/zip Unzip, checkZip;
golang.org/x/mod/sumdb/dirhash HashZip.
"""

from __future__ import annotations

import hashlib
import posixpath
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from probes.golang import module
from probes.golang.dirhash import Abandoned, TooMuch, hash1_of_digests, name_bytes
from probes.golang.errors import GoError
from probes.golang.folding import fold
from probes.golang.gozip import ZipEntry, read_directory
from probes.golang.quote import quote
from probes.golang.urls import clean

MAX_ZIP_FILE = 500 << 20
"""Bytes of a zip file, and of all that it extracts to."""
MAX_GO_MOD = 16 << 20
MAX_LICENSE = 16 << 20
_MOST_EXPANSION = 1032
"""Bytes that one byte of DEFLATE makes at most."""
_MAX_NAME = 255
"""Bytes of one file name, on the disks of today."""
_MAX_PATH = 1024 if sys.platform == "darwin" else 4096
"""Bytes of a whole path with the NUL behind it."""
_SHORT_NAME, _SHORT_FOLDER = 63, 190
"""Characters of a name, and of the folder that it is in, that are too few for any of these limits."""


def _prefix(path: str, version: str) -> str:
    return f"{path}@{version}/"


def check_download(path: str, version: str, file: BinaryIO, size: int, *, zip_name: str = "") -> None:
    """What downloadZip checks of a zip of ``size`` bytes before its hash.

    Raises GoError: an error of the directory (``gozip.read_directory``), or ``zip for M@V has unexpected
    file X`` for the first name outside of ``M@V/``. ``zip_name`` is what go calls the file.
    """
    prefix = _prefix(path, version)
    for entry in read_directory(file, size, name=zip_name):
        if not entry.name.startswith(prefix):
            raise GoError(f"zip for {prefix[:-1]} has unexpected file {entry.name}")


def hash_zip(file: BinaryIO, size: int, *, zip_name: str = "") -> str:
    """The "h1:" hash of a zip's names and contents; of entries with the same name the last one counts.

    Raises GoError for what dirhash.HashZip fails with. ``zip_name`` is what go calls the file.
    """
    return hash_zip_files(file, size, zip_name=zip_name).sum


def most_unpacked(file: BinaryIO, size: int) -> int:
    """How many bytes hashing may have to unpack: entries may share their content, so that this is any number.

    What is declared is believed only as far as DEFLATE can make it of the bytes that there are.
    """
    last = {entry.name: entry for entry in read_directory(file, size)}
    return sum(
        min(entry.uncompressed_size, _MOST_EXPANSION * min(entry.compressed_size, size))
        for entry in last.values()
    )


@dataclass(slots=True)
class ZipHash:
    """The hash of a zip, and what it was made of."""

    sum: str = ""
    files: int = 0
    bytes: int = 0
    """Of the contents, decompressed."""
    contents: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Where it was asked for: of each name in the zip the size and the hexadecimal SHA-256 of the content."""


def hash_zip_files(
    file: BinaryIO,
    size: int,
    *,
    zip_name: str = "",
    keep_contents: bool = False,
    is_wanted: Callable[[], bool] = lambda: True,
    most_bytes: int = 0,
) -> ZipHash:
    """As ``hash_zip``, telling more; with ``keep_contents`` also what each file's content is.

    A small zip may unpack to anything, and go hashes it before it looks at sizes. Raises TooMuch where that
    is more than ``most_bytes`` (0: no limit), and Abandoned soon after ``is_wanted`` says no.
    """
    entries = read_directory(file, size, name=zip_name)
    by_name = {entry.name: entry for entry in entries}
    if most_bytes and (unpacked := sum(entry.uncompressed_size for entry in by_name.values())) > most_bytes:
        raise TooMuch(f"it would unpack to {unpacked:,} bytes")
    found = ZipHash()

    def digest(name: str) -> str:
        if not is_wanted():
            raise Abandoned
        entry = by_name[name]
        data = entry.whole()
        if data is None:
            content = hashlib.sha256()
            for chunk in entry.open():
                content.update(chunk)
                if not is_wanted():
                    raise Abandoned
        else:
            content = hashlib.sha256(data)
        text = content.hexdigest()
        found.files, found.bytes = found.files + 1, found.bytes + entry.uncompressed_size
        if keep_contents:
            found.contents[name] = entry.uncompressed_size, text
        return text

    found.sum = hash1_of_digests((entry.name for entry in entries), digest)
    return found


def check_zip(
    path: str, version: str, file: BinaryIO, size: int, *, zip_name: str, folder: str = ""
) -> None:
    """Extract a module's zip to nowhere, with every check of x/mod/zip's Unzip.

    ``folder`` is where go would extract it to: with it, names are found that are too long for a disk.

    Raises GoError ``unzip ZIP_NAME: …``. For a file of more content than declared that is ``zip: not a
    valid zip file``: the reader's own words come before Unzip's "uncompressed size of file … is larger than
    declared size", which go therefore never prints. What else a disk refuses (no space left) is not found
    here.
    """
    try:
        entries = _check_names_and_sizes(path, version, file, size, zip_name)
        prefix = _prefix(path, version)
        for entry in entries:
            name = entry.name[len(prefix):]
            if not name or name.endswith("/"):
                continue
            if folder:
                _check_length(folder, name)
            if entry.whole() is None:
                for _ in entry.open():
                    pass
    except GoError as error:
        raise GoError(f"unzip {zip_name}: {error}", not_exist=error.not_exist) from None


def _check_length(folder: str, name: str) -> None:
    """What a disk says of a name that is too long for it.

    Unzip makes the folders first, the outer ones before the inner ones, and then the file.
    """
    if len(name) <= _SHORT_NAME and len(folder) <= _SHORT_FOLDER:
        return
    parts = name.split("/")
    for count in range(1, len(parts) + 1):
        path = "/".join([folder, *parts[:count]])
        if len(name_bytes(parts[count - 1])) > _MAX_NAME or len(name_bytes(path)) >= _MAX_PATH:
            raise GoError(f"{'open' if count == len(parts) else 'mkdir'} {path}: file name too long")


def go_mod_of(path: str, version: str, file: BinaryIO, size: int, *, folder: str = "") -> bytes | None:
    """The content of the go.mod file that extracting this zip writes; None if it has none.

    For a zip that ``check_zip`` has accepted: at most 16 MiB. Raises GoError for a damaged one, and for files
    in a folder named go.mod. ``folder`` is where go would extract it to.
    """
    wanted = _prefix(path, version) + "go.mod"
    for entry in read_directory(file, size):
        if entry.name == wanted:
            if entry.uncompressed_size > MAX_GO_MOD:
                raise GoError(_too_large("go.mod", MAX_GO_MOD))
            return b"".join(entry.open())
        if entry.name.startswith(wanted + "/") and not entry.name.endswith("/"):
            raise GoError(f"read {folder}/go.mod: is a directory")
    return None


def _check_names_and_sizes(
    path: str, version: str, file: BinaryIO, size: int, zip_name: str
) -> list[ZipEntry]:
    """x/mod/zip checkZip: everything that can be said without reading contents.

    A total size over the limit is reported instead of the bad files, else all of these, one a line.
    """
    canonical = module.canonical_version(version)
    if canonical != version:
        raise GoError(f"version {quote(version)} is not canonical (should be {quote(canonical)})")
    module.check(path, version)
    if size > MAX_ZIP_FILE:
        raise GoError(f"module zip file is too large ({size} bytes; limit is {MAX_ZIP_FILE} bytes)")
    entries = read_directory(file, size, name=zip_name)
    room = _Room()
    collisions = Collisions()
    prefix = _prefix(path, version)
    errors = []
    for entry in entries:
        try:
            _check_entry(entry, prefix, collisions, room)
        except GoError as error:
            errors.append(f"{entry.name}: {error}")
    if room.exceeded:
        what = "total uncompressed size of module contents too large"
        raise GoError(f"{what} (max size is {MAX_ZIP_FILE} bytes)")
    if errors:
        raise GoError("\n".join(errors))
    return entries


@dataclass(slots=True)
class _Room:
    """What may still be extracted."""

    left: int = MAX_ZIP_FILE
    exceeded: bool = False

    def take(self, size: int) -> None:
        if size <= self.left:
            self.left -= size
        else:
            self.exceeded = True


def _check_entry(entry: ZipEntry, prefix: str, collisions: Collisions, room: _Room) -> None:
    """The checks of one entry, in Go's order. An entry refused by name does not count towards the size."""
    if not entry.name.startswith(prefix):
        raise GoError(f"path does not have prefix {quote(prefix)}")
    name = entry.name[len(prefix):]
    if not name:
        return
    is_directory = name.endswith("/")
    name = name.removesuffix("/")
    if clean(name) != name:
        raise GoError("file path is not clean")
    module.check_file_path(name)
    collisions.add(name, is_directory=is_directory)
    if is_directory:
        return
    base = posixpath.basename(name)
    if base.isascii() and base.lower() == "go.mod":
        if base != name:
            raise GoError("go.mod file not in module root directory")
        if name != "go.mod":
            raise GoError("go.mod files must have lowercase names")
    room.take(entry.uncompressed_size)
    for special, limit in (("go.mod", MAX_GO_MOD), ("LICENSE", MAX_LICENSE)):
        if name == special and entry.uncompressed_size > limit:
            raise GoError(_too_large(special, limit))


def _too_large(name: str, limit: int) -> str:
    return f"{name} file too large (max size is {limit} bytes)"


class Collisions:
    """The paths seen so far, to find those that a case-insensitive file system cannot tell apart.

    Source: golang.org/x/mod/zip collisionChecker.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, bool]] = {}

    def add(self, path: str, *, is_directory: bool) -> None:
        """Note a path and its parent directories. Raises GoError when one cannot stand beside the others."""
        self._add(path, is_directory)
        for parent in _parents(path):
            self._add(parent, True)

    def _add(self, path: str, is_directory: bool) -> None:
        folded = fold(path)
        if folded not in self._seen:
            self._seen[folded] = path, is_directory
            return
        other, other_is_directory = self._seen[folded]
        if other != path:
            raise GoError(f"case-insensitive file name collision: {quote(other)} and {quote(path)}")
        if is_directory != other_is_directory:
            raise GoError(f"entry {quote(path)} is both a file and a directory")
        if not is_directory:
            raise GoError(f"multiple entries for file {quote(path)}")


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def check_listing(path: str, version: str, file: BinaryIO, size: int, *, zip_name: str) -> None:
    """What ``check_zip`` says before it reads any content: names, collisions, declared sizes."""
    try:
        _check_names_and_sizes(path, version, file, size, zip_name)
    except GoError as error:
        raise GoError(f"unzip {zip_name}: {error}", not_exist=error.not_exist) from None
