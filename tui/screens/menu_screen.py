"""A menu in which each thing takes one line, in groups; the story of the one under the cursor stands below.

For menus that shall be seen as a whole at 80×24: the worlds of the demo, the faults of a proxy.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from textual import on

from tui.lines import Line, Role, Row, cells, line, pad, wrap
from tui.screens.choice_screen import Choice
from tui.screens.overlay import Overlay
from tui.widgets.line_list import LineList
from tui.widgets.lines_view import LinesView

STORY_LINES = 4
"""The story's place is always as high, so that the list stands still."""


class MenuScreen(Overlay[Hashable]):
    """The result is the key of what was chosen, or None."""

    def __init__(
        self,
        title: str,
        groups: Mapping[str, Sequence[Choice]],
        chosen: Hashable = None,
        *,
        verb: str = "choose",
    ) -> None:
        super().__init__(title)
        self._groups = groups
        self._choices = {choice.key: choice for choices in groups.values() for choice in choices}
        self._chosen = chosen
        self.HINT = f"enter {verb}   / find   esc back"  # type: ignore[misc]

    def on_mount(self) -> None:
        """Begin at what is so now."""
        self.query_one("#overlay-foot").styles.height = STORY_LINES + 1
        self.redraw()
        self.list.select(self._chosen)

    def make_rows(self, width: int) -> list[Row]:
        """The groups, each under its name."""
        names = max((cells(choice.name) for choice in self._choices.values()), default=0) + 2
        rows: list[Row] = []
        for group, choices in self._groups.items():
            rows.append(Row(("group", group), line((f"  {group}", Role.FAINT)), selectable=False))
            rows += [self._row(choice, names) for choice in choices]
        return rows

    def _row(self, choice: Choice, names: int) -> Row:
        mark = self.symbols.here if choice.key == self._chosen else " "
        return Row(choice.key, line(f"  {mark} ", (pad(choice.name, names), Role.STRONG), choice.title))

    def _foot(self, width: int) -> list[Line]:
        row = self.list.cursor_row
        choice = None if row is None else self._choices.get(row.key)
        told = [] if choice is None else wrap(choice.story, width - 3)[:STORY_LINES]
        told += [""] * (STORY_LINES - len(told))
        return [*(line(f"  {part}") for part in told), *super()._foot(width)]

    @on(LineList.Highlighted)
    def _highlighted(self) -> None:
        self.query_one("#overlay-foot", LinesView).show(self._foot)

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        self.dismiss(event.key)
