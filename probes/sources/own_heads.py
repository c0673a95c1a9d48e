"""The tree heads that modtrace itself has met, kept apart from go's.

A checksum database must never take anything back. Go notices when it does, but only against the one head in
GOPATH/pkg/sumdb, which a fresh container does not have. modtrace keeps the newest head that it has seen of
each database in a folder of its own, by the database's name and the hash of its key: two keys of one name are
two databases. A head is a signed note, so that what stands in the file needs no trust: what the key did not
sign is no head.

What comes out of the comparison is modtrace's own finding. The verdict stays go's.

Source: golang.org/x/mod/sumdb Client.mergeLatest and checkTrees, for what is compared.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from urllib.parse import quote

from probes.golang.errors import GoError
from probes.golang.note import Verifier
from probes.golang.tlog import Tree
from probes.share.state import PRIVATE_FILE, make_private, read_regular, write_private
from probes.sources.checksum_database import NotRead, SumDBClient, open_tree
from probes.sources.log_tiles import NotAtHand
from probes.sources.tree_head import MAX_HEAD_BYTES

FOLDER = "sumdb"
_LONGEST_NAME = 150
_WAITS_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
"""How long another modtrace is waited for, that remembers a head: it writes one small file."""


class Timeline(Enum):
    """How the newest tree of a run stands to the one that modtrace remembers."""

    FIRST = "first"
    """None was remembered."""
    SAME = "same"
    GROWN = "grown"
    """The remembered tree is its beginning."""
    OLDER = "older"
    """It is the beginning of the remembered tree: a copy lags behind, or an old head is replayed."""
    SHORTER = "shorter"
    """It is smaller than the remembered tree, and nobody showed that it is the beginning of that."""
    TAKEN_BACK = "taken back"
    """It is smaller, and the database no longer has the rest."""
    FORKED = "forked"
    """The two have different histories."""
    UNTOLD = "untold"
    """It is larger, and the tiles at hand do not show whether the remembered tree is its beginning."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The newest tree of a run beside the one that modtrace remembers."""

    timeline: Timeline
    remembered: Tree | None
    latest: Tree


class OwnHeads:
    """The heads in modtrace's state folder; ``folder`` is None where there is no home."""

    def __init__(self, state: Path | None) -> None:
        self._folder = None if state is None else state / FOLDER

    def place(self, verifier: Verifier) -> Path | None:
        """The file of a database."""
        if self._folder is None:
            return None
        name = quote(verifier.name, safe="")
        if len(name) > _LONGEST_NAME:
            name = hashlib.sha256(verifier.name.encode("utf-8", "surrogateescape")).hexdigest()
        return self._folder / f"{name}+{verifier.key_hash:08x}"

    def read(self, verifier: Verifier) -> Tree | None:
        """The remembered tree; None where there is none, or none that the key signed."""
        place = self.place(verifier)
        if place is None:
            return None
        try:
            return open_tree(read_regular(place, MAX_HEAD_BYTES), verifier)
        except (OSError, ValueError, GoError):
            return None

    def remember(self, verifier: Verifier, note: bytes) -> None:
        """Keep a head if it is newer than the one that is there; what cannot be written is forgotten."""
        place = self.place(verifier)
        if place is None:
            return
        with suppress(OSError, UnicodeDecodeError, GoError):
            new = open_tree(note, verifier)
            with _alone(place):
                known = self.read(verifier)
                if known is None or known.size < new.size:
                    write_private(place, note.decode())


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Only one modtrace at a time compares a head and takes its place.

    Raises OSError, also where another one holds the lock for longer than such a thing takes: it may have been
    stopped, and nobody waits for it.
    """
    import fcntl

    make_private(place.parent)
    # A FIFO is no lock, and is not waited for; a link would make a file elsewhere.
    flags = os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
    lock = os.open(place.parent / "lock", flags, PRIVATE_FILE)
    try:
        for wait in (*_WAITS_S, None):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if wait is None:
                    raise
                time.sleep(wait)
        yield
    finally:
        os.close(lock)


async def compare_with_own(client: SumDBClient, own: Tree | None, *, at_hand: bool) -> Compared:
    """Where a client's newest tree stands, seen from the one that modtrace remembers.

    ``at_hand``: nobody is asked for more tiles than the client has read, for a trace asks what go asks.
    """
    latest = client.latest
    if own is None:
        return Compared(Timeline.FIRST, None, latest)
    if own.size == latest.size:
        return Compared(Timeline.SAME if own == latest else Timeline.FORKED, own, latest)
    has_grown = own.size < latest.size
    older, newer = (own, latest) if has_grown else (latest, own)
    try:
        root = await client.root_of_first(older.size, newer, at_hand=at_hand)
    except NotAtHand:
        return Compared(Timeline.UNTOLD if has_grown else Timeline.SHORTER, own, latest)
    except NotRead as error:
        gone = error.not_exist and not has_grown
        unproved = Timeline.UNTOLD if has_grown else Timeline.SHORTER
        return Compared(Timeline.TAKEN_BACK if gone else unproved, own, latest)
    except GoError:
        # Tiles that do not add up to a root that the key signed: another history, or somebody changed them.
        return Compared(Timeline.FORKED, own, latest)
    if root != older.root:
        return Compared(Timeline.FORKED, own, latest)
    return Compared(Timeline.GROWN if has_grown else Timeline.OLDER, own, latest)
