"""One look-up as go does it, and what the dialler makes of it: the same addresses, order, questions and words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from probes.net.dial import DialFailed, LookupFailed, current_resolver, dial
from probes.net.exchange import Exchange
from probes.net.limits import Limits
from probes.net.resolve import go_resolver, resolve
from tests.against_go.golang import Oracle
from tests.ladder.name_server import Lie, NameServer, Said, write_files
from tests.ladder.sockets import closed_port, connections_to, hang, let_go, open_sockets, serving

HOST = "mirror.test"
NAME = HOST + "."


def _comparable(words: str) -> str:
    """Without the nameserver's address, which is the machine's own for the oracle."""
    words = re.sub(r" on \S+:\d+: ", " on SERVER: ", words)
    return re.sub(r"(udp|tcp) \S+->\S+: ", r"\1 HERE->SERVER: ", words)


async def _said(host: str, folder: Path, port: int, seconds: float = 5, **more: Any) -> tuple[list[str], str]:
    try:
        found = await resolve(host, files=write_files(folder, port, **more), seconds=seconds)
    except LookupFailed as error:
        return [], str(error)
    return list(found), ""


WORLDS: dict[str, Said] = {
    "one address": ["127.0.0.1"],
    "both families": ["127.0.0.1", "::1"],
    "without a way there": ["2001:db8::1", "127.0.0.1", "::1"],
    "too long for udp": Lie.TRUNCATED,
    "behind noise": Lie.NOISE_FIRST,
    "nxdomain": Lie.NXDOMAIN,
    "no data": Lie.NO_DATA,
    "servfail": Lie.SERVFAIL,
    "refused": Lie.REFUSED,
    "not implemented": Lie.NOT_IMPLEMENTED,
    "lame": Lie.LAME,
    "silent over tcp": Lie.TRUNCATED_FOR_EVER,
}


@pytest.mark.parametrize("kind", WORLDS)
async def test_the_same_as_go(kind: str, tmp_path: Path, oracle: Oracle) -> None:
    async with NameServer({NAME: WORLDS[kind]}) as server:
        found, words = await _said(HOST, tmp_path, server.port)
        question = {"Name": HOST, "Port": server.port, "Millis": 5000}
        ours, server.seen[:] = sorted(set(server.seen)), []
        go = await asyncio.to_thread(oracle.ask, "net.lookup", question)
        theirs = sorted({asked for asked in server.seen if asked[1] == NAME})
    assert found == go["addresses"]
    assert _comparable(words) == _comparable(go["error"] or "")
    assert ours == theirs


async def test_the_limit_of_the_dialler_blames_nobody(tmp_path: Path, oracle: Oracle) -> None:
    before = open_sockets()
    async with NameServer({NAME: Lie.SILENT}) as server:
        _, words = await _said(HOST, tmp_path, server.port, seconds=0.2)
        question = {"Name": HOST, "Port": server.port, "Millis": 200}
        go = await asyncio.to_thread(oracle.ask, "net.lookup", question)
    assert words == go["error"] == f"lookup {HOST}: i/o timeout"
    assert open_sockets() <= before


async def test_the_first_nameserver_that_answers_ends_it(tmp_path: Path) -> None:
    async with (
        NameServer({NAME: ["127.0.0.1"]}) as first,
        NameServer({}, host="127.0.0.2", port=first.port) as second,
    ):
        found, _ = await _said(HOST, tmp_path, first.port, nameservers=["127.0.0.1", "127.0.0.2"])
        assert found == ["127.0.0.1"]
        assert second.seen == [], "nobody is asked side by side"


async def test_after_a_useless_answer_the_next_one_is_asked(tmp_path: Path) -> None:
    async with (
        NameServer({NAME: Lie.SERVFAIL}) as bad,
        NameServer({NAME: ["::1"]}, host="127.0.0.2", port=bad.port),
    ):
        found, _ = await _said(HOST, tmp_path, bad.port, nameservers=["127.0.0.1", "127.0.0.2"])
    assert found == ["::1"]


async def test_one_family_at_a_time_when_told_to(tmp_path: Path) -> None:
    async with NameServer({NAME: ["127.0.0.1", "::1"]}) as server:
        found, _ = await _said(HOST, tmp_path, server.port, more="options single-request\n")
        assert [record for _, _, record in server.seen] == ["A", "AAAA"]
    assert sorted(found) == ["127.0.0.1", "::1"]


FILES: list[tuple[str, dict[str, Any], Sequence[str], str]] = [
    (HOST, {"hosts": f"10.0.0.9 {HOST}\n"}, ["10.0.0.9"], ""),
    (HOST, {"hosts": f"10.0.0.9 {HOST}\n", "nsswitch": "hosts: dns files\n"}, ["127.0.0.1"], ""),
    ("only.test", {"hosts": "10.0.0.9 only.test\n", "nsswitch": "hosts: dns files\n"}, ["10.0.0.9"], ""),
    ("only.test", {"hosts": "10.0.0.9 only.test\n", "nsswitch": "hosts: dns\n"}, [], " on SERVER"),
    (HOST, {"nsswitch": "hosts: files\n"}, [], ""),
    ("bücher.test", {}, [], ""),
    ("", {}, [], ""),
    ("127.0.0.7", {}, ["127.0.0.7"], ""),
    ("[::1]", {}, ["::1"], ""),
]


@pytest.mark.parametrize(("host", "more", "addresses", "blamed"), FILES)
async def test_files_and_literals(
    host: str, more: dict[str, Any], addresses: Sequence[str], blamed: str, tmp_path: Path
) -> None:
    async with NameServer({NAME: ["127.0.0.1"]}) as server:
        found, words = await _said(host, tmp_path, server.port, **more)
    assert found == addresses
    assert _comparable(words) == ("" if addresses else f"lookup {host}{blamed}: no such host")


async def test_cancelled_it_leaves_nothing(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        asked.set()
        await hang(reader, writer)

    async with serving(mute) as port:
        files = write_files(tmp_path, port, more="options use-vc\n")
        task = asyncio.ensure_future(resolve(HOST, files=files))
        await asked.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        await let_go()
        assert connections_to(port) == set()


async def test_the_engine_dials_with_it(tmp_path: Path, oracle: Oracle) -> None:
    """probes.net's dialler, net.Dialer: the same winner, the same words."""
    exchange = Exchange(lambda phase, began, ok, detail: None)
    async with NameServer({NAME: ["::1", "127.0.0.1"]}) as server, serving(hang) as port:
        token = current_resolver.set(go_resolver(write_files(tmp_path, server.port)))
        try:
            connection = await dial(HOST, port, exchange, Limits())
            connection.writer.transport.abort()
            with closed_port() as closed, pytest.raises(DialFailed) as refused:
                await dial(HOST, closed, exchange, Limits())
            with pytest.raises(DialFailed) as unknown:
                await dial("unknown.test", port, exchange, Limits())
        finally:
            current_resolver.reset(token)
        question = {"Name": HOST, "ResolveAt": server.port, "Port": port, "Millis": 3000}
        go = await asyncio.to_thread(oracle.ask, "net.dial", question)
        question = {"Name": HOST, "ResolveAt": server.port, "Port": closed, "Millis": 3000}
        go_closed = await asyncio.to_thread(oracle.ask, "net.dial", question)
    assert connection.remote == f"{go['winner']}:{port}"
    assert str(refused.value) == go_closed["error"]
    assert _comparable(str(unknown.value)) == "dial tcp: lookup unknown.test on SERVER: no such host"
