"""Who is asked about a hash, in the corners that no generated world comes to: the real go and the gate agree.

Whatever is downloaded lies in the module cache already, without a .ziphash: go hashes the zip and asks about
it, and about nothing else. So the only requests are those about hashes.
"""

from __future__ import annotations

import asyncio
import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from probes.commands.plain import report
from probes.diagnosis.diagnose import diagnose
from probes.diagnosis.explain import explain
from probes.golang.errors import Fatal, GoError
from probes.golang.go_sum import GO_MOD_SUFFIX
from probes.golang.module import escape_path
from probes.net.limits import Limits
from probes.project.loading import load_project
from probes.share.privacy import masked
from probes.sources.environment_reader import read_environment
from probes.sources.fetcher import Fetcher
from probes.sources.sum_faults import MEANINGS, SumFault
from probes.trace.checksum_events import ChecksumDecided, ChecksumRouted, Sworn
from probes.trace.checksums import ChecksumGate
from probes.trace.events import Event, TurningTaken
from probes.trace.narrator import Narrator
from probes.trace.recording import read_recording, write_recording
from probes.trace.route import plan
from probes.trace.run import new_client
from probes.trace.walk import Walker
from tests.against_go.golang import Oracle, go_binary
from tests.against_go.sum_worlds import LIES, TOOLCHAIN, Running, Servers, SumWorld


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    oracle = Oracle()
    yield Servers(oracle)
    oracle.close()


class Cached(Running):
    """A world whose module is in the module cache."""

    def environment(self) -> dict[str, str]:
        return super().environment() | self.more

    def __init__(self, world: SumWorld, servers: Servers, home: Path, more: dict[str, str]) -> None:
        home.mkdir()
        self.more = more
        super().__init__(world, servers, home)
        self.serve()
        self.fill()

    def fill(self) -> None:
        version = self.module.versions[0]
        folder = self.home / f"cache/cache/download/{escape_path(self.world.path)}/@v"
        folder.mkdir(parents=True)
        for suffix, data in (("info", version.info), ("mod", version.mod), ("zip", version.zip)):
            (folder / f"{version.version}.{suffix}").write_bytes(data)

    def real_go(self) -> tuple[str, list[tuple[int, str]]]:
        self.servers.wire()
        done = subprocess.run(
            [str(go_binary()), "mod", "download", f"{self.world.path}@{self.world.version}"],
            env=self.environment(), cwd=self.place, text=True, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        return done.stderr, self.servers.wire()

    def here(self, *, warm: bool = False) -> tuple[str, list[tuple[int, str]], list[Event]]:
        """What the gate says about the zip."""
        told: list[Event] = []

        async def check() -> str:
            environment = read_environment(process=self.environment(), cwd=str(self.place))
            project = load_project(environment, self.place)
            go_sum = None if project is None else project.go_sum
            client = new_client(environment, Limits(answer_s=20, stall_s=20))
            narrator = Narrator(told.append, Fetcher(client, Limits(answer_s=20, stall_s=20)))
            walker = Walker(plan(environment, self.world.path, self.world.version), narrator)
            gate = ChecksumGate(environment, narrator, walker, go_sum=go_sum, warm=warm)
            try:
                await gate.check(self.world.path, self.world.version, self.zip_hash)
            except Fatal as error:
                return f"{error}\n"
            except GoError as error:
                return f"go: {error}\n"
            finally:
                await client.aclose()
            return ""

        self.servers.wire()
        said = asyncio.run(check())
        return said, self.servers.wire(), told


def routed(told: list[Event]) -> list[Sworn]:
    return [event.sworn for event in told if isinstance(event, ChecksumRouted)]


def faults(told: list[Event]) -> list[str]:
    return [event.fault for event in told if isinstance(event, ChecksumDecided) and event.fault]


TOOL = {"path": TOOLCHAIN[0], "version": TOOLCHAIN[1]}
CASES: dict[str, tuple[dict[str, str], dict[str, str], Sworn, str]] = {
    "GOPROXY=off still asks": ({}, {"GOPROXY": "off"}, Sworn.DATABASE, ""),
    "GOPROXY=direct asks": ({}, {"GOPROXY": "direct"}, Sworn.DATABASE, ""),
    "off": ({}, {"GOPROXY": "off", "GOSUMDB": "off"}, Sworn.OFF, ""),
    "private": ({}, {"GOPROXY": "off", "GOPRIVATE": "m.test/*"}, Sworn.PRIVATE, ""),
    "GOFLAGS and GONOSUMCHECK change nothing": (
        {}, {"GOPROXY": "off", "GONOSUMCHECK": "1", "GOINSECURE": "*", "GOFLAGS": "-modcacherw -mod=mod"},
        Sworn.DATABASE, "",
    ),
    "go.sum": ({"go_sum": "right"}, {"GOPROXY": "off"}, Sworn.GO_SUM, ""),
    "go.sum has another": ({"go_sum": "other zip"}, {"GOPROXY": "off"}, Sworn.GO_SUM, "go.sum mismatch"),
    "an unknown algorithm": ({"go_sum": "h2"}, {"GOPROXY": "off"}, Sworn.DATABASE, ""),
    "a toolchain with go.sum": ({**TOOL, "go_sum": "right"}, {"GOPROXY": "off"}, Sworn.DATABASE, ""),
    "a toolchain, off": (
        TOOL, {"GOPROXY": "off", "GOSUMDB": "off", "GONOSUMDB": "*"}, Sworn.DATABASE, "setting",
    ),
    "a toolchain from files": (TOOL, {"GOPROXY": "file:///none", "GOSUMDB": "off"}, Sworn.OFF, ""),
    "a toolchain from files and more": (
        TOOL, {"GOPROXY": "file:///none,off", "GOSUMDB": "off"}, Sworn.DATABASE, "setting",
    ),
    "a toolchain in the mirror": (
        TOOL, {"GOPROXY": "off", "GOSUMDB": "off", "GIT_HTTP_USER_AGENT": "x proxy.golang.org"}, Sworn.OFF, "",
    ),
}  # fmt: skip


def test_who_is_asked(servers: Servers, tmp_path: Path) -> None:
    for number, (name, (fields, variables, sworn, fault)) in enumerate(CASES.items()):
        more = {"GOFLAGS": "-modcacherw", **variables}
        world = SumWorld(number, supported=["404"], others=3, **fields)  # type: ignore[arg-type]
        cached = Cached(world, servers, tmp_path / str(number), more)
        ours, our_wire, told = cached.here()
        theirs, wire = cached.real_go()
        assert routed(told) == [sworn], name
        assert faults(told) == ([fault] if fault else []), name
        if "unknown" in name:
            assert "SECURITY WARNING" in theirs
            theirs = ""
        if fault == "setting":  # go looks for it elsewhere then, and speaks of GOPROXY=off alone
            assert ("checksum database disabled by GOSUMDB=off" in ours, bool(theirs)) == (True, True), name
            ours = theirs
        assert (ours.strip(), our_wire) == (theirs.strip(), wire), name
        assert bool(wire) is (sworn is Sworn.DATABASE and not fault), name


def test_a_warm_cache_is_read_as_go_reads_it_and_never_written(servers: Servers, tmp_path: Path) -> None:
    """What go has left: the head, the lookup and the tiles; then an empty lookup, which is none."""
    cached = Cached(
        SumWorld(0, supported=["404"], others=300), servers, tmp_path / "home", {"GOPROXY": "off"}
    )
    _, first = cached.real_go()
    assert len(first) == 3
    sums = cached.home / "cache/cache/download/sumdb"
    left = {file: file.read_bytes() for file in sums.rglob("*") if file.is_file()}
    assert sorted(cached.here()[1]) == sorted(first)  # a cold trace asks for all of it again
    said, wire, told = cached.here(warm=True)
    assert (said, wire) == ("", [])
    assert [event.op for event in told if isinstance(event, TurningTaken)] == ["sum"]
    for emptied in ("lookup", "tile"):
        for file in (sums / cached.signer.name / emptied).rglob("*"):
            if file.is_file():
                file.write_bytes(b"")
        ours = cached.here(warm=True)[:2]
        shutil.rmtree(cached.home / "cache/m.test", ignore_errors=True)
        for hashed in (cached.home / "cache").rglob("*.ziphash"):
            hashed.unlink()
        assert ours == cached.real_go()
        assert ours[1]
    assert {file: file.read_bytes() for file in left} == left


def test_a_head_that_cannot_be_read_or_used(servers: Servers, tmp_path: Path) -> None:
    for name, fault in (("folder", SumFault.UNREADABLE_HEAD), ("page", SumFault.SPOILED_HEAD)):
        home = tmp_path / name
        home.mkdir()
        running = Running(SumWorld(0, supported=["404"], others=3), servers, home)
        running.serve()
        running.head.parent.mkdir(parents=True)
        if name == "folder":
            running.head.mkdir()
        else:
            running.head.write_bytes(b"<html>\n")
        ours, told = running.ask_modtrace()
        assert {check.fault for check in told.checksums} == {fault.value}
        assert ours == running.ask_go()


def test_a_hash_is_routed_once_and_counts_from_then_on(servers: Servers, tmp_path: Path) -> None:
    """addModSumLocked: what was accepted unseen is compared with what comes next."""
    world = SumWorld(0, supported=["404"], go_sum="none", others=3)
    cached = Cached(world, servers, tmp_path / "home", {"GOPROXY": "off", "GONOSUMDB": "*"})
    told: list[Event] = []

    async def check() -> None:
        environment = read_environment(process=cached.environment(), cwd=str(cached.place))
        project = load_project(environment, cached.place)
        assert project is not None
        client = new_client(environment, Limits())
        narrator = Narrator(told.append, Fetcher(client, Limits()))
        walker = Walker(plan(environment, world.path, world.version), narrator)
        gate = ChecksumGate(environment, narrator, walker, go_sum=project.go_sum)
        version = world.version + GO_MOD_SUFFIX
        await gate.check(world.path, version, "h1:first=")
        await gate.check(world.path, version, "h1:first=")
        with pytest.raises(Fatal, match="checksum mismatch"):
            await gate.check(world.path, version, "h1:second=")
        assert not project.go_sum.hashes
        await client.aclose()

    asyncio.run(check())
    assert routed(told) == [Sworn.PRIVATE]
    assert [event.verdict for event in told if isinstance(event, ChecksumDecided)] == [
        "skipped", "verified", "failed",
    ]  # fmt: skip


def test_a_fork_that_go_has_forgotten_is_our_finding_and_not_gos_verdict(
    servers: Servers, tmp_path: Path
) -> None:
    running = Running(SumWorld(0, supported=["200"], others=5, move="fork"), servers, tmp_path)
    running.serve()
    ours, told = running.ask_modtrace()
    assert (ours, ours["ok"], told.all_findings()) == (running.ask_go(), True, [])
    shutil.rmtree(tmp_path / "go")  # a new container; modtrace's state folder was kept
    running.move_on()
    running.serve()
    ours, told = running.ask_modtrace()
    assert (ours, ours["ok"]) == (running.ask_go(), True)
    assert [finding.id for finding in told.all_findings()] == ["sumdb.forked"]


EXPLAINED = {
    "zip": "mismatch-database", "mod": "mismatch-database", "no zip line": "mismatch-absent",
    "no mod line": "mismatch-absent", "not in it": "sumdb-mirror-says-no", "lookup 403": "sumdb-status",
    "lookup 500": "sumdb-overload", "lookup reset": "sumdb-broken-line", "page": "sumdb-page",
    "cut": "sumdb-page", "wrong key": "sumdb-key", "unknown key": "sumdb-key", "forged head": "sumdb-changed",
    "forged record": "sumdb-changed", "beyond": "sumdb-behind", "forged tile": "sumdb-tile",
    "short tile": "sumdb-changed", "tile 404": "sumdb-status",
}  # fmt: skip


def _of_checksums(events: list[Event]) -> list[Event]:
    """The rest has times, which a recording rounds."""
    return [event for event in events if event.kind.startswith("checksum.")]


def test_doctor_explain_and_the_report_tell_the_faults_apart(servers: Servers, tmp_path: Path) -> None:
    for lie, pattern in EXPLAINED.items():
        home = tmp_path / lie
        home.mkdir()
        running = Running(SumWorld(0, lie=lie, supported=["200"], others=3), servers, home)
        running.serve()
        ours, told = running.ask_modtrace()
        found = explain(f"go: {ours['error']}").explanations[0]
        assert found.pattern == pattern, (lie, ours["error"])
        diagnosis = diagnose(told)[0].diagnosis
        expected = "R12" if "mismatch" in pattern else "R08" if lie == "not in it" else "R04"
        assert (diagnosis.rule.id, found.rule.id) == (expected, expected), lie
        fault = LIES[lie]
        assert fault is not None
        assert f"checksums: {MEANINGS[fault].means}\n  {MEANINGS[fault].do}\n" in report(told), lie
        events = io.StringIO()
        write_recording(running.told, events)
        read = list(read_recording(events.getvalue().splitlines()))
        assert _of_checksums(read) == _of_checksums(running.told)
        assert len(masked(running.told)) == len(running.told)
    assert set(MEANINGS) == set(SumFault)
