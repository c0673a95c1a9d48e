"""The hashes that everybody is said to have, and what go is said to say of them, beside the real go."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from probes.browse.judged import refused_go_mod
from probes.browse.quorum import quorum
from probes.browse.votes import Agreement, Mark, Quorum, VoterKind, What
from probes.demo.checksums import VERIFIER_KEY, ChecksumDatabase
from probes.demo.content import Module, ModuleVersion, make_zip
from probes.demo.server import World
from probes.golang.many_hashes import HashWork, verify_many
from probes.sources.environment_reader import read_environment
from tests.against_go.golang import go_binary
from tests.test_quorum import CHANGED, PATH, TRUE, VERSION, serves


class Machine:
    """A folder with a module cache and a project of its own, and the real go in it."""

    def __init__(self, root: Path, **settings: str) -> None:
        self.root, self.project, self.cache = root, root / "project", root / "cache"
        self.project.mkdir()
        self.env = {
            "PATH": os.environ["PATH"], "HOME": str(root), "GOENV": "off", "GOFLAGS": "-modcacherw -mod=mod",
            "GOTOOLCHAIN": "local", "GOSUMDB": "off", "GOMODCACHE": str(self.cache), "GOPATH": str(root / "go"),
            "GOCACHE": str(root / "build"), **settings,
        }  # fmt: skip

    def require(self, *versions: str, go_sum: str = "") -> None:
        """Write the project."""
        lines = "".join(f"require {version}\n" for version in versions)
        (self.project / "go.mod").write_text(f"module p.test\n\ngo 1.20\n\n{lines}")
        (self.project / "go.sum").write_text(go_sum)

    def go(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it."""
        command = [str(go_binary()), *arguments]
        return subprocess.run(
            command, cwd=self.project, env=self.env, capture_output=True, text=True, check=False
        )

    def download(self) -> dict[str, Any]:
        """What `go mod download -json` says."""
        done = self.go("mod", "download", "-json", f"{PATH}@{VERSION}")
        found: dict[str, Any] = json.loads(done.stdout) if done.stdout else {"Error": done.stderr}
        return found

    def ask(self, version: str = VERSION) -> Quorum:
        """What we find, zips and all."""
        table = Quorum()
        env = read_environment(process=self.env, cwd=str(self.project))
        asyncio.run(quorum(env, PATH, version, table.apply, zips=True, ask_all=True))
        return table


def random_version(rnd: Random) -> ModuleVersion:
    """A module with files of all sizes."""
    files = tuple(
        (f"d{rnd.randrange(3)}/f{number}.go", rnd.randbytes(rnd.choice((0, 1, 100, 70_000, 1_200_000))))
        for number in range(rnd.randrange(1, 6))
    )
    return ModuleVersion(PATH, VERSION, files=files, go_mod_in_zip=rnd.random() < 0.8)


@pytest.mark.parametrize("seed", range(4))
def test_the_hashes_of_a_proxy_and_of_the_cache_are_gos(seed: int, tmp_path: Path) -> None:
    with World([serves(random_version(Random(seed)))]) as world:
        machine = Machine(tmp_path, GOPROXY=world.urls[0])
        machine.require(f"{PATH} {VERSION}")
        said = machine.download()
        table = machine.ask()
        assert table.verdict(What.ZIP).sum == said["Sum"]
        assert table.verdict(What.GO_MOD).sum == said["GoModSum"]
        kinds = {state.voter.kind: state for state in table.voters}
        for kind in (VoterKind.PROXY, VoterKind.CACHE, VoterKind.ZIP_HASH, VoterKind.GO_SUM):
            assert kinds[kind].sums(What.ZIP) == (said["Sum"],), kind
        assert table.verdict(What.ZIP).agreement is Agreement.AGREE
        assert not table.go_refuses()


def test_a_mismatch_with_the_database_is_told_in_gos_words(tmp_path: Path) -> None:
    database = ChecksumDatabase([Module(PATH, (TRUE,))]).answer
    with World([serves(CHANGED), database]) as world:
        machine = Machine(tmp_path, GOPROXY=world.urls[0], GOSUMDB=f"{VERIFIER_KEY} {world.urls[1]}")
        machine.require()
        table = machine.ask()
        assert machine.download()["Error"] == table.go_says(0, What.ZIP)


def test_a_database_without_the_version_is_told_in_gos_words(tmp_path: Path) -> None:
    database = ChecksumDatabase([Module("other.test", (ModuleVersion("other.test", VERSION),))]).answer
    with World([serves(TRUE), database]) as world:
        machine = Machine(tmp_path, GOPROXY=world.urls[0], GOSUMDB=f"{VERIFIER_KEY} {world.urls[1]}")
        machine.require()
        table = machine.ask()
        assert machine.download()["Error"] == table.go_says(0, What.GO_MOD)
        assert table.go_refuses()


def test_a_mismatch_with_go_sum_is_told_in_gos_words(tmp_path: Path) -> None:
    with World([serves(TRUE)]) as world:
        machine = Machine(tmp_path, GOPROXY=world.urls[0])
        machine.require(f"{PATH} {VERSION}")
        true = machine.download()
        shutil.rmtree(machine.cache)
    for what, version, key in ((What.ZIP, CHANGED, "Sum"), (What.GO_MOD, TRUE, "GoModSum")):
        served = version if what is What.ZIP else ModuleVersion(PATH, VERSION, go_mod=TRUE.mod + b"// x\n")
        with World([serves(served)]) as world:
            machine.env["GOPROXY"] = world.urls[0]
            suffix = "/go.mod" if what is What.GO_MOD else ""
            machine.require(f"{PATH} {VERSION}", go_sum=f"{PATH} {VERSION}{suffix} {true[key]}\n")
            table = machine.ask()
            done = machine.go("mod", "download", f"{PATH}@{VERSION}")
            assert done.stderr.rstrip("\n") == (table.go_says(0, what) or "").rstrip("\n")
            shutil.rmtree(machine.cache)


@pytest.mark.parametrize(
    "body",
    [
        make_zip("m.test/Hello@v9.9.9/", [("go.mod", TRUE.mod)]),
        make_zip(f"{PATH}@{VERSION}/", [("A.go", b"a"), ("a.go", b"b")]),
        make_zip(f"{PATH}@{VERSION}/", [("../a.go", b"a")]),
        b"<html></html>",
        TRUE.zip[:-30],
    ],
)
def test_a_zip_that_go_refuses_is_refused_in_its_words(body: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "proxy/m.test/!hello/@v"
    folder.mkdir(parents=True)
    (folder / f"{VERSION}.info").write_bytes(TRUE.info)
    (folder / f"{VERSION}.mod").write_bytes(TRUE.mod)
    (folder / f"{VERSION}.zip").write_bytes(body)
    machine = Machine(tmp_path, GOPROXY=f"file://{tmp_path}/proxy")
    machine.require()
    table = machine.ask()
    assert table.mark(0, What.ZIP) is Mark.REFUSED
    assert machine.download()["Error"] == table.go_says(0, What.ZIP)


GO_MODS = [
    b"<html><body>sign in</body></html>\n", b"", b"go 1.21\n", b"module other.test\n", b"module m.test/Hello\n",
    b"module m.test/Hello\nrequire x\n", b"module \"m.test/Hello\n", b"\xff\xfe\n", b"{}\n", b"module a b\n",
]  # fmt: skip


@pytest.mark.parametrize("body", GO_MODS)
def test_a_go_mod_that_go_cannot_use_is_refused_in_its_words(body: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "proxy/m.test/!hello/@v"
    folder.mkdir(parents=True)
    (folder / f"{VERSION}.info").write_bytes(TRUE.info)
    (folder / f"{VERSION}.mod").write_bytes(body)
    machine = Machine(tmp_path, GOPROXY=f"file://{tmp_path}/proxy")
    machine.require(f"{PATH} {VERSION}")
    done = machine.go("list", "-m", "all")
    ours = refused_go_mod(PATH, VERSION, body)
    if ours is None:
        assert done.returncode == 0, done.stderr
    else:
        assert done.stderr.rstrip("\n").endswith(ours)


def _flip(zipped: Path) -> None:
    data = bytearray(zipped.read_bytes())
    data[45] ^= 0xFF
    zipped.write_bytes(data)


DAMAGES: dict[str, Callable[[Path, Path], object]] = {
    "none": lambda zipped, tree: None,
    "zip": lambda zipped, tree: _flip(zipped),
    "another zip": lambda zipped, tree: zipped.write_bytes(CHANGED.zip),
    "no zip": lambda zipped, tree: zipped.write_bytes(b"x"),
    "file": lambda zipped, tree: (tree / "doc.go").write_text("package evil\n"),
    "more files": lambda zipped, tree: (tree / "more.go").write_text("package doc\n"),
    "link": lambda zipped, tree: (tree / "link.go").symlink_to("doc.go"),
    "broken link": lambda zipped, tree: (tree / "link.go").symlink_to("nowhere"),
    "zip gone": lambda zipped, tree: zipped.unlink(),
    "folder gone": lambda zipped, tree: shutil.rmtree(tree),
    "empty folder": lambda zipped, tree: (tree / "empty").mkdir(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_verify_many_finds_is_what_go_mod_verify_finds(damage: str, tmp_path: Path) -> None:
    with World([serves(TRUE)]) as world:
        machine = Machine(tmp_path, GOPROXY=world.urls[0])
        machine.require(f"{PATH} {VERSION}")
        assert "Error" not in machine.download()
    zipped = machine.cache / f"cache/download/m.test/!hello/@v/{VERSION}.zip"
    tree = machine.cache / f"m.test/!hello@{VERSION}"
    DAMAGES[damage](zipped, tree)
    done = machine.go("mod", "verify")
    noted = zipped.with_suffix(".ziphash").read_text().strip()
    said = []
    works = (HashWork(zipped), HashWork(tree, f"{PATH}@{VERSION}"))
    for one in sorted(verify_many(works), key=lambda found: bool(found.work.prefix)):
        if one.missing and not one.work.path.exists():
            continue
        if one.error is not None:
            said = [*said, f"{PATH} {VERSION}: {one.error}"]
            break
        if one.sum != noted:
            kind = "dir" if one.work.prefix else "zip"
            said.append(f"{PATH} {VERSION}: {kind} has been modified ({one.work.path})")
    assert done.stderr.splitlines() == said
    assert (done.stdout == "all modules verified\n") == (not said)
