"""Characters that look like Go's separators, or like nothing, and are neither.

Settings are copied from web pages, chat and word processors, which write full-width and typographic
characters. Go takes every one of them as part of a host name or a pattern.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from probes.diagnosis.about import Span

MEANT = {
    "，": ",", "、": ",", "﹐": ",", "；": ",", "︔": ",", "：": ":", "﹕": ":", "∶": ":",
    "｜": "|", "│": "|", "¦": "|",
    "．": ".", "。": ".", "／": "/", "＊": "*", "＠": "@", "－": "-", "–": "-", "—": "-", "‐": "-", "‑": "-",
    "\u3000": " ", "\u00a0": " ", "\u2003": " ", "\u2009": " ", "\u202f": " ",
}  # fmt: skip
"""A lookalike, and the character it stands for in a list."""

QUOTES = "\"'`“”„‟‘’‚‛«»＂＇"

INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")

_STRANGE = re.compile("[" + "".join(map(re.escape, MEANT)) + "\uff01-\uff5e" + "]")
_QUOTE = re.compile("[" + QUOTES + "]")


@dataclass(frozen=True, slots=True)
class Lookalike:
    """One strange character in a value."""

    kind: str
    """"full-width", "quote", "invisible" or "semicolon": the last part of a finding's id."""
    span: Span
    what: str
    """The character in words."""


def lookalikes(text: str, start: int) -> list[Lookalike]:
    """The strange characters of a list entry that begins at ``start``: the first of each kind."""
    found: list[Lookalike] = []
    for kind, pattern in (
        ("full-width", _STRANGE),
        ("quote", _QUOTE),
        ("invisible", INVISIBLE),
        ("semicolon", re.compile(";")),
    ):
        match = pattern.search(text)
        if match:
            found.append(Lookalike(kind, Span.of(match[0], start + match.start()), describe(match[0])))
    return found


def describe(character: str) -> str:
    """A character as people can look it up: the comma "，" (U+FF0C FULLWIDTH COMMA)."""
    code = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "")
    if INVISIBLE.match(character) or character.isspace():
        name = name or {"\r": "CARRIAGE RETURN", "\t": "TAB", "\x00": "NUL"}.get(character, "CONTROL")
        return f"{code} {name}"
    if character == '"':
        return "The quote '\"'"
    return f'"{character}"' if character.isascii() else f'"{character}" ({code} {name})'


def plain(text: str) -> str:
    """``text`` with lookalikes replaced by what they stand for, quotes and invisible characters gone."""
    meant = (MEANT.get(c) or (chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c) for c in text)
    kept = (c for c in meant if c not in QUOTES and not (INVISIBLE.match(c) and c not in "\t\r\n"))
    return "".join(kept)
