"""All that is known of one step to a module's own repository, of a program, and of a credential."""

from __future__ import annotations

from collections.abc import Iterator

from probes.golang.errors import GoError
from probes.golang.go_import import parse_go_imports
from probes.golang.vcs_paths import has_path_prefix
from probes.sources.evidence import BODY_BYTES
from probes.trace.fold import Request, Trace
from probes.trace.origin_events import CredentialSeen, OriginDecided, OriginStep
from tui.drawing.credential_rows import credential_look, credential_name
from tui.drawing.fields import Details, Field, heading
from tui.drawing.figures import duration, size
from tui.drawing.origin_questions import LABELS, origin_question
from tui.drawing.origin_story import NOWHERE, credentials_at, repository
from tui.drawing.program_rows import outcome_look
from tui.drawing.tree_keys import Part, TreeKey
from tui.lines import Role
from tui.symbols import Symbols

WHAT_TO_PRESS = "! lets git, ssh and GOAUTH commands be started, for this session"


def origin_details(trace: Trace, key: TreeKey, symbols: Symbols) -> Details | None:
    """A row of a direct branch."""
    story = trace.origin
    match key.part:
        case Part.ORIGIN if key.number < len(story.decided):
            step = story.decided[key.number]
            return Details(LABELS[step.step], tuple(_step(trace, step, symbols)))
        case Part.PROGRAM if key.number in story.programs:
            return Details("program", tuple(_program(trace, key.number, symbols)))
        case Part.HELD if key.number < len(story.held):
            return Details("would run", tuple(_held(trace, key.number)))
        case Part.CREDENTIAL if key.number < len(story.credentials):
            seen = story.credentials[key.number]
            return Details(seen.use.kind, tuple(_credential(seen, symbols)))
        case Part.CREDENTIALS:
            return Details("credentials?", tuple(_credentials(trace, key.number, symbols)))
    return None


# -- steps -------------------------------------------------------------------------------------------


def _step(trace: Trace, step: OriginDecided, symbols: Symbols) -> Iterator[Field]:
    question = origin_question(step)
    first = question.branches[0]
    yield Field("answer", first.answer, first.role)
    yield Field("because", step.because)
    about = f"{step.path}@{step.version}" if step.version else step.path
    for label, text in (("about", about), ("system", step.vcs), ("found", step.to)):
        if text:
            yield Field(label, text, verbatim=True)
    if step.error:
        yield heading("in go's words")
        yield Field("", step.error, Role.FAIL)
    request = None if step.request is None else trace.requests.get(step.request)
    if request is not None:
        yield from _page(step, request)
    run = None if step.program is None else trace.origin.programs.get(step.program)
    if run is not None and step.program is not None:
        yield heading("the program")
        yield from _run(trace, step.program, symbols)
    yield heading("the answers")
    for branch in question.branches:
        yield Field(branch.answer, branch.sentence, branch.role if branch.taken else Role.FAINT)
    yield Field("why", step.rule, Role.FAINT)


def _page(step: OriginDecided, request: Request) -> Iterator[Field]:
    """The page that was asked for, and which of its tags is about the path."""
    finished = request.finished
    yield heading("the page")
    yield Field("URL", request.started.url if finished is None else finished.url, verbatim=True)
    if finished is None:
        yield Field("status", "under way", Role.BUSY)
        return
    took = duration(finished.at - finished.began)
    yield Field("status", f"{finished.reason or finished.error or 'no answer'}, {took}")
    for redirect in finished.redirects:
        yield Field("redirected", f"{redirect.status} to {redirect.url}", verbatim=True)
    if step.step not in (OriginStep.GO_IMPORT, OriginStep.PREFIX):
        return
    try:
        tags = parse_go_imports(finished.body.encode())
    except GoError:
        tags = ()
    for tag in tags:
        matches = has_path_prefix(step.path, tag.prefix)
        words = " ".join(filter(None, (tag.prefix, tag.vcs, tag.repository, tag.subdirectory)))
        what = "is about this path" if matches else f"is about {tag.prefix} and what is below it only"
        yield Field("tag", f"{words}: {what}", Role.PLAIN if matches else Role.FAINT)
    if not tags:
        whole = finished.bytes <= BODY_BYTES
        where = "" if whole else f" in the first {size(BODY_BYTES)}, which is what modtrace keeps of a page"
        yield Field("tag", f"none{where}", Role.FAINT)


# -- programs ----------------------------------------------------------------------------------------


def _program(trace: Trace, number: int, symbols: Symbols) -> Iterator[Field]:
    yield from _run(trace, number, symbols)
    seen = [
        (at, one) for at, one in enumerate(trace.origin.credentials)
        if one.program == number or (one.program is None and one.hop == _hop(trace, number))
    ]  # fmt: skip
    if seen:
        yield heading("credentials")
    for _, one in seen:
        yield from _in_short(one, symbols)


def _hop(trace: Trace, number: int) -> int | None:
    return trace.origin.programs[number].started.hop


def _run(trace: Trace, number: int, symbols: Symbols) -> Iterator[Field]:
    ran = trace.origin.programs[number]
    symbol, role, outcome = outcome_look(ran, symbols)
    yield Field("command", ran.started.command, verbatim=True)
    if ran.started.folder:
        yield Field("folder", ran.started.folder, Role.FAINT, verbatim=True)
        yield Field("", "go's own; modtrace used a throw-away one in its place", Role.FAINT)
    yield Field("outcome", f"{symbol} {outcome}", role)
    finished = ran.finished
    if finished is None:
        return
    yield Field("time", duration(finished.at - finished.began))
    yield Field("printed", size(finished.bytes))
    if finished.complaint:
        yield heading("what it complained of")
        yield Field(
            "", finished.complaint, Role.PLAIN if finished.outcome == "ok" else Role.FAIL, verbatim=True
        )


def _held(trace: Trace, number: int) -> Iterator[Field]:
    held = trace.origin.held[number]
    yield Field("command", held.command, verbatim=True)
    yield Field("outcome", "not started: modtrace was not told that it may", Role.WARN)
    yield Field("", WHAT_TO_PRESS)
    place = None if held.hop is None else repository(trace, held.hop)
    if place is not None:
        yield Field("repository", place.to, verbatim=True)
    yield Field("copy", "Y copies it as a command to paste")


# -- credentials -------------------------------------------------------------------------------------


def _in_short(seen: CredentialSeen, symbols: Symbols) -> Iterator[Field]:
    symbol, role, words = credential_look(seen, symbols)
    shown = f" ({seen.use.shown})" if seen.use.shown else ""
    yield Field(
        str(seen.use.whom), f"{symbol} {credential_name(seen)} {words}: {seen.use.because}{shown}", role
    )


def _credentials(trace: Trace, number: int, symbols: Symbols) -> Iterator[Field]:
    yield Field("", "who would use which credential; secrets and user names are never shown")
    for _, seen in credentials_at(trace, None if number == NOWHERE else number):
        yield heading(seen.use.host)
        yield from _in_short(seen, symbols)
        if seen.use.rule:
            yield Field("why", seen.use.rule, Role.FAINT)


def _credential(seen: CredentialSeen, symbols: Symbols) -> Iterator[Field]:
    use = seen.use
    symbol, role, words = credential_look(seen, symbols)
    yield Field("who", str(use.whom))
    yield Field("what", credential_name(seen))
    yield Field("stands", f"{symbol} {words}", role)
    yield Field("because", use.because)
    yield Field("host", use.host, verbatim=True)
    for label, text in (("where", use.where), ("shown", use.shown)):
        if text:
            yield Field(label, text, verbatim=True)
    if use.rule:
        yield Field("why", use.rule, Role.FAINT)
