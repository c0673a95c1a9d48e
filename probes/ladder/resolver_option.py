"""A resolver as it is named on a command line or in a setting."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from probes.ladder.public_resolvers import PublicResolver
from probes.net.questions import Transport


def parse_resolver(word: str) -> PublicResolver:
    """ "9.9.9.9", "9.9.9.9:5353", "tcp://9.9.9.9", "[2620:fe::fe]:53" or "https://dns.google/dns-query".

    Raises ValueError with one sentence about what is wrong.
    """
    text = word.strip()
    if text.startswith("https://"):
        if not urlsplit(text).hostname:
            raise ValueError(f"{text!r} names no host")
        return PublicResolver(urlsplit(text).hostname or text, Transport.HTTPS, text)
    scheme, slashes, rest = text.partition("://")
    if slashes and scheme not in ("udp", "tcp"):
        raise ValueError(f"{text!r}: write an address, udp://ADDRESS, tcp://ADDRESS or an https:// URL")
    place = rest if slashes else text
    transport = Transport.TCP if scheme == "tcp" and slashes else Transport.UDP
    try:
        return PublicResolver(place, transport, str(ipaddress.ip_address(place)))
    except ValueError:
        pass
    try:
        parts = urlsplit("//" + place)
        address, port = str(ipaddress.ip_address(parts.hostname or "")), parts.port or 53
    except ValueError:
        raise ValueError(
            f"{text!r} is no address of a resolver, such as 9.9.9.9 or [2620:fe::fe]:53"
        ) from None
    return PublicResolver(place, transport, address, port)
