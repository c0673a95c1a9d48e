"""`modtrace sum --project`: text, JSON, exit codes, and what never leaves the machine."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from probes.demo.behaviour import Answer
from probes.demo.checksums import VERIFIER_KEY, ChecksumDatabase
from probes.demo.server import World
from tests.against_go.sum_projects import (
    GOOD,
    OTHER,
    TIDY_FILES,
    VERSIONS,
    fill_cache,
    lines_of,
    modules,
    serving,
)
from tests.modtrace import clean_environment, modtrace


def run(home: Path, *options: str, go_sum: str = GOOD, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command in a project with this go.sum."""
    folder = home / "project"
    folder.mkdir(exist_ok=True)
    for name, content in {**TIDY_FILES, "go.sum": go_sum}.items():
        (folder / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    fill_cache(home / "cache", *VERSIONS)
    env = clean_environment(home, **{"GOMODCACHE": str(home / "cache"), "GOPROXY": "off", **variables})
    return modtrace("sum", "--project", *options, env=env, cwd=folder)


def test_exit_codes_and_what_is_said(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing is wrong with it" in done.stdout
    assert "4 of 4 modules go past the checksum database (GOSUMDB=off: 4)" in done.stdout
    done = run(tmp_path, go_sum="one two\n" + GOOD)
    assert done.returncode == 1
    assert "go.sum:1: malformed" in done.stdout
    assert "  mend:    sed -i~ 1d go.sum\n           go mod tidy\n" in done.stdout
    (tmp_path / "empty").mkdir()
    done = run(tmp_path, str(tmp_path / "empty"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no go.mod in" in done.stderr
    done = run(tmp_path, "--set", "GOSUMD=off")
    assert (done.returncode, "did you mean GOSUMDB" in done.stderr) == (2, True)
    (tmp_path / "empty/go.mod").write_text("modul x\n")
    assert run(tmp_path, str(tmp_path / "empty")).returncode == 2


def test_the_object_has_everything(tmp_path: Path) -> None:
    sums = (
        "\x1b[31m\udcff v1 h1:x\n"
        + GOOD.replace(lines_of(VERSIONS[0]), "")
        + "m.test/z v1.0.0 "
        + OTHER
        + "\n"
    )
    done = run(
        tmp_path, "--json", "--set", "GOSUMDB=sum.golang.org", "--set", "GONOSUMDB=m.test/b", go_sum=sums
    )
    found: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, found["schema"], found["mode"]) == (1, "modtrace.sum-project/1", "readonly")
    assert {one["id"] for one in found["findings"]} == {
        "go-sum.bad-hash", "go-sum.extra", "go-sum.missing-zip", "go-sum.missing-go-mod",
    }  # fmt: skip
    extra = next(one for one in found["findings"] if one["path"] == "m.test/z")
    assert (extra["file"], extra["line"], extra["remedy"]) == ("go.sum", 8, ["go mod tidy"])
    missing = next(one for one in found["findings"] if one["id"] == "go-sum.missing-go-mod")
    assert missing["go_says"] == (
        "go: m.test/a@v1.0.0: missing go.sum entry for go.mod file; to add it:\n\tgo mod download m.test/a"
    )
    unverified = found["unverified"]
    assert unverified["by_setting"] == {"GONOSUMDB=m.test/b": 1}
    assert {one["path"]: one["standing"] for one in unverified["modules"]} == {
        "m.test/a": "asked", "m.test/b": "unchecked", "m.test/c": "recorded", "m.test/d": "recorded",
    }  # fmt: skip
    assert "\x1b" not in run(tmp_path, go_sum=sums).stdout


def test_nobody_is_asked_unless_told_to_and_a_password_is_never_shown(tmp_path: Path) -> None:
    database = ChecksumDatabase(modules(*VERSIONS).values())
    with World([serving(*VERSIONS), database.answer]) as world:
        proxy = world.urls[0].replace("http://", "http://anna:s3cret@")
        settings = {"GOPROXY": f"{world.urls[0]}|{proxy}", "GOSUMDB": f"{VERIFIER_KEY} {world.urls[1]}"}
        moved = GOOD.replace(lines_of(VERSIONS[0]).split()[2], OTHER)
        done = run(tmp_path, go_sum=moved, **settings)
        assert "nobody was asked; --ask asks" in done.stdout
        assert world.log == []
        done = run(tmp_path, "--ask", go_sum=moved, **settings)
        assert done.returncode == 1
        assert "go.sum has another hash than sums.demo.example and the module cache" in done.stdout
        held = "held: 8 against the module cache, 8 against the checksum database, 4 against proxies"
        assert held in " ".join(done.stdout.split())
        world.handlers[:] = [lambda request: Answer(500)] * 2
        done = run(tmp_path, "--ask", **settings)
        assert done.returncode == 3
        assert "gave no answer that counts" in done.stdout
        assert "s3cret" not in done.stdout + done.stderr
        world.log.clear()
        done = run(tmp_path, "--ask", **settings, GOPRIVATE="m.test")
        assert (done.returncode, world.log) == (0, [])
        words = " ".join(done.stdout.split())
        assert "not asked about 4 versions: the path is private: m.test of GONOPROXY matches it" in words


def test_env_counts_what_goes_unverified(tmp_path: Path) -> None:
    run(tmp_path)
    env = clean_environment(tmp_path, GOSUMDB="off")
    done = modtrace("env", "GOSUMDB", "--no-go", env=env, cwd=tmp_path / "project")
    words = " ".join(done.stdout.split())
    assert "GOSUMDB=off: 4 of the 4 modules that this project requires go past the checksum database" in words
    env = clean_environment(tmp_path, GOSUMDB="sum.golang.org")
    assert "of this project" not in modtrace("env", "--no-go", env=env, cwd=tmp_path / "project").stdout
