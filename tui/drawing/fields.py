"""Details as labelled texts, and their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from probes.diagnosis.findings import Finding, Level
from tui.lines import Role, Row, chop, line, pad, wrap
from tui.matching import found_in
from tui.symbols import Symbols

_LABEL = 11
REMEDY = "do"
"""The label of lines to copy."""


@dataclass(frozen=True, slots=True)
class Field:
    """One text of the details, behind its label."""

    label: str
    text: str
    role: Role = Role.PLAIN
    copy: str | None = None
    """What ``y`` copies; None for the text."""
    heading: bool = False
    verbatim: bool = False
    """Broken only where it is too long, not wrapped at blanks: for what is aligned or will be copied."""


@dataclass(frozen=True, slots=True)
class Details:
    """Everything there is to say about one row."""

    title: str
    fields: tuple[Field, ...]

    def with_more(self, fields: Sequence[Field]) -> Details:
        """The same with more to say at its end."""
        return Details(self.title, (*self.fields, *fields)) if fields else self

    def first_remedy(self) -> str | None:
        """The first line that is there to be copied and run; None when there is none."""
        return next((field.text for field in self.fields if field.label == REMEDY), None)


def heading(text: str) -> Field:
    """A heading between fields."""
    return Field("", text, Role.STRONG, heading=True)


def remedy(text: str) -> Field:
    """A line to copy."""
    return Field(REMEDY, text, Role.NAME, copy=text, verbatim=True)


def finding_fields(finding: Finding, symbols: Symbols) -> Iterable[Field]:
    """A finding with its remedies and its rule."""
    symbol, role = level_mark(finding.level, symbols)
    where = f"{finding.variable}: " if finding.variable else ""
    yield Field(symbol, where + finding.message, role)
    for text in finding.remedy:
        yield remedy(text)
    if finding.rule:
        yield Field("why", finding.rule, Role.FAINT)


def level_mark(level: Level, symbols: Symbols) -> tuple[str, Role]:
    """The symbol and the role of a level."""
    return {
        Level.ERROR: (symbols.fail, Role.FAIL),
        Level.WARNING: (symbols.warn, Role.WARN),
        Level.INFO: (symbols.idle, Role.FAINT),
    }[level]


def fields_with(details: Details, needle: str) -> list[tuple[int, Field]]:
    """The fields that hold ``needle``, by their number, and the headings above them; of a heading that holds
    it, all that stands below."""
    if not needle:
        return list(enumerate(details.fields))
    kept: list[tuple[int, Field]] = []
    above: list[tuple[int, Field]] = []
    whole = False
    for number, field in enumerate(details.fields):
        found = found_in(needle, f"{field.label} {field.text}")
        if field.heading:
            whole, above = found, [] if found else [(number, field)]
            kept += [(number, field)] if found else []
        elif found or whole:
            kept += [*above, (number, field)]
            above = []
    return kept


def detail_rows(details: Details, width: int, needle: str = "") -> list[Row]:
    """The fields in rows of at most ``width`` cells; the key is (field, line). With ``needle`` only those
    that hold it."""
    rows: list[Row] = []
    for number, field in fields_with(details, needle):
        if field.heading and rows:
            rows.append(Row((number, -1), line(""), selectable=False))
        room = width - 1 if field.heading else width - _LABEL - 2
        said = field.text.replace("\r\n", "\n")  # as ssh ends its lines, and go's errors with them
        texts = chop(said, room) if field.verbatim else wrap(said, room)
        held = [bool(needle) and found_in(needle, text) for text in texts]
        for part, text in enumerate(texts):
            label = "" if field.heading else pad(field.label if part == 0 else "", _LABEL)
            copy = field.text if field.copy is None else field.copy
            body = line((label, Role.FAINT), (text, field.role))
            split = bool(needle) and part == 0 and not field.heading and not any(held)
            rows.append(Row((number, part), line(" ") + body, copy=copy, hit=held[part] or split))
    return rows
