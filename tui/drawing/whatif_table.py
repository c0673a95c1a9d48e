"""Two settings side by side: the route, the outcome, who learns the path, and what the lint says.

            now                            what if
outcome     ✗ mirror.corp answered 502     · not asked yet: Enter asks
route       ✗ 0 mirror.corp ,              ~ 0 mirror.corp |   goes on after any error
            · 1 goproxy.cn                   1 goproxy.cn
time        842 ms, 1 request              not known yet

Every cell is wrapped, never cut. "+" stands before what is new, "-" before what goes, "~" before what
changes; the words say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from probes.golang.goproxy import Access, Hop, HopKind, Separator
from probes.golang.redact import redact
from probes.settings.reprobe import Probing
from probes.settings.whatif import Comparison, HopChange, HopFate, Learner, SettingChange, change_words
from probes.settings.whatif import Role as Part
from probes.trace.events import Outcome
from probes.trace.fold import Trace
from probes.trace.route import Route
from tui.drawing.fields import level_mark
from tui.drawing.figures import duration
from tui.lines import Line, Piece, Role, line, pad, wrap, wrap_pieces
from tui.symbols import Symbols
from tui.trial import known_answers

LABEL = 10
"""Cells of the labels on the left."""


def as_it_is(text: str) -> str:
    """The mask while privacy is off."""
    return text


@dataclass(frozen=True, slots=True)
class Look:
    """How things are drawn."""

    width: int
    symbols: Symbols
    text: Callable[[str], str] = as_it_is
    """Puts everything private under other names while privacy is on."""

    @property
    def cell(self) -> int:
        """Cells of one of two columns."""
        return max(16, (self.width - LABEL - 4) // 2)


@dataclass(frozen=True, slots=True)
class Side:
    """What is known of one of the two."""

    title: str
    trace: Trace | None = None
    """None where nothing was asked."""
    missing: str = "not asked yet"
    """What is said in the place of an answer."""
    predicted: tuple[Outcome, str] | None = None
    """How it ends without anybody being asked, and in which words, where that is known beforehand."""


def beside(label: str, left: Sequence[Line], right: Sequence[Line], look: Look) -> Iterator[Line]:
    """Two cells of lines that fit them, behind a label."""
    for number in range(max(len(left), len(right))):
        first = left[number] if number < len(left) else Line()
        second = right[number] if number < len(right) else Line()
        gap = " " * (look.cell - first.width + 2)
        head = line(" ", (pad(label if number == 0 else "", LABEL), Role.FAINT))
        yield head + first + line(gap) + second


def cell(look: Look, text: str, role: Role = Role.PLAIN, mark: tuple[str, Role] | None = None) -> list[Line]:
    """A text in lines of a cell, behind a mark."""
    head: list[Piece] = [] if mark is None else [mark, " "]
    return wrap_pieces(head, look.text(text), look.cell, role)


def comparison_lines(comparison: Comparison, before: Side, after: Side, look: Look) -> Iterator[Line]:
    """The whole table, with what stands below it."""
    yield from beside("", cell(look, before.title, Role.STRONG), cell(look, after.title, Role.STRONG), look)
    yield from beside("outcome", _outcome(before, look), _outcome(after, look), look)
    yield from _route_lines(comparison, look)
    yield from beside("asked", _asked(before, look), _asked(after, look), look)
    yield from beside("time", _time(before, look), _time(after, look), look)
    for label, say in (("private", _private), ("sums", _sums)):
        left, right = say(comparison.before), say(comparison.after)
        role = Role.WARN if left != right else Role.PLAIN
        yield from beside(label, cell(look, left), cell(look, right, role), look)
    if comparison.path:
        yield from _learner_lines(comparison, look)


# -- one cell each -----------------------------------------------------------------------------------


def outcome_words(trace: Trace) -> tuple[str, Role, str]:
    """The name of the symbol, the role and the words of how a trace ended."""
    finished = trace.finished
    if finished is None:
        return "busy", Role.BUSY, "under way"
    match finished.outcome:
        case Outcome.OK:
            return "ok", Role.OK, f"go would download {finished.version}{_from(trace)}"
        case Outcome.FAILS:
            cause = trace.first_cause()
            words = (finished.error or "").split("\n", 1)[0] if cause is None else cause.summary
            return "fail", Role.FAIL, f"go would fail: {words}"
        case Outcome.CANCELLED:
            return "unknown", Role.WARN, "stopped before the end"
        case _:
            return "unknown", Role.WARN, f"could not tell: {finished.detail}"


def _from(trace: Trace) -> str:
    """Who serves the zip."""
    index = trace.served().get("zip")
    hops = () if trace.route is None else trace.route.hops
    return next((f", zip from {hop.name}" for hop in hops if hop.index == index and index is not None), "")


_SIGNS = {Outcome.OK: ("ok", Role.OK), Outcome.FAILS: ("fail", Role.FAIL)}


def _outcome(side: Side, look: Look) -> list[Line]:
    if side.predicted is not None:
        outcome, words = side.predicted
        name, role = _SIGNS.get(outcome, ("unknown", Role.WARN))
        return cell(look, words, role, (getattr(look.symbols, name), role))
    if side.trace is None:
        return cell(look, side.missing, Role.FAINT, (look.symbols.idle, Role.FAINT))
    name, role, words = outcome_words(side.trace)
    return cell(look, words, role, (getattr(look.symbols, name), role))


def _asked(side: Side, look: Look) -> list[Line]:
    trace = side.trace
    if trace is None:
        return cell(look, "nobody yet" if side.predicted is None else "nobody", Role.FAINT)
    hops = () if trace.route is None else trace.route.hops
    asked = [(hop.name, len(trace.requests_at(hop.id))) for hop in hops]
    words = ", ".join(f"{name} {count} time{'' if count == 1 else 's'}" for name, count in asked if count)
    if known := len(known_answers(trace)):
        words += f" ({known} known from before)"
    return cell(look, words or "nobody")


def _time(side: Side, look: Look) -> list[Line]:
    finished = None if side.trace is None else side.trace.finished
    if finished is None:
        return cell(look, "not known yet", Role.FAINT)
    return cell(look, duration(finished.at))


def _private(route: Route) -> str:
    return "no" if route.private is None else f"yes, by {route.private.pattern}: no proxy learns the path"


def _sums(route: Route) -> str:
    return {"off": "verified by nobody", "private": "verified by nobody: private"}.get(
        route.checksum, f"{route.checksum} vouches"
    )


# -- the route ---------------------------------------------------------------------------------------


def _route_lines(comparison: Comparison, look: Look) -> Iterator[Line]:
    label = "route"
    for row in comparison.hops:
        if HopKind.NOPROXY in {hop.kind for hop in (row.before, row.after) if hop is not None}:
            continue
        left = _hop(look, row.before, row.access_before, row.separator_before, _left_mark(row))
        right = _hop(look, row.after, row.access_after, row.separator_after, _right_mark(row))
        changed = change_words(row, moved="asked in another place")
        for words in () if comparison.after.error is not None else changed:
            right += [line("    ", (part, Role.WARN)) for part in wrap(words, look.cell - 4)]
        yield from beside(label, left, right, look)
        label = ""
    errors = [redact(str(route.error or "")) for route in (comparison.before, comparison.after)]
    if any(errors):
        left, right = (cell(look, f"cannot be used: {text}" if text else "", Role.FAIL) for text in errors)
        yield from beside("", left, right, look)
    dead = [", ".join(route.proxies.dead) for route in (comparison.before, comparison.after)]
    if any(dead):
        left, right = (cell(look, f"never reached: {text}" if text else "", Role.FAINT) for text in dead)
        yield from beside("", left, right, look)


def _hop(
    look: Look, hop: Hop | None, access: Access | None, separator: Separator | None, mark: tuple[str, Role]
) -> list[Line]:
    if hop is None:
        return []
    unasked = "  never asked: private" if access is Access.PRIVATE else ""
    return cell(look, f"{hop.name} {separator or ''}{unasked}".rstrip(), mark[1], mark)


def _left_mark(row: HopChange) -> tuple[str, Role]:
    return ("-", Role.WARN) if row.fate is HopFate.REMOVED else (" ", Role.PLAIN)


def _right_mark(row: HopChange) -> tuple[str, Role]:
    if row.fate is HopFate.ADDED:
        return "+", Role.WARN
    return (" ", Role.PLAIN) if row.is_same else ("~", Role.WARN)


# -- below the table ---------------------------------------------------------------------------------


def setting_lines(settings: Iterable[SettingChange], look: Look) -> Iterator[Line]:
    """Each changed variable, with what it is now and what it would be."""
    for change in settings:
        yield line(" ", (change.name, Role.NAME))
        for label, value, role in (("now", change.before, Role.PLAIN), ("what if", change.after, Role.WARN)):
            head = ("   ", (pad(label, LABEL - 2), Role.FAINT))
            yield from wrap_pieces(head, look.text(value) or "(not set)", look.width - 1, role)


def _learner_lines(comparison: Comparison, look: Look) -> Iterator[Line]:
    groups = (
        ("newly learns the path:", comparison.newly_learns, Role.WARN),
        ("no longer learns the path:", comparison.no_longer_learns, Role.PLAIN),
    )
    for words, group, role in groups:
        for learner in group:
            yield from wrap_pieces((" ", (words, role), " "), look.text(_learner(learner)), look.width - 1)


def _learner(learner: Learner) -> str:
    how = ", asked with git or https" if learner.role is Part.ORIGIN else ""
    return f"{learner.host} ({learner.role}{how}{'' if learner.surely else ', if it comes to it'})"


def finding_lines(comparison: Comparison, look: Look, *, but: str = "") -> Iterator[Line]:
    """Findings of the lint that come and go; of the variable ``but`` only those that go."""
    for words, findings in (("new", comparison.gained), ("gone", comparison.lost)):
        for finding in findings:
            if words == "new" and but and finding.variable == but:
                continue
            symbol, role = level_mark(finding.level, look.symbols)
            about = f"{finding.variable}: " if finding.variable else ""
            head = (" ", (pad(words, 5), Role.FAINT), (symbol, role), " ")
            text = look.text(about + finding.message)
            yield from wrap_pieces(head, text, look.width - 1, role if words == "new" else Role.FAINT)


def probing_lines(probing: Probing | None, comparison: Comparison, look: Look) -> Iterator[Line]:
    """What Enter would ask for, and why; nothing where nothing was traced."""
    if probing is None:
        return
    if comparison.is_same:
        yield line(" ", ("nothing changes for go", Role.STRONG))
        return
    route = comparison.after
    names = {hop.id: hop.name for hop in route.hops if route.access(hop) is Access.ASK}
    names |= {hop.id: "the origin" for hop in route.hops if route.access(hop) is Access.DIRECT}
    hosts = list(dict.fromkeys(names[number] for number in sorted(probing.hops) if number in names))
    if not probing:
        words = "Enter asks nobody."
    elif hosts:
        words = f"Enter asks {', '.join(hosts)}{' first' if probing.open_ended else ''}."
    else:
        words = "Enter asks who vouches for the module."
    text = look.text(f"{words} {probing.because}")
    yield from wrap_pieces((" ",), text, look.width - 1, Role.STRONG)
