"""Modules on the disk for projects that go builds, or refuses to: a file:// proxy, and a module cache full of it."""

from __future__ import annotations

import os
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from probes.golang.dirhash import go_mod_hash
from probes.golang.module import escape_path
from tests.against_go.golang import go_binary, goroot
from tests.modtrace import clean_environment

Files = dict[str, str]

MODULES: dict[tuple[str, str], tuple[str, Files]] = {
    ("dep.test/a", "v1.0.0"): (
        "module dep.test/a\ngo 1.20\nrequire dep.test/b v1.0.0\n",
        {
            "a.go": 'package a\n\nimport _ "dep.test/b"\n',
            "sub/sub.go": "package sub\n",
            "internal/x/x.go": "package x\n",
            "deep/deep.go": 'package deep\n\nimport (\n\t_ "dep.test/b"\n\t_ "dep.test/c"\n)\n',
        },
    ),
    ("dep.test/a", "v1.1.0"): (
        "module dep.test/a\ngo 1.20\nrequire dep.test/b v1.1.0\n",
        {"a.go": 'package a\n\nimport _ "dep.test/b"\n'},
    ),
    ("dep.test/a/sub", "v1.0.0"): ("module dep.test/a/sub\n", {"sub.go": "package sub\n"}),
    ("dep.test/b", "v1.0.0"): ("module dep.test/b\ngo 1.16\n", {"b.go": "package b\n"}),
    ("dep.test/b", "v1.1.0"): (
        "module dep.test/b\ngo 1.20\nrequire dep.test/c v1.0.0\n",
        {"b.go": 'package b\n\nimport _ "dep.test/c"\n'},
    ),
    ("dep.test/c", "v1.0.0"): ("module dep.test/c\ngo 1.20\n", {"c.go": "package c\n"}),
    ("dep.test/up", "v1.0.0"): (
        "module dep.test/up\ngo 1.20\nrequire dep.test/b v1.1.0\n",
        {"up.go": "package up\n"},
    ),
    ("dep.test/old", "v1.0.0"): (
        "module dep.test/old\nrequire dep.test/b v1.1.0\n",
        {"old.go": 'package old\n\nimport _ "dep.test/b"\n'},
    ),
    ("dep.test/prog", "v1.0.0"): ("module dep.test/prog\n", {"main.go": "package main\n\nfunc main() {}\n"}),
    ("dep.test/win", "v1.0.0"): (
        "module dep.test/win\n",
        {"w_windows.go": "package win\n", "two/a.go": "package one\n", "two/b.go": "package two\n"},
    ),
    ("dep.test/new", "v1.0.0"): ("module dep.test/new\ngo 1.99\n", {"n.go": "package n\n"}),
    ("dep.test/named", "v1.0.0"): ("module other.test/named\ngo 1.20\n", {"n.go": "package named\n"}),
    ("dep.test/lost", "v1.0.0"): (
        "module dep.test/lost\ngo 1.20\n",
        {"l.go": 'package lost\n\nimport _ "gone.test/x"\n'},
    ),
}


def write_proxy(folder: Path) -> None:
    for (path, number), (go_mod, files) in MODULES.items():
        place = folder / escape_path(path) / "@v"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.mod").write_text(go_mod)
        (place / f"{number}.info").write_text(f'{{"Version":"{number}","Time":"2024-01-01T00:00:00Z"}}')
        with (place / "list").open("a") as listing:
            listing.write(f"{number}\n")
        with zipfile.ZipFile(place / f"{number}.zip", "w") as packed:
            for name, text in {"go.mod": go_mod, **files}.items():
                packed.writestr(f"{path}@{number}/{name}", text)


class BuildWorld:
    """A proxy, a warm module cache, and the lines of a go.sum for everything in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.proxy = folder / "proxy"
        self.cache = folder / "cache"
        write_proxy(self.proxy)
        home = folder / "warming"
        home.mkdir()
        lines = []
        for (path, number), (go_mod, _) in MODULES.items():
            if "go 1.99" in go_mod:
                continue
            lines.append(f"{path}@{number}")
        (home / "go.mod").write_text("module warm.test/x\ngo 1.20\n")
        self.go(home, "mod", "download", *lines, check=True, more={"GOFLAGS": "-modcacherw"})
        self.go(home, "mod", "download", "-json", "dep.test/new@v1.0.0")
        self.sums = dict(self._sums())

    def _sums(self) -> Iterator[tuple[str, str]]:
        for (path, number), (go_mod, _) in MODULES.items():
            downloads = self.cache / "cache/download" / escape_path(path) / "@v"
            yield f"{path} {number}/go.mod", go_mod_hash(go_mod.encode())
            if (hashed := downloads / f"{number}.ziphash").exists():
                yield f"{path} {number}", hashed.read_text().strip()

    def variables(self, **more: str) -> dict[str, str]:
        found = clean_environment(
            self.folder / "home", GOPROXY=f"file://{self.proxy}", GOSUMDB="off", GOTOOLCHAIN="local",
            GOENV="off", GOFLAGS="", GOMODCACHE=str(self.cache), GOPATH=str(self.folder / "gopath"),
            GOCACHE=str(self.folder / "gocache"), GOROOT=str(goroot()), CGO_ENABLED="0", GOMAXPROCS="2",
            TMPDIR=str(self.folder),
        )  # fmt: skip
        found["PATH"] = f"{goroot() / 'bin'}{os.pathsep}{found['PATH']}"
        return {**found, **more}

    def go(
        self, folder: Path, *arguments: str, more: Mapping[str, str] | None = None, check: bool = False
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(go_binary()), *arguments], cwd=folder, env=self.variables(**(more or {})), text=True,
            capture_output=True, check=check,
        )  # fmt: skip

    def go_sum(self, *keys: str) -> str:
        """Lines of a go.sum: "dep.test/a v1.0.0" for the zip, with /go.mod for the go.mod; "" for all."""
        wanted = keys or tuple(self.sums)
        return "".join(f"{key} {self.sums[key]}\n" for key in wanted)
