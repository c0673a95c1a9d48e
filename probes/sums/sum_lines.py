"""The go.sum files of a project, line by line, whatever is wrong with them.

go reads words and no more: a line with three of them is a hash, a blank one is passed over, any other ends
the run, but for `go mod tidy`, which passes over it. So a carriage return is nothing to it, and the line
``>>>>>>> theirs (abc)`` of a merge is the hash "(abc)" of a module called ">>>>>>>".

Source: cmd/go/internal/modfetch/fetch.go readGoSum.
"""

from __future__ import annotations

import binascii
import errno
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from probes.golang import semver
from probes.golang.go_sum import EMPTY_GO_MOD, GO_MOD_SUFFIX, MOST_BYTES, GoSum
from probes.golang.os_errors import errno_words
from probes.golang.quote import fields, first_fields
from probes.share.state import TooLarge, read_regular

MOST_LINES = 200_000
"""Lines of a file that are looked at; the largest go.sum of the open world have some ten thousand."""
MOST_MALFORMED = 1000
"""Lines of a file that are kept though they are no hashes."""
MOST_SHOWN = 200
"""Characters of such a line that are kept."""
NO_FILE, DENIED = "it is no file", "permission denied"
"""Two of the problems that a file may have."""
BYTE_ORDER_MARK = "\ufeff"

_CONFLICT = re.compile(r"(<{7}|>{7}|\|{7}|={7})(?:[ \t].*)?\r?", re.DOTALL)
"""How git marks what it could not merge: seven signs at the beginning of a line."""

Key = tuple[str, str]
"""A path, and a version that ends in "/go.mod" where the hash is that of the go.mod."""


@dataclass(frozen=True, slots=True)
class SumLine:
    """A line that is not blank."""

    number: int
    path: str
    version: str
    sum: str
    words: int = 3
    text: str = ""
    """The line itself where it is no hash."""
    is_marker: bool = False

    @property
    def key(self) -> Key:
        """What the hash is of."""
        return self.path, self.version

    @property
    def is_hash(self) -> bool:
        """Whether go takes it for one."""
        return self.words == 3

    @property
    def is_heeded(self) -> bool:
        """Whether go keeps what it read."""
        return self.is_hash and self.sum != EMPTY_GO_MOD

    @property
    def bare_version(self) -> str:
        """The version, of the go.mod or of the zip."""
        return self.version.removesuffix(GO_MOD_SUFFIX)

    @property
    def is_of_go_mod(self) -> bool:
        """Whether it is the hash of a go.mod."""
        return self.version.endswith(GO_MOD_SUFFIX)


@dataclass(slots=True)
class SumFile:
    """One go.sum, or a go.work.sum."""

    path: Path
    name: str
    """As people and commands call it: seen from the folder of the project."""
    told: str = "go.sum"
    """As go calls it in a mismatch."""
    lines: list[SumLine] = field(default_factory=list)
    exists: bool = True
    problem: str = ""
    """Why it could not be read."""
    left_out: int = 0
    """From which line on nothing was looked at; 0 where all was."""
    malformed: int = 0
    """Lines that go stops at."""
    with_return: int = 0
    """Lines that end in CR LF."""
    has_mark: bool = False
    """It begins with a byte order mark, which go takes for a part of the first path."""

    def hashes(self) -> Iterator[SumLine]:
        """The lines that go heeds, without the marks of a merge that happen to have three words."""
        return (line for line in self.lines if line.is_heeded and not line.is_marker)


def read_sum_file(path: Path) -> SumFile:
    """A file with everything that stands in it. Raises nothing for what the disk does."""
    file = SumFile(path, str(path))
    try:
        data = read_regular(path, MOST_BYTES)
    except FileNotFoundError:
        file.exists = False
        return file
    except TooLarge:
        file.problem = f"it is larger than {MOST_BYTES >> 20} MB"
        return file
    except (OSError, ValueError) as error:
        code = error.errno if isinstance(error, OSError) else None
        words = errno_words(error) if isinstance(error, OSError) else str(error)
        file.problem = NO_FILE if code in (errno.ENXIO, errno.EINVAL) else words
        return file
    parse_sum_file(file, data)
    return file


def parse_sum_file(file: SumFile, data: bytes) -> None:
    """Take in the content of a file."""
    for number, raw in _lines(data):
        text = raw.decode("utf-8", "surrogateescape")
        if number == 1 and text.startswith(BYTE_ORDER_MARK):
            file.has_mark = True
        words = first_fields(text, 4)
        if not words:
            continue
        if len(file.lines) >= MOST_LINES:
            file.left_out = number
            return
        file.with_return += text.endswith("\r")
        marker = _CONFLICT.fullmatch(text)
        if len(words) == 3:
            path, version, total = words
            short = text[:MOST_SHOWN] if marker else ""
            file.lines.append(SumLine(number, path, version, total, 3, short, marker is not None))
            continue
        file.malformed += 1
        if file.malformed <= MOST_MALFORMED:
            count = len(fields(text)) if len(words) == 4 else len(words)
            file.lines.append(
                SumLine(number, "", "", "", count, text.rstrip("\r")[:MOST_SHOWN], marker is not None)
            )


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines with their numbers, one at a time: a file of 64 MB may have as many."""
    begin, number = 0, 1
    while begin < len(data):
        end = data.find(b"\n", begin)
        end = len(data) if end < 0 else end
        if end > begin:
            yield number, data[begin:end]
        begin, number = end + 1, number + 1


class SumBook:
    """All go.sum files of a project; as a ReadSums of probes.project.project it never refuses."""

    def __init__(self) -> None:
        self.files: list[SumFile] = []

    def __call__(self, files: Iterable[Path]) -> GoSum:
        """Read these, and say what `go mod tidy` would take of them."""
        self.files = [read_sum_file(path) for path in files]
        if any(file.path.name == "go.work.sum" for file in self.files):
            for file in self.files:
                file.told = "go.work.sum" if file.path.name == "go.work.sum" else str(file.path)
        return self.go_sum()

    def go_sum(self) -> GoSum:
        """What go heeds."""
        found = GoSum()
        for file in self.files:
            for line in file.hashes():
                found.hashes.setdefault(line.key, []).append(line.sum)
        return found

    def by_key(self) -> dict[Key, list[tuple[SumFile, SumLine]]]:
        """Where each hash stands, in the order of the files."""
        found: dict[Key, list[tuple[SumFile, SumLine]]] = {}
        for file in self.files:
            for line in file.hashes():
                found.setdefault(line.key, []).append((file, line))
        return found


def is_whole(total: str) -> bool:
    """Whether a hash is what go writes: "h1:" and 32 bytes in base64."""
    try:
        raw = b64decode(total.removeprefix("h1:").encode("ascii"), validate=True)
    except (binascii.Error, ValueError, UnicodeEncodeError):
        return False
    return total.startswith("h1:") and len(total) == 47 and len(raw) == 32


def first_out_of_order(lines: Iterable[SumLine]) -> SumLine | None:
    """The first line that go would write before the one above it (module.Sort)."""
    above: SumLine | None = None
    for line in lines:
        if above is not None and _compare(line, above) < 0:
            return line
        above = line
    return None


def _compare(one: SumLine, other: SumLine) -> int:
    if one.path != other.path:
        return -1 if _bytes(one.path) < _bytes(other.path) else 1
    version, slash, rest = one.version.partition("/")
    other_version, other_slash, other_rest = other.version.partition("/")
    order = semver.compare(version, other_version) if version != other_version else 0
    if version != other_version:
        return order
    tail, other_tail = slash + rest, other_slash + other_rest
    return (tail > other_tail) - (tail < other_tail)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
