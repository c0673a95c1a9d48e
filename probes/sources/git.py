"""The real git, run as go runs it, in a throw-away repository.

The arguments, their order and the words of failures are those of cmd/go/internal/modfetch/codehost/git.go
(newGitRepo, loadRefs, Tags, Latest, stat, statLocal, fetchRefsLocked, ReadFile, ReadZip,
ensureGitAttributes, RecentTag, DescendsFrom, runGit) and codehost.go (WorkDir). What differs, on purpose:
the repository is a temporary folder that is removed at the end; errors name the place in the module cache
where go would have kept it. The user's module cache is neither read nor written. How git is started is told
in programs.py.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from probes.golang import semver
from probes.golang.code_host import NoCommits, Revision, UnknownRevision, kept_copy
from probes.golang.errors import GoError
from probes.golang.quote import fields, quote
from probes.sources.answer_cache import AnswerCache
from probes.sources.programs import NoProgram, NotRun, Programs, RunFailed, text_of

_TAGS = "refs/tags/"
_MIN_HASH_DIGITS = 7
_SHA1_DIGITS = 40
_SHA256_DIGITS = 64
_SHORT_DIGITS = 12
_HELP_AFTER_PROMPT = (
    "Confirm the import path was entered correctly.\n"
    "If this is a private repository, see https://go.dev/doc/faq#git_https for additional information."
)
_OUR_CONFIG = "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[core]\n\thooksPath = /dev/null\n"
"""Nothing goes on in the folder after git has ended, for it is removed then; no hook of the user's runs."""
_NO_SUBSTITUTIONS = "\n* -export-subst -export-ignore\n"
"""ensureGitAttributes: an archive is to have what the commit has."""
_VERSION = re.compile(rb"git version\s+(\d+\.\d+(?:\.\d+)?)")
_SHA256_SINCE = "v2.29"


# -- a repository ------------------------------------------------------------------------------------------


@asynccontextmanager
async def git_repository(programs: Programs, remote: str, module_cache: str) -> AsyncIterator[GitHost]:
    """codehost.NewRepo for git: a repository behind a URL. Raises GoError; its folder is gone afterwards."""
    if "://" not in remote:
        hint = " (use URL syntax not host:path syntax)" if ":" in remote else ""
        raise GoError(f"git remote ({remote}) must not be local directory{hint}")
    if not module_cache:
        raise GoError("neither GOPATH nor GOMODCACHE are set")
    shown_folder = kept_copy("git", remote, module_cache)
    if shown_folder.startswith("../"):
        raise NotRun(f"go would run git in {shown_folder}, a folder that depends on where git stands")
    folder = os.path.realpath(tempfile.mkdtemp(prefix="modtrace-git-"))  # noqa: ASYNC240, as git names it
    try:
        host = GitHost(programs, remote, Path(folder), shown_folder)
        await host.prepare()
        yield host
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class GitHost:
    """codehost gitRepo with a cold cache: a CodeHost (probes.golang.code_host)."""

    def __init__(self, programs: Programs, remote: str, folder: Path, shown_folder: str) -> None:
        self._programs = programs
        self._url = remote
        self._remote = remote
        self._folder = folder
        self._shown_folder = shown_folder
        self._refs: dict[str, str] | GoError | None = None
        self.refs_run = 0
        """The witness's number for the run that listed the refs."""
        self._fetched_all = False
        self._digits = _SHA1_DIGITS
        self._known = AnswerCache[Revision]()
        self._local_tags: set[str] = set()
        self._files: dict[str, bytes | None] = {}
        """What git has read, by COMMIT:FILE; go asks it again and again for the same."""

    async def _git(self, *arguments: str, sink: BinaryIO | None = None, together: bool = False) -> bytes:
        """runGit. Where go's folder is a relative one, GIT_DIR leads git from there to nowhere."""
        lost = not self._shown_folder.startswith("/")
        git_dir = self._shown_folder if lost else str(self._folder)
        return await self._programs.run(
            "git", arguments, self._folder, self._shown_folder, sink=sink, together=together, GIT_DIR=git_dir
        )

    async def prepare(self) -> None:
        """newGitRepo: ask for the refs, which say the kind of hash, and make the repository."""
        with suppress(GoError):
            hashes = await self.refs()
            self._digits = len(next(iter(hashes.values()), "0" * _SHA1_DIGITS))
        modern = await self._knows_sha256()
        sha256 = self._digits == _SHA256_DIGITS
        formats = [f"--object-format=sha{'256' if sha256 else '1'}"] if sha256 or modern else []
        await self._programs.run("git", ("init", "--bare", *formats), self._folder, self._shown_folder)
        await self._git("remote", "add", "origin", "--", self._url)
        with (self._folder / "config").open("a") as config:
            config.write(_OUR_CONFIG)
        self._remote = "origin"

    async def _knows_sha256(self) -> bool:
        """gitSupportsSHA256."""
        try:
            self._programs.require("git")
        except NoProgram as error:
            cause = f"failed to execute git version: {error}"
            raise GoError(f"unable to resolve git version: {cause}") from error
        try:
            printed = await self._git("version", together=True)
        except RunFailed as error:
            cause = f"failed to execute git version: {error.status}"
            raise GoError(f"unable to resolve git version: {cause}") from error
        found = _VERSION.search(printed)
        if found is None:
            shown = quote(text_of(printed))
            cause = f"git version extraction regexp did not match version line: {shown}"
            raise GoError(f"unable to resolve git version: {cause}")
        return semver.compare(_SHA256_SINCE, "v" + found[1].decode()) <= 0

    # -- refs --------------------------------------------------------------------------------------------

    async def refs(self) -> dict[str, str]:
        """loadRefs: HEAD, branches and tags of the remote and their commits; asked for once, errors too."""
        if self._refs is None:
            try:
                self._refs = _refs_of(await self._git("ls-remote", "-q", "--end-of-options", self._remote))
            except RunFailed as error:
                prompted = "fatal: could not read Username" in str(error)
                self._refs = GoError(f"{error}\n{_HELP_AFTER_PROMPT}") if prompted else error
            self.refs_run = self._programs.newest
        if isinstance(self._refs, GoError):
            raise self._refs.with_traceback(None)
        return self._refs

    async def tags(self, prefix: str) -> tuple[str, ...]:
        start = _TAGS + prefix
        return tuple(sorted(ref.removeprefix(_TAGS) for ref in await self.refs() if ref.startswith(start)))

    async def latest(self) -> Revision:
        head = (await self.refs()).get("HEAD", "")
        if not head:
            raise NoCommits
        found = await self.stat(head)
        origin = {**found.origin, "Ref": "HEAD", "Hash": head}
        return Revision(found.name, found.short, found.version, found.time, found.tags, origin)

    # -- commits -----------------------------------------------------------------------------------------

    async def stat(self, revision: str) -> Revision:
        return await self._known.do(revision, lambda: self._stat(revision))

    def _may_be_hash(self, revision: str) -> bool:
        return _MIN_HASH_DIGITS <= len(revision) <= self._digits and _is_hex(revision)

    async def _stat(self, revision: str) -> Revision:
        """gitRepo.stat: what is here already, else fetched shallowly by its name, else with all history."""
        if self._may_be_hash(revision):
            with suppress(UnknownRevision):
                return await self._local(revision, revision)
        if revision in self._local_tags:
            return await self._local(revision, _TAGS + revision)
        looked = self._may_be_hash(revision)
        ref, commit, revision = await self._resolve(revision)
        found = await self._fetch(ref, commit, revision, looked=looked)
        origin = {**found.origin, "Hash": found.name}
        if ref and ref != found.name:
            origin["Ref"] = ref
        return Revision(found.name, found.short, found.version, found.time, found.tags, origin)

    async def _resolve(self, revision: str) -> tuple[str, str, str]:
        """The ref and the commit that a name stands for, each "" when unknown, and what to ask for."""
        refs = await self.refs()
        for ref in (_TAGS + revision, "refs/heads/" + revision, "HEAD" if revision == "HEAD" else ""):
            if commit := refs.get(ref, ""):
                return ref, commit, revision if ref.startswith(_TAGS) else commit
        if not self._may_be_hash(revision):
            raise UnknownRevision(revision)
        matching = {ref: commit for ref, commit in refs.items() if commit.startswith(revision)}
        if len(set(matching.values())) > 1:
            raise GoError(f"ambiguous revision {next(iter(matching.values()))}")
        if matching:
            ref = min(matching)
            return ref, matching[ref], matching[ref]
        return "", revision if len(revision) == self._digits else "", revision

    async def _fetch(self, ref: str, commit: str, revision: str, *, looked: bool) -> Revision:
        """``looked``: whether it is known already that the commit is not here."""
        if commit and not looked:
            with suppress(UnknownRevision):
                found = await self._local(revision, commit)
                tag = ref.removeprefix(_TAGS) if ref.startswith(_TAGS) else ""
                if tag and tag not in found.tags:
                    await self._git("tag", "--end-of-options", tag, commit)
                    self._local_tags.add(tag)
                    return await self._local(revision, ref)
                return found
        if not self._fetched_all and ref and commit:
            spec = f"{commit}:refs/dummy" if ref == "HEAD" else f"{ref}:{ref}"
            with suppress(RunFailed):
                await self._git(
                    "-c", "protocol.version=2", "fetch", "-f", "--depth=1", "--end-of-options", self._remote,
                    spec,
                )  # fmt: skip
                return await self._local(revision, commit if ref == "HEAD" else ref)
        await self._fetch_all()
        return await self._local(revision, revision)

    async def _fetch_all(self) -> None:
        """fetchRefsLocked: all branches and tags with their history."""
        if self._fetched_all:
            return
        await self._git(
            "fetch", "-f", "--end-of-options", self._remote, "refs/heads/*:refs/heads/*",
            "refs/tags/*:refs/tags/*",
        )  # fmt: skip
        if (self._folder / "shallow").exists():
            await self._git("fetch", "--unshallow", "-f", "--end-of-options", self._remote)
        self._fetched_all = True

    async def _local(self, version: str, revision: str) -> Revision:
        """statLocal: a commit that is here. Raises UnknownRevision."""
        try:
            printed = await self._git(
                "-c", "log.showsignature=false", "log", "--no-decorate", "-n1", "--format=format:%H %ct %D",
                "--end-of-options", revision, "--",
            )  # fmt: skip
        except RunFailed:
            raise UnknownRevision(revision) from None
        words = fields(text_of(printed))
        if len(words) < 2:
            raise GoError(f"unexpected response from git log: {quote(text_of(printed))}")
        name = words[0]
        try:
            time = datetime.fromtimestamp(int(words[1]), UTC)
        except (ValueError, OverflowError, OSError):
            raise GoError(f"invalid time from git log: {quote(text_of(printed))}") from None
        tags = {tag.removesuffix(",") for kind, tag in pairwise(words[2:]) if kind == "tag:"}
        with suppress(GoError):
            at_commit = [ref for ref, commit in (await self.refs()).items() if commit == name]
            tags |= {ref.removeprefix(_TAGS) for ref in at_commit if ref.startswith(_TAGS)}
        origin = {"VCS": "git", "URL": self._url, "Hash": name}
        if not name.startswith(revision):
            origin["Ref"] = revision
        short = name[:_SHORT_DIGITS] if _is_hex(name) and len(name) == self._digits else name
        asked = version if version in tags else name
        return Revision(name, short, asked, time, tuple(sorted(tags)), origin)

    async def read_file(self, revision: str, file: str) -> bytes | None:
        blob = f"{(await self.stat(revision)).name}:{file}"
        if blob not in self._files:
            try:
                self._files[blob] = await self._git("cat-file", "--end-of-options", "blob", blob)
            except RunFailed:
                self._files[blob] = None
        return self._files[blob]

    async def read_zip(self, revision: str, folder: str, sink: BinaryIO) -> None:
        found = await self.stat(revision)
        info = self._folder / "info"
        info.mkdir(exist_ok=True)
        (info / "attributes").write_text(_NO_SUBSTITUTIONS)
        try:
            await self._git(
                "-c", "core.autocrlf=input", "-c", "core.eol=lf", "archive", "--format=zip",
                "--prefix=prefix/", "--end-of-options", found.name, *([folder] if folder else []), sink=sink,
            )  # fmt: skip
        except RunFailed as error:
            if "did not match any files" in str(error):
                raise GoError("file does not exist", not_exist=True) from error
            raise

    # -- history -----------------------------------------------------------------------------------------

    async def recent_tag(self, revision: str, prefix: str, allowed: Callable[[str], bool]) -> str:
        name = (await self.stat(revision)).name
        tag = await self._described(name, prefix, allowed)
        if tag and not _is_hex(tag):
            return tag
        if not await self.tags(prefix + "v"):
            return ""
        await self._fetch_all()
        return await self._described(name, prefix, allowed)

    async def _described(self, name: str, prefix: str, allowed: Callable[[str], bool]) -> str:
        printed = await self._git("for-each-ref", "--format=%(refname)", f"--merged={name}")
        highest = ""
        for line in text_of(printed).split("\n"):
            ref = line.strip()
            if not ref.startswith(_TAGS + prefix):
                continue
            tag = ref.removeprefix(_TAGS)
            if allowed(tag) and semver.compare(tag.removeprefix(prefix), highest) > 0:
                highest = tag.removeprefix(prefix)
        return prefix + highest if highest else ""

    async def descends_from(self, revision: str, tag: str) -> bool:
        question = ("merge-base", "--is-ancestor", "--", tag, revision)
        with suppress(RunFailed):
            await self._git(*question)
            return True
        if not await self.tags(tag):
            return False
        await self.stat(revision)
        await self._fetch_all()
        try:
            await self._git(*question)
        except RunFailed as error:
            if error.status == "exit status 1":
                return False
            raise
        return True


def _is_hex(text: str) -> bool:
    """codehost.AllHex."""
    return not text.strip("0123456789abcdef")


def _refs_of(printed: bytes) -> dict[str, str]:
    """What ls-remote prints; an annotated tag stands for the commit that it is of."""
    refs: dict[str, str] = {}
    for line in text_of(printed).split("\n"):
        words = fields(line)
        if len(words) == 2 and (words[1] == "HEAD" or words[1].startswith(("refs/heads/", _TAGS))):
            refs[words[1]] = words[0]
    for ref in [ref for ref in refs if ref.endswith("^{}")]:
        refs[ref.removesuffix("^{}")] = refs.pop(ref)
    return refs
