"""A repository as a version control system has it: what is asked of it to make modules of its commits.

Source: cmd/go/internal/modfetch/codehost/codehost.go (Repo, RevInfo, ErrNoCommits, UnknownRevisionError).
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Protocol

from probes.golang.errors import GoError


def kept_copy(vcs: str, remote: str, module_cache: str) -> str:
    """WorkDir: where go keeps its copy of a repository."""
    kind = "git3" if vcs == "git" else f"vcs1.{vcs}"
    key = hashlib.sha256(f"{kind}:{remote}".encode("utf-8", "surrogateescape")).hexdigest()
    return posixpath.normpath(f"{module_cache}/cache/vcs/{key}")


class NoCommits(GoError):
    """codehost.ErrNoCommits."""

    def __init__(self) -> None:
        super().__init__("no commits", not_exist=True)


class UnknownRevision(GoError):
    """codehost.UnknownRevisionError."""

    def __init__(self, revision: str) -> None:
        super().__init__(f"unknown revision {revision}", not_exist=True)


@dataclass(frozen=True, slots=True)
class Revision:
    """codehost.RevInfo: one commit of a repository."""

    name: str
    """Its whole name: for git the hash."""
    short: str
    """As it stands in a pseudo-version."""
    version: str
    """The tag that was asked for, else the whole name."""
    time: datetime
    tags: tuple[str, ...] = ()
    """In order."""
    origin: Mapping[str, str] = field(default_factory=dict)


class CodeHost(Protocol):
    """codehost.Repo: a repository. Every method raises GoError in go's words."""

    async def tags(self, prefix: str) -> tuple[str, ...]:
        """The names of the tags that begin with ``prefix``, sorted."""

    async def stat(self, revision: str) -> Revision:
        """A commit by its tag, branch or hash. Raises UnknownRevision."""

    async def latest(self) -> Revision:
        """The commit at the tip of the default branch. Raises NoCommits."""

    async def read_file(self, revision: str, file: str) -> bytes | None:
        """A file of a commit; None when it has none."""

    async def recent_tag(self, revision: str, prefix: str, allowed: Callable[[str], bool]) -> str:
        """The highest allowed tag in the history of a commit, "" when there is none."""

    async def descends_from(self, revision: str, tag: str) -> bool:
        """Whether a tag is in the history of a commit."""

    async def read_zip(self, revision: str, folder: str, sink: BinaryIO) -> None:
        """codehost ReadZip: write a zip archive of a commit into ``sink``, which is empty and can be sought.

        ``folder`` ("" for all) is what is wanted of it; the archive may hold more, as that of Mercurial
        does. Every name in it begins with the same one folder ("prefix/"), then comes the path from the root
        of the repository. Symbolic links carry their Unix mode. An archive of more than MAX_ZIP_FILE bytes
        is cut off behind that: CodeRepo.zip refuses it.
        """
