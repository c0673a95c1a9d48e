"""What was saved is a proxy to the real go: the same sums, the same .info, the same versions as from its source."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from probes.browse.manifest import check
from probes.browse.saved import Saving, State, Want
from probes.browse.saving import Plan, save
from probes.browse.tree import Tree
from probes.commands.download_report import file_url
from probes.demo.behaviour import Script
from probes.demo.content import Module, ModuleVersion
from probes.demo.server import World
from probes.golang import semver
from probes.net.limits import Limits
from probes.sources.environment_reader import read_environment
from tests.kit_support import go
from tests.modtrace import clean_environment

SEEDS = range(4)
MODULES = 12
HOSTS = ("dep.test", "dep-2.test.example", "git.dep.test", "gopkg.in")
WORDS = ("alpha", "Beta", "gammaDelta", "e-f", "g_h", "i.j", "UPPER")


def generated(seed: int) -> list[Module]:
    """Modules of every kind of path and version."""
    chance = random.Random(seed)
    found: dict[str, Module] = {}
    while len(found) < MODULES:
        module = _module(chance)
        found.setdefault(module.path.lower(), module)
    return list(found.values())


def _module(chance: random.Random) -> Module:
    host = chance.choice(HOSTS)
    path = "/".join([host, *chance.sample(WORDS, chance.randint(1, 3))])
    if host == "gopkg.in":
        major = chance.randint(0, 3)
        path = f"gopkg.in/{chance.choice(WORDS[:2]).lower()}.v{major}"
        names = [f"v{major}.{n}.{chance.randint(0, 9)}" for n in range(chance.randint(1, 3))]
    else:
        kind = chance.choice(("plain", "major", "incompatible", "pseudo", "prerelease"))
        names = _names(chance, kind)
        path += "/v2" if kind == "major" else ""
    versions = [_version(chance, path, name) for name in dict.fromkeys(names)]
    ordered = semver.sort([one.version for one in versions])
    return Module(path, tuple(versions), latest=chance.choice([None, ordered[-1]]))


def _names(chance: random.Random, kind: str) -> list[str]:
    numbers = [f"{chance.randint(0, 9)}.{chance.randint(0, 20)}" for _ in range(chance.randint(1, 4))]
    match kind:
        case "major":
            return [f"v2.{one}" for one in numbers]
        case "incompatible":
            return ["v1.0.0", *(f"v3.{one}+incompatible" for one in numbers)]
        case "pseudo":
            return [f"v0.0.0-2024010203040{n}-abcdefabcde{n}" for n in range(len(numbers))]
        case "prerelease":
            return [f"v1.{one}-{chance.choice(['rc.1', 'beta', 'RC2', '0.x'])}" for one in numbers]
    return [f"v1.{one}" for one in numbers]


def _version(chance: random.Random, path: str, name: str) -> ModuleVersion:
    lines = chance.choice(["", "// said\n", "\ngo 1.16\n", "\ngo 1.21\n"])
    has_mod = not name.endswith("+incompatible")
    files = [("doc.go", b"package doc\n")]
    files += [(f"sub/File{n}.txt", chance.randbytes(chance.randint(0, 5000))) for n in range(3)]
    return ModuleVersion(
        path, name,
        time=f"20{chance.randint(10, 24)}-0{chance.randint(1, 9)}-02T03:04:0{chance.randint(0, 9)}Z",
        go_mod=f"module {path}\n{lines if has_mod else ''}".encode(),
        files=tuple(files), go_mod_in_zip=has_mod,
    )  # fmt: skip


def objects(text: str) -> list[dict[str, Any]]:
    """The JSON objects that go prints one after the other."""
    found, at, decoder = [], 0, json.JSONDecoder()
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        one, end = decoder.raw_decode(text, at)
        found.append(one)
        at = end
    return found


def asked(folder: Path, home: Path, targets: list[str], proxy: str) -> dict[str, tuple[object, ...]]:
    """What `go mod download -json` says of each target, from this proxy and an empty module cache."""
    folder.mkdir(parents=True, exist_ok=True)
    done = go(folder, home, "mod", "download", "-json", *targets, check=False, GOPROXY=proxy, GOSUMDB="off")
    assert done.returncode == 0, done.stderr
    return {
        f"{one['Path']}@{one['Query'] if 'Query' in one else one['Version']}": (
            one["Version"], one["Sum"], one["GoModSum"], json.loads(Path(one["Info"]).read_text()),
            Path(one["GoMod"]).read_bytes(), Path(one["Zip"]).read_bytes(),
        )
        for one in objects(done.stdout)
    }  # fmt: skip


def saved(folder: Path, proxy: str, wants: list[Want]) -> Saving:
    process = {**clean_environment(folder), "GOPROXY": proxy}
    plan = Plan(
        read_environment(process=process, cwd=""), folder, limits=Limits(answer_s=20, stall_s=20)
    )
    saving = Saving()
    asyncio.run(save(plan, wants, saving.apply))
    return saving


@pytest.mark.parametrize("seed", SEEDS)
def test_the_tree_gives_the_real_go_what_the_proxy_gave(seed: int, tmp_path: Path) -> None:
    modules = generated(seed)
    versions = [(module.path, one.version) for module in modules for one in module.versions]
    targets = [f"{path}@{version}" for path, version in versions]
    tree = tmp_path / "tree with blanks"
    with World([Script({module.path: module for module in modules}).answer]) as world:
        saving = saved(tree, world.urls[0], [Want(path, version) for path, version in versions])
        assert not saving.of(State.FAILED), saving.of(State.FAILED)[0].failed
        expected = asked(tmp_path / "w", tmp_path / "direct", targets, world.urls[0])
    found = asked(tmp_path / "w", tmp_path / "tree", targets, file_url(tree))
    assert found == expected
    for state in saving.of(State.SAVED):
        assert state.saved is not None
        assert (state.saved.sum, state.saved.go_mod_sum) == expected[f"{state.want.path}@{state.version}"][1:3]
    assert not check(Tree(tree)).flaws


@pytest.mark.parametrize("seed", SEEDS)
def test_the_tree_lists_and_chooses_as_the_proxy_does(seed: int, tmp_path: Path) -> None:
    modules = [replace(module, latest=None) for module in generated(seed)]
    wants = [Want(module.path, one.version) for module in modules for one in module.versions]
    targets = [f"{module.path}@latest" for module in modules]
    with World([Script({module.path: module for module in modules}).answer]) as world:
        saved(tmp_path / "tree", world.urls[0], wants)
        # By the version that go chooses, and in its order.
        expected = listed(tmp_path / "w", tmp_path / "direct", targets, world.urls[0])
        chosen = saved(tmp_path / "latest", world.urls[0], [Want(module.path, "latest") for module in modules])
    assert listed(tmp_path / "w", tmp_path / "tree-home", targets, file_url(tmp_path / "tree")) == expected
    ours = {state.want.path: state.version for state in chosen.of(State.SAVED)}
    assert ours == {path: version for path, (version, _) in expected.items()}


def listed(folder: Path, home: Path, targets: list[str], proxy: str) -> dict[str, tuple[str, list[str]]]:
    """What `go list -m -versions` says: the version for latest, and all."""
    folder.mkdir(parents=True, exist_ok=True)
    done: subprocess.CompletedProcess[str] = go(
        folder, home, "list", "-m", "-versions", "-json", *targets, GOPROXY=proxy, GOSUMDB="off"
    )
    return {one["Path"]: (one["Version"], one.get("Versions", [])) for one in objects(done.stdout)}
