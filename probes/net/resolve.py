"""One look-up as go's own resolver does it: no side-by-side questions, go's waits, go's words.

Source: net/dnsclient_unix.go (goLookupIPCNAMEOrder, tryOneName), net/lookup.go (lookupIPAddr: when the limit
of the dialler is over, no server is blamed). The rung of names asks every nameserver to tell what is wrong;
this asks one after the other, as long as go would, and is what a connection is opened with. "rotate" of
resolv.conf is not followed: where it begins depends on all that the process asked before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from probes.net.addresses import SourceOf, in_go_order, parsed_address, source_of
from probes.net.dial import LookupFailed, Resolver
from probes.net.limits import GO_DIAL_S
from probes.net.questions import Answered, Record, Reply, ask
from probes.net.resolver_files import ResolvConf, ResolverFiles, ResolverSettings, read_resolver_files


async def resolve(
    host: str,
    *,
    files: ResolverFiles | None = None,
    source: SourceOf = source_of,
    seconds: float = GO_DIAL_S,
) -> tuple[str, ...]:
    """The addresses of a host, in the order in which go tries them. Raises LookupFailed in Go's words.

    ``seconds``: what is left of the dialler's limit. Cancellable at every await; leaves no socket open.
    """
    literal = literal_address(host)
    if literal is not None:
        return (literal,)
    try:
        async with asyncio.timeout(seconds):
            found = await _go_order(host, read_resolver_files(files or ResolverFiles(), host))
    except TimeoutError:
        raise LookupFailed(f"lookup {host}: i/o timeout") from None
    return in_go_order(found, source)


def go_resolver(files: ResolverFiles | None = None, source: SourceOf = source_of) -> Resolver:
    """``resolve`` as probes.net's dialler wants it."""

    async def resolver(host: str, seconds: float) -> tuple[str, ...]:
        return await resolve(host, files=files, source=source, seconds=seconds)

    return resolver


async def _go_order(host: str, settings: ResolverSettings) -> list[str]:
    """goLookupIPCNAMEOrder, the addresses not yet sorted."""
    in_file = [line.address for line in settings.hosts]
    sources = settings.order.sources
    if sources and sources[0] == "files" and in_file:
        return in_file
    if not is_domain_name(host) or "dns" not in sources:
        raise LookupFailed(f"lookup {host}: no such host")
    blame: Answered | None = None
    for name in settings.conf.names_for(host):
        addresses: list[str] = []
        async for outcome in _both_records(settings.conf, name):
            if outcome.reply is Reply.ADDRESSES:
                addresses += outcome.addresses
            elif blame is None or name == host + ".":
                blame = outcome
        if addresses:
            return addresses
    if in_file and "files" in sources:
        return in_file
    server = "" if blame is None else f" on {blame.server}"
    raise LookupFailed(f"lookup {host}{server}: {'no such host' if blame is None else blame.detail}")


@dataclass(frozen=True, slots=True)
class _Lane:
    conf: ResolvConf
    name: str

    async def __call__(self, record: Record) -> Answered:
        """tryOneName: each nameserver in turn until one answers, the list again for each attempt."""
        last: Answered | None = None
        for _ in range(self.conf.attempts):
            for server in self.conf.nameservers:
                last = await ask(
                    server, self.name, record, seconds=self.conf.timeout_s, over_tcp=self.conf.use_tcp
                )
                if last.is_answer:
                    return last
        assert last is not None, "there is always a nameserver"
        return last


async def _both_records(conf: ResolvConf, name: str) -> AsyncIterator[Answered]:
    """The outcomes for A and AAAA, as they come; the words of the last failure are the ones that are told."""
    lane = _Lane(conf, name)
    if conf.single_request:
        for record in Record:
            yield await lane(record)
        return
    tasks = [asyncio.ensure_future(lane(record)) for record in Record]
    try:
        for outcome in asyncio.as_completed(tasks):
            yield await outcome
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def literal_address(host: str) -> str | None:
    """The host itself when it is an address, with or without brackets; else None."""
    address, percent, zone = host.strip("[]").partition("%")
    try:
        return str(parsed_address(address)) + percent + zone
    except ValueError:
        return None


def is_domain_name(name: str) -> bool:
    """net isDomainName: what Go asks the DNS about at all."""
    if name == ".":
        return True
    if not name or len(name) > 254 or (len(name) == 254 and not name.endswith(".")):
        return False
    labels = name.removesuffix(".").split(".")
    if not all(_is_label(label) for label in labels):
        return False
    return any(not character.isdigit() for label in labels for character in label)


_LABEL_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def _is_label(label: str) -> bool:
    return (
        0 < len(label) <= 63
        and _LABEL_CHARACTERS.issuperset(label)
        and not label.startswith("-")
        and not label.endswith("-")
    )
