"""The part of the app that shows which credential would be used by whom."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.keys import key
from tui.running import RunningApp


class CreditingApp(RunningApp):
    """An app that shows credentials, never their secrets."""

    HELP_TITLE = "Credentials"
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "at",
            "credentials",
            "auth",
            "Credentials: which one go, git and ssh would use, and which are ignored",
        ),
    ]

    def action_credentials(self) -> None:
        """Show the credentials for the host at hand."""
        raise NotImplementedError
