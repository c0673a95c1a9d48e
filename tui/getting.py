"""The part of the app that finds the module of a package as go get does."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.keys import key
from tui.leaking import LeakingApp


class GettingApp(LeakingApp):
    """An app that can search for the module of a package."""

    HELP_TITLE = "As go get"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("O", "as_get", "get", "The same as go get would do it: all prefixes of the path"),
    ]

    def action_as_get(self) -> None:
        """Search as go get does for what is traced; both verdicts are shown."""
        target, scene = self.session.target, self.session.scene
        if self.session.IS_REPLAY:
            self.tell("this is a replay: nobody is asked, and go get was not tried then")
        elif target is None:
            self.tell("nothing is traced yet: press t and type the path of a package")
        elif scene is None:
            self.tell("the settings are still being read")
        else:
            self._search("@".join(target))

    def _search(self, argument: str) -> None:
        from probes.trace.got import GET_EVENTS
        from tui.bridge import Ended
        from tui.getting_job import GettingJob
        from tui.screens.getting_screen import GettingScreen

        assert self.session.scene is not None

        def listen(said: object) -> None:
            if isinstance(said, GET_EVENTS):
                screen.get.apply(said)
            elif isinstance(said, Ended) and said.error is not None:
                self.tell(said.failure)
            screen.show_news()

        def leave() -> None:
            self.session.end_errand(ticket)

        shown = self.workbench.shown
        screen = GettingScreen(argument, lambda: self.session.trace, shown.text, leave)
        session, environment = self.session, self.session.scene.environment
        job = GettingJob(environment, argument, session.limits, session.trial.recall, session.runs)
        ticket = self.session.errand(job, listen)
        self.push_screen(screen, self._trace_found)
        self.wake()

    def _trace_found(self, target: object) -> None:
        """Trace the module that was chosen on the screen."""
        if isinstance(target, str):
            self.trace_target(target)
