"""Asking everybody who may have the hashes of a version: proxies, module cache, go.sum, checksum database.

The law of the trace holds here too. A path that GONOPROXY matches is told to nobody, not even to the
database; a proxy that go would not come to is asked only with ``ask_all``; and the database is asked as go
asks it, by the way that GOSUMDB says and with every proof (probes.trace.checksums). Of a proxy the go.mod is
asked for, and the zip only with ``zips``. A zip goes into a file without a name, which the system takes back
however this ends, and is hashed from there beside the loop.

What a proxy sends is judged as go judges a download: cmd/go/internal/modfetch/fetch.go downloadZip, unzip;
and a go.mod as cmd/go/internal/modload/modfile.go goModSummary does, for no download looks into it.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO, cast

from probes.browse.differing import differences
from probes.browse.judged import judge_zip, refused_go_mod
from probes.browse.project import project_folder
from probes.browse.proxies import (
    AtProxy,
    at_proxy,
    authorization_of,
    file_name,
    go_words,
    patient,
    proxies_of,
    unusable,
)
from probes.browse.votes import (
    NOT_COME,
    ON_REQUEST,
    Quorum,
    QuorumEmit,
    QuorumEvent,
    QuorumFinished,
    QuorumStarted,
    Voter,
    VoterAnswered,
    VoterAsked,
    VoterKind,
    VoterProgress,
    VoterSkipped,
    What,
)
from probes.golang import module, modzip
from probes.golang.dirhash import go_mod_hash
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.go_sum import GO_MOD_SUFFIX, MOST_BYTES, recorded
from probes.golang.goproxy import Access, ErrorRanking, Hop
from probes.golang.os_errors import errno_words
from probes.golang.protocol import Op
from probes.golang.redact import redact
from probes.net.limits import Limits
from probes.share.state import read_regular
from probes.sources.fetcher import Fetcher
from probes.trace.checksums import ChecksumGate
from probes.trace.events import BodyProgress, Event, RequestFinished
from probes.trace.narrator import Narrator
from probes.trace.route import Route
from probes.trace.run import new_client
from probes.trace.walk import Walker

AT_ONCE = 4
"""Proxies that are asked at the same time."""
MAX_ZIP_HASH = 1 << 10


async def quorum(
    environment: Environment,
    path: str,
    version: str,
    emit: QuorumEmit,
    *,
    zips: bool = False,
    ask_all: bool = False,
    limits: Limits | None = None,
) -> None:
    """Ask everybody for the hashes of one exact version.

    The last event is QuorumFinished, also when the task is cancelled. Raises nothing for what networks,
    servers, settings or the disk do.
    """
    asking = _Asking(environment, path, version, emit, limits or Limits())
    cancelled = True
    try:
        await asking.run(zips=zips, ask_all=ask_all)
        cancelled = False
    finally:
        asking.give_up()
        emit(QuorumFinished(asking.now(), cancelled=cancelled))


def refused_version(path: str, version: str) -> str | None:
    """Why nobody can be asked about this version, in go's words; None where everybody can."""
    try:
        module.check(path, version)
    except GoError as error:
        return str(error)
    canonical = module.canonical_version(version)
    return None if canonical == version else f"{version} is not a canonical version"


@dataclass(slots=True)
class _Place:
    """A proxy while it is asked: its client, and what was sent since the last question."""

    at: AtProxy
    requests: list[RequestFinished] = field(default_factory=list)

    def taken(self) -> tuple[RequestFinished, ...]:
        """The requests of the last question."""
        requests = tuple(self.requests)
        self.requests.clear()
        return requests


class _Asking:
    """One run."""

    def __init__(
        self, environment: Environment, path: str, version: str, emit: QuorumEmit, limits: Limits
    ) -> None:
        self._environment = environment
        self._path, self._version = path, version
        self._emit = emit
        self._limits = limits
        self._began = monotonic()
        self._told = Quorum()
        self._places: dict[int, _Place] = {}
        self._stack = AsyncExitStack()
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._contents: dict[int, dict[str, tuple[int, str]]] = {}
        self._go_mods: dict[int, bytes] = {}
        self._is_over = threading.Event()

    def now(self) -> float:
        """Seconds since the beginning."""
        return monotonic() - self._began

    def give_up(self) -> None:
        """Hash no further what is being hashed."""
        self._is_over.set()

    def _tell(self, event: QuorumEvent) -> None:
        self._told.apply(event)
        self._emit(event)

    async def run(self, *, zips: bool, ask_all: bool) -> None:
        route, columns = proxies_of(self._environment, self._path)
        voters = [
            Voter(column.id, VoterKind.PROXY, f"proxy {column.index + 1} ({column.name})", column.spec)
            for column, _ in columns
        ]
        local = local_voters(self._environment, self._path, self._version, len(voters))
        name = "the checksum database" if route.checksum in ("off", "private") else route.checksum
        gosumdb = redact(self._environment.get("GOSUMDB"))
        database = Voter(len(voters) + len(local), VoterKind.DATABASE, name, gosumdb)
        error = unusable(route) or refused_version(self._path, self._version)
        private = None if route.private is None else route.private.pattern
        everybody = (*voters, *local, database)
        self._tell(QuorumStarted(self.now(), self._path, self._version, everybody, private, error))
        if error is not None:
            self._skip(everybody, What, error)
            return
        hops = {voter.id: hop for voter, (_, hop) in zip(voters, columns, strict=True)}
        async with self._stack, asyncio.TaskGroup() as group:
            for voter in local:
                group.create_task(self._look_here(voter))
            if private is not None:
                because = f"the path is private: {private} of GONOPROXY matches it"
                self._skip((*voters, database), What, because)
                return
            group.create_task(self._ask_database(database, route))
            if not zips:
                self._skip(voters, (What.ZIP,), ON_REQUEST)
            whats = tuple(What) if zips else (What.GO_MOD,)
            if ask_all:
                for voter in voters:
                    group.create_task(self._ask_both(voter, hops[voter.id], whats))
            else:
                group.create_task(self._walk_both(route, voters, hops, whats))
        prefix = f"{self._path}@{self._version}/"
        for one in differences(self._told, self._contents, self._go_mods, prefix, self.now()):
            self._tell(one)

    def _skip(self, voters: Iterable[Voter], whats: Iterable[What], because: str) -> None:
        for voter in voters:
            for what in whats:
                self._tell(VoterSkipped(self.now(), voter.id, what, because))

    # -- proxies -------------------------------------------------------------------------------------

    async def _walk_both(
        self, route: Route, voters: list[Voter], hops: dict[int, Hop], whats: tuple[What, ...]
    ) -> None:
        """Each file walks the list again from its beginning, as in go."""
        by_hop = {hops[voter.id].id: voter for voter in voters}
        living = {hop.id for hop in route.hops}
        dead = [voter for voter in voters if hops[voter.id].id not in living]
        for what in whats:
            ranking, because = ErrorRanking(), ""
            for hop in route.hops:
                voter = by_hop.get(hop.id)
                if route.access(hop) is not Access.ASK or voter is None:
                    continue
                if because:
                    self._skip((voter,), (what,), because)
                    continue
                failure = await self._ask(voter, hop, what)
                if failure is None:
                    because = f"{hop.name} has answered, {NOT_COME}"
                elif not ranking.add(hop, failure):
                    because = f'{hop.name} has failed, and "," lets go come here only after 404 or 410'
            self._skip(dead, (what,), "it stands behind direct or off, where go never looks")

    async def _ask_both(self, voter: Voter, hop: Hop, whats: tuple[What, ...]) -> None:
        async with self._gate:
            for what in whats:
                await self._ask(voter, hop, what)

    async def _place(self, voter: Voter, hop: Hop) -> _Place:
        """The one client for a proxy."""
        if voter.id not in self._places:
            requests: list[RequestFinished] = []

            def said(event: Event) -> None:
                if isinstance(event, RequestFinished):
                    requests.append(event)
                elif isinstance(event, BodyProgress):
                    self._tell(VoterProgress(self.now(), voter.id, event.received, event.total))

            at = at_proxy(self._environment, self._path, hop, self._limits, said)
            self._places[voter.id] = _Place(await self._stack.enter_async_context(at), requests)
        return self._places[voter.id]

    async def _ask(self, voter: Voter, hop: Hop, what: What) -> GoError | None:
        """Ask one proxy for one file; the error that go would meet in its walk, if any."""
        self._tell(VoterAsked(self.now(), voter.id, what))
        place = await self._place(voter, hop)
        try:
            if what is What.GO_MOD:
                answer = self._judged_go_mod(voter, await patient(place.at.repo.go_mod(self._version)))
            else:
                answer = await self._fetched_zip(voter, place)
        except GoError as error:
            answer = self._answer(voter, what, error=go_words(error), missing=error.not_exist)
            failure: GoError | None = error
        except OSError as error:
            answer = self._answer(voter, what, error=f"no place for the zip: {errno_words(error)}")
            failure = None
        else:
            failure = None
        self._finish(answer, place.taken())
        return failure

    def _answer(self, voter: Voter, what: What, **fields: Any) -> VoterAnswered:
        return VoterAnswered(self.now(), voter.id, what, **fields)

    def _finish(self, answer: VoterAnswered, requests: tuple[RequestFinished, ...]) -> None:
        self._tell(replace(answer, at=self.now(), requests=requests))

    def _judged_go_mod(self, voter: Voter, data: bytes) -> VoterAnswered:
        error = refused_go_mod(self._path, self._version, data)
        self._go_mods[voter.id] = data
        return self._answer(
            voter, What.GO_MOD, sums=(go_mod_hash(data),), error=error, refused=error is not None,
            bytes=len(data),
        )  # fmt: skip

    async def _fetched_zip(self, voter: Voter, place: _Place) -> VoterAnswered:
        file = cast(BinaryIO, tempfile.TemporaryFile(prefix="modtrace-"))  # noqa: SIM115
        try:
            await patient(place.at.repo.zip(self._version, file))
        except BaseException:
            file.close()
            raise
        return await asyncio.to_thread(self._judged_zip, voter, file)

    def _judged_zip(self, voter: Voter, file: BinaryIO) -> VoterAnswered:
        """What go says of a zip; runs beside the loop, and closes the file, waited for or not."""
        with file:
            size = file.seek(0, os.SEEK_END)
            judged = judge_zip(
                self._environment, self._path, self._version, file, size, lambda: not self._is_over.is_set()
            )
        if judged.hash is not None:
            self._contents[voter.id] = judged.hash.contents
        return self._answer(
            voter, What.ZIP,
            sums=() if judged.hash is None else (judged.hash.sum,),
            error=judged.error, refused=judged.error is not None, bytes=size,
            files=None if judged.hash is None else judged.hash.files,
        )  # fmt: skip

    # -- everybody else ------------------------------------------------------------------------------

    async def _look_here(self, voter: Voter) -> None:
        """The module cache and go.sum: files of this machine, read beside the loop."""
        for what in What:
            if voter.kind is VoterKind.ZIP_HASH and what is What.GO_MOD:
                continue
            self._tell(VoterAsked(self.now(), voter.id, what))
            self._tell(await asyncio.to_thread(self._read_here, voter, what))

    def _read_here(self, voter: Voter, what: What) -> VoterAnswered:
        suffix = GO_MOD_SUFFIX if what is What.GO_MOD else ""
        try:
            if voter.kind is VoterKind.GO_SUM:
                data = read_regular(Path(voter.spec), MOST_BYTES)
                sums = tuple(
                    one
                    for one in recorded(data, voter.spec, self._path, self._version + suffix)
                    if one.startswith("h1:")
                )
                return self._answer(voter, what, sums=sums, missing=not sums)
            if voter.kind is VoterKind.ZIP_HASH:
                text = read_regular(Path(voter.spec), MAX_ZIP_HASH).decode("utf-8", "replace").strip()
                return self._answer(voter, what, sums=(text,) if text else (), missing=not text)
            file = Path(voter.spec)
            if what is What.GO_MOD:
                return self._judged_go_mod(voter, read_regular(file.with_suffix(".mod"), modzip.MAX_GO_MOD))
            # Opening a FIFO or a device would wait for ever.
            if not file.is_file():
                raise FileNotFoundError(2, os.strerror(2))
            return self._judged_zip(voter, file.open("rb"))
        except FileNotFoundError:
            return self._answer(voter, what, missing=True)
        except OSError as error:
            return self._answer(voter, what, error=f"{voter.spec}: {errno_words(error)}")
        except GoError as error:
            return self._answer(voter, what, error=go_words(error))

    async def _ask_database(self, voter: Voter, route: Route) -> None:
        """The checksum database, by the way that go finds it."""
        requests: list[RequestFinished] = []

        def said(event: Event) -> None:
            if isinstance(event, RequestFinished):
                requests.append(event)

        credentials = authorization_of(self._environment)
        client = new_client(self._environment, self._limits, authorization=credentials)
        self._stack.push_async_callback(client.aclose)
        narrator = Narrator(said, Fetcher(client, self._limits))
        gate = ChecksumGate(self._environment, narrator, Walker(route, narrator))
        because = gate.not_asked(self._path, self._version)
        if because:
            self._skip((voter,), What, f"go would not ask it: {because}")
            return
        await client.warm_up(tls=True)
        for what in What:
            self._tell(VoterAsked(self.now(), voter.id, what))
            suffix = GO_MOD_SUFFIX if what is What.GO_MOD else ""
            try:
                sums = tuple(await patient(gate.recorded(self._path, self._version + suffix)))
                # Of other algorithms go takes no notice, and of a second hash it never hears.
                sums = tuple(one for one in sums if one.startswith("h1:"))[:1]
                answer = self._answer(voter, what, sums=sums, missing=not sums)
            except GoError as error:
                answer = self._answer(voter, what, error=go_words(error))
            self._finish(answer, tuple(requests))


# -- who there is ------------------------------------------------------------------------------------


def local_voters(environment: Environment, path: str, version: str, first_id: int) -> tuple[Voter, ...]:
    """The module cache and the go.sum of the project around the working directory, where there are any."""
    found: list[tuple[VoterKind, str]] = []
    cache = environment.get("GOMODCACHE")
    if cache.startswith("/") and refused_version(path, version) is None:
        zipped = file_name(path, version, Op.ZIP, Path(cache, "cache", "download"))
        found += [(VoterKind.CACHE, str(zipped)), (VoterKind.ZIP_HASH, f"{zipped}hash")]
    folder = environment.facts.working_directory
    if folder and environment.get("GO111MODULE") != "off":
        root = project_folder(folder)
        if root is not None:
            found.append((VoterKind.GO_SUM, str(root / "go.sum")))
    names = {
        VoterKind.CACHE: "the module cache",
        VoterKind.ZIP_HASH: "its ziphash",
        VoterKind.GO_SUM: "go.sum",
    }
    return tuple(
        Voter(number, kind, names[kind], spec) for number, (kind, spec) in enumerate(found, first_id)
    )
