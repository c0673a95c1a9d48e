"""The part of the app that goes back in time: saved sessions, replays, reports."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.playing import PlayingApp


class ReplayingApp(PlayingApp):
    """An app that can show again what was saved."""

    HELP_TITLE = "Sessions and reports"
    BINDINGS: ClassVar[list[BindingType]] = []
