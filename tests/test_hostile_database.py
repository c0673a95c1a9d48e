"""Databases, files of state and file:// proxies that would keep modtrace waiting, or fill its events."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import threading
from dataclasses import replace
from pathlib import Path

from probes.commands.plain import report as trace_report
from probes.commands.sum_report import report, to_json
from probes.demo.behaviour import Answer, Request
from probes.demo.checksums import VERIFIER_KEY
from probes.demo.server import Handler, World
from probes.net.limits import Limits
from probes.sources.environment_reader import read_environment
from probes.sources.own_heads import OwnHeads
from probes.sums.proving import ask_database
from probes.trace.checksum_events import ChecksumDecided
from probes.trace.events import Event, event_to_json
from probes.trace.fold import Trace
from probes.trace.run import trace
from tests.modtrace import clean_environment, modtrace
from tests.sumdb_server import Log, Signer, SumDBServer
from tests.test_quorum import PATH, VERSION, honest
from tests.test_sum_command import TARGET, asked

SIGNER = Signer.from_seed("sum.test", 3)
TOO_LONG = b"x" * (1 << 20)
NOBODY = "— who.test AAAAAAAA\n".encode()


def lookup(body: bytes) -> Handler:
    """A database that answers a lookup with this."""
    return lambda request: Answer(body=body) if "/lookup/" in request.target else Answer(404)


def traced(home: Path, handler: Handler) -> tuple[Trace, list[Event]]:
    """A trace whose module is honest and whose database is not."""
    told, events = Trace(), list[Event]()

    def emit(event: Event) -> None:
        events.append(event)
        told.apply(event)

    with World([handler, honest]) as world:
        settings = {"GOSUMDB": f"{VERIFIER_KEY} {world.urls[0]}", "GOPROXY": world.urls[1]}
        process = {"HOME": str(home), "GOENV": "off", "GOTOOLCHAIN": "local", **settings}
        environment = read_environment(process=process, cwd=str(home))
        asyncio.run(trace(environment, PATH, VERSION, emit, limits=Limits(answer_s=5, stall_s=5)))
    return told, events


def test_an_answer_without_end_is_not_read_and_is_not_called_silence(tmp_path: Path) -> None:
    with World([lookup(TOO_LONG)]) as world:
        settings = {"GOSUMDB": f"{VERIFIER_KEY} {world.urls[0]}"}
        said = to_json(found := asked(tmp_path, TARGET, **settings))
        told: list[Event] = []
        environment = read_environment(process={"HOME": str(tmp_path), "GOENV": "off", **settings})
        asyncio.run(ask_database(environment, PATH, VERSION, told.append))
    assert (said["verdict"], said["fault"], said["error"]) == ("unanswered", "too long", None)
    assert "go would say" not in report(found)
    assert "longer than 1 MiB; go would read it all" in " ".join(report(found).split())
    decided = [event for event in told if isinstance(event, ChecksumDecided)]
    assert {(one.verdict, one.fault) for one in decided} == {("unknown", "too long")}
    trace_told, _ = traced(tmp_path, lookup(TOO_LONG))
    assert [(one.verdict, one.fault) for one in trace_told.checksums] == [("unknown", "too long")]


def test_what_go_repeats_without_end_is_cut_in_events(tmp_path: Path) -> None:
    """go prints the whole note that it cannot verify."""
    note = b"0\nm.test/x v1.0.0 h1:x=\n\n" + b"\n".join([b"line"] * 200_000) + b"\n\n" + NOBODY
    told, events = traced(tmp_path, lookup(note))
    assert [one.fault for one in told.checksums] == ["unknown key"]
    assert max(len(json.dumps(event_to_json(event))) for event in events) < 400_000
    assert len(trace_report(told)) < 40_000


def test_a_fault_that_only_a_newer_modtrace_knows_is_replayed(tmp_path: Path) -> None:
    told, events = traced(tmp_path, lookup(b"<html>"))
    assert "checksums: " in trace_report(told)
    newer = Trace()
    for event in events:
        newer.apply(replace(event, fault="from the future") if isinstance(event, ChecksumDecided) else event)
    assert "checksums: " not in trace_report(newer)
    assert "go would fail" in trace_report(newer)


def test_a_record_without_a_hash_is_told_where_only_events_are_known(tmp_path: Path) -> None:
    log = Log()
    log.append(f"{PATH} {VERSION}/go.mod h1:mod=\n".encode())
    log.ids[f"m.test/!hello@{VERSION}"] = 0
    server = SumDBServer(SIGNER, log)

    def answer(request: Request) -> Answer:
        status, body = server.answer(request.target)
        return Answer(status, body)

    told: list[Event] = []
    with World([answer]) as world:
        process = {"HOME": str(tmp_path), "GOENV": "off", "GOSUMDB": f"{SIGNER.verifier_key} {world.urls[0]}"}
        asyncio.run(ask_database(read_environment(process=process), PATH, VERSION, told.append))
    decided = [event for event in told if isinstance(event, ChecksumDecided)]
    assert {(one.verdict, one.fault) for one in decided} == {("failed", "missing line")}


def test_a_modtrace_that_holds_the_lock_for_ever_stops_nobody(tmp_path: Path) -> None:
    """One that was suspended with ctrl+z, say."""
    log = Log()
    log.add(PATH, VERSION)
    heads, server = OwnHeads(tmp_path), SumDBServer(SIGNER, log)
    from probes.golang.note import new_verifier

    verifier = new_verifier(SIGNER.verifier_key)
    (tmp_path / "sumdb").mkdir()
    lock = os.open(tmp_path / "sumdb/lock", os.O_WRONLY | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        asking = threading.Thread(target=heads.remember, args=(verifier, server.head()), daemon=True)
        asking.start()
        asking.join(20)
        assert not asking.is_alive()
        assert heads.read(verifier) is None
    finally:
        os.close(lock)
    heads.remember(verifier, server.head())
    assert heads.read(verifier) == log.tree()
    (tmp_path / "sumdb/lock").unlink()
    (tmp_path / "sumdb/lock").symlink_to(tmp_path / "elsewhere")
    heads.remember(verifier, server.head())
    assert not (tmp_path / "elsewhere").exists()


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """A FIFO in a file:// proxy and in a file:// database, and folders with names that nobody can have."""
    versions = tmp_path / "proxy/m.test/x/@v"
    versions.mkdir(parents=True)
    os.mkfifo(versions / "v1.0.0.info")
    (tmp_path / "db/lookup/m.test").mkdir(parents=True)
    os.mkfifo(tmp_path / "db/lookup/m.test/x@v1.0.0")
    (tmp_path / "env").write_bytes(b"GOPATH=/x\0y\nGOMODCACHE=/z\0\n")
    variables = {
        "GOPROXY": f"file://{tmp_path}/proxy", "GOSUMDB": f"{VERIFIER_KEY} file://{tmp_path}/db",
        "GOENV": str(tmp_path / "env"),
    }  # fmt: skip
    for command in ("trace", "sum"):
        done = modtrace(
            command, "m.test/x@v1.0.0", env=clean_environment(tmp_path, **variables), cwd=tmp_path
        )
        assert (done.returncode, "no plain file" in done.stdout) == (3, True), done.stdout + done.stderr
    variables["GOPROXY"] = f"file://{tmp_path}/proxy%00"
    done = modtrace("trace", "m.test/x@v1.0.0", env=clean_environment(tmp_path, **variables), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert "invalid argument" in done.stdout


def test_what_to_type_is_said_where_the_database_is_out_of_reach(tmp_path: Path) -> None:
    """A proxy that does not pass it on, and a closed port at its own address."""
    key = Signer.from_seed("127.0.0.1:1", 3).verifier_key
    with World([lambda request: Answer(404)]) as world:
        found = asked(tmp_path, TARGET, GOSUMDB=key, GOPROXY=world.urls[0])
    said = " ".join(report(found).split())
    assert f"{world.urls[0].removeprefix('http://')}: it does not pass the database on" in said
    assert "go env -w GOSUMDB=sum.golang.google.cn" in said
    assert to_json(found)["fault"] == "unreachable"
