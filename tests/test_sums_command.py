"""`modtrace sums`: the table, JSON, exit codes, and what never leaves the machine."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from probes.demo.behaviour import Answer, Fault, Request
from probes.demo.checksums import VERIFIER_KEY, ChecksumDatabase
from probes.demo.content import Module
from probes.demo.server import Handler, World
from probes.golang.protocol import Op
from tests.modtrace import clean_environment, modtrace, start
from tests.test_quorum import PATH, TRUE, VERSION, changed, honest, missing, says

TARGET = f"{PATH}@{VERSION}"
database = ChecksumDatabase([Module(PATH, (TRUE,))]).answer


def run(
    world: World, home: Path, *arguments: str, goproxy: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """`modtrace sums` in a world; every proxy of it one after the other unless told otherwise."""
    variables.setdefault("GOMODCACHE", str(home / "cache"))
    env = clean_environment(home, GOPROXY=goproxy or "|".join(world.urls), **variables)
    return modtrace("sums", *arguments, env=env, cwd=home)


EXITS: list[tuple[tuple[Handler, ...], tuple[str, ...], int]] = [
    ((honest, honest), ("--all", "--zip"), 0),
    ((honest, changed), ("--all", "--zip"), 1),
    ((honest, changed), ("--zip",), 0),
    ((honest,), (), 0),
    ((says(Op.ZIP, Answer(body=b"<html>")),), ("--zip",), 1),
    ((says(Op.MOD, Answer(body=b"<html>\n")),), (), 1),
    ((missing, missing), ("--all",), 3),
    ((missing, honest), (), 0),
    ((says(Op.ZIP, Answer(fault=Fault.RESET)),), ("--zip", "--all"), 3),
]


@pytest.mark.parametrize(("handlers", "options", "code"), EXITS)
def test_exit_codes(
    handlers: tuple[Handler, ...], options: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    with World(handlers) as world:
        done = run(world, tmp_path, TARGET, *options)
        assert (done.returncode, done.stderr) == (code, "")


def test_the_odd_one_is_named_with_what_differs(tmp_path: Path) -> None:
    with World([changed, honest, database]) as world:
        gosumdb = f"{VERIFIER_KEY} {world.urls[2]}"
        goproxy = "|".join(world.urls[:2])
        done = run(world, tmp_path, TARGET, "--all", "--zip", goproxy=goproxy, GOSUMDB=gosumdb)
        hosts = [url.removeprefix("http://") for url in world.urls]
        assert (
            f"zip: proxy 1 ({hosts[0]}) differs from proxy 2 ({hosts[1]}) and from sums.demo.example."
            in done.stdout
        )
        assert "  only here: extra.go\n  other content: doc.go\n" in done.stdout
        assert "SECURITY ERROR" in done.stdout
        asjson = run(world, tmp_path, TARGET, "--all", "--zip", "--json", goproxy=goproxy, GOSUMDB=gosumdb)
        found = json.loads(asjson.stdout)
        assert (asjson.returncode, found["schema"], found["version"]) == (1, "modtrace.sums/1", VERSION)
        assert found["verdicts"]["zip"]["odd"] == [0]
        assert found["verdicts"]["go.mod"]["agreement"] == "agree"
        assert [voter["zip"]["mark"] for voter in found["voters"]][:2] == ["differs", "agrees"]
        assert [one["changed"] for one in found["differences"]] == [["doc.go"]]
        assert found["voters"][0]["zip"]["requests"][0]["status"] == 200
        assert found["go_refuses"] is True


@pytest.mark.parametrize("options", [(), ("--all", "--zip")])
def test_a_private_path_leaves_with_nobody_asked(options: tuple[str, ...], tmp_path: Path) -> None:
    with World([honest, database]) as world:
        gosumdb = f"{VERIFIER_KEY} {world.urls[1]}"
        done = run(world, tmp_path, TARGET, *options, GOPRIVATE="m.test", GOSUMDB=gosumdb)
        assert (done.returncode, world.log) == (3, [])
        assert "the path is private: m.test of GONOPROXY matches it" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((PATH,), "write PATH@VERSION"),
        ((f"{PATH}@latest",), "write PATH@VERSION"),
        ((f"{PATH}@v1.2",), f"modtrace trace {PATH}@v1.2 says which one that is"),
        (("no dot@v1.0.0",), "malformed module path"),
        ((TARGET, "--set", "GOPROXY"), "write NAME=VALUE"),
    ],
)
def test_usage(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    with World([honest]) as world:
        done = run(world, tmp_path, *arguments)
        assert (done.returncode, done.stdout, world.log) == (2, "", [])
        assert words in done.stderr


def test_no_secret_and_no_control_character_gets_out(tmp_path: Path) -> None:
    hostile = Answer(403, b"\x1b]0;gone\x07 no\n", content_type="text/plain")
    with World([lambda request: hostile]) as world:
        for user in ("", "user:hunter2@"):
            for form in ((), ("--json",)):
                goproxy = world.urls[0].replace("http://", f"http://{user}")
                done = run(world, tmp_path, TARGET, "--zip", *form, goproxy=goproxy)
                assert "hunter2" not in done.stdout + done.stderr
                assert not any(ord(one) < 32 and one != "\n" for one in done.stdout)


def test_ctrl_c_leaves_at_once(tmp_path: Path) -> None:
    asked = []

    def hangs(request: Request) -> Answer:
        asked.append(request)
        return Answer(fault=Fault.HANG)

    with World([hangs]) as world:
        process = start("sums", TARGET, env=clean_environment(tmp_path, GOPROXY=world.urls[0]), cwd=tmp_path)
        try:
            while not asked and process.poll() is None:
                pass
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
        assert (process.returncode, out) == (130, "")
        assert "Traceback" not in err


def test_help_and_completion_know_it(tmp_path: Path) -> None:
    env = clean_environment(tmp_path)
    assert "exit codes:" in modtrace("sums", "--help", env=env, cwd=tmp_path).stdout
    assert "sums" in modtrace("completion", "bash", env=env, cwd=tmp_path).stdout
