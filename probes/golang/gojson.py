"""What Go's encoding/json says of the bytes of an ``.info`` or ``@latest`` answer.

Since Go 1.25's json/v2, and by default in Go 1.27, encoding/json is a layer over jsontext: the whole text
is checked for syntax first, by another scanner than the old one, and only then decoded into the struct; of
several values of a wrong type the first one is reported. Names are matched without regard to case, a later
member overwrites an earlier one, null changes nothing, and what is not UTF-8 becomes U+FFFD silently.

Source: encoding/json/v2_decode.go Unmarshal, v2_inject.go transformUnmarshalError, v2_scanner.go
transformSyntacticError; jsontext/decode.go consumeValue; internal/jsonwire/decode.go; the structs are
cmd/go/internal/modfetch/repo.go RevInfo and modfetch/codehost/codehost.go Origin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from probes.golang.errors import GoError
from probes.golang.gotime import parse_rfc3339
from probes.golang.quote import is_graphic, is_space, quote, quote_rune

MAX_DEPTH = 10_000
"""How deep objects and arrays may be nested (jsontext/state.go maxNestingDepth)."""

ORIGIN_FIELDS = ("VCS", "URL", "Subdir", "Hash", "TagPrefix", "TagSum", "Ref", "RepoSum")


@dataclass(frozen=True, slots=True)
class RevInfo:
    """One revision of a module, as a proxy describes it."""

    version: str = ""
    time: datetime | None = None
    """The commit time in UTC; None when absent, or outside of the years that Python can express."""
    time_text: str = ""
    """The time as the proxy wrote it; empty when absent."""
    origin: Mapping[str, str] | None = None
    """Where the module comes from: the members of Origin that were given, by Go's names of them."""


class Kind(Enum):
    """What a JSON value is, in the word that Go's type errors use."""

    NULL = "null"
    BOOL = "bool"
    NUMBER = "number"
    STRING = "string"
    ARRAY = "array"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Value:
    """A parsed value. Elements of arrays and the digits of numbers are checked but not kept."""

    kind: Kind
    text: str = ""
    """A string's text, unescaped."""
    members: tuple[tuple[str, Value], ...] = ()
    """An object's members in their order, repeated names included."""


def decode_rev_info(data: bytes) -> RevInfo:
    """json.Unmarshal of ``data`` into a modfetch.RevInfo.

    Raises GoError with Go's text: a syntax error, ``json: cannot unmarshal KIND into Go …``, or the time
    package's error.
    """
    top = parse(data)
    if top.kind is Kind.NULL:
        return RevInfo()
    if top.kind is not Kind.OBJECT:
        raise GoError(f"json: cannot unmarshal {top.kind.value} into Go value of type modfetch.RevInfo")
    version = time_text = ""
    time: datetime | None = None
    origin: dict[str, str] | None = None
    for name, value in top.members:
        match _field(name, ("Version", "Time", "Origin")):
            case "Version":
                version = _string(value, version, name)
            case "Time" if value.kind is not Kind.NULL:
                if value.kind is not Kind.STRING:
                    raise _wrong_type(value, name, "time.Time")
                time = parse_rfc3339(value.text.encode()).datetime()
                time_text = value.text
            case "Origin":
                origin = _origin(value, origin, name)
    return RevInfo(version, time, time_text, origin)


def _origin(value: Value, before: dict[str, str] | None, name: str) -> dict[str, str] | None:
    """Origin is a pointer: null clears it, a repeated object adds to it."""
    if value.kind is Kind.NULL:
        return None
    if value.kind is not Kind.OBJECT:
        raise _wrong_type(value, name, "codehost.Origin")
    origin = dict(before or {})
    for inner, member in value.members:
        if known := _field(inner, ORIGIN_FIELDS):
            text = _string(member, origin.get(known, ""), f"{name}.{inner}")
            if text:
                origin[known] = text
            else:
                origin.pop(known, None)
    return origin


def _string(value: Value, before: str, path: str) -> str:
    if value.kind is Kind.NULL:
        return before
    if value.kind is not Kind.STRING:
        raise _wrong_type(value, path, "string")
    return value.text


def _wrong_type(value: Value, path: str, go_type: str) -> GoError:
    # The path is spelled as the body spells it, not as the struct does.
    return GoError(
        f"json: cannot unmarshal {value.kind.value} into Go struct field RevInfo.{path} of type {go_type}"
    )


def _field(name: str, fields: tuple[str, ...]) -> str | None:
    """The struct field that a member's name means: strings.EqualFold with it.

    Of the letters in these fields only s has a third fold, the long s.
    """
    if not name.replace("ſ", "s").isascii():
        return None
    folded = name.replace("ſ", "s").lower()
    return next((known for known in fields if known.lower() == folded), None)


def parse(data: bytes) -> Value:
    """The one value that ``data`` holds, with white space around it. Raises GoError on a syntax error."""
    return _Scanner(data).document()


@dataclass(slots=True)
class _Open:
    """An object or array whose end is not reached yet."""

    kind: Kind
    name: str = ""
    members: list[tuple[str, Value]] = field(default_factory=list)

    def add(self, value: Value) -> None:
        if self.kind is Kind.OBJECT:
            self.members.append((self.name, value))

    def closed(self) -> Value:
        return Value(self.kind, members=tuple(self.members))


_SPACE = re.compile(rb"[ \t\r\n]*")
_DIGITS = re.compile(rb"[0-9]*")
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*')
_HEX = frozenset(b"0123456789abcdefABCDEF")
_ESCAPES = {
    ord('"'): '"', ord("\\"): "\\", ord("/"): "/",
    ord("b"): "\b", ord("f"): "\f", ord("n"): "\n", ord("r"): "\r", ord("t"): "\t",
}
_LITERALS = {
    ord("n"): (b"null", Kind.NULL), ord("f"): (b"false", Kind.BOOL), ord("t"): (b"true", Kind.BOOL),
}


class _Scanner:
    """A reader of JSON text that keeps its own stack, so that hostile nesting costs no recursion."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.pos = 0
        self.open: list[_Open] = []

    def document(self) -> Value:
        self.peek()
        while True:
            value = self.begin_value()
            while value is not None:
                if not self.open:
                    self.end_of_text()
                    return value
                self.open[-1].add(value)
                value = self.after_value()

    def begin_value(self) -> Value | None:
        """The scalar or the empty container here; None when one was opened and its first value is next."""
        char = self.peek()
        if char == ord('"'):
            return Value(Kind.STRING, self.string())
        if char in _LITERALS:
            return self.literal(*_LITERALS[char])
        if char == ord("-") or ord("0") <= char <= ord("9"):
            return self.number()
        if char not in b"{[":
            raise self.invalid_character("looking for beginning of value")
        if len(self.open) == MAX_DEPTH:
            raise GoError("exceeded max depth")
        self.pos += 1
        opened = _Open(Kind.OBJECT if char == ord("{") else Kind.ARRAY)
        if self.peek() == _closer(opened):
            self.pos += 1
            return opened.closed()
        self.open.append(opened)
        if opened.kind is Kind.OBJECT:
            self.member_name()
        return None

    def after_value(self) -> Value | None:
        """The container that ends here; None when another value of it follows."""
        inside = self.open[-1]
        char = self.peek()
        if char == ord(","):
            self.pos += 1
            if inside.kind is Kind.OBJECT:
                self.member_name()
            return None
        if char == _closer(inside):
            self.pos += 1
            return self.open.pop().closed()
        is_object = inside.kind is Kind.OBJECT
        raise self.invalid_character(
            "after object key:value pair" if is_object else "after array element"
        )

    def member_name(self) -> None:
        if self.peek() != ord('"'):
            raise self.invalid_character("looking for beginning of object key string")
        self.open[-1].name = self.string()
        if self.peek() != ord(":"):
            raise self.invalid_character("after object key")
        self.pos += 1

    def end_of_text(self) -> None:
        self.skip_space()
        if self.pos < len(self.data):
            raise self.invalid_character("after top-level value")

    def skip_space(self) -> None:
        self.pos = _end(_SPACE, self.data, self.pos)

    def peek(self) -> int:
        """The next byte that is not white space."""
        self.skip_space()
        return self.byte(self.pos)

    def byte(self, pos: int) -> int:
        if pos >= len(self.data):
            raise GoError("unexpected end of JSON input")
        return self.data[pos]

    def literal(self, word: bytes, kind: Kind) -> Value:
        for expected in word:
            if self.byte(self.pos) != expected:
                where = f"in literal {word.decode()} (expecting {chr(expected)!r})"
                raise self.invalid_character(where)
            self.pos += 1
        return Value(kind)

    def number(self) -> Value:
        if self.data[self.pos] == ord("-"):
            self.pos += 1
        if self.byte(self.pos) == ord("0"):
            self.pos += 1
        else:
            self.digits()
        if self.data[self.pos:self.pos + 1] == b".":
            self.pos += 1
            self.digits()
        if self.data[self.pos:self.pos + 1] in (b"e", b"E"):
            self.pos += 1
            if self.data[self.pos:self.pos + 1] in (b"+", b"-"):
                self.pos += 1
            self.digits()
        return Value(Kind.NUMBER)

    def digits(self) -> None:
        if not ord("0") <= self.byte(self.pos) <= ord("9"):
            raise self.invalid_character("in numeric literal")
        self.pos = _end(_DIGITS, self.data, self.pos)

    def string(self) -> str:
        self.pos += 1
        parts: list[str] = []
        while True:
            start, self.pos = self.pos, _end(_PLAIN, self.data, self.pos)
            parts.append(_text(self.data[start:self.pos]))
            char = self.byte(self.pos)
            if char == ord('"'):
                self.pos += 1
                return "".join(parts)
            if char != ord("\\"):
                raise self.invalid_character("in string")
            parts.append(self.escape())

    def escape(self) -> str:
        char = self.byte(self.pos + 1)
        if char in _ESCAPES:
            self.pos += 2
            return _ESCAPES[char]
        if char != ord("u"):
            raise self.invalid_escape(2)
        unit = self.utf16_unit()
        if 0xD800 <= unit < 0xDC00 and (low := self.low_surrogate()) is not None:
            return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
        return "\ufffd" if 0xD800 <= unit < 0xE000 else chr(unit)

    def utf16_unit(self) -> int:
        """The code unit of the ``\\uXXXX`` here."""
        digits = self.data[self.pos + 2:self.pos + 6]
        if not _HEX.issuperset(digits):
            raise self.invalid_escape(6)
        if len(digits) < 4:
            raise GoError("unexpected end of JSON input")
        self.pos += 6
        return int(digits, 16)

    def low_surrogate(self) -> int | None:
        """The second half of a surrogate pair, consumed only if it is one."""
        after = self.data[self.pos:self.pos + 6]
        if len(after) == 6 and after.startswith(b"\\u") and _HEX.issuperset(after[2:]):
            low = int(after[2:], 16)
            if 0xDC00 <= low < 0xE000:
                self.pos += 6
                return low
        return None

    def invalid_character(self, where: str) -> GoError:
        char = self.data[self.pos:self.pos + 4].decode("utf-8", "surrogateescape")[:1]
        shown = f"'\\x{self.data[self.pos]:02x}'" if _NOT_UTF8.match(char) else quote_rune(char)
        return GoError(f"invalid character {shown} {where}")

    def invalid_escape(self, length: int) -> GoError:
        what = self.data[self.pos:self.pos + length].decode("utf-8", "surrogateescape")
        shown = f"`{what}`" if all(map(_shown_plainly, what)) else quote(what)
        return GoError(f"invalid escape sequence {shown} in string")


def _closer(opened: _Open) -> int:
    return ord("}") if opened.kind is Kind.OBJECT else ord("]")


def _end(pattern: re.Pattern[bytes], data: bytes, pos: int) -> int:
    match = pattern.match(data, pos)
    return match.end() if match else pos


_NOT_UTF8 = re.compile("[\udc80-\udcff]")


def _text(raw: bytes) -> str:
    """Every byte that is not part of a valid UTF-8 sequence becomes one U+FFFD."""
    return _NOT_UTF8.sub("\ufffd", raw.decode("utf-8", "surrogateescape"))


def _shown_plainly(char: str) -> bool:
    """Whether jsonwire puts this character between back quotes instead of quoting the text.

    A surrogate, which is a byte that is not UTF-8, is not.
    """
    return char not in "`\ufffd" and not is_space(char) and is_graphic(char) and not _NOT_UTF8.match(char)
