"""The engine of a trace that keeps what it fetches, for one version; ``saving`` runs several of them.

It decides nothing by itself: what the engine of the trace would read is put beside where it belongs, judged
as go judges it, and given its name. What a run before has saved and vouched for is to it what the module
cache is to go.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from probes.browse.fetching import MAX_TEXT_FILE
from probes.browse.manifest import Entry, Manifest, came, sha256_of
from probes.browse.partial import Part
from probes.browse.resuming import Got, ResumingFetcher
from probes.browse.saved import FileProgress, FileSaved, FileStarted, SaveEmit, Want
from probes.browse.saving_origin import Came, KeepingOrigin
from probes.browse.tree import Tree
from probes.browse.vouching import Vouching
from probes.golang import dirhash, module, modzip, semver
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError, unwrap
from probes.golang.go_sum import GO_MOD_SUFFIX, GoSum
from probes.golang.gojson import RevInfo, decode_rev_info
from probes.golang.goproxy import Access, Hop, access, is_private
from probes.golang.protocol import Op
from probes.golang.quote import quote
from probes.sources.checksum_database import ChecksumMismatch, ChecksumMissing
from probes.sources.module_proxy import Ask, ProxyRepo, Repo
from probes.sources.programs import HOW_TO_AGREE, NotRun
from probes.trace.engine import Download, Engine
from probes.trace.events import Event, HopDecided, Purpose, RequestStarted, Verdict
from probes.trace.narrator import Narrator
from probes.trace.repositories import Repositories
from probes.trace.resolution import Resolver
from probes.trace.route import Route
from probes.trace.toolchains import TooNew
from probes.trace.walk import Walker

if TYPE_CHECKING:
    from probes.sources.direct import Origins

PROGRESS_S = 0.2
"""A file's progress is told at most this often; how far it was when nothing more came is told as well."""
FOUND = "found in the folder"


class Run(Protocol):
    """The run that a version is saved in, as its engine sees it."""

    emit: SaveEmit
    tree: Tree
    manifest: Manifest

    @property
    def environment(self) -> Environment:
        """The settings."""

    @property
    def go_sum(self) -> GoSum:
        """The hashes of the project."""

    @property
    def origins(self) -> Origins | None:
        """The way to a module's own repository; None where no program may be started."""

    def now(self) -> float:
        """Seconds since it began."""

    def note(self, name: str, entry: Entry, room: Path) -> None:
        """A file is in its place."""


class _KeepingRepo(ProxyRepo):
    """A proxy whose .info is kept as it came."""

    def __init__(self, hop: Hop, path: str, ask: Ask, fetcher: ResumingFetcher, kept: _Kept) -> None:
        assert hop.url is not None
        super().__init__(hop.url, path, ask)
        self._fetcher = fetcher
        self._kept = kept
        self._hop = hop

    def _decode(self, data: bytes, version: str) -> RevInfo:
        info = super()._decode(data, version)
        self._kept.infos[info.version] = data, self._hop.spec, self._fetcher.got
        return info

    async def go_mod(self, version: str) -> bytes:
        data = await super().go_mod(version)
        self._kept.mods[version] = data, self._hop.spec, self._fetcher.got
        return data


@dataclass(slots=True)
class _Kept:
    """What has come for one module, by version: the bytes, from whom, with which headers."""

    infos: dict[str, Came] = field(default_factory=dict)
    mods: dict[str, Came] = field(default_factory=dict)


class _KeepingRepositories(Repositories):
    """The repositories of one version that is saved."""

    def __init__(
        self,
        run: Run,
        want: Want,
        narrator: Narrator,
        walker: Walker,
        fetcher: ResumingFetcher,
        gate: Vouching,
    ) -> None:
        super().__init__(run.environment, narrator, walker)
        self._want = want
        self.checksums = gate  # type: ignore[assignment]
        self.kept = _Kept()
        self.met_direct = False
        self._run = run
        self._fetcher = fetcher
        self._gonoproxy = run.environment.get("GONOPROXY")
        self._teller = narrator

    async def _make(self, hop: Hop, path: str) -> Repo:
        allowed = access(hop, private=is_private(path, self._gonoproxy) is not None)
        if allowed is Access.DIRECT and not module.is_toolchain(path):
            return await self._origin(hop, path)
        if allowed is not Access.ASK:
            return await super()._make(hop, path)
        return _KeepingRepo(hop, path, self._teller.asker(hop), self._fetcher, self.kept)

    async def _origin(self, hop: Hop, path: str) -> Repo:
        """The module's own repository, where programs may be started."""
        origins = self._run.origins
        if origins is None:
            self.met_direct = True
            raise NotRun(f"{path} would be fetched from its own repository here; {HOW_TO_AGREE}")
        found = await origins.open(path, self._teller, self._check_go_line)

        def begins(version: str, op: Op) -> None:
            now, want = self._run.now(), self._want
            self._run.emit(FileStarted(now, want, version, op, hop.spec))

        kept = self.kept.infos, self.kept.mods
        return KeepingOrigin(found.repo, hop.spec, self._fetcher, kept, begins)

    def require_cacheable(self, version: str) -> None:
        """The version has a file name; the module cache itself is not used here."""
        if not semver.is_valid(version):
            raise GoError(f"non-semver module version {quote(version)}")
        if module.canonical_version(version) != version:
            raise GoError(f"non-canonical module version {quote(version)}")

    def zip_name(self, path: str, version: str) -> str:
        """Where the zip is going to be."""
        return str(self._run.tree.file(path, version, Op.ZIP))


class _Pace:
    """Tells how far a file is, not too often; where it has stopped is told in the end."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._size, self._told = 0, -1
        self._timer: asyncio.TimerHandle | None = None

    def moved(self, size: int) -> None:
        """So many bytes are there."""
        self._size = size
        if self._timer is None:
            self._next()

    def _next(self) -> None:
        """Tell it, and in a moment once more if it has moved by then."""
        self._timer = None
        if self._size != self._told:
            self._told = self._size
            self._tell(self._size)
            self._timer = asyncio.get_running_loop().call_later(PROGRESS_S, self._next)

    def end(self) -> None:
        """Nothing more will come."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            if self._size != self._told:
                self._told = self._size
                self._tell(self._size)


class SavingEngine(Engine):
    """The engine of a trace that keeps what it fetches."""

    def __init__(
        self, run: Run, want: Want, route: Route, fetcher: ResumingFetcher, gate: Vouching
    ) -> None:
        self._source = ""
        narrator = Narrator(self._hear, fetcher)
        super().__init__(run.environment, route, narrator)
        repositories = _KeepingRepositories(run, want, narrator, self._walker, fetcher, gate)
        self._repositories: _KeepingRepositories = repositories
        self._resolver = Resolver(route.path, repositories, self._walker)
        self._run_of = run
        self._want = want
        self._fetcher = fetcher
        self._gate = gate
        self._part: Part | None = None
        self._names = {hop.id: hop.spec for hop in route.hops}
        self._op: Op | None = None
        self._pace = _Pace(self._tell_progress)
        self.go_mod: bytes | None = None
        self.note = ""
        """What is to be told although all went well."""
        self._load_known()

    @property
    def needs_direct(self) -> bool:
        """Whether go would take it from its repository."""
        return self._repositories.met_direct

    @property
    def is_private(self) -> bool:
        """Whether no proxy may be asked about it."""
        return self._route.private is not None

    def close(self) -> None:
        """Let go of what was begun; it stays on the disk for the next time."""
        self._pace.end()
        if self._part is not None:
            self._part.close()
            self._part = None

    # -- what is there already -----------------------------------------------------------------------

    def _load_known(self) -> None:
        """What a run before has saved and vouched for is what the module cache is to go."""
        version = self._want.query
        if not semver.is_valid(version) or module.canonical_version(version) != version:
            return
        with suppress(GoError):
            info, mod = (self._read_known(version, op) for op in (Op.INFO, Op.MOD))
            disk = self._repositories.disk(self.path)
            if info is not None and mod is not None:
                disk.infos[version] = decode_rev_info(info)
                disk.mods[version] = mod

    def _read_known(self, version: str, op: Op) -> bytes | None:
        """A file as the manifest has it; None where anything about it is not as it was."""
        tree = self._run_of.tree
        entry = self._run_of.manifest.files.get(tree.name(self.path, version, op))
        handle = None if entry is None else tree.open(tree.file(self.path, version, op))
        if entry is None or handle is None:
            return None
        with os.fdopen(handle, "rb") as file:
            data = file.read(MAX_TEXT_FILE + 1)
            if len(data) != entry.size or sha256_of(file) != entry.sha256:
                return None
        if op is Op.MOD and not self._vouched(version + GO_MOD_SUFFIX, dirhash.go_mod_hash(data), entry):
            return None
        return data

    def _vouched(self, version: str, total: str, entry: Entry) -> bool:
        """Whether what vouched for a file then still does: go.sum may be another one today."""
        if entry.h1 != total:
            return False
        known = self._run_of.go_sum.hashes.get((self.path, version))
        if known:
            return total in known
        return entry.checked.startswith("vouched") or not self._gate.is_asked(self.path, version)

    # -- telling -------------------------------------------------------------------------------------

    def _hear(self, event: Event) -> None:
        match event:
            case RequestStarted():
                self._op = event.op
                source = self._names.get(-1 if event.hop is None else event.hop, "")
                if event.op in (Op.INFO, Op.MOD, Op.ZIP):
                    received = self._part.size if event.op is Op.ZIP and self._part is not None else 0
                    started = FileStarted(
                        self._run_of.now(), self._want, event.version, event.op, source, received
                    )
                    self._run_of.emit(started)
            case HopDecided(verdict=Verdict.SERVED):
                self._source = self._names.get(event.hop, "")
            case _:
                pass

    def _tell_progress(self, size: int) -> None:
        now, total = self._run_of.now(), self._fetcher.total
        self._run_of.emit(FileProgress(now, self._want, Op.ZIP, size, total))

    # -- the download --------------------------------------------------------------------------------

    async def _download(self, version: str, download: Download) -> None:
        """modcmd DownloadModule, into the folder."""
        await self._info(version)
        text = await self._go_mod(version)
        self._repositories.require_cacheable(version)
        download.go_mod_sum = dirhash.go_mod_hash(text)
        room = self._run_of.tree.make_room(self.path, version)
        self.go_mod = text
        self._save_text(room, version, Op.INFO, self._repositories.kept.infos.get(version), "")
        self._save_text(
            room, version, Op.MOD, self._repositories.kept.mods.get(version), download.go_mod_sum
        )
        if self._want.only_mod:
            return
        download.sum = await self._save_zip(room, version)

    async def _go_mod(self, version: str) -> bytes:
        """The go.mod; one of the folder that nobody vouches for is fetched anew."""
        text = await self._repositories.go_mod(self.path, version)
        if version in self._repositories.kept.mods:
            return text
        entry = self._run_of.manifest.files[self._run_of.tree.name(self.path, version, Op.MOD)]
        try:
            await self._vouch(version + GO_MOD_SUFFIX, dirhash.go_mod_hash(text), entry)
        except (GoError, Fatal):
            self._repositories.disk(self.path).mods.pop(version, None)
            text = await self._repositories.go_mod(self.path, version)
            if version not in self._repositories.kept.mods:
                raise
        return text

    def _save_text(self, room: Path, version: str, op: Op, what: Came | None, h1: str) -> None:
        tree, run = self._run_of.tree, self._run_of
        file = tree.file(self.path, version, op)
        name = tree.name(self.path, version, op)
        checked = self._gate.said.get((self.path, version + GO_MOD_SUFFIX), "") if op is Op.MOD else ""
        if what is None:
            entry = run.manifest.files[name]
            run.emit(
                FileSaved(run.now(), self._want, version, op, str(file), entry.size, entry.source, True,
                          h1=h1, checked=entry.checked)
            )  # fmt: skip
            return
        data, source, got = what
        tree.write(file, data)
        entry = came(len(data), _sha256(data), source, got, h1, checked)
        run.note(name, entry, room)
        run.emit(
            FileSaved(run.now(), self._want, version, op, str(file), len(data), source,
                      h1=h1, checked=checked)
        )  # fmt: skip

    async def _save_zip(self, room: Path, version: str) -> str:
        """Fetch the zip unless it is there, judge it, give it its name; returns its h1."""
        target = self._run_of.tree.file(self.path, version, Op.ZIP)
        total = await self._found_zip(room, version, target)
        if total is not None:
            return total
        self._part = part = await Part.begin(self._run_of.tree, target)
        part.on_write = self._pace.moved
        total = await self._found_zip(room, version, target)  # by whoever had the part before us
        if total is not None:
            return total
        await self._fetch(version, part)
        if part.was_resumed:
            try:
                total = await self._judge(version, part)
            except (GoError, Fatal):
                # Halves of two files, or a part that the disk has lost: once more from the beginning.
                part.empty()
                await self._fetch(version, part)
        try:
            total = await self._judge(version, part) if total is None else total
        except BaseException as error:
            if isinstance(error, GoError | Fatal):
                part.empty()
            raise
        self._pace.end()
        was_resumed, size = part.was_resumed, part.size
        with part.reader() as file:
            digest = await asyncio.to_thread(sha256_of, file)
        await asyncio.to_thread(part.put_in_place)
        got, run = self._fetcher.got, self._run_of
        checked = self._gate.said.get((self.path, version), "")
        entry = came(size, digest, self._source, got, total, checked)
        run.note(run.tree.name(self.path, version, Op.ZIP), entry, room)
        run.emit(
            FileSaved(run.now(), self._want, version, Op.ZIP, str(target), size, self._source,
                      was_resumed=was_resumed, h1=total, checked=checked)
        )  # fmt: skip
        return total

    async def _fetch(self, version: str, part: Part) -> None:
        await self._walker.walk(
            Purpose.ZIP,
            version,
            lambda hop: self._repositories.lookup(hop, self.path).zip(version, part.sink()),
        )

    async def _judge(self, version: str, part: Part) -> str:
        with part.reader() as file:
            return await self._judge_file(version, file)

    async def _judge_file(self, version: str, file: BinaryIO, known: Entry | None = None) -> str:
        """Everything that go checks of a zip, in its order; the h1."""
        size = file.seek(0, os.SEEK_END)

        def look() -> str:
            modzip.check_download(self.path, version, file, size)
            return modzip.hash_zip(file, size)

        total = await asyncio.to_thread(look)
        await self._vouch(version, total, known)
        try:
            await asyncio.to_thread(self._unzip, version, file)
        except TooNew as error:
            self.note = str(error)
        return total

    async def _vouch(self, version: str, total: str, known: Entry | None) -> None:
        """The gate, for a file of the folder as well, as go has it for its module cache.

        Only where nobody can be asked now is the manifest believed that somebody has vouched. Raises GoError
        and Fatal.
        """
        try:
            await self._gate.check(self.path, version, total)
        except GoError as error:
            told = unwrap(error, ChecksumMismatch) or unwrap(error, ChecksumMissing)
            if told or known is None or known.h1 != total or not known.checked.startswith("vouched"):
                raise
            self._gate.said[self.path, version] = known.checked

    async def _found_zip(self, room: Path, version: str, target: Path) -> str | None:
        """The h1 of a zip that is in its place already, and as good as one that has just come."""
        handle = self._run_of.tree.open(target)
        if handle is None:
            return None
        run, name = self._run_of, self._run_of.tree.name(self.path, version, Op.ZIP)
        known = run.manifest.files.get(name)
        with os.fdopen(handle, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > modzip.MAX_ZIP_FILE:
                return None
            digest = await asyncio.to_thread(sha256_of, file)
            is_known = known is not None and (known.size, known.sha256) == (size, digest)
            if known is None or not is_known or not self._vouched(version, known.h1, known):
                known = None
            try:
                # Anybody may have written the manifest: what it says of a file is no reason not to look.
                total = await self._judge_file(version, file, known)
            except (GoError, Fatal):
                return None
        checked = known.checked if known else self._gate.said.get((self.path, version), "")
        source = known.source if known else FOUND
        if known is None:
            run.note(name, came(size, digest, FOUND, Got(), total, checked), room)
        run.emit(
            FileSaved(run.now(), self._want, version, Op.ZIP, str(target), size, source, True,
                      h1=total, checked=checked)
        )  # fmt: skip
        return total


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
