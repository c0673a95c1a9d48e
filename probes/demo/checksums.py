"""A small checksum database for a world of the demo: it vouches for what everybody else was served.

Source of the forms: golang.org/x/mod/sumdb (client.go Lookup, tlog, note). The key is the same in every run
and protects nothing: the database lives on loopback for as long as the demo does.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from probes.demo.behaviour import Answer, Request
from probes.demo.content import Module, ModuleVersion
from probes.golang import tlog
from probes.golang.dirhash import go_mod_hash
from probes.golang.errors import GoError
from probes.golang.module import escape_path, escape_version
from probes.golang.modzip import hash_zip
from probes.golang.note import key_hash
from probes.golang.tiles import Tile, parse_tile_path

NAME = "sums.demo.example"
_ED25519 = b"\x01"
_KEY = Ed25519PrivateKey.from_private_bytes(b"modtrace demo checksum database!")
_ENCODED_KEY = _ED25519 + _KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
_KEY_HASH = key_hash(NAME, _ENCODED_KEY)
VERIFIER_KEY = f"{NAME}+{_KEY_HASH:08x}+{base64.b64encode(_ENCODED_KEY).decode()}"
"""What stands in GOSUMDB, before the address."""


class ChecksumDatabase:
    """The log of these modules, and the handler that serves it."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self._records: list[bytes] = []
        self._hashes: list[tlog.Hash] = []
        self._numbers: dict[str, int] = {}
        for module in modules:
            for version in module.versions:
                self._add(version)

    def _add(self, version: ModuleVersion) -> None:
        number, path = len(self._records), version.path
        zipped = hash_zip(io.BytesIO(version.zip), len(version.zip))
        lines = (
            f"{path} {version.version} {zipped}\n{path} {version.version}/go.mod {go_mod_hash(version.mod)}\n"
        )
        self._records.append(lines.encode())
        self._hashes += tlog.stored_hashes(number, tlog.record_hash(lines.encode()), self._read)
        self._numbers[f"{escape_path(path)}@{escape_version(version.version)}"] = number

    def _read(self, indexes: Sequence[int]) -> list[tlog.Hash]:
        return [self._hashes[index] for index in indexes]

    def _head(self) -> bytes:
        """The signed head of the tree."""
        size = len(self._records)
        text = tlog.format_tree(tlog.Tree(size, tlog.tree_hash(size, self._read)))
        signature = base64.b64encode(_KEY_HASH.to_bytes(4, "big") + _KEY.sign(text.encode())).decode()
        return f"{text}\n— {NAME} {signature}\n".encode()

    def answer(self, request: Request) -> Answer:
        """What the server says."""
        path = request.target
        missing = Answer(404, b"not found\n")
        if path == "/latest":
            return Answer(body=self._head())
        if path.startswith("/lookup/"):
            number = self._numbers.get(path.removeprefix("/lookup/"))
            if number is None:
                return missing
            return Answer(body=b"%d\n%s\n%s" % (number, self._records[number], self._head()))
        try:
            data = self._tile(parse_tile_path(path.removeprefix("/")))
        except GoError:
            return missing
        return missing if data is None else Answer(body=data, content_type="application/octet-stream")

    def _tile(self, tile: Tile) -> bytes | None:
        """The hashes of a tile; this log never grows beyond one."""
        if tile.level != 0 or tile.number or tile.width > len(self._records):
            return None
        return b"".join(self._read([tlog.stored_hash_index(0, number) for number in range(tile.width)]))
