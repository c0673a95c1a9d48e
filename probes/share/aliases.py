"""Names in the place of names: given once, and the same for the same thing from then on."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

_ALIAS = re.compile(r"host-\d+\.example|private(?:-\d+)?\.example|user-\d+", re.IGNORECASE)
_PATH_ALIAS = re.compile(r"/path-\d+")
_MAJOR = re.compile(r"/v[2-9]\d*$|/v1\d+$")


class Aliases:
    """The names given so far. Those that stand in the text already are never given again."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.lower() for name in taken}
        self._given: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def is_alias(self, name: str) -> bool:
        """Whether a name is an alias already: a report may be masked twice."""
        return _ALIAS.fullmatch(name.rstrip(".")) is not None

    def is_path(self, name: str) -> bool:
        """The same for paths."""
        return _PATH_ALIAS.fullmatch(name) is not None

    def host(self, name: str) -> str:
        """host-1.example"""
        if self.is_alias(name):
            return name
        name = name.lower().rstrip(".")
        if ("pattern", name) in self._given:  # the same name as in GOPRIVATE
            return self._given["pattern", name]
        return self._give("host", name, "host-{}.example")

    def user(self, name: str) -> str:
        """user-1"""
        return name if self.is_alias(name) else self._give("user", name.lower(), "user-{}")

    def module(self, path: str) -> str:
        """private.example/module-1, the major version suffix kept; packages below it are modules here."""
        base, mark, rest = path.partition("/@")
        if re.fullmatch(r"private\.example/module-\d+(?:/v\d+)?", base):
            return path
        major = _MAJOR.search(base)
        suffix = major[0] if major else ""
        stem = base[: len(base) - len(suffix)]
        return self._give("module", stem.lower(), "private.example/module-{}") + suffix + mark + rest

    def pattern(self, pattern: str, *, matches: bool) -> str:
        """private.example for a pattern that matches what was asked for, else private-1.example."""
        key = ("pattern", pattern)
        if matches and key not in self._given:
            self._given[key] = "private.example"
        return self._give("pattern", pattern, "private-{}.example")

    def branch(self, name: str) -> str:
        """branch-1"""
        return self._give("branch", name.replace("!", "").lower(), "branch-{}")

    def path(self, path: str) -> str:
        """/path-1"""
        return self._give("path", path, "/path-{}")

    def address(self, text: str) -> str:
        """An address from those that are kept for documentation."""
        address = ipaddress.ip_address(text.partition("%")[0])
        number = self._number("address", str(address))
        if address.version == 6:
            return f"2001:db8::{number:x}"
        nets = ("192.0.2", "198.51.100", "203.0.113")
        return f"{nets[(number - 1) // 254 % 3]}.{(number - 1) % 254 + 1}"

    def _number(self, kind: str, name: str) -> int:
        key = (kind, name)
        if key not in self._given:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._given[key] = str(self._counts[kind])
        return int(self._given[key])

    def _give(self, kind: str, name: str, form: str) -> str:
        key = (kind, name)
        while key not in self._given:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            alias = form.format(self._counts[kind])
            if alias not in self._taken:
                self._given[key] = alias
        return self._given[key]
