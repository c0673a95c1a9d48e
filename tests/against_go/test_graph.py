"""The module graph and the build list are those of `go mod graph` and `go list -m all`."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from probes.golang.errors import GoError, ModuleError
from probes.project.graph import load_graph
from probes.project.project import read_project
from probes.project.requirements import ReadGoMod
from probes.project.selection import shown
from probes.sources.environment_reader import read_environment
from tests.against_go.golang import go_binary, goroot
from tests.against_go.graph_worlds import Universe, make_project, make_universe
from tests.modtrace import clean_environment

WORLDS = 200
UNIVERSES = 8
LOCAL = "1.27.3"


def variables(home: Path, universe: Universe) -> dict[str, str]:
    return clean_environment(
        home, GOPROXY=f"file://{universe.folder}", GOSUMDB="off", GOTOOLCHAIN="local", GOENV="off",
        GOFLAGS="-modcacherw", GOPATH=str(home / "go"), GOCACHE=str(home / "cache"), GOROOT=str(goroot()),
        GOMAXPROCS="1",
    )  # fmt: skip


def go(folder: Path, env: dict[str, str], *arguments: str) -> tuple[str, str]:
    done = subprocess.run([str(go_binary()), *arguments], cwd=folder, env=env, text=True, capture_output=True)
    return done.stdout, done.stderr


def reader(universe: Universe) -> ReadGoMod:
    def read(path: str, number: str) -> bytes:
        try:
            return universe.mods[path, number].encode()
        except KeyError:
            raise lost(universe, path, number) from None

    return read


def lost(universe: Universe, path: str, number: str) -> GoError:
    place = universe.folder / path / "@v" / f"{number}.info"
    return ModuleError(path, number, GoError(f"reading file://{place}: no such file or directory"))


def words(errors: str) -> str:
    """What go says, without its warnings, and without the address of the lost file."""
    lines = [
        line
        for line in errors.splitlines()
        if "on excluded version" not in line and "downloading" not in line
    ]
    text = "\n".join(lines).removeprefix("go: ")
    return text.partition(": reading file:")[0]


@pytest.fixture(scope="module")
def universes(tmp_path_factory: pytest.TempPathFactory) -> list[Universe]:
    folder = tmp_path_factory.mktemp("universes")
    return [make_universe(folder / str(one), one, paths=4 + one) for one in range(UNIVERSES)]


def test_graphs_and_lists_are_those_of_go(universes: list[Universe], tmp_path: Path) -> None:
    def compare(seed: int) -> tuple[list[str], bool]:
        universe = universes[seed % UNIVERSES]
        folder = make_project(tmp_path / str(seed), universe, seed)
        env = variables(tmp_path / f"home{seed % UNIVERSES}", universe)
        environment = read_environment(env, cwd=str(folder))
        project = read_project(folder, environment)
        found = load_graph(project, reader(universe), local=LOCAL, here=str(folder))
        told, errors = go(folder, env, "mod", "graph")
        if "conflicting replacements" in errors:
            return [], False
        wrong = []
        if words(errors) != words(str(found.error or "")):
            wrong.append(f"{seed}: go says {words(errors)!r}, we {words(str(found.error or ''))!r}")
        if errors and not told:
            return wrong, False
        lines = [
            f"{shown(one)} {shown(other)}"
            for one in found.graph.breadth_first() for other in found.graph.required.get(one, ())
        ]  # fmt: skip
        if told.splitlines() != lines:
            wrong.append(f"{seed}: the graph differs\n{told}\n--- we\n" + "\n".join(lines))
        if seed % 2:
            flags = {**env, "GOFLAGS": "-modcacherw" + (" -mod=mod" if project.work is None else "")}
            told, errors = go(folder, flags, "list", "-m", "-f", "{{.Path}} {{.Version}}", "all")
            ours = [f"{path} {number}" for path, number in found.modules]
            is_lost = ".info: no such file" in errors  # the list tells about each version, the graph does not
            if told.splitlines() != ours and not is_lost:
                wrong.append(f"{seed}: the list differs\n{told}{errors}\n--- we\n" + "\n".join(ours))
        return wrong, True

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(compare, range(WORLDS)))
    assert [line for wrong, _ in results for line in wrong] == []
    assert sum(whole for _, whole in results) > WORLDS / 3
