"""Patterns that were meant for a path and do not match it: what they would have to be.

What go makes of a pattern is x/mod/module MatchPrefixPatterns; which faults keep one from matching is known
to probes.diagnosis.lint_patterns, whose ``mended`` is used here. Two more are faults only beside a path: a
pattern one level too deep (``corp.example/*`` does not match ``corp.example``, and ``*.corp.example`` not
``corp.example/x``), and one in other letters (module paths are told apart by case).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from probes.diagnosis.lint_patterns import mended
from probes.golang.patterns import match_prefix_patterns
from probes.golang.redact import redact

_STRANGERS = (
    "github.com/zz-nobody-zz/zz", "gitlab.com/zz-nobody-zz/zz", "zz-nobody-zz.com/zz",
    "go.zz-nobody-zz.io/zz", "bitbucket.org/zz-nobody-zz/zz", "codeberg.org/zz-nobody-zz/zz",
    "gitee.com/zz-nobody-zz/zz",
)  # fmt: skip
"""Paths of nobody: a pattern that matches one says nothing of whose the others are."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A pattern that does not match a path, and those that would."""

    variable: str
    piece: str
    """As it stands in the list, to the byte; it may hold a secret."""
    better: str
    """What would have to stand there: one pattern or several, by commas."""

    @property
    def shown(self) -> str:
        """The pattern for people."""
        return redact(self.piece)


@lru_cache(maxsize=2048)
def is_broad(pattern: str) -> bool:
    """Whether a pattern matches what is anybody's: everything, or a whole public forge."""
    return any(match_prefix_patterns(pattern, path) for path in _STRANGERS)


@lru_cache(maxsize=512)
def pieces_of(patterns: str) -> tuple[str, ...]:
    """The entries of a list as go cuts it: at commas alone, nothing trimmed."""
    return tuple(piece for piece in patterns.split(",") if piece)


def near_misses(variable: str, patterns: str, path: str) -> NearMiss | None:
    """The first pattern of a list that was probably meant for a path and does not match it.

    Where the faults reach over commas that are none (``a.corp，b.corp``), the piece has several patterns.
    """
    if match_prefix_patterns(patterns, path):
        return None
    for piece in pieces_of(patterns):
        for better in _betters(piece, path):
            if match_prefix_patterns(better, path) and not is_broad(better):
                return NearMiss(variable, piece, better)
    return None


@lru_cache(maxsize=512)
def _mended(piece: str) -> str:
    return mended(piece)


def _betters(piece: str, path: str) -> tuple[str, ...]:
    """What may have been meant, the likeliest first."""
    better = _mended(piece)
    if not better:
        return ()
    found = [better]
    for one in better.split(","):
        shallow = one
        while shallow.endswith("/*"):
            shallow = shallow.removesuffix("/*")
        if shallow != one and path == shallow:
            found.append(better.replace(one, shallow))
        if one.startswith("*.") and "/" not in one and path.split("/")[0] == one[2:]:
            found.append(better.replace(one, f"{one},{one[2:]}"))
        depth = one.count("/") + 1
        begin = "/".join(path.split("/")[:depth])
        if begin != one and begin.casefold() == one.casefold():
            found.append(better.replace(one, begin))
    return tuple(found)
