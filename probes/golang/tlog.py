"""The transparent log of a checksum database: an append-only Merkle tree (RFC 6962) read in tiles.

Source: golang.org/x/mod/sumdb/tlog. Record n's hash is leaf n; a node hashes its two children; the tree of
N records has the complete subtrees of N's binary digits as its left-hand parts. From there follow the two
proofs: a *record proof* (RFC 6962's audit path: these hashes and mine make the root) and a *tree proof*
(consistency: the old root and the new root share these parts).

Nothing here does I/O; probes.golang.tiles has the tiles.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NewType

from probes.golang.errors import GoError
from probes.golang.note import decode_base64

Hash = NewType("Hash", bytes)
"""32 bytes of SHA-256."""

HashReader = Callable[[Sequence[int]], Sequence[Hash]]
"""From stored hash indexes to hashes, in the same order."""

HASH_SIZE = 32
EMPTY_HASH = Hash(hashlib.sha256(b"").digest())
"""The root of a tree without records."""

MOST_INT64 = 2**63 - 1
_ENDLESS = 2**62
_TREE_LINE = "go.sum database tree"
_LONGEST_TREE = 1_000_000
_DECIMAL = re.compile(r"[+-]?[0-9]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class MalformedTree(GoError):
    """The signed text is not a tree head."""

    def __init__(self) -> None:
        super().__init__("malformed tree note")


class MalformedRecord(GoError):
    """The answer to a lookup is not a record followed by a signed tree head."""

    def __init__(self) -> None:
        super().__init__("malformed record data")


class EndlessTree(GoError):
    """A tree head whose size sends go into a loop for ever: no answer of Go's exists, the text is ours.

    maxpow2 doubles an int64 until it reaches the size, which never happens from 2**62 records on.
    Only somebody who holds the database's key can sign such a head.
    """

    def __init__(self, size: int) -> None:
        super().__init__(f"tree of {size} records: the go command never finishes computing its hash")


# Text forms


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree head: how many records, and the root hash over them all."""

    size: int
    root: Hash


@dataclass(frozen=True, slots=True)
class Record:
    """A record as a lookup returns it."""

    id: int
    """Its number in the log, from 0. A hostile answer may carry a negative one."""
    text: bytes
    """go.sum lines, with their final newline."""
    rest: bytes
    """What follows the record: in a lookup's answer, the signed tree head."""


def hash_text(value: Hash) -> str:
    """A hash as Go prints it: base64."""
    return base64.b64encode(value).decode()


def format_tree(tree: Tree) -> str:
    """The text that a database signs (tlog.FormatTree)."""
    return f"{_TREE_LINE}\n{tree.size}\n{hash_text(tree.root)}\n"


def parse_tree(text: str) -> Tree:
    """Read the text of a signed tree head; lines after the third are left to the future.

    Raises MalformedTree. Source: tlog.ParseTree.
    """
    lines = text.split("\n")
    if lines[0] != _TREE_LINE or len(lines) < 4 or len(text.encode("utf-8", "surrogatepass")) > _LONGEST_TREE:
        raise MalformedTree
    size = _parse_int64(lines[1])
    root = decode_base64(lines[2])
    if size is None or size < 0 or lines[1] != str(size) or root is None or len(root) != HASH_SIZE:
        raise MalformedTree
    return Tree(size, Hash(root))


def format_record(record_id: int, text: bytes) -> bytes:
    """The start of a lookup's answer (tlog.FormatRecord). Raises MalformedRecord."""
    if not _is_record_text(text):
        raise MalformedRecord
    return b"%d\n%s\n" % (record_id, text)


def parse_record(message: bytes) -> Record:
    """Read the record at the start of ``message``, up to its blank line.

    Raises MalformedRecord. Source: tlog.ParseRecord, which takes any int64 for the number: signs and
    leading zeros pass.
    """
    first, newline, tail = message.partition(b"\n")
    record_id = _parse_int64(first.decode("ascii", "replace"))
    body, blank, rest = tail.partition(b"\n\n")
    text = body + b"\n"
    if not newline or record_id is None or not blank or not _is_record_text(text):
        raise MalformedRecord
    return Record(record_id, text, rest)


def _parse_int64(text: str) -> int | None:
    """strconv.ParseInt(text, 10, 64), None for its errors."""
    digits = text.lstrip("+-0")
    if not _DECIMAL.fullmatch(text) or len(digits) > len(str(MOST_INT64)):
        return None
    number = -int(digits or "0") if text[0] == "-" else int(digits or "0")
    return number if -MOST_INT64 - 1 <= number <= MOST_INT64 else None


def _is_record_text(text: bytes) -> bool:
    try:
        decoded = text.decode()
    except UnicodeDecodeError:
        return False
    return decoded.endswith("\n") and "\n\n" not in decoded and not _CONTROL.search(decoded)


# Hashes and where they are stored


def record_hash(text: bytes) -> Hash:
    """A leaf: SHA-256 of a zero byte and the record (RFC 6962 §2.1)."""
    return Hash(hashlib.sha256(b"\x00" + text).digest())


def node_hash(left: Hash, right: Hash) -> Hash:
    """An inner node: SHA-256 of a one byte and both children (RFC 6962 §2.1)."""
    return Hash(hashlib.sha256(b"\x01" + left + right).digest())


def stored_hash_index(level: int, number: int) -> int:
    """Where the hash of a complete subtree stands in the order in which an append-only log computes them.

    ``level`` counts up from the leaves, ``number`` from the left. A negative number gives the place of
    number 0, because Go's loop does not notice it.
    """
    for _ in range(level):
        number = 2 * number + 1
    index = level
    while number > 0:
        index += number
        number >>= 1
    return index


def split_stored_hash_index(index: int) -> tuple[int, int]:
    """The (level, number) of a stored hash: the inverse of ``stored_hash_index``."""
    number = index // 2
    first = stored_hash_index(0, number)
    while (following := first + 1 + _trailing_zeros(number + 1)) <= index:
        number, first = number + 1, following
    level = index - first
    return level, number >> level


def stored_hashes(number: int, leaf: Hash, read: HashReader) -> list[Hash]:
    """What an appending log has to store with record ``number``: its leaf and every subtree it completes.

    Source: tlog.StoredHashesForRecordHash. The clients here never append; a server, and tests, do.
    """
    completed = _trailing_zeros(number + 1)
    # Each completed subtree needs its left half, which is already stored.
    halves = read([stored_hash_index(level, (number >> level) - 1) for level in range(completed)])
    hashes = [leaf]
    for half in halves:
        hashes.append(node_hash(half, hashes[-1]))
    return hashes


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1


def _split_point(size: int) -> int:
    """The largest power of two below ``size`` (at least 1): where RFC 6962 cuts a tree in two."""
    return 1 << max(0, (size - 1).bit_length() - 1)


def subtree_indexes(low: int, high: int) -> list[int]:
    """The stored hashes that make up the subtree of records [low, high), from left to right.

    Raises EndlessTree.
    """
    if high - low >= _ENDLESS:
        raise EndlessTree(high - low)
    indexes: list[int] = []
    while low < high:
        part = _split_point(high - low + 1)
        level = part.bit_length() - 1
        indexes.append(stored_hash_index(level, low >> level))
        low += part
    return indexes


def join_subtrees(hashes: Sequence[Hash]) -> Hash:
    """The hash over complete subtrees given from left to right, the smallest last."""
    joined = hashes[-1]
    for left in reversed(hashes[:-1]):
        joined = node_hash(left, joined)
    return joined


def tree_hash(size: int, read: HashReader) -> Hash:
    """The root of the first ``size`` records; the empty tree's is read nowhere (tlog.TreeHash)."""
    return join_subtrees(read(subtree_indexes(0, size))) if size else EMPTY_HASH


# Proofs


@dataclass(frozen=True, slots=True)
class ProofPart:
    """One hash of a proof before it is known: the subtree of records [low, high)."""

    low: int
    high: int

    def indexes(self) -> list[int]:
        """The stored hashes that it is made of."""
        return subtree_indexes(self.low, self.high)


@dataclass(frozen=True, slots=True)
class MerkleStep:
    """One step of a record proof on the way from the leaf to the root."""

    low: int
    """First record under the sibling."""
    high: int
    """One past the last record under the sibling."""
    sibling: Hash
    sibling_is_left: bool
    node: Hash
    """The hash of the parent, made of both."""


def record_proof_parts(size: int, number: int) -> list[ProofPart]:
    """The siblings that prove record ``number`` in a tree of ``size``, from the leaf up."""
    low, high = 0, size
    parts: list[ProofPart] = []
    while high - low > 1:
        middle = low + _split_point(high - low)
        if number < middle:
            parts.append(ProofPart(middle, high))
            high = middle
        else:
            parts.append(ProofPart(low, middle))
            low = middle
    return parts[::-1]


def tree_proof_parts(size: int, old_size: int) -> list[ProofPart]:
    """The subtrees that prove the tree of ``old_size`` (at least 1) a beginning of the tree of ``size``."""
    low, high = 0, size
    parts: list[ProofPart] = []
    while old_size != high:
        middle = low + _split_point(high - low)
        if old_size <= middle:
            parts.append(ProofPart(middle, high))
            high = middle
        else:
            parts.append(ProofPart(low, middle))
            low = middle
    # Common ground. When it starts at record 0 it is the old tree itself, whose root the verifier knows.
    if low:
        parts.append(ProofPart(low, high))
    return parts[::-1]


def _read_parts(parts: Sequence[ProofPart], read: HashReader) -> list[Hash]:
    """The hashes of all parts, asked for in one call, as a tile reader likes it."""
    wanted = [part.indexes() for part in parts]
    if not parts:
        return []
    hashes = list(read([index for indexes in wanted for index in indexes]))
    joined: list[Hash] = []
    for indexes in wanted:
        joined.append(join_subtrees(hashes[: len(indexes)]))
        del hashes[: len(indexes)]
    return joined


def prove_record(size: int, number: int, read: HashReader) -> list[Hash]:
    """The record proof, from the leaf up. Raises GoError for impossible inputs (tlog.ProveRecord)."""
    if not 0 <= number < size:
        raise GoError("tlog: invalid inputs in ProveRecord")
    return _read_parts(record_proof_parts(size, number), read)


def tree_proof_indexes(size: int, old_size: int) -> list[int]:
    """The stored hashes that a tree proof is made of. Raises GoError like ``prove_tree``."""
    if not 1 <= old_size <= size:
        raise GoError("tlog: invalid inputs in ProveTree")
    return [index for part in tree_proof_parts(size, old_size) for index in part.indexes()]


def prove_tree(size: int, old_size: int, read: HashReader) -> list[Hash]:
    """The tree proof. Raises GoError for impossible inputs (tlog.ProveTree): the empty tree has none."""
    if not 1 <= old_size <= size:
        raise GoError("tlog: invalid inputs in ProveTree")
    return _read_parts(tree_proof_parts(size, old_size), read)


def record_proof_steps(size: int, number: int, leaf: Hash, proof: Sequence[Hash]) -> list[MerkleStep]:
    """Run a record proof step by step; the last node is the root that it implies.

    Raises GoError ``invalid transparency proof`` when it is too long or too short.
    """
    parts = record_proof_parts(size, number)
    if len(parts) != len(proof):
        raise GoError("invalid transparency proof")
    steps: list[MerkleStep] = []
    node = leaf
    for part, sibling in zip(parts, proof, strict=True):
        is_left = part.high <= number
        node = node_hash(sibling, node) if is_left else node_hash(node, sibling)
        steps.append(MerkleStep(part.low, part.high, sibling, is_left, node))
    return steps


def check_record(proof: Sequence[Hash], tree: Tree, number: int, leaf: Hash) -> None:
    """Raise GoError unless ``proof`` shows that ``tree`` has ``leaf`` as its record (tlog.CheckRecord)."""
    if not 0 <= number < tree.size:
        raise GoError("tlog: invalid inputs in CheckRecord")
    steps = record_proof_steps(tree.size, number, leaf, proof)
    if (steps[-1].node if steps else leaf) != tree.root:
        raise GoError("invalid transparency proof")


def check_tree(proof: Sequence[Hash], tree: Tree, old: Tree) -> None:
    """Raise GoError unless ``proof`` shows ``old`` to be a beginning of ``tree`` (tlog.CheckTree)."""
    if not 1 <= old.size <= tree.size:
        raise GoError("tlog: invalid inputs in CheckTree")
    parts = tree_proof_parts(tree.size, old.size)
    if len(parts) != len(proof):
        raise GoError("invalid transparency proof")
    old_root = new_root = old.root
    for part, given in zip(parts, proof, strict=True):
        if part.high == old.size:
            old_root = new_root = given
        elif part.high < old.size:
            old_root, new_root = node_hash(given, old_root), node_hash(given, new_root)
        else:
            new_root = node_hash(new_root, given)
    if (old_root, new_root) != (old.root, tree.root):
        raise GoError("invalid transparency proof")
