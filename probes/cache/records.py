"""What the cache keeps of checksum databases, and what of it is spoiled.

go believes a record or a tile that lies there: where it is none, or belongs to no tree, each download of a
version that go.sum does not have stops, until the file is gone. An empty one counts as none. Nobody is asked
here, and no key is needed: what is looked at is the form, and whether a record is the one that the tile
beside it was made of.

Source: cmd/go/internal/modfetch/sumdb.go ReadCache; golang.org/x/mod/sumdb/client.go Lookup, readTile; what
go says of each was also seen from the real go.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from probes.cache.entries import DOWNLOADS, SUMDB
from probes.cache.findings import Finding, Kind, Level, Repair
from probes.golang import module, tlog
from probes.golang.errors import GoError
from probes.golang.note import UnverifiedNote, open_note
from probes.golang.tiles import Tile, parse_tile_path
from probes.share.state import read_regular

MOST_FILES = 200_000
"""Files of the databases that are looked at."""
_MOST_RECORD = 1 << 20
_HEIGHT = 8
_HASH = 32


def spoiled(cache: str, path: str = "", version: str = "", *, thorough: bool = False) -> Iterator[Finding]:
    """The records and tiles that stop go; with a path the records of that module only. Raises nothing."""
    above = f"{cache}/{DOWNLOADS}/{SUMDB}"
    left = MOST_FILES
    for name in sorted(_folders(above)):
        for file in _files(f"{above}/{name}"):
            left -= 1
            if left < 0:
                return
            below = file.removeprefix(f"{above}/{name}/")
            if below.startswith("lookup/"):
                yield from _record(cache, name, below, (path, version), thorough=thorough)
            elif below.startswith("tile/") and not path:
                yield from _tile(cache, name, below)


def _folders(place: str) -> list[str]:
    try:
        with os.scandir(place) as names:
            return [one.name for one in names if one.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _files(place: str) -> Iterator[str]:
    todo = [place]
    while todo:
        try:
            with os.scandir(todo.pop()) as names:
                for one in names:
                    if one.is_dir(follow_symlinks=False):
                        todo.append(one.path)
                    else:
                        yield one.path
        except OSError:
            continue


def _record(
    cache: str, name: str, below: str, wanted: tuple[str, str], *, thorough: bool
) -> Iterator[Finding]:
    escaped, _, stem = below.removeprefix("lookup/").rpartition("@")
    try:
        path, version = module.unescape_path(escaped), module.unescape_version(stem)
    except GoError:
        return
    if wanted[0] not in ("", path) or wanted[1] not in ("", version):
        return
    file = f"{DOWNLOADS}/{SUMDB}/{name}/{below}"
    try:
        data = read_regular(Path(cache, file), _MOST_RECORD)
    except (OSError, ValueError):
        return  # go asks for it
    fault = _fault_of(data)
    words = f"it is no record of {name}; where go.sum lacks the hash, go stops"
    repair = Repair((file,), why=f"go asks {name} for this one record again")
    if data and thorough and not fault and (tile := _other_leaf(f"{cache}/{DOWNLOADS}/{SUMDB}/{name}", data)):
        fault = "cannot authenticate record data in server response"
        words = f"the tile kept of {name} has another record in its place: one of the two is spoiled"
        repair = Repair(
            (file, f"{DOWNLOADS}/{SUMDB}/{name}/{tile}"),
            why=f"go asks {name} for these two again, and proves them",
        )
    if fault:
        says = f"{path}@{version}: verifying module: {path}@{version}: {fault}"
        yield Finding(Kind.RECORD_BROKEN, Level.BAD, file, words, says, path, version, repair)


def _fault_of(data: bytes) -> str:
    """What go says of a record's form; "" where it takes it, or takes it for none."""
    if not data:
        return ""
    try:
        record = tlog.parse_record(data)
    except GoError as error:
        return str(error)
    try:
        open_note(record.rest, ())
    except UnverifiedNote:
        return ""  # by whose key is not looked at
    except GoError as error:
        return f"reading tree note: {error}"
    return ""


def _other_leaf(folder: str, data: bytes) -> str:
    """The tile, as it is named in a database's folder, that has another hash where this record belongs."""
    record = tlog.parse_record(data)
    kept, leaf = _leaf_of(folder, record.id)
    return kept if leaf and leaf != bytes(tlog.record_hash(record.text)) else ""


def _leaf_of(folder: str, number: int) -> tuple[str, bytes]:
    """A tile with the hash of a record, and that; "" where none is kept."""
    if number < 0:
        return "", b""
    tile = Tile(_HEIGHT, 0, number >> _HEIGHT, 1 << _HEIGHT)
    at = number & ((1 << _HEIGHT) - 1)
    places = [tile.path]
    try:
        with os.scandir(f"{folder}/{tile.path}.p") as names:
            places += [
                f"{tile.path}.p/{one.name}" for one in names if one.name.isdecimal() and int(one.name) > at
            ]
    except OSError:
        pass
    for place in places:
        try:
            data = read_regular(Path(folder, place), tile.size)
        except (OSError, ValueError):
            continue
        if len(data) >= (at + 1) * _HASH:
            return place, data[at * _HASH : (at + 1) * _HASH]
    return "", b""


def _tile(cache: str, name: str, below: str) -> Iterator[Finding]:
    """A tile that is too short or too long."""
    file = f"{DOWNLOADS}/{SUMDB}/{name}/{below}"
    try:
        tile = parse_tile_path(below)
        found = Path(cache, file).stat()
    except (GoError, OSError, ValueError):
        return
    if tile.level < 0 or found.st_size in (0, tile.size) or not stat.S_ISREG(found.st_mode):
        return
    words = f"it has {found.st_size:,} bytes, and a tile of its name has {tile.size:,}: no tree can be proved"
    says = f"TileReader returned bad result slice ({below} len={found.st_size}, want {tile.size})"
    repair = Repair((file,), why=f"go asks {name} for this one tile again")
    yield Finding(Kind.TILE_BROKEN, Level.BAD, file, words, says, name, "", repair)
