"""Asking the checksum database and the proxies about every line of a go.sum.

Nobody is told a path that go would not tell: what GONOPROXY matches is asked of nobody, and what GONOSUMDB
matches not of the database (probes.browse.quorum has the same law). The database is asked as go asks it, with
every proof, by one client for all lines: the tiles of its tree are fetched once. Of a proxy the go.mod is
asked for, in go's walk through the list; where the database has another hash than go.sum, of all proxies that
stand before direct and off. Zips are large: they are fetched only with ``zips``, and hashed from temporary
files.

Source: cmd/go/internal/modfetch/sumdb.go useSumDB, lookupSumDB; proxy.go TryProxies; cache.go GoMod.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from probes.browse.judged import judge_zip
from probes.browse.proxies import AtProxy, at_proxy, authorization_of, go_words, patient, proxies_of
from probes.browse.quorum import refused_version
from probes.browse.votes import VoterKind
from probes.golang.dirhash import go_mod_hash
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.go_sum import GO_MOD_SUFFIX
from probes.golang.goproxy import Access, ErrorRanking, Hop
from probes.net.limits import Limits
from probes.sources.checksum_database import NotRead
from probes.sources.fetcher import Fetcher
from probes.sources.module_proxy import ProxyRepo
from probes.sums.sum_lines import Key
from probes.sums.witnesses import Witness
from probes.trace.checksums import ChecksumGate
from probes.trace.events import Event
from probes.trace.narrator import Narrator
from probes.trace.route import plan
from probes.trace.run import new_client
from probes.trace.walk import Walker
from probes.trace.zips import spool

AT_ONCE = 8
"""Versions that are asked about at the same time."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One version is through."""

    path: str
    version: str
    done: int
    total: int
    witnesses: tuple[tuple[Key, Witness], ...] = ()
    not_asked: str = ""
    """Why nobody, or not the database, was told of it."""


Tell = Callable[[Asked], None]
Hashes = Mapping[Key, list[str]]
"""What go.sum has."""


async def ask_about(
    environment: Environment, hashes: Hashes, tell: Tell, *, limits: Limits, zips: bool = False
) -> None:
    """Ask about all of these hashes; ``tell`` hears of each version. Raises nothing for what servers do."""
    async with AsyncExitStack() as stack:
        await _Asking(environment, hashes, tell, limits, stack, zips=zips).run()


class _Asking:
    """One run."""

    def __init__(
        self,
        environment: Environment,
        hashes: Hashes,
        tell: Tell,
        limits: Limits,
        stack: AsyncExitStack,
        *,
        zips: bool,
    ) -> None:
        self._zips = zips
        self._environment = environment
        self._hashes = hashes
        self._tell = tell
        self._limits = limits
        self._stack = stack
        self._versions: dict[Key, set[Key]] = {}
        for path, version in hashes:
            self._versions.setdefault((path, version.removesuffix(GO_MOD_SUFFIX)), set()).add((path, version))
        self._done = 0
        self._room = asyncio.Semaphore(AT_ONCE)
        self._gate: ChecksumGate | None = None
        self._opening: asyncio.Lock = asyncio.Lock()
        self._proxies: dict[str, AtProxy] = {}

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for version, keys in self._versions.items():
                group.create_task(self._ask(version, sorted(keys)))

    async def _ask(self, version: Key, keys: list[Key]) -> None:
        async with self._room:
            found, because = await self._about(version, keys)
            self._done += 1
            self._tell(Asked(*version, self._done, len(self._versions), tuple(found), because))

    async def _about(self, version: Key, keys: list[Key]) -> tuple[list[tuple[Key, Witness]], str]:
        path, number = version
        route = plan(self._environment, path, number)
        if (refused := refused_version(path, number)) is not None:
            return [], refused
        if route.private is not None:
            return [], f"the path is private: {route.private.pattern} of GONOPROXY matches it"
        found, because = await self._of_database(version, keys)
        is_disputed = any(one.sum and one.sum not in self._hashes[key] for key, one in found)
        for key in keys:
            if key[1].endswith(GO_MOD_SUFFIX) or self._zips:
                said = await self._of_proxies(key, ask_all=is_disputed)
                found += [(key, one) for one in said]
        return found, because

    # -- the database --------------------------------------------------------------------------------

    async def _of_database(self, version: Key, keys: list[Key]) -> tuple[list[tuple[Key, Witness]], str]:
        gate = await self._database()
        because = gate.not_asked(*version)
        if because:
            return [], f"go would not ask the checksum database: {because}"
        name = gate.database or "the checksum database"
        found: list[tuple[Key, Witness]] = []
        for key in keys:
            try:
                sums = [one for one in await patient(gate.recorded(*key)) if one.startswith("h1:")]
                witness = Witness(VoterKind.DATABASE, name, sums[0] if sums else "", missing=not sums)
            except GoError as error:
                words = go_words(error) or ""
                witness = Witness(VoterKind.DATABASE, name, error=words, missing=_does_not_know(error))
            found.append((key, witness))
        return found, ""

    async def _database(self) -> ChecksumGate:
        """The one client of the database: its tiles and its head are kept for all lines."""
        async with self._opening:
            if self._gate is None:
                credentials = authorization_of(self._environment)
                client = new_client(self._environment, self._limits, authorization=credentials)
                self._stack.push_async_callback(client.aclose)
                narrator = Narrator(_nobody, Fetcher(client, self._limits))
                walker = Walker(plan(self._environment, "", "latest"), narrator)
                self._gate = ChecksumGate(self._environment, narrator, walker)
                await client.warm_up(tls=True)
            return self._gate

    # -- the proxies ---------------------------------------------------------------------------------

    async def _of_proxies(self, key: Key, *, ask_all: bool) -> list[Witness]:
        """The zip or the go.mod of a version, in go's walk: up to the first that has it, or of all."""
        path, version = key
        route, columns = proxies_of(self._environment, path)
        if route.error is not None:
            return []
        names = {hop.id: f"proxy {column.index + 1} ({column.name})" for column, hop in columns}
        said: list[Witness] = []
        ranking = ErrorRanking()
        for hop in route.hops:
            if route.access(hop) is not Access.ASK or hop.id not in names:
                continue
            try:
                total = await self._hash(await self._repo(path, hop), path, version)
            except GoError as error:
                words = go_words(error) or ""
                said.append(Witness(VoterKind.PROXY, names[hop.id], error=words, missing=error.not_exist))
                if not ranking.add(hop, error) and not ask_all:
                    break
            else:
                said.append(Witness(VoterKind.PROXY, names[hop.id], total))
                if not ask_all:
                    break
        return said

    async def _hash(self, repo: ProxyRepo, path: str, version: str) -> str:
        """What a proxy sends, hashed; a zip that go refuses has the hash that go would have come to first."""
        if version.endswith(GO_MOD_SUFFIX):
            return go_mod_hash(await patient(repo.go_mod(version.removesuffix(GO_MOD_SUFFIX))))
        with spool() as file:
            await patient(repo.zip(version, file))
            size = file.seek(0, os.SEEK_END)
            judged = await asyncio.to_thread(judge_zip, self._environment, path, version, file, size)
        if judged.hash is None:
            raise GoError(judged.error or "")
        return judged.hash.sum

    async def _repo(self, path: str, hop: Hop) -> ProxyRepo:
        """The proxy's place for a path; one client for all paths."""
        async with self._opening:
            if hop.spec not in self._proxies:
                opened = at_proxy(self._environment, path, hop, self._limits, _nobody)
                self._proxies[hop.spec] = await self._stack.enter_async_context(opened)
        assert hop.url is not None
        return ProxyRepo(hop.url, path, self._proxies[hop.spec].narrator.asker(hop))


def _does_not_know(error: BaseException | None) -> bool:
    """Of the database: it answered, and has no record of the version."""
    while error is not None:
        if isinstance(error, NotRead):
            return error.not_exist and error.path.startswith("/lookup/")
        error = error.__cause__
    return False


def _nobody(event: Event) -> None:
    """What is requested is not told one by one."""
