"""What the files of this machine tell an audit: which resolvers would be asked."""

from __future__ import annotations

from pathlib import Path

from probes.leaks.told import Resolvers
from probes.net.resolver_files import ResolverFiles, hosts_lines, parse_resolv_conf
from probes.share.state import read_regular

_MOST_BYTES = 1 << 20


def machine_resolvers(files: ResolverFiles | None = None) -> Resolvers:
    """The nameservers of resolv.conf; for a host that the hosts file has, nobody."""
    files = files or ResolverFiles()
    servers = tuple(
        dict.fromkeys(one.address for one in parse_resolv_conf(_text(files.resolv_conf)).nameservers)
    )
    hosts = _text(files.hosts) or ""
    known: dict[str, tuple[str, ...]] = {}

    def resolvers(host: str) -> tuple[str, ...]:
        if host not in known:
            known[host] = () if host in hosts and hosts_lines(hosts, host) else servers
        return known[host]

    return resolvers


def _text(path: Path) -> str | None:
    try:
        return read_regular(path, _MOST_BYTES).decode("utf-8", "surrogateescape")
    except (OSError, ValueError):
        return None
