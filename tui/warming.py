"""The part of the app that lets the project and the module cache have their say in a trace."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.summing import SummingApp


class WarmingApp(SummingApp):
    """An app that can trace as things stand on this machine."""

    HELP_TITLE = "Project and cache"
    BINDINGS: ClassVar[list[BindingType]] = []
