"""go.sum: the hashes that a project has seen before.

A version in it may end in "/go.mod": then the hash is that of its go.mod, else that of its zip.

Source: cmd/go/internal/modfetch/fetch.go readGoSum, haveModSumLocked, checkModSum.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        words = fields(line)
        if not words:
            continue
        if len(words) != 3:
            raise GoError(f"malformed go.sum:\n{file}:{number}: wrong number of fields {len(words)}")
        if words[2] != EMPTY_GO_MOD:
            yield words[0], words[1], words[2]


def recorded(data: bytes, file: str, path: str, version: str) -> list[str]:
    """The hashes of a version in a go.sum; mostly one.

    Raises GoError for a malformed line anywhere, for go reads all of the file.
    """
    return [total for *key, total in lines(data, file) if key == [path, version]]


@dataclass(slots=True)
class GoSum:
    """The hashes of one or several go.sum files, by path and version."""

    hashes: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, data: bytes, file: str) -> None:
        """Take in a file. Raises GoError for a malformed line."""
        for path, version, total in lines(data, file):
            self.hashes.setdefault((path, version), []).append(total)

    def zips(self) -> list[tuple[str, str]]:
        """The versions whose zip it vouches for."""
        return [key for key in self.hashes if not key[1].endswith(GO_MOD_SUFFIX)]

    def mods(self) -> list[tuple[str, str]]:
        """The versions whose go.mod it vouches for."""
        found = [(path, version) for path, version in self.hashes if version.endswith(GO_MOD_SUFFIX)]
        return [(path, version.removesuffix(GO_MOD_SUFFIX)) for path, version in found]

    def knows(self, path: str, version: str, total: str) -> bool:
        """Whether it vouches for this hash (haveModSumLocked). Raises Fatal where it has another one."""
        for known in self.hashes.get((path, version), ()):
            if known == total:
                return True
            if known.startswith("h1:"):
                raise Fatal(mismatch(path, version, total, known))
        return False


def mismatch(path: str, version: str, downloaded: str, recorded_sum: str) -> str:
    """What go says, and exits, when a download is not what go.sum has."""
    return (
        f"verifying {path}@{version}: checksum mismatch\n\tdownloaded: {downloaded}\n"
        f"\tgo.sum:     {recorded_sum}{MISMATCH}"
    )
