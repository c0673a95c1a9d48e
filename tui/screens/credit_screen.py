"""The credentials for the host at hand: which go, git and ssh would use, and which are passed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from tui.drawing.credit_rows import Credits, Masked, credit_details, credit_rows
from tui.keys import key
from tui.lines import Row
from tui.messages import Copy, Say
from tui.screens.detail_screen import DetailScreen
from tui.screens.try_screen import MaskedScreen
from tui.widgets.line_list import LineList

Ask = Callable[[], None]


class CreditScreen(MaskedScreen):
    """The list; Enter on a row shows all of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("c", "copy_remedy", "credit.remedy", "Copy the first thing to type"),
        key("r", "again", "credit.again", "Look once more"),
        key("exclamation_mark", "consent", "credit.consent", "Let git and ssh be asked"),
    ]
    HINT: ClassVar[str] = "enter all   c copy remedy   y copy line   ! ask git and ssh   r again   esc back"

    def __init__(self, subject: str, masked: Masked, ask: Ask, leave: Ask, consent: Ask) -> None:
        super().__init__("")
        self.credits: Credits | None = None
        self._subject = subject
        self._masked = masked
        self._ask = ask
        self._leave = leave
        self._consent = consent

    def on_mount(self) -> None:
        """Begin."""
        self.redraw()
        self._ask()

    def on_unmount(self) -> None:
        """Nobody looks any more: what is under way is stopped."""
        self._leave()

    def make_rows(self, width: int) -> list[Row]:
        """The list."""
        return credit_rows(self.credits, width, self.symbols, self._masked)

    def redraw(self) -> None:
        """Make all of it anew; the title too, which has other names in privacy mode."""
        self._heading = f"Credentials for {self._masked(self._subject)}"
        super().redraw()

    def show(self, seen: Credits | None) -> None:
        """Show what has come in; None while it is being found out."""
        self.credits = seen
        if self.is_mounted:
            self.redraw()

    def action_copy_remedy(self) -> None:
        """Copy the first line of the first remedy."""
        found = self.credits.remedies() if self.credits is not None else []
        if found:
            self.post_message(Copy(self._masked(found[0].lines[0])))
        else:
            self.post_message(Say("there is nothing to mend here, or nothing that one line mends"))

    def action_again(self) -> None:
        """Once more."""
        self._ask()

    def action_consent(self) -> None:
        """Ask whether programs may be started, and take it back where they may."""
        self._consent()

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        if not (isinstance(event.key, tuple) and event.key[0] == "credential"):
            self.post_message(Say("Enter on a credential shows all that is known of it"))
            return
        assert self.credits is not None
        noted = self.credits.noted[int(event.key[1])]
        self.app.push_screen(DetailScreen(lambda: credit_details(noted, self.symbols, self._masked)))
