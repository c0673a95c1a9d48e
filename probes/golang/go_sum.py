"""go.sum: the hashes that a project has seen before.

Source: cmd/go/internal/modfetch/fetch.go readGoSum, haveModSumLocked.
"""

from __future__ import annotations

from probes.golang.dirhash import go_mod_hash
from probes.golang.errors import GoError
from probes.golang.quote import fields

EMPTY_GO_MOD = go_mod_hash(b"")
"""An old bug wrote it for modules without a go.mod; go passes over such lines."""

MISMATCH = """

SECURITY ERROR
This download does NOT match an earlier download recorded in go.sum.
The bits may have been replaced on the origin server, or an attacker may
have intercepted the download attempt.

For more information, see 'go help module-auth'.
"""


def recorded(data: bytes, file: str, path: str, version: str) -> list[str]:
    """The hashes of a version in a go.sum, of its go.mod when ``version`` ends in "/go.mod"; mostly one.

    Raises GoError for a malformed line anywhere, for go reads all of the file and exits.
    """
    found = []
    for number, line in enumerate(data.split(b"\n"), 1):
        words = fields(line.decode("utf-8", "surrogateescape"))
        if words and len(words) != 3:
            raise GoError(f"malformed go.sum:\n{file}:{number}: wrong number of fields {len(words)}")
        if words[:2] == [path, version] and words[2] != EMPTY_GO_MOD:
            found.append(words[2])
    return found


def mismatch(path: str, version: str, downloaded: str, recorded_sum: str) -> str:
    """What go says, and exits, when a download is not what go.sum has; ``version`` as in ``recorded``."""
    return (
        f"verifying {path}@{version}: checksum mismatch\n\tdownloaded: {downloaded}\n"
        f"\tgo.sum:     {recorded_sum}{MISMATCH}"
    )
