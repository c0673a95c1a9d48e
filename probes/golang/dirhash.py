"""The "h1:" hash of a file tree: what go.sum and the checksum database hold.

Source: golang.org/x/mod/sumdb/dirhash Hash1; the go.mod form is cmd/go/internal/modfetch/fetch.go goModSum.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterable

from probes.golang.errors import GoError


def name_bytes(name: str) -> bytes:
    """The bytes of a file name; one that is not UTF-8 is spelled with surrogate escapes."""
    return name.encode("utf-8", "surrogateescape")


def hash1(names: Iterable[str], open_file: Callable[[str], Iterable[bytes]]) -> str:
    """SHA-256 over one line per file, ``hex(sha256(content))  name``, in the order of the names' bytes.

    ``open_file`` gives a file's content in chunks; what it raises passes through. Raises GoError for a name
    with a newline in it, when its turn comes.
    """
    summary = hashlib.sha256()
    for name in sorted(names, key=name_bytes):
        if "\n" in name:
            raise GoError("dirhash: filenames with newlines are not supported")
        content = hashlib.sha256()
        for chunk in open_file(name):
            content.update(chunk)
        summary.update(content.hexdigest().encode() + b"  " + name_bytes(name) + b"\n")
    return "h1:" + b64encode(summary.digest()).decode()


def go_mod_hash(data: bytes) -> str:
    """The hash of a ``.mod`` file: that of a tree with the one file "go.mod"."""
    return hash1(["go.mod"], lambda _: [data])
