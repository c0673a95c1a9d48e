"""What the screens that look into a version have in common: they ask the engine, and show what it says."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from tui.bridge import Ended, Job
from tui.drawing.figures import size
from tui.inspecting_jobs import Come, Failed
from tui.lines import Line, Role, Row, line, wrap
from tui.rows_on_demand import RowsOnDemand
from tui.screens.try_screen import MaskedScreen
from tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from probes.browse.archive import Supplier
    from tui.inspecting_jobs import Look

MOST_HEAD_LINES = 8
"""Above the list: of more, the words are cut, for the list needs the room."""
LEAST_ROWS = 4
"""That a list has on a low screen."""


@dataclass(frozen=True)
class Desk:
    """What such a screen has from the app."""

    ask: Callable[[Job, Callable[[object], None]], int]
    """Have a job done; its ticket."""
    end: Callable[[int], None]
    """Stop a job."""
    text: Callable[[str], str]
    """A text as it is shown: masked where privacy is on."""
    is_private: Callable[[], bool]
    trace: Callable[[str], None]
    """Leave for a trace of PATH@VERSION."""
    go_mod: Callable[[str, str, Supplier], None]
    """Show the go.mod of another version."""
    files: Callable[[str, str, Supplier], None]
    """Show the files of another version."""
    look: Look = field(repr=False)


class InspectScreen(MaskedScreen):
    """Lines about the whole, and a list."""

    def __init__(self, title: str, desk: Desk) -> None:
        super().__init__(desk.text(title))
        self._plain_title = title
        self.desk = desk
        self.problem = ""
        """Why there is nothing, or not all of it."""
        self.coming: dict[str, Come] = {}
        """How far the zips have come."""
        self.is_working = False
        self._ticket: int | None = None
        self._has_left = False
        self._rows: Sequence[Row] | None = None
        self._rows_for: Hashable = None
        self.head = LinesView(self._head_lines, id="inspect-head")

    def compose_head(self) -> ComposeResult:
        """The lines about the whole."""
        yield self.head

    # -- for those who derive from it ----------------------------------------------------------------

    def take(self, said: object) -> None:
        """Take in what the job says."""
        raise NotImplementedError

    def head_lines(self, width: int) -> list[Line]:
        """The lines about the whole, once there is something."""
        return []

    def rows_for(self, width: int) -> Sequence[Row]:
        """The rows, made anew."""
        raise NotImplementedError

    # -- asking --------------------------------------------------------------------------------------

    def begin(self, job: Job) -> None:
        """Have this done; what was asked for before is stopped."""
        self.stop()
        self.problem, self.is_working = "", True
        self.coming.clear()
        self._ticket = self.desk.ask(job, self._hear)

    def stop(self) -> None:
        """Do not wait for it any longer."""
        if self._ticket is not None:
            self.desk.end(self._ticket)
        self._ticket = None

    def on_unmount(self) -> None:
        """Whoever leaves does not want it any more."""
        self._has_left = True
        self.stop()

    def _hear(self, said: object) -> None:
        if self._has_left:
            return
        if isinstance(said, Ended):
            self.is_working, self._ticket = False, None
            if said.error is not None:
                self.problem = said.failure
        elif isinstance(said, Come):
            self.coming[said.what] = said
        elif isinstance(said, Failed):
            self.problem = said.words
        else:
            self.take(said)
            self._rows = None
        if self.is_mounted:
            self.redraw()

    # -- showing -------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Show what there is so far."""
        self.redraw()

    def redraw(self) -> None:
        """Make everything anew that has changed."""
        self._heading = self.desk.text(self._plain_title)
        super().redraw()
        self.head.show(self._head_lines)
        for foot in self.query("#overlay-foot").results(LinesView):
            foot.show(self._foot)

    def _foot(self, width: int) -> list[Line]:
        """The keys; without a row to press them on only the way back."""
        if self.list.cursor_row is None and not self.needle:
            return [line((" esc back", Role.FAINT))]
        return super()._foot(width)

    def make_rows(self, width: int) -> list[Row]:
        """The rows; those of thousands of lines are kept until something changes."""
        now = (width, self.needle, self.desk.is_private())
        if self._rows is None or self._rows_for != now:
            self._rows, self._rows_for = self.rows_for(width), now
        return self._rows  # type: ignore[return-value]

    def change_rows(self) -> None:
        """The rows are to be others."""
        self._rows = None
        self.redraw()

    def show_rows(self, rows: Sequence[Row], *, narrowed: bool = False) -> None:
        """Rows that are made on demand have been narrowed already."""
        super().show_rows(rows, narrowed=narrowed or isinstance(rows, RowsOnDemand))

    def _head_lines(self, width: int) -> list[Line]:
        """What is told of the whole; of it only as much as leaves a low screen some rows."""
        lines = self._all_head_lines(width)
        most = max(2, self.size.height - len(self._title(width)) - 1 - LEAST_ROWS)
        if len(lines) > most and self.list.cursor_row is not None:
            lines = [*lines[: most - 1], line((f"   {self.symbols.cut}", Role.FAINT))]
        return lines

    def on_resize(self) -> None:
        """A higher screen has room for more lines about the whole."""
        self.head.show(self._head_lines)

    def _all_head_lines(self, width: int) -> list[Line]:
        room = width - 4
        if self.problem:
            texts = [part for text in self.desk.text(self.problem).split("\n") for part in wrap(text, room)]
            cut = [self.symbols.cut] if len(texts) > MOST_HEAD_LINES else []
            texts = texts[:MOST_HEAD_LINES] + cut
            mark = line(" ", (self.symbols.fail, Role.FAIL), " ")
            lines = [(mark if at == 0 else line("   ")) + line(text) for at, text in enumerate(texts)]
            return [*self.head_lines(width), *lines]
        if self.coming and self.is_working:
            return [*map(self._coming_line, self.coming.values()), *self.head_lines(width)]
        lines = self.head_lines(width)
        if self.is_working and not lines:
            lines = [line(" ", (f"{self.symbols.busy} asking {self.symbols.cut} esc stops it", Role.BUSY))]
        return lines

    def _coming_line(self, come: Come) -> Line:
        of = f" of {size(come.total)}" if come.total else ""
        words = f"{self.symbols.busy} {self.desk.text(come.what)}: {size(come.received)}{of}; esc stops it"
        return line(" ", (words, Role.BUSY))

    def labelled(
        self, label: str, text: str, width: int, role: Role = Role.PLAIN, most: int = 3
    ) -> list[Line]:
        """A text behind its label, masked, in a few lines."""
        parts = wrap(self.desk.text(text), max(20, width - 13))
        if len(parts) > most:
            parts = [*parts[: most - 1], f"{parts[most - 1]} {self.symbols.cut}"]
        heads = [label, *[""] * len(parts)]
        return [
            line((f" {head:<10} ", Role.FAINT), (part, role))
            for head, part in zip(heads, parts, strict=False)
        ]
