"""The rung of names: who says what about a host, and what go's own resolver makes of it.

Source: net/dnsclient_unix.go (goLookupIPCNAMEOrder, tryOneName): the hosts file first; then, for each full
name, A and AAAA at the same time, each nameserver in turn until one answers, the whole list again for each
attempt. Every nameserver is asked here, not only the first that answers; what go would come to, and when,
follows from the answers. Public resolvers are asked on request only, since a question gives the name away.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from probes.ladder.go_limits import ClimbLimits
from probes.ladder.public_resolvers import AskHTTPS, PublicResolver
from probes.net.addresses import SourceOf, in_go_order, source_of
from probes.net.limits import GO_DIAL_S
from probes.net.questions import Answered, Record, Reply, Transport, ask
from probes.net.resolve import is_domain_name, literal_address
from probes.net.resolver_files import (
    Nameserver,
    ResolvConf,
    ResolverFiles,
    ResolverSettings,
    read_resolver_files,
)

SystemLookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""The C library's getaddrinfo for (host, port): addresses in its order. Raises OSError."""


async def system_lookup(host: str, port: int) -> Sequence[str]:
    """Ask the C library, which curl, ping and Python ask."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class SystemAnswer:
    """What the C library says."""

    addresses: tuple[str, ...]
    seconds: float
    error: str = ""
    """Its own words when it finds nothing."""


@dataclass(frozen=True, slots=True)
class GoLookup:
    """What go's resolver comes to."""

    addresses: tuple[str, ...] = ()
    """In the order in which go tries them."""
    words: str = ""
    """"lookup HOST on SERVER: …" when there are none."""
    source: str = ""
    """"literal", "files" (the hosts file) or "dns"."""
    name: str = ""
    """The full name that was answered, or the last one asked about."""
    seconds: float = 0.0
    """How long go takes for it, with its own waits for nameservers that do not answer."""
    blame: Answered | None = None
    """The answer that its words are about."""


@dataclass(frozen=True, slots=True)
class NamesReport:
    """Everything about one host name."""

    host: str
    go: GoLookup
    system: SystemAnswer | None = None
    """None for a literal address."""
    settings: ResolverSettings | None = None
    asked: tuple[Answered, ...] = ()
    """The nameservers of resolv.conf, in order, for each full name that go asks about."""
    public: tuple[Answered, ...] = ()
    """The public resolvers, when they were asked."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """What the next rung connects to."""
        return self.go.addresses


@dataclass(frozen=True, slots=True)
class NamesWorld:
    """Everything outside that the rung of names asks; tests put their own here."""

    files: ResolverFiles = field(default_factory=ResolverFiles)
    system: SystemLookup = system_lookup
    source: SourceOf = source_of
    public: tuple[PublicResolver, ...] = ()
    """Empty: no public resolver is asked."""
    ask_https: AskHTTPS | None = None


async def look_up(host: str, port: int, world: NamesWorld, limits: ClimbLimits) -> NamesReport:
    """Ask everybody about a host; raises nothing for what networks and servers do."""
    literal = literal_address(host)
    if literal is not None:
        return NamesReport(host, GoLookup((literal,), source="literal"))
    settings = read_resolver_files(world.files, host)
    async with asyncio.TaskGroup() as group:
        system = group.create_task(_ask_system(host, port, world.system, limits))
        asked = group.create_task(_ask_nameservers(host, settings, limits))
        public = group.create_task(_ask_public(host, world, limits))
    go = go_lookup(host, settings, asked.result(), world.source)
    return NamesReport(host, go, system.result(), settings, asked.result(), public.result())


async def _ask_system(host: str, port: int, lookup: SystemLookup, limits: ClimbLimits) -> SystemAnswer:
    began = monotonic()
    try:
        async with asyncio.timeout(limits.system_lookup_s):
            addresses = tuple(await lookup(host, port))
    except TimeoutError:
        return SystemAnswer((), monotonic() - began, f"no answer in {limits.system_lookup_s:g} s")
    except (OSError, UnicodeError) as error:
        return SystemAnswer((), monotonic() - began, getattr(error, "strerror", None) or str(error))
    return SystemAnswer(addresses, monotonic() - began)


async def _ask_nameservers(
    host: str, settings: ResolverSettings, limits: ClimbLimits
) -> tuple[Answered, ...]:
    """Every nameserver about each full name, until a name is answered with an address."""
    if not is_domain_name(host) or "dns" not in settings.order.sources:
        return ()
    conf = settings.conf
    found: list[Answered] = []
    for name in conf.names_for(host):
        answers = await asyncio.gather(*(
            ask(server, name, record, seconds=limits.question_s, over_tcp=conf.use_tcp)
            for server in conf.nameservers
            for record in Record
        ))  # fmt: skip
        found += answers
        if any(answer.reply is Reply.ADDRESSES for answer in answers):
            break
    return tuple(found)


async def _ask_public(host: str, world: NamesWorld, limits: ClimbLimits) -> tuple[Answered, ...]:
    if not world.public or not is_domain_name(host):
        return ()
    name = host.rstrip(".") + "."
    questions: list[Awaitable[Answered]] = []
    for resolver in world.public:
        for record in Record:
            if resolver.transport is Transport.HTTPS:
                if world.ask_https is not None:
                    questions.append(world.ask_https(resolver.address, name, record, limits.question_s))
                continue
            questions.append(
                ask(
                    Nameserver(resolver.address, resolver.port),
                    name,
                    record,
                    seconds=limits.question_s,
                    over_tcp=resolver.transport is Transport.TCP,
                )
            )
    return tuple(await asyncio.gather(*questions))


def go_lookup(
    host: str,
    settings: ResolverSettings,
    asked: Sequence[Answered],
    source: SourceOf = source_of,
) -> GoLookup:
    """What goLookupIPCNAMEOrder makes of these answers: pure but for ``source``."""
    if settings.shadow:
        addresses = [line.address for line in settings.shadow]
        return GoLookup(in_go_order(addresses, source), source="files", name=host)
    if not is_domain_name(host) or "dns" not in settings.order.sources:
        return GoLookup((), f"lookup {host}: no such host", source="files", name=host)
    seconds = 0.0
    blame: Answered | None = None
    name = ""
    for name in settings.conf.names_for(host):
        outcomes = [_one_record(settings.conf, name, record, asked) for record in Record]
        spent = [outcome.seconds for outcome in outcomes]
        seconds += sum(spent) if settings.conf.single_request else max(spent)
        addresses = [address for outcome in outcomes for address in outcome.addresses]
        for outcome in outcomes:
            if outcome.blame is not None and (blame is None or name == host + "."):
                blame = outcome.blame
        if seconds >= GO_DIAL_S:  # the limit of the dialler is over first, and no server is blamed
            return GoLookup((), f"lookup {host}: i/o timeout", "dns", name, GO_DIAL_S, blame)
        if addresses:
            order = in_go_order(addresses, source)
            return GoLookup(order, source="dns", name=name, seconds=seconds)
    last = [line.address for line in settings.hosts] if "files" in settings.order.sources else []
    if last:
        return GoLookup(in_go_order(last, source), source="files", name=host, seconds=seconds)
    server = f" on {blame.server}" if blame is not None else ""
    words = f"lookup {host}{server}: {blame.detail if blame is not None else 'no such host'}"
    return GoLookup((), words, "dns", name, seconds, blame)


@dataclass(frozen=True, slots=True)
class _Outcome:
    addresses: tuple[str, ...]
    blame: Answered | None
    seconds: float


def _one_record(conf: ResolvConf, name: str, record: Record, asked: Sequence[Answered]) -> _Outcome:
    """tryOneName: each nameserver in turn until one answers, the list again for each attempt."""
    by_server = {a.server: a for a in asked if a.name == name and a.record is record}
    seconds = 0.0
    last: Answered | None = None
    for _ in range(conf.attempts):
        for server in conf.nameservers:
            answer = by_server.get(server.shown)
            if answer is None:
                continue
            seconds += conf.timeout_s if answer.reply is Reply.TIMEOUT else answer.seconds
            if answer.is_answer:
                blame = None if answer.reply is Reply.ADDRESSES else answer
                return _Outcome(answer.addresses, blame, seconds)
            last = answer
    return _Outcome((), last, seconds)
