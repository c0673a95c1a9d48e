"""The credentials that go would attach to a request, read and never shown.

Source: cmd/go/internal/auth (AddCredentials, runGoAuth, netrcPath). Only https requests carry them, from
the first request on. GOAUTH methods that start a program (git, a command) are not run: what they would
give is not known.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

from probes.golang.errors import Fatal
from probes.golang.netrc import NetrcEntry, find_entry, parse_netrc
from probes.golang.quote import fields, trim_space

MAX_NETRC_BYTES = 1 << 20


class Credentials:
    """What GOAUTH leads to in one environment."""

    def __init__(self, goauth: str, process: Mapping[str, str]) -> None:
        self._goauth = goauth
        self._process = process
        self._entries: list[NetrcEntry] | None = None

    @property
    def runs_programs(self) -> bool:
        """Whether GOAUTH names a method that would start a program."""
        return any(words and words[0] not in ("off", "netrc") for words in self._methods())

    def authorization(self, url: str) -> str | None:
        """The Authorization header for an https URL, or None. Raises Fatal where go refuses GOAUTH."""
        self._check()
        if not any(words[0] == "netrc" for words in self._methods()):
            return None
        if self._entries is None:
            self._entries = parse_netrc(self._read())
        entry = find_entry(self._entries, url)
        if entry is None:
            return None
        token = f"{entry.login}:{entry.password}".encode("utf-8", "surrogateescape")
        return "Basic " + base64.b64encode(token).decode()

    def _methods(self) -> list[list[str]]:
        return [fields(trim_space(method)) for method in (self._goauth or "netrc").split(";")]

    def _check(self) -> None:
        methods = self._methods()
        if any(not words for words in methods):
            raise Fatal(f"go: GOAUTH encountered an empty command (GOAUTH={self._goauth})")
        if len(methods) > 1 and ["off"] in methods:
            raise Fatal(
                "go: GOAUTH=off cannot be combined with other authentication commands "
                f"(GOAUTH={self._goauth})"
            )

    def _read(self) -> str:
        name = self._process.get("NETRC", "")
        if not name:
            home = self._process.get("HOME", "")
            if not home:
                return ""
            name = home + "/.netrc"
        try:
            with open(Path(name), "rb") as file:
                return file.read(MAX_NETRC_BYTES).decode("utf-8", "surrogateescape")
        except OSError:
            return ""
