"""The questions that go asks itself on its way, each with the answer that was taken and those that were not.

An edge asks "the next entry?" for every file anew: so it may have answered in more than one way. What lights
up is what happened; the other answers say what would have led to them. The rules are those of TryProxies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from probes.golang.goproxy import LOOKUP, TRY_PROXIES, Access, HopKind, Separator
from probes.golang.protocol import Op
from probes.golang.safetext import safe_text
from probes.trace.events import HopDecided, Outcome, Purpose, Verdict
from probes.trace.fold import Request, Trace
from probes.trace.route import HopView
from tui.drawing.hop_state import CANCELLED, decisions_at
from tui.lines import Line, Role, line
from tui.symbols import Symbols

MATCH_PREFIX_PATTERNS = "golang.org/x/mod/module MatchPrefixPatterns"
USE_SUM_DB = "cmd/go/internal/modfetch/sumdb.go useSumDB"


@dataclass(frozen=True, slots=True)
class Branch:
    """One answer to a question."""

    answer: str
    """In a word or two: "goes on", "stops here", "done"."""
    on: str
    """What leads to it: "404 or 410"; of one that was taken what did: "502"."""
    why: str
    """A sentence: why it was taken, or what would have followed."""
    taken: bool = False
    symbol: str = "idle"
    """The name of its symbol when it was taken."""
    role: Role = Role.FAINT
    """Its role when it was taken."""
    about: str = ""
    """What it was taken for: "list, mod, zip"."""

    @property
    def sentence(self) -> str:
        """All of it but the answer."""
        if not self.why:
            return self.on if self.taken else f"not taken: {self.on}"
        if not self.taken:
            return f"not taken: on {self.on} {self.why}" if self.on else self.why
        head = self.about or self.on
        return f"{head}: {self.why}" if head else self.why

    def head(self, symbols: Symbols) -> Line:
        """Its symbol."""
        if not self.taken:
            return line((symbols.idle, Role.FAINT))
        return line((str(getattr(symbols, self.symbol)), self.role))


@dataclass(frozen=True, slots=True)
class Question:
    """One question, with all of its answers; those that were taken first."""

    branches: tuple[Branch, ...]
    rule: str

    @property
    def taken(self) -> tuple[Branch, ...]:
        """The answers that were taken, the gravest first."""
        return tuple(branch for branch in self.branches if branch.taken)

    @property
    def not_taken(self) -> tuple[Branch, ...]:
        """The others."""
        return tuple(branch for branch in self.branches if not branch.taken)


# -- the edge behind a hop ---------------------------------------------------------------------------

_LOOKS = {
    Verdict.SERVED: ("done", "ok", Role.OK),
    Verdict.NEXT: ("goes on", "goes_on", Role.BUSY),
    Verdict.STOP: ("stops here", "stop", Role.FAIL),
    Verdict.UNKNOWN: ("unknown", "unknown", Role.WARN),
}
_GRAVEST = (Verdict.STOP, Verdict.UNKNOWN, Verdict.NEXT, Verdict.SERVED)


def edge_question(trace: Trace, hop: HopView) -> Question:
    """What becomes of an answer of this hop."""
    decided = list(decisions_at(trace, hop.id))
    if any(decision.request is not None for decision in decided):
        # What go remembers of this command is served at the first entry, without asking it: no answer of its.
        decided = [d for d in decided if d.request is not None or d.verdict is not Verdict.SERVED]
    branches = []
    for verdict in _GRAVEST:
        own = [decision for decision in decided if decision.verdict is verdict]
        branch = _taken(trace, verdict, own) if own else _not_taken(trace, hop, verdict)
        if branch is not None:
            branches.append(branch)
    branches.sort(key=lambda branch: not branch.taken)
    rule = decided[-1].rule if decided else TRY_PROXIES
    return Question(tuple(branches), rule)


def _taken(trace: Trace, verdict: Verdict, decided: Sequence[HopDecided]) -> Branch:
    answer, symbol, role = _LOOKS[verdict]
    why = _stopped_words(trace, decided[-1]) if verdict is Verdict.STOP else decided[-1].because
    return Branch(
        answer,
        _evidence(trace, decided),
        "the answer is used; no later entry is asked" if verdict is Verdict.SERVED else why,
        taken=True,
        symbol=symbol,
        role=role,
        about=_about(trace, decided),
    )


def _stopped_words(trace: Trace, decision: HopDecided) -> str:
    request = None if decision.request is None else trace.requests.get(decision.request)
    cancelled = request is not None and request.finished is not None and request.finished.error == CANCELLED
    return "it was stopped" if cancelled else decision.because


def _not_taken(trace: Trace, hop: HopView, verdict: Verdict) -> Branch | None:
    answer = _LOOKS[verdict][0]
    follower = _follower(trace, hop)
    match verdict, hop.separator:
        case Verdict.SERVED, _ if hop.kind is HopKind.OFF:
            return None
        case Verdict.SERVED, _ if hop.access is Access.DIRECT:
            return Branch(answer, "an answer", "it would be used, and no later entry asked")
        case Verdict.SERVED, _:
            return Branch(answer, "200", "the answer would be used, and no later entry asked")
        case Verdict.NEXT, Separator.COMMA:
            return Branch(answer, "404 or 410", f"{follower} would be asked")
        case Verdict.NEXT, Separator.PIPE:
            return Branch(answer, "any error", f"{follower} would be asked")
        case Verdict.STOP, Separator.COMMA:
            return Branch(answer, "any other error", "go would fail with it, and nobody else be asked")
        case Verdict.STOP, Separator.END:
            return Branch(answer, "any error", "no entry is left; go would fail")
    return None


def _follower(trace: Trace, hop: HopView) -> str:
    hops = () if trace.route is None else trace.route.hops
    behind = [other for other in hops if other.id > hop.id]
    return behind[0].name if behind else "the next entry"


def _evidence(trace: Trace, decided: Iterable[HopDecided]) -> str:
    """What was answered to which questions: "502 for list, mod, zip"."""
    asked: dict[str, dict[str, None]] = {}
    for decision in decided:
        request = _file_request(trace, decision)
        if request is None or request.finished is None:
            asked.setdefault("", {})
            continue
        word = _said(decision, request.finished.status)
        asked.setdefault(word, {}).setdefault(request.started.op.value)
    parts = [f"{word} for {', '.join(ops)}" for word, ops in asked.items() if word]
    return "; ".join(parts)


def _file_request(trace: Trace, decision: HopDecided) -> Request | None:
    """The request for a file that a decision is about: a go-import page only says where to go on."""
    request = None if decision.request is None else trace.requests.get(decision.request)
    return None if request is None or request.started.op is Op.PAGE else request


_CLASS = re.compile(r"(?P<what>.+?)(?: is neither |, and | is not-found)")


def _said(decision: HopDecided, status: int | None) -> str:
    """What an answer counts as: its status, or the class of an error that is none (walk.py _because)."""
    match = _CLASS.match(decision.because)
    if decision.verdict in (Verdict.NEXT, Verdict.STOP) and match:
        return "a refused hash" if "vouched" in match["what"] else match["what"]
    return "no answer" if status is None else str(status)


def _about(trace: Trace, decided: Iterable[HopDecided]) -> str:
    """The operations that were decided on, each with how often where that is more than once."""
    counts: dict[str, int] = {}
    for decision in decided:
        request = _file_request(trace, decision)
        if request is not None:
            counts[request.started.op.value] = counts.get(request.started.op.value, 0) + 1
    return ", ".join(op if count == 1 else f"{op} ({count} times)" for op, count in counts.items())


def edge_words(trace: Trace, hop: HopView, question: Question) -> Line:
    """An edge in one line: what happened, with its evidence, then dim what else could have."""
    sign = hop.separator.value or "end"
    taken = question.taken
    pieces: list[Line] = []
    for number, branch in enumerate(taken):
        label = f"{sign} {branch.answer}" if number == 0 else branch.answer
        evidence = branch.on or branch.why
        pieces.append(line((label, branch.role), f": {evidence}" if evidence else ""))
    if not taken:
        reached = "not reached" if trace.finished is not None else "not decided yet"
        if trace.finished is not None and trace.requests_at(hop.id):
            reached = "not decided"
        pieces.append(line((f"{sign} {reached}", Role.FAINT)))
    dim = [line((f"· {branch.on}: {branch.answer}", Role.FAINT)) for branch in question.not_taken]
    return _joined([*pieces, *dim])


def _joined(pieces: Sequence[Line]) -> Line:
    text = Line()
    for number, piece in enumerate(pieces):
        text = text + line("   " if number else "") + piece
    return text


# -- the questions before and behind the chain -------------------------------------------------------


def private_question(trace: Trace) -> Question:
    """Whether a proxy may learn the path."""
    route = trace.route
    assert route is not None
    pattern = route.private_pattern
    first = next((hop.name for hop in route.hops if hop.kind is HopKind.PROXY), None)
    chain = f"GOPROXY decides, {first} is asked first" if first else "GOPROXY decides"
    yes = Branch(
        "yes",
        f"{pattern} matches" if pattern else "a match in GOPRIVATE or GONOPROXY",
        "straight to the origin, and no proxy learns the path",
        taken=pattern is not None,
        symbol="ok",
        role=Role.WARN,
    )
    no = Branch(
        "no",
        "nothing in GONOPROXY matches",
        chain,
        taken=pattern is None,
        symbol="none",
        role=Role.PLAIN,
    )
    return Question((yes, no) if pattern else (no, yes), f"{MATCH_PREFIX_PATTERNS}; {LOOKUP}")


QUERY_PROXY = "cmd/go/internal/modload/query.go queryProxy, filterVersions"
_MOST_SHOWN = 5


def _no_version(trace: Trace) -> str:
    """What is to be said where no version was chosen: only a query that failed has found none."""
    finished = trace.finished
    if finished is None:
        return "not known yet"
    walk = None if finished.failed_walk is None else trace.walks.get(finished.failed_walk)
    looked = walk is not None and walk.started.purpose is Purpose.QUERY
    return "none was found" if looked and finished.outcome is Outcome.FAILS else "not known"


def version_question(trace: Trace) -> Question:
    """Which version the query means."""
    chosen, started = trace.chosen, trace.started
    query = "" if started is None else started.query
    if chosen is None:
        words = _no_version(trace)
        return Question((Branch(words, "", f"nobody has said yet what {query} means"),), QUERY_PROXY)
    taken = Branch(
        safe_text(chosen.version, limit=60),
        chosen.why if chosen.why else f"what {query} means",
        "",
        taken=True,
        symbol="ok",
        role=Role.STRONG,
    )
    others = [
        Branch(safe_text(one.version, limit=60), one.why, "") for one in chosen.passed_over[:_MOST_SHOWN]
    ]
    return Question((taken, *others), QUERY_PROXY)


def _checked(trace: Trace) -> str:
    """The name of the symbol for what the checksum database has said so far."""
    verdicts = {check.verdict for check in trace.checksums}
    return "fail" if "failed" in verdicts else "ok" if "verified" in verdicts else "idle"


def checksum_question(trace: Trace) -> Question:
    """Whether somebody vouches for what comes."""
    route = trace.route
    assert route is not None
    planned = route.checksum
    off = planned in ("off", "private", "")
    on = {"off": "GOSUMDB=off", "private": "the path is private (GONOSUMDB)"}.get(planned, "nobody is asked")
    no = Branch(
        "no",
        on if off else "GOSUMDB=off, or a pattern of GONOSUMDB or GOPRIVATE",
        "what comes is accepted as it is" if off else "what comes would be accepted as it is",
        taken=off,
        symbol="none",
        role=Role.FAINT,
    )
    yes = Branch(
        "yes",
        "every new hash" if off else f"{planned} vouches for every new hash",
        "the checksum database would be asked, and a hash that differs refused" if off
        else "a hash that differs is refused, whatever the proxy says",
        taken=not off,
        symbol=_checked(trace),
        role={"ok": Role.OK, "fail": Role.FAIL}.get(_checked(trace), Role.PLAIN),
    )  # fmt: skip
    return Question((no, yes) if off else (yes, no), USE_SUM_DB)
