"""The report in plain text: the verdict first, then one line a hop; reads well aloud and in a pipe.

Everything a server said passes safe_text before it comes here or on the way out.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from probes.diagnosis.findings import Level
from probes.golang.goproxy import Access, HopKind
from probes.golang.protocol import Op
from probes.golang.safetext import safe_text
from probes.trace.events import Bend, Outcome, Turning, Verdict
from probes.trace.fold import Request, Trace
from probes.trace.route import HopView

CHIP_OPS = (Op.PAGE, Op.LIST, Op.LATEST, Op.INFO, Op.MOD, Op.ZIP, Op.SUM)

MOST_LINES = 200
"""Lines of go's error that a report prints."""


def report(trace: Trace) -> str:
    """The whole report, ending in a newline."""
    lines = [
        *_verdict(trace), "", *_turnings(trace), *_hops(trace), *_sums(trace), *_findings(trace)
    ]  # fmt: skip
    return "\n".join(safe_text(line, limit=2000).rstrip() for line in lines) + "\n"


def _verdict(trace: Trace) -> Iterator[str]:
    started, finished = trace.started, trace.finished
    target = f"{started.path}@{started.query}" if started else ""
    if finished is None or finished.outcome is Outcome.CANCELLED:
        yield f"{target}  stopped before the end"
    elif finished.outcome is Outcome.OK:
        yield f"{target} -> {finished.version}    ok, go would download it"
    elif finished.outcome is Outcome.UNKNOWN:
        yield f"{target}  could not tell: {finished.detail}"
    else:
        yield f"{target}  go would fail:"
        yield from _go_says(finished.error or "")
        cause = trace.first_cause()
        if cause is not None:
            yield f"first cause: {cause.summary}"
            yield f"  rule: {cause.rule}"
        yield from _checksum_fault(trace)
        yield from _where_to_go_on(trace)


def _go_says(error: str) -> Iterator[str]:
    """go's own words; go repeats a whole answer where it can make nothing of it, and nobody reads that."""
    lines = error.split("\n")
    for line in lines[:MOST_LINES]:
        yield "  " + line.rstrip("\r").replace("\t", "    ")
    if len(lines) > MOST_LINES:
        yield f"  … and {len(lines) - MOST_LINES:,} more lines, which --json has"


def _checksum_fault(trace: Trace) -> Iterator[str]:
    """What it means that a hash was refused, and what to do."""
    fault = next((made.fault for made in trace.checksums if made.fault), "")
    if not fault:
        return
    from probes.sources.sum_faults import meaning_of

    meaning = meaning_of(fault)
    if meaning is not None:
        yield f"checksums: {meaning.means}"
        yield f"  {meaning.do}"


def _where_to_go_on(trace: Trace) -> Iterator[str]:
    """Who knows the line that mends a failure of direct mode."""
    if trace.origin and trace.started is not None:
        from probes.trace.origin_events import Answered

        if any(step.answered is Answered.FAILS for step in trace.origin.decided):
            target = shlex.quote(f"{trace.started.path}@{trace.started.query}")
            yield f"what to type: modtrace doctor {target}" + (" --run" if trace.started.run else "")


def _turnings(trace: Trace) -> Iterator[str]:
    """What the project, a setting or the module cache made of the way, or might seem to make of it."""
    if trace.started is not None and trace.started.project:
        yield f"project  {trace.started.project}"
    if trace.started is not None and trace.started.warm:
        yield "module cache  as it is: what it has is not asked for"
    for turned in trace.turnings:
        is_straight = turned.bend is Bend.STRAIGHT
        if is_straight and turned.turning is Turning.TOOLCHAIN and turned.version:
            continue  # the usual one, or not in PATH; without a version none could be told
        where = f" ({turned.where})" if turned.where else ""
        to = f" to {turned.to}" if turned.to else ""
        bend = "straight on" if is_straight else turned.bend.value
        yield f"{turned.turning}? {bend}{to}: {turned.because}{where}"


def _hops(trace: Trace) -> Iterator[str]:
    route = trace.route
    if route is None:
        return
    if route.error:
        yield f"GOPROXY cannot be used: {route.error}"
    width = max((len(hop.name) for hop in route.hops), default=0)
    for hop in route.hops:
        if hop.kind is HopKind.NOPROXY:
            private = f"yes, by {route.private_pattern}" if route.private_pattern else "no"
            yield f"private?  {private}"
            yield from _origin(trace, hop.id)
            continue
        yield f"{hop.index} {hop.name:<{width}}  {hop_summary(trace, hop)}"
        yield from _origin(trace, hop.id)
        separator = edge_summary(trace, hop)
        if separator:
            yield f"  {separator}"
    yield from _origin(trace, None)
    for entry in route.dead:
        yield f"  {entry}  never looked at: it stands after direct or off"


def _origin(trace: Trace, hop: int | None) -> Iterator[str]:
    """The way to the module's own repository; and what programs and credentials had to do with an entry."""
    if trace.origin:
        from probes.trace.origin_told import origin_lines

        yield from (f"  {text}" for text in origin_lines(trace, hop))


def hop_summary(trace: Trace, hop: HopView) -> str:
    """What one hop did, in one line: each operation with its last answer, and the time spent there."""
    requests = trace.requests_at(hop.id)
    programs = _programs(trace, hop.id)
    if not requests and programs:
        return programs
    if not requests:
        return {
            Access.DIRECT: "from its own repository",
            Access.OFF: "off",
            Access.PRIVATE: "not asked: the path is private",
        }.get(hop.access, "never asked")
    words = []
    for op in CHIP_OPS:
        answers = [request for request in requests if request.started.op is op]
        if answers:
            words.append(
                f"{op} {answer_word(answers[-1])}" + (f" x{len(answers)}" if len(answers) > 1 else "")
            )
    spent = sum(r.finished.at - r.finished.began for r in requests if r.finished)
    return "  ".join(words) + f"    {spent * 1000:.0f} ms" + (f"; {programs}" if programs else "")


def _programs(trace: Trace, hop: int) -> str:
    if not trace.origin:
        return ""
    from probes.trace.origin_told import origin_summary

    return origin_summary(trace, hop)


def answer_word(request: Request) -> str:
    """One answer in a word: its status, or what went wrong."""
    finished = request.finished
    if finished is None:
        return "…"
    if finished.status is None:
        return "failed"
    if finished.status == 200 and finished.error:
        return "200 broken"
    return str(finished.status)


def edge_summary(trace: Trace, hop: HopView) -> str:
    """The edge behind a hop: its separator and what it decided, where it decided anything but "served"."""
    route = trace.route
    assert route is not None
    if hop.separator == "" and hop.id == len(route.hops) - 1:
        return ""
    decisions = [
        decision
        for walk in trace.walks.values()
        for decision in walk.decisions
        if decision.hop == hop.id and decision.verdict is not Verdict.SERVED
    ]
    if not decisions:
        return ""
    counted: dict[str, int] = {}
    for decision in decisions:
        counted[f"{decision.verdict}: {decision.because}"] = (
            counted.get(f"{decision.verdict}: {decision.because}", 0) + 1
        )
    return "; ".join(f"{text} (x{times})" if times > 1 else text for text, times in counted.items())


def _sums(trace: Trace) -> Iterator[str]:
    finished = trace.finished
    if finished is None or not (finished.sum or finished.go_mod_sum):
        return
    yield ""
    vouched = {checked.what: checked for checked in trace.checksums}
    for what, name, total in (("module", "sum", finished.sum), ("go.mod", "go.mod", finished.go_mod_sum)):
        if total:
            checked = vouched.get(what)
            yield f"{name:<7} {total}" + (f"  {checked.verdict}: {checked.because}" if checked else "")


def _findings(trace: Trace) -> Iterator[str]:
    findings = [finding for finding in trace.all_findings() if finding.level is not Level.INFO]
    if findings:
        yield ""
    for finding in findings:
        where = f"{finding.variable}: " if finding.variable else ""
        yield f"{finding.level}: {where}{finding.message}"
        for remedy in finding.remedy[:1]:
            yield f"  {remedy}"
