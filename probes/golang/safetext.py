"""Hostile text made safe for a terminal: everything a server, a file or the environment says.

A terminal obeys control characters (ECMA-48), lays text out by the bidirectional algorithm (UAX #9, the
"Trojan Source" trick) and hides characters of no width. Each of these is shown as an escape in the style of
Go and Python ("\\x1b", "\\u202e"), so that what is on the screen is what is in the bytes, in that order. A
backslash itself stays as it is: the result is for eyes, not for parsing.
"""

from __future__ import annotations

import re

MARK = "…"
"""Stands where text was cut off."""

DEFAULT_LIMIT = 4096
"""Characters, escapes counted as they are shown."""

_UNSAFE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1
    "\u00ad"  # soft hyphen: no width
    "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # joiners and fillers: no ink
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional marks, embeddings, isolates
    "\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\ufeff"  # no width
    "\u2028\u2029"  # line and paragraph separator
    "\ufe00-\ufe0f"  # variation selectors
    "\ufff0-\ufffb"  # interlinear annotation and its unassigned neighbours
    "\ud800-\udfff"  # lone surrogates, also those that stand for a byte that is not UTF-8
    "\U000e0000-\U000e0fff"  # tags and more variation selectors
    "]"
)


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        # surrogateescape: a byte that is not UTF-8. Show the byte.
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}.get(code, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def safe_text(text: str, *, limit: int = DEFAULT_LIMIT, lines: int = 1) -> str:
    """``text`` in a form that a terminal only prints.

    ``lines`` is how many lines may come out: with 1 (the default) a line feed is shown as ``\\n``, with more
    the first lines are kept and a final ``…`` says that some were left out. ``limit`` caps the number of
    characters of the whole result; a cut is marked by a final ``…`` that counts as one of them.
    """
    if lines == 1 and len(text) <= limit and _UNSAFE.search(text) is None:
        return text  # as nearly all of them are
    cut = False
    if lines > 1:
        kept = text.replace("\r\n", "\n").removesuffix("\n").split("\n", lines)
        cut = len(kept) > lines
        text = "\n".join(kept[:lines])
    pieces: list[str] = []
    length = 0
    for character in text:
        shown = character
        if _UNSAFE.match(character) and not (character == "\n" and lines > 1):
            shown = _escape(character)
        if length + len(shown) > limit:
            cut = True
            break
        pieces.append(shown)
        length += len(shown)
    if not cut:
        return "".join(pieces)
    while pieces and length + len(MARK) > limit:
        length -= len(pieces.pop())
    return "".join([*pieces, MARK])
