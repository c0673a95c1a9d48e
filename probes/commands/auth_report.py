"""The words and the JSON of `modtrace auth`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from probes.auth.headline import ACTS, conclusion, headline
from probes.auth.noted import Noted
from probes.auth.verdict import WOULD_RUN, Report
from probes.golang.credential_use import Standing
from probes.golang.safetext import safe_text

SCHEMA = "modtrace.auth/1"
WIDTH = 78
_LABEL = 9


def text_report(report: Report) -> Iterator[str]:
    """Lines for people, at most 80 columns."""
    yield f"{report.subject.shown}\n"
    if report.subject.is_guess:
        asks = f"its go-import page names it, and `modtrace trace {report.subject.shown}` asks that"
        yield from _wrapped(f"the repository's URL is a guess: {asks}", "  ", indent="  ")
    yield "\n"
    for side in report.sides:
        yield from _wrapped(headline(side, report), f"{ACTS[side.whom]:12}", indent=" " * 12)
    if report.answer.connects_to:
        yield from _wrapped(report.answer.connects_to, f"{'git goes to':12}", indent=" " * 12)
    yield "\n"
    for side in report.sides:
        if side.noted:
            yield f"{side.whom}\n"
        for noted in side.noted:
            yield from _lines(noted)
    yield from _rest(report)


def _lines(noted: Noted) -> Iterator[str]:
    use = noted.use
    standing = "note" if noted.is_note and use.standing is not Standing.IGNORED else use.standing
    place = "  ".join(word for word in (use.kind, use.where, use.shown) if word)
    yield from _wrapped(place, f"  {standing:{_LABEL}}", indent=" " * (_LABEL + 2))
    yield from _wrapped(use.because, " " * (_LABEL + 4), indent=" " * (_LABEL + 4))


def _rest(report: Report) -> Iterator[str]:
    yield "\n"
    yield from _wrapped(conclusion(report), "")
    if report.answer.was_held:
        yield from _wrapped(f"--run would start: {', '.join(WOULD_RUN)}", "", indent="  ")
    for remedy in report.remedies():
        yield "\n"
        yield from _wrapped(remedy.words, "")
        for line in remedy.lines:
            yield f"  {safe_text(line, limit=400)}\n"
        if remedy.warning:
            yield from _wrapped(remedy.warning, "  ", indent="  ")


def _wrapped(text: str, start: str, *, indent: str = "  ") -> list[str]:
    words = safe_text(text, limit=600)
    lines = textwrap.wrap(
        words, WIDTH, initial_indent=start, subsequent_indent=indent, break_on_hyphens=False
    )
    return [line + "\n" for line in lines or [start.rstrip()]]


def json_report(report: Report) -> dict[str, Any]:
    """The object of `modtrace auth --json`."""
    return {
        "schema": SCHEMA,
        "subject": report.subject.shown,
        "verdict": report.verdict,
        "because": conclusion(report),
        "repository_is_guess": report.subject.is_guess,
        "git_connects_to": report.answer.connects_to or None,
        "transport": report.answer.transport or None,
        "asked_programs": report.answer.was_asked,
        "could_not": list(report.answer.failures),
        "would_run": list(WOULD_RUN) if report.answer.was_held else [],
        "sides": [
            {
                "whom": side.whom,
                "uses": headline(side, report),
                "credentials": [_credential(noted) for noted in side.noted],
            }
            for side in report.sides
        ],
        "remedies": [
            {"words": remedy.words, "lines": list(remedy.lines), "warning": remedy.warning or None}
            for remedy in report.remedies()
        ],
    }


def _credential(noted: Noted) -> dict[str, Any]:
    kept = ("whom", "kind", "standing", "host", "because", "where", "shown", "rule")
    return {**{name: getattr(noted.use, name) for name in kept}, "is_note": noted.is_note}
