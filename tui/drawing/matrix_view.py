"""What the version matrix is drawn from, and how wide its columns are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from probes.browse.table import ColumnKind, ColumnState, VersionTable, Wanted
from tui.drawing.version_words import SHORT_PSEUDO
from tui.lines import cells, fit_middle, pad
from tui.symbols import Symbols

_LABELS = 11
"""Cells of the words before the lines of the head."""
_NARROWEST, _WIDEST = 12, 28
"""Cells that a proxy's column may take."""
_KEPT = 56
"""Cells that are kept for what is marked on the rows, where there is room for all columns and more."""
_FEW_KEPT, _SCROLLED = 12, 18
"""What is kept at least if all columns are to be in sight; and what is kept where the columns scroll."""
_WIDE = 110
_LOCAL = {ColumnKind.CACHE: "cache", ColumnKind.GO_SUM: "go.sum"}
"""The columns that need no more than a sign, and what they are called above it."""


@dataclass(frozen=True, slots=True)
class ModulesView:
    """What the pane is drawn from."""

    table: VersionTable
    column: int
    """The column that files are fetched from."""
    width: int
    symbols: Symbols
    chosen: str | None = None
    """The version that go chose."""
    hint: str = ""
    """What to do when there is nothing to show."""
    longest: int = 0
    """Cells of the longest version."""
    longest_short: int = 0
    """The same where pseudo-versions are shown short."""
    in_full: bool = False
    """Whether names and versions are shown whole, and fewer columns at a time for that."""
    height: int = 0
    """Lines of the whole pane; 0 before it is known."""
    marks: int = 0
    """Cells of the longest marks of a row."""
    asked_for: frozenset[str] = frozenset()
    """The versions that somebody had asked for by name: of these the date matters most."""
    is_no_module: bool = False
    """Whether the path may be a package: go fails, and nobody knows such a module."""

    @property
    def version_width(self) -> int:
        """Cells of the versions."""
        most = self.width // (2 if self.width >= _WIDE else 3)
        if self.in_full or self.longest < most:
            return max(_LABELS, min(self.longest + 1, self.width - _NARROWEST - 3))
        return max(_LABELS, min(max(self.longest_short, SHORT_PSEUDO) + 1, most))


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns that are in sight."""

    versions: int
    """Cells of the versions."""
    columns: tuple[tuple[ColumnState, int], ...]
    """Each with its cells."""
    before: int
    """How many there are to the left of them."""
    behind: int
    """And to the right."""

    @property
    def width(self) -> int:
        """Cells of the versions and all columns in sight, with the signs before them."""
        return 2 + self.versions + sum(width for _, width in self.columns)


def arranged(view: ModulesView) -> Layout:
    """As many columns as fit, the selected one among them."""
    columns, widths = view.table.columns, _widths(view)
    room = max(0, view.width - view.version_width - 2 - _kept(view))
    first = min(view.column, max(0, len(columns) - 1))
    last, used = first + 1, widths[first] if widths else 0
    # From the selected one to the left, so that those before it stay in sight; then to the right.
    while first > 0 and used + widths[first - 1] <= room:
        first -= 1
        used += widths[first]
    while last < len(columns) and used + widths[last] <= room:
        used += widths[last]
        last += 1
    shown = tuple(zip(columns[first:last], widths[first:last], strict=True))
    return Layout(view.version_width, shown, first, len(columns) - last if columns else 0)


def _kept(view: ModulesView) -> int:
    """Cells that are kept for marks."""
    columns, narrowest = view.table.columns, _longest(view) if view.in_full else _NARROWEST
    least = sum(_needed(view, state) or narrowest for state in columns)
    room = view.width - view.version_width - 2 - least
    wanted = min(view.marks + 1, _KEPT) if view.marks else 0
    if room < min(wanted, _FEW_KEPT):
        return min(wanted, _SCROLLED, view.width // 4)
    return min(wanted, max(min(room, 2 * _FEW_KEPT), room * 2 // 3))


def _longest(view: ModulesView) -> int:
    """Cells of a proxy's column in which every name is whole."""
    names = [state.column.name for state in view.table.columns if not _needed(view, state)]
    return max([_NARROWEST, *(cells(name) + 3 for name in names)])


def _needed(view: ModulesView, state: ColumnState) -> int:
    """Cells of a column that will do with a sign; 0 for others."""
    kind = state.column.kind
    if kind in _LOCAL:
        return len(_LOCAL[kind]) + 3
    if (
        kind is ColumnKind.DIRECT
        and view.width < _WIDE
        and not (state.answered or state.asking or state.known)
    ):
        return len("direct") + 3
    return 0


def _widths(view: ModulesView) -> list[int]:
    """How wide the columns are: as the longest name needs, as long as all of them fit."""
    columns, width = view.table.columns, _longest(view)
    local = {state.column.id: needed for state in columns if (needed := _needed(view, state))}
    if not view.in_full:
        room = view.width - view.version_width - 2 - sum(local.values()) - _kept(view)
        share = room // max(1, len(columns) - len(local))
        width = max(_NARROWEST, min(_WIDEST, width, share))
    return [local.get(state.column.id, width) for state in columns]


def short_names(view: ModulesView, width: int) -> list[str]:
    """The names of all columns; those of proxies in at most ``width`` cells."""
    columns = [state.column for state in view.table.columns]
    names = [column.name for column in columns if column.kind is ColumnKind.PROXY]
    fitted = iter(fitted_names(names, width, view.symbols.cut))
    local = {ColumnKind.DIRECT: "direct", **_LOCAL}
    return [local[column.kind] if column.kind in local else next(fitted) for column in columns]


def fitted_names(names: Sequence[str], width: int, cut: str) -> list[str]:
    """The names in at most ``width`` cells each; those that differ still do: by their ends (two ports of one
    host), or where these are the same too, by a number."""
    ways: list[Callable[[int, str], str]] = [
        lambda number, name: pad(name, width, cut=cut).rstrip(),
        lambda number, name: fit_middle(name, width, cut=cut),
        lambda number, name: fit_middle(f"{number} {name}", width, cut=cut),
    ]
    for way in ways:
        fitted = [way(number, name) for number, name in enumerate(names, 1)]
        if len(set(fitted)) == len(set(names)):
            break
    return fitted


def is_local(state: ColumnState) -> bool:
    """Whether the column is of this machine: nobody has to be asked."""
    return state.column.kind in _LOCAL


def column_name(table: VersionTable, wanted: Wanted) -> str:
    """The column that a file comes from."""
    return name_of(table, wanted.column)


def name_of(table: VersionTable, column: int | None) -> str:
    """What a column is called."""
    return "?" if column is None or column >= len(table.columns) else table.columns[column].column.name
