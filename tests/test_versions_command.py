"""`modtrace versions` as a user runs it: words, JSON, exit codes, pipes, hostile answers."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from probes.demo.behaviour import Answer, Fault, Request, honest_answer
from probes.demo.content import Module, ModuleVersion
from probes.demo.server import Handler, World
from probes.golang.protocol import Op
from tests.modtrace import COMMAND, clean_environment, modtrace

PATH = "m.test/Hello"
GO_MOD = f"module {PATH}\n\ngo 1.20\n\nretract v1.2.0 // a \x1b[31mred day\n".encode()
NAMES = ("v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0-rc.1", "v2.0.0+incompatible")
VERSIONS = tuple(
    ModuleVersion(PATH, name, go_mod=GO_MOD, time=f"2024-01-0{day}T03:04:06Z")
    for day, name in enumerate(NAMES, 1)
)
NEW = Module(PATH, VERSIONS, latest="v1.1.0")
OLD = Module(PATH, VERSIONS[:1], latest="v1.0.0")


def new(request: Request) -> Answer:
    """A proxy that has all."""
    return honest_answer({PATH: NEW}, request)


def old(request: Request) -> Answer:
    """A proxy that is behind."""
    return honest_answer({PATH: OLD}, request)


def missing(request: Request) -> Answer:
    """A proxy that has nothing."""
    return honest_answer({}, request)


def run(
    tmp_path: Path, handlers: list[Handler], goproxy: str, *arguments: str, **variables: str
) -> tuple[subprocess.CompletedProcess[str], World]:
    """The command in a world, with a project around it."""
    (tmp_path / "go.mod").write_text(f"module p.test\n\nrequire {PATH} v1.0.0\n")
    (tmp_path / "go.sum").write_text(f"{PATH} v1.0.0 h1:x=\n")
    with World(handlers) as world:
        env = clean_environment(tmp_path, GOPROXY=goproxy.format(*world.urls), **variables)
        return modtrace("versions", *arguments, env=env, cwd=tmp_path), world


def test_the_matrix_in_words(tmp_path: Path) -> None:
    done, _ = run(tmp_path, [old, new], "{0},{1}", PATH)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert re.search(r"^  latest   v1\.0\.0  from 127\.0\.0\.1:", done.stdout, re.M)
    assert "so go would not come here" in " ".join(done.stdout.split())
    assert any(
        re.fullmatch(r"v1\.0\.0 +\+ \. \+  go's latest, upgrade, patch; @latest of A; 2024-01-01", line)
        for line in lines
    )
    assert all(len(line) <= 80 for line in lines if not line.startswith("   /"))


def test_all_are_asked_on_request(tmp_path: Path) -> None:
    nobody = {"HTTPS_PROXY": "http://127.0.0.1:1"}
    done, world = run(tmp_path, [old, new], "{0},{1}", PATH, "--all", "--times", **nobody)
    assert done.returncode == 0
    assert {logged.proxy for logged in world.log} == {0, 1}
    assert not [logged for logged in world.log if logged.request.op is Op.ZIP]
    rows = {words[0]: " ".join(words[1:]) for line in done.stdout.splitlines() if (words := line.split())}
    assert rows["v1.2.0"].startswith(". + ! . . retracted: a \\x1b[31mred day")
    assert rows["v1.2.0"].endswith("2024-01-03")
    assert rows["v1.3.0-rc.1"].endswith("pre-release; 2024-01-04")
    assert "24 h behind" in done.stdout


def test_json_says_all_of_it(tmp_path: Path) -> None:
    done, _ = run(tmp_path, [new], "{0}", PATH, "--json")
    found = json.loads(done.stdout)
    assert done.stdout.isascii()
    assert "\x1b" not in done.stdout
    assert (found["schema"], found["path"]) == ("modtrace.versions/1", PATH)
    assert [one["kind"] for one in found["columns"]] == ["proxy", "direct", "module cache", "go.sum"]
    assert found["columns"][0]["list_bytes"] == len(NEW.list_text)
    assert [one["version"] for one in found["versions"]] == [*NAMES[::-1]]
    assert [one["kind"] for one in found["versions"]][1:3] == ["pre-release", "release"]
    assert found["versions"][2]["retracted"] == "a \x1b[31mred day"
    assert found["versions"][-1]["cells"] == ["listed", "not asked", "not listed", "listed"]
    assert found["choices"]["upgrade"] == {
        "version": "v1.1.0", "column": 0, "current": "v1.0.0", "error": None, "unknown": False,
    }  # fmt: skip


def test_one_version_by_name(tmp_path: Path) -> None:
    done, world = run(tmp_path, [old, new, new], "{0},{1},{2}", f"{PATH}@v1.2.0")
    assert done.returncode == 0
    assert [(logged.proxy, logged.request.op) for logged in world.log] == [(0, Op.INFO), (1, Op.INFO)]
    assert "has it, of 2024-01-03 03:04 UTC" in done.stdout
    done, _ = run(tmp_path, [old], "{0}", f"{PATH}@v1.2.0", "--json")
    assert done.returncode == 1
    (one,) = json.loads(done.stdout)["versions"]
    assert one["cells"][0] == "missing"
    assert one["said"][0]["missing"]


HANG: list[Handler] = [lambda request: Answer(fault=Fault.HANG)]
NOBODY = {"HTTPS_PROXY": "http://127.0.0.1:1"}
"""The way to the repository is closed, whatever this machine's network."""
EXITS: list[tuple[list[Handler], str, list[str], dict[str, str], int]] = [
    ([missing], "{0}", [PATH], {}, 1),
    ([missing], "{0},off", [PATH], {}, 1),
    ([missing], "{0},direct", [PATH], NOBODY, 1),
    ([new], "{0},direct", [PATH], {"GOPRIVATE": "m.test", **NOBODY}, 1),
    (HANG, "{0}", [PATH, "--timeout", "0.2"], {}, 3),
    ([new], "ftp://{0}", [PATH], {}, 1),
    ([new], "{0}", ["no dot"], {}, 1),
    ([new], "{0}", ["@v1.0.0"], {}, 2),
    ([new], "{0}", [f"{PATH}@>v1.0.0"], {}, 2),
    ([new], "{0}", [f"{PATH}@v1.0.0", "--times"], {}, 2),
    ([new], "{0}", [PATH, "--set", "GOPROXY"], {}, 2),
    ([new], "{0}", [PATH, "--set", "GOPROXI=off"], {}, 2),
    ([new], "{0}", [f"{PATH}@"], {}, 2),
    ([missing], "{0},direct", [f"{PATH}@v1.0.0"], {}, 3),
    ([new], "{0}", [f"{PATH}@v1.0.0"], {"GONOPROXY": "m.test"}, 3),
    ([missing, new], "{0},{1}", [f"{PATH}@v1.2.0"], {}, 0),
    (HANG, "{0}", [f"{PATH}@v1.0.0", "--timeout", "0.2"], {}, 3),
]


@pytest.mark.parametrize(("handlers", "goproxy", "arguments", "variables", "code"), EXITS)
def test_exit_codes_are_honest(
    tmp_path: Path,
    handlers: list[Handler],
    goproxy: str,
    arguments: list[str],
    variables: dict[str, str],
    code: int,
) -> None:
    done, _ = run(tmp_path, handlers, goproxy, *arguments, **variables)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def long_list(request: Request) -> Answer:
    """A proxy with 20,000 versions."""
    if request.op is Op.LIST:
        return Answer(200, b"".join(b"v1.%d.%d\n" % (number // 99, number % 99) for number in range(20_000)))
    return new(request)


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path) -> None:
    with World([long_list]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0])
        line = f"{COMMAND} versions {PATH} | head -40"
        done = subprocess.run(
            ["/bin/sh", "-c", line], env=env, cwd=tmp_path, text=True, capture_output=True, timeout=60
        )
    assert len(done.stdout.splitlines()) == 40
    assert done.stderr == ""


def test_twenty_thousand_versions_in_json(tmp_path: Path) -> None:
    done, _ = run(tmp_path, [long_list], "{0}", PATH, "--json")
    assert len(json.loads(done.stdout)["versions"]) == 20_000


def hostile(request: Request) -> Answer:
    """Escape sequences wherever a server can put them."""
    escape = "\x1b]0;owned\x07\x1b[2J\u202e"
    if request.op is Op.LIST:
        return Answer(200, f"v1.0.0\nv1.0.1-{escape}\n{escape}\nv1.1.0 {escape}\n".encode())
    if request.op is Op.MOD:
        return Answer(200, f"// Deprecated: {escape}\nmodule {PATH}\nretract v1.0.0 // {escape}\n".encode())
    if request.version == "v1.0.0":
        return Answer(500, f"{escape}\n".encode())
    told = {"VCS": escape, "URL": f"https://user:secret@x.test/{escape}", "Ref": escape, "Hash": escape}
    body = {
        "Version": request.version or f"v1.9.0-{escape}",
        "Time": escape * 0 + "2024-01-01T00:00:00Z",
        "Origin": told,
    }
    return Answer(200, json.dumps(body).encode())


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--times"], ["--one"]])
def test_no_terminal_escape_ever_reaches_the_terminal(tmp_path: Path, arguments: list[str]) -> None:
    with World([hostile]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0], TERM="xterm")
        one = arguments == ["--one"]
        command = [COMMAND, "versions", f"{PATH}@v1.1.0" if one else PATH, *([] if one else arguments)]
        shown = in_terminal(command, env, tmp_path)
    assert b"v1.1.0" in shown
    assert not re.search(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]|\xe2\x80\xae|\xc2[\x80-\x9f]", shown)
    assert b"secret" not in shown


def in_terminal(command: list[str], env: dict[str, str], cwd: Path) -> bytes:
    """All that a command writes to a terminal."""
    parent, child = pty.openpty()
    with subprocess.Popen(command, env=env, cwd=cwd, stdin=child, stdout=child, stderr=child):
        os.close(child)
        shown = b""
        while True:
            try:
                piece = os.read(parent, 1 << 16)
            except OSError:
                break
            if not piece:
                break
            shown += piece
    os.close(parent)
    return shown


def test_patch_starts_from_what_the_workspace_or_modfile_requires(tmp_path: Path) -> None:
    """The same as `go list -m PATH@patch` says there."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other/go.mod").write_text(f"module o.test\n\nrequire {PATH} v1.1.0\n")
    (tmp_path / "alt.mod").write_text(f"module p.test\n\nrequire {PATH} v1.3.0-rc.1\n")

    def current(**variables: str) -> object:
        done, _ = run(tmp_path, [new], "{0}", PATH, "--json", **variables)
        return json.loads(done.stdout)["choices"]["patch"]["current"]

    assert current() == "v1.0.0"
    assert current(GOFLAGS="-trimpath -modfile=alt.mod") == "v1.3.0-rc.1"
    (tmp_path / "go.work").write_text("go 1.21\n\nuse .\nuse ./other\n")
    assert current() == "v1.1.0"
    assert current(GOWORK="off") == "v1.0.0"


@pytest.mark.parametrize(
    ("variables", "go_mod", "words"),
    [
        ({"GO111MODULE": "off"}, "", "go: modules disabled by GO111MODULE=off; see 'go help modules'"),
        ({"GOFLAGS": "xx"}, "", 'go: parsing $GOFLAGS: non-flag "xx"'),
        ({"GOPATH": "a"}, "", 'go: GOPATH entry is relative; must be absolute path: "a".'),
        ({"GOFLAGS": "-modfile=bad.mod"}, "modul x\n", "go: errors parsing"),
    ],
)
def test_where_go_refuses_to_start_it_chooses_nothing(
    tmp_path: Path, variables: dict[str, str], go_mod: str, words: str
) -> None:
    (tmp_path / "bad.mod").write_text(go_mod)
    done, _ = run(tmp_path, [new], "{0}", PATH, "--json", **variables)
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert {choice["version"] for choice in found["choices"].values()} == {None}
    assert all(choice["error"].startswith(words) for choice in found["choices"].values())
    assert found["versions"]  # who has which is told all the same


def test_what_go_would_make_of_a_branch_in_go_mod_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "other.mod").write_text("module p.test\n\ngo 1.21\n\nrequire b.test/x main\n")
    done, _ = run(tmp_path, [new], "{0}", PATH, "--json", GOFLAGS="-modfile=other.mod")
    found = json.loads(done.stdout)
    assert all("not canonical" in choice["error"] for choice in found["choices"].values())
    assert all(choice["version"] is None for choice in found["choices"].values())
    assert found["versions"]
