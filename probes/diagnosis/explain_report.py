"""What `modtrace explain` prints: diagnoses, carets under wrong settings, corrected statements; or JSON.

The message that is explained comes first, at most twelve lines for each; then the settings that do not do
what they seem to, with a caret under the place; then what is not so. No colours, safe for a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from probes.diagnosis.catalogue import WIDTH, Shell, render, rule
from probes.diagnosis.claims import Statement
from probes.diagnosis.columns import columns, cut, wrapped
from probes.diagnosis.explain import Explained, Explanation
from probes.diagnosis.findings import Level
from probes.diagnosis.pasted_lint import Mistake
from probes.golang.safetext import MARK, safe_text

SCHEMA = "modtrace.explain/1"

MOST_DIAGNOSES = 5
"""Causes that the text form shows whole."""
_INDENT = "  "
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}


def report(explained: Explained, shell: Shell = Shell.POSIX, width: int = WIDTH) -> str:
    """The whole report, ending in a newline; "" when there is nothing to say."""
    messages = [explanation for explanation in explained.explanations if explanation.is_message]
    blocks = [render(explanation.diagnosis(shell), width) for explanation in messages[:MOST_DIAGNOSES]]
    if len(messages) > MOST_DIAGNOSES:
        blocks.append([_also(messages[MOST_DIAGNOSES:], width)])
    blocks += [list(_mistake(mistake, width)) for mistake in explained.mistakes]
    blocks += [list(_statement(statement, width)) for statement in explained.statements]
    if explained.is_cut and blocks:
        blocks.append(["(The text is long: its beginning and its end were looked at.)"])
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks) + (
        "\n" if blocks else ""
    )


def _also(explanations: list[Explanation], width: int) -> str:
    names = ", ".join(dict.fromkeys(f"{e.rule.tag} (line {e.line})" for e in explanations))
    return cut(f"also: {names}", width)


def _mistake(mistake: Mistake, width: int) -> Iterator[str]:
    """A pasted setting with a caret under what is wrong."""
    head = (
        f"line {mistake.line}, column {mistake.column} · [{rule(mistake.rule).tag}] {_LEVELS[mistake.level]}"
    )
    yield cut(head, width)
    yield from _with_caret(mistake.source, mistake.column, mistake.length, width)
    for line in wrapped(safe_text(mistake.message), width - len(_INDENT), 4):
        yield _INDENT + line
    if mistake.better:
        # Never wrapped: it is there to be copied.
        yield f"{_INDENT}try    {safe_text(mistake.better)}"
    if mistake.reference:
        yield cut(f"{_INDENT}see    {safe_text(mistake.reference)}", width)


def _statement(statement: Statement, width: int) -> Iterator[str]:
    """A false statement with the correct fact."""
    claim = statement.claim
    yield cut(f"line {statement.line}, column {statement.column} · not so: {claim.wrong} [{claim.id}]", width)
    yield from _with_caret(statement.source, statement.column, statement.length, width)
    for line in wrapped(safe_text(claim.correct), width - len(_INDENT), 4):
        yield _INDENT + line
    yield cut(f"{_INDENT}see    {safe_text(claim.reference)}", width)


def _with_caret(source: str, column: int, length: int, width: int) -> Iterator[str]:
    """A line, or the part of it around a place, and carets under the place."""
    room = width - len(_INDENT)
    start, end = column - 1, column - 1 + max(length, 1)
    first = len(source) - len(source.lstrip()) if start >= len(source) - len(source.lstrip()) else 0
    last = len(source.rstrip())
    if columns(safe_text(source[first:last])) > room:
        first = max(first, start - room // 3)
        last = first + room
        while last > first + 1 and columns(safe_text(source[first:last])) > room - 2:
            last -= 1
    before = MARK if first and source[:first].strip() else ""
    after = MARK if source[last:].strip() else ""
    yield f"{_INDENT}{before}{safe_text(source[first:last])}{after}"
    offset = columns(before + safe_text(source[first:start]))
    marked = columns(safe_text(source[start : min(end, last)])) or 1
    yield _INDENT + " " * offset + "^" * max(1, min(marked, room - offset))


def to_json(explained: Explained, shell: Shell = Shell.POSIX) -> dict[str, Any]:
    """Everything as one object of schema modtrace.explain/1."""
    return {
        "schema": SCHEMA,
        "explanations": [_explanation_json(explanation, shell) for explanation in explained.explanations],
        "mistakes": [mistake.to_json() for mistake in explained.mistakes],
        "statements": [statement.to_json() for statement in explained.statements],
        "cut": explained.is_cut,
    }


def _explanation_json(explanation: Explanation, shell: Shell) -> dict[str, Any]:
    return {
        **explanation.diagnosis(shell).to_json(),
        "pattern": explanation.pattern,
        "layer": explanation.layer.value,
        "line": explanation.line,
        "times": explanation.times,
        "is_message": explanation.is_message,
        "facts": explanation.facts,
    }
