"""All that is known of one turning, of the project, and of the module cache."""

from __future__ import annotations

from collections.abc import Iterator

from probes.golang.protocol import Op
from probes.trace.events import Bend, Turning
from probes.trace.fold import Trace
from tui.drawing.fields import Details, Field, heading
from tui.drawing.turning_questions import spared, turning_question
from tui.lines import Role

_RULE = "cmd/go/internal/modfetch/cache.go cachingRepo, downloadZip"


def turning_details(trace: Trace, number: int) -> Details | None:
    """One turning."""
    if number >= len(trace.turnings):
        return None
    return Details(f"{trace.turnings[number].turning}?", tuple(_turning(trace, number)))


def _turning(trace: Trace, number: int) -> Iterator[Field]:
    event = trace.turnings[number]
    question = turning_question(event)
    first = question.branches[0]
    yield Field("answer", first.answer, Role.PLAIN if first.role is Role.FAINT else first.role)
    yield Field("because", event.because)
    about = f"{event.path}@{event.version}" if event.version else event.path
    for label, text in (("about", about), ("where", event.where), ("leads to", event.to)):
        if text:
            yield Field(label, text, verbatim=True)
    if event.op:
        yield Field("spares", _SPARED.get(event.op, f"the request for .{event.op}"))
    if event.error:
        yield heading("go would print")
        yield Field("", event.error, Role.FAIL)
    yield heading("the answers")
    for branch in question.branches:
        yield Field(branch.answer, branch.sentence, branch.role if branch.taken else Role.FAINT)
    yield Field("why", event.rule, Role.FAINT)


_SPARED = {
    Op.SUM.value: "the requests to the checksum database",
    Op.LIST.value: "the request for the list",
}


def project_details(trace: Trace) -> Details:
    """The folder's own files, and what they decided."""
    is_inside = trace.started is not None and bool(trace.started.project)
    return Details("project?" if is_inside else "turnings?", tuple(_project(trace)))


def _project(trace: Trace) -> Iterator[Field]:
    project = "" if trace.started is None else trace.started.project
    yield Field("read", project or "no go.mod: go works outside of any module", verbatim=bool(project))
    shown = [one for one in trace.turnings if one.turning is not Turning.CACHE]
    if shown:
        yield heading("what was looked at, in order")
    for event in shown:
        first = turning_question(event).branches[0]
        role = first.role if event.bend is not Bend.STRAIGHT else Role.PLAIN
        where = f" ({event.where})" if event.where else ""
        yield Field(event.turning.value, f"{first.answer}: {event.because}{where}", role)
    for rule in dict.fromkeys(event.rule for event in shown):
        yield Field("why", rule, Role.FAINT)


def cache_details(trace: Trace) -> Details:
    """What the module cache spares."""
    return Details("module cache", tuple(_cache(trace)))


def _cache(trace: Trace) -> Iterator[Field]:
    there = spared(trace)
    if trace.started is None or not (trace.started.warm or there):
        yield Field("answer", "a trace is as with an empty module cache: what is cached would hide the hops")
        words = "on a machine that has the files go asks nobody for .mod and .zip of a known version"
        yield Field("", words)
    else:
        yield Field("answer", "the module cache is looked into first, as go does on this machine")
        if not there:
            so_far = "nothing of use lies there" if trace.finished else "nothing was found there so far"
            yield Field("", so_far)
    for op, event in there.items():
        yield Field(op, f"nobody is asked: {event.because}", Role.OK)
        if event.where:
            yield Field("", event.where, Role.FAINT, verbatim=True)
    rules = dict.fromkeys(event.rule for event in there.values()) or {_RULE: None}
    for rule in rules:
        yield Field("why", rule, Role.FAINT)
