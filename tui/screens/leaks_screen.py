"""Which private paths would be sent to whom, and the line against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from probes.leaks.audit import Audit, asked_by_get
from probes.leaks.looks import Confidence
from tui.drawing.fields import Details
from tui.drawing.leaking_rows import Masked, leaking_rows, line_details, path_details
from tui.keys import key
from tui.lines import Role, Row, line, wrap
from tui.messages import Copy, Say
from tui.screens.detail_screen import DetailScreen
from tui.screens.try_screen import MaskedScreen
from tui.widgets.line_list import LineList

Try = Callable[[Mapping[str, str]], bool]
"""Takes settings as what-if values; whether they were taken."""


class LeaksScreen(MaskedScreen):
    """The result is never looked at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("w", "what_if", "leaks.what_if", "Take the line as a what-if value: the tree is planned again"),
        key("a", "all", "leaks.all", "The public paths as well, or only what may be private"),
        key("r", "again", "leaks.again", "Read the project and its settings once more"),
    ]
    HINT: ClassVar[str] = "enter details   y copy   w try the line   a all   r again   p private   esc back"

    def __init__(
        self,
        masking: Callable[[Audit | None], Masked],
        read: Callable[[], None],
        leave: Callable[[], None],
        take: Try,
    ) -> None:
        super().__init__("Leaks: who would be told of what")
        self.in_full = False  # Enter shows all of a row
        self.audit: Audit | None = None
        self.error = ""
        """Why there is nothing to look at."""
        self._masking, self._read, self._leave, self._take = masking, read, leave, take
        self._shows_all = False

    def on_mount(self) -> None:
        """Read the project."""
        self.redraw()
        self._read()

    def on_unmount(self) -> None:
        """Nobody looks any more."""
        self._leave()

    def show_found(self, audit: Audit | None, error: str = "") -> None:
        """It was read: the line against the leaks is what to look at, where there is one."""
        is_first = self.audit is None
        self.audit, self.error = audit, error
        if not self.is_mounted:
            return
        self.redraw()
        if is_first and audit is not None and audit.line is not None:
            self.list.select(("line",))

    def make_rows(self, width: int) -> list[Row]:
        """The verdict, the line, the paths."""
        masked = self._masking(self.audit)
        if self.audit is not None:
            return leaking_rows(self.audit, width, self.symbols, masked, shows_all=self._shows_all)
        if self.error:
            return [
                Row(("error", part), line("  ", (text, Role.FAIL)), copy=masked(self.error))
                for part, text in enumerate(wrap(masked(self.error), width - 3))
            ]
        return [Row(("wait",), line("  ", ("the project is being read…", Role.BUSY)), selectable=False)]

    def action_again(self) -> None:
        """Read it once more."""
        self._read()

    def action_all(self) -> None:
        """Show the public ones, or hide them."""
        if self.audit is not None and not self.audit.of(Confidence.PUBLIC):
            self.post_message(Say("no path of this project is public: all are shown"))
            return
        self._shows_all = not self._shows_all
        self.redraw()

    def action_copy(self) -> None:
        """Copy the line from wherever nothing else is to be copied."""
        row, audit = self.list.cursor_row, self.audit
        what = row.key[0] if row is not None and isinstance(row.key, tuple) else ""
        if audit is not None and audit.line is not None and what not in ("path", "line", "line if"):
            self.post_message(Copy(self._masking(audit)(audit.line.line.command)))
        else:
            super().action_copy()

    def action_what_if(self) -> None:
        """Take the line that the cursor is on, else the one against the leaks, and look at the tree."""
        audit = self.audit
        if audit is None:
            self.post_message(Say("the project is still being read"))
            return
        row = self.list.cursor_row
        checked = (
            audit.line_if if row is not None and row.key == ("line if",) else audit.line or audit.line_if
        )
        if checked is None:
            self.post_message(Say("nothing private would be sent to strangers: there is no line to try"))
        elif self._take(checked.line.settings):
            self.dismiss(None)

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        what = event.key if isinstance(event.key, tuple) else ()
        if self._details(what) is None:
            self.post_message(Say("Enter on a path or on the line shows all of it"))
        else:
            self.app.push_screen(DetailScreen(lambda: self._details(what)))

    def _details(self, what: tuple[object, ...]) -> Details | None:
        audit = self.audit
        if audit is None:
            return None
        masked = self._masking(audit)
        match what:
            case "path", str(path):
                row = next((row for row in audit.rows if row.path == path), None)
                if row is None:
                    return None
                prefixes = asked_by_get(row, audit) if row.leaks else ()
                return path_details(row, prefixes, self.symbols, masked)
            case ("line" | "line if") as name, *_:
                return line_details(audit, str(name), masked)
            case _:
                return None
