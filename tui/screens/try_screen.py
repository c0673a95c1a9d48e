"""Other settings before they are tried, and what they have changed since: now and what if, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from tui.keys import key
from tui.lines import Line, Role, Row, line, wrap
from tui.messages import Say
from tui.screens.choice_screen import Choice
from tui.screens.overlay import Overlay
from tui.widgets.line_list import LineList

Draw = Callable[[int], list[Line]]
"""The lines for a width."""
Choices = Callable[[], Sequence[Choice]]


class MaskedScreen(Overlay[object]):
    """A screen that privacy masks as it does the workbench."""

    FOLLOWS: ClassVar[bool] = True

    BINDINGS: ClassVar[list[BindingType]] = [
        key("p", "mask", "masked.privacy", "Hosts, users and private paths under other names, and back"),
    ]

    def action_mask(self) -> None:
        """Mask everything, or show it again."""
        self.toggle_privacy()

    def redraw(self) -> None:
        """Make everything anew, the marks in the title too."""
        if not self.query("#overlay-title"):
            return  # it is only about to come, and is drawn then
        super().redraw()
        self.set_heading(self._heading)


class TryScreen(MaskedScreen):
    """Some choices, and below them lines; the result is the key of the choice that Enter was pressed on.

    With one choice Enter takes it wherever the cursor is, and it is not listed.
    """

    ONLY_CHOICE_ANYWHERE: ClassVar[bool] = True

    def __init__(
        self, title: str, choices: Choices, draw: Draw, *, hint: str = "enter choose   esc back"
    ) -> None:
        super().__init__(title)
        self._make_choices = choices
        self._choices: Sequence[Choice] = ()
        self._draw = draw
        self.HINT = hint  # type: ignore[misc]

    def on_mount(self) -> None:
        """Begin at the first choice."""
        self.redraw()

    def make_rows(self, width: int) -> list[Row]:
        """The choices, then the lines."""
        rows: list[Row] = []
        self._choices = self._make_choices()
        name_width = max((len(choice.name) for choice in self._choices), default=0) + 2
        is_listed = len(self._choices) > 1 or not self.ONLY_CHOICE_ANYWHERE
        for choice in self._choices if is_listed else ():
            text = line("   ", (choice.name.ljust(name_width), Role.STRONG))
            titles = wrap(choice.title, width - name_width - 4)
            rows.append(Row(("choice", choice.key), text + line(titles[0]), copy=choice.copy))
            for number, part in enumerate(titles[1:]):
                more = line(" " * (name_width + 3), part)
                rows.append(Row((choice.key, number), more, selectable=False))
        if rows:
            rows.append(Row("gap", Line(), selectable=False))
        rows += [
            Row(("line", number), text, selectable=bool(text.spans))
            for number, text in enumerate(self._draw(width))
        ]
        return rows

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        if self.ONLY_CHOICE_ANYWHERE and len(self._choices) == 1:
            self.dismiss(self._choices[0].key)
        elif isinstance(event.key, tuple) and event.key[0] == "choice":
            self.dismiss(event.key[1])
        else:
            names = ", ".join(choice.name for choice in self._choices)
            words = f"choose one of the rows above: {names}" if names else "there is nothing to choose here"
            self.post_message(Say(words))


class CompareScreen(TryScreen):
    """Before and after; the keys of the workbench for what is tried work here too."""

    ONLY_CHOICE_ANYWHERE: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        key("e", "go_to('edit')", "compare.edit", "Edit a variable"),
        key("E", "go_to('presets')", "compare.presets", "Presets"),
        key("A", "go_to('write')", "compare.write", "Write what is tried into the go env file"),
        key("C", "go_to('lines')", "compare.lines", "What is tried, as lines"),
        key("u", "app.untry", "compare.undo", "Take the last step back"),
        key("U,ctrl+r", "app.retry", "compare.redo", "The step that was taken back, once more"),
    ]

    def action_go_to(self, name: str) -> None:
        """Leave for something else."""
        self.dismiss(name)
