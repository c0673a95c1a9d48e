"""One climb: every rung of one hop, measured and judged as go would experience it.

The entry of this folder. It raises nothing for what networks, proxies and servers do: that is the result.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from contextvars import Token
from dataclasses import replace
from time import monotonic

from probes.golang.errors import GoError
from probes.golang.module import escape_path
from probes.golang.protocol import Op
from probes.golang.quote import quote
from probes.golang.urls import GoURL, parse_url
from probes.ladder.capability import CapabilityQuestion, CapabilityRow, learn_capability
from probes.ladder.climber import Climber
from probes.ladder.comparisons import Authorization, Compared, Comparison, make_comparisons
from probes.ladder.events import (
    CapabilityLearned,
    ClimbFinished,
    ClimbStarted,
    ComparisonMade,
    Emit,
    Ladder,
    RungFinished,
)
from probes.ladder.faults import Judgement, Rung
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.model import RungResult, shown, shown_words, skipped
from probes.ladder.names import NamesWorld
from probes.ladder.public_resolvers import PublicResolver, https_asker
from probes.net.client_hello import HelloSize
from probes.net.dial import Resolver, current_resolver
from probes.net.questions import Transport
from probes.net.resolve import resolve

DEFAULT_LIMITS = ClimbLimits()


async def climb(
    url: str,
    environment: Mapping[str, str],
    emit: Emit,
    *,
    limits: ClimbLimits = DEFAULT_LIMITS,
    public_resolvers: Sequence[PublicResolver] = (),
    compare: bool = False,
    capability: CapabilityQuestion | None = None,
    authorization: Authorization | None = None,
    world: NamesWorld | None = None,
) -> Ladder:
    """Climb to a URL, tell each step, and return the ladder.

    ``environment``: the variables of the network (HTTP_PROXY …, SSL_CERT_FILE, GODEBUG …).
    ``public_resolvers``: whom else to ask about the name; it is given away to them.
    ``compare``: also do things in two ways, to tell what works in curl and not in go.
    ``capability``: also learn what the module proxy can do, by asking for this module.
    ``authorization``: the header that GOAUTH has for an https URL.
    ``world``: what is outside, for tests.

    Raises GoError for what is no URL. Cancellable at every await; leaves no socket open.
    """
    parsed = parse_url(url)
    parsed = parsed.replace(host=parsed.host.removesuffix(":"))
    began = monotonic()
    emit(ClimbStarted(0.0, shown(url)))
    if parsed.scheme not in ("http", "https"):
        ladder = _nothing_to_climb(url, parsed, began, emit)
    else:
        outside = await _world(world, public_resolvers, environment, limits)
        climber = Climber(parsed, op_of(parsed), environment, limits, outside, emit, began, authorization)
        token = _look_up_as_go(climber)
        try:
            ladder = await _climbed(climber, url, emit, compare=compare, capability=capability)
        finally:
            current_resolver.reset(token)
    emit(ClimbFinished(monotonic() - began, ladder))
    return ladder


def op_of(url: GoURL) -> Op | None:
    """The kind of request that a URL is, by its end; None for anything else."""
    if url.raw_query == "go-get=1":
        return Op.PAGE
    found = _OPERATION.search(url.path)
    if found is None:
        return Op.SUM if _CHECKSUM_DATABASE.search(url.path) else None
    return Op(found["latest"] or found["list"] or found["file"])


_OPERATION = re.compile(r"/@(?:(?P<latest>latest)|v/(?P<list>list)|v/[^/]+\.(?P<file>info|mod|zip))$")
_CHECKSUM_DATABASE = re.compile(
    r"^/sumdb/|^/(?:latest$|lookup/|tile/)|/sumdb/[^/]+/(?:supported|latest|lookup/|tile/)"
)


def _nothing_to_climb(url: str, parsed: GoURL, began: float, emit: Emit) -> Ladder:
    because = f"go has no way to ask {shown(parsed.scheme or 'a URL without a scheme')}."
    if parsed.scheme == "file":
        because = "go reads file: URLs from the disk."
    results = tuple(skipped(rung, because) for rung in Rung)
    for result in results:
        emit(RungFinished(monotonic() - began, result))
    return Ladder(shown(url), results, monotonic() - began)


async def _world(
    world: NamesWorld | None,
    public: Sequence[PublicResolver],
    environment: Mapping[str, str],
    limits: ClimbLimits,
) -> NamesWorld:
    """What is outside, with the public resolvers that are asked for."""
    found = world or NamesWorld()
    if public:
        found = replace(found, public=tuple(public))
    if found.ask_https is None and any(one.transport is Transport.HTTPS for one in found.public):
        asker = await asyncio.to_thread(https_asker, environment, limits.for_net())
        found = replace(found, ask_https=asker)
    return found


def _look_up_as_go(climber: Climber) -> Token[Resolver | None]:
    """Have every connection of this task look names up as go does; what is known is not asked again."""

    async def resolver(host: str, seconds: float) -> Sequence[str]:
        known = climber.known.get(host)
        if known:
            return known
        world = climber.world
        return await resolve(host, files=world.files, source=world.source, seconds=seconds)

    return current_resolver.set(resolver)


async def _climbed(
    climber: Climber, url: str, emit: Emit, *, compare: bool, capability: CapabilityQuestion | None
) -> Ladder:
    await climber.climb()
    comparisons: list[Comparison] = []
    if compare and climber.way is not None:

        def made(comparison: Comparison) -> None:
            comparisons.append(comparison)
            emit(ComparisonMade(monotonic() - climber.began, comparison))

        await _compare(climber, made)
    row = None
    if capability is not None and climber.results[-2].judgement is not Judgement.SKIPPED:
        row = await _capability(climber, capability, emit)
    words = go_words(climber.url, climber.results)
    spent = monotonic() - climber.began
    return Ladder(shown(url), tuple(climber.results), spent, words, tuple(comparisons), row)


async def _compare(climber: Climber, made: Callable[[Comparison], None]) -> None:
    assert climber.way is not None, "there is a way to compare on"
    tls = climber.tls
    compared = Compared(
        url=climber.url,
        way=climber.way,
        plan=climber.plan,
        variables=climber.variables,
        limits=climber.limits,
        large=None if tls is None or climber.plan.size is not HelloSize.GO else tls.go_hello,
        small=None if tls is None else tls.small_hello,
        tls_works=climber.results[list(Rung).index(Rung.TLS)].judgement in _PASSED,
        tcp=climber.tcp,
        authorization=climber.authorization,
    )
    await make_comparisons(compared, made)


_PASSED = (Judgement.OK, Judgement.WARNING)


async def _capability(climber: Climber, question: CapabilityQuestion, emit: Emit) -> CapabilityRow:
    def learned(row: CapabilityRow) -> None:
        emit(CapabilityLearned(monotonic() - climber.began, row))

    base = base_of(climber.url, question.path)
    return await learn_capability(
        question, base, climber.variables, climber.limits, learned, authorization=climber.authorization
    )


def base_of(url: GoURL, path: str) -> GoURL:
    """The module proxy's own URL, from one below it: without the module, and without what is asked of it."""
    try:
        module = "/" + escape_path(path) + "/@"
    except GoError:
        module = "/@"
    at = url.path.find(module)
    if at < 0:
        at = url.path.find("/sumdb/")
    if at < 0:
        at = 0 if op_of(url) not in (None, Op.PAGE) else len(url.path.rstrip("/"))
    return url.replace(path=url.path[:at], raw_path="", raw_query="", force_query=False, fragment="")


def go_words(url: GoURL, results: Sequence[RungResult]) -> str:
    """What go prints for the broken rung; the rungs of HTTP and content bring the whole of it themselves."""
    broken = next((result for result in results if result.judgement is Judgement.BROKEN), None)
    if broken is None or not broken.words or broken.rung in (Rung.HTTP, Rung.CONTENT):
        return "" if broken is None else broken.words
    address = url if url.password is None else url.replace(password="***")
    return shown_words(f"Get {quote(address.string())}: ") + broken.words
