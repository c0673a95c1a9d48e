"""The part of the app that asks about one version everywhere, and finds related modules."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from tui.keys import key
from tui.vouching import VouchingApp


class BrowsingApp(VouchingApp):
    """An app whose module browser goes beyond what the proxies list."""

    HELP_TITLE = "Module browser"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("I", "ask_version", "browse.version", "Ask every column for this version by name: date, origin"),
        key("J", "related_paths", "browse.related", "Other majors, parent and child modules"),
    ]

    def action_ask_version(self) -> None:
        """Ask about the version, in the columns that may be asked."""
        at_hand, table = self.version_at_hand(), self.session.table
        if self.session.IS_REPLAY:
            self.tell("this is a replay: nobody is asked, and what was not said then is not known")
        elif at_hand is None:
            self.tell(f"no version is chosen yet: {self.why_no_version()}")
        elif not table.columns:
            self.tell("the proxies have not been asked yet: 3 does that")
        elif any(at_hand[1] in state.asked for state in table.columns):
            self.tell("that is under way")
        else:
            self.workbench.modules.asked_for |= {at_hand[1]}
            self.session.ask_version(at_hand[1])
            self.workbench.show_pane("modules")
            self.wake()

    def action_related_paths(self) -> None:
        """Show the module paths beside this one; nobody is asked about them before one is chosen."""
        target = self.session.target
        if target is None:
            self.tell("nothing is traced yet: press t and type a module path")
            return
        if self.session.IS_REPLAY:
            self.tell("this is a replay: other modules were not asked for; Esc goes back to the live session")
            return
        from tui.screens.related_screen import RelatedScreen

        screen = RelatedScreen(target[0], self._known_paths, self.workbench.shown.text)
        self.push_screen(screen, self._show_module)
        self.session.learn_paths()
        self.wake()

    def _known_paths(self) -> tuple[str, ...]:
        """What go.mod, go.sum, the module cache and the history name."""
        scene = self.session.scene
        return (*(() if scene is None else scene.suggestions), *self.session.paths)

    def _show_module(self, path: object) -> None:
        """Trace another module, and stay in the module browser."""
        if isinstance(path, str):
            self.session.trace_target(path, "latest")
            self.workbench.show_pane("modules")
            self.wake()
