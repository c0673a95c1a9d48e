"""A module cache damaged in each way: found, named, mended with the smallest repair; the real go agrees before
and after. The words of `go mod verify` are the same."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.against_go.damaged_cache import (
    ESCAPED,
    FILES,
    MODULE,
    NAME,
    NO_SUM,
    PAGE,
    VERSION,
    Go,
    all_of,
    cut_zip,
    in_place,
    other_zip,
    spoiled_zip,
    without,
)
from tui.launch import main

DOWNLOADS = f"cache/download/{ESCAPED}/@v/{VERSION}"
TREE = f"{ESCAPED}@{VERSION}"
UNFIT = {"sub/go.mod": b"module x\n"}


@dataclass(frozen=True)
class Case:
    """A damage."""

    damage: Callable[[Go], object]
    kinds: set[str]
    """What it is called."""
    removes: set[str] | None = None
    """All that may be removed; None where nothing is."""
    writes: bool = False
    """Whether the .ziphash is written anew."""
    graph: bool = True
    """Whether go gets as far as verifying; else it stops at the .mod."""
    build_fails: bool | None = None
    """Whether go, offline, cannot build with it."""


def file(suffix: str) -> str:
    return f"{DOWNLOADS}.{suffix}"


def modify(go: Go) -> None:
    (go.tree / "m.go").write_bytes(b"package mod\n\nconst A = 2\n")


def add(go: Go) -> None:
    (go.tree / "sub" / "extra.go").write_bytes(b"package sub\n")


CASES = {
    "html .mod": Case(lambda go: go.write("mod", PAGE), {"mod-html", "go-sum-other"}, {file("mod")}, graph=False, build_fails=True),
    "html .mod, no go.sum": Case(
        all_of(lambda go: go.write("mod", PAGE), Go.forget_sums), {"mod-html"}, {file("mod")}, graph=False, build_fails=True
    ),
    "empty .mod": Case(
        all_of(lambda go: go.write("mod", b""), Go.forget_sums), {"mod-broken"}, {file("mod")}, graph=False
    ),
    "unparsable .mod": Case(
        all_of(lambda go: go.write("mod", f"module {MODULE}\n\nrequire (\n".encode()), Go.forget_sums),
        {"mod-broken"}, {file("mod")}, graph=False, build_fails=True,
    ),
    ".mod of another path": Case(
        all_of(lambda go: go.write("mod", b"module other.test/x\n"), Go.forget_sums),
        {"mod-other-path"}, {file("mod")}, graph=False, build_fails=True,
    ),
    ".mod of another path, go.mod unpacked is spoiled": Case(
        all_of(lambda go: go.write("mod", b"module other.test/x\n"), Go.forget_sums,
               lambda go: (go.tree / "go.mod").write_bytes(b"")),
        {"mod-other-path", "dir-modified"}, {file("mod"), TREE}, graph=False,
    ),
    ".mod of another path, and nothing else": Case(
        all_of(lambda go: go.write("mod", b"module other.test/x\n"), Go.forget_sums,
               without("info", "zip", "ziphash", "tree")),
        {"mod-other-path"}, {file("mod")}, graph=False,
    ),
    ".mod is not the one of go.sum": Case(
        lambda go: go.write("mod", f"module {MODULE}\n\ngo 1.19\n".encode()),
        {"go-sum-other"}, {file("mod")}, graph=False, build_fails=True,
    ),
    ".mod is a folder": Case(in_place("mod", Path.mkdir), {"not-plain"}, {file("mod")}, graph=False, build_fails=True),
    ".mod is a FIFO": Case(in_place("mod", os.mkfifo), {"not-plain"}, {file("mod")}, graph=False),
    ".mod is a link to itself": Case(
        in_place("mod", lambda at: at.symlink_to(at.name)), {"link"}, {file("mod")}, graph=False
    ),
    "html .info": Case(lambda go: go.write("info", PAGE), {"info-broken"}, {file("info")}),
    ".info of another version": Case(
        lambda go: go.write("info", b'{"Version":"v1.2.0","Time":"2024-01-01T00:00:00Z"}'),
        {"info-other-version"}, {file("info")},
    ),
    "cut zip, unpacked": Case(cut_zip, {"zip-broken"}, {file("zip")}, build_fails=False),
    "cut zip, not unpacked": Case(all_of(cut_zip, without("tree")), {"zip-broken"}, {file("zip")}, build_fails=True),
    "spoiled zip": Case(all_of(spoiled_zip, without("tree")), {"zip-broken"}, {file("zip")}, build_fails=True),
    "html zip": Case(all_of(lambda go: go.write("zip", PAGE), without("tree")), {"zip-broken"}, {file("zip")}, build_fails=True),
    "zip is a folder": Case(in_place("zip", Path.mkdir), {"not-plain"}, {file("zip")}, build_fails=False),
    "zip is a link to itself": Case(
        in_place("zip", lambda at: at.symlink_to(at.name)), {"link"}, {file("zip")}, build_fails=False
    ),
    "zip is a link that leads nowhere": Case(
        in_place("zip", lambda at: at.symlink_to("nowhere")), {"link"}, {file("zip")}, build_fails=False
    ),
    "nested go.mod": Case(
        all_of(other_zip({**FILES, **UNFIT}), Go.forget_sums), {"zip-unfit"}, {file("zip")}, build_fails=None
    ),
    "case collision": Case(
        all_of(other_zip({**FILES, "M.go": b"package mod\n"}), Go.forget_sums), {"zip-unfit"}, {file("zip")}
    ),
    "other zip, unpacked": Case(
        all_of(lambda go: shutil.copytree(go.tree, go.home / "kept", dirs_exist_ok=True), other_zip({}, sum_too=False),
               lambda go: shutil.move(go.home / "kept", go.tree), Go.forget_sums),
        {"zip-modified"}, {file("zip")},
    ),
    "other zip, go.sum": Case(other_zip({"m.go": b"package mod\n"}, sum_too=False), {"zip-modified"}, {file("zip")}),
    "other zip and sum": Case(
        other_zip({"m.go": b"package mod\n"}), {"go-sum-other"}, {file("zip"), file("ziphash")}, build_fails=True
    ),
    "no .ziphash": Case(without("ziphash"), {"ziphash-missing"}, None, True, build_fails=False),
    "no .ziphash, cut zip": Case(
        all_of(cut_zip, without("ziphash")), {"zip-broken", "dir-incomplete"}, {file("zip"), TREE}, build_fails=True
    ),
    "no .ziphash, modified": Case(
        all_of(modify, without("ziphash")), {"ziphash-missing", "dir-modified"}, {TREE}, True, build_fails=False
    ),
    "no .ziphash, no zip": Case(without("ziphash", "zip"), {"dir-incomplete"}, {TREE}),
    ".ziphash is no hash": Case(lambda go: go.write("ziphash", b"h1:x"), {"ziphash-malformed"}, None, True, build_fails=False),
    ".ziphash is no hash, no zip": Case(
        all_of(lambda go: go.write("ziphash", PAGE), without("zip")), {"ziphash-malformed", "dir-modified"},
        {file("ziphash"), TREE}, build_fails=True,
    ),
    ".ziphash of something else": Case(
        lambda go: go.write("ziphash", NO_SUM), {"ziphash-other"}, None, True, build_fails=True
    ),
    ".ziphash of something else, no go.sum": Case(
        all_of(lambda go: go.write("ziphash", NO_SUM), Go.forget_sums), {"zip-modified", "dir-modified"},
        {file("zip"), TREE},
    ),
    ".ziphash of another kind": Case(
        lambda go: go.write("ziphash", NO_SUM.replace(b"h1", b"h2")), {"ziphash-malformed"}, None, True, build_fails=True
    ),
    ".ziphash is a folder": Case(
        in_place("ziphash", Path.mkdir), {"not-plain"}, {file("ziphash")}, True, build_fails=True
    ),
    "modified": Case(modify, {"dir-modified"}, {TREE}, build_fails=False),
    "a file too many": Case(add, {"dir-modified"}, {TREE}, build_fails=False),
    "a file too few": Case(lambda go: (go.tree / "m.go").unlink(), {"dir-modified"}, {TREE}, build_fails=True),
    "a link that leads nowhere": Case(
        lambda go: (go.tree / "x").symlink_to("nowhere"), {"dir-modified"}, {TREE}, build_fails=False
    ),
    "a link to a folder": Case(lambda go: (go.tree / "x").symlink_to("sub"), {"dir-modified"}, {TREE}, build_fails=False),
    "not wholly unpacked": Case(
        all_of(lambda go: go.write("partial", b""), lambda go: (go.tree / "m.go").unlink()),
        {"dir-incomplete"}, {TREE, file("partial")}, build_fails=False,
    ),
    "a .partial and nothing unpacked": Case(
        all_of(without("tree"), lambda go: go.write("partial", b"")), {"dir-incomplete"}, {file("partial")}, build_fails=False
    ),
    "unpacked is a file": Case(
        all_of(without("tree"), lambda go: go.tree.write_bytes(b"")), {"dir-no-folder"}, {TREE}, build_fails=False
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Go:
    """The cache, made once."""
    made = Go(tmp_path_factory.mktemp("go"))
    made.set_up()
    return made


@pytest.fixture(autouse=True)
def _here(go: Go, monkeypatch: pytest.MonkeyPatch) -> None:
    """modtrace sees what go sees."""
    go.restore()
    for name in list(os.environ):
        if name.startswith("GO"):
            monkeypatch.delenv(name)
    for name, value in go.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(go.project)


def looked(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    """What `modtrace cache --json` says."""
    capsys.readouterr()
    code = main(["cache", "--json", *options])
    return code, json.loads(capsys.readouterr().out)


def snapshot(cache: Path) -> dict[str, bytes | str]:
    """All that is in the cache."""
    return {
        str(one.relative_to(cache)): one.read_bytes() if one.is_file() and not one.is_symlink() else "other"
        for one in cache.rglob("*")
    }


@pytest.mark.parametrize("name", CASES)
def test_damage_is_found_named_and_mended(go: Go, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    case = CASES[name]
    case.damage(go)
    before = snapshot(go.cache)
    code, found = looked(capsys, "--verify")
    assert code == 1
    assert {one["kind"] for one in found["findings"] if one["level"] == "bad"} == case.kinds
    assert all(one["go_says"] and one["words"] for one in found["findings"])
    assert snapshot(go.cache) == before, "a look changes nothing"

    if case.build_fails is not None:
        shutil.copytree(go.cache, go.home / "aside", symlinks=True)
        built = go.run("build", "./...", GOPROXY="off")
        assert (built.returncode != 0) is case.build_fails, built.stderr
        shutil.rmtree(go.cache)
        shutil.move(go.home / "aside", go.cache)
    stops = found["go_mod_verify"]["stops_at"].split(" … ")[0]
    if not case.graph:
        if name != ".mod is a FIFO":  # there it waits
            said = go.run("mod", "verify", GOPROXY="off")
            assert said.returncode == 1
            assert (stops or "module lookup disabled by GOPROXY=off") in said.stderr
    else:
        assert stops == ""
        said = go.run("mod", "verify")
        lines = (said.stdout + said.stderr).rstrip("\n").split("\n")
        assert found["go_mod_verify"]["says"] == lines
        assert found["go_mod_verify"]["is_build_list"]

    code, done = looked(capsys, "--verify", "--fix", "--yes")
    assert code == 0, done
    assert {one for plan in done["plan"] for one in plan["remove"]} == (case.removes or set())
    assert any(plan["write"] for plan in done["plan"]) is case.writes
    left, gone = set(snapshot(go.cache)), case.removes or set()
    for path in set(before) - left:
        assert any(path == one or path.startswith(f"{one}/") for one in gone), f"{path} was not to go"

    for arguments in (("mod", "verify"), ("build", "-mod=mod", "./..."), ("mod", "verify")):
        after = go.run(*arguments)
        assert after.returncode == 0, after.stderr
    assert (go.tree / "m.go").read_bytes() == FILES["m.go"]
    assert looked(capsys, "--verify")[0] == 0


def test_a_sound_cache_is_sound_and_says_what_it_spares(go: Go, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = looked(capsys, "--verify")
    assert (code, found["findings"], found["ok"]) == (0, [], True)
    assert found["counts"] | {"bytes": 0, "hashed_bytes": 0} == {
        "modules": 2, "versions": 2, "zips": 2, "unpacked": 2, "only_mod": 0, "bytes": 0, "bad": 0,
        "hashed_files": 10, "hashed_bytes": 0,
    }  # fmt: skip
    assert found["go_mod_verify"]["says"] == [go.run("mod", "verify").stdout.strip()]
    code, found = looked(capsys, NAME)
    spared = {one["what"]: one["spares"] for one in found["versions"][0]["files"]}
    assert spared[".mod"] == f"GET {ESCAPED}/@v/{VERSION}.mod"
    assert spared["dir"].startswith(f"GET {ESCAPED}/@v/{VERSION}.zip")
    assert spared[".lock"] == ""


def test_a_fork_that_is_replaced_is_no_damage(go: Go, capsys: pytest.CaptureFixture[str]) -> None:
    """go takes a .mod that names the path which it stands in for."""
    go.write("mod", b"module other.test/x\n")
    (go.tree / "go.mod").write_bytes(b"module other.test/x\n")
    old = (go.project / "go.mod").read_bytes()
    try:
        (go.project / "go.mod").write_text(
            f"module p.test\n\ngo 1.20\n\nrequire other.test/x v1.0.0\n\nreplace other.test/x => {MODULE} {VERSION}\n"
        )
        go.forget_sums()
        assert go.run("list", "-mod=mod", "-m", "all").returncode == 0
        code, found = looked(capsys)
        assert code == 0
        assert {(one["kind"], one["level"]) for one in found["findings"]} == {("mod-other-path", "note")}
        assert "in place of" in found["findings"][0]["words"]
    finally:
        (go.project / "go.mod").write_bytes(old)


def test_folders_as_go_makes_them_are_removed_too(go: Go, capsys: pytest.CaptureFixture[str]) -> None:
    """Without -modcacherw nobody may write into them (0555)."""
    shutil.rmtree(go.tree)
    assert go.run("mod", "download", GOFLAGS="").returncode == 0
    assert go.tree.stat().st_mode & 0o777 == 0o555
    (go.tree / "m.go").chmod(0o644)
    (go.tree / "m.go").write_bytes(b"package mod\n")
    code, done = looked(capsys, "--verify", "--fix", "--yes")
    assert (code, go.tree.exists()) == (0, False), done
    assert [one.name for one in go.tree.parent.iterdir()] == []
