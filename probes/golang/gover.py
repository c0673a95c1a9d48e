"""Go's own versions, "1.21rc1" and "1.21.0": not semantic versions, and ordered by rules of their own.

Source: internal/gover/gover.go, which cmd/go/internal/gover wraps. No version here starts with "go".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DECIMAL = "(?:0|[1-9][0-9]*)"
_VERSION = re.compile(
    rf"(?P<major>{_DECIMAL})(?:\.(?P<minor>{_DECIMAL})"
    rf"(?:\.(?P<patch>{_DECIMAL})|(?P<kind>[a-z]+)(?P<pre>{_DECIMAL})?)?)?"
)


@dataclass(frozen=True, slots=True)
class GoVersion:
    """A version taken apart. Numbers stay decimal text; all fields of a malformed version are empty."""

    major: str = ""
    minor: str = ""
    patch: str = ""
    kind: str = ""
    """"alpha", "beta", "rc", or any other run of small letters."""
    pre: str = ""

    def key(self) -> tuple[object, ...]:
        """What versions are ordered by. A missing number is less than zero."""
        return (
            _number(self.major), _number(self.minor), _number(self.patch), self.kind, _number(self.pre)
        )


def _number(decimal: str) -> tuple[int, str]:
    return len(decimal), decimal


def parse(version: str) -> GoVersion:
    """Take a version apart; "1" means "1.0.0", and before Go 1.21 a missing patch means ".0"."""
    match = _VERSION.fullmatch(version)
    if not match:
        return GoVersion()
    major, minor, patch, kind, pre = match.group("major", "minor", "patch", "kind", "pre")
    if minor is None:
        minor, patch = "0", "0"
    elif patch is None and kind is None and _number(minor) < _number("21"):
        patch = "0"
    return GoVersion(major, minor, patch or "", kind or "", pre or "")


def compare(x: str, y: str) -> int:
    """-1, 0 or +1. The language version 1.21 is less than 1.21rc1, which is less than 1.21.0.

    A malformed version is less than any other and equal to any malformed one.
    """
    a, b = parse(x).key(), parse(y).key()
    return (a > b) - (a < b)


def order(version: str) -> tuple[object, ...]:
    """The key that sorts versions as compare does: a list may have any number of them."""
    return parse(version).key()


def is_valid(version: str) -> bool:
    """Whether this is a version at all."""
    return parse(version) != GoVersion()


def is_lang(version: str) -> bool:
    """Whether this means the language, as "1.21" does, and not a release, as "1.21.0" does."""
    parsed = parse(version)
    return parsed != GoVersion() and not (parsed.patch or parsed.kind or parsed.pre)


def lang(version: str) -> str:
    """The language version of a version: "1.21" of "1.21.3"; "" of a malformed one."""
    parsed = parse(version)
    if not parsed.minor or (parsed.major, parsed.minor) == ("1", "0"):
        return parsed.major
    return f"{parsed.major}.{parsed.minor}"


def is_prerelease(version: str) -> bool:
    """Whether this is a beta, a release candidate or the like."""
    return parse(version).kind != ""
