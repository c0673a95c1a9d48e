"""The rungs of a direct hop: the server of the repository, and the program that go runs there.

The page of the path is a request, and its ladder is climbed as any other's (examined.py). A repository is
asked by a program: its run in the trace is the rung, and nothing is started for a second time. Where it could
not be reached, the server is looked at as well, as go would reach it: so one sees whether git or the network
is at fault. What was not started, since nobody agreed, says what go would run.
"""

from __future__ import annotations

from collections.abc import Iterator

from probes.diagnosis.origin_failure import OriginFailure, origin_failure
from probes.diagnosis.symptoms import primary_symptom
from probes.golang.vcs_words import Complaint, telling_line
from probes.ladder.faults import Judgement
from probes.trace.climb_events import RungClimbed
from probes.trace.fold import Trace

_NO_WAY = frozenset({Complaint.NAME, Complaint.TIMEOUT, Complaint.REFUSED_CONNECTION, Complaint.CERTIFICATE})
"""What another program may get past: go with its own roots, its own proxy, its own resolver."""
_MOST_LINES = 4


def failed_program(trace: Trace) -> OriginFailure | None:
    """The failure of direct mode that goes back to a program."""
    symptom = primary_symptom(trace)
    failure = None if symptom is None else origin_failure(trace, symptom)
    return None if failure is None or failure.run is None or failure.is_page else failure


def repository_to_climb(failure: OriginFailure) -> str | None:
    """The first URL that git asks a repository for, where the way to it may be the trouble."""
    if failure.complaint not in _NO_WAY or failure.place.scheme not in ("http", "https"):
        return None
    return f"{failure.repository.rstrip('/')}/info/refs?service=git-upload-pack"


def program_rung(failure: OriginFailure, climb: int, at: float) -> RungClimbed:
    """The run that failed, as a rung."""
    run = failure.run
    assert run is not None
    telling = telling_line(run.complaint)
    lines = [line.strip("@ \r\t") for line in run.complaint.split("\n")]
    lines = sorted((line for line in lines if line), key=lambda line: line != telling)
    return RungClimbed(
        at=at,
        climb=climb,
        hop=run.hop,
        request=None,
        url=failure.repository or run.command,
        rung=run.command.split(" ", 1)[0],
        judgement=Judgement.BROKEN.value,
        began=run.began,
        seconds=run.at - run.began,
        evidence=tuple(lines[:_MOST_LINES]),
        words=lines[0] if lines else run.outcome,
        summary=f"{run.command}: {run.outcome}",
        limits=("the program: for ever",),
    )


def held_rungs(trace: Trace) -> Iterator[RungClimbed]:
    """What go would run, and was not run: each command once, one ladder for each hop."""
    told: set[str] = set()
    for held in trace.origin.held:
        if held.command in told:
            continue
        told.add(held.command)
        yield RungClimbed(
            at=trace.now,
            climb=len(trace.climbs),
            hop=held.hop,
            request=None,
            url=held.command,
            rung=held.command.split(" ", 1)[0],
            judgement=Judgement.SKIPPED.value,
            began=held.at,
            seconds=0.0,
            because="go would run it; modtrace does so with --run (in the app: the key !)",
        )
