"""The real git, run as go runs it, in a throw-away repository.

The arguments, their order and the words of failures are those of cmd/go/internal/modfetch/codehost/git.go
(newGitRepo, loadRefs, Tags, Latest, stat, statLocal, fetchRefsLocked, ReadFile, RecentTag, DescendsFrom,
runGit) and codehost.go (run, RunError, WorkDir). What differs, on purpose:

- the repository is a temporary folder that is removed at the end; errors name the place in the module cache
  where go would have kept it. The user's module cache is neither read nor written.
- git has no terminal and no window to ask for a password (a user's GIT_TERMINAL_PROMPT=1 and GIT_ASKPASS do
  not count), and none of the variables that would lead it into a repository of the user's.
- it is limited in time and output, and killed with all that it started.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from time import monotonic

from probes.golang import semver
from probes.golang.code_repo import NoCommits, Revision, UnknownRevision
from probes.golang.errors import GoError
from probes.golang.quote import fields, quote
from probes.golang.redact import redact
from probes.net.limits import FOR_EVER, Stalled

MOST_OUTPUT = 64 << 20
"""Bytes that git may print; go has no such limit."""
MOST_COMPLAINT = 64 << 10
"""Bytes of its standard error that are kept."""
RUN_S = 120.0
"""How long one run may take; go waits for ever."""
_GRACE_S = 0.5
"""What git gets to clean up after it was told to stop."""
_CHUNK = 1 << 16
_TAGS = "refs/tags/"
_MIN_HASH_DIGITS = 7
_SHA1_DIGITS = 40
_SHA256_DIGITS = 64
_SHORT_DIGITS = 12
_HELP_AFTER_PROMPT = (
    "Confirm the import path was entered correctly.\n"
    "If this is a private repository, see https://go.dev/doc/faq#git_https for additional information."
)
_FOREIGN = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_PREFIX", "GIT_TEMPLATE_DIR",
)  # fmt: skip
"""Variables by which git would work on another repository than ours, or copy hooks into it."""
_OUR_CONFIG = "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[core]\n\thooksPath = /dev/null\n"
"""Nothing goes on in the folder after git has ended, for it is removed then; no hook of the user's runs."""
_VERSION = re.compile(rb"git version\s+(\d+\.\d+(?:\.\d+)?)")
_SHA256_SINCE = "v2.29"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a program, for showing."""

    command: str
    """Its command line, secrets masked."""
    began: float
    """When, in seconds of monotonic()."""
    seconds: float
    outcome: str
    """ "ok", "exit status 128", "not found in PATH", "cancelled", or why modtrace ended it."""
    complaint: str = ""
    """What it wrote to its standard error when it failed, secrets masked."""


class RunFailed(GoError):
    """codehost.RunError: a program that was started and did not succeed."""

    def __init__(self, command: str, folder: str, why: str, complaint: str, help_text: str = "") -> None:
        text = f"{command} in {folder}: {why}"
        if shown := complaint.rstrip("\n"):
            text += ":\n\t" + shown.replace("\n", "\n\t")
        if help_text:
            text += "\n" + help_text
        super().__init__(text)
        self.status = why


class NoProgram(GoError):
    """exec.ErrNotFound."""

    def __init__(self, program: str) -> None:
        super().__init__(f"exec: {quote(program)}: executable file not found in $PATH")


def find_program(name: str, path: str) -> str | None:
    """exec.LookPath: a program on PATH; folders that depend on where one stands do not count."""
    for folder in path.split(":"):
        if folder.startswith("/"):
            file = Path(folder) / name
            if file.is_file() and os.access(file, os.X_OK):
                return str(file)
    return None


def git_environment(process: Mapping[str, str]) -> dict[str, str]:
    """What git sees: go's environment, without any way to ask the user and without other repositories."""
    found = {name: value for name, value in process.items() if name not in _FOREIGN}
    if not found.get("GCM_INTERACTIVE"):
        found["GCM_INTERACTIVE"] = "never"
    found |= {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never"}
    return {**found, "GIT_TEMPLATE_DIR": ""}


@dataclass(slots=True)
class Programs:
    """Starts programs with one environment and tells each run."""

    process: Mapping[str, str] = field(repr=False)
    tell: Callable[[Run], None] = lambda run: None
    seconds: float = RUN_S

    async def run(
        self, program: str, arguments: Sequence[str], folder: Path, shown_folder: str, **variables: str
    ) -> bytes:
        """What a program prints. Raises RunFailed in go's words, Stalled when modtrace ends it."""
        command = " ".join((program, *arguments))
        began = monotonic()
        outcome, complaint = "cancelled", ""
        try:
            file = find_program(program, self.process.get("PATH", ""))
            if file is None:
                outcome = "not found in PATH"
                raise RunFailed(command, shown_folder, str(NoProgram(program)), "")
            environment = {**git_environment(self.process), "PWD": str(folder), **variables}
            status, printed, raw = await _run([file, *arguments], environment, folder, self.seconds)
            complaint = raw.decode("utf-8", "replace").replace(str(folder), shown_folder)
            outcome = _status_words(status)
            if status:
                raise RunFailed(command, shown_folder, outcome, complaint)
            return printed
        except Stalled as stalled:
            outcome = str(stalled)
            raise
        finally:
            said = redact(complaint) if outcome != "ok" else ""
            self.tell(Run(redact(command), began, monotonic() - began, outcome, said))


def _status_words(status: int) -> str:
    """exec.ExitError's words."""
    if status < 0:
        with suppress(ValueError):
            return f"signal: {signal.strsignal(-status) or ''}".lower()
    return f"exit status {status}" if status else "ok"


async def _run(
    arguments: list[str], environment: Mapping[str, str], folder: Path, seconds: float
) -> tuple[int, bytes, bytes]:
    """Run a program in a session of its own; its status, its output and its complaint."""
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *arguments,
            cwd=folder,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    )
    try:
        process = await asyncio.shield(starting)
    except asyncio.CancelledError:
        # Cancelled itself, it would wait without end for whoever has the pipes open.
        with suppress(OSError):
            await asyncio.shield(_end(await starting))
        raise
    assert process.stdout is not None
    assert process.stderr is not None
    complaint = asyncio.ensure_future(_head_of(process.stderr))
    try:
        async with asyncio.timeout(seconds):
            printed = await _all_of(process.stdout, arguments[0])
            raw = await complaint
            status = await process.wait()
    except TimeoutError:
        raise Stalled(f"{Path(arguments[0]).name} was not done after {seconds:g} s; {FOR_EVER}") from None
    finally:
        complaint.cancel()
        if process.returncode is None:
            await asyncio.shield(_end(process))
    return status, printed, raw


async def _all_of(stream: asyncio.StreamReader, program: str) -> bytes:
    kept = bytearray()
    while piece := await stream.read(_CHUNK):
        kept += piece
        if len(kept) > MOST_OUTPUT:
            name = Path(program).name
            raise Stalled(f"{name} prints more than {MOST_OUTPUT >> 20} MiB; go would read it all")
    return bytes(kept)


async def _head_of(stream: asyncio.StreamReader) -> bytes:
    kept = bytearray()
    while piece := await stream.read(_CHUNK):
        kept += piece[: MOST_COMPLAINT - len(kept)]
    return bytes(kept)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a program and all that it started, kindly at first."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                await process.wait()
                break
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # what it started may have stayed
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_S):
            await process.communicate()  # or the pipes stay open


async def answers(programs: Programs, program: str, arguments: Sequence[str], shown_folder: str) -> bool:
    """vcs.Cmd.Ping: whether a program succeeds somewhere where nothing is. Raises Stalled."""
    with tempfile.TemporaryDirectory(prefix="modtrace-ping-") as folder:
        # Nor may git look for a repository above it, in a folder that anybody can write into.
        above = os.path.realpath(Path(folder).parent)  # noqa: ASYNC240
        try:
            await programs.run(
                program, arguments, Path(folder), shown_folder, GIT_CEILING_DIRECTORIES=above
            )
        except RunFailed:
            return False
    return True


# -- a repository ------------------------------------------------------------------------------------------


@asynccontextmanager
async def git_repository(programs: Programs, remote: str, module_cache: str) -> AsyncIterator[GitHost]:
    """codehost.NewRepo for git: a repository behind a URL. Raises GoError; its folder is gone afterwards."""
    if "://" not in remote:
        hint = " (use URL syntax not host:path syntax)" if ":" in remote else ""
        raise GoError(f"git remote ({remote}) must not be local directory{hint}")
    if not module_cache:
        raise GoError("neither GOPATH nor GOMODCACHE are set")
    key = hashlib.sha256(f"git3:{remote}".encode("utf-8", "surrogateescape")).hexdigest()
    folder = os.path.realpath(tempfile.mkdtemp(prefix="modtrace-git-"))  # noqa: ASYNC240, as git names it
    try:
        host = GitHost(programs, remote, Path(folder), f"{module_cache}/cache/vcs/{key}")
        await host.prepare()
        yield host
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class GitHost:
    """codehost gitRepo with a cold cache: a CodeHost of probes.golang.code_repo."""

    def __init__(self, programs: Programs, remote: str, folder: Path, shown_folder: str) -> None:
        self._programs = programs
        self._url = remote
        self._remote = remote
        self._folder = folder
        self._shown_folder = shown_folder
        self._refs: dict[str, str] | GoError | None = None
        self._fetched_all = False
        self._digits = _SHA1_DIGITS
        self._known: dict[str, Revision | GoError] = {}
        self._local_tags: set[str] = set()

    async def _git(self, *arguments: str) -> bytes:
        """runGit."""
        return await self._programs.run(
            "git", arguments, self._folder, self._shown_folder, GIT_DIR=str(self._folder)
        )

    async def prepare(self) -> None:
        """newGitRepo: ask for the refs, which say the kind of hash, and make the repository."""
        with suppress(GoError):
            hashes = await self.refs()
            self._digits = len(next(iter(hashes.values()), "0" * _SHA1_DIGITS))
        modern = await self._knows_sha256()
        sha256 = self._digits == _SHA256_DIGITS
        formats = [f"--object-format=sha{'256' if sha256 else '1'}"] if sha256 or modern else []
        await self._git("init", "--bare", *formats)
        await self._git("remote", "add", "origin", "--", self._url)
        with (self._folder / "config").open("a") as config:
            config.write(_OUR_CONFIG)
        self._remote = "origin"

    async def _knows_sha256(self) -> bool:
        """gitSupportsSHA256."""
        file = find_program("git", self._programs.process.get("PATH", ""))
        if file is None:
            cause = f"failed to execute git version: {NoProgram('git')}"
            raise GoError(f"unable to resolve git version: {cause}")
        try:
            printed = await self._git("version")
        except RunFailed as error:
            cause = f"failed to execute git version: {error.status}"
            raise GoError(f"unable to resolve git version: {cause}") from error
        found = _VERSION.search(printed)
        if found is None:
            shown = quote(printed.decode("utf-8", "surrogateescape"))
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
        if revision not in self._known:
            try:
                self._known[revision] = await self._stat(revision)
            except GoError as error:
                self._known[revision] = error
        found = self._known[revision]
        if isinstance(found, GoError):
            raise found.with_traceback(None)
        return found

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
        words = fields(printed.decode("utf-8", "surrogateescape"))
        if len(words) < 2:
            raise GoError(f"unexpected response from git log: {quote(printed.decode('utf-8', 'replace'))}")
        name = words[0]
        try:
            time = datetime.fromtimestamp(int(words[1]), UTC)
        except (ValueError, OverflowError, OSError):
            raise GoError(f"invalid time from git log: {quote(printed.decode('utf-8', 'replace'))}") from None
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
        found = await self.stat(revision)
        try:
            return await self._git("cat-file", "--end-of-options", "blob", f"{found.name}:{file}")
        except RunFailed:
            return None

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
        for line in printed.decode("utf-8", "surrogateescape").split("\n"):
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
    for line in printed.decode("utf-8", "surrogateescape").split("\n"):
        words = fields(line)
        if len(words) == 2 and (words[1] == "HEAD" or words[1].startswith(("refs/heads/", _TAGS))):
            refs[words[1]] = words[0]
    for ref in [ref for ref in refs if ref.endswith("^{}")]:
        refs[ref.removesuffix("^{}")] = refs.pop(ref)
    return refs
