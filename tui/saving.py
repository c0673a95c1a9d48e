"""The part of the app that saves whole versions and projects: through the chain or from one proxy."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.fetching import FetchingApp
from tui.keys import key


class SavingApp(FetchingApp):
    """See the module."""

    HELP_TITLE = "Files of versions"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("S", "save_version", "save", "Save the version: .info, .mod and .zip"),
        key("D", "show_downloads", "downloads", "What is being saved, how far it is; stop it there"),
        key("B", "bundle", "bundle", "Save all that this project needs: an air-gap kit"),
    ]

    def action_save_version(self) -> None:
        """Save the version under the cursor."""
        raise NotImplementedError

    def action_show_downloads(self) -> None:
        """Show the downloads."""
        raise NotImplementedError

    def action_bundle(self) -> None:
        """Make a kit of the project."""
        raise NotImplementedError
