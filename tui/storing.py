"""The part of the app that looks into the module cache."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.proving import ProvingApp


class StoringApp(ProvingApp):
    """An app that shows what the module cache holds, and mends it."""

    HELP_TITLE = "Module cache"
    BINDINGS: ClassVar[list[BindingType]] = []
