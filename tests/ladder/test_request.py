"""The rungs of HTTP and content against servers that break, and against what the real go says of them."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.demo.behaviour import Answer, Request, Script, redirect, redirect_loop
from probes.demo.behaviour import Fault as Breaks
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.golang.protocol import Op
from probes.golang.urls import parse_url
from probes.ladder.content import ContentReport
from probes.ladder.faults import FAULT_OF_STATUS, Fault, Judgement, Rung
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.http_judgement import NO_HTTP2, WORKS
from probes.ladder.http_report import HTTPReport, schemes_of, skew
from probes.ladder.model import RungResult
from probes.ladder.request import http_rungs
from tests.against_go.compare import authority, authority_file, server_tls, tls_for
from tests.forward_proxy import ForwardProxy
from tests.h2_server import H2Proxy
from tests.ladder.climbing import (
    PATH,
    QUICK,
    VERSION,
    asked_for_info,
    assert_broken,
    assert_healthy,
    climbed,
    comparable,
    go_says,
    info_url,
    list_url,
)
from tests.ladder.sockets import Talk, closed_port, hang, reset, serving
from tests.tls_servers import issued

ROOTS = {"SSL_CERT_FILE": str(authority_file()), "SSL_CERT_DIR": str(authority_file().parent / "none")}
MODULE = simple_module(PATH, VERSION)
GOOD = Script({PATH: MODULE}).answer
LONG = replace(QUICK, answer_s=5.0, stall_s=5.0)
"""For servers that do answer: a busy machine must not look like a stall."""
Handler = Callable[[Request], Answer]


async def rungs(
    url: str,
    op: Op | None = Op.INFO,
    variables: Mapping[str, str] = ROOTS,
    limits: ClimbLimits = LONG,
    **more: object,
) -> tuple[RungResult, RungResult]:
    """Both rungs, with what must hold of any."""
    http, content = await http_rungs(parse_url(url), op, variables, limits, began=monotonic(), **more)  # type: ignore[arg-type]
    assert (http.rung, content.rung) == (Rung.HTTP, Rung.CONTENT)
    assert 0 <= http.began <= content.began + 1e-6 or http.judgement is Judgement.SKIPPED
    for seen in (*http.observations, *content.observations):
        assert seen.evidence.endswith(".")
        assert seen.judgement in (Judgement.WARNING, Judgement.BROKEN)
    assert all(seen.fault.rung is Rung.HTTP for seen in http.observations)
    assert all(seen.fault.rung is Rung.CONTENT for seen in content.observations)
    json.dumps([http.to_json(), content.to_json()])
    return http, content


def report(result: RungResult) -> HTTPReport:
    assert isinstance(result.report, HTTPReport)
    return result.report


def said(result: RungResult) -> str:
    """What `go mod download` prints for this error of a .info."""
    return comparable(f"{PATH}@{VERSION}: {result.words}")


# -- statuses -----------------------------------------------------------------------------------------------

STATUSES = {
    401: Fault.HTTP_UNAUTHORIZED, 403: Fault.HTTP_FORBIDDEN, 404: Fault.HTTP_NOT_FOUND, 410: Fault.HTTP_NOT_FOUND,
    407: Fault.HTTP_PROXY_AUTH, 418: Fault.HTTP_TEAPOT, 429: Fault.HTTP_THROTTLED, 451: Fault.HTTP_LEGAL,
    500: Fault.HTTP_SERVER, 502: Fault.HTTP_SERVER, 503: Fault.HTTP_SERVER, 504: Fault.HTTP_SERVER,
    204: Fault.HTTP_STATUS, 299: Fault.HTTP_STATUS, 302: Fault.HTTP_STATUS, 400: Fault.HTTP_STATUS,
}  # fmt: skip


def _always(answer: Answer) -> Handler:
    return lambda request: answer


@pytest.mark.parametrize("code", STATUSES)
async def test_a_status_in_the_words_of_go(code: int, tmp_path: Path) -> None:
    body = b"" if code == 204 else b"the reason\nin two lines\n"
    with World([_always(Answer(code, body))]) as world:
        http, content = await rungs(info_url(world.urls[0]))
        go = await go_says(world.urls[0], tmp_path)
    assert http.fault is STATUSES[code]
    assert http.judgement is Judgement.BROKEN
    assert content.judgement is Judgement.OK
    assert content.words == ""
    assert said(http) == go
    assert report(http).status == code
    assert report(http).second is None, "plain http is asked once"
    assert str(code) in http.observations[0].evidence


def test_every_named_status_is_tried() -> None:
    assert set(FAULT_OF_STATUS) <= set(STATUSES)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", b"plain\n"),
        ("text/plain; charset=utf-8", "größer\n".encode()),
        ("text/plain; charset=latin1", b"not read\n"),
        ("text/html", b"<p>not read</p>\n"),
        ("text/plain", b"\xff\xfe\n"),
        ("text/plain", b"\x1b[2J\n"),
        ("text/plain", b"\n".join(b"line %d" % n for n in range(20))),
        ("text/plain", b"x" * 5000),
        ("", b"nothing said\n"),
    ],
)
async def test_the_words_of_the_server_are_read_as_go_reads_them(
    content_type: str, body: bytes, tmp_path: Path
) -> None:
    with World([_always(Answer(403, body, content_type))]) as world:
        http, _ = await rungs(info_url(world.urls[0]))
        go = await go_says(world.urls[0], tmp_path)
    assert said(http) == go


# -- connections that break ---------------------------------------------------------------------------------


def _says(words: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(words)
        await writer.drain()

    return talk


async def _closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def _resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    reset(writer)


BROKEN: dict[str, tuple[Talk, Fault]] = {
    "closes": (_closes, Fault.HTTP_CLOSED),
    "closes within the head": (_says(b"HTTP/1.1 200 OK\r\nServer: x\r\n"), Fault.HTTP_CLOSED),
    "closes within a header": (_says(b"HTTP/1.1 200 OK\r\nContent-"), Fault.HTTP_MALFORMED),
    "closes within the status line": (_says(b"HTTP/1.1 200 OK"), Fault.HTTP_CLOSED),
    "closes after the status line": (_says(b"HTTP/1.1 200 OK\r\n"), Fault.HTTP_CLOSED),
    "resets": (_resets, Fault.HTTP_RESET),
    "no HTTP": (_says(b"SSH-2.0-OpenSSH_9.2\r\n"), Fault.HTTP_MALFORMED),
    "no status": (_says(b"HTTP/1.1 OK\r\n\r\n"), Fault.HTTP_MALFORMED),
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_broken_answers_in_the_words_of_go(kind: str, tmp_path: Path) -> None:
    talk, fault = BROKEN[kind]
    async with serving(talk) as port:
        base = f"http://127.0.0.1:{port}"
        http, content = await rungs(info_url(base))
        go = await go_says(base, tmp_path)
    assert http.fault is fault
    assert content.judgement is Judgement.SKIPPED
    assert content.because
    assert said(http) == go


async def test_silence_is_a_stall_and_go_would_wait_for_ever() -> None:
    async with serving(hang) as port:
        http, content = await rungs(info_url(f"http://127.0.0.1:{port}"), limits=QUICK)
    assert http.fault is Fault.HTTP_STALL
    assert http.words == "", "go says nothing: it waits"
    assert "for ever" in http.observations[0].evidence
    assert report(http).go_would.startswith("wait for ever")
    assert [limit.seconds for limit in http.go_limits] == [None]
    assert content.judgement is Judgement.SKIPPED


async def test_a_head_that_comes_in_drops_is_a_stall() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        await writer.drain()
        await asyncio.Event().wait()

    async with serving(drip) as port:
        http, _ = await rungs(info_url(f"http://127.0.0.1:{port}"), limits=QUICK)
    assert http.fault is Fault.HTTP_STALL


async def test_nobody_there_any_more(tmp_path: Path) -> None:
    """The rung of TCP was well a moment ago; now it is not."""
    with closed_port() as port:
        base = f"http://127.0.0.1:{port}"
        http, _ = await rungs(info_url(base))
        go = await go_says(base, tmp_path)
    assert http.fault is Fault.HTTP_ERROR
    assert said(http) == go
    assert "no way to" in http.observations[0].evidence


async def test_credentials_over_plain_http_are_refused(tmp_path: Path) -> None:
    with World([GOOD]) as world:
        base = world.urls[0].replace("http://", "http://me:hunter2@")
        http, content = await rungs(info_url(base))
        go = await go_says(base, tmp_path)
        assert world.log == []
    assert http.fault is Fault.HTTP_CREDENTIALS
    assert content.judgement is Judgement.SKIPPED
    assert said(http) == go.replace("me:xxxxx@", "xxxxx@")
    assert "hunter2" not in json.dumps(http.to_json())


# -- redirects ----------------------------------------------------------------------------------------------


async def test_each_redirect_is_shown_with_who_answered() -> None:
    with World([GOOD]) as far, World([lambda request: redirect(far.urls[0])(request, Answer())]) as near:
        http, content = await rungs(info_url(near.urls[0]))
    assert http.judgement is Judgement.OK
    assert content.judgement is Judgement.OK
    near_host, far_host = (url.removeprefix("http://") for url in (near.urls[0], far.urls[0]))
    legs = report(http).legs
    assert [(leg.host, leg.address, leg.status) for leg in legs] == [
        (near_host, near_host, 302), (far_host, far_host, 200),
    ]  # fmt: skip
    assert legs[0].location == info_url(far.urls[0])
    assert report(http).host == far_host
    assert all(leg.seconds > 0 and leg.connected_s > 0 for leg in legs)


async def test_the_host_that_really_refuses_is_named(tmp_path: Path) -> None:
    """V09: go names only the first URL."""
    refuses = _always(Answer(403, b"This service is not available in your region\n"))
    with World([refuses]) as far, World([lambda request: redirect(far.urls[0])(request, Answer())]) as near:
        http, content = await rungs(info_url(near.urls[0]))
        go = await go_says(near.urls[0], tmp_path)
    far_host = far.urls[0].removeprefix("http://")
    assert said(http) == go
    assert far_host not in go
    assert http.fault is Fault.HTTP_FORBIDDEN
    assert far_host in http.observations[0].evidence
    assert "had redirected to it" in http.observations[0].evidence
    assert content.fault is Fault.CONTENT_REGION


async def test_a_redirect_loop(tmp_path: Path) -> None:
    with World([lambda request: redirect_loop(request, Answer())]) as world:
        http, content = await rungs(info_url(world.urls[0]))
        go = await go_says(world.urls[0], tmp_path)
    assert http.fault is Fault.HTTP_REDIRECT
    assert said(http) == go
    assert len(report(http).legs) == 10
    assert content.judgement is Judgement.SKIPPED


async def test_a_redirect_from_https_to_http(tmp_path: Path) -> None:
    with World([GOOD]) as plain, World(
        [lambda request: redirect(plain.urls[0])(request, Answer())], tls=server_tls()
    ) as secure:  # fmt: skip
        http, _ = await rungs(info_url(secure.urls[0]))
        go = await go_says(secure.urls[0], tmp_path, ROOTS)
        assert plain.log == []
    assert http.fault is Fault.HTTP_REDIRECT
    assert said(http) == go


async def test_a_redirect_that_cannot_be_read(tmp_path: Path) -> None:
    with World([_always(Answer(302, headers=(("Location", "http://[bad/"),)))]) as world:
        http, _ = await rungs(info_url(world.urls[0]))
        go = await go_says(world.urls[0], tmp_path)
    assert http.fault is Fault.HTTP_REDIRECT
    assert said(http) == go


async def test_a_redirect_to_a_host_that_is_not_there(tmp_path: Path) -> None:
    with closed_port() as port, World(
        [lambda request: redirect(f"http://127.0.0.1:{port}")(request, Answer())]
    ) as world:  # fmt: skip
        http, _ = await rungs(info_url(world.urls[0]))
        go = await go_says(world.urls[0], tmp_path)
    assert http.fault is Fault.HTTP_REDIRECT_HOST
    assert said(http) == go
    assert f"redirects to 127.0.0.1:{port}, which cannot be reached" in http.observations[0].evidence


async def test_a_redirect_to_a_host_that_go_does_not_trust(tmp_path: Path) -> None:
    nobody = {"SSL_CERT_FILE": str(tmp_path / "none.pem"), "SSL_CERT_DIR": str(tmp_path / "none")}
    with World([GOOD], tls=server_tls()) as far, World(
        [lambda request: redirect(far.urls[0])(request, Answer())]
    ) as near:  # fmt: skip
        http, _ = await rungs(info_url(near.urls[0]), variables=nobody)
        go = await go_says(near.urls[0], tmp_path, nobody)
    assert http.fault is Fault.HTTP_REDIRECT_HOST
    assert said(http) == go


async def test_signatures_in_redirects_are_masked() -> None:
    signed = "?X-Goog-Signature=deadbeefdeadbeef&Signature=cafecafe&token=s3cr3t&Expires=1"
    secrets = ("deadbeef", "cafecafe", "s3cr3t", "hunter2")

    def handler(request: Request) -> Answer:
        if "?" in request.target:
            return Answer(403, b"token=s3cr3t is no longer good\n")
        place = request.headers["host"]
        return Answer(302, headers=(("Location", f"http://me:hunter2@{place}{request.target}{signed}"),))

    with World([handler]) as world:
        http, content = await rungs(info_url(world.urls[0]))
    everything = json.dumps([http.to_json(), content.to_json()]) + repr(http) + repr(content)
    assert not [secret for secret in secrets if secret in everything]
    assert "Expires=1" in everything


# -- the second request -------------------------------------------------------------------------------------


async def test_the_second_request_over_https(tmp_path: Path) -> None:
    """V13: go asks again after a 4xx over https, under another name."""

    def by_name(request: Request) -> Answer:
        return Answer(403 if request.headers["user-agent"].startswith("GoCommand") else 404, b"by name\n")

    with World([by_name], tls=server_tls()) as world:
        http, _ = await rungs(info_url(world.urls[0]))
        agents = [logged.request.headers["user-agent"] for logged in world.log]
        go = await go_says(world.urls[0], tmp_path, ROOTS)
        go_agents = [logged.request.headers["user-agent"] for logged in world.log][len(agents) :]
    assert agents == go_agents
    assert http.fault is Fault.HTTP_NOT_FOUND
    assert said(http) == go
    second = report(http).second
    assert second is not None
    assert (second.first_status, second.status, second.differs) == (403, 404, True)
    assert second.agent == "Go-http-client/1.1"
    assert "the first was answered with 403" in http.observations[0].evidence


async def test_a_second_request_that_is_let_through() -> None:
    def by_name(request: Request) -> Answer:
        return Answer(403) if request.headers["user-agent"].startswith("GoCommand") else GOOD(request)

    with World([by_name], tls=server_tls()) as world:
        http, content = await rungs(info_url(world.urls[0]))
    assert http.judgement is Judgement.OK
    assert content.judgement is Judgement.OK
    second = report(http).second
    assert second is not None
    assert second.differs


async def test_no_second_request_after_5xx() -> None:
    with World([_always(Answer(502))], tls=server_tls()) as world:
        http, _ = await rungs(info_url(world.urls[0]))
        assert len(world.log) == 1
    assert report(http).second is None


async def test_the_schemes_that_are_wanted_and_what_was_sent() -> None:
    wants = (("WWW-Authenticate", 'Basic realm="a, b"'), ("WWW-Authenticate", "Negotiate, NTLM"))
    with World([_always(Answer(401, headers=wants))], tls=server_tls()) as world:
        without, _ = await rungs(info_url(world.urls[0]))
        with_them, _ = await rungs(
            info_url(world.urls[0]), authorization=lambda url: "Basic c2VjcmV0OmtleQ=="
        )
    assert report(without).schemes == ("Basic", "Negotiate", "NTLM")
    assert "go sent none" in without.observations[0].evidence
    assert "credentials that it did not take" in with_them.observations[0].evidence
    assert "c2VjcmV0" not in json.dumps(with_them.to_json()) + repr(with_them)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Basic", ("Basic",)),
        ('Basic realm="x"', ("Basic",)),
        ('Digest realm="x", nonce="y", Basic realm="z"', ("Digest", "Basic")),
        ("NTLM, Negotiate", ("NTLM", "Negotiate")),
        ("", ()),
    ],
)
def test_schemes(value: str, expected: tuple[str, ...]) -> None:
    assert schemes_of([("www-authenticate", value)], "www-authenticate") == expected


# -- HTTP/2 -------------------------------------------------------------------------------------------------


async def test_http2_and_http1_are_told_apart() -> None:
    with H2Proxy(GOOD, issued(authority(), "127.0.0.1")) as proxy:
        newer, content = await rungs(info_url(f"https://127.0.0.1:{proxy.port}"))
    with World([GOOD], tls=server_tls()) as world:
        older, _ = await rungs(info_url(world.urls[0]))
    assert report(newer).protocol == "HTTP/2"
    assert report(older).protocol == "HTTP/1.1"
    assert content.judgement is Judgement.OK


H2_BREAKS = {
    "stream reset": (Breaks.RESET, Op.INFO),
    "body reset": (Breaks.TRUNCATE, Op.INFO),
    "connection closed": (Breaks.CLOSE, Op.INFO),
}


@pytest.mark.parametrize("kind", H2_BREAKS)
async def test_http2_that_breaks_in_the_words_of_go(kind: str, tmp_path: Path) -> None:
    breaks, op = H2_BREAKS[kind]
    script = Script({PATH: MODULE}, {op: lambda request, answer: replace(answer, fault=breaks)})
    with H2Proxy(script.answer, issued(authority(), "127.0.0.1")) as proxy:
        base = f"https://127.0.0.1:{proxy.port}"
        http, content = await rungs(info_url(base))
        go = await go_says(base, tmp_path, ROOTS)
    assert http.judgement is Judgement.BROKEN
    if kind == "connection closed":  # the words of probes.net.http are those of HTTP/1.1 there
        assert http.fault is Fault.HTTP_CLOSED, "HTTP/1.1 fails there as well"
    else:
        assert http.fault is Fault.HTTP_H2
        assert said(http) == go
    assert report(http).without_http2.startswith("HTTP/1.1 fails as well")
    assert http.observations[0].godebug == ""
    assert content.judgement in (Judgement.SKIPPED, Judgement.BROKEN)


async def _two_sided(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serves HTTP/1.1; agrees on HTTP/2 and then hangs up."""
    if writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2":
        await reader.read(100)
        return
    await reader.readuntil(b"\r\n\r\n")
    body = MODULE.versions[0].info
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()


def _both_protocols() -> ssl.SSLContext:
    context = issued(authority(), "127.0.0.1")
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


async def test_http2_fails_where_http1_works(tmp_path: Path) -> None:
    """The remedy really mends it, for us and for go's next request."""
    async with serving(_two_sided, tls=_both_protocols()) as port:
        url = info_url(f"https://127.0.0.1:{port}")
        broken, _ = await rungs(url)
        mended, content = await rungs(url, variables={**ROOTS, "GODEBUG": "http2client=0"})
        also, _ = await rungs(url, http2=False)
    assert broken.fault is Fault.HTTP_H2
    assert broken.observations[0].godebug == NO_HTTP2 == "GODEBUG=http2client=0"
    assert report(broken).without_http2.startswith(WORKS)
    assert mended.judgement is also.judgement is content.judgement is Judgement.OK


async def test_an_http2_stall_is_compared_as_well() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2":
            await hang(reader, writer)
        await _two_sided(reader, writer)

    async with serving(talk, tls=_both_protocols()) as port:
        http, _ = await rungs(info_url(f"https://127.0.0.1:{port}"), limits=replace(LONG, answer_s=1.0))
    assert http.fault is Fault.HTTP_H2
    assert http.words == ""
    assert http.observations[0].godebug == NO_HTTP2


# -- clocks, waits, proxies ---------------------------------------------------------------------------------


def _dated(days: float, **headers: str) -> Handler:
    date = format_datetime(datetime.now(UTC) + timedelta(days=days), usegmt=True)
    more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return lambda request: replace(GOOD(request), headers=(("Date", date), *more))


@pytest.mark.parametrize(
    ("days", "headers", "wrong"),
    [
        (0, {}, False),
        (0.5, {}, False),
        (3, {}, True),
        (-3, {}, True),
        (-3, {"Age": str(3 * 86400)}, False),
        (-3, {"Via": "1.1 cache"}, False),
        (3, {"Via": "1.1 cache"}, True),
    ],
)
async def test_clocks(days: float, headers: dict[str, str], wrong: bool) -> None:
    with World([_dated(days, **headers)]) as world:
        http, _ = await rungs(info_url(world.urls[0]))
    assert http.has(Fault.HTTP_CLOCK) is wrong
    assert http.judgement is (Judgement.WARNING if wrong else Judgement.OK)


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Mon, 99 Foo 99999 99:99:99 GMT", "0" * 500, "1 Jan 1 1 1"]
)
def test_dates_that_cannot_be_read(date: str) -> None:
    assert skew(date, None, datetime.now(UTC)) is None


def test_the_time_in_caches_is_taken_off() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    date = format_datetime(now - timedelta(days=3), usegmt=True)
    assert skew(date, None, now) == -3 * 86400
    assert skew(date, 3 * 86400, now) == 0


@given(st.text(max_size=60), st.floats(min_value=0, max_value=1e12))
def test_any_date_is_survived(date: str, age: float) -> None:
    found = skew(date, age, datetime(2026, 1, 1, tzinfo=UTC))
    assert found is None or isinstance(found, float)


async def test_throttled_with_a_time_to_wait() -> None:
    with World([_always(Answer(429, b"slow down\n", headers=(("Retry-After", "120"),)))]) as world:
        http, _ = await rungs(info_url(world.urls[0]))
    assert report(http).retry_after == "120"
    assert "Retry-After: 120" in http.observations[0].evidence


async def test_an_answer_of_the_http_proxy_itself(tmp_path: Path) -> None:
    refusal = Answer(
        403, b"<html><body>squid: Access Denied.</body></html>", "text/html",
        (("X-Squid-Error", "ERR_ACCESS_DENIED 0"), ("Via", "1.1 gate (squid/6.6)")),
    )  # fmt: skip
    with World([_always(refusal)]) as proxy:
        variables = {"HTTP_PROXY": proxy.urls[0]}
        http, content = await rungs(info_url("http://modules.test"), variables=variables)
        go = await go_says("http://modules.test", tmp_path, variables)
    assert said(http) == go
    assert http.fault is Fault.HTTP_FORBIDDEN
    assert "HTTP proxy's own answer" in http.observations[0].evidence
    assert content.fault is Fault.CONTENT_WAF
    assert report(http).legs[0].proxied
    assert [one.name for one in report(http).software] == ["squid"]


async def test_a_407_of_the_http_proxy(tmp_path: Path) -> None:
    refusal = Answer(407, b"who are you?\n", headers=(("Proxy-Authenticate", "NTLM"),))
    with World([_always(refusal)]) as proxy:
        variables = {"HTTP_PROXY": proxy.urls[0]}
        http, _ = await rungs(info_url("http://modules.test"), variables=variables)
        go = await go_says("http://modules.test", tmp_path, variables)
    assert said(http) == go
    assert http.fault is Fault.HTTP_PROXY_AUTH
    assert "It wants NTLM" in http.observations[0].evidence


async def test_through_a_tunnel() -> None:
    with World([GOOD], tls=tls_for("modules.test")) as world:
        place = int(world.urls[0].rsplit(":", 1)[1])
        with ForwardProxy({"modules.test:443": place}) as proxy:
            variables = {**ROOTS, "HTTPS_PROXY": proxy.url}
            http, content = await rungs(info_url("https://modules.test"), variables=variables)
    assert http.judgement is content.judgement is Judgement.OK
    leg = report(http).legs[0]
    assert leg.proxied
    assert leg.address == proxy.url.removeprefix("http://")


async def test_other_schemes_are_not_climbed() -> None:
    http, content = await rungs("ftp://127.0.0.1/m.test/x/@v/list", Op.LIST)
    assert http.judgement is content.judgement is Judgement.SKIPPED
    assert "ftp" in http.because


# -- the whole ----------------------------------------------------------------------------------------------


async def test_a_healthy_answer() -> None:
    headers = (
        ("Server", "nginx/1.25.3"),
        ("X-Cache", "HIT"),
        ("Age", "12"),
        ("Set-Cookie", "session=s3cr3t"),
    )
    with World([lambda request: replace(GOOD(request), headers=headers)]) as world:
        http, content = await rungs(info_url(world.urls[0]))
    assert http.judgement is content.judgement is Judgement.OK
    assert http.words == content.words == ""
    found = dict(report(http).headers)
    assert found["server"] == "nginx/1.25.3"
    assert found["x-cache"] == "HIT"
    assert "set-cookie" not in found
    assert report(http).age_s == 12
    said_json = http.to_json()["report"]
    assert said_json["age_ms"] == 12000
    assert said_json["status_line"] == "200 OK"
    assert said_json["legs"][0]["agent"].startswith("GoCommand")
    assert isinstance(content.report, ContentReport)
    assert content.report.complete


async def test_hostile_text_is_made_safe() -> None:
    evil = "\x1b[2J\u202eevil"
    headers = (("Server", "a\x1b[31m"[:1] + "\x7f"[:0] + "b"), ("Retry-After", "x" * 5000))
    with World([_always(Answer(503, evil.encode(), "text/html", headers))]) as world:
        http, content = await rungs(info_url(world.urls[0]))
    shown = json.dumps([http.to_json(), content.to_json()], ensure_ascii=False)
    assert not re.search("[\x1b\u202e]", shown)
    assert len(shown) < 20_000


class Watcher:
    """A server that tells how far a client came, and when it hung up."""

    def __init__(self, first: bytes) -> None:
        self.told: asyncio.Queue[str] = asyncio.Queue()
        self._first = first

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.told.put("connected")
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            await self.told.put("asked")
            writer.write(self._first)
            await writer.drain()
            await self.told.put("answered")
            while await reader.read(100):
                pass
        await self.told.put("hung up")

    async def until(self, moment: str) -> None:
        async with asyncio.timeout(20):
            while await self.told.get() != moment:
                pass


HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"


@pytest.mark.parametrize("moment", ["connected", "asked", "answered"])
async def test_cancelled_at_any_moment_leaves_no_connection(moment: str) -> None:
    """The server sees the end of the connection: nothing of it is left on our side."""
    watcher = Watcher(HALF)
    async with serving(watcher.talk) as port:
        url = parse_url(list_url(f"http://127.0.0.1:{port}"))
        task = asyncio.ensure_future(http_rungs(url, Op.LIST, {}, LONG, began=monotonic()))
        await watcher.until(moment)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await watcher.until("hung up")


@pytest.mark.parametrize(
    ("first", "op"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nv1.0.0\n\n", Op.LIST),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n", Op.INFO),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\nPK\x03\x04" + b"x" * 70000, Op.ZIP),
        (HALF, Op.INFO),
        (b"HTTP/1.1 200 OK\r\n", Op.INFO),
    ],
)
async def test_every_connection_is_closed_in_the_end(first: bytes, op: Op) -> None:
    watcher = Watcher(first)
    async with serving(watcher.talk) as port:
        await rungs(list_url(f"http://127.0.0.1:{port}"), op, limits=QUICK)
        await watcher.until("hung up")


# -- as part of a climb -------------------------------------------------------------------------------------

CLIMBS: dict[str, tuple[Answer, Fault]] = {
    "403": (Answer(403, b"policy\n"), Fault.HTTP_FORBIDDEN),
    "404 with a cause": (Answer(404, b"not found: bad upstream\n"), Fault.HTTP_NOT_FOUND),
    "502 page": (Answer(502, b"<html>Bad Gateway</html>", "text/html"), Fault.HTTP_SERVER),
    "cut": (
        replace(GOOD(Request("", {}, PATH, Op.INFO, VERSION)), fault=Breaks.TRUNCATE),
        Fault.CONTENT_TRUNCATED,
    ),
    "closed": (Answer(fault=Breaks.CLOSE), Fault.HTTP_CLOSED),
}


@pytest.mark.parametrize("kind", CLIMBS)
async def test_a_climb_ends_on_the_rung_that_breaks(kind: str, tmp_path: Path) -> None:
    answer, fault = CLIMBS[kind]
    with World([_always(answer)]) as world:
        ladder = await climbed(info_url(world.urls[0]), {}, limits=LONG)
        go = await go_says(world.urls[0], tmp_path)
    assert_broken(ladder, fault)
    assert asked_for_info(ladder) == go


async def test_a_healthy_climb() -> None:
    with World([GOOD], tls=server_tls()) as world:
        assert_healthy(await climbed(info_url(world.urls[0]), ROOTS, limits=LONG))
