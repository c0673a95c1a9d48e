"""The zip of one version: fetched, looked over, hashed, vouched for, and unpacked to nowhere.

Source: cmd/go/internal/modfetch/fetch.go (DownloadZip, downloadZip, hashZip, unzip). Content is judged after
the walk: no other hop is ever asked for bad bytes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, cast

from probes.golang import modzip
from probes.golang.goproxy import Hop
from probes.net.limits import Stalled
from probes.trace.events import Purpose
from probes.trace.repositories import Repositories
from probes.trace.walk import Walker

SPOOL_BYTES = 8 << 20
"""A zip larger than this is kept in a temporary file while it is hashed, not in memory."""

MOST_UNPACKED = 4 << 30
"""Bytes that are unpacked to be hashed; go has no such limit, and refuses more than 500 MiB afterwards."""


@contextmanager
def spool() -> Iterator[BinaryIO]:
    """Room for one zip."""
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as room:
        yield cast(BinaryIO, cast(IO[bytes], room))


async def fetch_zip(
    repositories: Repositories, walker: Walker, purpose: Purpose, path: str, version: str, file: BinaryIO
) -> str:
    """DownloadZip: ask hop after hop; returns the h1: hash, which somebody has vouched for.

    Raises GoError, Fatal where go exits, and Stalled.
    """

    async def fetch(hop: Hop) -> None:
        file.seek(0)
        file.truncate()
        await repositories.lookup(hop, path).zip(version, file)

    await walker.walk(purpose, version, fetch, path=path)
    size = file.seek(0, 2)
    # The file has a random number in its name until it is hashed.
    name = f"{repositories.zip_name(path, version)}*.tmp"
    modzip.check_download(path, version, file, size, zip_name=name)
    unpacked = modzip.most_unpacked(file, size)
    if unpacked > MOST_UNPACKED:
        raise Stalled(f"the zip unpacks to {unpacked >> 30} GiB; go would hash all of it, then refuse it")
    total = modzip.hash_zip(file, size, zip_name=name)
    await repositories.checksums.check(path, version, total)
    return total


def unzip(repositories: Repositories, path: str, version: str, file: BinaryIO) -> bytes | None:
    """modfetch unzip; returns the go.mod that would be extracted, None where none is. Raises GoError."""
    size = file.seek(0, 2)
    folder = repositories.folder_name(path, version)
    name = repositories.zip_name(path, version)
    modzip.check_zip(path, version, file, size, zip_name=name, folder=folder)
    return modzip.go_mod_of(path, version, file, size, folder=folder)
