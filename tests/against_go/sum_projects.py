"""A project with a go.sum, the real go beside it, and proxies and a database that serve its modules."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from probes.demo.behaviour import honest_answer
from probes.demo.checksums import VERIFIER_KEY, ChecksumDatabase
from probes.demo.content import Module, ModuleVersion
from probes.demo.server import Handler, World
from probes.golang.dirhash import go_mod_hash
from probes.golang.environment import Environment
from probes.golang.modzip import hash_zip
from probes.sources.environment_reader import read_environment
from probes.sums.project_sums import Examination, examine
from tests.against_go.golang import go_binary


def version(
    path: str, number: str, requires: tuple[tuple[str, str], ...] = (), go: str = "1.21", more: str = ""
) -> ModuleVersion:
    """A module with one package that imports one package of each requirement."""
    needs = "".join(f"require {other} {its}\n" for other, its in requires)
    imports = "".join(f'import _ "{other}"\n' for other, _ in requires)
    name = path.rpartition("/")[2].replace("-", "")
    return ModuleVersion(
        path, number, go_mod=f"module {path}\n\ngo {go}\n\n{needs}".encode(),
        files=(("a.go", f"package {name}\n{imports}{more}".encode()),),
    )  # fmt: skip


A, B, C, D = "m.test/a", "m.test/b", "m.test/c", "m.test/d"
VERSIONS = (
    version(A, "v1.0.0", ((B, "v1.1.0"), (C, "v1.0.0"))),
    version(B, "v1.0.0"),
    version(B, "v1.1.0", ((D, "v1.0.0"), (C, "v1.2.0"))),
    version(C, "v1.0.0"),
    version(C, "v1.2.0"),
    version(D, "v1.0.0"),
    version("corp.test/p", "v1.0.0"),
    version("m.test/old", "v1.0.0", (("m.test/older", "v1.0.0"), ("m.test/leaf", "v1.0.0")), "1.16"),
    version("m.test/older", "v1.0.0", (("m.test/leaf", "v1.2.0"),), "1.16"),
    version("m.test/leaf", "v1.0.0", (), "1.16"),
    version("m.test/leaf", "v1.2.0", (), "1.16"),
    ModuleVersion(
        "m.test/fork",
        "v1.5.0",
        go_mod=f"module {D}\n\ngo 1.21\n".encode(),
        files=(("a.go", b"package d\n"),),
    ),
)
MOVED = version(A, "v1.0.0", ((B, "v1.1.0"), (C, "v1.0.0")), more="var Moved = 1\n")
"""What stands under a tag after it was moved."""


def modules(*versions: ModuleVersion) -> dict[str, Module]:
    """Modules of these versions."""
    found: dict[str, Module] = {}
    for one in versions:
        before = found[one.path].versions if one.path in found else ()
        found[one.path] = Module(one.path, (*before, one), latest=one.version)
    return found


def serving(*versions: ModuleVersion) -> Handler:
    """A proxy of these versions."""
    known = modules(*versions)
    return lambda request: honest_answer(known, request)


def lines_of(one: ModuleVersion) -> str:
    """What a go.sum has of a version."""
    zipped = hash_zip(io.BytesIO(one.zip), len(one.zip))
    name = f"{one.path} {one.version}"
    return f"{name} {zipped}\n{name}/go.mod {go_mod_hash(one.mod)}\n"


def fill_cache(cache: Path, *versions: ModuleVersion) -> None:
    """A module cache as a go leaves it, without the zips."""
    for one in versions:
        folder = cache / "cache/download" / one.path / "@v"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{one.version}.mod").write_bytes(one.mod)
        (folder / f"{one.version}.ziphash").write_text(lines_of(one).split()[2])


CHOSEN = [VERSIONS[0], VERSIONS[2], VERSIONS[4], VERSIONS[5]]
GOOD = "".join(map(lines_of, CHOSEN))
TIDY = "".join(
    f"require {one.path} {one.version}{' // indirect' * (one is not CHOSEN[0])}\n" for one in CHOSEN
)
TIDY_FILES = {"go.mod": f"module main.test\n\ngo 1.21\n\n{TIDY}", "app.go": "package app\n"}
OTHER = "h1:" + "A" * 43 + "="
"""A project that is tidy, and what its go.sum has."""


@dataclass
class GoProject:
    """A folder, and a go that has its own home."""

    home: Path
    goproxy: str
    variables: dict[str, str] = field(default_factory=dict)
    world: World | None = None

    @property
    def folder(self) -> Path:
        return self.home / "project"

    @property
    def process(self) -> dict[str, str]:
        """The variables of go, and of modtrace in its place."""
        return {
            "HOME": str(self.home), "GOPATH": str(self.home / "gopath"), "GOENV": "off",
            "GOMODCACHE": str(self.home / "cache"), "GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local",
            "GOSUMDB": "off", "GOCACHE": str(self.home / "build"), "CGO_ENABLED": "0", "LC_ALL": "C.UTF-8",
            "PATH": f"{go_binary().parent}:{os.environ['PATH']}", "GOPROXY": self.goproxy, **self.variables,
        }  # fmt: skip

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """A line for a shell, in the folder."""
        return subprocess.run(
            ["sh", "-c", command], cwd=self.folder, env=self.process, text=True, capture_output=True,
            stdin=subprocess.DEVNULL, errors="surrogateescape",
        )  # fmt: skip

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Files of the project."""
        for name, content in files.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def sum(self) -> bytes:
        return (self.folder / "go.sum").read_bytes()

    @property
    def environment(self) -> Environment:
        return read_environment(process=self.process, cwd=str(self.folder))

    def examine(self) -> Examination:
        """What modtrace finds."""
        return examine(self.folder, self.environment)

    def forget(self) -> None:
        """An empty module cache."""
        shutil.rmtree(self.home / "cache", ignore_errors=True)


def app(path: str, go: str = "1.21", more: str = "") -> dict[str, str | bytes]:
    """A project that imports one module."""
    return {
        "go.mod": f"module main.test\n\ngo {go}\n\nrequire {path} v1.0.0\n{more}",
        "app.go": f'package app\nimport _ "{path}"\n',
    }


APP = app(A)


@contextmanager
def tidy_project(home: Path, files: Mapping[str, str | bytes] = APP) -> Iterator[GoProject]:
    """A project that `go mod tidy` has seen, with all of it in the module cache."""
    database = ChecksumDatabase(modules(*VERSIONS).values())
    with World([serving(*VERSIONS), database.answer]) as world:
        project = GoProject(home, world.urls[0], {"TEST_GOSUMDB": f"{VERIFIER_KEY} {world.urls[1]}"}, world)
        project.write(files)
        done = project.run("go mod tidy && go mod graph >/dev/null && go build ./...")
        assert done.returncode == 0, done.stderr
        yield project
