"""Hostile module zips: go and modtrace say the same of each, in the same words, and nothing is written.

A batch of modules lies in one file:// tree. modtrace traces each of them (in this process: the same engine
that `modtrace trace` starts), and one `go mod download -json` answers for all of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from probes.sources.environment_reader import read_environment
from probes.trace.fold import Trace
from probes.trace.run import trace
from tests.against_go import hostile_zips
from tests.against_go.golang import go_binary
from tests.modtrace import modtrace

VERSION = "v1.0.0"
Verdict = tuple[str | None, str | None]
"""Error and sum."""


def environment_of(home: Path, tree: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"], "HOME": str(home), "GOMODCACHE": str(home / "mod"), "GOCACHE": str(home / "c"),
        "GOPROXY": tree, "GOSUMDB": "off", "GOFLAGS": "-modcacherw", "GOENV": "off", "GOTOOLCHAIN": "local",
        "GOROOT": str(go_binary().parent.parent), "LANG": "C.UTF-8",
    }  # fmt: skip


def write_tree(tree: Path, zips: Mapping[str, bytes]) -> None:
    for path, data in zips.items():
        folder = tree / path / "@v"
        folder.mkdir(parents=True)
        (folder / f"{VERSION}.info").write_text(f'{{"Version":"{VERSION}"}}')
        (folder / f"{VERSION}.mod").write_text(f"module {path}\n")
        (folder / f"{VERSION}.zip").write_bytes(data)


def gos_verdicts(environment: dict[str, str], home: Path, paths: list[str]) -> dict[str, Verdict]:
    argv = [str(go_binary()), "mod", "download", "-json", *(f"{path}@{VERSION}" for path in paths)]
    output = subprocess.run(argv, env=environment, cwd=home, capture_output=True, timeout=300).stdout.decode()
    verdicts: dict[str, Verdict] = {}
    decoder, at = json.JSONDecoder(), 0
    while at < len(output.rstrip()):
        answer, at = decoder.raw_decode(output, at)
        at += len(output[at:]) - len(output[at:].lstrip())
        error = answer.get("Error")
        if error is not None:
            error = re.sub(r"\.zip\d+\.tmp", ".zip*.tmp", error)  # a random number
        verdicts[answer["Path"]] = error, answer.get("Sum")
    return verdicts


def our_verdict(environment: dict[str, str], path: str) -> Verdict:
    result = Trace()
    asyncio.run(trace(read_environment(process=environment), path, VERSION, result.apply))
    said = result.to_json()
    error = said["error"]
    # The go command's own answer is JSON, where each byte that is not UTF-8 becomes U+FFFD.
    return None if error is None else re.sub("[\udc80-\udcff]", "\ufffd", error), said["sum"]


def compare(tmp_path: Path, zips: Mapping[str, bytes]) -> dict[str, Verdict]:
    """Both verdicts on each of the zips."""
    tree, home = tmp_path / "tree", tmp_path / "home"
    home.mkdir()
    write_tree(tree, zips)
    environment = environment_of(home, f"file://{tree}")
    before = sorted(tmp_path.rglob("*"))
    ours = {path: our_verdict(environment, path) for path in zips}
    assert sorted(tmp_path.rglob("*")) == before, "something was written"
    gos = gos_verdicts(environment, home, list(zips))
    assert gos.keys() == zips.keys()
    differing = {path: (gos[path], ours[path]) for path in zips if gos[path] != ours[path]}
    assert not differing, "\n".join(
        f"{path}:\n  go   {go}\n  ours {us}" for path, (go, us) in differing.items()
    )
    return gos


@pytest.mark.parametrize("group", hostile_zips.GROUPS)
def test_each_rule_broken(tmp_path: Path, group: str) -> None:
    cases = dict(hostile_zips.GROUPS[group]())
    names = {f"ex.test/{group}{number}": name for number, name in enumerate(cases)}
    zips = {path: cases[name](f"{path}@{VERSION}/".encode()) for path, name in names.items()}
    gos = compare(tmp_path, zips)
    assert any(error for error, _ in gos.values()), "go refuses some of them"


@pytest.mark.parametrize("seed", range(2))
def test_damage_in_combination(tmp_path: Path, seed: int) -> None:
    rnd = Random(seed)
    paths = [f"ex.test/m{number}" for number in range(100)]
    compare(tmp_path, {path: hostile_zips.mutated(rnd, f"{path}@{VERSION}/".encode()) for path in paths})


def test_a_zip_file_larger_than_go_takes(tmp_path: Path) -> None:
    path = "ex.test/large"
    tree, home = tmp_path / "tree", tmp_path / "home"
    home.mkdir()
    write_tree(tree, {path: b""})
    with (tree / path / "@v" / f"{VERSION}.zip").open("wb") as file:
        file.truncate(hostile_zips.LIMIT + 1)  # a hole: it takes no room
    environment = environment_of(home, f"file://{tree}")
    ours = our_verdict(environment, path)
    assert gos_verdicts(environment, home, [path]) == {path: ours}
    assert ours[0] is not None
    assert ours[0].endswith("downloaded zip file too large")


def test_the_command_says_what_the_engine_says(tmp_path: Path) -> None:
    """Names in errors are cleaned for a terminal, and nothing else about them is changed."""
    path = "ex.test/m"
    tree, home = tmp_path / "tree", tmp_path / "home"
    home.mkdir()
    write_tree(tree, {path: hostile_zips.files("con", "../up", "A", "a")(f"{path}@{VERSION}/".encode())})
    environment = environment_of(home, f"file://{tree}")
    done = modtrace(
        "trace", f"{path}@{VERSION}", "--json", env=environment | {"MODTRACE_NO_SESSION": "1"}, cwd=home
    )
    assert done.returncode == 1
    assert sorted(home.rglob("*")) == []
    assert gos_verdicts(environment, home, [path])[path][0] == json.loads(done.stdout)["error"]
