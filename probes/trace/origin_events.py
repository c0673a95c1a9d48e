"""What a trace says of direct mode: how an origin is found, which programs run, which credentials count.

They are events like those of events.py, where the union of all is. ``at`` is seconds since the trace began;
nothing in them is secret.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from probes.golang.credential_use import CredentialUse
from probes.golang.origin_steps import Answered as Answered
from probes.golang.origin_steps import OriginStep as OriginStep


@dataclass(frozen=True, slots=True)
class OriginDecided:
    """One step on the way to a repository, or in it, has its answer."""

    kind: ClassVar[str] = "origin.decided"
    at: float
    walk: int | None
    hop: int | None
    path: str
    """The module path that is looked up."""
    step: OriginStep
    answered: Answered
    because: str
    """One short sentence."""
    rule: str
    """File and function in cmd/go."""
    to: str = ""
    """What was found: a repository's URL, a root, a folder, a version; secrets masked."""
    vcs: str = ""
    """"git", "hg", "svn", "fossil", "mod"."""
    version: str = ""
    """The version or revision that a step is about."""
    request: int | None = None
    """The request that led to it."""
    program: int | None = None
    """The run of a program that led to it."""
    error: str | None = None
    """Go's words, where it fails."""


@dataclass(frozen=True, slots=True)
class ProgramStarted:
    """A program was started, as go would start it."""

    kind: ClassVar[str] = "program.started"
    at: float
    program: int
    """Its number in this trace."""
    walk: int | None
    hop: int | None
    command: str
    """The command line, secrets masked."""
    folder: str = ""
    """Where go would have run it: a folder in the module cache."""


@dataclass(frozen=True, slots=True)
class ProgramFinished:
    """A program is over."""

    kind: ClassVar[str] = "program.finished"
    at: float
    program: int
    walk: int | None
    hop: int | None
    command: str
    began: float
    """Seconds since the trace began."""
    outcome: str
    """ "ok", "exit status 128", "not found in PATH", "cancelled", or why modtrace ended it."""
    bytes: int = 0
    """What it printed."""
    complaint: str = ""
    """What it wrote to its standard error when it failed, secrets masked; at most some lines."""


@dataclass(frozen=True, slots=True)
class ProgramHeld:
    """go would start a program here; modtrace was not told that it may."""

    kind: ClassVar[str] = "program.held"
    at: float
    walk: int | None
    hop: int | None
    command: str
    """The command line, secrets masked."""


@dataclass(frozen=True, slots=True)
class CredentialSeen:
    """A credential that would be used for a host, or is passed over: told once for each host and program."""

    kind: ClassVar[str] = "credential.seen"
    at: float
    use: CredentialUse
    hop: int | None = None
    request: int | None = None
    program: int | None = None


OriginEvent = OriginDecided | ProgramStarted | ProgramFinished | ProgramHeld | CredentialSeen


@dataclass(slots=True)
class Ran:
    """One run of a program as far as it has come."""

    started: ProgramStarted
    finished: ProgramFinished | None = None


@dataclass(slots=True)
class OriginStory:
    """What a trace knows of direct mode so far: a fold of these events."""

    decided: list[OriginDecided] = dataclasses.field(default_factory=list)
    programs: dict[int, Ran] = dataclasses.field(default_factory=dict)
    """By number."""
    held: list[ProgramHeld] = dataclasses.field(default_factory=list)
    credentials: list[CredentialSeen] = dataclasses.field(default_factory=list)

    def apply(self, event: OriginEvent) -> None:
        """Take one event in; raises nothing for events in the engine's order."""
        match event:
            case OriginDecided():
                self.decided.append(event)
            case ProgramStarted():
                self.programs[event.program] = Ran(event)
            case ProgramFinished():
                self.programs[event.program].finished = event
            case ProgramHeld():
                self.held.append(event)
            case CredentialSeen():
                self.credentials.append(event)

    def __bool__(self) -> bool:
        """Whether anything was told."""
        return bool(self.decided or self.programs or self.held or self.credentials)


def origin_json(story: OriginStory, index: Callable[[int | None], int | None]) -> dict[str, Any]:
    """The story in the object of `modtrace trace --json`; ``index`` gives a hop's place in GOPROXY."""
    return {
        "decided": [_decided_json(one, index(one.hop)) for one in story.decided],
        "programs": [_program_json(ran, index(ran.started.hop)) for ran in story.programs.values()],
        "held": [{"command": one.command, "hop": index(one.hop)} for one in story.held],
        "credentials": [
            dataclasses.asdict(one.use)
            | {"hop": index(one.hop), "request": one.request, "program": one.program}
            for one in story.credentials
        ],
    }


def _decided_json(one: OriginDecided, hop: int | None) -> dict[str, Any]:
    return {
        "hop": hop, "path": one.path, "step": one.step.value, "answered": one.answered.value,
        "version": one.version, "vcs": one.vcs, "to": one.to, "because": one.because, "rule": one.rule,
        "request": one.request, "program": one.program, "error": one.error,
    }  # fmt: skip


def _program_json(ran: Ran, hop: int | None) -> dict[str, Any]:
    finished = ran.finished
    return {
        "program": ran.started.program, "hop": hop, "command": ran.started.command,
        "folder": ran.started.folder, "outcome": "under way" if finished is None else finished.outcome,
        "ms": None if finished is None else round((finished.at - finished.began) * 1000, 3),
        "bytes": 0 if finished is None else finished.bytes,
        "complaint": "" if finished is None else finished.complaint,
    }  # fmt: skip
