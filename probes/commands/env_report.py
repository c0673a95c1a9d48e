"""The text form of `modtrace env`: one block a variable, the caret under the character that matters.

No colours; everything that comes from a file or the process passes safe_text.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator

from probes.commands.env import Inspection
from probes.diagnosis.findings import Finding, Level
from probes.golang.environment import VARIABLE, Group, Setting, Source
from probes.golang.safetext import safe_text

WIDTH = 100
"""Columns; longer values are cut to an excerpt around the place that a finding is about."""

_INDENT = 14
_VALUE_LIMIT = 2000

_SOURCES = {
    Source.OVERLAY: "what-if value",
    Source.PROCESS: "process",
    Source.GOENV: "go/env file",
    Source.GOROOT: "$GOROOT/go.env",
    Source.DERIVED: "derived",
    Source.DEFAULT: "default",
}
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}


def report(inspection: Inspection) -> str:
    """The whole report, ending in a newline."""
    all_of_them = len(inspection.names) == len(VARIABLE)
    lines = list(_groups(inspection, all_of_them))
    if all_of_them:
        lines += _about_go(inspection)
    lines += _loose(inspection.about(None))
    lines += _summary(inspection)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _groups(inspection: Inspection, all_of_them: bool) -> Iterator[str]:
    for group in Group:
        names = [name for name in inspection.names if VARIABLE[name].group is group]
        quiet = [name for name in names if all_of_them and _is_unset(inspection, name)]
        if names:
            yield group.value
            yield ""
        for name in names:
            if name not in quiet:
                yield from _block(inspection.environment.setting(name), inspection.about(name))
        if quiet:
            yield from _filled("not set", " ".join(quiet))
            yield ""


def _is_unset(inspection: Inspection, name: str) -> bool:
    setting = inspection.environment.setting(name)
    return not (setting.value or setting.shadowed or inspection.about(name))


def _block(setting: Setting, findings: Iterable[Finding]) -> Iterator[str]:
    """One variable."""
    shown = setting.shown.text
    head = f"  {setting.name:<{_INDENT - 4}}  "
    placed = [finding for finding in findings if finding.position is not None]
    if shown:
        yield from _with_carets(head, shown, placed[0] if placed else None)
    else:
        yield f"{head}(empty)" if setting.source is not Source.DEFAULT else f"{head}(not set)"
    yield from _filled("from", _origin(setting.source, setting.where))
    for hidden in setting.shadowed:
        value = safe_text(setting.show(hidden.value).text, limit=_VALUE_LIMIT) or "(empty)"
        yield from _filled("hides", f"{_origin(hidden.source, hidden.where)}: {value}")
    for finding in findings:
        if placed and finding in placed[1:]:
            yield from _with_carets(" " * _INDENT, shown, finding)
        yield from _finding(finding)
    yield ""


def _origin(source: Source, where: str | None) -> str:
    words = _SOURCES[source]
    return safe_text(f"{words}, {where}") if where else words


def _with_carets(head: str, shown: str, finding: Finding | None) -> Iterator[str]:
    """The value, and carets under the place that a finding is about."""
    if finding is None or finding.position is None:
        yield head + safe_text(shown, limit=_VALUE_LIMIT)
        return
    start, end = finding.position, finding.position + max(finding.length or 0, 1)
    room = WIDTH - len(head)
    first, last = 0, len(shown)
    if columns(safe_text(shown, limit=_VALUE_LIMIT)) > room:
        first, last = max(0, start - room // 3), min(len(shown), max(end, start + room // 3))
    before, cut = ("…" if first else ""), ("…" if last < len(shown) else "")
    yield head + before + safe_text(shown[first:last], limit=_VALUE_LIMIT) + cut
    offset = columns(head + before + safe_text(shown[first:start], limit=_VALUE_LIMIT))
    width = columns(safe_text(shown[start:end], limit=_VALUE_LIMIT)) or 1
    yield " " * offset + "^" * min(width, room)


def _finding(finding: Finding) -> Iterator[str]:
    for number, line in enumerate(finding.message.split("\n")):
        yield from _filled(_LEVELS[finding.level] if number == 0 else "", safe_text(line))
    for number, remedy in enumerate(finding.remedy):
        # Never wrapped: it is there to be copied.
        yield f"  {'try' if number == 0 else 'or':<{_INDENT - 4}}  {safe_text(remedy)}"


def _filled(label: str, text: str) -> list[str]:
    """A label and wrapped text."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"  {label:<{_INDENT - 4}}  ",
        subsequent_indent=" " * _INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _about_go(inspection: Inspection) -> Iterator[str]:
    environment, facts = inspection.environment, inspection.environment.facts
    if facts.go_command is None:
        yield from _filled("go", "not on PATH: the defaults are those of a stock Go")
        yield ""
        return
    words = f"{facts.go_version or 'of unknown version'}, {facts.go_command}"
    if inspection.answer is None:
        words += "; not asked"
    elif inspection.answer.failure is None and not inspection.differences:
        words += f"; its own go env agrees on all {len(inspection.answer.values)} variables it knows"
    yield from _filled("go", safe_text(words))
    for file in environment.files:
        state = "" if file.data is not None else f" ({file.problem or 'no such file'})"
        yield from _filled("read", safe_text(f"{file.path}{state}"))
    yield ""


def _loose(findings: tuple[Finding, ...]) -> Iterator[str]:
    for finding in findings:
        yield from _finding(finding)
    if findings:
        yield ""


def _summary(inspection: Inspection) -> list[str]:
    counts = {level: sum(f.level is level for f in inspection.findings) for level in Level}
    nouns = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
    told = [
        f"{counts[level]} {noun}{'s' if counts[level] != 1 else ''}"
        for level, noun in nouns.items()
        if counts[level]
    ]
    return [", ".join(told) or "nothing to complain about"]


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: two for a wide character, none for a combining one."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
