"""The details of a row of the tree, and of the verdict: what is known, then why, then what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from probes.diagnosis.findings import Level
from probes.golang.goproxy import PROXY_LIST, Access, HopKind, Separator
from probes.golang.safetext import MARK
from probes.ladder.faults import Judgement
from probes.sources.evidence import BODY_BYTES
from probes.trace.events import HopDecided, Outcome, Verdict
from probes.trace.fold import Request, Trace
from probes.trace.route import HopView
from tui.drawing.case_details import case_fields, primary, warning_fields
from tui.drawing.decisions import (
    Question,
    checksum_question,
    edge_question,
    private_question,
    version_question,
)
from tui.drawing.fields import Details, Field, finding_fields, heading
from tui.drawing.figures import duration, size
from tui.drawing.hop_state import SEPARATOR_WORDS, decisions_at, unasked_words
from tui.drawing.layer_details import look_details
from tui.drawing.rungs import LABELS, rungs
from tui.drawing.tree_keys import Part, TreeKey
from tui.lines import Role
from tui.symbols import Symbols

if TYPE_CHECKING:
    from probes.diagnosis.diagnose import Case


def trace_details(
    trace: Trace, key: TreeKey, now: float, symbols: Symbols, cases: Sequence[Case] = ()
) -> Details | None:
    """The details of one row, the diagnosis that is about it first; None where there are none."""
    if key.part in (Part.CONTENT, Part.BROKEN):
        return verdict_details(trace, symbols, cases)
    details = _own_details(trace, key, now, symbols)
    if key.part is Part.CASE and key.number < len(cases):
        case = cases[key.number]
        return Details(case.diagnosis.rule.tag, tuple(case_fields(case, symbols)))
    if details is None:
        return None
    diagnosed = tuple(field for case in _cases_of(trace, key, cases) for field in case_fields(case, symbols))
    if not diagnosed:
        return details
    fields = details.fields
    if not (fields and fields[0].heading):
        fields = (heading(details.title), *fields)
    return Details(details.title, (*diagnosed, *fields))


def _cases_of(trace: Trace, key: TreeKey, cases: Sequence[Case]) -> Iterator[Case]:
    """The diagnoses that are about a row: why go fails on the guilty ones, what a hop costs on its own."""
    for case in cases:
        is_error = case.level is Level.ERROR
        match key.part:
            case Part.HOP:
                here = case.hop == key.number
            case Part.REQUEST | Part.RUNG:
                here = is_error and case.request == key.number
            case Part.LAYER:
                rungs = trace.climbs.get(key.number) or []
                about = bool(rungs) and (rungs[0].hop, rungs[0].request) == (case.hop, case.request)
                warned = any(r.rung == key.name and r.judgement == Judgement.WARNING for r in rungs)
                here = about and case.rung == key.name and (is_error or warned)
            case _:
                here = False
        if here:
            yield case


def _own_details(trace: Trace, key: TreeKey, now: float, symbols: Symbols) -> Details | None:
    match key.part:
        case Part.HOP | Part.REQUEST | Part.RUNG | Part.EDGE:
            return _of_walked(trace, key, now, symbols)
        case Part.PRIVATE:
            return Details("private?", tuple(_private(trace)))
        case Part.CHECKSUMS:
            return Details("checksums?", tuple(_checksums(trace)))
        case Part.VERSION:
            return Details("version?", tuple(_version(trace)))
        case Part.PROJECT | Part.TURNING | Part.CACHE | Part.SUM_WAY | Part.HEAD | Part.SWORN:
            return _of_machine(trace, key)
        case Part.FINDING:
            finding = trace.findings[key.number].finding
            return Details("finding", tuple(finding_fields(finding, symbols)))
        case Part.DEAD if trace.route is not None:
            return Details(trace.route.dead[key.number], tuple(_dead()))
        case Part.ORIGIN | Part.PROGRAM | Part.HELD | Part.CREDENTIAL | Part.CREDENTIALS:
            from tui.drawing.origin_details import origin_details

            return origin_details(trace, key, symbols)
    return look_details(trace, key, symbols)


def _of_machine(trace: Trace, key: TreeKey) -> Details | None:
    """What was decided on this machine, and who vouched for it."""
    from tui.drawing.oath_details import oath_details
    from tui.drawing.turning_details import cache_details, project_details, turning_details

    match key.part:
        case Part.PROJECT:
            return project_details(trace)
        case Part.TURNING:
            return turning_details(trace, key.number)
        case Part.CACHE:
            return cache_details(trace)
    return oath_details(trace, key)


def _of_walked(trace: Trace, key: TreeKey, now: float, symbols: Symbols) -> Details | None:
    if key.part in (Part.REQUEST, Part.RUNG):
        request = trace.requests.get(key.number)
        if request is None:
            return None
        title = " ".join(word for word in (request.started.op.value, request.started.version) if word)
        return Details(title, tuple(_request(trace, key.number, request, now, symbols)))
    hop = trace.hop(key.number)
    if hop is None:
        return None
    if key.part is Part.EDGE:
        return Details(f"after {hop.name}", tuple(_edge(trace, hop)))
    return Details(hop.name, tuple(_hop(trace, hop, symbols)))


# -- the verdict -------------------------------------------------------------------------------------


def verdict_details(trace: Trace, symbols: Symbols, cases: Sequence[Case] = ()) -> Details | None:
    """go's error to the letter, what is behind it, what to do, the hashes, and all that was found."""
    finished = trace.finished
    if finished is None:
        return None
    return Details("the verdict", tuple(_verdict(trace, symbols, cases)))


def _verdict(trace: Trace, symbols: Symbols, cases: Sequence[Case]) -> Iterator[Field]:
    finished, started = trace.finished, trace.started
    assert finished is not None
    if started is not None:
        yield Field("asked", f"{started.path}@{started.query}")
    match finished.outcome:
        case Outcome.OK:
            yield Field("result", f"{symbols.ok} go would download it", Role.OK)
        case Outcome.FAILS:
            yield Field("result", f"{symbols.fail} go would fail", Role.FAIL)
        case Outcome.CANCELLED:
            yield Field("result", f"{symbols.unknown} could not tell: stopped before the end", Role.WARN)
        case Outcome.UNKNOWN:
            yield Field("result", f"{symbols.unknown} could not tell: {finished.detail}", Role.WARN)
    if finished.version and (trace.chosen is not None or finished.outcome is Outcome.OK):
        yield Field("version", finished.version)
    if finished.sum:
        yield Field("sum", finished.sum, verbatim=True)
    if finished.go_mod_sum:
        yield Field("go.mod sum", finished.go_mod_sum, verbatim=True)
    if finished.error is not None:
        yield heading("go would print")
        yield Field("", finished.error, Role.FAIL)
    case = primary(cases)
    if case is not None:
        yield from case_fields(case, symbols, go_prints=False)
    cause = trace.first_cause()
    if cause is not None:
        yield heading("the first cause")
        yield Field("", cause.summary)
        yield Field("why", cause.rule, Role.FAINT)
    yield from warning_fields(cases, symbols)
    findings = trace.all_findings()
    if findings:
        yield heading("what was found")
    for finding in findings:
        yield from finding_fields(finding, symbols)


# -- hops and requests -------------------------------------------------------------------------------


_ACCESS_WORDS = {
    Access.ASK: "asked over the network",
    Access.DIRECT: "the module is fetched from its own repository, and no proxy is asked",
    Access.OFF: "off: every look-up ends here as not found",
    Access.NOT_PRIVATE: "only for private paths",
    Access.PRIVATE: "never asked: GONOPROXY matches this path",
}


def _hop(trace: Trace, hop: HopView, symbols: Symbols) -> Iterator[Field]:
    yield Field("entry", hop.spec)
    if hop.index is not None:
        yield Field("place", f"entry {hop.index + 1} of GOPROXY")
    yield Field("access", _ACCESS_WORDS[hop.access])
    yield Field("then", _separator_words(hop))
    requests = trace.requests_at(hop.id)
    if requests:
        yield heading("requests")
    elif not any(ran.started.hop == hop.id for ran in trace.origin.programs.values()):
        yield Field("asked", unasked_words(trace, hop))
    for request in requests:
        yield Field(request.started.op.value, _request_in_short(request))
    yield from _decisions(trace, decisions_at(trace, hop.id))
    findings = [made.finding for made in trace.findings if made.hop == hop.id]
    if findings:
        yield heading("what was found")
    for finding in findings:
        yield from finding_fields(finding, symbols)


def _request_in_short(request: Request) -> str:
    finished = request.finished
    version = f"{request.started.version}: " if request.started.version else ""
    if finished is None:
        return version + "under way"
    answer = finished.reason or (finished.error or "").split("\n", 1)[0]
    return f"{version}{answer}, {size(finished.bytes)}, {duration(finished.at - finished.began)}"


def _decisions(trace: Trace, decisions: Iterable[HopDecided]) -> Iterator[Field]:
    decided = list(decisions)
    if decided:
        yield heading("what was decided")
    rules: dict[str, None] = {}
    for decision in decided:
        walk = trace.walks[decision.walk].started
        what = f"{walk.purpose.value} {walk.version}".strip()
        words = "served" if decision.verdict is Verdict.SERVED else f"{decision.verdict}: {decision.because}"
        yield Field(decision.verdict.value, f"{what}: {words}", _VERDICT_ROLES[decision.verdict])
        rules[decision.rule] = None
    for rule in rules:
        yield Field("why", rule, Role.FAINT)


_VERDICT_ROLES = {
    Verdict.SERVED: Role.OK,
    Verdict.NEXT: Role.BUSY,
    Verdict.STOP: Role.FAIL,
    Verdict.UNKNOWN: Role.WARN,
}


def _request(trace: Trace, number: int, request: Request, now: float, symbols: Symbols) -> Iterator[Field]:
    finished = request.finished
    url = request.started.url if finished is None else finished.url
    yield Field("URL", url, verbatim=True)
    if finished is None:
        yield Field("status", f"{symbols.busy} under way", Role.BUSY)
    else:
        role = Role.PLAIN if finished.status == 200 else Role.FAIL
        yield Field("status", finished.reason or str(finished.status or "none: no answer came"), role)
        for label, text in (
            ("protocol", finished.protocol),
            ("from", finished.address),
            ("type", finished.content_type),
            ("server", finished.server),
        ):
            if text:
                yield Field(label, text)
        yield Field("bytes", f"{finished.bytes} ({size(finished.bytes)})")
        for redirect in finished.redirects:
            yield Field("redirected", f"{redirect.status} to {redirect.url}", verbatim=True)
        if finished.error is not None:
            yield heading("in go's words")
            yield Field("", finished.error, Role.FAIL)
    yield heading("time")
    for rung in rungs(request, now):
        took = duration(rung.ended - rung.began) if rung.ended is not None else "so far"
        yield Field(LABELS[rung.phase], f"{took}  {rung.words}", Role.PLAIN if rung.ok else Role.FAIL)
    if request.decision is not None:
        yield from _decisions(trace, [request.decision])
    yield from _rest_of_request(trace, number, request, symbols)


def _rest_of_request(trace: Trace, number: int, request: Request, symbols: Symbols) -> Iterator[Field]:
    findings = [made.finding for made in trace.findings if made.request == number]
    if findings:
        yield heading("what was found")
    for finding in findings:
        yield from finding_fields(finding, symbols)
    if request.finished is not None:
        yield from exchange_fields(request)


def exchange_fields(request: Request) -> Iterator[Field]:
    """What went over the wire for one request: headers there and back, and how the body began."""
    finished = request.finished
    if finished is None:
        return
    if finished.request_headers:
        yield heading("what was asked")
        yield Field("", f"GET {finished.url}", verbatim=True)
    for header in finished.request_headers:
        yield Field("", f"{header.name}: {header.value}", Role.FAINT, verbatim=True)
    if finished.response_headers:
        yield heading("what was answered")
        yield Field("", f"{finished.protocol} {finished.reason}", verbatim=True)
    for header in finished.response_headers:
        yield Field("", f"{header.name}: {header.value}", Role.FAINT, verbatim=True)
    body = finished.body or finished.sample
    if body:
        whole = finished.bytes <= BODY_BYTES and not body.endswith(MARK)
        yield heading("the body" if whole else f"how the body of {size(finished.bytes)} begins")
        yield Field("", body, verbatim=True)
    elif finished.status is not None and not finished.bytes:
        yield heading("no body came")


def body_details(trace: Trace, number: int | None) -> Details | None:
    """The exchange of one request alone; None where nothing has come yet."""
    request = None if number is None else trace.requests.get(number)
    fields = () if request is None else tuple(exchange_fields(request))
    return Details("on the wire", fields) if fields else None


def _separator_words(hop: HopView) -> str:
    words = SEPARATOR_WORDS[hop.separator]
    return words if hop.separator is Separator.END else f'"{hop.separator}": {words}'


# -- the rest ----------------------------------------------------------------------------------------


def _edge(trace: Trace, hop: HopView) -> Iterator[Field]:
    yield Field("sign", _separator_words(hop))
    yield from _decisions(trace, decisions_at(trace, hop.id))
    yield from _answers(edge_question(trace, hop))


def _answers(question: Question) -> Iterator[Field]:
    """Every answer that a question may have; the one that was taken first."""
    yield heading("the answers")
    for branch in question.branches:
        role = branch.role if branch.taken and branch.role is not Role.FAINT else Role.PLAIN
        yield Field(branch.answer, branch.sentence, role if branch.taken else Role.FAINT)
    yield Field("why", question.rule, Role.FAINT)


def _version(trace: Trace) -> Iterator[Field]:
    if trace.started is not None:
        yield Field("asked for", trace.started.query)
    yield from _answers(version_question(trace))


def _private(trace: Trace) -> Iterator[Field]:
    route = trace.route
    if route is None:
        return
    if route.private_pattern is None:
        yield Field("answer", "no: no pattern of GONOPROXY matches the path")
    else:
        yield Field("answer", "yes: the module is fetched from its origin, and no proxy learns of it")
        yield Field("pattern", route.private_pattern)
    yield from _answers(private_question(trace))
    noproxy = next((hop for hop in route.hops if hop.kind is HopKind.NOPROXY), None)
    if noproxy is not None:
        yield from _decisions(trace, decisions_at(trace, noproxy.id))


def _dead() -> Iterator[Field]:
    yield Field("answer", "go never looks at this entry: it stands after direct or off, which end the list")
    yield Field("why", PROXY_LIST, Role.FAINT)


def _checksums(trace: Trace) -> Iterator[Field]:
    route = trace.route
    if route is None:
        return
    who = {
        "off": "nobody: the checksum database is switched off",
        "private": "nobody: the path is private (GONOSUMDB)",
    }.get(route.checksum, route.checksum)
    yield Field("vouches", who)
    for check in trace.checksums:
        role = {"failed": Role.FAIL, "verified": Role.OK}.get(check.verdict, Role.PLAIN)
        yield Field(check.what, f"{check.verdict}: {check.because}", role)
        yield Field("", check.sum, verbatim=True)
    yield from _answers(checksum_question(trace))
