"""The questions on a module's way to its own repository, and what comes of each: the words of direct mode.

Source: cmd/go/internal/vcs RepoRootForImportPath, cmd/go/internal/modfetch repo.go and coderepo.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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


BY_REQUEST = frozenset({OriginStep.GO_IMPORT, OriginStep.PREFIX})
"""The steps that go back to a request."""
BY_PROGRAM = frozenset(
    {OriginStep.SUFFIX, OriginStep.REFS, OriginStep.REVISION, OriginStep.GO_MOD, OriginStep.ARCHIVE}
)
"""The steps that go back to a run of a program, where one was needed."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One step has its answer; secrets in it are not masked yet."""

    path: str
    step: OriginStep
    answered: Answered
    because: str
    """One short sentence."""
    rule: str
    """File and function in cmd/go."""
    to: str = ""
    vcs: str = ""
    version: str = ""
    error: str | None = None
    program: int | None = None
    """The witness's number for the run that led to it, where that was not the last one."""
