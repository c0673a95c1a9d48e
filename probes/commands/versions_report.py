"""What `versions` prints: who was asked, what go would choose, and every version beside those who have it.

The text fits into 80 columns where the names do; each column of the matrix is one letter, explained above it.
Both forms come piece by piece, for a list may name twenty thousand versions.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from datetime import UTC

from probes.browse.table import (
    Cell,
    ColumnKind,
    ColumnState,
    VersionAnswered,
    VersionKind,
    VersionTable,
    is_incompatible,
    kind_of,
)
from probes.golang.errors import GoError
from probes.golang.gotime import parse_rfc3339
from probes.golang.safetext import safe_text

SCHEMA = "modtrace.versions/1"
AT_ONCE = 500
"""Versions that are written at once."""
MOST_OF_A_VERSION = 44
MOST_OF_A_LINE = 1000
WIDTH = 80
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

LOCAL = (ColumnKind.CACHE, ColumnKind.GO_SUM)

SIGNS = {
    Cell.LISTED: ("+", "has it"),
    Cell.SERVED: ("s", "serves it, though not in its list"),
    Cell.NOT_LISTED: (".", "does not list it"),
    Cell.MISSING: ("-", "missing: asked for by name"),
    Cell.ASKING: ("~", "has not answered"),
    Cell.ERROR: ("!", "error"),
    Cell.PRIVATE: ("p", "private: never asked"),
    Cell.NOT_ASKED: (" ", "not asked"),
}


def text_report(table: VersionTable, *, only: str = "") -> Iterator[str]:
    """The report in pieces, each ending in a newline; ``only`` is the one version that was asked for."""
    head = [*_head(table, only), *_choices(table), *_columns(table, only)]
    yield "\n".join(part for line in head for part in _wrapped(line)) + "\n"
    if only:
        return
    yield "\n"
    shown = [state for state in table.columns if state.answered is not None or state.known]
    versions = table.versions()
    if not versions:
        return
    width = min(MOST_OF_A_VERSION, max(7, *map(len, versions)))
    letters = " ".join(_letter(state) for state in shown)
    yield f"{'version':<{width}}  {letters}\n"
    seen: set[Cell] = set()
    chosen = {choice.version for choice in table.choices.values()}
    for batch in _batches(versions):
        lines = []
        for version in batch:
            cells = [table.cell(version, state.column.id) for state in shown]
            seen.update(cells)
            marks = " ".join(SIGNS[cell][0] for cell in cells)
            name = safe_text(version, limit=200)
            notes = "; ".join(_notes(table, version, version in chosen))
            lines.append(_safe(f"{name:<{width}}  {marks}  {notes}"))
        yield "\n".join(lines) + "\n"
    legend = ", ".join(f"{sign} {words}" for cell, (sign, words) in SIGNS.items() if cell in seen)
    yield f"\n{legend}\n"


def _safe(line: str) -> str:
    return safe_text(line, limit=MOST_OF_A_LINE).rstrip()


def _wrapped(line: str) -> list[str]:
    """A line in lines of at most 80 columns, as far as its words allow, indented as it is."""
    line = _safe(line)
    if len(line) <= WIDTH or " " not in line.strip():
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(
        line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False,
        drop_whitespace=True, replace_whitespace=False,
    )  # fmt: skip


def _batches(versions: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(versions), AT_ONCE):
        yield versions[first : first + AT_ONCE]


def _letter(state: ColumnState) -> str:
    number = state.column.id
    return LETTERS[number] if number < len(LETTERS) else str(number)


def _head(table: VersionTable, only: str) -> Iterator[str]:
    yield f"{table.path} {only}".rstrip()
    started = table.started
    if started is not None and started.error:
        yield f"no proxy can be asked: {started.error}"
    if started is not None and started.private_pattern is not None:
        yield f"private: GONOPROXY matches it with {started.private_pattern}; no proxy is ever asked about it"
    module = table.module
    if module is None:
        return
    if module.deprecated:
        yield f"deprecated: {module.deprecated}"
    if module.error:
        yield f"what is retracted is not known: {module.error}"


def _choices(table: VersionTable) -> Iterator[str]:
    if not table.choices:
        return
    yield ""
    yield "go would choose"
    for choice in table.choices.values():
        said = f"  {choice.query:<8} "
        if choice.version is not None:
            said += choice.version or "a version without a name"
            said += "" if choice.column is None else f"  from {table.columns[choice.column].column.name}"
        elif choice.unknown:
            said += f"not known: {choice.error}"
        else:
            said += f"none: {choice.error}"
        if choice.current and choice.query != "latest":
            said += f"  (go.mod requires {choice.current})"
        yield said


def _columns(table: VersionTable, only: str) -> Iterator[str]:
    yield ""
    for state in table.columns:
        column = state.column
        yield f"{_letter(state)}  {column.name}"
        if column.kind in LOCAL and column.spec:
            yield f"   {column.spec}"
        answer = state.known.get(only) if only else None
        for line in _about_one(answer) if answer is not None else _about(table, state):
            yield f"   {line}"


def _about(table: VersionTable, state: ColumnState) -> Iterator[str]:
    """How a column stands, in lines."""
    answered = state.answered
    if state.column.private:
        yield "private: never asked"
    elif answered is None:
        yield f"not asked: {state.because}" if state.because else "not asked"
    elif answered.error is not None:
        yield f"error: {_flat(answered.error)}"
    else:
        count = len(answered.versions)
        facts = [f"{count:,} version{'' if count == 1 else 's'}"]
        if answered.only_mod:
            facts.append(f"{len(answered.only_mod):,} of them only as go.mod")
        if answered.list_bytes is not None:
            facts.append(f"{answered.list_bytes:,} bytes")
        if answered.seconds is not None and state.column.kind not in LOCAL:
            facts.append(f"{answered.seconds * 1000:.0f} ms")
        yield ", ".join(facts)
        if answered.latest is not None:
            lag = table.lag_s(state.column.id)
            facts = [f"@latest {answered.latest}", _moment(answered.latest_time), _lag(lag)]
            yield ", ".join(fact for fact in facts if fact)
        elif answered.latest_error:
            yield f"@latest: {_flat(answered.latest_error)}"


def _about_one(answer: VersionAnswered) -> Iterator[str]:
    """What a column says of the one version."""
    if not answer.served:
        yield f"{'missing' if answer.missing else 'error'}: {_flat(answer.error or '')}"
        return
    moment = _moment(answer.time)
    yield "has it" + (f", of {moment}" if moment else "")
    origin = answer.origin
    if origin is not None:
        parts = (origin.vcs, origin.url, origin.subdir, origin.ref, origin.hash)
        yield " ".join(part for part in parts if part)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _moment(text: str) -> str:
    """A time of a .info in UTC; as it was sent where it is none."""
    if not text:
        return ""
    try:
        moment = parse_rfc3339(text.encode("utf-8", "surrogateescape")).datetime()
    except GoError:
        moment = None
    return text[:40] if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _lag(seconds: float | None) -> str:
    """How far behind the newest a column is."""
    if seconds is None:
        return ""
    if seconds == 0:
        return "the newest"
    for length, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {name} behind"
    return f"{seconds:.0f} s behind"


_NAMED = {VersionKind.PSEUDO: "pseudo-version", VersionKind.PRERELEASE: "pre-release"}


def _notes(table: VersionTable, version: str, is_chosen: bool) -> Iterator[str]:
    """What is to be said of a version, in words."""
    if is_chosen:
        queries = ", ".join(choice.query for choice in table.chosen_for(version))
        yield f"go's {queries}"
    at = [_letter(table.columns[number]) for number in table.latest_at(version)]
    if at:
        yield f"@latest of {' '.join(at)}"
    retraction = table.retraction(version)
    if retraction is not None:
        yield "retracted" + (f": {_flat(retraction.rationale)}" if retraction.rationale else "")
    kind = kind_of(version)
    if kind in _NAMED:
        yield _NAMED[kind]
    published = _moment(table.published(version))
    if published:
        yield published[:10]


# -- JSON --------------------------------------------------------------------------------------------


def json_report(table: VersionTable, *, only: str = "") -> Iterator[str]:
    """One JSON object in pieces; ASCII, so that no terminal obeys it."""
    head = {
        "schema": SCHEMA,
        "path": table.path,
        "version": only or None,
        "private": table.started.private_pattern if table.started else None,
        "error": table.started.error if table.started else None,
        "columns": [_column_json(table, state) for state in table.columns],
        "module": _module_json(table),
        "choices": {query: _choice_json(table, query) for query in table.choices},
    }
    text = json.dumps(head, indent=2)
    yield text.removesuffix("\n}") + ',\n  "versions": ['
    versions = [only] if only else table.versions()
    joint = "\n    "
    for batch in _batches(versions):
        yield joint + ",\n    ".join(json.dumps(_version_json(table, version)) for version in batch)
        joint = ",\n    "
    yield "\n  ]\n}\n" if versions else "]\n}\n"


def _column_json(table: VersionTable, state: ColumnState) -> dict[str, object]:
    column, answered = state.column, state.answered
    found: dict[str, object] = {
        "id": column.id, "kind": column.kind.value, "name": column.name, "spec": column.spec,
        "private": column.private, "behind_the_end": column.dead,
        "not_asked": None if answered or state.known else state.because or "it is private",
    }  # fmt: skip
    if answered is None:
        return found
    return found | {
        "count": len(answered.versions), "only_mod": list(answered.only_mod), "latest": answered.latest,
        "latest_time": answered.latest_time or None, "lag_s": table.lag_s(column.id),
        "list_bytes": answered.list_bytes, "seconds": answered.seconds,
        "error": answered.error, "latest_error": answered.latest_error,
        "requests": [f"{one.status or ''} {one.url}".strip() for one in answered.requests],
    }  # fmt: skip


def _module_json(table: VersionTable) -> dict[str, object] | None:
    module = table.module
    if module is None:
        return None
    return {
        "version": module.version, "column": module.column, "deprecated": module.deprecated or None,
        "retracted": [[one.low, one.high, one.rationale] for one in module.retracted], "error": module.error,
    }  # fmt: skip


def _choice_json(table: VersionTable, query: str) -> dict[str, object]:
    choice = table.choices[query]
    return {
        "version": choice.version, "column": choice.column, "current": choice.current or None,
        "error": choice.error, "unknown": choice.unknown,
    }  # fmt: skip


def _version_json(table: VersionTable, version: str) -> dict[str, object]:
    retraction = table.retraction(version)
    found: dict[str, object] = {
        "version": version, "kind": kind_of(version).value, "incompatible": is_incompatible(version),
        "cells": [table.cell(version, state.column.id).value for state in table.columns],
    }  # fmt: skip
    if retraction is not None:
        found["retracted"] = retraction.rationale
    published = table.published(version)
    if published:
        found["published"] = published
    said = list(_said(table.columns, version))
    return found | ({"said": said} if said else {})


def _said(columns: Iterable[ColumnState], version: str) -> Iterator[dict[str, object]]:
    """What columns answered that were asked for it by name."""
    for state in columns:
        answer = state.known.get(version)
        if answer is None:
            continue
        origin = answer.origin
        found: dict[str, object] = {
            "column": answer.column, "served": answer.served, "time": answer.time or None,
            "origin": None if origin is None else {
                "vcs": origin.vcs, "url": origin.url, "subdir": origin.subdir, "ref": origin.ref,
                "hash": origin.hash,
            },
        }  # fmt: skip
        if not answer.served:
            found |= {"error": answer.error, "missing": answer.missing, "cached_only": answer.cached_only}
        yield found
