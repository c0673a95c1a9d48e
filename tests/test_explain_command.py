"""`modtrace explain` as a user runs it: files, pipes, logs of every kind, exit codes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from probes.commands.explain import MOST_BYTES, MOST_STREAM, _take, decoded
from probes.diagnosis.explain import explain

RUNNER = """
import argparse, sys
from probes.commands import explain
parser = argparse.ArgumentParser(prog="modtrace")
explain.add_parser(parser.add_subparsers())
args = parser.parse_args(["explain", *sys.argv[1:]])
sys.exit(args.run(args))
"""

ERROR = (
    "go: github.com/acme/m@v1.0.0: "
    'Get "https://proxy.golang.org/github.com/acme/m/@v/v1.0.0.mod": dial tcp 192.0.2.1:443: i/o timeout\n'
)
WINDOWS_ERROR = (
    'go: github.com/acme/m@v1.0.0: Get "https://proxy.golang.org/github.com/acme/m/@v/v1.0.0.mod": '
    "dial tcp 192.0.2.1:443: connectex: No connection could be made because the target machine actively refused it.\r\n"
)


def run(
    *arguments: str, data: bytes | None = b"", stdin: IO[bytes] | int | None = None, shell: str = "/bin/sh"
) -> subprocess.CompletedProcess[bytes]:
    environment = {"PATH": os.environ["PATH"], "HOME": "/", "SHELL": shell, "LANG": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-c", RUNNER, *arguments], capture_output=True, timeout=60, env=environment,
        **({"input": data} if stdin is None else {"stdin": stdin}),
    )  # fmt: skip


def test_an_error_on_stdin_is_explained() -> None:
    done = run(data=ERROR.encode())
    assert done.returncode == 0
    assert done.stderr == b""
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("[R07 BLOCKED] N5c")
    assert len(lines) <= 12
    assert any(line.startswith("try    go env -w GOPROXY=") for line in lines)
    assert run("-", data=ERROR.encode()).stdout == done.stdout


def test_a_file_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "build.log"
    path.write_text(ERROR, encoding="utf-8")
    assert run(str(path)).stdout == run(data=ERROR.encode()).stdout


def test_json_is_one_object() -> None:
    done = run("--json", data=(ERROR + "export GOPROXY=https://goproxy.cn，direct\n").encode())
    data = json.loads(done.stdout)
    assert done.returncode == 0
    assert data["schema"] == "modtrace.explain/1"
    assert [found["rule"] for found in data["explanations"]] == ["R07", "R02"]
    first = data["explanations"][0]
    assert (first["line"], first["transient"], first["layer"]) == (1, None, "tcp")
    assert first["facts"]["host"] == "proxy.golang.org"
    assert first["references"]
    assert first["remedies"][0]["scope"] == "user"
    assert (data["mistakes"][0]["line"], data["mistakes"][0]["column"]) == (2, 34)
    assert data["statements"] == []


def test_the_caret_stands_under_the_fault() -> None:
    done = run(data="设置：\n\n  export GOPROXY=https://goproxy.cn，direct\n".encode())
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("line 3, column 36 ")
    assert lines[1] == "  export GOPROXY=https://goproxy.cn，direct"
    assert lines[2] == " " * 35 + "^^"
    assert "  try    export GOPROXY=https://goproxy.cn,direct" in lines


def test_a_false_statement_is_answered_with_the_fact() -> None:
    out = run(data=b"Set GOSUMDB=off for private modules.\n").stdout.decode()
    assert out.startswith("line 1, column 5 · not so: ")
    assert "GOPRIVATE" in out


def test_nothing_recognised_is_exit_code_one() -> None:
    done = run(data=b"npm ERR! code E404\n")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"modtrace: explain: nothing in this text")
    assert done.stderr.count(b"\n") == 1
    empty = run("--json", data=b"")
    assert empty.returncode == 1
    assert json.loads(empty.stdout)["explanations"] == []
    assert empty.stderr == b""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.log", b"No such file"),
        (".", b"directory"),
        ("a\x1b[31mb", b"No such file"),
        ("a" * 5000, b"too long"),
    ],
    ids=["missing", "a folder", "hostile", "long"],
)
def test_an_unreadable_file_is_one_clear_line(name: str, words: bytes) -> None:
    done = run(name)
    assert done.returncode == 2
    assert done.stdout == b""
    assert words in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert b"\x1b" not in done.stderr
    assert b"Traceback" not in done.stderr


def test_bad_usage_is_exit_code_two() -> None:
    assert run("--shell", "tcsh").returncode == 2
    assert run("a", "b").returncode == 2


@pytest.mark.parametrize(
    "data", [b"\x7fELF\x02\x01\x01\x00\x00", b"PK\x03\x04\x14\x00\x00", bytes(range(256)) * 40]
)
def test_binary_data_are_refused(data: bytes) -> None:
    done = run(data=data)
    assert done.returncode == 2
    assert b"binary" in done.stderr


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom"])
def test_endless_binary_input_ends_at_once(device: str) -> None:
    with open(device, "rb") as file:
        assert run(stdin=file).returncode == 2


def test_endless_text_ends_too() -> None:
    with subprocess.Popen(["yes", "go: downloading x"], stdout=subprocess.PIPE) as endless:
        done = run(stdin=endless.stdout)
        endless.kill()
    assert done.returncode == 1
    assert f"first {MOST_BYTES >> 21} MiB".encode() in done.stderr
    assert b"it did not end" in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("from_file", [True, False], ids=["file", "stdin"])
def test_the_end_of_a_huge_log_is_read_with_its_line_number(
    tmp_path: Path, encoding: str, from_file: bool
) -> None:
    lines = 2 * MOST_BYTES // len("2026-01-01 INFO something happened\n".encode(encoding)) + 7
    data = ("2026-01-01 INFO something happened\n" * lines + ERROR).encode(encoding)
    assert len(data) > MOST_BYTES
    path = tmp_path / "huge.log"
    path.write_bytes(data)
    done = run("--json", str(path)) if from_file else run("--json", data=data)
    found = json.loads(done.stdout)
    assert [(e["rule"], e["line"]) for e in found["explanations"]] == [("R07", lines + 1)]
    assert found["cut"] is True
    assert b"the first and the last" in done.stderr


def test_the_end_of_a_file_is_found_however_long_it_is(tmp_path: Path) -> None:
    path = tmp_path / "sparse.log"
    with path.open("wb") as file:
        file.write(b"go: downloading x\n" * (MOST_BYTES // 18))
        file.truncate(MOST_STREAM + 1)
        file.seek(0, 2)
        file.write(b"\n" + ERROR.encode())
    done = run("--json", str(path))
    assert [e["rule"] for e in json.loads(done.stdout)["explanations"]] == ["R07"]
    assert b"line numbers count these alone" in done.stderr


def test_nothing_is_lost_at_the_bound() -> None:
    for size in (MOST_BYTES // 2 - 1, MOST_BYTES // 2, MOST_BYTES // 2 + 1, MOST_BYTES):
        data = b"x" * (size - 1) + b"\n"
        assert _take(io.BytesIO(data), "").text() == data.decode()
    data = b"x" * (MOST_BYTES + (1 << 18)) + b"\n" + ERROR.encode()
    cut = _take(io.BytesIO(data), "")
    assert cut.is_cut
    assert cut.text().endswith("\n" + ERROR)


@pytest.mark.parametrize("arguments", [("missing.log",), (".",)])
def test_json_says_too_that_a_file_cannot_be_read(arguments: tuple[str, ...]) -> None:
    done = run("--json", *arguments)
    assert done.returncode == 2
    data = json.loads(done.stdout)
    assert sorted(data) == ["error", "schema"]
    assert data["schema"] == "modtrace.explain/1"
    assert done.stderr == f"modtrace: explain: {data['error']}\n".encode()


def test_json_says_too_that_a_text_is_binary() -> None:
    done = run("--json", data=b"\x7fELF\x02\x01\x01\x00\x00")
    assert done.returncode == 2
    assert "binary" in json.loads(done.stdout)["error"]
    assert b"binary" in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_logs_from_windows_are_read(encoding: str) -> None:
    data = ("正在下载\r\n" + WINDOWS_ERROR).encode(encoding)
    done = run("--json", data=data)
    found = json.loads(done.stdout)["explanations"][0]
    assert (found["rule"], found["line"]) == ("R07", 2)
    assert found["remedies"][0]["shell"] == "powershell"


def test_a_cut_character_spoils_no_text() -> None:
    assert decoded("go: 漢字".encode()[:-1]).startswith("go: 漢")
    assert decoded(b"caf\xe9 au lait") == "café au lait"


def test_remedies_are_for_the_shell_of_the_user() -> None:
    assert b"set -gx" in run(data=ERROR.encode(), shell="/usr/bin/fish").stdout
    assert b'set "HTTPS_PROXY' in run("--shell", "cmd", data=ERROR.encode()).stdout
    assert b"export HTTPS_PROXY" in run("--shell", "posix", data=WINDOWS_ERROR.encode()).stdout


def test_a_closed_stdin_is_said() -> None:
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -c "$0" <&-', RUNNER], capture_output=True, timeout=60
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "pattern", "first", "check"),
    [
        ('m.test/x@latest: unrecognized import path "m.test/x": https://m.test/x?go-get=1: unknown vcs "bzr"',
         "vcs-unknown", "have the page of m.test/x mended", "modtrace trace --run m.test/x"),
        ("m.test/x@latest: no secure protocol found for repository",
         "no-secure-protocol", "printf 'machine", "modtrace trace --run m.test/x"),
        ("module m.test/x: reading https://proxy.test/m.test/x/@v/list: 502 Bad Gateway", None, "", "modtrace trace m.test/x"),
        ("module m.test/x: git ls-remote -q origin in /c: exit status 128:\n\tgit@m.test: Permission denied (publickey).",
         "ssh-key", "ssh-add -l", "modtrace trace --run m.test/x"),
    ],
)  # fmt: skip
def test_the_check_of_a_direct_fetch_lets_git_run(error: str, pattern: str | None, first: str, check: str) -> None:
    explanation = explain(f"go: {error}\n").explanations[0]
    case = explanation.diagnosis()
    assert pattern in (None, explanation.pattern)
    assert case.remedies[0].lines[0].startswith(first)
    assert case.check == check
    assert pattern != "ssh-key" or not any("netrc" in line for one in case.remedies for line in one.lines)
