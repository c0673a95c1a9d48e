"""What the screen of the Merkle path asks of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probes.trace.events import ChecksumDecided, ChecksumRouted, Event
from tui.bridge import Emit

if TYPE_CHECKING:
    from probes.golang.environment import Environment
    from probes.net.limits import Limits
    from probes.sums.proving import SumEvent, SumFinished, SumStarted


@dataclass(frozen=True)
class ProveJob:
    """Ask the checksum database about one version; says the Events that a trace would."""

    environment: Environment = field(repr=False)
    path: str
    version: str
    limits: Limits

    async def run(self, emit: Emit) -> None:
        """Ask."""
        from probes.sums.proving import SumFinished, SumHeld, SumStarted, prove

        started: SumStarted | None = None

        def told(said: SumEvent) -> None:
            nonlocal started
            if isinstance(said, SumStarted):
                started = said
                for event in _routed(said):
                    emit(event)
            elif isinstance(said, SumFinished):
                for event in () if started is None else _decided(started, said):
                    emit(event)
            elif not isinstance(said, SumHeld):
                emit(said)

        await prove(self.environment, self.path, self.version, told, limits=self.limits)


def _routed(said: SumStarted) -> Iterator[Event]:
    """Who is asked about each hash, as a trace tells it."""
    from probes.trace.oaths import USE_SUM_DB

    for what in said.whats:
        yield ChecksumRouted(said.at, what, said.path, said.version, said.sworn, said.because, USE_SUM_DB)


def _decided(started: SumStarted, said: SumFinished) -> Iterator[Event]:
    """What came of each hash, as a trace tells it: there is no download whose hash could be compared."""
    from probes.sums.proving import SumVerdict

    verdict = {
        SumVerdict.PROVED: "verified", SumVerdict.NOT_ASKED: "skipped", SumVerdict.UNANSWERED: "failed",
    }.get(said.verdict, "failed")  # fmt: skip
    sums = dict(said.sums)
    for what in started.whats:
        yield ChecksumDecided(
            said.at, what, started.version, sums.get(what, ""), verdict, said.because, started.path,
            said.fault, said.error if verdict == "failed" else None,
        )  # fmt: skip
