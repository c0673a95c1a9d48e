"""`modtrace diff`: exit codes, forms, whom it asks, and bytes that are a patch or safe on a terminal."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from probes.demo.behaviour import Answer, Fault, Request, honest_answer
from probes.demo.content import Module, ModuleVersion
from probes.demo.server import World
from probes.golang.protocol import Op
from tests.modtrace import COMMAND, clean_environment, modtrace, start
from tests.terminal.session import TerminalSession

PATH = "m.test/hello"
ONE, TWO = f"{PATH}@v1.0.0", f"{PATH}@v1.1.0"
EVIL = "package a // \x1b]0;owned\x07 \x1b[2J \u202e\n"


def _module(extra: bytes = b"") -> Module:
    versions = (
        ModuleVersion(
            PATH, "v1.0.0", files=(("a.go", b"package a\n\nfunc A() {}\n" + extra), ("gone.go", b"x\n"))
        ),
        ModuleVersion(
            PATH, "v1.1.0", files=(("a.go", b"package a\n\nfunc B() {}\n"), ("evil.go", EVIL.encode()))
        ),
    )
    return Module(PATH, versions, "v1.1.0")


def good(request: Request) -> Answer:
    """A proxy that has the module."""
    return honest_answer({PATH: _module()}, request)


def tampered(request: Request) -> Answer:
    """A proxy with other files in the same version."""
    return honest_answer({PATH: _module(b"\nfunc Evil() {}\n")}, request)


def page(request: Request) -> Answer:
    """A captive portal."""
    return Answer(200, b"<html>log in</html>", "text/html")


def test_two_versions_as_a_patch(tmp_path: Path) -> None:
    with World([good]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0])
        done = modtrace("diff", ONE, TWO, env=env, cwd=tmp_path)
    assert done.returncode == 1
    lines = done.stdout.split("\n")
    assert lines[:8] == [
        "diff --git a/a.go b/a.go", "--- a/a.go", "+++ b/a.go", "@@ -1,3 +1,3 @@", " package a", " ",
        "-func A() {}", "+func B() {}",
    ]  # fmt: skip
    assert f"+{EVIL}" in done.stdout, "a patch has the bytes as they are"
    assert "\x1b[3" not in done.stdout, "no colour where nobody looks"
    assert done.stderr == "modtrace: 3 files differ, 1 is the same; 2+ 2- lines\n"


def test_one_version_at_two_proxies(tmp_path: Path) -> None:
    with World([good, tampered, good]) as world:
        env = clean_environment(tmp_path, GOPROXY=",".join(world.urls))
        differs = modtrace("diff", ONE, "--from", "1", "--and", "2", "--json", env=env, cwd=tmp_path)
        same = modtrace("diff", ONE, "--from", "1", "--and", world.urls[2], env=env, cwd=tmp_path)
        outside = clean_environment(tmp_path, GOPROXY=world.urls[0])
        explicit = modtrace(
            "diff", ONE, "--from", "chain", "--and", world.urls[1], "--name-only", env=outside, cwd=tmp_path
        )
    found = json.loads(differs.stdout)
    assert differs.returncode == 1
    assert (found["schema"], found["same"], found["same_files"]) == ("modtrace.diff/1", False, 2)
    assert [(one["name"], one["change"], one["added"], one["removed"]) for one in found["files"]] == [
        ("a.go", "changed", 2, 0)
    ]
    assert found["old"]["h1"] != found["new"]["h1"]
    assert (same.returncode, same.stdout) == (0, "")
    assert "byte for byte" in same.stderr
    assert (explicit.returncode, explicit.stdout) == (1, "a.go\n")


def test_another_go_mod_beside_the_same_zip_is_told(tmp_path: Path) -> None:
    def other_mod(request: Request) -> Answer:
        answer = good(request)
        return Answer(body=answer.body + b"// more\n") if request.op is Op.MOD else answer

    with World([good, other_mod]) as world:
        env = clean_environment(tmp_path, GOPROXY=",".join(world.urls))
        done = modtrace("diff", ONE, "--from", "1", "--and", "2", env=env, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the .mod that they serve beside the zip differs" in done.stderr
    assert "byte for byte" in done.stderr


def test_the_stat_names_files_and_counts(tmp_path: Path) -> None:
    with World([good]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0])
        done = modtrace("diff", ONE, TWO, "--stat", env=env, cwd=tmp_path)
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["a.go", "|", "2", "+-"], ["evil.go", "|", "1", "+", "(new)"], ["gone.go", "|", "1", "-", "(gone)"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([ONE], "--from A --and B"),
        ([ONE, "--from", "1"], "--from A --and B"),
        ([PATH, TWO], "write PATH@VERSION"),
        ([ONE, f"{PATH}@latest"], "an exact version is needed"),
        ([ONE, f"{PATH}@v1"], "an exact version is needed"),
        ([ONE, TWO, ONE], "more than two versions"),
        ([ONE, "--from", "1", "--and", "7"], "is no proxy of GOPROXY"),
        ([ONE, "--from", "1", "--and", "nobody.test"], "is no proxy of GOPROXY"),
        ([ONE, "--from", "1", "--and", "ftp://x.test"], "invalid proxy URL scheme"),
        ([ONE, TWO, "--set", "nonsense"], "write NAME=VALUE"),
    ],
)
def test_what_is_wrong_with_the_command_line(arguments: list[str], words: str, tmp_path: Path) -> None:
    with World([good]) as world:
        done = modtrace(
            "diff", *arguments, env=clean_environment(tmp_path, GOPROXY=world.urls[0]), cwd=tmp_path
        )
        assert world.log == []
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments", [[ONE, TWO], [ONE, "--from", "1", "--and", "2"], [ONE, "--from", "cache", "--and", "chain"]]
)
def test_a_private_path_is_told_to_nobody(arguments: list[str], tmp_path: Path) -> None:
    with World([good, good]) as world:
        env = clean_environment(
            tmp_path, GOPROXY=",".join(world.urls), GOPRIVATE="m.test", GOMODCACHE=str(tmp_path)
        )
        done = modtrace("diff", *arguments, env=env, cwd=tmp_path)
        url = modtrace("diff", ONE, "--from", world.urls[0], "--and", world.urls[1], env=env, cwd=tmp_path)
        assert world.log == []
    assert (done.returncode, url.returncode) == (3, 3)
    assert "is private" in done.stderr
    assert "is private" in url.stderr


def test_what_does_not_come_cannot_be_compared(tmp_path: Path) -> None:
    with World([good, page]) as world:
        env = clean_environment(tmp_path, GOPROXY=",".join(world.urls))
        no_zip = modtrace("diff", ONE, "--from", "1", "--and", "2", env=env, cwd=tmp_path)
        unknown = modtrace("diff", ONE, f"{PATH}@v1.9.0", env=env, cwd=tmp_path)
    assert (no_zip.returncode, unknown.returncode) == (3, 3)
    assert "zip: not a valid zip file" in no_zip.stderr


def test_json_is_one_object_also_where_nothing_could_be_compared(tmp_path: Path) -> None:
    with World([good]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0])
        done = modtrace("diff", ONE, TWO, "--json", env=env, cwd=tmp_path)
        failed = modtrace("diff", ONE, f"{PATH}@v1.9.0", "--json", env=env, cwd=tmp_path)
        command = ["sh", "-c", 'ulimit -f 0; exec "$0" "$@"', COMMAND, "diff", ONE, TWO, "--json"]
        no_room = subprocess.run(command, env=env, cwd=tmp_path, text=True, capture_output=True, timeout=60)
    whole, none, full = (json.loads(one.stdout) for one in (done, failed, no_room))
    assert (done.returncode, failed.returncode, no_room.returncode) == (1, 3, 3)
    assert list(whole) == list(none) == list(full)
    assert (whole["errors"], none["same"], none["new"]["version"]) == ([], None, "v1.9.0")
    assert "404 Not Found" in none["errors"][0]
    assert none["errors"][0].startswith(f"{PATH}@v1.9.0: reading ")
    assert "no place for the zip: " in full["errors"][0]


def test_on_a_terminal_nothing_but_our_own_colours_is_obeyed(tmp_path: Path) -> None:
    with World([good]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0])
        with TerminalSession([COMMAND, "diff", ONE, TWO], env=env, cwd=tmp_path, rows=60) as session:
            assert session.wait_for_exit() == 1
    shown = session.output
    assert b"\x1b[32m+func B() {}\x1b[0m" in shown
    assert b"\x1b]0;owned" not in shown
    assert b"\x1b[2J" not in shown
    assert b"\\x1b]0;owned\\x07" in shown
    assert "\u202e".encode() not in shown


def test_it_can_be_stopped_and_leaves_nothing(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    asked = threading.Event()

    def hanging(request: Request) -> Answer:
        asked.set()
        return Answer(fault=Fault.HANG)

    with World([hanging]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0], TMPDIR=str(temporary))
        process = start("diff", ONE, TWO, env=env, cwd=tmp_path)
        assert asked.wait(30)
        process.send_signal(signal.SIGTERM)
        out, error = process.communicate(timeout=30)
    assert process.returncode == 143
    assert (out, error) == ("", "modtrace: stopped by SIGTERM\n")
    assert list(temporary.iterdir()) == []


def test_the_shells_know_it(tmp_path: Path) -> None:
    done = modtrace("completion", "bash", env=clean_environment(tmp_path), cwd=tmp_path)
    assert "--name-only" in done.stdout
