"""Whether a chain of certificates leads to a root, judged as Go judges it and in its words.

Source: crypto/x509/verify.go (Certificate.Verify, isValid, buildChains, checkChainForKeyUsage), x509.go
(CheckSignatureFrom, checkSignature) and cert_pool.go (findPotentialParents). OpenSSL would only say that it
does not trust the chain; Go says which of several faults it met, and hints at the certificate that it nearly
believed. Name constraints and certificate policies are not judged here.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, SignatureAlgorithmOID

from probes.golang.quote import quote
from probes.ladder.faults import Fault
from probes.net.certificates import UNKNOWN_AUTHORITY, leaf_error
from probes.net.roots import RootStore

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

MAX_SIGNATURE_CHECKS = 100
"""x509 maxChainSignatureChecks."""


class Unacceptable(Exception):
    """A chain that Go refuses; ``str()`` is Go's text from "x509:" on."""

    def __init__(self, fault: Fault, words: str, culprit: x509.Certificate) -> None:
        super().__init__(words)
        self.fault = fault
        self.culprit = culprit
        """The certificate that the words are about."""


class CertificatePool:
    """Certificates by subject (x509 CertPool)."""

    def __init__(self, certificates: Iterable[x509.Certificate] = ()) -> None:
        self._by_subject: dict[bytes, list[x509.Certificate]] = {}
        self._known: set[x509.Certificate] = set()
        for certificate in certificates:
            if certificate not in self._known:
                self._known.add(certificate)
                self._by_subject.setdefault(certificate.subject.public_bytes(), []).append(certificate)

    def __contains__(self, certificate: x509.Certificate) -> bool:
        return certificate in self._known

    def __len__(self) -> int:
        return len(self._known)

    def parents_of(self, certificate: x509.Certificate) -> list[x509.Certificate]:
        """Who could have issued it, the most plausible by its key first (findPotentialParents)."""
        wanted = authority_key(certificate)

        def plausibility(candidate: x509.Certificate) -> int:
            own = subject_key(candidate)
            if own == wanted:
                return 0
            return 1 if bool(own) != bool(wanted) else 2

        return sorted(self._by_subject.get(certificate.issuer.public_bytes(), []), key=plausibility)


def load_roots(store: RootStore) -> CertificatePool:
    """Every certificate of the files that Go reads; what cannot be read is left out, as Go leaves it."""
    found: list[x509.Certificate] = []
    paths = [Path(store.file)] if store.file else []
    for folder in store.dirs:
        try:
            paths += sorted(Path(folder).iterdir())
        except OSError:
            continue
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some old roots have serial numbers that are frowned upon today
        for path in paths:
            try:
                found += x509.load_pem_x509_certificates(path.read_bytes())
            except (OSError, ValueError):
                continue
    return CertificatePool(found)


def subject_key(certificate: x509.Certificate) -> bytes:
    """The subject key identifier, b"" without one."""
    extension = _extension(certificate, x509.SubjectKeyIdentifier)
    return b"" if extension is None else extension.digest


def authority_key(certificate: x509.Certificate) -> bytes:
    """The authority key identifier, b"" without one."""
    extension = _extension(certificate, x509.AuthorityKeyIdentifier)
    return b"" if extension is None else extension.key_identifier or b""


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    """An extension's value; None without it, or when the certificate's extensions cannot be read."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return None


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether the certificate may sign others (basic constraints)."""
    constraints = _extension(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def verify(
    chain: Sequence[x509.Certificate], host: str, roots: CertificatePool, now: datetime
) -> tuple[x509.Certificate, ...]:
    """The chain that leads from the leaf (first of ``chain``) to a root.

    Raises Unacceptable where Go refuses.
    """
    leaf = chain[0]
    _check_extensions(leaf)
    words = leaf_error(leaf, host, now)
    if words is not None:
        raise Unacceptable(_leaf_fault(leaf, words, now), words, leaf)
    if leaf in roots:
        found: list[tuple[x509.Certificate, ...]] = [(leaf,)]
    else:
        builder = _Builder(roots, CertificatePool(chain[1:]), now)
        found = builder.chains_from((leaf,))
    usable = [path for path in found if _fit_for_servers(path)]
    if not usable:
        words = "x509: certificate specifies an incompatible key usage"
        raise Unacceptable(Fault.TLS_BAD_CHAIN, words, leaf)
    return usable[0]


def _leaf_fault(leaf: x509.Certificate, words: str, now: datetime) -> Fault:
    if now < leaf.not_valid_before_utc:
        return Fault.TLS_NOT_YET_VALID
    if now > leaf.not_valid_after_utc:
        return Fault.TLS_EXPIRED
    return Fault.TLS_NO_ALTERNATIVE_NAMES if "legacy Common Name" in words else Fault.TLS_WRONG_NAME


def _check_extensions(certificate: x509.Certificate) -> None:
    for extension in certificate.extensions:
        if extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
            raise Unacceptable(Fault.TLS_BAD_CHAIN, "x509: unhandled critical extension", certificate)


@dataclass(slots=True)
class _Builder:
    """buildChains: every way from a certificate to a root."""

    roots: CertificatePool
    intermediates: CertificatePool
    now: datetime
    checks: int = field(default=0)

    def chains_from(self, path: tuple[x509.Certificate, ...]) -> list[tuple[x509.Certificate, ...]]:
        """The chains that begin with this path; raises Unacceptable when there is none."""
        child = path[-1]
        found: list[tuple[x509.Certificate, ...]] = []
        last: Unacceptable | None = None
        hint: Unacceptable | None = None
        for pool in (self.roots, self.intermediates):
            for candidate in pool.parents_of(child):
                self.checks += 1
                if self.checks > MAX_SIGNATURE_CHECKS:
                    words = "x509: signature check attempts limit reached while verifying certificate chain"
                    raise Unacceptable(Fault.TLS_BAD_CHAIN, words, child)
                if any(_same_authority(candidate, known) for known in path):
                    continue
                try:
                    check_signature(child, candidate)
                except Unacceptable as error:
                    hint = hint or error
                    continue
                try:
                    self._check_authority(candidate, path, is_root=pool is self.roots)
                except Unacceptable as error:
                    hint, last = hint or error, error
                    continue
                last = None
                if pool is self.roots:
                    found.append((*path, candidate))
                    continue
                try:
                    found += self.chains_from((*path, candidate))
                except Unacceptable as error:
                    last = error
        if found:
            return found
        raise last or Unacceptable(Fault.TLS_UNKNOWN_AUTHORITY, UNKNOWN_AUTHORITY + _hint(hint), child)

    def _check_authority(
        self, candidate: x509.Certificate, path: tuple[x509.Certificate, ...], *, is_root: bool
    ) -> None:
        """isValid for an issuer."""
        _check_extensions(candidate)
        words = _time_error(candidate, self.now)
        if words:
            late = self.now > candidate.not_valid_after_utc
            raise Unacceptable(Fault.TLS_EXPIRED if late else Fault.TLS_NOT_YET_VALID, words, candidate)
        constraints = _extension(candidate, x509.BasicConstraints)
        if not is_root and (constraints is None or not constraints.ca):
            words = "x509: certificate is not authorized to sign other certificates"
            raise Unacceptable(Fault.TLS_BAD_CHAIN, words, candidate)
        if (
            constraints is not None
            and constraints.path_length is not None
            and len(path) - 1 > constraints.path_length
        ):
            words = "x509: too many intermediates for path length constraint"
            raise Unacceptable(Fault.TLS_BAD_CHAIN, words, candidate)


def _time_error(certificate: x509.Certificate, now: datetime) -> str:
    """The words about a certificate's time alone."""
    if certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return ""
    return leaf_error(certificate, "", now) or ""


def _hint(hint: Unacceptable | None) -> str:
    if hint is None:
        return ""
    name = quote(_name_for_hint(hint.culprit))
    because = quote(str(hint))
    return f" (possibly because of {because} while trying to verify candidate authority certificate {name})"


def _name_for_hint(certificate: x509.Certificate) -> str:
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        values = certificate.subject.get_attributes_for_oid(kind)
        if values:
            return str(values[-1 if kind is NameOID.COMMON_NAME else 0].value)
    return f"serial:{certificate.serial_number}"


def _same_authority(candidate: x509.Certificate, known: x509.Certificate) -> bool:
    """alreadyInChain: same subject, same key, same alternative names."""
    return (
        candidate.subject.public_bytes() == known.subject.public_bytes()
        and candidate.public_key() == known.public_key()
        and _extension(candidate, x509.SubjectAlternativeName)
        == _extension(known, x509.SubjectAlternativeName)
    )


def check_signature(child: x509.Certificate, parent: x509.Certificate) -> None:
    """CheckSignatureFrom. Raises Unacceptable, whose words Go only ever shows as a hint."""

    def refuse(words: str) -> Unacceptable:
        return Unacceptable(Fault.TLS_BAD_CHAIN, words, parent)

    constraints = _extension(parent, x509.BasicConstraints)
    usage = _extension(parent, x509.KeyUsage)
    may_sign = constraints.ca if constraints is not None else parent.version is not x509.Version.v3
    if not may_sign or (usage is not None and not usage.key_cert_sign):
        raise refuse("x509: invalid signature: parent certificate cannot sign this kind of certificate")
    algorithm = child.signature_hash_algorithm
    if algorithm is not None and algorithm.name in ("md5", "sha1"):
        ecdsa = child.signature_algorithm_oid == SignatureAlgorithmOID.ECDSA_WITH_SHA1
        kind = "ECDSA-SHA1" if ecdsa else f"{algorithm.name.upper()}-RSA"
        raise refuse(f"x509: cannot verify signature: insecure algorithm {kind}")
    wanted = _SIGNED_BY.get(child.signature_algorithm_oid, "")
    kind = _key_kind(parent)
    if wanted and kind and wanted != kind:
        words = f"x509: signature algorithm specifies an {wanted} public key, but have public key of type"
        raise refuse(f"{words} {_GO_TYPES[kind]}")
    try:
        child.verify_directly_issued_by(parent)
    except InvalidSignature:
        raise refuse(_BAD_SIGNATURE.get(_key_kind(parent), "x509: verification failure")) from None
    except (TypeError, ValueError, UnsupportedAlgorithm):
        raise refuse("x509: cannot verify signature: algorithm unimplemented") from None


_RSA_SIGNATURES = (
    SignatureAlgorithmOID.RSA_WITH_SHA256, SignatureAlgorithmOID.RSA_WITH_SHA384,
    SignatureAlgorithmOID.RSA_WITH_SHA512, SignatureAlgorithmOID.RSASSA_PSS,
)  # fmt: skip
_ECDSA_SIGNATURES = (
    SignatureAlgorithmOID.ECDSA_WITH_SHA256, SignatureAlgorithmOID.ECDSA_WITH_SHA384,
    SignatureAlgorithmOID.ECDSA_WITH_SHA512,
)  # fmt: skip
_SIGNED_BY = {
    **dict.fromkeys(_RSA_SIGNATURES, "RSA"),
    **dict.fromkeys(_ECDSA_SIGNATURES, "ECDSA"),
    SignatureAlgorithmOID.ED25519: "Ed25519",
}
"""The kind of key that each algorithm of a signature wants (signatureAlgorithmDetails)."""
_GO_TYPES = {"RSA": "*rsa.PublicKey", "ECDSA": "*ecdsa.PublicKey", "Ed25519": "ed25519.PublicKey"}
_BAD_SIGNATURE = {
    "RSA": "crypto/rsa: verification error",
    "ECDSA": "x509: ECDSA verification failure",
    "Ed25519": "x509: Ed25519 verification failure",
}


def _key_kind(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "ECDSA"
    return "Ed25519" if isinstance(key, ed25519.Ed25519PublicKey) else ""


def key_words(certificate: x509.Certificate) -> str:
    """The kind and size of the key: "RSA 2048", "ECDSA secp256r1"."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"ECDSA {key.curve.name}"
    return _key_kind(certificate) or type(key).__name__


def _fit_for_servers(path: Sequence[x509.Certificate]) -> bool:
    """checkChainForKeyUsage for ServerAuth: whoever has a list of purposes has this one in it, or any."""
    for certificate in path:
        purposes = _extension(certificate, x509.ExtendedKeyUsage)
        if purposes is None:
            continue
        allowed = set(purposes)
        if not allowed & {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}:
            return False
    return True
