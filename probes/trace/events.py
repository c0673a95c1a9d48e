"""What a trace says while it runs: immutable facts, one class an event.

The app, --json, --events, recordings, replay and tests all read this one stream; ``Trace.apply`` folds it.
``at`` is seconds since the trace began. Nothing in an event is secret: URLs and texts are masked when the
event is made. Failure is data here; exceptions are for bad usage and bugs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from probes.diagnosis.findings import Finding
from probes.golang.protocol import Op
from probes.sources.evidence import Header
from probes.trace.checksum_events import ChecksumDecided, ChecksumRouted, HeadChecked, RecordProved
from probes.trace.climb_events import CapabilityLearned, ComparisonMade, RungClimbed
from probes.trace.get_events import (
    GetFinished,
    GetStarted,
    PrefixAnswered,
    PrefixAsked,
    PrefixesRanked,
    PrefixJudged,
)
from probes.trace.origin_events import (
    CredentialSeen,
    OriginDecided,
    ProgramFinished,
    ProgramHeld,
    ProgramStarted,
)
from probes.trace.route import RouteView
from probes.trace.verdicts import Outcome as Outcome
from probes.trace.verdicts import Purpose as Purpose
from probes.trace.verdicts import Verdict as Verdict

MOST_PASSED_OVER = 20
"""How many versions that were not taken are told of."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long each phase of one request took, in seconds; None where the phase did not happen."""

    names: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None
    body: float | None = None

    def to_json(self) -> dict[str, float | None]:
        """The phases in milliseconds, rounded to a microsecond."""
        return {name: milliseconds(getattr(self, name)) for name in self.__slots__}


def milliseconds(seconds: float | None) -> float | None:
    """Seconds as the milliseconds of the JSON edge."""
    return None if seconds is None else round(seconds * 1000, 3)


@dataclass(frozen=True, slots=True)
class Redirect:
    """One redirect that was followed."""

    status: int
    url: str
    """Where it led, secrets masked."""


@dataclass(frozen=True, slots=True)
class SettingView:
    """A variable as it is shown: where its value comes from, without its secrets."""

    name: str
    value: str
    """Secrets masked."""
    source: str
    """The layer it comes from: a value of probes.golang.environment.Source."""
    secret: bool = False
    """Whether something in the value was masked."""


@dataclass(frozen=True, slots=True)
class TraceStarted:
    """Everything that is certain before the first packet."""

    kind: ClassVar[str] = "trace.started"
    at: float
    path: str
    query: str
    route: RouteView
    findings: tuple[Finding, ...] = ()
    go_version: str | None = None
    settings: tuple[SettingView, ...] = ()
    """The variables that decide where go looks, as they are set: what a diagnosis writes remedies for."""
    real: tuple[SettingView, ...] = dataclasses.field(default=(), metadata={"only_if_any": True})
    """What really stands where what-if values were tried; empty for a trace with the real settings."""
    project: str = dataclasses.field(default="", metadata={"only_if_any": True})
    """The go.mod or go.work that go would read; "" outside of any module."""
    run: bool = dataclasses.field(default=False, metadata={"only_if_any": True})
    """Whether programs that go starts (git, ssh, a GOAUTH command) may be started."""
    warm: bool = dataclasses.field(default=False, metadata={"only_if_any": True})
    """Whether the module cache answers as it stands; else the trace shows what an empty one asks for."""


@dataclass(frozen=True, slots=True)
class WalkStarted:
    """The chain is walked for one operation."""

    kind: ClassVar[str] = "walk.started"
    at: float
    walk: int
    purpose: Purpose
    path: str
    version: str


@dataclass(frozen=True, slots=True)
class RequestStarted:
    """A request is on its way."""

    kind: ClassVar[str] = "request.started"
    at: float
    request: int
    walk: int | None
    """None for a request behind a walk: the checksum database asked about a zip."""
    hop: int | None
    op: Op
    version: str
    url: str


@dataclass(frozen=True, slots=True)
class PhaseFinished:
    """A phase of a request is over: names, connect, proxy (a tunnel is open), tls, first_byte."""

    kind: ClassVar[str] = "phase.finished"
    at: float
    request: int
    phase: str
    began: float
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class BodyProgress:
    """Bytes of a body have come in; sent at most a few times a second."""

    kind: ClassVar[str] = "body.progress"
    at: float
    request: int
    received: int
    total: int | None


@dataclass(frozen=True, slots=True)
class RequestFinished:
    """A request has an answer, or has failed."""

    kind: ClassVar[str] = "request.finished"
    at: float
    request: int
    walk: int | None
    """None for a request behind a walk: the checksum database asked about a zip."""
    hop: int | None
    op: Op
    version: str
    url: str
    status: int | None
    """The HTTP status after redirects; None when no answer came."""
    reason: str
    """The status line as go prints it ("404 Not Found"), or ""."""
    bytes: int
    began: float
    timing: Timing
    redirects: tuple[Redirect, ...] = ()
    content_type: str = ""
    server: str = ""
    """The headers Server and Via, for recognising who really answered."""
    protocol: str = ""
    address: str = ""
    """The peer's address and port, or "" where there was no connection."""
    error: str | None = None
    """Go's words for what went wrong with this request, or None."""
    sample: str = ""
    """The beginning of the body of a suspicious answer, made safe; at most 400 characters."""
    request_headers: tuple[Header, ...] = ()
    """What was sent with the last request, after redirects; secrets masked."""
    response_headers: tuple[Header, ...] = ()
    body: str = ""
    """How the body began, made safe: text, or a table of bytes; at most 2,048 bytes of it."""


@dataclass(frozen=True, slots=True)
class HopDecided:
    """The edge behind a hop: go on, stop, or done."""

    kind: ClassVar[str] = "hop.decided"
    at: float
    walk: int
    hop: int
    verdict: Verdict
    because: str
    rule: str
    """Where the rule stands: file and function in cmd/go."""
    request: int | None = None
    """The request that led to it; None when a cached answer or a setting decided."""
    error: str | None = None
    not_exist: bool = False
    program: int | None = dataclasses.field(default=None, metadata={"only_if_any": True})
    """In direct mode, the run of a program that led to it (ProgramStarted.program, which begins with 1)."""


@dataclass(frozen=True, slots=True)
class WalkFinished:
    """The walk is over: the hop that served it, or the one error that go keeps."""

    kind: ClassVar[str] = "walk.finished"
    at: float
    walk: int
    served_by: int | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A version that is newer than the chosen one, or comes before it, and was not taken."""

    version: str
    why: str


@dataclass(frozen=True, slots=True)
class VersionChosen:
    """The query has become a version."""

    kind: ClassVar[str] = "version.chosen"
    at: float
    version: str
    because: str
    """The query."""
    why: str = ""
    """What the version is among those that were offered, in a few words."""
    passed_over: tuple[PassedOver, ...] = ()
    """Those that would have come before it, the nearest first; at most MOST_PASSED_OVER."""


class Turning(StrEnum):
    """What may turn go off the way to a proxy, without any packet."""

    MODE = "mode"
    """GO111MODULE, GOFLAGS, the go line: go does not start as itself."""
    WORKSPACE = "go.work"
    MOD_FLAG = "-mod"
    VENDOR = "vendor"
    REPLACE = "replace"
    EXCLUDE = "exclude"
    READONLY = "readonly"
    """-mod=readonly: what would have to be written into go.mod or go.sum first."""
    TOOLCHAIN = "toolchain"
    """GOTOOLCHAIN and the go and toolchain lines: another go would run."""
    CACHE = "module cache"
    """What lies in the module cache is not asked for."""


class Bend(StrEnum):
    """What a turning makes of the way."""

    STRAIGHT = "straight"
    """It was looked at and changes nothing."""
    LEADS = "leads"
    """Another module, version or toolchain takes its place: ``to``."""
    ANSWERS = "answers"
    """The answer is on this machine: nobody is asked."""
    STOPS = "stops"
    """go stops here, with ``error``."""


@dataclass(frozen=True, slots=True)
class TurningTaken:
    """The project, a setting or the module cache decided something without any packet."""

    kind: ClassVar[str] = "turning.taken"
    at: float
    turning: Turning
    bend: Bend
    path: str
    version: str
    """The version or query; "" where it is about the whole module or the run."""
    because: str
    """One short sentence."""
    rule: str
    """File and function in cmd/go."""
    where: str = ""
    """The line that says so, "go.mod:12", or the file in the module cache."""
    to: str = ""
    """For LEADS: PATH@VERSION, a folder, or a toolchain."""
    op: str = ""
    """For the module cache: the request that is spared, a value of Op."""
    error: str | None = None
    """What go prints, where it stops."""


@dataclass(frozen=True, slots=True)
class FindingMade:
    """Something worth telling the user that go would not say."""

    kind: ClassVar[str] = "finding"
    at: float
    finding: Finding
    hop: int | None = None
    request: int | None = None


@dataclass(frozen=True, slots=True)
class TraceFinished:
    """The end: what go mod download would print, and the first real cause."""

    kind: ClassVar[str] = "trace.finished"
    at: float
    outcome: Outcome
    version: str | None
    sum: str | None
    go_mod_sum: str | None
    error: str | None
    """The Error field of `go mod download -json`, or what go prints on stderr where it prints no JSON."""
    failed_walk: int | None = None
    """The walk whose failure is the error, where one is."""
    rule: str = ""
    """Where the rule that refused stands, for a failure that belongs to no walk."""
    detail: str = ""
    """For an outcome that is unknown: what could not be told, in one sentence."""
    toolchain: str = dataclasses.field(default="", metadata={"only_if_any": True})
    """The other go that would have run, "go1.28.1", where one was selected and could be had; from the turning
    that says so everything is traced by the rules of the Go that modtrace knows."""


Event = (
    TraceStarted
    | WalkStarted
    | RequestStarted
    | PhaseFinished
    | BodyProgress
    | RequestFinished
    | HopDecided
    | WalkFinished
    | VersionChosen
    | TurningTaken
    | ChecksumRouted
    | HeadChecked
    | RecordProved
    | ChecksumDecided
    | OriginDecided
    | ProgramStarted
    | ProgramFinished
    | ProgramHeld
    | CredentialSeen
    | FindingMade
    | TraceFinished
    | RungClimbed
    | ComparisonMade
    | CapabilityLearned
    | GetStarted
    | PrefixAsked
    | PrefixAnswered
    | PrefixJudged
    | PrefixesRanked
    | GetFinished
)

Emit = Callable[[Event], None]
"""Takes an event; synchronous, must not block."""


def event_to_json(event: Event) -> dict[str, Any]:
    """The event as one JSON object: "event" names its class, ``at`` is in seconds."""
    return {"event": event.kind} | {
        field.name: _plain(getattr(event, field.name))
        for field in dataclasses.fields(event)
        if getattr(event, field.name) or not field.metadata.get("only_if_any")
    }


def _plain(value: Any) -> Any:
    if hasattr(value, "to_json"):
        return value.to_json()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value  # a report is JSON already
