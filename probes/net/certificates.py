"""Certificates in Go's words.

Source: crypto/x509/verify.go (Certificate.Verify, isValid, VerifyHostname, HostnameError,
CertificateInvalidError, UnknownAuthorityError). OpenSSL says whether a chain holds; which of several faults
is named, and how, follows Go's order: the leaf's dates, then the host name, then the chain.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

UNKNOWN_AUTHORITY = "x509: certificate signed by unknown authority"
EXPIRED = "x509: certificate has expired or is not yet valid: "


def leaf_error(leaf: x509.Certificate, host: str, now: datetime) -> str | None:
    """What Go says of a leaf's dates and names before it looks at the chain; None when they are right."""
    stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if now < leaf.not_valid_before_utc:
        return f"{EXPIRED}current time {stamp} is before {_stamp(leaf.not_valid_before_utc)}"
    if now > leaf.not_valid_after_utc:
        return f"{EXPIRED}current time {stamp} is after {_stamp(leaf.not_valid_after_utc)}"
    return host_name_error(leaf, host)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def host_name_error(leaf: x509.Certificate, host: str) -> str | None:
    """Go's text when a certificate is for other names than ``host``, else None.

    Only subject alternative names count (VerifyHostname); the common name is ignored.
    """
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        names = None
    dns_names = names.get_values_for_type(x509.DNSName) if names is not None else []
    literal = host.strip("[]")
    if names is None and any(_matches(name.lower(), literal.lower()) for name in _common_names(leaf)):
        return "x509: certificate relies on legacy Common Name field, use SANs instead"
    try:
        wanted = ipaddress.ip_address(literal)
    except ValueError:
        pass
    else:
        return _address_error(names, literal, wanted)
    if any(_matches(name.lower(), host.lower()) for name in dns_names):
        return None
    if not dns_names:
        return f"x509: certificate is not valid for any names, but wanted to match {host}"
    return f"x509: certificate is valid for {', '.join(dns_names)}, not {host}"


def _address_error(
    names: x509.SubjectAlternativeName | None,
    literal: str,
    wanted: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> str | None:
    addresses = names.get_values_for_type(x509.IPAddress) if names is not None else []
    if wanted in addresses:
        return None
    if not addresses:
        return f"x509: cannot validate certificate for {literal} because it doesn't contain any IP SANs"
    return f"x509: certificate is valid for {', '.join(map(str, addresses))}, not {literal}"


def _common_names(leaf: x509.Certificate) -> list[str]:
    return [str(name.value) for name in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]


def _matches(pattern: str, host: str) -> bool:
    """x509 matchHostnames: a star stands for the whole leftmost label only."""
    wanted, labels = pattern.split("."), host.rstrip(".").split(".")
    if len(wanted) != len(labels) or not all(labels):
        return False
    return wanted[0] in ("*", labels[0]) and wanted[1:] == labels[1:]
