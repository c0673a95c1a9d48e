"""What is wrong with a project's go.sum, and what of the project goes unverified."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from probes.sums.project_sums import Examination
from probes.sums.sum_findings import SumFinding
from probes.sums.unverified import Lost
from tui.drawing.fields import Details
from tui.drawing.sum_rows import (
    Masked,
    finding_details,
    mending_details,
    narrower_details,
    sum_rows,
    vouched_details,
)
from tui.keys import key
from tui.lines import Role, Row, line, wrap
from tui.messages import Say
from tui.screens.detail_screen import DetailScreen
from tui.screens.try_screen import MaskedScreen
from tui.widgets.line_list import LineList


class SumsScreen(MaskedScreen):
    """Two parts; Enter on a row opens it in full."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("a", "ask", "sums.ask", "Ask checksum database and proxies about every line; again: stop"),
        key("r", "again", "sums.again", "Read the project and its go.sum once more"),
    ]
    HINT: ClassVar[str] = "enter details   a ask   y copy the remedy   r again   / find   esc back"

    def __init__(
        self, masked: Masked, read: Callable[[], None], ask: Callable[[], None], leave: Callable[[], None]
    ) -> None:
        super().__init__("")
        self.in_full = False  # Enter shows all of a row
        self.found: Examination | None = None
        self.error = ""
        """Why there is nothing to look at."""
        self.is_asking = False
        self._lost = Lost((), ())
        self._findings: list[SumFinding] = []
        self._masked = masked
        self._read, self._ask, self._leave = read, ask, leave

    def on_mount(self) -> None:
        """Read the project."""
        self.redraw()
        self._read()

    def on_unmount(self) -> None:
        """Nobody looks any more: what is under way is stopped."""
        self._leave()

    def show_found(self, found: Examination) -> None:
        """The project was read, or somebody has answered."""
        from probes.share.public_names import PUBLIC_HOSTS
        from probes.sums.unverified import what_is_lost

        self.found, self.error = found, ""
        self._findings = found.findings()
        self._lost = what_is_lost(found, found.environment, PUBLIC_HOSTS.__contains__)
        self.show_news()

    def show_news(self) -> None:
        """Something has come in."""
        if self.is_mounted:
            self.redraw()

    def make_rows(self, width: int) -> list[Row]:
        """Both parts."""
        if self.found is not None:
            return sum_rows(self.found, self._findings, self._lost, width, self.symbols, self._masked)
        words, role = (self.error, Role.WARN) if self.error else ("the project is being read…", Role.BUSY)
        texts = wrap(self._masked(words), width - 3)
        return [
            Row(("wait", part), line("  ", (text, role)), selectable=False) for part, text in enumerate(texts)
        ]

    def redraw(self) -> None:
        """Make all of it anew; the title too, which has other names in privacy mode."""
        where = "" if self.found is None else f" of {self._masked(str(self.found.project.folder))}"
        asking = ", asking" if self.is_asking else ""
        self._heading = f"go.sum{where}{asking}"
        super().redraw()

    def action_ask(self) -> None:
        """Ask, or stop asking."""
        if self.found is None:
            self.post_message(Say(self.error or "the project is still being read"))
        elif not self.found.keys():
            self.post_message(Say("go.sum has no lines to ask about"))
        else:
            self._ask()

    def action_again(self) -> None:
        """Read it once more."""
        self._read()

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        what = event.key if isinstance(event.key, tuple) else ()
        if self._details(what) is None:
            self.post_message(Say("Enter on a finding or a module shows all of it"))
        else:
            self.app.push_screen(DetailScreen(lambda: self._details(what)))

    def _details(self, what: tuple[object, ...]) -> Details | None:
        """All of a row; None for one that has no more to say."""
        match what:
            case "finding", int(number) if number < len(self._findings):
                return finding_details(self._findings[number], self.symbols, self._masked)
            case "module", int(number) if number < len(self._lost.modules):
                return vouched_details(self._lost.modules[number], self._lost, self.symbols, self._masked)
            case ("all",) if self.found is not None:
                return mending_details(self.found.mending(self._findings), self._masked)
            case ("narrower",):
                return narrower_details(self._lost, self._masked)
        return None
