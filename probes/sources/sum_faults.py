"""What can go wrong between a hash and the word of a checksum database, each told apart from the others.

The errors of probes.sources.checksum_database carry their cause, so an error is told by its type. One thing
has no type, here as in Go: a connection that timed out differs from one that was refused in its words alone.

Sources: golang.org/x/mod/sumdb (client.go), note and tlog; cmd/go/internal/modfetch/sumdb.go and fetch.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from probes.golang.errors import Fatal, InvalidPath, InvalidVersion
from probes.golang.go_sum import Mismatch
from probes.golang.note import InvalidSignature, MalformedNote, UnverifiedNote
from probes.golang.tiles import InconsistentTile, UnfitTile
from probes.golang.tlog import EndlessTree, MalformedRecord, MalformedTree
from probes.net.limits import Stalled, TooLong
from probes.sources.checksum_database import (
    ChecksumMismatch,
    ChecksumMissing,
    FalseRecord,
    NoBase,
    NotInitialized,
    NotRead,
    SecurityError,
    UncheckedTree,
    UnknownRecord,
)
from probes.sources.module_proxy import HTTPError
from probes.sources.tree_head import UnreadableHead


class SumFault(StrEnum):
    """Why a hash is not vouched for."""

    GO_SUM = "go.sum mismatch"
    BAD_GO_SUM = "malformed go.sum"
    MISMATCH = "mismatch"
    MISSING_LINE = "missing line"
    SETTING = "setting"
    BAD_NAME = "bad name"
    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown key"
    WRONG_KEY = "wrong key"
    BAD_SIGNATURE = "bad signature"
    FALSE_RECORD = "false record"
    BEYOND_TREE = "record beyond the tree"
    INCONSISTENT_TILE = "inconsistent tile"
    STALE_TREE = "stale tree"
    FORK = "fork"
    ENDLESS_TREE = "endless tree"
    SPOILED_HEAD = "spoiled head"
    UNREADABLE_HEAD = "unreadable head"
    NOT_FOUND = "not found"
    NO_TILE = "no tile"
    REFUSED = "refused"
    SERVER = "server error"
    STATUS = "other status"
    PROXY_REFUSES = "proxy refuses"
    TOO_LONG = "too long"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    OTHER = "other"

    @property
    def is_unasked(self) -> bool:
        """Whether nobody said anything about the hash: another try, or another way, may bring it."""
        return self in _UNASKED


_UNASKED = {
    SumFault.SERVER, SumFault.PROXY_REFUSES, SumFault.TIMEOUT, SumFault.UNREACHABLE, SumFault.STATUS,
    SumFault.TOO_LONG,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meaning:
    """A fault in words."""

    go: str
    """What stands in go's error, the telling part of it."""
    means: str
    """One sentence."""
    do: str
    """What to do, one sentence."""


MEANINGS: dict[SumFault, Meaning] = {
    SumFault.GO_SUM: Meaning(
        "This download does NOT match an earlier download recorded in go.sum.",
        "What came now is not what this project was given before.",
        "modtrace sums PATH@VERSION shows who has which; delete the line of go.sum only if you know why.",
    ),
    SumFault.BAD_GO_SUM: Meaning(
        "malformed go.sum",
        "A line of go.sum is not made of path, version and hash, so go reads none of it.",
        "Look at the line, most often a conflict that was merged by hand; go mod tidy drops it.",
    ),
    SumFault.MISMATCH: Meaning(
        "This download does NOT match the one reported by the checksum server.",
        "Somebody changed the file on the way, or the tag was moved after the database had seen it.",
        "modtrace sums PATH@VERSION shows which proxy has it right; a moved tag needs a new version.",
    ),
    SumFault.MISSING_LINE: Meaning(
        "checksum missing from sumdb response",
        "The database has a record of this version, without a hash of this kind.",
        "Ask the database at its own address; if it says the same there, tell its operator.",
    ),
    SumFault.SETTING: Meaning(
        "invalid GOSUMDB",
        "GOSUMDB names no database that could be asked.",
        "go env -u GOSUMDB takes the usual one.",
    ),
    SumFault.BAD_NAME: Meaning(
        "malformed module path",
        "Such a path or version cannot stand in a request, so nobody was asked.",
        "Write the path and the version as go.mod has them.",
    ),
    SumFault.MALFORMED: Meaning(
        "malformed record data",
        "The answer is no answer of a checksum database: a log-in page, or half of one.",
        "Look at the answer; a portal or a proxy on the way has to let the database through.",
    ),
    SumFault.UNKNOWN_KEY: Meaning(
        "note has no verifiable signatures",
        "The tree is signed by another database than the one in GOSUMDB.",
        "The URL in GOSUMDB, or the proxy, leads to another database: use the key that belongs to it.",
    ),
    SumFault.WRONG_KEY: Meaning(
        "note has no verifiable signatures",
        "The tree is signed in the name of this database with another key than the one in GOSUMDB.",
        "Ask its operator for the key; believe no key that came by the same way as the answer.",
    ),
    SumFault.BAD_SIGNATURE: Meaning(
        "invalid signature for key",
        "The signed tree was changed after it had been signed.",
        "Something on the way changes answers: ask the database by another way.",
    ),
    SumFault.FALSE_RECORD: Meaning(
        "cannot authenticate record data in server response",
        "The record that was sent is not the one in the signed tree.",
        "Something on the way changes answers: ask the database by another way.",
    ),
    SumFault.BEYOND_TREE: Meaning(
        "cannot validate record",
        "The record is said to stand behind the end of the signed tree.",
        "A copy of the database lags behind, or makes it up: ask the database at its own address.",
    ),
    SumFault.INCONSISTENT_TILE: Meaning(
        "downloaded inconsistent tile",
        "A part of the tree does not add up to the root that was signed.",
        "A cache on the way is damaged or changes answers: ask the database by another way.",
    ),
    SumFault.STALE_TREE: Meaning(
        "checking tree#N: downloaded inconsistent tile",
        "The database has not got the tree that go remembers: it was reset, rewound, or is another one.",
        "If it was set up anew: rm $(go env GOPATH)/pkg/sumdb/NAME/latest; a public one never is.",
    ),
    SumFault.FORK: Meaning(
        "go.sum database server misbehavior detected!",
        "The database signed two histories of which neither continues the other, and here is the proof.",
        "Trust nothing it said; keep go's text, it proves the fraud, and send it to the operator.",
    ),
    SumFault.ENDLESS_TREE: Meaning(
        "the go command never finishes computing its hash",
        "The signed tree is so large that go would never come to an end.",
        "Only who has the key can sign that: use another database.",
    ),
    SumFault.SPOILED_HEAD: Meaning(
        "initializing sumdb.Client: reading tree note",
        "The tree head that go remembers is no head that the key in GOSUMDB signed.",
        "Delete it: rm $(go env GOPATH)/pkg/sumdb/NAME/latest, with the name of the database.",
    ),
    SumFault.UNREADABLE_HEAD: Meaning(
        "initializing sumdb.Client: open",
        "The tree head that go remembers cannot be read.",
        "Give yourself the right to read $(go env GOPATH)/pkg/sumdb/NAME/latest.",
    ),
    SumFault.NOT_FOUND: Meaning(
        "404 Not Found",
        "The database does not know this version: it is private, or was never published there.",
        "If it is private: go env -w GOPRIVATE=PATH, behind what is there; the path has been sent already.",
    ),
    SumFault.NO_TILE: Meaning(
        "reading …/tile/…: 404 Not Found",
        "The record came, and a part of the tree that would prove it did not.",
        "A copy of the database is not whole: ask the database at its own address.",
    ),
    SumFault.REFUSED: Meaning(
        "403 Forbidden",
        "Whoever answers in the place of the database does not let you ask it.",
        "Ask the database by another way, or get access to this one.",
    ),
    SumFault.SERVER: Meaning(
        "500 Internal Server Error",
        "The database, or what stands before it, is out of order.",
        "Try again in a moment, or ask it by another way.",
    ),
    SumFault.STATUS: Meaning(
        "reading …",
        "The answer is neither a record nor a plain no.",
        "Look at the answer, and ask the database by another way.",
    ),
    SumFault.PROXY_REFUSES: Meaning(
        "reading …/supported: 403 Forbidden",
        "A proxy was asked whether it passes the database on; only 404 and 410 mean no, all else stops go.",
        "The proxy should answer 404 there; a URL in GOSUMDB goes past all proxies.",
    ),
    SumFault.TOO_LONG: Meaning(
        "",  # go says nothing: it reads on
        "The answer is larger than any record or tile is, and may never end: it is not of a database.",
        "Ask the database by another way: something between it and you answers in its place.",
    ),
    SumFault.TIMEOUT: Meaning(
        "i/o timeout",
        "Nobody answered in time.",
        "Try again; sum.golang.org is also reached with go env -w GOSUMDB=sum.golang.google.cn.",
    ),
    SumFault.UNREACHABLE: Meaning(
        "dial tcp",
        "The database cannot be reached from here.",
        "sum.golang.org has a second address: go env -w GOSUMDB=sum.golang.google.cn; or a proxy can help.",
    ),
    SumFault.OTHER: Meaning(
        "verifying",
        "go cannot check this hash.",
        "Read what go says.",
    ),
}



def meaning_of(fault: str) -> Meaning | None:
    """What the fault of an event means; None for none, and for one that only a newer modtrace knows."""
    return next((meaning for known, meaning in MEANINGS.items() if known.value == fault), None)


_BY_TYPE: tuple[tuple[type[BaseException], SumFault], ...] = (
    (Mismatch, SumFault.GO_SUM),
    (Fatal, SumFault.BAD_GO_SUM),
    (ChecksumMismatch, SumFault.MISMATCH),
    (ChecksumMissing, SumFault.MISSING_LINE),
    (SecurityError, SumFault.FORK),
    (TooLong, SumFault.TOO_LONG),
    (Stalled, SumFault.TIMEOUT),
    (UnreadableHead, SumFault.UNREADABLE_HEAD),
    (EndlessTree, SumFault.ENDLESS_TREE),
    (FalseRecord, SumFault.FALSE_RECORD),
    (UnknownRecord, SumFault.BEYOND_TREE),
    (MalformedRecord, SumFault.MALFORMED),
    (InvalidSignature, SumFault.BAD_SIGNATURE),
    (MalformedNote, SumFault.MALFORMED),
    (MalformedTree, SumFault.MALFORMED),
    (InvalidPath, SumFault.BAD_NAME),
    (InvalidVersion, SumFault.BAD_NAME),
)
"""What needs no second look, the more telling first."""
_OF_A_NOTE = {SumFault.BAD_SIGNATURE, SumFault.MALFORMED, SumFault.WRONG_KEY, SumFault.UNKNOWN_KEY}


def fault_of(error: BaseException, *, database: str = "") -> SumFault:
    """What an error of a checksum database client is; ``database`` is the name in GOSUMDB, "" for none."""
    found = list(_causes(error))

    def first(kind: type[BaseException]) -> BaseException | None:
        return next((one for one in found if isinstance(one, kind)), None)

    inside_check = first(UncheckedTree) is not None
    read = first(NotRead)
    is_false_tile = first(InconsistentTile) is not None or first(UnfitTile) is not None
    if inside_check and is_false_tile:
        return SumFault.STALE_TREE
    if isinstance(read, NotRead):
        if inside_check and read.not_exist:
            return SumFault.STALE_TREE
        return _of_request(first(HTTPError), read, is_tile=read.path.startswith("/tile/"))
    base = first(NoBase)
    if base is not None:
        answer = first(HTTPError)
        return SumFault.PROXY_REFUSES if answer else _of_connection(str(base))
    fault = next((fault for kind, fault in _BY_TYPE if first(kind)), None)
    unverified = first(UnverifiedNote)
    if isinstance(unverified, UnverifiedNote):
        is_same_name = any(one.name == database for one in unverified.note.unverified)
        fault = SumFault.WRONG_KEY if is_same_name else SumFault.UNKNOWN_KEY
    if fault in _OF_A_NOTE and first(NotInitialized):
        return SumFault.SPOILED_HEAD
    if fault is None and is_false_tile:
        return SumFault.INCONSISTENT_TILE
    if fault is None and not database:
        return SumFault.SETTING
    return fault or SumFault.OTHER


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and everything that stands behind it: what it wraps in Go, and what it was raised from."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, getattr(one, "cause", None)]


def _of_request(answer: BaseException | None, read: NotRead, *, is_tile: bool) -> SumFault:
    """A lookup or a tile that did not come."""
    if not isinstance(answer, HTTPError):
        return _of_connection(str(read))
    if answer.not_exist:
        return SumFault.NO_TILE if is_tile else SumFault.NOT_FOUND
    if answer.status in (401, 403, 407, 451):
        return SumFault.REFUSED
    return SumFault.SERVER if answer.status >= 500 or answer.status == 429 else SumFault.STATUS


def _of_connection(words: str) -> SumFault:
    """A request without an answer. Only go's words say whether somebody was waited for."""
    return SumFault.TIMEOUT if "timeout" in words.lower() or "timed out" in words else SumFault.UNREACHABLE
