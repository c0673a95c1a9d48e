"""What a trace says of direct mode: how an origin is found, which programs run, which credentials count.

They are events like those of events.py, where the union of all is. ``at`` is seconds since the trace began;
nothing in them is secret.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from probes.golang.credential_use import CredentialUse


class OriginStep(StrEnum):
    """One question on the way to a module's repository (cmd/go/internal/vcs RepoRootForImportPath)."""

    SECURITY = "security"
    """GOINSECURE: may it be http, may the certificate be wrong?"""
    STATIC = "static host"
    """The table of hosts whose repositories go knows without asking (vcsPaths)."""
    SUFFIX = "vcs suffix"
    """A path with .git, .hg … in it: schemes are tried (vcsPaths, Ping)."""
    GO_IMPORT = "go-import"
    """The page of the path: its meta tags."""
    PREFIX = "prefix"
    """The page of the prefix has to say the same (metaImportsForPrefix)."""
    GOVCS = "GOVCS"
    PROGRAM = "program"
    """Is the version control system there, may it run?"""
    PLACE = "place"
    """Where in the repository the module is (newCodeRepo)."""
    REFS = "refs"
    """What the repository says of its tags and branches, the first time that it is asked."""
    REVISION = "revision"
    """A version, branch or hash became a commit, or did not."""
    GO_MOD = "go.mod"
    """The go.mod of a revision, and whether it fits the path."""
    ARCHIVE = "archive"
    """The module zip is made of the repository's archive (coderepo.go Zip)."""


class Answered(StrEnum):
    """What came of a step."""

    YES = "yes"
    NO = "no"
    """This way does not apply, another is taken: nothing is wrong."""
    FAILS = "fails"
    """go stops here: ``error``."""
    UNKNOWN = "unknown"
    """modtrace could not tell, or was not allowed to."""


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
