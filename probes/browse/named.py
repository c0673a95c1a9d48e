"""The one proxy that somebody means: a number, a host, or a URL."""

from __future__ import annotations

from probes.golang.environment import Environment
from probes.golang.errors import GoError
from probes.golang.goproxy import HopKind, parse_goproxy, parse_proxy_url
from probes.golang.quote import quote
from probes.golang.redact import redact


def entry_named(environment: Environment, text: str) -> str:
    """The GOPROXY entry that ``text`` means; may hold a password.

    A number is that of the entry in GOPROXY, from 0, as the report of a trace shows it. A host is that of an
    entry, with its credentials. Anything else is a URL of its own, as it could stand in GOPROXY. Raises
    GoError.
    """
    goproxy = environment.get("GOPROXY")
    entries = _entries(goproxy)
    if text.isascii() and text.isdigit():
        number = int(text)
        if number >= len(entries):
            raise GoError(f"there is no proxy {number}: GOPROXY has {len(entries)} entries, counted from 0")
        if entries[number] in ("direct", "off"):
            raise GoError(f"entry {number} of GOPROXY is {entries[number]}, which is no proxy")
        return entries[number]
    for hop in parse_goproxy(goproxy).hops:
        if hop.kind is HopKind.PROXY and text in (hop.name, hop.spec) and hop.index is not None:
            return entries[hop.index]
    if any(mark in text for mark in ",|") or text in ("", "direct", "off"):
        raise GoError(f"{quote(redact(text))} is not one proxy: write its number, its host, or its URL")
    parse_proxy_url(text)
    return text


def _entries(goproxy: str) -> list[str]:
    from probes.golang.quote import trim_space

    return [entry for part in goproxy.replace("|", ",").split(",") if (entry := trim_space(part))]
