"""The search of `go get` as a fold of its events: a table of module paths, and the verdict below it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from probes.golang.prefixes import Standing
from probes.trace.events import Event, Outcome, Verdict, milliseconds
from probes.trace.get_events import (
    GetFinished,
    GetStarted,
    PrefixAnswered,
    PrefixAsked,
    PrefixesRanked,
    PrefixJudged,
)

GET_EVENTS = (GetStarted, PrefixAsked, PrefixAnswered, PrefixJudged, PrefixesRanked, GetFinished)

WORDS = {Standing.FOUND: "has it", Standing.MODULE: "module only"}
"""What a standing is called beside a version, where its own name would not say it."""

NEW_PROJECT = (
    "as in a project that requires nothing yet: what this one requires, replaces and excludes is not counted"
)
"""What is told of a search that was started inside of a project."""


@dataclass(slots=True)
class PrefixRequest:
    """One request of the search as far as it has come."""

    asked: PrefixAsked
    answered: PrefixAnswered | None = None

    @property
    def word(self) -> str:
        """The answer in a word: its status, or what went wrong."""
        if self.answered is None:
            return "…"
        if self.answered.status is None:
            return "failed" if self.answered.error else "ok"  # a file has no status
        if self.answered.status == 200 and self.answered.error:
            return "200 broken"
        return str(self.answered.status)


@dataclass(slots=True)
class PrefixRow:
    """One module path of the search."""

    prefix: str
    is_private: bool = False
    judged: list[PrefixJudged] = field(default_factory=list)
    """At each entry that was asked, in order."""
    why: str = ""
    """What its standing at the last entry means for the search."""
    requests: list[PrefixRequest] = field(default_factory=list)
    since: int = 0
    """How many of them belong to entries before the one that was asked last."""

    @property
    def last(self) -> PrefixJudged | None:
        """What became of it at the last entry."""
        return self.judged[-1] if self.judged else None

    @property
    def standing(self) -> Standing | None:
        """Its class at the last entry."""
        return None if self.last is None else Standing(self.last.standing)

    @property
    def words(self) -> str:
        """What became of it, in a few words: "v1.2.0, has it", "not found"; "" before that is known."""
        if self.last is None or self.standing is None:
            return ""
        words = WORDS.get(self.standing, self.standing.value)
        return f"{self.last.version}, {words}" if self.last.version else words

    @property
    def answers(self) -> str:
        """The answers since the entry that was asked last was come to: "list 200  info 200  zip 200"."""
        return "  ".join(f"{one.asked.op} {one.word}" for one in self.requests[self.since :])


class GetSearch:
    """Everything known of one search so far; ``apply`` takes it one event further."""

    def __init__(self) -> None:
        self.started: GetStarted | None = None
        self.finished: GetFinished | None = None
        self.rows: dict[str, PrefixRow] = {}
        """By module path, the longest first."""
        self.requests: dict[int, PrefixRequest] = {}
        self.ranked: list[PrefixesRanked] = []

    def apply(self, event: Event) -> None:
        """Take one event in; those of a trace are none of its business."""
        match event:
            case GetStarted():
                self.started = event
                self.rows = {prefix: PrefixRow(prefix, prefix in event.private) for prefix in event.prefixes}
            case PrefixAsked():
                request = self.requests[event.number] = PrefixRequest(event)
                if event.prefix in self.rows:
                    self.rows[event.prefix].requests.append(request)
            case PrefixAnswered():
                self.requests[event.number].answered = event
            case PrefixJudged():
                self.rows[event.prefix].judged.append(event)
            case PrefixesRanked():
                self.ranked.append(event)
                words = dict(event.why)
                for row in self.rows.values():
                    row.why = words.get(row.prefix, "")
                    if event.verdict is Verdict.NEXT:
                        row.since = len(row.requests)
            case GetFinished():
                self.finished = event

    def verdict(self) -> str:
        """What `go get` would do, in one line."""
        finished = self.finished
        if finished is None:
            return "go get: searching"
        match finished.outcome:
            case Outcome.OK if not finished.module:
                return f"go get: ok, {finished.detail or 'nothing is needed'}"
            case Outcome.OK:
                what = "" if finished.has_package else ", as a module: it has no such package"
                return f"go get: ok, takes {finished.module} {finished.version}{what}"
            case Outcome.FAILS:
                return "go get: would fail"
            case Outcome.CANCELLED:
                return "go get: stopped before the end"
            case _:
                return f"go get: could not tell: {finished.detail}"

    def to_json(self) -> dict[str, Any]:
        """The member "get" of `modtrace trace --as get --json`."""
        started, finished = self.started, self.finished
        return {
            "argument": started.argument if started else "",
            "query": started.query if started else "",
            "ok": finished is not None and finished.outcome is Outcome.OK,
            "outcome": finished.outcome.value if finished else "unknown",
            "module": (finished.module or None) if finished else None,
            "version": (finished.version or None) if finished else None,
            "has_package": finished.has_package if finished else False,
            "error": finished.error if finished else None,
            "rule": finished.rule if finished else "",
            "detail": finished.detail if finished else "",
            "warnings": list(finished.warnings) if finished else [],
            "prefixes": [_row_json(row) for row in self.rows.values()],
            "hops": [
                {"hop": one.hop, "name": one.name, "verdict": one.verdict.value, "because": one.because,
                 "deciding": one.deciding}
                for one in self.ranked
            ],
            "requests": [_request_json(request) for request in self.requests.values()],
        }  # fmt: skip


def _row_json(row: PrefixRow) -> dict[str, Any]:
    return {
        "path": row.prefix,
        "private": row.is_private,
        "why": row.why,
        "hops": [
            {"hop": one.hop, "standing": one.standing, "version": one.version or None, "error": one.error}
            for one in row.judged
        ],
    }


def _request_json(request: PrefixRequest) -> dict[str, Any]:
    asked, answered = request.asked, request.answered
    return {
        "path": asked.prefix,
        "hop": asked.hop,
        "op": asked.op.value,
        "version": asked.version or None,
        "url": asked.url,
        "status": answered.status if answered else None,
        "bytes": answered.bytes if answered else 0,
        "ms": milliseconds(answered.at - answered.began) if answered else None,
        "error": answered.error if answered else None,
    }
