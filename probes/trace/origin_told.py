"""Direct mode in lines of text, for reports: the steps at an entry, the programs, the credentials."""

from __future__ import annotations

from collections.abc import Iterator

from probes.golang.credential_use import Standing
from probes.trace.fold import Trace
from probes.trace.origin_events import Answered, OriginDecided, OriginStep, Ran

_ANSWERS = {Answered.FAILS: "stops here"}
_STANDINGS = {
    Standing.USED: "is used", Standing.IGNORED: "is ignored", Standing.ASKED: "would be asked",
    Standing.MISSING: "is not there",
}  # fmt: skip
MOST_COMPLAINT = 5
"""Lines of a program's complaint that are told."""


def origin_summary(trace: Trace, hop: int | None) -> str:
    """ "13 programs, 330 ms": how much was run at an entry; "" for nothing."""
    ran = [one for one in trace.origin.programs.values() if one.started.hop == hop]
    if not ran:
        return ""
    spent = sum(one.finished.at - one.finished.began for one in ran if one.finished is not None)
    return f"{len(ran)} program{'' if len(ran) == 1 else 's'}, {spent * 1000:.0f} ms"


def origin_lines(trace: Trace, hop: int | None) -> Iterator[str]:
    """The steps at an entry in order, what would be run, and who uses which credential."""
    story = trace.origin
    for step in story.decided:
        if step.hop == hop:
            yield step_line(step)
            ran = None if step.program is None else story.programs.get(step.program)
            if ran is not None and step.answered is Answered.FAILS:
                yield from (f"  {text}" for text in program_lines(ran))
    held = dict.fromkeys(one.command for one in story.held if one.hop == hop)
    yield from (f"would run: {command}" for command in held)
    for seen in story.credentials:
        if seen.hop == hop:
            use = seen.use
            standing = _STANDINGS[use.standing]
            yield f"credential of {use.whom} for {use.host}: {use.named} {standing}: {use.because}"


def step_line(step: OriginDecided) -> str:
    """ "go-import? yes: git https://…: the page names it"."""
    answer = _ANSWERS.get(step.answered, step.answered.value)
    about = " ".join(word for word in (step.version, *found_words(step)) if word)
    found = f"{about}: " if about and step.answered is Answered.YES else ""
    return f"{step.step}? {answer}: {found}{step.because}"


_DISCOVERY = (OriginStep.STATIC, OriginStep.SUFFIX, OriginStep.GO_IMPORT, OriginStep.PREFIX)
_SHORT = 12
"""Digits of a commit's hash that are shown, as go has them in pseudo-versions."""


def found_words(step: OriginDecided) -> tuple[str, ...]:
    """What a step is worth naming for: the repository, the folder in it, the commit."""
    if step.step in _DISCOVERY:
        return step.vcs, step.to
    if step.step is OriginStep.REVISION:
        return (step.to[:_SHORT],)
    return (step.to,) if step.step is OriginStep.PLACE else ()


def program_lines(ran: Ran) -> Iterator[str]:
    """A program with how it ended, and what it complained of."""
    finished = ran.finished
    if finished is None:
        yield f"{ran.started.command}: under way"
        return
    took = (finished.at - finished.began) * 1000
    yield f"{ran.started.command}: {finished.outcome} ({took:.0f} ms)"
    complaint = [line.rstrip() for line in finished.complaint.split("\n") if line.strip()]
    yield from (f"  {line}" for line in complaint[:MOST_COMPLAINT])
    if len(complaint) > MOST_COMPLAINT:
        more = len(complaint) - MOST_COMPLAINT
        yield f"  … and {more} more line{'' if more == 1 else 's'}"
