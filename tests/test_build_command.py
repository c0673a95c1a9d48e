"""`modtrace trace --as build` from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probes.project.patterns import NotCovered, check_patterns
from tests.modtrace import clean_environment, modtrace


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "go.mod").write_text("module m.test/x\n\ngo 1.20\n")
    (folder / "x.go").write_text('package x\n\nimport _ "gone.test/y"\n')
    return folder


def test_text_and_json_say_what_stops_go(tmp_path: Path, project: Path) -> None:
    env = clean_environment(tmp_path, TMPDIR=str(tmp_path / "tmp"))
    done = modtrace("trace", "--as", "build", env=env, cwd=project)
    assert done.returncode == 1
    assert done.stdout.startswith(f"go build ./... in {project}: go stops\n")
    assert "x.go:3:8: no required module provides package gone.test/y; to add it:" in done.stdout
    assert "do:   go get gone.test/y" in done.stdout
    assert "rule: cmd/go/internal/modload/import.go ImportMissingError" in done.stdout
    done = modtrace("trace", "--as", "build", "./...", "--json", env=env, cwd=project)
    found = json.loads(done.stdout)
    assert (found["schema"], found["answer"], found["mod"]) == ("modtrace.build/1", "stops", "readonly")
    assert found["packages"] == ["m.test/x"]
    (fault,) = [one for one in found["checks"] if one["answer"] == "stops"]
    assert (fault["id"], fault["where"], fault["remedy"]) == ("imports", "x.go:3:8", "go get gone.test/y")
    assert fault["go_says"] == found["go_says"]


def test_exit_codes(tmp_path: Path, project: Path) -> None:
    env = clean_environment(tmp_path, TMPDIR=str(tmp_path / "tmp"))
    (project / "x.go").write_text("package x\n")
    assert modtrace("trace", "--as", "build", env=env, cwd=project).returncode == 0
    assert (
        modtrace("trace", "--as", "build", "-C", str(project), "./...", env=env, cwd=tmp_path).returncode == 0
    )
    (project / "x.go").write_text("no go\n")
    assert modtrace("trace", "--as", "build", env=env, cwd=project).returncode == 3
    off = modtrace("trace", "--as", "build", "--set", "GO111MODULE=off", env=env, cwd=project)
    assert off.returncode == 3
    assert "unset GO111MODULE" in off.stdout
    for arguments in (["--events"], ["all"], ["x.go"], ["m.test/x@v1"], ["example.com/..."], ["-C", "gone"]):
        done = modtrace("trace", "--as", "build", *arguments, env=env, cwd=project)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), arguments
    two = modtrace("trace", "m.test/x", "m.test/y", env=env, cwd=project)
    assert (two.returncode, two.stderr.count("\n")) == (2, 1)


def test_secrets_in_settings_and_odd_names_are_not_printed(tmp_path: Path, project: Path) -> None:
    env = clean_environment(tmp_path, GOFLAGS="https://me:hunter2@x.test", TMPDIR=str(tmp_path / "tmp"))
    done = modtrace("trace", "--as", "build", env=env, cwd=project)
    assert done.returncode == 1
    assert "hunter2" not in done.stdout + done.stderr
    (project / "x.go").write_bytes(b'package x\n\nimport _ "a.test/\x1b]0;evil\x07"\n')
    env = clean_environment(tmp_path, TMPDIR=str(tmp_path / "tmp"))
    done = modtrace("trace", "--as", "build", env=env, cwd=project)
    assert "\x1b" not in done.stdout
    assert "malformed import path" in done.stdout


def test_patterns_that_are_not_covered_are_told() -> None:
    check_patterns(["./...", ".", "../x", "/a/b", "rsc.io/quote"])
    for pattern in ("all", "std", "cmd", "work", "tool", "rsc.io/...", "x.go", "rsc.io/quote@v1"):
        with pytest.raises(NotCovered):
            check_patterns([pattern])
