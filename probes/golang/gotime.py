"""Time stamps as Go's time package reads them: RFC 3339, loosely, with its exact words when it cannot.

Source: time/format.go parse and ParseError, reached through Time.UnmarshalText (time/format_rfc3339.go
parseStrictRFC3339, whose strictness is switched off). Looser than the RFC: one-digit hours, a comma before
the fraction, and zone offsets up to 24:60 are all accepted; what is not is reported by the element of the
layout that failed.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from probes.golang.errors import GoError

RFC3339 = "2006-01-02T15:04:05Z07:00"


@dataclass(frozen=True, slots=True)
class Instant:
    """A point in time, in the fields that the text gave."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    nanosecond: int
    offset: int
    """Seconds east of UTC."""

    def datetime(self) -> datetime | None:
        """The same instant in UTC, to the microsecond below; None outside of Python's years 1 to 9999."""
        try:
            local = datetime(
                self.year, self.month, self.day, self.hour, self.minute, self.second,
                self.nanosecond // 1000, tzinfo=UTC,
            )
            return local - timedelta(seconds=self.offset)
        except (ValueError, OverflowError):
            return None


def quote(text: bytes) -> str:
    """The time package's own quoting: every byte outside of printable ASCII is spelled ``\\xNN``."""
    out = []
    for byte in text:
        if byte >= 0x80 or byte < 0x20:
            out.append(f"\\x{byte:02x}")
        elif byte in b'"\\':
            out.append("\\" + chr(byte))
        else:
            out.append(chr(byte))
    return '"' + "".join(out) + '"'


class _Bad(Exception):
    """An element of the layout that the text does not have (errBad)."""


class _Reader:
    """The text as it is consumed, element by element of the layout."""

    def __init__(self, value: bytes) -> None:
        self.whole = value
        self.rest = value

    def fail(self, element: str, at: bytes) -> GoError:
        words = f"cannot parse {quote(at)} as {quote(element.encode())}"
        return GoError(f"parsing time {quote(self.whole)} as {quote(RFC3339.encode())}: {words}")

    def out_of_range(self, what: str) -> GoError:
        return GoError(f"parsing time {quote(self.whole)}: {what} out of range")

    def literal(self, text: str) -> None:
        if not self.rest.startswith(text.encode()):
            raise self.fail(text, self.rest)
        self.rest = self.rest[len(text):]

    def number(self, element: str, *, fixed: bool = True) -> int:
        """Two digits; one will do unless ``fixed``."""
        before = self.rest
        try:
            value, self.rest = _two_digits(before, fixed=fixed)
        except _Bad:
            raise self.fail(element, before) from None
        return value

    def year(self) -> int:
        if len(self.rest) < 4 or not _digits(self.rest[:4]):
            raise self.fail("2006", self.rest)
        year, self.rest = int(self.rest[:4]), self.rest[4:]
        return year

    def fraction(self) -> int:
        """Nanoseconds after the seconds, though the layout has none; digits after the ninth are dropped."""
        if len(self.rest) < 2 or self.rest[0] not in b".," or not _digits(self.rest[1:2]):
            return 0
        end = 1
        while _digits(self.rest[end:end + 1]):
            end += 1
        digits, self.rest = self.rest[1:end], self.rest[end:]
        return int(digits[:9].ljust(9, b"0"))

    def zone(self) -> int:
        """"Z" or a signed hh:mm, in seconds east of UTC."""
        before = self.rest
        if before.startswith(b"Z"):
            self.rest = before[1:]
            return 0
        if len(before) < 6 or before[3:4] != b":":
            raise self.fail("Z07:00", before)
        self.rest = before[6:]
        hour = minute = 0
        bad = before[0] not in b"+-"
        try:
            hour, _ = _two_digits(before[1:3], fixed=True)
            minute, _ = _two_digits(before[4:6], fixed=True)
        except _Bad:
            bad = True
        # Not >= : "some people do write offsets of 24 hours or 60 minutes". The minutes are looked at
        # last, and a range error wins over a malformed text.
        if minute > 60:
            raise self.out_of_range("time zone offset minute")
        if hour > 24:
            raise self.out_of_range("time zone offset hour")
        if bad:
            raise self.fail("Z07:00", before)
        offset = (hour * 60 + minute) * 60
        return -offset if before[0] == ord("-") else offset


def _digits(text: bytes) -> bool:
    return text.isdigit()  # of bytes: ASCII digits only


def _two_digits(text: bytes, *, fixed: bool) -> tuple[int, bytes]:
    if _digits(text[:2]) and len(text) >= 2:
        return int(text[:2]), text[2:]
    if fixed or not _digits(text[:1]):
        raise _Bad
    return int(text[:1]), text[1:]


def parse_rfc3339(text: bytes) -> Instant:
    """The instant that ``text`` names, as Time.UnmarshalText reads it.

    Raises GoError ``parsing time "…" as "2006-01-02T15:04:05Z07:00": cannot parse "…" as "…"`` or
    ``parsing time "…": … out of range`` or ``…: extra text: "…"``.
    """
    read = _Reader(text)
    year = read.year()
    read.literal("-")
    month = read.number("01")
    if not 1 <= month <= 12:
        raise read.out_of_range("month")
    read.literal("-")
    day = read.number("02")
    read.literal("T")
    hour = read.number("15", fixed=False)
    if hour > 23:
        raise read.out_of_range("hour")
    read.literal(":")
    minute = read.number("04")
    if minute > 59:
        raise read.out_of_range("minute")
    read.literal(":")
    second = read.number("05")
    if second > 59:
        raise read.out_of_range("second")
    nanosecond = read.fraction()
    offset = read.zone()
    if read.rest:
        raise GoError(f"parsing time {quote(text)}: extra text: {quote(read.rest)}")
    if not 1 <= day <= _days_in(month, year):
        raise read.out_of_range("day")
    return Instant(year, month, day, hour, minute, second, nanosecond, offset)


def _days_in(month: int, year: int) -> int:
    if month == 2:
        return 29 if calendar.isleap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31
