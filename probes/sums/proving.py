"""Asks the checksum database about one version, and nobody else, by the way that go would take.

What it says is told as in a trace (probes.trace.events: walks, requests, tree heads, the proof), between
SumStarted and SumFinished. Beside it stand the hashes that this machine has, which cost no packet: go.sum and
the module cache. A path that go would not ask about is not asked about.

Unlike a trace it asks for the few tiles that show whether the tree continues the one that modtrace itself
remembers (probes.sources.own_heads).

Sources: cmd/go/internal/modfetch/sumdb.go and fetch.go checkSumDB; modfetch/cache.go for the module cache.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from probes.browse.proxies import authorization_of
from probes.golang import dirhash, module, modzip
from probes.golang.environment import Environment
from probes.golang.errors import GoError, ModuleError
from probes.golang.go_sum import GO_MOD_SUFFIX, GoSum
from probes.net.limits import Limits, Stalled
from probes.share.state import read_regular
from probes.sources.checksum_database import SecurityError
from probes.sources.fetcher import Fetcher
from probes.sources.own_heads import Compared, Timeline
from probes.sources.sum_faults import SumFault, fault_of
from probes.trace.checksum_events import ChecksumDecided, ChecksumRouted, RecordProved, Sworn
from probes.trace.checksums import ChecksumGate
from probes.trace.events import Event, FindingMade
from probes.trace.fold import Trace
from probes.trace.narrator import Narrator, words_told
from probes.trace.oaths import USE_SUM_DB, oath_of
from probes.trace.route import RouteView, plan
from probes.trace.run import new_client
from probes.trace.sum_database import timeline_finding
from probes.trace.walk import Walker

MODULE, GO_MOD = "module", "go.mod"
_MOST_ZIPHASH = 1 << 10
_NOT_GOS = {SumFault.TIMEOUT.value, SumFault.TOO_LONG.value}
"""Faults that are told without a word of go, where modtrace gave up and go would not have."""


class SumVerdict(StrEnum):
    """What became of the question."""

    PROVED = "proved"
    DIFFERS = "differs"
    """The database's word is proved, and this machine has another hash."""
    REFUSED = "refused"
    """go would refuse the version: the answer proves nothing, or there is no hash."""
    UNANSWERED = "unanswered"
    """Nobody said anything: unreachable, out of order, a proxy in the way."""
    NOT_ASKED = "not asked"
    """go would ask nobody: private, or GOSUMDB=off."""


_VERDICTS = {SumVerdict.PROVED: "verified", SumVerdict.NOT_ASKED: "skipped"}
"""How a trace names them; all others failed."""


@dataclass(frozen=True, slots=True)
class SumStarted:
    """What is certain before any packet."""

    kind: ClassVar[str] = "sum.started"
    at: float
    path: str
    version: str
    """Without "/go.mod"."""
    whats: tuple[str, ...]
    """The hashes that are wanted: "module", "go.mod", or both."""
    database: str
    """The database's name; "" where GOSUMDB names none."""
    key: str
    """The hash of its key, eight hexadecimal digits."""
    sworn: Sworn
    because: str
    route: RouteView


@dataclass(frozen=True, slots=True)
class SumHeld:
    """A hash that this machine has."""

    kind: ClassVar[str] = "sum.held"
    at: float
    who: str
    """"go.sum" or "module cache"."""
    what: str
    sum: str
    where: str
    """The line, or the file below GOMODCACHE."""


@dataclass(frozen=True, slots=True)
class SumFinished:
    """What came of it."""

    kind: ClassVar[str] = "sum.finished"
    at: float
    verdict: SumVerdict
    because: str
    """One sentence."""
    sums: tuple[tuple[str, str], ...] = ()
    """What the database has: ("module", "h1:…"), ("go.mod", "h1:…")."""
    fault: str = ""
    """A value of SumFault."""
    error: str | None = None
    """What go would print."""
    timeline: str = ""
    """A value of Timeline: how the tree stands to the one that modtrace remembers."""
    remembered: int = 0
    """The records of that one."""


SumEvent = Event | SumStarted | SumHeld | SumFinished
EmitSum = Callable[[SumEvent], None]


@dataclass(slots=True)
class SumProof:
    """Everything that was said, folded."""

    trace: Trace = field(default_factory=Trace)
    """The walk, the requests, the heads and the proof."""
    started: SumStarted | None = None
    held: list[SumHeld] = field(default_factory=list)
    finished: SumFinished | None = None

    def apply(self, event: SumEvent) -> None:
        """Take an event in."""
        match event:
            case SumStarted():
                self.started = event
            case SumHeld():
                self.held.append(event)
            case SumFinished():
                self.finished = event
            case _:
                self.trace.apply(event)

    @property
    def proof(self) -> RecordProved | None:
        """The record's proof, where there is one."""
        return self.trace.proofs[-1] if self.trace.proofs else None


async def prove(
    environment: Environment,
    path: str,
    version: str,
    emit: EmitSum,
    *,
    go_sum: GoSum | None = None,
    limits: Limits | None = None,
) -> None:
    """Ask about PATH@VERSION, or about its go.mod alone where the version ends in "/go.mod".

    The last event is SumFinished. Raises nothing for what networks, servers and settings do; ``version`` must
    be one that can be asked for (probes.browse.quorum refused_version).
    """
    await _Proving(environment, path, version, emit, go_sum or GoSum(), limits or Limits()).run()


async def ask_database(
    environment: Environment,
    path: str,
    version: str,
    emit: Callable[[Event], None],
    *,
    limits: Limits | None = None,
) -> None:
    """The same in the words of a trace: who is asked about each hash, the walk, what came of each."""
    started: SumStarted | None = None

    def tell(event: SumEvent) -> None:
        nonlocal started
        if isinstance(event, SumStarted):
            started = event
            for what in event.whats:
                emit(
                    ChecksumRouted(
                        event.at, what, path, event.version, event.sworn, event.because, USE_SUM_DB
                    )
                )
        elif isinstance(event, SumFinished):
            assert started is not None
            _tell_decided(started, event, emit)
        elif not isinstance(event, SumHeld):
            emit(event)

    await prove(environment, path, version, tell, limits=limits)


def _tell_decided(started: SumStarted, finished: SumFinished, emit: Callable[[Event], None]) -> None:
    """What came of each hash; there is no download whose hash could be compared."""
    verdict = _VERDICTS.get(finished.verdict, "failed")
    if verdict == "failed" and finished.error is None and finished.fault in _NOT_GOS:
        verdict = "unknown"
    sums = dict(finished.sums)
    for what in started.whats:
        emit(
            ChecksumDecided(
                finished.at, what, started.version, sums.get(what, ""), verdict, finished.because,
                started.path, finished.fault, finished.error if verdict == "failed" else None,
            )
        )  # fmt: skip


class _Proving:
    """One question to the database."""

    def __init__(
        self,
        environment: Environment,
        path: str,
        version: str,
        emit: EmitSum,
        go_sum: GoSum,
        limits: Limits,
    ) -> None:
        self._environment = environment
        self._path = path
        self._bare = version.removesuffix(GO_MOD_SUFFIX)
        self._version = version
        self._whats = (GO_MOD,) if version != self._bare else (MODULE, GO_MOD)
        self._emit = emit
        self._go_sum = go_sum
        self._limits = limits
        self._held: list[SumHeld] = []

    async def run(self) -> None:
        """All of it."""
        client = new_client(
            self._environment, self._limits, authorization=authorization_of(self._environment)
        )
        narrator = Narrator(self._emit, Fetcher(client, self._limits))
        route = plan(self._environment, self._path, self._bare)
        gate = ChecksumGate(self._environment, narrator, Walker(route, narrator))
        oath = oath_of(self._environment, self._path)
        verifier = gate.client.verifier
        narrator.emit_now(
            SumStarted,
            path=self._path,
            version=self._bare,
            whats=self._whats,
            database=gate.database,
            key="" if verifier is None else f"{verifier.key_hash:08x}",
            sworn=oath.sworn,
            because=oath.because,
            route=route.view(),
        )
        self._tell_held(narrator)
        try:
            if oath.sworn is Sworn.DATABASE:
                await client.warm_up(tls=True)
                finished = await self._ask(gate, narrator)
            else:
                words = f"go would ask nobody about this path, and neither does modtrace: {oath.because}"
                finished = {"verdict": SumVerdict.NOT_ASKED, "because": words}
        finally:
            await client.aclose()
        narrator.emit_now(SumFinished, **finished)

    # -- this machine ----------------------------------------------------------------------------------

    def _tell_held(self, narrator: Narrator) -> None:
        for what in self._whats:
            version = self._bare + (GO_MOD_SUFFIX if what == GO_MOD else "")
            for total in dict.fromkeys(self._go_sum.hashes.get((self._path, version), ())):
                if total.startswith("h1:"):
                    where = self._go_sum.where(self._path, version, total)
                    self._hold(narrator, "go.sum", what, total, where)
            self._tell_cached(narrator, what)

    def _tell_cached(self, narrator: Narrator, what: str) -> None:
        cache = self._environment.get("GOMODCACHE")
        if not cache.startswith("/"):
            return
        zipped = Path(
            module.cached_zip("cache/download", self._path, self._bare).removeprefix("cache/download/")
        )
        try:
            if what == GO_MOD:
                file = zipped.with_suffix(".mod")
                total = dirhash.go_mod_hash(read_regular(Path(cache, file), modzip.MAX_GO_MOD))
            else:
                file = zipped.with_suffix(".ziphash")
                total = read_regular(Path(cache, file), _MOST_ZIPHASH).decode("ascii").strip()
        except (OSError, ValueError):
            return
        if total.startswith("h1:"):
            self._hold(narrator, "module cache", what, total, str(file))

    def _hold(self, narrator: Narrator, who: str, what: str, total: str, where: str) -> None:
        event = SumHeld(narrator.now(), who, what, total, where)
        self._held.append(event)
        self._emit(event)

    # -- the database ----------------------------------------------------------------------------------

    async def _ask(self, gate: ChecksumGate, narrator: Narrator) -> dict[str, object]:
        """Ask; returns the fields of SumFinished."""
        try:
            lines = await gate.recorded(self._path, self._version)
            if self._whats == (MODULE, GO_MOD):
                mod_lines = await gate.recorded(self._path, self._bare + GO_MOD_SUFFIX)
            else:
                lines, mod_lines = [], lines
        except (GoError, Stalled) as error:
            return self._refused(error, gate.database)
        compared = await self._compared(gate, narrator)
        sums = tuple(
            (what, total)
            for what, recorded in ((MODULE, lines), (GO_MOD, mod_lines))
            for total in [one for one in recorded if one.startswith("h1:")][:1]
        )
        return self._judged(sums, gate.database) | {
            "timeline": compared.timeline.value,
            "remembered": 0 if compared.remembered is None else compared.remembered.size,
        }

    async def _compared(self, gate: ChecksumGate, narrator: Narrator) -> Compared:
        try:
            compared = await gate.compare_with_own(at_hand=False)
        except Stalled:
            compared = await gate.compare_with_own(at_hand=True)
        finding = timeline_finding(gate.database, compared)
        if finding is not None and compared.timeline is Timeline.TAKEN_BACK:
            narrator.emit_now(FindingMade, finding=finding)  # the others were found without asking
        return compared

    def _judged(self, sums: tuple[tuple[str, str], ...], database: str) -> dict[str, object]:
        recorded = dict(sums)
        missing = [what for what in self._whats if what not in recorded]
        if missing:
            words = f"the record of {database} has no h1: hash of the {missing[0]}, so go refuses it"
            fault = SumFault.MISSING_LINE.value
            return {"verdict": SumVerdict.REFUSED, "because": words, "sums": sums, "fault": fault}
        differing = [one for one in self._held if one.sum != recorded[one.what]]
        if differing:
            one = differing[0]
            words = f"{one.who} has another hash of the {one.what} than {database}"
            fault = (SumFault.GO_SUM if one.who == "go.sum" else SumFault.MISMATCH).value
            return {"verdict": SumVerdict.DIFFERS, "because": words, "sums": sums, "fault": fault}
        agreed = list(dict.fromkeys(one.who for one in self._held))
        words = f"{database} vouches for it" + (f", and {' and '.join(agreed)} agrees" if agreed[:1] else "")
        if len(agreed) > 1:
            words = words.removesuffix("agrees") + "agree"
        return {"verdict": SumVerdict.PROVED, "because": words, "sums": sums}

    def _refused(self, error: GoError | Stalled, database: str) -> dict[str, object]:
        """Nothing is proved: in go's words, as go mod download would print them."""
        fault = fault_of(error, database=database)
        words: Exception = error
        if isinstance(error, GoError) and not isinstance(error, SecurityError):
            noun = MODULE if self._whats[0] == MODULE else GO_MOD
            words = ModuleError(self._path, self._bare, GoError(f"verifying {noun}: {error}"))
        text = words_told(words)
        first = next((line for line in text.split("\n") if line and line != "SECURITY ERROR"), text)
        return {
            "verdict": SumVerdict.UNANSWERED if fault.is_unasked else SumVerdict.REFUSED,
            "because": first,
            "fault": fault.value,
            "error": None if isinstance(error, Stalled) else text,  # go says nothing, and waits
        }
