"""A record's proof and the tree heads that were met, as events.

Source: RFC 6962 section 2.1.1 (audit paths); golang.org/x/mod/sumdb/tlog ProveRecord, tile.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probes.golang.tiles import tile_in
from probes.golang.tlog import Tree, hash_text, subtree_indexes
from probes.sources.checksum_database import InclusionProof, TreeCheck
from probes.sources.log_tiles import TILE_HEIGHT
from probes.trace.checksum_events import ProofStep

MOST_LINES = 16
"""Lines of a record that are told; a true one has two."""
MOST_CHARACTERS = 1000


def proof_steps(proof: InclusionProof) -> Iterator[ProofStep]:
    """The Merkle path from the leaf to the root, node by node."""
    low = max(proof.record_id, 0)
    high = low + 1
    for step in proof.steps():
        low, high = min(low, step.low), max(high, step.high)
        yield ProofStep(
            level=(high - low - 1).bit_length(),
            side="left" if step.sibling_is_left else "right",
            sibling=hash_text(step.sibling),
            node=hash_text(step.node),
            tile=_tile_of(proof.tree, step.low, step.high),
        )


def _tile_of(tree: Tree, low: int, high: int) -> str:
    """The tile that alone has all of a subtree's hash, as a path below "tile/"; "" where it takes several."""
    tiles = {tile_in(tree, TILE_HEIGHT, index) for index in subtree_indexes(low, high)}
    return tiles.pop().path.removeprefix("tile/") if len(tiles) == 1 else ""


def proved_fields(proof: InclusionProof) -> dict[str, Any]:
    """The fields of RecordProved that a proof gives."""
    lines = proof.record.decode().rstrip("\n").split("\n")
    return {
        "record": proof.record_id,
        "lines": tuple(line[:MOST_CHARACTERS] for line in lines[:MOST_LINES]),
        "leaf": hash_text(proof.leaf),
        "size": proof.tree.size,
        "root": hash_text(proof.tree.root),
        "steps": tuple(proof_steps(proof)),
        "tiles": tuple(tile.path.removeprefix("tile/") for tile in proof.tiles),
    }


def head_fields(check: TreeCheck, known_by: str) -> dict[str, Any]:
    """The fields of HeadChecked that a tree check gives."""
    return {
        "size": check.seen.size,
        "root": hash_text(check.seen.root),
        "known_size": check.latest.size,
        "known_by": known_by if check.latest.size else "",
        "when": check.when.value,
    }
