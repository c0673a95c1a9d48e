"""The part of the app that finds the module of a package as go get does."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.browsing import BrowsingApp
from tui.keys import key


class GettingApp(BrowsingApp):
    """See the module."""

    HELP_TITLE = "As go get"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("O", "as_get", "get", "The same as go get would do it: all prefixes of the path"),
    ]

    def action_as_get(self) -> None:
        """Trace it as go get."""
        raise NotImplementedError
