"""The part of the app that asks about one version everywhere, and finds related modules."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.keys import key
from tui.vouching import VouchingApp


class BrowsingApp(VouchingApp):
    """See the module."""

    HELP_TITLE = "Module browser"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("I", "ask_version", "browse.version", "Ask every column for this version by name: date, origin"),
        key("J", "related_paths", "browse.related", "Other majors, parent and child modules"),
    ]

    def action_ask_version(self) -> None:
        """Ask about the version."""
        raise NotImplementedError

    def action_related_paths(self) -> None:
        """Show related module paths."""
        raise NotImplementedError
