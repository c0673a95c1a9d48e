"""Who would be told of which path, in rows, and one path in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from probes.leaks.audit import Audit, Audited
from probes.leaks.looks import Confidence
from probes.leaks.words import check_words, headline, sentence_of, some_paths, told_words
from tui.drawing.fields import Details, Field, heading, remedy
from tui.lines import Line, Role, Row, line, pad, row_with, wrap
from tui.symbols import Symbols

Masked = Callable[[str], str]
"""A text for showing: as it is, or with what is private under other names."""

MOST_ROWS = 500
"""Paths that get a row each."""
_WIDEST = 48
_LOOKS = 8


def leaking_rows(audit: Audit, width: int, symbols: Symbols, masked: Masked, *, shows_all: bool) -> list[Row]:
    """The verdict, the line against it, the private paths, then the others."""
    rows = [*_head(audit, width, masked), *_line_rows(audit, width, symbols, masked)]
    private = [row for row in audit.rows if row.look.confidence is not Confidence.PUBLIC]
    public = audit.of(Confidence.PUBLIC)
    listed = (private + public if shows_all else private)[:MOST_ROWS]
    if listed:
        rows.append(Row(("gap", "paths"), Line(), selectable=False))
    longest = max((len(masked(one.path)) for one in listed), default=0)
    name_width = min(longest, _WIDEST, max(12, width // 2 - _LOOKS))
    rows += [_path_row(one, name_width, symbols, masked).fitted(width, cut=symbols.cut) for one in listed]
    rows += _rest(audit, listed, public, width, masked, shows_all=shows_all)
    return rows


def _head(audit: Audit, width: int, masked: Masked) -> Iterator[Row]:
    role = Role.FAIL if audit.leaking else Role.OK
    for number, text in enumerate(headline(audit)):
        for part, shown in enumerate(wrap(masked(text), width - 2)):
            yield Row(("head", number, part), line(" ", (shown, role)), copy=masked(text))


def _line_rows(audit: Audit, width: int, symbols: Symbols, masked: Masked) -> Iterator[Row]:
    for name, checked in (("line", audit.line), ("line if", audit.line_if)):
        if checked is None:
            continue
        words = "mends it: " if name == "line" else "with what is perhaps yours: "
        command = masked(checked.line.command)
        yield Row(("gap", name), Line(), selectable=False)
        text = line(" ", (words, Role.STRONG), (command, Role.NAME))
        yield Row((name,), text, copy=command).fitted(width, cut=symbols.cut)
        if name == "line":
            for number, sentence in enumerate(check_words(checked)):
                for part, shown in enumerate(wrap(masked(sentence), width - 4)):
                    yield Row(("check", number, part), line("   ", (shown, Role.FAINT)), selectable=False)


def looks_mark(one: Audited, symbols: Symbols) -> tuple[str, Role]:
    """The symbol and the role of a path."""
    if one.is_leak:
        return symbols.fail, Role.FAIL
    if one.leaks:
        return symbols.warn, Role.WARN
    return symbols.ok, Role.OK if one.look.confidence is not Confidence.PUBLIC else Role.FAINT


def _path_row(one: Audited, name_width: int, symbols: Symbols, masked: Masked) -> Row:
    symbol, role = looks_mark(one, symbols)
    path, told, looks = masked(one.path), masked(told_words(one)), one.look.confidence.word
    text = line(
        " ", (f"{symbol} ", role), (pad(path, name_width, cut=symbols.cut), Role.NAME), "  ",
        (pad(looks, _LOOKS), role), " ", told,
    )  # fmt: skip
    row = row_with(("path", one.path), text, path, looks, told)
    return Row(row.key, row.line, copy=path, full=row.full)


def _rest(
    audit: Audit,
    listed: Sequence[Audited],
    public: Sequence[Audited],
    width: int,
    masked: Masked,
    *,
    shows_all: bool,
) -> Iterator[Row]:
    """What has no row of its own, and what could be known besides."""
    words = []
    hidden = len(audit.rows) - len(listed) - (0 if shows_all else len(public))
    if hidden > 0:
        words.append(f"{some_paths(hidden)} more: modtrace leaks lists them")
    if public and not shows_all:
        words.append(f"besides {some_paths(len(public))} of what is public: a shows them")
    if audit.doubts:
        names = ", ".join(audit.doubts)
        words.append(f"not known to be yours: {names}; modtrace leaks --own says what is")
    words += audit.notes
    if audit.remotes.held:
        words.append(
            f"not run: {audit.remotes.held}, which tells whose repository this is (! agrees to that)"
        )
    elif audit.remotes.problem:
        words.append(f"git did not tell its remotes: {audit.remotes.problem}")
    if words:
        yield Row(("gap", "rest"), Line(), selectable=False)
    for number, text in enumerate(words):
        for part, shown in enumerate(wrap(masked(text), width - 2)):
            yield Row(("rest", number, part), line(" ", (shown, Role.FAINT)))


# -- in full -----------------------------------------------------------------------------------------


def path_details(one: Audited, prefixes: Sequence[str], symbols: Symbols, masked: Masked) -> Details:
    """A path: what it looks like, and everybody who would be told, in their order."""
    symbol, role = looks_mark(one, symbols)
    fields = [Field("looks", f"{symbol} {one.look.confidence.word}: {masked(one.look.why)}", role)]
    part = f"{one.subject.part}{f': {masked(one.subject.note)}' if one.subject.note else ''}"
    fields.append(Field("is", part))
    if one.subject.versions:
        fields.append(Field("versions", ", ".join(one.subject.versions[:10])))
    fields.append(heading("Who would be told, in this order"))
    strange = {(told.who, told.name) for told in one.leaks}
    for number, told in enumerate(one.told, 1):
        is_strange = (told.who, told.name) in strange
        mark = symbols.fail if is_strange else symbols.ok if told.is_own else symbols.warn
        label = f"{number} {mark if one.look.confidence is not Confidence.PUBLIC else symbols.ok}"
        fields.append(
            Field(label, masked(f"{told.name}: {sentence_of(told)}"), Role.FAIL if is_strange else Role.PLAIN)
        )
    if not one.told:
        fields.append(Field("nobody", masked(one.subject.refused) or "go stops before it asks anybody"))
    if prefixes:
        fields.append(
            heading("go get of something in it asks proxies about these too, if no origin has it first")
        )
        fields += [Field("", masked(prefix), verbatim=True) for prefix in prefixes]
    return Details(masked(one.path), tuple(fields))


def line_details(audit: Audit, name: str, masked: Masked) -> Details | None:
    """A line, and what planning again with it has shown."""
    checked = audit.line if name == "line" else audit.line_if
    if checked is None:
        return None
    fields = [remedy(masked(checked.line.command))]
    if checked.line.export != checked.line.command:
        fields.append(Field("one shell", masked(checked.line.export), Role.NAME, verbatim=True))
    fields += [
        Field("checked" if number == 0 else "", masked(text))
        for number, text in enumerate(check_words(checked))
    ]
    for label, paths in (
        ("still", checked.still),
        ("no proxy", checked.lost_proxy),
        ("unverified", checked.lost_database),
    ):
        fields += [
            Field(label if number == 0 else "", masked(path)) for number, path in enumerate(paths[:20])
        ]
    return Details("The line against leaks", tuple(fields))
