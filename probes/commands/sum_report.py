"""What `modtrace sum PATH@VERSION` prints: for people in 80 columns, and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from probes.golang.goproxy import HopKind
from probes.golang.safetext import safe_text
from probes.sources.own_heads import Timeline
from probes.sources.sum_faults import MEANINGS, SumFault
from probes.sums.proving import MODULE, SumProof, SumVerdict
from probes.trace.checksum_events import HeadChecked, RecordProved
from probes.trace.events import HopDecided, Verdict, event_to_json
from probes.trace.fold import Request

SCHEMA = "modtrace.sum/1"
LABEL = 10
WIDTH = 78
_LONGEST = 2000
_MOST_LINES = 40
"""Lines of go's own words: it repeats a whole answer that is no signed note."""


def report(proof: SumProof) -> str:
    """Each step in the order in which it was taken, and the verdict."""
    started, finished = proof.started, proof.finished
    assert started is not None
    assert finished is not None
    what = "" if MODULE in started.whats else "/go.mod"
    lines = [f"{started.path}@{started.version}{what}", ""]
    lines += _entry("asked", _asked(proof))
    lines += _entry("way", _way(proof))
    lines += _entry("tree", _trees(proof))
    if proof.proof is not None:
        lines += _entry("record", _record(proof.proof))
        lines += _entry("path", _path(proof.proof))
    lines += _entry("here", _here(proof))
    lines += _entry("verdict", _verdict(proof))
    return "\n".join(safe_text(line, limit=_LONGEST) for line in lines) + "\n"


def _entry(label: str, texts: Iterator[str]) -> list[str]:
    """A label and its lines, each wrapped where it has blanks; nothing where there are none."""
    lines: list[str] = []
    for text in texts:
        indent = " " * (len(text) - len(text.lstrip()))
        lines += textwrap.wrap(
            text.strip()[:_LONGEST],
            WIDTH - LABEL,
            initial_indent=indent,
            subsequent_indent=indent + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return [f"{label if not number else '':{LABEL}}{line}".rstrip() for number, line in enumerate(lines)]


def _asked(proof: SumProof) -> Iterator[str]:
    started = proof.started
    assert started is not None
    if started.database:
        yield f"{started.database}, key {started.key}"
    yield f"{started.because}"


def _way(proof: SumProof) -> Iterator[str]:
    """The walk over the proxies, then each request to the database."""
    told: set[int] = set()
    for walk in proof.trace.walks.values():
        for decision in walk.decisions:
            request = None if decision.request is None else proof.trace.requests.get(decision.request)
            if request is not None and request.started.request not in told:
                told.add(request.started.request)
                yield _request(request)
            yield f"  {_decided(proof, decision)}"
    if proof.trace.requests and not proof.trace.walks:
        yield "GOSUMDB gives its address: no proxy is asked"
    for number, request in proof.trace.requests.items():
        if number not in told:
            yield _request(request)


def _request(request: Request) -> str:
    finished = request.finished
    if finished is None:
        return f"{request.started.url}: no answer"
    if finished.status is None:
        return finished.error or f"no answer: {finished.url}"
    return f"{finished.reason or finished.status}: {finished.url}"


def _decided(proof: SumProof, decision: HopDecided) -> str:
    assert proof.started is not None
    hops = proof.started.route.hops
    hop = hops[decision.hop] if decision.hop < len(hops) else None
    name = "?" if hop is None else hop.name
    if decision.verdict is Verdict.SERVED:
        return f"{name} passes the database on: from now on only it is asked"
    if hop is not None and hop.kind in (HopKind.DIRECT, HopKind.OFF):
        return f"{name}: here the database is asked at its own address"
    if decision.not_exist:
        return f"{name}: it does not pass the database on"
    return f"{name}: {decision.because}"


_WHEN = {
    "past": "older than the tree of {size} records that {who} remembers, and its beginning",
    "now": "the same tree that {who} remembers",
    "future": "continues the tree of {size} records that {who} remembers",
}


def _trees(proof: SumProof) -> Iterator[str]:
    for head in proof.trace.heads:
        yield f"{_count(head.size, 'record')}, root {head.root}"
        yield f"  {_known(head)}"
    finished = proof.finished
    if finished is not None and finished.remembered:
        sentence = _TIMELINES[Timeline(finished.timeline)]
        yield f"  modtrace remembers {_count(finished.remembered, 'record')}: {sentence}"


_TIMELINES = {
    Timeline.FIRST: "",
    Timeline.SAME: "the same tree",
    Timeline.GROWN: "this tree continues them",
    Timeline.OLDER: "this tree is their beginning; a copy lags behind",
    Timeline.SHORTER: "this tree is smaller, and nobody showed that it is their beginning",
    Timeline.TAKEN_BACK: "the database no longer has them all",
    Timeline.FORKED: "this tree has another history; one of the two is false",
    Timeline.UNTOLD: "the tiles did not come that would show whether this tree continues them",
}


def _known(head: HeadChecked) -> str:
    if not head.known_size or head.known_by == "modtrace":
        return "signed by the key in GOSUMDB; go remembers no tree of it yet"
    who = "was met before in this run" if head.known_by == "this run" else ""
    words = _WHEN.get(head.when, "").format(size=f"{head.known_size:,}", who=head.known_by)
    return words.replace("that this run remembers", f"that {who}") if who else words


def _record(proved: RecordProved) -> Iterator[str]:
    yield f"number {proved.record:,}, hash {proved.leaf}"
    for line in proved.lines:
        yield f"  {line}"


def _path(proved: RecordProved) -> Iterator[str]:
    """The Merkle path, node by node: each line is hashed with what came before it."""
    yield f"{_count(len(proved.steps), 'step')} from the record to the root"
    tile = None
    for step in proved.steps:
        if step.tile != tile:
            tile = step.tile
            yield f"  from tile {tile}:" if tile else "  from several tiles:"
        yield f"  {step.level:>4} {step.side:<5} {step.sibling}"
    yield f"  root {proved.root}, as signed"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _here(proof: SumProof) -> Iterator[str]:
    finished = proof.finished
    recorded = {} if finished is None else dict(finished.sums)
    for held in proof.held:
        known = recorded.get(held.what)
        words = "not compared" if known is None else "the same" if known == held.sum else "DIFFERENT"
        yield f"{held.who}, {held.what}: {words} ({held.where})"
        if known is not None and known != held.sum:
            yield f"  {held.sum}"


def _verdict(proof: SumProof) -> Iterator[str]:
    finished = proof.finished
    assert finished is not None
    yield f"{finished.verdict}" if finished.error else f"{finished.verdict}: {finished.because}"
    if finished.fault:
        meaning = MEANINGS[SumFault(finished.fault)]
        yield meaning.means
        yield meaning.do
    if finished.verdict is SumVerdict.NOT_ASKED:
        yield "Such a path is checked against go.sum alone."
    if finished.error:
        yield "go would say:"
        for line in finished.error.expandtabs(4).split("\n")[:_MOST_LINES]:
            yield f"  {line}"
    for finding in proof.trace.all_findings():
        yield f"{finding.level}: {finding.message}"


def to_json(proof: SumProof) -> dict[str, Any]:
    """Everything that was found out."""
    started, finished = proof.started, proof.finished
    assert started is not None
    assert finished is not None
    meaning = MEANINGS[SumFault(finished.fault)] if finished.fault else None
    sums = dict(finished.sums)
    said = proof.trace
    return {
        "schema": SCHEMA,
        "path": started.path,
        "version": started.version,
        "whats": list(started.whats),
        "database": {"name": started.database, "key": started.key},
        "sworn": started.sworn.value,
        "because": started.because,
        "verdict": finished.verdict.value,
        "why": finished.because,
        "fault": finished.fault or None,
        "means": None if meaning is None else meaning.means,
        "do": None if meaning is None else meaning.do,
        "error": finished.error,
        "sum": sums.get(MODULE),
        "go_mod_sum": sums.get("go.mod"),
        "decisions": [event_to_json(decision) for walk in said.walks.values() for decision in walk.decisions],
        "requests": [
            event_to_json(one.finished) for one in said.requests.values() if one.finished is not None
        ],
        "heads": [event_to_json(head) for head in said.heads],
        "remembered": {"size": finished.remembered, "timeline": finished.timeline or None},
        "proof": None if proof.proof is None else event_to_json(proof.proof),
        "held": [event_to_json(held) | {"agrees": sums.get(held.what) == held.sum} for held in proof.held],  # type: ignore[arg-type]
        "findings": [finding.to_json() for finding in said.all_findings()],
    }
