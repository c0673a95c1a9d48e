"""The rung of TLS in worlds that break: which fault, everything below it well, and go's own words."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from probes.ladder.climber import TLSRung
from probes.ladder.faults import Fault, Judgement, Rung
from probes.ladder.issuers import is_public_authority, middlebox
from probes.ladder.model import shown
from probes.ladder.tls import CertificateView, RootsView, TLSReport
from probes.ladder.tls_judgement import judge_tls
from tests.ladder.certificates import CLIENT_AUTH, Made, Plan, bundle, make, server_context
from tests.ladder.climbing import (
    QUICK,
    asked_for_info,
    assert_broken,
    assert_healthy,
    climbed,
    go_says,
    info_url,
    named,
)
from tests.ladder.name_server import NameServer, write_files
from tests.ladder.sockets import Talk, hang, read_record, reset, serving

TODAY = dt.datetime.now(dt.UTC)
HERE = ("127.0.0.1",)


def _plan(common_name: str, **more: object) -> Plan:
    return replace(Plan(common_name, now=TODAY), **more)  # type: ignore[arg-type]


ROOT = make(_plan("Root", authority=True))
MIDDLE = make(_plan("Middle", authority=True), ROOT)
STRANGER = make(_plan("Stranger", authority=True))
LEAF = _plan("leaf", names=HERE)
URL_OF_MIDDLE = "http://authority.test/middle.der"


def _chain(*made: Made) -> Callable[[], ssl.SSLContext]:
    return lambda: server_context(*made)


def _leaf(issuer: Made | None = ROOT, **changes: object) -> Made:
    return make(replace(LEAF, **changes), issuer)  # type: ignore[arg-type]


def _old_protocol() -> ssl.SSLContext:
    context = server_context(_leaf())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


CERTIFICATES: dict[str, tuple[Callable[[], ssl.SSLContext], Fault]] = {
    "expired": (_chain(_leaf(days=(-20, -10))), Fault.TLS_EXPIRED),
    "not yet valid": (_chain(_leaf(days=(10, 20))), Fault.TLS_NOT_YET_VALID),
    "our clock is behind": (
        _chain(_leaf(future := make(_plan("Future", authority=True, days=(5, 90)), ROOT), days=(10, 20)), future),
        Fault.TLS_CLOCK,
    ),
    "expired middle": (
        _chain(_leaf(past := make(_plan("Past", authority=True, days=(-90, -5)), ROOT)), past),
        Fault.TLS_EXPIRED,
    ),
    "wrong name": (_chain(_leaf(names=("other.test",))), Fault.TLS_WRONG_NAME),
    "wrong address": (_chain(_leaf(names=("127.0.0.2",))), Fault.TLS_WRONG_NAME),
    "unknown authority": (_chain(_leaf(STRANGER)), Fault.TLS_UNKNOWN_AUTHORITY),
    "unknown authority, root sent": (_chain(_leaf(STRANGER), STRANGER), Fault.TLS_UNKNOWN_AUTHORITY),
    "missing intermediate": (_chain(_leaf(MIDDLE, issuer_url=URL_OF_MIDDLE)), Fault.TLS_MISSING_INTERMEDIATE),
    "self-signed": (_chain(_leaf(None)), Fault.TLS_SELF_SIGNED),
    "common name only": (_chain(make(_plan("127.0.0.1"))), Fault.TLS_NO_ALTERNATIVE_NAMES),
    "for clients": (_chain(_leaf(purposes=(CLIENT_AUTH,))), Fault.TLS_BAD_CHAIN),
    "a middlebox": (
        _chain(_leaf(make(_plan("Zscaler Root CA", organisation="Zscaler Inc.", authority=True)))),
        Fault.TLS_INTERCEPTED,
    ),
    # OpenSSL hangs up on a client that is too new for it, without an alert.
    "old protocol": (_old_protocol, Fault.TLS_CLOSED),
}  # fmt: skip


@pytest.mark.parametrize("kind", CERTIFICATES)
async def test_certificates_in_the_words_of_go(kind: str, tmp_path: Path) -> None:
    context, fault = CERTIFICATES[kind]
    roots = bundle(tmp_path, [ROOT])
    async with serving(hang, tls=context()) as port:
        base = f"https://127.0.0.1:{port}"
        ladder = await climbed(info_url(base), roots)
        go = await go_says(base, tmp_path, roots)
    assert_broken(ladder, fault)
    assert asked_for_info(ladder) == go


async def _close_after_hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_record(reader)


async def _reset_after_hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_record(reader)
    reset(writer)


def _say(words: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_record(reader)
        writer.write(words)
        await writer.drain()

    return talk


OLD_SERVER_HELLO = bytes.fromhex("160301002a" + "02000026" + "0301" + "11" * 32 + "00" + "c013" + "00")
"""A ServerHello of TLS 1.0, without extensions."""

TALKS: dict[str, tuple[Talk, Fault]] = {
    "closes": (_close_after_hello, Fault.TLS_CLOSED),
    "resets": (_reset_after_hello, Fault.TLS_RESET),
    "speaks HTTP": (_say(b"HTTP/1.1 400 Bad Request\r\n\r\nno TLS here\n"), Fault.TLS_NOT_TLS),
    "speaks SSH": (_say(b"SSH-2.0-OpenSSH_9.2\r\n"), Fault.TLS_NOT_TLS),
    "handshake failure": (_say(b"\x15\x03\x03\x00\x02\x02\x28"), Fault.TLS_ALERT),
    "unrecognised name": (_say(b"\x15\x03\x03\x00\x02\x02\x70"), Fault.TLS_ALERT),
    "protocol version": (_say(b"\x15\x03\x03\x00\x02\x02\x46"), Fault.TLS_PROTOCOL_VERSION),
    "chooses TLS 1.0": (_say(OLD_SERVER_HELLO), Fault.TLS_PROTOCOL_VERSION),
}


@pytest.mark.parametrize("kind", TALKS)
async def test_handshakes_in_the_words_of_go(kind: str, tmp_path: Path) -> None:
    talk, fault = TALKS[kind]
    async with serving(talk) as port:
        base = f"https://127.0.0.1:{port}"
        ladder = await climbed(info_url(base))
        go = await go_says(base, tmp_path)
    assert_broken(ladder, fault)
    assert asked_for_info(ladder) == go


async def test_silence_is_a_timeout_in_the_words_of_net_http() -> None:
    async with serving(hang) as port:
        ladder = await climbed(info_url(f"https://127.0.0.1:{port}"))
    assert_broken(ladder, Fault.TLS_TIMEOUT)
    assert ladder.words.endswith(": net/http: TLS handshake timeout")
    assert [limit.seconds for limit in ladder[Rung.TLS].go_limits] == [10.0]


async def test_the_whole_chain_is_shown(tmp_path: Path) -> None:
    roots = bundle(tmp_path, [ROOT])
    leaf = _leaf(MIDDLE, issuer_url=URL_OF_MIDDLE, names=("127.0.0.1", "mirror.test"))
    async with serving(_answer, tls=server_context(leaf, MIDDLE)) as port:
        ladder = await climbed(info_url(f"https://127.0.0.1:{port}"), roots)
    assert_healthy(ladder)
    report = ladder[Rung.TLS].report
    assert isinstance(report, TLSRung)
    shake = report.handshake
    assert shake.version == "TLSv1.3"
    assert shake.cipher.startswith("TLS_")
    assert shake.alpn == "http/1.1"
    assert shake.path == ("leaf, Tests", "Middle, Tests", "Root, Tests")
    assert [certificate.issuer for certificate in shake.chain] == ["Middle, Tests", "Root, Tests"]
    first = shake.chain[0]
    assert first.names == ("mirror.test", "127.0.0.1")
    assert first.issuer_urls == (URL_OF_MIDDLE,)
    assert (first.is_authority, shake.chain[1].is_authority) == (False, True)
    assert first.key == "ECDSA secp256r1"
    assert first.not_before < TODAY < first.not_after
    assert shake.roots == RootsView(
        str(tmp_path / "roots.pem"), (str(tmp_path / "none"),), "SSL_CERT_FILE", 1
    )
    assert report.go_hello is not None
    assert report.go_hello.sent > 1400
    assert report.small_hello is None


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    body = b'{"Version":"v1.0.0"}'
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    writer.write(body)
    await writer.drain()


async def test_no_roots_at_all(tmp_path: Path) -> None:
    nothing = {"SSL_CERT_FILE": str(tmp_path / "missing.pem"), "SSL_CERT_DIR": str(tmp_path / "none")}
    async with serving(hang, tls=server_context(_leaf())) as port:
        base = f"https://127.0.0.1:{port}"
        ladder = await climbed(info_url(base), nothing)
        go = await go_says(base, tmp_path, nothing)
    assert_broken(ladder, Fault.TLS_NO_ROOTS)
    assert asked_for_info(ladder) == go


# -- interception -------------------------------------------------------------------------------------------


@asynccontextmanager
async def _public_host(tmp_path: Path, issuer: Made, host: str) -> AsyncIterator[tuple[str, object]]:
    """A server on loopback under a public name."""
    leaf = make(_plan("leaf", names=(host,)), issuer)
    async with NameServer({host + ".": ["127.0.0.1"]}) as names:
        hosts = f"127.0.0.1 {host}\n"
        world = named(write_files(tmp_path, names.port, hosts=hosts))
        async with serving(_answer, tls=server_context(leaf)) as port:
            yield f"https://{host}:{port}", world


CORPORATE = make(_plan("ACME Inspection CA", organisation="ACME Corp", authority=True))
PUBLIC = make(_plan("ISRG Root X9", organisation="Internet Security Research Group", authority=True))


@pytest.mark.parametrize(
    ("issuer", "trusted", "host", "expected"),
    [
        (CORPORATE, True, "proxy.golang.org", Judgement.WARNING),
        (CORPORATE, False, "proxy.golang.org", Judgement.BROKEN),
        (CORPORATE, True, "proxy.acme.internal", None),
        (PUBLIC, True, "proxy.golang.org", None),
    ],
)
async def test_interception_of_a_public_host(
    issuer: Made, trusted: bool, host: str, expected: Judgement | None, tmp_path: Path
) -> None:
    roots = bundle(tmp_path, [issuer if trusted else ROOT])
    async with _public_host(tmp_path, issuer, host) as (base, world):
        ladder = await climbed(info_url(base), roots, world=world)
    result = ladder[Rung.TLS]
    if expected is None:
        assert result.judgement is Judgement.OK
        return
    assert result.judgement is expected
    assert result.fault is Fault.TLS_INTERCEPTED
    assert "ACME Inspection CA" in result.observations[0].evidence


async def test_an_unknown_private_authority_is_no_interception(tmp_path: Path) -> None:
    roots = bundle(tmp_path, [ROOT])
    async with _public_host(tmp_path, CORPORATE, "proxy.acme.internal") as (base, world):
        ladder = await climbed(info_url(base), roots, world=world)
    assert_broken(ladder, Fault.TLS_UNKNOWN_AUTHORITY)


@pytest.mark.parametrize(
    ("common_name", "organisation", "product", "public"),
    [
        ("Zscaler Intermediate Root CA", "Zscaler Inc.", "Zscaler", False),
        ("ca.corp.goskope.com", "Corp", "Netskope", False),
        ("FGT60F", "Fortinet", "Fortinet FortiGate", False),
        ("Cisco Umbrella Root CA", "Cisco", "Cisco Umbrella", False),
        ("Kaspersky Anti-Virus Personal Root Certificate", "AO Kaspersky Lab", "Kaspersky", False),
        ("Gateway CA - Cloudflare Managed G1", "Cloudflare, Inc.", "Cloudflare Gateway", False),
        ("Corp Root CA", "ACME Corp", "", False),
        ("Corp Root CA", "Digicertain Ltd", "", True),
        ("Corp Root CA", "Not DigiCert at all", "", True),
        ("WR2", "Google Trust Services", "", True),
        ("R11", "Let's Encrypt", "", True),
        ("GlobalSign Atlas R3", "GlobalSign nv-sa", "", True),
        ("Cloudflare Inc ECC CA-3", "Cloudflare, Inc.", "", True),
    ],
)
def test_what_names_give_away(common_name: str, organisation: str, product: str, public: bool) -> None:
    name = make(Plan(common_name, organisation)).certificate.subject
    assert middlebox(name) == product
    assert is_public_authority(name) is public


def test_text_of_certificates_is_made_safe(tmp_path: Path) -> None:
    evil = CertificateView(
        shown("evil\x1b[2J\u202e"), shown("a\nb"), (), TODAY, TODAY, False, False, "", "", ()
    )
    report = TLSReport(
        "127.0.0.1", "x.test", 0.1, RootsView(None, (), "", 0), chain=(evil,), fault=Fault.TLS_UNKNOWN_AUTHORITY,
        words="x",
    )  # fmt: skip
    evidence = judge_tls(report)[0].evidence
    assert "\x1b" not in evidence
    assert "\n" not in evidence
    assert QUICK.tls_s == 0.5
