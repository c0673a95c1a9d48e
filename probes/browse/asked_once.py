"""One module at one place, for the time of one run of the browser: nothing is asked twice.

The columns and the choices of go ask the same things (`@v/list`, `@latest`); so does every walk of the
GOPROXY list that go makes. An answer is kept, an error too, and a silence as well: nobody waits for it twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import BinaryIO, TypeVar, cast

from probes.browse.proxies import AtProxy, at_proxy
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.golang.gojson import RevInfo
from probes.golang.goproxy import Hop
from probes.net.limits import Limits, Stalled
from probes.sources.direct import Direct, direct_repository
from probes.sources.module_proxy import ProxyRepo, Repo
from probes.sources.programs import NotRun
from probes.sources.remembered import Memory
from probes.trace.events import Event, RequestFinished

T = TypeVar("T")

UNTOLD = (Stalled, NotRun)
"""What leaves open what go would see."""


class AskedOnce:
    """A Repo (probes.sources.module_proxy) whose place is opened when something is asked of it."""

    def __init__(self, open_place: Callable[[], Awaitable[Repo]]) -> None:
        self._open_place = open_place
        self._answers: dict[tuple[str, str], object] = {}
        self.was_asked = False

    async def _once(self, what: str, version: str, ask: Callable[[Repo], Awaitable[T]]) -> T:
        key = what, version
        self.was_asked = True
        if key not in self._answers:
            try:
                self._answers[key] = await ask(await self._open_place())
            except (GoError, Fatal, *UNTOLD) as error:
                self._answers[key] = error
        answer = self._answers[key]
        if isinstance(answer, Exception):
            raise answer.with_traceback(None)
        return cast(T, answer)

    async def versions(self, prefix: str) -> list[str]:
        """The listed versions with this prefix; the list is the same for each of them."""
        listed = await self._once("list", "", lambda place: place.versions(""))
        return [version for version in listed if version.startswith(prefix)] if prefix else listed

    async def latest(self) -> RevInfo:
        """What it says is the latest."""
        return await self._once("latest", "", lambda place: place.latest())

    async def stat(self, revision: str) -> RevInfo:
        """What it says of a version or revision."""
        return await self._once("info", revision, lambda place: place.stat(revision))

    async def go_mod(self, version: str) -> bytes:
        """The go.mod of a version."""
        return await self._once("mod", version, lambda place: place.go_mod(version))

    def known(self, version: str) -> RevInfo | None:
        """What it has said of a version; None where it was not asked, or does not have it."""
        answer = self._answers.get(("info", version))
        return answer if isinstance(answer, RevInfo) else None

    async def zip(self, version: str, sink: BinaryIO) -> None:
        """No zip is fetched by looking."""
        raise NotImplementedError


class ProxyOnce(AskedOnce):
    """A proxy; its connections are closed with the stack that it is given."""

    def __init__(
        self,
        environment: Environment,
        path: str,
        hop: Hop,
        limits: Limits,
        memory: Memory | None,
        stack: AsyncExitStack,
    ) -> None:
        super().__init__(self._repo)
        self.requests: list[RequestFinished] = []
        """What was asked so far."""

        async def open_proxy() -> AtProxy:
            return await stack.enter_async_context(
                at_proxy(environment, path, hop, limits, self._hear, memory)
            )

        self._open = open_proxy
        self._at: AtProxy | None = None
        self._opening = asyncio.Lock()

    def _hear(self, event: Event) -> None:
        if isinstance(event, RequestFinished):
            self.requests.append(event)

    async def _proxy(self) -> AtProxy:
        async with self._opening:
            if self._at is None:
                self._at = await self._open()
        return self._at

    async def _repo(self) -> ProxyRepo:
        return (await self._proxy()).repo

    async def stat_in_its_cache(self, revision: str) -> RevInfo:
        """As stat, but it is asked to fetch nothing for it."""
        if ("info", revision) in self._answers:
            return await self.stat(revision)
        undemanding = (await self._proxy()).undemanding
        return await self._once("held", revision, lambda _: undemanding.stat(revision))


class DirectOnce(AskedOnce):
    """The module's own repository, as go finds it; what was opened for it is gone with the stack."""

    def __init__(
        self, environment: Environment, path: str, limits: Limits, stack: AsyncExitStack, *, run: bool
    ) -> None:
        """Without ``run`` no program is started: what is asked of it then raises HeldBack."""
        super().__init__(self._repo)

        async def open_origin() -> Direct:
            return await stack.enter_async_context(direct_repository(environment, path, limits, run=run))

        self._open = open_origin
        self._found: Direct | Exception | None = None

    async def _repo(self) -> Repo:
        if self._found is None:
            try:
                self._found = await self._open()
            except (GoError, Fatal, *UNTOLD) as error:
                self._found = error
        if isinstance(self._found, Exception):
            raise self._found.with_traceback(None)
        return self._found.repo
