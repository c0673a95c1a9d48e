"""The root certificates that Go would use, and why.

Source: crypto/x509/root_unix.go and root_linux.go: SSL_CERT_FILE replaces the list of files, of which the
first that exists is read; SSL_CERT_DIR (colon-separated) replaces the list of folders, of which all are
read. Missing files are silently ignored. Never certifi.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CERT_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
CERT_DIRS = ("/etc/ssl/certs", "/etc/pki/tls/certs")


@dataclass(frozen=True, slots=True)
class RootStore:
    """Where the roots come from."""

    file: str | None
    """The one bundle that is read, or None where none of the candidates exists."""
    dirs: tuple[str, ...]
    because: str


def find_roots(environment: Mapping[str, str]) -> RootStore:
    """Choose files and folders in Go's order."""
    named_file = environment.get("SSL_CERT_FILE", "")
    named_dirs = environment.get("SSL_CERT_DIR", "")
    candidates = (named_file,) if named_file else CERT_FILES
    dirs = tuple(named_dirs.split(":")) if named_dirs else CERT_DIRS
    file = next((name for name in candidates if Path(name).is_file()), None)
    because = "SSL_CERT_FILE" if named_file else "first existing system bundle"
    return RootStore(file, dirs, because)


def client_context(store: RootStore) -> ssl.SSLContext:
    """A TLS client context with exactly these roots.

    The host name is checked by our caller, in Go's words; the chain by OpenSSL.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    paths = [store.file] if store.file else []
    for folder in store.dirs:
        paths.extend(str(path) for path in _certificate_files(folder))
    for path in paths:
        try:
            context.load_verify_locations(cafile=path)
        except (OSError, ssl.SSLError):
            continue  # Go ignores files without certificates as well
    return context


def _certificate_files(folder: str) -> list[Path]:
    """The files of a folder; links to one of its own files left out (readUniqueDirectoryEntries)."""
    try:
        entries = sorted(Path(folder).iterdir())
    except OSError:
        return []
    return [entry for entry in entries if not _links_within(entry)]


def _links_within(entry: Path) -> bool:
    if not entry.is_symlink():
        return False
    target = entry.readlink()
    return len(target.parts) == 1
