"""The name of a host as it is looked up.

Source: net/http idnaASCII, golang.org/x/net/idna Lookup.
"""

from __future__ import annotations

import idna


def ascii_host(host: str) -> str | None:
    """The host as it is looked up: international names in ASCII (net/http idnaASCII).

    None for what is no domain name at all; go says "no such host" without asking anybody.
    """
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return _label_by_label(host)


def _label_by_label(host: str) -> str | None:
    """A name that is wrong as a whole, such as one with an empty label, is still looked up by go."""
    try:
        return ".".join(
            label if label.isascii() else idna.encode(label, uts46=True).decode("ascii")
            for label in host.split(".")
        )
    except idna.IDNAError:
        return None
