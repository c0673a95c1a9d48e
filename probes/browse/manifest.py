"""What a folder of saved files holds, and where each of them came from: `modtrace-manifest.json`.

Nothing in it is secret: URLs stand there without user, password and query. It is merged by every run and
written whole; a folder without one, or with one that cannot be read, is a folder of unknown files.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from probes.browse.resuming import Got
from probes.browse.tree import Tree
from probes.golang import dirhash, module, modzip
from probes.golang.errors import GoError
from probes.golang.protocol import Op
from probes.golang.redact import redact
from probes.share.state import read_regular

NAME = "modtrace-manifest.json"
SCHEMA = "modtrace-manifest/1"
MOST_BYTES = 256 << 20
KIT_FILES = frozenset({"README.txt", "Dockerfile.txt", "use-kit.sh", "use-kit.ps1"})
"""What a kit holds besides, which is no part of the tree."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One file."""

    size: int
    sha256: str
    source: str
    """Who it came from: a proxy, secrets masked, or the folder itself."""
    when: str
    """When it came, in UTC."""
    h1: str = ""
    """Of a zip and of a .mod: what go.sum would hold."""
    checked: str = ""
    """Who vouches for the h1: go.sum, the checksum database, or nobody."""
    url: str = ""
    etag: str = ""
    last_modified: str = ""

    def to_json(self) -> dict[str, Any]:
        """The object; what is not known is left out."""
        return {name: value for name, value in asdict(self).items() if value != ""}


@dataclass(slots=True)
class Manifest:
    """All files of a folder, by their names below it."""

    files: dict[str, Entry] = field(default_factory=dict)
    problem: str = ""
    """Why there is none that can be read; "" where there simply is none."""

    def to_json(self) -> dict[str, Any]:
        """The whole, in the order of the names."""
        return {"schema": SCHEMA, "files": {name: self.files[name].to_json() for name in sorted(self.files)}}


def came(size: int, digest: str, source: str, got: Got, h1: str, checked: str) -> Entry:
    """The entry of a file that has just come, or was just looked over."""
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    url = redact(got.url).partition("?")[0]
    return Entry(size, digest, source, when, h1, checked, url, got.etag[:200], got.last_modified[:60])


def read_manifest(tree: Tree) -> Manifest:
    """The manifest of a folder; an empty one where there is none, or where it cannot be read."""
    path = tree.folder / NAME
    try:
        content = json.loads(read_regular(path, MOST_BYTES))
        if not isinstance(content, dict) or content.get("schema") != SCHEMA:
            return Manifest(problem=f"{path} is no manifest of modtrace")
        return Manifest({str(name): _entry(entry) for name, entry in content["files"].items()})
    except FileNotFoundError:
        return Manifest()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return Manifest(problem=f"{path} cannot be read: {error}")


def _entry(found: Mapping[str, Any]) -> Entry:
    size = found["size"]
    if not isinstance(size, int) or isinstance(size, bool):
        raise TypeError("size is no number")
    names = ("sha256", "source", "when", "h1", "checked", "url", "etag", "last_modified")
    return Entry(size=size, **{name: str(found.get(name, "")) for name in names})


def merge(tree: Tree, added: Mapping[str, Entry], rooms: set[Path]) -> None:
    """Add entries to the manifest, and bring the lists of these folders up to date. Raises OSError."""
    with tree.locked():
        for room in sorted(rooms):
            tree.write_list(room)
        manifest = read_manifest(tree)
        manifest.files.update(added)
        text = json.dumps(manifest.to_json(), indent=1, ensure_ascii=True) + "\n"
        tree.write(tree.folder / NAME, text.encode())


def sha256_of(file: BinaryIO) -> str:
    """The SHA-256 of all of a file."""
    file.seek(0)
    found = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        found.update(chunk)
    return found.hexdigest()


# -- looking a folder over ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one file of a folder."""

    file: str
    words: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A folder that was looked over."""

    files: int
    bytes: int
    flaws: tuple[Flaw, ...]
    notes: tuple[Flaw, ...]
    """What is there and harms nothing: an unfinished download."""


def check(tree: Tree) -> Checked:
    """Compare a folder with its manifest: every file, every list. Blocks; raises nothing for what it finds.
    """
    manifest = read_manifest(tree)
    if manifest.problem or not manifest.files:
        words = manifest.problem or "there is no manifest, so nothing is known of this folder"
        return Checked(0, 0, (Flaw(NAME, words),), ())
    flaws: list[Flaw] = []
    notes: list[Flaw] = []
    total = 0
    for name, entry in sorted(manifest.files.items()):
        words = _flaw(tree, name, entry)
        total += entry.size
        if words:
            flaws.append(Flaw(name, words))
    known = set(manifest.files)
    rooms: set[Path] = set()
    for name in _walk(tree):
        path = tree.folder / name
        base = path.name
        if name in known or name in KIT_FILES or name == NAME:
            rooms |= {path.parent} if path.parent.name == "@v" else set()
        elif base.startswith(".") and base.endswith((".part", ".part.json", ".tmp")):
            notes.append(Flaw(name, "the beginning of a download; the next one goes on with it"))
        elif base == "list" and path.parent.name == "@v":
            rooms.add(path.parent)
        else:
            flaws.append(Flaw(name, "it is not in the manifest"))
    for room in sorted(rooms):
        flaws += _list_flaws(tree, room)
    return Checked(len(manifest.files), total, tuple(flaws), tuple(notes))


def _walk(tree: Tree) -> Iterator[str]:
    for folder, folders, files in os.walk(tree.folder):
        folders.sort()
        for name in sorted(files):
            yield (Path(folder) / name).relative_to(tree.folder).as_posix()


def _list_flaws(tree: Tree, room: Path) -> list[Flaw]:
    name = (room / "list").relative_to(tree.folder).as_posix()
    try:
        found = read_regular(room / "list", MOST_BYTES).decode("utf-8", "replace").split()
        wanted = tree.versions(room)
    except OSError as error:
        return [Flaw(name, error.strerror or str(error))]
    return [] if found == wanted else [Flaw(name, "it does not name the versions that are there")]


def _flaw(tree: Tree, name: str, entry: Entry) -> str:
    """What is wrong with a file of the manifest; "" when it is as it was."""
    pure = Path(name)
    if pure.is_absolute() or ".." in pure.parts:
        return "the manifest names a file outside of the folder"
    handle = tree.open(tree.folder / name)
    if handle is None:
        return "it is missing"
    with os.fdopen(handle, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size != entry.size:
            return f"it has {size} bytes, and had {entry.size}"
        if sha256_of(file) != entry.sha256:
            return "its SHA-256 is not that of the manifest"
        return _hash_flaw(name, entry, file, size)


def _hash_flaw(name: str, entry: Entry, file: BinaryIO, size: int) -> str:
    try:
        path, version, op = parse_name(name)
        found = entry.h1
        if op is Op.MOD:
            file.seek(0)
            found = dirhash.go_mod_hash(file.read())
        elif op is Op.ZIP:
            modzip.check_download(path, version, file, size)
            found = modzip.hash_zip(file, size)
    except GoError as error:
        return str(error)
    return "" if found == entry.h1 else f"its hash is {found}, and the manifest has {entry.h1 or 'none'}"


def parse_name(name: str) -> tuple[str, str, Op]:
    """The path, version and kind that a file's name in a tree stands for. Raises GoError."""
    path, marker, file = name.partition("/@v/")
    version, dot, kind = file.rpartition(".")
    if not marker or not dot or kind not in (Op.INFO, Op.MOD, Op.ZIP):
        raise GoError("it is no file of a module")
    return module.unescape_path(path), module.unescape_version(version), Op(kind)
