"""The part of the app that looks into the module cache."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from tui.bridge import Job
from tui.keys import key
from tui.proving import ProvingApp
from tui.session import Listener
from tui.stage import DemoWorld

if TYPE_CHECKING:
    from tui.storing_jobs import CacheLookJob


class StoringApp(ProvingApp):
    """An app that shows what the module cache holds, and mends it."""

    HELP_TITLE = "Module cache"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("dollar_sign", "module_cache", "cache", "The module cache: what it spares go, what is poisoned"),
    ]

    def action_module_cache(self) -> None:
        """Show the traced module in the cache; all of it where nothing is traced."""
        scene, target = self.session.scene, self.session.target
        if self.session.IS_REPLAY:
            self.tell("this is a replay: what was in the module cache then was not saved with it")
            return
        if scene is None:
            self.tell("the settings are still being read")
            return
        from tui.screens.cache_screen import CacheScreen, Shelf

        environment, is_demo = scene.environment, isinstance(self.session.stage, DemoWorld)

        def look(path: str, version: str, verify: bool) -> CacheLookJob:
            from tui.storing_jobs import CacheLookJob

            return CacheLookJob(environment, None if is_demo else Path(), path, version, verify)

        def ask(job: Job, listener: Listener) -> int:
            ticket = self.session.errand(job, listener)
            self.wake()
            return ticket

        shelf = Shelf(ask, self.session.end_errand, look, self.workbench.shown.masking, is_demo)
        at_hand = self.version_at_hand()
        path = "" if target is None else target[0]
        self.push_screen(CacheScreen(shelf, path, "" if at_hand is None else at_hand[1]))
