"""A project of some modules on loopback proxies, and the real go that builds it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from probes.demo.behaviour import Script
from probes.demo.content import Module, ModuleVersion
from tests.against_go.golang import go_binary
from tests.modtrace import clean_environment

Files = Mapping[str, str]


def module_version(path: str, version: str, files: Files, *requires: str, go: str = "1.21") -> ModuleVersion:
    """A version with these Go files; each requirement is "PATH VERSION"."""
    lines = "".join(f"require {one}\n" for one in requires)
    return ModuleVersion(
        path,
        version,
        go_mod=f"module {path}\n\ngo {go}\n\n{lines}".encode(),
        files=tuple((name, text.encode()) for name, text in files.items()),
    )


def library(name: str, *imports: str, tests: str = "") -> dict[str, str]:
    """One package with a function Name, which uses what it imports; ``tests`` is imported by its test."""
    lines = "".join(f'import _ "{one}"\n' for one in imports)
    body = f'// Name is {name}.\nfunc Name() string {{ return "{name}" }}\n'
    files = {f"{name}.go": f"package {name}\n\n{lines}\n{body}"}
    if tests:
        files[f"{name}_test.go"] = (
            f'package {name}\n\nimport (\n\t"testing"\n\t_ "{tests}"\n)\n\nfunc TestName(t *testing.T) {{}}\n'
        )
    return files


PLAIN = [
    module_version("dep.test/a", "v1.2.0", library("a", "dep.test/b"), "dep.test/b v1.0.0"),
    module_version("dep.test/b", "v1.0.0", library("b")),
    module_version("dep.test/b", "v1.1.0", library("b", "dep.test/c/v2"), "dep.test/c/v2 v2.0.1"),
    module_version("dep.test/c/v2", "v2.0.1", library("c")),
    module_version("dep.test/Upper/Case", "v0.3.0", library("upper"), go="1.16"),
    module_version(
        "dep.test/pseudo", "v0.0.0-20240102030406-abcdefabcdef",
        library("pseudo", "dep.test/Upper/Case"), "dep.test/Upper/Case v0.3.0",
    ),
    module_version("dep.test/checks", "v1.0.0", library("checks", tests="dep.test/deep"), "dep.test/deep v1.0.0"),
    module_version("dep.test/deep", "v1.0.0", library("deep")),
    module_version("dep.test/fork", "v1.0.1", library("replaced")),
    module_version("dep.test/unused", "v1.0.0", library("unused")),
]  # fmt: skip
OLD = ModuleVersion(
    "dep.test/old", "v3.0.0+incompatible", go_mod=b"module dep.test/old\n",
    files=(("old.go", b"package old\n\n// Name is old.\nfunc Name() string { return \"old\" }\n"),),
    go_mod_in_zip=False,
)  # fmt: skip
VERSIONS = [*PLAIN, OLD]

GO_MOD = """\
module main.test/app

go 1.21

require (
	dep.test/Upper/Case v0.3.0
	dep.test/a v1.2.0
	dep.test/b v1.1.0
	dep.test/checks v1.0.0
	dep.test/local v0.0.0
	dep.test/old v3.0.0+incompatible
	dep.test/pseudo v0.0.0-20240102030406-abcdefabcdef
	dep.test/replaced v1.0.0
)

require dep.test/c/v2 v2.0.1 // indirect

replace dep.test/local => ./local

replace dep.test/replaced => dep.test/fork v1.0.1
"""
PROJECT = {
    "go.mod": GO_MOD,
    "main.go": (
        'package main\n\nimport (\n\t"dep.test/a"\n\t"dep.test/b"\n\t_ "dep.test/local"\n\t"dep.test/old"\n'
        '\t_ "dep.test/pseudo"\n\t_ "dep.test/replaced"\n)\n\n'
        "func main() { println(a.Name(), b.Name(), old.Name()) }\n"
    ),
    "main_test.go": (
        'package main\n\nimport (\n\t"testing"\n\t_ "dep.test/checks"\n)\n\nfunc TestMain1(t *testing.T) {}\n'
    ),
    "tools/tools.go": 'package tools\n\nimport _ "dep.test/Upper/Case"\n',
    "local/go.mod": "module dep.test/local\n\ngo 1.21\n\nrequire dep.test/b v1.0.0\n",
    "local/local.go": 'package local\n\nimport _ "dep.test/b"\n',
}


def modules(versions: list[ModuleVersion]) -> dict[str, Module]:
    """What a proxy holds."""
    paths = dict.fromkeys(one.path for one in versions)
    return {
        path: Module(path, tuple(one for one in versions if one.path == path)) for path in paths
    }


def script(versions: list[ModuleVersion] = VERSIONS) -> Script:
    """A proxy that holds these versions."""
    return Script(modules(versions))


def write_project(folder: Path, files: Files = PROJECT) -> Path:
    """The project in a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def go(
    folder: Path, home: Path, *arguments: str, check: bool = True, **variables: str
) -> subprocess.CompletedProcess[str]:
    """The real go with an empty module cache of its own in ``home``; it reaches nobody but GOPROXY."""
    home.mkdir(parents=True, exist_ok=True)
    environment = clean_environment(
        home,
        GOPATH=str(home / "go"),
        # What is compiled of the standard library is compiled once for all tests, as for the oracle.
        GOCACHE=str(Path(tempfile.gettempdir()) / f"modtrace-oracle-{os.getuid()}" / "gocache"),
        GOFLAGS="-modcacherw",
        GONOPROXY="",
        GOVCS="*:off",
        CGO_ENABLED="0",
    )
    del environment["GOSUMDB"]
    done = subprocess.run(
        [str(go_binary()), *arguments],
        cwd=folder,
        env={**environment, **variables},
        text=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    assert not check or done.returncode == 0, done.stderr
    return done
