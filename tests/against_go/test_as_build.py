"""What stops `go build` without a network is told in the words of the real go."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from probes.project.as_build import Answer, AsBuild, look_at_build
from probes.sources.environment_reader import read_environment
from tests.against_go.build_cases import ALL, CASES, A, B, Case, module, random_case, random_vendored, spoilt
from tests.against_go.build_cases import one as project
from tests.against_go.build_world import BuildWorld

RANDOM, VENDORED, COLD = 80, 20, 30


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> BuildWorld:
    return BuildWorld(tmp_path_factory.mktemp("world"))


def lay_out(case: Case, folder: Path, world: BuildWorld) -> Path:
    """The project's files; the folder that go runs in."""
    for name, text in case.files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(sums(text, world) if name.endswith("go.sum") else text)
    return folder / case.folder


def sums(text: str, world: BuildWorld) -> str:
    if text == ALL:
        return world.go_sum()
    keys = [one for one in text.split(";") if one]
    return "".join(one[1:].strip() + "\n" if one.startswith("!") else world.go_sum(one) for one in keys)


def settings(case: Case, world: BuildWorld) -> dict[str, str]:
    return {
        name: str(world.folder / "cold") if text == "COLD" else text for name, text in case.variables.items()
    }


def looked_at(case: Case, here: Path, world: BuildWorld) -> AsBuild:
    environment = read_environment(world.variables(**settings(case, world)), cwd=str(here))
    return look_at_build(environment, case.arguments)


WARNS = ("go: ignoring", "go: dropping", "go: warning")
CHATTER = ("go: downloading", "go: finding module for package")


def go_build(world: BuildWorld, here: Path, case: Case) -> tuple[int, list[str], list[str]]:
    """Exit code of `go build -n`, what it warns of, and what stops it, in its order."""
    done = world.go(here, "build", "-n", *case.arguments, more=settings(case, world))
    lines = [one for one in done.stderr.splitlines() if not one.startswith(CHATTER)]
    stops = [one for one in lines if not one.startswith(WARNS)] if done.returncode else []
    return done.returncode, [one for one in lines if one.startswith(WARNS)], stops


def test_go_says_the_same_words(world: BuildWorld, tmp_path: Path) -> None:
    compare(CASES, world, tmp_path)


def test_projects_put_together_by_chance(world: BuildWorld, tmp_path: Path) -> None:
    compare([random_case(seed, list(world.sums)) for seed in range(RANDOM)], world, tmp_path)


def test_vendor_folders_that_somebody_has_edited(world: BuildWorld, tmp_path: Path) -> None:
    wrong = []
    for seed in range(VENDORED):
        case, root = random_vendored(seed), tmp_path / str(seed)
        here = lay_out(case, root, world)
        is_work = "go.work" in case.files
        for folder in ("m", "n") if is_work else (".",):
            world.go(root / folder, "mod", "tidy", more={"GOWORK": "off"}, check=True)
        world.go(here, "work" if is_work else "mod", "vendor")
        go_mod, listing = here / "go.mod", root / "vendor/modules.txt"
        if listing.exists():
            texts = spoilt(seed, go_mod.read_text(), listing.read_text())
            go_mod.write_text(texts[0])
            listing.write_text(texts[1])
        wrong += differences(case, here, world)
    assert not wrong, "\n".join(wrong)


def test_a_module_cache_that_lacks_something_and_no_proxy(world: BuildWorld, tmp_path: Path) -> None:
    wrong, versions = [], sorted({tuple(key.removesuffix("/go.mod").split()) for key in world.sums})
    for seed in range(COLD):
        chance, cache = random.Random(seed), tmp_path / f"cache{seed}"
        shutil.copytree(world.cache, cache)
        for path, number in versions:
            downloads, tree = cache / "cache/download" / path / "@v", cache / f"{path}@{number}"
            lost = chance.choice(("*", "zip*", "", "", ""))
            for file in downloads.glob(f"{number}.{lost}") if lost else ():
                file.unlink()
            if lost and tree.exists():
                shutil.rmtree(tree)
        case = random_case(seed, list(world.sums))
        case = replace(case, variables={**case.variables, "GOPROXY": "off", "GOMODCACHE": str(cache)})
        wrong += differences(case, lay_out(case, tmp_path / str(seed), world), world)
        shutil.rmtree(cache)
    assert not wrong, "\n".join(wrong)


def compare(cases: list[Case], world: BuildWorld, tmp_path: Path) -> None:
    wrong = []
    for number, case in enumerate(cases):
        here = lay_out(case, tmp_path / str(number), world)
        wrong += differences(case, here, world)
    assert not wrong, f"{len(wrong)} of {len(cases)}:\n" + "\n".join(wrong)


def differences(case: Case, here: Path, world: BuildWorld) -> list[str]:
    """Where we do not say what go says; looking changes nothing."""
    before = {file: file.read_bytes() for file in here.rglob("go.*") if file.is_file()}
    found = looked_at(case, here, world)
    assert before == {file: file.read_bytes() for file in here.rglob("go.*") if file.is_file()}
    code, warns, stops = go_build(world, here, case)
    if (warns, stops) != (found.warnings, found.go_says.splitlines()):
        ours = [*found.warnings, found.go_says]
        return [f"## {case.name}\n" + "\n".join([*warns, *stops, "-- we", *ours])]
    if (code != 0) != (found.answer is Answer.STOPS):
        return [f"## {case.name}: go ends with {code}, we say {found.answer}: {found.checks}"]
    return []


def test_the_remedies_mend(world: BuildWorld, tmp_path: Path) -> None:
    """What is named as a remedy is typed into a shell: then go goes on, or stops at something else."""
    wrong, tried = [], 0
    for number, case in enumerate(each for each in CASES if each.mends):
        here = lay_out(case, tmp_path / str(number), world)
        found = looked_at(case, here, world)
        remedies = [check.remedy for check in found.checks if check.answer is Answer.STOPS and check.remedy]
        if not remedies:
            wrong.append(f"{case.name}: no remedy")
            continue
        tried += 1
        lines = f"{remedies[0]} || exit 9\nexec go list -deps {' '.join(case.arguments)}\n"
        done = subprocess.run(
            ["sh", "-c", lines], cwd=here, env=world.variables(**settings(case, world)), text=True,
            capture_output=True,
        )  # fmt: skip
        if done.returncode == 9 or found.go_says in done.stderr:
            wrong.append(f"## {case.name}: {remedies[0]}\n{done.stderr}\n-- before\n{found.go_says}")
    assert not wrong, "\n".join(wrong)
    assert tried > 25


def test_what_go_would_fetch_next_is_what_it_fetches(world: BuildWorld, tmp_path: Path) -> None:
    pruned = Case("", project(module(A, B), "dep.test/a", "dep.test/b"))
    unpruned = Case("", project(module(A, go="1.16"), "dep.test/a"))
    for number, (case, zips, mods) in enumerate([
        (pruned, ["dep.test/a", "dep.test/b"], []), (unpruned, [], ["dep.test/a"]),
    ]):  # fmt: skip
        here = lay_out(case, tmp_path / str(number), world)
        cache = tmp_path / f"cache{number}"
        environment = read_environment(world.variables(GOMODCACHE=str(cache)), cwd=str(here))
        found = look_at_build(environment)
        assert found.answer is Answer.FETCHES
        assert [path for path, _ in found.fetches] == zips
        assert [path for path, _ in found.go_mods] == mods
        assert not cache.exists()
        world.go(
            here,
            "list",
            "-deps",
            "./...",
            check=True,
            more={"GOMODCACHE": str(cache), "GOFLAGS": "-modcacherw"},
        )
        for path, version in [*found.fetches, *found.go_mods]:
            assert (cache / "cache/download" / path / "@v" / f"{version}.mod").exists()
        assert look_at_build(environment).answer is Answer.GOES_ON


def test_a_hash_that_go_sum_refuses_stops_it_offline(world: BuildWorld, tmp_path: Path) -> None:
    bad = "!dep.test/b v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    for number, files in enumerate([
        project(module(B), "dep.test/b", sums=f"dep.test/b v1.0.0/go.mod;{bad}"),
        project(module(B), "dep.test/b", sums=f"dep.test/b v1.0.0;{bad.replace('v1.0.0', 'v1.0.0/go.mod')}"),
    ]):  # fmt: skip
        case = Case("", files)
        here = lay_out(case, tmp_path / str(number), world)
        done = world.go(here, "list", "-deps", "./...")
        found = looked_at(case, here, world)
        assert found.go_says.strip() == done.stderr.strip()
        assert found.answer is Answer.STOPS


def test_a_newer_go_is_switched_to_before_anything_is_read(world: BuildWorld, tmp_path: Path) -> None:
    here = lay_out(Case("", project(module(go="1.99"))), tmp_path, world)
    for setting, answer in {"auto": Answer.FETCHES, "path": Answer.FETCHES, "local": Answer.STOPS}.items():
        environment = read_environment(world.variables(GOTOOLCHAIN=setting), cwd=str(here))
        found = look_at_build(environment)
        assert found.answer is answer, found.checks
        assert "go.mod requires go >= 1.99" in found.checks[-1].finding + found.checks[-1].go_says


def test_what_is_not_covered_is_told_as_unknown(world: BuildWorld, tmp_path: Path) -> None:
    here = lay_out(Case("", project(module())), tmp_path, world)
    for more in ({"GO111MODULE": "off"}, {"GOFLAGS": "-overlay=x.json"}):
        found = look_at_build(read_environment(world.variables(**more), cwd=str(here)))
        assert found.answer is Answer.UNKNOWN
        assert found.checks[-1].remedy.startswith("unset ") or len(found.checks) > 3
    (here / "main.go").write_text("package main\nimport (\n")
    (tmp_path / "go.mod").write_text("module main.test/m\ngo 1.20\nrequire dep.test/b master\n")
    unsaid = look_at_build(read_environment(world.variables(), cwd=str(here)))
    assert unsaid.answer is Answer.UNKNOWN
    assert "not canonical" in unsaid.checks[-1].finding


def test_odd_folders_end_in_an_answer(world: BuildWorld, tmp_path: Path) -> None:
    here = lay_out(Case("", project(module(B), "dep.test/b", "main.test/m/x")), tmp_path, world)
    (here / "x").symlink_to(here / "x")
    (here / "y").symlink_to(here)
    os.mkfifo(here / "z.go")
    (here / "vendor").mkdir()
    (here / "vendor/modules.txt").symlink_to("/dev/zero")
    environment = read_environment(world.variables(), cwd=str(here))
    assert look_at_build(environment).answer in (Answer.STOPS, Answer.UNKNOWN)
    (here / "vendor/modules.txt").unlink()
    (here / "vendor").rmdir()
    found = look_at_build(environment)
    assert found.answer in (Answer.STOPS, Answer.UNKNOWN), found.checks
