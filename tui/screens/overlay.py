"""What the screens that come over the workbench have in common: a title, a list, keys to leave."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from rich.console import RenderableType
from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from tui.keys import key
from tui.lines import Line, Role, Row, cells, line, wrap
from tui.messages import Copy
from tui.screens.ground import stand_on_the_one_below
from tui.symbols import Symbols, symbols_for
from tui.widgets.findable import Findable
from tui.widgets.line_list import LineList
from tui.widgets.lines_view import LinesView
from tui.widgets.typed_line import TypedLine

Result = TypeVar("Result")


class Overlay(Findable, ModalScreen[Result], Generic[Result]):
    """A list over the whole screen or a part of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape", "leave", "overlay.leave", "Back; of a search, to everything"),
        key("slash", "find", "overlay.find", "Show only the lines that hold what is typed"),
        key("n", "find_next(1)", "overlay.find_next", "The next match"),
        key("N", "find_next(-1)", "overlay.find_before", "The match before"),
        key("y", "copy", "overlay.copy", "Copy the line, or the remedy it belongs to"),
        key("q", "app.quit", "overlay.quit", "Leave modtrace at once"),
        key("question_mark,f1", "app.help", "overlay.help", "The keys and the symbols"),
    ]
    HINT: ClassVar[str] = "esc back"
    TYPES: ClassVar[bool] = False
    """Whether there is a line of input that takes what is typed, even before it is there (``give_keys``)."""

    FOLLOWS: ClassVar[bool] = False
    """Whether it is made anew whenever the session has changed."""
    NARROWS: ClassVar[bool] = False
    """Whether make_rows leaves out by itself what is not looked for."""

    def __init__(self, title: str) -> None:
        super().__init__(LineList(id="overlay-list"))
        self._heading = title
        self._ahead: list[events.Key] | None = []
        """What was typed before the line of input had the keys; None since it has."""
        self._is_leaving = False
        self.in_full = True  # there is no other place to see all of a line

    @property
    def symbols(self) -> Symbols:
        """The symbols that this terminal can show."""
        return getattr(self.app, "symbols", None) or symbols_for()

    def render(self) -> RenderableType:
        """The ground: the screen right under this one, shaded; nothing while all of it is covered."""
        covers = (part.outer_size == self.size for part in self.children if part.id == "overlay")
        stand_on_the_one_below(self, is_covered=any(covers))
        return super().render()

    def compose(self) -> ComposeResult:
        """The title, the list, the hint."""
        with Vertical(id="overlay"):
            yield LinesView(self._title, id="overlay-title")
            yield from self.compose_head()
            yield self.list
            yield LinesView(self._foot, id="overlay-foot")

    def _title(self, width: int) -> list[Line]:
        """All of it, in as many lines as that takes."""
        marks = ("what if", "is_what_if"), ("private", "is_private")
        mark = "".join(f"  [{name}]" for name, known_as in marks if getattr(self.app, known_as, False))
        *parts, last = [line((f" {part}", Role.STRONG)) for part in wrap(self._heading, width - 2)]
        return [*parts, last + line((mark, Role.WARN))]

    def toggle_privacy(self) -> None:
        """Hide what is private, or show it again, in the app and here."""
        toggle = getattr(self.app, "action_privacy", None)
        if toggle is not None:
            toggle()
        self.set_heading(self._heading)
        self.redraw()

    def set_heading(self, heading: str) -> None:
        """Another title, or the same with another mark."""
        self._heading = heading
        for title in self.query("#overlay-title").results(LinesView):  # none before it is composed
            title.show(self._title)

    def compose_head(self) -> ComposeResult:
        """What stands between the title and the list."""
        yield from ()

    @property
    def takes_typing(self) -> bool:
        """Whether letters belong to a line of input that has not got the keys yet."""
        return self.TYPES and self._ahead is not None

    def type_ahead(self, key: events.Key) -> None:
        """Keep a key for the line of input."""
        if self._ahead is not None:
            self._ahead.append(key)

    def give_keys(self, line_of_input: TypedLine) -> None:
        """Give the keys to the line of input at once, and what was typed before that."""
        self.set_focus(line_of_input)
        ahead, self._ahead = self._ahead or [], None
        for key_pressed in ahead:
            line_of_input.press_ahead(key_pressed)

    def _foot(self, width: int) -> list[Line]:
        return [line((f" {fitted_hint(self.HINT, width - 2)}", Role.FAINT))]

    def make_rows(self, width: int) -> list[Row]:
        """The rows for a width."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Make the rows anew."""
        self.show_rows(self.make_rows(self.row_width), narrowed=self.NARROWS)

    @on(LineList.Resized)
    def _resized(self) -> None:
        self.redraw()

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Leave once: a second Enter of the same burst would leave what comes behind, or nothing."""
        if self._is_leaving:
            return AwaitComplete()
        self._is_leaving = True
        return super().dismiss(result)

    def action_leave(self) -> None:
        """Back, with no result; of a search, to everything."""
        if not self.clear_filter():
            self.dismiss(None)

    async def action_find(self) -> None:
        """Open the line to find things in."""
        await self.find()

    async def action_find_next(self, direction: int) -> None:
        """To the next match."""
        if not self.find_next(direction):
            await self.find()

    def action_copy(self) -> None:
        """Copy what the cursor is on."""
        row = self.list.cursor_row
        if row is not None:
            self.post_message(Copy(row.to_copy))


def fitted_hint(hint: str, room: int) -> str:
    """The keys that fit, the first of them before the others; the way back always."""
    parts = hint.split("   ")
    while len(parts) > 1 and cells("   ".join(parts)) > room:
        parts.pop(next(at for at in range(len(parts) - 1, -1, -1) if not parts[at].startswith("esc ")))
    return "   ".join(parts)
