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
from probes.trace.origin_events import (
    CredentialSeen,
    OriginDecided,
    ProgramFinished,
    ProgramHeld,
    ProgramStarted,
)
from probes.trace.route import RouteView


class Purpose(StrEnum):
    """Why the chain is being walked: one walk is one operation of the go command."""

    QUERY = "query"
    """Resolve the version query (modload Query)."""
    RETRACTIONS = "retractions"
    """Find the newest version, whose go.mod says what is retracted (modload CheckRetractions)."""
    CONFIRM = "confirm"
    """Ask for the chosen version once more (modload moduleInfo); the caches nearly always answer."""
    INFO = "info"
    MOD = "mod"
    ZIP = "zip"
    TOOLCHAINS = "toolchains"
    """Find a toolchain that is new enough (toolchain autoToolchains)."""
    TOOLCHAIN = "toolchain"
    """Download the toolchain that was selected (toolchain Exec): its zip only."""
    CHECKSUM_BASE = "checksum base"
    """Find who serves the checksum database (modfetch dbClient.initBase)."""


class Verdict(StrEnum):
    """What the edge behind a hop decides."""

    SERVED = "served"
    NEXT = "next"
    STOP = "stop"
    UNKNOWN = "unknown"
    """modtrace could not tell: a way it does not trace, or it ran out of patience before go would."""


MOST_PASSED_OVER = 20
"""How many versions that were not taken are told of."""


class Outcome(StrEnum):
    """How the trace ends."""

    OK = "ok"
    FAILS = "fails"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


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


class Sworn(StrEnum):
    """Who is asked about a hash (modfetch checkModSum, useSumDB)."""

    GO_SUM = "go.sum"
    """go.sum has it: nobody else is asked."""
    OFF = "off"
    """GOSUMDB=off: accepted unseen."""
    PRIVATE = "private"
    """GONOSUMDB matches: accepted unseen."""
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class ChecksumRouted:
    """Who will be asked about a hash, before anybody is: told once for each hash."""

    kind: ClassVar[str] = "checksum.routed"
    at: float
    what: str
    """"go.mod" or "module"."""
    path: str
    version: str
    """Without "/go.mod"."""
    sworn: Sworn
    because: str
    """One short sentence: the setting, the pattern, the line of go.sum."""
    rule: str
    where: str = ""
    """"go.sum:12" where a line decides."""


@dataclass(frozen=True, slots=True)
class HeadChecked:
    """A signed tree head was met: who signed it, and whether it continues the one that was known."""

    kind: ClassVar[str] = "checksum.head"
    at: float
    database: str
    size: int
    """Records in the tree."""
    root: str
    """Base64."""
    known_size: int
    """Of the newest head known before; 0 where none was."""
    known_by: str
    """Who remembered that one: "go", "modtrace", "this run", or ""."""
    when: str
    """A value of checksum_database.When: "past", "now", "future"."""


@dataclass(frozen=True, slots=True)
class ProofStep:
    """One node of a Merkle path: two children hashed into their parent (RFC 6962 2.1.1)."""

    level: int
    """Of the parent; a leaf is on level 0."""
    side: str
    """"left" or "right": where the sibling stands."""
    sibling: str
    """Base64."""
    node: str
    """The parent's hash, base64."""
    tile: str = ""
    """The tile that has the sibling: "8/1/000.p/12"; "" where it was computed."""


@dataclass(frozen=True, slots=True)
class RecordProved:
    """A record of the checksum database was proved to be in the signed tree."""

    kind: ClassVar[str] = "checksum.proved"
    at: float
    database: str
    path: str
    version: str
    record: int
    """Its number in the log."""
    lines: tuple[str, ...]
    """The go.sum lines it is made of."""
    leaf: str
    """Its hash, base64."""
    size: int
    root: str
    steps: tuple[ProofStep, ...]
    tiles: tuple[str, ...]
    """The tiles that were read: "8/0/x001/234.p/5"."""


@dataclass(frozen=True, slots=True)
class ChecksumDecided:
    """One hash was vouched for, or nobody was asked, or the checksum database refused it."""

    kind: ClassVar[str] = "checksum.decided"
    at: float
    what: str
    """"go.mod" or "module"."""
    version: str
    sum: str
    verdict: str
    """"verified", "skipped", "failed", or "unknown" where nobody could be waited for any longer."""
    because: str
    path: str = ""
    fault: str = dataclasses.field(default="", metadata={"only_if_any": True})
    """For "failed" and "unknown": a value of probes.sources.sum_faults.SumFault."""
    error: str | None = dataclasses.field(default=None, metadata={"only_if_any": True})
    """For "failed": go's words."""


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


@dataclass(frozen=True, slots=True)
class RungClimbed:
    """One layer of one hop, measured by itself: what a doctor's second look found (probes.ladder)."""

    kind: ClassVar[str] = "rung.climbed"
    at: float
    climb: int
    """The number of the ladder."""
    hop: int | None
    request: int | None
    """The request whose URL is climbed; None for a look at a hop that was not asked."""
    url: str
    """Secrets masked."""
    rung: str
    """A value of probes.ladder.faults.Rung."""
    judgement: str
    """A value of probes.ladder.faults.Judgement."""
    began: float
    """Seconds since the trace began."""
    seconds: float
    faults: tuple[str, ...] = ()
    """Values of probes.ladder.faults.Fault, the worst first."""
    evidence: tuple[str, ...] = ()
    """One sentence for each fault."""
    words: str = ""
    """What go says about it, from the inside of its error."""
    summary: str = ""
    """What was measured, in a few words."""
    because: str = ""
    """For a rung that was not climbed: why."""
    limits: tuple[str, ...] = ()
    """How long go itself waits here: "the handshake: 10 s"."""
    godebug: str = ""
    """The GODEBUG setting that gets go past it, "" where there is none."""
    report: dict[str, Any] = dataclasses.field(default_factory=dict)
    """The rung's own measurements."""


@dataclass(frozen=True, slots=True)
class ComparisonMade:
    """The same step in two ways: a large and a small hello, TLS 1.2 and 1.3, IPv4 and IPv6 …"""

    kind: ClassVar[str] = "comparison"
    at: float
    climb: int
    hop: int | None
    what: str
    differs: bool
    sentence: str
    godebug: str = ""
    report: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CapabilityLearned:
    """What a module proxy can do: one row of the capability table."""

    kind: ClassVar[str] = "capability"
    at: float
    hop: int | None
    url: str
    row: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GetStarted:
    """The search of `go get` begins: which module has the package? (probes.trace.getting)"""

    kind: ClassVar[str] = "get.started"
    at: float
    argument: str
    """PATH or PATH@QUERY, as go cleans it."""
    path: str
    query: str
    prefixes: tuple[str, ...]
    """The module paths that go asks for, the longest first."""
    private: tuple[str, ...] = ()
    """Those of them that GONOPROXY matches."""


@dataclass(frozen=True, slots=True)
class PrefixAsked:
    """A request for one of the module paths is on its way."""

    kind: ClassVar[str] = "get.asked"
    at: float
    number: int
    prefix: str
    """"" for a request to the checksum database."""
    hop: int | None
    op: Op
    version: str
    url: str


@dataclass(frozen=True, slots=True)
class PrefixAnswered:
    """A request of the search has an answer, or has failed."""

    kind: ClassVar[str] = "get.answered"
    at: float
    number: int
    status: int | None
    bytes: int
    began: float
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PrefixJudged:
    """What became of one module path at one entry of the list."""

    kind: ClassVar[str] = "get.judged"
    at: float
    hop: int
    prefix: str
    standing: str
    """A value of probes.golang.prefixes.Standing."""
    version: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PrefixesRanked:
    """What all module paths together come to at one entry, and what the edge behind it decides."""

    kind: ClassVar[str] = "get.ranked"
    at: float
    hop: int
    name: str
    """The entry, for people."""
    verdict: Verdict
    because: str
    deciding: str
    """The module path that was taken, or whose error is that of the entry."""
    why: tuple[tuple[str, str], ...] = ()
    """For module paths with a standing that needs words: what it means."""


@dataclass(frozen=True, slots=True)
class GetFinished:
    """The end of the search: what `go get` would do in a project that requires nothing yet."""

    kind: ClassVar[str] = "get.finished"
    at: float
    outcome: Outcome
    module: str = ""
    """The module that go takes, "" where none is needed or found."""
    version: str = ""
    has_package: bool = False
    """Whether the path is a package in that module; else it is only the module's own path."""
    error: str | None = None
    """What go prints."""
    rule: str = ""
    detail: str = ""
    """What could not be told, or where this verdict ends, in one sentence."""
    warnings: tuple[str, ...] = ()
    """What go prints besides."""


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
