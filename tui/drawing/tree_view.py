"""What the tree is drawn from, which of its rows are unfolded by themselves, and the axis of its bars."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probes.golang.protocol import Op
from probes.ladder.faults import Judgement
from probes.trace.events import Outcome, Verdict
from probes.trace.fold import Trace
from probes.trace.origin_causes import failed_step
from tui.drawing.figures import Axis, axis_seconds
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.turning_questions import stopping_turning
from tui.lines import Line, line
from tui.symbols import Symbols
from tui.trial import Unreal

if TYPE_CHECKING:
    from probes.diagnosis.diagnose import Case

SLOW_S = 1.0
"""A request that takes longer than this is unfolded by itself, so that one sees what it waits for."""


@dataclass(frozen=True, slots=True)
class TreeView:
    """What the tree is drawn from."""

    trace: Trace
    now: float
    """Seconds since the trace began."""
    width: int
    symbols: Symbols
    folds: dict[TreeKey, bool] = field(default_factory=dict)
    """Rows that the user has unfolded (True) or folded (False)."""
    cases: tuple[Case, ...] = ()
    """The diagnoses."""
    climbing: int | None = None
    """The request whose ladder is being climbed."""
    all_open: bool = False
    """Whether everything is unfolded, so that it can be looked through."""
    unreal: Unreal = field(default_factory=Unreal)
    """What is there only because of what-if values."""

    @property
    def running(self) -> bool:
        """Whether the trace goes on."""
        return self.trace.started is not None and self.trace.finished is None

    def is_open(self, key: TreeKey, by_itself: Collection[TreeKey]) -> bool:
        """Whether a row is unfolded."""
        return self.all_open or self.folds.get(key, key in by_itself)


def open_by_themselves(trace: Trace, now: float) -> frozenset[TreeKey]:
    """The rows that are unfolded without being told to: the first cause, and what keeps one waiting."""
    keys: set[TreeKey] = set()
    for number, request in trace.requests.items():
        if request.finished is None and now - request.started.at >= SLOW_S:
            keys |= {TreeKey(Part.HOP, request.started.hop or 0), TreeKey(Part.REQUEST, number)}
    if trace.origin.decided or trace.origin.programs or trace.origin.held:
        keys |= set(_origin_rows(trace, now))
    guilty = guilty_row(trace)
    if guilty is not None and guilty.part is Part.REQUEST:
        keys |= {TreeKey(Part.HOP, trace.requests[guilty.number].started.hop or 0), guilty}
    elif guilty is not None and guilty.part is Part.TURNING:
        keys.add(guilty)
    keys |= set(_refused_hashes(trace))
    keys |= {TreeKey(Part.EDGE, hop) for hop in stopping_edges(trace)}
    keys |= {key for number in trace.climbs if (key := broken_layer(trace, number)) is not None}
    return frozenset(keys)


def _origin_rows(trace: Trace, now: float) -> Iterator[TreeKey]:
    """The branch of a direct hop: what keeps one waiting, what would be run, the step where go stops."""
    from tui.drawing.origin_story import CANCELLED, has_failed, outside_of, told_at

    for ran in trace.origin.programs.values():
        is_slow = ran.finished is None and now - ran.started.at >= SLOW_S
        is_stopped = ran.finished is not None and ran.finished.outcome == CANCELLED
        if (is_slow or is_stopped) and ran.started.hop is not None:
            yield TreeKey(Part.HOP, ran.started.hop)
    yield from (TreeKey(Part.HOP, held.hop) for held in trace.origin.held if held.hop is not None)
    guilty: TreeKey | None = guilty_row(trace)
    if guilty is None or guilty.part is not Part.ORIGIN:
        return
    hop = trace.origin.decided[guilty.number].hop
    yield guilty
    told = [] if hop is None else told_at(trace, hop)
    inside = [key for one in told if one.key == guilty for key in one.inside]
    yield from (key for key in inside if key.part is Part.PROGRAM and has_failed(trace, key.number))
    while (guilty := None if guilty is None else outside_of(trace, guilty)) is not None:
        yield guilty


def _refused_hashes(trace: Trace) -> Iterator[TreeKey]:
    """The branch of the checksums, and in it the hash that was refused."""
    if not trace.sworn:
        return  # an old recording, which does not tell of each
    from tui.drawing.vouched import vouched

    for number, one in enumerate(vouched(trace)):
        if one.has_failed:
            yield TreeKey(Part.CHECKSUMS)
            yield TreeKey(Part.SWORN, number)


def stopping_edges(trace: Trace) -> Iterator[int]:
    """The hops whose edge let a failed trace end."""
    finished = trace.finished
    if finished is None or finished.failed_walk is None:
        return
    for decision in trace.walks[finished.failed_walk].decisions:
        if decision.verdict is Verdict.STOP:
            yield decision.hop


def ladder_of(trace: Trace, request: int) -> int | None:
    """The number of the latest ladder that was climbed for a request; None when there is none."""
    numbers = [number for number, rungs in trace.climbs.items() if rungs and rungs[0].request == request]
    return numbers[-1] if numbers else None


def broken_layer(trace: Trace, ladder: int) -> TreeKey | None:
    """The first rung of a ladder that go does not get past."""
    for rung in trace.climbs.get(ladder, ()):
        if rung.judgement == Judgement.BROKEN:
            return TreeKey(Part.LAYER, ladder, rung.rung)
    return None


def guilty_layer(trace: Trace) -> TreeKey | None:
    """The broken rung of what the first cause is about; None while no ladder tells of it."""
    guilty = guilty_row(trace)
    if guilty is None or guilty.part is Part.HOP:
        return None
    ladder = next(iter(trace.climbs), None)
    if guilty.part is Part.REQUEST:
        ladder = ladder_of(trace, guilty.number)
    return None if ladder is None else broken_layer(trace, ladder)


def guilty_row(trace: Trace) -> TreeKey | None:
    """The row that the first cause of a failure is about; None before the end, and of a success."""
    finished, cause = trace.finished, trace.first_cause()
    if finished is None:
        return None
    turning = stopping_turning(trace)
    if turning is not None:
        return TreeKey(Part.TURNING, turning)
    refused = [key for key in _refused_hashes(trace) if key.part is Part.SWORN]
    if refused and finished.outcome is Outcome.FAILS and finished.failed_walk is None:
        return refused[0]
    if cause is None:
        return None
    step = _failed_step(trace, cause.hop_id)
    if step is not None:
        return TreeKey(Part.ORIGIN, step)
    if cause.hop_id is not None:
        walks = [finished.failed_walk] if finished.failed_walk is not None else list(trace.walks)
        decisions = [decision for walk in walks for decision in trace.walks[walk].decisions]
        asked = [d.request for d in decisions if d.hop == cause.hop_id and d.request is not None]
        asked += [number for number, r in trace.requests.items() if r.started.hop == cause.hop_id]
        guilty = [number for number in asked if trace.requests[number].started.op.value == cause.op]
        return TreeKey(Part.REQUEST, guilty[0]) if guilty else TreeKey(Part.HOP, cause.hop_id)
    if cause.op == Op.SUM.value:
        return refused[0] if refused else TreeKey(Part.CHECKSUMS)
    return TreeKey(Part.CONTENT) if finished.failed_walk is None else None


def _failed_step(trace: Trace, hop: int | None) -> int | None:
    """The step on the way to a module's own repository that the first cause is about."""
    if hop is None or trace.finished is None:
        return None
    decision = trace.failing_decision()
    if decision is None:
        return failed_step(trace, hop, trace.finished.error or "", trace.finished.failed_walk)
    return failed_step(trace, hop, decision.error or "", decision.walk)


TIME_WIDTH = 9
"""Cells of the time at the right edge, a blank before it included."""


def time_cell(text: str) -> Line:
    """A time at the right edge."""
    return line(text.rjust(TIME_WIDTH))


def axis_for(view: TreeView) -> Axis:
    """The axis that all bars of this tree share.

    A ladder is climbed behind the trace; its bars begin where it began, on the same scale.
    """
    width = max(10, min(60, view.width * 3 // 10))
    finished = view.trace.finished
    seconds = axis_seconds(view.now if finished is None else finished.at, running=view.running)
    for number, rungs in view.trace.climbs.items():
        running = view.climbing is not None and number == len(view.trace.climbs) - 1
        ended = max(rung.began + rung.seconds for rung in rungs)
        seconds = max(seconds, axis_seconds(ended - rungs[0].began, running=running))
    return Axis(seconds, width)
