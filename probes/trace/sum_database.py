"""The checksum database of one trace: asked by the way that go finds, and told step by step.

Go's own files are read and never written: the tree head in GOPATH/pkg/sumdb and, where the trace is warm,
the lookups and tiles in the module cache. modtrace's own head (probes.sources.own_heads) is compared as far
as the tiles that go asks for show it; nobody is asked for more.

Source: cmd/go/internal/modfetch/sumdb.go (dbClient).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from probes.diagnosis.findings import Finding, Level
from probes.golang.environment import Environment
from probes.golang.go_sum import GO_MOD_SUFFIX
from probes.golang.goproxy import Hop
from probes.golang.gosumdb import dial
from probes.golang.protocol import Op
from probes.golang.tlog import Tree
from probes.golang.urls import GoURL
from probes.share.state import state_folder
from probes.sources.checksum_database import BaseURL, ClientOps, SumDBClient, When
from probes.sources.own_heads import Compared, OwnHeads, Timeline, compare_with_own
from probes.sources.tree_head import read_cached, read_tree_head
from probes.trace.checksum_events import HeadChecked, RecordProved
from probes.trace.events import Bend, FindingMade, Purpose, Turning, TurningTaken
from probes.trace.narrator import Narrator
from probes.trace.proofs import head_fields, proved_fields
from probes.trace.walk import Walker

_WHEN = {Timeline.SAME: When.NOW, Timeline.GROWN: When.FUTURE, Timeline.OLDER: When.PAST}


class SumDatabase:
    """The checksum database of one trace: asked by the way that go finds, and told step by step."""

    def __init__(self, environment: Environment, narrator: Narrator, walker: Walker, *, warm: bool) -> None:
        self._environment = environment
        self._narrator = narrator
        self._walker = walker
        self._warm = warm
        gosumdb = environment.get("GOSUMDB")
        self._gosumdb = gosumdb
        self._base = BaseURL(gosumdb, try_proxies=self._try_proxies, get=self._get)
        self._asked: Hop | None = None
        """The hop that serves the database, once one was found."""
        self._finding_base = False
        self._head: bytes | None = None
        self._looked_up = ("", "")
        self.client = SumDBClient(
            gosumdb,
            ClientOps(
                read_remote=self._base.read_remote,
                read_config=self._read_head,
                write_config=self._write_head,
                read_cache=self._read_cache,
                write_cache=self._write_cache,
            ),
        )
        self.name = self.client.name
        self._own_heads = OwnHeads(state_folder(environment.real_process))
        self._own: Tree | None = None
        self._own_is_read = False
        self._told_heads = 0
        self._met: set[Tree] = set()
        self._told_proofs: set[tuple[str, str]] = set()
        self._told_timelines: set[Timeline] = set()

    async def lookup(self, path: str, version: str) -> list[str]:
        """SumDBClient.lookup, with the tree heads and the proof told."""
        bare = version.removesuffix(GO_MOD_SUFFIX)
        self._looked_up = (path, bare)
        compared: Compared | None = None
        try:
            lines = await self.client.lookup(path, version)
            compared = await self.compare(at_hand=True)
        finally:
            self._tell_heads(compared)
        proof = self.client.inclusion_proof(path, version)
        if proof is not None and (path, bare) not in self._told_proofs:
            self._told_proofs.add((path, bare))
            self._narrator.emit_now(
                RecordProved, database=self.name, path=path, version=bare, **proved_fields(proof)
            )
        self._tell_timeline(compared)
        return lines

    async def compare(self, *, at_hand: bool) -> Compared:
        """The newest tree beside modtrace's own; a newer one that continues it takes its place."""
        verifier = self.client.verifier
        if verifier is None or not self.client.latest.size:
            return Compared(Timeline.FIRST, None, self.client.latest)
        if not self._own_is_read:
            self._own, self._own_is_read = self._own_heads.read(verifier), True
        compared = await compare_with_own(self.client, self._own, at_hand=at_hand)
        if compared.timeline in (Timeline.FIRST, Timeline.GROWN):
            self._own_heads.remember(verifier, self.client.latest_note)
        return compared

    # -- what is told ----------------------------------------------------------------------------------

    def _tell_heads(self, compared: Compared | None) -> None:
        """Tell the heads that were met since the last time."""
        checks = self.client.tree_checks[self._told_heads :]
        self._told_heads += len(checks)
        for check in checks:
            if check.is_remembered:
                continue
            fields = head_fields(check, "this run" if check.latest in self._met else "go")
            self._met.add(check.seen)
            if compared and compared.remembered and not check.latest.size and compared.timeline in _WHEN:
                fields["known_size"] = compared.remembered.size
                fields["known_by"] = "modtrace"
                fields["when"] = _WHEN[compared.timeline].value
            self._narrator.emit_now(HeadChecked, database=self.name, **fields)

    def _tell_timeline(self, compared: Compared) -> None:
        finding = timeline_finding(self.name, compared)
        if finding is not None and compared.timeline not in self._told_timelines:
            self._told_timelines.add(compared.timeline)
            self._narrator.emit_now(FindingMade, finding=finding)

    # -- the client's ways out -------------------------------------------------------------------------

    async def _try_proxies(self, ask: Callable[[Hop], Awaitable[GoURL]]) -> GoURL:
        """Find the database's base: a walk of its own over the whole list."""

        async def step(hop: Hop) -> GoURL:
            base = await ask(hop)
            self._asked = hop
            return base

        self._finding_base = True
        try:
            return await self._walker.walk(Purpose.CHECKSUM_BASE, dial(self._gosumdb).name, step)
        finally:
            self._finding_base = False

    async def _get(self, url: GoURL) -> bytes:
        hop = self._narrator.hop if self._finding_base else self._asked
        return await self._narrator.request(url, Op.SUM, "", hop)

    async def _read_head(self, file: str) -> bytes:
        """The tree head that go remembers (read, never written), or the one met in this trace."""
        if self._head is None:
            self._head = read_tree_head(self._environment.get("GOPATH"), file)
        return self._head

    async def _write_head(self, file: str, old: bytes, new: bytes) -> None:
        self._head = new

    async def _read_cache(self, file: str) -> bytes | None:
        """What lies in the module cache, where the trace is warm; else it shows what a cold one asks."""
        data = read_cached(self._environment.get("GOMODCACHE"), file) if self._warm else None
        if data is not None and file.startswith(f"{self.name}/lookup/"):
            path, version = self._looked_up
            self._narrator.emit_now(
                TurningTaken,
                turning=Turning.CACHE,
                bend=Bend.ANSWERS,
                path=path,
                version=version,
                because="the record of the checksum database is in the module cache",
                rule="cmd/go/internal/modfetch/sumdb.go ReadCache",
                where=f"cache/download/sumdb/{file}",
                op=Op.SUM.value,
            )
        return data

    async def _write_cache(self, file: str, data: bytes) -> None:
        return None


def timeline_finding(database: str, compared: Compared) -> Finding | None:
    """What modtrace has to say that go does not: it remembers a tree that this one does not fit."""
    if compared.remembered is None:
        return None
    known, size = compared.remembered.size, compared.latest.size
    rule = "golang.org/x/mod/sumdb Client.checkTrees, with the head that modtrace remembers"
    match compared.timeline:
        case Timeline.FORKED:
            words = (
                f"{database} signed a tree of {size} records that does not fit the one of {known} records "
                "that modtrace met before: one of the two is false. go remembers no such tree, and does not "
                "see it."
            )
            return Finding("sumdb.forked", Level.WARNING, "GOSUMDB", words, rule=rule)
        case Timeline.TAKEN_BACK:
            words = (
                f"{database} shows a tree of {size} records and no longer has the rest of the {known} that "
                "modtrace met before: it was reset, or an old copy answers. go does not see it."
            )
            return Finding("sumdb.taken-back", Level.WARNING, "GOSUMDB", words, rule=rule)
        case Timeline.OLDER | Timeline.SHORTER:
            words = (
                f"The tree of {database} has {size} records; modtrace has met one of {known}. A copy may lag "
                "behind: go takes it."
            )
            return Finding("sumdb.older", Level.INFO, "GOSUMDB", words, rule=rule)
        case _:
            return None
