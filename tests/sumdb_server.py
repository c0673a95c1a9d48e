"""A checksum database for tests: a signer, a log, and a server that can be made to lie.

Everything is in memory and plain: ``SumDBServer.answer(path)`` gives (status, body) for ``/lookup/…``,
``/tile/…``, ``/latest`` and ``/supported``, so that it can be mounted behind any kind of server. Lies are
told with ``say`` (any answer for a path), ``size`` (an old head), ``signer`` (another key) and ``log``
(another history: ``Log.fork``).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from probes.golang import tlog
from probes.golang.errors import GoError
from probes.golang.module import escape_path, escape_version
from probes.golang.note import key_hash
from probes.golang.tiles import Tile, parse_tile_path


@dataclass(frozen=True)
class Signer:
    """A key pair of a database."""

    name: str
    private_key: Ed25519PrivateKey

    @classmethod
    def from_seed(cls, name: str, seed: int = 0) -> Signer:
        """Always the same key for the same seed."""
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big")))

    @property
    def encoded_key(self) -> bytes:
        """The public key with its algorithm byte."""
        return b"\x01" + self.private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def key_hash(self) -> int:
        return key_hash(self.name, self.encoded_key)

    @property
    def verifier_key(self) -> str:
        """What goes into GOSUMDB."""
        return f"{self.name}+{self.key_hash:08x}+{base64.b64encode(self.encoded_key).decode()}"

    def signature_line(self, text: str, *, signature: bytes | None = None) -> str:
        """The line that signs a text, with another signature if one is given."""
        raw = self.private_key.sign(text.encode()) if signature is None else signature
        encoded = base64.b64encode(self.key_hash.to_bytes(4, "big") + raw).decode()
        return f"— {self.name} {encoded}\n"

    def sign(self, text: str) -> bytes:
        """A signed note."""
        return f"{text}\n{self.signature_line(text)}".encode()


def go_sum_lines(path: str, version: str, zip_hash: str, mod_hash: str) -> bytes:
    """The text of a module version's record."""
    return f"{path} {version} {zip_hash}\n{path} {version}/go.mod {mod_hash}\n".encode()


class Log:
    """An append-only log of records. Heads and tiles of every earlier size can be had."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.ids: dict[str, int] = {}
        """By ``escaped path@escaped version``, as it stands in a lookup."""
        self._hashes: list[tlog.Hash] = []

    def __len__(self) -> int:
        return len(self.records)

    def append(self, text: bytes) -> int:
        """Add a record of any text; returns its number."""
        number = len(self.records)
        self.records.append(text)
        self._hashes += tlog.stored_hashes(number, tlog.record_hash(text), self.read)
        return number

    def add(self, path: str, version: str, zip_hash: str = "h1:zip=", mod_hash: str = "h1:mod=") -> int:
        """Add the record of a module version; returns its number."""
        number = self.append(go_sum_lines(path, version, zip_hash, mod_hash))
        self.ids[f"{escape_path(path)}@{escape_version(version)}"] = number
        return number

    def fork(self, size: int) -> Log:
        """Another log that shares the first ``size`` records."""
        other = Log()
        for text in self.records[:size]:
            other.append(text)
        other.ids = {key: number for key, number in self.ids.items() if number < size}
        return other

    def read(self, indexes: Sequence[int]) -> list[tlog.Hash]:
        """The stored hashes at these indexes."""
        return [self._hashes[index] for index in indexes]

    def tree(self, size: int | None = None) -> tlog.Tree:
        """The tree of the first ``size`` records, or of all."""
        count = len(self.records) if size is None else size
        return tlog.Tree(count, tlog.tree_hash(count, self.read))

    def tile(self, tile: Tile, size: int | None = None) -> bytes | None:
        """A tile's data as far as a tree of ``size`` has it; None when it reaches beyond."""
        count = len(self.records) if size is None else size
        first = tile.number << tile.height
        level = tile.height * tile.level
        if tile.level == -1:
            texts = self.records[:count][first : first + tile.width]
            return b"".join(text + b"\n" for text in texts) if len(texts) == tile.width else None
        if first + tile.width > count >> level:
            return None
        indexes = [tlog.stored_hash_index(level, first + n) for n in range(tile.width)]
        return b"".join(self.read(indexes))


Answer = tuple[int, bytes]
"""HTTP status and body."""


@dataclass
class SumDBServer:
    """Serves a log; every field may be changed between requests."""

    signer: Signer
    log: Log
    size: int | None = None
    """The size of the head that is signed; None for all of the log. Tiles are always all there."""
    partial_tiles: bool = True
    """Whether tiles that have grown full are still served in their earlier, partial form."""
    said: dict[str, Answer] = field(default_factory=dict)
    """Answers that go before the true ones, by path."""
    requests: list[str] = field(default_factory=list)

    def head(self, size: int | None = None) -> bytes:
        """The signed tree head."""
        return self.signer.sign(tlog.format_tree(self.log.tree(self.size if size is None else size)))

    def say(self, path: str, body: bytes, status: int = 200) -> None:
        """Answer a path in this way from now on."""
        self.said[path] = (status, body)

    def answer(self, path: str) -> Answer:
        """Status and body for a request path."""
        self.requests.append(path)
        if path in self.said:
            return self.said[path]
        if path == "/supported":
            return 200, b""
        if path == "/latest":
            return 200, self.head()
        if path.startswith("/lookup/"):
            return self._lookup(path.removeprefix("/lookup/"))
        try:
            tile = parse_tile_path(path.removeprefix("/"))
        except GoError:
            return 404, b"404 page not found\n"
        return self._tile(tile)

    def lookup_answer(self, number: int, *, text: bytes | None = None, head: bytes | None = None) -> bytes:
        """The body of a lookup, or a lie in its form."""
        record = self.log.records[number] if text is None else text
        return b"%d\n%s\n%s" % (number, record, self.head() if head is None else head)

    def everything(self, lookups: Iterable[tuple[str, str]], sizes: Iterable[int]) -> dict[str, bytes]:
        """What it answers with 200, by path: these lookups, and the tiles of trees of these sizes."""
        paths = [
            f"/lookup/{escape_path(path)}@{escape_version(version.removesuffix('/go.mod'))}"
            for path, version in lookups
        ]
        for size in sizes:
            for level in range(3):
                width = size >> (8 * level)
                numbers = range((width + 255) // 256)
                paths += [f"/{Tile(8, level, n, min(256, width - n * 256)).path}" for n in numbers]
        answers = ((path, *self.answer(path)) for path in paths)
        return {path: body for path, status, body in answers if status == 200}

    def _lookup(self, key: str) -> Answer:
        number = self.log.ids.get(key)
        if number is None:
            return 404, f"not found: {key}: unknown revision\n".encode()
        return 200, self.lookup_answer(number)

    def _tile(self, tile: Tile) -> Answer:
        grown = tile != tile.full and self.log.tile(tile.full) is not None
        data = None if grown and not self.partial_tiles else self.log.tile(tile)
        return (404, b"not found\n") if data is None else (200, data)
