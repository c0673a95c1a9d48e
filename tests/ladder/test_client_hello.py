"""Raw hellos: the same as Go's, and answered by Go's own server."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.net.client_hello import (
    BOTH_VERSIONS,
    GO_ALPN,
    FirstRecord,
    HelloSize,
    Version,
    client_hello,
    first_record,
    server_name,
)
from tests.against_go.compare import home_folder
from tests.against_go.golang import Oracle, go_binary
from tests.ladder.sockets import read_record, serving

RANDOM = slice(11, 43)
SESSION = slice(44, 76)


def _structure(hello: bytes) -> list[object]:
    """Everything but what is random: lengths, versions, suites, and the extensions with their content."""
    assert hello[:3] == b"\x16\x03\x01"
    assert int.from_bytes(hello[3:5]) == len(hello) - 5
    assert int.from_bytes(hello[6:9]) == len(hello) - 9
    suites_end = 78 + int.from_bytes(hello[76:78])
    suites = hello[78:suites_end]
    rest = hello[suites_end + 2 :]
    assert int.from_bytes(rest[:2]) == len(rest) - 2
    extensions: list[tuple[int, object]] = []
    at = 2
    while at < len(rest):
        kind, length = int.from_bytes(rest[at : at + 2]), int.from_bytes(rest[at + 2 : at + 4])
        data = rest[at + 4 : at + 4 + length]
        extensions.append((kind, _shares(data) if kind == 51 else data))
        at += 4 + length
    # AES or ChaCha20 first, as the processor likes it: the same suites in either order.
    return [hello[9:11], sorted(suites[i : i + 2] for i in range(0, len(suites), 2)), extensions]


def _shares(data: bytes) -> list[tuple[int, int]]:
    """The groups of the key shares and the lengths of their keys."""
    found, at = [], 2
    while at < len(data):
        group, length = int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4])
        found.append((group, length))
        at += 4 + length
    return found


CASES: list[tuple[str, Sequence[str], Sequence[Version]]] = [
    ("mirror.test", GO_ALPN, BOTH_VERSIONS),
    ("mirror.test", (), BOTH_VERSIONS),
    ("a-much-longer-name.with.many.labels.mirror.test", ("http/1.1",), BOTH_VERSIONS),
    ("127.0.0.1", GO_ALPN, BOTH_VERSIONS),
    ("::1", GO_ALPN, BOTH_VERSIONS),
    ("mirror.test.", GO_ALPN, BOTH_VERSIONS),
    ("mirror.test", GO_ALPN, (Version.TLS12,)),
    ("mirror.test", GO_ALPN, (Version.TLS13,)),
]


@pytest.mark.parametrize(("host", "alpn", "versions"), CASES)
def test_the_same_hello_as_crypto_tls(
    host: str, alpn: Sequence[str], versions: Sequence[Version], oracle: Oracle
) -> None:
    numbers = [version.value for version in versions]
    asked = {"Host": host, "ALPN": list(alpn), "Min": min(numbers), "Max": max(numbers)}
    go = bytes.fromhex(oracle.ask("tls.client_hello", asked))
    ours = client_hello(host, alpn=alpn, versions=versions)
    assert _structure(ours) == _structure(go)
    assert len(ours) == len(go)


async def _recorded(host: str, godebug: str) -> bytes:
    """The first record that the real go sends to a proxy on loopback."""
    record: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = await read_record(reader)
        if not record.done():
            record.set_result(heard)

    async with serving(talk) as port:
        with home_folder() as home:
            environment = {
                "HOME": str(home), "PATH": os.environ["PATH"], "GOPROXY": f"https://{host}:{port}",
                "GOSUMDB": "off", "GOENV": "off", "GOTOOLCHAIN": "local", "GOMODCACHE": str(home / "cache"),
                "GODEBUG": godebug,
            }  # fmt: skip
            command = [str(go_binary()), "mod", "download", "m.test/x@v1.0.0"]
            run = asyncio.to_thread(subprocess.run, command, env=environment, cwd=home, capture_output=True)
            await run
        return await record


@pytest.mark.parametrize(
    ("godebug", "size", "alpn"),
    [
        ("", HelloSize.GO, GO_ALPN),
        ("tlsmlkem=0", HelloSize.SMALL, GO_ALPN),
        ("http2client=0", HelloSize.GO, ()),
    ],
)
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_the_size_of_the_real_go(host: str, godebug: str, size: HelloSize, alpn: Sequence[str]) -> None:
    go = await _recorded(host, godebug)
    ours = client_hello(host, size=size, alpn=alpn)
    assert len(ours) == pytest.approx(len(go), rel=0.05)
    assert _structure(ours) == _structure(go)


@pytest.mark.parametrize("size", HelloSize)
@pytest.mark.parametrize("versions", [BOTH_VERSIONS, (Version.TLS13,), (Version.TLS12,)])
def test_answered_by_the_server_of_crypto_tls(
    size: HelloSize, versions: Sequence[Version], oracle: Oracle
) -> None:
    """The keys are made up, and a server takes them all the same: also the one of ML-KEM."""
    hello = client_hello("mirror.test", size=size, versions=versions)
    go = oracle.ask("tls.answer", hello.hex())
    answer = first_record(bytes.fromhex(go["answer"]))
    assert go["name"] == "mirror.test"
    assert answer.kind is FirstRecord.SERVER_HELLO
    assert answer.version == max(versions, key=lambda version: version.value).shown
    if Version.TLS13 in versions:
        assert answer.group == (0x11EC if size is HelloSize.GO else 0x1D)
    else:
        assert answer.group is None


def test_about_the_right_sizes() -> None:
    assert 1400 < len(client_hello("proxy.golang.org")) < 1600
    assert 250 < len(client_hello("proxy.golang.org", size=HelloSize.SMALL)) < 350


def test_two_hellos_differ_only_in_what_is_random() -> None:
    one, other = client_hello("mirror.test"), client_hello("mirror.test")
    assert one[RANDOM] != other[RANDOM]
    assert one[SESSION] != other[SESSION]
    assert _structure(one) == _structure(other)


@pytest.mark.parametrize(
    ("host", "name"),
    [("mirror.test", "mirror.test"), ("mirror.test.", "mirror.test"), ("127.0.0.1", ""), ("[::1]", ""),
     ("fe80::1%eth0", ""), ("", "")],
)  # fmt: skip
def test_server_name(host: str, name: str) -> None:
    assert server_name(host) == name


def test_first_records() -> None:
    assert first_record(b"").kind is FirstRecord.INCOMPLETE
    assert first_record(b"\x16\x03\x03").kind is FirstRecord.INCOMPLETE
    assert first_record(b"HTTP/1.1 400 Bad Request\r\n").kind is FirstRecord.NOT_TLS
    assert first_record(b"SSH-2.0-OpenSSH_9.2\r\n").kind is FirstRecord.NOT_TLS
    alert = first_record(b"\x15\x03\x03\x00\x02\x02\x28")
    assert (alert.kind, alert.alert) == (FirstRecord.ALERT, "handshake failure")
    assert not alert.answered
    retry = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
    body = b"\x03\x03" + retry + b"\x00" + b"\x13\x01" + b"\x00" + b"\x00\x06" + b"\x00\x33\x00\x02\x00\x17"
    message = b"\x02" + len(body).to_bytes(3) + body
    found = first_record(b"\x16\x03\x03" + len(message).to_bytes(2) + message)
    assert (found.kind, found.group, found.answered) == (FirstRecord.HELLO_RETRY_REQUEST, 0x17, True)


@settings(deadline=None, max_examples=300)
@given(
    data=st.binary(max_size=120), prefix=st.sampled_from([b"", b"\x16\x03\x03", b"\x16\x03\x03\x00\x70\x02"])
)
def test_any_bytes_can_be_read(data: bytes, prefix: bytes) -> None:
    found = first_record(prefix + data)
    assert found.kind in FirstRecord
    assert first_record((prefix + data)[:4]).kind in (FirstRecord.INCOMPLETE, FirstRecord.NOT_TLS)
