"""The doctor's report in plain text: the verdict, the likeliest cause first, then how it was found out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress

from probes.diagnosis.catalogue import WIDTH, render
from probes.diagnosis.columns import columns, cut, wrapped
from probes.diagnosis.diagnose import Case
from probes.diagnosis.findings import Level
from probes.golang.redact import MASK
from probes.golang.safetext import safe_text
from probes.ladder.faults import Judgement
from probes.trace.climb_events import CapabilityLearned, RungClimbed
from probes.trace.events import Outcome
from probes.trace.fold import Trace

_INDENT = "  "
MOST_OF_GO = 7
"""Lines of go's error that are printed: a program's complaint is told again under its cause."""


def report(trace: Trace, cases: Sequence[Case], width: int = WIDTH) -> str:
    """The whole report, ending in a newline; every line at most ``width`` cells, but go's own words."""
    lines = [*_verdict(trace, cases)]
    for case in cases:
        if case.level is Level.ERROR:
            lines += ["", *render(case.diagnosis, width)]
    warnings = [case for case in cases if case.level is not Level.ERROR]
    if warnings:
        lines += ["", _HEADING.get(_outcome(trace), "also seen:")]
        for case in warnings:
            lines += _short(case, width)
    for rungs in trace.climbs.values():
        lines += _ladder(rungs, width)
    lines += _comparisons(trace, width)
    lines += _capabilities(trace, width)
    lines += _answers(trace, width)
    lines += _settings(trace, width)
    return "\n".join(safe_text(line, limit=2000).rstrip() for line in lines) + "\n"


_HEADING = {Outcome.OK: "seen, and go gets past it:", Outcome.FAILS: "also seen:"}


def _outcome(trace: Trace) -> Outcome:
    return Outcome.UNKNOWN if trace.finished is None else trace.finished.outcome


def _verdict(trace: Trace, cases: Sequence[Case]) -> Iterator[str]:
    started, finished = trace.started, trace.finished
    assert started is not None
    assert finished is not None
    target = f"{started.path}@{started.query}"
    match finished.outcome:
        case Outcome.OK:
            yield f"{target} -> {finished.version}    ok, go would download it"
            if not cases and not trace.findings:
                yield "Nothing wrong was found on the way."
        case Outcome.FAILS:
            yield f"{target}    go would fail:"
            lines = (finished.error or "").split("\n")
            if len(lines) > MOST_OF_GO:
                more = len(lines) - MOST_OF_GO + 1
                lines = [*lines[: MOST_OF_GO - 1], f"\t… and {more} more lines (--json)"]
            for line in lines:
                yield _INDENT + line.rstrip("\r").replace("\t", "    ")
        case Outcome.CANCELLED:
            yield f"{target}    stopped before the end"
        case _:
            yield from wrapped(f"{target}    could not tell: {safe_text(finished.detail)}", WIDTH, 4)


def _short(case: Case, width: int) -> Iterator[str]:
    diagnosis = case.diagnosis
    tag = f"[{diagnosis.rule.tag}]"
    for number, line in enumerate(wrapped(f"{tag} {safe_text(diagnosis.cause)}", width - 2, 3)):
        yield (_INDENT if number == 0 else _INDENT * 2) + line
    if diagnosis.remedies:
        yield f"{_INDENT * 2}try  {safe_text(diagnosis.remedies[0].lines[0])}"


_MARKS = {
    Judgement.OK: "ok", Judgement.WARNING: "warn", Judgement.BROKEN: "FAIL", Judgement.SKIPPED: "-",
}  # fmt: skip


def _ladder(rungs: Sequence[RungClimbed], width: int) -> Iterator[str]:
    yield ""
    yield cut(f"layers of {safe_text(rungs[0].url)}", width)
    broken = next((at for at, rung in enumerate(rungs) if rung.judgement == Judgement.BROKEN), len(rungs))
    reached = [at < broken or rung.judgement != Judgement.SKIPPED for at, rung in enumerate(rungs)]
    for rung in compress(rungs, reached):
        judgement = Judgement(rung.judgement)
        time = "" if judgement is Judgement.SKIPPED else _time(rung.seconds)
        head = f"{_INDENT}{_MARKS[judgement]:<5}{rung.rung:<11}"
        words = safe_text(rung.summary or rung.because)
        room = width - columns(head) - 10
        indent = " " * 18
        body, *more = wrapped(words, room, 3) or [""]
        yield f"{head}{body}{' ' * (room - columns(body))}{time:>10}"
        yield from (indent + line for line in more)
        if judgement in (Judgement.WARNING, Judgement.BROKEN):
            for sentence in rung.evidence:
                yield from (indent + line for line in wrapped(safe_text(sentence), width - len(indent), 5))
            patience = f"go waits for {'; for '.join(rung.limits)}"
            yield from (indent + line for line in wrapped(patience, width - len(indent), 2))
    above = [rung.rung for rung, is_reached in zip(rungs, reached, strict=True) if not is_reached]
    if above:
        yield f"{_INDENT}{'-':<5}{', '.join(above)}: not reached"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"


def _comparisons(trace: Trace, width: int) -> Iterator[str]:
    if not trace.comparisons:
        return
    yield ""
    yield "the same in two ways"
    for made in trace.comparisons:
        mark = "DIFFERS" if made.differs else "same"
        yield from _hanging(f"{mark:<8}{made.what}: ", made.sentence, width)


def _hanging(head: str, text: str, width: int) -> Iterator[str]:
    """A head and a text behind it, the further lines indented."""
    indent = _INDENT * 5
    whole = safe_text(head + text)
    if columns(whole) <= width - len(_INDENT):
        yield _INDENT + whole
        return
    yield _INDENT + head.rstrip()
    yield from (indent + line for line in wrapped(safe_text(text), width - len(indent), 5))


_CELLS = ("list", "latest", "info", "mod", "zip", "sumdb", "toolchain", "cached_only", "http2", "ipv6")


def _capabilities(trace: Trace, width: int) -> Iterator[str]:
    if not trace.capabilities:
        return
    yield ""
    yield "what each proxy can do"
    for learned in trace.capabilities.values():
        yield cut(f"{_INDENT}{safe_text(learned.url)}", width)
        yield from _cells(learned, width)


def _cells(learned: CapabilityLearned, width: int) -> Iterator[str]:
    said = []
    for name in _CELLS:
        cell = learned.row.get(name) or {}
        said.append(f"{name.replace('_', '-')} {cell.get('can', 'unknown')}")
    said.append(f"software {safe_text(str(learned.row.get('serves', 'unknown')))}")
    yield from (_INDENT * 2 + line for line in wrapped(" · ".join(said), width - 4, 4))


def _answers(trace: Trace, width: int) -> Iterator[str]:
    """What answers give away that go does not say."""
    made = [event.finding for event in trace.findings if event.finding.level is not Level.INFO]
    if not made:
        return
    yield ""
    yield "answers that are not what they seem"
    for finding in made:
        yield from _hanging(f"{finding.level.value}: ", finding.message, width)
        yield from _try(finding.remedy, width)


def _try(remedy: Sequence[str], width: int) -> Iterator[str]:
    """The first line of a remedy, whole: one that is cut cannot be copied."""
    if not remedy:
        return
    line = safe_text(remedy[0])
    if MASK in line:
        line = "edit the value by hand, since it holds a secret"
    yield f"{_INDENT * 5}try  {line}"


def _settings(trace: Trace, width: int) -> Iterator[str]:
    findings = [] if trace.started is None else list(trace.started.findings)
    serious = [finding for finding in findings if finding.level is not Level.INFO]
    if not serious:
        return
    yield ""
    yield "settings (modtrace env shows them all)"
    for finding in sorted(serious, key=lambda found: found.level is not Level.ERROR):
        about = f" {finding.variable}:" if finding.variable else ":"
        yield from _hanging(f"{finding.level.value}{about} ", finding.message, width)
        yield from _try(finding.remedy, width)
