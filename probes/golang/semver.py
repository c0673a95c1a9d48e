"""Semantic versions as Go reads them: a leading "v", and v1 and v1.2 as shorthands.

Source: golang.org/x/mod/semver (semver.go) and, for is_prefix, cmd/go/internal/gover/mod.go ModIsPrefix. The
grammar is that of Semantic Versioning 2.0.0: vMAJOR[.MINOR[.PATCH[-PRERELEASE][+BUILD]]]. Build metadata
never counts in a comparison. Numbers are compared as digits (length first), because they have no limit.
"""

from __future__ import annotations

import re
import sys
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


def _number(digits: str) -> str:
    """Orders numbers without leading zeros as numbers. int() refuses thousands of digits, Go does not."""
    return chr(min(len(digits), sys.maxunicode)) + digits


def order(v: str) -> str:
    """A text that orders versions as semver.Compare does; that of all invalid ones is "", which comes first.

    One text each, for a list may name twenty thousand versions: texts are small and quickly
    compared.
    """
    matched = _VERSION.fullmatch(v)
    if matched is None:
        return ""
    major, minor, patch, prerelease, _ = matched.groups()
    if len(v) < _SHORT:  # as nearly all are: without a call for each number
        minor, patch = minor or "0", patch or "0"
        numbers = f"{chr(len(major))}{major}{chr(len(minor))}{minor}{chr(len(patch))}{patch}"
    else:
        numbers = _number(major) + _number(minor or "0") + _number(patch or "0")
    if prerelease is None:
        return numbers + "~"  # a release is higher than all of its prereleases
    # A number is lower than a name, and a missing identifier lower than any: the end of each is the lowest.
    return numbers + "".join(
        f"\1{_number(part)}\0" if part.isdigit() else f"\2{part}\0" for part in prerelease[1:].split(".")
    )


_remembered_order = lru_cache(maxsize=8192)(order)
_SHORT = 1000


def compare(a: str, b: str) -> int:
    """semver.Compare: -1, 0 or 1. Invalid versions are equal to each other and lower than any valid one."""
    x, y = _remembered_order(a), _remembered_order(b)
    return (x > y) - (x < y)


def sort_key(v: str) -> str:
    """What semver.Sort goes by: versions that compare as equal stand in the order of their bytes."""
    place = order(v)
    return f"{place}\0{v}" if place else "\0" + v.encode("utf-8", "surrogateescape").decode("latin-1")


def sort(versions: Iterable[str]) -> list[str]:
    """semver.Sort: lowest first; versions that compare as equal in the order of their bytes."""
    return sorted(versions, key=sort_key)
