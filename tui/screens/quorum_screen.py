"""The hashes of one version from everybody who has them, while they come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from probes.browse.votes import Quorum
from tui.drawing.fields import Details
from tui.drawing.quorum_rows import Masked, quorum_rows, voter_details
from tui.keys import key
from tui.lines import Row
from tui.messages import Say
from tui.screens.choice_screen import Choice, ChoiceScreen
from tui.screens.detail_screen import DetailScreen
from tui.screens.try_screen import MaskedScreen
from tui.widgets.line_list import LineList

Ask = Callable[[bool, bool], None]
"""Ask again: with the zips or without, every proxy or only those that go would come to."""


class QuorumScreen(MaskedScreen):
    """The table; Enter on a row shows all of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("z", "fetch_zips", "quorum.zips", "Fetch the zips and compare them too; asks before"),
        key("a", "ask_all", "quorum.all", "Ask the proxies that go would not come to as well"),
        key("r", "again", "quorum.again", "Ask everybody once more"),
    ]
    HINT: ClassVar[str] = "enter details   z zips   a all proxies   r again   / find   y copy   esc back"

    def __init__(self, path: str, version: str, masked: Masked, ask: Ask, leave: Callable[[], None]) -> None:
        super().__init__("")
        self.quorum = Quorum()
        self._subject = path, version
        self._masked = masked
        self._ask = ask
        self._leave = leave
        self._zips = self._all = False
        self._details: DetailScreen | None = None

    def on_mount(self) -> None:
        """Ask as far as go would."""
        self.redraw()
        self._ask(self._zips, self._all)

    def on_unmount(self) -> None:
        """Nobody looks any more: what is under way is stopped."""
        self._leave()

    def make_rows(self, width: int) -> list[Row]:
        """The table."""
        return quorum_rows(self.quorum, width, self.symbols, self._masked)

    def redraw(self) -> None:
        """Make all of it anew; the title too, which has other names in privacy mode."""
        path, version = self._subject
        self._heading = f"Who vouches for {self._masked(path)}@{version}"
        super().redraw()

    def show_news(self) -> None:
        """Something has come in."""
        if self.is_mounted:
            self.redraw()
        if self._details is not None and self._details.is_attached:
            self._details.refresh_details()

    def action_fetch_zips(self) -> None:
        """Ask whether, and from whom."""
        if self._is_private():
            return
        choices = [
            Choice("chain", "fetch", "from the proxies that go would come to, as far as it would"),
            Choice("all", "fetch all", "from every proxy of GOPROXY"),
        ]
        title = "Fetch the zips into temporary files, hash them, and delete them?"
        self.app.push_screen(ChoiceScreen(title, choices), self._chosen)

    def _chosen(self, what: object) -> None:
        if what is not None:
            self._zips, self._all = True, self._all or what == "all"
            self._ask(self._zips, self._all)

    def action_ask_all(self) -> None:
        """Ask everybody."""
        if not self._is_private():
            self._all = True
            self._ask(self._zips, self._all)

    def action_again(self) -> None:
        """The same once more."""
        self._ask(self._zips, self._all)

    def _is_private(self) -> bool:
        started = self.quorum.started
        private = started is not None and started.private_pattern is not None
        if private:
            self.post_message(Say("the path is private: no proxy is asked about it"))
        return private

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        if not (isinstance(event.key, tuple) and event.key[0] == "voter"):
            self.post_message(Say("Enter on a row of the table shows its full hashes and requests"))
            return
        voter = int(event.key[1])

        def details() -> Details | None:
            return voter_details(self.quorum, voter, self.symbols, self._masked)

        self._details = DetailScreen(details)
        self.app.push_screen(self._details)
