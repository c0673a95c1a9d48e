"""`modtrace bundle`: a kit that the real go builds, vets and tests with, without a network."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from probes.demo.content import ModuleVersion
from probes.demo.server import World
from probes.golang.module import escape_path
from tests.against_go.golang import go_binary
from tests.kit_support import GO_MOD, VERSIONS, go, module_version, script, write_project
from tests.modtrace import clean_environment, modtrace


@pytest.fixture
def world() -> Iterator[World]:
    with World([script().answer]) as running:
        yield running


def bundle(
    world: World, project: Path, kit: Path, *arguments: str, **variables: str
) -> CompletedProcess[str]:
    environment = clean_environment(kit.parent / "home", **{"GOPROXY": world.urls[0], **variables})
    return modtrace("bundle", "-C", str(project), "-o", str(kit), *arguments, env=environment, cwd=kit.parent)


@pytest.fixture
def project(tmp_path: Path, world: World) -> Path:
    """A tidy project: go itself has written its go.sum."""
    folder = write_project(tmp_path / "project")
    go(folder, tmp_path / "tidy", "mod", "tidy", GOPROXY=world.urls[0], GOSUMDB="off")
    assert (folder / "go.mod").read_text() == GO_MOD
    world.log.clear()
    return folder


def test_the_real_go_builds_vets_and_tests_with_the_kit_alone(
    tmp_path: Path, world: World, project: Path
) -> None:
    kit = tmp_path / "a kit, with blanks"
    done = bundle(world, project, kit, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert (found["schema"], found["ok"], found["lacking"]) == ("modtrace.bundle/1", True, [])
    assert found["variables"] == {"GONOPROXY": "none"}
    world.log.clear()
    variables = {"GOPROXY": found["goproxy"], "GOPRIVATE": "dep.test", **found["variables"]}
    for command in ("build", "vet", "test"):
        go(project, tmp_path / "offline", command, "./...", **variables)
    go(project, tmp_path / "offline", "mod", "verify", **variables)
    assert not world.log
    again = bundle(world, project, kit)
    assert again.returncode == 0
    assert not world.log  # all of it is there


def test_without_go_sum_the_kit_says_what_go_needs_to_be_told(
    tmp_path: Path, world: World, project: Path
) -> None:
    sums = (project / "go.sum").read_text()
    (project / "go.sum").unlink()
    found = json.loads(bundle(world, project, tmp_path / "kit", "--json").stdout)
    assert found["variables"] == {"GONOPROXY": "none", "GOSUMDB": "off", "GOFLAGS": "-mod=mod"}
    for command in ("build", "vet", "test"):
        go(project, tmp_path / "offline", command, "./...", GOPROXY=found["goproxy"], **found["variables"])
    assert set((project / "go.sum").read_text().splitlines()) <= set(sums.splitlines())
    go(project, tmp_path / "offline", "mod", "tidy", GOPROXY=found["goproxy"], **found["variables"])
    assert (project / "go.sum").read_text() == sums
    readme = (tmp_path / "kit/README.txt").read_text()
    assert "export GOSUMDB=off" in readme
    assert "has no go.sum" in readme


def test_the_lines_of_the_readme_work_as_they_stand(tmp_path: Path, world: World, project: Path) -> None:
    kit = tmp_path / "kit"
    assert bundle(world, project, kit).returncode == 0
    readme = (kit / "README.txt").read_text()
    lines = [line.strip() for line in readme.partition("sh, bash, zsh:")[2].partition("PowerShell")[0].splitlines()]
    script_lines = [line.replace("KIT", str(kit)).replace("PROJECT", str(project)) for line in lines if line]
    home = tmp_path / "by-hand"
    proxied = go(project, home, "env", "GOPROXY").stdout
    assert "file://" not in proxied
    shell = "\n".join(["set -e", *script_lines, f"{go_binary()} build ./..."])
    environment = clean_environment(
        home, GOPATH=str(home / "go"), GOFLAGS="-modcacherw", GOVCS="*:off", CGO_ENABLED="0",
        GOCACHE=str(Path(tempfile.gettempdir()) / f"modtrace-oracle-{os.getuid()}" / "gocache"),
    )  # fmt: skip
    done = subprocess.run(["sh", "-c", shell], env=environment, text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "$env:GOPROXY" in readme
    assert "ENV GOPROXY=file:///kit GONOPROXY=none" in readme


def test_what_is_private_is_listed_and_nobody_is_asked(tmp_path: Path, world: World, project: Path) -> None:
    kit = tmp_path / "kit"
    done = bundle(world, project, kit, "--json", GOPRIVATE="dep.test/checks,dep.test/Upper")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert [(one["what"], one["private"]) for one in found["lacking"]] == [
        ("dep.test/Upper/Case@v0.3.0", True),
        ("dep.test/checks@v1.0.0", True),
    ]
    assert not [one for one in world.log if one.request.path in ("dep.test/checks", "dep.test/Upper/Case")]
    assert "What the kit lacks (2):" in (kit / "README.txt").read_text()
    allowed = bundle(world, project, kit, "--allow-missing", GOPRIVATE="dep.test/checks,dep.test/Upper")
    assert allowed.returncode == 0
    assert "lacks  dep.test/checks@v1.0.0: it is private" in allowed.stdout
    assert bundle(world, project, kit).returncode == 0  # from a machine that may ask


def test_one_file_is_always_the_same_for_the_same_kit(tmp_path: Path, world: World, project: Path) -> None:
    kit = tmp_path / "kit"
    digests = []
    for name in ("a.tar.gz", "b.tar.gz"):
        assert bundle(world, project, kit, "--tar", str(tmp_path / name)).returncode == 0
        with tarfile.open(tmp_path / name) as archive:
            members = archive.getmembers()
            archive.extractall(tmp_path / name[0], filter="data")
        digests.append([(one.name.partition("/")[2], one.size, one.mtime, one.uid, one.mode) for one in members])
        assert not [one for one in members if ".lock" in one.name or ".part" in one.name]
    assert digests[0] == digests[1]
    (tmp_path / "a.tar.gz").rename(tmp_path / "first")
    assert bundle(world, project, kit, "--tar", str(tmp_path / "a.tar.gz")).returncode == 0
    first, second = (
        hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("first", "a.tar.gz")
    )
    assert first == second
    checked = modtrace(
        "bundle", "--check", str(tmp_path / "a" / "a"), env=clean_environment(tmp_path), cwd=tmp_path
    )
    assert (checked.returncode, "all is as the manifest says" in checked.stdout) == (0, True), checked.stdout
    go(project, tmp_path / "offline", "build", "./...", GOPROXY=f"file://{tmp_path}/a/a")


def write_tree(folder: Path, versions: list[ModuleVersion]) -> str:
    """A file:// proxy that nobody but this test has made."""
    for one in versions:
        room = folder / escape_path(one.path) / "@v"
        room.mkdir(parents=True, exist_ok=True)
        for end, content in (("info", one.info), ("mod", one.mod), ("zip", one.zip)):
            (room / f"{one.version}.{end}").write_bytes(content)
    return f"file://{folder}"


def test_a_release_of_go_comes_with_it_and_the_real_go_switches_to_it(
    tmp_path: Path, world: World, project: Path
) -> None:
    system, machine = go(project, tmp_path / "env", "env", "GOOS", "GOARCH").stdout.split()
    platform = f"{system}-{machine}"
    release = module_version(
        "golang.org/toolchain",
        f"v0.0.1-go1.99.1.{platform}",
        {
            "bin/go": "#!/bin/sh\necho the release of the kit: $*\n",
            "bin/gofmt": "#!/bin/sh\n",
            "pkg/tool/all/vet": "#!/bin/sh\n",
            "lib/wasm/go_js_wasm_exec": "#!/bin/sh\n",
            "VERSION": "go1.99.1",
        },
    )
    text = (project / "go.mod").read_text().replace("go 1.21\n", "go 1.21\n\ntoolchain go1.99.1\n")
    (project / "go.mod").write_text(text)
    plain = bundle(world, project, tmp_path / "kit", "--json")
    assert plain.returncode == 0
    assert json.loads(plain.stdout)["toolchain"] == "go1.99.1"
    assert "The project wants go1.99.1" in (tmp_path / "kit/README.txt").read_text()
    # A release is looked up in the checksum database whatever the settings, but for one file:// proxy.
    refused = bundle(world, project, tmp_path / "kit", "--json", "--toolchain", platform)
    assert refused.returncode == 1
    assert [one["what"] for one in json.loads(refused.stdout)["lacking"]] == [
        f"golang.org/toolchain@v0.0.1-go1.99.1.{platform}"
    ]
    tree = write_tree(tmp_path / "tree", [*VERSIONS, release])
    done = bundle(world, project, tmp_path / "kit2", "--toolchain", platform, GOPROXY=tree)
    assert done.returncode == 0, done.stdout
    assert f"GOPROXY=file://{tmp_path}/kit2 GONOPROXY=none GONOSUMDB=golang.org/toolchain" in done.stdout
    said = go(
        project, tmp_path / "offline", "build", "./...", GOPROXY=f"file://{tmp_path}/kit2",
        GONOPROXY="none", GONOSUMDB="golang.org/toolchain", GOTOOLCHAIN="auto", GOSUMDB="sum.golang.org",
    )  # fmt: skip
    assert said.stdout == "the release of the kit: build ./...\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-C", "nowhere"), "nowhere: No such file or directory"),
        (("-C", "empty"), "there is no go.mod in"),
        (("-C", "no-go-line", "--toolchain", "linux-amd64"), "go.mod has no go line"),
        (("--toolchain", "linux"), "is no platform"),
        (("--check", "nowhere"), "is no folder"),
        (("-o", ""), "the name is empty"),
        (("-C", ""), "the name is empty"),
        (("--tar", ""), "the name is empty"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_line(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    for name in ("empty", "no-go-line"):
        (tmp_path / name).mkdir()
    (tmp_path / "no-go-line/go.mod").write_text("module m.test/m\n")
    done = modtrace("bundle", *arguments, env=clean_environment(tmp_path, GOPROXY="off"), cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_kit_that_cannot_be_written_is_told(tmp_path: Path, world: World, project: Path) -> None:
    (tmp_path / "kit").write_text("a file")
    done = bundle(world, project, tmp_path / "kit")
    assert done.returncode == 3
    assert done.stderr == f"modtrace: {tmp_path}/kit: file exists\n"


@pytest.mark.parametrize("lost", ["dep.test/b v1.1.0 ", "dep.test/b v1.1.0/go.mod ", "dep.test/"])
def test_what_go_sum_lacks_is_told_and_the_real_go_builds_all_the_same(
    tmp_path: Path, world: World, project: Path, lost: str
) -> None:
    lines = (project / "go.sum").read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(lost)] or lines[:1]
    (project / "go.sum").write_text("".join(kept))
    found = json.loads(bundle(world, project, tmp_path / "kit", "--json").stdout)
    assert (found["ok"], found["go_sum"]) == (True, False)
    assert found["variables"] == {"GONOPROXY": "none", "GOSUMDB": "off", "GOFLAGS": "-mod=mod"}
    assert "go.sum lacks dep.test/" in found["notes"][0]
    for command in ("build", "vet", "test"):
        go(project, tmp_path / "offline", command, "./...", GOPROXY=found["goproxy"], **found["variables"])
    go(project, tmp_path / "offline", "mod", "tidy", GOPROXY=found["goproxy"], **found["variables"])
    assert (project / "go.sum").read_text() == "".join(lines)


def test_a_workspace_without_go_sum_is_built_by_the_real_go(tmp_path: Path, world: World) -> None:
    files = {
        "go.work": "go 1.21\n\nuse .\nuse ./two\n",
        "go.mod": "module main.test/one\n\ngo 1.21\n\nrequire dep.test/b v1.0.0\n",
        "one.go": 'package one\n\nimport _ "dep.test/b"\n',
        "two/go.mod": "module main.test/two\n\ngo 1.21\n\nrequire dep.test/a v1.2.0\n",
        "two/two.go": 'package two\n\nimport _ "dep.test/a"\n',
    }
    folder = write_project(tmp_path / "work", files)
    found = json.loads(bundle(world, folder, tmp_path / "kit", "--json").stdout)
    assert found["variables"] == {"GONOPROXY": "none", "GOSUMDB": "off"}  # go refuses -mod=mod here
    assert "GOFLAGS" not in (tmp_path / "kit/README.txt").read_text()
    home = tmp_path / "offline"
    go(folder, home, "build", "./...", "./two/...", GOPROXY=found["goproxy"], **found["variables"])


def test_a_project_without_requirements_lacks_no_go_sum(tmp_path: Path, world: World) -> None:
    folder = write_project(tmp_path / "alone", {"go.mod": "module main.test/app\n\ngo 1.21\n"})
    found = json.loads(bundle(world, folder, tmp_path / "kit", "--json").stdout)
    assert (found["variables"], found["notes"], found["modules"]) == ({"GONOPROXY": "none"}, [], 0)


def test_the_go_mod_that_modfile_names_is_the_one(tmp_path: Path, world: World) -> None:
    files = {
        "go.mod": "module main.test/app\n\ngo 1.21\n",
        "alt.mod": "module main.test/app\n\ngo 1.21\n\nrequire dep.test/b v1.0.0\n",
    }
    folder = write_project(tmp_path / "project", files)
    done = bundle(world, folder, tmp_path / "kit", "--json", GOFLAGS="-modfile=alt.mod")
    assert {one["path"] for one in json.loads(done.stdout)["versions"]} == {"dep.test/b"}
