"""`modtrace sum PATH@VERSION`: the proof, the verdict, exit codes, and what never leaves the machine."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from probes.commands.sum import exit_code
from probes.commands.sum_report import report, to_json
from probes.demo.behaviour import Answer, Fault, Request
from probes.demo.checksums import VERIFIER_KEY, ChecksumDatabase
from probes.demo.content import Module
from probes.demo.server import Handler, World
from probes.golang.dirhash import go_mod_hash
from probes.golang.errors import GoError
from probes.golang.module import escape_path
from probes.net.limits import Limits
from probes.sources.checksum_database import NoBase, NotRead
from probes.sources.environment_reader import read_environment
from probes.sources.sum_faults import SumFault, fault_of
from probes.sums.proving import SumProof, prove
from tests.modtrace import clean_environment, modtrace
from tests.sumdb_server import Log, Signer, SumDBServer
from tests.test_quorum import PATH, TRUE, VERSION, honest

TARGET = f"{PATH}@{VERSION}"
SIGNER = Signer.from_seed("sum.test", 3)
database = ChecksumDatabase([Module(PATH, (TRUE,))]).answer
MOD_SUM = go_mod_hash(TRUE.mod)


def run(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`modtrace sum`, with a module cache of its own."""
    variables.setdefault("GOMODCACHE", str(home / "cache"))
    return modtrace("sum", *arguments, env=clean_environment(home, **variables), cwd=home)


def served(server: SumDBServer) -> Handler:
    """A database of the tests as a handler."""

    def handler(request: Request) -> Answer:
        status, body = server.answer(request.target)
        return Answer(status, body)

    return handler


def project(home: Path, module_sum: str = "", mod_sum: str = MOD_SUM) -> None:
    """A module around the working directory, with lines in its go.sum."""
    (home / "go.mod").write_text("module example.test/main\n\ngo 1.21\n")
    lines = f"{PATH} {VERSION}/go.mod {mod_sum}\n"
    (home / "go.sum").write_text(lines + (f"{PATH} {VERSION} {module_sum}\n" if module_sum else ""))


def test_a_proof_can_be_recomputed_from_the_json(tmp_path: Path) -> None:
    log = Log()
    for number in range(300):
        log.add(f"other.test/m{number}", "v1.0.0")
    log.add(PATH, VERSION, "h1:zip=", "h1:mod=")
    for number in range(7):
        log.add(f"later.test/m{number}", "v1.0.0")
    with World([served(SumDBServer(SIGNER, log))]) as world:
        gosumdb = f"{SIGNER.verifier_key} {world.urls[0]}"
        done = run(tmp_path, TARGET, "--json", GOSUMDB=gosumdb, GOPROXY="off")
        assert [logged.request.target.split("/")[1] for logged in world.log] == ["lookup", "tile", "tile"]
    said = json.loads(done.stdout)
    proof = said["proof"]
    assert (done.returncode, said["schema"], said["verdict"]) == (0, "modtrace.sum/1", "proved")
    assert (said["sum"], said["go_mod_sum"]) == ("h1:zip=", "h1:mod=")
    assert (proof["record"], proof["size"]) == (300, 308)
    record = "".join(f"{line}\n" for line in proof["lines"])
    node = hashlib.sha256(b"\0" + record.encode()).digest()
    for step in proof["steps"]:
        sibling = base64.b64decode(step["sibling"])
        pair = sibling + node if step["side"] == "left" else node + sibling
        node = hashlib.sha256(b"\1" + pair).digest()
        assert base64.b64decode(step["node"]) == node
    assert base64.b64decode(proof["root"]) == node == log.tree().root
    assert {step["tile"] for step in proof["steps"]} <= {*proof["tiles"], ""}
    assert [(head["size"], head["known_size"], head["when"]) for head in said["heads"]] == [
        (308, 0, "future")
    ]


def test_the_report_shows_every_step_in_eighty_columns(tmp_path: Path) -> None:
    project(tmp_path)
    with World([database]) as world:
        done = run(tmp_path, TARGET, GOSUMDB=f"{VERIFIER_KEY} {world.urls[0]}", GOPROXY="off")
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    for words in ("number 0, hash ", "0 steps from the record to the root", "go.sum, go.mod: the same (go.sum:1)",
                  "verdict   proved: sums.demo.example vouches for it, and go.sum agrees"):  # fmt: skip
        assert words in done.stdout


def refusing(status: int) -> Handler:
    return lambda request: Answer(status)


EXITS: list[tuple[Handler, str, dict[str, str], int, str]] = [
    (database, TARGET, {}, 0, "proved"),
    (database, f"{TARGET}/go.mod", {}, 0, "proved"),
    (database, f"{PATH}@v1.99.0", {}, 1, "refused"),
    (refusing(403), TARGET, {}, 1, "refused"),
    (refusing(500), TARGET, {}, 3, "unanswered"),
    (lambda request: Answer(fault=Fault.RESET), TARGET, {}, 3, "unanswered"),
    (lambda request: Answer(body=b"<html>log in</html>"), TARGET, {}, 1, "refused"),
    (database, TARGET, {"GOPRIVATE": "m.test"}, 3, "not asked"),
    (database, TARGET, {"GONOSUMDB": "m.test"}, 3, "not asked"),
    (database, TARGET, {"GOSUMDB": "off"}, 3, "not asked"),
    (database, TARGET, {"GOSUMDB": "nobody"}, 1, "refused"),
]


def asked(home: Path, target: str, *, patience_s: float = 5, **variables: str) -> SumProof:
    """The same question, asked in this process."""
    process = {"HOME": str(home), "GOPROXY": "off", "GOENV": "off", **variables}
    found = SumProof()
    path, _, version = target.partition("@")
    environment = read_environment(process=process, cwd=str(home))
    asyncio.run(
        prove(environment, path, version, found.apply, limits=Limits(answer_s=patience_s, stall_s=patience_s))
    )
    return found


def test_exit_codes(tmp_path: Path) -> None:
    for handler, target, variables, code, verdict in EXITS:
        with World([handler]) as world:
            settings = {"GOSUMDB": f"{VERIFIER_KEY} {world.urls[0]}", **variables}
            found = asked(tmp_path, target, **settings)
            assert (exit_code(found), to_json(found)["verdict"]) == (code, verdict), (target, variables)
            assert report(found).endswith("\n")
            assert bool(world.log) is (verdict != "not asked" and variables.get("GOSUMDB") != "nobody")


def test_who_waits_is_told_that_nobody_answered(tmp_path: Path) -> None:
    with World([lambda request: Answer(fault=Fault.HANG)]) as world:
        settings = {"GOSUMDB": f"{VERIFIER_KEY} {world.urls[0]}"}
        found = asked(tmp_path, TARGET, patience_s=0.2, **settings)
    assert (exit_code(found), to_json(found)["verdict"], to_json(found)["fault"]) == (
        3,
        "unanswered",
        "timeout",
    )
    silent = NotRead("/lookup/x@v1", GoError('Get "https://sum.test": dial tcp 192.0.2.1:443: i/o timeout'))
    assert fault_of(silent, database="sum.test") is SumFault.TIMEOUT
    refused = NoBase("dial tcp 127.0.0.1:1: connect: connection refused")
    assert fault_of(refused, database="sum.test") is SumFault.UNREACHABLE


def test_what_is_here_is_compared_without_asking_anybody_else(tmp_path: Path) -> None:
    project(tmp_path, "h1:" + "A" * 43 + "=")
    cached = tmp_path / f"cache/cache/download/{escape_path(PATH)}/@v"
    cached.mkdir(parents=True)
    (cached / f"{VERSION}.mod").write_bytes(TRUE.mod)
    with World([database, honest]) as world:
        gosumdb = f"{VERIFIER_KEY} {world.urls[0]}"
        done = run(tmp_path, TARGET, "--json", GOSUMDB=gosumdb, GOPROXY=world.urls[1])
        assert {logged.proxy for logged in world.log} == {0}
        alone = run(tmp_path, f"{TARGET}/go.mod", "--json", GOSUMDB=gosumdb, GOPROXY=world.urls[1])
    said = json.loads(done.stdout)
    assert (done.returncode, said["verdict"], said["fault"]) == (1, "differs", "go.sum mismatch")
    held = [(one["who"], one["what"], one["agrees"], one["where"]) for one in said["held"]]
    assert held == [
        ("go.sum", "module", False, "go.sum:2"),
        ("go.sum", "go.mod", True, "go.sum:1"),
        ("module cache", "go.mod", True, f"cache/download/{escape_path(PATH)}/@v/{VERSION}.mod"),
    ]
    assert (alone.returncode, json.loads(alone.stdout)["whats"]) == (0, ["go.mod"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "write PATH@VERSION, or --project"),
        ((TARGET, "--project"), "one of the two"),
        ((PATH,), "write PATH@VERSION"),
        ((f"{PATH}@latest",), "modtrace trace m.test/mod@latest says which one that is"),
        (("no dot@v1.0.0",), "malformed module path"),
        ((TARGET, "--set", "GOPROXY"), "write NAME=VALUE"),
        ((TARGET, "--ask"), "--ask goes with --project"),
        ((TARGET, "--zip"), "--zip goes with --project"),
        (("--project", "--zip"), "--zip goes with --ask"),
    ],
)
def test_usage(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = run(tmp_path, *arguments, GOSUMDB="off", GOPROXY="off")
    assert (done.returncode, done.stdout) == (2, "")
    assert words.replace("m.test/mod", PATH) in done.stderr


def test_no_secret_and_no_control_character_gets_out(tmp_path: Path) -> None:
    hostile = Answer(403, b"\x1b]0;gone\x07 \xe2\x80\xae no\n", content_type="text/plain; charset=utf-8")
    with World([lambda request: hostile]) as world:
        goproxy = world.urls[0].replace("http://", "http://user:hunter2@")
        for form in ((), ("--json",)):
            done = run(tmp_path, TARGET, *form, GOSUMDB=VERIFIER_KEY, GOPROXY=goproxy)
            out = done.stdout + done.stderr
            assert done.returncode == 3
            assert "hunter2" not in out
            assert not {"\x1b", "\x07", "\u202e"} & set(out)


def test_the_tree_is_remembered_apart_from_gos(tmp_path: Path) -> None:
    """A reset log is taken by a go that remembers nothing, and named by modtrace; go's own file stays."""
    log = Log()
    for number in range(5):
        log.add(f"other.test/m{number}", "v1.0.0")
    log.add(PATH, VERSION, "h1:zip=", "h1:mod=")
    server = SumDBServer(SIGNER, log)
    gopath = tmp_path / "go"
    with World([served(server)]) as world:
        settings = {"GOSUMDB": f"{SIGNER.verifier_key} {world.urls[0]}", "GOPATH": str(gopath)}

        def ask() -> tuple[int, str, int, list[str]]:
            found = asked(tmp_path, TARGET, **settings)
            assert found.finished is not None
            findings = [finding.id for finding in found.trace.all_findings()]
            return exit_code(found), found.finished.timeline, found.finished.remembered, findings

        assert ask() == (0, "first", 0, [])
        assert ask() == (0, "same", 6, [])
        for number in range(400):
            log.add(f"later.test/m{number}", "v1.0.0")
        assert ask() == (0, "grown", 6, [])
        server.size = 300
        assert ask() == (0, "older", 406, ["sumdb.older"])
        server.size = None
        server.log = log.fork(300)
        assert ask() == (0, "taken back", 406, ["sumdb.older", "sumdb.taken-back"])
        server.log = log.fork(3)
        server.log.add(PATH, VERSION, "h1:zip=", "h1:mod=")
        while len(server.log) < 406:
            server.log.add(f"fork.test/m{len(server.log)}", "v1.0.0")
        assert ask() == (0, "forked", 406, ["sumdb.forked"])
        other_key = Signer.from_seed(SIGNER.name, 4)
        server.signer = other_key
        settings["GOSUMDB"] = f"{other_key.verifier_key} {world.urls[0]}"
        assert ask() == (0, "first", 0, [])
    assert not gopath.exists()


def test_the_tree_that_go_remembers_is_named_and_left_alone(tmp_path: Path) -> None:
    log = Log()
    for number in range(5):
        log.add(f"other.test/m{number}", "v1.0.0")
    log.add(PATH, VERSION, "h1:zip=", "h1:mod=")
    server = SumDBServer(SIGNER, log)
    latest = tmp_path / f"go/pkg/sumdb/{SIGNER.name}/latest"
    latest.parent.mkdir(parents=True)
    with World([served(server)]) as world:
        settings = {"GOSUMDB": f"{SIGNER.verifier_key} {world.urls[0]}", "GOPATH": str(tmp_path / "go")}
        for size, when in ((4, "future"), (6, "now")):
            latest.write_bytes(server.head(size))
            found = asked(tmp_path, TARGET, **settings)
            (head,) = found.trace.heads
            assert (head.size, head.known_size, head.known_by, head.when) == (6, size, "go", when)
            assert latest.read_bytes() == server.head(size)
        assert "GOSUMDB gives its address: no proxy is asked" in report(found)
        latest.write_bytes(b"<html>")
        found = asked(tmp_path, TARGET, **settings)
        assert (exit_code(found), to_json(found)["fault"]) == (1, "spoiled head")
