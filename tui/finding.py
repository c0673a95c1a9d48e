"""The part of the app that finds things: what was traced before, and every action by its name.

It also takes care of what is typed ahead. Over a slow line several keys come in one piece: `/abc`, or `t`
with a path behind it. Textual hands each key to the widget that has the keys when it arrives, and that is
still the list when the line to type into is only about to open; without more care letters would be taken
for commands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import BindingType

from tui.keys import key
from tui.messages import Say
from tui.replaying import ReplayingApp
from tui.screens.overlay import Overlay
from tui.stage import Scene
from tui.widgets.typed_line import TypedLine, belongs_to_a_line

if TYPE_CHECKING:
    from tui.screens.palette_screen import Entry

_NOT_OURS = ("Keys", "Maximize", "Minimize", "Quit", "Screenshot")
"""Textual's own commands that modtrace has better ones for: `?`, `z`, `q`, and a report as a picture."""


class FindingApp(ReplayingApp):
    """An app in which everything can be found by typing."""

    HELP_TITLE = "Finding things"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("H", "history", "history", "What was traced here before; Enter traces it again"),
    ]

    @on(Say)
    def _say(self, event: Say) -> None:
        self.tell(event.words)

    # -- history -------------------------------------------------------------------------------------

    def action_history(self) -> None:
        """List what was traced before."""
        if self.is_replaying:
            self.tell("this is a replay; Esc goes back to the live session, and there H has what was traced")
        elif self.session.scene is None:
            self.tell("the settings are still being read")
        else:
            shown = self._show_history(self.session.scene)
            self.run_worker(shown, exclusive=True, group="history")

    async def _show_history(self, scene: Scene) -> None:
        """Read it in a thread: the home may stand on a slow disk."""
        stage = self.session.stage
        visits = await asyncio.to_thread(stage.visits, scene.environment)
        if visits is None:
            self.tell("the demo keeps no history, and reads none of yours")
            return
        from tui.screens.history_screen import HistoryScreen

        screen = HistoryScreen(visits, lambda targets: self.workbench.shown.others(targets))
        self.push_screen(screen, self.trace_target)

    # -- every action --------------------------------------------------------------------------------

    def action_command_palette(self) -> None:
        """Every action by what it does, in the place of Textual's own palette."""
        from tui.actions import palette_entries
        from tui.screens.palette_screen import Entry, PaletteScreen

        if any(isinstance(screen, PaletteScreen) for screen in self.screen_stack):
            return
        entries = {entry.title: entry for entry in palette_entries(self)}
        for command in self.get_system_commands(self.screen):
            if command.title not in _NOT_OURS:
                entries.setdefault(command.title, Entry(command.title, "", command.help, command.callback))
        self.push_screen(PaletteScreen(list(entries.values())), self._run_entry)

    async def _run_entry(self, entry: Entry | None) -> None:
        if entry is not None:
            done = entry.run()
            if isinstance(done, Awaitable):
                await done

    def _say_why_not(self, pressed: str) -> None:
        """A key that belongs elsewhere is not met with silence."""
        from tui.out_of_place import why_not

        words = why_not(self, pressed)
        if words and pressed not in self.screen.active_bindings:
            self.tell(words)

    # -- what is typed ahead -------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Give a key that was pressed before a line of input opened to that line: a letter, Ctrl-U, Enter.

        On the workbench a key that belongs elsewhere is told so."""
        if not belongs_to_a_line(event) or not self.screen_stack:  # the app is going away
            return
        if self.screen is self.workbench and not isinstance(self.focused, TypedLine):
            self._say_why_not(event.key)
            return
        focused = self.focused
        if isinstance(focused, TypedLine):
            # The line itself would have stopped it: it was on its way before the line had the keys.
            focused.press_ahead(event)
        elif isinstance(self.screen, Overlay) and self.screen.takes_typing:
            self.screen.type_ahead(event)
        else:
            return
        event.stop()
        event.prevent_default()
