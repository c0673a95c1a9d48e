"""The part of the app that asks, once, whether the programs may be started that go would start."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from tui.building import BuildingApp
from tui.keys import key

if TYPE_CHECKING:
    from tui.drawing.running_rows import Offer

AGREED = "git, ssh and GOAUTH commands are started from now on, as go does; ! takes that back"
TAKEN_BACK = "no program is started any more: what go would run is only told of"


class RunningApp(BuildingApp):
    """An app that starts git, ssh and GOAUTH commands only when it was told to."""

    HELP_TITLE = "Programs"
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "exclamation_mark",
            "run_programs",
            "run",
            "Let git, ssh and GOAUTH commands be started, as go does, or take that back",
        ),
    ]

    def action_run_programs(self) -> None:
        """Show what would be run and ask; then trace once more. Once agreed to, take it back."""
        session = self.session
        if session.IS_REPLAY:
            self.tell("this is a replay: nobody is asked, and no program is started")
        elif not session.stage.STARTS_PROGRAMS:
            self.tell("in a demo world no program is ever started: run modtrace itself for that")
        elif session.scene is None:
            self.tell("the settings are still being read")
        elif session.may_run:
            session.may_run = False
            if session.tracing:
                session.again()
            self.tell(TAKEN_BACK)
            self._show_whether_programs_run()
        else:
            from tui.screens.running_screen import RunningScreen

            self.push_screen(RunningScreen(self._programs_to_start()), self._may_start)

    def _programs_to_start(self) -> Offer:
        """What would be run for this trace, else what go may run at all. Names are masked where all are."""
        from probes.sources.programs import find_program
        from tui.drawing.running_rows import PROGRAMS, Offer, goauth_programs

        scene, shown = self.session.scene, self.workbench.shown
        assert scene is not None
        path = scene.environment.process.get("PATH", "")
        found = {name: find_program(name, path) for name, _ in PROGRAMS}
        held = dict.fromkeys(one.command for one in shown.trace.origin.held)
        places = {name: shown.text(place) for name, place in found.items() if place}
        named = [shown.text(one) for one in goauth_programs(scene.environment.get("GOAUTH"))]
        return Offer(tuple(held), places, tuple(named))

    def _may_start(self, yes: bool | None) -> None:
        if not yes:
            return
        self.session.may_run = True
        if self.session.target is not None:
            self.session.again()
        self.tell(AGREED)
        self._show_whether_programs_run()

    def _show_whether_programs_run(self) -> None:
        """Say at the top that programs may be started, or no more."""
        from tui.session import Changed

        self.workbench.show(Changed.TRACE)
        self.wake()
