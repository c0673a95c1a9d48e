"""Records and tiles of a checksum database that are spoiled in the module cache: go stops, in the words that
modtrace has, and goes on once modtrace has removed those files and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from probes.cache.records import spoiled
from tests.against_go.sum_projects import GoProject, tidy_project
from tui.launch import main

RECORD, TILE = "lookup/m.test/a@v1.0.0", "tile/8/0/000.p/12"
Damage = Callable[[bytes], bytes]
DAMAGES: tuple[tuple[str, Damage, str], ...] = (
    (RECORD, lambda data: b"<html>login</html>\n", "record-broken"),
    (RECORD, lambda data: data[: len(data) // 2], "record-broken"),
    (RECORD, lambda data: data.replace(b"h1:", b"h2:"), "record-broken"),
    (RECORD, lambda data: b"", ""),
    (TILE, lambda data: b"<html>login</html>\n", "tile-broken"),
    (TILE, lambda data: data[:64], "tile-broken"),
    (TILE, lambda data: bytes([data[0] ^ 1]) + data[1:], "record-broken"),
    (TILE, lambda data: b"", ""),
)


def files(folder: Path) -> set[Path]:
    return {one for one in folder.rglob("*") if one.is_file() and one.suffix != ".lock"}


def test_what_stops_go_is_found_named_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with tidy_project(tmp_path) as project:
        project.variables["GOSUMDB"] = project.variables["TEST_GOSUMDB"]
        for name in [name for name in os.environ if name.startswith("GO")]:
            monkeypatch.delenv(name)
        for name, value in project.process.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(project.folder)
        base = _fill(project)
        for name, damage, kind in DAMAGES:
            file = base / name
            good = file.read_bytes()
            file.write_bytes(damage(good))
            before = files(project.home / "cache")
            said = _tidy(project)
            assert bool(said) is bool(kind), (name, said)
            file.write_bytes(damage(good))
            capsys.readouterr()
            code = main(["cache", "--verify", "--fix", "--yes", "--json"])
            found = json.loads(capsys.readouterr().out)
            assert (code, found["ok"]) == (0, True)
            assert [one["kind"] for one in found["findings"]] == [kind] * bool(kind)
            is_either = any(len(plan["remove"]) == 2 for plan in found["plan"])
            assert is_either or all(one["go_says"] in said for one in found["findings"])
            gone = {one for plan in found["plan"] for one in plan["remove"]}
            now = files(project.home / "cache")
            assert {str(one.relative_to(project.home / "cache")) for one in before - now} == gone
            assert main(["cache", "--verify"]) == 0
            assert _tidy(project) == "", name
            assert file.read_bytes() == good
        (base / "lookup/m.test/b@v1.1.0").write_bytes(b"<html>")
        (base / TILE).write_bytes(b"<html>")
        of_one = list(spoiled(str(project.home / "cache"), "m.test/b", "v1.1.0"))
        assert [one.file.rpartition("/")[2] for one in of_one] == ["b@v1.1.0"]
        assert list(spoiled(str(project.home / "cache"), "m.test/b", "v1.0.0")) == []


def _fill(project: GoProject) -> Path:
    """Let go ask the database for all; returns what it has kept of that."""
    project.forget()
    assert _tidy(project) == ""
    (base,) = (project.home / "cache/cache/download/sumdb").iterdir()
    assert base.is_dir()
    return base


def _tidy(project: GoProject) -> str:
    """What go says where go.sum has nothing."""
    project.write({"go.sum": b""})
    return project.run("go mod tidy 2>&1 >/dev/null | grep -v downloading").stdout
