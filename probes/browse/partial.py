"""A file that is being fetched, kept under another name until it is whole, so that a later run can go on.

Beside it stands a note: from which URL it comes, and what tells that the file there is still the same one
(RFC 9110 §8.8: a strong ETag, or a Last-Modified that is older than the answer). Without such a validator
nothing is ever resumed: two halves of two files would be worse than a second download. What is resumed is
looked over as a whole like anything else.

Only one process at a time writes a part: it holds a lock on it (flock), which ends with the process, however
that ends. Whoever finds it locked waits, and finds the file in its place afterwards.

What stands under that name and is no plain file of one name and of ours is put away first: to write into a
hard link is to write into the file that somebody has under another name.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO, cast

from probes.browse.tree import NOTE, Tree, sync_handle, write_in
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

    def __init__(self, tree: Tree, target: Path, handle: int, folder: int) -> None:
        self._target = target
        self.path = tree.part(target)
        self._note_path = target.with_name(f".{target.name}{NOTE}")
        self._handle = handle
        self._folder = folder
        """The folder of both: whatever becomes of its name, it is this one that is written into."""
        self.size = os.lseek(handle, 0, os.SEEK_END)
        self.was_resumed = False
        """Whether the beginning came with another answer than the end."""
        self.on_write: Callable[[int], None] = lambda size: None

    @classmethod
    async def begin(cls, tree: Tree, target: Path) -> Part:
        """Open the part of a target, alone; waits while another process has it. Raises OSError."""
        name, folder = tree.part(target).name, tree.enter(target.parent)
        try:
            while True:
                handle = _locked(name, folder)
                if handle is not None:
                    return cls(tree, target, handle, folder)
                await asyncio.sleep(LOCK_PAUSE_S)
        except BaseException as error:
            os.close(folder)
            if isinstance(error, OSError):
                error.filename = str(tree.part(target))
            raise

    # -- what it is a part of ------------------------------------------------------------------------

    def resumable(self, url: GoURL) -> str:
        """The validator to go on with, where this is the beginning of what stands at ``url``; else ""."""
        note = self._note()
        is_same = note.get("url") == _without_user(url)
        known = note.get("validator", "") if is_same and self.size else ""
        return known if known.isascii() and known.isprintable() else ""  # it becomes a header

    def _note(self) -> dict[str, str]:
        try:
            found = json.loads(read_regular(self._note_path, MOST_NOTE_BYTES))  # a link is only read
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
            write_in(self._folder, self._note_path.name, (json.dumps(note) + "\n").encode())
        else:
            self._forget_note()

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
        """Another handle, to read it from the beginning; for the caller to close. Raises OSError."""
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        handle = os.open(self.path.name, flags, dir_fd=self._folder)
        if not os.path.samestat(os.fstat(handle), os.fstat(self._handle)):
            os.close(handle)
            raise self._taken_away()
        return open(handle, "rb")

    def sink(self) -> BinaryIO:
        """This as what a fetcher writes into."""
        return cast(BinaryIO, self)

    # -- the end -------------------------------------------------------------------------------------

    def put_in_place(self) -> None:
        """It is whole: bring it to the disk and give it its name. Raises OSError."""
        os.fsync(self._handle)
        if not _is_at(self._handle, self.path.name, self._folder):
            raise self._taken_away()
        try:
            names = self.path.name, self._target.name
            os.replace(*names, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        except OSError as error:
            error.filename, error.filename2 = str(self._target), None
            raise
        self._forget_note()
        sync_handle(self._folder)

    def _taken_away(self) -> OSError:
        return OSError(errno.ESTALE, "somebody has put another file in its place", str(self.path))

    def _forget_note(self) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self._note_path.name, dir_fd=self._folder)

    def empty(self) -> None:
        """What is there is of no use: nothing of it stays. Raises OSError."""
        os.ftruncate(self._handle, 0)
        self.size, self.was_resumed = 0, False
        self._forget_note()

    def close(self) -> None:
        """Let go of it; an empty one does not stay, nor does one that could never be resumed."""
        is_ours = _is_at(self._handle, self.path.name, self._folder)
        if is_ours and (not self.size or not self._note().get("validator")):
            for path in (self._note_path, self.path):
                with suppress(OSError):
                    os.unlink(path.name, dir_fd=self._folder)
        os.close(self._handle)
        os.close(self._folder)


def part_of(sink: object) -> Part | None:
    """The part that a sink is, if it is one."""
    return sink if isinstance(sink, Part) else None


def _locked(name: str, folder: int) -> int | None:
    """A part, open and locked; None where somebody else has it. Raises OSError."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
    while True:
        handle = os.open(name, flags, 0o666, dir_fd=folder)
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1 or found.st_uid != os.geteuid():
                if _is_at(handle, name, folder):
                    os.unlink(name, dir_fd=folder)
                os.close(handle)
                continue
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        except BaseException:
            os.close(handle)
            raise
        if _is_at(handle, name, folder):
            return handle
        os.close(handle)  # it was put in its place, or thrown away, between the two calls


def _is_at(handle: int, name: str, folder: int) -> bool:
    """Whether this is still the file with that name."""
    try:
        there = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return os.path.samestat(there, os.fstat(handle))


def _without_user(url: GoURL) -> str:
    """The URL without user and password: it stands in a file."""
    return url.replace(user=None, password=None).string()
