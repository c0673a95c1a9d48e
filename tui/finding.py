"""The part of the app that finds things: what was traced before, and every action by its name."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.replaying import ReplayingApp


class FindingApp(ReplayingApp):
    """An app in which everything can be found by typing."""

    HELP_TITLE = "Finding things"
    BINDINGS: ClassVar[list[BindingType]] = []
