"""Worlds of toolchains: what GOTOOLCHAIN, go.mod, PATH and the proxies say, and one tiny zip for each release.

The bin/go of each toolchain is a shell script that says which one it is: it proves what go would have run. A
world is made from a number alone.
"""

from __future__ import annotations

import io
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from probes.demo.behaviour import Answer, Request, honest_answer
from probes.demo.content import Module, ModuleVersion
from probes.golang import dirhash, modzip
from probes.golang.host import host_platform
from probes.sources.toolchain_repo import TOOLCHAIN_PATH, download_version
from tests.sumdb_server import Log, Signer, SumDBServer

PATH = "m.test/mod"
HELD = ("go1.27.4", "go1.28.0", "go1.28.1", "go1.29.0", "go1.29rc1", "go1.30rc1")
BROKEN = {
    "go1.28.5": ("bin/gofmt", "pkg/tool/x", "lib/x"),  # no bin/go
    "go1.28.6": ("bin/go", "bin/gofmt", "lib/x"),  # no pkg/tool
    "go1.28.7": ("bin/go", "bin/gofmt", "pkg/tool/x"),  # no lib
    "go1.28.8": ("bin/go", "pkg/tool/x", "lib/x"),  # no gofmt
}
"""Toolchains with files missing."""
FILES = ("bin/go", "bin/gofmt", "pkg/tool/x", "lib/x")


def marker(name: str, place: str) -> bytes:
    """A program that says who it is."""
    return f'#!/bin/sh\necho "RAN {name} {place}"\n'.encode()


def _toolchain(name: str, files: tuple[str, ...] = FILES, go_mod: bytes | None = None) -> ModuleVersion:
    platform = host_platform()
    assert platform is not None
    return ModuleVersion(
        TOOLCHAIN_PATH,
        download_version(name, platform),
        go_mod=f"module {TOOLCHAIN_PATH}\n".encode() if go_mod is None else go_mod,
        go_mod_in_zip=go_mod is not None,
        files=tuple((file, marker(name, "cache")) for file in files),
    )


@cache
def modules() -> dict[str, Module]:
    """What every proxy of a world holds."""
    toolchains = [_toolchain(name) for name in HELD]
    toolchains += [_toolchain(name, files) for name, files in BROKEN.items()]
    toolchains.append(_toolchain("go1.28.9", go_mod=b"module golang.org/toolchain\n\ngo 1.50\n"))
    lines = {"v1.0.0": "1.21", "v1.1.0": "1.28.1", "v1.2.0": "1.77", "v1.3.0": "1.28"}
    versions = [
        ModuleVersion(PATH, version, go_mod=f"module {PATH}\n\ngo {line}\n".encode())
        for version, line in lines.items()
    ]
    return {
        TOOLCHAIN_PATH: Module(TOOLCHAIN_PATH, tuple(toolchains)),
        PATH: Module(PATH, tuple(versions), latest="v1.3.0"),
    }


@cache
def log(lie: str) -> Log:
    """The checksum database's records; ``lie`` says how it is wrong about toolchains."""
    made = Log()
    for module in modules().values():
        for version in module.versions:
            zip_hash = modzip.hash_zip(io.BytesIO(version.zip), len(version.zip))
            mod_hash = dirhash.go_mod_hash(version.mod)
            if module.path == TOOLCHAIN_PATH and lie == "zip":
                zip_hash = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
            if module.path != TOOLCHAIN_PATH or lie != "missing":
                made.add(module.path, version.version, zip_hash, mod_hash)
    return made


@dataclass
class Proxy:
    """A proxy that serves the module well, toolchains as ``how`` says, and passes the database on."""

    how: str = "good"
    database: SumDBServer | None = None
    passes_on: bool = True

    def __call__(self, request: Request) -> Answer:
        if request.target.startswith("/sumdb/"):
            return self._database(request)
        if request.path == TOOLCHAIN_PATH and self.how != "good":
            if self.how == "garbage":
                return Answer(200, b"<html>log in</html>", "text/html")
            return Answer(int(self.how), b"no toolchains here\n")
        return honest_answer(modules(), request)

    def _database(self, request: Request) -> Answer:
        assert self.database is not None
        if not self.passes_on:
            return Answer(404)
        path = request.target.removeprefix(f"/sumdb/{self.database.signer.name}")
        status, body = self.database.answer(path.replace("%21", "!"))
        return Answer(status, body)


@dataclass
class Database:
    """The database at its own address."""

    server: SumDBServer | None = None

    def __call__(self, request: Request) -> Answer:
        assert self.server is not None
        status, body = self.server.answer(request.target.replace("%21", "!"))
        return Answer(status, body)


@dataclass(frozen=True)
class ToolchainWorld:
    """What a number stands for."""

    seed: int
    query: str
    behaviours: tuple[str, ...]
    goproxy: str
    """With {0}, {1} … for the proxies."""
    lie: str
    variables: dict[str, str]
    gosumdb: str
    """With {key} for the database's own."""
    files: dict[str, str] = field(default_factory=dict)
    """The project."""
    in_path: tuple[tuple[str, str], ...] = ()
    """What is in PATH: name and how."""

    def write(self, home: Path) -> dict[str, str]:
        """Write the project and the folder in PATH; returns the variables for them."""
        project, programs = home / "project", home / "programs"
        project.mkdir()
        programs.mkdir()
        for name, text in self.files.items():
            file = project / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        path = [str(programs)]
        for name, how in self.in_path:
            place = project if how == "relative" else programs
            if how == "folder":
                (place / name).mkdir()
                continue
            (place / name).write_bytes(marker(name, "path"))
            (place / name).chmod(0o644 if how == "plain" else 0o755)
            path += ["."] if how == "relative" else []
        return {"PATH": ":".join([*path, os.environ["PATH"]])}


GOTOOLCHAINS = (
    ("auto", 12), ("path", 3), ("local", 2), ("go1.28.1", 4), ("go1.28.0+auto", 3), ("go1.28.1+path", 2),
    ("local+path", 1), ("local+auto", 2), ("go1.27.3", 1), ("go1.27.3+auto", 2), ("go1.28", 2),
    ("go1.30.7", 2), ("go1.28.1-corp", 2), ("", 1), ("go1.x", 1), ("bash", 1), ("go1.28+foo", 1),
    ("go2.1", 1), ("gccgo-go1.28.1", 1), ("go1.26.2+auto", 2), ("go1.29rc1", 1), ("go1.x+auto", 1),
    ("go1.28.1-Corp", 1), ("go1.28.1-x_y", 1), ("go1.28.1-\x1b[31m", 1), ("go1.28.1 corp", 1),
    ("go1.28.5", 1), ("go1.28.6", 1), ("go1.28.7", 1), ("go1.28.8", 1), ("go1.28.9", 1), ("go1.20", 1),
)  # fmt: skip
GO_LINES = (
    ("", 2), ("1.21", 3), ("1.27", 2), ("1.27.3", 2), ("1.28", 3), ("1.28.0", 2), ("1.28.1", 4), ("1.30.7", 1),
    ("1.29rc1", 1), ("1.27.4 // newer", 1),
)  # fmt: skip
TOOLCHAIN_LINES = (
    ("", 8), ("go1.28.1", 3), ("default", 2), ("go1.29.0", 2), ("go1.28.1-corp", 1), ("local", 1),
    ("go1.28", 1), ("go1.26.0", 1), ("go1.27.4", 1), ("go1.28.1-corp+meta", 1), ("go1.28.1 corp // no", 1),
    ("go1.28.1/x", 1), ("go1.28.1-[red]\x1b", 1),
)  # fmt: skip
BEHAVIOURS = (("good", 9), ("404", 5), ("410", 2), ("403", 2), ("500", 2), ("garbage", 1))


def _choose(rng: random.Random, weighted: tuple[tuple[str, int], ...]) -> str:
    return rng.choices([item for item, _ in weighted], [weight for _, weight in weighted])[0]


def _project(rng: random.Random) -> dict[str, str]:
    """A go.mod, in half of those with a go.work above it, or nothing."""
    if rng.random() < 0.15:
        return {}
    go, toolchain = _choose(rng, GO_LINES), _choose(rng, TOOLCHAIN_LINES)
    lines = (f"go {go}\n" if go else "") + (f"toolchain {toolchain}\n" if toolchain else "")
    if rng.random() < 0.2:
        return {"go.work": f"{lines}\nuse .\n", "go.mod": "module x.test/x\n\ngo 1.21\n"}
    return {"go.mod": f"module x.test/x\n\n{lines}"}


def _variables(rng: random.Random, gotoolchain: str) -> dict[str, str]:
    variables = {"GOTOOLCHAIN": gotoolchain}
    if rng.random() < 0.06:
        variables["GO111MODULE"] = rng.choice(("off", "auto", "on", "bad"))
    if rng.random() < 0.06:
        variables["GOTOOLCHAIN_INTERNAL_SWITCH_VERSION"] = rng.choice(("go1.27.3", "go1.28.1"))
    if rng.random() < 0.04:
        variables["GOTOOLCHAIN_INTERNAL_SWITCH_COUNT"] = "100"
    if rng.random() < 0.06:
        variables["GOWORK"] = rng.choice(("off", "relative/go.work"))
    if rng.random() < 0.2:
        variables[rng.choice(("GONOSUMDB", "GOPRIVATE"))] = "other.test,golang.org/toolchain2"
    elif rng.random() < 0.1:
        variables["GONOSUMDB"] = rng.choice((TOOLCHAIN_PATH, "*"))
    return variables


def generate(seed: int) -> ToolchainWorld:
    """The world with this number."""
    rng = random.Random(seed)
    count = rng.choice((1, 1, 1, 2, 2, 3))
    separators = [rng.choice(",,|") for _ in range(count - 1)]
    goproxy = "{0}" + "".join(f"{separators[n - 1]}{{{n}}}" for n in range(1, count))
    goproxy += rng.choice(("", "", "", ",off", "|off"))
    if rng.random() < 0.05:
        goproxy = "off"
    gotoolchain = _choose(rng, GOTOOLCHAINS)
    in_path = []
    if rng.random() < 0.35:
        names = ("go1.28.1", "go1.28.1", "go1.28.0", "go1.30.7", "go1.28.1-corp", "go1.29.4")
        for name in rng.sample(sorted(set(names)), rng.choice((1, 1, 2))):
            in_path.append((name, rng.choice(("good", "good", "good", "plain", "relative", "folder"))))
    files = _project(rng)
    return ToolchainWorld(
        seed,
        query=rng.choice(("v1.0.0", "v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "latest")),
        behaviours=tuple(_choose(rng, BEHAVIOURS) for _ in range(count)),
        goproxy=goproxy,
        lie=rng.choice(("", "", "", "", "", "zip", "missing")),
        variables=_variables(rng, gotoolchain),
        gosumdb=rng.choice((*["{key}"] * 8, "off", "")),
        files=files,
        in_path=tuple(in_path),
    )


def database(world: ToolchainWorld, name: str) -> SumDBServer:
    """The world's checksum database, called ``name``."""
    return SumDBServer(Signer.from_seed(name, 1), log(world.lie))


def environment(
    world: ToolchainWorld, base: Mapping[str, str], urls: list[str], key: str, home: Path
) -> dict[str, str]:
    """The process environment that both run in; ``home`` is written to."""
    return {
        **base,
        "GOPROXY": world.goproxy.format(*urls),
        "GOSUMDB": world.gosumdb.format(key=key),
        **world.write(home),
        **world.variables,
    }
