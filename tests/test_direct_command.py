"""`modtrace trace` through direct, end to end: --run, exit codes, and no secret in what it prints."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from probes.golang.code_host import kept_copy
from tests.modtrace import clean_environment, modtrace
from tests.origins import Commit, Origin, Page, meta, serving

GOOD, LOCKED, MISSING = "git.corp.test/x", "git.corp.test/y", "git.corp.test/none"


@contextmanager
def origin(folder: Path) -> Iterator[tuple[Origin, Mapping[str, str]]]:
    """Two modules, one of which wants a password; the environment that leads to them."""
    made = Origin(folder / "origin")
    for path, name in ((GOOD, "x"), (LOCKED, "y")):
        files = {"go.mod": f"module {path}\n\ngo 1.20\n", "x.go": "package x\n"}
        made.add(f"{name}-code.corp.test", name, (Commit(files, ("v1.0.0",)),))
    made.pages[GOOD] = Page(meta(GOOD, "git", "https://x-code.corp.test/x"))
    made.pages[LOCKED] = Page(meta(LOCKED, "git", "https://me:hunter2@y-code.corp.test/y"))
    made.locked["y-code.corp.test"] = "Basic bm9ib2R5"
    with serving(made) as network:
        yield made, clean_environment(
            folder, GOPROXY="direct", GOMODCACHE=str(folder / "cache"), **network
        )


def test_run_completes_a_trace_and_exits_with_0(tmp_path: Path) -> None:
    with origin(tmp_path) as (made, environment):
        done = modtrace("trace", f"{GOOD}@latest", "--run", "--json", env=environment, cwd=tmp_path)
    said = json.loads(done.stdout)
    assert (done.returncode, said["ok"], said["version"]) == (0, True, "v1.0.0")
    assert said["sum"].startswith("h1:")
    assert [request["op"] for request in said["requests"]] == ["page"]
    assert made.git_log
    assert not (tmp_path / "cache").exists()


def test_a_warm_trace_says_that_the_copy_of_the_repository_was_not_looked_at(tmp_path: Path) -> None:
    said = []
    with origin(tmp_path) as (_, environment):
        copy = Path(kept_copy("git", "https://x-code.corp.test/x", environment["GOMODCACHE"]))
        for _ in range(2):
            done = modtrace("trace", f"{GOOD}@latest", "--run", "--warm", "--json", env=environment, cwd=tmp_path)
            steps = json.loads(done.stdout)["origin"]["decided"]
            said += [step["because"] for step in steps if step["step"] == "program"]
            copy.mkdir(parents=True, exist_ok=True)
    assert ["it is not looked at" in because for because in said] == [False, True]
    assert not list(copy.iterdir())


def test_a_revision_that_is_not_there_exits_with_1(tmp_path: Path) -> None:
    with origin(tmp_path) as (_, environment):
        done = modtrace("trace", f"{GOOD}@v9.9.9", "--run", env=environment, cwd=tmp_path)
    assert done.returncode == 1
    assert "unknown revision v9.9.9" in done.stdout
    assert f"what to type: modtrace doctor {GOOD}@v9.9.9 --run\n" in done.stdout


def test_without_run_nothing_is_started_and_3_says_that_it_is_unknown(tmp_path: Path) -> None:
    with origin(tmp_path) as (made, environment):
        done = modtrace("trace", f"{GOOD}@latest", "--json", env=environment, cwd=tmp_path)
    said = json.loads(done.stdout)
    assert (done.returncode, said["outcome"]) == (3, "unknown")
    assert "go would run `git ls-remote -q --end-of-options https://x-code.corp.test/x`" in said["detail"]
    assert made.log == [f"https {GOOD}"]
    assert not made.git_log


def test_no_secret_is_printed(tmp_path: Path) -> None:
    with origin(tmp_path) as (_, environment):
        for options in (("--json",), ("--events",), (), ("--run", "--json"), ("--run", "--events"), ("--run",)):
            done = modtrace("trace", f"{LOCKED}@latest", *options, env=environment, cwd=tmp_path)
            assert done.returncode == (1 if "--run" in options else 3), done.stderr
            assert "hunter2" not in done.stdout + done.stderr
            assert "y-code.corp.test" in done.stdout
    for file in tmp_path.rglob("*"):
        inside = "origin" in file.parts
        assert inside or not file.is_file() or b"hunter2" not in file.read_bytes(), file


def test_as_get_goes_through_direct_too(tmp_path: Path) -> None:
    with origin(tmp_path) as (made, environment):
        made.pages[f"{GOOD}/p"] = made.pages[GOOD]
        done = modtrace(
            "trace", f"{GOOD}/p", "--as", "get", "--run", "--json", env=environment, cwd=tmp_path
        )
        held = modtrace("trace", f"{GOOD}/p", "--as", "get", "--json", env=environment, cwd=tmp_path)
    assert json.loads(done.stdout)["get"]["outcome"] == "fails"
    assert json.loads(held.stdout)["get"]["outcome"] == "unknown"


def test_a_program_that_cannot_be_run_is_a_failure_as_to_go(tmp_path: Path) -> None:
    """What go 1.27 says of it: os.StartProcess's error, and no crash."""
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_bytes(b"\0no program")
    git.chmod(0o755)
    environment = clean_environment(
        tmp_path, GOPROXY="direct", GOSUMDB="off", GOMODCACHE=str(tmp_path / "cache"), PATH=str(git.parent)
    )
    done = modtrace("trace", "github.com/x/y", "--run", "--json", env=environment, cwd=tmp_path)
    words = f"unable to resolve git version: failed to execute git version: fork/exec {git}: exec format error"
    assert (done.returncode, json.loads(done.stdout)["error"]) == (1, f"github.com/x/y@latest: {words}")


def test_the_users_patience_counts_for_programs(tmp_path: Path) -> None:
    slow = tmp_path / "programs"
    slow.mkdir()
    git = shutil.which("git")
    (slow / "git").write_text(f'#!/bin/sh\ncase "$1" in ls-remote) exec sleep 600;; esac\nexec {git} "$@"\n')
    (slow / "git").chmod(0o755)
    with origin(tmp_path) as (_, environment):
        environment = {**environment, "PATH": f"{slow}:{environment['PATH']}"}
        done = modtrace("trace", GOOD, "--run", "--timeout", "3", env=environment, cwd=tmp_path)
    assert done.returncode == 3
    assert "git was not done after 3 s; go would wait for ever" in done.stdout
