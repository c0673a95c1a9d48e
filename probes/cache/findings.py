"""What can be wrong in a module cache, what go does with it, and the smallest thing that mends it.

Nothing of it needs `go clean -modcache`: each file of a version stands for itself, and go fetches again what
is not there. What may be removed is therefore always a few files of one version (``Repair``).

Source: cmd/go/internal/modfetch/cache.go (readDiskStat, readDiskGoMod, DownloadDir), fetch.go (download,
downloadZip, hashZip, checkMod, unzip), modload/modfile.go goModSummary; the words in ``go_says`` were also
seen from the real go on caches that were damaged so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    BAD = "bad"
    """go fails at it, is misled by it, or `go mod verify` refuses it."""
    NOTE = "note"
    """Good to know; nothing is removed for it."""


class Kind(StrEnum):
    """What is wrong."""

    MOD_HTML = "mod-html"
    MOD_BROKEN = "mod-broken"
    MOD_OTHER_PATH = "mod-other-path"
    MOD_HUGE = "mod-huge"
    MOD_OLD = "mod-old"
    INFO_BROKEN = "info-broken"
    INFO_OTHER_VERSION = "info-other-version"
    ZIP_BROKEN = "zip-broken"
    ZIP_UNFIT = "zip-unfit"
    ZIP_HUGE = "zip-huge"
    ZIP_MODIFIED = "zip-modified"
    ZIPHASH_MISSING = "ziphash-missing"
    ZIPHASH_MALFORMED = "ziphash-malformed"
    ZIPHASH_OTHER = "ziphash-other"
    TREE_MODIFIED = "dir-modified"
    TREE_INCOMPLETE = "dir-incomplete"
    TREE_NO_FOLDER = "dir-no-folder"
    NOT_PLAIN = "not-plain"
    UNREADABLE = "unreadable"
    GO_SUM_OTHER = "go-sum-other"
    FOREIGN_OWNER = "foreign-owner"
    WORLD_WRITABLE = "world-writable"
    RECORD_BROKEN = "record-broken"
    TILE_BROKEN = "tile-broken"
    LINK = "link"
    LEFTOVER = "leftover"
    NO_CACHE = "no-cache"
    RELATIVE = "relative"
    NO_FOLDER = "no-folder"
    READ_ONLY = "read-only"
    DISK_FULL = "disk-full"
    NO_INODES = "no-inodes"
    STRANGE = "strange-name"


@dataclass(frozen=True, slots=True)
class Repair:
    """What mends it."""

    removes: tuple[str, ...] = ()
    """The files and folders that go, as they are named below GOMODCACHE."""
    rehash: bool = False
    """Whether the .ziphash is written anew from the .zip, as go does it."""
    why: str = ""
    """Why that is enough."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    kind: Kind
    level: Level
    file: str
    """Which file or folder, as it is named below GOMODCACHE; "" for all of it."""
    words: str
    """What is wrong with it, and how one sees that."""
    go_says: str
    """What go does with it, in its own words where it has some."""
    path: str = ""
    version: str = ""
    repair: Repair | None = None
    command: str = ""
    """What somebody may type who wants to mend what is not a matter of removing."""

    @property
    def is_bad(self) -> bool:
        """Whether something is to be done."""
        return self.level is Level.BAD
