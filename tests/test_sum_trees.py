"""Proofs in trees of 1 to 5,000 records, against a second, plain reading of RFC 6962."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from probes.golang import tlog
from probes.golang.errors import GoError
from probes.golang.tiles import parse_tile_path
from probes.sources.checksum_database import ClientOps, InclusionProof, SumDBClient, When
from probes.sources.sum_faults import SumFault, fault_of
from probes.trace.proofs import proof_steps
from tests.sumdb_server import Log, Signer, SumDBServer

MOST = 5000
SIGNER = Signer.from_seed("sum.test", 5)
OTHER = 3001
"""Where the false history begins, in the log that lies."""
modest = settings(deadline=None, max_examples=100)
sizes = st.integers(1, MOST) | st.sampled_from([1, 2, 255, 256, 257, 511, 512, 4095, 4096, 4097, MOST])


@cache
def logs() -> tuple[Log, Log]:
    """A log, and another that has other records from OTHER on."""
    true = Log()
    for number in range(MOST):
        true.add(f"m.test/m{number}", "v1.0.0")
    false = true.fork(OTHER)
    for number in range(OTHER, MOST):
        false.add(f"m.test/m{number}", "v1.0.0", "h1:evil=")
    return true, false


@cache
def root(low: int, high: int) -> bytes:
    """RFC 6962 section 2.1, word by word: the Merkle tree hash of D[low:high]."""
    if high - low == 1:
        return hashlib.sha256(b"\0" + logs()[0].records[low]).digest()
    half = 1
    while half * 2 < high - low:
        half *= 2
    return hashlib.sha256(b"\1" + root(low, low + half) + root(low + half, high)).digest()


def ask(server: SumDBServer, number: int, latest: bytes = b"") -> tuple[SumDBClient, InclusionProof]:
    """Look a record up with this tree head remembered. Raises GoError."""

    async def read_remote(path: str) -> bytes:
        status, body = server.answer(path)
        if status != 200:
            raise GoError(f"{status}")
        return body

    async def read_config(file: str) -> bytes:
        return latest

    async def write_config(file: str, old: bytes, new: bytes) -> None:
        return None

    async def read_cache(file: str) -> bytes | None:
        return None

    async def write_cache(file: str, data: bytes) -> None:
        return None

    ops = ClientOps(read_remote, read_config, write_config, read_cache, write_cache)
    client = SumDBClient(SIGNER.verifier_key, ops)
    return client, asyncio.run(client.prove(f"m.test/m{number}", "v1.0.0"))


@given(sizes, st.data())
@modest
def test_a_record_is_proved_in_a_tree_of_any_size(size: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, size - 1))
    server = SumDBServer(SIGNER, logs()[0], size=size)
    _, proof = ask(server, number)
    assert proof.tree == tlog.Tree(size, tlog.Hash(root(0, size)))
    node, read = (
        hashlib.sha256(b"\0" + logs()[0].records[number]).digest(),
        {tile.path for tile in proof.tiles},
    )
    steps = list(proof_steps(proof))
    for step in steps:
        sibling = base64.b64decode(step.sibling)
        node = hashlib.sha256(b"\1" + (sibling + node if step.side == "left" else node + sibling)).digest()
        assert base64.b64decode(step.node) == node
        assert not step.tile or f"tile/{step.tile}" in read
    assert node == root(0, size)
    levels = [step.level for step in steps]
    assert levels == sorted(set(levels))
    assert (levels[-1] if levels else 0) == (size - 1).bit_length()


@given(sizes, st.data())
@modest
def test_one_wrong_bit_in_any_tile_is_seen(size: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, size - 1))
    server = SumDBServer(SIGNER, logs()[0], size=size)
    _, proof = ask(server, number)
    tile = data.draw(st.sampled_from(proof.tiles))
    body = bytearray(server.answer(f"/{tile.path}")[1])
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    server.say(f"/{tile.path}", bytes(body))
    assert parse_tile_path(tile.path) == tile
    try:
        ask(server, number)
    except GoError as error:
        expected = {SumFault.INCONSISTENT_TILE, SumFault.FALSE_RECORD}
        assert fault_of(error, database=SIGNER.name) in expected  # noqa: PT017
    else:
        raise AssertionError("a changed tile was believed")


@given(sizes, sizes, st.data())
@modest
def test_every_tree_continues_every_smaller_one(old: int, size: int, data: st.DataObject) -> None:
    old, size = sorted((old, size))
    log = logs()[0]
    server = SumDBServer(SIGNER, log, size=size)
    number = data.draw(st.integers(0, size - 1))
    client, _ = ask(server, number, server.head(old))
    assert client.tree_checks[0].is_remembered
    met = [check for check in client.tree_checks if not check.is_remembered]
    assert [check.when for check in met] == [When.NOW if old == size else When.FUTURE]
    proof = tlog.prove_tree(size, old, log.read)
    tlog.check_tree(proof, tlog.Tree(size, tlog.Hash(root(0, size))), tlog.Tree(old, tlog.Hash(root(0, old))))
    _, proof_in_old = ask(server, data.draw(st.integers(0, old - 1)), server.head(size))
    assert proof_in_old.tree.size == size


@given(st.integers(OTHER + 1, MOST), sizes, st.data())
@modest
def test_another_history_is_never_taken(remembered: int, size: int, data: st.DataObject) -> None:
    """A head of the false history is remembered: whatever of the true one comes, go stops."""
    true, false = logs()
    latest = SumDBServer(SIGNER, false, size=remembered).head()
    server = SumDBServer(SIGNER, true, size=size)
    try:
        ask(server, data.draw(st.integers(0, size - 1)), latest)
    except GoError as error:
        assert fault_of(error, database=SIGNER.name) in {SumFault.FORK, SumFault.STALE_TREE}  # noqa: PT017
    else:
        raise AssertionError("two histories were believed")
