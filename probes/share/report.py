"""A report: what was asked, what go says, why, and how that is known; the answers of an issue template.

Five of its headings are the questions of the Go project's own template, in its order, so that each answer can
be pasted where it belongs. Source: golang/go .github/ISSUE_TEMPLATE/00-bug.yml.

A report is made once, as sections of finished lines, and written out in five forms
(probes.share.report_forms). Every line is at most WIDTH cells wide and safe for a terminal; nothing is cut,
long text goes on in the next line. What is not there (no ladder, no comparison) has no section.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from probes import __version__
from probes.diagnosis.catalogue import Remedy, Shell
from probes.diagnosis.diagnose import Case
from probes.diagnosis.findings import Finding, Level
from probes.golang.goproxy import Access, HopKind
from probes.golang.safetext import safe_text
from probes.ladder.faults import Judgement
from probes.share.copy_as import trace_commands
from probes.share.report_blocks import (
    LONGEST,
    MOST,
    WIDTH,
    Block,
    Section,
    flowing,
    shell_block,
    text_block,
    verbatim,
)
from probes.share.report_issue import expectation, go_env, go_version
from probes.share.report_tried import what_if_json
from probes.share.session_file import Header
from probes.share.tried import Mark, marks, set_for_the_run, tried
from probes.share.waterfall import LEGEND, Row, rows, total_seconds
from probes.trace.climb_events import RungClimbed
from probes.trace.events import Outcome, Verdict, event_to_json
from probes.trace.fold import Request, Trace
from probes.trace.origin_told import origin_lines, origin_summary, program_lines
from probes.trace.route import HopView

SCHEMA = "modtrace.report/1"
_BAR = 24


@dataclass(frozen=True, slots=True)
class Report:
    """A report before it is written out."""

    target: str
    """PATH@QUERY, safe for a terminal."""
    verdict: str
    """One line: "ok", "go would fail" …"""
    sections: tuple[Section, ...]
    trace: Trace
    cases: tuple[Case, ...]
    header: Header | None = None
    private: bool = False
    """Whether hosts, users and paths stand under other names."""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What stands in its first lines: values that are not those of the machine."""
        return marks(self.trace.started)

    def to_json(self) -> dict[str, Any]:
        """The report as one JSON object: the whole of it, not only what stands in the lines."""
        trace = self.trace
        settings = () if trace.started is None else trace.started.settings
        return {
            "schema": SCHEMA,
            "privacy": self.private,
            "path": trace.started.path if trace.started else "",
            "query": trace.started.query if trace.started else "",
            "verdict": self.verdict,
            "what_if": what_if_json(trace.started),
            "set_for_this_run": [view.name for view in set_for_the_run(trace.started)],
            "environment": _environment_json(trace, self.header),
            "settings": [
                {"name": view.name, "value": view.value, "source": view.source} for view in settings
            ],
            "cases": [case.to_json() for case in self.cases],
            "tree": [*tree_lines(trace)],
            "timing": [_row_json(row) for row in rows(trace)],
            "ladders": [[event_to_json(rung) for rung in rungs] for rungs in trace.climbs.values()],
            "comparisons": [event_to_json(made) for made in trace.comparisons],
            "capabilities": [event_to_json(made) for made in trace.capabilities.values()],
            "reproduce": [{"tool": one.tool.value, "line": one.line} for one in trace_commands(trace)],
            "trace": trace.to_json(),
        }


def make_report(
    trace: Trace, cases: Sequence[Case], *, header: Header | None = None, private: bool = False
) -> Report:
    """The report of a trace, also of one that has not ended."""
    parts: tuple[tuple[str, Iterable[Block], bool], ...] = (
        ("What was asked", _asked(trace, header), False),
        ("Go version", go_version(trace, header), False),
        ("Output of go env", go_env(trace, header), False),
        ("What did you do?", _reproduce(trace), False),
        ("What did you see happen?", _seen(trace), False),
        ("What did you expect to see?", expectation(trace), False),
        ("First cause", _first_cause(trace), False),
        ("Diagnosis", _diagnoses(cases), False),
        ("How go decides", _tree(trace), False),
        ("Settings", _settings(trace), True),
        ("Requests", _requests(trace), True),
        ("Programs", _programs(trace), True),
        ("Layers", _layers(trace), True),
        ("The same in two ways", _comparisons(trace), True),
        ("Environment", _environment(trace, header), True),
    )
    made = ((title, tuple(blocks), folded) for title, blocks, folded in parts)
    sections = tuple(Section(title, blocks, folded) for title, blocks, folded in made if blocks)
    return Report(_target(trace), _verdict(trace), sections, trace, tuple(cases), header, private)


# -- the sections -----------------------------------------------------------------------------------------


def _target(trace: Trace) -> str:
    return "" if trace.started is None else safe_text(f"{trace.started.path}@{trace.started.query}")


def _verdict(trace: Trace) -> str:
    words = _outcome(trace)
    return f"{words} (what if, not real)" if tried(trace.started) else words


def _outcome(trace: Trace) -> str:
    finished = trace.finished
    if finished is None:
        return "the trace had not ended"
    return {
        Outcome.OK: "go would download it",
        Outcome.FAILS: "go would fail",
        Outcome.UNKNOWN: "it could not be told what go would do",
        Outcome.CANCELLED: "the trace was stopped",
    }[finished.outcome]


_RESULTS = (("version", "version"), ("sum", "sum"), ("go.mod", "go_mod_sum"), ("detail", "detail"))


def _asked(trace: Trace, header: Header | None) -> Iterator[Block]:
    lines = [*flowing(_target(trace), head="module   ")]
    if header is not None:
        lines += flowing(f"{header.time or 'unknown'}, with modtrace {header.command}", head="when     ")
    lines += flowing(_verdict(trace), head="verdict  ")
    for mark in marks(trace.started):
        lines += flowing(str(mark), head="         ")
    if trace.finished is not None:
        for name, field in _RESULTS:
            if name == "version" and trace.finished.outcome is not Outcome.OK:
                continue  # go repeats the query there
            if value := getattr(trace.finished, field):
                lines += flowing(value, head=f"{name:<9}")
    yield from text_block(lines)


def _seen(trace: Trace) -> Iterator[Block]:
    """What go prints, in its own words; else how the trace ended."""
    if trace.finished is None or not trace.finished.error:
        yield Block((f"{_verdict(trace)}.".capitalize(),))
    yield from _words_of_go(trace)


def _words_of_go(trace: Trace) -> Iterator[Block]:
    if trace.finished is not None and trace.finished.error:
        whole = safe_text(trace.finished.error.replace("\t", "    "), limit=LONGEST, lines=MOST)
        yield Block(tuple(verbatim(trace.finished.error)), whole=tuple(whole.split("\n")))


def _first_cause(trace: Trace) -> Iterator[Block]:
    cause = trace.first_cause()
    if cause is not None:
        where = f"entry {cause.hop} of GOPROXY, " if cause.hop is not None else ""
        yield from text_block(
            [
                *flowing(cause.summary),
                *flowing(f"{where}operation {cause.op}"),
                *flowing(f"rule: {cause.rule}"),
            ]
        )


def _diagnoses(cases: Sequence[Case]) -> Iterator[Block]:
    for case in cases:
        found = case.diagnosis
        level = "" if case.level is Level.ERROR else "also seen: "
        lines = [*flowing(f"{level}[{found.rule.tag}] {found.node} · {found.rule.title}", indent="  ")]
        lines += flowing(f"{found.cause} {found.transience.sentence}")
        for label, texts in (("seen", found.evidence), ("not", found.ruled_out)):
            for text in texts:
                lines += flowing(text, head=f"{label:<7}")
        if found.rule.references:
            lines += flowing("; ".join(found.rule.references), head="see    ")
        yield Block(tuple(lines))
        for remedy in found.remedies:
            yield from _remedy(remedy)
        if found.check:
            yield Block(("afterwards:",))
            yield shell_block(found.check)


def _remedy(remedy: Remedy) -> Iterator[Block]:
    warning = "WEAKENS SECURITY. " if remedy.weakens_security else ""
    head = f"remedy ({remedy.scope.value}, {remedy.shell.value}): {warning}{remedy.risk}"
    yield Block(tuple(flowing(head, indent="  ")))
    if remedy.shell in (Shell.POSIX, Shell.ANY):
        yield shell_block(*remedy.lines)
    else:
        yield Block(tuple(part for line in remedy.lines for part in verbatim(line)))


def _settings(trace: Trace) -> Iterator[Block]:
    started = trace.started
    if started is None:
        return
    lines = []
    sources = {view.name: "--set" for view in set_for_the_run(started)}
    sources |= {one.name: "what if" for one in tried(started)}
    for view in started.settings:
        if view.value or view.name in sources or view.source not in ("default", "derived"):
            source = sources.get(view.name, view.source)
            lines += flowing(view.value or '""', head=f"{view.name:<14} {source:<9}", indent=" " * 24)
    empty = [
        view.name
        for view in started.settings
        if not view.value and view.source in ("default", "derived") and view.name not in sources
    ]
    if empty:
        lines += flowing("not set: " + ", ".join(empty), indent="  ")
    yield from text_block(lines)
    for finding in trace.all_findings():
        yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[Block]:
    about = f"{finding.variable}: " if finding.variable else ""
    lines = flowing(f"{finding.level.value}: {about}{finding.message}", indent="  ")
    if finding.rule:
        lines += flowing(f"rule: {finding.rule}", head="  ")
    yield Block(tuple(lines))
    if finding.remedy:
        yield Block(tuple(part for line in finding.remedy for part in verbatim(line)))


# -- the tree ---------------------------------------------------------------------------------------------


def _tree(trace: Trace) -> Iterator[Block]:
    yield from text_block(tree_lines(trace))


def tree_lines(trace: Trace, *, width: int = WIDTH) -> Iterator[str]:
    """The decision tree: each entry of the list, what it was asked, and the edge behind it with its rule."""
    route = trace.route
    if route is None:
        return
    yield from flowing(f"GOPROXY={route.goproxy}", indent="  ", width=width)
    if route.error:
        yield from flowing(f"cannot be used: {route.error}", indent="  ", width=width)
    for hop in route.hops:
        if hop.kind is HopKind.NOPROXY:
            private = f"yes, by {route.private_pattern}" if route.private_pattern else "no"
            yield from flowing(private, head="private? ", width=width)
            yield from _origin(trace, hop.id, width)
            continue
        yield from flowing(hop.name, head=f"{'-' if hop.index is None else hop.index} ", width=width)
        yield from flowing(_chips(trace, hop), head="  ", width=width)
        yield from _origin(trace, hop.id, width)
        yield from _edges(trace, hop, width)
    yield from _origin(trace, None, width)
    for entry in route.dead:
        yield from flowing(f"{entry}: never looked at, it stands after direct or off", head="x ", width=width)
    yield from flowing(f"checksum database: {route.checksum}", width=width)
    for made in trace.checksums:
        yield from flowing(f"{made.what} {made.verdict}: {made.because}", head="  ", width=width)


def _chips(trace: Trace, hop: HopView) -> str:
    """ "list 404, info 200 x2 · 120 ms": what a hop was asked and what it answered."""
    asked = trace.requests_at(hop.id)
    programs = origin_summary(trace, hop.id)
    if not asked and programs:
        return programs
    if not asked:
        unasked = {Access.DIRECT: "from its own repository", Access.OFF: "off: nobody is asked",
                   Access.PRIVATE: "not asked: the path is private"}  # fmt: skip
        return unasked.get(hop.access, "never asked")
    counted: dict[str, int] = {}
    for request in asked:
        chip = f"{request.started.op} {answer_word(request)}"
        counted[chip] = counted.get(chip, 0) + 1
    spent = sum(request.finished.at - request.finished.began for request in asked if request.finished)
    chips = ", ".join(f"{chip} x{times}" if times > 1 else chip for chip, times in counted.items())
    return f"{chips} · {spent * 1000:.0f} ms{f'; {programs}' if programs else ''}"


def _origin(trace: Trace, hop: int | None, width: int) -> Iterator[str]:
    """The way to the module's own repository; and what programs and credentials had to do with an entry."""
    for text in origin_lines(trace, hop):
        bare = text.lstrip()
        yield from flowing(bare, head=f"  · {' ' * (len(text) - len(bare))}", width=width)


def answer_word(request: Request) -> str:
    """One answer in a word or two: its status, or that there was none."""
    finished = request.finished
    if finished is None:
        return "no answer yet"
    if finished.status is None:
        return "failed"
    return "200 broken" if finished.status == 200 and finished.error else str(finished.status)


def _edges(trace: Trace, hop: HopView, width: int) -> Iterator[str]:
    """The edges behind a hop that are no "served", each with the rule that decides it."""
    counted: dict[tuple[str, str], int] = {}
    for walk in trace.walks.values():
        for decision in walk.decisions:
            if decision.hop == hop.id and decision.verdict is not Verdict.SERVED:
                key = (f"{decision.verdict}: {decision.because}", decision.rule)
                counted[key] = counted.get(key, 0) + 1
    mark = {",": ",", "|": "|"}.get(hop.separator, "·")
    for (words, rule), times in counted.items():
        yield from flowing(words + (f" (x{times})" if times > 1 else ""), head=f"  {mark} ", width=width)
        if rule:
            yield from flowing(rule, head="    ", width=width)


# -- requests, layers ---------------------------------------------------------------------------------------


def _requests(trace: Trace) -> Iterator[Block]:
    made = rows(trace)
    if not made:
        return
    total = total_seconds(made)
    lines = [f"{LEGEND}", f"0 to {total * 1000:.0f} ms", ""]
    for number, row in enumerate(made, 1):
        lines += _request_lines(number, row, total)
    yield Block(tuple(lines))


def _request_lines(number: int, row: Row, total: float) -> Iterator[str]:
    request = row.request
    started, finished = request.started, request.finished
    head = f"{number:>3} {started.op.value:<6} {answer_word(request):<13}{row.seconds * 1000:>9.0f} ms"
    yield f"{head}  |{row.bar(total, _BAR)}|"
    yield from flowing(started.url, head="    ")
    if finished is not None:
        for redirect in finished.redirects:
            yield from flowing(f"{redirect.status} to {redirect.url}", head="    ")
        who = ", ".join(filter(None, [finished.protocol, finished.content_type, finished.server]))
        if who:
            yield from flowing(f"{finished.bytes} bytes, {who}", head="    ")
        if finished.error:
            yield from flowing(finished.error.split("\n", 1)[0], head="    error: ")
        if finished.sample:
            yield from flowing(finished.sample, head="    body: ")
    yield from flowing(request.decision_words, head="    -> ")


def _programs(trace: Trace) -> Iterator[Block]:
    """Every program that was started, in order."""
    lines: list[str] = []
    for ran in trace.origin.programs.values():
        for text in program_lines(ran):
            bare = text.lstrip()
            lines += flowing(bare, head=" " * (len(text) - len(bare)))
    yield from text_block(lines)


_MARKS = {"ok": "ok", "warning": "warn", "broken": "FAIL", "skipped": "-"}


def _layers(trace: Trace) -> Iterator[Block]:
    for rungs in trace.climbs.values():
        lines = [*flowing(rungs[0].url, indent="  ")]
        for rung in rungs:
            lines += _rung_lines(rung)
        yield Block(tuple(lines))


def _rung_lines(rung: RungClimbed) -> Iterator[str]:
    mark = _MARKS.get(rung.judgement, rung.judgement)
    time = "" if rung.judgement == Judgement.SKIPPED else f" ({rung.seconds * 1000:.0f} ms)"
    head = f"  {safe_text(mark):<5}{safe_text(rung.rung):<11}"
    yield from flowing((rung.summary or rung.because) + time, head=head)
    if rung.judgement in (Judgement.WARNING, Judgement.BROKEN):
        texts = [*rung.evidence, *([rung.words] if rung.words else [])]
        for text in [*texts, f"go waits for {'; for '.join(rung.limits)}", *filter(None, [rung.godebug])]:
            yield from flowing(text, head=" " * 18)


def _comparisons(trace: Trace) -> Iterator[Block]:
    lines: list[str] = []
    for made in trace.comparisons:
        mark = "DIFFERS" if made.differs else "same"
        lines += flowing(f"{made.what}: {made.sentence}", head=f"{mark:<8}")
    yield from text_block(lines)


# -- where, and again ---------------------------------------------------------------------------------------


def _environment_json(trace: Trace, header: Header | None) -> dict[str, str | None]:
    return {
        "modtrace": header.modtrace if header is not None else __version__,
        "go": trace.started.go_version if trace.started else None,
        "platform": (header.platform or None) if header is not None else None,
        "time": (header.time or None) if header is not None else None,
    }


def _environment(trace: Trace, header: Header | None) -> Iterator[Block]:
    said = _environment_json(trace, header)
    yield from text_block(
        line for name, value in said.items() for line in flowing(value or "unknown", head=f"{name:<9}")
    )


def _reproduce(trace: Trace) -> Iterator[Block]:
    for command in trace_commands(trace):
        note = f" {command.note}" if command.note else ""
        yield Block(tuple(flowing(f"{command.title}:{note}")))
        yield shell_block(command.line)


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "request": row.request.started.request,
        "began_ms": round(row.began * 1000, 3),
        "ended_ms": round(row.ended * 1000, 3),
        "phases": [
            {
                "phase": one.phase,
                "began_ms": round(one.began * 1000, 3),
                "ended_ms": round(one.ended * 1000, 3),
            }
            for one in row.stretches
        ],
    }
