"""What bodies give away: in servers that answer wrongly, in recorded words, and in anything at all."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.demo.behaviour import PORTAL_HTML, Answer, Request, Script
from probes.demo.behaviour import Fault as Breaks
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.golang.protocol import Op
from probes.golang.urls import parse_url
from probes.ladder.content import Asked, Body, ContentReport, Judged, judge_content
from probes.ladder.content_classes import SAMPLE_BYTES, _rows, classes_of
from probes.ladder.faults import Fault, Judgement, Rung
from probes.ladder.model import RungResult
from probes.ladder.request import Asking, ask
from tests.ladder.climbing import PATH, QUICK, VERSION, comparable, go_says
from tests.ladder.sockets import serving

MODULE = simple_module(PATH, VERSION)
LONG = replace(QUICK, answer_s=5.0, stall_s=5.0)
STALLING = replace(LONG, stall_s=0.4)
FILES = {
    Op.LIST: "@v/list", Op.LATEST: "@latest", Op.INFO: f"@v/{VERSION}.info", Op.MOD: f"@v/{VERSION}.mod",
    Op.ZIP: f"@v/{VERSION}.zip", Op.SUM: "sumdb/sum.golang.org/supported",
}  # fmt: skip
HTML = "text/html; charset=utf-8"


def url_of(base: str, op: Op | None) -> str:
    """What go asks for this."""
    if op is Op.PAGE:
        return f"{base}/{PATH}?go-get=1"
    return base + "/hello" if op is None else f"{base}/{PATH}/{FILES[op]}"


async def rungs(base: str, op: Op | None, limits: object = LONG) -> tuple[RungResult, RungResult]:
    """Both rungs, the GOPROXY entry known."""
    asking = Asking(parse_url(url_of(base, op)), op, {}, limits, monotonic(), base=parse_url(base))  # type: ignore[arg-type]
    http, content = await ask(asking)
    json.dumps([http.to_json(), content.to_json()])
    return http, content


def report(result: RungResult) -> ContentReport:
    assert isinstance(result.report, ContentReport)
    return result.report


def served(op: Op, answer: Answer) -> Callable[[Request], Answer]:
    """All is well but for one operation."""
    return Script({PATH: MODULE}, {op: lambda request, good: answer}).answer


def judged(
    body: bytes, op: Op | None = Op.INFO, status: int = 404, place: str = "proxy.test/x", **headers: str
) -> Judged:
    """A whole body judged, without a network."""
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    asked = Asked(parse_url(url_of("https://proxy.test", op)), op, status, named, place)
    return judge_content(asked, Body(body, len(body), complete=True))


def faults(found: Judged) -> list[Fault]:
    return [seen.fault for seen in found.observations]


# -- the right answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", [Op.LIST, Op.LATEST, Op.INFO, Op.MOD, Op.ZIP])
async def test_right_answers_are_well(op: Op) -> None:
    with World([Script({PATH: MODULE}).answer]) as world:
        http, content = await rungs(world.urls[0], op)
    assert (http.judgement, content.judgement) == (Judgement.OK, Judgement.OK)
    found = report(content)
    assert found.complete
    assert found.classes == ()
    assert found.size == found.length
    assert found.versions == (1 if op is Op.LIST else None)
    assert found.version == (VERSION if op in (Op.LATEST, Op.INFO) else "")


@pytest.mark.parametrize("op", [Op.LIST, Op.LATEST, Op.INFO, Op.MOD, Op.ZIP])
async def test_compressed_on_the_way_is_well(op: Op) -> None:
    def handler(request: Request) -> Answer:
        good = Script({PATH: MODULE}).answer(request)
        return replace(good, body=gzip.compress(good.body), headers=(("Content-Encoding", "gzip"),))

    with World([handler]) as world:
        _, content = await rungs(world.urls[0], op)
    assert content.judgement is Judgement.OK
    assert report(content).content_encoding == "gzip"


async def test_a_large_zip_is_dropped_after_its_first_bytes() -> None:
    sent = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\n\r\nPK\x03\x04")
        while True:
            writer.write(b"x" * 4096)
            await writer.drain()
            sent += 4096

    async with serving(endless) as port:
        _, content = await rungs(f"http://127.0.0.1:{port}", Op.ZIP)
    assert content.judgement is Judgement.OK
    assert not report(content).complete
    assert report(content).size < 1 << 20
    assert sent < 64 << 20


async def test_words_in_a_right_answer_mean_nothing() -> None:
    """A go.mod may speak of anything."""
    answer = Answer(200, b"module m.test/x\n\n// bad upstream, captive portal, unknown revision\n")
    with World([served(Op.MOD, answer)]) as world:
        _, content = await rungs(world.urls[0], Op.MOD)
    assert content.judgement is Judgement.OK


# -- wrong answers with 200, in go's words ------------------------------------------------------------------

INFO_BODIES: dict[str, tuple[bytes, Fault]] = {
    "portal": (PORTAL_HTML, Fault.CONTENT_PORTAL),
    "web page": (b"<!DOCTYPE html><title>Welcome to Nexus</title><p>hello</p>", Fault.CONTENT_HTML),
    "log-in page": (b"<html><form><input name=p type='password'></form></html>", Fault.CONTENT_LOGIN),
    "words": (b"everything is fine\n", Fault.CONTENT_NOT_JSON),
    "nothing": (b"", Fault.CONTENT_NOT_JSON),
    "cut JSON": (b'{"Version":"v1.0.0"', Fault.CONTENT_NOT_JSON),
    "a list": (b'["v1.0.0"]', Fault.CONTENT_NOT_JSON),
    "a wrong type": (b'{"Version":1}', Fault.CONTENT_NOT_JSON),
    "a wrong time": (b'{"Version":"v1.0.0","Time":"yesterday"}', Fault.CONTENT_NOT_JSON),
    "another version": (b'{"Version":"v9.9.9"}', Fault.CONTENT_NOT_JSON),
    "a byte order mark": (b'\xef\xbb\xbf{"Version":"v1.0.0"}', Fault.CONTENT_NOT_JSON),
    "gzip that nobody speaks of": (gzip.compress(MODULE.versions[0].info), Fault.CONTENT_GZIP),
}


@pytest.mark.parametrize("kind", INFO_BODIES)
async def test_a_wrong_info_in_the_words_of_go(kind: str, tmp_path: Path) -> None:
    body, fault = INFO_BODIES[kind]
    content_type = HTML if body.startswith(b"<") else "application/json"
    with World([served(Op.INFO, Answer(200, body, content_type))]) as world:
        http, content = await rungs(world.urls[0], Op.INFO)
        go = await go_says(world.urls[0], tmp_path)
    assert http.judgement is Judgement.OK
    assert content.judgement is Judgement.BROKEN
    assert content.fault is fault
    assert comparable(f"{PATH}@{VERSION}: {content.words}") == go


ZIP_BODIES: dict[str, tuple[bytes, Fault]] = {
    "portal": (PORTAL_HTML, Fault.CONTENT_PORTAL),
    "web page": (b"<html><body>hello</body></html>", Fault.CONTENT_HTML),
    "nothing": (b"", Fault.CONTENT_NOT_ZIP),
    "words": (b"no such file\n" * 5, Fault.CONTENT_NOT_ZIP),
    "half a zip": (MODULE.versions[0].zip[:100], Fault.CONTENT_NOT_ZIP),
    "gzip": (gzip.compress(MODULE.versions[0].zip), Fault.CONTENT_GZIP),
}


@pytest.mark.parametrize("kind", ZIP_BODIES)
async def test_a_wrong_zip_in_the_words_of_go(kind: str, tmp_path: Path) -> None:
    body, fault = ZIP_BODIES[kind]
    with World([served(Op.ZIP, Answer(200, body, "application/zip"))]) as world:
        _, content = await rungs(world.urls[0], Op.ZIP)
        go = await go_says(world.urls[0], tmp_path)
    assert content.judgement is Judgement.BROKEN
    assert content.fault is fault
    assert content.words
    assert go.endswith(content.words)


async def test_bytes_before_a_zip_do_no_harm(tmp_path: Path) -> None:
    body = b"#!/bin/sh\n" + MODULE.versions[0].zip
    with World([served(Op.ZIP, Answer(200, body, "application/zip"))]) as world:
        _, content = await rungs(world.urls[0], Op.ZIP)
        go = await go_says(world.urls[0], tmp_path)
    assert go == ""
    assert content.judgement is Judgement.OK


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", [Fault.CONTENT_EMPTY_LIST]),
        (b"\n \n", [Fault.CONTENT_EMPTY_LIST]),
        (b"no versions here\n", [Fault.CONTENT_EMPTY_LIST]),
        (b"1.0.0\n1.1.0\n", [Fault.CONTENT_EMPTY_LIST]),
        (b"<html><body>Index of /</body></html>", [Fault.CONTENT_HTML_LIST]),
        (PORTAL_HTML, [Fault.CONTENT_PORTAL, Fault.CONTENT_HTML_LIST]),
        (b"v1.0.0\n", []),
        (b"v1.0.0 2024-01-01T00:00:00Z\n", []),
        (b"noise\nv1.0.0\n", []),
    ],
)
async def test_lists(body: bytes, expected: list[Fault]) -> None:
    content_type = HTML if body.startswith(b"<") else "text/plain"
    with World([served(Op.LIST, Answer(200, body, content_type))]) as world:
        _, content = await rungs(world.urls[0], Op.LIST)
    assert [seen.fault for seen in content.observations] == expected
    assert content.words == "", "go says nothing here"
    if expected == [Fault.CONTENT_EMPTY_LIST]:
        assert content.judgement is Judgement.WARNING
        assert "no matching versions" in content.observations[0].evidence


async def test_a_content_type_alone_makes_no_web_page() -> None:
    """Go looks at the bytes only."""
    for op, body in ((Op.LIST, b"v1.0.0\n"), (Op.INFO, MODULE.versions[0].info)):
        with World([served(op, Answer(200, body, HTML))]) as world:
            _, content = await rungs(world.urls[0], op)
        assert content.judgement is Judgement.OK


@pytest.mark.parametrize("op", [Op.MOD, Op.SUM, None])
def test_web_pages_in_other_places(op: Op | None) -> None:
    found = judged(b"<!doctype html><title>Hi</title>", op, 200)
    assert faults(found) == [Fault.CONTENT_HTML]
    assert '"Hi"' in found.observations[0].evidence
    assert found.report.title == "Hi"


# -- compression, ends, stalls ------------------------------------------------------------------------------

GOOD_INFO = MODULE.versions[0].info


def _encoded(body: bytes, encoding: str) -> Answer:
    return Answer(200, body, "application/json", (("Content-Encoding", encoding),))


GZIP_BODIES = {
    "no gzip at all": (GOOD_INFO, "gzip", Fault.CONTENT_GZIP),
    "wrong checksum": (gzip.compress(GOOD_INFO)[:-8] + b"\0" * 8, "gzip", Fault.CONTENT_GZIP),
    "gzip, cut": (gzip.compress(GOOD_INFO)[:-12], "gzip", Fault.CONTENT_TRUNCATED),
    "gzip twice": (gzip.compress(gzip.compress(GOOD_INFO)), "gzip", Fault.CONTENT_GZIP),
    "brotli": (b"\x8b\x0e\x80rest of it", "br", Fault.CONTENT_GZIP),
    "deflate": (zlib.compress(GOOD_INFO), "deflate", Fault.CONTENT_GZIP),
}


@pytest.mark.parametrize("kind", GZIP_BODIES)
async def test_gzip_surprises_in_the_words_of_go(kind: str, tmp_path: Path) -> None:
    body, encoding, fault = GZIP_BODIES[kind]
    with World([served(Op.INFO, _encoded(body, encoding))]) as world:
        _, content = await rungs(world.urls[0], Op.INFO)
        go = await go_says(world.urls[0], tmp_path)
    assert content.fault is fault
    assert comparable(f"{PATH}@{VERSION}: {content.words}") == go


async def test_an_encoding_that_is_a_lie_and_does_no_harm() -> None:
    with World([served(Op.INFO, _encoded(GOOD_INFO, "br"))]) as world:
        _, content = await rungs(world.urls[0], Op.INFO)
    assert content.judgement is Judgement.OK


@pytest.mark.parametrize("op", [Op.INFO, Op.MOD, Op.ZIP])
async def test_a_body_that_is_cut_in_the_words_of_go(op: Op, tmp_path: Path) -> None:
    script = Script({PATH: MODULE}, {op: lambda request, good: replace(good, fault=Breaks.TRUNCATE)})
    with World([script.answer]) as world:
        http, content = await rungs(world.urls[0], op)
        go = await go_says(world.urls[0], tmp_path)
    assert http.judgement is Judgement.OK
    assert content.fault is Fault.CONTENT_TRUNCATED
    assert comparable(f"{PATH}@{VERSION}: {content.words}") == go
    assert f"of {report(content).length} bytes" in content.observations[0].evidence


def _talk(head: bytes, *pieces: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]:
    """Answer with this, then say nothing more."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        await asyncio.Event().wait()

    return talk


async def test_a_body_that_stops_coming() -> None:
    async with serving(_talk(b"HTTP/1.1 200 OK\r\nContent-Length: 100", b"half")) as port:  # type: ignore[arg-type]
        http, content = await rungs(f"http://127.0.0.1:{port}", Op.INFO, STALLING)
    assert http.judgement is Judgement.OK
    assert content.fault is Fault.CONTENT_STALL
    assert content.words == "", "go says nothing: it waits"
    assert "go would wait for ever" in content.observations[0].evidence
    assert report(content).go_would.startswith("wait for ever")
    assert report(content).longest_gap_s >= 0.4


@pytest.mark.parametrize(("content_type", "go_waits"), [(b"text/plain", True), (b"text/html", False)])
async def test_an_error_that_stops_coming_matters_where_go_reads_it(
    content_type: bytes, go_waits: bool
) -> None:
    head = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\nContent-Type: " + content_type
    async with serving(_talk(head, b"half")) as port:  # type: ignore[arg-type]
        http, content = await rungs(f"http://127.0.0.1:{port}", Op.INFO, STALLING)
    assert http.fault is Fault.HTTP_FORBIDDEN
    assert content.has(Fault.CONTENT_STALL) is go_waits
    assert (http.words == "") is go_waits, "go says nothing while it waits"


async def test_a_body_that_comes_in_drops() -> None:
    """A drop now and then, without an end."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        loop = asyncio.get_running_loop()
        while True:
            writer.write(b"x")
            await writer.drain()
            turn = loop.create_future()
            loop.call_later(0.02, turn.set_result, None)
            await turn

    limits = replace(LONG, slow_after_s=0.3)
    async with serving(drip) as port:
        _, content = await rungs(f"http://127.0.0.1:{port}", Op.MOD, limits)
    assert content.fault is Fault.CONTENT_SLOW
    assert content.judgement is Judgement.WARNING
    assert "All 100000 bytes would take about" in content.observations[0].evidence
    assert "go has no limit" in content.observations[0].evidence
    rate = report(content).bytes_per_s
    assert rate is not None
    assert rate < 1024


@pytest.mark.parametrize("error", ["unexpected EOF", "gzip: invalid header"])
def test_where_the_words_for_a_broken_body_stand(error: str) -> None:
    """A file of a module proxy is read by modfetch, the database by web.GetBytes; each wraps in its own way."""
    url = parse_url("https://me:hunter2@proxy.test/x")
    words = {
        op: judge_content(Asked(url, op, 200), Body(b"half", 4, error=error)).words
        for op in (Op.INFO, Op.SUM)
    }
    assert words == {
        Op.INFO: f'read "https://me:xxxxx@proxy.test/x": {error}',
        Op.SUM: f"reading https://me:xxxxx@proxy.test/x: {error}",
    }


# -- caches -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "status", "age", "stale"),
    [
        (Op.LIST, 200, "90000", True),
        (Op.LATEST, 200, "90000", True),
        (Op.LIST, 200, "80000", False),
        (Op.INFO, 200, "9999999", False),
        (Op.ZIP, 200, "9999999", False),
        (Op.INFO, 404, "90000", True),
        (Op.LIST, 200, "-5", False),
        (Op.LIST, 200, "9" * 400, False),
        (Op.LIST, 200, "soon", False),
    ],
)
def test_stale_answers(op: Op, status: int, age: str, stale: bool) -> None:
    bodies = {Op.LIST: b"v1.0.0\n", Op.ZIP: MODULE.versions[0].zip}
    found = judged(bodies.get(op, GOOD_INFO), op, status, age=age)
    assert faults(found) == ([Fault.CONTENT_STALE] if stale else [])
    assert all(seen.judgement is Judgement.WARNING for seen in found.observations)


# -- what bodies say ----------------------------------------------------------------------------------------

XML = "application/xml; charset=UTF-8"
SAYINGS: list[tuple[int, str, str, Fault]] = [
    (404, "", "not found: m.test/x@v1.0.0: invalid version: unknown revision v1.0.0", Fault.CONTENT_UNKNOWN_REVISION),
    (404, "", "not found: bad upstream", Fault.CONTENT_BAD_UPSTREAM),
    (404, "", "not found: fetch timed out", Fault.CONTENT_FETCH_TIMED_OUT),
    (404, "", "not found: temporarily unavailable", Fault.CONTENT_NOT_CACHED),
    (404, "",
     "not found: module github.com/nobody/x: git ls-remote -q origin in /tmp/gopath/pkg/mod/cache/vcs/45: exit status 128:\n"
     "\tfatal: could not read Username for 'https://github.com': terminal prompts disabled\n"
     "Confirm the import path was entered correctly.", Fault.CONTENT_UPSTREAM_AUTH),
    (404, "", 'not found: unrecognized import path "git.corp/x": https fetch: Get "https://git.corp/x?go-get=1": '
     "x509: certificate signed by unknown authority", Fault.CONTENT_UPSTREAM_TLS),
    (404, "", 'not found: unrecognized import path "git.corp/x": parse https://git.corp/x?go-get=1: no go-import meta tags ()',
     Fault.CONTENT_UPSTREAM_IMPORT),
    (404, "", 'not found: unrecognized import path "example.invalid/x": https fetch: Get "https://example.invalid/x?go-get=1": '
     "dial tcp: lookup example.invalid: no such host", Fault.CONTENT_UPSTREAM_IMPORT),
    (500, "", "dial tcp 140.82.112.3:443: i/o timeout", Fault.CONTENT_BAD_UPSTREAM),
    (403, "", "This service is not available in your region", Fault.CONTENT_REGION),
    (403, HTML, "<html><body>Error: This service is unavailable in your region</body></html>", Fault.CONTENT_REGION),
    (403, XML, "<?xml version='1.0' encoding='UTF-8'?><Error><Code>SecurityPolicyViolated</Code><Message>Request violates VPC "
     "Service Controls.</Message><Details>Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: "
     "abc</Details></Error>", Fault.CONTENT_REGION),
    (403, "application/json", '{"errors":[{"status":403,"message":"Artifact download request rejected: v1.0.0.zip was not '
     'downloaded due to the download blocking policy configured in Xray for go-remote."}]}', Fault.CONTENT_POLICY),
    (403, "application/json", '{"errors":[{"status":403,"message":"Package m.test/x:v1.0.0 download was blocked by JFrog '
     'Packages Curation service due to the following policies violated"}]}', Fault.CONTENT_POLICY),
    (403, "", "REQUESTED ITEM IS QUARANTINED -- FULL DETAILS ARE AVAILABLE AT", Fault.CONTENT_POLICY),
    (403, HTML, "<!DOCTYPE html><title>Attention Required! | Cloudflare</title><h1>Sorry, you have been blocked</h1>",
     Fault.CONTENT_WAF),
    (403, HTML, "<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY>Reference&#32;&#35;18.2d351ab8.1557333295.a4e16ab "
     "<p>https&#58;&#47;&#47;errors.edgesuite.net&#47;18.2d</p></BODY></HTML>", Fault.CONTENT_WAF),
    (200, HTML, "<html><body>The requested URL was rejected. Please consult with your administrator.<br>Your support ID is: 1"
     "</body></html>", Fault.CONTENT_WAF),
    (405, HTML, "<html><body>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</body></html>", Fault.CONTENT_WAF),
    (403, HTML, "<html><title>Web Page Blocked!</title><p>FortiGuard Intrusion Prevention</p></html>", Fault.CONTENT_WAF),
    (511, HTML, "<html><title>Network Authentication Required</title></html>", Fault.CONTENT_PORTAL),
    (200, HTML, "<html><head><meta http-equiv=refresh content='0; url=http://10.0.0.1/guest/s/default/'></head></html>",
     Fault.CONTENT_PORTAL),
    (200, HTML, "<html><title>校园网上网登录</title></html>", Fault.CONTENT_PORTAL),
    (200, HTML, "<html><title>Sign in · GitLab</title></html>", Fault.CONTENT_LOGIN),
    (403, HTML, "<!doctype html><title>请登录</title>", Fault.CONTENT_LOGIN),
]  # fmt: skip


@pytest.mark.parametrize(("status", "content_type", "body", "fault"), SAYINGS)
def test_what_bodies_say(status: int, content_type: str, body: str, fault: Fault) -> None:
    found = judged(body.encode(), Op.INFO, status, content_type=content_type or "text/plain; charset=utf-8")
    assert faults(found)[0] is fault
    seen = found.observations[0]
    assert seen.judgement is Judgement.BROKEN
    assert seen.evidence.count('"') >= 2, "the words that gave it away are quoted"


def test_by_header_and_by_place() -> None:
    assert faults(judged(b"", status=403, cf_mitigated="challenge")) == [Fault.CONTENT_WAF]
    assert faults(judged(b"", status=403, x_squid_error="ERR_ACCESS_DENIED 0")) == [Fault.CONTENT_WAF]
    page = b"<html><title>Hello</title></html>"
    for place in (
        "login.microsoftonline.com/common", "acme.okta.com/app", "git.test/users/sign_in", "git.test:8443/users/sign_in",
    ):  # fmt: skip
        assert faults(judged(page, Op.INFO, 200, place)) == [Fault.CONTENT_LOGIN], place
    for place in ("notokta.com/app", "proxy.test/m.test/users/sign_in/@v/list", "git.test/x"):
        assert faults(judged(page, Op.INFO, 200, place)) == [Fault.CONTENT_HTML], place


@pytest.mark.parametrize(
    "body",
    [
        b"", b"404 page not found\n", b"not found\n", b"Not Found", b"internal server error", b"Forbidden\n",
        b"<html><head><title>404 Not Found</title></head><body><center><h1>404 Not Found</h1></center><hr>"
        b"<center>nginx/1.25.3</center></body></html>",
        b"<html><head><title>502 Bad Gateway</title></head></html>",
        b'{"errors":[{"status":404,"message":"File not found."}]}', b'{"message":"404 Project Not Found"}',
    ],
)  # fmt: skip
def test_plain_errors_name_no_cause(body: bytes) -> None:
    """Nothing is guessed."""
    assert faults(judged(body)) == []


def test_words_count_in_their_own_kind_of_page_only() -> None:
    assert faults(judged(b"the docs of our captive portal\n")) == []
    assert faults(judged(b"<html><p>How to mend an unknown revision</p></html>")) == []


def test_a_cause_that_was_never_seen_recorded_says_so() -> None:
    doubtful = judged(b"REQUESTED ITEM IS QUARANTINED", status=403).observations[0].evidence
    sure = judged(b"not found: bad upstream").observations[0].evidence
    assert "never seen" in doubtful
    assert "never seen" not in sure


def test_every_fault_of_the_rung_is_reached() -> None:
    """Each is named by a row of the data or in the code, and no test above may leave one out."""
    here = Path(__file__).read_text(encoding="utf-8")
    for fault in Fault:
        if fault.rung is Rung.CONTENT:
            assert f"Fault.{fault.name}" in here, fault
    request = Path(__file__).with_name("test_request.py").read_text(encoding="utf-8")
    for fault in Fault:
        if fault.rung is Rung.HTTP:
            assert f"Fault.{fault.name}" in request, fault


def test_the_rows_are_sound() -> None:
    for row in _rows():
        assert row.fault.rung is Rung.CONTENT
        assert row.words or row.headers or row.place
        assert row.says[0].isupper()
        assert not row.says.endswith(".")
        for pattern in (*row.words, *row.headers):
            assert not pattern.search(""), pattern.pattern


# -- health -------------------------------------------------------------------------------------------------

NUMBER = st.integers(min_value=0, max_value=40)
VERSIONS = st.builds(
    "v{}.{}.{}{}".format, NUMBER, NUMBER, NUMBER, st.sampled_from(["", "-rc.1", "+incompatible"])
)
HEADERS = st.lists(
    st.sampled_from([
        ("server", "nginx"), ("server", "cloudflare"), ("via", "1.1 google"), ("age", "300"), ("x-cache", "HIT"),
        ("content-encoding", "identity"), ("content-type", "application/octet-stream"), ("content-type", HTML),
    ]),
    max_size=3,
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(VERSIONS, min_size=1, max_size=30), HEADERS, st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_healthy_lists_are_well(
    versions: list[str], headers: list[tuple[str, str]], whole: bool, end: str
) -> None:
    body = "".join(version + end for version in versions).encode()
    asked = Asked(parse_url(url_of("https://proxy.test", Op.LIST)), Op.LIST, 200, headers, "proxy.test/x")
    found = judge_content(asked, Body(body, len(body), complete=whole))
    assert found.observations == ()
    assert found.report.versions == len(versions)


@settings(max_examples=300)
@given(
    VERSIONS,
    HEADERS,
    st.dictionaries(st.sampled_from(["Origin", "Extra", "Name"]), st.just({"URL": "https://x509: .test"})),
)
def test_healthy_infos_are_well(
    version: str, headers: list[tuple[str, str]], more: dict[str, object]
) -> None:
    body = json.dumps({"Version": version, "Time": "2024-01-02T03:04:06Z", **more}).encode()
    url = parse_url(f"https://proxy.test/{PATH}/@v/{version}.info")
    found = judge_content(
        Asked(url, Op.INFO, 200, headers, "proxy.test/x"), Body(body, len(body), complete=True)
    )
    assert (found.observations, found.words) == ((), "")
    assert found.report.version == version


@settings(max_examples=100)
@given(st.text(st.characters(codec="utf-8", exclude_characters="<"), max_size=80), HEADERS)
def test_healthy_go_mods_are_well(comment: str, headers: list[tuple[str, str]]) -> None:
    body = f"// {' '.join(comment.split())}\nmodule {PATH}\n\ngo 1.21\n".encode()
    found = judge_content(
        Asked(parse_url(url_of("https://proxy.test", Op.MOD)), Op.MOD, 200, headers, "proxy.test/x"),
        Body(body, len(body), complete=True),
    )
    assert [seen for seen in found.observations if seen.judgement is Judgement.BROKEN] == []


# -- anything at all ----------------------------------------------------------------------------------------

OPS = st.sampled_from([*Op, None])
WORDS = st.sampled_from([
    b"<html>", b"<title>", b"</title>", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b'{"Version":"v1.0.0"}', b"v1.0.0\n",
    b"\x1b[2J", "\u202e".encode(), b"bad upstream", b"token=hunter2", b"\xff\xfe", b"\n", b"x" * 300,
])  # fmt: skip


@given(
    st.lists(WORDS | st.binary(max_size=30), max_size=8).map(b"".join),
    OPS,
    st.sampled_from([200, 404, 503]),
    st.booleans(),
)
def test_any_body_is_survived(body: bytes, op: Op | None, status: int, whole: bool) -> None:
    asked = Asked(
        parse_url(url_of("https://proxy.test", op)), op, status, [("content-type", "text/plain")], "p.test/x"
    )
    found = judge_content(asked, Body(body, len(body), complete=whole))
    shown = repr(found)
    assert not re.search("[\x1b\u202e]", shown)
    assert "hunter2" not in shown
    assert all(seen.evidence for seen in found.observations)
    if status != 200:
        assert found.words == ""


@pytest.mark.parametrize(
    "unit", [b"<!-- ", b"<title>", b"x509", b"repository ", b"<input ", b"squid", b"{", b"PK\x03\x04", b" "]
)
def test_no_body_takes_long(unit: bytes) -> None:
    """No pattern backtracks without end: the test's own time limit is the judge."""
    body = (unit * (SAMPLE_BYTES // len(unit) + 1))[:SAMPLE_BYTES]
    classes_of(body.decode("latin-1"), html=False)
    classes_of(body.decode("latin-1"), html=True)
    judge_content(Asked(parse_url("https://p.test/x"), Op.INFO, 200), Body(body, len(body), complete=True))


async def test_servers_that_say_anything() -> None:
    """Whatever comes, both rungs come back."""
    dice = random.Random(4)
    alphabet = [
        b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 404 \r\n", b"HTTP/1.0 302 Found\r\n", b"Location: http://[::1]:1/\r\n",
        b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n",
        b"Date: \xff\r\n", b"Age: 99999999999999999999\r\n", b"X\x00: y\r\n", b"\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n", b"\x1f\x8b",
        b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 999 Odd\r\n", b"HTTP/1.1 200\r\n",
    ]  # fmt: skip

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"".join(dice.choice(alphabet) for _ in range(dice.randint(1, 7))))
        await writer.drain()

    async with serving(talk) as port:
        for _ in range(150):
            http, content = await rungs(f"http://127.0.0.1:{port}", dice.choice([*Op, None]))
            assert http.rung is Rung.HTTP
            assert content.rung is Rung.CONTENT
