"""Notes, trees, tiles and proofs of the checksum database, compared with golang.org/x/mod/sumdb."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.golang import note, tiles, tlog
from probes.golang.errors import GoError
from probes.golang.gosumdb import dial
from tests.against_go.golang import Oracle
from tests.sumdb_server import Log, Signer

quick = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])

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


# GOSUMDB


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
