"""Semantic versions as Go reads them: a leading "v", and v1 and v1.2 as shorthands.

Source: golang.org/x/mod/semver (semver.go) and, for is_prefix, cmd/go/internal/gover/mod.go ModIsPrefix. The
grammar is that of Semantic Versioning 2.0.0: vMAJOR[.MINOR[.PATCH[-PRERELEASE][+BUILD]]]. Build metadata
never counts in a comparison. Numbers are compared as digits (length first), because they have no limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = rf"(?:{_NUMBER}(?![0-9A-Za-z-])|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    rf"v(?P<major>{_NUMBER})"
    rf"(?:\.(?P<minor>{_NUMBER})"
    rf"(?:\.(?P<patch>{_NUMBER})"
    rf"(?P<prerelease>-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?"
    r"(?P<build>\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
    r")?)?"
)


def _part(v: str, name: str) -> str:
    matched = _VERSION.fullmatch(v)
    return (matched[name] or "") if matched else ""


def is_valid(v: str) -> bool:
    """Whether ``v`` is a semantic version; "v1" and "v1.2" are."""
    return _VERSION.fullmatch(v) is not None


def canonical(v: str) -> str:
    """``v`` with missing ".0" filled in and without build metadata; "" when it is not valid."""
    matched = _VERSION.fullmatch(v)
    if matched is None:
        return ""
    missing = (matched["minor"], matched["patch"]).count(None)
    return v.removesuffix(matched["build"] or "") + ".0" * missing


def major(v: str) -> str:
    """The major version: "v2" for "v2.1.0"; "" when ``v`` is not valid."""
    matched = _VERSION.fullmatch(v)
    return f"v{matched['major']}" if matched else ""


def major_minor(v: str) -> str:
    """Major and minor version: "v2.1" for "v2.1.0", "v2.0" for "v2"; "" when ``v`` is not valid."""
    matched = _VERSION.fullmatch(v)
    return f"v{matched['major']}.{matched['minor'] or '0'}" if matched else ""


def prerelease(v: str) -> str:
    """The prerelease suffix: "-pre" for "v2.1.0-pre+meta"; "" when there is none or ``v`` is not valid."""
    return _part(v, "prerelease")


def build(v: str) -> str:
    """The build suffix: "+meta" for "v2.1.0-pre+meta"; "" when there is none or ``v`` is not valid."""
    return _part(v, "build")


def is_prefix(v: str) -> bool:
    """Whether a valid version is only the start of one: "v1" or "v1.2" (gover.ModIsPrefix)."""
    return not ("-" in v or "+" in v) and v.count(".") < 2


_Number = tuple[int, str]
_Precedence = tuple[bool, tuple[_Number, ...], bool, tuple[tuple[bool, int, str], ...]]


def _number(digits: str) -> _Number:
    """Orders numbers without leading zeros as numbers. int() refuses thousands of digits, Go does not."""
    return len(digits), digits


@lru_cache(maxsize=8192)
def _precedence(v: str) -> _Precedence:
    """A value that orders versions as semver.Compare does; all invalid ones are equal and come first."""
    matched = _VERSION.fullmatch(v)
    if matched is None:
        return (False, (), False, ())
    numbers = tuple(_number(matched[name] or "0") for name in ("major", "minor", "patch"))
    pre = matched["prerelease"]
    identifiers = pre[1:].split(".") if pre else []
    # A number is lower than a name, a missing identifier lower than any (which is how tuples compare),
    # and a release higher than all of its prereleases.
    return (
        True,
        numbers,
        pre is None,
        tuple((not part.isdigit(), len(part) if part.isdigit() else 0, part) for part in identifiers),
    )


def compare(a: str, b: str) -> int:
    """semver.Compare: -1, 0 or 1. Invalid versions are equal to each other and lower than any valid one."""
    x, y = _precedence(a), _precedence(b)
    return (x > y) - (x < y)


def sort(versions: Iterable[str]) -> list[str]:
    """semver.Sort: lowest first; versions that compare as equal in the order of their bytes."""
    return sorted(versions, key=lambda v: (_precedence(v), v.encode("utf-8", "surrogateescape")))
