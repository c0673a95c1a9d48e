"""The part of the app that gets on with the terminal: colours, suspending, the size."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.finding import FindingApp


class ManneredApp(FindingApp):
    """An app that behaves on any terminal."""

    HELP_TITLE = "Terminal"
    BINDINGS: ClassVar[list[BindingType]] = []
