"""What shows a case: what was measured and read, and what the rungs that held rule out. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from probes.diagnosis.catalogue import Rule
from probes.diagnosis.symptoms import Symptom
from probes.ladder.faults import Judgement, Rung
from probes.trace.climb_events import RungClimbed
from probes.trace.fold import Trace


def broken_program(trace: Trace, symptom: Symptom) -> RungClimbed | None:
    """The rung of the program that failed on the way without a proxy."""
    climbed = [rungs[-1] for rungs in trace.climbs.values() if rungs[-1].request is None]
    own = [rung for rung in climbed if symptom.is_direct and symptom.hop and rung.hop == symptom.hop.id]
    return next((rung for rung in own if rung.judgement == Judgement.BROKEN), None)


def evidence_of(trace: Trace, symptom: Symptom, seen: RungClimbed | None) -> Iterator[str]:
    if seen is not None:
        yield from seen.evidence
        return
    if symptom.broken is not None:
        yield from symptom.broken.evidence
    elif symptom.request is not None and symptom.request.finished is not None:
        finished = symptom.request.finished
        if finished.reason or finished.error:
            said = finished.reason or (finished.error or "").split("\n", 1)[0]
            yield f"{symptom.url}: {said}"
        if finished.sample and finished.status not in (200, None):
            yield f"it said: {' '.join(finished.sample.split())}"
    for comparison in trace.comparisons:
        if comparison.differs and symptom.hop is not None and comparison.hop == symptom.hop.id:
            yield comparison.sentence


_RULED_OUT_BY = {Rung.NAMES: "R17", Rung.TCP: "R07", Rung.TLS: "R10", Rung.PROXY: "R19"}


_RULED_OUT_WORDS = {
    "R17": "the name is no trouble ({})", "R07": "connected to {}", "R10": "the certificate is trusted ({})",
    "R19": "the HTTP proxy lets through ({})",
}  # fmt: skip


def ruled_out(symptom: Symptom, meant: Rule) -> Iterator[str]:
    """What the rungs below the broken one rule out, with what was measured."""
    measured = False
    for rung in symptom.rungs:
        if rung is symptom.broken:
            break
        other = _RULED_OUT_BY.get(Rung(rung.rung))
        if other is None or other == meant.id or rung.judgement != Judgement.OK:
            continue
        measured = True
        yield f"{other}: {_RULED_OUT_WORDS[other].format(rung.summary)}"
    if not measured:
        yield from (f"{other}: {why}" for other, why in meant.rules_out.items() if other != meant.id)
