"""The log: trees, proofs and tiles, against RFC 6962 written out naively and against tampering."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang import tlog
from probes.golang.errors import GoError
from probes.golang.tiles import (
    InconsistentTile,
    ProvenTiles,
    Tile,
    hash_from_tile,
    parse_tile_path,
    plan_tiles,
    tile_for_index,
)
from probes.golang.tlog import Hash, MalformedRecord, MalformedTree, Tree
from tests.sumdb_server import Log

MOST = 5000
LOG = Log()
for _number in range(MOST):
    LOG.append(b"record %d\n" % _number)
LEAVES = [tlog.record_hash(text) for text in LOG.records]

sizes = st.one_of(st.integers(1, 40), st.integers(1, MOST), st.sampled_from([255, 256, 257, 512, 4096, MOST]))


def naive_root(leaves: list[Hash]) -> bytes:
    """RFC 6962 §2.1, to the letter."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_audit_path(number: int, leaves: list[Hash]) -> list[bytes]:
    """RFC 6962 §2.1.1, to the letter."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if number < k:
        return [*naive_audit_path(number, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_audit_path(number - k, leaves[k:]), naive_root(leaves[:k])]


# Hashes of RFC 6962's reference implementation for its eight test inputs.
CERTIFICATE_TRANSPARENCY_INPUTS = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
]  # fmt: skip
CERTIFICATE_TRANSPARENCY_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_roots_are_those_of_certificate_transparency() -> None:
    log = Log()
    roots = [log.tree().root.hex()]
    for text in CERTIFICATE_TRANSPARENCY_INPUTS:
        log.append(bytes.fromhex(text))
        roots.append(log.tree().root.hex())
    assert roots == CERTIFICATE_TRANSPARENCY_ROOTS


# Text forms


def test_tree_head_of_the_documentation() -> None:
    text = "go.sum database tree\n2\nnND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=\n"
    tree = tlog.parse_tree(text)
    assert tree.size == 2
    assert tlog.format_tree(tree) == text
    assert tlog.parse_tree(text + "later versions may say more\n") == tree


@pytest.mark.parametrize(
    "text",
    [
        "",
        "go.sum database tree\n2\nnND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=",
        "go.sum database tree v2\n2\nnND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=\n",
        "go.sum database tree\n02\nnND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=\n",
        "go.sum database tree\n-2\nnND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=\n",
        "go.sum database tree\n+2\nnND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=\n",
        "go.sum database tree\n9223372036854775808\nnND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=\n",
        "go.sum database tree\n2\nnND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+Qe\n",
        "go.sum database tree\n2\nnND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+\n",
        "go.sum database tree\n٢\nnND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=\n",
        "go.sum database tree\n2\nnND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=\n" + "x" * 1_000_000,
    ],
)
def test_malformed_tree_heads(text: str) -> None:
    with pytest.raises(MalformedTree) as caught:
        tlog.parse_tree(text)
    assert str(caught.value) == "malformed tree note"


def test_record_and_what_follows_it() -> None:
    text = b"golang.org/x/text v0.3.0 h1:a=\ngolang.org/x/text v0.3.0/go.mod h1:b=\n"
    message = tlog.format_record(42, text) + b"the rest\n\nof it\n"
    record = tlog.parse_record(message)
    assert (record.id, record.text, record.rest) == (42, text, b"the rest\n\nof it\n")


@pytest.mark.parametrize(("text", "number"), [("-1", -1), ("+5", 5), ("007", 7), ("-0", 0), ("0" * 40, 0)])
def test_record_numbers_that_go_lets_pass(text: str, number: int) -> None:
    assert tlog.parse_record(f"{text}\nx\n\n".encode()).id == number


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"1",
        b"1\n",
        b"1\nx\n",
        b"\nx\n\n",
        b"+\nx\n\n",
        b"1_0\nx\n\n",
        b" 1\nx\n\n",
        b"9223372036854775808\nx\n\n",
        b"-9223372036854775809\nx\n\n",
        b"1" * 5000 + b"\nx\n\n",
        b"1\nx\ty\n\n",
        b"1\nx\xff\n\n",
        b"<html>\n<body>\n\n",
    ],
)
def test_malformed_records(message: bytes) -> None:
    with pytest.raises(MalformedRecord) as caught:
        tlog.parse_record(message)
    assert str(caught.value) == "malformed record data"


@pytest.mark.parametrize("text", [b"", b"x", b"x\n\ny\n", b"x\r\n", b"\xff\n"])
def test_texts_that_cannot_be_records(text: bytes) -> None:
    with pytest.raises(MalformedRecord):
        tlog.format_record(1, text)


# Trees and proofs


@given(st.integers(0, 62), st.integers(0, 2**40))
@settings(deadline=None)
def test_stored_hash_index_has_an_inverse(level: int, number: int) -> None:
    assert tlog.split_stored_hash_index(tlog.stored_hash_index(level, number)) == (level, number)


def test_stored_hashes_leave_no_gap() -> None:
    places = [tlog.split_stored_hash_index(index) for index in range(2000)]
    assert [tlog.stored_hash_index(*place) for place in places] == list(range(2000))
    assert len(set(places)) == 2000


@given(sizes)
@settings(deadline=None, max_examples=25)
def test_root_is_that_of_the_rfc(size: int) -> None:
    assert LOG.tree(size).root == naive_root(LEAVES[:size])


@given(st.data())
@settings(deadline=None, max_examples=30)
def test_record_proof_is_that_of_the_rfc_and_holds(data: st.DataObject) -> None:
    size = data.draw(sizes)
    number = data.draw(st.integers(0, size - 1))
    proof = tlog.prove_record(size, number, LOG.read)
    assert proof == naive_audit_path(number, LEAVES[:size])
    tlog.check_record(proof, LOG.tree(size), number, LEAVES[number])
    steps = tlog.record_proof_steps(size, number, LEAVES[number], proof)
    assert all(step.sibling == naive_root(LEAVES[step.low : step.high]) for step in steps)
    assert [step.high <= number for step in steps] == [step.sibling_is_left for step in steps]


@given(st.data())
@settings(deadline=None, max_examples=120)
def test_tree_proof_holds_for_every_earlier_tree(data: st.DataObject) -> None:
    size = data.draw(sizes)
    old = data.draw(st.integers(1, size))
    proof = tlog.prove_tree(size, old, LOG.read)
    tlog.check_tree(proof, LOG.tree(size), LOG.tree(old))


@given(st.data())
@settings(deadline=None, max_examples=120)
def test_changed_proofs_do_not_hold(data: st.DataObject) -> None:
    size = data.draw(sizes)
    number = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    record_proof = tlog.prove_record(size, number, LOG.read)
    tree_proof = tlog.prove_tree(size, old, LOG.read)

    for proof in (record_proof, tree_proof):
        change = data.draw(st.sampled_from(["shorter", "longer", "flipped", "swapped"]))
        if change == "longer" or not proof:
            proof.append(Hash(bytes(32)))
        elif change == "shorter":
            proof.pop(data.draw(st.integers(0, len(proof) - 1)))
        elif change == "flipped" or len(proof) == 1:
            at = data.draw(st.integers(0, len(proof) - 1))
            proof[at] = Hash(bytes(b ^ 1 for b in proof[at]))
        else:
            proof.reverse()
    with pytest.raises(GoError, match=r"^invalid transparency proof$"):
        tlog.check_record(record_proof, LOG.tree(size), number, LEAVES[number])
    with pytest.raises(GoError, match=r"^invalid transparency proof$"):
        tlog.check_tree(tree_proof, LOG.tree(size), LOG.tree(old))


def test_proofs_about_other_things_do_not_hold() -> None:
    tree = LOG.tree(300)
    proof = tlog.prove_record(300, 7, LOG.read)
    with pytest.raises(GoError, match="invalid transparency proof"):
        tlog.check_record(proof, tree, 7, LEAVES[8])
    with pytest.raises(GoError, match="invalid transparency proof"):
        tlog.check_record(proof, LOG.tree(299), 7, LEAVES[7])
    forged = Tree(200, LEAVES[0])
    with pytest.raises(GoError, match="invalid transparency proof"):
        tlog.check_tree(tlog.prove_tree(300, 200, LOG.read), tree, forged)


def test_impossible_inputs() -> None:
    tree = LOG.tree(3)
    with pytest.raises(GoError, match=r"^tlog: invalid inputs in ProveRecord$"):
        tlog.prove_record(3, 3, LOG.read)
    with pytest.raises(GoError, match=r"^tlog: invalid inputs in CheckRecord$"):
        tlog.check_record([], tree, -1, LEAVES[0])
    with pytest.raises(GoError, match=r"^tlog: invalid inputs in ProveTree$"):
        tlog.prove_tree(3, 0, LOG.read)
    with pytest.raises(GoError, match=r"^tlog: invalid inputs in CheckTree$"):
        tlog.check_tree([], tree, LOG.tree(4))


def test_tree_that_go_never_finishes_is_refused() -> None:
    assert tlog.subtree_indexes(0, 2**62 - 1)
    with pytest.raises(tlog.EndlessTree):
        tlog.subtree_indexes(0, 2**62)


# Tiles


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(3, 4, 1234067, 1), "tile/3/4/x001/x234/067.p/1"),
        (Tile(3, 4, 1234067, 8), "tile/3/4/x001/x234/067"),
        (Tile(8, 0, 0, 256), "tile/8/0/000"),
        (Tile(8, 1, 999, 7), "tile/8/1/999.p/7"),
        (Tile(8, -1, 1000, 256), "tile/8/data/x001/000"),
    ],
)
def test_tile_paths(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_tile_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/8/0/0", "tile/8/0/x000/000", "tile/8/0/000.p/256", "tile/8/0/000.p/0", "tile/08/0/000",
        "tile/0/0/000", "tile/31/0/000", "tile/8/-1/000", "/tile/8/0/000", "tile/8/0/000.p/01", "tile/8/0",
        "tile/8/0/x010/x223/x372/x036/x854/x775/808",
    ],
)  # fmt: skip
def test_malformed_tile_paths(path: str) -> None:
    with pytest.raises(GoError) as caught:
        parse_tile_path(path)
    assert str(caught.value) == f'malformed tile path "{path}"'


@given(st.integers(1, 30), st.integers(-1, 63), st.integers(0, 2**60), st.data())
@settings(deadline=None)
def test_tile_path_has_an_inverse(height: int, level: int, number: int, data: st.DataObject) -> None:
    tile = Tile(height, level, number, data.draw(st.integers(1, 1 << height)))
    assert parse_tile_path(tile.path) == tile


def read_all(tiles: tuple[Tile, ...], size: int) -> list[bytes]:
    data = [LOG.tile(tile, size) for tile in tiles]
    assert None not in data, "a tile beyond the tree was asked for"
    return [d for d in data if d is not None]


heights = st.sampled_from([1, 2, 3, 8])


def draw_hashes(data: st.DataObject, size: int) -> list[int]:
    """Some stored hashes of the tree of that size."""
    place = st.integers(0, tlog.stored_hash_index(0, size - 1))
    return data.draw(st.lists(place, min_size=1, max_size=4))


@given(st.data(), heights)
@settings(deadline=None, max_examples=80)
def test_tiles_give_the_hashes_of_the_tree(data: st.DataObject, height: int) -> None:
    size = data.draw(sizes)
    indexes = draw_hashes(data, size)
    plan = plan_tiles(LOG.tree(size), indexes, height=height)
    assert len(set(plan.tiles)) == len(plan.tiles)
    proven = plan.authenticate(read_all(plan.tiles, size))
    assert proven.read(indexes) == LOG.read(indexes)


@given(st.data(), heights)
@settings(deadline=None, max_examples=80)
def test_the_tiles_of_a_record_hold_its_whole_proof(data: st.DataObject, height: int) -> None:
    size = data.draw(sizes)
    number = data.draw(st.integers(0, size - 1))
    plan = plan_tiles(LOG.tree(size), [tlog.stored_hash_index(0, number)], height=height)
    proven: ProvenTiles = plan.authenticate(read_all(plan.tiles, size))
    assert tlog.prove_record(size, number, proven.read) == tlog.prove_record(size, number, LOG.read)


@given(st.data(), heights)
@settings(deadline=None, max_examples=120)
def test_no_changed_byte_of_a_tile_goes_unnoticed(data: st.DataObject, height: int) -> None:
    size = data.draw(sizes)
    plan = plan_tiles(LOG.tree(size), draw_hashes(data, size), height=height)
    tiles = read_all(plan.tiles, size)
    which = data.draw(st.integers(0, len(tiles) - 1))
    changed = bytearray(tiles[which])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    tiles[which] = bytes(changed)
    with pytest.raises(InconsistentTile):
        plan.authenticate(tiles)


def test_tile_of_the_wrong_length() -> None:
    plan = plan_tiles(LOG.tree(3), [0], height=8)
    with pytest.raises(GoError) as caught:
        plan.authenticate([bytes(95)])
    words = "TileReader returned bad result slice (tile/8/0/000.p/3 len=95, want 96)"
    assert str(caught.value) == words


def test_hash_beyond_the_tree() -> None:
    with pytest.raises(GoError, match=r"^indexes not in tree$"):
        plan_tiles(LOG.tree(3), [tlog.stored_hash_index(0, 3)], height=8)
    with pytest.raises(GoError, match=r"^indexes not in tree$"):
        plan_tiles(LOG.tree(0), [0], height=8)


def test_hash_from_a_tile_that_cannot_have_it() -> None:
    tile = Tile(8, 0, 0, 3)
    with pytest.raises(GoError, match=r"^data len 5 too short for tile tile/8/0/000.p/3$"):
        hash_from_tile(tile, bytes(5), 0)
    with pytest.raises(GoError, match=r"^index 7 is in tile/8/0/000.p/5 not tile/8/0/000.p/3$"):
        hash_from_tile(tile, bytes(96), 7)
    with pytest.raises(GoError, match=r"^invalid tile tile/31/0/000.p/1$"):
        hash_from_tile(Tile(31, 0, 0, 1), bytes(32), 0)


@given(st.integers(1, 30), st.integers(0, 2**50))
@settings(deadline=None)
def test_tile_for_index_holds_the_hash_at_its_end(height: int, index: int) -> None:
    tile = tile_for_index(height, index)
    level, number = tlog.split_stored_hash_index(index)
    # The last leaf of the tile under that hash is the last one that the hash covers.
    end = ((number + 1) << level) >> (tile.level * height)
    assert (tile.number << height) + tile.width == end
