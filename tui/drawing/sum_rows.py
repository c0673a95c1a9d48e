"""A project's go.sum in rows: what is wrong with it, and what of the project nobody vouches for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from probes.browse.votes import VoterKind
from probes.diagnosis.findings import Level
from probes.sums.project_sums import Examination
from probes.sums.sum_findings import SumFinding
from probes.sums.unverified import Lost, Standing, Vouched
from tui.drawing.fields import Details, Field, heading, level_mark, remedy
from tui.lines import Line, Role, Row, line, pad, row_with, wrap
from tui.symbols import Symbols

Masked = Callable[[str], str]
"""A text for showing: as it is, or with what is private under other names."""

_PLACE, _FAULT, _WIDEST = 14, 18, 60


def commands_of(commands: tuple[str, ...]) -> str:
    """Commands as one line for a shell."""
    return " && ".join(commands)


def sum_rows(
    found: Examination, findings: list[SumFinding], lost: Lost, width: int, symbols: Symbols, masked: Masked
) -> list[Row]:
    """Both parts."""
    rows = [*_head(found, findings, width, masked)]
    rows += [_finding_row(number, one, symbols, masked) for number, one in enumerate(findings)]
    grave = [one for one in findings if one.level is not Level.INFO]
    commands = found.mending(findings)
    if len(grave) > 1 and commands:
        text = masked(commands_of(commands))
        rows.append(Row(("all",), line("  ", ("all at once: ", Role.STRONG), (text, Role.NAME)), copy=text))
    rows.append(Row(("gap", "lost"), Line(), selectable=False))
    rows += _lost_rows(lost, width, symbols, masked)
    return [
        row if isinstance(row.key, tuple) and row.key[0] == "words" else row.fitted(width) for row in rows
    ]


def _head(found: Examination, findings: list[SumFinding], width: int, masked: Masked) -> Iterator[Row]:
    levels = [one.level for one in findings]
    nouns = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
    counted = [_count(levels.count(level), noun) for level, noun in nouns.items() if level in levels]
    names = ", ".join(
        f"{file.name} ({_count(len(file.lines), 'line')})" if file.exists else f"{file.name} (not there)"
        for file in found.book.files
    )
    yield Row(
        ("head", 0), line(" ", (masked(f"{names}: {', '.join(counted) or 'nothing is wrong'}"), Role.STRONG))
    )
    counts = found.counts()
    kinds = (
        (VoterKind.CACHE, "the module cache"),
        (VoterKind.DATABASE, "the database"),
        (VoterKind.PROXY, "proxies"),
    )
    held = [f"{counts[kind]} against {name}" for kind, name in kinds if counts[kind]]
    words = f"held: {', '.join(held)}" if held else "held against nothing: nobody has a hash"
    if not found.to_ask:
        words += "; a asks the checksum database and the proxies"
    elif found.asked < found.to_ask:
        words += f"; asked about {found.asked} of {found.to_ask}"
    yield from _words("held", words, width, masked)
    for number, (because, count) in enumerate(found.not_asked.items()):
        yield from _words(("not asked", number), f"not asked about {count}: {because}", width, masked)


def _words(key: object, text: str, width: int, masked: Masked, role: Role = Role.FAINT) -> Iterator[Row]:
    for part, shown in enumerate(wrap(masked(text), width - 3)):
        yield Row(("words", key, part), line("  ", (shown, role)), selectable=False)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _finding_row(number: int, one: SumFinding, symbols: Symbols, masked: Masked) -> Row:
    symbol, role = level_mark(one.level, symbols)
    what = masked(" ".join(part for part in (one.path, one.version) if part))
    place, message = masked(one.place), masked(one.message)
    text = line(
        " ", (f"{symbol} ", role), (pad(place, _PLACE, cut=symbols.cut), Role.NAME), " ",
        (pad(one.fault, _FAULT, cut=symbols.cut), role), " ",
        (f"{what}  " if what else "", Role.STRONG), message,
    )  # fmt: skip
    copy = masked(commands_of(one.remedy) or one.advice or one.message)
    row = row_with(("finding", number), text, place, str(one.fault), what, message)
    return Row(row.key, row.line, copy=copy, full=row.full)


# -- what is lost ------------------------------------------------------------------------------------


def lost_mark(standing: Standing, symbols: Symbols) -> tuple[str, Role]:
    """The symbol and the role of a standing."""
    return {
        Standing.ASKED: (symbols.ok, Role.OK),
        Standing.RECORDED: (symbols.ok, Role.OK),
        Standing.UNCHECKED: (symbols.warn, Role.WARN),
        Standing.UNVERIFIED: (symbols.fail, Role.FAIL),
        Standing.REFUSED: (symbols.stop, Role.FAIL),
        Standing.FOLDER: (symbols.none, Role.FAINT),
        Standing.VENDORED: (symbols.none, Role.FAINT),
    }[standing]


def _lost_rows(lost: Lost, width: int, symbols: Symbols, masked: Masked) -> Iterator[Row]:
    total = len(lost.modules)
    settings = ", ".join(f"{name}: {count}" for name, count in lost.by_setting().items())
    title = "Nothing goes past the checksum database" if total else "This project needs no other module"
    if lost.lost:
        title = f"{lost.lost} of {_count(total, 'module')} go past the checksum database ({settings})"
    for part, text in enumerate(wrap(masked(title), width - 2)):
        yield Row(("lost", part), line(" ", (text, Role.STRONG)))
    longest = max((len(masked(_name(one))) for one in lost.modules), default=0)
    room = min(longest, _WIDEST, max(20, width // 2))
    order = list(Standing)
    rank = {Standing.UNVERIFIED: -3, Standing.REFUSED: -2, Standing.UNCHECKED: -1}
    ranked = sorted(
        enumerate(lost.modules),
        key=lambda pair: (rank.get(pair[1].standing, order.index(pair[1].standing)), pair[1].path),
    )
    for number, one in ranked:
        symbol, role = lost_mark(one.standing, symbols)
        by = f": {one.setting}" if one.setting else ""
        name, words = masked(_name(one)), masked(f"{one.standing.meaning}{by}")
        shown = line(
            " ", (f"{symbol} ", role), (pad(name, room, cut=symbols.cut), Role.NAME), "  ", (words, role)
        )
        row = row_with(("module", number), shown, name, words)
        yield Row(row.key, row.line, copy=masked(_narrower_line(lost) or f"{name}: {words}"), full=row.full)
    for number, note in enumerate(lost.notes):
        yield from _words(("note", number), note, width, masked)
    better = lost.narrower
    if better is not None:
        text = masked(_narrower_line(lost))
        yield Row(("narrower",), line("  ", ("narrower: ", Role.STRONG), (text, Role.NAME)), copy=text)
        yield from _words("narrower", _gain(lost), width, masked)


def _name(one: Vouched) -> str:
    return f"{one.path}@{one.version}"


def _narrower_line(lost: Lost) -> str:
    return "" if lost.narrower is None else commands_of(lost.narrower.commands)


def _gain(lost: Lost) -> str:
    better = lost.narrower
    assert better is not None
    words = f"then {better.after} of {len(lost.modules)} go past the database instead of {better.before}"
    return f"{words}; taken for private: {', '.join(better.still)}." if better.still else f"{words}."


# -- one row in full ---------------------------------------------------------------------------------


def finding_details(one: SumFinding, symbols: Symbols, masked: Masked) -> Details:
    """All of a finding, with the evidence and the remedy."""
    symbol, role = level_mark(one.level, symbols)
    fields = [Field("what", f"{symbol} {one.fault}: {masked(one.message)}", role)]
    if one.place:
        fields.append(Field("where", masked(one.place), verbatim=True))
    if one.path:
        fields.append(Field("of", masked(f"{one.path} {one.version}"), verbatim=True))
    for number, text in enumerate(one.go_says.rstrip("\n").split("\n") if one.go_says else ()):
        shown = masked(text.replace("\t", "    "))
        fields.append(Field("go says" if number == 0 else "", shown or " ", Role.FAIL, verbatim=True))
    if one.evidence:
        fields.append(heading("Evidence"))
    for item in one.evidence:
        odd = f" {symbols.back} odd" if item.is_odd else ""
        said = item.sum or masked(item.words)
        fields.append(Field("", f"{masked(item.who)}: {said}{odd}", Role.FAIL if item.is_odd else Role.PLAIN))
    if one.remedy or one.advice:
        fields.append(heading("What mends it"))
    if one.remedy:
        fields.append(remedy(masked(commands_of(one.remedy))))
    if one.cuts:
        fields.append(
            Field(
                "",
                "Numbers of lines move with every edit: look again (r) before the next one, or mend all at "
                "once.",
            )
        )
    if one.advice:
        fields.append(Field("note", masked(one.advice)))
    if one.rule:
        fields.append(Field("why", one.rule, Role.FAINT))
    title = " ".join(part for part in (one.place, str(one.fault), one.path, one.version) if part)
    return Details(masked(title), tuple(fields))


def mending_details(commands: tuple[str, ...], masked: Masked) -> Details:
    """What mends all errors and warnings, one command after the other."""
    fields = [Field("", "In this order: the numbers of lines move with every edit.")]
    fields += [Field("run", masked(command), Role.NAME, verbatim=True) for command in commands]
    fields += [heading("As one line"), remedy(masked(commands_of(commands)))]
    return Details("All of it at once", tuple(fields))


def narrower_details(lost: Lost, masked: Masked) -> Details | None:
    """Settings under which more is verified."""
    if lost.narrower is None:
        return None
    fields = [remedy(masked(command)) for command in lost.narrower.commands]
    return Details("Narrower settings", (*fields, Field("so", masked(_gain(lost)))))


def vouched_details(one: Vouched, lost: Lost, symbols: Symbols, masked: Masked) -> Details:
    """Who vouches for one module, by which setting not, and what would be narrower."""
    symbol, role = lost_mark(one.standing, symbols)
    fields = [
        Field("module", masked(_name(one)), verbatim=True),
        Field("vouched", f"{symbol} {one.standing.meaning}", role),
        Field("so", masked(one.words)),
    ]
    if one.setting:
        fields.append(Field("by", masked(one.setting), verbatim=True))
    if one.where:
        fields.append(Field("set in", masked(one.where), verbatim=True))
    if lost.narrower is not None and one.standing.is_lost:
        fields += [
            heading("Narrower settings"),
            remedy(masked(_narrower_line(lost))),
            Field("", masked(_gain(lost))),
        ]
    return Details(masked(_name(one)), tuple(fields))
