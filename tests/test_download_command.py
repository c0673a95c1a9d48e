"""`modtrace download`: what it takes, what it says, what it leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from probes.demo.server import World
from probes.golang.dirhash import go_mod_hash
from tests.kit_support import VERSIONS, library, module_version, script, write_project
from tests.modtrace import clean_environment, modtrace


@pytest.fixture
def world() -> Iterator[World]:
    with World([script().answer]) as running:
        yield running


def run(world: World, folder: Path, *arguments: str, **variables: str) -> CompletedProcess[str]:
    environment = clean_environment(folder / "home", **{"GOPROXY": world.urls[0], **variables})
    return modtrace("download", *arguments, env=environment, cwd=folder)


def test_versions_are_saved_and_told(world: World, tmp_path: Path) -> None:
    done = run(world, tmp_path, "dep.test/b@v1.1.0", "dep.test/Upper/Case", "-o", "files")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("saved   dep.test/b@v1.1.0  info ")
    assert lines[1].startswith("saved   dep.test/Upper/Case@v0.3.0  info ")
    assert lines[2].startswith("2 versions, 6 files, ")
    assert lines[3] == f"to use it: export GOPROXY=file://{tmp_path}/files GONOPROXY=none"
    assert (tmp_path / "files/dep.test/!upper/!case/@v/v0.3.0.zip").exists()
    again = run(world, tmp_path, "dep.test/b@v1.1.0", "-o", "files")
    assert again.stdout.count("(was there)") == 3


def test_json_says_it_all_in_one_object(world: World, tmp_path: Path) -> None:
    done = run(world, tmp_path, "dep.test/b@v1", "dep.test/none@v1.0.0", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert (found["schema"], found["ok"], found["error"]) == ("modtrace.download/1", False, None)
    assert found["folder"] == str(tmp_path / "modtrace-files")
    good, bad = found["versions"]
    assert (good["query"], good["version"], good["state"]) == ("v1", "v1.1.0", "saved")
    assert [one["kind"] for one in good["files"]] == ["info", "mod", "zip"]
    assert good["files"][2]["h1"] == good["sum"]
    assert good["files"][2]["bytes"] == (tmp_path / "modtrace-files/dep.test/b/@v/v1.1.0.zip").stat().st_size
    assert good["files"][1]["h1"] == good["go_mod_sum"] == go_mod_hash(VERSIONS[2].mod)
    assert (bad["state"], bad["outcome"], bad["needs_direct"]) == ("failed", "fails", False)
    assert "404 Not Found" in bad["error"]


def test_events_are_lines_of_json(world: World, tmp_path: Path) -> None:
    done = run(world, tmp_path, "dep.test/b@v1.0.0", "--events")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [next(value for value in event.values() if str(value).startswith("save.")) for event in events]
    assert kinds[0] == "save.started"
    assert kinds[-1] == "save.finished"
    assert kinds.count("save.file.saved") == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "write what to save"),
        (("a.test/x", "-f", "go.mod"), "write what to save"),
        (("@v1.0.0",), "is no PATH[@QUERY]"),
        (("a.test/x@",), "is no PATH[@QUERY]"),
        (("a.test/x", "--from", "9"), "--from: 9 is no proxy of GOPROXY"),
        (("a.test/x", "--from", "a,b"), "is no proxy of GOPROXY"),
        (("a.test/x", "--from", "http://u:secret@[::1"), "--from: "),
        (("a.test/x", "--jobs", "0"), "is not a number from 1 to 64"),
        (("a.test/x", "--from", "0", "--chain"), "not allowed with argument"),
        (("a.test/x", "--set", "GOPROXY"), "write NAME=VALUE"),
        (("a.test/x", "--set", "GOPROXI=off"), "did you mean GOPROXY?"),
        (("a.test/x", "-o", ""), "argument -o/--output: the name is empty"),
        (("-f", ""), "argument -f/--file: the name is empty"),
        (("--check", ""), "argument --check: the name is empty"),
        (("-f", "none.mod"), "none.mod: No such file or directory"),
        (("-f", "bad.mod"), "unknown directive: nonsense"),
        (("--check", "none"), "none is no folder"),
        (("--check", ".", "a.test/x"), "leave out what to save"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_line(
    world: World, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "bad.mod").write_text("module x.test/x\n\nnonsense y\n")
    done = run(world, tmp_path, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr
    assert not world.log


def test_a_go_sum_names_what_is_needed(world: World, tmp_path: Path) -> None:
    one, other = VERSIONS[2], VERSIONS[3]
    (tmp_path / "go.mod").write_text(f"module m.test/m\n\ngo 1.21\n\nrequire {one.path} {one.version}\n")
    (tmp_path / "go.sum").write_text(
        f"{one.path} {one.version}/go.mod {go_mod_hash(one.mod)}\n"
        f"{other.path} {other.version}/go.mod {go_mod_hash(other.mod)}\n"
        f"{one.path} {one.version} h1:{'A' * 43}=\n"
    )
    done = run(world, tmp_path, "-f", "go.mod", "-o", "files", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    wrong, mod = found["versions"]
    assert "SECURITY ERROR" in wrong["error"]
    assert (mod["path"], mod["only_mod"]) == (other.path, True)
    assert [file["checked"] for file in mod["files"]] == [None, "vouched for by go.sum"]
    assert not list((tmp_path / "files").rglob("*.zip"))


def test_the_go_sum_of_the_module_one_is_in_counts_as_it_does_for_go(world: World, tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module m.test/m\n")
    (tmp_path / "go.sum").write_text(f"dep.test/b v1.0.0 h1:{'A' * 43}=\n")
    assert "SECURITY ERROR" in run(world, tmp_path, "dep.test/b@v1.0.0").stdout
    (tmp_path / "go.sum").write_text("dep.test/b v1.0.0\n")
    done = run(world, tmp_path, "dep.test/b@v1.0.0")
    assert (done.returncode, "wrong number of fields 2" in done.stderr) == (2, True)


def test_without_a_go_sum_the_graph_is_walked(world: World, tmp_path: Path) -> None:
    write_project(tmp_path)
    done = run(world, tmp_path, "-f", "go.mod", "-o", "files", "--json")
    assert done.returncode == 0, done.stdout
    zips = {path.relative_to(tmp_path / "files").as_posix() for path in (tmp_path / "files").rglob("*.zip")}
    assert zips == {
        "dep.test/!upper/!case/@v/v0.3.0.zip",
        "dep.test/a/@v/v1.2.0.zip",
        "dep.test/b/@v/v1.1.0.zip",  # v1.0.0 is in the graph too, and not chosen
        "dep.test/c/v2/@v/v2.0.1.zip",
        "dep.test/checks/@v/v1.0.0.zip",
        "dep.test/deep/@v/v1.0.0.zip",
        "dep.test/fork/@v/v1.0.1.zip",  # in place of dep.test/replaced, which nobody is asked for
        "dep.test/old/@v/v3.0.0+incompatible.zip",
        "dep.test/pseudo/@v/v0.0.0-20240102030406-abcdefabcdef.zip",
    }
    assert not [one for one in world.log if one.request.path in ("dep.test/replaced", "dep.test/local")]


def test_what_is_excluded_is_not_needed_and_old_modules_are_walked_to_the_end(tmp_path: Path) -> None:
    versions = [
        module_version("x.test/old", "v1.0.0", library("old"), "x.test/deep v1.0.0", go="1.16"),
        module_version("x.test/deep", "v1.0.0", library("deep"), "x.test/deeper v1.0.0", go="1.16"),
        module_version("x.test/deeper", "v1.0.0", library("deeper"), "x.test/out v1.0.0"),
        module_version("x.test/new", "v1.0.0", library("new"), "x.test/pruned v1.0.0"),
        module_version("x.test/pruned", "v1.0.0", library("pruned"), "x.test/never v1.0.0"),
    ]
    requires = "require (\n\tx.test/old v1.0.0\n\tx.test/new v1.0.0\n)\n"
    (tmp_path / "go.mod").write_text(f"module m.test/m\n\ngo 1.21\n\n{requires}\nexclude x.test/out v1.0.0\n")
    with World([script(versions).answer]) as world:
        done = run(world, tmp_path, "-f", "go.mod", "--json")
    assert done.returncode == 0, done.stdout
    found = [one["path"] for one in json.loads(done.stdout)["versions"]]
    assert sorted(found) == sorted(one.path for one in versions)


def test_what_the_graph_needs_and_nobody_has_is_told_once(world: World, tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text(
        "module m.test/m\n\ngo 1.21\n\nrequire dep.test/b v1.0.0\n\nrequire gone.test/x v1.0.0\n"
    )
    done = run(world, tmp_path, "-f", "go.mod")
    assert done.returncode == 1
    assert done.stdout.count("gone.test/x@v1.0.0: reading") == 1
    assert done.stdout.count("failed  ") == 1
    assert len([one for one in world.log if one.request.path == "gone.test/x"]) == 1


def test_a_workspace_is_the_sum_of_its_modules(world: World, tmp_path: Path) -> None:
    for name, needs in (("one", "dep.test/b v1.0.0"), ("two", "dep.test/c/v2 v2.0.1")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "go.mod").write_text(f"module m.test/{name}\n\ngo 1.21\n\nrequire {needs}\n")
    (tmp_path / "go.work").write_text(
        "go 1.21\n\nuse (\n\t./one\n\t./two\n)\n\nreplace dep.test/b => dep.test/b v1.1.0\n"
    )
    done = run(world, tmp_path, "-f", "go.work", "--json")
    found = {(one["path"], one["version"]) for one in json.loads(done.stdout)["versions"]}
    assert found == {("dep.test/b", "v1.1.0"), ("dep.test/c/v2", "v2.0.1")}


def test_from_a_proxy_alone(tmp_path: Path) -> None:
    with World([script([]).answer, script().answer]) as world:
        chain = f"{world.urls[0]},{world.urls[1]}"
        for named in ("2", world.urls[1], world.urls[1].removeprefix("http://")):
            world.log.clear()
            done = run(world, tmp_path, "dep.test/b@v1.0.0", "--from", named, "-o", f"f{len(named)}", GOPROXY=chain)
            assert done.returncode == 0, done.stdout
            assert {one.proxy for one in world.log} == {1}
        world.log.clear()
        failed = run(world, tmp_path, "dep.test/b@v1.0.0", "--from", "1", GOPROXY=chain)
        assert failed.returncode == 1
        assert {one.proxy for one in world.log} == {0}
        private = run(
            world, tmp_path, "dep.test/b@v1.0.0", "--from", world.urls[1], GOPROXY=chain, GOPRIVATE="dep.test"
        )
        assert private.returncode == 3
        assert "it is private" in private.stdout
        assert {one.proxy for one in world.log} == {0}


def test_a_folder_is_looked_over(world: World, tmp_path: Path) -> None:
    run(world, tmp_path, "dep.test/b@v1.0.0", "-o", "files")
    good = run(world, tmp_path, "--check", "files")
    assert (good.returncode, "all is as the manifest says" in good.stdout) == (0, True)
    (tmp_path / "files/dep.test/b/@v/v1.0.0.mod").write_text("module evil.test/b\n")
    bad = run(world, tmp_path, "--check", "files", "--json")
    assert bad.returncode == 1
    found = json.loads(bad.stdout)
    assert (found["schema"], found["ok"], len(found["wrong"])) == ("modtrace.download.check/1", False, 1)
    assert run(world, tmp_path, "dep.test/b@v1.0.0", "-o", "files").returncode == 0
    assert run(world, tmp_path, "--check", "files").returncode == 0


def test_control_characters_of_a_server_never_come_out(tmp_path: Path) -> None:
    from dataclasses import replace

    from probes.demo.behaviour import Script, status
    from probes.golang.protocol import Op

    broken = replace(script(), behaviours={Op.INFO: status(500, "\x1b[31mred\u202e\r\n".encode())})
    assert isinstance(broken, Script)
    with World([broken.answer]) as world:
        done = run(world, tmp_path, "dep.test/b@v1.0.0")
    assert done.returncode == 1
    assert not set("\x1b\u202e\r") & set(done.stdout + done.stderr)


