"""Settings as lines to copy, in all forms that are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on

from probes.settings.env_write import Changes
from probes.settings.lines import Form, Snippet, snippets
from tui.lines import Role, Row, chop, line, wrap, wrap_pieces
from tui.messages import Copy
from tui.screens.try_screen import MaskedScreen
from tui.widgets.line_list import LineList


class TryLinesScreen(MaskedScreen):
    """The result is the text of the form that Enter was pressed on."""

    HINT: ClassVar[str] = "enter copy   p privacy   esc back"

    def __init__(
        self, title: str, changes: Changes, mask: Callable[[str], str], risks: Sequence[str] = ()
    ) -> None:
        super().__init__(title)
        self._risks = risks
        """What is told above all forms, in whole sentences."""
        self._snippets = {one.form: one for one in snippets(changes)}
        self._mask = mask

    def on_mount(self) -> None:
        """Begin at the first form."""
        self.redraw()

    def make_rows(self, width: int) -> list[Row]:
        """Each form with its lines, and what has to be known of them."""
        rows: list[Row] = []
        for at, risk in enumerate(self._risks):
            head = ("  ", (self.symbols.warn, Role.WARN), " ")
            lines = wrap_pieces(head, self._mask(risk), width - 1, Role.WARN)
            rows += [Row(("risk", at, number), text, selectable=False) for number, text in enumerate(lines)]
        for form, one in self._snippets.items():
            rows.append(Row(form, line("  ", (one.title, Role.STRONG)), copy=self._text(one)))
            below = [(text, Role.NAME) for whole in one.lines for text in chop(self._mask(whole), width - 7)]
            below += [(text, Role.FAINT) for note in one.notes for text in wrap(self._mask(note), width - 7)]
            below += [(text, Role.WARN) for why in one.problems for text in wrap(self._mask(why), width - 7)]
            for number, (text, role) in enumerate(below):
                rows.append(Row((form, number), line("      ", (text, role)), selectable=False))
        return rows

    def _text(self, one: Snippet) -> str:
        return self._mask(one.text.rstrip("\n"))

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        if isinstance(event.key, Form):
            self.dismiss(self._text(self._snippets[event.key]))

    def action_copy(self) -> None:
        """Copy the lines of the form, and stay."""
        row = self.list.cursor_row
        if row is not None and isinstance(row.key, Form):
            self.post_message(Copy(self._text(self._snippets[row.key])))
