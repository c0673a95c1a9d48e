"""What the module browser says go would choose, and the lists, against the real go: 300 generated modules."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from probes.browse.asking import browse
from probes.browse.table import ColumnKind, VersionTable
from probes.golang.environment import Environment
from probes.sources.environment_reader import read_environment
from tests.against_go.golang import go_binary
from tests.against_go.version_lists import Listed, generate

COUNT = 300


class Worlds:
    """The trees, the project, and what go and modtrace make of them."""

    def __init__(self, folder: Path, separator: str, seed: int) -> None:
        self.folder = folder
        trees = [folder / "first", folder / "second"]
        self.modules = generate(trees, COUNT, seed)
        self.variables = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "GOPROXY": separator.join(f"file://{t}" for t in trees),
            "GOSUMDB": "off", "GOENV": "off", "GOFLAGS": "-modcacherw -mod=mod", "GOTOOLCHAIN": "local",
            "GOPATH": str(folder / "gopath"), "GO111MODULE": "on",
        }  # fmt: skip

    def go(self, *arguments: str, cwd: Path) -> dict[str, dict[str, Any]]:
        """What `go list -m -e -json` prints, by the arguments."""
        done = subprocess.run(
            [str(go_binary()), "list", "-m", "-e", "-json", *arguments],
            cwd=cwd, env=self.variables, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        decoder, text, found = json.JSONDecoder(), done.stdout, []
        while text := text.lstrip():
            one, end = decoder.raw_decode(text)
            found.append(one)
            text = text[end:]
        assert len(found) == COUNT, done.stderr
        return {one["Path"]: one for one in found}

    def tables(self, cwd: Path) -> dict[str, VersionTable]:
        """What the browser says."""
        environment = read_environment(process=self.variables, cwd=str(cwd))
        return asyncio.run(_tables(environment, self.modules))


async def _tables(environment: Environment, modules: list[Listed]) -> dict[str, VersionTable]:
    found = {}
    for one in modules:
        found[one.path] = table = VersionTable()
        await browse(environment, one.path, table.apply)
    return found


def _differences(worlds: Worlds, cwd: Path, query: str, tables: dict[str, VersionTable]) -> list[str]:
    """Where another version or another error is chosen."""
    said = worlds.go(*(f"{one.path}@{query}" for one in worlds.modules), cwd=cwd)
    found = []
    for path, table in tables.items():
        choice, go = table.choices[query], said[path]
        error = go.get("Error", {}).get("Err")
        # What go says of a version that it has chosen (a .mod that is not there) is no part of the choice.
        failed = error is not None and go.get("Version", query) == query
        chosen = None if failed else go.get("Version", "")
        if choice.version != chosen or (failed and choice.error != error):
            found.append(f"{path}@{query}: {choice.version} {choice.error!r}, go: {chosen} {error!r}")
    return found


@pytest.mark.parametrize(("separator", "seed"), [(",", 1), ("|", 2)])
def test_the_choices_are_those_of_go(tmp_path: Path, separator: str, seed: int) -> None:
    worlds = Worlds(tmp_path, separator, seed)
    outside, project = tmp_path / "outside", tmp_path / "project"
    for folder in (outside, project):
        folder.mkdir()
    requirements = "".join(f"\t{one.path} {one.required}\n" for one in worlds.modules)
    excluded = "".join(f"exclude {one.path} {one.excluded}\n" for one in worlds.modules if one.excluded)
    go_mod = f"module p.test\n\ngo 1.21\n\nrequire (\n{requirements})\n{excluded}"
    (project / "go.mod").write_text(go_mod)
    tables = worlds.tables(outside)
    assert _differences(worlds, outside, "latest", tables) == []
    found = _list_differences(worlds, outside, tables)
    assert not found, "\n".join(found)
    tables = worlds.tables(project)
    for query in ("latest", "upgrade", "patch"):
        assert _differences(worlds, project, query, tables) == []
    assert any(table.choices["upgrade"].version for table in tables.values())
    assert (project / "go.mod").read_text() == go_mod


def _list_differences(worlds: Worlds, cwd: Path, tables: dict[str, VersionTable]) -> list[str]:
    paths = [one.path for one in worlds.modules]
    every = worlds.go("-versions", "-retracted", *paths, cwd=cwd)
    allowed = worlds.go("-versions", *paths, cwd=cwd)
    found = []
    for path, table in tables.items():
        listed = _served_list(table)
        if listed != every[path].get("Versions", []):
            found.append(f"{path}: {listed}, go: {every[path]}")
        kept = [version for version in listed if table.retraction(version) is None]
        if table.module is not None and table.module.error is not None:
            # Then go lists nothing here; what it prints instead depends on what the next proxy says.
            if listed and "Versions" in allowed[path]:
                found.append(f"{path}: {table.module.error}, go: {allowed[path]}")
        elif kept != allowed[path].get("Versions", []):
            found.append(f"{path}: {kept} are not retracted, go: {allowed[path]}")
    return found


def _served_list(table: VersionTable) -> list[str]:
    """The list of the first proxy that has one."""
    for state in table.columns:
        if state.column.kind is ColumnKind.PROXY and state.answered and not state.answered.error:
            return list(state.answered.versions)
    return []
