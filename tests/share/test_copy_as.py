"""Commands to paste: one word stays one word, no secret is in them, and curl really asks what go asked."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.golang.redact import MASK
from probes.golang.safetext import safe_text
from probes.share.copy_as import Command, Tool, request_commands, rung_commands, trace_commands
from probes.trace.climb_events import RungClimbed
from probes.trace.events import Event, RequestFinished, RequestStarted, SettingView, TraceStarted
from probes.trace.fold import Trace
from tests.loopback import LoopbackServer
from tests.share.private_world import Private, trace_of
from tests.share.recordings import events_of

URL = "https://proxy.test/github.com/pkg/errors/@v/list"


def _trace(url: str = URL, path: str = "github.com/pkg/errors", **values: str) -> Trace:
    views = tuple(
        SettingView(name, value, "process")
        for name, value in {"GOPROXY": "https://proxy.test", **values}.items()
    )
    trace = Trace()
    for event in trace_of(Private()):
        trace.apply(_changed(event, url, path, views))
    return trace


def _changed(event: Event, url: str, path: str, views: tuple[SettingView, ...]) -> Event:
    match event:
        case TraceStarted():
            return replace(event, path=path, settings=views)
        case RequestStarted():
            return replace(event, url=url)
        case RequestFinished():
            return replace(event, url=url, redirects=(), address="192.0.2.9:443")
        case RungClimbed():
            return replace(event, url=url)
    return event


def _one(tool: Tool, trace: Trace, process: Mapping[str, str] | None = None) -> Command:
    return next(one for one in request_commands(trace, 0, process=process) if one.tool is tool)


def _words(command: Command) -> list[str]:
    return shlex.split(command.line)


def _after(words: list[str], option: str) -> str:
    return words[words.index(option) + 1]


def test_curl_asks_as_go_asks() -> None:
    words = _words(_one(Tool.CURL, _trace()))
    assert words[0] == "curl"
    assert _after(words, "--url") == URL
    assert _after(words, "-A") == "GoCommand/1 (+https://go.dev/cmd/go)"
    assert _after(words, "--max-redirs") == "10"
    assert _after(words, "--resolve") == "proxy.test:443:192.0.2.9"
    assert _after(words, "--noproxy") == "*"
    assert "-x" not in words


def test_the_http_proxy_is_the_one_that_go_takes() -> None:
    trace = _trace(HTTPS_PROXY="http://corp:3128", NO_PROXY="other.test")
    words = _words(_one(Tool.CURL, trace))
    assert _after(words, "-x") == "http://corp:3128"
    assert "--resolve" not in words
    assert _after(_words(_one(Tool.OPENSSL, trace)), "-proxy") == "corp:3128"
    assert _after(_words(_one(Tool.DIG, trace)), "-q") == "corp"
    exempt = _trace(HTTPS_PROXY="http://corp:3128", NO_PROXY=".test")
    assert "-x" not in _words(_one(Tool.CURL, exempt))
    assert _after(_words(_one(Tool.DIG, exempt)), "-q") == "proxy.test"
    lower = {"https_proxy": "socks5://me:hunter2@corp:1080"}
    words = _words(_one(Tool.CURL, _trace(), lower))
    assert _after(words, "-x") == "socks5h://corp:1080"
    assert _after(words, "-U") == "USER:PASSWORD"
    assert "socks5" in _one(Tool.OPENSSL, _trace(), lower).note


def test_certificates_are_those_of_go() -> None:
    trace = _trace(SSL_CERT_FILE="/etc/my ca.pem", GODEBUG="x509sha1=1,http2client=0")
    words = _words(_one(Tool.CURL, trace))
    assert _after(words, "--cacert") == "/etc/my ca.pem"
    assert "--http1.1" in words
    assert _after(_words(_one(Tool.OPENSSL, trace)), "-CAfile") == "/etc/my ca.pem"
    assert not {"-k", "--insecure"} & set(words)


def test_openssl_names_the_server() -> None:
    words = _words(_one(Tool.OPENSSL, _trace()))
    assert words[:2] == ["openssl", "s_client"]
    assert _after(words, "-connect") == "proxy.test:443"
    assert _after(words, "-servername") == "proxy.test"
    address = _words(_one(Tool.OPENSSL, _trace("https://[2001:db8::1]:8443/x")))
    assert _after(address, "-connect") == "[2001:db8::1]:8443"
    assert "-noservername" in address


def test_an_address_is_not_looked_up_and_http_has_no_handshake() -> None:
    tools = {one.tool for one in request_commands(_trace("http://192.0.2.1/x"), 0)}
    assert not tools & {Tool.DIG, Tool.KDIG, Tool.OPENSSL}


def test_go_is_asked_with_an_empty_cache_and_these_settings() -> None:
    trace = _trace(GOPRIVATE="*.corp, x y", GOFLAGS="-mod=mod")
    words = _words(next(one for one in trace_commands(trace) if one.tool is Tool.GO))
    assert {"GOPROXY=https://proxy.test", "GOPRIVATE=*.corp, x y", "GOFLAGS=-mod=mod", "GOENV=off"} <= set(
        words
    )
    assert words[-2:] == ["--", "github.com/pkg/errors@latest)"]


def test_each_rung_has_what_looks_at_it() -> None:
    trace = _trace()
    rung = trace.climbs[0][0]
    expected = {"names": Tool.DIG, "tls": Tool.OPENSSL, "http": Tool.CURL, "content": Tool.CURL}
    for name, tool in expected.items():
        made = rung_commands(trace, replace(rung, rung=name))
        assert made[0].tool is tool
        assert made[-1].tool is Tool.MODTRACE


# -- secrets ----------------------------------------------------------------------------------------------


def test_no_secret_is_in_any_line() -> None:
    process = {"HTTPS_PROXY": "http://me:hunter2@corp:3128", "NETRC": "/home/me/.netrc"}
    trace = _trace(
        "https://me:hunter2@proxy.test/x?token=hunter2secret", GOPROXY="https://me:hunter2@proxy.test|direct",
        HTTPS_PROXY="http://xxxxx@corp:3128",
    )  # fmt: skip
    rung = trace.climbs[0][0]
    made = [
        *request_commands(trace, 0, process=process), *request_commands(trace, 0),
        *rung_commands(trace, rung, process=process), *trace_commands(trace),
    ]  # fmt: skip
    for one in made:
        assert "hunter2" not in one.line
    curl = next(one for one in made if one.tool is Tool.CURL)
    assert _after(_words(curl), "-u") == "USER:PASSWORD"
    assert f"token={MASK}" in curl.line
    assert "USER:PASSWORD" in curl.note
    go = trace_commands(_trace(GOPROXY="https://xxxxx@proxy.test|direct"))[1]
    assert "GOPROXY=https://USER:PASSWORD@proxy.test|direct" in _words(go)
    assert go.note


# -- hostile ----------------------------------------------------------------------------------------------

_HOSTILE = [
    "https://x.test/$(touch pwned)", "https://x.test/`id`", "https://x.test/'; rm -rf /; '",
    "https://x.test/a b\nrm -rf /", "https://x.test/\x1b[2J", "https://x.test/{a,b}[1-3]",
    "https://x.test/../../etc/passwd", "https://x.test/\u202egnp.exe", "https://x.test/\"&&id", "https://x.test/\\",
]  # fmt: skip


@pytest.mark.parametrize("url", _HOSTILE)
def test_a_hostile_url_stays_one_word(url: str) -> None:
    for one in request_commands(_trace(url), 0):
        assert safe_text(one.line, limit=10_000) == one.line
        words = _words(one)
        assert not {"rm", "touch", "id", "&&id"} & set(words)
        if one.tool is Tool.CURL:
            assert words[-2] == "--url"


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=30))
def test_any_text_survives_the_shell_as_one_word(value: str, path: str) -> None:
    trace = _trace(f"https://x.test/{value}", path, GOFLAGS=value)
    plain = {one.tool: len(_words(one)) for one in trace_commands(_trace(GOFLAGS="x"))}
    for one in trace_commands(trace):
        extra = 1 if one.tool is Tool.MODTRACE and path.startswith("-") else 0
        assert len(_words(one)) == plain[one.tool] + extra
        assert safe_text(one.line, limit=10_000) == one.line


def test_a_path_that_looks_like_an_option_is_none() -> None:
    for one in trace_commands(_trace(path="-toolexec=evil")):
        words = _words(one)
        assert words[-2] == "--"


# -- run ----------------------------------------------------------------------------------------------------


class _Server(LoopbackServer):
    """Keeps the head of each request, and answers."""

    def __init__(self) -> None:
        super().__init__()
        self.heads: list[str] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n")
        await writer.drain()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/a/@v/list", "/a/@v/list"),
        ("/{a,b}/[1-3]/../x", "/%7Ba,b%7D/%5B1-3%5D/../x"),  # as go escapes it, and no glob of curl's
        ("/it's;id", "/it's;id"),
        ("/x?{a,b}[1-2]", "/x?{a,b}[1-2]"),
        ("/%21x/$(id)", "/%21x/$(id)"),
    ],
)
def test_curl_does_what_the_line_says(path: str, sent: str) -> None:
    with _Server() as server:
        line = _one(Tool.CURL, _trace(f"http://127.0.0.1:{server.port}{path}")).line
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("ok\n")
    assert len(server.heads) == 1
    assert server.heads[0].startswith(f"GET {sent} HTTP/1.1\r\n")
    assert "User-Agent: GoCommand/1 (+https://go.dev/cmd/go)\r\n" in server.heads[0]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_goes_through_the_proxy() -> None:
    with _Server() as server:
        process = {"http_proxy": f"127.0.0.1:{server.port}"}
        line = _one(Tool.CURL, _trace("http://proxy.test/list"), process).line
        subprocess.run(["/bin/sh", "-c", line], capture_output=True, timeout=30, check=True)
    assert server.heads[0].startswith("GET http://proxy.test/list HTTP/1.1\r\n")


class _Silent(LoopbackServer):
    """Hangs up on whoever says anything."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_knows_the_options() -> None:
    with _Silent() as server:
        line = _one(Tool.OPENSSL, _trace(f"https://127.0.0.1:{server.port}/")).line
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, timeout=30)
    assert "Use -help" not in done.stderr
    assert "CONNECTED" in done.stdout + done.stderr


def test_every_request_of_a_world_can_be_copied() -> None:
    trace = Trace()
    for event in events_of("pipe-passes-502"):
        trace.apply(event)
    for request in trace.requests:
        tools = {one.tool for one in request_commands(trace, request)}
        assert {Tool.CURL, Tool.GO, Tool.MODTRACE} <= tools
