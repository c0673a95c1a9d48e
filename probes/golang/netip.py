"""IP addresses as Go reads them, with Go's words when it cannot.

Source: net/netip ParseAddr, which net/url asks about what stands in square brackets. The standard ipaddress
module accepts nearly the same but says other things about the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from probes.golang.errors import GoError
from probes.golang.quote import quote

_GROUPS = 8
"""16-bit groups of an IPv6 address."""


class AddrError(GoError):
    """net/netip parseAddrError: ``ParseAddr("1.2"): IPv4 address too short``."""

    def __init__(self, text: str, reason: str, at: str = "") -> None:
        super().__init__(f"ParseAddr({quote(text)}): {reason}" + (f" (at {quote(at)})" if at else ""))


@dataclass(frozen=True, slots=True)
class Addr:
    """An IP address, with the zone of a scoped IPv6 address."""

    packed: bytes
    """Its 4 or 16 bytes."""
    zone: str = ""

    @property
    def is4(self) -> bool:
        """Whether it is an IPv4 address; an IPv4-mapped IPv6 address is not."""
        return len(self.packed) == 4


def parse_addr(text: str) -> Addr:
    """netip.ParseAddr. Raises AddrError."""
    mark = re.search("[.:%]", text)
    if mark is None:
        raise AddrError(text, "unable to parse IP")
    if mark[0] == "%":
        raise AddrError(text, "missing IPv6 address")
    if mark[0] == ".":
        return Addr(_parse_ipv4(text, text))
    return _parse_ipv6(text)


def _parse_ipv4(text: str, dotted: str) -> bytes:
    """The four bytes of ``dotted``, which is all of ``text`` or its end."""
    octets: list[int] = []
    digits = ""
    for i, ch in enumerate(dotted):
        if ch == ".":
            if not digits or i == len(dotted) - 1:
                raise AddrError(text, "IPv4 field must have at least one digit", dotted[i:])
            if len(octets) == 3:
                raise AddrError(text, "IPv4 address too long")
            octets.append(int(digits))
            digits = ""
        elif "0" <= ch <= "9":
            if digits == "0":
                raise AddrError(text, "IPv4 field has octet with leading zero")
            digits += ch
            if int(digits) > 255:
                raise AddrError(text, "IPv4 field has value >255")
        else:
            raise AddrError(text, "unexpected character", dotted[i:])
    if len(octets) < 3:
        raise AddrError(text, "IPv4 address too short")
    return bytes([*octets, int(digits)])


_HEX = re.compile("[0-9A-Fa-f]*")


def _parse_ipv6(text: str) -> Addr:
    rest, percent, zone = text.partition("%")
    if percent and not zone:
        raise AddrError(text, "zone must be a non-empty string")
    groups: list[bytes] = []
    gap: int | None = None
    if rest.startswith("::"):
        gap, rest = 0, rest[2:]
    # Each turn reads one group and the colon after it; only a leading or final gap leaves nothing to read.
    while len(groups) < _GROUPS and not (gap == len(groups) and not rest):
        rest = _read_group(text, rest, groups, has_gap=gap is not None)
        if not rest:
            break
        if rest[0] == ":":
            if gap is not None:
                raise AddrError(text, "multiple :: in address", rest)
            gap, rest = len(groups), rest[1:]
    if rest:
        raise AddrError(text, "trailing garbage after address", rest)
    missing = _GROUPS - len(groups)
    if gap is None and missing:
        raise AddrError(text, "address string too short")
    if gap is not None:
        if not missing:
            raise AddrError(text, "the :: must expand to at least one field of zeros")
        groups[gap:gap] = [b"\0\0"] * missing
    return Addr(b"".join(groups), zone)


def _read_group(text: str, rest: str, groups: list[bytes], *, has_gap: bool) -> str:
    """Add the group that ``rest`` starts with (two, when it is an IPv4 address); what follows its colon."""
    digits = _HEX.match(rest)
    end = digits.end() if digits else 0
    if end > 4:
        raise AddrError(text, "each group must have 4 or less digits", rest)
    if end == 0:
        raise AddrError(text, "each colon-separated field must have at least one digit", rest)
    after = rest[end:]
    if after.startswith("."):
        if not has_gap and len(groups) != _GROUPS - 2:
            words = "embedded IPv4 address must replace the final 2 fields of the address"
            raise AddrError(text, words, rest)
        if len(groups) > _GROUPS - 2:
            words = "too many hex fields to fit an embedded IPv4 at the end of the address"
            raise AddrError(text, words, rest)
        packed = _parse_ipv4(text, rest)
        groups += [packed[:2], packed[2:]]
        return ""
    groups.append(int(rest[:end], 16).to_bytes(2, "big"))
    if not after:
        return ""
    if after[0] != ":":
        raise AddrError(text, "unexpected character, want colon", after)
    if after == ":":
        raise AddrError(text, "colon must be followed by more characters", after)
    return after[1:]
