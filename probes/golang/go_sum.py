"""go.sum: the hashes that a project has seen before.

A version in it may end in "/go.mod": then the hash is that of its go.mod, else that of its zip.

Source: cmd/go/internal/modfetch/fetch.go readGoSum, haveModSumLocked, checkModSum.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from probes.golang.dirhash import go_mod_hash
from probes.golang.errors import Fatal, GoError
from probes.golang.quote import fields

GO_MOD_SUFFIX = "/go.mod"
MOST_BYTES = 64 << 20
"""Bytes of a go.sum that are read; go has no limit."""
EMPTY_GO_MOD = go_mod_hash(b"")
"""An old bug wrote it for modules without a go.mod; go passes over such lines."""

MISMATCH = """

SECURITY ERROR
This download does NOT match an earlier download recorded in go.sum.
The bits may have been replaced on the origin server, or an attacker may
have intercepted the download attempt.

For more information, see 'go help module-auth'.
"""


def lines(data: bytes, file: str) -> Iterator[tuple[str, str, str]]:
    """The path, version and hash of each line that go heeds.

    Raises GoError at a malformed line, at which go exits.
    """
    for _, *words in numbered_lines(data, file):
        path, version, total = words
        yield path, version, total


def numbered_lines(data: bytes, file: str) -> Iterator[tuple[int, str, str, str]]:
    """The same, each behind its line number."""
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        words = fields(line)
        if not words:
            continue
        if len(words) != 3:
            raise GoError(f"malformed go.sum:\n{file}:{number}: wrong number of fields {len(words)}")
        if words[2] != EMPTY_GO_MOD:
            yield number, words[0], words[1], words[2]


def recorded(data: bytes, file: str, path: str, version: str) -> list[str]:
    """The hashes of a version in a go.sum; mostly one.

    Raises GoError for a malformed line anywhere, for go reads all of the file.
    """
    return [total for *key, total in lines(data, file) if key == [path, version]]


@dataclass(slots=True)
class GoSum:
    """The hashes of one or several go.sum files, by path and version."""

    hashes: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    name: str = "go.sum"
    """What go calls the file in a mismatch: "go.work.sum" in a workspace."""
    beside: list[tuple[str, dict[tuple[str, str], list[str]]]] = field(default_factory=list)
    """In a workspace: the go.sum of each of its modules by its name; ``hashes`` has theirs as well."""
    malformed: str = ""
    """What go prints, and exits, as soon as it needs any hash: there is a malformed line."""
    places: dict[tuple[str, str, str], tuple[str, int]] = field(default_factory=dict)
    """By path, version and hash: the first file and line that say so."""

    def add(self, data: bytes, file: str) -> None:
        """Take in a file. Raises GoError for a malformed line."""
        for number, path, version, total in numbered_lines(data, file):
            self.hashes.setdefault((path, version), []).append(total)
            self.places.setdefault((path, version, total), (file, number))

    def copy(self) -> GoSum:
        """One that can be added to without changing this one."""
        hashes = {key: list(totals) for key, totals in self.hashes.items()}
        return dataclasses.replace(self, hashes=hashes)

    def note(self, path: str, version: str, total: str) -> None:
        """Add a hash as go does in memory (addModSumLocked): to its own file, not those beside it."""
        known = self.hashes.setdefault((path, version), [])
        theirs = sum(len(hashes.get((path, version), ())) for _, hashes in self.beside)
        known.insert(len(known) - theirs, total)

    def where(self, path: str, version: str, total: str) -> str:
        """The line that has a hash, "go.sum:12", behind its folder's name in a workspace; "" for none."""
        file, number = self.places.get((path, version, total), ("", 0))
        folder, _, name = file.rpartition("/")
        inside = f"{folder.rpartition('/')[2]}/" if any(file == one for one, _ in self.beside) else ""
        return f"{inside}{name}:{number}" if file else ""

    def add_beside(self, data: bytes, file: str) -> None:
        """Take in the go.sum of a module of the workspace, after go.work.sum. Raises GoError."""
        found = GoSum()
        found.add(data, file)
        for key, totals in found.hashes.items():
            self.hashes.setdefault(key, []).extend(totals)
        for place, where in found.places.items():
            self.places.setdefault(place, where)
        self.beside.append((file, found.hashes))

    def zips(self) -> list[tuple[str, str]]:
        """The versions whose zip it vouches for."""
        return [key for key in self.hashes if not key[1].endswith(GO_MOD_SUFFIX)]

    def mods(self) -> list[tuple[str, str]]:
        """The versions whose go.mod it vouches for."""
        found = [(path, version) for path, version in self.hashes if version.endswith(GO_MOD_SUFFIX)]
        return [(path, version.removesuffix(GO_MOD_SUFFIX)) for path, version in found]

    def require_readable(self) -> None:
        """Raise Fatal for a malformed file (initGoSum): go reads it when it first looks for a hash."""
        if self.malformed:
            raise Fatal(self.malformed)

    def knows(self, path: str, version: str, total: str) -> bool:
        """Whether it vouches for this hash (haveModSumLocked). Raises Fatal where it has another one, or
        cannot be read."""
        self.require_readable()
        key = path, version
        known = self.hashes.get(key, [])
        theirs = [(file, hashes.get(key, ())) for file, hashes in self.beside]
        for one in known[: len(known) - sum(len(totals) for _, totals in theirs)]:
            if one == total:
                return True
            if one.startswith("h1:"):
                raise Mismatch(path, version, total, one, self.name)
        found = False
        for file, totals in theirs:
            for one in totals:
                if one != total and one.startswith("h1:"):
                    raise Mismatch(path, version, total, one, file)
                found = found or one == total
        return found


class Mismatch(Fatal):
    """go.sum has another hash: go prints this and exits."""

    def __init__(self, path: str, version: str, downloaded: str, known: str, file: str) -> None:
        super().__init__(mismatch(path, version, downloaded, known, file))
        self.known = known


def mismatch(path: str, version: str, downloaded: str, recorded_sum: str, file: str = "go.sum") -> str:
    """What go says, and exits, when a download is not what go.sum has."""
    return (
        f"verifying {path}@{version}: checksum mismatch\n\tdownloaded: {downloaded}\n"
        f"\t{file}:     {recorded_sum}{MISMATCH}"
    )


def unknown_hashes(path: str, version: str, total: str, known: Iterable[str]) -> str:
    """What go warns of when go.sum has hashes of unknown kinds only (addModSumLocked)."""
    listed = ", ".join(known)
    return (
        f"warning: verifying {path}@{version}: unknown hashes in go.sum: {listed}; adding {total}"
        "\n\nSECURITY WARNING"
        "\nThis download is listed in go.sum, but using an unknown hash algorithm."
        "\nThe download cannot be verified."
        "\n\nFor more information, see 'go help module-auth'.\n"
    )
