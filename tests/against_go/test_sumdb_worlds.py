"""The checksum database's route and verdict, in generated worlds: the real go and modtrace must agree.

The database is Go's own code (golang.org/x/mod/sumdb Server), at its own address and behind proxies that pass
it on, or not. Outcome, hashes, go's error to the letter and the requests in their order must be the same,
with and without a go.sum, and once more after the log has grown, been forked, reset or signed anew, with the
tree head that go has stored in the meantime.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from probes.sources.sum_faults import SumFault
from probes.trace.checksum_events import Sworn
from probes.trace.fold import Trace
from tests.against_go.golang import Oracle
from tests.against_go.sum_worlds import LIES, Running, Servers, SumWorld

WORLDS = 220
CHUNK = 44
FALSE_ALARMS = {"sumdb.forked", "sumdb.taken-back"}


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Listeners of a program of their own, which ends with them."""
    oracle = Oracle()
    yield Servers(oracle)
    oracle.close()


def difference(world: SumWorld, servers: Servers, home: Path, count: Counter[str]) -> str | None:
    """None when go and modtrace agree in this world, both times; else what differs."""
    running = Running(world, servers, home)
    for move in ("", world.move) if world.move else ("",):
        if move:
            running.move_on()
        running.serve()
        is_remembered = running.head.exists()
        ours, told = running.ask_modtrace()
        go = running.ask_go()
        where = f"world {world.note} after {move or 'nothing'}"
        if go != ours:
            names = [name for name in go if go[name] != ours[name]]
            return "\n".join(
                [where, *(f"  {n}:\n    go       {go[n]!r}\n    modtrace {ours[n]!r}" for n in names)]
            )
        found = misjudged(world, move, told, count) or unseen(world, move, is_remembered, told, count)
        if found:
            return f"{where}: {found}"
    return None


def misjudged(world: SumWorld, move: str, told: Trace, count: Counter[str]) -> str:
    """What modtrace adds of its own to what go says: the fault's name, and no false alarm."""
    asked = [one for one in told.sworn if one.sworn is Sworn.DATABASE]
    decided = {one.verdict for one in told.checksums}
    faults = {one.fault for one in told.checksums if one.fault}
    alarms = {made.finding.id for made in told.findings} & FALSE_ALARMS
    if len({(one.what, one.path, one.version) for one in told.sworn}) != len(told.sworn):
        return "a hash was routed twice"
    if told.finished is not None and told.finished.outcome.value == "ok" and "failed" in decided:
        return "a hash was refused and the trace is content"
    looked_up = any("/lookup/" in one.started.url for one in told.requests.values())
    if not asked or not looked_up or move or world.gosumdb in ("known", ""):
        return ""
    wanted = LIES[world.lie]
    if wanted is None:
        count["honest"] += 1
        return f"false alarms: {alarms} {faults}" if alarms or faults - {SumFault.GO_SUM.value} else ""
    count["lies"] += 1
    if "verified" in decided and wanted not in (SumFault.MISMATCH, SumFault.MISSING_LINE):
        return "a lie was believed"
    if SumFault.GO_SUM.value in faults:
        return ""  # it came first
    return "" if wanted.value in faults else f"{wanted.value!r} was called {sorted(faults)}"


MOVED = {
    "grow": set(),
    "same": set(),
    "back": set(),  # an old head of the same tree is none: a copy lags behind
    "fork": {SumFault.FORK.value, SumFault.STALE_TREE.value},
    "another key": {SumFault.SPOILED_HEAD.value},
}
"""What is called how, when a tree is remembered from before."""


def unseen(world: SumWorld, move: str, is_remembered: bool, told: Trace, count: Counter[str]) -> str:
    """What a moved log was not called, or falsely; "" where all is well."""
    asked = any(one.sworn is Sworn.DATABASE for one in told.sworn)
    is_told = not world.lie and world.others and world.gosumdb not in ("known", "")
    if not move or not is_remembered or not asked or not is_told:
        return ""
    faults = {one.fault for one in told.checksums if one.fault}
    count[move] += 1
    alarms = {made.finding.id for made in told.findings} & FALSE_ALARMS
    if alarms and move != "fork":
        return f"false alarms after {move!r}: {alarms}"
    if bool(faults) != bool(MOVED[move]) or not faults <= MOVED[move]:
        return f"{move!r} was called {sorted(faults)}"
    return ""


@pytest.mark.parametrize("first", range(0, WORLDS, CHUNK))
def test_same_checksum_route_and_verdict(first: int, servers: Servers, tmp_path: Path) -> None:
    differences: list[str] = []
    count: Counter[str] = Counter()
    for seed in range(first, first + CHUNK):
        home = tmp_path / str(seed)
        home.mkdir()
        found = difference(SumWorld.generate(seed), servers, home, count)
        differences += [found] if found else []
        shutil.rmtree(home, ignore_errors=True)
    assert not differences, "\n".join(differences)
    assert count["lies"] >= CHUNK // 5, "where hardly anybody lies, nothing is shown"
    assert count["honest"] >= CHUNK // 10
