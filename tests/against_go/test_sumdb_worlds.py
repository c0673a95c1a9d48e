"""The checksum database's route and verdict, in generated worlds: the real go and modtrace must agree.

Each world has a chain of proxies that serve the module well and the database more or less, and the database
itself over TLS at the address that its name gives. Both are asked twice: with no remembered tree head, and
with the one that go has stored, after the log has grown, been forked or gone back.
"""

from __future__ import annotations

import dataclasses
import random
import shutil
from pathlib import Path

import pytest

from probes.demo.behaviour import Answer, Request, Script, honest_answer
from probes.demo.content import Module, simple_module
from probes.demo.server import World
from probes.golang import dirhash, modzip
from tests.against_go.compare import (
    Result,
    environment_of,
    home_folder,
    run_go,
    run_modtrace,
    server_tls,
    shown_difference,
)
from tests.against_go.worlds import GeneratedWorld
from tests.sumdb_server import Log, Signer, SumDBServer

WORLDS = 220
CHUNK = 20
PATH = "m.test/Summed/mod"
VERSIONS = ("v1.0.0", "v1.1.0", "v1.2.0-rc.1")


def _log(module: Module, rng: random.Random, lie: str) -> Log:
    """A log with the module somewhere among others; ``lie`` says how it is wrong about it."""
    import io

    log = Log()
    for number in range(rng.choice((0, 1, 7, 300))):
        log.add(f"other.test/m{number}", "v1.0.0")
    for version in module.versions:
        zip_hash = modzip.hash_zip(io.BytesIO(version.zip), len(version.zip))
        mod_hash = dirhash.go_mod_hash(version.mod)
        if lie == "zip":
            zip_hash = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        if lie == "mod":
            mod_hash = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        if lie != "missing":
            log.add(module.path, version.version, zip_hash, mod_hash)
    return log


@dataclasses.dataclass
class _Proxy:
    """A proxy that serves the module, and the database as ``how`` says."""

    script: Script
    how: str
    database: SumDBServer | None = None

    def __call__(self, request: Request) -> Answer:
        if not request.target.startswith("/sumdb/"):
            return honest_answer(self.script.modules, request)
        assert self.database is not None
        name = self.database.signer.name
        rest = request.target.removeprefix(f"/sumdb/{name}")
        if rest == "/supported":
            return {
                "good": Answer(200), "lookup 404": Answer(200), "lookup 500": Answer(200),
                "garbage": Answer(200), "404": Answer(404, b"no database here\n"), "410": Answer(410),
                "500": Answer(500), "403": Answer(403, b"forbidden\n"),
            }[self.how]  # fmt: skip
        if self.how == "lookup 404" and rest.startswith("/lookup/"):
            return Answer(404, b"not found: private\n")
        if self.how == "lookup 500":
            return Answer(500)
        if self.how == "garbage":
            return Answer(200, b"<html>log in</html>", "text/html")
        return _database_answer(self.database, rest)


def _database_answer(database: SumDBServer, path: str) -> Answer:
    status, body = database.answer(path.replace("%21", "!"))
    return Answer(status, body)


@dataclasses.dataclass
class _Database:
    """The database at its own address."""

    server: SumDBServer | None = None
    down: bool = False

    def __call__(self, request: Request) -> Answer:
        assert self.server is not None
        return Answer(503) if self.down else _database_answer(self.server, request.target)


def difference(seed: int) -> str | None:
    """None when go and modtrace agree in this world, both times."""
    rng = random.Random(seed)
    module = simple_module(PATH, *VERSIONS)
    script = Script({PATH: module})
    proxies = [
        _Proxy(
            script,
            rng.choice(("good", "good", "404", "410", "500", "403", "lookup 404", "lookup 500", "garbage")),
        )
        for _ in range(rng.choice((1, 1, 2, 3)))
    ]
    database = _Database(down=rng.random() < 0.15)
    lie = rng.choice(("", "", "", "", "zip", "mod", "missing"))
    log = _log(module, rng, lie)
    with (
        home_folder() as home,
        World(proxies) as world,
        World([database], tls=server_tls()) as own,
    ):
        name = own.urls[0].removeprefix("https://")
        signer = Signer.from_seed(name, 1)
        key = Signer.from_seed(name, 2 if rng.random() < 0.1 else 1).verifier_key
        database.server = SumDBServer(signer, log)
        for proxy in proxies:
            proxy.database = database.server
        gosumdb = rng.choice(
            (*[key] * 12, *[key + " " + own.urls[0]] * 3, "off", name, key + " a b", "", " ")
        )
        variables = {"GOSUMDB": gosumdb}
        if rng.random() < 0.15:
            variables["GONOSUMDB"] = rng.choice(("m.test", "other.test", "*.test/x"))
        separators = [rng.choice(",|") for _ in proxies[1:]]
        goproxy = "{0}" + "".join(f"{s}{{{n}}}" for n, s in enumerate(separators, 1))
        goproxy += rng.choice(("", "", ",off", "|off"))
        query = rng.choice(("latest", "v1.0.0", "v1", "v1.2.0-rc.1"))
        plan = GeneratedWorld(seed, PATH, query, (), goproxy, variables,
                              note=f"{[p.how for p in proxies]} {lie} down={database.down} {variables}")  # fmt: skip
        environment = environment_of(plan, world.urls, home)
        found = _ask_both(plan, [world, own], environment, home)
        if found is None and rng.random() < 0.5:
            _move_on(database.server, proxies, rng)
            shutil.rmtree(home / "cache", ignore_errors=True)
            found = _ask_both(plan, [world, own], environment, home)
        return found


def _move_on(server: SumDBServer, proxies: list[_Proxy], rng: random.Random) -> None:
    """What happens to the log between two runs."""
    what = rng.choice(("grow", "fork", "back"))
    if what == "fork":
        server.log = server.log.fork(max(0, len(server.log) - 1))
    if what == "back":
        server.size = max(1, len(server.log) - 1)
        return
    for number in range(rng.choice((1, 3, 300))):
        server.log.add(f"later.test/m{number}", "v1.0.0")


def _ask_both(
    plan: GeneratedWorld, worlds: list[World], environment: dict[str, str], home: Path
) -> str | None:
    ours = _with_wire(worlds, lambda: run_modtrace(worlds[0], environment, plan.path, plan.query))
    go = _with_wire(worlds, lambda: run_go(worlds[0], environment, f"{plan.path}@{plan.query}", home))
    return shown_difference(plan, go, ours)


def _with_wire(worlds: list[World], run: object) -> Result:
    for world in worlds:
        world.log.clear()
    result: Result = run()  # type: ignore[operator]
    requests = frozenset(
        (number, "sum", logged.request.target)
        for number, world in enumerate(worlds)
        for logged in world.log
        if world is worlds[-1] or logged.request.target.startswith("/sumdb/")
    )
    return dataclasses.replace(result, requests=requests, served={})


@pytest.mark.parametrize("first", range(0, WORLDS, CHUNK))
def test_same_checksum_route_and_verdict(first: int) -> None:
    differences = [found for seed in range(first, first + CHUNK) if (found := difference(seed))]
    assert not differences, "\n".join(differences)
