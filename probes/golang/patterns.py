"""Glob patterns over module paths: GOPRIVATE, GONOPROXY, GONOSUMDB, GOINSECURE and the patterns of GOVCS.

Sources: path/match.go (Match) and golang.org/x/mod/module MatchPrefixPatterns. A pattern with n slashes is
matched against the first n+1 elements of the path. "*" and "?" never match a slash, a class is negated with
"^", a backslash takes the next character literally, and a malformed pattern matches nothing without a word.

Go matches bytes: "?" and a class take one character, or one byte where no character starts, and "*" may
end inside a character. Hence bytes here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from probes.golang.errors import GoError

_REPLACEMENT = 0xFFFD
"""What utf8.DecodeRune gives for a byte that is not UTF-8."""


class BadPattern(GoError):
    """path.ErrBadPattern."""

    def __init__(self) -> None:
        super().__init__("syntax error in pattern")


def _decode_rune(data: bytes, at: int) -> tuple[int, int]:
    """The character at an index and its width in bytes; U+FFFD of width 1 where no character starts."""
    lead = data[at]
    width = 1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    try:
        return ord(data[at : at + width].decode()), width
    except UnicodeDecodeError:
        return _REPLACEMENT, 1


@dataclass(frozen=True, slots=True)
class _Literal:
    """One byte as it stands."""

    byte: int

    def width(self, name: bytes, at: int) -> int:
        return 1 if name[at] == self.byte else 0


@dataclass(frozen=True, slots=True)
class _AnyCharacter:
    """A question mark."""

    def width(self, name: bytes, at: int) -> int:
        return 0 if name[at : at + 1] == b"/" else _decode_rune(name, at)[1]


@dataclass(frozen=True, slots=True)
class _Class:
    """Characters in brackets. Unlike "*" and "?" it can match a slash."""

    ranges: tuple[tuple[int, int], ...]
    negated: bool

    def width(self, name: bytes, at: int) -> int:
        rune, width = _decode_rune(name, at)
        inside = any(low <= rune <= high for low, high in self.ranges)
        return width if inside is not self.negated else 0


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A stretch of the pattern between stars. Each of its terms takes one character of the name, or fails."""

    after_star: bool
    terms: tuple[_Literal | _AnyCharacter | _Class, ...]

    def end_of_match(self, name: bytes, at: int) -> int | None:
        """Where the match that starts at ``at`` ends; None when there is none."""
        for term in self.terms:
            width = term.width(name, at) if at < len(name) else 0
            if width == 0:
                return None
            at += width
        return at


_CHUNK = re.compile(
    rb"(?P<stars>\**)(?P<chunk>(?:\\.|\\\Z|\[(?:\\.|\\\Z|[^\]\\])*\]?|[^*\\\[])*)", re.DOTALL
)
"""Stars, then everything up to the next star that is neither escaped nor in brackets."""


@lru_cache(maxsize=512)
def _compile(pattern: bytes) -> tuple[_Chunk, ...]:
    """The pattern taken apart. Raises BadPattern; Go too finds a fault wherever in the pattern it stands."""
    return tuple(
        _Chunk(bool(found["stars"]), tuple(_terms(found["chunk"])))
        for found in _CHUNK.finditer(pattern)
        if found[0]
    )


def _terms(chunk: bytes) -> Iterator[_Literal | _AnyCharacter | _Class]:
    at = 0
    while at < len(chunk):
        match chunk[at : at + 1]:
            case b"[":
                parsed, at = _parse_class(chunk, at + 1)
                yield parsed
                continue
            case b"?":
                yield _AnyCharacter()
            case b"\\":
                at += 1
                if at == len(chunk):
                    raise BadPattern
                yield _Literal(chunk[at])
            case _:
                yield _Literal(chunk[at])
        at += 1


def _parse_class(chunk: bytes, at: int) -> tuple[_Class, int]:
    """The class whose bracket was just read, and the index after its closing bracket."""
    negated = chunk[at : at + 1] == b"^"
    at += negated
    ranges: list[tuple[int, int]] = []
    while not (ranges and chunk[at] == ord("]")):
        low, at = _class_character(chunk, at)
        high = low
        if chunk[at] == ord("-"):
            high, at = _class_character(chunk, at + 1)
        ranges.append((low, high))
    return _Class(tuple(ranges), negated), at + 1


def _class_character(chunk: bytes, at: int) -> tuple[int, int]:
    """A character of a class and the index after it, where the class still must go on."""
    if chunk[at : at + 1] in (b"", b"-", b"]"):
        raise BadPattern
    if chunk[at] == ord("\\"):
        at += 1
        if at == len(chunk):
            raise BadPattern
    rune, width = _decode_rune(chunk, at)
    if (rune, width) == (_REPLACEMENT, 1) or at + width == len(chunk):
        raise BadPattern
    return rune, at + width


def path_match(pattern: str, name: str) -> bool:
    """path.Match: whether the pattern matches all of ``name``. Raises BadPattern when it is malformed."""
    chunks = _compile(pattern.encode("utf-8", "surrogateescape"))
    return _matches(chunks, name.encode("utf-8", "surrogateescape"))


def _matches(chunks: tuple[_Chunk, ...], name: bytes) -> bool:
    at = 0
    for index, chunk in enumerate(chunks):
        last = index == len(chunks) - 1
        if chunk.after_star and not chunk.terms:
            return b"/" not in name[at:]
        end = _first_match(chunk, name, at, whole=last)
        if end is None:
            return False
        at = end
    return at == len(name)


def _first_match(chunk: _Chunk, name: bytes, at: int, *, whole: bool) -> int | None:
    """Where the leftmost match of a chunk ends; after a star it may start later, but not past a slash.

    With ``whole`` only a match that ends with the name counts. The leftmost match leaves the most for the
    chunks to come, so Go tries no other.
    """
    while True:
        end = chunk.end_of_match(name, at)
        if end is not None and (end == len(name) or not whole):
            return end
        if not chunk.after_star or at >= len(name) or name[at] == ord("/"):
            return None
        at += 1


@dataclass(frozen=True, slots=True)
class PatternMatch:
    """Why a module path matches a list of patterns."""

    pattern: str
    """The pattern as written."""
    prefix: str
    """The leading elements of the path that it matches."""
    position: int
    """Index of the pattern in the list, in characters."""


_PATTERN = re.compile("[^,]+")
_SPECIAL = re.compile(r"[*?\[\\]")


def explain_prefix_patterns(globs: str, target: str) -> PatternMatch | None:
    """The first of the comma-separated patterns that matches a prefix of ``target``, if any.

    Empty and malformed patterns are passed over. Blanks count: nothing is trimmed but one final slash.
    """
    elements = target.split("/")
    for found in _PATTERN.finditer(globs):
        glob = found[0].removesuffix("/")
        depth = glob.count("/") + 1
        if not glob or len(elements) < depth:
            continue
        prefix = "/".join(elements[:depth])
        try:
            # Without a character that means something, a pattern matches itself: most do, and lists are long.
            if path_match(glob, prefix) if _SPECIAL.search(glob) else glob == prefix:
                return PatternMatch(found[0], prefix, found.start())
        except BadPattern:
            continue
    return None


def match_prefix_patterns(globs: str, target: str) -> bool:
    """module.MatchPrefixPatterns: whether any of the patterns, parted by commas, matches a prefix."""
    return explain_prefix_patterns(globs, target) is not None
