"""The part of the app that looks at the project as go build does, before any packet."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.warming import WarmingApp


class BuildingApp(WarmingApp):
    """An app that can tell why go build would not start."""

    HELP_TITLE = "As go build"
    BINDINGS: ClassVar[list[BindingType]] = []
