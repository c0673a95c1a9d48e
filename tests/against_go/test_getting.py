"""The real `go get` and modtrace's search for the module of a package, in the same generated worlds."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from probes.demo.behaviour import Script
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.golang.protocol import Op
from probes.net.limits import Limits
from probes.sources.environment_reader import read_environment
from probes.trace.events import Outcome
from probes.trace.getting import search
from probes.trace.got import GetSearch
from tests.against_go.compare import authority_file, home_folder, normal
from tests.against_go.getting_worlds import GettingWorld, PrefixScript, generate
from tests.against_go.golang import go_binary

WORLDS = 200
CHUNK = 10
NOWHERE = "http://127.0.0.1:1"
"""The way out of a world, for what go would fetch directly: a port that refuses."""

PROGRESS = ("go: downloading ", "-> unzip ")

Wire = frozenset[tuple[int, str, str, str]]


@dataclass(frozen=True)
class Result:
    """What must be equal."""

    ok: bool
    module: str
    version: str
    error: str
    requests: Wire


@pytest.mark.parametrize("first", range(0, WORLDS, CHUNK))
def test_same_as_go_get(first: int) -> None:
    differences = [found for seed in range(first, first + CHUNK) if (found := difference(generate(seed)))]
    assert not differences, "\n".join(differences)


NOBODY_VOUCHES = ("sum.golang.org http://127.0.0.1:1", "sum.golang.org", "nonsense")


@pytest.mark.parametrize("database", NOBODY_VOUCHES)
def test_same_as_go_get_where_nobody_vouches(database: str) -> None:
    worlds = [generate(seed) for seed in range(WORLDS, WORLDS + CHUNK)]
    worlds = [replace(world, variables={**world.variables, "GOSUMDB": database}) for world in worlds]
    differences = [found for world in worlds if (found := difference(world))]
    assert not differences, "\n".join(differences)


ARGUMENTS = (
    "net/http", "net/http@latest", "net/http@none", "fmt@v1.0.0", "cmd/go@v1.0.0", "cmd/go", "cmd/nosuch@v1.0.0",
    "net/nosuch", "example", "example@latest", "example/foo@v1.0.0", "std@v1.0.0", "cmd@latest", "tool@latest",
    "code.go", "code.go@v1.0.0", "m.test/code.go", "m.test/a@", "m.test/a@b@c", "m.test/a@-x", "m.test/a@/x",
    "./x@v1.0.0", "m.test\\a", "m.test/a/../b@v1", "golang.org/toolchain@latest", "golang.org/fips140@v1.0.0",
    "m.test/a@!x", "m.test/a b@v1.0.0", "m.test/ä@v1.0.0", "M.test/a", "m.test/a/v1@v1.0.0", "gopkg.in/yaml@v1",
    "m.test/con/x@v1.0.0", "m.test/a@v1.0.0+incompatible", "m.test/a@v2.0.0", "m.test", "m",
    "m.test/a@@", "@v1", "m.test/a@none", "internal/abi@v1.0.0", "vendor/golang.org/x/net/idna@v1.0.0",
    "https://m.test/a", "example.org/of/its@v1.0.0",
)  # fmt: skip


@pytest.mark.parametrize("goproxy", ["{0}", "nonsense"])
def test_words_for_odd_arguments(goproxy: str) -> None:
    hollow = (PrefixScript(Script({})),)
    worlds = [GettingWorld(0, argument, hollow, goproxy, {}, "nothing there") for argument in ARGUMENTS]
    differences = [found for world in worlds if (found := difference(world))]
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize(
    "variables",
    [
        {"GO111MODULE": "off"}, {"GOFLAGS": "-nosuch"}, {"GOPATH": "~/go"}, {"GOTOOLCHAIN": "nonsense"},
        {"GOMODCACHE": "relative"}, {"GOFLAGS": "-mod=vendor"},
    ],
    ids=str,
)  # fmt: skip
def test_settings_that_stop_go(variables: dict[str, str]) -> None:
    # One prefix: where go ends at the first answer, it has asked for a second one or not.
    modules = {"m.test": simple_module("m.test", "v1.0.0")}
    world = GettingWorld(
        0, "m.test@v1.0.0", (PrefixScript(Script(modules)),), "{0}", variables, "one module"
    )
    assert difference(world) is None


def difference(world: GettingWorld) -> str | None:
    """None where both agree; else what differs."""
    with home_folder() as home, World(world.handlers) as running:
        variables = environment_of(world.goproxy.format(*running.urls), home) | world.variables
        go = run_go(running, variables, world.argument, home)
        running.log.clear()
        ours = run_search(variables, world.argument)
        told = wire_told(ours, int("GONOPROXY" in world.variables))
        assert ours.finished is not None
        if ours.finished.outcome is Outcome.UNKNOWN:
            direct = "directly from its origin" in ours.finished.detail
            return None if direct and "GONOPROXY" in world.variables else _shown(world, go, ours.verdict())
        reached = frozenset(one for one in wire(running) if one[2] != "sum")
        if told != reached:
            return _shown(world, told, reached)
        mine = Result(
            ours.finished.outcome is Outcome.OK,
            ours.finished.module,
            ours.finished.version,
            normal("\n".join([ours.finished.error or "", *ours.finished.warnings]).strip()) or "",
            wire(running),
        )
    return None if go == mine else _shown(world, go, mine)


def _shown(world: GettingWorld, expected: object, got: object) -> str:
    lines = [f"world {world.seed}: go get {world.argument} through {world.goproxy} {world.variables}"]
    lines += [f"  {world.note}"]
    if not isinstance(expected, Result) or not isinstance(got, Result):
        return "\n".join([*lines, f"  expected {expected}", f"  got      {got}"])
    for name in Result.__dataclass_fields__:
        one, other = getattr(expected, name), getattr(got, name)
        if isinstance(one, frozenset) and isinstance(other, frozenset):
            one, other = sorted(one - other), sorted(other - one)
        if one != other:
            lines += [f"  {name}: go       {one!r}", f"  {name}: modtrace {other!r}"]
    return "\n".join(lines)


@cache
def build_cache() -> str:
    """One GOCACHE for the process: a new one is 256 folders; what it holds goes by the module cache's path."""
    folder = tempfile.mkdtemp(prefix="modtrace-gocache-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def environment_of(goproxy: str, home: Path) -> dict[str, str]:
    """The process environment that both run in."""
    return {
        "HOME": str(home),
        "PATH": "/usr/bin:/bin",
        "GOROOT": str(go_binary().parent.parent),
        "GOPROXY": goproxy,
        "GOSUMDB": "off",
        "GOMODCACHE": str(home / "cache"),
        "GOCACHE": build_cache(),
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
        "GOENV": "off",
        "HTTP_PROXY": NOWHERE,
        "HTTPS_PROXY": NOWHERE,
        "GIT_TERMINAL_PROMPT": "0",
        "SSL_CERT_FILE": str(authority_file()),
    }


def run_go(running: World, variables: Mapping[str, str], argument: str, home: Path) -> Result:
    """Ask the real go, in a project that requires nothing."""
    project = home / "project"
    project.mkdir()
    (project / "go.mod").write_text("module example.org/of/its/own\n\ngo 1.27\n")
    done = subprocess.run(
        [str(go_binary()), "get", argument],
        env=dict(variables), cwd=project, text=True, capture_output=True, timeout=60,
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if not line.startswith(PROGRESS)]
    added = [line.split() for line in said if line.startswith("go: added ")]
    said = [line for line in said if not line.startswith("go: added ")]
    return Result(
        ok=done.returncode == 0,
        module=added[0][2] if added else "",
        version=added[0][3] if added else "",
        error=normal("\n".join(said)) or "",
        requests=wire(running),
    )


def run_search(variables: Mapping[str, str], argument: str) -> GetSearch:
    """Ask modtrace's engine."""
    found = GetSearch()
    environment = read_environment(process=variables)
    asyncio.run(search(environment, argument, found.apply, limits=Limits(answer_s=20, stall_s=20)))
    return found


def wire(running: World) -> Wire:
    """The requests that reached the proxies."""
    return frozenset(
        (logged.proxy, logged.request.path, str(logged.request.op), logged.request.version)
        for logged in running.log
    )


def wire_told(search: GetSearch, before: int) -> Wire:
    """The requests for files that the search tells of; ``before`` is the number of entries before the first proxy."""
    return frozenset(
        (
            (request.asked.hop or 0) - before,
            request.asked.prefix,
            request.asked.op.value,
            request.asked.version,
        )
        for request in search.requests.values()
        if request.asked.op not in (Op.SUM, Op.PAGE)
    )
