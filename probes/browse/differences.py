"""What differs between two zips of modules: file by file, and line by line where that can be read.

Names are compared without the M@V/ that they begin with, so two versions of a module can be compared as well
as one version from two proxies. The unified text is what `git apply` takes, but for binary files, whose bytes
stand in no diff.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from probes.browse.archive import Archive, Supplier, bring_text
from probes.browse.contents import beginning
from probes.browse.line_changes import EFFORT, match_lines
from probes.golang import modzip
from probes.golang.dirhash import go_mod_hash
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.gozip import ZipEntry
from probes.golang.protocol import Op
from probes.net.limits import Limits

MOST_TEXT_BYTES = 1 << 20
"""Of a file that is compared line by line."""
MOST_TEXT_LINES = 20_000
_SNIFFED = 8000
MOST_EFFORT = 8 * EFFORT
"""For all files of two zips together; some ten seconds. What is left then is told as gone and come."""
CONTEXT = 3
"""Equal lines around a change."""


class Change(StrEnum):
    """What became of a file."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Why(StrEnum):
    """Why the lines of a file are not compared."""

    BINARY = "binary"
    LARGE = "too large to compare line by line"
    UNREADABLE = "cannot be read"


@dataclass(frozen=True, slots=True)
class Side:
    """A file on one side."""

    size: int
    """Declared."""
    sha256: str = ""
    """Hexadecimal; "" where the file is damaged."""
    problem: str = ""
    """What go says of a damaged one."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that is not the same on both sides."""

    name: str
    change: Change
    old: Side | None
    new: Side | None
    added: int | None = None
    """Lines; None where they were not compared."""
    removed: int | None = None
    why_not: Why | None = None
    """Why they were not."""
    is_shortest: bool = True
    """False where so much has changed that old lines stand as removed that might have been matched."""
    old_entry: ZipEntry | None = field(default=None, repr=False, compare=False)
    new_entry: ZipEntry | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two zips."""

    old: Archive
    new: Archive
    files: tuple[FileChange, ...]
    """By name."""
    same_files: int
    same_bytes: bool
    """Whether the zips are the same, byte for byte."""
    old_h1: str | None
    new_h1: str | None
    """The hash that go.sum has; None where it cannot be made."""

    go_mods: tuple[str, str] = ("", "")
    """The hashes of the .mod files that are served beside the zips, where these were asked for and came."""

    @property
    def is_same(self) -> bool:
        """Whether go would see the same files, and the same .mod as far as that is known."""
        return not self.files and not self.go_mod_differs

    @property
    def go_mod_differs(self) -> bool:
        """Whether other .mod files are served; to choose versions go reads those, not the ones in zips."""
        old, new = self.go_mods
        return bool(old and new and old != new)

    @property
    def added(self) -> int:
        """Lines, as far as they were compared."""
        return sum(one.added or 0 for one in self.files)

    @property
    def removed(self) -> int:
        """Lines, as far as they were compared."""
        return sum(one.removed or 0 for one in self.files)


async def served_go_mods(
    environment: Environment, path: str, version: str, whos: tuple[Supplier, Supplier], limits: Limits
) -> tuple[str, str]:
    """The hashes of the .mod files that two places serve for a version; "" where none comes."""

    async def hash_from(who: Supplier) -> str:
        try:
            text, _ = await bring_text(environment, path, version, Op.MOD, who, limits=limits)
        except GoError:
            return ""
        return go_mod_hash(text)

    one, other = await asyncio.gather(*map(hash_from, whos))
    return one, other


def compare(old: Archive, new: Archive, go_mods: tuple[str, str] = ("", "")) -> Difference:
    """Compare all files; blocks. Raises GoError where one of the directories cannot be read."""
    for archive in (old, new):
        if not archive.entries and archive.problem is not None:
            raise GoError(f"{archive.path}@{archive.version} from {archive.source}: {archive.problem}")
    olds, old_h1 = _files(old)
    news, new_h1 = _files(new)
    changes: list[FileChange] = []
    same, effort = 0, MOST_EFFORT
    for name in sorted(olds.keys() | news.keys()):
        before, after = olds.get(name), news.get(name)
        if before and after and before[0].sha256 == after[0].sha256 and before[0].sha256:
            same += 1
        else:
            change, spent = _counted(name, before, after, min(effort, EFFORT))
            changes.append(change)
            effort -= spent
    same_bytes = old.size == new.size and old.file.digest() == new.file.digest()
    return Difference(old, new, tuple(changes), same, same_bytes, old_h1, new_h1, go_mods)


_File = tuple[Side, ZipEntry]


def _files(archive: Archive) -> tuple[dict[str, _File], str | None]:
    """Every file with its hash, and that of all of them together; of the same name twice the last counts."""
    entries = {entry.name: entry for entry in archive.entries if not entry.name.endswith("/")}
    held = archive.file
    hashes: dict[str, tuple[int, str]] = {}
    h1 = None
    try:
        found = modzip.hash_zip_files(
            held.file, held.size, zip_name=archive.zip_name, keep_contents=True
        )
        hashes, h1 = found.contents, found.sum
    except GoError:
        pass  # some file is damaged: each is read for itself below
    files: dict[str, _File] = {}
    for name, entry in entries.items():
        below = name.removeprefix(archive.prefix)
        if name in hashes:
            files[below] = Side(entry.uncompressed_size, hashes[name][1]), entry
        else:
            files[below] = _side(entry), entry
    return files, h1


def _side(entry: ZipEntry) -> Side:
    summary = hashlib.sha256()
    try:
        for chunk in entry.open():
            summary.update(chunk)
    except GoError as error:
        return Side(entry.uncompressed_size, problem=str(error))
    return Side(entry.uncompressed_size, summary.hexdigest())


def _counted(
    name: str, before: _File | None, after: _File | None, effort: int
) -> tuple[FileChange, int]:
    """What became of a file, and the effort that it took to find out."""
    change = Change.ADDED if before is None else Change.REMOVED if after is None else Change.CHANGED
    found = FileChange(
        name,
        change,
        None if before is None else before[0],
        None if after is None else after[0],
        old_entry=None if before is None else before[1],
        new_entry=None if after is None else after[1],
    )
    text = text_of(found, effort)
    counted = FileChange(
        name, change, found.old, found.new, text.added, text.removed, text.why_not, text.is_shortest,
        found.old_entry, found.new_entry,
    )  # fmt: skip
    return counted, text.spent


# -- line by line ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextChange:
    """The lines of a file that changed, with those around them."""

    lines: tuple[str, ...] = ()
    """Unified, from the first @@ on. Bytes that are not UTF-8 are surrogate escapes; line ends are left out,
    where a CR before one is kept."""
    added: int | None = None
    removed: int | None = None
    why_not: Why | None = None
    is_shortest: bool = True
    spent: int = 0
    """Of the effort."""


def text_of(change: FileChange, effort: int = EFFORT) -> TextChange:
    """Compare a file line by line; blocks, for a second or two at worst."""
    sides: list[list[str]] = []
    for entry in (change.old_entry, change.new_entry):
        try:
            data, is_whole = (b"", True) if entry is None else beginning(entry, MOST_TEXT_BYTES)
        except GoError:
            return TextChange(why_not=Why.UNREADABLE)
        if b"\0" in data[:_SNIFFED]:
            return TextChange(why_not=Why.BINARY)
        lines = data.decode("utf-8", "surrogateescape").split("\n")
        if not is_whole or len(lines) > MOST_TEXT_LINES:
            return TextChange(why_not=Why.LARGE)
        sides.append(lines)
    old, new = (_with_end(lines) for lines in sides)
    matches = match_lines(old, new, effort)
    added = len(new) - sum(count for _, _, count in matches.found)
    removed = len(old) - sum(count for _, _, count in matches.found)
    lines = list(_unified(old, new, [*matches.found, (len(old), len(new), 0)]))
    return TextChange(tuple(lines), added, removed, None, matches.is_shortest, matches.spent)


NO_NEWLINE = "\\ No newline at end of file"
_END = "\n"


def _with_end(lines: list[str]) -> list[str]:
    """Lines with their ends, as a last line without one is another line than the same with one."""
    *whole, last = lines
    return [line + _END for line in whole] + ([last] if last else [])


def _unified(old: list[str], new: list[str], matches: list[tuple[int, int, int]]) -> Iterator[str]:
    """Hunks: changes with at most CONTEXT equal lines around them; those that are near stand together."""
    hunk: list[str] = []
    start_a = start_b = 0
    a = b = 0
    for to_a, to_b, count in matches:
        if to_a > a or to_b > b:
            if not hunk:
                lead = min(CONTEXT, a, b)
                # Lines before the first change are equal on both sides: what was matched, or nothing.
                lead = _equal_before(old, new, a, b, lead)
                start_a, start_b = a - lead, b - lead
                hunk = [f" {line}" for line in old[a - lead : a]]
            hunk += [f"-{line}" for line in old[a:to_a]] + [f"+{line}" for line in new[b:to_b]]
        a, b = to_a, to_b
        is_last = a == len(old) and b == len(new)
        if hunk and (count > 2 * CONTEXT or is_last or (a + count == len(old) and b + count == len(new))):
            tail = min(CONTEXT, count)
            hunk += [f" {line}" for line in old[a : a + tail]]
            yield from _hunk(hunk, start_a, a + tail - start_a, start_b, b + tail - start_b)
            hunk = []
        elif hunk:
            hunk += [f" {line}" for line in old[a : a + count]]
        a, b = a + count, b + count


def _equal_before(old: list[str], new: list[str], a: int, b: int, most: int) -> int:
    lead = 0
    while lead < most and old[a - lead - 1] == new[b - lead - 1]:
        lead += 1
    return lead


def _hunk(lines: list[str], a: int, count_a: int, b: int, count_b: int) -> Iterator[str]:
    yield f"@@ -{_range(a, count_a)} +{_range(b, count_b)} @@"
    for line in lines:
        yield line.removesuffix(_END)
        if not line.endswith(_END):
            yield NO_NEWLINE


def _range(start: int, count: int) -> str:
    """As diff has it: from 1, of nothing the line before it; a single line without its count."""
    if count == 1:
        return str(start + 1)
    return f"{start + 1 if count else start},{count}"


def patch_head(change: FileChange) -> list[str]:
    """The lines above the hunks, as git writes them.

    Of what has none it is a line as diff(1) writes it, which git apply passes over: with git's own head, and
    without the bytes, it would refuse all of the patch.
    """
    old, new = git_name(f"a/{change.name}"), git_name(f"b/{change.name}")
    head = [f"diff --git {old} {new}"]
    if change.change is Change.ADDED:
        head.append("new file mode 100644")
        old = "/dev/null"
    elif change.change is Change.REMOVED:
        head.append("deleted file mode 100644")
        new = "/dev/null"
    if change.why_not is Why.BINARY:
        return [f"Binary files {old} and {new} differ"]
    if change.why_not is not None:
        return [f"Files {old} and {new} differ: {change.why_not.value}"]
    if change.added or change.removed:
        head += [f"--- {old}{_tab(old)}", f"+++ {new}{_tab(new)}"]
    return head


def _tab(name: str) -> str:
    """A name with a blank in it ends with a tab, where it is not in quotation marks."""
    return "\t" if " " in name and not name.startswith('"') else ""


def git_name(name: str) -> str:
    """A name as git quotes it (quote.c quote_c_style)."""
    data = name.encode("utf-8", "surrogateescape")
    simple = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}
    if not any(byte < 0x20 or byte >= 0x7F or byte in simple for byte in data):
        return name
    quoted = "".join(
        f"\\{simple[byte]}" if byte in simple
        else chr(byte) if 0x20 <= byte < 0x7F
        else f"\\{byte:03o}"
        for byte in data
    )  # fmt: skip
    return f'"{quoted}"'


def patch_of(change: FileChange) -> Iterator[str]:
    """The whole unified text of one file, line by line; compares it anew."""
    yield from patch_head(change)
    if change.why_not is None:
        yield from text_of(change).lines
