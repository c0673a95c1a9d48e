"""What stops go build before, or without, any network: the questions that go answers on its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from probes.project.build_answers import Answer, AsBuild
from tui.drawing.building_rows import Masked, building_rows, check_details, fetch_details
from tui.drawing.fields import Details
from tui.keys import key
from tui.lines import Role, Row, line
from tui.messages import Say
from tui.screens.detail_screen import DetailScreen
from tui.screens.try_screen import MaskedScreen
from tui.widgets.line_list import LineList


class BuildingScreen(MaskedScreen):
    """The tree of decisions; Enter on one opens it in full."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("r", "again", "building.again", "Read the project once more"),
    ]
    HINT: ClassVar[str] = "enter details   y copy the remedy   r again   / find   p private   esc back"

    def __init__(self, masked: Masked, read: Callable[[], None], leave: Callable[[], None]) -> None:
        super().__init__("As go build ./...")
        self.in_full = False  # Enter shows all of a row
        self._masked = masked
        self._read, self._leave = read, leave
        self._found: AsBuild | None = None

    def on_mount(self) -> None:
        """Read the project."""
        self.redraw()
        self._read()

    def on_unmount(self) -> None:
        """Nobody looks any more."""
        self._leave()

    def show_found(self, found: AsBuild) -> None:
        """The project was read: the first question that stops go is the one to look at."""
        is_first = self._found is None
        self._found = found
        if not self.is_mounted:
            return
        self.redraw()
        stops = [at for at, check in enumerate(found.checks) if check.answer is Answer.STOPS]
        if is_first and stops:
            self.list.select(("check", stops[0]))

    def redraw(self) -> None:
        """Make all of it anew; the title too, which has other names in privacy mode."""
        folder = self._found.folder if self._found is not None else ""
        self._heading = f"As go build ./...{f' in {self._masked(folder)}' if folder else ''}"
        super().redraw()

    def make_rows(self, width: int) -> list[Row]:
        """The decisions."""
        if self._found is None:
            waiting = line("  ", ("the project is being read…", Role.BUSY))
            return [Row(("wait",), waiting, selectable=False)]
        return building_rows(self._found, width, self.symbols, self._masked)

    def action_again(self) -> None:
        """Read it once more."""
        self._read()

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        what = event.key if isinstance(event.key, tuple) else ()
        if self._details(what) is None:
            self.post_message(Say("Enter on an answer shows all of it"))
        else:
            self.app.push_screen(DetailScreen(lambda: self._details(what)))

    def _details(self, what: tuple[object, ...]) -> Details | None:
        found = self._found
        match what:
            case "check", int(number), *_ if found is not None and number < len(found.checks):
                return check_details(found.checks[number], self.symbols, self._masked)
            case "trace", str(path), str(number):
                return fetch_details((path, number), self._masked)
        return None
