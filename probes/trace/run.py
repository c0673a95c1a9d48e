"""One trace from beginning to end: plan, engine, events. The engine's only door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from probes.diagnosis.findings import Finding
from probes.golang import mode
from probes.golang.credential_use import CredentialUse
from probes.golang.environment import Environment
from probes.golang.errors import Fatal, GoError
from probes.net.authorizing import Authorizer
from probes.net.http import HTTPClient
from probes.net.limits import Limits, Stalled
from probes.project.project import Project
from probes.sources.credentials import credentials_of
from probes.sources.fetcher import Fetcher
from probes.sources.origin_teller import OriginTeller
from probes.sources.programs import NotRun, Programs, Unwatched
from probes.sources.remembered import Memory, RememberingFetcher
from probes.trace.engine import Download, Engine
from probes.trace.events import (
    Bend,
    Emit,
    Outcome,
    SettingView,
    TraceFinished,
    TraceStarted,
    Turning,
    TurningTaken,
)
from probes.trace.narrator import Narrator, words_told
from probes.trace.route import Route, plan
from probes.trace.starting import Started, Starter

if TYPE_CHECKING:
    from probes.sources.direct import OpenOrigins, Origins

NETWORK_VARIABLES = (
    "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "GODEBUG",
)  # fmt: skip
DECIDING_VARIABLES = (
    "GOPROXY", "GONOPROXY", "GOPRIVATE", "GOSUMDB", "GONOSUMDB", "GOINSECURE", "GOFLAGS", "GO111MODULE",
    "GOTOOLCHAIN", "GOENV", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "GODEBUG", "GOAUTH", "NETRC", "GOVCS",
)  # fmt: skip
"""The variables that a trace shows beside its route."""


async def trace(
    environment: Environment,
    path: str,
    query: str,
    emit: Emit,
    *,
    limits: Limits | None = None,
    findings: Sequence[Finding] = (),
    memory: Memory | None = None,
    project: Project | None = None,
    warm: bool = False,
    run: bool = False,
) -> None:
    """Trace PATH@QUERY as `go mod download -json` would fetch it with a cold module cache.

    Every step goes to ``emit``; the last event is TraceFinished, also when the task is cancelled (the
    cancellation then goes on). Raises nothing for what networks, servers or settings do. What ``memory``
    knows is not asked for again. ``project`` is what go finds around its working directory (load_project),
    None outside of any module; with ``warm`` the module cache of this machine answers what it would answer;
    with ``run`` the programs are started that go would start (git, ssh, a GOAUTH command).
    """
    limits = limits or Limits()
    route = plan(environment, path, query)
    way_out = WayOut(environment, limits, run=run, warm=warm)
    await way_out.client.warm_up(tls=route.uses_tls)
    narrator = Narrator(emit, way_out.fetcher(memory))
    way_out.tell(narrator)
    credentials = way_out.credentials
    narrator.emit_now(
        TraceStarted, path=path, query=query, route=route.view(), findings=tuple(findings),
        go_version=environment.go_version, settings=tuple(_setting_views(environment)),
        project="" if project is None or project.file is None else str(project.file), warm=warm, run=run,
    )  # fmt: skip
    try:
        starter = Starter(environment, route, narrator, warm=warm, origins=way_out.origins)
        started = await starter.start(project, lambda project: _refused(path, query, project))
        download = started.download
        if download is not None and download.error is not None and not started.is_told:
            _tell_stop(narrator, path, query, download, started.project)
        if download is None:
            download = await _run(started, route, narrator, way_out.origins, warm=warm)
        if download.outcome is Outcome.FAILS and credentials.doubt and way_out.client.refused_over_https:
            download.outcome, download.detail = Outcome.UNKNOWN, credentials.doubt
    except asyncio.CancelledError:
        way_out.tell(None)
        narrator.emit_now(
            TraceFinished, outcome=Outcome.CANCELLED, version=None, sum=None, go_mod_sum=None, error=None
        )
        raise
    else:
        await way_out.aclose()  # what is still done beside the requests is told before the end
        if download.outcome is Outcome.OK and not warm:
            _tell_cached(environment, narrator, path, download.version or "")
        _tell_end(narrator, download, started)
    finally:
        await way_out.aclose()


def _tell_end(narrator: Narrator, download: Download, started: Started) -> None:
    narrator.emit_now(
        TraceFinished,
        outcome=download.outcome,
        version=download.version,
        sum=download.sum,
        go_mod_sum=download.go_mod_sum,
        error=None if download.error is None else words_told(download.error),
        failed_walk=download.failed_walk,
        rule=download.rule,
        detail=words_told(download.detail),
        toolchain=download.toolchain or started.toolchain,
    )


class WayOut:
    """All by which one go command reaches others: its clients, its credentials, its programs."""

    def __init__(self, environment: Environment, limits: Limits, *, run: bool, warm: bool = False) -> None:
        """``run``: whether programs may be started; ``warm``: go would find its module cache as it is."""
        self._limits = limits
        self._narrator: Narrator | None = None
        self.programs = Programs(environment.process, seconds=limits.run_s, allowed=run)
        self.credentials = credentials_of(environment, self.programs, self._tell)
        self.client = new_client(environment, limits, authorization=self.credentials)
        self._environment = environment
        self._run = run
        self._warm = warm
        self._origins: Origins | None = None

    def origins(self) -> Origins:
        """Direct mode, which is loaded when a route first comes to it."""
        if self._origins is None:
            from probes.sources.direct import Origins, network_of

            network = network_of(self._environment, self._limits, self.credentials, self.client)
            self._origins = Origins(
                self._environment, network, allowed=self._run, before_opening=self._look_at_credentials,
                run_s=self._limits.run_s, warm=self._warm,
            )  # fmt: skip
        return self._origins

    def fetcher(self, memory: Memory | None) -> Fetcher:
        """What makes the requests; what ``memory`` knows is not asked for."""
        if memory is None:
            return Fetcher(self.client, self._limits)
        memory.begin()
        return RememberingFetcher(self.client, self._limits, memory)

    def tell(self, narrator: Narrator | None) -> None:
        """Who is told of credentials and of the programs that know them."""
        self._narrator = narrator
        self.programs.witness = narrator or Unwatched()

    async def _look_at_credentials(self, url: str, teller: OriginTeller) -> None:
        """Tell which credentials git and ssh would use for a repository; what cannot be read is not told."""
        from probes.auth.uses import uses_for

        with suppress(GoError, Fatal, NotRun, Stalled, OSError, ValueError):
            uses = await uses_for(url, self.programs, self._environment)
            if self._narrator is not None and isinstance(teller, Narrator):
                teller.credentials(uses)

    def _tell(self, uses: list[CredentialUse]) -> None:
        if self._narrator is not None:
            self._narrator.credentials(uses)

    async def aclose(self) -> None:
        """Close and remove everything."""
        try:
            if self._origins is not None:
                await self._origins.aclose()
        finally:
            await self.client.aclose()


def new_client(
    environment: Environment,
    limits: Limits,
    *,
    authorization: Authorizer | Callable[[str], str | None] = lambda url: None,
) -> HTTPClient:
    """The client that go's variables of the network ask for."""
    network = {name: environment.process.get(name, "") for name in NETWORK_VARIABLES}
    http2 = mode.godebug(network).get("http2client") != "0"
    return HTTPClient(network, limits, http2=http2, authorization=authorization)


def _setting_views(environment: Environment) -> Iterator[SettingView]:
    for name in dict.fromkeys((*DECIDING_VARIABLES, *environment.overlay)):
        if name not in environment.settings:
            continue
        setting = environment.setting(name)
        if name == "GOENV" and environment.user_file is None:
            yield SettingView(name, "off", setting.source.value)  # what go env prints as nothing
            continue
        shown = setting.shown
        if name == "GOVCS" and not shown.text:
            continue
        yield SettingView(name, shown.text, setting.source.value, secret=bool(shown.secrets))


def _refused(path: str, query: str, project: Project | None) -> Download | None:
    """What becomes of a `go mod download` that its project or its argument stops, or None."""
    if project is not None and project.error:
        return Download(None, error=project.error, outcome=Outcome.FAILS, rule=project.rule)
    if project is not None and project.unsaid:
        return Download(None, outcome=Outcome.UNKNOWN, detail=project.unsaid)
    try:
        mode.check_argument(path, query, has_mains=project is not None and bool(project.modules))
    except GoError as error:
        rule = "cmd/go/internal/modload/list.go listModules"
        return Download(None, error=str(error), outcome=Outcome.FAILS, rule=rule)
    return None


async def _run(
    started: Started, route: Route, narrator: Narrator, origins: OpenOrigins, *, warm: bool
) -> Download:
    """The command itself, by the go that was selected."""
    engine = Engine(
        started.environment, route, narrator,
        project=started.project, warm=warm, explained=started.explained, origins=origins,
    )  # fmt: skip
    download = await engine.run()
    if started.detail:
        download.outcome, download.error, download.detail = Outcome.UNKNOWN, None, started.detail
    return download


def _tell_cached(environment: Environment, narrator: Narrator, path: str, version: str) -> None:
    """Where all that was asked for lies in the module cache of this machine, that is worth one sentence."""
    from probes.cache.warm import has_all

    if has_all(environment.get("GOMODCACHE"), path, version):
        narrator.emit_now(
            TurningTaken,
            turning=Turning.CACHE,
            bend=Bend.STRAIGHT,
            path=path,
            version=version,
            because=".info, .mod and .zip are in the module cache: go would ask nobody; --warm shows that",
            rule="cmd/go/internal/modfetch/cache.go readDiskCache",
        )


def _stopping(where: str, *, is_too_old: bool) -> Turning:
    """What it is that stops go, by the file that it stops at."""
    if is_too_old:
        return Turning.TOOLCHAIN
    return Turning.WORKSPACE if where == "go.work" else Turning.MODE


def _tell_stop(
    narrator: Narrator, path: str, query: str, download: Download, project: Project | None
) -> None:
    """go stops before it asks anybody: for the way there, this is a turning."""
    is_too_old = "requires go >= " in (download.error or "")
    because = "go stops here, before it asks anybody anything"
    if is_too_old:
        because = "a newer go is asked for, and no other may take over"
    in_project = project is not None and download.error == project.error
    where = project.file.name if in_project and project is not None and project.file is not None else ""
    narrator.emit_now(
        TurningTaken,
        turning=_stopping(where, is_too_old=is_too_old),
        bend=Bend.STOPS,
        path=path,
        version=query,
        because=because,
        rule=download.rule,
        where=where,
        error=words_told(download.error or ""),
    )
