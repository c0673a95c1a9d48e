"""A diagnosis in the details: what is wrong, how that is known, and what to type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from probes.diagnosis.findings import Level
from tui.drawing.fields import REMEDY, Field, heading, level_mark
from tui.lines import Role
from tui.symbols import Symbols

if TYPE_CHECKING:
    from probes.diagnosis.catalogue import Diagnosis, Remedy
    from probes.diagnosis.diagnose import Case

WEAKENS = "WEAKENS SECURITY"
_WORDS = ("words", "any")
"""The shells of remedies that are sentences, or the same everywhere."""


def case_fields(case: Case, symbols: Symbols, *, go_prints: bool = True) -> Iterator[Field]:
    """Everything that a diagnosis says; ``go_prints``: go's own words too."""
    diagnosis = case.diagnosis
    symbol, role = level_mark(case.level, symbols)
    yield Field("", f"{symbol} {diagnosis.rule.tag}: {diagnosis.rule.title}", role, heading=True)
    yield Field("cause", f"{diagnosis.cause} {diagnosis.transience.sentence}")
    for text in diagnosis.evidence:
        yield Field("seen", text)
    if diagnosis.go_prints and go_prints:
        yield Field("go prints", diagnosis.go_prints, Role.FAINT)
    for number, one in enumerate(diagnosis.remedies):
        yield from _remedy_fields(one, diagnosis, is_first=number == 0)
    for text in diagnosis.ruled_out:
        yield Field("ruled out", _with_name(text), Role.FAINT)
    if diagnosis.check:
        yield Field("check", diagnosis.check, Role.NAME, copy=diagnosis.check, verbatim=True)
    if diagnosis.rule.references:
        yield Field("see", "; ".join(diagnosis.rule.references), Role.FAINT)


def _with_name(ruled_out: str) -> str:
    """ "R17: 192.0.2.7" with the name of the rule, for nobody knows them by number."""
    from probes.diagnosis.catalogue import catalogue

    number, colon, why = ruled_out.partition(":")
    rule = catalogue().get(number)
    return ruled_out if rule is None else f"{rule.tag}{colon}{why}"


def _remedy_fields(one: Remedy, diagnosis: Diagnosis, *, is_first: bool) -> Iterator[Field]:
    """The lines to type, where they act, what they cost; what weakens security says so before its lines."""
    lines = "\n".join(one.lines)
    if one.weakens_security:
        yield Field("", WEAKENS, Role.FAIL)
    # Only the label of the first one makes it what `y` copies.
    label = REMEDY if is_first else "or"
    yield Field(label, lines, Role.NAME, copy=lines, verbatim=one.shell.value not in _WORDS)
    shell = "" if one.shell in (diagnosis.shell, *_WORDS) else f", in {one.shell.value}"
    yield Field("", f"({one.scope.value}{shell}) {one.risk}", Role.FAINT, copy=lines)


def primary(cases: Sequence[Case]) -> Case | None:
    """The diagnosis of what go fails at."""
    return next((case for case in cases if case.level is Level.ERROR), None)


def warning_fields(cases: Sequence[Case], symbols: Symbols) -> Iterator[Field]:
    """What else was seen, each with its best remedy."""
    warnings = [case for case in cases if case.level is not Level.ERROR]
    if warnings:
        why = "also seen, and not why go fails" if primary(cases) else "seen, and go gets past it"
        yield heading(why)
    for case in warnings:
        symbol, role = level_mark(case.level, symbols)
        yield Field(
            f"{symbol} {case.diagnosis.rule.id}", f"{case.diagnosis.rule.name}: {case.diagnosis.cause}", role
        )
        for one in case.diagnosis.remedies[:1]:
            lines = "\n".join(one.lines)
            yield Field("try", lines, Role.NAME, copy=lines, verbatim=True)
            yield Field("", f"({one.scope.value}) {one.risk}", Role.FAINT, copy=lines)
