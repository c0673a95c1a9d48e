"""Go's view of the characters of a string: quoting (%q), white space, graphic characters, letters.

Sources: strconv/quote.go (Quote, QuoteRune), unicode/graphic.go (IsPrint, IsGraphic, IsSpace, IsLetter) and
strings (Fields, TrimSpace). A Go string is bytes; here a byte that is not UTF-8 is a lone surrogate, as
``bytes.decode("utf-8", "surrogateescape")`` makes it. Go reads such a byte as U+FFFD wherever it looks at
characters, and Quote shows it as ``\\xNN``.

Go 1.27 has the tables of Unicode 17.0.0, Python those of its own release: 3.11 has 14.0.0. Everything that
Unicode added between the two is listed below, so the answers are Go's with any Python whose tables are
14.0.0 to 17.0.0; a Python with later tables calls later characters graphic that Go escapes.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import islice

_LETTERS_SINCE_14 = """
    88f c5c cdc 1c89-1c8a a7cb-a7cf a7d2 a7d4 a7da-a7dc a7f1 105c0-105f3 10940-10959 10d4a-10d65
    10d6f-10d85 10ec2-10ec7 1123f-11240 11380-11389 1138b 1138e 11390-113b5 113b7 113d1 113d3
    11bc0-11be0 11db0-11ddb 11f02 11f04-11f10 11f12-11f33 1342f 13441-13446 13460-143fa 16100-1611d
    16d40-16d6c 16ea0-16eb8 16ebb-16ed3 16ff2-16ff3 187f8-187ff 18cff 18d09-18d1e 18d80-18df2 1b132
    1b155 1df25-1df2a 1e030-1e06d 1e4d0-1e4eb 1e5d0-1e5ed 1e5f0 1e6c0-1e6de 1e6e0-1e6e2 1e6e4-1e6e5
    1e6e7-1e6ed 1e6f0-1e6f4 1e6fe-1e6ff 2b739-2b73f 2cea2-2cead 2ebf0-2ee5d 31350-33479
"""
_OTHERS_SINCE_14 = """
    897 cf3 ece 1acf-1add 1ae0-1aeb 1b4e-1b4f 1b7f 20c1 2427-2429 2b96 2ffc-2fff 31e4-31e5 31ef
    fbc3-fbd2 fd90-fd91 fdc8-fdce 10d40-10d49 10d69-10d6e 10d8e-10d8f 10ed0-10ed8 10efa-10eff 11241
    113b8-113c0 113c2 113c5 113c7-113ca 113cc-113d0 113d2 113d4-113d5 113d7-113d8 113e1-113e2
    116d0-116e3 11b00-11b09 11b60-11b67 11be1 11bf0-11bf9 11de0-11de9 11f00-11f01 11f03 11f34-11f3a
    11f3e-11f5a 13440 13447-13455 1611e-16139 16d6d-16d79 16ff4-16ff6 1cc00-1ccfc 1cd00-1ceb3
    1ceba-1ced0 1cee0-1cef0 1d2c0-1d2d3 1e08f 1e4ec-1e4f9 1e5ee-1e5ef 1e5f1-1e5fa 1e5ff 1e6e3 1e6e6
    1e6ee-1e6ef 1e6f5 1f6d8 1f6dc 1f774-1f77f 1f7d9 1f8b2-1f8bb 1f8c0-1f8c1 1f8d0-1f8d8 1fa54-1fa57
    1fa75-1fa77 1fa87-1fa8a 1fa8e-1fa8f 1faad-1faaf 1fabb-1fabf 1fac6 1fac8 1facd-1facf 1fada-1fadc
    1fadf 1fae8-1faea 1faef 1faf7-1faf8 1fbcb-1fbef 1fbfa
"""

_WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""Unicode's White_Space property, as a character class. Unlike str.split it leaves out U+001C to U+001F."""

_SPACE = re.compile(f"[{_WHITE_SPACE}]")
_WORD = re.compile(f"[^{_WHITE_SPACE}]+")
_OUTER_SPACE = re.compile(rf"\A[{_WHITE_SPACE}]+|[{_WHITE_SPACE}]+\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NAMED = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}


@cache
def _bounds(ranges: str) -> list[int]:
    """Ranges as one rising list, starts at even indexes and ends (exclusive) at odd ones."""
    bounds: list[int] = []
    for part in ranges.split():
        first, _, last = part.partition("-")
        bounds += [int(first, 16), int(last or first, 16) + 1]
    return bounds


def _within(ranges: str, ch: str) -> bool:
    return bisect_right(_bounds(ranges), ord(ch)) % 2 == 1


def _is_print(ch: str) -> bool:
    """unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space."""
    category = unicodedata.category(ch)
    if category == "Cn":
        return _within(_LETTERS_SINCE_14, ch) or _within(_OTHERS_SINCE_14, ch)
    return category[0] in "LMNPS" or ch == " "


def is_graphic(ch: str) -> bool:
    """unicode.IsGraphic of one character: printable, or a space of category Zs.

    A surrogate is a byte that is not UTF-8; Go reads it as U+FFFD, which is graphic.
    """
    return _is_print(ch) or unicodedata.category(ch) in ("Zs", "Cs")


def is_letter(ch: str) -> bool:
    """unicode.IsLetter of one character: category L."""
    return unicodedata.category(ch)[0] == "L" or _within(_LETTERS_SINCE_14, ch)


def is_space(ch: str) -> bool:
    """unicode.IsSpace of one character: Unicode's White_Space property."""
    return _SPACE.fullmatch(ch) is not None


def fields(s: str) -> list[str]:
    """strings.Fields: the words of ``s``, split at runs of Go's white space."""
    return _WORD.findall(s)


def each_field(s: str) -> Iterator[str]:
    """The ``fields``, one after the other: a line may have millions."""
    return (word[0] for word in _WORD.finditer(s))


def first_fields(s: str, count: int) -> list[str]:
    """The first ``count`` of the ``fields``: a line may have millions."""
    return [word[0] for word in islice(_WORD.finditer(s), count)]


def trim_space(s: str) -> str:
    """strings.TrimSpace: ``s`` without Go's white space at both ends."""
    return _OUTER_SPACE.sub("", s)


def _escaped(ch: str, mark: str) -> str:
    if ch in (mark, "\\"):
        return "\\" + ch
    if _is_print(ch):
        return ch
    if ch in _NAMED:
        return _NAMED[ch]
    code = ord(ch)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def quote(s: str) -> str:
    """strconv.Quote, what ``%q`` prints for a string: a Go string literal in double quotes.

    A byte that is not UTF-8 (a surrogate from surrogateescape) becomes ``\\xNN``.
    """
    if s.isascii() and s.isprintable() and '"' not in s and "\\" not in s:
        return f'"{s}"'
    return '"' + "".join(_quoted_character(ch) for ch in _as_go_reads(s)) + '"'


def _quoted_character(ch: str) -> str:
    if _SURROGATE.match(ch):
        return f"\\x{ord(ch) - 0xDC00:02x}"
    return _escaped(ch, '"')


def _as_go_reads(s: str) -> str:
    """``s`` with its surrogates as they would stand after a decode.

    Text put together from pieces can hold surrogates that are valid UTF-8 side by side. A surrogate that
    stands for no byte cannot come from any bytes; it is read as U+FFFD.
    """
    if not _SURROGATE.search(s):
        return s
    bytes_only = re.sub("[\ud800-\udc7f\udd00-\udfff]", "\ufffd", s)
    return bytes_only.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def quote_rune(ch: str) -> str:
    """strconv.QuoteRune, what ``%q`` prints for a rune: ``'E'``. A surrogate is read as U+FFFD."""
    return "'" + _escaped("\ufffd" if _SURROGATE.match(ch) else ch, "'") + "'"
