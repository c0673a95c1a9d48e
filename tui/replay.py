"""Recordings in the place of the engine: the app shows what was recorded, without a thread or a packet.

A replay stands in for the bridge and for the stage. Whatever the app asks for is answered at once with what
the recording holds; time stands still at the end of the recording.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from probes.browse.recorded import browse_event_from_json
from probes.browse.table import BrowseEvent, DownloadFinished, DownloadProgress, DownloadStarted
from probes.trace.climb_events import CapabilityLearned, ComparisonMade, RungClimbed
from probes.trace.events import Event
from probes.trace.recording import read_recording
from tui.bridge import Delivery, Ended, Job
from tui.jobs import AskVersionJob, BrowseJob, CapabilityJob, DownloadJob, LookJob, TraceJob
from tui.stage import NOTHING, Scene, Secluded, scene_of

if TYPE_CHECKING:
    pass

_SECOND_LOOK = (RungClimbed, ComparisonMade, CapabilityLearned)
"""What is recorded behind a trace, and told when it is asked for."""


@dataclass
class Replay:
    """A bridge that answers from recordings."""

    events: Sequence[Event] = ()
    browsing: Sequence[BrowseEvent] = ()
    downloads: Sequence[BrowseEvent] = ()
    """What every download says; its file and version are put in."""
    named: Sequence[BrowseEvent] = ()
    """What is said of a version that is asked for by name."""
    unfinished: bool = False
    """Whether the trace goes on after its last event."""
    unfinished_downloads: bool = False
    """The same for downloads."""
    unfinished_looks: bool = False
    """The same for second looks."""
    jobs: list[Job] = field(default_factory=list)
    """What was asked for, in order."""
    cancelled: list[int] = field(default_factory=list)
    """The tickets of what was stopped."""
    _queue: deque[Delivery] = field(default_factory=deque)
    _tickets: int = 0
    _by_ticket: dict[int, Job] = field(default_factory=dict)
    _told: set[int] = field(default_factory=set)
    """The ladders that were told: nobody climbs one twice."""

    @property
    def idle(self) -> bool:
        """Whether everything was drained."""
        return not self._queue

    def _ticket(self, said: Iterable[object], *, ends: bool = True) -> int:
        self._tickets += 1
        self._queue.extend((self._tickets, item) for item in said)
        if ends:
            self._queue.append((self._tickets, Ended()))
        return self._tickets

    def start(self, job: Job) -> int:
        """Answer a job with what was recorded of one like it."""
        self.jobs.append(job)
        self._by_ticket[self._tickets + 1] = job
        match job:
            case TraceJob():
                self._told.clear()
                said = [event for event in self.events if not isinstance(event, _SECOND_LOOK)]
                return self._ticket(said, ends=not self.unfinished)
            case LookJob():
                return self._ticket(self._looked(job), ends=not self.unfinished_looks)
            case CapabilityJob():
                rows = [event for event in self.events if isinstance(event, CapabilityLearned)]
                return self._ticket(rows, ends=not self.unfinished_looks)
            case BrowseJob():
                return self._ticket(self.browsing)
            case AskVersionJob():
                return self._ticket(self.named)
            case DownloadJob():
                return self._ticket(
                    map(self._as_wanted(job), self.downloads), ends=not self.unfinished_downloads
                )
            case _:
                return self._ticket(())

    def _looked(self, job: LookJob) -> Iterable[Event]:
        """The recorded ladders of these requests, with their comparisons."""
        rungs = [event for event in self.events if isinstance(event, RungClimbed)]
        climbs = {rung.climb for rung in rungs if rung.request in job.requests} - self._told
        self._told |= climbs
        both = (RungClimbed, ComparisonMade)
        return [event for event in self.events if isinstance(event, both) and event.climb in climbs]

    @staticmethod
    def _as_wanted(job: DownloadJob) -> Callable[[BrowseEvent], BrowseEvent]:
        def of(event: BrowseEvent) -> BrowseEvent:
            assert isinstance(event, DownloadStarted | DownloadProgress | DownloadFinished)
            return replace(event, wanted=job.wanted)

        return of

    def say(self, kind: type[Job], said: Iterable[object]) -> None:
        """Have the last job of this class go on and end."""
        self._queue.extend((self._last(kind), item) for item in said)
        self._queue.append((self._last(kind), Ended()))

    def fail(self, kind: type[Job], error: Exception) -> None:
        """Have the last job of this class end with a bug."""
        self._queue.append((self._last(kind), Ended(error)))

    def _last(self, kind: type[Job]) -> int:
        return next(ticket for ticket, job in reversed(self._by_ticket.items()) if isinstance(job, kind))

    def call(self, work: Callable[[], object]) -> int:
        """Do it now."""
        return self._ticket([work()])

    def cancel(self, ticket: int) -> None:
        """Note it."""
        self.cancelled.append(ticket)
        self._queue.append((ticket, Ended()))

    def drain(self) -> list[Delivery]:
        """Everything that waits."""
        said = list(self._queue)
        self._queue.clear()
        return said

    def close(self, patience: float = 1.0) -> bool:
        """There is nothing to end."""
        return True


@dataclass
class RecordedStage(Secluded):
    """A stage with settings that are given, and nothing of this machine."""

    WHY_NOT_WRITTEN: ClassVar[str] = "these settings were recorded: nothing is written into your go env file"
    STARTS_PROGRAMS: ClassVar[bool] = True

    variables: Mapping[str, str]
    suggestions: tuple[str, ...] = ()

    def read(self, values: Mapping[str, str] = NOTHING, /) -> Scene:
        """The scene of these variables."""
        return scene_of(self.variables, overlay=values, suggestions=self.suggestions)


def read_browsing(lines: Iterable[str]) -> list[BrowseEvent]:
    """The events of a recorded run of the module browser, one a line."""
    return [browse_event_from_json(json.loads(line)) for line in lines if line.strip()]


def load(folder: Path, name: str) -> Replay:
    """The recordings ``NAME.jsonl`` and, where there is one, ``NAME.modules.jsonl``."""
    modules = folder / f"{name}.modules.jsonl"
    events = list(read_recording((folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()))
    browsing = read_browsing(modules.read_text(encoding="utf-8").splitlines()) if modules.exists() else []
    return Replay(events, browsing)
