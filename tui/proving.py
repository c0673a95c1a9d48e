"""The part of the app that shows who vouches for a hash, and how that is proved."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from tui.browsing import BrowsingApp
from tui.keys import key

if TYPE_CHECKING:
    from tui.screens.proof_screen import ProofScreen


class ProvingApp(BrowsingApp):
    """An app that can show a Merkle path."""

    HELP_TITLE = "Proof of a hash"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("V", "prove", "prove", "Who vouches: the proof of the checksum database, step by step"),
    ]

    def action_prove(self) -> None:
        """Show the Merkle path of what was traced."""
        if self.session.target is None:
            self.tell("nothing is traced yet: press t and type a module path")
            return
        from tui.asking_database import DatabaseAsker
        from tui.screens.proof_screen import ProofScreen

        asker = DatabaseAsker(self, lambda: screen.show_news())
        screen: ProofScreen = ProofScreen(
            asker.trace, asker.why_not, self.workbench.shown.text, asker.ask, asker.leave
        )
        self.push_screen(screen)
