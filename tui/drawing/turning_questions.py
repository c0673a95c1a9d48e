"""What may turn go off the way to a proxy, as questions: the answer that was given lit, the others dim.

Sources: cmd/go/internal/modload (init.go, modfile.go, query.go, vendor.go), cmd/go/internal/toolchain
(select.go) and cmd/go/internal/modfetch (cache.go); each event names the rule that decided.
"""

from __future__ import annotations

from probes.trace.events import Bend, Outcome, Turning, TurningTaken
from probes.trace.fold import Trace
from tui.drawing.decisions import Branch, Question
from tui.drawing.tree_keys import Part, TreeKey
from tui.lines import Role

_LOOKS = {
    Bend.STRAIGHT: ("no", "none", Role.PLAIN),
    Bend.LEADS: ("leads away", "goes_on", Role.WARN),
    Bend.ANSWERS: ("answers", "ok", Role.OK),
    Bend.STOPS: ("stops here", "stop", Role.FAIL),
}
"""The answer, the name of its symbol, its role."""

_OWN_WORDS = {(Turning.EXCLUDE, Bend.LEADS): "passed over", (Turning.TOOLCHAIN, Bend.LEADS): "takes over"}

_OTHERWISE: dict[Turning, dict[Bend, str]] = {
    Turning.MODE: {
        Bend.STRAIGHT: "with modules switched on and flags that go knows, it would go on",
        Bend.STOPS: "with GO111MODULE=off, or flags that go refuses, it would not begin",
    },
    Turning.WORKSPACE: {
        Bend.STRAIGHT: "without a go.work, or with GOWORK=off, go.mod alone would decide",
        Bend.LEADS: "with a go.work, its modules and its replace lines would decide",
    },
    Turning.MOD_FLAG: {
        Bend.STRAIGHT: "without -mod go would take its default",
        Bend.STOPS: "with a -mod that does not go with this command, go would not begin",
    },
    Turning.VENDOR: {
        Bend.STRAIGHT: "without a vendor folder, or with -mod=mod, modules would be looked up",
        Bend.ANSWERS: "with a vendor folder, and go 1.14 or later, that alone would be read",
        Bend.STOPS: "with a vendor folder that disagrees with go.mod, go would fail without any packet",
    },
    Turning.REPLACE: {
        Bend.STRAIGHT: "without a replace line it would be asked for by its own name",
        Bend.LEADS: "with a replace line, what that names would be asked for in its place",
        Bend.ANSWERS: "with a replace line to a folder, that would be read, and nobody asked",
    },
    Turning.EXCLUDE: {
        Bend.STRAIGHT: "without an exclude line the version could be taken",
        Bend.LEADS: "with an exclude line the version would be passed over",
        Bend.STOPS: "with an exclude line for the version asked for, go would fail without any packet",
    },
    Turning.READONLY: {
        Bend.STRAIGHT: "with every line that is needed in go.mod and go.sum, go would go on",
        Bend.STOPS: "with a line missing there, go would fail: -mod=readonly writes nothing",
    },
    Turning.TOOLCHAIN: {
        Bend.STRAIGHT: "if this go were new enough, it would go on itself",
        Bend.LEADS: "if a go or toolchain line, or GOTOOLCHAIN, asked for another go, that would take over",
        Bend.STOPS: "if another go were needed and none could be had, go would fail",
    },
    Turning.CACHE: {
        Bend.STRAIGHT: "if it were not there, it would be asked for",
        Bend.ANSWERS: "if it lay there, nobody would be asked for it",
        Bend.STOPS: "if what lies there were broken, go would fail without any packet",
    },
}


def turning_question(event: TurningTaken) -> Question:
    """One turning with all of its answers; the one that was given first."""
    answer, symbol, role = _LOOKS[event.bend]
    answer = _OWN_WORDS.get((event.turning, event.bend), answer)
    on = f"to {event.to}" if event.to else event.because
    why = event.because if event.to else ""
    taken = Branch(answer, on, why, taken=True, symbol=symbol, role=role)
    others = tuple(
        Branch(_OWN_WORDS.get((event.turning, bend), _LOOKS[bend][0]), "", f"not taken: {words}")
        for bend, words in _OTHERWISE.get(event.turning, {}).items()
        if bend is not event.bend
    )
    return Question((taken, *others), event.rule)


def stopping_turning(trace: Trace) -> int | None:
    """The turning that a failed trace ended at, where no walk failed; None for none."""
    finished = trace.finished
    if finished is None or finished.outcome is not Outcome.FAILS or finished.failed_walk is not None:
        return None
    stops = [number for number, one in enumerate(trace.turnings) if one.bend is Bend.STOPS]
    return stops[-1] if stops else None


def spared(trace: Trace) -> dict[str, TurningTaken]:
    """What lies in the module cache and is not asked for, by operation."""
    return {
        one.op: one
        for one in trace.turnings
        if one.turning is Turning.CACHE and one.bend is Bend.ANSWERS and one.op
    }


def is_bend(event: TurningTaken) -> bool:
    """Whether it changes the way, and is no file of the module cache that is simply there."""
    return event.bend is not Bend.STRAIGHT and not (
        event.turning is Turning.CACHE and event.bend is Bend.ANSWERS
    )


def folded_into(event: TurningTaken) -> TreeKey | None:
    """The row that a turning is inside of; None for one that changes the way and has a row of its own."""
    if is_bend(event):
        return None
    return TreeKey(Part.CACHE if event.turning is Turning.CACHE else Part.PROJECT)
