"""A repository as one module of it sees it: what it is asked is told, and asked one question at a time.

Modules of one repository share it (codehost vcsRepoCache), and go locks it while it is at work in it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from probes.golang.code_host import CodeHost, Revision, UnknownRevision
from probes.golang.errors import Fatal, GoError
from probes.golang.origin_steps import Answered, Decision, OriginStep
from probes.golang.vcs_words import telling_line
from probes.net.limits import Stalled
from probes.sources.origin_teller import OriginTeller
from probes.sources.programs import NotRun, Programs

_PROGRAM = re.compile(
    r"(?P<command>(?:git|hg|svn|fossil) (?:-c \S+ )*[\w-]+)\b.* in .*: (?P<status>[^:]+):?\Z"
)
_MOST_WORDS = 300
_REPO = "cmd/go/internal/modfetch/codehost/codehost.go Repo"
RULES = {
    OriginStep.REFS: f"{_REPO}.Tags",
    OriginStep.REVISION: f"{_REPO}.Stat",
    OriginStep.GO_MOD: "cmd/go/internal/modfetch/coderepo.go findDir",
    OriginStep.ARCHIVE: "cmd/go/internal/modfetch/coderepo.go Zip",
}


@dataclass(slots=True)
class SharedHost:
    """An open repository, with what starts its programs."""

    host: CodeHost
    programs: Programs
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    lists_told: bool = False
    refs_failure: str | None = None
    """Why the repository does not say what it has, where that was told."""


class ToldHost:
    """A CodeHost that tells what another one answers."""

    def __init__(self, shared: SharedHost, path: str, vcs: str, teller: OriginTeller) -> None:
        self._shared = shared
        self._path = path
        self._vcs = vcs
        self._teller = teller
        self._told: set[tuple[OriginStep, str]] = set()

    @asynccontextmanager
    async def _asking(self, step: OriginStep, version: str, failure: str) -> AsyncIterator[CodeHost]:
        """One question; its failure is told."""
        async with self._shared.lock:
            self._shared.programs.witness = self._teller
            try:
                yield self._shared.host
            except (GoError, Fatal) as error:
                if str(error) != self._shared.refs_failure:  # which was told when it came
                    words = failure if isinstance(error, UnknownRevision) else _words(failure, error)
                    self._tell(step, Answered.FAILS, words, version, error=str(error))
                raise
            except (NotRun, Stalled) as unknown:
                self._tell(step, Answered.UNKNOWN, str(unknown), version)
                raise

    def _tell(
        self, step: OriginStep, answered: Answered, because: str, version: str, *, to: str = "",
        error: str | None = None,
    ) -> None:  # fmt: skip
        """Tell an answer, the same one only once: go asks for a revision again and again."""
        key = step, f"{version} {answered} {because}"
        if key in self._told:
            return
        self._told.add(key)
        self._teller.decided(
            Decision(
                self._path, step, answered, because, RULES[step], to=to, vcs=self._vcs, version=version,
                error=error,
            )
        )  # fmt: skip

    async def tags(self, prefix: str) -> tuple[str, ...]:
        async with self._asking(OriginStep.REFS, "", "its tags cannot be listed") as host:
            found = await host.tags(prefix)
        if not self._shared.lists_told:
            self._shared.lists_told = True
            begin = f" that begin with {prefix}" if prefix else ""
            self._tell(OriginStep.REFS, Answered.YES, f"{_counted(len(found), 'tag')}{begin}", "")
        return found

    async def stat(self, revision: str) -> Revision:
        async with self._asking(OriginStep.REVISION, revision, "it is no commit of this repository") as host:
            found = await host.stat(revision)
        self._tell(OriginStep.REVISION, Answered.YES, f"commit {found.short}", revision, to=found.name)
        return found

    async def latest(self) -> Revision:
        async with self._asking(OriginStep.REVISION, "latest", "it has no default branch") as host:
            found = await host.latest()
        words = f"commit {found.short}, the tip of the default branch"
        self._tell(OriginStep.REVISION, Answered.YES, words, "latest", to=found.name)
        return found

    async def read_file(self, revision: str, file: str) -> bytes | None:
        async with self._asking(OriginStep.GO_MOD, revision, f"{file} cannot be read") as host:
            found = await host.read_file(revision, file)
        if file.rpartition("/")[2] == "go.mod":
            answered = Answered.NO if found is None else Answered.YES
            words = f"it has no {file}" if found is None else f"it has {file}, of {len(found):,} bytes"
            self._tell(OriginStep.GO_MOD, answered, words, revision, to="" if found is None else file)
        return found

    async def recent_tag(self, revision: str, prefix: str, allowed: Callable[[str], bool]) -> str:
        async with self._asking(OriginStep.REVISION, revision, "its history cannot be read") as host:
            found = await host.recent_tag(revision, prefix, allowed)
        words = f"{found} is the highest tag before it" if found else "no tag that counts is before it"
        self._tell(OriginStep.REVISION, Answered.YES, words, revision, to=found)
        return found

    async def descends_from(self, revision: str, tag: str) -> bool:
        async with self._asking(OriginStep.REVISION, revision, "its history cannot be read") as host:
            found = await host.descends_from(revision, tag)
        words = f"{tag} is {'' if found else 'not '}in its history"
        self._tell(OriginStep.REVISION, Answered.YES if found else Answered.NO, words, revision, to=tag)
        return found

    async def read_zip(self, revision: str, folder: str, sink: BinaryIO) -> None:
        async with self._asking(OriginStep.ARCHIVE, revision, "there is no archive of it") as host:
            await host.read_zip(revision, folder, sink)
        words = f"an archive of {_counted(sink.tell(), 'byte')}" + (f", of {folder}" if folder else "")
        self._tell(OriginStep.ARCHIVE, Answered.YES, words, revision)


def _words(failure: str, error: Exception) -> str:
    """Why a question has no answer: where a program failed, that is all there is to say."""
    said = essence(error)
    return said if _PROGRAM.match(str(error).partition("\n")[0]) else f"{failure}: {said}"


def essence(error: Exception) -> str:
    """What a failure comes down to, in one line: of a program's words the telling ones."""
    first, _, rest = str(error).partition("\n")
    program = _PROGRAM.match(first)
    if program is None:
        return first[:_MOST_WORDS]
    telling = telling_line(rest) or program["status"]
    return f"{program['command']} failed: {telling}"[:_MOST_WORDS]


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
