"""Addresses: which ones no server in the internet has, and in which order Go tries the others.

Sources: the IANA registries of special-purpose addresses (RFC 6890 and later) and of special-use domain
names (RFC 6761); net/addrselect.go (sortByRFC6724, "minimal RFC 6724") for the order.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Space(StrEnum):
    """What part of the address space an address lies in."""

    PUBLIC = "public"
    PRIVATE = "private"
    """RFC 1918, RFC 4193, link-local: inside a network."""
    SHARED = "shared"
    """100.64.0.0/10: inside a provider, or an overlay such as Tailscale."""
    LOOPBACK = "loopback"
    FAKE = "fake"
    """198.18.0.0/15: reserved for benchmarks, used by transparent proxies for made-up answers."""
    BOGON = "bogon"
    """Nobody can be reached there: unspecified, documentation, multicast, reserved for the future."""


_SPACES: tuple[tuple[Space, tuple[str, ...]], ...] = (
    (Space.LOOPBACK, ("127.0.0.0/8", "::1/128")),
    (Space.PRIVATE, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
                     "fc00::/7", "fe80::/10", "fec0::/10")),
    (Space.SHARED, ("100.64.0.0/10",)),
    (Space.FAKE, ("198.18.0.0/15",)),
    (Space.BOGON, ("0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",
                   "224.0.0.0/4", "240.0.0.0/4", "::/128", "100::/64", "2001:db8::/32", "3fff::/20",
                   "ff00::/8")),
)  # fmt: skip
_NETWORKS = tuple(
    (space, ipaddress.ip_network(network)) for space, networks in _SPACES for network in networks
)


def space_of(address: str) -> Space:
    """Where an address lies; an IPv4-mapped IPv6 address where its IPv4 address does."""
    return _place(address)[0]


def network_of(address: str) -> str:
    """The special-purpose network that holds an address, "" for a public one."""
    return _place(address)[1]


def _place(address: str) -> tuple[Space, str]:
    parsed = parsed_address(address)
    for space, network in _NETWORKS:
        if parsed.version == network.version and parsed in network:
            return space, str(network)
    return Space.PUBLIC, ""


def parsed_address(address: str) -> IPAddress:
    """The address without its zone, IPv4-mapped ones as IPv4. Raises ValueError for no address."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed


def is_v4(address: str) -> bool:
    """Whether Go counts the address as IPv4 (net isIPv4)."""
    return parsed_address(address).version == 4


_NOT_PUBLIC_NAMES = frozenset({
    "localhost", "local", "test", "example", "invalid", "internal", "intranet", "intra", "lan", "home",
    "corp", "private", "localdomain", "onion", "alt", "arpa", "mail", "svc", "cluster", "consul",
})  # fmt: skip


def is_public_name(host: str) -> bool:
    """Whether a host name belongs to the public DNS, so that it should have a public address.

    A name of one label, an address, and a name below a special-use or customary private domain do not.
    """
    try:
        ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        labels = host.lower().rstrip(".").split(".")
        return len(labels) > 1 and labels[-1] not in _NOT_PUBLIC_NAMES
    return False


# -- the order in which Go tries them ---------------------------------------------------------------------


class _Scope(StrEnum):
    LINK = "2"
    SITE = "5"
    GLOBAL = "e"


_POLICY = tuple(
    (ipaddress.IPv6Network(network), precedence, label)
    for network, precedence, label in (
        ("::1/128", 50, 0), ("::ffff:0:0/96", 35, 4), ("::/96", 1, 3), ("2001::/32", 5, 5),
        ("2002::/16", 30, 2), ("3ffe::/16", 1, 12), ("fec0::/10", 1, 11), ("fc00::/7", 3, 13),
        ("::/0", 40, 1),
    )
)  # fmt: skip
"""RFC 6724 section 2.1, the longest prefix first."""


@dataclass(frozen=True, slots=True)
class _Attributes:
    scope: str
    precedence: int
    label: int


def _attributes(address: IPAddress) -> _Attributes:
    wide = address
    if isinstance(wide, ipaddress.IPv4Address):
        wide = ipaddress.IPv6Address(b"\0" * 10 + b"\xff\xff" + wide.packed)
    precedence, label = next((p, n) for network, p, n in _POLICY if wide in network)
    return _Attributes(_scope(address), precedence, label)


def _scope(address: IPAddress) -> str:
    if address.is_loopback or address.is_link_local:
        return _Scope.LINK
    if isinstance(address, ipaddress.IPv6Address):
        first, second = address.packed[:2]
        if address.is_multicast:
            return format(second & 0xF, "x")
        if first == 0xFE and second & 0xC0 == 0xC0:
            return _Scope.SITE
    return _Scope.GLOBAL


SourceOf = Callable[[str], str | None]
"""The address of ours that would talk to this one; None where there is no way there."""


def source_of(address: str) -> str | None:
    """Ask the system which of our addresses it would use; no packet is sent (net srcAddrs)."""
    family = socket.AF_INET if is_v4(address) else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 53))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def in_go_order(addresses: Iterable[str], source: SourceOf = source_of) -> tuple[str, ...]:
    """The addresses in the order in which Go tries them (sortByRFC6724); equals stay as they came."""
    known = [_Candidate.of(address, source(address)) for address in addresses]
    return tuple(candidate.text for candidate in sorted(known, key=functools.cmp_to_key(_compare)))


@dataclass(frozen=True, slots=True)
class _Candidate:
    text: str
    address: IPAddress
    attributes: _Attributes
    source: IPAddress | None
    source_attributes: _Attributes | None

    @classmethod
    def of(cls, text: str, source: str | None) -> _Candidate:
        address = parsed_address(text)
        if source is None:
            return cls(text, address, _attributes(address), None, None)
        here = parsed_address(source)
        return cls(text, address, _attributes(address), here, _attributes(here))


def _compare(a: _Candidate, b: _Candidate) -> int:
    """Negative when ``a`` comes first: rules 1, 2, 5, 6, 8 and 9, as Go has them."""
    if a.source is None or b.source is None or a.source_attributes is None or b.source_attributes is None:
        return (a.source is None) - (b.source is None)
    for better_a, better_b in (
        (a.attributes.scope == a.source_attributes.scope, b.attributes.scope == b.source_attributes.scope),
        (a.attributes.label == a.source_attributes.label, b.attributes.label == b.source_attributes.label),
    ):
        if better_a != better_b:
            return -1 if better_a else 1
    if a.attributes.precedence != b.attributes.precedence:
        return b.attributes.precedence - a.attributes.precedence
    if a.attributes.scope != b.attributes.scope:
        return -1 if a.attributes.scope < b.attributes.scope else 1
    if a.address.version == 6 and b.address.version == 6:
        # For IPv4 the longest prefix would undo the round robin of the DNS: Go leaves it out.
        return _common_prefix(b.source, b.address) - _common_prefix(a.source, a.address)
    return 0


def _common_prefix(source: IPAddress, address: IPAddress) -> int:
    """Leading bits in common, of the first 64."""
    if source.version != address.version:
        return 0
    differ = int.from_bytes(source.packed[:8]) ^ int.from_bytes(address.packed[:8])
    return 64 - differ.bit_length()


def families(addresses: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The addresses of the first one's family, and the others (net addrList.partition)."""
    if not addresses:
        return (), ()
    first = is_v4(addresses[0])
    return (
        tuple(address for address in addresses if is_v4(address) == first),
        tuple(address for address in addresses if is_v4(address) != first),
    )
