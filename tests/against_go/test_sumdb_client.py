"""The client of the checksum database as a whole, compared with golang.org/x/mod/sumdb.

x/mod's client runs in the oracle on a script of answers, ours on the same: both must come to the same lines
or the same error text by the same requests, and leave the same files.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.golang import tlog
from probes.golang.errors import GoError
from probes.sources.checksum_database import ClientOps, SecurityError, SumDBClient, WriteConflict
from tests.against_go.golang import Oracle
from tests.sumdb_server import Log, Signer, SumDBServer

NAME = "sum.example.com"
SIGNER = Signer.from_seed(NAME, 7)
OTHER_KEY = Signer.from_seed(NAME, 8)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


MODULE_LOG = Log()
for _number in range(700):
    MODULE_LOG.add(f"example.com/Mod{_number}", "v1.0.0", f"h1:zip{_number}=", f"h1:mod{_number}=")
FORKS = {at: MODULE_LOG.fork(at) for at in (0, 1, 255, 256, 300, 599)}
for _at, _fork in FORKS.items():
    while len(_fork) < 700:
        _fork.add(f"example.com/Mod{len(_fork)}", "v1.0.0", "h1:evil=", f"h1:fork{_at}=")


@dataclass
class Script:
    """The world of one client: what is on the machine, what the server says, what is looked up."""

    latest: bytes = b""
    cache: dict[str, bytes] = field(default_factory=dict)
    remote: dict[str, bytes] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    conflicts: list[bytes] = field(default_factory=list)
    lookups: list[tuple[str, str]] = field(default_factory=list)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What hypothesis prints of it: the bodies of tiles are long."""
        shown = [self.lookups, sorted(self.cache), sorted(self.remote), self.errors, self.latest]
        printer.text(f"Script({', '.join(map(repr, shown))}, {len(self.conflicts)} conflicts)")

    def in_go(self, oracle: Oracle) -> dict[str, Any]:
        answer: dict[str, Any] = oracle.ask(
            "sumdb.client",
            {
                "Key": SIGNER.verifier_key,
                "Latest": b64(self.latest),
                "Cache": {name: b64(content) for name, content in self.cache.items()},
                "Remote": {name: b64(content) for name, content in self.remote.items()},
                "Errors": self.errors,
                "Conflicts": [b64(head) for head in self.conflicts],
                "Lookups": self.lookups,
            },
        )
        return answer

    def here(self) -> dict[str, Any]:
        return asyncio.run(ScriptedRun(self).run())


class ScriptedRun:
    """Our client in the world of a script, leaving the same traces as the oracle's."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._latest = script.latest
        self._conflicts = list(script.conflicts)
        self._remote: list[str] = []
        self._cached: list[str] = []
        self._saved: dict[str, str] = {}
        self._writes = 0

    async def run(self) -> dict[str, Any]:
        client = SumDBClient(
            SIGNER.verifier_key,
            ClientOps(
                self._read_remote, self._read_config, self._write_config, self._read_cache, self._write_cache
            ),
        )
        results: list[dict[str, Any]] = []
        for path, version in self._script.lookups:
            outcome: dict[str, Any] = {"lines": [], "err": None, "security": None}
            results.append(outcome)
            try:
                outcome["lines"] = await client.lookup(path, version)
            except SecurityError as error:
                outcome["security"] = as_json(str(error))
                break
            except GoError as error:
                outcome["err"] = as_json(str(error))
        return {
            "results": results,
            "remote": sorted(self._remote),
            "cached": sorted(self._cached),
            "saved": self._saved,
            "latest": b64(self._latest),
            "writes": self._writes,
        }

    async def _read_remote(self, path: str) -> bytes:
        self._remote.append(path)
        if path in self._script.errors:
            raise GoError(self._script.errors[path])
        if path not in self._script.remote:
            raise GoError(f"reading https://example.com{path}: 404 Not Found", not_exist=True)
        return self._script.remote[path]

    async def _read_config(self, file: str) -> bytes:
        assert file == f"{NAME}/latest"
        if "config" in self._script.errors:
            raise GoError(self._script.errors["config"])
        return self._latest

    async def _write_config(self, file: str, old: bytes, new: bytes) -> None:
        self._writes += 1
        if "write config" in self._script.errors:
            raise GoError(self._script.errors["write config"])
        if self._conflicts:
            self._latest = self._conflicts.pop(0)
            raise WriteConflict
        assert old == self._latest
        self._latest = new

    async def _read_cache(self, file: str) -> bytes | None:
        self._cached.append(file)
        return self._script.cache.get(file)

    async def _write_cache(self, file: str, data: bytes) -> None:
        self._saved[file] = b64(data)


def as_json(text: str) -> str:
    """The text as Go writes it into JSON: every byte that is not UTF-8 becomes U+FFFD."""
    return re.sub("[\udc80-\udcff]", "\ufffd", text)


def go_text(result: dict[str, Any]) -> dict[str, Any]:
    """A result of the oracle as the go command shows it: after a security error there is nothing else."""
    return result | {"err": None, "lines": []} if result["security"] else result


def compare_clients(oracle: Oracle, script: Script) -> dict[str, Any]:
    theirs = script.in_go(oracle)
    theirs["results"] = [go_text(result) for result in theirs["results"]]
    ours = script.here()
    assert ours == theirs
    return ours


head_sizes = st.one_of(st.sampled_from([1, 255, 256, 257, 300, 511, 512, 513, 700]), st.integers(1, 700))


@st.composite
def worlds(draw: st.DrawFn) -> Script:
    """A machine with a past, a server with or without lies, a few lookups."""
    script = Script()
    numbers = draw(st.lists(st.integers(0, 699), min_size=1, max_size=3))
    script.lookups = [
        (f"example.com/Mod{number}", draw(st.sampled_from(["v1.0.0", "v1.0.0/go.mod"]))) for number in numbers
    ]
    valid = list(script.lookups)
    strange = [("example.com/unknown", "v1.0.0"), ("bad path", "v1.0.0"), ("example.com/a", "v1!")]
    script.lookups += draw(st.lists(st.sampled_from(strange), max_size=1))
    remembered, current = draw(head_sizes), draw(head_sizes)
    if draw(st.integers(0, 2)):
        current = max(current, *(number + 1 for number in numbers))
    past = MODULE_LOG if draw(st.integers(0, 3)) else FORKS[draw(st.sampled_from(sorted(FORKS)))]
    before = SumDBServer(SIGNER, past, remembered)
    now = SumDBServer(SIGNER, MODULE_LOG, current, partial_tiles=draw(st.booleans()))
    if draw(st.booleans()):
        script.latest = before.head()
    if draw(st.booleans()):
        answers = before.everything(valid if draw(st.booleans()) else [], [remembered])
        script.cache = {f"{NAME}{path}": body for path, body in answers.items()}
    script.remote = now.everything(valid, [current, remembered, 700])
    if draw(st.integers(0, 5)) == 0:
        script.conflicts = [
            SumDBServer(SIGNER, draw(st.sampled_from([MODULE_LOG, past])), draw(head_sizes)).head()
            for _ in range(draw(st.integers(1, 2)))
        ]
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        draw(LIES)(draw, script, now)
    return script


Lie = Callable[[st.DrawFn, Script, SumDBServer], None]


def lie_about_a_byte(draw: st.DrawFn, script: Script, server: SumDBServer) -> None:
    where = draw(st.sampled_from([script.remote, script.cache]))
    if not where:
        return
    path = draw(st.sampled_from(sorted(where)))
    body = bytearray(where[path])
    if body:
        body[draw(st.integers(0, len(body) - 1))] ^= draw(st.sampled_from([1, 0x20, 0x80]))
    where[path] = bytes(body)


def lie_about_the_length(draw: st.DrawFn, script: Script, server: SumDBServer) -> None:
    where = draw(st.sampled_from([script.remote, script.cache]))
    if not where:
        return
    path = draw(st.sampled_from(sorted(where)))
    where[path] = draw(st.sampled_from([b"", where[path][:-1], where[path][:32], where[path] + b"\n"]))


def withhold(draw: st.DrawFn, script: Script, server: SumDBServer) -> None:
    path = draw(st.sampled_from(sorted(script.remote)))
    if draw(st.booleans()):
        del script.remote[path]
    else:
        script.errors[path] = "Get: dial tcp: i/o timeout"


def lie_in_a_lookup(draw: st.DrawFn, script: Script, server: SumDBServer) -> None:
    paths = sorted(path for path in script.remote if path.startswith("/lookup/"))
    if not paths:
        return
    record = tlog.parse_record(server.answer(draw(st.sampled_from(paths)))[1])
    number = draw(st.sampled_from([record.id, record.id, -1, 0, 5, 699, 700, 2**62, -(2**63)]))
    text = draw(st.sampled_from([record.text, record.text, b"example.com/Mod1 v1.0.0 h1:evil=\n", b"\n"]))
    size = draw(head_sizes)
    true = MODULE_LOG.tree(size)
    forged = tlog.format_tree(tlog.Tree(size, tlog.EMPTY_HASH))
    head = draw(
        st.sampled_from(
            [
                record.rest,
                record.rest,
                b"",
                SumDBServer(SIGNER, FORKS[256], size).head(),
                OTHER_KEY.sign(tlog.format_tree(true)),
                SIGNER.sign(forged),
                SIGNER.sign(tlog.format_tree(tlog.Tree(0, tlog.EMPTY_HASH))),
                SIGNER.sign(tlog.format_tree(tlog.Tree(0, true.root))),
                SIGNER.sign(tlog.format_tree(tlog.Tree(2**62 - 1, true.root))),
                SIGNER.sign("not a tree\n"),
                SIGNER.sign(tlog.format_tree(true) + "more\n"),
                b"<html>\n",
            ]
        )
    )
    script.remote[draw(st.sampled_from(paths))] = b"%d\n%s\n%s" % (number, text, head)


def spoil_the_machine(draw: st.DrawFn, script: Script, server: SumDBServer) -> None:
    kind = draw(st.sampled_from(["config", "write config", "garbage", "other key"]))
    if kind == "garbage":
        script.latest = b"garbage\xff"
    elif kind == "other key":
        script.latest = OTHER_KEY.sign(tlog.format_tree(MODULE_LOG.tree(3)))
    else:
        script.errors[kind] = "open /x: permission denied"


LIES: st.SearchStrategy[Lie] = st.sampled_from(
    [lie_about_a_byte, lie_about_the_length, withhold, lie_in_a_lookup, lie_in_a_lookup, spoil_the_machine]
)


@given(worlds())
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_client(oracle: Oracle, script: Script) -> None:
    compare_clients(oracle, script)


def test_client_in_a_world_without_lies(oracle: Oracle) -> None:
    lookups = [(f"example.com/Mod{n}", v) for n in (0, 255, 256, 699) for v in ("v1.0.0", "v1.0.0/go.mod")]
    server = SumDBServer(SIGNER, MODULE_LOG)
    outcome = compare_clients(oracle, Script(remote=server.everything(lookups, [700]), lookups=lookups))
    assert [len(result["lines"]) for result in outcome["results"]] == [1] * 8
    assert outcome["latest"] == b64(server.head())


@pytest.mark.parametrize("fork", sorted(FORKS))
@pytest.mark.parametrize("remembered", [1, 256, 300, 600, 700])
def test_client_shows_the_same_proof_of_a_fork(oracle: Oracle, fork: int, remembered: int) -> None:
    """The remembered tree with its tiles is of one history, the server of another."""
    past = SumDBServer(SIGNER, FORKS[fork], remembered)
    lookups = [("example.com/Mod0", "v1.0.0"), ("example.com/Mod599", "v1.0.0")]
    script = Script(
        latest=past.head(),
        cache={f"{NAME}{path}": body for path, body in past.everything([], [remembered]).items()},
        remote=SumDBServer(SIGNER, MODULE_LOG, 600).everything(lookups, [600]),
        lookups=lookups,
    )
    outcome = compare_clients(oracle, script)
    forked = fork < min(remembered, 600)
    assert bool(outcome["results"][0]["security"]) == forked
