"""The lines above the version matrix: who the columns are, how each stands, and what it calls the latest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from probes.browse.table import ColumnState, VersionTable
from probes.golang import semver
from tui.drawing.figures import duration, size
from tui.drawing.matrix_cells import column_words
from tui.drawing.matrix_view import Layout, ModulesView, arranged, name_of, short_names
from tui.drawing.version_words import day_of, lag_words, short_version, span_words
from tui.lines import Line, Role, Span, fit, line, pad

_LOW, _MIDDLE, _HIGH = 1, 3, 6
"""Lines of facts in a pane of less than 16 lines, less than 24, and more."""
_AROUND = 3
"""Lines of the pane that are neither facts nor versions: its title, the names, how they stand."""

Words = tuple[str, Role]
NOTHING: Words = ("", Role.PLAIN)


@dataclass(frozen=True, slots=True)
class _Fact:
    """One line of the head."""

    label: str
    of: Callable[[VersionTable, ColumnState], Words]


def module_head(view: ModulesView) -> list[Line]:
    """The lines above the table: the columns, how each stands, and as many facts as there is room for."""
    if not view.table.columns:
        return []
    layout = arranged(view)
    room = facts_room(view)
    choices = list(_choices(view)) if room > 1 else []
    facts = _facts(view, layout, room - len(choices))
    return [*_deprecated(view), *choices, _names(view, layout), _states(view, layout), *facts]


def _choices(view: ModulesView) -> Iterator[Line]:
    """What go would choose, for which queries, and from whom."""
    queries: dict[tuple[str, int | None], list[str]] = {}
    for choice in view.table.choices.values():
        if choice.version is not None:
            queries.setdefault((choice.version, choice.column), []).append(choice.query)
    parts = []
    for (version, column), names in queries.items():
        whose = "" if column is None else f" from {name_of(view.table, column)}"
        parts.append(f"{version} for {', '.join(names)}{whose}")
    if parts:
        text = line(("  go takes ", Role.FAINT), ("; ".join(parts), Role.BUSY))
        yield fit(text, view.width, cut=view.symbols.cut)


def _deprecated(view: ModulesView) -> Iterator[Line]:
    """A deprecated module says so first."""
    module = view.table.module
    if module is not None and module.deprecated:
        text = f"{view.symbols.warn} deprecated: {module.deprecated}"
        yield fit(line("  ", (text, Role.WARN)), view.width, cut=view.symbols.cut)


def _names(view: ModulesView, layout: Layout) -> Line:
    left = f"  {view.symbols.back} {layout.before} more" if layout.before else "  version"
    spans = [Span(pad(left, layout.versions + 2), Role.FAINT)]
    proxy_width = max((width for _, width in layout.columns), default=0)
    names = short_names(view, proxy_width - 3)
    for state, width in layout.columns:
        name = names[state.column.id]
        if state.column.id == view.column:
            spans.append(Span(pad(f"[{name}]", width), Role.STRONG))
        else:
            spans.append(Span(pad(f" {name}", width)))
    return line(*spans)


def _states(view: ModulesView, layout: Layout) -> Line:
    right = f"  {layout.behind} more →" if layout.behind else ""
    spans = [Span(pad(right, layout.versions + 2), Role.FAINT)]
    for state, width in layout.columns:
        words = column_words(state, view.symbols)
        text = words.in_cells(width, selected=False)
        spans.append(Span(pad(text, width, cut=view.symbols.cut), words.role))
    return line(*spans)


def _facts(view: ModulesView, layout: Layout, room: int) -> Iterator[Line]:
    """What fits: the latest version first, with how far it is behind where that has no line of its own."""
    facts = list(_FACTS) if room > 1 else [_Fact("@latest", _latest_and_lag)]
    for fact in facts[:room]:
        words = [fact.of(view.table, state) for state, _ in layout.columns]
        if not any(fact.of(view.table, state)[0] for state in view.table.columns):
            continue
        spans = [Span(pad(f"  {fact.label}", layout.versions + 2), Role.FAINT)]
        for (text, role), (_, width) in zip(words, layout.columns, strict=True):
            shown = _fitted(text, width - 2, view.symbols.cut)
            spans.append(Span(pad(f" {shown}", width), role))
        yield line(*spans)


def facts_room(view: ModulesView) -> int:
    """How many lines of facts there are: few where they would take the place of versions."""
    least = _LOW if view.height < 16 else _MIDDLE if view.height < 24 else _HIGH
    return max(least, min(_HIGH, view.height - _AROUND - len(view.table.versions())))


def latest_words(table: VersionTable, state: ColumnState) -> Words:
    """What a column calls the latest."""
    answered = state.answered
    if answered is None or answered.latest is None:
        return ("asking", Role.BUSY) if answered is not None and answered.is_partial else NOTHING
    return answered.latest, Role.PLAIN


def _latest_and_lag(table: VersionTable, state: ColumnState) -> Words:
    text, role = latest_words(table, state)
    lag = table.lag_s(state.column.id) if text else None
    if lag:
        return f"{text} -{span_words(lag)}", Role.WARN
    return text, Role.WARN if _is_older(table, state) else role


def _fitted(text: str, width: int, cut: str) -> str:
    """A fact in its column; of what is too long the part that counts: the lag, without words that the label
    says."""
    if " -" in text and len(text) > width:
        text = f"-{text.rpartition(' -')[2]}"
    if len(text) > width:
        text = text.removesuffix(" behind")
    return short_version(text, width, cut) if text else ""


def published_words(table: VersionTable, state: ColumnState) -> Words:
    """When the latest version of a column was published."""
    answered = state.answered
    return NOTHING if answered is None else (day_of(answered.latest_time), Role.FAINT)


def behind_words(table: VersionTable, state: ColumnState) -> Words:
    """How far a column is behind the best."""
    lag = table.lag_s(state.column.id)
    if lag is not None and lag > 0:
        return lag_words(lag), Role.WARN
    if _is_older(table, state):
        return "older", Role.WARN
    return NOTHING if lag is None else (lag_words(lag), Role.FAINT)


def _is_older(table: VersionTable, state: ColumnState) -> bool:
    """Whether another column calls a higher version the latest, whatever their times say."""
    latests = [one.answered.latest for one in table.columns if one.answered and one.answered.latest]
    mine = state.answered.latest if state.answered is not None else None
    return bool(mine) and any(semver.compare(mine or "", other) < 0 for other in latests)


def list_words(table: VersionTable, state: ColumnState) -> Words:
    """How big the list is."""
    answered = state.answered
    if answered is None or answered.list_bytes is None:
        return NOTHING
    return size(answered.list_bytes), Role.FAINT


def time_words(table: VersionTable, state: ColumnState) -> Words:
    """How long the column took to answer."""
    answered = state.answered
    if answered is None or answered.seconds is None:
        return NOTHING
    return duration(answered.seconds), Role.FAINT


_FACTS = (
    _Fact("@latest", latest_words),
    _Fact("behind", behind_words),
    _Fact("published", published_words),
    _Fact("answer", time_words),
    _Fact("list", list_words),
)
"""From the most to the least telling."""
