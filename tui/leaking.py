"""The part of the app that tells which private paths would be sent to whom."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.crediting import CreditingApp
from tui.keys import key


class LeakingApp(CreditingApp):
    """An app that looks for private paths on their way to strangers."""

    HELP_TITLE = "Leaks"
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "percent_sign",
            "leaks",
            "leaks",
            "Leaks: which private paths would be sent to whom, and the line against it",
        ),
    ]

    def action_leaks(self) -> None:
        """Look at the project's paths."""
        raise NotImplementedError
