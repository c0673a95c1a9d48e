"""The part of the app that tries other settings: an overlay over what go would see, and what it changes."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.sharing import SharingApp


class TryingApp(SharingApp):
    """An app in which settings can be tried before anything is written."""

    HELP_TITLE = "Trying settings"
    BINDINGS: ClassVar[list[BindingType]] = []
