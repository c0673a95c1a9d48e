"""Tiles: how a checksum database serves its log, and how a client makes sure of what it was served.

Source: golang.org/x/mod/sumdb/tlog/tile.go. A database does not serve proofs. It serves *tiles*: 256
neighbouring hashes of every eighth level. A client recomputes the signed root from the tiles at the right
edge, which authenticates them, and goes down from a parent tile to its children, each checked against the
hash that the parent holds. So no single hash has to be believed, tiles can be cached for ever, and nobody
can make up a proof for one client only.

Nothing here does I/O: ``plan_tiles`` says which tiles are needed, ``TilePlan.authenticate`` judges them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from probes.golang.errors import GoError
from probes.golang.quote import quote
from probes.golang.tlog import (
    HASH_SIZE,
    MOST_INT64,
    Hash,
    Tree,
    join_subtrees,
    node_hash,
    split_stored_hash_index,
    stored_hash_index,
    subtree_indexes,
)


class InconsistentTile(GoError):
    """Tiles that do not add up to the signed root: at least one is wrong, and nobody can say which."""

    def __init__(self) -> None:
        super().__init__("downloaded inconsistent tile")


class UnfitTile(GoError):
    """A tile that cannot hold the hash that is looked for: cut short, or another one."""


@dataclass(frozen=True, slots=True)
class Tile:
    """``width`` neighbouring hashes of tree level ``height * level``, the first being ``number`` * 2**height.

    The levels between this one and the next tile's are computed, not stored. Level -1 holds the records.
    """

    height: int
    level: int
    number: int
    width: int
    """At most 2**height, which makes the tile full; less at the right edge of a tree."""

    @property
    def full(self) -> Tile:
        """The same place once the log has grown past it."""
        return Tile(self.height, self.level, self.number, 1 << self.height)

    @property
    def size(self) -> int:
        """The bytes of its data."""
        return self.width * HASH_SIZE

    @property
    def path(self) -> str:
        """``tile/8/0/x001/234.p/56``: three digits of the number at a time (tlog.Tile.Path)."""
        groups = [f"{self.number % 1000:03d}"]
        number = self.number // 1000
        while number:
            groups.append(f"x{number % 1000:03d}")
            number //= 1000
        level = "data" if self.level == -1 else str(self.level)
        partial = "" if self.width == 1 << self.height else f".p/{self.width}"
        return f"tile/{self.height}/{level}/{'/'.join(reversed(groups))}{partial}"


_TILE_PATH = re.compile(
    r"tile/(?P<height>[0-9]{1,2})/(?P<level>data|[0-9]{1,19})/"
    r"(?P<number>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[0-9]{1,10}))?",
    re.ASCII,
)


def parse_tile_path(path: str) -> Tile:
    """Read a tile's path; only the one spelling that ``Tile.path`` gives is accepted.

    Raises GoError ``malformed tile path …``. Source: tlog.ParseTilePath.
    """
    match = _TILE_PATH.fullmatch(path)
    if match:
        height = int(match["height"])
        level = -1 if match["level"] == "data" else int(match["level"])
        number = int(match["number"].replace("/", "").replace("x", ""))
        tile = Tile(height, level, number, int(match["width"] or 1 << height))
        in_range = 1 <= height <= 30 and max(level, number) <= MOST_INT64 and 1 <= tile.width <= 1 << height
        if in_range and tile.path == path:
            return tile
    raise GoError(f"malformed tile path {quote(path)}")


def tile_for_index(height: int, index: int) -> Tile:
    """The narrowest tile that holds a stored hash (tlog.TileForIndex)."""
    return _place(height, index)[0]


def _place(height: int, index: int) -> tuple[Tile, slice]:
    """The narrowest tile that a stored hash can be computed from, and the bytes under that hash in it."""
    level, number = split_stored_hash_index(index)
    tile_level, inside = divmod(level, height)
    tile_number = (number << inside) >> height
    number -= (tile_number << height) >> inside
    start, end = number << inside, (number + 1) << inside
    return Tile(height, tile_level, tile_number, end), slice(start * HASH_SIZE, end * HASH_SIZE)


def hash_from_tile(tile: Tile, data: bytes, index: int) -> Hash:
    """The stored hash ``index`` out of a tile that is at least as wide as needed.

    Raises UnfitTile in Go's words when the tile is impossible, too short or another one.
    """
    if not (1 <= tile.height <= 30 and 0 <= tile.level < 64 and 1 <= tile.width <= 1 << tile.height):
        raise UnfitTile(f"invalid tile {tile.path}")
    if len(data) < tile.size:
        raise UnfitTile(f"data len {len(data)} too short for tile {tile.path}")
    narrowest, inside = _place(tile.height, index)
    same_place = (tile.level, tile.number) == (narrowest.level, narrowest.number)
    if not same_place or tile.width < narrowest.width:
        raise UnfitTile(f"index {index} is in {narrowest.path} not {tile.path}")
    return _root_of(data[inside])


def _root_of(data: bytes) -> Hash:
    """The hash over a power of two of neighbouring hashes."""
    hashes = [Hash(data[at : at + HASH_SIZE]) for at in range(0, len(data), HASH_SIZE)]
    while len(hashes) > 1:
        hashes = [node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def _ancestor(tile: Tile, generation: int, size: int) -> Tile | None:
    """The tile so many levels up, as wide as a tree of ``size`` makes it; None above the top."""
    level = tile.level + generation
    number = tile.number >> (generation * tile.height)
    width = min(1 << tile.height, (size >> (level * tile.height)) - (number << tile.height))
    return Tile(tile.height, level, number, width) if width > 0 else None


def tile_in(tree: Tree, height: int, index: int) -> Tile:
    """The tile that holds a stored hash of the tree, as wide as the tree makes it."""
    tile = _ancestor(tile_for_index(height, index), 0, tree.size)
    assert tile is not None, f"stored hash {index} is not in a tree of {tree.size} records"
    return tile


@dataclass(frozen=True, slots=True)
class ProvenTiles:
    """Tiles whose data has been shown to belong to a tree."""

    tree: Tree
    height: int
    data: Mapping[Tile, bytes]

    def read(self, indexes: Sequence[int]) -> list[Hash]:
        """A HashReader over these tiles. Raises KeyError for a hash in another tile."""
        hashes: list[Hash] = []
        for index in indexes:
            tile = tile_in(self.tree, self.height, index)
            hashes.append(hash_from_tile(tile, self.data[tile], index))
        return hashes


@dataclass(frozen=True, slots=True)
class TilePlan:
    """Which tiles have to be read to learn some hashes of a tree, and how they vouch for each other."""

    tree: Tree
    height: int
    edge: tuple[int, ...]
    """The stored hashes that the root is made of."""
    tiles: tuple[Tile, ...]
    """In the order in which Go reads them: those of the edge, then parents before their children."""
    edge_tiles: int
    """How many of them belong to the edge."""

    def authenticate(self, data: Sequence[bytes]) -> ProvenTiles:
        """Check the data of all tiles, given in their order, against the tree's root.

        Raises UnfitTile ``TileReader returned bad result slice …`` for data of the wrong length and
        InconsistentTile when the hashes do not fit. Source: tlog.tileHashReader.ReadHashes.
        """
        for tile, read in zip(self.tiles, data, strict=True):
            if len(read) != tile.size:
                raise UnfitTile(
                    f"TileReader returned bad result slice ({tile.path} len={len(read)}, want {tile.size})"
                )
        tiles = ProvenTiles(self.tree, self.height, dict(zip(self.tiles, data, strict=True)))
        if join_subtrees(tiles.read(self.edge)) != self.tree.root:
            raise InconsistentTile
        for tile in self.tiles[self.edge_tiles :]:
            level = tile.height * (tile.level + 1)
            if tiles.read([stored_hash_index(level, tile.number)]) != [_root_of(tiles.data[tile])]:
                raise InconsistentTile
        return tiles


def plan_tiles(tree: Tree, indexes: Sequence[int], *, height: int) -> TilePlan:
    """The tiles that are needed to learn, and to be sure of, the stored hashes ``indexes`` of ``tree``.

    Raises GoError ``indexes not in tree``, and EndlessTree.
    Source: the first half of tlog.tileHashReader.ReadHashes.
    """
    edge = subtree_indexes(0, tree.size)
    tiles = dict.fromkeys(tile_in(tree, height, index) for index in edge)
    edge_tiles = len(tiles)
    end = stored_hash_index(0, tree.size)
    for index in indexes:
        if index >= end:
            raise GoError("indexes not in tree")
        # Up to the first tile that is read anyway; then down again, so that parents come before children.
        missing: list[Tile] = []
        tile = tile_for_index(height, index)
        for generation in range(64):
            ancestor = _ancestor(tile, generation, tree.size)
            if ancestor in tiles:
                break
            if ancestor:
                missing.append(ancestor)
        tiles.update(dict.fromkeys(reversed(missing)))
    return TilePlan(tree, height, tuple(edge), tuple(tiles), edge_tiles)
