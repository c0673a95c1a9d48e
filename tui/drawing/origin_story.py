"""The branch of a direct hop as a story: steps in the order in which go took them, and what belongs to each.

A step is an OriginDecided. The request and the program that it names belong to it, and so does every program
of the hop that was over when it was decided and belongs to no step before. What no step has come of yet
stands by itself: a program under way, one that was held back, a request to a module proxy that a host names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from probes.trace.fold import Trace
from probes.trace.origin_events import Answered, CredentialSeen, OriginDecided, OriginStep, Ran
from probes.trace.route import HopView
from tui.drawing.tree_keys import Part, TreeKey

REWRITES = frozenset({"insteadOf", "pushInsteadOf"})
"""Kinds of what git is told of a URL: no credential, but it decides which repository is asked."""
CANCELLED = "cancelled"
"""The outcome of a program that was stopped from our side (probes.sources.programs)."""


@dataclass(frozen=True, slots=True)
class Told:
    """One row of the branch."""

    key: TreeKey
    at: float
    inside: tuple[TreeKey, ...] = ()


def steps_at(trace: Trace, hop: int | None) -> list[tuple[int, OriginDecided]]:
    """What was decided at a hop, each with its number in the trace."""
    return [(number, one) for number, one in enumerate(trace.origin.decided) if one.hop == hop]


def programs_at(trace: Trace, hop: int | None) -> list[tuple[int, Ran]]:
    """The programs that were started at a hop."""
    return [(number, ran) for number, ran in trace.origin.programs.items() if ran.started.hop == hop]


def held_at(trace: Trace, hop: int | None) -> list[int]:
    """The numbers of the programs that would be started at a hop, each command once."""
    found: dict[str, int] = {}
    for number, one in enumerate(trace.origin.held):
        if one.hop == hop:
            found.setdefault(one.command, number)
    return list(found.values())


def credentials_at(trace: Trace, hop: int | None) -> list[tuple[int, CredentialSeen]]:
    """What was seen of credentials at a hop; with None, at none."""
    return [
        (number, seen)
        for number, seen in enumerate(trace.origin.credentials)
        if seen.hop == hop and seen.use.kind not in REWRITES
    ]


def has_branch(trace: Trace, hop: HopView) -> bool:
    """Whether there is anything to be told of a hop beside its requests."""
    story = trace.origin
    every: Iterable[int | None] = (
        *(one.hop for one in story.decided), *(ran.started.hop for ran in story.programs.values()),
        *(one.hop for one in story.held), *(seen.hop for seen in story.credentials),
    )  # fmt: skip
    return hop.id in every


def told_at(trace: Trace, hop: int) -> list[Told]:
    """The rows of a hop's branch, in the order in which they came."""
    programs, requests = dict(programs_at(trace, hop)), list(_requests_at(trace, hop))
    rows: list[Told] = []
    for number, step in steps_at(trace, hop):
        inside: list[TreeKey] = []
        if step.request in requests:
            requests.remove(step.request)
            inside.append(TreeKey(Part.REQUEST, step.request))
        for run, ran in list(programs.items()):
            if run == step.program or _is_over(ran, step.at):
                del programs[run]
                inside.append(TreeKey(Part.PROGRAM, run))
        if step.answered is Answered.FAILS and step.program is not None:
            # hg pull fails while the tags are listed, go goes on, and stops with it at the revision.
            blamed = TreeKey(Part.PROGRAM, step.program)
            rows = [replace(row, inside=tuple(key for key in row.inside if key != blamed)) for row in rows]
            inside = [blamed, *(key for key in inside if key != blamed)]
        rows.append(Told(TreeKey(Part.ORIGIN, number), step.at, tuple(inside)))
    loose = [Told(TreeKey(Part.PROGRAM, run), ran.started.at) for run, ran in programs.items()]
    loose += [Told(TreeKey(Part.REQUEST, one), trace.requests[one].started.at) for one in requests]
    loose += [Told(TreeKey(Part.HELD, one), trace.origin.held[one].at) for one in held_at(trace, hop)]
    loose += [
        Told(TreeKey(Part.CREDENTIAL, number), seen.at)
        for number, seen in enumerate(trace.origin.credentials)
        if seen.hop == hop and seen.use.kind in REWRITES
    ]
    return sorted([*rows, *loose], key=lambda told: told.at)


def _requests_at(trace: Trace, hop: int) -> Iterator[int]:
    return (number for number, request in trace.requests.items() if request.started.hop == hop)


def _is_over(ran: Ran, at: float) -> bool:
    return ran.finished is not None and ran.finished.at <= at


def outside_of(trace: Trace, key: TreeKey) -> TreeKey | None:
    """The row that a row of a direct branch unfolds from; None for what is in no such branch."""
    hop = hop_of(trace, key)
    if hop is None:
        return TreeKey(Part.CREDENTIALS, NOWHERE) if key.part is Part.CREDENTIAL else None
    if key.part in (Part.REQUEST, Part.PROGRAM):
        for told in told_at(trace, hop):
            if key in told.inside:
                return told.key
    if key.part is Part.CREDENTIAL and trace.origin.credentials[key.number].use.kind not in REWRITES:
        return TreeKey(Part.CREDENTIALS, hop)
    return TreeKey(Part.HOP, hop)


NOWHERE = -1
"""Stands for the hop where credentials were seen that belong to none."""


def hop_of(trace: Trace, key: TreeKey) -> int | None:
    """The hop of a row of a direct branch."""
    story = trace.origin
    match key.part:
        case Part.ORIGIN if key.number < len(story.decided):
            return story.decided[key.number].hop
        case Part.PROGRAM if key.number in story.programs:
            return story.programs[key.number].started.hop
        case Part.HELD if key.number < len(story.held):
            return story.held[key.number].hop
        case Part.CREDENTIAL if key.number < len(story.credentials):
            return story.credentials[key.number].hop
        case Part.CREDENTIALS:
            return None if key.number == NOWHERE else key.number
        case Part.REQUEST if key.number in trace.requests:
            hop = trace.requests[key.number].started.hop
            return hop if hop is not None and steps_at(trace, hop) else None
    return None


def request_of(trace: Trace, key: TreeKey) -> int | None:
    """The request that a row of a direct branch is about."""
    if key.part is Part.ORIGIN and key.number < len(trace.origin.decided):
        return trace.origin.decided[key.number].request
    return None


def program_of(trace: Trace, key: TreeKey) -> str:
    """The command line that a row of a direct branch is about; "" for none."""
    story = trace.origin
    match key.part:
        case Part.PROGRAM if key.number in story.programs:
            return story.programs[key.number].started.command
        case Part.HELD if key.number < len(story.held):
            return story.held[key.number].command
        case Part.ORIGIN if key.number < len(story.decided):
            run = story.decided[key.number].program
            return story.programs[run].started.command if run in story.programs else ""
    return ""


def has_failed(trace: Trace, program: int) -> bool:
    """Whether a program came to a bad end."""
    finished = trace.origin.programs[program].finished
    return finished is not None and finished.outcome not in ("ok", CANCELLED)


def stopped_programs(trace: Trace, hop: int) -> list[int]:
    """The programs of a hop that were stopped from our side."""
    runs = programs_at(trace, hop)
    return [number for number, ran in runs if ran.finished is not None and ran.finished.outcome == CANCELLED]


def repository(trace: Trace, hop: int) -> OriginDecided | None:
    """The step that found where the module lives."""
    finding = (OriginStep.STATIC, OriginStep.SUFFIX, OriginStep.GO_IMPORT, OriginStep.PREFIX)
    found = [
        one for _, one in steps_at(trace, hop)
        if one.step in finding and one.answered is Answered.YES and one.vcs and one.to
    ]  # fmt: skip
    return found[-1] if found else None


LATER = (
    OriginStep.GOVCS, OriginStep.PROGRAM, OriginStep.REFS, OriginStep.PLACE, OriginStep.REVISION,
    OriginStep.GO_MOD, OriginStep.ARCHIVE,
)  # fmt: skip
"""What comes once the host is known to have a repository, in go's order."""


def not_reached(trace: Trace, hop: int) -> list[OriginStep]:
    """The steps that go did not come to, or has not come to yet."""
    steps = [one for _, one in steps_at(trace, hop)]
    if not steps or any(one.vcs == "mod" for one in steps):
        return []
    taken = {one.step for one in steps}
    before = max((LATER.index(step) for step in taken if step in LATER), default=-1)
    return list(LATER[before + 1 :])


def program_name(command: str) -> str:
    """A program and what it is told to do, without its options: "git ls-remote"."""
    first, *rest = command.split(" ")
    words = [first.rpartition("/")[2] or first]
    skip = False
    for word in rest:
        if skip:
            skip = False
        elif word in ("-c", "-C", "-R", "--config"):
            skip = True
        elif not word.startswith("-"):
            words += [word] if word.replace("-", "").isalpha() else []
            break
    return " ".join(words)
