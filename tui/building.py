"""The part of the app that looks at the project as go build does, before any packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from tui.keys import key
from tui.warming import WarmingApp

if TYPE_CHECKING:
    from tui.screens.building_screen import BuildingScreen


class BuildingApp(WarmingApp):
    """An app that can tell why go build would not start."""

    HELP_TITLE = "As go build"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("asterisk", "as_build", "build", "What stops go build of this project, before any packet"),
    ]

    def action_as_build(self) -> None:
        """Look at the project around the working directory."""
        from tui.stage import DemoWorld

        scene = self.session.scene
        if self.session.IS_REPLAY:
            self.tell("this is a replay: no project is looked at, and none was recorded")
        elif isinstance(self.session.stage, DemoWorld):
            self.tell("a demo world has no project: run modtrace in the folder of one, and press * there")
        elif scene is None:
            self.tell("the settings are still being read")
        elif not self._has_project():
            self.tell("there is no go.mod here or in any folder above: go build would stop with just that")
        else:
            from tui.screens.building_screen import BuildingScreen

            screen: BuildingScreen = BuildingScreen(
                self.workbench.shown.text, lambda: reader.read(), lambda: reader.leave()
            )
            reader = _Reader(self, screen)
            self.push_screen(screen)

    def _has_project(self) -> bool:
        from pathlib import Path

        from probes.golang.errors import GoError
        from probes.project.loading import project_file

        scene = self.session.scene
        here = scene.environment.facts.working_directory if scene is not None else ""
        try:
            return here.startswith("/") and project_file(Path(here), scene.environment) is not None  # type: ignore[union-attr]
        except GoError:
            return True  # the screen tells what is wrong


class _Reader:
    """Reads the project for one screen."""

    def __init__(self, app: BuildingApp, screen: BuildingScreen) -> None:
        self._app, self._screen = app, screen
        self._ticket: int | None = None

    def read(self) -> None:
        """Read it, once more if need be."""
        from probes.project.build_answers import AsBuild
        from tui.bridge import Ended
        from tui.building_jobs import BuildJob

        self.leave()
        scene = self._app.session.scene
        if scene is None:
            self._app.tell("the settings are still being read")
            return

        def listen(said: object) -> None:
            if isinstance(said, AsBuild):
                self._screen.show_found(said)
            elif isinstance(said, Ended) and said.error is not None:
                self._app.tell(said.failure)

        self._ticket = self._app.session.errand(BuildJob(scene.environment), listen)
        self._app.wake()

    def leave(self) -> None:
        """Nobody waits for it any more."""
        if self._ticket is not None:
            self._app.session.end_errand(self._ticket)
            self._ticket = None
