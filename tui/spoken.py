"""A trace in whole sentences, for a screen reader and for terminals that only print: `--plain`.

No sentence stands on its place on the screen, none needs a symbol, a colour or a column to be understood, and
each is a line of its own. A step is a request; its number is what `details` takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from probes.browse.table import VersionTable
from probes.diagnosis.catalogue_shells import Shell
from probes.diagnosis.findings import Finding, Level
from probes.golang.environment import VARIABLE, Source
from probes.golang.goproxy import Access, HopKind, Separator
from probes.golang.protocol import Op
from probes.trace.checksum_events import ChecksumDecided, ChecksumRouted, HeadChecked, RecordProved, Sworn
from probes.trace.events import (
    Bend,
    Event,
    HopDecided,
    Outcome,
    RequestFinished,
    RequestStarted,
    TraceStarted,
    TurningTaken,
    Verdict,
    VersionChosen,
)
from probes.trace.fold import Trace
from probes.trace.origin_events import CredentialSeen, OriginDecided, ProgramFinished, ProgramHeld
from probes.trace.route import HopView, RouteView

if TYPE_CHECKING:
    from probes.diagnosis.diagnose import Case
    from tui.drawing.environment_rows import EnvironmentView

MOST_VERSIONS = 10
"""How many versions of a proxy are read out."""

_OPS = {
    Op.LIST: "the list of versions",
    Op.LATEST: "the latest version",
    Op.INFO: "the info file",
    Op.MOD: "the go.mod file",
    Op.ZIP: "the zip file",
    Op.SUM: "a record of the checksum database",
    Op.PAGE: "its go-import page",
}
_SEPARATORS = {
    Separator.COMMA: "A comma follows: the next entry is asked only after status 404 or 410.",
    Separator.PIPE: "A vertical bar follows: the next entry is asked after any error.",
}
_SOURCES = {
    Source.OVERLAY: "a value that is only tried",
    Source.PROCESS: "the environment of the process",
    Source.GOENV: "the go env file",
    Source.GOROOT: "the go.env file of the Go installation",
    Source.DERIVED: "another setting",
    Source.DEFAULT: "go's default",
}
_LEVELS = {Level.ERROR: "Error", Level.WARNING: "Warning", Level.INFO: "Note"}


def seconds(number: float) -> str:
    """A time as it is read out."""
    if number < 1:
        milliseconds = round(number * 1000)
        return "less than a millisecond" if milliseconds < 1 else _count(milliseconds, "millisecond")
    return f"{number:.1f} seconds"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


_ALOUD = {",": "comma", "|": "vertical bar"}
_SEPARATOR = re.compile(r"""((?<!\S)(?:[Aa]|[Tt]he) )?(?<!\S)(["']?)([,|])\2(?=[\s.:;]|$)""")


def aloud(text: str) -> str:
    """Separators that stand alone, by their names: a screen reader passes over them."""
    return _SEPARATOR.sub(lambda found: f"{found[1] or 'a '}{_ALOUD[found[3]]}", text)


def sentence(text: str) -> str:
    """With a capital at its beginning, where that is a word, and a full stop at its end."""
    text = aloud(" ".join(text.split()))
    if not text:
        return ""
    first = text.split(" ", 1)[0]
    if first.isalpha() and first.islower() and first != "go":
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


# -- while it runs ---------------------------------------------------------------------------------------


def step(trace: Trace, event: Event) -> Iterator[str]:
    """What an event is worth saying, once the trace has taken it in."""
    match event:
        case TraceStarted():
            yield f"Tracing {event.path} at {event.query}."
            yield from route(event.route)
        case RequestFinished():
            yield f"Step {event.request + 1}. {answer(trace, event)}"
        case HopDecided() if event.verdict is not Verdict.SERVED:
            yield from _decision(trace, event)
        case VersionChosen():
            why = f": {event.why}" if event.why else ""
            yield sentence(f"The query {event.because} means version {event.version}{why}")
            for passed in event.passed_over:
                yield sentence(f"{passed.version} was passed over: {passed.why}")
        case TurningTaken():
            yield from turning(event)
        case ChecksumRouted() | HeadChecked() | RecordProved() | ChecksumDecided():
            yield from checksum(event)
        case OriginDecided() | ProgramFinished() | ProgramHeld() | CredentialSeen():
            from tui.spoken_origin import origin

            yield from origin(event)


def route(planned: RouteView) -> Iterator[str]:
    """The entries that go would come to, in order."""
    if planned.error:
        yield sentence(f"GOPROXY cannot be used: {planned.error}")
        return
    if planned.private_pattern is not None:
        yield f"The path is private, by the pattern {planned.private_pattern}: no proxy is asked about it."
    hops = [hop for hop in planned.hops if hop.kind is not HopKind.NOPROXY]
    for number, hop in enumerate(hops):
        what = {Access.DIRECT: ", the origin itself", Access.OFF: ": go stops there"}.get(hop.access, "")
        follows = _SEPARATORS.get(hop.separator, "") if number < len(hops) - 1 else ""
        yield f"Entry {number + 1} of GOPROXY is {hop.name}{what}. {follows}".rstrip()
    for entry in planned.dead:
        yield f"Then comes {entry}, where go never looks, for it stands behind direct or off."


def _place(trace: Trace, hop_id: int | None) -> str:
    hop: HopView | None = trace.hop(hop_id)
    return "The checksum database" if hop is None else hop.name


def answer(trace: Trace, event: RequestFinished) -> str:
    """Who was asked for what, and what came of it."""
    asked = f"Asked {_place(trace, event.hop).replace('The c', 'the c')} for {_OPS[event.op]}"
    took = seconds(event.at - event.began)
    if event.status is None:
        return sentence(f"{asked}: no answer, after {took}. {sentence(event.error or '')}")
    reason = event.reason or str(event.status)
    broken = f" {sentence(event.error)}" if event.status == 200 and event.error else ""
    return f"{asked}: the answer is {reason}, after {took}.{broken}"


def turning(event: TurningTaken) -> Iterator[str]:
    """What the project, a setting or the module cache made of the way, before anybody is asked."""
    where = f", at {event.where}" if event.where else ""
    match event.bend:
        case Bend.STRAIGHT:
            yield sentence(f"Looked at {event.turning}{where}: {event.because}")
        case Bend.LEADS:
            to = f"{event.to} takes the place of {_subject(event)}" if event.to else "the way turns"
            yield sentence(f"By {event.turning}{where}, {to}: {event.because}")
        case Bend.ANSWERS:
            what = f" for the {event.op}" if event.op else ""
            yield sentence(f"By {event.turning}{where}, nobody is asked{what}: {event.because}")
        case Bend.STOPS:
            yield sentence(f"Go stops at {event.turning}{where}: {event.because}")


def _subject(event: TurningTaken) -> str:
    return f"{event.path} {event.version}".strip() or "what was asked for"


def checksum(event: Event) -> Iterator[str]:
    """Who vouches for a hash, and what came of it."""
    match event:
        case ChecksumRouted():
            who = {
                Sworn.GO_SUM: "go.sum vouches", Sworn.OFF: "nobody vouches", Sworn.PRIVATE: "nobody vouches",
            }.get(event.sworn, "the checksum database is asked")  # fmt: skip
            where = f", at {event.where}" if event.where else ""
            yield sentence(f"For the checksum of the {event.what}, {who}{where}: {event.because}")
        case HeadChecked():
            known = (
                f"it continues the one of {_count(event.known_size, 'record')} that {_knew(event.known_by)}"
                if event.known_size
                else "none was known before"
            )
            yield f"{event.database} signed a tree of {_count(event.size, 'record')}; {known}."
        case RecordProved():
            steps = _count(len(event.steps), "step")
            yield f"Record {event.record} is proved to be in that tree, in {steps}."
        case ChecksumDecided():
            verdict = {"verified": "verified", "failed": "refused"}.get(event.verdict, "not verified")
            yield sentence(f"The checksum of the {event.what} was {verdict}: {event.because}")


def _knew(who: str) -> str:
    return "was met in this run" if who == "this run" else f"{who} remembers" if who else "was known before"


def _decision(trace: Trace, event: HopDecided) -> Iterator[str]:
    hop = trace.hop(event.hop)
    if hop is None or hop.kind is HopKind.NOPROXY:
        return
    what = {
        Verdict.NEXT: "Go goes on to the next entry",
        Verdict.STOP: f"Go stops at {hop.name}",
        Verdict.UNKNOWN: "What go would do next cannot be told",
    }[event.verdict]
    yield sentence(f"{what}: {event.because}")


def waiting(trace: Trace, started: RequestStarted, since: float) -> str:
    """For those who cannot see that nothing moves."""
    place = _place(trace, started.hop).replace("The c", "the c")
    return f"Still waiting for {place}, {round(since)} seconds by now."


# -- when it is over -------------------------------------------------------------------------------------


def result(trace: Trace, cases: Sequence[Case]) -> Iterator[str]:
    """The verdict, its first cause, and what to type."""
    started, finished = trace.started, trace.finished
    if started is None or finished is None or finished.outcome is Outcome.CANCELLED:
        yield "Result: the trace was stopped before its end, so there is no verdict."
        return
    match finished.outcome:
        case Outcome.OK:
            yield f"Result: go would download {started.path} version {finished.version}."
        case Outcome.UNKNOWN:
            yield sentence(f"Result: what go would do cannot be told: {finished.detail}")
        case _:
            yield "Result: go would fail, and say:"
            yield from (line.strip() for line in (finished.error or "").split("\n") if line.strip())
    cause = trace.first_cause()
    if cause is not None:
        yield sentence(f"First cause: {cause.summary}")
    for case in cases:
        if case.level is Level.ERROR:
            yield sentence(f"Diagnosis: {case.diagnosis.cause}")
    yield from _warnings(trace, cases)
    requests = _count(len(trace.requests), "request")
    yield f"That took {seconds(trace.now)} and {requests}."


def _warnings(trace: Trace, cases: Sequence[Case]) -> Iterator[str]:
    for case in cases:
        if case.level is not Level.ERROR:
            yield sentence(f"Also seen: {case.diagnosis.cause}")
    for finding in trace.all_findings():
        if finding.level is not Level.INFO:
            yield finding_words(finding)


def finding_words(finding: Finding) -> str:
    """One finding."""
    about = f" about {finding.variable}" if finding.variable else ""
    return sentence(f"{_LEVELS[finding.level]}{about}: {finding.message}")


class Cure(NamedTuple):
    """Something that may be typed or done."""

    line: str
    risk: str
    """What it costs, in whole sentences."""
    is_command: bool = True
    """Whether it is to be typed as it stands; else it is advice."""


def remedies(trace: Trace, cases: Sequence[Case]) -> list[Cure]:
    """What may be typed or done to mend it, each with what it costs; the best first."""
    found: dict[str, Cure] = {}
    for case in cases:
        for remedy in case.diagnosis.remedies:
            warning = "This weakens security. " if remedy.weakens_security else ""
            risk = f"Its risk: {sentence(remedy.risk)}" if remedy.risk else ""
            for line in remedy.lines:
                cure = Cure(line, f"{warning}{risk}", remedy.shell is not Shell.WORDS)
                found.setdefault(line, cure)
    for finding in trace.all_findings():
        for line in finding.remedy:
            found.setdefault(line, Cure(line, ""))
    return list(found.values())


def why(trace: Trace, cases: Sequence[Case]) -> Iterator[str]:
    """The reasons: the rules of go, and how a diagnosis is known."""
    cause = trace.first_cause()
    if cause is not None:
        yield sentence(f"First cause: {cause.summary}")
        yield f"The rule stands in {cause.rule}."
    for case in cases:
        diagnosis = case.diagnosis
        yield sentence(f"{diagnosis.rule.tag}: {diagnosis.cause}")
        yield from (sentence(f"How this is known: {text}") for text in diagnosis.evidence)
        yield diagnosis.transience.sentence
        yield from (sentence(f"Ruled out: {text}") for text in diagnosis.ruled_out)
        if diagnosis.check:
            yield f"To see whether it is mended, type: {diagnosis.check}"
    if cause is None and not cases:
        yield "Nothing went wrong that would need a reason."


def steps(trace: Trace) -> Iterator[str]:
    """Every step again."""
    if trace.route is not None:
        yield from route(trace.route)
    for turned in trace.turnings:
        yield from turning(turned)
    for number, request in trace.requests.items():
        if request.finished is not None:
            yield f"Step {number + 1}. {answer(trace, request.finished)}"
        if request.decision is not None and request.decision.verdict is not Verdict.SERVED:
            yield from _decision(trace, request.decision)
    if trace.origin:
        from tui.spoken_origin import origin_steps

        yield from origin_steps(trace)
    for about in (trace.sworn, trace.heads, trace.proofs, trace.checksums):
        for said in about:
            yield from checksum(said)


def details(trace: Trace, number: int) -> Iterator[str]:
    """Everything about one step."""
    request = trace.requests[number]
    finished = request.finished
    yield f"Step {number + 1} asked for {request.started.url}"
    if finished is None:
        yield "It was not answered."
        return
    yield answer(trace, finished)
    for hop in finished.redirects:
        yield f"It was sent on with status {hop.status} to {hop.url}"
    spent = {name: value for name, value in zip(_PHASES, _timing(finished), strict=True) if value is not None}
    yield from (f"{_PHASES[name]} took {seconds(value)}." for name, value in spent.items())
    facts = {
        "The address is": finished.address, "The protocol is": finished.protocol,
        "The server calls itself": finished.server, "The content type is": finished.content_type,
    }  # fmt: skip
    yield from (f"{words} {value}" for words, value in facts.items() if value)
    yield f"The body has {_count(finished.bytes, 'byte')}."
    yield from (f"Sent header {header.name}: {header.value}" for header in finished.request_headers)
    yield from (f"Received header {header.name}: {header.value}" for header in finished.response_headers)
    if finished.error:
        yield sentence(f"In go's words: {finished.error}")
    body = [line for line in finished.body.split("\n") if line.strip()]
    if body:
        yield "The body begins:"
        yield from body
    if request.decision is not None:
        yield f"The rule stands in {request.decision.rule}."


_PHASES = {
    "names": "Looking up the name", "connect": "Connecting", "tls": "The TLS handshake",
    "first_byte": "Waiting for the first byte", "body": "Reading the body",
}  # fmt: skip


def _timing(finished: RequestFinished) -> tuple[float | None, ...]:
    timing = finished.timing
    return timing.names, timing.connect, timing.tls, timing.first_byte, timing.body


# -- settings and versions -------------------------------------------------------------------------------


def environment(view: EnvironmentView, only: str = "") -> Iterator[str]:
    """The settings, one by one; with ``only`` a single one."""
    unset = []
    for name in VARIABLE:
        if only and name != only:
            continue
        setting = view.environment.setting(name)
        about = [finding for finding in view.findings if finding.variable == name]
        if not (setting.value or setting.shadowed or about or only):
            unset.append(name)
            continue
        where = f", {setting.where}" if setting.where else ""
        yield f"{name} is {setting.shown.text or 'empty'}"
        yield f"It comes from {_SOURCES[setting.source]}{where}."
        for hidden in setting.shadowed:
            value = setting.show(hidden.value).text or "an empty value"
            yield f"It hides {value}, from {_SOURCES[hidden.source]}."
        yield from map(finding_words, about)
    if unset:
        yield f"Not set: {', '.join(unset)}."
    if not only:
        yield from (finding_words(finding) for finding in view.findings if finding.variable is None)


def versions(table: VersionTable) -> Iterator[str]:
    """What each proxy has."""
    if table.started is not None and table.started.error:
        yield sentence(f"Nobody can be asked: {table.started.error}")
    for state in table.columns:
        name = state.column.name
        if state.answered is None:
            why_not = state.because or ("the path is private" if state.column.private else "")
            yield sentence(f"{name} was not asked{f': {why_not}' if why_not else ''}")
        elif state.answered.error:
            yield sentence(f"{name} has no list: {state.answered.error}")
        elif not state.answered.versions:
            latest = state.answered.latest
            yield f"{name} lists no versions{f'; its latest is {latest}' if latest else ''}."
        else:
            newest = state.answered.versions[::-1][:MOST_VERSIONS]
            lists = _count(len(state.answered.versions), "version")
            yield f"{name} lists {lists}. The newest first: {', '.join(newest)}."
