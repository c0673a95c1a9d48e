"""The questions that go answers on its way to a build, as a tree of decisions, and one of them in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from probes.project.build_answers import Answer, AsBuild, Check
from probes.project.selection import Version, shown
from tui.drawing.fields import Details, Field, heading, remedy
from tui.lines import Line, Role, Row, line, row_with, wrap
from tui.symbols import Symbols

Masked = Callable[[str], str]
"""A text for showing: as it is, or with what is private under other names."""

VERDICTS = {
    Answer.GOES_ON: ("go build starts, and needs no network", Role.OK),
    Answer.FETCHES: ("go build starts; it has to fetch first", Role.BUSY),
    Answer.STOPS: ("go build stops", Role.FAIL),
    Answer.UNKNOWN: ("how go build comes out cannot be told", Role.WARN),
}
MOST_FETCHED = 200
"""Versions to fetch that get a row each."""


def answer_mark(answer: Answer, symbols: Symbols) -> tuple[str, Role]:
    """The symbol and the role of an answer."""
    return {
        Answer.GOES_ON: (symbols.ok, Role.OK),
        Answer.FETCHES: (symbols.busy, Role.BUSY),
        Answer.STOPS: (symbols.stop, Role.FAIL),
        Answer.UNKNOWN: (symbols.warn, Role.WARN),
    }[answer]


def building_rows(found: AsBuild, width: int, symbols: Symbols, masked: Masked) -> list[Row]:
    """The verdict, the questions from the first to the last, and what go fetches next."""
    words, role = VERDICTS[found.answer]
    mod = f"  -mod={found.mod}" if found.mod else ""
    rows = [Row(("verdict",), line(" ", (words, role), (mod, Role.FAINT)))]
    for number, text in enumerate(found.warnings):
        rows += _wrapped(("warning", number), masked(text), width, Role.WARN)
    rows.append(Row(("gap", "checks"), Line(), selectable=False))
    before = ""
    for number, check in enumerate(found.checks):
        rows += _check_rows(number, check, width, symbols, masked, is_new=check.id != before)
        before = check.id
    rows += _fetch_rows(found, masked)
    return rows


def _check_rows(
    number: int, check: Check, width: int, symbols: Symbols, masked: Masked, *, is_new: bool
) -> Iterator[Row]:
    """The question with its answer; where go does not go on, the answers below it, and what mends each."""
    symbol, role = answer_mark(check.answer, symbols)
    finding, goes_on = masked(check.finding), check.answer is Answer.GOES_ON
    copy = masked(check.remedy or check.go_says or check.finding)
    if goes_on and is_new:
        text = line(" ", (f"{symbol} ", role), (f"{check.question} ", Role.FAINT), finding)
        yield Row(("check", number), text, copy=copy).fitted(width)
        return
    if is_new:
        question = line(" ", (f"{symbol} ", role), (check.question, Role.STRONG))
        yield Row(("question", number), question, selectable=False)
    where = f"  {masked(check.where)}" if check.where and not goes_on else ""
    row = row_with(("check", number), line("   ", finding, (where, Role.NAME)), finding, where.strip())
    yield Row(row.key, row.line, copy=copy, full=row.full).fitted(width)
    if check.remedy:
        command = masked(check.remedy)
        yield Row(
            ("check", number, "do"), line("     ", ("do  ", Role.FAINT), (command, Role.NAME)), copy=command
        ).fitted(width)


def _fetch_rows(found: AsBuild, masked: Masked) -> Iterator[Row]:
    for title, versions in (
        ("go.mod files that go fetches next", found.go_mods), ("Modules that go fetches next", found.fetches)
    ):  # fmt: skip
        if not versions:
            continue
        yield Row(("gap", title), Line(), selectable=False)
        yield Row(("fetch", title), line(" ", (f"{title}: {len(versions)}", Role.STRONG)), selectable=False)
        for version in versions[:MOST_FETCHED]:
            text = masked(shown(version))
            yield Row(("trace", *version), line("    ", (text, Role.NAME)), copy=text)
        if len(versions) > MOST_FETCHED:
            more = f"    and {len(versions) - MOST_FETCHED} more"
            yield Row(("more", title), line((more, Role.FAINT)), selectable=False)


def _wrapped(key: object, text: str, width: int, role: Role) -> Iterator[Row]:
    for part, words in enumerate(wrap(text, width - 2)):
        yield Row(("words", key, part), line(" ", (words, role)), copy=text)


def check_details(check: Check, symbols: Symbols, masked: Masked) -> Details:
    """All of a question: the answer, go's words, the rule, the remedy."""
    symbol, role = answer_mark(check.answer, symbols)
    fields = [Field("answer", f"{symbol} {check.answer}: {masked(check.finding)}", role)]
    if check.where:
        fields.append(Field("where", masked(check.where), verbatim=True))
    for number, text in enumerate(check.go_says.split("\n") if check.go_says else ()):
        told = masked(text.replace("\t", "    "))
        fields.append(Field("go says" if number == 0 else "", told or " ", Role.FAIL, verbatim=True))
    if check.remedy:
        fields += [heading("What mends it"), remedy(masked(check.remedy))]
    fields.append(Field("rule", check.rule, Role.FAINT))
    return Details(check.question, tuple(fields))


def fetch_details(version: Version, masked: Masked) -> Details:
    """What becomes of a version that is not there."""
    name = masked(shown(version))
    return Details(name, (
        Field("what", "It is not in the module cache: go fetches it before it builds."),
        remedy(f"modtrace trace {name}"),
    ))  # fmt: skip
