"""A climb in a test: its ladder, its events, and what the real go says in the same world."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from probes.ladder.climb import climb
from probes.ladder.events import ClimbEvent, ClimbFinished, Ladder, RungFinished
from probes.ladder.faults import Fault, Judgement, Rung
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.names import NamesWorld
from probes.net.resolver_files import ResolverFiles
from tests.against_go.golang import go_binary

PATH, VERSION = "m.test/x", "v1.0.0"
QUICK = ClimbLimits(
    question_s=0.3, system_lookup_s=0.3, tcp_s=0.3, connect_s=0.5, tls_s=0.5, answer_s=0.4, stall_s=0.4,
    hello_s=0.4,
)  # fmt: skip


def info_url(base: str) -> str:
    """What go asks a module proxy for first: the .info of an exact version."""
    return f"{base}/{PATH}/@v/{VERSION}.info"


def list_url(base: str) -> str:
    """The list of versions."""
    return f"{base}/{PATH}/@v/list"


async def climbed(url: str, variables: Mapping[str, str] | None = None, **more: Any) -> Ladder:
    """Climb, and check that the events tell the same as the ladder."""
    events: list[ClimbEvent] = []
    ladder = await climb(url, variables or {}, events.append, **{"limits": QUICK, **more})
    told = [event.result for event in events if isinstance(event, RungFinished)]
    assert told == list(ladder.rungs)
    assert [result.rung for result in told] == list(Rung)
    assert isinstance(events[-1], ClimbFinished)
    assert events[-1].ladder == ladder
    moments = [result.began for result in told]
    assert all(moment >= 0 for moment in moments)
    json.dumps(ladder.to_json())
    return ladder


def assert_healthy(ladder: Ladder) -> None:
    """Nothing is broken, nothing is doubtful, and go says nothing."""
    assert ladder.observations == ()
    assert ladder.words == ""
    assert all(result.judgement in (Judgement.OK, Judgement.SKIPPED) for result in ladder.rungs)


def assert_broken(ladder: Ladder, fault: Fault) -> None:
    """This fault breaks its rung; below it all is well, above it nothing is tried."""
    assert ladder.fault is fault, [(seen.fault, seen.evidence) for seen in ladder.observations]
    broken = ladder.broken
    assert broken is not None
    assert broken.rung is fault.rung
    place = list(Rung).index(broken.rung)
    for result in ladder.rungs[:place]:
        assert result.judgement in (Judgement.OK, Judgement.SKIPPED), result
    for result in ladder.rungs[place + 1 :]:
        if broken.rung in (Rung.HTTP, Rung.CONTENT):
            continue  # an answer has a body, whatever its status
        assert result.judgement is Judgement.SKIPPED
        assert result.because
    assert broken.observations[0].evidence


_CLIENT_PORT = re.compile(r"(read|write) tcp \S+->")
_TIME = re.compile(r"current time \S+")


def comparable(words: str) -> str:
    """Without what differs from one connection, or one second, to the next."""
    words = _TIME.sub("current time NOW", words)
    return _CLIENT_PORT.sub(r"\1 tcp HERE->", words)


def asked_for_info(ladder: Ladder) -> str:
    """What `go mod download` prints when the .info fails so."""
    return comparable(f"{PATH}@{VERSION}: {ladder.words}")


async def go_says(goproxy: str, home: Path, variables: Mapping[str, str] | None = None) -> str:
    """The Error of `go mod download -json` in this world; "" when it has none."""
    environment = {
        "HOME": str(home), "PATH": os.environ["PATH"], "GOPROXY": goproxy, "GOSUMDB": "off",
        "GOENV": "off", "GOTOOLCHAIN": "local", "GOMODCACHE": str(home / "cache"), "GOFLAGS": "-modcacherw",
        **(variables or {}),
    }  # fmt: skip
    command = [str(go_binary()), "mod", "download", "-json", f"{PATH}@{VERSION}"]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, timeout=60)

    done = await asyncio.to_thread(run)
    said = json.loads(done.stdout) if done.stdout.strip() else {}
    return comparable(said.get("Error") or "")


def named(files: ResolverFiles, addresses: Sequence[str] = ("127.0.0.1",)) -> NamesWorld:
    """A world in which the C library knows one answer to everything."""

    async def system(host: str, port: int) -> Sequence[str]:
        return list(addresses)

    return NamesWorld(files=files, system=system)
