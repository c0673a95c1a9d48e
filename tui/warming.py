"""The part of the app that lets the project and the module cache have their say in a trace."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.keys import key
from tui.stage import DemoWorld
from tui.summing import SummingApp

WARM = "traced with the module cache as it is: what it has is not asked for. & counts it as empty again"
COLD = "traced as with an empty module cache: all that go could need is asked for. & lets the cache answer"


class WarmingApp(SummingApp):
    """An app that can trace as things stand on this machine."""

    HELP_TITLE = "Project and cache"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("ampersand", "warm", "warm", "Let the module cache answer, or count it as empty"),
    ]

    def action_warm(self) -> None:
        """Trace once more, with the other kind of cache."""
        session = self.session
        if session.IS_REPLAY:
            self.tell("this is a replay: nobody is asked, and the module cache could spare nothing")
        elif session.scene is None:
            self.tell("the settings are still being read")
        elif session.target is None:
            self.tell("nothing is traced yet: press t and type a module path")
        elif isinstance(session.stage, DemoWorld) and session.stage.plan.files is None:
            self.tell("the module cache of this world is empty: warm or cold, all is asked for")
        else:
            session.warm = not session.scene.warm
            session.again()
            self.tell(WARM if session.warm else COLD)
            self.wake()
