"""The symbols on the screen, and their ASCII twins for terminals that show nothing else.

Every symbol stands beside a word or a number: what it says is never said by colour alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

_PLAIN_TERMINALS = ("linux", "vt", "ansi", "cons25")
"""How the names of terminals begin whose fonts lack check marks and arrows."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """One set of symbols."""

    ok: str = "✓"
    fail: str = "✗"
    busy: str = "▸"
    idle: str = "·"
    none: str = "–"
    warn: str = "⚠"
    unknown: str = "?"
    stop: str = "■"
    goes_on: str = "↓"
    opened: str = "▾"
    closed: str = "▹"
    bar: str = "▇"
    track: str = " "
    cut: str = "…"
    rule: str = "─"
    upright: str = "│"
    here: str = "›"
    back: str = "←"
    caret: str = "^"
    unreal: str = "≈"
    enter: str = "⏎"
    ascii_only: bool = False

    def words(self, text: str) -> str:
        """A row as one would write it: without the signs before it, its bars, and the blanks of columns."""
        signs = {
            self.ok, self.fail, self.busy, self.idle, self.none, self.warn, self.unknown, self.stop,
            self.goes_on, self.opened, self.closed, self.here, self.unreal,
        }  # fmt: skip
        words = [word for word in text.split() if word.strip(self.bar)]
        first = next((at for at, word in enumerate(words) if word not in signs), 0)
        return " ".join(words[first:])

    def show(self, text: str) -> str:
        """``text`` as this terminal can show it."""
        if not self.ascii_only or text.isascii():
            return text
        for twin, plain in _TWINS.items():
            text = text.replace(twin, plain)
        return text.encode("ascii", "backslashreplace").decode("ascii")


UNICODE = Symbols()
# A fold sign stands beside a state, so no two are the same; ":" is the scroll bar (tui/colours.py).
ASCII = Symbols(
    ok="+",
    fail="x",
    busy="o",
    idle=".",
    none="-",
    warn="!",
    stop="#",
    goes_on="&",
    opened="v",
    closed=">",
    bar="=",
    cut="~",
    rule="-",
    upright="|",
    here=">",
    back="<-",
    unreal="*",
    enter="enter",
    ascii_only=True,
)

_TWINS = {"…": "...", "“": '"', "”": '"', "’": "'", "–": "-", "—": "-", "→": "->", "←": "<-", "·": "."}


def symbols_for(environment: Mapping[str, str] | None = None) -> Symbols:
    """The set for this terminal: ASCII with MODTRACE_ASCII=1, without UTF-8, and on plain terminals.

    Python itself turns an unset locale into C.UTF-8 (PEP 538), so LC_CTYPE says little when LANG is C.
    """
    environment = os.environ if environment is None else environment
    if environment.get("MODTRACE_ASCII", "") not in ("", "0"):
        return ASCII
    if environment.get("TERM", "").startswith(_PLAIN_TERMINALS):
        return ASCII
    coerced = environment.get("LC_CTYPE", "") == "C.UTF-8" and not environment.get("LC_ALL")
    names = ("LC_ALL", "LANG") if coerced else ("LC_ALL", "LC_CTYPE", "LANG")
    locale = next((value for name in names if (value := environment.get(name, ""))), "")
    is_utf8 = "utf8" in locale.lower().replace("-", "")
    return UNICODE if is_utf8 or not locale else ASCII
