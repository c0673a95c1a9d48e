"""The rung of the HTTP proxy: which setting decides, each kind of refusal, and go's own words for it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from pathlib import Path

import pytest

from probes.golang.urls import parse_url
from probes.ladder.faults import Fault, Judgement, Rung
from probes.ladder.names import NamesWorld
from probes.ladder.proxy import ProxyReport, choose_proxy
from probes.net.resolver_files import ResolverFiles
from tests.against_go.compare import authority_file, tls_for
from tests.ladder.climbing import (
    asked_for_info,
    assert_broken,
    assert_healthy,
    climbed,
    go_says,
    info_url,
    named,
)
from tests.ladder.name_server import NameServer, write_files
from tests.ladder.proxies import HOST, SOCKS_OPEN, resets, says, socks, tunnel_to
from tests.ladder.sockets import Talk, closed_port, hang, serving

ROOTS = {"SSL_CERT_FILE": str(authority_file()), "SSL_CERT_DIR": str(authority_file().parent / "none")}
BASE = f"https://{HOST}:8443"


async def _good(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    body = b'{"Version":"v1.0.0","Time":"2024-01-02T03:04:06Z"}'
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    writer.write(body)
    await writer.drain()


def _no_names(folder: Path) -> NamesWorld:
    """Nobody knows any name: whoever looks one up besides the proxy is found out."""
    return named(ResolverFiles(folder / "resolv.conf", folder / "hosts", folder / "nsswitch.conf", 1))


# -- refusals in the words of go ----------------------------------------------------------------------------

REFUSALS: dict[str, tuple[Talk, Fault]] = {
    "403": (says(b"HTTP/1.1 403 Forbidden by policy\r\nContent-Length: 2\r\n\r\nno"), Fault.PROXY_REFUSED),
    "502": (says(b"HTTP/1.0 502 Bad Gateway\r\n\r\n"), Fault.PROXY_REFUSED),
    "204": (says(b"HTTP/1.1 204 No Content\r\n\r\n"), Fault.PROXY_REFUSED),
    "without a reason": (says(b"HTTP/1.1 503\r\n\r\n"), Fault.PROXY_REFUSED),
    "407": (
        says(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: NTLM\r\n\r\n"), Fault.PROXY_AUTH,
    ),
    "closes": (says(b""), Fault.PROXY_CLOSED),
    "resets": (resets, Fault.PROXY_CLOSED),
    "breaks off": (says(b"HTTP/1.1 200 OK\r\nServer: x"), Fault.PROXY_PROTOCOL),
    "speaks SSH": (says(b"SSH-2.0-OpenSSH_9.2\r\n"), Fault.PROXY_PROTOCOL),
    "no status": (says(b"HTTP/1.1 abc OK\r\n\r\n"), Fault.PROXY_PROTOCOL),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSALS)
async def test_connect_refused_in_the_words_of_go(kind: str, tmp_path: Path) -> None:
    talk, fault = REFUSALS[kind]
    async with serving(talk) as port:
        variables = {"HTTPS_PROXY": f"http://127.0.0.1:{port}"}
        ladder = await climbed(info_url(BASE), variables, world=_no_names(tmp_path))
        go = await go_says(BASE, tmp_path, variables)
    assert_broken(ladder, fault)
    assert asked_for_info(ladder) == go
    assert "127.0.0.1" in ladder[Rung.PROXY].observations[0].evidence


SOCKS: dict[str, tuple[bytes, Fault]] = {
    "wants a password": (b"\x05\xff", Fault.PROXY_AUTH),
    "is SOCKS4": (b"\x04\x00", Fault.PROXY_PROTOCOL),
    "speaks HTTP": (b"HT", Fault.PROXY_PROTOCOL),
    "not allowed": (b"\x05\x00\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00", Fault.PROXY_REFUSED),
    "refused behind it": (b"\x05\x00\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00", Fault.PROXY_REFUSED),
    "strange code": (b"\x05\x00\x05\x63\x00\x01\x00\x00\x00\x00\x00\x00", Fault.PROXY_REFUSED),
    "reserved field": (b"\x05\x00\x05\x00\x01\x01\x00\x00\x00\x00\x00\x00", Fault.PROXY_PROTOCOL),
    "strange address": (b"\x05\x00\x05\x00\x00\x09\x00\x00\x00\x00\x00\x00", Fault.PROXY_PROTOCOL),
    "closes at once": (b"", Fault.PROXY_CLOSED),
    "closes after the greeting": (b"\x05\x00\x05", Fault.PROXY_CLOSED),
}


@pytest.mark.parametrize("kind", SOCKS)
async def test_socks_refused_in_the_words_of_go(kind: str, tmp_path: Path) -> None:
    script, fault = SOCKS[kind]
    async with serving(socks(script)) as port:
        variables = {"HTTPS_PROXY": f"socks5://127.0.0.1:{port}"}
        ladder = await climbed(info_url(BASE), variables, world=_no_names(tmp_path))
        go = await go_says(BASE, tmp_path, variables)
    assert_broken(ladder, fault)
    assert asked_for_info(ladder) == go


async def test_407_names_its_schemes() -> None:
    answer = (
        b"HTTP/1.1 407 Proxy Authentication Required\r\nServer: squid/6.6\r\n"
        b'Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm="a, b"\r\n\r\n<html>log in\x1b[2J</html>'
    )
    async with serving(says(answer)) as port:
        ladder = await climbed(info_url(BASE), {"HTTPS_PROXY": f"127.0.0.1:{port}"})
    report = ladder[Rung.PROXY].report
    assert isinstance(report, ProxyReport)
    assert report.answer is not None
    assert report.answer.status == 407
    assert report.answer.schemes == ("Negotiate", "Basic")
    assert report.answer.server == "squid/6.6"
    assert "\x1b" not in report.answer.sample
    assert "Negotiate, Basic" in ladder[Rung.PROXY].observations[0].evidence


async def test_a_proxy_that_never_answers() -> None:
    async with serving(hang) as port:
        ladder = await climbed(info_url(BASE), {"HTTPS_PROXY": f"http://127.0.0.1:{port}"})
    assert_broken(ladder, Fault.PROXY_STALL)
    assert ladder.words.endswith(": context deadline exceeded")
    assert [limit.seconds for limit in ladder[Rung.PROXY].go_limits] == [30.0, 60.0]


@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
async def test_a_dead_proxy(scheme: str, tmp_path: Path) -> None:
    with closed_port() as port:
        variables = {"https_proxy": f"{scheme}://127.0.0.1:{port}"}
        ladder = await climbed(info_url(BASE), variables)
        go = await go_says(BASE, tmp_path, variables)
    assert_broken(ladder, Fault.PROXY_UNREACHABLE)
    assert asked_for_info(ladder) == go
    assert "https_proxy" in ladder[Rung.PROXY].observations[0].evidence


async def test_a_proxy_without_an_address(tmp_path: Path) -> None:
    async with NameServer({}) as names:
        world = named(write_files(tmp_path, names.port))
        ladder = await climbed(info_url(BASE), {"HTTPS_PROXY": "http://proxy.test:3128"}, world=world)
        place = f"127.0.0.1:{names.port}"
    assert_broken(ladder, Fault.PROXY_NAME)
    inside = f"proxyconnect tcp: dial tcp: lookup proxy.test on {place}: no such host"
    assert ladder.words == f'Get "{info_url(BASE)}": {inside}'


# -- https:// in front of a proxy ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("talk", "fault"),
    [(says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Fault.PROXY_NOT_TLS), (hang, Fault.PROXY_TLS)],
)
async def test_https_in_front_of_a_plain_proxy(talk: Talk, fault: Fault, tmp_path: Path) -> None:
    async def answers_anything(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1 << 16)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with serving(hang if talk is hang else answers_anything) as port:
        variables = {"HTTPS_PROXY": f"https://127.0.0.1:{port}"}
        ladder = await climbed(info_url(BASE), variables)
        go = "" if talk is hang else await go_says(BASE, tmp_path, variables)
    assert_broken(ladder, fault)
    if go:
        assert asked_for_info(ladder) == go
    else:
        assert ladder.words.endswith("proxyconnect tcp: net/http: TLS handshake timeout")


async def test_a_proxy_whose_certificate_is_not_trusted(tmp_path: Path) -> None:
    async with serving(hang, tls=tls_for("127.0.0.1")) as port:
        variables = {
            "HTTPS_PROXY": f"https://127.0.0.1:{port}",
            "SSL_CERT_FILE": "/none",
            "SSL_CERT_DIR": "/none",
        }
        ladder = await climbed(info_url(BASE), variables)
        go = await go_says(BASE, tmp_path, variables)
    assert_broken(ladder, Fault.PROXY_TLS)
    assert asked_for_info(ladder) == go


async def test_a_proxy_whose_certificate_is_for_another_name(tmp_path: Path) -> None:
    async with serving(hang, tls=tls_for("other.test")) as port:
        variables = {**ROOTS, "HTTPS_PROXY": f"https://127.0.0.1:{port}"}
        ladder = await climbed(info_url(BASE), variables)
        go = await go_says(BASE, tmp_path, variables)
    assert_broken(ladder, Fault.PROXY_TLS)
    assert asked_for_info(ladder) == go


# -- through it ---------------------------------------------------------------------------------------------

THROUGH = {
    "http": "http://127.0.0.1:{port}",
    "no scheme": "127.0.0.1:{port}",
    "https": "https://127.0.0.1:{port}",
    "socks5": "socks5://127.0.0.1:{port}",
    "socks5h": "socks5h://127.0.0.1:{port}",
}


@pytest.mark.parametrize("kind", THROUGH)
async def test_through_a_proxy_that_alone_knows_the_name(kind: str, tmp_path: Path) -> None:
    async with serving(_good, tls=tls_for(HOST)) as server:
        talk = socks(SOCKS_OPEN, port=server) if "socks" in kind else tunnel_to(server)
        tls = tls_for("127.0.0.1") if kind == "https" else None
        async with serving(talk, tls=tls) as port:
            variables = {**ROOTS, "HTTPS_PROXY": THROUGH[kind].format(port=port)}
            ladder = await climbed(info_url(BASE), variables, world=_no_names(tmp_path), compare=True)
    assert_healthy(ladder)
    skipped = [result.rung for result in ladder.rungs if result.judgement is Judgement.SKIPPED]
    assert skipped == [Rung.NAMES, Rung.TCP]
    report = ladder[Rung.PROXY].report
    assert isinstance(report, ProxyReport)
    assert report.address == "127.0.0.1"
    assert report.answer is not None
    assert report.answer.protocol == ("SOCKS5" if "socks" in kind else "HTTP/1.1")
    assert bool(report.answer.tls) == (kind == "https")
    assert {made.difference.value for made in ladder.comparisons} == {
        "size of the hello", "server name", "TLS version", "HTTP version"
    }  # fmt: skip


async def test_what_breaks_behind_the_tunnel_is_the_servers(tmp_path: Path) -> None:
    async with serving(hang, tls=tls_for("other.test")) as server, serving(tunnel_to(server)) as port:
        variables = {**ROOTS, "HTTPS_PROXY": f"http://127.0.0.1:{port}"}
        ladder = await climbed(info_url(BASE), variables)
        go = await go_says(BASE, tmp_path, variables)
    assert_broken(ladder, Fault.TLS_WRONG_NAME)
    assert asked_for_info(ladder) == go


async def test_credentials_are_sent_and_never_shown(tmp_path: Path) -> None:
    seen: list[str] = []
    async with serving(_good, tls=tls_for(HOST)) as server, serving(tunnel_to(server, seen=seen)) as port:
        variables = {**ROOTS, "HTTPS_PROXY": f"http://ali%20ce:s3cr%2ft@127.0.0.1:{port}"}
        ladder = await climbed(info_url(BASE), variables)
    assert_healthy(ladder)
    token = base64.b64encode(b"ali ce:s3cr/t").decode()
    assert f"Proxy-Authorization: Basic {token}" in seen
    assert f"CONNECT {HOST}:8443 HTTP/1.1" in seen
    told = repr(ladder) + str(ladder.to_json())
    assert not any(secret in told for secret in ("s3cr", "ali%20ce", "ali ce", token))


async def test_plain_http_needs_no_tunnel() -> None:
    seen: list[str] = []

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head.decode().split("\r\n")[0])
        body = b'{"Version":"v1.0.0","Time":"2024-01-02T03:04:06Z"}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()

    async with serving(forward) as port:
        ladder = await climbed(info_url(f"http://{HOST}"), {"HTTP_PROXY": f"http://127.0.0.1:{port}"})
    assert_healthy(ladder)
    assert seen == [f"GET {info_url(f'http://{HOST}')} HTTP/1.1"]
    assert [result.rung for result in ladder.rungs if result.judgement is Judgement.OK] == [
        Rung.PROXY, Rung.HTTP, Rung.CONTENT
    ]  # fmt: skip


# -- which setting decides ----------------------------------------------------------------------------------


async def test_cgi_in_the_words_of_go(tmp_path: Path) -> None:
    base = f"http://{HOST}"
    variables = {"HTTP_PROXY": "http://127.0.0.1:1", "REQUEST_METHOD": "GET"}
    ladder = await climbed(info_url(base), variables)
    assert_broken(ladder, Fault.PROXY_CGI)
    assert asked_for_info(ladder) == await go_says(base, tmp_path, variables)


async def test_an_ignored_value_is_a_warning(tmp_path: Path) -> None:
    async with serving(_good, tls=tls_for(HOST)) as server, NameServer({HOST + ".": ["127.0.0.1"]}) as names:
        world = named(write_files(tmp_path, names.port))
        variables = {**ROOTS, "HTTPS_PROXY": "http://alice:secret@p:1/%zz"}
        ladder = await climbed(info_url(f"https://{HOST}:{server}"), variables, world=world)
    assert ladder.broken is None
    assert ladder[Rung.PROXY].judgement is Judgement.WARNING
    assert ladder[Rung.PROXY].fault is Fault.PROXY_IGNORED
    assert ladder[Rung.NAMES].judgement is Judgement.OK, "go goes straight"
    assert "secret" not in str(ladder.to_json())


CHOICES: list[tuple[str, Mapping[str, str], str, bool]] = [
    ("https://a.test", {"HTTPS_PROXY": "http://p:1"}, "HTTPS_PROXY", True),
    ("https://a.test", {"https_proxy": "http://p:1"}, "https_proxy", True),
    ("https://a.test", {"HTTPS_PROXY": "", "https_proxy": "http://p:1"}, "https_proxy", True),
    ("https://a.test", {"HTTPS_PROXY": "http://p:1", "https_proxy": "http://q:1"}, "HTTPS_PROXY", True),
    ("https://a.test", {"HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:1"}, "", False),
    ("http://a.test", {"HTTP_PROXY": "http://p:1"}, "HTTP_PROXY", True),
    ("https://127.0.0.1", {"HTTPS_PROXY": "http://p:1"}, "HTTPS_PROXY", False),
    ("https://localhost", {"HTTPS_PROXY": "http://p:1"}, "HTTPS_PROXY", False),
    ("https://a.test", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "x.test, .test"}, "NO_PROXY", False),
    ("https://a.test", {"HTTPS_PROXY": "http://p:1", "no_proxy": "*"}, "no_proxy", False),
    ("https://10.1.2.3", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, "NO_PROXY", False),
    ("https://a.test", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "a.test:8443"}, "HTTPS_PROXY", True),
]


@pytest.mark.parametrize(("url", "variables", "decides", "proxied"), CHOICES)
def test_the_variable_that_decides(
    url: str, variables: Mapping[str, str], decides: str, proxied: bool
) -> None:
    choice = choose_proxy(parse_url(url), variables)
    assert (choice.variable, choice.proxy is not None) == (decides, proxied)
    assert choice.because.endswith(".")


def test_the_entry_of_no_proxy_is_named() -> None:
    variables = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "x.test, .corp.test ,corp"}
    choice = choose_proxy(parse_url("https://a.corp.test"), variables)
    assert choice.value == ".corp.test"
    assert "NO_PROXY" in choice.because
