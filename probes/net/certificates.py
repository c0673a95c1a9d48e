"""Certificates in Go's words.

Source: crypto/x509/verify.go (HostnameError, CertificateInvalidError, UnknownAuthorityError).
"""

from __future__ import annotations

import ipaddress
import ssl
from typing import Any


def host_name_error(certificate: dict[str, Any], host: str) -> str | None:
    """Go's text when a verified certificate is for other names than ``host``, else None.

    ``certificate`` is what SSLObject.getpeercert() returns. Only subject alternative names count
    (x509.Certificate.VerifyHostname); the common name is ignored.
    """
    names = [value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"]
    addresses = [value for kind, value in certificate.get("subjectAltName", ()) if kind == "IP Address"]
    literal = host.strip("[]")
    try:
        wanted = ipaddress.ip_address(literal)
    except ValueError:
        pass
    else:
        if any(ipaddress.ip_address(value) == wanted for value in addresses):
            return None
        if not addresses:
            return (
                f"x509: cannot validate certificate for {literal} because it doesn't contain any IP SANs"
            )
        return f"x509: certificate is valid for {', '.join(addresses)}, not {literal}"
    if any(_matches(name.lower(), host.lower()) for name in names):
        return None
    if not names:
        return f"x509: certificate is not valid for any names, but wanted to match {host}"
    return f"x509: certificate is valid for {', '.join(names)}, not {host}"


def _matches(pattern: str, host: str) -> bool:
    """x509 matchHostnames: a star stands for the whole leftmost label only."""
    wanted, labels = pattern.rstrip(".").split("."), host.rstrip(".").split(".")
    if len(wanted) != len(labels) or not all(labels):
        return False
    return (wanted[0] in ("*", labels[0])) and wanted[1:] == labels[1:]


def verification_words(error: ssl.SSLCertVerificationError) -> str:
    """Go's text for a chain that OpenSSL refused; dates are not known at this point."""
    expired, not_yet_valid = 10, 9
    if error.verify_code in (expired, not_yet_valid):
        return "x509: certificate has expired or is not yet valid"
    return "x509: certificate signed by unknown authority"
