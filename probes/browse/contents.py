"""What is in a module's zip: its files as a tree, and the beginning of any of them as text.

Only memory is used, and little of it: a file is unpacked as far as somebody looks at it, and never further
than what the zip declares (``gozip.ZipEntry.open``).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from probes.browse.archive import Archive
from probes.browse.licences import MOST_BYTES, Licence, licence_files, recognise
from probes.golang.errors import GoError
from probes.golang.gozip import ZipEntry

MOST_SHOWN_BYTES = 1_000_000
MOST_SHOWN_LINES = 20_000
_SNIFFED = 8000
"""Bytes in which a NUL makes a file binary, as git has it (buffer_is_binary)."""
_DEEPEST = 40
"""Folders in folders; what is deeper, in a hostile zip, stands there with slashes in its name."""
_DUMPED = 2048
"""Bytes of a binary file that are shown."""


@dataclass(frozen=True, slots=True)
class TreeItem:
    """A file or a folder of a zip."""

    path: str
    """Below the prefix M@V/; of a folder without the slash behind it."""
    name: str
    """Its last element."""
    depth: int
    size: int
    """Declared; of a folder, of all files in it."""
    files: int
    """1 for a file; of a folder, how many are in it."""
    entry: ZipEntry | None = None
    """None for a folder."""
    after: int = 0
    """Where in the list comes what is no longer in this folder."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The files of a zip as a tree, outer folders before what is in them."""

    items: tuple[TreeItem, ...]
    files: int
    size: int
    licences: tuple[Licence, ...] = ()
    instead: Preview | None = None
    """Of what is no zip, how it begins: often a web page says what is wrong."""


def contents_of(archive: Archive) -> Contents:
    """The tree of a zip, and its licences; blocks.

    A name outside of the prefix, which go refuses, stands in the tree as it is.
    """
    if not archive.entries and archive.problem is not None:
        start = os.pread(archive.file.file.fileno(), _DUMPED, 0)
        return Contents((), 0, 0, instead=preview_of("", start, archive.size))
    files = [(_below(archive, entry.name), entry) for entry in archive.entries]
    items = tree_of((name, entry) for name, entry in files if name and not name.endswith("/"))
    chosen = sorted(set(licence_files(name for name, _ in files)))[:8]
    named = {name: entry for name, entry in files if name in chosen}
    licences = tuple(Licence(name, _licence(archive, named[name])) for name in chosen)
    leaves = [item for item in items if item.entry is not None]
    return Contents(tuple(items), len(leaves), sum(item.size for item in leaves), licences)


def _below(archive: Archive, name: str) -> str:
    return name.removeprefix(archive.prefix)


def _licence(archive: Archive, entry: ZipEntry) -> str:
    try:
        return recognise(beginning(entry, MOST_BYTES)[0].decode("utf-8", "replace"))
    except GoError:
        return recognise("")


def tree_of(files: Iterable[tuple[str, ZipEntry]]) -> list[TreeItem]:
    """Files by their names with slashes, as a tree; folders and files in the order of their names."""
    found: list[TreeItem] = []
    opened: list[int] = []
    """Where in the list the folders stand that the last file is in."""
    parts: list[str] = []
    for name, entry in sorted(files, key=_place):
        *folders, last = name.split("/", _DEEPEST)
        same = 0
        while same < min(len(folders), len(parts)) and folders[same] == parts[same]:
            same += 1
        _close(found, opened, same)
        for depth in range(same, len(folders)):
            opened.append(len(found))
            found.append(TreeItem("/".join(folders[: depth + 1]), folders[depth], depth, 0, 0))
        parts = folders
        found.append(TreeItem(name, last, len(folders), entry.uncompressed_size, 1, entry, len(found) + 1))
    _close(found, opened, 0)
    return found


def _place(file: tuple[str, ZipEntry]) -> str:
    """What orders files by their folders: one text each, for there may be 65,536.

    A slash is lower than anything, and what is lower than a slash is spelled so that it stays higher.
    """
    name = file[0]
    if "\0" in name or "\1" in name:
        name = name.replace("\1", "\1\2").replace("\0", "\1\1")
    return name.replace("/", "\0", _DEEPEST)


def _close(found: list[TreeItem], opened: list[int], depth: int) -> None:
    """Folders are over: now it is known what is in them."""
    while len(opened) > depth:
        at = opened.pop()
        folder, inner = found[at], list(_children(found, at))
        found[at] = TreeItem(
            folder.path, folder.name, folder.depth, sum(item.size for item in inner),
            sum(item.files for item in inner), None, len(found),
        )  # fmt: skip


def _children(found: list[TreeItem], at: int) -> Iterable[TreeItem]:
    """What is directly in a folder; the folders among it are over already."""
    child = at + 1
    while child < len(found):
        yield found[child]
        child = found[child].after


# -- one file ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Preview:
    """A file as far as it is shown."""

    path: str
    size: int
    """Declared."""
    lines: tuple[str, ...] = ()
    """Without line ends; what is not UTF-8 is replaced."""
    cut: str = ""
    """What was left out and why; "" where it is whole."""
    binary: bool = False
    """Whether the lines are a dump of bytes."""
    replaced: bool = False
    """Whether there was something that is not UTF-8."""
    crlf: bool = False
    """Whether lines end with CR LF."""
    problem: str | None = None
    """Why it could not be read, or not to its end, in go's words."""


def beginning(entry: ZipEntry, most: int) -> tuple[bytes, bool]:
    """The first bytes of a file, and whether that is all of it. Raises GoError where it is damaged."""
    kept = bytearray()
    for chunk in entry.open():
        kept += chunk
        if len(kept) > most:
            return bytes(kept[:most]), False
    return bytes(kept), True


def preview(path: str, entry: ZipEntry) -> Preview:
    """The beginning of a file; blocks."""
    kept, problem, whole = bytearray(), None, True
    try:
        for chunk in entry.open():
            kept += chunk
            if len(kept) > MOST_SHOWN_BYTES:
                whole = False
                break
    except GoError as error:
        problem = str(error)
    shown = preview_of(path, bytes(kept[:MOST_SHOWN_BYTES]), entry.uncompressed_size, whole=whole)
    return shown if problem is None else _with_problem(shown, problem)


def _with_problem(shown: Preview, problem: str) -> Preview:
    return Preview(
        shown.path, shown.size, shown.lines, shown.cut, shown.binary, shown.replaced, shown.crlf, problem
    )


def preview_of(path: str, data: bytes, size: int, *, whole: bool = True) -> Preview:
    """Some bytes as they are shown."""
    if b"\0" in data[:_SNIFFED]:
        cut = f"the first {_DUMPED} bytes of a binary file" if size > _DUMPED else ""
        return Preview(path, size, tuple(_dump(data[:_DUMPED])), cut, binary=True)
    text = data.decode("utf-8", "replace")
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    crlf = bool(lines) and all(line.endswith("\r") for line in lines)
    lines = [line.removesuffix("\r") for line in lines] if crlf else lines
    cut = "" if whole else f"the first {MOST_SHOWN_BYTES:,} bytes"
    if len(lines) > MOST_SHOWN_LINES:
        cut, lines = f"the first {MOST_SHOWN_LINES:,} lines", lines[:MOST_SHOWN_LINES]
    replaced = "\ufffd" in text and "\ufffd".encode() not in data
    return Preview(path, size, tuple(lines), cut, replaced=replaced, crlf=crlf)


def _dump(data: bytes) -> Iterable[str]:
    """Bytes as hexdump -C has them."""
    for at in range(0, len(data), 16):
        part = data[at : at + 16]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
        yield f"{at:08x}  {part.hex(' '):<47}  {text}"
