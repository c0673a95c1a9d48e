"""The part of the app that asks, once, whether the programs may be started that go would start."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.building import BuildingApp
from tui.keys import key


class RunningApp(BuildingApp):
    """An app that starts git, ssh and GOAUTH commands only when it was told to."""

    HELP_TITLE = "Programs"
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "exclamation_mark",
            "run_programs",
            "run",
            "Let git, ssh and GOAUTH commands be started, as go does",
        ),
    ]

    def action_run_programs(self) -> None:
        """Show what would be run and ask; then trace once more."""
        raise NotImplementedError
