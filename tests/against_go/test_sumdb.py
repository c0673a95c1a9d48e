"""Notes, logs, tiles and the client of the checksum database, compared with golang.org/x/mod/sumdb.

The client is compared as a whole: x/mod's runs in the oracle on a script of answers, ours on the same, and
both must come to the same lines or the same error text by the same requests, and leave the same files.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.golang import dirhash, note, tiles, tlog
from probes.golang.errors import GoError
from probes.golang.goproxy import ErrorRanking, Hop, parse_goproxy
from probes.golang.gosumdb import dial
from probes.golang.module import escape_path
from probes.golang.urls import GoURL
from probes.sources.checksum_database import (
    BaseURL,
    ClientOps,
    SecurityError,
    SumDBClient,
    WriteConflict,
    check_sum_db,
)
from tests.against_go.golang import Oracle, go_binary
from tests.sumdb_server import Log, Signer, SumDBServer

quick = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

NAME = "sum.example.com"
SIGNER = Signer.from_seed(NAME, 7)
OTHER_KEY = Signer.from_seed(NAME, 8)
OTHER_NAME = Signer.from_seed("sum.example.org/x", 9)
SIGNERS = [SIGNER, OTHER_KEY, OTHER_NAME]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def words(work: Callable[[], Any]) -> Any:
    """What ``work`` returns, or the text of its GoError."""
    try:
        return work()
    except GoError as error:
        return str(error)


def mutate(data: st.DataObject, text: bytes, pieces: list[bytes]) -> bytes:
    """The text with up to three changes of the kinds that parsers stumble over."""
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(text)))
        piece = data.draw(st.sampled_from(pieces) | st.binary(max_size=3))
        cut = data.draw(st.sampled_from([0, 0, 1, 2, 8]))
        text = text[:at] + piece + text[at + cut :]
    return text


# Notes

KEY_PIECES = [
    b"+", b"=", b"==", b" ", b"\n", b"\r", b"A", b"/", b"_", b"0x", "\u2003".encode(), b"\xff", b"\x00",
]  # fmt: skip


@given(st.data())
@quick
def test_new_verifier(oracle: Oracle, data: st.DataObject) -> None:
    signer = data.draw(st.sampled_from(SIGNERS))
    key = mutate(data, signer.verifier_key.encode(), KEY_PIECES).decode("utf-8", "replace")
    answer = oracle.ask("note.verifier", key)

    def ours() -> tuple[str, int]:
        verifier = note.new_verifier(key)
        return verifier.name, verifier.key_hash

    assert words(ours) == (answer["err"] or (answer["name"], answer["hash"]))


@given(st.text(max_size=5), st.binary(max_size=40), st.sampled_from([0, 1, 2, 255]))
@quick
def test_new_verifier_with_a_right_hash_over_anything(
    oracle: Oracle, name: str, key: bytes, algorithm: int
) -> None:
    encoded = bytes([algorithm]) + key
    vkey = f"{name}+{note.key_hash(name, encoded):08x}+{b64(encoded)}"
    answer = oracle.ask("note.verifier", vkey)
    assert words(lambda: note.new_verifier(vkey).key_hash) == (answer["err"] or answer["hash"])


NOTE_PIECES = [
    b"\n", b"\n\n", b"\r", b" ", b"=", b"\t", b"\x7f", b"\xc2", b"\xed\xa0\x80", "\u2014 ".encode(), b"+",
    *(s.signature_line("go.sum database tree\n5\nx\n").encode() for s in SIGNERS),
]  # fmt: skip


def compare_open(oracle: Oracle, message: bytes, signers: list[Signer]) -> None:
    keys = [signer.verifier_key for signer in signers]
    answer = oracle.ask("note.open", {"Msg": b64(message), "Keys": keys})

    def ours() -> dict[str, Any]:
        opened = note.open_note(message, [note.new_verifier(key) for key in keys])

        def listed(signatures: tuple[note.Signature, ...]) -> list[dict[str, Any]]:
            return [{"name": s.name, "hash": s.key_hash, "base64": s.base64} for s in signatures]

        return {
            "err": None,
            "text": opened.text,
            "sigs": listed(opened.signatures),
            "unverified": listed(opened.unverified),
        }

    assert words(ours) == (answer["err"] or answer)


@given(st.data())
@quick
def test_open_note(oracle: Oracle, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(["go.sum database tree\n5\nx\n", "a\n\nb\n", "\n", "", "é\u2028\n"]))
    lines = data.draw(st.lists(st.sampled_from(SIGNERS), max_size=4))
    message = f"{text}\n{''.join(s.signature_line(text) for s in lines)}".encode()
    known = data.draw(st.lists(st.sampled_from(SIGNERS), max_size=3))
    compare_open(oracle, mutate(data, message, NOTE_PIECES), known)


# Points and scalars at the edge of Ed25519, where implementations differ in what they accept.
EDGE_POINTS = [
    bytes(32),
    bytes([1]) + bytes(31),
    bytes([1]) + bytes(30) + b"\x80",
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    bytes([2]) + bytes(31),
    b"\xff" * 32,
]
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.mark.parametrize("point", EDGE_POINTS)
def test_signatures_by_keys_at_the_edge_of_the_curve(oracle: Oracle, point: bytes) -> None:
    encoded = b"\x01" + point
    number = note.key_hash("edge", encoded)
    verifier = note.new_verifier(f"edge+{number:08x}+{b64(encoded)}")
    for r in EDGE_POINTS:
        for s in (0, 1, ORDER - 1, ORDER, 2**255 - 1):
            signature = number.to_bytes(4, "big") + r + s.to_bytes(32, "little")
            for text in ("a\n", "b\n", "c\n", "d\n"):
                message = f"{text}\n— edge {b64(signature)}\n".encode()
                answer = oracle.ask(
                    "note.open", {"Msg": b64(message), "Keys": [f"edge+{number:08x}+{b64(encoded)}"]}
                )
                opened = words(lambda m=message: note.open_note(m, [verifier]).text)  # type: ignore[misc]
                assert opened == (answer["err"] or answer["text"])


# Trees, records, tiles

HASH = b64(bytes(range(32)))


@given(st.data())
@quick
def test_parse_tree(oracle: Oracle, data: st.DataObject) -> None:
    numbers = ["0", "2", "9223372036854775807", "9223372036854775808", "-1", "+1", "01"]
    size = data.draw(st.sampled_from(numbers))
    pieces = [b"\n", b"\r", b"=", b"0", b"-", b" ", b"_", "٣".encode()]
    raw = mutate(data, f"go.sum database tree\n{size}\n{HASH}\n".encode(), pieces)
    text = raw.decode("utf-8", "replace")
    answer = oracle.ask("tlog.parseTree", b64(text.encode()))

    def ours() -> dict[str, Any]:
        tree = tlog.parse_tree(text)
        return {"err": None, "size": tree.size, "root": b64(tree.root)}

    assert words(ours) == (answer["err"] or answer)


@given(st.data())
@quick
def test_parse_and_format_record(oracle: Oracle, data: st.DataObject) -> None:
    numbers = ["0", "12", "-5", "+7", "00", "9223372036854775808", "-9223372036854775808"]
    number = data.draw(st.sampled_from(numbers))
    pieces = [b"\n", b"\n\n", b"\r", b"\t", b"\x7f", b"\xff", b"-", b"_", b" ", b"0"]
    message = mutate(data, f"{number}\na v1 h1:x=\nb é\n\nrest\n\nof it".encode(), pieces)
    answer = oracle.ask("tlog.parseRecord", b64(message))

    def ours() -> dict[str, Any]:
        record = tlog.parse_record(message)
        return {"err": None, "id": record.id, "text": b64(record.text), "rest": b64(record.rest)}

    assert words(ours) == (answer["err"] or answer)
    end = data.draw(st.sampled_from([b"", b"\n", b"\n\n"]))
    text = message.partition(b"\n")[2].partition(b"\n\n")[0] + end
    formatted = oracle.ask("tlog.formatRecord", b64(text))
    assert words(lambda: b64(tlog.format_record(7, text))) == (formatted["err"] or formatted["msg"])


@given(st.data())
@quick
def test_parse_tile_path(oracle: Oracle, data: st.DataObject) -> None:
    paths = ["tile/8/0/x001/x234/067.p/12", "tile/3/4/001", "tile/8/data/000.p/1", "tile/30/63/999"]
    path = data.draw(st.sampled_from(paths))
    pieces = [b"/", b"x", b".p", b"/x000", b"0", b"-", b"+", b"9", b"data", b"/x999/x999/x999/x999", b"\xff"]
    text = mutate(data, path.encode(), pieces).decode("utf-8", "replace")
    answer = oracle.ask("tlog.parseTilePath", text)

    def ours() -> list[int]:
        tile = tiles.parse_tile_path(text)
        return [tile.height, tile.level, tile.number, tile.width]

    assert words(ours) == (answer["err"] or answer["tile"])


@given(st.integers(1, 30), st.integers(0, 2**61))
@quick
def test_places(oracle: Oracle, height: int, index: int) -> None:
    answer = oracle.ask("tlog.index", {"Height": height, "Index": index})
    assert tlog.split_stored_hash_index(index) == (answer["level"], answer["n"])
    assert tlog.stored_hash_index(answer["level"], answer["n"]) == answer["back"]
    assert tiles.tile_for_index(height, index).path == answer["tile"]


@given(st.data())
@quick
def test_hash_from_tile(oracle: Oracle, data: st.DataObject) -> None:
    tile = tiles.Tile(
        data.draw(st.sampled_from([1, 2, 3, 3, 3, 0, 31])),
        data.draw(st.sampled_from([0, 0, 1, -1, 64])),
        data.draw(st.integers(0, 2)),
        data.draw(st.integers(0, 9)),
    )
    content = bytes(range(256))[: data.draw(st.sampled_from([256, 256, 255, 33, 0]))]
    index = data.draw(st.integers(0, 40))
    answer = oracle.ask(
        "tlog.hashFromTile",
        {
            "H": tile.height, "L": tile.level, "N": tile.number, "W": tile.width,
            "Data": b64(content), "Index": index,
        },
    )  # fmt: skip
    assert words(lambda: b64(tiles.hash_from_tile(tile, content, index))) == (answer["err"] or answer["hash"])


# Proofs over trees of 1 to 5000 records

MOST = 5000
LOG = Log()
for _number in range(MOST):
    LOG.append(b"record %d\n" % _number)

sizes = st.one_of(st.integers(1, 40), st.integers(1, MOST), st.sampled_from([255, 256, 257, 4096, MOST]))


@given(st.data())
@quick
def test_proofs(oracle: Oracle, data: st.DataObject) -> None:
    size = data.draw(sizes)
    number = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    answer = oracle.ask("tlog.proofs", {"Size": size, "Record": number, "Old": old})
    assert answer["errs"] == [None] * 4
    record_proof = tlog.prove_record(size, number, LOG.read)
    tree_proof = tlog.prove_tree(size, old, LOG.read)
    assert b64(LOG.tree(size).root) == answer["root"]
    assert b64(LOG.tree(old).root) == answer["old"]
    assert [b64(h) for h in record_proof] == answer["record"]
    assert [b64(h) for h in tree_proof] == answer["tree"]


@given(st.data())
@quick
def test_checks_of_right_and_wrong_proofs(oracle: Oracle, data: st.DataObject) -> None:
    size = data.draw(sizes)
    number = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    record_proof = tlog.prove_record(size, number, LOG.read)
    tree_proof = tlog.prove_tree(size, old, LOG.read)
    for proof in (record_proof, tree_proof):
        change = data.draw(st.sampled_from(["none", "shorter", "longer", "swap"]))
        if change == "longer":
            proof.insert(data.draw(st.integers(0, len(proof))), LOG.read([0])[0])
        elif change == "shorter" and proof:
            proof.pop()
        elif change == "swap":
            proof.reverse()
    size += data.draw(st.sampled_from([0, 0, 0, 1, -1]))
    number += data.draw(st.sampled_from([0, 0, 0, 1, -1]))
    old += data.draw(st.sampled_from([0, 0, 0, 1, -1]))
    tree = tlog.Tree(size, LOG.tree(min(size, MOST)).root)
    before = tlog.Tree(old, LOG.tree(min(max(old, 0), MOST)).root)
    leaf = tlog.record_hash(b"record %d\n" % number)
    answer = oracle.ask(
        "tlog.check",
        {
            "Size": size, "Record": number, "Old": old,
            "Root": b64(tree.root), "OldRoot": b64(before.root), "Leaf": b64(leaf),
            "RecordProof": [b64(h) for h in record_proof], "TreeProof": [b64(h) for h in tree_proof],
        },
    )  # fmt: skip
    assert answer == [
        words(lambda: tlog.check_record(record_proof, tree, number, leaf)),
        words(lambda: tlog.check_tree(tree_proof, tree, before)),
    ]


@given(st.data())
@quick
def test_tile_hash_reader(oracle: Oracle, data: st.DataObject) -> None:
    """The same tiles in the same order, and the same judgement of right and wrong ones."""
    size = data.draw(sizes | st.just(0))
    height = data.draw(st.sampled_from([1, 2, 3, 8, 8]))
    last = tlog.stored_hash_index(0, size)
    indexes = data.draw(st.lists(st.integers(0, max(0, last - 1)), min_size=1, max_size=4))
    if data.draw(st.integers(0, 9)) == 0:
        indexes.append(last + data.draw(st.integers(0, 3)))
    tree = LOG.tree(size)
    if data.draw(st.integers(0, 9)) == 0:
        tree = tlog.Tree(size, LOG.tree(1).root)

    plan = words(lambda: tiles.plan_tiles(tree, indexes, height=height))
    served: dict[str, bytes] = {}
    if isinstance(plan, tiles.TilePlan):
        for tile in plan.tiles:
            served[tile.path] = LOG.tile(tile, size) or b""
        if data.draw(st.booleans()):
            spoiled = data.draw(st.sampled_from(sorted(served)))
            content = bytearray(served[spoiled])
            content[data.draw(st.integers(0, len(content) - 1))] ^= 1
            served[spoiled] = bytes(content[: data.draw(st.sampled_from([None, None, -1, -32]))])
    answer = oracle.ask(
        "tlog.readHashes",
        {
            "Height": height,
            "Size": size,
            "Root": b64(tree.root),
            "Indexes": indexes,
            "Tiles": {path: b64(content) for path, content in served.items()},
        },
    )
    if not isinstance(plan, tiles.TilePlan):
        assert plan == answer["err"]
        return
    paths = [tile.path for tile in plan.tiles]
    assert paths == answer["asked"]
    outcome = words(lambda: plan.authenticate([served[path] for path in paths]).read(indexes))
    if answer["err"]:
        assert outcome == answer["err"]
        assert answer["saved"] is None
    else:
        assert [b64(h) for h in outcome] == answer["hashes"]
        assert paths == answer["saved"]


# The client

MODULE_LOG = Log()
for _number in range(700):
    MODULE_LOG.add(f"example.com/Mod{_number}", "v1.0.0", f"h1:zip{_number}=", f"h1:mod{_number}=")
FORKS = {at: MODULE_LOG.fork(at) for at in (0, 1, 255, 256, 300, 599)}
for _at, _fork in FORKS.items():
    while len(_fork) < 700:
        _fork.add(f"example.com/Mod{len(_fork)}", "v1.0.0", "h1:evil=", f"h1:fork{_at}=")


@dataclass
class Script:
    """The world of one client: what is on the machine, what the server says, what is looked up."""

    latest: bytes = b""
    cache: dict[str, bytes] = field(default_factory=dict)
    remote: dict[str, bytes] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    conflicts: list[bytes] = field(default_factory=list)
    lookups: list[tuple[str, str]] = field(default_factory=list)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What hypothesis prints of it: the bodies of tiles are long."""
        shown = [self.lookups, sorted(self.cache), sorted(self.remote), self.errors, self.latest]
        printer.text(f"Script({', '.join(map(repr, shown))}, {len(self.conflicts)} conflicts)")

    def in_go(self, oracle: Oracle) -> dict[str, Any]:
        answer: dict[str, Any] = oracle.ask(
            "sumdb.client",
            {
                "Key": SIGNER.verifier_key,
                "Latest": b64(self.latest),
                "Cache": {name: b64(content) for name, content in self.cache.items()},
                "Remote": {name: b64(content) for name, content in self.remote.items()},
                "Errors": self.errors,
                "Conflicts": [b64(head) for head in self.conflicts],
                "Lookups": self.lookups,
            },
        )
        return answer

    def here(self) -> dict[str, Any]:
        return asyncio.run(ScriptedRun(self).run())


class ScriptedRun:
    """Our client in the world of a script, leaving the same traces as the oracle's."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._latest = script.latest
        self._conflicts = list(script.conflicts)
        self._remote: list[str] = []
        self._cached: list[str] = []
        self._saved: dict[str, str] = {}

    async def run(self) -> dict[str, Any]:
        client = SumDBClient(
            SIGNER.verifier_key,
            ClientOps(
                self._read_remote, self._read_config, self._write_config, self._read_cache, self._write_cache
            ),
        )
        results: list[dict[str, Any]] = []
        for path, version in self._script.lookups:
            outcome: dict[str, Any] = {"lines": [], "err": None, "security": None}
            results.append(outcome)
            try:
                outcome["lines"] = await client.lookup(path, version)
            except SecurityError as error:
                outcome["security"] = as_json(str(error))
                break
            except GoError as error:
                outcome["err"] = as_json(str(error))
        return {
            "results": results,
            "remote": sorted(self._remote),
            "cached": sorted(self._cached),
            "saved": self._saved,
            "latest": b64(self._latest),
        }

    async def _read_remote(self, path: str) -> bytes:
        self._remote.append(path)
        if path in self._script.errors:
            raise GoError(self._script.errors[path])
        if path not in self._script.remote:
            raise GoError(f"reading https://example.com{path}: 404 Not Found", not_exist=True)
        return self._script.remote[path]

    async def _read_config(self, file: str) -> bytes:
        assert file == f"{NAME}/latest"
        if "config" in self._script.errors:
            raise GoError(self._script.errors["config"])
        return self._latest

    async def _write_config(self, file: str, old: bytes, new: bytes) -> None:
        if "write config" in self._script.errors:
            raise GoError(self._script.errors["write config"])
        if self._conflicts:
            self._latest = self._conflicts.pop(0)
            raise WriteConflict
        assert old == self._latest
        self._latest = new

    async def _read_cache(self, file: str) -> bytes | None:
        self._cached.append(file)
        return self._script.cache.get(file)

    async def _write_cache(self, file: str, data: bytes) -> None:
        self._saved[file] = b64(data)


def as_json(text: str) -> str:
    """The text as Go writes it into JSON: every byte that is not UTF-8 becomes U+FFFD."""
    return re.sub("[\udc80-\udcff]", "\ufffd", text)


def go_text(result: dict[str, Any]) -> dict[str, Any]:
    """A result of the oracle as the go command shows it: after a security error there is nothing else."""
    return result | {"err": None, "lines": []} if result["security"] else result


def compare_clients(oracle: Oracle, script: Script) -> dict[str, Any]:
    theirs = script.in_go(oracle)
    theirs["results"] = [go_text(result) for result in theirs["results"]]
    ours = script.here()
    assert ours == theirs
    return ours


def serve(server: SumDBServer, lookups: list[tuple[str, str]], tiles_of: list[int]) -> dict[str, bytes]:
    """Everything a client can ask: the lookups, and all tiles of trees of these sizes."""
    answers: dict[str, bytes] = {}
    for path, version in lookups:
        remote = f"/lookup/{escape_path(path)}@{version.removesuffix('/go.mod')}"
        status, body = server.answer(remote)
        if status == 200:
            answers[remote] = body
    for size in tiles_of:
        for level in range(3):
            width = size >> (8 * level)
            for number in range((width + 255) // 256):
                tile = tiles.Tile(8, level, number, min(256, width - number * 256))
                status, body = server.answer("/" + tile.path)
                if status == 200:
                    answers["/" + tile.path] = body
    return answers


head_sizes = st.one_of(st.sampled_from([1, 255, 256, 257, 300, 511, 512, 513, 700]), st.integers(1, 700))


@st.composite
def worlds(draw: st.DrawFn) -> Script:
    """A machine with a past, a server with or without lies, a few lookups."""
    script = Script()
    numbers = draw(st.lists(st.integers(0, 699), min_size=1, max_size=3))
    script.lookups = [
        (f"example.com/Mod{number}", draw(st.sampled_from(["v1.0.0", "v1.0.0/go.mod"]))) for number in numbers
    ]
    valid = list(script.lookups)
    strange = [("example.com/unknown", "v1.0.0"), ("bad path", "v1.0.0"), ("example.com/a", "v1!")]
    script.lookups += draw(st.lists(st.sampled_from(strange), max_size=1))
    remembered, current = draw(head_sizes), draw(head_sizes)
    if draw(st.integers(0, 2)):
        current = max(current, *(number + 1 for number in numbers))
    past = MODULE_LOG if draw(st.integers(0, 3)) else FORKS[draw(st.sampled_from(sorted(FORKS)))]
    before = SumDBServer(SIGNER, past, remembered)
    now = SumDBServer(SIGNER, MODULE_LOG, current, partial_tiles=draw(st.booleans()))
    if draw(st.booleans()):
        script.latest = before.head()
    if draw(st.booleans()):
        answers = serve(before, valid if draw(st.booleans()) else [], [remembered])
        script.cache = {f"{NAME}{path}": body for path, body in answers.items()}
    script.remote = serve(now, valid, [current, remembered, 700])
    if draw(st.integers(0, 5)) == 0:
        script.conflicts = [
            SumDBServer(SIGNER, draw(st.sampled_from([MODULE_LOG, past])), draw(head_sizes)).head()
            for _ in range(draw(st.integers(1, 2)))
        ]
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        draw(LIES)(draw, script, now)
    return script


Lie = Callable[[st.DrawFn, Script, SumDBServer], None]


def lie_about_a_byte(draw: st.DrawFn, script: Script, server: SumDBServer) -> None:
    where = draw(st.sampled_from([script.remote, script.cache]))
    if not where:
        return
    path = draw(st.sampled_from(sorted(where)))
    body = bytearray(where[path])
    if body:
        body[draw(st.integers(0, len(body) - 1))] ^= draw(st.sampled_from([1, 0x20, 0x80]))
    where[path] = bytes(body)


def lie_about_the_length(draw: st.DrawFn, script: Script, server: SumDBServer) -> None:
    where = draw(st.sampled_from([script.remote, script.cache]))
    if not where:
        return
    path = draw(st.sampled_from(sorted(where)))
    where[path] = draw(st.sampled_from([b"", where[path][:-1], where[path][:32], where[path] + b"\n"]))


def withhold(draw: st.DrawFn, script: Script, server: SumDBServer) -> None:
    path = draw(st.sampled_from(sorted(script.remote)))
    if draw(st.booleans()):
        del script.remote[path]
    else:
        script.errors[path] = "Get: dial tcp: i/o timeout"


def lie_in_a_lookup(draw: st.DrawFn, script: Script, server: SumDBServer) -> None:
    paths = sorted(path for path in script.remote if path.startswith("/lookup/"))
    if not paths:
        return
    record = tlog.parse_record(script.remote[draw(st.sampled_from(paths))])
    number = draw(st.sampled_from([record.id, record.id, -1, 0, 5, 699, 700, 2**62, -(2**63)]))
    text = draw(st.sampled_from([record.text, record.text, b"example.com/Mod1 v1.0.0 h1:evil=\n", b"\n"]))
    size = draw(head_sizes)
    true = MODULE_LOG.tree(size)
    forged = tlog.format_tree(tlog.Tree(size, tlog.EMPTY_HASH))
    head = draw(
        st.sampled_from(
            [
                record.rest,
                record.rest,
                b"",
                SumDBServer(SIGNER, FORKS[256], size).head(),
                OTHER_KEY.sign(tlog.format_tree(true)),
                SIGNER.sign(forged),
                SIGNER.sign(tlog.format_tree(tlog.Tree(0, tlog.EMPTY_HASH))),
                SIGNER.sign(tlog.format_tree(tlog.Tree(0, true.root))),
                SIGNER.sign(tlog.format_tree(tlog.Tree(2**62 - 1, true.root))),
                SIGNER.sign("not a tree\n"),
                SIGNER.sign(tlog.format_tree(true) + "more\n"),
                b"<html>\n",
            ]
        )
    )
    script.remote[draw(st.sampled_from(paths))] = b"%d\n%s\n%s" % (number, text, head)


def spoil_the_machine(draw: st.DrawFn, script: Script, server: SumDBServer) -> None:
    kind = draw(st.sampled_from(["config", "write config", "garbage", "other key"]))
    if kind == "garbage":
        script.latest = b"garbage\xff"
    elif kind == "other key":
        script.latest = OTHER_KEY.sign(tlog.format_tree(MODULE_LOG.tree(3)))
    else:
        script.errors[kind] = "open /x: permission denied"


LIES: st.SearchStrategy[Lie] = st.sampled_from(
    [lie_about_a_byte, lie_about_the_length, withhold, lie_in_a_lookup, lie_in_a_lookup, spoil_the_machine]
)


@given(worlds())
@settings(quick, max_examples=400)
def test_client(oracle: Oracle, script: Script) -> None:
    compare_clients(oracle, script)


def test_client_in_a_world_without_lies(oracle: Oracle) -> None:
    lookups = [(f"example.com/Mod{n}", v) for n in (0, 255, 256, 699) for v in ("v1.0.0", "v1.0.0/go.mod")]
    server = SumDBServer(SIGNER, MODULE_LOG)
    outcome = compare_clients(oracle, Script(remote=serve(server, lookups, [700]), lookups=lookups))
    assert [len(result["lines"]) for result in outcome["results"]] == [1] * 8
    assert outcome["latest"] == b64(server.head())


@pytest.mark.parametrize("fork", sorted(FORKS))
@pytest.mark.parametrize("remembered", [1, 256, 300, 600, 700])
def test_client_shows_the_same_proof_of_a_fork(oracle: Oracle, fork: int, remembered: int) -> None:
    """The remembered tree with its tiles is of one history, the server of another."""
    past = SumDBServer(SIGNER, FORKS[fork], remembered)
    lookups = [("example.com/Mod0", "v1.0.0"), ("example.com/Mod599", "v1.0.0")]
    script = Script(
        latest=past.head(),
        cache={f"{NAME}{path}": body for path, body in serve(past, [], [remembered]).items()},
        remote=serve(SumDBServer(SIGNER, MODULE_LOG, 600), lookups, [600]),
        lookups=lookups,
    )
    outcome = compare_clients(oracle, script)
    forked = fork < min(remembered, 600)
    assert bool(outcome["results"][0]["security"]) == forked


# The go command itself


@pytest.mark.parametrize(
    "name",
    [
        "h/p/", "h?", "h?q", "h#f", "u@h", "u:p@h", "u:p%40q@h/x", "/p", "h/%2f", "h/é",
        "é", "h//p", "h:1", "[::1]",
    ],
)  # fmt: skip
def test_database_names(oracle: Oracle, name: str) -> None:
    """A name is refused with the fields of the URL that Go reads in it."""
    outcome = words(lambda: dial(Signer.from_seed(name).verifier_key))
    struct = oracle.ask("url.struct", "https://" + name)
    if isinstance(outcome, str):
        assert outcome == f"invalid sumdb name (must be host[/path]): {name} {struct}"
    else:
        assert name in ("é", "h//p", "h:1", "[::1]")
        assert struct is not None


PATH, VERSION = "example.com/m", "v1.0.0"
GO_MOD = b"module example.com/m\n"
MOD_HASH = dirhash.go_mod_hash(GO_MOD)


@dataclass
class GoWorld:
    """A module proxy and a database in files, a machine, and one `go mod download` of one module."""

    root: Path
    server: SumDBServer

    def __post_init__(self) -> None:
        files = self.root / "proxy" / PATH / "@v"
        files.mkdir(parents=True)
        (files / f"{VERSION}.info").write_text(f'{{"Version":"{VERSION}"}}')
        (files / f"{VERSION}.mod").write_bytes(GO_MOD)
        with zipfile.ZipFile(files / f"{VERSION}.zip", "w") as archive:
            archive.writestr(f"{PATH}@{VERSION}/go.mod", GO_MOD)

    @property
    def proxy(self) -> str:
        return f"file://{self.root}/proxy"

    @property
    def latest(self) -> Path:
        return self.root / f"go/pkg/sumdb/{NAME}/latest"

    @property
    def cache(self) -> Path:
        return self.root / "mod/cache/download/sumdb"

    def publish(self, folder: str) -> str:
        """Write all that the server says under a folder; returns the folder's URL."""
        lookups = [(PATH, VERSION)]
        for path, body in serve(self.server, lookups, [len(self.server.log)]).items():
            file = self.root / folder / path.removeprefix("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
        return f"file://{self.root}/{folder}"

    def offer(self, folder: str) -> None:
        """Make the proxy in a folder pass on the database."""
        self.publish(f"{folder}/sumdb/{NAME}")
        (self.root / folder / "sumdb" / NAME / "supported").touch()

    def go(self, gosumdb: str, goproxy: str) -> str:
        """What the real go says; "" when it is content."""
        env = {
            "PATH": os.environ["PATH"], "HOME": str(self.root / "home"), "GOPATH": str(self.root / "go"),
            "GOMODCACHE": str(self.root / "mod"), "GOCACHE": str(self.root / "build"), "GOENV": "off",
            "GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local", "GOTELEMETRY": "off",
            "GOSUMDB": gosumdb, "GOPROXY": goproxy,
        }  # fmt: skip
        self.root.joinpath("home").mkdir(exist_ok=True)
        ran = subprocess.run(
            [str(go_binary()), "mod", "download", f"{PATH}@{VERSION}"],
            cwd=self.root / "home", env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.stdout == ""
        assert bool(ran.returncode) == bool(ran.stderr)
        return ran.stderr

    async def here(self, gosumdb: str, goproxy: str, left: dict[str, bytes]) -> str:
        """What ours says of the same files; ``left`` comes with the machine's files and leaves with ours."""

        async def get(url: GoURL) -> bytes:
            return read_file(url)

        async def try_proxies(ask: Callable[[Hop], Awaitable[GoURL]]) -> GoURL:
            ranking = ErrorRanking()
            for hop in parse_goproxy(goproxy).hops:
                try:
                    return await ask(hop)
                except GoError as error:
                    if not ranking.add(hop, error):
                        break
            assert ranking.best is not None
            raise ranking.best

        async def read_config(file: str) -> bytes:
            return left.get("latest", b"")

        async def write_config(file: str, old: bytes, new: bytes) -> None:
            left["latest"] = new

        async def read_cache(file: str) -> bytes | None:
            return left.get(file)

        async def write_cache(file: str, data: bytes) -> None:
            left[file] = data

        base = BaseURL(gosumdb, try_proxies=try_proxies, get=get)
        client = SumDBClient(
            gosumdb, ClientOps(base.read_remote, read_config, write_config, read_cache, write_cache)
        )
        try:
            for version, checksum in ((f"{VERSION}/go.mod", MOD_HASH), (VERSION, ZIP_HASH)):
                await check_sum_db(PATH, version, checksum, client.lookup, database=client.name)
        except SecurityError as error:
            return f"{error}\n"
        except GoError as error:
            return f"go: {error}\n"
        return ""

    def left(self) -> dict[str, bytes]:
        """What is on the machine about the database."""
        found = {
            str(file.relative_to(self.cache)): file.read_bytes()
            for file in sorted(self.cache.rglob("*"))
            if file.is_file() and file.stat().st_size
        }
        return found | ({"latest": self.latest.read_bytes()} if self.latest.exists() else {})

    async def compare(self, gosumdb: str, goproxy: str | None = None) -> str:
        """Ours first, for it writes nothing; returns what both say."""
        goproxy = goproxy or self.proxy
        left = self.left()
        ours = await self.here(gosumdb, goproxy, left)
        theirs = self.go(gosumdb, goproxy)
        assert ours.rstrip("\n") == theirs.rstrip("\n")
        assert left == self.left()
        return ours


def read_file(url: GoURL) -> bytes:
    """cmd/go/internal/web GetBytes of a file:// URL."""
    try:
        return Path(url.path).read_bytes()
    except FileNotFoundError:
        raise GoError(f"reading {url.redacted()}: no such file or directory", not_exist=True) from None


ZIP_HASH = dirhash.hash1([f"{PATH}@{VERSION}/go.mod"], lambda _: [GO_MOD])


def module_log(zip_hash: str = ZIP_HASH, mod_hash: str = MOD_HASH, before: int = 300) -> Log:
    log = MODULE_LOG.fork(before)
    log.add(PATH, VERSION, zip_hash, mod_hash)
    for number in range(before):
        log.add(f"example.com/later{number}", VERSION)
    return log


@pytest.fixture
def world(tmp_path: Path) -> GoWorld:
    return GoWorld(tmp_path, SumDBServer(SIGNER, module_log()))


async def test_go_believes_a_true_database_and_so_do_we(world: GoWorld) -> None:
    assert await world.compare(f"{SIGNER.verifier_key} {world.publish('db')}") == ""
    assert world.left()["latest"] == world.server.head()


@pytest.mark.parametrize(
    "gosumdb",
    [
        "off ",
        " ",
        "sum.example.com",
        " sum.golang.google.cn",
        "https://sum.golang.google.cn/",
        "sum.golang.org https://a https://b",
        SIGNER.verifier_key.replace("sum.", "sam."),
        SIGNER.verifier_key[:-2] + "==",
        f"{SIGNER.verifier_key} https://h:p",
        f"{SIGNER.verifier_key} %zz",
        f"\u3000{SIGNER.verifier_key}\u00a0:",
        Signer.from_seed("h/p/").verifier_key,
        Signer.from_seed("u:p%40w@h?").verifier_key,
        Signer.from_seed("h/é").verifier_key,
    ],
)
async def test_go_refuses_the_same_gosumdb(world: GoWorld, gosumdb: str) -> None:
    assert await world.compare(gosumdb)


@pytest.mark.parametrize("name", ["h:port", "%zz", "[::1", "h/%"])
async def test_go_dies_of_names_that_are_no_url(world: GoWorld, name: str) -> None:
    key = Signer.from_seed(name).verifier_key
    with pytest.raises(GoError) as caught:
        dial(key)
    assert world.go(key, world.proxy).startswith(f"{caught.value}\n")


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (module_log(zip_hash="h1:moved="), "verifying module: checksum mismatch"),
        (module_log(mod_hash="h1:moved="), "verifying go.mod: checksum mismatch"),
        (module_log(zip_hash="h2:new="), "verifying module: checksum missing from sumdb response"),
        (module_log(mod_hash="h2:new="), "verifying go.mod: checksum missing from sumdb response"),
    ],
)
async def test_go_says_the_same_about_hashes(world: GoWorld, log: Log, words: str) -> None:
    world.server.log = log
    assert words in await world.compare(f"{SIGNER.verifier_key} {world.publish('db')}")


LOOKUP = f"/lookup/{PATH}@{VERSION}"
FORGED_TEXT = f"{PATH} {VERSION} {ZIP_HASH}\n{PATH} {VERSION}/go.mod {MOD_HASH}\nx v1 h1:x=\n".encode()


def forgeries(server: SumDBServer) -> dict[str, tuple[str, bytes | None]]:
    """Lies by name: a path and its body, None for no answer."""
    tree = server.log.tree()
    empty = tlog.Tree(0, tree.root)
    return {
        "no record": (LOOKUP, None),
        "no tile": ("/tile/8/0/001", None),
        "page": (LOOKUP, b"<html>\n<body>\n\n</body>\n"),
        "cut": (LOOKUP, server.lookup_answer(300)[:-20]),
        "forged head": (LOOKUP, server.lookup_answer(300).replace(b"\n601\n", b"\n602\n")),
        "other key": (LOOKUP, server.lookup_answer(300, head=OTHER_KEY.sign(tlog.format_tree(tree)))),
        "no tree": (LOOKUP, server.lookup_answer(300, head=SIGNER.sign("no tree\n"))),
        "old head": (LOOKUP, server.lookup_answer(300, head=server.head(300))),
        "empty tree": (LOOKUP, server.lookup_answer(300, head=SIGNER.sign(tlog.format_tree(empty)))),
        "no head": (LOOKUP, server.lookup_answer(300, head=b"")),
        "forged record": (LOOKUP, server.lookup_answer(300, text=FORGED_TEXT)),
        "negative": (LOOKUP, b"-3\n%s\n%s" % (server.log.records[300], server.head())),
        "beyond": (LOOKUP, b"601\n%s\n%s" % (server.log.records[300], server.head())),
        "false tile": ("/tile/8/0/001", bytes(8192)),
        "false edge": ("/tile/8/0/002.p/89", bytes(89 * 32)),
        "short tile": ("/tile/8/0/001", bytes(8191)),
    }


@pytest.mark.parametrize("lie", sorted(forgeries(SumDBServer(SIGNER, module_log()))))
async def test_go_catches_the_same_lies(world: GoWorld, lie: str) -> None:
    base = world.publish("db")
    path, body = forgeries(world.server)[lie]
    file = world.root / f"db{path}"
    if body is None:
        file.unlink()
    else:
        file.write_bytes(body)
    assert await world.compare(f"{SIGNER.verifier_key} {base}")


@pytest.mark.parametrize("kept", ["tiles and head", "head only"])
@pytest.mark.parametrize("at", [0, 256, 299])
async def test_go_sees_the_same_forks(world: GoWorld, at: int, kept: str) -> None:
    """Another history was remembered; `go clean -modcache` takes its tiles and not its head."""
    other = module_log().fork(at)
    while len(other) < 400:
        other.append(b"another history %d\n" % len(other))
    past = SumDBServer(SIGNER, other)
    world.latest.parent.mkdir(parents=True)
    world.latest.write_bytes(past.head())
    if kept == "tiles and head":
        for path, body in serve(past, [], [400]).items():
            file = world.cache / f"{NAME}{path}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
    said = await world.compare(f"{SIGNER.verifier_key} {world.publish('db')}")
    if kept == "tiles and head":
        assert said.startswith("SECURITY ERROR\ngo.sum database server misbehavior detected!\n")
    else:
        assert "initializing sumdb.Client: checking tree#400: " in said


@pytest.mark.parametrize(
    ("chain", "offering"),
    [
        ("{proxy}", "proxy"),
        ("{root}/a,{proxy}", "proxy"),
        ("{root}/a,{proxy}", "a"),
        ("{root}/a|{proxy},direct", "a"),
        ("{proxy},{root}/b/", "b"),
        ("{root}/a b,{proxy}", "a b"),
    ],
)
async def test_go_finds_the_same_proxy_for_the_database(world: GoWorld, chain: str, offering: str) -> None:
    world.offer(offering)
    goproxy = chain.format(root=f"file://{world.root}", proxy=world.proxy)
    assert await world.compare(SIGNER.verifier_key, goproxy) == ""
    (world.root / offering / "sumdb" / NAME / LOOKUP[1:]).unlink()
    for file in world.cache.rglob("m@v1.0.0"):
        file.unlink()
    shutil.rmtree(world.root / "mod/cache/download/example.com")
    assert "no such file or directory" in await world.compare(SIGNER.verifier_key, goproxy)
