"""Worlds of their own network: run as `unshare -rnm python -m tests.doctor.cut_off NAME`.

In a network namespace nobody else is there: addresses, routes and a nameserver on port 53 can be made up, and
packets can really vanish. /etc/resolv.conf and /etc/hosts are the world's own (a mount namespace). What the
doctor says, what go says, and what both say after the first remedy goes to stdout as one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from probes.demo.behaviour import Script
from probes.demo.content import simple_module
from probes.demo.server import World
from tests.doctor.practice import PATH, Ailment, admitted, examine, go_says, treated
from tests.ladder.name_server import Lie, NameServer, Zone

HERE = "10.9.0.1"
"""Where the servers are: no loopback address, so that HTTP proxies are used for it."""
DROPPED, DROPPED_V6 = "192.0.2.9", "2a00:9::9"
"""Addresses to which packets go and from which none come."""
GOOD_RESOLVER, BAD_RESOLVER, NO_RESOLVER = "127.0.0.53", "127.0.0.54", "127.0.0.55"
GOOD = Script({PATH: simple_module(PATH, "v1.0.0")})
TRUTH: Zone = {"mirror.test.": (HERE,), "other.test.": (HERE,), "dual.test.": (HERE, DROPPED_V6)}

WORLDS: dict[str, Callable[[Path], AbstractContextManager[Ailment]]] = {}


def world(make: Callable[[Path], Iterator[Ailment]]) -> Callable[[Path], Iterator[Ailment]]:
    """Enter a world into the table."""
    WORLDS[make.__name__.replace("_", " ")] = contextmanager(make)
    return make


@contextmanager
def _mirror() -> Iterator[int]:
    with World([GOOD.answer], host=HERE) as running:
        yield int(running.urls[0].rsplit(":", 1)[1])


@contextmanager
def _resolvers(*lies: tuple[str, Zone]) -> Iterator[None]:
    """Nameservers on port 53, in a thread of their own."""
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        servers = [NameServer(zone, host=host, port=53) for host, zone in lies]
        for server in servers:
            await server.__aenter__()
        ready.set()
        await asyncio.to_thread(stop.wait)
        for server in servers:
            await server.__aexit__(None, None, None)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _resolv_conf(*servers: str, more: str = "") -> None:
    Path("/etc/resolv.conf").write_text("".join(f"nameserver {server}\n" for server in servers) + more)


RESOLVER_WORDS = {
    "223.5.5.5": GOOD_RESOLVER, "119.29.29.29": GOOD_RESOLVER, "sudo ": "", "https://goproxy.cn|": "",
}  # fmt: skip


@world
def packets_are_dropped(home: Path) -> Iterator[Ailment]:
    with _mirror() as port:
        yield Ailment("R07", f"http://{DROPPED}:8080,http://{HERE}:{port}", rung="tcp")


@world
def no_route(home: Path) -> Iterator[Ailment]:
    with _mirror() as port:
        yield Ailment("R07", f"http://198.51.100.7:8080,http://{HERE}:{port}", rung="tcp")


@world
def no_such_host(home: Path) -> Iterator[Ailment]:
    _resolv_conf(GOOD_RESOLVER)
    with _mirror() as port, _resolvers((GOOD_RESOLVER, TRUTH)):
        yield Ailment("R17", f"http://miror.test:{port},http://mirror.test:{port}", rung="names")


@world
def nameserver_is_silent(home: Path) -> Iterator[Ailment]:
    _resolv_conf(BAD_RESOLVER, more="options timeout:1 attempts:1\n")
    silent = dict.fromkeys(TRUTH, Lie.SILENT)
    with _mirror() as port, _resolvers((BAD_RESOLVER, silent), (GOOD_RESOLVER, TRUTH)):
        yield Ailment("R17", f"http://mirror.test:{port}", rung="names", words=RESOLVER_WORDS)


@world
def nobody_is_a_nameserver(home: Path) -> Iterator[Ailment]:
    _resolv_conf(NO_RESOLVER)
    with _mirror() as port, _resolvers((GOOD_RESOLVER, TRUTH)):
        yield Ailment("R17", f"http://mirror.test:{port}", rung="names", words=RESOLVER_WORDS)


@world
def nameserver_fails(home: Path) -> Iterator[Ailment]:
    _resolv_conf(BAD_RESOLVER)
    failing = dict.fromkeys(TRUTH, Lie.SERVFAIL)
    with _mirror() as port, _resolvers((BAD_RESOLVER, failing), (GOOD_RESOLVER, TRUTH)):
        yield Ailment("R17", f"http://mirror.test:{port}", rung="names", words=RESOLVER_WORDS)


@world
def polluted_answer(home: Path) -> Iterator[Ailment]:
    _resolv_conf(BAD_RESOLVER)
    lies: Zone = {"goproxy.example.org.": ("203.0.113.9",)}
    with (
        _mirror() as port,
        _resolvers((BAD_RESOLVER, lies), (GOOD_RESOLVER, {"goproxy.example.org.": (HERE,)})),
    ):
        yield Ailment("R17", f"http://goproxy.example.org:{port}", rung="names", words=RESOLVER_WORDS)


@world
def hosts_file_in_the_way(home: Path) -> Iterator[Ailment]:
    _resolv_conf(GOOD_RESOLVER)
    Path("/etc/hosts").write_text("127.0.0.99 goproxy.example.org\n")
    with _mirror() as port, _resolvers((GOOD_RESOLVER, {"goproxy.example.org.": (HERE,)})):
        yield Ailment(
            "R17", f"http://goproxy.example.org:{port}", rung="tcp", mend=lambda: _forget(Path("/etc/hosts"))
        )


@world
def no_way_out(home: Path) -> Iterator[Ailment]:
    _resolv_conf("198.51.100.53")

    def connected() -> None:
        _resolv_conf(GOOD_RESOLVER)

    with _mirror() as port, _resolvers((GOOD_RESOLVER, TRUTH)):
        yield Ailment("R17", f"http://mirror.test:{port}", rung="names", mend=connected)


def _forget(file: Path) -> None:
    file.write_text("")


@world
def http_proxy_is_dead(home: Path) -> Iterator[Ailment]:
    with _mirror() as port:
        yield Ailment(
            "R19", f"http://{HERE}:{port}", rung="http proxy", process={"HTTP_PROXY": f"http://{HERE}:1"}
        )


@world
def http_proxy_has_no_address(home: Path) -> Iterator[Ailment]:
    _resolv_conf(GOOD_RESOLVER)
    with _mirror() as port, _resolvers((GOOD_RESOLVER, TRUTH)):
        yield Ailment(
            "R19",
            f"http://{HERE}:{port}",
            rung="http proxy",
            process={"HTTP_PROXY": "http://nowhere.test:3128"},
        )


@world
def ipv6_is_dead(home: Path) -> Iterator[Ailment]:
    """go gets past it by itself, 300 ms later: a warning, and nothing of level error."""
    _resolv_conf(GOOD_RESOLVER)
    with _mirror() as port, _resolvers((GOOD_RESOLVER, TRUTH)):
        yield Ailment("", f"http://dual.test:{port}", rung="R07")


@world
def first_nameserver_is_dead(home: Path) -> Iterator[Ailment]:
    _resolv_conf(BAD_RESOLVER, GOOD_RESOLVER, more="options timeout:1 attempts:1\n")
    silent = dict.fromkeys(TRUTH, Lie.SILENT)
    with _mirror() as port, _resolvers((BAD_RESOLVER, silent), (GOOD_RESOLVER, TRUTH)):
        yield Ailment("", f"http://mirror.test:{port}", rung="R17")


# -- the namespace -----------------------------------------------------------------------------------------------


def _set_up(home: Path) -> None:
    for command in (
        "ip link set lo up",
        f"ip address add {HERE}/32 dev lo",
        "ip link add void type veth peer name nothing",
        "ip link set void up",
        "ip link set nothing up",
        "ip address add 192.0.2.1/24 dev void",
        "ip address add 2a00:9::1/64 dev void nodad",
        # Whoever is said to be there is not: packets leave, and nothing comes back.
        f"ip neighbour add {DROPPED} lladdr 02:00:00:00:00:09 dev void nud permanent",
        f"ip neighbour add {DROPPED_V6} lladdr 02:00:00:00:00:09 dev void nud permanent",
    ):
        subprocess.run(command.split(), check=True)
    for name in ("resolv.conf", "hosts", "nsswitch.conf"):
        own = home / name
        own.write_text("hosts: files dns\n" if name == "nsswitch.conf" else "")
        if not Path("/etc", name).exists():
            continue
        subprocess.run(["mount", "--bind", str(own), f"/etc/{name}"], check=True)


def main(name: str) -> None:
    """Run one world and tell."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _set_up(home)
        with WORLDS[name](home) as ailment, ThreadPoolExecutor() as threads:
            patient = admitted(ailment, home, in_file=False)
            go = threads.submit(go_says, patient)
            code, said, complaints = examine(patient)
            told = {"rule": ailment.rule, "rung": ailment.rung, "go": go.result(), "code": code, "said": said}
            errors = [case for case in said["cases"] if case["level"] == "error"]
            if errors:
                after = treated(patient, ailment, errors[0]["remedies"][0])
                told["after"] = examine(after)[1]
                told["go_after"] = go_says(after)
            sys.stdout.write(json.dumps(told | {"complaints": complaints}))
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
