"""DNS over HTTPS against a resolver on loopback: what it answers, and every way in which it does not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import dns.message
import pytest

from probes.ladder.climb import climb
from probes.ladder.faults import Fault, Rung
from probes.ladder.names import NamesReport
from probes.ladder.public_resolvers import (
    DNS_MESSAGE,
    PUBLIC_RESOLVERS,
    PublicResolver,
    https_asker,
    told_of,
)
from probes.net.limits import Limits
from probes.net.questions import Answered, Record, Reply, Transport
from tests.against_go.compare import authority_file, tls_for
from tests.ladder.climbing import QUICK, info_url, named
from tests.ladder.name_server import Lie, NameServer, Said, write_files
from tests.ladder.proxies import tunnel_to
from tests.ladder.sockets import Talk, closed_port, hang, let_go, open_sockets, serving

ROOTS = {"SSL_CERT_FILE": str(authority_file()), "SSL_CERT_DIR": str(authority_file().parent / "none")}
HOST = "mirror.example.com"
NAME = HOST + "."


def resolver(said: Said, seen: list[bytes] | None = None) -> Talk:
    """Answers DNS messages that are posted (RFC 8484)."""
    brain = NameServer({NAME: said})

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:-2])
        wire = await reader.readexactly(int({k.lower(): v for k, v in headers.items()}["content-length"]))
        if seen is not None:
            seen.extend((head, wire))
        for answer in brain.answers(wire, "https"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n" % DNS_MESSAGE)
            writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(answer), answer))
            await writer.drain()
            return
        await asyncio.Event().wait()

    return talk


def says(status: bytes, body: bytes) -> Talk:
    """Answers every question with this."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.read(1 << 16)
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
        await writer.drain()

    return talk


@asynccontextmanager
async def _listening(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    async with serving(talk, tls=tls or tls_for("127.0.0.1")) as port:
        yield f"https://127.0.0.1:{port}/dns-query"


async def _ask(url: str, variables: Mapping[str, str] = ROOTS, record: Record = Record.A) -> Answered:
    before = open_sockets()
    ask = https_asker(variables, Limits(dial_s=1, tls_s=1, connect_s=1))
    found = await ask(url, NAME, record, 0.5)
    await let_go()
    assert len(open_sockets() - before) <= 1, "the server's own end"
    return found


async def test_the_question_and_the_answer() -> None:
    seen: list[bytes] = []
    async with _listening(resolver(["8.8.8.8", "::1"], seen)) as url:
        found = await _ask(url)
        six = await _ask(url, record=Record.AAAA)
    assert (found.reply, found.addresses, found.transport) == (Reply.ADDRESSES, ("8.8.8.8",), Transport.HTTPS)
    assert (found.server, found.ttl) == (url, 60)
    assert six.addresses == ("::1",)
    assert b"POST /dns-query HTTP/1.1" in seen[0]
    assert DNS_MESSAGE in seen[0]
    query = dns.message.from_wire(seen[1])
    assert query.id == 0, "so that caches may answer"
    assert query.question[0].name.to_text() == NAME


FAILURES: dict[str, tuple[Talk, Reply, str]] = {
    "nxdomain": (resolver(Lie.NXDOMAIN), Reply.NXDOMAIN, "no such host"),
    "no data": (resolver(Lie.NO_DATA), Reply.NO_DATA, "no such host"),
    "servfail": (resolver(Lie.SERVFAIL), Reply.SERVFAIL, "server misbehaving"),
    "silent": (resolver(Lie.SILENT), Reply.TIMEOUT, "i/o timeout"),
    "mute": (hang, Reply.TIMEOUT, "i/o timeout"),
    "not allowed": (says(b"403 Forbidden", b"no"), Reply.OTHER, "HTTP status 403"),
    "a page": (says(b"200 OK", b"<html>log in</html>"), Reply.GARBLED, "cannot unmarshal DNS message"),
    "nothing": (says(b"200 OK", b""), Reply.GARBLED, "cannot unmarshal DNS message"),
    "no HTTP": (says(b"", b""), Reply.UNREACHABLE, ""),
}


@pytest.mark.parametrize("kind", FAILURES)
async def test_each_way_in_which_it_fails(kind: str) -> None:
    talk, reply, detail = FAILURES[kind]
    async with _listening(talk) as url:
        found = await _ask(url)
    assert found.reply is reply
    assert detail in found.detail
    assert found.addresses == ()


async def test_an_answer_to_another_question_counts_for_nothing() -> None:
    other = dns.message.make_response(dns.message.make_query("other.test.", "A"))
    other.id = 0
    async with _listening(says(b"200 OK", other.to_wire())) as url:
        found = await _ask(url)
    assert found.reply is Reply.GARBLED


async def test_a_certificate_that_is_not_trusted() -> None:
    async with _listening(resolver(["8.8.8.8"]), tls_for("other.test")) as url:
        found = await _ask(url)
    assert found.reply is Reply.UNREACHABLE
    assert "certificate" in found.detail


async def test_a_closed_port() -> None:
    with closed_port() as port:
        found = await _ask(f"https://127.0.0.1:{port}/dns-query")
    assert found.reply is Reply.UNREACHABLE
    assert "connection refused" in found.detail


async def test_no_url() -> None:
    found = await _ask("https://[::1/dns-query")
    assert found.reply is Reply.UNREACHABLE


async def test_through_the_http_proxy_of_the_environment() -> None:
    seen: list[str] = []
    async with (
        serving(resolver(["8.8.8.8"]), tls=tls_for("resolver.test")) as server,
        serving(tunnel_to(server, seen=seen)) as proxy,
    ):
        variables = {**ROOTS, "HTTPS_PROXY": f"http://127.0.0.1:{proxy}"}
        ask = https_asker(variables, Limits())
        found = await ask("https://resolver.test/dns-query", NAME, Record.A, 2.0)
    assert found.addresses == ("8.8.8.8",)
    assert seen == ["CONNECT resolver.test:443 HTTP/1.1"]


async def test_a_climb_asks_it_when_told_to(tmp_path: Path) -> None:
    seen: list[bytes] = []
    async with (
        NameServer({NAME: ["127.0.0.1"]}) as here,
        _listening(resolver(["8.8.8.8"], seen)) as url,
    ):
        world = named(write_files(tmp_path, here.port))
        there = (PublicResolver("there", Transport.HTTPS, url),)
        silent = await climb(
            info_url(f"http://{HOST}:1"), ROOTS, lambda event: None, limits=QUICK, world=world
        )
        assert seen == [], "nobody else is told the name"
        told = await climb(
            info_url(f"http://{HOST}:1"), ROOTS, lambda event: None, limits=QUICK, world=world,
            public_resolvers=there,
        )  # fmt: skip
    assert silent[Rung.NAMES].fault is Fault.DNS_RESERVED
    assert told[Rung.NAMES].fault is Fault.DNS_POLLUTED
    report = told[Rung.NAMES].report
    assert isinstance(report, NamesReport)
    assert [answer.server for answer in report.public] == [url, url]


def test_the_public_ones_do_not_learn_a_private_host() -> None:
    own = PublicResolver("10.0.0.53", Transport.UDP, "10.0.0.53")
    asked = (*PUBLIC_RESOLVERS, own)
    patterns = ("*.corp.test,git.other.test", "", "sum.test/x")
    for url in ("https://git.corp.test/x?go-get=1", "https://git.other.test:8443/y"):
        assert told_of(url, asked, patterns) == (own,)
    for url in ("https://proxy.golang.org/git.corp.test/x/@v/list", "https://sum.test/lookup"):
        assert told_of(url, asked, patterns) == asked
