"""The part of the app that tells which private paths would be sent to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from tui.crediting import CreditingApp
from tui.keys import key

if TYPE_CHECKING:
    from probes.leaks.audit import Audit
    from probes.trace.events import SettingView
    from tui.drawing.leaking_rows import Masked
    from tui.screens.leaks_screen import LeaksScreen


class LeakingApp(CreditingApp):
    """An app that looks for private paths on their way to strangers."""

    HELP_TITLE = "Leaks"
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "percent_sign",
            "leaks",
            "leaks",
            "Leaks: which private paths would be sent to whom, and the line against it",
        ),
    ]

    def try_values(self, values: Mapping[str, str], label: str) -> None:
        """Take values in one step."""
        raise NotImplementedError

    def why_not_tried(self, values: Mapping[str, str]) -> str:
        """Why values are not taken here, in a whole sentence; "" where they are."""
        raise NotImplementedError

    def action_leaks(self) -> None:
        """Look at the project's paths, or at the one that is traced."""
        if self.session.IS_REPLAY:
            self.tell("this is a replay: no project is looked at, and none was recorded")
        elif self.session.scene is None:
            self.tell("the settings are still being read")
        else:
            from tui.screens.leaks_screen import LeaksScreen

            screen: LeaksScreen = LeaksScreen(
                lambda audit: reader.masked(audit),
                lambda: reader.read(),
                lambda: reader.leave(),
                self._try_line,
            )
            reader = _Reader(self, screen)
            self.push_screen(screen)

    def _try_line(self, settings: Mapping[str, str]) -> bool:
        """Take the line as what-if values; whether they were taken."""
        if refusal := self.why_not_tried(settings):
            self.tell(refusal)
            return False
        self.try_values(settings, "the line against leaks")
        return True


class _Reader:
    """Reads for one screen."""

    def __init__(self, app: LeakingApp, screen: LeaksScreen) -> None:
        self._app, self._screen = app, screen
        self._ticket: int | None = None
        self._masks: tuple[Audit, Masked] | None = None

    def read(self) -> None:
        """Read the project, once more if need be."""
        from probes.leaks.audit import Audit
        from tui.bridge import Ended
        from tui.leaking_jobs import LeaksJob, Unaudited
        from tui.stage import DemoWorld

        self.leave()
        session = self._app.session
        if session.scene is None:
            self._app.tell("the settings are still being read")
            return

        def listen(said: object) -> None:
            if isinstance(said, Audit):
                self._screen.show_found(said)
            elif isinstance(said, Unaudited):
                self._screen.show_found(None, said.words)
            elif isinstance(said, Ended) and said.error is not None:
                self._app.tell(said.failure)

        path = "" if session.target is None else session.target[0]
        is_played = isinstance(session.stage, DemoWorld)
        job = LeaksJob(session.scene.environment, path, session.runs, is_played)
        self._ticket = session.errand(job, listen)
        self._app.wake()

    def leave(self) -> None:
        """Nobody waits for it any more."""
        if self._ticket is not None:
            self._app.session.end_errand(self._ticket)
            self._ticket = None

    def masked(self, audit: Audit | None) -> Masked:
        """How its texts are shown: in privacy all that looks private has another name."""
        shown = self._app.workbench.shown
        if not shown.private:
            return str
        if audit is None:
            return shown.text
        if self._masks is None or self._masks[0] is not audit:
            from probes.leaks.private_names import private_names
            from probes.share.privacy import Mask
            from tui.drawing.leaking_rows import MOST_ROWS

            self._masks = (audit, Mask(private_names(audit, self._settings(), MOST_ROWS)).text)
        return self._masks[1]

    def _settings(self) -> list[SettingView]:
        from probes.trace.events import SettingView

        scene = self._app.session.scene
        settings = {} if scene is None else scene.environment.settings
        return [SettingView(name, one.shown.text, one.source.value) for name, one in settings.items()]
