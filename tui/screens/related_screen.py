"""Module paths beside the one that is traced: Enter traces one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on

from probes.browse.related import Related, Relation, related_paths
from tui.lines import Role, Row, cells, line, pad, row_with, wrap
from tui.screens.try_screen import MaskedScreen
from tui.widgets.line_list import LineList

_HEADINGS = {
    Relation.MAJOR: "Other major versions",
    Relation.AROUND: "Modules around it",
    Relation.INSIDE: "Modules inside of it",
}
_NOTE = (
    "Nobody has been asked whether they exist. What is known stands in go.mod, go.sum, the module cache, or "
    "was traced before."
)


class RelatedScreen(MaskedScreen):
    """The result is a module path, or None."""

    HINT: ClassVar[str] = "enter trace it   / find   y copy   esc back"

    def __init__(self, path: str, known: Callable[[], Sequence[str]], shown: Callable[[str], str]) -> None:
        super().__init__("Beside this module")
        self._path = path
        self._known = known
        self._shown = shown

    def on_mount(self) -> None:
        """Begin at the first one that is known."""
        self.redraw()
        found = related_paths(self._path, self._known())
        self.list.select(next((one.path for one in found if one.is_known), None))

    def make_rows(self, width: int) -> list[Row]:
        """The paths by what they are to the module, each under a heading."""
        found = related_paths(self._path, self._known())
        names = max((cells(self._shown(one.path)) for one in found), default=0) + 2
        rows = [Row("of", line(f"  {self._shown(self._path)}"), selectable=False)]
        for relation, words in _HEADINGS.items():
            of_kind = [one for one in found if one.relation is relation]
            if of_kind:
                rows.append(Row(("gap", relation), line(), selectable=False))
                rows.append(Row(("heading", relation), line((f"  {words}", Role.FAINT)), selectable=False))
                rows += [self._row(one, min(names, max(12, width - 26))) for one in of_kind]
        if not found:
            rows.append(Row("none", line("  nothing is known beside it"), selectable=False))
        rows.append(Row("gap", line(), selectable=False))
        for number, text in enumerate(wrap(_NOTE, width - 3)):
            rows.append(Row(("note", number), line((f"  {text}", Role.FAINT)), selectable=False))
        return rows

    def _row(self, one: Related, names: int) -> Row:
        path = self._shown(one.path)
        sign = (self.symbols.ok, Role.OK) if one.is_known else (self.symbols.unknown, Role.FAINT)
        words = f"{'known' if one.is_known else 'not asked'}: {one.because}"
        name = pad(path, names - 2, cut=self.symbols.cut)
        return row_with(one.path, line("    ", sign, " ", (name, Role.STRONG), "  ", words), path, words)

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        self.dismiss(event.key)
