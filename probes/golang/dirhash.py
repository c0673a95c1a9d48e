"""The "h1:" hash of a file tree: what go.sum and the checksum database hold.

Source: golang.org/x/mod/sumdb/dirhash Hash1, HashDir, DirFiles; the go.mod form is
cmd/go/internal/modfetch/fetch.go goModSum.
"""

from __future__ import annotations

import hashlib
import os
import stat
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from probes.golang.errors import GoError

_BLOCK = 1 << 18
"""Bytes of a file that are read at once: most files of a module are read whole."""


def name_bytes(name: str) -> bytes:
    """The bytes of a file name; one that is not UTF-8 is spelled with surrogate escapes."""
    return name.encode("utf-8", "surrogateescape")


def hash1(names: Iterable[str], open_file: Callable[[str], Iterable[bytes]]) -> str:
    """SHA-256 over one line per file, ``hex(sha256(content))  name``, in the order of the names' bytes.

    ``open_file`` gives a file's content in chunks; what it raises passes through. Raises GoError for a name
    with a newline in it, when its turn comes.
    """

    def digest(name: str) -> str:
        content = hashlib.sha256()
        for chunk in open_file(name):
            content.update(chunk)
        return content.hexdigest()

    return hash1_of_digests(names, digest)


def hash1_of_digests(names: Iterable[str], digest: Callable[[str], str]) -> str:
    """As ``hash1``, where ``digest`` gives the hexadecimal SHA-256 of a file's content."""
    summary = hashlib.sha256()
    for name in sorted(names, key=name_bytes):
        if "\n" in name:
            raise GoError("dirhash: filenames with newlines are not supported")
        summary.update(f"{digest(name)}  {name}\n".encode("utf-8", "surrogateescape"))
    return "h1:" + b64encode(summary.digest()).decode()


def go_mod_hash(data: bytes) -> str:
    """The hash of a ``.mod`` file: that of a tree with the one file "go.mod"."""
    return hash1(["go.mod"], lambda _: [data])


@dataclass(slots=True)
class DirectoryHash:
    """The hash of a folder."""

    sum: str = ""
    files: int = 0
    bytes: int = 0


class Abandoned(Exception):
    """Nobody wants the hash any more."""


class TooMuch(GoError):
    """There is more to hash than one wants to wait for."""


def hash_directory(
    folder: Path, prefix: str, is_wanted: Callable[[], bool] = lambda: True, *, most_bytes: int = 0
) -> DirectoryHash:
    """The hash of the files below a folder, named with ``prefix`` in place of the folder's own name.

    Symbolic links are not followed into folders, but opened where they stand for files, as in go. Raises
    OSError, GoError for a name with a newline or a folder that is none, TooMuch where there is more than
    ``most_bytes`` (0: no limit), and Abandoned soon after ``is_wanted`` says no.
    """
    root = os.fspath(folder)
    found = DirectoryHash()
    if not stat.S_ISDIR(os.lstat(root).st_mode):
        raise GoError(f"{root} is not a directory")
    by_name = {f"{prefix}/{relative}": path for relative, path in _files(root, "")}
    buffer = memoryview(bytearray(_BLOCK))

    def go_on(size: int) -> None:
        if not is_wanted():
            raise Abandoned
        if 0 < most_bytes < found.bytes + size:
            raise TooMuch(f"there are more than {most_bytes:,} bytes in it")

    def digest(name: str) -> str:
        go_on(0)
        try:
            text, size = _file_digest(by_name[name], buffer, go_on)
        except IsADirectoryError:  # a link to one: it opens, and cannot be read
            raise GoError(f"read {by_name[name]}: is a directory") from None
        found.files, found.bytes = found.files + 1, found.bytes + size
        return text

    found.sum = hash1_of_digests(by_name, digest)
    return found


def _files(folder: str, relative: str) -> Iterator[tuple[str, str]]:
    """Every file below a folder: its name seen from there with slashes, and its path."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path, f"{relative}{entry.name}/")
                continue
            if not entry.is_file(follow_symlinks=False):
                _refuse_endless(entry.path)
            yield relative + entry.name, entry.path


def _refuse_endless(path: str) -> None:
    """Raise GoError for what is no file, nor a link to one: go would wait for a FIFO, and read a device
    without end."""
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return  # opening it says why
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise GoError(f"open {path}: it is no plain file")


def _file_digest(path: str, buffer: memoryview, go_on: Callable[[int], None]) -> tuple[str, int]:
    """The hexadecimal SHA-256 of a file, and its size; of a long one ``go_on`` is asked after each block."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = count = os.readv(descriptor, (buffer,))
        content = hashlib.sha256(buffer[:count])
        if count == len(buffer):
            go_on(os.fstat(descriptor).st_size)
        while count == len(buffer):
            go_on(size)
            count = os.readv(descriptor, (buffer,))
            size += count
            content.update(buffer[:count])
    finally:
        os.close(descriptor)
    return content.hexdigest(), size
