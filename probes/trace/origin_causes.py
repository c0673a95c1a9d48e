"""What direct mode has to do with how a trace ends: what it served, and where go stopped in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.golang.goproxy import Access
from probes.golang.protocol import Op
from probes.trace.events import Purpose
from probes.trace.origin_events import Answered, OriginDecided
from probes.trace.route import HopView

if TYPE_CHECKING:
    from probes.trace.fold import Trace

_FILE_PURPOSES = {Purpose.INFO: Op.INFO, Purpose.MOD: Op.MOD, Purpose.ZIP: Op.ZIP}
"""The walks that end with a file."""


def served_by_origin(trace: Trace) -> dict[str, int]:
    """The files that came from the module's own repository, by programs, and the index of its entry."""
    last: dict[str, int] = {}
    for number, walk in trace.walks.items():
        hop = trace.hop(None if walk.finished is None else walk.finished.served_by)
        if hop is None or hop.index is None or hop.access is not Access.DIRECT:
            continue
        op = _FILE_PURPOSES.get(walk.started.purpose)
        if op is not None and not trace.is_about_toolchains(number):
            last[op.value] = hop.index
    return last


def failed_step(trace: Trace, hop: int | None, said: str, walk: int | None) -> int | None:
    """Where go stopped on the way to the module's own repository, by the step's number in the story.

    It is the last step at the hop whose error stands in what go ``said``; else the last that failed in the
    same walk.
    """
    steps = trace.origin.decided
    failed = [n for n, one in enumerate(steps) if one.hop == hop and one.answered is Answered.FAILS]
    blamed = [n for n in failed if (error := steps[n].error) and error in said]
    same_walk = [n for n in failed if steps[n].walk == walk]
    return next(iter([*blamed[::-1], *same_walk[::-1]]), None)


def step_words(hop: HopView | None, step: OriginDecided) -> str:
    """That step as a first cause."""
    is_entry = hop is not None and hop.index is not None
    name = "direct" if is_entry else "the way to the module's own repository"
    about = f" {step.version}" if step.version else ""
    return f"{name} stops at {step.step.value}{about}: {step.because}"
