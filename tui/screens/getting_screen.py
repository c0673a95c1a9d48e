"""The search of `go get` while it goes on: every module path that is asked for. Enter traces one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on

from probes.trace.fold import Trace
from probes.trace.got import GetSearch
from tui.drawing.getting_rows import Masked, getting_rows
from tui.lines import Row
from tui.messages import Say
from tui.screens.try_screen import MaskedScreen
from tui.widgets.line_list import LineList


class GettingScreen(MaskedScreen):
    """The result is the module path to trace with the version that was found there, or None."""

    HINT: ClassVar[str] = "enter trace this module   / find   y copy   esc back"

    def __init__(
        self, target: str, trace: Callable[[], Trace], masked: Masked, leave: Callable[[], None]
    ) -> None:
        super().__init__("")
        self.get = GetSearch()
        self._target = target
        self._trace = trace
        self._masked = masked
        self._leave = leave

    def on_mount(self) -> None:
        """Show what there is."""
        self.redraw()

    def on_unmount(self) -> None:
        """Nobody looks any more: what is under way is stopped."""
        self._leave()

    def make_rows(self, width: int) -> list[Row]:
        """The verdicts and the module paths."""
        return getting_rows(self.get, self._trace(), width, self.symbols, self._masked)

    def redraw(self) -> None:
        """Make all of it anew; the title too, which has other names in privacy mode."""
        self._heading = f"As go get: {self._masked(self._target)}"
        super().redraw()

    def show_news(self) -> None:
        """Something has come in."""
        if self.is_mounted:
            self.redraw()

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        if not (isinstance(event.key, tuple) and event.key[0] == "prefix"):
            self.post_message(Say("Enter on a module path traces that module"))
            return
        row = self.get.rows[event.key[1]]
        last = row.last
        version = "" if last is None else last.version
        self.dismiss(f"{row.prefix}@{version}" if version else row.prefix)
