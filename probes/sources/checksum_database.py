"""The checksum database as the go command asks it: by which way, and what it believes.

Sources: golang.org/x/mod/sumdb (Client), cmd/go/internal/modfetch/sumdb.go (lookupSumDB, dbClient) and
fetch.go (checkSumDB). A lookup goes through these gates, each with its own words when it shuts:

    dial        GOSUMDB gives a key, a name and perhaps a URL (probes.golang.gosumdb)
    initialize  the tree head remembered from earlier runs is read and its signature checked
    fetch       the record of M@V and a signed tree head, from the cache or the server
    head        the signature is checked; the older of the two trees must be the beginning of the newer one
    record      tiles prove the record to be in the newest tree
    lines       the record's go.sum lines for exactly this version

Everything is remembered for the life of a client, failures as well, because the go command does so: a tile
that was wrong once is wrong for every later lookup of the same run. All I/O comes in as callables. Behind
each GoError that wraps another stands the wrapped one as ``__cause__``, for whoever has to tell them apart.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from probes.golang.errors import GoError, ModuleError
from probes.golang.go_sum import GO_MOD_SUFFIX
from probes.golang.goproxy import Access, Hop, HopKind, refusal
from probes.golang.gosumdb import Database, dial, use_sum_db
from probes.golang.module import escape_path, escape_version
from probes.golang.note import Verifier, open_note
from probes.golang.tiles import Tile
from probes.golang.tlog import (
    EMPTY_HASH,
    Hash,
    MerkleStep,
    Tree,
    check_tree,
    hash_text,
    parse_record,
    parse_tree,
    prove_record,
    prove_tree,
    record_hash,
    record_proof_steps,
    stored_hash_index,
    subtree_indexes,
    tree_hash,
    tree_proof_indexes,
)
from probes.golang.urls import GoURL
from probes.sources.log_tiles import ClientOps, Once, TileStore

__all__ = [
    "BaseURL",
    "ChecksumMismatch",
    "ChecksumMissing",
    "ClientOps",
    "Database",
    "FalseRecord",
    "InclusionProof",
    "NoBase",
    "NotInitialized",
    "NotRead",
    "SecurityError",
    "SumDBClient",
    "TreeCheck",
    "UncheckedTree",
    "UnknownRecord",
    "When",
    "WriteConflict",
    "check_sum_db",
    "dial",
    "open_tree",
    "use_sum_db",
]



class SecurityError(GoError):
    """The database signed two trees of which neither contains the other.

    Not an error that anybody handles: the go command prints this text and exits (base.Fatalf), whatever
    separator stands behind the hop.
    """


class WriteConflict(GoError):
    """Raised by ``write_config`` when the stored tree head is not the one that it was to replace."""

    def __init__(self) -> None:
        super().__init__("write conflict")


class UnknownRecord(GoError):
    """The server names a record that the newest tree does not have."""

    def __init__(self, record_id: int, size: int) -> None:
        super().__init__(f"cannot validate record {record_id} in tree of size {size}")


class FalseRecord(GoError):
    """The tree holds another record than the server sent."""

    def __init__(self) -> None:
        super().__init__("cannot authenticate record data in server response")


class NotInitialized(GoError):
    """The remembered tree head, or what the server has of that tree, stops every lookup."""


class UncheckedTree(GoError):
    """It cannot be told whether one tree is the beginning of the other."""

    def __init__(self, older: int, newer: int, error: GoError) -> None:
        against = "" if older == newer else f" against tree#{newer}"
        super().__init__(f"checking tree#{older}{against}: {error}")
        self.older = older
        self.newer = newer


class NoBase(GoError):
    """Nobody could be found to ask: what the walk over the proxies ended with, in its words."""


class NotRead(GoError):
    """A lookup or a tile that the server did not give, in the words of the request."""

    def __init__(self, path: str, error: GoError) -> None:
        super().__init__(str(error), not_exist=error.not_exist)
        self.path = path


# By which way it is asked

Get = Callable[[GoURL], Awaitable[bytes]]
"""web.GetBytes: the body of a 200 answer; raises GoError for everything else."""

TryProxies = Callable[[Callable[[Hop], Awaitable[GoURL]]], Awaitable[GoURL]]
"""A walk of the GOPROXY list: returns what the first hop that does not fail returns, raises the GoError that
modfetch.TryProxies would return."""


class BaseURL:
    """Where requests to the database go: found out once, at the first request (dbClient.initBase).

    A proxy that answers ``/sumdb/NAME/supported`` gets every request from then on, with no way back. When
    the walk ends in "not found", which ``direct`` and ``off`` count as, the database is asked at its own
    address. Any other outcome makes it unavailable for the rest of the run.
    """

    def __init__(self, gosumdb: str, *, try_proxies: TryProxies, get: Get) -> None:
        self._gosumdb = gosumdb
        self._try_proxies = try_proxies
        self._get = get
        self._base: Once[GoURL] = Once()

    async def resolve(self) -> GoURL:
        """The base of all requests. Raises the same GoError again once it could not be found."""
        return await self._base.do(self._find)

    async def read_remote(self, path: str) -> bytes:
        """The body served at a path like ``/lookup/…``: the ``read_remote`` of ClientOps.

        Raises NoBase and NotRead with the words of what stands behind them.
        """
        try:
            base = await self.resolve()
        except GoError as error:
            raise NoBase(str(error), not_exist=error.not_exist) from error
        try:
            return await self._get(join_url(base, path))
        except GoError as error:
            raise NotRead(path, error) from error

    async def _find(self) -> GoURL:
        database = dial(self._gosumdb)
        if database.explicit is not None:
            return database.explicit
        below = "sumdb/" + database.name

        async def ask(hop: Hop) -> GoURL:
            if hop.kind is HopKind.NOPROXY:
                raise refusal(Access.NOT_PRIVATE)
            if hop.url is None:
                raise refusal(Access.OFF)
            await self._get(join_url(hop.url, below + "/supported"))
            return join_url(hop.url, below)

        try:
            return await self._try_proxies(ask)
        except GoError as error:
            if not error.not_exist:
                raise
            return database.direct


def join_url(base: GoURL, path: str) -> GoURL:
    """cmd/go/internal/web Join: one slash between; the query stays.

    The path is added unescaped to the escaped form as well. So a ``!`` goes out as it is when both forms
    agree, and as ``%21`` when the base has a path of its own and no escaped form of it.
    """
    below = "/" + path.removeprefix("/")
    return base.replace(
        path=base.path.removesuffix("/") + below, raw_path=base.raw_path.removesuffix("/") + below
    )


# What it says, and whether that is true


class When(Enum):
    """Where a tree head stands in time, seen from the newest one known before."""

    PAST = "past"
    NOW = "now"
    FUTURE = "future"


@dataclass(frozen=True, slots=True)
class TreeCheck:
    """A signed tree head that was met and found to be on the same timeline as the newest one."""

    seen: Tree
    latest: Tree
    """The newest head known until then; size 0 when there was none."""
    when: When
    is_remembered: bool = False
    """Whether it is the head of earlier runs, not one that was met in this one."""


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """Why a record is believed: the Merkle path from it to a signed root."""

    record_id: int
    """As the server names it. Negative numbers pass for record 0, in Go as well."""
    record: bytes
    """The text whose hash is the leaf."""
    tree: Tree
    """Size and root hash that the database signed."""
    tiles: tuple[Tile, ...]
    """The tiles that were read and checked for it."""
    hashes: tuple[Hash, ...]
    """The sibling at each step, from the leaf up (RFC 6962 §2.1.1)."""

    @property
    def leaf(self) -> Hash:
        """The record's own hash."""
        return record_hash(self.record)

    def steps(self) -> list[MerkleStep]:
        """The path, node by node; the last node is the root."""
        return record_proof_steps(self.tree.size, max(self.record_id, 0), self.leaf, self.hashes)


class SumDBClient:
    """One run's connection to a checksum database: dbDial's client and x/mod/sumdb Client in one."""

    def __init__(self, gosumdb: str, ops: ClientOps) -> None:
        self._ops = ops
        self._dialled: Database | GoError
        try:
            self._dialled = dial(gosumdb)
        except GoError as error:
            self._dialled = error
        self._initialized: Once[None] = Once()
        self._records: dict[str, Once[InclusionProof]] = {}
        self._tiles = TileStore(self.name, ops)
        self._head = _SignedTree(Tree(0, EMPTY_HASH), b"")
        self.tree_checks: list[TreeCheck] = []
        """Every signed head that was met, in order."""

    @property
    def name(self) -> str:
        """The database's name, as error texts give it; empty when GOSUMDB names none."""
        return "" if isinstance(self._dialled, GoError) else self._dialled.name

    @property
    def latest(self) -> Tree:
        """The newest tree whose signature and consistency were checked; size 0 before the first."""
        return self._head.tree

    @property
    def latest_note(self) -> bytes:
        """The signed note of the newest tree; b"" before the first."""
        return self._head.note

    @property
    def verifier(self) -> Verifier | None:
        """The key that GOSUMDB gives; None when it names none."""
        return None if isinstance(self._dialled, GoError) else self._dialled.verifier

    async def lookup(self, path: str, version: str) -> list[str]:
        """The go.sum lines that the database has for exactly this version.

        ``version`` may end in "/go.mod", which asks for the hash of the go.mod file alone. No line is no
        error. Raises GoError in Go's words, SecurityError when the database shows two histories.
        Source: modfetch.lookupSumDB, sumdb.Client.Lookup.
        """
        proof = await self.prove(path, version)
        prefix = f"{path} {version} "
        return [line for line in proof.record.decode().split("\n") if line.startswith(prefix)]

    async def prove(self, path: str, version: str) -> InclusionProof:
        """Look up and verify the record of a module version, and tell why it is believed."""
        if isinstance(self._dialled, GoError):
            raise self._dialled.with_traceback(None)
        verifier = self._dialled.verifier
        try:
            await self._initialized.do(lambda: self._initialize(verifier))
            remote = f"/lookup/{escape_path(path)}@{escape_version(version.removesuffix(GO_MOD_SUFFIX))}"
            once = self._records.setdefault(remote, Once())
            return await once.do(lambda: self._read_record(remote, verifier))
        except SecurityError:
            raise
        except GoError as error:
            # %v in Go: whatever was not found, the wrapped error is not of the "not found" class.
            raise GoError(f"{path}@{version}: {error}") from error

    def inclusion_proof(self, path: str, version: str) -> InclusionProof | None:
        """The proof of an earlier successful lookup, without any I/O."""
        try:
            remote = f"/lookup/{escape_path(path)}@{escape_version(version.removesuffix(GO_MOD_SUFFIX))}"
        except GoError:
            return None
        once = self._records.get(remote)
        return None if once is None else once.result

    async def _initialize(self, verifier: Verifier) -> None:
        try:
            stored = await self._ops.read_config(self.name + "/latest")
            await self._merge(stored, verifier, is_remembered=True)
        except SecurityError:
            raise
        except GoError as error:
            raise NotInitialized(f"initializing sumdb.Client: {error}") from error

    async def _read_record(self, remote: str, verifier: Verifier) -> InclusionProof:
        file = self.name + remote
        cached = await self._ops.read_cache(file)
        data = await self._ops.read_remote(remote) if cached is None else cached
        record = parse_record(data)
        await self._merge(record.rest, verifier)
        proof = await self._check_record(record.id, record.text)
        if cached is None:
            await self._ops.write_cache(file, data)
        return proof

    async def _check_record(self, record_id: int, text: bytes) -> InclusionProof:
        tree = self._head.tree
        if record_id >= tree.size:
            raise UnknownRecord(record_id, tree.size)
        plan, tiles = await self._tiles.read(tree, [stored_hash_index(0, record_id)])
        if tiles.read([stored_hash_index(0, record_id)]) != [record_hash(text)]:
            raise FalseRecord
        # The tiles on the way from the leaf to the root hold all siblings: this reads nothing more.
        hashes = prove_record(tree.size, max(record_id, 0), tiles.read)
        return InclusionProof(record_id, text, tree, plan.tiles, tuple(hashes))

    async def _merge(self, message: bytes, verifier: Verifier, *, is_remembered: bool = False) -> None:
        """Take a signed head into the timeline, and remember it when it is the newest (mergeLatest)."""
        if await self._merge_in_memory(message, verifier, is_remembered) is not When.FUTURE:
            return
        file = self.name + "/latest"
        written = False
        while not written:
            # Another process may have written a head in the meantime: merge that one, too.
            stored = await self._ops.read_config(file)
            if await self._merge_in_memory(stored, verifier, True) is not When.PAST:
                return
            try:
                await self._ops.write_config(file, stored, self._head.note)
                written = True
            except WriteConflict:
                pass

    async def _merge_in_memory(self, message: bytes, verifier: Verifier, is_remembered: bool) -> When:
        if not message:
            return When.PAST if self._head.tree.size else When.NOW
        seen = _SignedTree(open_tree(message, verifier), message)
        while True:
            latest = self._head
            if seen.tree.size <= latest.tree.size:
                await self._check_trees(seen, latest)
                when = When.PAST if seen.tree.size < latest.tree.size else When.NOW
            else:
                await self._check_trees(latest, seen)
                if self._head.tree != latest.tree:
                    continue  # another lookup moved the head while tiles were being read
                self._head = seen
                when = When.FUTURE
            self.tree_checks.append(TreeCheck(seen.tree, latest.tree, when, is_remembered))
            return when

    async def _check_trees(self, older: _SignedTree, newer: _SignedTree) -> None:
        """Raise unless the older tree is the beginning of the newer one."""
        size = older.tree.size
        try:
            root = await self.root_of_first(size, newer.tree)
        except GoError as error:
            raise UncheckedTree(size, newer.tree.size, error) from error
        if root != older.tree.root:
            raise SecurityError(await self._report_fork(older, newer, root))

    async def root_of_first(self, size: int, tree: Tree, *, at_hand: bool = False) -> Hash:
        """The root that the first ``size`` records of a tree have.

        ``at_hand``: from the tiles that were read already. Raises GoError, NotAtHand where those are too few.
        """
        if size == 0:
            return EMPTY_HASH
        _, tiles = await self._tiles.read(tree, subtree_indexes(0, size), at_hand=at_hand)
        return tree_hash(size, tiles.read)

    async def _report_fork(self, older: _SignedTree, newer: _SignedTree, root: Hash) -> str:
        """The text of the security error: both notes, and the proof that they cannot both be true."""
        text = (
            "SECURITY ERROR\ngo.sum database server misbehavior detected!\n\n"
            f"old database:\n\t{older.indented}\nnew database:\n\t{newer.indented}\n"
            f"proof of misbehavior:\n\t{hash_text(root)}"
        )
        try:
            proof = await self._prove_tree(newer.tree, older.tree.size)
        except GoError as error:
            return f"{text}\tinternal error: {error}\n"
        try:
            check_tree(proof, newer.tree, Tree(older.tree.size, root))
        except GoError:
            return f"{text}\tinternal error: generated inconsistent proof\n"
        return text + "".join(f"\n\t{hash_text(node)}" for node in proof)

    async def _prove_tree(self, tree: Tree, old_size: int) -> list[Hash]:
        indexes = tree_proof_indexes(tree.size, old_size)
        if not indexes:
            return []
        _, tiles = await self._tiles.read(tree, indexes)
        return prove_tree(tree.size, old_size, tiles.read)


@dataclass(frozen=True, slots=True)
class _SignedTree:
    """A tree head and the note that it was signed in; b"" for the empty tree, which nobody signs."""

    tree: Tree
    note: bytes

    @property
    def indented(self) -> str:
        return self.note.decode("utf-8", "surrogateescape").replace("\n", "\n\t")


def open_tree(message: bytes, verifier: Verifier) -> Tree:
    """Check the signature of a tree head and read it."""
    try:
        note = open_note(message, [verifier])
    except GoError as error:
        shown = message.decode("utf-8", "surrogateescape")
        raise GoError(f"reading tree note: {error}\nnote:\n{shown}") from error
    try:
        return parse_tree(note.text)
    except GoError as error:
        raise GoError(f"reading tree: {error}\ntree:\n{note.text}") from error


# The verdict


class ChecksumMismatch(GoError):
    """The database has another hash for this version than the download."""

    def __init__(self, noun: str, downloaded: str, database: str, recorded: str) -> None:
        super().__init__(
            f"verifying {noun}: checksum mismatch\n\tdownloaded: {downloaded}\n\t{database}: {recorded}"
            + _MISMATCH
        )
        self.downloaded = downloaded
        self.recorded = recorded


class ChecksumMissing(GoError):
    """The database has a record for this version, but no hash of this kind in it."""

    def __init__(self, noun: str) -> None:
        super().__init__(f"verifying {noun}: checksum missing from sumdb response" + _MISSING)


_MISMATCH = """

SECURITY ERROR
This download does NOT match the one reported by the checksum server.
The bits may have been replaced on the origin server, or an attacker may
have intercepted the download attempt.

For more information, see 'go help module-auth'.
"""

_MISSING = """

SECURITY ERROR
This download does NOT match one reported by the checksum server.
The checksum server has provided checksums, but the checksums do
not contain an entry for the download.
The checksum server may be malfunctioning, or an attacker may have
intercepted the checksum request.
The download cannot be verified.

For more information, see 'go help module-auth'.
"""


async def check_sum_db(
    path: str,
    version: str,
    checksum: str,
    lookup: Callable[[str, str], Awaitable[Sequence[str]]],
    *,
    database: str,
) -> None:
    """Check the hash of a download against the checksum database (modfetch.checkSumDB).

    ``version`` ends in "/go.mod" when ``checksum`` ("h1:…") is that of a go.mod file alone; ``lookup`` is
    SumDBClient.lookup, ``database`` its name. Raises ModuleError with Go's text: the lookup's error,
    ChecksumMismatch or ChecksumMissing behind it. SecurityError passes as it is. Lines of other hash
    algorithms are passed over.
    """
    bare = version.removesuffix(GO_MOD_SUFFIX)
    noun = "module" if bare == version else "go.mod"
    try:
        lines = await lookup(path, version)
    except SecurityError:
        raise
    except GoError as error:
        raise ModuleError(path, bare, GoError(f"verifying {noun}: {error}")) from error
    wanted = f"{path} {version} "
    for line in lines:
        if line == wanted + checksum:
            return
        if line.startswith(wanted + "h1:"):
            recorded = line.removeprefix(wanted)
            raise ModuleError(path, bare, ChecksumMismatch(noun, checksum, database, recorded))
    raise ModuleError(path, bare, ChecksumMissing(noun))
