"""A small checksum database for a world of the demo: it vouches for what everybody else was served.

Source of the forms: golang.org/x/mod/sumdb (client.go Lookup, tlog, note). The key is the same in every run
and protects nothing: the database lives on loopback for as long as the demo does.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from probes.demo.behaviour import Answer, Behaviour, Request
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


class _Signer:
    """A key in the name of the database."""

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._encoded = _ED25519 + self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._hash = key_hash(NAME, self._encoded)

    @property
    def verifier(self) -> str:
        """The public key as GOSUMDB has it."""
        return f"{NAME}+{self._hash:08x}+{base64.b64encode(self._encoded).decode()}"

    def note(self, text: str) -> bytes:
        """The text with its signature."""
        signed = self._hash.to_bytes(4, "big") + self._private.sign(text.encode())
        return f"{text}\n— {NAME} {base64.b64encode(signed).decode()}\n".encode()


_SIGNER = _Signer(b"modtrace demo checksum database!")
VERIFIER_KEY = _SIGNER.verifier
"""What stands in GOSUMDB, before the address."""


class Lie(StrEnum):
    """What is false about a database, and must be found out."""

    NONE = "none"
    OTHER_KEY = "other key"
    """The head is signed with another key in the same name."""
    FORGED_RECORD = "forged record"
    """The record has another hash than the one in the tree."""
    FORGED_TILE = "forged tile"
    """A tile does not add up to the signed root."""
    FORK = "fork"
    """There was another history before, whose tiles are still served."""


class ChecksumDatabase:
    """The log of these modules, and the handler that serves it."""

    def __init__(
        self, modules: Iterable[Module], lie: Lie = Lie.NONE, before: Iterable[Module] = ()
    ) -> None:
        """``before`` is what another history was made of, whose tiles are still served."""
        self._before = ChecksumDatabase(before) if lie is Lie.FORK else None
        self._lie = lie
        self._signer = _SIGNER
        if lie is Lie.OTHER_KEY:
            self._signer = _Signer(b"a key that nobody has ever heard")
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

    @cached_property
    def head(self) -> bytes:
        """The signed head of the tree."""
        size = len(self._records)
        return self._signer.note(tlog.format_tree(tlog.Tree(size, tlog.tree_hash(size, self._read))))

    def _record(self, number: int) -> bytes:
        text = self._records[number]
        if self._lie is Lie.FORGED_RECORD:
            words = text.decode().split()
            words[2] = "h1:" + base64.b64encode(bytes(32)).decode()
            text = f"{' '.join(words[:3])}\n{' '.join(words[3:])}\n".encode()
        return text

    def answer(self, request: Request) -> Answer:
        """What the server says."""
        path = request.target
        missing = Answer(404, b"not found\n")
        if path == "/latest":
            return Answer(body=self.head)
        if path.startswith("/lookup/"):
            number = self._numbers.get(path.removeprefix("/lookup/"))
            if number is None:
                return missing
            return Answer(body=b"%d\n%s\n%s" % (number, self._record(number), self.head))
        try:
            data = self._tile(parse_tile_path(path.removeprefix("/")))
        except GoError:
            return missing
        return missing if data is None else Answer(body=data, content_type="application/octet-stream")

    def _tile(self, tile: Tile) -> bytes | None:
        """The hashes of a tile; this log never grows beyond one."""
        if self._before is not None and tile.width <= len(self._before._records):
            return self._before._tile(tile)
        if tile.level != 0 or tile.number or tile.width > len(self._records):
            return None
        data = b"".join(self._read([tlog.stored_hash_index(0, number) for number in range(tile.width)]))
        return bytes(byte ^ 1 for byte in data) if self._lie is Lie.FORGED_TILE else data


def passing_on(make: Callable[[], ChecksumDatabase]) -> Behaviour:
    """A proxy that passes everything on to a database (modfetch initBase), made when somebody asks."""
    made: list[ChecksumDatabase] = []
    prefix = f"/sumdb/{NAME}"

    def answer(request: Request, good: Answer) -> Answer:
        if not request.target.startswith(prefix + "/"):
            return good
        if request.target == prefix + "/supported":
            return Answer()
        made[:] = made or [make()]
        return made[0].answer(Request(request.target.removeprefix(prefix), request.headers))

    return answer
