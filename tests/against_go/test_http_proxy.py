"""HTTP proxies in the way: the real go and modtrace choose alike and fail in the same words."""

from __future__ import annotations

import dataclasses

import pytest

from probes.demo.behaviour import Script
from probes.demo.content import simple_module
from probes.demo.server import World
from tests.against_go.compare import (
    environment_of,
    home_folder,
    run_go,
    run_modtrace,
    shown_difference,
    tls_for,
)
from tests.against_go.worlds import GeneratedWorld
from tests.forward_proxy import ForwardProxy

PATH = "m.test/x"
MODULE = simple_module(PATH, "v1.0.0")


def _port(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


CASES = {
    "http through HTTP_PROXY": ("http://mirror.test", {"HTTP_PROXY": "{proxy}"}, None),
    "lower case counts as well": ("http://mirror.test", {"http_proxy": "{proxy}"}, None),
    "upper case wins": ("http://mirror.test", {"HTTP_PROXY": "{proxy}", "http_proxy": "http://127.0.0.1:1"}, None),
    "without a scheme": ("http://mirror.test", {"HTTP_PROXY": "{bare}"}, None),
    "with credentials": ("http://mirror.test", {"HTTP_PROXY": "{user}"}, None),
    "https by CONNECT": ("https://mirror.test", {"HTTPS_PROXY": "{proxy}"}, None),
    "https with credentials": ("https://mirror.test", {"HTTPS_PROXY": "{user}"}, None),
    "https ignores HTTP_PROXY": ("https://mirror.test", {"HTTP_PROXY": "{proxy}"}, None),
    "CONNECT refused": ("https://mirror.test", {"HTTPS_PROXY": "{proxy}"}, b"HTTP/1.1 403 Forbidden"),
    "CONNECT wants a password": (
        "https://mirror.test", {"HTTPS_PROXY": "{proxy}"}, b"HTTP/1.1 407 Proxy Authentication Required",
    ),
    "http wants a password": (
        "http://mirror.test", {"HTTP_PROXY": "{proxy}"}, b"HTTP/1.1 407 Proxy Authentication Required",
    ),
    "dead proxy": ("https://mirror.test", {"HTTPS_PROXY": "http://127.0.0.1:1"}, None),
    "dead proxy for http": ("http://mirror.test", {"HTTP_PROXY": "http://127.0.0.1:1"}, None),
    "NO_PROXY by name": ("http://mirror.test", {"HTTP_PROXY": "{proxy}", "NO_PROXY": "mirror.test"}, None),
    "NO_PROXY by suffix": ("http://a.mirror.test", {"HTTP_PROXY": "{proxy}", "NO_PROXY": ".mirror.test"}, None),
    "NO_PROXY suffix spares the apex": (
        "http://mirror.test", {"HTTP_PROXY": "{proxy}", "NO_PROXY": ".mirror.test"}, None,
    ),
    "NO_PROXY other port": ("http://mirror.test", {"HTTP_PROXY": "{proxy}", "NO_PROXY": "mirror.test:8080"}, None),
    "NO_PROXY star": ("http://mirror.test", {"HTTP_PROXY": "{proxy}", "NO_PROXY": "x.test, *"}, None),
    "loopback never": ("{world}", {"HTTP_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"}, None),
    "CGI": ("http://mirror.test", {"HTTP_PROXY": "{proxy}", "REQUEST_METHOD": "GET"}, None),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_same_as_go(name: str) -> None:
    goproxy, variables, refuse = CASES[name]
    script = Script({PATH: MODULE})
    tls = tls_for("mirror.test") if goproxy.startswith("https") else None
    with home_folder() as home, World([script.answer], tls=tls) as world:
        port = _port(world.urls[0])
        with ForwardProxy({"mirror.test:80": port, "mirror.test:443": port}, refuse=refuse) as proxy:
            words = {
                "proxy": proxy.url,
                "bare": proxy.url.removeprefix("http://"),
                "user": proxy.url.replace("//", "//ali%20ce:s3cr%2ft@"),
                "world": world.urls[0],
            }
            filled = {key: value.format(**words) for key, value in variables.items()}
            plan = GeneratedWorld(0, PATH, "v1.0.0", (), goproxy.format(**words), filled, note=name)
            environment = environment_of(plan, [], home)
            go, asked_go = _ask(world, proxy, lambda: run_go(world, environment, f"{PATH}@v1.0.0", home))
            ours, asked = _ask(
                world,
                proxy,
                lambda: run_modtrace(world, environment, PATH, "v1.0.0", nothing_between=False),
            )
    assert shown_difference(plan, go, ours) is None, shown_difference(plan, go, ours)
    assert asked == asked_go


def _ask(world: World, proxy: ForwardProxy, run: object) -> tuple[object, set[str]]:
    world.log.clear()
    proxy.seen.clear()
    result = run()  # type: ignore[operator]
    return dataclasses.replace(result, served={}), set(proxy.seen)
