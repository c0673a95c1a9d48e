"""The part of the app that belongs to the demo: worlds, faults that are thrown in, the tour."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.trying import TryingApp


class PlayingApp(TryingApp):
    """An app whose proxies can be broken on purpose, in the demo."""

    HELP_TITLE = "Demo"
    BINDINGS: ClassVar[list[BindingType]] = []
