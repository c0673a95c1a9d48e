"""Behind HTTP, HTTPS and SOCKS proxies: what breaks, on which side, in the words of the real go."""

from __future__ import annotations

import dataclasses
import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from probes.demo.behaviour import Script
from probes.demo.content import simple_module
from probes.demo.server import World
from tests.against_go.compare import (
    environment_of,
    home_folder,
    run_go,
    run_modtrace,
    server_tls,
    shown_difference,
    tls_for,
)
from tests.against_go.test_tls import CASES as TLS_CASES
from tests.against_go.test_tls import STRANGER
from tests.against_go.worlds import GeneratedWorld
from tests.forward_proxy import ForwardProxy
from tests.socks_proxy import SocksProxy
from tests.tls_servers import RawServer, issued

PATH = "m.test/x"
MODULE = simple_module(PATH, "v1.0.0")
HOST = "mirror.test"
_TIME = re.compile(r"current time \S+")
_CLIENT_PORT = re.compile(r"tcp 127\.0\.0\.1:\d+->")


def _settled(words: str | None) -> str:
    return _CLIENT_PORT.sub("tcp HERE->", _TIME.sub("current time NOW", words or ""))


Asked = tuple[Any, set[str]]


def _both(
    goproxy: str, world: World, proxy: ForwardProxy | SocksProxy | RawServer, variables: Mapping[str, str]
) -> tuple[Asked, Asked]:
    """What go and what modtrace say, and what each asked the proxy for."""
    seen: list[str] = getattr(proxy, "seen", [])
    plan = GeneratedWorld(0, PATH, "v1.0.0", (), goproxy, dict(variables))
    with home_folder() as home:
        environment = environment_of(plan, [], home)
        world.log.clear()
        seen.clear()
        go = run_go(world, environment, f"{PATH}@v1.0.0", home), set(seen)
        world.log.clear()
        seen.clear()
        ours = run_modtrace(world, environment, PATH, "v1.0.0", nothing_between=False), set(seen)
    return go, ours


def _assert_alike(goproxy: str, go: Asked, ours: Asked) -> None:
    plan = GeneratedWorld(0, PATH, "v1.0.0", (), goproxy, {})
    said, asked = (
        dataclasses.replace(result, served={}, error=_settled(result.error) or None)
        for result in (go[0], ours[0])
    )
    assert shown_difference(plan, said, asked) is None, shown_difference(plan, said, asked)
    assert go[1] == ours[1]


# -- the server behind an open tunnel -----------------------------------------------------------------------


@pytest.mark.parametrize("name", TLS_CASES)
def test_bad_tls_behind_connect_is_told_as_without_a_proxy(name: str) -> None:
    talk, make_context = TLS_CASES[name]
    with (
        World([Script({PATH: MODULE}).answer]) as world,
        RawServer(talk, tls=make_context() if make_context else None) as server,
        ForwardProxy({f"{HOST}:443": server.port}) as proxy,
    ):
        go, ours = _both(f"https://{HOST}", world, proxy, {"HTTPS_PROXY": proxy.url})
    assert go[0].error
    assert "proxyconnect" not in go[0].error
    _assert_alike(f"https://{HOST}", go, ours)


# -- the proxy itself ---------------------------------------------------------------------------------------

ANSWERS: dict[str, bytes] = {
    "403": b"HTTP/1.1 403 Forbidden",
    "407 with schemes": b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n"
    b'Proxy-Authenticate: Basic realm="corp"\r\nContent-Length: 0\r\n\r\n',
    "407 without words": b"HTTP/1.1 407\r\n\r\n",
    "502 with other words": b"HTTP/1.0 502 cannot find the host, sorry",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "no status": b"HTTP/1.1 abc OK\r\n\r\n",
    "other protocol": b"ICY 200 OK\r\n\r\n",
    "header without a colon": b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
    "breaks off in the head": b"HTTP/1.1 200 OK\r\nServer: x\r\n",
    "breaks off in the line": b"HTTP/1.1 200 OK\n",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_to_connect(name: str) -> None:
    with (
        World([Script({PATH: MODULE}).answer]) as world,
        ForwardProxy({}, refuse=ANSWERS[name]) as proxy,
    ):
        go, ours = _both(f"https://{HOST}", world, proxy, {"HTTPS_PROXY": proxy.url})
    assert go[0].error
    _assert_alike(f"https://{HOST}", go, ours)


async def _hang_up(reader: Any, writer: Any) -> None:
    await reader.readuntil(b"\r\n\r\n")


def test_a_proxy_that_hangs_up() -> None:
    with World([Script({PATH: MODULE}).answer]) as world, RawServer(_hang_up) as proxy:
        go, ours = _both(f"https://{HOST}", world, proxy, {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"})
    _assert_alike(f"https://{HOST}", go, ours)


# -- https:// proxies ---------------------------------------------------------------------------------------

PROXY_TLS: dict[str, Callable[[], ssl.SSLContext]] = {
    "trusted": server_tls,
    "unknown authority": lambda: issued(STRANGER, "127.0.0.1"),
    "wrong name": lambda: tls_for("other.test"),
}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("name", PROXY_TLS)
def test_https_proxies(name: str, scheme: str) -> None:
    tls = tls_for(HOST) if scheme == "https" else None
    variable = "HTTPS_PROXY" if scheme == "https" else "HTTP_PROXY"
    with World([Script({PATH: MODULE}).answer], tls=tls) as world:
        port = int(world.urls[0].rsplit(":", 1)[1])
        routes = {f"{HOST}:443": port, f"{HOST}:80": port}
        with ForwardProxy(routes, tls=PROXY_TLS[name]()) as proxy:
            go, ours = _both(f"{scheme}://{HOST}", world, proxy, {variable: proxy.url})
    assert bool(go[0].error) == (name != "trusted"), go[0].error
    _assert_alike(f"{scheme}://{HOST}", go, ours)


def test_https_in_front_of_a_plain_proxy() -> None:
    async def plain(reader: Any, writer: Any) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    with World([Script({PATH: MODULE}).answer]) as world, RawServer(plain) as proxy:
        go, ours = _both(f"https://{HOST}", world, proxy, {"HTTPS_PROXY": f"https://127.0.0.1:{proxy.port}"})
    assert "first record does not look like" in go[0].error
    _assert_alike(f"https://{HOST}", go, ours)


# -- SOCKS --------------------------------------------------------------------------------------------------

SOCKS: dict[str, dict[str, Any]] = {
    "open": {},
    "wants a password": {"method": 2},
    "refuses the password": {"method": 2, "password_status": 1},
    "no method": {"method": 0xFF},
    "another version": {"greeting": b"\x04\x00"},
    "speaks HTTP": {"greeting": b"HTTP/1.1 400 Bad Request\r\n\r\n"},
    "hangs up at once": {"break_off_after": 0},
    "hangs up later": {"break_off_after": 1},
    "not allowed": {"reply": bytes([5, 2, 0, 1])},
    "refused": {"reply": bytes([5, 5, 0, 1])},
    "host unreachable": {"reply": bytes([5, 4, 0, 1])},
    "unknown reply": {"reply": bytes([5, 99, 0, 1])},
    "reserved field": {"reply": bytes([5, 0, 1, 1])},
    "unknown address type": {"reply": bytes([5, 0, 0, 9])},
}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("name", SOCKS)
def test_socks(name: str, scheme: str) -> None:
    variable = "HTTPS_PROXY" if scheme == "https" else "HTTP_PROXY"
    with ExitStack() as stack:
        world = stack.enter_context(
            World([Script({PATH: MODULE}).answer], tls=tls_for(HOST) if scheme == "https" else None)
        )
        port = int(world.urls[0].rsplit(":", 1)[1])
        proxy = stack.enter_context(SocksProxy({f"{HOST}:443": port, f"{HOST}:80": port}, **SOCKS[name]))
        url = proxy.url.replace("//", "//ali%20ce:s3cr%2ft@") if "password" in name else proxy.url
        go, ours = _both(f"{scheme}://{HOST}", world, proxy, {variable: url})
    assert bool(go[0].error) == (name not in ("open", "wants a password")), go[0].error
    _assert_alike(f"{scheme}://{HOST}", go, ours)
