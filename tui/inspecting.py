"""The part of the app that looks into a version: its go.mod, its files, what differs from another."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.keys import key
from tui.saving import SavingApp


class InspectingApp(SavingApp):
    """See the module."""

    HELP_TITLE = "Inside a version"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("M", "read_go_mod", "inspect.go_mod", "The go.mod of the version, line by line"),
        key("F", "list_files", "inspect.files", "The files in the zip of the version, and any of them"),
        key("d", "compare_versions", "inspect.diff", "What differs from another version, or at another proxy"),
    ]

    def action_read_go_mod(self) -> None:
        """Show the go.mod."""
        raise NotImplementedError

    def action_list_files(self) -> None:
        """Show the files."""
        raise NotImplementedError

    def action_compare_versions(self) -> None:
        """Choose what to compare with."""
        raise NotImplementedError
