"""The signed tree head that go remembers from earlier runs: GOPATH/pkg/sumdb/NAME/latest.

Source: cmd/go/internal/modfetch/sumdb.go dbClient.ReadConfig. It survives `go clean -modcache`. It is read
here and never written.
"""

from __future__ import annotations

from pathlib import Path

from probes.golang.errors import GoError
from probes.golang.os_errors import errno_words
from probes.share.state import TooLarge, open_regular, read_regular

MAX_HEAD_BYTES = 1 << 20
MAX_CACHED_BYTES = 8 << 20
"""A lookup or a tile is some kilobytes long."""


class UnreadableHead(GoError):
    """There is a remembered tree head, and go cannot read it."""


def read_tree_head(gopath: str, file: str) -> bytes:
    """The remembered head; b"" when there is none. ``file`` is "NAME/latest".

    Raises UnreadableHead in go's words. What is no plain file is none for us, where go would wait for it.
    """
    first = gopath.split(":", 1)[0]
    if not first or ".." in file.split("/"):
        return b""
    path = Path(first, "pkg/sumdb", file)
    try:
        with open_regular(path) as stored:
            return stored.read(MAX_HEAD_BYTES)
    except (FileNotFoundError, ValueError):  # ValueError: a name that no file can have
        return b""
    except OSError as error:
        if path.is_dir():
            raise UnreadableHead(f"read {path}: is a directory") from error
        raise UnreadableHead(f"open {path}: {errno_words(error)}") from error


def read_cached(gomodcache: str, file: str) -> bytes | None:
    """A lookup or a tile of earlier runs, GOMODCACHE/cache/download/sumdb/NAME/…; None when it cannot be had.

    Source: dbClient.ReadCache, which takes an empty file for none.
    """
    if not gomodcache.startswith("/") or ".." in file.split("/"):
        return None
    try:
        return read_regular(Path(gomodcache, "cache/download/sumdb", file), MAX_CACHED_BYTES) or None
    except (OSError, TooLarge, ValueError):
        return None
