"""A URL of a repository taken apart as git does, and shown without secrets.

Source: git's connect.c (parse_connect_url, url_is_local_not_ssh), gitremote-helpers(7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote

from probes.golang.errors import GoError
from probes.golang.redact import MASK
from probes.golang.shown import shown
from probes.golang.urls import parse_url

_SSH = {"ssh", "git+ssh", "ssh+git"}
_SCHEMES = {"http": "http", "https": "https", "git": "git", "file": "file"}
_DEFAULT_PORTS = {"http": "80", "https": "443", "ssh": "22"}
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]*::")


@dataclass(frozen=True, slots=True)
class Remote:
    """Where git would connect to."""

    transport: str
    """ "http", "https", "ssh", "git", "file"; "" for anything else."""
    host: str = ""
    """Without a port."""
    port: str = ""
    path: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    has_password: bool = False

    @property
    def place(self) -> str:
        """The host, with the port where it is not the usual one."""
        usual = not self.port or self.port == _DEFAULT_PORTS.get(self.transport)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return shown(host if usual else f"{host}:{self.port}")

    @property
    def bare(self) -> str:
        """The URL without user and password, for command lines."""
        return self._url("")

    @property
    def asked(self) -> str:
        """The URL with its user and without its password, as helpers are asked; not for showing."""
        return self._url(f"{quote(self.user, safe='')}@" if self.user else "")

    def _url(self, user: str) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        return f"{self.transport}://{user}{host}{port}/{self.path.lstrip('/')}"


def shown_url(url: str) -> str:
    """A URL for showing: of an address without a scheme too, no user but "git" is seen."""
    if "://" not in url:
        user, at, rest = url.partition("@")
        if at and "/" not in user and user != "git":
            url = f"{MASK}@{rest}"
    return shown(url)


def known_hosts_name(host: str, port: str) -> str:
    """A host as known_hosts has it (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT); ``port`` is "" for 22."""
    return host if port in ("", _DEFAULT_PORTS["ssh"]) else f"[{host}]:{port}"


def remote_of(url: str) -> Remote:
    """Take a URL of git's apart."""
    if "://" not in url:
        colon, slash = url.find(":"), url.find("/")
        if colon < 0 or -1 < slash < colon:
            return Remote("file", path=url)
        if _HELPER.match(url):
            return Remote("")
        before, _, path = url.partition(":")
        user, _, host = before.rpartition("@")
        return Remote("ssh", host.strip("[]"), "", path, user)
    try:
        parsed = parse_url(url)
    except GoError:
        return Remote("")
    transport = "ssh" if parsed.scheme in _SSH else _SCHEMES.get(parsed.scheme, "")
    return Remote(
        transport,
        parsed.hostname(),
        parsed.port(),
        parsed.escaped_path(),
        parsed.user or "",
        bool(parsed.password),
    )
