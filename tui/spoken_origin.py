"""Direct mode in whole sentences: the way to the module's own repository, programs, credentials."""

from __future__ import annotations

from collections.abc import Iterator

from probes.golang.credential_use import Standing
from probes.trace.events import Event
from probes.trace.fold import Trace
from probes.trace.origin_events import (
    Answered,
    CredentialSeen,
    OriginDecided,
    OriginStep,
    ProgramFinished,
    ProgramHeld,
)
from probes.trace.origin_told import found_words
from tui.spoken import seconds, sentence


def origin(event: Event) -> Iterator[str]:
    """A step on the way to the module's own repository, a program, a credential."""
    match event:
        case OriginDecided():
            about = f" of {event.version}" if event.version else ""
            named = " ".join(filter(None, found_words(event)))
            found = f", {named}" if named else ""
            yield sentence(f"{_STEPS[event.step]}{about}: {_ANSWERS[event.answered]}{found}. {event.because}")
        case ProgramFinished():
            complaint = f" It complained: {event.complaint}" if event.complaint else ""
            took = seconds(event.at - event.began)
            yield sentence(f"Ran {event.command}: {event.outcome}, after {took}.{complaint}")
        case ProgramHeld():
            yield sentence(f"Go would run {event.command} here. It was not started: type run to see why")
        case CredentialSeen():
            use = event.use
            where = f" at {use.where}" if use.where else ""
            yield sentence(
                f"Credentials of {use.whom} for {use.host}: {use.kind}{where} {_STANDINGS[use.standing]}: "
                f"{use.because}"
            )


_STEPS = {
    OriginStep.SECURITY: "Whether it may be insecure", OriginStep.STATIC: "Whether go knows the host",
    OriginStep.SUFFIX: "Whether the path names a version control system",
    OriginStep.GO_IMPORT: "The go-import page", OriginStep.PREFIX: "The page of the prefix",
    OriginStep.GOVCS: "Whether GOVCS allows it", OriginStep.PROGRAM: "The program",
    OriginStep.PLACE: "The folder in the repository", OriginStep.REFS: "The tags and branches",
    OriginStep.REVISION: "The revision", OriginStep.GO_MOD: "The go.mod file",
    OriginStep.ARCHIVE: "The archive",
}  # fmt: skip
_ANSWERS = {
    Answered.YES: "yes", Answered.NO: "no", Answered.FAILS: "go stops here", Answered.UNKNOWN: "unknown",
}  # fmt: skip
_STANDINGS = {
    Standing.USED: "is used", Standing.IGNORED: "is ignored", Standing.ASKED: "is asked",
    Standing.MISSING: "is not there",
}  # fmt: skip


def programs(trace: Trace, *, may_run: bool) -> Iterator[str]:
    """Which programs would be started for a trace, and how to agree to that."""
    held = list(dict.fromkeys(one.command for one in trace.origin.held))
    if may_run:
        yield "Programs are started, as go does. Type run no to end that."
        return
    yield (
        "Where go fetches a module from its own repository it starts git, which may start ssh; GOAUTH may "
        "name a program as well. None is started unless you agree."
    )
    yield from (f"For this trace go would run {command}" for command in held)
    yield "They run as you, with your settings and credentials. Type run yes to agree, for this session."


def origin_steps(trace: Trace) -> Iterator[str]:
    """All of it again."""
    story = trace.origin
    finished = [ran.finished for ran in story.programs.values() if ran.finished is not None]
    told: list[Event] = [*story.decided, *finished, *story.held, *story.credentials]
    yield from (words for one in sorted(told, key=lambda one: one.at) for words in origin(one))
