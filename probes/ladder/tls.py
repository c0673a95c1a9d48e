"""The rung of TLS: the handshake, the whole chain that the server shows, and Go's verdict on it.

OpenSSL shakes hands and is told to believe everything; whether the chain is good is for probes.ladder.chain,
which judges as crypto/x509 does and says which of several faults it is. Versions and suites are those that
crypto/tls offers (defaults.go, cipher_suites.go), so that a server too old for go is too old here as well.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import httpcore
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from probes.ladder.chain import (
    CertificatePool,
    Unacceptable,
    is_authority,
    key_words,
    load_roots,
    verify,
)
from probes.ladder.faults import Fault
from probes.ladder.go_limits import ClimbLimits
from probes.ladder.hello import HelloPlan
from probes.ladder.issuers import is_public_authority, middlebox, name_words
from probes.ladder.model import shown
from probes.ladder.tunnel import Opened, Way, WayFailed, noted_by, opened
from probes.net.client_hello import server_name
from probes.net.roots import find_roots
from probes.net.streams import TLSFailed, TLSStream

VERIFY_WORDS = "tls: failed to verify certificate: "
_SUITES = ":".join((
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES256-SHA",
    "@SECLEVEL=0",
))  # fmt: skip
"""Those of Go for TLS 1.2. OpenSSL's own idea of what is safe is not Go's: level 0 turns it off."""


@dataclass(frozen=True, slots=True)
class RootsView:
    """The root certificates that counted, and why these."""

    file: str | None
    dirs: tuple[str, ...]
    because: str
    count: int
    """How many certificates were read."""


@dataclass(frozen=True, slots=True)
class Roots:
    """The root certificates, loaded."""

    pool: CertificatePool
    view: RootsView


def read_roots(variables: Mapping[str, str]) -> Roots:
    """Read the roots that go would read; takes some 100 ms for a system's whole bundle."""
    store = find_roots(variables)
    pool = load_roots(store)
    file = None if store.file is None else shown(store.file)
    return Roots(pool, RootsView(file, tuple(map(shown, store.dirs)), store.because, len(pool)))


@dataclass(frozen=True, slots=True)
class CertificateView:
    """One certificate as the server sent it, safe to show."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    """Subject alternative names: host names, then addresses."""
    not_before: datetime
    not_after: datetime
    is_authority: bool
    self_issued: bool
    """Whether it names itself as its issuer."""
    key: str
    """ "RSA 2048", "ECDSA secp256r1"."""
    serial: str
    """In hexadecimal digits."""
    issuer_urls: tuple[str, ...]
    """Where the issuer's own certificate can be had (authority information access)."""


@dataclass(frozen=True, slots=True)
class TLSReport:
    """One handshake."""

    address: str
    """The address that was connected to: the server's, or the proxy's."""
    server_name: str
    """The host that the certificate must be for."""
    seconds: float
    roots: RootsView
    version: str = ""
    cipher: str = ""
    alpn: str = ""
    chain: tuple[CertificateView, ...] = ()
    """What the server sent, the leaf first."""
    path: tuple[str, ...] = ()
    """The chain that leads to a root, when one does."""
    fault: Fault | None = None
    words: str = ""
    """Go's, from the inside of its error; "" when it goes on."""
    middlebox: str = ""
    """The product that the issuer's name gives away."""
    public_issuer: bool = False
    """Whether a public authority stands in the chain."""
    proxied: bool = False
    """Whether a proxy stands in between: then ``address`` says nothing about the server."""

    @property
    def ok(self) -> bool:
        """Whether go goes on after it."""
        return self.fault is None


async def shake(way: Way, roots: Roots, plan: HelloPlan, limits: ClimbLimits) -> TLSReport:
    """Shake hands along the way and judge the chain; raises nothing for what networks and servers do."""
    began = monotonic()
    report = TLSReport(way.address, shown(way.host), 0.0, roots.view, proxied=way.proxy is not None)
    try:
        async with opened(way, limits) as found:
            began = monotonic()
            stream = await _agreed(way, found, plan, limits)
    except WayFailed as error:
        return _changed(report, began, fault=error.fault, words=str(error))
    except TLSFailed as error:
        return _changed(report, began, fault=fault_of(str(error)), words=str(error))
    spoken = stream.get_extra_info("ssl_object")
    cipher = spoken.cipher()
    facts: dict[str, Any] = {
        "version": spoken.version() or "",
        "cipher": cipher[0] if cipher else "",
        "alpn": shown(spoken.selected_alpn_protocol() or "http/1.1"),
    }
    try:
        sent = [x509.load_der_x509_certificate(der) for der in _sent_chain(spoken)]
        facts |= _chain_facts(sent)
        path = verify(sent, way.host, roots.pool, datetime.now(UTC))
    except ValueError as error:
        words = f"tls: failed to parse certificate from server: x509: {error}"
        return _changed(report, began, fault=Fault.TLS_BAD_CHAIN, words=words, **facts)
    except Unacceptable as error:
        return _changed(report, began, fault=error.fault, words=VERIFY_WORDS + str(error), **facts)
    facts["path"] = tuple(shown(name_words(one.subject)) for one in path)
    facts["public_issuer"] = facts["public_issuer"] or is_public_authority(path[-1].subject)
    facts["middlebox"] = facts["middlebox"] or middlebox(path[-1].subject)
    return _changed(report, began, **facts)


def _changed(report: TLSReport, began: float, **changes: Any) -> TLSReport:
    return replace(report, seconds=monotonic() - began, **changes)


async def _agreed(way: Way, found: Opened, plan: HelloPlan, limits: ClimbLimits) -> TLSStream:
    """A handshake that believes everything. Raises TLSFailed in Go's words."""
    try:
        stream = TLSStream(found.stream, _context(plan), server_name(way.host))
    except ValueError as error:  # a name that OpenSSL cannot send
        raise TLSFailed(f"tls: {error}") from error
    try:
        with noted_by(found.exchange):
            async with asyncio.timeout(limits.tls_s):
                await stream.agree()
    except TimeoutError:
        raise TLSFailed("net/http: TLS handshake timeout") from None
    except (httpcore.ReadError, httpcore.WriteError) as error:
        raise TLSFailed(found.exchange.network_error or str(error)) from error
    return stream


def _context(plan: HelloPlan) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_SUITES)
    if plan.alpn:
        context.set_alpn_protocols(list(plan.alpn))
    return context


def _sent_chain(spoken: Any) -> list[bytes]:
    """The certificates as the server sent them, in DER.

    Public from Python 3.13 on; before, the same method is there on the inner object.
    """
    if hasattr(spoken, "get_unverified_chain"):
        return [bytes(der) for der in spoken.get_unverified_chain()]
    return [certificate.public_bytes(2) for certificate in spoken._sslobj.get_unverified_chain() or ()]


def fault_of(words: str) -> Fault:
    """The fault behind Go's words for a handshake that ended early."""
    for mark, fault in _FAULT_OF_WORDS:
        if mark in words:
            return fault
    return Fault.TLS_ERROR


_FAULT_OF_WORDS = (
    ("handshake timeout", Fault.TLS_TIMEOUT),
    ("first record does not look", Fault.TLS_NOT_TLS),
    ("HTTP response to HTTPS", Fault.TLS_NOT_TLS),
    ("protocol version", Fault.TLS_PROTOCOL_VERSION),
    ("remote error: tls:", Fault.TLS_ALERT),
    ("connection reset", Fault.TLS_RESET),
    ("broken pipe", Fault.TLS_CLOSED),
    ("EOF", Fault.TLS_CLOSED),
)


# -- certificates -------------------------------------------------------------------------------------------


def _chain_facts(sent: Sequence[x509.Certificate]) -> dict[str, Any]:
    issuers = [one.issuer for one in sent]
    return {
        "chain": tuple(map(certificate_view, sent)),
        "middlebox": next(filter(None, map(middlebox, issuers)), ""),
        "public_issuer": any(map(is_public_authority, issuers)),
    }


def certificate_view(certificate: x509.Certificate) -> CertificateView:
    """A certificate, safe to show. Raises ValueError for one whose extensions cannot be read."""
    return CertificateView(
        subject=shown(name_words(certificate.subject)),
        issuer=shown(name_words(certificate.issuer)),
        names=_names(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        is_authority=is_authority(certificate),
        self_issued=certificate.subject == certificate.issuer,
        key=key_words(certificate),
        serial=f"{certificate.serial_number:x}",
        issuer_urls=_issuer_urls(certificate),
    )


MAX_NAMES = 100
"""Alternative names that are kept; some certificates have thousands."""


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    hosts = names.get_values_for_type(x509.DNSName)
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return tuple(shown(name) for name in [*hosts, *addresses][:MAX_NAMES])


def _issuer_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        shown(one.access_location.value)
        for one in access
        if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    )
