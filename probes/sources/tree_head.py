"""The signed tree head that go remembers from earlier runs: GOPATH/pkg/sumdb/NAME/latest.

Source: cmd/go/internal/modfetch/sumdb.go dbClient.ReadConfig. It survives `go clean -modcache`. It is read
here and never written.
"""

from __future__ import annotations

from pathlib import Path

MAX_HEAD_BYTES = 1 << 20


def read_tree_head(gopath: str, file: str) -> bytes:
    """The remembered head; b"" when there is none. ``file`` is "NAME/latest"."""
    first = gopath.split(":", 1)[0]
    if not first or ".." in file.split("/"):
        return b""
    try:
        with open(Path(first, "pkg/sumdb", file), "rb") as stored:
            return stored.read(MAX_HEAD_BYTES)
    except OSError:
        return b""
