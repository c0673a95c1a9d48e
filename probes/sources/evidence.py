"""What a request and its answer looked like, for showing: headers without secrets, how the body began.

Nothing here decides anything; go's rules read the answer itself. A header is masked by its name where the
name tells of a credential, and by what its value looks like everywhere (probes.golang.redact).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass

from probes.golang.redact import MASK, redact
from probes.golang.safetext import safe_text

BODY_BYTES = 2048
"""How much of a body is shown."""
KEPT_BYTES = 2 * BODY_BYTES
"""How much of it is looked at: a secret that begins where it is cut is masked as a whole."""
_BODY_LINES = 60
_BINARY_BYTES = 256
_MOST_HEADERS = 60
_NAME_CHARACTERS, _VALUE_CHARACTERS = 80, 400
_LONGEST_VALUE = 8192
_HEX_ROW = 16

_SECRET_NAME = re.compile(
    r"(?:proxy-)?authorization$|(?:set-)?cookie2?$|.*(?:token|secret|passw|credential|signature|api-?key|session|jwt"
    r"|access-?key|private-?key|auth-?key|csrf)|x-(?:auth|vault)|.*-auth$|x-(?:amz|goog|oss|ms)-(?:security|content-sha|date|signature)",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"(?:Basic|Bearer|Digest|Negotiate|NTLM|Token)(?= )", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Header:
    """One header of a request or an answer."""

    name: str
    """As it was written; safe to show."""
    value: str
    """Secrets masked, safe to show; at most some hundred characters."""


def shown_headers(
    headers: Iterable[tuple[str, str]], private: Container[str] = frozenset()
) -> tuple[Header, ...]:
    """The headers in their order; of more than sixty the first, and a note of how many were left out.

    ``private``: names, in small letters, of headers whose values are secret whatever they are called.
    """
    given = list(headers)
    shown = [
        _shown(name, value, is_secret=name.lower() in private) for name, value in given[:_MOST_HEADERS]
    ]
    if len(given) > _MOST_HEADERS:
        shown.append(Header("…", f"and {len(given) - _MOST_HEADERS} more"))
    return tuple(shown)


def _shown(name: str, value: str, *, is_secret: bool) -> Header:
    shown_name = safe_text(name, limit=_NAME_CHARACTERS)
    if is_secret or _SECRET_NAME.match(name):
        scheme = _SCHEME.match(value)
        return Header(shown_name, f"{scheme[0]} {MASK}" if scheme else MASK if value else "")
    # Masked before it is cut, or made safe: a secret that lost its end would not be known as one.
    return Header(shown_name, safe_text(redact(value[:_LONGEST_VALUE]), limit=_VALUE_CHARACTERS))


def body_text(body: bytes) -> str:
    """How a body begins, safe for a screen: text as it is, anything else as a table of its bytes."""
    if not body:
        return ""
    if _is_text(body):
        text = redact(body[:KEPT_BYTES].decode("utf-8", "replace"))
        return safe_text(text, limit=BODY_BYTES, lines=_BODY_LINES)
    return "\n".join(_hex_rows(body[:_BINARY_BYTES]))


def _is_text(body: bytes) -> bool:
    """Whether that is text: no NUL, and hardly a byte that is not UTF-8."""
    beginning = body[:BODY_BYTES]
    if b"\0" in beginning:
        return False
    return beginning.decode("utf-8", "replace").count("\ufffd") <= len(beginning) // 20 + 1


def _hex_rows(data: bytes) -> Iterable[str]:
    for at in range(0, len(data), _HEX_ROW):
        row = data[at : at + _HEX_ROW]
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield f"{at:04x}  {row.hex(' '):<{3 * _HEX_ROW}} {letters}"
