"""One trace from beginning to end: plan, engine, events. The engine's only door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

from probes.diagnosis.findings import Finding
from probes.golang import mode
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.redact import redact
from probes.golang.toolchain_name import check_gotoolchain
from probes.net.http import HTTPClient
from probes.net.limits import Limits
from probes.sources.credentials import Credentials
from probes.sources.fetcher import Fetcher
from probes.sources.remembered import Memory, RememberingFetcher
from probes.trace import toolchains
from probes.trace.engine import Download, Engine
from probes.trace.events import Emit, Outcome, SettingView, TraceFinished, TraceStarted
from probes.trace.narrator import Narrator
from probes.trace.route import plan

NETWORK_VARIABLES = (
    "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "GODEBUG",
)  # fmt: skip
DECIDING_VARIABLES = (
    "GOPROXY", "GONOPROXY", "GOPRIVATE", "GOSUMDB", "GONOSUMDB", "GOINSECURE", "GOFLAGS", "GO111MODULE",
    "GOTOOLCHAIN", "GOENV", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "GODEBUG", "GOAUTH", "NETRC",
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
) -> None:
    """Trace PATH@QUERY as `go mod download -json` would fetch it with a cold module cache.

    Every step goes to ``emit``; the last event is TraceFinished, also when the task is cancelled (the
    cancellation then goes on). Raises nothing for what networks, servers or settings do. What ``memory``
    knows is not asked for again.
    """
    limits = limits or Limits()
    route = plan(environment, path, query)
    credentials = Credentials(environment.get("GOAUTH"), environment.process)
    client = new_client(environment, limits, authorization=credentials.authorization)
    https = any(hop.url is not None and hop.url.scheme == "https" for hop in route.hops)
    await client.warm_up(tls=https)
    fetcher = Fetcher(client, limits)
    if memory is not None:
        memory.begin()
        fetcher = RememberingFetcher(client, limits, memory)
    narrator = Narrator(emit, fetcher)
    narrator.emit_now(
        TraceStarted,
        path=path,
        query=query,
        route=route.view(),
        findings=tuple(findings),
        go_version=environment.go_version,
        settings=tuple(_setting_views(environment)),
    )
    try:
        download = _refused(environment, path, query)
        if download is None:
            download = await Engine(environment, route, narrator).run()
        if download.outcome is Outcome.FAILS and credentials.runs_programs and client.refused_over_https:
            download.outcome = Outcome.UNKNOWN
            download.detail = (
                "GOAUTH names a program, which modtrace does not start; a 4xx above may be another answer "
                "to go, with the program's credentials"
            )
    except asyncio.CancelledError:
        narrator.emit_now(
            TraceFinished, outcome=Outcome.CANCELLED, version=None, sum=None, go_mod_sum=None, error=None
        )
        raise
    else:
        narrator.emit_now(
            TraceFinished,
            outcome=download.outcome,
            version=download.version,
            sum=download.sum,
            go_mod_sum=download.go_mod_sum,
            error=None if download.error is None else redact(download.error),
            failed_walk=download.failed_walk,
            rule=download.rule,
            detail=download.detail,
        )
    finally:
        await client.aclose()


def new_client(
    environment: Environment, limits: Limits, *, authorization: Callable[[str], str | None] = lambda url: None
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
        yield SettingView(name, shown.text, setting.source.value, secret=bool(shown.secrets))


def _refused(environment: Environment, path: str, query: str) -> Download | None:
    """What becomes of a `go mod download` that does not even start as itself, or None."""
    rule = "cmd/go/internal/modload/list.go listModules"
    return refused(environment, (rule, lambda: mode.check_argument(path, query)))


def refused(environment: Environment, own: tuple[str, Callable[[], None]]) -> Download | None:
    """What becomes of a go command that does not even start as itself, or None.

    ``own`` is the last check, of the command's own argument: where its rule stands, and what raises GoError.
    """
    checks: tuple[tuple[str, Callable[[], None]], ...] = (
        ("runtime/runtime1.go parsegodebug",
         lambda: mode.check_godebug(environment.process.get("GODEBUG", ""))),
        ("cmd/go/internal/toolchain/select.go Select",
         lambda: check_gotoolchain(environment.get("GOTOOLCHAIN"))),
        ("cmd/go/main.go main", lambda: mode.check_gopath(environment.get("GOPATH"))),
        ("cmd/go/internal/base/goflags.go InitGOFLAGS",
         lambda: mode.check_goflags(environment.get("GOFLAGS"))),
        ("cmd/go/internal/modload/init.go Init",
         lambda: mode.check_go111module(environment.get("GO111MODULE"))),
        own,
    )  # fmt: skip
    for rule, check in checks:
        try:
            check()
        except GoError as error:
            return Download(None, error=str(error), outcome=Outcome.FAILS, rule=rule)
    other = toolchains.other_toolchain(environment)
    if other is None:
        return None
    return Download(
        None,
        outcome=Outcome.UNKNOWN,
        detail=f"GOTOOLCHAIN names {other}: go would first find or download that toolchain, which is not "
        f"traced; trace {toolchains.TOOLCHAIN_PATH}, or --set GOTOOLCHAIN=local to see what this go does",
    )
