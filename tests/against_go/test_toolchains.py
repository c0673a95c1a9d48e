"""Which go runs, and what becomes of a toolchain that is wanted: the real go and modtrace must agree.

Both are asked in the same generated worlds; what the real go starts says who it is. Compared are the
toolchain that is run, and from where, what is printed, and the requests up to that moment.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from probes.demo.server import World
from probes.golang.host import host_platform
from probes.net.limits import Limits
from probes.project.loading import load_project
from probes.sources.environment_reader import read_environment
from probes.trace.events import Bend, Event, Outcome, Turning, TurningTaken
from probes.trace.fold import Trace
from probes.trace.run import trace
from probes.trace.toolchain_finder import EXEC
from tests.against_go.compare import environment_of, home_folder, normal, server_tls
from tests.against_go.golang import go_binary
from tests.against_go.toolchain_worlds import (
    PATH,
    Database,
    Proxy,
    ToolchainWorld,
    database,
    environment,
    generate,
    modules,
)
from tests.against_go.worlds import GeneratedWorld

WORLDS = 160
CHUNK = 20
PROXIES = 3
PROGRESS = ("go: downloading ", "-> ", "go: switching from ")


@dataclass(frozen=True)
class Result:
    """What must be equal."""

    ran: str
    """The toolchain that took over and where it was, "go1.28.1 path"; "" for none."""
    ok: bool
    version: str | None
    error: str | None
    said: str
    """What is printed of a newer go that is not to be had."""
    requests: tuple[tuple[int, str], ...]


class Servers:
    """The servers of all worlds of a chunk: only what they say changes."""

    def __init__(self) -> None:
        self.proxies = [Proxy() for _ in range(PROXIES)]
        self.database = Database()
        self.world = World(self.proxies)
        self.own = World([self.database], tls=server_tls())

    def be(self, world: ToolchainWorld) -> str:
        """Become a world; returns the database's key."""
        server = database(world, self.own.urls[0].removeprefix("https://"))
        self.database.server = server
        for number, proxy in enumerate(self.proxies):
            proxy.database = server
            proxy.how = dict(enumerate(world.behaviours)).get(number, "404")
            proxy.passes_on = (world.seed + number) % 3 != 0
        return server.signer.verifier_key

    def requests(self, *, forget: bool = False) -> tuple[tuple[int, str], ...]:
        """What reached the servers."""
        found = [(logged.proxy, logged.request.target) for logged in self.world.log]
        found += [(PROXIES, logged.request.target) for logged in self.own.log]
        if forget:
            self.world.log.clear()
            self.own.log.clear()
        return tuple(sorted(found))


def run_go(servers: Servers, variables: Mapping[str, str], target: str, here: Path) -> Result:
    """Ask the real go."""
    servers.requests(forget=True)
    done = subprocess.run(
        [str(go_binary()), "mod", "download", "-json", target],
        env=dict(variables), cwd=here, text=True, capture_output=True, timeout=60,
    )  # fmt: skip
    requests = servers.requests(forget=True)
    lines = done.stderr.strip().split("\n")
    told = [line for line in lines if not line.startswith(PROGRESS)]
    switching = [line for line in told if "; switching to go" in line]
    said = next((line for line in told if line.startswith("go: switching to ")), "")
    if done.stdout.startswith("RAN "):
        return Result(done.stdout.strip()[4:], True, None, None, "\n".join(switching), requests)
    answer = json.loads(done.stdout) if done.stdout.strip() else {}
    words = "\n".join(line for line in told if line not in switching)
    return Result(
        "", done.returncode == 0, answer.get("Version"),
        normal(answer.get("Error") if answer else words or None),
        normal("\n".join([*switching, *([said] if said else [])])) or "", requests,
    )  # fmt: skip


def run_modtrace(
    servers: Servers, variables: Mapping[str, str], target: str, here: Path, *, warm: bool = False
) -> Result:
    """Ask modtrace, and see what was asked until another go takes over."""
    servers.requests(forget=True)
    found = Trace()
    ran: list[tuple[str, tuple[tuple[int, str], ...]]] = []
    late: list[TurningTaken] = []

    def emit(event: Event) -> None:
        found.apply(event)
        if not isinstance(event, TurningTaken) or event.turning is not Turning.TOOLCHAIN or ran:
            return
        if event.rule.endswith("Switcher.Switch"):
            late.append(event)
        elif event.rule == EXEC and event.bend in (Bend.ANSWERS, Bend.LEADS):
            place = "path" if event.bend is Bend.ANSWERS else "cache"
            ran.append((f"{event.to or event.version} {place}", servers.requests()))

    process = read_environment(process=variables, cwd=str(here))
    asyncio.run(
        trace(process, *target.split("@"), emit, limits=Limits(answer_s=20, stall_s=20),
              project=load_project(process), warm=warm)
    )  # fmt: skip
    finished = found.finished
    assert finished is not None
    said = [f"go: {one.because}; switching to {one.to}" for one in late if one.bend is Bend.LEADS]
    said += [(one.error or "").split("\n")[0] for one in late if one.bend is Bend.STOPS]
    if ran:
        assert finished.toolchain
        return Result(ran[0][0], True, None, None, "\n".join(said), ran[0][1])
    assert finished.outcome is not Outcome.UNKNOWN, finished.detail
    assert not finished.toolchain
    return Result(
        "", finished.outcome is Outcome.OK, finished.version or None, normal(finished.error),
        normal("\n".join(said)) or "", servers.requests(),
    )  # fmt: skip


def _difference(world: ToolchainWorld, what: str, go: Result, ours: Result) -> list[str]:
    if go == ours:
        return []
    told = [f"world {world.seed} {what}: {world}"]
    for name in Result.__dataclass_fields__:
        if getattr(go, name) != getattr(ours, name):
            told += [
                f"  {name}: go       {getattr(go, name)!r}",
                f"  {name}: modtrace {getattr(ours, name)!r}",
            ]
    return told


def difference(servers: Servers, world: ToolchainWorld) -> list[str]:
    """What differs, for people; a toolchain that was downloaded is wanted once more, from the cache."""
    key = servers.be(world)
    with home_folder() as home:
        base = environment_of(GeneratedWorld(0, PATH, "", (), ""), [], home)
        variables = environment(world, base, servers.world.urls, key, home)
        here, target = home / "project", f"{PATH}@{world.query}"
        ours = run_modtrace(servers, variables, target, here)
        go = run_go(servers, variables, target, here)
        found = _difference(world, "cold", go, ours)
        if not found and go.ran.endswith(" cache"):
            ours = run_modtrace(servers, variables, target, here, warm=True)
            go = run_go(servers, variables, target, here)
            found = _difference(world, "warm", go, ours)
        return found


@pytest.mark.parametrize("first", range(0, WORLDS, CHUNK))
def test_same_toolchain_as_go(first: int) -> None:
    servers = Servers()
    differences: list[str] = []
    with servers.world, servers.own:
        for seed in range(first, first + CHUNK):
            differences += difference(servers, generate(seed))
    assert not differences, "\n".join(differences)


RELEASES = (
    "go@1.28.1", "go@latest", "go@1.28", "go@1.27.0", "go@1.27.3", "go@1.31.1", "go@bad", "go@<1.29", "go@>1.28",
    "go@1", "go@>=1.29rc1", "go@<=1.27.9", "go@v1.28.1", "go@patch", "go@upgrade", "toolchain@patch", "go@1.30", "go@>1.28.1", "go@<=1.28.1",
    "go@none", "go@1.29rc1", "go@<1.20", "go@>1.99.0",
    "toolchain@go1.28.1", "toolchain@latest", "toolchain@1.28.1", "toolchain@go1.27.3", "toolchain@go1.31.1",
    "toolchain@local", "toolchain@<go1.28.1", "toolchain@go1.29", "toolchain@go1.28", "toolchain@go1.28.1-corp",
    "toolchain@>=go1.29rc1", "toolchain@default", "toolchain@go1.26.0",
    "golang.org/toolchain@v0.0.1-go1.28.1.linux-amd64", "golang.org/toolchain@latest",
    "golang.org/toolchain@v0.0.1-go1.31.1.linux-amd64", "golang.org/toolchain@v0.0.1-go1.28.9.linux-amd64",
)  # fmt: skip
"""Names of Go releases where a module is meant, and the module that they come from."""


@pytest.mark.parametrize(
    ("behaviours", "goproxy", "gosumdb"),
    [
        (("good",), "{0}", "{key}"),
        (("404", "good"), "{0},{1}", "off"),
        (("403", "good"), "{0},{1}", "{key}"),
        (("500", "404"), "{0}|{1}", "{key}"),
    ],
)
def test_releases_by_name(behaviours: tuple[str, ...], goproxy: str, gosumdb: str) -> None:
    world = ToolchainWorld(3, "", behaviours, goproxy, "", {"GOTOOLCHAIN": "local"}, gosumdb)
    differences: list[str] = []
    servers = Servers()
    with servers.world, servers.own, home_folder() as home:
        key = servers.be(world)
        base = environment_of(GeneratedWorld(0, PATH, "", (), ""), [], home)
        variables = environment(world, base, servers.world.urls, key, home)
        for number, target in enumerate(RELEASES):
            own = {
                **variables,
                "GOMODCACHE": str(home / f"cache{number}"),
                "GOPATH": str(home / f"go{number}"),
            }
            ours = run_modtrace(servers, own, target, home / "project")
            go = run_go(servers, own, target, home / "project")
            differences += _difference(world, target, go, ours)
    assert not differences, "\n".join(differences)


NEWER = {"go.mod": "module x.test/x\n\ngo 1.28.1\n"}
WRONG_SUM = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def _tree(home: Path) -> str:
    """A file:// proxy with one toolchain and the module."""
    for module in modules().values():
        for version in module.versions:
            folder = home / "tree" / module.path / "@v"
            folder.mkdir(parents=True, exist_ok=True)
            if not version.version.endswith("go1.29.0.linux-amd64"):
                (folder / f"{version.version}.zip").write_bytes(version.zip)
    return f"file://{home}/tree"


def _sums(version: str, total: str) -> str:
    platform = "-".join(host_platform() or ())
    return f"golang.org/toolchain v0.0.1-{version}.{platform} {total}\n"


@dataclass(frozen=True)
class Particular:
    """A world of its own."""

    name: str
    variables: dict[str, str]
    files: dict[str, str] = field(default_factory=lambda: dict(NEWER))
    query: str = "v1.0.0"
    goproxy: str = "{0}"
    gosumdb: str = "{key}"
    lie: str = ""
    below: str = ""
    """The folder of the project that go runs in."""


PARTICULAR = (
    Particular("the files of a tree need no database", {}, goproxy="tree", gosumdb="off"),
    Particular("but a second entry does", {}, goproxy="tree,{0}", gosumdb="off"),
    Particular("a tree without it", {"GOTOOLCHAIN": "go1.29.0"}, goproxy="tree", gosumdb="off"),
    Particular("GONOSUMDB counts for the files of a tree", {"GONOSUMDB": "golang.org"}, goproxy="tree"),
    Particular("the mirror itself", {"GIT_HTTP_USER_AGENT": "x proxy.golang.org"}, gosumdb="off"),
    Particular("no place for it", {"GOMODCACHE": "relative"}),
    Particular("the list of entries is unusable", {}, goproxy=","),
    Particular("an entry is no URL", {}, goproxy="ftp://x.test"),
    Particular("flags are read by the other go", {"GOFLAGS": "-nosuch"}),
    Particular("so is GOPATH", {"GOPATH": "relative"}),
    Particular("and this go reads them itself", {"GOFLAGS": "-nosuch", "GOTOOLCHAIN": "local"}),
    Particular("-modfile does not count", {"GOFLAGS": "-modfile=other.mod"},
               {**NEWER, "other.mod": "module x.test/x\n\ngo 1.21\n"}),
    Particular("a file that only a newer go reads", {},
               {"go.mod": "module x.test/x\n\ngo 1.28.1\n\nnewfangled (\n\tx\n)\n"}),
    Particular("the same, and no other may run", {"GOTOOLCHAIN": "local"},
               {"go.mod": "module x.test/x\n\ngo 1.28.1\n\nnewfangled x\n"}),
    Particular("a folder below", {"GOTOOLCHAIN": "local"}, below="a/b"),
    Particular("a bad line, seen from below", {}, {"go.mod": "module x\n\ntoolchain x\n"}, below="a/b"),
    Particular("a workspace that is too new", {"GOTOOLCHAIN": "local"},
               {"go.work": "go 1.28.1\n\nuse .\n", "go.mod": "module x\n\ngo 1.21\n"}),
    Particular("the go.mod of a workspace asks in vain", {},
               {"go.work": "go 1.27.3\n\nuse .\n", "go.mod": "module x\n\ngo 1.28.1\n"}),
    Particular("a GOWORK that is not there yet", {"GOWORK": "/nonexistent/go.work"}),
    Particular("go.sum is not asked at the start", {}, {**NEWER, "go.sum": _sums("go1.28.1", WRONG_SUM)}),
    Particular("go.sum is asked later", {},
               {"go.mod": "module x\n\ngo 1.21\n", "go.sum": _sums("go1.28.9", WRONG_SUM)}, query="v1.1.0"),
    Particular("a database that does not know it", {}, lie="missing"),
    Particular("a database that knows it otherwise", {}, lie="zip"),
)  # fmt: skip


def test_particular_toolchains() -> None:
    differences: list[str] = []
    servers = Servers()
    with servers.world, servers.own:
        for one in PARTICULAR:
            variables = {"GOTOOLCHAIN": "auto", **one.variables}
            world = ToolchainWorld(3, one.query, ("good",), "", one.lie, variables, one.gosumdb, one.files)
            key = servers.be(world)
            with home_folder() as home:
                base = environment_of(GeneratedWorld(0, PATH, "", (), ""), [], home)
                process = environment(world, base, servers.world.urls, key, home)
                process["GOPROXY"] = one.goproxy.replace("tree", _tree(home)).format(*servers.world.urls)
                here, target = home / "project" / one.below, f"{PATH}@{one.query}"
                here.mkdir(parents=True, exist_ok=True)
                ours = run_modtrace(servers, process, target, here)
                go = run_go(servers, process, target, here)
                differences += _difference(world, one.name, go, ours)
    assert not differences, "\n".join(differences)
