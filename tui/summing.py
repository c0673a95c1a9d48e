"""The part of the app that holds the project's go.sum against everybody who knows better."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.storing import StoringApp


class SummingApp(StoringApp):
    """An app that knows what goes unverified."""

    HELP_TITLE = "go.sum"
    BINDINGS: ClassVar[list[BindingType]] = []
