"""Presets: settings that belong together. Of the one under the cursor everything is told beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on

from probes.settings.presets import Preset
from tui.lines import Role, Row, line, wrap_pieces
from tui.screens.overlay import Overlay
from tui.widgets.line_list import LineList


class PresetScreen(Overlay[str]):
    """The result is the id of a preset, or None. All that stands here is public."""

    HINT: ClassVar[str] = "enter see what it changes; nobody is asked yet   esc back"

    def __init__(self, presets: Sequence[Preset]) -> None:
        super().__init__("Presets (nothing is written)")
        self._presets = presets

    def on_mount(self) -> None:
        """Begin at the first one."""
        self.redraw()

    def make_rows(self, width: int) -> list[Row]:
        """One row each; below that of the cursor whose it is, how it fares, what to know."""
        row = self.list.cursor_row
        chosen = self._presets[0].id if row is None else row.key
        name_width = max(len(one.id) for one in self._presets) + 2
        rows: list[Row] = []
        for one in self._presets:
            rows.append(Row(one.id, line("  ", (one.id.ljust(name_width), Role.STRONG), one.title)))
            if one.id == chosen or self.needle:
                rows += self._story(one, width)
        return rows

    def _story(self, one: Preset, width: int) -> list[Row]:
        said = [("by", one.owner, Role.PLAIN)]
        said += [("sets", f"{name}={value}", Role.NAME) for name, value in one.values.items()]
        said += [("asks for", gap.question, Role.PLAIN) for gap in one.gaps]
        said += [("health", text, Role.FAINT) for text in one.health]
        said += [("note", text, Role.FAINT) for text in one.warnings]
        lines = [
            text
            for label, words, role in said
            for text in wrap_pieces(("      ", (label.ljust(9), Role.FAINT)), words, width - 1, role)
        ]
        return [Row((one.id, number), text, selectable=False) for number, text in enumerate(lines)]

    @on(LineList.Highlighted)
    def _moved(self) -> None:
        self.redraw()

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        self.dismiss(str(event.key))
