"""Which credential would be used by whom: the rows, and everything that is known of one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from probes.auth.headline import ACTS, conclusion, headline
from probes.auth.noted import Noted, Remedy
from probes.auth.verdict import WOULD_RUN, Report
from probes.golang.credential_use import CredentialUse, Standing
from tui.drawing.fields import Details, Field, heading, remedy
from tui.lines import Line, Role, Row, line, pad, wrap
from tui.symbols import Symbols

Masked = Callable[[str], str]
"""A text for showing: as it is, or with what is private under other names."""

_LABEL = 12
_STANDING = 8
_INDENT = 4 + _STANDING


@dataclass(frozen=True, slots=True)
class Credits:
    """What the screen shows."""

    noted: tuple[Noted, ...]
    report: Report | None = None
    """None in a replay, where only what was seen then is known, and before an answer is there."""
    was_recorded: bool = False

    @classmethod
    def of_report(cls, report: Report) -> Credits:
        """What was found out just now."""
        return cls(tuple(one for side in report.sides for one in side.noted), report)

    @classmethod
    def recorded(cls, uses: Sequence[CredentialUse]) -> Credits:
        """What a recorded trace has seen."""
        return cls(tuple(Noted(use) for use in dict.fromkeys(uses)), was_recorded=True)

    def remedies(self) -> list[Remedy]:
        """What to type."""
        return [] if self.report is None else self.report.remedies()


def credit_rows(credits_seen: Credits | None, width: int, symbols: Symbols, masked: Masked) -> list[Row]:
    """All of it; None is what is still being found out."""
    if credits_seen is None:
        return [Row("wait", line("  ", ("being found out…", Role.BUSY)), selectable=False)]
    return list(_rows(credits_seen, width, symbols, masked))


def _rows(credits_seen: Credits, width: int, symbols: Symbols, masked: Masked) -> Iterator[Row]:
    report = credits_seen.report
    if report is not None:
        yield from _text("conclusion", conclusion(report), width, Role.STRONG, masked)
        for side in report.sides:
            yield from _labelled(ACTS[side.whom], headline(side, report), width, masked)
        if report.answer.connects_to:
            yield from _labelled("git goes to", report.answer.connects_to, width, masked)
        if report.answer.was_held:
            words = f"! lets modtrace start {', '.join(WOULD_RUN)}: they tell the rest, and connect to nobody"
            yield from _text("consent", words, width, Role.WARN, masked)
        else:
            for number, failure in enumerate(report.answer.failures):
                yield from _text(f"failure {number}", failure, width, Role.WARN, masked)
    elif credits_seen.was_recorded:
        yield from _text("recorded", "As the trace saw them that was recorded; nobody is asked now.", width,
                         Role.FAINT, masked)  # fmt: skip
    for number, one in enumerate(credits_seen.remedies()):
        yield Row(("gap", number), Line(), selectable=False)
        yield from _text(f"remedy {number}", one.words, width, Role.PLAIN, masked)
        for part, text in enumerate(one.lines):
            shown = masked(text)
            for piece, words in enumerate(wrap(shown, width - 5)):
                key = ("line", number, part, piece)
                yield Row(key, line("    ", (words, Role.NAME)), copy=shown, selectable=not piece)
        if one.warning:
            yield from _text(f"warning {number}", one.warning, width, Role.WARN, masked)
    before = None
    for number, noted in enumerate(credits_seen.noted):
        if noted.use.whom is not before:
            yield Row(("gap", noted.use.whom), Line(), selectable=False)
            yield Row(("whom", noted.use.whom), line((f" {noted.use.whom}", Role.STRONG)), selectable=False)
            before = noted.use.whom
        yield from _credential(number, noted, width, symbols, masked)


def _credential(number: int, noted: Noted, width: int, symbols: Symbols, masked: Masked) -> Iterator[Row]:
    use = noted.use
    symbol, role = mark_of(noted, symbols)
    standing = "note" if noted.is_note and use.standing is not Standing.IGNORED else str(use.standing)
    place = masked("  ".join(part for part in (use.kind, use.where, use.shown) if part))
    copied = noted.remedy.lines[0] if noted.remedy is not None else use.because
    head = line(
        f" {symbol} ", (pad(standing, _STANDING), role), " ", (wrap(place, width - _INDENT - 1)[0], Role.NAME)
    )
    yield Row(("credential", number), head, copy=masked(copied))
    rest = wrap(place, width - _INDENT - 1)[1:]
    for part, text in enumerate((*rest, *wrap(masked(use.because), width - _INDENT - 1))):
        key = ("because", number, part)
        yield Row(
            key, line(" " * _INDENT, (text, Role.NAME if part < len(rest) else Role.PLAIN)), selectable=False
        )


def mark_of(noted: Noted, symbols: Symbols) -> tuple[str, Role]:
    """The symbol and the role of a credential."""
    if noted.is_note:
        return symbols.idle, Role.FAINT
    return {
        Standing.USED: (symbols.ok, Role.OK),
        Standing.IGNORED: (symbols.fail, Role.FAIL),
        Standing.ASKED: (symbols.unknown, Role.WARN),
        Standing.MISSING: (symbols.none, Role.FAINT),
    }[noted.use.standing]


def credit_details(noted: Noted, symbols: Symbols, masked: Masked) -> Details:
    """Everything that is known of one credential."""
    use = noted.use
    symbol, role = mark_of(noted, symbols)
    fields = [
        Field(symbol, f"{use.standing} by {use.whom}", role),
        Field("because", masked(use.because)),
        Field("for", masked(use.host)),
        Field("where", masked(use.where)),
        Field("shown", masked(use.shown)),
        Field("rule", use.rule, Role.FAINT),
    ]
    kept = [field for field in fields if field.text]
    if noted.remedy is not None:
        kept.append(heading(masked(noted.remedy.words)))
        kept += [remedy(masked(text)) for text in noted.remedy.lines]
        if noted.remedy.warning:
            kept.append(Field(symbols.warn, masked(noted.remedy.warning), Role.WARN))
    return Details(f"{use.whom}: {use.kind}", tuple(kept))


def _text(key: str, text: str, width: int, role: Role, masked: Masked) -> Iterator[Row]:
    shown = masked(text)
    for number, part in enumerate(wrap(shown, width - 2)):
        yield Row((key, number), line(" ", (part, role)), copy=shown, selectable=not number)


def _labelled(label: str, text: str, width: int, masked: Masked) -> Iterator[Row]:
    shown = masked(text)
    for number, part in enumerate(wrap(shown, width - _LABEL - 2)):
        name = label if not number else ""
        yield Row(
            (label, number),
            line(" ", (pad(name, _LABEL), Role.FAINT), part),
            copy=shown,
            selectable=not number,
        )
