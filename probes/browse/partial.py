"""A file that is being fetched, kept under another name until it is whole, so that a later run can go on.

Beside it stands a note: from which URL it comes, and what tells that the file there is still the same one
(RFC 9110 §8.8: a strong ETag, or a Last-Modified that is older than the answer). Without such a validator
nothing is ever resumed: two halves of two files would be worse than a second download. What is resumed is
looked over as a whole like anything else.

Only one process at a time writes a part: it holds a lock on it (flock), which ends with the process, however
that ends. Whoever finds it locked waits, and finds the file in its place afterwards.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO, cast

from probes.browse.tree import NOTE, Tree, sync_folder
from probes.golang.urls import GoURL
from probes.share.state import read_regular

LOCK_PAUSE_S = 0.1
"""How often a lock that somebody else holds is tried again."""
MOST_NOTE_BYTES = 1 << 16
_OLD_ENOUGH = timedelta(seconds=1)
"""RFC 9110 §8.8.2.2: a Last-Modified that is younger than this when it is sent is a weak one."""


def validator(headers: Mapping[str, str]) -> str:
    """What If-Range can be asked with (RFC 9110 §13.1.5): a strong ETag, else a strong date, else ""."""
    if headers.get("content-encoding", "identity").lower() != "identity":
        return ""  # it stands for the compressed bytes, which are not those that are kept
    etag = headers.get("etag", "").strip()
    if etag:
        return etag if etag.startswith('"') and len(etag) > 1 and etag.endswith('"') else ""
    modified, sent = _date(headers.get("last-modified", "")), _date(headers.get("date", ""))
    if modified is None or sent is None or sent - modified < _OLD_ENOUGH:
        return ""
    return headers["last-modified"].strip()


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text.strip())
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else None


class Part:
    """The begun file, written as it comes: what was written is there even when the process is killed."""

    def __init__(self, tree: Tree, target: Path, handle: int) -> None:
        self._tree = tree
        self._target = target
        self.path = tree.part(target)
        self._note_path = target.with_name(f".{target.name}{NOTE}")
        self._handle = handle
        self.size = os.lseek(handle, 0, os.SEEK_END)
        self.was_resumed = False
        """Whether the beginning came with another answer than the end."""
        self.on_write: Callable[[int], None] = lambda size: None

    @classmethod
    async def begin(cls, tree: Tree, target: Path) -> Part:
        """Open the part of a target, alone; waits while another process has it. Raises OSError."""
        path = tree.part(target)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        while True:
            handle = os.open(path, flags, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                await asyncio.sleep(LOCK_PAUSE_S)
                continue
            except BaseException:
                os.close(handle)
                raise
            if _is_at(handle, path):
                return cls(tree, target, handle)
            os.close(handle)  # it was put in its place, or thrown away, between the two calls

    # -- what it is a part of ------------------------------------------------------------------------

    def resumable(self, url: GoURL) -> str:
        """The validator to go on with, where this is the beginning of what stands at ``url``; else ""."""
        note = self._note()
        is_same = note.get("url") == _without_user(url)
        return note.get("validator", "") if is_same and self.size else ""

    def _note(self) -> dict[str, str]:
        try:
            found = json.loads(read_regular(self._note_path, MOST_NOTE_BYTES))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {key: value for key, value in found.items() if isinstance(value, str)}

    def restart(self, url: GoURL, headers: Mapping[str, str]) -> None:
        """Begin anew, with an answer that has these headers. Raises OSError."""
        os.ftruncate(self._handle, 0)
        os.lseek(self._handle, 0, os.SEEK_SET)
        self.size, self.was_resumed = 0, False
        found = validator(headers)
        if found and url.scheme in ("http", "https"):
            note = {"url": _without_user(url), "validator": found}
            self._tree.write(self._note_path, (json.dumps(note) + "\n").encode())
        else:
            self._note_path.unlink(missing_ok=True)

    def go_on(self) -> None:
        """What comes now belongs behind what is there."""
        os.lseek(self._handle, self.size, os.SEEK_SET)
        self.was_resumed = True

    # -- writing and reading -------------------------------------------------------------------------

    def write(self, data: bytes) -> int:
        """Write all of it. Raises OSError, with the name of the file."""
        rest = memoryview(data)
        try:
            while rest:
                done = os.write(self._handle, rest)
                self.size += done
                rest = rest[done:]
        except OSError as error:
            error.filename = str(self._target)
            raise
        self.on_write(self.size)
        return len(data)

    def reader(self) -> BinaryIO:
        """Another handle, to read it from the beginning; for the caller to close."""
        handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        return open(handle, "rb")

    def sink(self) -> BinaryIO:
        """This as what a fetcher writes into."""
        return cast(BinaryIO, self)

    # -- the end -------------------------------------------------------------------------------------

    def put_in_place(self) -> None:
        """It is whole: bring it to the disk and give it its name. Raises OSError."""
        os.fsync(self._handle)
        self.path.replace(self._target)
        self._note_path.unlink(missing_ok=True)
        sync_folder(self._target.parent)

    def empty(self) -> None:
        """What is there is of no use: nothing of it stays. Raises OSError."""
        os.ftruncate(self._handle, 0)
        self.size, self.was_resumed = 0, False
        self._note_path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of it; an empty one does not stay, nor does one that could never be resumed."""
        if _is_at(self._handle, self.path) and (not self.size or not self._note().get("validator")):
            for path in (self._note_path, self.path):
                with suppress(OSError):
                    path.unlink()
        os.close(self._handle)


def part_of(sink: object) -> Part | None:
    """The part that a sink is, if it is one."""
    return sink if isinstance(sink, Part) else None


def _is_at(handle: int, path: Path) -> bool:
    """Whether this is still the file with that name."""
    try:
        there = path.lstat()
    except OSError:
        return False
    here = os.fstat(handle)
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


def _without_user(url: GoURL) -> str:
    """The URL without user and password: it stands in a file."""
    return url.replace(user=None, password=None).string()
