"""The tiles of a checksum database's log: from the cache or the server, each read once and then proven.

Source: golang.org/x/mod/sumdb, Client.readTile, tileReader (ReadTiles, SaveTiles) and cache.go (parCache).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from probes.golang.errors import GoError
from probes.golang.tiles import ProvenTiles, Tile, TilePlan, plan_tiles
from probes.golang.tlog import Tree

TILE_HEIGHT = 8
"""The go command never asks for another."""


@dataclass(frozen=True, slots=True)
class ClientOps:
    """The I/O of a checksum database client (x/mod/sumdb ClientOps)."""

    read_remote: Callable[[str], Awaitable[bytes]]
    """The body served at ``/lookup/…`` or ``/tile/…``; raises GoError for anything but a 200."""
    read_config: Callable[[str], Awaitable[bytes]]
    """The remembered signed tree head, asked for as ``NAME/latest``; b"" when there is none yet."""
    write_config: Callable[[str, bytes, bytes], Awaitable[None]]
    """Replaces (file, old, new); raises WriteConflict when the stored one is not ``old``."""
    read_cache: Callable[[str], Awaitable[bytes | None]]
    """A cached ``NAME/lookup/…`` or ``NAME/tile/…``; None when it cannot be had, for whatever reason."""
    write_cache: Callable[[str, bytes], Awaitable[None]]
    """Called with proven data only. Its failure is nobody's concern."""


class NotAtHand(GoError):
    """A tile that nobody has read yet, where nobody shall be asked for more. The text is ours."""

    def __init__(self, tile: Tile) -> None:
        super().__init__(f"{tile.path} was not read")


T = TypeVar("T")


class Once(Generic[T]):
    """Work that is done once, whose outcome everybody gets who asks, also a GoError (parCache, sync.Once).

    When the one who does it is cancelled, the next in line starts anew.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._outcome: tuple[T] | GoError | None = None

    async def do(self, work: Callable[[], Awaitable[T]]) -> T:
        """The outcome of ``work``, or of the work that somebody did before."""
        async with self._lock:
            if self._outcome is None:
                try:
                    self._outcome = (await work(),)
                except GoError as error:
                    self._outcome = error
        if isinstance(self._outcome, GoError):
            raise self._outcome.with_traceback(None)
        return self._outcome[0]

    @property
    def result(self) -> T | None:
        """The outcome so far; None before it is there, and when it is an error."""
        return self._outcome[0] if isinstance(self._outcome, tuple) else None


class TileStore:
    """One run's view of a log: what was read once stays as it is, wrong or right."""

    def __init__(self, name: str, ops: ClientOps) -> None:
        self._name = name
        self._ops = ops
        self._reads: dict[Tile, Once[bytes]] = {}
        self._saved: set[Tile] = set()

    async def read(
        self, tree: Tree, indexes: Sequence[int], *, at_hand: bool = False
    ) -> tuple[TilePlan, ProvenTiles]:
        """The tiles that hold some stored hashes of a tree, checked against its root.

        Raises GoError of the first tile that cannot be had, InconsistentTile when they do not fit, and with
        ``at_hand`` NotAtHand for the first that was not read before.
        """
        plan = plan_tiles(tree, indexes, height=TILE_HEIGHT)
        for tile in plan.tiles:
            if at_hand and tile not in self._reads:
                raise NotAtHand(tile)
        # All are read to the end even if one fails: others may want them.
        outcomes = await asyncio.gather(*map(self._read_tile, plan.tiles), return_exceptions=True)
        data: list[bytes] = []
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
            data.append(outcome)
        tiles = plan.authenticate(data)
        await self._save(tiles)
        return plan, tiles

    async def _read_tile(self, tile: Tile) -> bytes:
        once = self._reads.setdefault(tile, Once())
        return await once.do(lambda: self._read_tile_once(tile))

    async def _read_tile_once(self, tile: Tile) -> bytes:
        """Cache, cached full tile, server, server's full tile: a log that grew serves only the full one."""
        cached = await self._ops.read_cache(self._file(tile))
        if cached is not None:
            self._saved.add(tile)
            return cached
        full = tile.full
        if tile != full:
            cached = await self._ops.read_cache(self._file(full))
            if cached is not None:
                self._saved.add(tile)
                return _beginning(tile, cached)
        try:
            return await self._ops.read_remote("/" + tile.path)
        except GoError:
            if tile == full:
                raise
            try:
                return _beginning(tile, await self._ops.read_remote("/" + full.path))
            except GoError:
                pass
            raise  # what the server said about the tile itself

    async def _save(self, tiles: ProvenTiles) -> None:
        for tile, data in tiles.data.items():
            if tile not in self._saved:
                self._saved.add(tile)
                await self._ops.write_cache(self._file(tile), data)

    def _file(self, tile: Tile) -> str:
        return f"{self._name}/{tile.path}"


def _beginning(tile: Tile, full: bytes) -> bytes:
    """A partial tile cut out of a full one. One of the wrong length gives a wrong length, as in Go."""
    return full[: len(full) // tile.full.width * tile.width]
