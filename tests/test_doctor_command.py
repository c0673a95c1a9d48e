"""`modtrace doctor` as a user runs it: what it prints, how it ends, what it never shows."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from probes.demo import behaviour as acts
from probes.demo.behaviour import Answer, Request, Script
from probes.demo.content import simple_module
from probes.demo.server import World
from probes.diagnosis.catalogue import MAX_LINES, WIDTH
from probes.diagnosis.columns import columns
from probes.golang.protocol import Op
from tests.against_go.compare import authority_file, server_tls
from tests.against_go.golang import go_binary
from tests.modtrace import COMMAND, clean_environment, modtrace
from tests.tls_servers import RawServer

PATH = "m.test/x"
MODULE = simple_module(PATH, "v1.0.0")
GOOD = Script({PATH: MODULE})


def _failing(code: int, body: bytes = b"", kind: str = "text/plain") -> Script:
    return Script({PATH: MODULE}, dict.fromkeys(Op, acts.status(code, body, kind)))


def test_a_healthy_module_has_nothing_to_say(tmp_path: Path) -> None:
    with World([GOOD.answer]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0])
        done = modtrace("doctor", f"{PATH}@v1.0.0", env=env, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(
        "m.test/x@v1.0.0 -> v1.0.0    ok, go would download it\nNothing wrong was found"
    )
    assert done.stderr == ""


def test_the_report_leads_with_the_cause_and_fits(tmp_path: Path) -> None:
    with World([_failing(502).answer, GOOD.answer]) as world:
        env = clean_environment(tmp_path, GOPROXY=",".join(world.urls))
        done = modtrace("doctor", f"{PATH}@v1.0.0", env=env, cwd=tmp_path)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    head = next(at for at, text in enumerate(lines) if text.startswith("[R01 FALLBACK]"))
    block = lines[head : lines.index("", head)]
    assert len(block) <= MAX_LINES
    assert all(columns(text) <= WIDTH for text in block)
    assert any("|" in text and text.startswith("try") for text in block)
    assert "layers of" in done.stdout
    assert "FAIL http" in done.stdout


def test_json_is_one_object_with_cases_and_ladders(tmp_path: Path) -> None:
    with World([_failing(502).answer, GOOD.answer]) as world:
        env = clean_environment(tmp_path, GOPROXY=",".join(world.urls))
        done = modtrace("doctor", f"{PATH}@v1.0.0", "--json", env=env, cwd=tmp_path)
    said = json.loads(done.stdout)
    assert said["schema"] == "modtrace.doctor/1"
    assert said["ok"] is False
    case = said["cases"][0]
    assert {"rule", "level", "cause", "evidence", "go_prints", "remedies", "ruled_out", "references"} <= set(
        case
    )
    assert {"lines", "scope", "risk", "weakens_security"} <= set(case["remedies"][0])
    assert [rung["rung"] for rung in said["ladders"][0]["rungs"]] == [
        "http proxy", "names", "tcp", "tls", "http", "content",
    ]  # fmt: skip
    assert said["trace"]["schema"] == "modtrace.trace/1"
    assert done.returncode == 1


def test_a_hop_that_is_passed_each_time_is_a_warning(tmp_path: Path) -> None:
    with World([_failing(502).answer, GOOD.answer]) as world:
        env = clean_environment(tmp_path, GOPROXY="|".join(world.urls))
        done = modtrace("doctor", f"{PATH}@v1.0.0", "--json", env=env, cwd=tmp_path)
    said = json.loads(done.stdout)
    assert done.returncode == 0
    assert [case["level"] for case in said["cases"]] == ["warning"]
    assert "3 requests" in said["cases"][0]["cause"]


def test_a_wrong_setting_counts_although_the_trace_is_green(tmp_path: Path) -> None:
    with World([GOOD.answer]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0], GOPRIVATE="https://corp.test")
        done = modtrace("doctor", f"{PATH}@v1.0.0", env=env, cwd=tmp_path)
    assert done.returncode == 1
    assert "go would download it" in done.stdout
    assert "GOPRIVATE" in done.stdout


def test_direct_cannot_be_told(tmp_path: Path) -> None:
    """Without a word of the user git is not started, so nobody knows what it would say."""
    env = clean_environment(tmp_path, GOPROXY="direct")
    done = modtrace("doctor", "github.com/a/b@v1.0.0", env=env, cwd=tmp_path)
    assert done.returncode == 3
    assert "could not tell: go would run `git ls-remote" in done.stdout
    assert "modtrace does so with --run" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["@v1"], "no module path"),
        ([PATH, "--limit", "tcp"], "--limit 'tcp': write RUNG=SECONDS"),
        ([PATH, "--limit", "tcp=-1"], "--limit 'tcp=-1': write RUNG=SECONDS"),
        ([PATH, "--limit", "warp=1"], "where RUNG is one of names, tcp, proxy, tls"),
        ([PATH, "--resolvers", "nine.nine"], "--resolvers: 'nine.nine' is no address of a resolver"),
        ([PATH, "--resolvers", "ftp://9.9.9.9"], "--resolvers: 'ftp://9.9.9.9': write an address"),
        ([PATH, "--set", "GOPROXY"], "--set 'GOPROXY': write NAME=VALUE"),
    ],
)
def test_bad_usage_gets_one_line(arguments: list[str], words: str, tmp_path: Path) -> None:
    done = modtrace("doctor", *arguments, env=clean_environment(tmp_path, GOPROXY="off"), cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_capability_row(tmp_path: Path) -> None:
    with World([GOOD.answer]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0])
        done = modtrace("doctor", f"{PATH}@v1.0.0", "--capability", "--json", env=env, cwd=tmp_path)
        text = modtrace("doctor", f"{PATH}@v1.0.0", "--capability", env=env, cwd=tmp_path).stdout
    row = json.loads(done.stdout)["capabilities"][0]
    assert [row[name]["can"] for name in ("list", "info", "mod", "zip")] == ["yes"] * 4
    assert row["sumdb"]["can"] == "no"
    assert "what each proxy can do" in text


def test_a_private_path_is_told_to_no_proxy(tmp_path: Path) -> None:
    with World([GOOD.answer]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0], GONOPROXY="m.test")
        modtrace("doctor", f"{PATH}@v1.0.0", "--capability", "--compare", env=env, cwd=tmp_path)
        assert world.log == []


def test_compare_shows_both_ways(tmp_path: Path) -> None:
    with World([_failing(403).answer], tls=server_tls()) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0], SSL_CERT_FILE=str(authority_file()))
        done = modtrace("doctor", f"{PATH}@v1.0.0", "--compare", "--json", env=env, cwd=tmp_path)
        text = modtrace("doctor", f"{PATH}@v1.0.0", "--compare", env=env, cwd=tmp_path).stdout
    made = {
        comparison["what"]: comparison["differs"] for comparison in json.loads(done.stdout)["comparisons"]
    }
    assert made["size of the hello"] is False
    assert {"TLS version", "HTTP version"} <= set(made)
    assert "the same in two ways" in text


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    with World([_failing(502).answer, GOOD.answer]) as world:
        secret = world.urls[0].replace("http://", "https://alice:hunter2@")
        env = clean_environment(tmp_path, GOPROXY=f"{secret},{world.urls[1]}")
        plain = modtrace("doctor", f"{PATH}@v1.0.0", env=env, cwd=tmp_path)
        data = modtrace("doctor", f"{PATH}@v1.0.0", "--json", env=env, cwd=tmp_path)
    assert plain.returncode == 1
    for text in (plain.stdout, plain.stderr, data.stdout, data.stderr):
        assert "hunter2" not in text
        assert "alice" not in text


def test_a_list_with_a_secret_gets_a_remedy_in_words(tmp_path: Path) -> None:
    with World([_failing(502).answer, GOOD.answer]) as world:
        secret = world.urls[1].replace("http://", "https://alice:hunter2@")
        env = clean_environment(tmp_path, GOPROXY=f"{world.urls[0]},{secret}")
        done = modtrace("doctor", f"{PATH}@v1.0.0", "--json", env=env, cwd=tmp_path)
    remedy = json.loads(done.stdout)["cases"][0]["remedies"][0]
    assert remedy["shell"] == "words"
    assert "xxxxx" not in " ".join(remedy["lines"])


POISON = "\x1b]0;owned\x07\x1b[31m\u202e[red]\x9b2J\u2066".encode() * 3


def _raw(answer: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    return talk


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n%s" % (len(POISON), POISON),
        b"HTTP/1.1 403 No " + POISON + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 403 Forbidden\r\nServer: " + POISON + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://" + POISON + b"/\r\nContent-Length: 0\r\n\r\n",
        POISON + b"\r\n\r\n",
    ],
    ids=["body", "status", "header", "location", "no HTTP"],
)
def test_hostile_bytes_never_reach_the_terminal(answer: bytes, tmp_path: Path) -> None:
    with RawServer(_raw(answer)) as server:
        env = clean_environment(tmp_path, GOPROXY=f"http://127.0.0.1:{server.port}")
        done = modtrace("doctor", f"{PATH}@v1.0.0", env=env, cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    printed = done.stdout + done.stderr
    assert not [char for char in printed if (ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0]
    assert "\u202e" not in printed
    assert "\u2066" not in printed


def test_fish_gets_lines_for_fish(tmp_path: Path) -> None:
    with World([_failing(502).answer, GOOD.answer]) as world:
        env = clean_environment(tmp_path, GOPROXY=",".join(world.urls), SHELL="/usr/bin/fish")
        done = modtrace("doctor", f"{PATH}@v1.0.0", "--json", env=env, cwd=tmp_path)
    remedy = json.loads(done.stdout)["cases"][0]["remedies"][0]
    assert remedy["shell"] == "fish"
    assert remedy["lines"][0].startswith("set -gx GOPROXY '")


@pytest.mark.parametrize(
    "secret",
    [
        "https://oauth2:SuperSecretPassw0rdNumber@git.corp.test/x",
        "Authorization: Bearer AAAABBBBCCCCDDDDEEEEFFFF.SECRETTAILOFTHETOKEN",
        "https://x.test/?token=SuperSecretPassw0rdNumber",
    ],
)
def test_a_secret_in_a_body_is_masked_before_it_is_cut(secret: str, tmp_path: Path) -> None:
    words = f"{'x' * 90} fatal: could not read Username for '{secret}': terminal prompts disabled"
    with World([_failing(404, words.encode()).answer]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0])
        plain = modtrace("doctor", f"{PATH}@v1.0.0", env=env, cwd=tmp_path)
        data = modtrace("doctor", f"{PATH}@v1.0.0", "--json", env=env, cwd=tmp_path)
    for part in ("SuperSecret", "Passw0rd", "SECRETTAIL", "w0rdNumber"):
        assert part not in plain.stdout + data.stdout


def test_large_heads_are_read_as_go_reads_them(tmp_path: Path) -> None:
    def padded(request: Request, answer: Answer) -> Answer:
        return replace(answer, headers=tuple((f"X-Pad-{number}", "x" * 4000) for number in range(100)))

    with World([Script({PATH: MODULE}, dict.fromkeys(Op, padded)).answer]) as world:
        env = clean_environment(tmp_path, GOPROXY=world.urls[0])
        done = modtrace("doctor", f"{PATH}@v1.0.0", env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_an_encoding_that_lacks_a_character_is_no_bug(tmp_path: Path) -> None:
    env = clean_environment(tmp_path, GOPROXY="https://goproxy.test，direct", PYTHONIOENCODING="latin-1")
    done = subprocess.run(
        [COMMAND, "doctor", f"{PATH}@v1.0.0"],
        env=env, cwd=tmp_path, capture_output=True, encoding="latin-1", timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "\\uff0c" in done.stdout
    assert done.stderr == ""


def test_a_closed_stdout_is_one_line(tmp_path: Path) -> None:
    env = clean_environment(tmp_path, GOPROXY="off")
    done = subprocess.run(
        ["sh", "-c", f"exec {COMMAND} doctor {PATH}@v1.0.0 >&-"],
        env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "cannot write the output" in done.stderr


@pytest.mark.parametrize("value", ["tlsrsakex=1", "asynctimerchan=2", "http2client=0,tls10server=1"])
def test_a_removed_godebug_stops_go_and_us(value: str, tmp_path: Path) -> None:
    env = clean_environment(tmp_path, GOPROXY="off", GODEBUG=value, GOCACHE=str(tmp_path))
    go = subprocess.run(
        [str(go_binary()), "mod", "download", "-json", f"{PATH}@v1.0.0"],
        env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    done = modtrace("doctor", f"{PATH}@v1.0.0", "--json", env=env, cwd=tmp_path)
    assert json.loads(done.stdout)["error"] == go.stderr.split("\n", 1)[0]
    assert done.returncode == 1
