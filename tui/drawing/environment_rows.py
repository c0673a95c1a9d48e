"""The environment pane: what go would see, where it comes from, what it hides, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from probes.diagnosis.findings import Finding, Level
from probes.golang.environment import Environment, Setting, Source
from probes.golang.variables import VARIABLE, VARIABLES, Group
from tui.drawing.fields import Details, Field, finding_fields, heading, level_mark
from tui.drawing.whatif_marks import variable_words
from tui.lines import Line, Role, Row, cells, line, pad, row_with, wrap
from tui.matching import found_in
from tui.symbols import Symbols

_NAME = 20
_INDENT = 2
_LEFT = _INDENT + _NAME
"""Where values begin, in cells."""


@dataclass(frozen=True, slots=True)
class EnvironmentView:
    """What the pane is drawn from."""

    environment: Environment
    findings: tuple[Finding, ...] = ()
    """Their places are counted in the values as they are shown."""
    tried: frozenset[str] = frozenset()
    """The variables that have a what-if value."""
    unknown: frozenset[str] = frozenset()
    """The variables of which nothing is known: a saved session holds only those that decide."""

    def knows(self, name: str) -> bool:
        """Whether anything is known of a variable."""
        return name not in self.unknown

    def findings_for(self, name: str | None) -> list[Finding]:
        """The findings about one variable, or with None those that belong to no row."""
        if name is None:
            return [f for f in self.findings if f.variable not in VARIABLE]
        return [f for f in self.findings if f.variable == name]


def environment_rows(view: EnvironmentView, width: int, symbols: Symbols, needle: str = "") -> list[Row]:
    """All rows; with ``needle`` only the variables whose name, value or findings hold it."""
    rows: list[Row] = []
    for group in Group:
        body: list[Row] = []
        for variable in VARIABLES:
            if variable.group is group and view.knows(variable.name) and matches(view, variable.name, needle):
                body += _variable_rows(view, variable.name, width, symbols)
        if body:
            if rows:
                rows.append(Row(("gap", group), line(""), selectable=False))
            rows += [Row(("group", group), line((f" {group}", Role.FAINT)), selectable=False), *body]
    others = view.findings_for(None)
    if others and not needle:
        rows.append(Row(("gap", ""), line(""), selectable=False))
        rows.append(Row(("group", ""), line((" Elsewhere", Role.FAINT)), selectable=False))
        for number, finding in enumerate(others):
            rows += _finding_rows(("other", number), finding, width, symbols)
    return rows


def matches(view: EnvironmentView, name: str, needle: str) -> bool:
    """Whether a variable belongs into a filtered list."""
    setting = view.environment.setting(name)
    texts = [name, setting.shown.text, source_words(setting.source, setting.where)]
    texts += [finding.message for finding in view.findings_for(name)]
    return found_in(needle, "\n".join(texts))


def _variable_rows(view: EnvironmentView, name: str, width: int, symbols: Symbols) -> Iterator[Row]:
    setting = view.environment.setting(name)
    findings = view.findings_for(name)
    if not _is_set(setting) and not findings:
        if name not in view.tried:
            yield Row(("variable", name), line("  ", pad(name, _NAME), ("(not set)", Role.FAINT)))
            return
        words = line("(not set)  ", _source(view, setting))
        yield Row(("variable", name), _name_cell(view, name, symbols) + words)
        return
    source = _source(view, setting)
    value, carets = excerpt(setting, findings, width - _LEFT, symbols)
    shown = _name_cell(view, name, symbols) + line(value or "(empty)")
    same_line = shown.width + 2 + cells(source[0]) <= width
    text = shown + line("  ", source) if same_line else shown
    row = row_with(("variable", name), text, setting.shown.text)
    copied = "  ".join((name, setting.shown.text or "(empty)", source[0]))
    full = None if row.full is None else line(" " * _LEFT) + row.full
    has_carets = bool(carets.strip())
    yield replace(row, copy=copied, full=None if has_carets else full)
    if has_carets:
        role = level_mark(min((f.level for f in findings), key=list(Level)[::-1].index), symbols)[1]
        yield replace(_more(name, "caret", line(" " * _LEFT, (carets, role))), full=full)
    if not same_line:
        yield _more(name, "source", _source_line(*source, width, symbols), source[0])
    yield from _under_value(setting, findings, width, symbols)


def excerpt(setting: Setting, findings: list[Finding], room: int, symbols: Symbols) -> tuple[str, str]:
    """The value, or the part of it where something is wrong, and carets under what is wrong."""
    text = setting.shown.text
    places = [
        range(finding.position, finding.position + max(1, finding.length or 1))
        for finding in findings
        if finding.position is not None
    ]
    start = 0
    if cells(text) > room and places:
        first = min(place.start for place in places)
        if cells(text[: first + 1]) >= room:
            start = max(0, first - room // 3)
    head = symbols.cut if start else ""
    carets = " " * len(head)
    for at, character in enumerate(text[start:], start):
        wrong = any(at in place for place in places)
        carets += (symbols.caret if wrong else " ") * cells(character)
    return pad(head + text[start:], room, cut=symbols.cut).rstrip(), carets[: max(0, room - 1)].rstrip()


def _under_value(setting: Setting, findings: list[Finding], width: int, symbols: Symbols) -> Iterator[Row]:
    for number, shadowed in enumerate(setting.shadowed):
        where = source_words(shadowed.source, shadowed.where)
        value = setting.show(shadowed.value).text or "(empty)"
        text = line((f"{'hides':>{_LEFT - 1}} ", Role.FAINT), value)
        if text.width + 2 + cells(where) <= width:
            yield _more(setting.name, f"hides {number}", text + line("  ", (where, Role.FAINT)))
        else:
            yield _more(setting.name, f"hides {number}", text)
            text = _source_line(where, Role.FAINT, width, symbols)
            yield _more(setting.name, f"from {number}", text, where)
    for number, finding in enumerate(findings):
        yield from _finding_rows((setting.name, f"finding {number}"), finding, width, symbols)


def _name_cell(view: EnvironmentView, name: str, symbols: Symbols) -> Line:
    """The name, with the sign of a what-if value before it."""
    sign = (symbols.unreal, Role.WARN) if name in view.tried else " "
    return line(" ", sign, (pad(name, _NAME), Role.WARN if name in view.tried else Role.NAME))


def _source(view: EnvironmentView, setting: Setting) -> tuple[str, Role]:
    """Where a value comes from; of one that is tried, that it is not real."""
    words = source_words(setting.source, setting.where)
    if setting.name not in view.tried:
        return words, Role.FAINT
    if setting.source is Source.OVERLAY:
        return variable_words(setting.value), Role.WARN
    return f"{words}; {variable_words('')}", Role.WARN


def _source_line(words: str, role: Role, width: int, symbols: Symbols) -> Line:
    """Where a value comes from; of a long path the end, where the line number is."""
    room = max(8, width - _LEFT)
    while cells(words) > room:
        words = symbols.cut + words[len(symbols.cut) + 1 :]
    return line(" " * _LEFT, (words, role))


def _more(name: str, what: str, text: Line, *words: str) -> Row:
    return replace(row_with((name, what), text, *words), selectable=False)


def _finding_rows(key: tuple[str, object], finding: Finding, width: int, symbols: Symbols) -> Iterator[Row]:
    symbol, role = level_mark(finding.level, symbols)
    texts = wrap(finding.message, width - 6)
    for number, text in enumerate(texts):
        mark = line("    ", (symbol, role), " ") if number == 0 else line(" " * 6)
        selectable = number == 0 and key[0] == "other"
        yield Row((*key, number) if number else key, mark + line((text, role)), selectable=selectable)


def caret_line(setting: Setting, finding: Finding, symbols: Symbols) -> str | None:
    """Blanks and carets that stand under the characters of one finding; None where it has no place."""
    if finding.position is None:
        return None
    text, start = setting.shown.text, finding.position
    before, under = cells(text[:start]), cells(text[start : start + max(1, finding.length or 1)])
    return " " * before + symbols.caret * max(1, under)


def _is_set(setting: Setting) -> bool:
    return bool(setting.value or setting.shadowed) or setting.source not in (Source.DEFAULT, Source.DERIVED)


def source_words(source: Source, where: str | None) -> str:
    """Where a value comes from, in a few words."""
    match source:
        case Source.OVERLAY:
            return "--set, for this run"
        case Source.PROCESS:
            return "process"
        case Source.GOENV:
            return f"go env file {where or ''}".rstrip()
        case Source.GOROOT:
            return where or "$GOROOT/go.env"
        case Source.DERIVED:
            return f"from {where}" if where else "derived"
        case Source.DEFAULT:
            return "default of a stock Go" if where else "default"


# -- details -----------------------------------------------------------------------------------------


def environment_details(view: EnvironmentView, key: object, symbols: Symbols) -> Details | None:
    """Everything about the variable, or the finding, of a row."""
    if not isinstance(key, tuple) or len(key) < 2:
        return None
    if key[0] == "other":
        return Details("a finding", tuple(finding_fields(view.findings_for(None)[key[1]], symbols)))
    if key[0] != "variable":
        return None
    return Details(str(key[1]), tuple(_variable(view, str(key[1]), symbols)))


def _variable(view: EnvironmentView, name: str, symbols: Symbols) -> Iterator[Field]:
    setting, variable = view.environment.setting(name), VARIABLE[name]
    yield Field("", variable.summary, Role.FAINT)
    if _is_set(setting) or name in view.tried:
        yield Field("value", setting.shown.text or "(empty)", Role.STRONG, verbatim=True)
        yield Field("source", *_source(view, setting))
    else:
        yield Field("value", setting.shown.text or "(not set)", Role.STRONG, verbatim=True)
    if variable.default:
        yield Field("default", variable.default)
    files = "process or the go env file" if variable.files_allowed else "only from the process environment"
    yield Field("read from", files)
    if setting.shadowed:
        yield heading("what it hides")
    for shadowed in setting.shadowed:
        yield Field("value", setting.show(shadowed.value).text or "(empty)", verbatim=True)
        yield Field("from", source_words(shadowed.source, shadowed.where), Role.FAINT)
    findings = view.findings_for(name)
    if findings:
        yield heading("what was found")
    for finding in findings:
        caret = caret_line(setting, finding, symbols)
        if caret is not None:
            yield Field("", setting.shown.text, verbatim=True)
            yield Field("", caret, level_mark(finding.level, symbols)[1], verbatim=True)
        yield from finding_fields(finding, symbols)


def summary(view: EnvironmentView, symbols: Symbols) -> str:
    """How many findings there are, for the title of the pane."""
    counted = {level: sum(f.level is level for f in view.findings) for level in Level}
    words = [
        f"{symbols.fail} {counted[Level.ERROR]}" if counted[Level.ERROR] else "",
        f"{symbols.warn} {counted[Level.WARNING]}" if counted[Level.WARNING] else "",
    ]
    return "  ".join(word for word in words if word)
