"""TLS servers that are wrong in one way each, and servers that do not speak TLS at all."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
from collections.abc import Callable

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.loopback import LoopbackServer

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]


class RawServer(LoopbackServer):
    """Lets a function have each connection."""

    def __init__(self, talk: Talk, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls=tls)
        self._talk = talk

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        result = self._talk(reader, writer)
        if asyncio.iscoroutine(result):
            await result


def context_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """A server context with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def issued(ca: trustme.CA, *names: str, days: tuple[int, int] | None = None, common_name: str | None = None,
           ) -> ssl.SSLContext:  # fmt: skip
    """A context for these names; ``days``: valid from and to, in days from now."""
    if days is None:
        return context_of(ca.issue_cert(*names, common_name=common_name))
    now = dt.datetime.now(dt.UTC)
    return context_of(
        ca.issue_cert(
            *names,
            not_before=now + dt.timedelta(days=days[0]),
            not_after=now + dt.timedelta(days=days[1]),
        )
    )


def self_signed(name: str | None, common_name: str) -> ssl.SSLContext:
    """A context with a self-signed certificate; without alternative names when ``name`` is None."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )
    if name is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return context_of(_Leaf(pem))  # type: ignore[arg-type]


class _Leaf:
    def __init__(self, pem: bytes) -> None:
        self._blob = trustme.Blob(pem)

    def configure_cert(self, context: ssl.SSLContext) -> None:
        with self._blob.tempfile() as path:
            context.load_cert_chain(path)
