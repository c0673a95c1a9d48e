"""A ClientHello written byte by byte, and the first record of the answer.

A TLS library cannot send these: OpenSSL has its own order and size, and the size is what matters. Something
on the way that reads only the first packet of a connection, or has a small buffer, drops the 1.5 KB that Go
sends since it offers ML-KEM, and lets a small one pass.

Sources: RFC 8446 section 4 (ClientHello, HelloRetryRequest, extensions) and 5.1 (records), RFC 6066 (server
name), RFC 7301 (ALPN); crypto/tls handshake_client.go (makeClientHello), handshake_messages.go (the order of
the extensions), defaults.go and cipher_suites.go for what Go 1.27 offers. FIPS 203 for a key that passes as
one of ML-KEM's.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum

from probes.net.alerts import ALERTS


class HelloSize(StrEnum):
    """Which of the two hellos."""

    GO = "go"
    """As Go 1.27 sends it: about 1.5 KB."""
    SMALL = "small"
    """As Go sends it with GODEBUG=tlsmlkem=0: about 300 bytes."""


class Version(Enum):
    """A TLS version as it stands in supported_versions."""

    TLS12 = 0x0303
    TLS13 = 0x0304

    @property
    def shown(self) -> str:
        """As OpenSSL and probes.net name it."""
        return f"TLSv1.{self.value - 0x0301}"


BOTH_VERSIONS = (Version.TLS13, Version.TLS12)
GO_ALPN = ("h2", "http/1.1")

_CIPHERS_TLS12 = (0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC009, 0xC013, 0xC00A, 0xC014)
_CIPHERS_TLS13 = (0x1301, 0x1302, 0x1303)
_X25519_MLKEM768 = 0x11EC
_X25519 = 0x001D
_POST_QUANTUM = (_X25519_MLKEM768, 0x11EB, 0x11ED)
_CLASSICAL = (_X25519, 0x0017, 0x0018, 0x0019)
_SIGNATURES_PQ = (0x0904, 0x0905, 0x0906)
_SIGNATURES = (0x0804, 0x0403, 0x0807, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0503, 0x0603)
_NOT_IN_TLS13 = frozenset({0x0401, 0x0501, 0x0601})
"""PKCS #1 v1.5, which TLS 1.3 allows in certificates only."""
_SIGNATURES_SHA1 = (0x0201, 0x0203)
_MLKEM768_COEFFICIENTS = 768
_MLKEM_Q = 3329


def client_hello(
    host: str,
    *,
    size: HelloSize = HelloSize.GO,
    alpn: Sequence[str] = GO_ALPN,
    versions: Sequence[Version] = BOTH_VERSIONS,
) -> bytes:
    """One record with a ClientHello, ready to be sent.

    ``host``: the server name; none is sent for "" and for an address, as Go does (hostnameInSNI). Keys are
    random: nobody can go on with the handshake, which is not wanted.
    """
    tls13 = Version.TLS13 in versions
    ciphers = (_CIPHERS_TLS12 if Version.TLS12 in versions else ()) + (_CIPHERS_TLS13 if tls13 else ())
    body = b"".join((
        _u16(Version.TLS12.value),
        secrets.token_bytes(32),
        _vector8(secrets.token_bytes(32)),
        _vector16(_u16s(ciphers)),
        _vector8(b"\0"),
        _vector16(b"".join(_extensions(host, size, alpn, versions, tls13=tls13))),
    ))  # fmt: skip
    message = b"\x01" + len(body).to_bytes(3) + body
    # The version of the record stands still at TLS 1.0 for old middleboxes (RFC 8446 section 5.1).
    return b"\x16\x03\x01" + _vector16(message)


def _extensions(
    host: str, size: HelloSize, alpn: Sequence[str], versions: Sequence[Version], *, tls13: bool
) -> Iterable[bytes]:
    """In the order of clientHelloMsg.marshalMsg."""
    name = server_name(host)
    if name:
        yield _extension(0, _vector16(b"\0" + _vector16(name.encode("ascii"))))
    yield _extension(11, _vector8(b"\0"))
    yield _extension(0xFF01, _vector8(b""))
    yield _extension(23, b"")
    yield _extension(18, b"")
    yield _extension(5, b"\x01" + _u16(0) + _u16(0))
    # Without TLS 1.3 Go leaves the post-quantum groups and signatures out.
    groups = (_POST_QUANTUM if size is HelloSize.GO and tls13 else ()) + _CLASSICAL
    yield _extension(10, _vector16(_u16s(groups)))
    signatures = (_SIGNATURES_PQ if tls13 else ()) + _SIGNATURES
    barred = frozenset() if Version.TLS12 in versions else _NOT_IN_TLS13
    yield _extension(13, _vector16(_u16s(scheme for scheme in signatures if scheme not in barred)))
    yield _extension(50, _vector16(_u16s(signatures + _SIGNATURES_SHA1)))
    if alpn:
        yield _extension(16, _vector16(b"".join(_vector8(word.encode("ascii")) for word in alpn)))
    yield _extension(43, _vector8(_u16s(version.value for version in versions)))
    if tls13:
        yield _extension(51, _vector16(_key_shares(size)))


def _key_shares(size: HelloSize) -> bytes:
    x25519 = secrets.token_bytes(32)
    shares = _u16(_X25519) + _vector16(x25519)
    if size is HelloSize.GO:
        # Go sends the same X25519 key twice: inside the hybrid, and alone for servers without ML-KEM.
        shares = _u16(_X25519_MLKEM768) + _vector16(_mlkem768_key() + x25519) + shares
    return shares


def _mlkem768_key() -> bytes:
    """1184 bytes that pass for an encapsulation key: coefficients below q, 12 bits each, and a seed.

    A server checks just that (FIPS 203 section 7.2, the modulus check) and would refuse random bytes.
    """
    packed = 0
    for position in range(_MLKEM768_COEFFICIENTS):
        packed |= secrets.randbelow(_MLKEM_Q) << (12 * position)
    return packed.to_bytes(_MLKEM768_COEFFICIENTS * 12 // 8, "little") + secrets.token_bytes(32)


def server_name(host: str) -> str:
    """What Go sends as server name: "" for an address, no final dot (crypto/tls hostnameInSNI)."""
    bare = host.strip("[]").partition("%")[0]
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return host.rstrip(".")
    return ""


def _u16(number: int) -> bytes:
    return number.to_bytes(2)


def _u16s(numbers: Iterable[int]) -> bytes:
    return b"".join(map(_u16, numbers))


def _vector8(data: bytes) -> bytes:
    return len(data).to_bytes(1) + data


def _vector16(data: bytes) -> bytes:
    return _u16(len(data)) + data


def _extension(kind: int, data: bytes) -> bytes:
    return _u16(kind) + _vector16(data)


# -- the answer ---------------------------------------------------------------------------------------------


class FirstRecord(StrEnum):
    """What the first record of the answer is."""

    SERVER_HELLO = "server hello"
    HELLO_RETRY_REQUEST = "hello retry request"
    ALERT = "alert"
    NOT_TLS = "not tls"
    INCOMPLETE = "incomplete"
    """Too few bytes to say."""


_RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a HelloRetryRequest: SHA-256 of those words (RFC 8446 section 4.1.3)."""
_HANDSHAKE, _ALERT, _SERVER_HELLO = 22, 21, 2
_RECORD_HEADER = 5
_ENOUGH = _RECORD_HEADER + 4 + 2 + 32
"""Bytes up to the end of a ServerHello's random."""


@dataclass(frozen=True, slots=True)
class ServerFirst:
    """The first record of a server."""

    kind: FirstRecord
    version: str = ""
    """"TLSv1.2" or "TLSv1.3", from a ServerHello."""
    cipher: int | None = None
    group: int | None = None
    """The group of the server's key share, or the one that it wants."""
    alert: str = ""
    """Go's word for the alert."""

    @property
    def answered(self) -> bool:
        """Whether the server understood the hello."""
        return self.kind in (FirstRecord.SERVER_HELLO, FirstRecord.HELLO_RETRY_REQUEST)


def first_record(data: bytes) -> ServerFirst:
    """Read the first bytes of an answer."""
    if not data:
        return ServerFirst(FirstRecord.INCOMPLETE)
    if data[0] not in (_HANDSHAKE, _ALERT) or (len(data) > 1 and data[1] != 3):
        return ServerFirst(FirstRecord.NOT_TLS)
    if data[0] == _ALERT:
        if len(data) < _RECORD_HEADER + 2:
            return ServerFirst(FirstRecord.INCOMPLETE)
        return ServerFirst(FirstRecord.ALERT, alert=ALERTS.get(data[6], f"alert({data[6]})"))
    if len(data) < _ENOUGH:
        return ServerFirst(FirstRecord.INCOMPLETE)
    if data[_RECORD_HEADER] != _SERVER_HELLO:
        return ServerFirst(FirstRecord.NOT_TLS)
    return _server_hello(data[_RECORD_HEADER + 4 :])


def _server_hello(body: bytes) -> ServerFirst:
    random = body[2:34]
    rest = body[34:]
    kind = FirstRecord.HELLO_RETRY_REQUEST if random == _RETRY_RANDOM else FirstRecord.SERVER_HELLO
    session = rest[0] if rest else 0
    after = rest[1 + session :]
    cipher = int.from_bytes(after[:2]) if len(after) >= 2 else None
    version = int.from_bytes(body[:2])
    group = None
    for number, data in _read_extensions(after[3:]):
        if number == 43 and len(data) == 2:
            version = int.from_bytes(data)
        elif number == 51 and len(data) >= 2:
            group = int.from_bytes(data[:2])
    return ServerFirst(kind, f"TLSv1.{version - 0x0301}", cipher, group)


def _read_extensions(data: bytes) -> Iterable[tuple[int, bytes]]:
    """The extensions of a ServerHello, as far as they came."""
    data = data[2 : 2 + int.from_bytes(data[:2])]
    while len(data) >= 4:
        length = int.from_bytes(data[2:4])
        yield int.from_bytes(data[:2]), data[4 : 4 + length]
        data = data[4 + length :]
