"""A repository of any version control system but git, asked as go asks it, in a throw-away folder.

The rules and their order are those of cmd/go/internal/modfetch/codehost/vcs.go (newVCSRepo, loadTags,
loadBranches, Stat, fetch, statLocal, ReadFile, ReadZip, RecentTag, DescendsFrom) of Go 1.27; what differs
between the systems stands in hg.py, svn.py and fossil.py. They have oddities that users meet, and that are
kept: a failing list of tags is an empty one, and whatever goes wrong with a revision makes it unknown, be it
that the program is not installed. What differs, on purpose: the folder is a temporary one, errors name that
of the module cache; goreposum is not run, by which go finds out later whether it may reuse an answer.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from probes.golang import semver
from probes.golang.code_host import Revision, UnknownRevision, kept_copy
from probes.golang.errors import GoError
from probes.golang.modzip import MAX_ZIP_FILE
from probes.golang.quote import fields, quote
from probes.sources.answer_cache import AnswerCache
from probes.sources.programs import Programs, RunFailed, text_of

_HASH = re.compile(r"[0-9a-f]{40}")
_SHORT_DIGITS = 12
_NAMES_A_HASH = 12
"""From this length on, the beginning of a hash is no other name for it."""
_PIECE = 1 << 20
MOST_SHOWN = 1 << 14
"""Characters of an answer that an error repeats; go repeats it all."""
ARCHIVE = "go-readzip.zip"
"""go gives the archive a random name of this kind in the system's temporary folder."""


class VCSHost(ABC):
    """codehost vcsRepo with a cold cache: a CodeHost (probes.golang.code_host)."""

    program: str
    """Its command."""
    latest_name: str
    """What the tip is called."""
    fetch_arguments: tuple[str, ...] = ()
    """What brings everything here; empty where all is asked of the server."""
    fetch_before_lists = False
    """Whether tags and branches are known only afterwards."""

    def __init__(self, programs: Programs, remote: str, folder: Path, shown_folder: str) -> None:
        self._programs = programs
        self._remote = remote
        self._folder = folder
        self._shown_folder = shown_folder
        self._tags: frozenset[str] | None = None
        self._branches: frozenset[str] | None = None
        self._fetched: GoError | bool = False
        self._known = AnswerCache[Revision]()
        self._files: dict[tuple[str, str], bytes | None] = {}

    async def _run(self, *arguments: str, beside: bool = False, **variables: str) -> bytes:
        """codehost.Run; ``beside``: where archives are put, with another folder in errors."""
        above, go_above = self._folder.parent, self._programs.process.get("TMPDIR") or "/tmp"
        places = ((str(self._folder), self._shown_folder), (str(above), go_above))
        folder, shown = (above, go_above) if beside else (self._folder, self._shown_folder)
        run = self._programs.run
        return await run(self.program, arguments, folder, shown, also_shown=places, **variables)  # type: ignore[arg-type]

    # -- what a system has of its own ----------------------------------------------------------------------

    async def prepare(self) -> None:  # noqa: B027, not every system has a copy
        """Make the copy of the repository that is asked afterwards. Raises GoError."""

    @abstractmethod
    def tags_arguments(self) -> tuple[str, ...]:
        """What lists the tags."""

    def tags_in(self, printed: str) -> list[str]:
        """tagRE: the tags of such a list."""
        return [line for line in printed.split("\n") if line]

    def branches_arguments(self) -> tuple[str, ...]:
        """What lists the branches; empty where that is not asked."""
        return ()

    def may_move(self, name: str) -> bool:
        """badLocalRevRE: whether a name may stand for another commit since it was fetched."""
        return False

    @abstractmethod
    def stat_arguments(self, revision: str) -> tuple[str, ...]:
        """What tells of a commit."""

    @abstractmethod
    def parse_stat(self, revision: str, printed: str) -> Revision:
        """What was told of a commit; its origin may have a Hash. Raises GoError."""

    @abstractmethod
    def file_arguments(self, revision: str, file: str) -> tuple[str, ...]:
        """What prints a file."""

    async def read_zip(self, revision: str, folder: str, sink: BinaryIO) -> None:
        revision = self._rev(revision)
        await self.stat(revision)
        target = self._folder.parent / ARCHIVE
        try:
            await self.archive(revision, folder, target)
            await asyncio.to_thread(_copy, target, sink)
        finally:
            target.unlink(missing_ok=True)

    @abstractmethod
    async def archive(self, revision: str, folder: str, target: Path) -> None:
        """Make a zip of a folder at a revision, within one folder of any name. Raises GoError."""

    # -- tags and commits ----------------------------------------------------------------------------------

    async def tags(self, prefix: str) -> tuple[str, ...]:
        if self._tags is None:
            self._tags = await self._listed(self.tags_arguments(), self.tags_in)
        return tuple(sorted(tag for tag in self._tags if tag.startswith(prefix)))

    async def _branch_names(self) -> frozenset[str]:
        if self._branches is None:
            arguments = self.branches_arguments()
            names = frozenset[str]()
            if arguments:
                names = await self._listed(arguments, lambda printed: [x for x in printed.split("\n") if x])
            self._branches = names
        return self._branches

    async def _listed(self, arguments: tuple[str, ...], names: Callable[[str], list[str]]) -> frozenset[str]:
        """loadTags, loadBranches: what a command lists, nothing when it fails."""
        if self.fetch_before_lists:
            with suppress(GoError):
                await self._fetch()
        try:
            printed = text_of(await self._run(*arguments))
        except RunFailed:
            return frozenset()
        return frozenset(name for name in names(printed) if not self.may_move(name))

    async def _fetch(self) -> None:
        """fetch: once, its failure too."""
        if self._fetched is False:
            self._fetched = True
            if self.fetch_arguments:
                try:
                    await self._run(*self.fetch_arguments)
                except RunFailed as error:
                    self._fetched = error
        if isinstance(self._fetched, GoError):
            raise self._fetched.with_traceback(None)

    async def latest(self) -> Revision:
        return await self.stat("latest")

    async def stat(self, revision: str) -> Revision:
        return await self._known.do(revision, lambda: self._stat(revision))

    async def _stat(self, revision: str) -> Revision:
        """vcsRepo.Stat: what is here already, unless its name may have moved; else what is here then."""
        revision = self._rev(revision)
        branches = await self._branch_names()
        stays = not self.may_move(revision) and revision not in branches
        if stays:
            with suppress(GoError):
                return await self._local(revision)
        await self._fetch()
        found = await self._local(revision)
        version = found.version if stays else found.name
        return Revision(found.name, found.short, version, found.time, found.tags, found.origin)

    def _rev(self, revision: str) -> str:
        return self.latest_name if revision == "latest" else revision

    async def _local(self, revision: str) -> Revision:
        """statLocal. Raises UnknownRevision, whatever the reason is."""
        try:
            printed = text_of(await self._run(*self.stat_arguments(revision)))
        except RunFailed as error:
            raise UnknownRevision(revision) from error
        found = self.parse_stat(revision, printed)
        origin = {"VCS": self.program, "URL": self._remote, **found.origin}
        if not (found.name.startswith(revision) and len(revision) >= _NAMES_A_HASH):
            origin["Ref"] = revision
        return Revision(found.name, found.short, found.version, found.time, found.tags, origin)

    async def read_file(self, revision: str, file: str) -> bytes | None:
        key = (revision, file)
        if key not in self._files:
            revision = self._rev(revision)
            await self.stat(revision)
            try:
                self._files[key] = await self._run(*self.file_arguments(revision, file))
            except RunFailed:
                self._files[key] = None
        return self._files[key]

    # -- history -------------------------------------------------------------------------------------------

    async def recent_tag(self, revision: str, prefix: str, allowed: Callable[[str], bool]) -> str:
        """Where a system cannot tell (errors.ErrUnsupported), go goes on as if there were none."""
        return ""

    async def descends_from(self, revision: str, tag: str) -> bool:
        raise GoError(f"vcs {self.program}: DescendsFrom: unsupported operation")


def _copy(source: Path, sink: BinaryIO) -> None:
    """The archive, as far as one may be long."""
    left = MAX_ZIP_FILE + 1
    if not source.exists():
        return  # go has made an empty file beforehand
    with source.open("rb") as archive:
        while left > 0 and (piece := archive.read(min(left, _PIECE))):
            sink.write(piece)
            left -= len(piece)


def highest_tag(names: list[str], prefix: str, allowed: Callable[[str], bool]) -> str:
    """RecentTag: the highest of these tags as a version, "" for none."""
    highest = ""
    for tag in names:
        if tag.startswith(prefix) and allowed(tag) and semver.compare(tag[len(prefix) :], highest) > 0:
            highest = tag[len(prefix) :]
    return prefix + highest if highest else ""


def words_of(text: str) -> list[str]:
    """strings.Fields."""
    return list(fields(text))


def shorten(name: str) -> str:
    """codehost.ShortenSHA1."""
    return name[:_SHORT_DIGITS] if _HASH.fullmatch(name) else name


def unexpected(program: str, printed: str) -> GoError:
    """What go says of an answer that it cannot read."""
    return GoError(f"unexpected response from {program}: {quote(printed[:MOST_SHOWN])}")


@asynccontextmanager
async def opened(
    kind: type[VCSHost], programs: Programs, remote: str, module_cache: str
) -> AsyncIterator[VCSHost]:
    """newVCSRepo: a repository behind a URL. Raises GoError; its folder is gone afterwards."""
    if "://" not in remote:
        raise GoError(f"invalid vcs remote: {kind.program} {remote}")
    if not module_cache:
        raise GoError("neither GOPATH nor GOMODCACHE are set")
    above = Path(os.path.realpath(tempfile.mkdtemp(prefix=f"modtrace-{kind.program}-")))  # noqa: ASYNC240
    try:
        folder = above / "copy"
        folder.mkdir()
        host = kind(programs, remote, folder, kept_copy(kind.program, remote, module_cache))
        await host.prepare()
        yield host
    finally:
        shutil.rmtree(above, ignore_errors=True)
