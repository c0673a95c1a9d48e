"""A module cache made by the real go, and ways to damage it: one base that is copied, never downloaded again."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.against_go.golang import go_binary

MODULE, VERSION = "a.test/Mod", "v1.0.0"
ESCAPED = "a.test/!mod"
NAME = f"{MODULE}@{VERSION}"
FILES = {"m.go": b"package mod\n\nconst A = 1\n", "sub/s.go": b"package sub\n"}
PAGE = b"<!DOCTYPE html>\n<html><body>Please log in</body></html>\n"
NO_SUM = b"h1:" + b"A" * 43 + b"="


def zip_of(files: Mapping[str, bytes], prefix: str = f"{NAME}/") -> bytes:
    """A zip of a module."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(prefix + name, data)
    return made.getvalue()


@dataclass(frozen=True)
class Go:
    """The real go in a project of its own, with a file:// proxy and no network."""

    home: Path

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    @property
    def project(self) -> Path:
        return self.home / "project"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.home), "PATH": os.environ["PATH"], "GOENV": "off", "GOTOOLCHAIN": "local",
            "GOPROXY": f"file://{self.home}/proxy", "GOSUMDB": "off", "GOFLAGS": "-modcacherw",
            "GOPATH": str(self.home / "gopath"), "GOMODCACHE": str(self.cache),
            "GOCACHE": str(self.home / "gocache"), "CGO_ENABLED": "0", "LANG": "C.UTF-8",
        }  # fmt: skip

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run go in the project."""
        return subprocess.run(
            [str(go_binary()), *arguments],
            cwd=self.project, env={**self.environment, **variables}, text=True, capture_output=True, timeout=60,
        )  # fmt: skip

    def publish(self, path: str, escaped: str, files: Mapping[str, bytes]) -> None:
        """Put a version into the proxy."""
        folder = self.home / "proxy" / escaped / "@v"
        folder.mkdir(parents=True)
        go_mod = f"module {path}\n\ngo 1.20\n".encode()
        (folder / f"{VERSION}.info").write_text(f'{{"Version":"{VERSION}","Time":"2024-01-01T00:00:00Z"}}')
        (folder / f"{VERSION}.mod").write_bytes(go_mod)
        (folder / f"{VERSION}.zip").write_bytes(zip_of({"go.mod": go_mod, **files}, f"{path}@{VERSION}/"))

    def set_up(self) -> None:
        """The proxy, a project without a main package (nothing of the standard library is compiled), the cache."""
        self.publish(MODULE, ESCAPED, FILES)
        self.publish("b.test/n", "b.test/n", {"n.go": b"package n\n"})
        self.project.mkdir()
        (self.project / "go.mod").write_text(
            f"module p.test\n\ngo 1.20\n\nrequire (\n\t{MODULE} {VERSION}\n\tb.test/n {VERSION}\n)\n"
        )
        (self.project / "p.go").write_text(
            f'package p\n\nimport (\n\tmod "{MODULE}"\n\t_ "b.test/n"\n)\n\nconst A = mod.A\n'
        )
        for arguments in (("mod", "tidy"), ("mod", "download"), ("build", "./...")):
            done = self.run(*arguments)
            assert done.returncode == 0, done.stderr
        shutil.copytree(self.cache, self.home / "base", symlinks=True)
        (self.home / "go.sum").write_bytes((self.project / "go.sum").read_bytes())

    def restore(self) -> None:
        """The cache and the go.sum as they were made."""
        shutil.rmtree(self.cache, ignore_errors=True)
        shutil.copytree(self.home / "base", self.cache, symlinks=True)
        (self.project / "go.sum").write_bytes((self.home / "go.sum").read_bytes())

    @property
    def tree(self) -> Path:
        return self.cache / f"{ESCAPED}@{VERSION}"

    def at(self, suffix: str) -> Path:
        """A file of the version that is damaged."""
        return self.cache / "cache" / "download" / ESCAPED / "@v" / f"{VERSION}.{suffix}"

    def write(self, suffix: str, data: bytes) -> None:
        self.at(suffix).write_bytes(data)

    def forget_sums(self) -> None:
        """The project has no go.sum: nothing tells which copy is the true one."""
        (self.project / "go.sum").unlink()


def cut_zip(go: Go) -> None:
    """Less than was sent."""
    go.write("zip", go.at("zip").read_bytes()[:-30])


def spoiled_zip(go: Go) -> None:
    """A byte of the content of a file is another."""
    data = bytearray(go.at("zip").read_bytes())
    data[data.index(f"{NAME}/sub/s.go".encode()) + len(NAME) + 12] ^= 0xFF
    go.write("zip", bytes(data))


def without(*suffixes: str) -> Callable[[Go], None]:
    """Some files are gone."""

    def damage(go: Go) -> None:
        for suffix in suffixes:
            if suffix == "tree":
                shutil.rmtree(go.tree)
            else:
                go.at(suffix).unlink()

    return damage


def other_zip(files: Mapping[str, bytes], *, sum_too: bool = True) -> Callable[[Go], None]:
    """Another zip that is not unpacked yet; with its own .ziphash it passes `go mod verify`."""

    def damage(go: Go) -> None:
        from probes.golang.modzip import hash_zip

        shutil.rmtree(go.tree)
        data = zip_of({"go.mod": go.at("mod").read_bytes(), **files})
        go.write("zip", data)
        if sum_too:
            go.write("ziphash", hash_zip(io.BytesIO(data), len(data)).encode())

    return damage


def in_place(suffix: str, make: Callable[[Path], object]) -> Callable[[Go], None]:
    """Something else than a file."""

    def damage(go: Go) -> None:
        go.at(suffix).unlink(missing_ok=True)
        make(go.at(suffix))

    return damage


def all_of(*damages: Callable[[Go], object]) -> Callable[[Go], None]:
    """One after the other."""

    def damage(go: Go) -> None:
        for one in damages:
            one(go)

    return damage
