"""The rung of names against nameservers on loopback that tell the truth, lie, or say nothing.

What go's own resolver says to the same nameserver comes from the oracle.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from probes.ladder.faults import Fault, Judgement
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.names import NamesReport, NamesWorld, look_up
from probes.ladder.names_judgement import judge_names
from probes.ladder.public_resolvers import PublicResolver
from probes.net.addresses import in_go_order
from probes.net.questions import Record, Reply, Transport, ask
from probes.net.resolver_files import Nameserver, ResolverFiles
from tests.against_go.golang import Oracle
from tests.ladder.name_server import Lie, NameServer, Said, write_files

LIMITS = ClimbLimits(question_s=0.25, system_lookup_s=0.25)
HOST = "mirror.example.com"
NAME = HOST + "."


async def _nothing_else(host: str, port: int) -> Sequence[str]:
    """A C library that knows what the nameserver of most of these worlds says."""
    return ["127.0.0.1"]


async def _unknown(host: str, port: int) -> Sequence[str]:
    raise OSError("Name or service not known")


def _world(files: ResolverFiles, **more: Any) -> NamesWorld:
    return NamesWorld(files=files, **{"system": _nothing_else, **more})


async def _look_up(host: str, world: NamesWorld) -> NamesReport:
    return await look_up(host, 443, world, LIMITS)


def _faults(report: NamesReport) -> dict[Fault, Judgement]:
    return {seen.fault: seen.judgement for seen in judge_names(report)}


def _comparable(words: str) -> str:
    """Without the nameserver's address, which is the machine's own for the oracle."""
    words = re.sub(r" on \S+:\d+: ", " on SERVER: ", words)
    return re.sub(r"(udp|tcp) \S+->\S+: ", r"\1 HERE->SERVER: ", words)


FAILURES: dict[str, tuple[Said, Fault]] = {
    "nxdomain": (Lie.NXDOMAIN, Fault.DNS_NXDOMAIN),
    "no data": (Lie.NO_DATA, Fault.DNS_NO_ADDRESS),
    "servfail": (Lie.SERVFAIL, Fault.DNS_SERVFAIL),
    "refused": (Lie.REFUSED, Fault.DNS_REFUSED),
    "not implemented": (Lie.NOT_IMPLEMENTED, Fault.DNS_REFUSED),
    "lame": (Lie.LAME, Fault.DNS_REFUSED),
    "silent over tcp": (Lie.TRUNCATED_FOR_EVER, Fault.DNS_TCP_BLOCKED),
}


@pytest.mark.parametrize("kind", FAILURES)
async def test_failures_in_the_words_of_go(kind: str, tmp_path: Path, oracle: Oracle) -> None:
    lie, fault = FAILURES[kind]
    host = "mirror.test"
    async with NameServer({"mirror.test.": lie}) as server:
        files = write_files(tmp_path, server.port)
        report = await _look_up(host, _world(files, system=_unknown))
        question = {"Name": host, "Port": server.port, "Millis": 250}
        go = await asyncio.to_thread(oracle.ask, "net.lookup", question)
    assert _faults(report) == {fault: Judgement.BROKEN}
    assert report.addresses == ()
    assert go["addresses"] == []
    assert _comparable(report.go.words) == _comparable(go["error"])


async def test_silence_for_longer_than_go_dials(tmp_path: Path, oracle: Oracle) -> None:
    """Three names, two attempts and five seconds are the 30 s that go has: it blames no server then."""
    async with NameServer(
        {f"mirror.test.{more}": Lie.SILENT for more in ("", "a.test.", "b.test.")}
    ) as server:
        files = write_files(tmp_path, server.port, more="search a.test b.test\n")
        report = await _look_up("mirror.test", _world(files, system=_unknown))
        question = {"Name": "mirror.test", "Port": server.port, "Millis": 200}
        go = await asyncio.to_thread(oracle.ask, "net.lookup", question)
    assert _faults(report) == {Fault.DNS_TIMEOUT: Judgement.BROKEN}
    assert report.go.words == go["error"]
    assert report.go.seconds == 30


async def test_silence_until_go_gives_up(tmp_path: Path) -> None:
    """The words of dnsPacketRoundTrip's deadline, which the real go takes ten seconds to say."""
    async with NameServer({"mirror.test.": Lie.SILENT}) as server:
        report = await _look_up("mirror.test", _world(write_files(tmp_path, server.port), system=_unknown))
    assert _faults(report) == {Fault.DNS_TIMEOUT: Judgement.BROKEN}
    place = f"127.0.0.1:{server.port}"
    said = rf"lookup mirror\.test on {place}: read udp 127\.0\.0\.1:\d+->{place}: i/o timeout"
    assert re.fullmatch(said, report.go.words)
    assert report.go.seconds == 10


async def test_nobody_listens(tmp_path: Path, oracle: Oracle) -> None:
    async with NameServer({}) as server:
        port = server.port
    report = await _look_up("mirror.test", _world(write_files(tmp_path, port), system=_unknown))
    go = await asyncio.to_thread(
        oracle.ask, "net.lookup", {"Name": "mirror.test", "Port": port, "Millis": 500}
    )
    assert _faults(report) == {Fault.DNS_UNREACHABLE: Judgement.BROKEN}
    assert _comparable(report.go.words) == _comparable(go["error"])


TRUTHS: dict[str, Said] = {
    "one address": ["127.0.0.1"],
    "both families": ["127.0.0.1", "::1"],
    "many": ["127.0.0.3", "127.0.0.1", "127.0.0.2"],
    "only IPv6": ["::1"],
    "too long for udp": Lie.TRUNCATED,
    "behind noise": Lie.NOISE_FIRST,
    "without a way there": ["2001:db8::1", "127.0.0.1", "::1"],
}


@pytest.mark.parametrize("kind", TRUTHS)
async def test_the_same_addresses_in_the_same_order_as_go(kind: str, tmp_path: Path, oracle: Oracle) -> None:
    host = "mirror.test"
    async with NameServer({"mirror.test.": TRUTHS[kind]}) as server:
        report = await _look_up(host, _world(write_files(tmp_path, server.port)))
        question = {"Name": host, "Port": server.port, "Millis": 2000}
        go = await asyncio.to_thread(oracle.ask, "net.lookup", question)
    assert list(report.addresses) == go["addresses"]
    assert report.go.words == ""
    assert report.go.source == "dns"


async def test_truncated_means_tcp() -> None:
    async with NameServer({NAME: Lie.TRUNCATED}) as server:
        answer = await ask(Nameserver("127.0.0.1", server.port), NAME, Record.A, seconds=2)
        assert [transport for transport, _, _ in server.seen] == ["udp", "tcp"]
    assert (answer.reply, answer.transport, answer.truncated) == (Reply.ADDRESSES, Transport.TCP, True)


async def test_use_vc_means_tcp_at_once(tmp_path: Path) -> None:
    async with NameServer({"mirror.test.": ["127.0.0.1"]}) as server:
        files = write_files(tmp_path, server.port, more="options use-vc\n")
        report = await _look_up("mirror.test", _world(files))
        assert {transport for transport, _, _ in server.seen} == {"tcp"}
    assert report.addresses == ("127.0.0.1",)


async def test_healthy(tmp_path: Path) -> None:
    async with NameServer({"mirror.test.": ["127.0.0.1", "::1"]}) as server:
        report = await _look_up("mirror.test", _world(write_files(tmp_path, server.port)))
    assert judge_names(report) == ()
    assert {answer.record for answer in report.asked} == set(Record)


async def test_an_address_asks_nobody(tmp_path: Path) -> None:
    async with NameServer({}) as server:
        world = _world(write_files(tmp_path, server.port))
        for host, expected in (("127.0.0.1", "127.0.0.1"), ("[::1]", "::1"), ("fe80::1%lo", "fe80::1%lo")):
            report = await _look_up(host, world)
            assert report.addresses == (expected,)
            assert judge_names(report) == ()
        assert server.seen == []


async def test_no_domain_name_asks_nobody(tmp_path: Path) -> None:
    async with NameServer({}) as server:
        report = await _look_up(
            "goproxy.cn，direct", _world(write_files(tmp_path, server.port), system=_unknown)
        )
        assert server.seen == []
    assert _faults(report) == {Fault.DNS_NOT_A_NAME: Judgement.BROKEN}
    assert report.go.words == "lookup goproxy.cn，direct: no such host"


async def test_a_dead_nameserver_in_front_costs_five_seconds(tmp_path: Path) -> None:
    async with (
        NameServer({NAME: Lie.SILENT}) as dead,
        NameServer({NAME: ["8.8.8.8"]}, host="127.0.0.2", port=dead.port),
    ):
        files = write_files(tmp_path, dead.port, nameservers=["127.0.0.1", "127.0.0.2"])
        report = await _look_up(HOST, _world(files))
    assert _faults(report) == {Fault.DNS_NAMESERVER_DEAD: Judgement.WARNING}
    assert report.addresses == ("8.8.8.8",)
    assert 5 <= report.go.seconds < 6
    assert "line 1 of" in judge_names(report)[0].evidence


async def test_a_dead_nameserver_behind_costs_nothing(tmp_path: Path) -> None:
    async with (
        NameServer({NAME: ["8.8.8.8"]}) as alive,
        NameServer({NAME: Lie.SILENT}, host="127.0.0.2", port=alive.port),
    ):
        files = write_files(tmp_path, alive.port, nameservers=["127.0.0.1", "127.0.0.2"])
        report = await _look_up(HOST, _world(files))
    assert judge_names(report) == ()
    assert report.go.seconds < 5


async def test_aaaa_without_an_answer(tmp_path: Path) -> None:
    async with NameServer({NAME: ["8.8.8.8"], NAME + "/AAAA": Lie.SILENT}) as server:
        report = await _look_up(HOST, _world(write_files(tmp_path, server.port)))
    assert _faults(report) == {Fault.DNS_FAMILY_TIMEOUT: Judgement.WARNING}
    assert report.go.seconds >= 10  # two attempts of five seconds


async def test_aaaa_without_an_answer_from_three_nameservers(tmp_path: Path) -> None:
    """Three of five seconds, twice: the dialler's 30 s are over before go has its address."""
    zone: dict[str, Said] = {NAME: ["8.8.8.8"], NAME + "/AAAA": Lie.SILENT}
    servers = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    async with (
        NameServer(zone) as first,
        NameServer(zone, host=servers[1], port=first.port),
        NameServer(zone, host=servers[2], port=first.port),
    ):
        files = write_files(tmp_path, first.port, nameservers=servers)
        report = await _look_up(HOST, _world(files, system=_unknown))
    assert _faults(report) == {Fault.DNS_TIMEOUT: Judgement.BROKEN}
    assert report.go.words == f"lookup {HOST}: i/o timeout"


async def test_one_nameserver_denies_the_name(tmp_path: Path) -> None:
    async with NameServer({NAME: ["8.8.8.8"]}) as first, NameServer({}, host="127.0.0.2", port=first.port):
        files = write_files(tmp_path, first.port, nameservers=["127.0.0.1", "127.0.0.2"])
        report = await _look_up(HOST, _world(files))
    assert _faults(report) == {Fault.DNS_DISAGREE: Judgement.WARNING}


async def test_go_believes_the_first_nameserver_that_denies_it(tmp_path: Path) -> None:
    async with NameServer({}) as first, NameServer({NAME: ["8.8.8.8"]}, host="127.0.0.2", port=first.port):
        files = write_files(tmp_path, first.port, nameservers=["127.0.0.1", "127.0.0.2"])
        report = await _look_up(HOST, _world(files, system=_unknown))
    assert _faults(report) == {Fault.DNS_NXDOMAIN: Judgement.BROKEN}


LIES: dict[str, tuple[str, Fault, Judgement]] = {
    "unspecified": ("0.0.0.0", Fault.DNS_POLLUTED, Judgement.BROKEN),
    "unspecified v6": ("::", Fault.DNS_POLLUTED, Judgement.BROKEN),
    "future use": ("240.0.0.1", Fault.DNS_POLLUTED, Judgement.BROKEN),
    "documentation": ("192.0.2.7", Fault.DNS_POLLUTED, Judgement.BROKEN),
    "fake": ("198.18.0.5", Fault.DNS_FAKE_ADDRESS, Judgement.WARNING),
    "loopback": ("127.0.0.1", Fault.DNS_RESERVED, Judgement.WARNING),
    "private": ("10.1.2.3", Fault.DNS_RESERVED, Judgement.WARNING),
    "carrier": ("100.64.1.1", Fault.DNS_RESERVED, Judgement.WARNING),
    "unique local": ("fd00::1", Fault.DNS_RESERVED, Judgement.WARNING),
}


@pytest.mark.parametrize("kind", LIES)
async def test_addresses_where_no_public_server_is(kind: str, tmp_path: Path) -> None:
    address, fault, judgement = LIES[kind]
    async with NameServer({NAME: [address]}) as server:
        report = await _look_up(HOST, _world(write_files(tmp_path, server.port)))
    assert _faults(report) == {fault: judgement}
    assert address in judge_names(report)[0].evidence


@pytest.mark.parametrize("host", ["mirror.corp.internal", "mirror", "mirror.test", "mirror.lan"])
async def test_a_private_name_may_have_a_private_address(host: str, tmp_path: Path) -> None:
    async with NameServer({host + ".": ["10.1.2.3"]}) as server:
        report = await _look_up(host, _world(write_files(tmp_path, server.port)))
    assert judge_names(report) == ()


PUBLIC: dict[str, tuple[Said, Said, dict[Fault, Judgement]]] = {
    "the same": (["8.8.8.8"], ["8.8.8.8"], {}),
    "another edge": (["8.8.4.4"], ["8.8.8.8"], {}),
    "split horizon": (["10.1.2.3"], ["8.8.8.8"], {Fault.DNS_SPLIT_HORIZON: Judgement.WARNING}),
    "block list": (["127.0.0.1"], ["8.8.8.8"], {Fault.DNS_POLLUTED: Judgement.BROKEN}),
    "polluted": (["0.0.0.0"], ["8.8.8.8"], {Fault.DNS_POLLUTED: Judgement.BROKEN}),
    "known here only": (["8.8.8.8"], Lie.NXDOMAIN, {Fault.DNS_DISAGREE: Judgement.WARNING}),
    "denied here": (
        Lie.NXDOMAIN, ["8.8.8.8"],
        {Fault.DNS_NXDOMAIN: Judgement.BROKEN, Fault.DNS_DISAGREE: Judgement.WARNING,
         Fault.DNS_LIBC_DIFFERS: Judgement.WARNING},
    ),
    "public resolver silent": (["8.8.8.8"], Lie.SILENT, {}),
}  # fmt: skip


@pytest.mark.parametrize("kind", PUBLIC)
@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
async def test_compared_with_public_resolvers(kind: str, transport: Transport, tmp_path: Path) -> None:
    here, there, expected = PUBLIC[kind]
    async with NameServer({NAME: here}) as server, NameServer({NAME: there}) as elsewhere:
        public = (PublicResolver("elsewhere", transport, "127.0.0.1", elsewhere.port),)
        report = await _look_up(HOST, _world(write_files(tmp_path, server.port), public=public))
        assert {asked[0] for asked in elsewhere.seen} == {transport.value}
    assert _faults(report) == expected
    assert len(report.public) == 2


async def test_public_resolvers_are_asked_on_request_only(tmp_path: Path) -> None:
    async with NameServer({NAME: ["8.8.8.8"]}) as server:
        report = await _look_up(HOST, _world(write_files(tmp_path, server.port)))
    assert report.public == ()


async def test_the_hosts_file_shadows_the_dns(tmp_path: Path) -> None:
    async with NameServer({NAME: ["8.8.8.8"]}) as server:
        files = write_files(tmp_path, server.port, hosts=f"127.0.0.1 localhost\n10.0.0.9 {HOST}\n")
        report = await _look_up(HOST, _world(files))
        local = await _look_up("localhost", _world(files))
    assert report.addresses == ("10.0.0.9",)
    assert report.go.source == "files"
    assert _faults(report) == {Fault.DNS_HOSTS_SHADOW: Judgement.WARNING}
    assert "Line 2 of" in judge_names(report)[0].evidence
    assert local.addresses == ("127.0.0.1",)
    assert judge_names(local) == ()


async def test_dns_before_files(tmp_path: Path) -> None:
    async with NameServer({NAME: ["8.8.8.8"]}) as server:
        files = write_files(tmp_path, server.port, hosts=f"10.0.0.9 {HOST}\n", nsswitch="hosts: dns files\n")
        report = await _look_up(HOST, _world(files))
    assert report.addresses == ("8.8.8.8",)
    assert judge_names(report) == ()


async def test_files_only_asks_nobody(tmp_path: Path) -> None:
    async with NameServer({NAME: ["8.8.8.8"]}) as server:
        files = write_files(tmp_path, server.port, nsswitch="hosts: files\n")
        report = await _look_up(HOST, _world(files, system=_unknown))
        assert server.seen == []
    assert _faults(report) == {Fault.DNS_NXDOMAIN: Judgement.BROKEN}
    assert report.go.words == f"lookup {HOST}: no such host"


async def test_a_search_domain_answers_in_its_place(tmp_path: Path) -> None:
    zone = {f"{HOST}.corp.example.com.": ["8.8.4.4"], NAME: ["8.8.8.8"]}
    async with NameServer(zone) as server:
        many = write_files(tmp_path, server.port, more="search corp.example.com\noptions ndots:5\n")
        report = await _look_up(HOST, _world(many))
        few = write_files(tmp_path, server.port, more="search corp.example.com\n")
        plain = await _look_up(HOST, _world(few))
    assert report.addresses == ("8.8.4.4",)
    assert _faults(report) == {Fault.DNS_SEARCH_DOMAIN: Judgement.WARNING}
    assert "ndots:5" in judge_names(report)[0].evidence
    assert plain.addresses == ("8.8.8.8",)
    assert judge_names(plain) == ()


async def test_only_the_c_library_knows(tmp_path: Path) -> None:
    async with NameServer({}) as server:
        files = write_files(tmp_path, server.port, nsswitch="hosts: files mdns4_minimal dns\n")
        report = await _look_up("printer.local", _world(files))
    assert _faults(report) == {
        Fault.DNS_NXDOMAIN: Judgement.BROKEN,
        Fault.DNS_LIBC_DIFFERS: Judgement.WARNING,
    }
    assert "mdns4_minimal" in judge_names(report)[1].evidence


async def test_only_go_knows(tmp_path: Path) -> None:
    async with NameServer({NAME: ["8.8.8.8"]}) as server:
        report = await _look_up(HOST, _world(write_files(tmp_path, server.port), system=_unknown))
    assert _faults(report) == {Fault.DNS_LIBC_DIFFERS: Judgement.WARNING}
    assert report.addresses == ("8.8.8.8",)


async def test_a_c_library_that_hangs_hangs_nobody(tmp_path: Path) -> None:
    async def hanging(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    async with NameServer({NAME: ["8.8.8.8"]}) as server:
        report = await _look_up(HOST, _world(write_files(tmp_path, server.port), system=hanging))
    assert report.system is not None
    assert report.system.error == "no answer in 0.25 s"


def test_order_of_go_without_a_way() -> None:
    """Rule 1 of RFC 6724: what cannot be reached goes last."""
    ways = {"8.8.8.8": "192.168.1.5", "2001:4860::1": None, "1.1.1.1": "192.168.1.5"}
    assert in_go_order(ways, ways.get) == ("8.8.8.8", "1.1.1.1", "2001:4860::1")
    both = {**ways, "2001:4860::1": "2001:db8::5"}
    assert in_go_order(both, both.get)[0] == "2001:4860::1"
    tunnel = {"2002:808:808::1": "2002:c000:204::1", "8.8.8.8": "192.0.2.4"}
    assert in_go_order(tunnel, tunnel.get) == ("8.8.8.8", "2002:808:808::1")


async def test_limits_are_ours(tmp_path: Path) -> None:
    async with NameServer({NAME: Lie.SILENT}) as server:
        world = _world(write_files(tmp_path, server.port), system=_unknown)
        report = await look_up(HOST, 443, world, replace(LIMITS, question_s=0.05))
    assert all(answer.seconds < 5 for answer in report.asked)
    assert report.go.seconds == 10  # go's own: two attempts of five seconds
