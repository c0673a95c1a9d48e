"""Turnings of a trace inside of a project and with a warm module cache, and the options that bring them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from probes.demo.server import World
from probes.project.loading import load_project
from probes.project.project import Project
from probes.share.privacy import Mask
from probes.sources.environment_reader import read_environment
from probes.trace.events import Bend, Event, TraceStarted, Turning, TurningTaken, event_to_json
from probes.trace.fold import Trace
from probes.trace.recording import event_from_json
from probes.trace.run import trace
from tests.against_go.project_worlds import OTHER_HASH, SCRIPT, A, B
from tests.modtrace import clean_environment, modtrace

MAIN = "module main.test/m\n\ngo 1.21\n\n"
Told = tuple[Turning, Bend, str, str]


async def _traced(target: str, folder: Path, *, warm: bool = False, **variables: str) -> list[Event]:
    said: list[Event] = []
    path, _, query = target.partition("@")
    cache = {"GOMODCACHE": str(folder / "cache")}
    with World([SCRIPT.answer]) as world:
        given = clean_environment(folder, **{"GOPROXY": world.urls[0], **cache, **variables})
        environment = read_environment(process=given, cwd=str(folder))
        await trace(environment, path, query, said.append, project=load_project(environment), warm=warm)
    return said


def _turnings(said: list[Event]) -> list[Told]:
    found = [one for one in said if isinstance(one, TurningTaken) and one.turning is not Turning.TOOLCHAIN]
    return [(one.turning, one.bend, one.where, one.to) for one in found]


CASES: Mapping[str, tuple[str, dict[str, str], dict[str, str], list[Told]]] = {
    "outside of any module": (f"{A}@latest", {}, {}, []),
    "a project that has nothing to say": (f"{A}@latest", {"go.mod": MAIN}, {}, []),
    "a named version is not replaced": (
        f"{A}@v1.1.0", {"go.mod": f"{MAIN}replace {A} => {B} v1.0.0\n"}, {},
        [(Turning.REPLACE, Bend.STRAIGHT, "go.mod:5", "")],
    ),
    "another version is replaced": (
        f"{A}@v1.0.0", {"go.mod": f"{MAIN}replace {A} v1.1.0 => ./local\n"}, {},
        [(Turning.REPLACE, Bend.STRAIGHT, "go.mod:5", "")],
    ),
    "a version that only a replacement has": (
        f"{A}@v1.9", {"go.mod": f"{MAIN}replace {A} v1.9.0 => ./local\n"}, {},
        [
            (Turning.REPLACE, Bend.LEADS, "go.mod:5", f"{A}@v1.9.0"),
            (Turning.REPLACE, Bend.ANSWERS, "go.mod:5", "{folder}/local"),
            (Turning.REPLACE, Bend.STRAIGHT, "go.mod:5", ""),
        ],
    ),
    "excluded": (
        f"{A}@latest", {"go.mod": f"{MAIN}exclude {A} v1.3.0\n"}, {},
        [(Turning.EXCLUDE, Bend.LEADS, "go.mod:5", "")],
    ),
    "excluded, but named": (
        f"{A}@v1.3.0", {"go.mod": f"{MAIN}exclude {A} v1.3.0\n"}, {},
        [(Turning.EXCLUDE, Bend.STRAIGHT, "go.mod:5", "")],
    ),
    "the main module": (
        "main.test/m@upgrade", {"go.mod": MAIN}, {}, [(Turning.MODE, Bend.ANSWERS, "", "{folder}")]
    ),
    "-mod and vendor are for builds": (
        f"{A}@v1.1.0", {"go.mod": MAIN, "vendor/modules.txt": ""}, {"GOFLAGS": "-mod=vendor"},
        [(Turning.MOD_FLAG, Bend.STRAIGHT, "", ""), (Turning.VENDOR, Bend.STRAIGHT, "vendor/modules.txt", "")],
    ),
    "a workspace": (
        f"{A}@v1.1.0",
        {"go.work": "go 1.21\nuse ./one\n", "one/go.mod": f"{MAIN}replace {A} => ../local\n"}, {},
        [(Turning.WORKSPACE, Bend.STRAIGHT, "go.work", ""),
         (Turning.REPLACE, Bend.STRAIGHT, "one/go.mod:5", "")],
    ),
    "a broken go.mod": (
        f"{A}@v1.1.0", {"go.mod": f"{MAIN}nonsense\n"}, {}, [(Turning.MODE, Bend.STOPS, "go.mod", "")]
    ),
    "a broken go.work": (
        f"{A}@v1.1.0", {"go.work": "nonsense\n"}, {}, [(Turning.WORKSPACE, Bend.STOPS, "go.work", "")]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
async def test_each_turning_is_told_with_its_line(name: str, tmp_path: Path) -> None:
    target, files, variables, expected = CASES[name]
    for file, text in files.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    said = await _traced(target, tmp_path, **variables)
    told = [(turning, bend, where, to.format(folder=tmp_path)) for turning, bend, where, to in expected]
    assert _turnings(said) == told
    kept = [one for one in said if isinstance(one, TurningTaken | TraceStarted)]
    assert [event_from_json(event_to_json(one)) for one in kept] == kept
    masked = Mask.of(said).events(said)
    assert not any(str(tmp_path) in str(event_to_json(one)) for one in masked)


async def test_upgrade_starts_from_the_version_that_is_required(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text(f"{MAIN}require {A} v1.1.0\n")
    finished = Trace()
    for event in await _traced(f"{A}@patch", tmp_path):
        finished.apply(event)
    assert finished.to_json()["version"] == "v1.1.0"
    assert finished.to_json()["project"] == str(tmp_path / "go.mod")


async def test_go_sum_with_another_hash_stops_the_download(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text(MAIN)
    (tmp_path / "go.sum").write_text(f"{A} v1.1.0/go.mod {OTHER_HASH}\n")
    result = Trace()
    for event in await _traced(f"{A}@v1.1.0", tmp_path):
        result.apply(event)
    said = result.to_json()
    assert not said["ok"]
    assert said["error"].startswith(f"verifying {A}@v1.1.0/go.mod: checksum mismatch")
    assert [one["op"] for one in said["requests"]] == ["info", "mod"]


async def test_a_warm_cache_spares_requests_and_says_which(tmp_path: Path) -> None:
    from tests.cached import filled_cache

    filled_cache(tmp_path / "cache", A, "v1.1.0")
    cold = await _traced(f"{A}@v1.1.0", tmp_path)
    assert _turnings(cold) == [(Turning.CACHE, Bend.STRAIGHT, "", "")]
    warm = await _traced(f"{A}@v1.1.0", tmp_path, warm=True)
    folder = f"cache/download/{A}/@v/v1.1.0"
    assert _turnings(warm) == [
        (Turning.CACHE, Bend.ANSWERS, f"{folder}.{suffix}", "") for suffix in ("info", "mod", "zip")
    ]
    result = Trace()
    for event in warm:
        result.apply(event)
    said = result.to_json()
    assert (said["ok"], said["warm"], said["requests"]) == (True, True, [])


def test_the_options_of_trace_choose_the_project(tmp_path: Path) -> None:
    shop = tmp_path / "shop" / "deep"
    shop.mkdir(parents=True)
    (tmp_path / "shop" / "go.mod").write_text(f"{MAIN}exclude {A} v1.3.0\n")
    with World([SCRIPT.answer]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0])
        inside = modtrace("trace", A, env=env, cwd=shop)
        without = modtrace("trace", A, "--no-project", "--json", env=env, cwd=shop)
        away = modtrace("trace", A, "-C", "shop/deep", "--json", env=env, cwd=tmp_path)
        nowhere = modtrace("trace", A, "-C", "nowhere", env=env, cwd=tmp_path)
        doctor = modtrace("doctor", A, "-C", "shop", "--json", env=env, cwd=tmp_path)
    assert f"{A}@latest -> v1.1.0" in inside.stdout
    assert f"project  {tmp_path}/shop/go.mod" in inside.stdout
    assert "exclude? leads: v1.3.0 is excluded: no query chooses it (go.mod:5)" in inside.stdout
    assert (json.loads(without.stdout)["version"], json.loads(without.stdout)["project"]) == ("v1.3.0", "")
    said = json.loads(away.stdout)
    assert (said["version"], said["turnings"][-1]["turning"]) == ("v1.1.0", "exclude")
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert nowhere.stderr == "modtrace: -C nowhere: there is no such folder\n"
    assert json.loads(doctor.stdout)["trace"]["version"] == "v1.1.0"


def _project(folder: Path, **variables: str) -> Project:
    given = clean_environment(folder, **variables)
    project = load_project(read_environment(process=given, cwd=str(folder)))
    assert project is not None
    return project


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "go.mod")
    assert "is no plain file" in _project(tmp_path).unsaid
    (tmp_path / "go.mod").unlink()
    (tmp_path / "go.mod").write_text(MAIN)
    os.mkfifo(tmp_path / "go.sum")
    assert _project(tmp_path).go_sum.hashes == {}
    assert "is no plain file" in _project(tmp_path, GOWORK="/dev/zero").unsaid
    (tmp_path / "go.work").symlink_to("go.work")
    assert _project(tmp_path).error == ""


def test_what_a_project_says_reaches_the_terminal_tamed(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text(f"{MAIN}\x1b]0;title\x07 [bold]\u202eword\n")
    done = modtrace("trace", A, env=clean_environment(tmp_path, GOPROXY="off"), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert "errors parsing go.mod" in done.stdout
    assert not any(char in done.stdout for char in "\x1b\x07\u202e")


def test_a_version_that_only_a_server_could_explain_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text(f"{MAIN}require {A} main\n")
    done = modtrace("trace", A, env=clean_environment(tmp_path, GOPROXY="off"), cwd=tmp_path)
    assert done.returncode == 3
    assert "go.mod names a version that is not canonical: go first asks what it stands for" in done.stdout
