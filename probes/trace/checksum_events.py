"""What a trace says of hashes: who is asked about each, what is proved, what becomes of it.

Events like those of events.py, where the union of all is.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Sworn(StrEnum):
    """Who is asked about a hash (modfetch checkModSum, useSumDB)."""

    GO_SUM = "go.sum"
    """go.sum has it: nobody else is asked."""
    OFF = "off"
    """GOSUMDB=off: accepted unseen."""
    PRIVATE = "private"
    """GONOSUMDB matches: accepted unseen."""
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class ChecksumRouted:
    """Who will be asked about a hash, before anybody is: told once for each hash."""

    kind: ClassVar[str] = "checksum.routed"
    at: float
    what: str
    """"go.mod" or "module"."""
    path: str
    version: str
    """Without "/go.mod"."""
    sworn: Sworn
    because: str
    """One short sentence: the setting, the pattern, the line of go.sum."""
    rule: str
    where: str = ""
    """"go.sum:12" where a line decides."""


@dataclass(frozen=True, slots=True)
class HeadChecked:
    """A signed tree head was met: who signed it, and whether it continues the one that was known."""

    kind: ClassVar[str] = "checksum.head"
    at: float
    database: str
    size: int
    """Records in the tree."""
    root: str
    """Base64."""
    known_size: int
    """Of the newest head known before; 0 where none was."""
    known_by: str
    """Who remembered that one: "go", "modtrace", "this run", or ""."""
    when: str
    """A value of checksum_database.When: "past", "now", "future"."""


@dataclass(frozen=True, slots=True)
class ProofStep:
    """One node of a Merkle path: two children hashed into their parent (RFC 6962 2.1.1)."""

    level: int
    """Of the parent; a leaf is on level 0."""
    side: str
    """"left" or "right": where the sibling stands."""
    sibling: str
    """Base64."""
    node: str
    """The parent's hash, base64."""
    tile: str = ""
    """The tile that has the sibling: "8/1/000.p/12"; "" where it was computed."""


@dataclass(frozen=True, slots=True)
class RecordProved:
    """A record of the checksum database was proved to be in the signed tree."""

    kind: ClassVar[str] = "checksum.proved"
    at: float
    database: str
    path: str
    version: str
    record: int
    """Its number in the log."""
    lines: tuple[str, ...]
    """The go.sum lines it is made of."""
    leaf: str
    """Its hash, base64."""
    size: int
    root: str
    steps: tuple[ProofStep, ...]
    tiles: tuple[str, ...]
    """The tiles that were read: "8/0/x001/234.p/5"."""


@dataclass(frozen=True, slots=True)
class ChecksumDecided:
    """One hash was vouched for, or nobody was asked, or the checksum database refused it."""

    kind: ClassVar[str] = "checksum.decided"
    at: float
    what: str
    """"go.mod" or "module"."""
    version: str
    sum: str
    verdict: str
    """"verified", "skipped", "failed", or "unknown" where nobody could be waited for any longer."""
    because: str
    path: str = ""
    fault: str = dataclasses.field(default="", metadata={"only_if_any": True})
    """For "failed" and "unknown": a value of probes.sources.sum_faults.SumFault."""
    error: str | None = dataclasses.field(default=None, metadata={"only_if_any": True})
    """For "failed": go's words."""
