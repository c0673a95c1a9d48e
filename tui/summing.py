"""The part of the app that holds the project's go.sum against everybody who knows better."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from tui.keys import key
from tui.storing import StoringApp

if TYPE_CHECKING:
    from tui.bridge import Job
    from tui.screens.sums_screen import SumsScreen

_NEWS_S = 0.3
"""Answers are shown at most this often: a go.sum may have thousands of lines."""


class SummingApp(StoringApp):
    """An app that knows what goes unverified."""

    HELP_TITLE = "go.sum"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("number_sign", "sums", "sums", "go.sum of the project, and what of it goes unverified"),
    ]

    def action_sums(self) -> None:
        """Look at the project around the working directory."""
        if self.session.IS_REPLAY:
            self.tell("this is a replay: no project is looked at, and none was recorded")
        elif self.session.scene is None:
            self.tell("the settings are still being read")
        else:
            from tui.screens.sums_screen import SumsScreen

            screen: SumsScreen = SumsScreen(
                self.workbench.shown.text,
                lambda: reader.read(),
                lambda: reader.ask(),
                lambda: reader.leave(),
            )
            reader = _Reader(self, screen)
            self.push_screen(screen)


class _Reader:
    """Reads and asks for one screen, one thing at a time."""

    def __init__(self, app: SummingApp, screen: SumsScreen) -> None:
        self._app, self._screen = app, screen
        self._ticket: int | None = None
        self._round = 0
        self._shown = 0.0

    def read(self) -> None:
        """Read the project."""
        from tui.summing_jobs import ExamineJob

        scene = self._app.session.scene
        if scene is None:
            self._app.tell("the settings are still being read")
            return
        self._start(ExamineJob(scene.environment))

    def ask(self) -> None:
        """Ask about every line; stop, where that is under way."""
        from tui.summing_jobs import AskSumsJob

        screen = self._screen
        if screen.is_asking:
            self.leave()
            self._app.tell("stopped: what was answered so far counts")
            if screen.found is not None:
                screen.show_found(screen.found)
        elif screen.found is not None:
            self._start(AskSumsJob(screen.found, self._app.session.limits), asks=True)

    def leave(self) -> None:
        """Stop what is under way."""
        self._round += 1
        self._screen.is_asking = False
        if self._ticket is not None:
            self._app.session.end_errand(self._ticket)
            self._ticket = None

    def _start(self, job: Job, *, asks: bool = False) -> None:
        from tui.bridge import Ended

        self.leave()
        this_round, self._screen.is_asking = self._round, asks

        def listen(said: object) -> None:
            if this_round != self._round:
                return  # what was under way before something else was wanted
            if isinstance(said, Ended):
                self._screen.is_asking = False
                if said.error is not None:
                    self._app.tell(said.failure)
                self._screen.show_news()
            else:
                self._hear(said)

        self._ticket = self._app.session.errand(job, listen)
        self._screen.show_news()
        self._app.wake()

    def _hear(self, said: object) -> None:
        from probes.sums.asking import Asked
        from probes.sums.project_sums import Examination
        from tui.summing_jobs import Unexamined

        screen = self._screen
        if isinstance(said, Unexamined):
            screen.found, screen.error = None, said.words
            screen.show_news()
        elif isinstance(said, Examination):
            screen.show_found(said)
        elif isinstance(said, Asked) and screen.found is not None:
            screen.found.hear(said)
            if said.done == said.total or monotonic() - self._shown > _NEWS_S:
                self._shown = monotonic()
                screen.show_found(screen.found)
