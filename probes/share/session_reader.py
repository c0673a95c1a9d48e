"""Reading what was saved: sessions, recordings, and event streams from a pipe.

Three forms are taken, told apart by their first line: a session (probes.share.session_file), a recording
(probes.trace.recording), and the bare lines of ``modtrace trace --events``. A file may come from anybody, so
it is bounded, and what contradicts itself is refused in one line instead of ending in a traceback.
"""

from __future__ import annotations

import dataclasses
import json
import re
import types
import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from probes.browse.recorded import browse_event_from_json
from probes.browse.table import BrowseEvent
from probes.share.session_file import CLOSED, FULL, MINOR, SCHEMA, Header
from probes.trace import recording
from probes.trace.events import Event, SettingView

MAX_LINE = 8_000_000
"""Bytes of one event."""
MAX_TOTAL = 64_000_000
"""Bytes of a whole file: three times what a session may take."""
MAX_NUMBER = 1e12
"""Nothing that modtrace counts or times comes near it; what is drawn with larger ones would overflow."""
_DIGITS = 19
_MAY_BE_HALVES = re.compile(rb"\\u[dD]|\xed[\xa0-\xbf]")
"""Whether a line may hold surrogates, as escapes or as bytes (json takes both)."""
_HALF = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Those that do not stand for a byte that is no UTF-8, which modtrace itself writes (PEP 383)."""

_FAMILY = "modtrace.session/"
_KINDS: dict[str, type[Any]] = {kind.kind: kind for kind in typing.get_args(Event)}
_BROWSE_KINDS: dict[str, type[Any]] = {kind.kind: kind for kind in typing.get_args(BrowseEvent)}
_BROKEN = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


class BadSession(Exception):
    """Nothing that this version can read; says what is wrong, and where, in one line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event and when it was written down."""

    t: float
    """Seconds from the start of the session; in a recording, the event's own time."""
    event: Event | BrowseEvent


class SessionReader:
    """The entries of a file, one after the other; what else was found out stands in the attributes.

    Iterating raises BadSession.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self.header: Header | None = None
        """None for a recording and for a bare stream; there from the first entry on."""
        self.cut = False
        """The last line ends in its middle: whoever wrote it was stopped."""
        self.closed = False
        """The session was ended properly."""
        self.full = False
        """The session went on after the file was full."""
        self.skipped = 0
        """Events of kinds that only a newer modtrace knows."""
        self._lenient = False

    def __iter__(self) -> Iterator[Entry]:
        total = 0
        first = True
        for number, line in enumerate(self._lines, 1):
            total += len(line)
            if len(line) > MAX_LINE or total > MAX_TOTAL:
                raise BadSession(f"line {number}: too long to be a session")
            if not line.strip():
                continue
            try:
                data = _object(line)
                if first:
                    first = False
                    if "event" not in data:
                        self._take_header(data)
                        continue
                entry = self._entry(data)
            except BadSession as error:
                raise BadSession(f"line {number}: {error}") from error
            except _BROKEN as error:
                if self._is_cut(line, number):
                    self.cut = True
                    return
                raise BadSession(f"line {number}: {_words(error)}") from error
            if entry is not None:
                yield entry
        if first:
            raise BadSession("it is empty")

    def _is_cut(self, line: bytes, number: int) -> bool:
        """A line without its end; after a power cut the kernel may have filled up with zeros."""
        return number > 1 and (not line.endswith(b"\n") or not line.strip(b"\0\n")) and self._was_the_last()

    def _was_the_last(self) -> bool:
        return not any(line.strip(b"\0\r\n\t ") for line in self._lines)

    def _take_header(self, data: dict[str, Any]) -> None:
        if data.get("schema") == recording.SCHEMA:
            return
        self.header = header_from_json(data)
        self._lenient = self.header.minor > MINOR

    def _entry(self, data: dict[str, Any]) -> Entry | None:
        kind = data.get("event")
        if kind in (CLOSED, FULL):
            self.closed |= kind == CLOSED
            self.full |= kind == FULL
            return None
        known = _KINDS.get(kind) or _BROWSE_KINDS.get(kind)  # type: ignore[arg-type]
        if known is None:
            if self._lenient:
                self.skipped += 1
                return None
            raise BadSession(f"no event is called {str(kind)[:60]!r}")
        t = data.pop("t", data.get("at"))
        if not isinstance(t, int | float) or isinstance(t, bool):
            raise BadSession(f"{str(t)[:60]!r} is no time")
        if self._lenient:
            data = {"event": kind, **_known_fields(known, data)}
        if kind in _KINDS:
            return Entry(float(t), recording.event_from_json(data))
        return Entry(float(t), browse_event_from_json(data))


def bounded_lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file; one that is too long in pieces, each of which SessionReader refuses."""
    while line := file.readline(MAX_LINE + 1):
        yield line


def parse_header(line: bytes) -> Header:
    """The first line of a session. Raises BadSession for anything else."""
    try:
        return header_from_json(_object(line))
    except _BROKEN as error:
        raise BadSession(_words(error)) from error


def header_from_json(data: dict[str, Any]) -> Header:
    """The header that to_json wrote. Raises BadSession for another schema, TypeError for what is damaged."""
    schema = data.get("schema")
    if schema != SCHEMA:
        if isinstance(schema, str) and schema.startswith(_FAMILY):
            raise BadSession(f"it is a {schema[:40]}, and this modtrace reads {SCHEMA}")
        raise BadSession("neither a session nor a recording of modtrace")
    views = tuple(
        SettingView(
            _text(view, "name"), _text(view, "value"), _text(view, "source"), view.get("secret") is True
        )
        for view in _list(data, "settings")
    )
    minor = data.get("minor", 0)
    if not isinstance(minor, int):
        raise TypeError("minor is no number")
    go = data.get("go")
    return Header(
        command=_text(data, "command") or "trace", path=_text(data, "path"), query=_text(data, "query"),
        go=go if isinstance(go, str) else None, settings=views, shell=_text(data, "shell") or "posix",
        modtrace=_text(data, "modtrace"), time=_text(data, "time"), platform=_text(data, "platform"),
        minor=minor, resumes=_text(data, "resumes"),
    )  # fmt: skip


def _text(data: Any, name: str) -> str:
    value = data.get(name, "")
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value


def _list(data: dict[str, Any], name: str) -> list[Any]:
    value = data.get(name, [])
    if not isinstance(value, list):
        raise TypeError(f"{name} is no list")
    return value


def _object(line: bytes) -> dict[str, Any]:
    data = json.loads(line, parse_constant=_no_number, parse_float=_bounded_float, parse_int=_bounded_int)
    if not isinstance(data, dict):
        raise TypeError("no JSON object")
    return _whole_characters(data) if _MAY_BE_HALVES.search(line) else data


def _whole_characters(value: Any) -> Any:
    """JSON without halves of characters, which cannot be written in any encoding; they become U+FFFD."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole_characters(item) for item in value]
    if isinstance(value, dict):
        return {_whole_characters(name): _whole_characters(item) for name, item in value.items()}
    return value


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _bounded_float(text: str) -> float:
    value = float(text)
    if not abs(value) <= MAX_NUMBER:
        raise ValueError(f"{text[:20]} is no number")
    return value


def _bounded_int(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(f"{text[:20]} is no number")
    return int(text)


def _known_fields(kind: type[Any], data: dict[str, Any]) -> dict[str, Any]:
    """What this version knows of an object, all the way down."""
    hints = typing.get_type_hints(kind)
    names = {field.name for field in dataclasses.fields(kind)}
    return {name: _known_value(hints[name], value) for name, value in data.items() if name in names}


def _known_value(hint: Any, value: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _known_value(next(one for one in arguments if one is not types.NoneType), value)
    if origin is tuple and isinstance(value, list):
        return [_known_value(arguments[0], item) for item in value]
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and isinstance(value, dict):
        return _known_fields(hint, value)
    return value


def _words(error: Exception) -> str:
    """What is wrong, in one line that quotes little."""
    if isinstance(error, UnicodeDecodeError):
        return "no UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON: {error.msg}"
    if isinstance(error, KeyError):
        return f"{str(error)[:80]} is missing"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return str(error).split("\n", 1)[0][:160]
