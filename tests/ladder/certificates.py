"""Certificates that are wrong in one way each, made as they are needed."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

NOW = dt.datetime(2026, 6, 1, 12, 0, tzinfo=dt.UTC)
"""The time in the tests that do not shake hands."""
DAY = dt.timedelta(days=1)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """One RSA key for all: they take long to make."""
    return rsa.generate_private_key(65537, 2048)


@dataclass(frozen=True)
class Plan:
    """What a certificate says."""

    common_name: str
    organisation: str = "Tests"
    names: tuple[str, ...] = ()
    """Alternative names; addresses are recognised."""
    authority: bool = False
    constraints: bool = True
    """Whether it has basic constraints at all."""
    path_length: int | None = None
    days: tuple[int, int] = (-30, 30)
    """Valid from and to, in days from ``now``."""
    now: dt.datetime = NOW
    issuer_url: str = ""
    purposes: tuple[x509.ObjectIdentifier, ...] = ()
    may_sign: bool | None = None
    """The key usage, when it is stated."""
    key_identifiers: bool = True
    critical_stranger: bool = False
    """An extension that nobody knows, and that must be understood."""
    use_rsa: bool = False


@dataclass(frozen=True)
class Made:
    """A certificate with its key and the plan behind it."""

    certificate: x509.Certificate
    key: Key
    plan: Plan

    @property
    def der(self) -> bytes:
        """The certificate as it goes over the wire."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate as it stands in files."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self) -> bytes:
        """The key as it stands in files."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def make(plan: Plan, issuer: Made | None = None, *, key: Key | None = None) -> Made:
    """Make a certificate; without an issuer it signs itself."""
    if key is None:
        key = rsa_key() if plan.use_rsa else ec.generate_private_key(ec.SECP256R1())
    signer = key if issuer is None else issuer.key
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(plan))
        .issuer_name(_name(plan) if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(plan.now + plan.days[0] * DAY)
        .not_valid_after(plan.now + plan.days[1] * DAY)
    )
    for extension, critical in _extensions(plan, key, signer):
        builder = builder.add_extension(extension, critical)
    return Made(builder.sign(signer, hashes.SHA256()), key, plan)


def _name(plan: Plan) -> x509.Name:
    values = [(NameOID.COMMON_NAME, plan.common_name), (NameOID.ORGANIZATION_NAME, plan.organisation)]
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in values if value])


def _extensions(plan: Plan, key: Key, signer: Key) -> list[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = []
    if plan.constraints:
        found.append((x509.BasicConstraints(ca=plan.authority, path_length=plan.path_length), True))
    if plan.names:
        found.append((x509.SubjectAlternativeName([_general_name(name) for name in plan.names]), False))
    if plan.key_identifiers:
        found.append((x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False))
        found.append((x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False))
    if plan.purposes:
        found.append((x509.ExtendedKeyUsage(plan.purposes), False))
    if plan.may_sign is not None:
        found.append((_usage(may_sign=plan.may_sign), True))
    if plan.issuer_url:
        place = x509.UniformResourceIdentifier(plan.issuer_url)
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, place)
        found.append((x509.AuthorityInformationAccess([access]), False))
    if plan.critical_stranger:
        stranger = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
        found.append((stranger, True))
    return found


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, may_sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not may_sign, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=may_sign, crl_sign=may_sign,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def server_context(leaf: Made, *others: Made) -> ssl.SSLContext:
    """What a server needs to show this chain."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(leaf.pem + b"".join(other.pem for other in others) + leaf.key_pem())
        file.flush()
        context.load_cert_chain(file.name)
    return context


def bundle(folder: Path, roots: Sequence[Made]) -> dict[str, str]:
    """Variables that make exactly these the roots."""
    (folder / "roots.pem").write_bytes(b"".join(root.pem for root in roots))
    return {"SSL_CERT_FILE": str(folder / "roots.pem"), "SSL_CERT_DIR": str(folder / "none")}


SERVER_AUTH = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH
ANY_PURPOSE = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
