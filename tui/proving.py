"""The part of the app that shows who vouches for a hash, and how that is proved."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.browsing import BrowsingApp


class ProvingApp(BrowsingApp):
    """An app that can show a Merkle path."""

    HELP_TITLE = "Who vouches"
    BINDINGS: ClassVar[list[BindingType]] = []
