"""Simple case folding as Go does it: which paths a case-insensitive file system would take for one.

Two texts fold to the same one exactly when Go's strings.EqualFold holds between them. Python's casefold
cannot be used: it expands (ß to ss), which simple folding does not.

Source: golang.org/x/mod/zip strToFold over unicode.SimpleFold; the folds are Unicode's own (CaseFolding.txt,
status C and S), of the edition that Go carries, which may be later than Python's.
"""

from __future__ import annotations

from functools import lru_cache

_RUNS = (
    # first upper case, first lower case, how many: of Unicode 15 to 17
    (0x10D50, 0x10D70, 22),
    (0x16EA0, 0x16EBB, 25),
)
_LATER = {
    "\u1c89": "\u1c8a", "\ua7cb": "\u0264", "\ua7cc": "\ua7cd", "\ua7ce": "\ua7cf", "\ua7d2": "\ua7d3",
    "\ua7d4": "\ua7d5", "\ua7da": "\ua7db", "\ua7dc": "\u019b",
    # Three pairs that differ in no case, only in their encoding.
    "\u1fd3": "\u0390", "\u1fe3": "\u03b0", "\ufb05": "\ufb06",
} | {chr(upper + i): chr(lower + i) for upper, lower, count in _RUNS for i in range(count)}


def fold(text: str) -> str:
    """The representative of all texts that are equal to this one but for case."""
    if text.isascii():
        return text.lower()
    return "".join(map(_fold, text))


@lru_cache(4096)
def _fold(char: str) -> str:
    if char == "ı":
        return char  # Only Turkish folds it.
    upper = char.upper()
    lower = (upper if len(upper) == 1 else char).lower()
    folded = lower if len(lower) == 1 else char
    return _LATER.get(folded, folded)
