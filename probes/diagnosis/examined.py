"""A trace, and a second look at what failed in it: the ladder of each failing request, rung by rung.

The trace asks what go would ask. The second look asks more (every nameserver, every address, the same hello
in two sizes), but nobody whom the trace did not ask already; public resolvers and the capability row only
when told to, since they tell others what is looked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from probes.diagnosis.examined_origin import (
    failed_program,
    held_rungs,
    program_rung,
    repository_to_climb,
)
from probes.diagnosis.findings import Finding
from probes.diagnosis.symptoms import requests_to_climb
from probes.diagnosis.traced import traced
from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.goproxy import HopKind
from probes.golang.urls import GoURL, parse_url
from probes.ladder import events as ladder_events
from probes.ladder.capability import CapabilityQuestion, learn_capability
from probes.ladder.climb import climb
from probes.ladder.faults import Judgement
from probes.ladder.go_limits import ClimbLimits, GoLimit
from probes.ladder.model import RungResult, as_json
from probes.ladder.names import NamesWorld
from probes.ladder.public_resolvers import PublicResolver, told_of
from probes.ladder.summaries import rung_summary
from probes.net.limits import Limits
from probes.project.project import Project
from probes.sources.credentials import credentials_of
from probes.trace.climb_events import CapabilityLearned, ComparisonMade, RungClimbed
from probes.trace.events import Emit, Event
from probes.trace.fold import Request, Trace
from probes.trace.route import Route, plan


@dataclass(frozen=True, slots=True)
class Look:
    """How much is looked at behind the trace."""

    compare: bool | None = None
    """Whether things are done in two ways; None: where no answer came."""
    resolvers: tuple[PublicResolver, ...] = ()
    """Public resolvers to ask about the names; each learns them."""
    capability: bool = False
    """Whether each proxy is asked what it can do."""
    limits: ClimbLimits = field(default_factory=ClimbLimits)
    world: NamesWorld | None = None
    """Where the resolver's files are, for tests."""


async def examined(
    environment: Environment,
    path: str,
    query: str,
    emit: Emit,
    *,
    limits: Limits | None = None,
    look: Look | None = None,
    findings: Sequence[Finding] = (),
    project: Project | None = None,
    run: bool = False,
) -> None:
    """traced(), and behind TraceFinished the ladders of what failed. Raises nothing for what networks do."""
    look = look or Look()
    trace = Trace()

    def emit_and_fold(event: Event) -> None:
        trace.apply(event)
        emit(event)

    await traced(
        environment, path, query, emit_and_fold, limits=limits, findings=findings, project=project, run=run
    )
    for request in requests_to_climb(trace):
        await look_again(trace, environment, request, emit_and_fold, look)
    await look_at_origin(trace, environment, emit_and_fold, look)
    if look.capability:
        await learn_capabilities(trace, environment, emit_and_fold, look)


async def look_again(
    trace: Trace, environment: Environment, request: Request, emit: Emit, look: Look
) -> None:
    """Climb the ladder of one request that the trace made. Raises nothing for what networks do."""
    started, finished = request.started, request.finished
    route = _route(trace, environment)
    answered = finished is not None and finished.status is not None
    url = _with_secrets(route, started.hop, started.url)
    if finished is not None and finished.redirects and not answered:
        led = finished.redirects[-1].url
        # The proxy has done its part: what breaks is where it led.
        url = led if led.startswith(("http://", "https://")) else url
    target = _Target(started.hop, started.request, url)
    compare = not answered if look.compare is None else look.compare
    await _climb(trace, environment, target, emit, look, compare=compare)


async def look_at_origin(trace: Trace, environment: Environment, emit: Emit, look: Look) -> None:
    """The rungs of a direct hop above its page: the server of the repository, and the program."""
    failure = failed_program(trace)
    if failure is None:
        for rung in list(held_rungs(trace)):
            emit(rung)
        return
    assert failure.run is not None
    number = len(trace.climbs)
    url = repository_to_climb(failure)
    if url is not None:
        target = _Target(failure.run.hop, None, url)
        await _climb(trace, environment, target, emit, look, compare=False)
    emit(program_rung(failure, number, trace.now))


async def learn_capabilities(trace: Trace, environment: Environment, emit: Emit, look: Look) -> None:
    """Ask each proxy of the list what it can do; none for a private path, which they may not learn."""
    route = _route(trace, environment)
    if route.private is not None or trace.chosen is None:
        return
    question = CapabilityQuestion(route.path, trace.chosen.version)
    authorization = credentials_of(environment).authorization
    for hop in route.hops:
        if hop.kind is HopKind.PROXY and hop.url is not None and hop.url.scheme in ("http", "https"):
            row = await learn_capability(
                question, hop.url, environment.process, look.limits, authorization=authorization
            )
            emit(CapabilityLearned(trace.now, hop.id, row.base, _json(row)))


def _route(trace: Trace, environment: Environment) -> Route:
    assert trace.started is not None
    return plan(environment, trace.started.path, trace.started.query)


def _with_secrets(route: Route, hop_id: int | None, url: str) -> str:
    """The URL of a request as it was sent: an event's has lost the user of its proxy."""
    if hop_id is None:
        return url
    own = route.hops[hop_id].url
    try:
        shown = parse_url(url)
    except GoError:
        return url
    if own is None or own.user is None or not _same_server(own, shown):
        return url
    return shown.replace(user=own.user, password=own.password).string()


def _same_server(one: GoURL, other: GoURL) -> bool:
    return (one.scheme, one.host) == (other.scheme, other.host)


@dataclass(frozen=True, slots=True)
class _Target:
    hop: int | None
    request: int | None
    url: str
    """With its secrets: never emitted."""


async def _climb(
    trace: Trace,
    environment: Environment,
    target: _Target,
    emit: Emit,
    look: Look,
    *,
    compare: bool,
) -> None:
    number = len(trace.climbs)
    began = trace.now
    shown_url = ""

    def told(event: ladder_events.ClimbEvent) -> None:
        nonlocal shown_url
        match event:
            case ladder_events.ClimbStarted():
                shown_url = event.url
            case ladder_events.RungFinished():
                emit(_rung_climbed(event, number, target, shown_url, began))
            case ladder_events.ComparisonMade():
                emit(_comparison_made(event, number, target, began))

    credentials = credentials_of(environment)
    private = [environment.get(name) for name in ("GOPRIVATE", "GONOPROXY", "GONOSUMDB")]
    try:
        resolvers = told_of(target.url, look.resolvers, private)
        await climb(
            target.url,
            environment.process,
            told,
            limits=look.limits,
            public_resolvers=resolvers,
            compare=compare,
            authorization=credentials.authorization,
            world=look.world,
        )
    except GoError:
        return  # no URL: the trace has told that already


def _rung_climbed(
    event: ladder_events.RungFinished, number: int, target: _Target, url: str, began: float
) -> RungClimbed:
    result = event.result
    return RungClimbed(
        at=began + event.at,
        climb=number,
        hop=target.hop,
        request=target.request,
        url=url,
        rung=result.rung.value,
        judgement=result.judgement.value,
        began=began + result.began,
        seconds=result.seconds,
        faults=tuple(seen.fault.value for seen in result.observations),
        evidence=tuple(seen.evidence for seen in result.observations),
        words=result.words,
        summary="" if result.judgement is Judgement.SKIPPED else rung_summary(result),
        because=result.because,
        limits=tuple(_limit_words(limit) for limit in result.go_limits),
        godebug=next((seen.godebug for seen in result.observations if seen.godebug), ""),
        report=_report(result),
    )


def _limit_words(limit: GoLimit) -> str:
    return f"{limit.what}: " + ("for ever" if limit.seconds is None else f"{limit.seconds:g} s")


def _report(result: RungResult) -> dict[str, Any]:
    return {} if result.report is None else _json(result.report)


def _json(value: object) -> dict[str, Any]:
    said = as_json(value)
    return said if isinstance(said, dict) else {"value": said}


def _comparison_made(
    event: ladder_events.ComparisonMade, number: int, target: _Target, began: float
) -> ComparisonMade:
    comparison = event.comparison
    sides = "; ".join(f"{side.name}: {side.result}" for side in comparison.sides)
    observation = comparison.observation
    report: Mapping[str, Any] = _json(comparison)
    return ComparisonMade(
        at=began + event.at,
        climb=number,
        hop=target.hop,
        what=comparison.difference.value,
        differs=comparison.differs,
        sentence=sides if observation is None else observation.evidence,
        godebug="" if observation is None else observation.godebug,
        report=dict(report),
    )
