"""Over HTTP/2 the real go and modtrace agree as well."""

from __future__ import annotations

import pytest

from probes.demo.behaviour import Behaviour, Fault, Script, fault, redirect_loop, status
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.golang.protocol import Op
from tests.against_go.compare import authority, environment_of, home_folder, run_go, run_modtrace
from tests.against_go.worlds import GeneratedWorld
from tests.h2_server import H2Proxy
from tests.tls_servers import issued

PATH = "m.test/x"
CASES: dict[str, dict[Op, Behaviour]] = {
    "healthy": {},
    "404 with words": {Op.LIST: status(404, b"not here\n")},
    "403 with words": {Op.INFO: status(403, b"policy\n")},
    "502": {Op.MOD: status(502)},
    "odd status": {Op.LIST: status(299)},
    "redirect loop": {Op.LIST: redirect_loop},
    "stream reset": {Op.INFO: fault(Fault.RESET)},
    "body reset": {Op.ZIP: fault(Fault.TRUNCATE)},
}


@pytest.mark.parametrize("name", CASES)
def test_same_as_go(name: str) -> None:
    script = Script({PATH: simple_module(PATH, "v1.0.0", "v1.1.0")}, CASES[name])
    with (
        home_folder() as home,
        World([script.answer]) as unused,
        H2Proxy(script.answer, issued(authority(), "127.0.0.1")) as proxy,
    ):
        plan = GeneratedWorld(0, PATH, "latest", (), f"https://127.0.0.1:{proxy.port}", note=name)
        environment = environment_of(plan, [], home)
        go = run_go(unused, environment, f"{PATH}@latest", home)
        asked_go = [(request.op, request.version, request.headers["user-agent"]) for request in proxy.log]
        proxy.log.clear()
        ours = run_modtrace(unused, environment, PATH, "latest", nothing_between=False)
        asked = [(request.op, request.version, request.headers["user-agent"]) for request in proxy.log]
    assert (ours.ok, ours.version, ours.sum, ours.go_mod_sum, ours.error) == (
        go.ok, go.version, go.sum, go.go_mod_sum, go.error,
    )  # fmt: skip
    assert asked == asked_go
