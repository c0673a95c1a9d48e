"""Run a world through the real go and through modtrace, and say where they differ."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import re
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import trustme

from probes.demo.behaviour import Answer, Fault, Request, parse_target
from probes.demo.server import World
from probes.golang.errors import GoError
from probes.golang.module import escape_path, escape_version
from probes.net.limits import Limits
from probes.sources.environment_reader import read_environment
from probes.trace.fold import Trace
from probes.trace.run import trace
from tests.against_go.golang import go_binary
from tests.against_go.worlds import GeneratedWorld

_PORT_OF_CLIENT = re.compile(r"(read|write) tcp 127\.0\.0\.1:\d+->")


@dataclass(frozen=True)
class Result:
    """What must be equal."""

    ok: bool
    version: str | None
    sum: str | None
    go_mod_sum: str | None
    error: str | None
    served: dict[str, int]
    requests: frozenset[tuple[int, str, str]]


def compare(world: GeneratedWorld) -> str | None:
    """None when modtrace and go agree on everything; else what differs."""
    handlers = [_Handler(world, number) for number in range(len(world.scripts))]
    with home_folder() as home, World(handlers, tls=server_tls() if world.tls else None) as running:
        for handler in handlers:
            handler.urls = running.urls
        variables = environment_of(world, _places(world, running.urls, home), home)
        go = run_go(running, variables, f"{world.path}@{world.query}", home)
        running.log.clear()
        in_order = world.goproxy.strip().startswith("{0}")
        ours = run_modtrace(running, variables, world.path, world.query, nothing_between=in_order)
        if not in_order:  # the numbers of hops and of proxies differ
            ours = replace(ours, served=go.served)
    return shown_difference(world, go, ours)


def shown_difference(world: GeneratedWorld, go: Result, ours: Result) -> str | None:
    """None when both are equal; else what differs, for people."""
    if go == ours:
        return None
    lines = [f"world {world.seed}: {world.path}@{world.query} through {world.goproxy}", "  " + world.note]
    for name in Result.__dataclass_fields__:
        expected, got = getattr(go, name), getattr(ours, name)
        if expected != got:
            lines += [f"  {name}: go       {_shown(expected)}", f"  {name}: modtrace {_shown(got)}"]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    return repr(sorted(value)) if isinstance(value, frozenset) else repr(value)


class _Handler:
    """A proxy of a generated world; knows the other proxies' URLs, for redirects to them."""

    def __init__(self, world: GeneratedWorld, number: int) -> None:
        self._script = world.scripts[number]
        self.urls: list[str] = []

    def __call__(self, request: Request) -> Answer:
        answer = self._script.answer(request)
        headers = tuple((name, self._here(value)) for name, value in answer.headers)
        return replace(answer, headers=headers)

    def _here(self, value: str) -> str:
        found = re.match(r"http://world\.invalid/(\d+)", value)
        return self.urls[int(found[1])] + value[found.end() :] if found else value


@contextmanager
def home_folder() -> Iterator[Path]:
    """An empty HOME."""
    folder = tempfile.mkdtemp(prefix="modtrace-home-")
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment_of(world: GeneratedWorld, urls: list[str], home: Path) -> dict[str, str]:
    """The process environment that both run in."""
    return {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "GOROOT": str(go_binary().parent.parent),
        "GOPROXY": world.goproxy.format(*urls),
        "GOSUMDB": "off",
        "GOMODCACHE": str(home / "cache"),
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
        "GOENV": "off",
        "SSL_CERT_FILE": str(authority_file()),
        "SSL_CERT_DIR": str(home / "none"),
        **world.variables,
    }


@cache
def authority() -> trustme.CA:
    """The authority that the tests' environments trust."""
    return trustme.CA()


@cache
def authority_file() -> Path:
    """The certificate of the tests' own authority, as a file that lives as long as the process."""
    folder = Path(tempfile.mkdtemp(prefix="modtrace-ca-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    authority().cert_pem.write_to_path(str(folder / "ca.pem"))
    return folder / "ca.pem"


@cache
def tls_for(host: str) -> ssl.SSLContext:
    """What a server needs to be this host for those who trust authority_file()."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(host).configure_cert(context)
    return context


@cache
def server_tls() -> ssl.SSLContext:
    """What a server on 127.0.0.1 needs to be trusted by those who trust authority_file()."""
    return tls_for("127.0.0.1")


def _places(world: GeneratedWorld, urls: list[str], home: Path) -> list[str]:
    """The URL of each proxy; those that are trees are written to the disk first."""
    places = list(urls)
    for number in world.trees:
        root = home / f"tree{number}"
        _write_tree(world, number, root)
        places[number] = f"file://{root}"
    return places


def is_valid_path(path: str) -> bool:
    """Whether go asks anybody for such a path."""
    try:
        escape_path(path)
    except GoError:
        return False
    return True


def _write_tree(world: GeneratedWorld, number: int, root: Path) -> None:
    """What the proxy would answer with 200, as files."""
    root.mkdir()
    script = world.scripts[number]
    for module in script.modules.values():
        if not is_valid_path(module.path):
            continue  # go never asks for it
        names = ["@latest", "@v/list"]
        for version in [v.version for v in module.versions] + list(module.revisions):
            names += [f"@v/{escape_version(version)}.{suffix}" for suffix in ("info", "mod", "zip")]
        for name in names:
            target = f"/{escape_path(module.path)}/{name}"
            answer = script.answer(parse_target(target, {}))
            if answer.status == 200 and answer.fault is Fault.NONE:
                file = root / target.lstrip("/")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(answer.body)


def run_go(running: World, variables: Mapping[str, str], target: str, home: Path) -> Result:
    """Ask the real go."""
    done = subprocess.run(
        [str(go_binary()), "mod", "download", "-json", target],
        env=dict(variables), cwd=home, text=True, capture_output=True, timeout=60,
    )  # fmt: skip
    said = json.loads(done.stdout) if done.stdout.strip() else {}
    error = said.get("Error")
    if not said and done.returncode:
        error = done.stderr.strip()
    return Result(
        ok=done.returncode == 0,
        version=said.get("Version"),
        sum=said.get("Sum"),
        go_mod_sum=said.get("GoModSum"),
        error=normal(error),
        **_wire(running),
    )


def run_modtrace(
    running: World, variables: Mapping[str, str], path: str, query: str, *, nothing_between: bool = True
) -> Result:
    """Ask modtrace's engine. ``nothing_between``: no HTTP proxy answers in the world's place."""
    result = Trace()
    environment = read_environment(process=variables)
    asyncio.run(trace(environment, path, query, result.apply, limits=Limits(answer_s=20, stall_s=20)))
    said = result.to_json()
    wire = _wire(running)
    if nothing_between:
        _check_told(said, wire["requests"])
    return Result(
        ok=said["ok"],
        version=said["version"] or None,
        sum=said["sum"],
        go_mod_sum=said["go_mod_sum"],
        error=normal(said["error"]),
        served=said["served"] if _served_is_on_the_wire(said) else wire["served"],
        requests=wire["requests"],
    )


def _check_told(said: dict[str, Any], on_the_wire: frozenset[tuple[int, str, str]]) -> None:
    """Every request that reached a proxy is told, and every one that is told as answered did reach it."""
    requests = [r for r in said["requests"] if not r["url"].startswith("file:") and r["op"] != "sum"]
    if any(r["redirects"] for r in requests):
        return  # behind a redirect it is another proxy that is reached
    told = {(r["hop"], r["op"], r["version"] or "") for r in requests}
    answered = {(r["hop"], r["op"], r["version"] or "") for r in requests if r["status"] is not None}
    reached = {request for request in on_the_wire if request[1] not in ("sum", "None")}
    assert answered <= reached <= told, (told, reached)


def _served_is_on_the_wire(said: dict[str, Any]) -> bool:
    """Whether the servers' log can tell who served what: not behind redirects, not from files."""
    return not any(r["redirects"] or r["url"].startswith("file:") for r in said["requests"])


def normal(error: str | None) -> str | None:
    return None if error is None else _PORT_OF_CLIENT.sub(r"\1 tcp 127.0.0.1:PORT->", error.strip())


def _wire(running: World) -> dict[str, Any]:
    """The requests that reached the proxies, and who served what last."""
    requests = frozenset(
        (logged.proxy, str(logged.request.op), logged.request.version) for logged in running.log
    )
    served: dict[str, int] = {}
    for logged in running.log:
        answer = running.handlers[logged.proxy](logged.request)
        if answer.status == 200 and answer.fault.value in ("none", "truncate", "drip") and logged.request.op:
            served[logged.request.op.value] = logged.proxy
    return {"requests": requests, "served": served}
