"""Recordings: an event stream as JSON lines, and back.

The first line is a header with the schema's name; each further line is one event as event_to_json writes
it. Events hold no secrets, so a recording can be shared.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, TextIO

from probes.diagnosis.findings import Finding
from probes.trace.events import Event, event_to_json

SCHEMA = "modtrace.recording/1"

_KINDS: dict[str, type[Any]] = {kind.kind: kind for kind in typing.get_args(Event)}


class BadRecording(Exception):
    """Not a recording that this version can read; says what is wrong and in which line."""


def write_recording(events: Iterable[Event], file: TextIO) -> None:
    """Write a header and every event."""
    file.write(json.dumps({"schema": SCHEMA}) + "\n")
    for event in events:
        file.write(json.dumps(event_to_json(event), ensure_ascii=True) + "\n")


def read_recording(lines: Iterable[str]) -> Iterator[Event]:
    """The events of a recording. Raises BadRecording for anything else; blank lines are skipped."""
    expect_header = True
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            if expect_header:
                if data.get("schema") != SCHEMA:
                    raise BadRecording(f"line {number}: not a modtrace recording of version 1")
                expect_header = False
                continue
            yield event_from_json(data)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadRecording(f"line {number}: {error}") from error


def event_from_json(data: dict[str, Any]) -> Event:
    """The event that event_to_json wrote. Raises KeyError, TypeError or ValueError for anything else."""
    event: Event = built(_KINDS, data)
    return event


def built(kinds: Mapping[str, type[Any]], data: dict[str, Any]) -> Any:
    """The event of one of these kinds that was written so. Raises as event_from_json does."""
    fields = {name: value for name, value in data.items() if name != "event"}
    return _build(kinds[data["event"]], fields)


def _build(kind: type[Any], data: dict[str, Any]) -> Any:
    if kind is Finding:
        finding = Finding.from_json(data)
        for name, hint in _fields(Finding)[0].items():
            _value(hint, getattr(finding, name))  # raises TypeError for what it cannot hold
        return finding
    hints, names = _fields(kind)
    if unknown := set(data) - names:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    values = {name: _value(hints[name], value) for name, value in data.items()}
    if "timing" in values and values["timing"] is not None:
        values["timing"] = _seconds(values["timing"])
    return kind(**values)


_FIELDS: dict[str, tuple[dict[str, Any], frozenset[str]]] = {}
"""What was found out about classes: a session has many events."""


def _fields(kind: type[Any]) -> tuple[dict[str, Any], frozenset[str]]:
    """The types of a class's fields, and their names."""
    name = f"{kind.__module__}.{kind.__qualname__}"
    if name not in _FIELDS:
        names = frozenset(field.name for field in dataclasses.fields(kind))
        _FIELDS[name] = typing.get_type_hints(kind), names
    return _FIELDS[name]


def _seconds(timing: Any) -> Any:
    """Timing is written in milliseconds; events hold seconds."""
    return dataclasses.replace(
        timing,
        **{
            field.name: None if (value := getattr(timing, field.name)) is None else value / 1000
            for field in dataclasses.fields(timing)
        },
    )


def _value(hint: Any, value: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        return _value(next(argument for argument in arguments if argument is not types.NoneType), value)
    if origin is dict:
        if not isinstance(value, dict):
            raise TypeError(f"{value!r} is no object")
        return value
    if origin is tuple:
        return tuple(_value(arguments[0], item) for item in value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _build(hint, value)
    if hint is float and isinstance(value, int):
        return float(value)
    if not isinstance(value, hint):
        raise TypeError(f"{value!r} is no {hint.__name__}")
    return value
