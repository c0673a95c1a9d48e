"""Every combination of damages to .zip, .ziphash, the unpacked folder and .partial, each in a module of its own
in one cache: `go mod verify` runs once before and once after, and says line by line what modtrace says."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.against_go.damaged_cache import NO_SUM, VERSION, Go, zip_of
from tui.launch import main

Damage = Callable[[Path], object]


def _cut(at: Path) -> None:
    at.write_bytes(at.read_bytes()[:-30])


def _other(at: Path) -> None:
    name = at.parent.parent.name
    at.write_bytes(zip_of({"go.mod": f"module {name}\n".encode()}, f"{name}@{VERSION}/"))


def _gone(at: Path) -> None:
    shutil.rmtree(at) if at.is_dir() else at.unlink()


def _folder(at: Path) -> None:
    at.unlink()
    at.mkdir()


def _changed(tree: Path) -> None:
    (tree / "m.go").write_text("package changed\n")


def _file(tree: Path) -> None:
    shutil.rmtree(tree)
    tree.write_text("")


def _sound(_at: Path) -> None:
    pass


ZIPS: tuple[Damage, ...] = (_sound, _cut, _other, _gone, _folder)
SUMS: tuple[Damage, ...] = (
    _sound, _gone, lambda at: at.write_bytes(b"x"), lambda at: at.write_bytes(NO_SUM), _folder,
)  # fmt: skip
TREES: tuple[Damage, ...] = (_sound, _changed, _gone, _file)
PARTIALS: tuple[Damage, ...] = (_sound, lambda at: at.write_bytes(b""))
COMBINED = tuple(itertools.product(ZIPS, SUMS, TREES, PARTIALS))


@pytest.mark.parametrize("has_sums", [True, False], ids=["go.sum", "no go.sum"])
def test_all_combinations(
    tmp_path: Path, has_sums: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    go = Go(tmp_path)
    go.project.mkdir()
    names = [f"m{number}.test" for number in range(len(COMBINED))]
    for name in names:
        go.publish(name, name, {"m.go": b"package m\n"})
    required = "".join(f"\t{name} {VERSION}\n" for name in names)
    (go.project / "go.mod").write_text(f"module p.test\n\ngo 1.20\n\nrequire (\n{required})\n")
    versions = [f"{name}@{VERSION}" for name in names]
    assert go.run("mod", "download", *versions, GOFLAGS="-modcacherw -mod=mod").returncode == 0
    assert (go.project / "go.sum").read_text().count(f" {VERSION} h1:") == len(names)
    for name, damages in zip(names, COMBINED, strict=True):
        start = go.cache / "cache" / "download" / name / "@v" / VERSION
        places = (f"{start}.zip", f"{start}.ziphash", go.cache / f"{name}@{VERSION}", f"{start}.partial")
        for damage, at in zip(damages, places, strict=True):
            damage(Path(at))
    flags = {"GOFLAGS": "-modcacherw -mod=mod"}
    if not has_sums:
        (go.project / "go.sum").unlink()

    for variable in [one for one in os.environ if one.startswith("GO")]:
        monkeypatch.delenv(variable)
    for variable, value in go.environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir(go.project)
    capsys.readouterr()
    main(["cache", "--verify", "--json"])
    found = json.loads(capsys.readouterr().out)
    said = go.run("mod", "verify", **flags)
    if not has_sums:
        (go.project / "go.sum").unlink(missing_ok=True)
    lines = [line for line in (said.stdout + said.stderr).splitlines() if not line.startswith("go: ")]
    assert found["go_mod_verify"]["says"] == lines

    assert main(["cache", "--verify", "--fix", "--yes", "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert all(not one["errors"] for one in done["mended"])
    if has_sums:
        kept = {one for plan in done["plan"] for one in plan["remove"] if one.endswith((".mod", ".info"))}
        assert kept == set(), "these were sound"
    for arguments in (("mod", "verify"), ("mod", "download"), ("mod", "verify")):
        after = go.run(*arguments, **flags)
        assert (after.returncode, after.stderr) == (0, "")
    for name, (zip_, *_others) in zip(names, COMBINED, strict=True):
        if not has_sums and zip_ is _other:
            continue  # nothing tells of this zip that it was another one
        assert (go.cache / f"{name}@{VERSION}" / "m.go").read_bytes() == b"package m\n"
    assert main(["cache", "--verify"]) == 0
