"""Hashing many module zips and folders at once: what `go mod verify` does with a module cache.

Threads are enough: reading, zlib and SHA-256 all let the other threads run. A zip is hashed as go hashes it,
damaged entries and all (``modzip.hash_zip``); a folder as dirhash.HashDir does.

Source: cmd/go/internal/modcmd/verify.go verifyMod; golang.org/x/mod/sumdb/dirhash HashZip, HashDir, DirFiles.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from probes.golang.dirhash import DirectoryHash, TooMuch, hash_directory
from probes.golang.errors import GoError
from probes.golang.modzip import ZipHash, hash_zip_files
from probes.golang.os_errors import errno_words

WAITING = 4
"""Pieces of work that lie ready for each worker: the list of work may be long, and made as it goes."""


@dataclass(frozen=True, slots=True)
class HashWork:
    """A zip, or a folder to be hashed under a prefix."""

    path: Path
    prefix: str = ""
    """``MODULE@VERSION`` for a folder; "" for a zip."""
    most_bytes: int = 0
    """Of a zip that unpacks to more, or a folder that holds more, the hash is not made; 0: of each it is."""


@dataclass(frozen=True, slots=True)
class Hashed:
    """What became of one piece of work."""

    work: HashWork
    sum: str = ""
    """``h1:…``; "" where there is none."""
    error: str | None = None
    """Why there is none, in go's words."""
    missing: bool = False
    """There is no such file or folder, which go mod verify passes over."""
    too_much: bool = False
    """It was not hashed, for it is a zip that unpacks to too much, or a folder that holds too much."""
    files: int = 0
    bytes: int = 0
    """Of the contents, decompressed."""


def verify_many(
    work: Iterable[HashWork], workers: int = 0, is_wanted: Callable[[], bool] = lambda: True
) -> Iterator[Hashed]:
    """Hash every zip and folder, several at once, and tell each as it is done; not in order.

    With 0 ``workers`` as many as there are processors, as go does. Whoever stops taking results stops the
    work; where that is somebody in another thread, ``is_wanted`` says so, and Abandoned is raised soon after.
    Raises nothing for what is on the disk.
    """
    stop = Event()
    workers = workers or os.cpu_count() or 1
    waiting: set[Future[Hashed]] = set()
    with ThreadPoolExecutor(workers, "hash") as pool:
        try:
            for one in work:
                waiting.add(pool.submit(hashed, one, lambda: is_wanted() and not stop.is_set()))
                if len(waiting) >= WAITING * workers:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        finally:
            stop.set()
            for future in waiting:
                future.cancel()


def hashed(work: HashWork, is_wanted: Callable[[], bool] = lambda: True) -> Hashed:
    """Hash one zip or folder. Raises Abandoned soon after ``is_wanted`` says no."""
    found: ZipHash | DirectoryHash
    try:
        if work.prefix:
            found = hash_directory(work.path, work.prefix, is_wanted, most_bytes=work.most_bytes)
        else:
            with work.path.open("rb", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size
                found = hash_zip_files(
                    file, size, zip_name=str(work.path), is_wanted=is_wanted, most_bytes=work.most_bytes
                )
    except GoError as error:
        return Hashed(work, error=str(error), too_much=isinstance(error, TooMuch))
    except OSError as error:
        return Hashed(work, error=_words(work, error), missing=isinstance(error, FileNotFoundError))
    return Hashed(work, found.sum, files=found.files, bytes=found.bytes)


def _words(work: HashWork, error: OSError) -> str:
    """What go says: Walk looks at the folder first, everything else is opened, what is open is read."""
    if error.filename is None:
        return f"read {work.path}: {errno_words(error)}"
    call = "lstat" if work.prefix and error.filename == str(work.path) else "open"
    return f"{call} {error.filename}: {errno_words(error)}"
