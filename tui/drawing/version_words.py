"""What a version is, in a sign, a word and a colour, and its name where there is little room for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from probes.browse.table import VersionKind, VersionTable, is_incompatible, kind_of
from tui.lines import Role, cells, fit_middle
from tui.symbols import Symbols

_PSEUDO = re.compile(r"(?P<base>.*?)[-.](?P<day>\d{8})\d{6}-(?P<rev>[0-9A-Za-z]{12})(?P<build>\+[\w.-]+)?")
SHORT_PSEUDO = 22
"""Cells of the shortest form of a pseudo-version: a cut, the day, twelve digits of the hash."""


@dataclass(frozen=True, slots=True)
class VersionWords:
    """What a version is."""

    sign: str
    """One character, or a blank."""
    word: str
    """ "" for a release, which is what a version is if nothing is said."""
    role: Role


def version_words(table: VersionTable, version: str, symbols: Symbols) -> VersionWords:
    """What matters most about a version; the details say all of it."""
    if table.retraction(version) is not None:
        return VersionWords(symbols.warn, "retracted", Role.WARN)
    if is_incompatible(version):
        return VersionWords("+", "incompat", Role.BUSY)
    match kind_of(version):
        case VersionKind.PSEUDO:
            return VersionWords("#", "commit", Role.FAINT)
        case VersionKind.PRERELEASE:
            return VersionWords("~", "pre-release", Role.PLAIN)
        case VersionKind.RELEASE:
            return VersionWords(" ", "", Role.STRONG)


def short_version(version: str, width: int, cut: str) -> str:
    """The version in at most ``width`` cells; of a pseudo-version day and hash stay to the last."""
    if cells(version) <= width:
        return version
    found = _PSEUDO.fullmatch(version)
    if found is not None:
        end = f"{cut}{found['day']}-{found['rev']}"
        for text in (found["base"] + end, end):
            if cells(text) <= width:
                return text
    return fit_middle(version, width, cut=cut)


def widest(versions: list[str]) -> tuple[int, int]:
    """Cells of the longest version, and of the longest one when pseudo-versions are shown short."""
    longest = max(map(len, versions), default=0)
    if longest <= SHORT_PSEUDO:
        return longest, longest
    short = (min(len(v), SHORT_PSEUDO) if _PSEUDO.fullmatch(v) else len(v) for v in versions)
    return longest, max(short)


_SPANS = (
    (60, 1, "s"), (3600, 60, "min"), (48 * 3600, 3600, "h"), (90 * 86400, 86400, "d"),
    (730 * 86400, 2629800, "mo"), (float("inf"), 31557600, "y"),
)  # fmt: skip


def span_words(seconds: float) -> str:
    """How long a time is, in one unit: "3 d"."""
    return next(f"{int(seconds // unit)} {name}" for most, unit, name in _SPANS if seconds < most)


def lag_words(seconds: float) -> str:
    """How far somebody is behind: "newest", "3 d behind"."""
    return "newest" if seconds <= 0 else f"{span_words(seconds)} behind"


def day_of(time: str) -> str:
    """The day of an RFC 3339 time; what is none stays as it is."""
    return time[:10] if re.match(r"\d{4}-\d\d-\d\dT", time) else time
