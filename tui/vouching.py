"""The part of the app that compares the hashes of a version from everybody who has one."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.inspecting import InspectingApp
from tui.keys import key


class VouchingApp(InspectingApp):
    """See the module."""

    HELP_TITLE = "Who vouches"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("Q", "hash_quorum", "quorum", "The hashes of the version: every proxy, cache, go.sum, database"),
    ]

    def action_hash_quorum(self) -> None:
        """Show the quorum."""
        raise NotImplementedError
