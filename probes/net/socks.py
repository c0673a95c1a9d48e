"""The two or three messages by which a SOCKS5 proxy opens a tunnel, with Go's words for each refusal.

Sources: RFC 1928 and RFC 1929; net/http socks_bundle.go (socksDialer.connect, socksUsernamePassword). No
library tells the steps apart as Go does, and there is little more to them than reading these words. Go gives
the name of the host to the proxy for socks5 and socks5h alike.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from enum import StrEnum

VERSION = 5
_NO_PASSWORD, _PASSWORD, _NONE_ACCEPTABLE = 0, 2, 0xFF
_CONNECT = 1
_IPV4, _NAME, _IPV6 = 1, 3, 4
_REPLIES = {
    1: "general SOCKS server failure", 2: "connection not allowed by ruleset", 3: "network unreachable",
    4: "host unreachable", 5: "connection refused", 6: "TTL expired", 7: "command not supported",
    8: "address type not supported",
}  # fmt: skip

ReadExactly = Callable[[int], Awaitable[bytes]]
"""Reads so many bytes; raises EOFError with Go's word where the stream ends before."""
Write = Callable[[bytes], Awaitable[None]]


class ProxyTrouble(StrEnum):
    """What kind of trouble an HTTP or SOCKS proxy makes."""

    AUTH = "auth"
    """It wants credentials."""
    REFUSED = "refused"
    """It is asked for a tunnel and refuses."""
    CLOSED = "closed"
    """It hangs up instead of an answer."""
    STALL = "stall"
    """It does not answer."""
    PROTOCOL = "protocol"
    """It answers something else than the protocol wants."""
    NOT_TLS = "not-tls"
    """https:// in front of a proxy that does not speak TLS."""
    TLS = "tls"
    """Its own certificate or handshake."""


class SocksFailed(Exception):
    """No tunnel; ``str()`` is the inner part of Go's text."""

    def __init__(self, trouble: ProxyTrouble, words: str) -> None:
        super().__init__(words)
        self.trouble = trouble


async def socks_connect(
    read: ReadExactly, write: Write, host: str, port: int, credentials: tuple[str, str] | None
) -> None:
    """Ask for a tunnel to host and port. Raises SocksFailed, or EOFError from ``read``."""
    methods = bytes([_NO_PASSWORD]) if credentials is None else bytes([_NO_PASSWORD, _PASSWORD])
    await write(bytes([VERSION, len(methods)]) + methods)
    version, method = await read(2)
    _check_version(version)
    if method == _NONE_ACCEPTABLE:
        raise SocksFailed(ProxyTrouble.AUTH, "no acceptable authentication methods")
    if credentials is not None:
        await _authenticate(read, write, method, credentials)
    await write(bytes([VERSION, _CONNECT, 0]) + _address(host) + port.to_bytes(2))
    version, reply, reserved, kind = await read(4)
    _check_version(version)
    if reply != 0:
        words = _REPLIES.get(reply, f"unknown code: {reply}")
        raise SocksFailed(ProxyTrouble.REFUSED, f"unknown error {words}")
    if reserved != 0:
        raise SocksFailed(ProxyTrouble.PROTOCOL, "non-zero reserved field")
    await _bound_address(read, kind)


def _check_version(version: int) -> None:
    if version != VERSION:
        raise SocksFailed(ProxyTrouble.PROTOCOL, f"unexpected protocol version {version}")


async def _authenticate(read: ReadExactly, write: Write, method: int, credentials: tuple[str, str]) -> None:
    """RFC 1929."""
    if method == _NO_PASSWORD:
        return
    if method != _PASSWORD:
        raise SocksFailed(ProxyTrouble.PROTOCOL, f"unsupported authentication method {method}")
    user, password = (word.encode("utf-8", "surrogateescape") for word in credentials)
    if not user or len(user) > 255 or len(password) > 255:
        raise SocksFailed(ProxyTrouble.AUTH, "invalid username/password")
    await write(bytes([1, len(user)]) + user + bytes([len(password)]) + password)
    version, status = await read(2)
    if version != 1:
        raise SocksFailed(ProxyTrouble.PROTOCOL, "invalid username/password version")
    if status != 0:
        raise SocksFailed(ProxyTrouble.AUTH, "username/password authentication failed")


def _address(host: str) -> bytes:
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        name = host.encode("utf-8", "surrogateescape")
        if len(name) > 255:
            raise SocksFailed(ProxyTrouble.PROTOCOL, "FQDN too long") from None
        return bytes([_NAME, len(name)]) + name
    return bytes([_IPV4 if literal.version == 4 else _IPV6]) + literal.packed


async def _bound_address(read: ReadExactly, kind: int) -> None:
    """Read past the address that the proxy uses, which nobody needs."""
    match kind:
        case 1:
            length = 4
        case 4:
            length = 16
        case 3:
            length = (await read(1))[0]
        case _:
            raise SocksFailed(ProxyTrouble.PROTOCOL, f"unknown address type {kind}")
    await read(length + 2)
