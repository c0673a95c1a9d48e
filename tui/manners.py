"""The part of the app that gets on with the terminal: colours, suspending, the clipboard, the last frame."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import SuspendNotSupported, SystemCommand
from textual.binding import BindingType
from textual.filter import LineFilter, Monochrome, NoColor
from textual.screen import Screen
from textual.scrollbar import ScrollBar

from probes.golang.safetext import safe_text
from tui.clipboard import fits_terminal, give_to_tmux, keep_copy, sequences, short_name
from tui.colours import TEXTUAL_THEMES, OnlyAscii, PlainScrollBar, WithoutColours
from tui.finding import FindingApp
from tui.keys import key
from tui.last_frame import frame_text
from tui.messages import Copy
from tui.screens.choice_screen import Choice, ChoiceScreen
from tui.screens.workbench import Workbench
from tui.suspending import stop_job
from tui.themes import DARK, LIGHT, MONO, save_theme

if TYPE_CHECKING:
    from tui.session import Session
    from tui.symbols import Symbols

LONGEST_COPY, MOST_COPY_LINES = 500_000, 10_000
"""Far beyond every command and report; a command that is cut would do something else."""
_LONGEST_TOLD = 60
MOST_TOLD = 2
"""Things that are told at once."""
_LEFT_BEHIND_S = 0.5
"""How long after its return the app takes SIGCONT for the one that it returned by."""

ScrollBar.renderer = PlainScrollBar


@dataclass(frozen=True)
class Manners:
    """What the user and the terminal want of the app."""

    theme: str = DARK
    state: Path | None = None
    """The folder for what is kept; None where nothing is to be kept."""
    keep_frame: bool = False
    """Whether the last frame is for the terminal that is left."""
    handles_stops: bool = False
    """Whether the app owns its process, and so the signals that stop and continue it."""


class ManneredApp(FindingApp):
    """An app that behaves on any terminal."""

    HELP_TITLE = "Terminal"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("ctrl+z", "suspend_process", "suspend", "Back to the shell for a while; `fg` comes back here",
            priority=True),
        key("ctrl+l", "draw_anew", "draw_anew", "Draw the screen anew, when something has spoilt it"),
    ]  # fmt: skip

    def __init__(self, session: Session, symbols: Symbols) -> None:
        super().__init__(session, symbols)
        for theme in TEXTUAL_THEMES:
            self.register_theme(theme)
        self.last_frame = ""
        """What is to stay on the terminal, once the app was left."""
        self._manners = Manners()
        self._is_back = False
        self._has_told_file = False
        self.behave(self._manners)

    def behave(self, manners: Manners) -> None:
        """Do as the user and the terminal want; to be told before the app runs."""
        self._manners = manners
        found = self.get_theme(manners.theme)
        self.theme = DARK if found is None else found.name
        self.no_color = self.theme == MONO

    def on_mount(self) -> None:
        """What was told is gone with the screen that it was about; take over signals that stop a program."""
        self.screen_change_signal.subscribe(self, lambda screen: self.clear_notifications(), immediate=True)
        if self._manners.handles_stops:
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTSTP, self.action_suspend_process)
            loop.add_signal_handler(signal.SIGCONT, self._continued)

    # -- what is told in passing ---------------------------------------------------------------------

    def _refresh_notifications(self) -> None:
        """Of all that is told the last things alone, and none of them twice: they cover rows."""
        last: set[str] = set()
        for notice in list(self._notifications)[::-1]:
            if len(last) == MOST_TOLD or notice.message in last:
                del self._notifications[notice]
            else:
                last.add(notice.message)
        super()._refresh_notifications()

    # -- colours -------------------------------------------------------------------------------------

    def watch_theme(self, name: str) -> None:
        """Without colours, what is selected is styled otherwise (``:nocolor`` in the style sheets)."""
        self.no_color = name == MONO

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What is done to every strip: by the theme, not by the environment as Textual would."""
        filters = [one for one in super().get_line_filters() if not isinstance(one, Monochrome | NoColor)]
        if self.no_color:
            filters.append(_WITHOUT_COLOURS)
        if self.symbols.ascii_only:
            filters.append(_ONLY_ASCII)
        return filters

    def action_change_theme(self) -> None:
        """Choose one of our themes; Textual's own name colours that not every terminal has."""
        choices = [
            Choice(DARK, "dark", "the terminal's own colours, for a dark background"),
            Choice(LIGHT, "light", "the terminal's own colours, for a light background"),
            Choice(MONO, "mono", "no colours: bold, dim, underline and reverse"),
        ]
        self.push_screen(ChoiceScreen("Theme", choices, self.theme), self._change_theme)

    def _change_theme(self, name: object) -> None:
        if name is None:
            return
        self.theme = str(name)
        if self._manners.state is not None:
            try:
                save_theme(self._manners.state, self.theme)
            except OSError as error:
                self.tell(f"the theme is not kept for the next time: {error.strerror or error}")

    # -- the palette ---------------------------------------------------------------------------------

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The entries of this part of the app that have no key."""
        yield from super().get_system_commands(screen)
        yield SystemCommand(
            "Leave and keep the last frame",
            "What is on the screen stays on the terminal, above the prompt",
            self.action_quit_and_keep,
        )

    async def action_quit_and_keep(self) -> None:
        """Leave; the workbench, as it is now, stays on the terminal."""
        self._keep_frame()
        await self.action_quit()

    # -- leaving -------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """What is typed behind the key that leaves is for nobody: there is no screen left."""
        if isinstance(event, events.InputEvent) and not self.screen_stack:
            return
        await super().on_event(event)

    def exit(self, *arguments: object, **named: object) -> None:
        """Leave, with the last frame where that was asked for."""
        if self._manners.keep_frame and not self.last_frame:
            self._keep_frame()
        super().exit(*arguments, **named)  # type: ignore[arg-type]

    def _keep_frame(self) -> None:
        """Of the workbench, for what stands before it is of the moment; without its line of keys."""
        screen = self.workbench if self.workbench.is_mounted else self.screen
        strips = screen._compositor.render_strips()
        if isinstance(screen, Workbench):
            strips = strips[:-1]
        self.last_frame = frame_text(strips, colours=not self.no_color)

    # -- suspending ----------------------------------------------------------------------------------

    def action_suspend_process(self) -> None:
        """Give the terminal back and stop; come back when the shell says so, at the size it has then."""
        tracing = self.session.tracing or self.session.looking
        try:
            with self.suspend():
                stopped = stop_job()
        except SuspendNotSupported:
            self.tell("there is no shell to go back to")
            return
        self._is_back = True
        self.set_timer(_LEFT_BEHIND_S, self._forget_return)
        if not stopped:
            self.tell("no shell waits for this program, so it cannot be suspended")
        elif tracing:
            self.tell("the trace stood still meanwhile, so its times mean little; r traces again")

    def _forget_return(self) -> None:
        self._is_back = False

    def _continued(self) -> None:
        """Somebody stopped the process without asking (SIGSTOP): the terminal may be in any state."""
        if not self._is_back:
            with self.suspend():
                pass

    # -- copying -------------------------------------------------------------------------------------

    @on(Copy)
    def _copy(self, event: Copy) -> None:
        text = safe_text(event.text, limit=LONGEST_COPY, lines=MOST_COPY_LINES)
        fits = fits_terminal(text)
        if fits:
            self.copy_to_clipboard(text)
        file = keep_copy(self._manners.state, text)
        self.notify_shown(self._told_of_copy(text, fits=fits, file=file))

    def _told_of_copy(self, text: str, *, fits: bool, file: Path | None) -> str:
        """What was copied, and where to: the file is named once, and where there is nothing else."""
        first, *more = text.split("\n")
        what = f"{safe_text(first, limit=_LONGEST_TOLD)}{' …' if more else ''}"
        name = "" if file is None else self.workbench.shown.text(short_name(file, os.environ))
        if not fits:
            return f"too long for the terminal's clipboard, so {f'it is in {name}' if name else 'not copied'}"
        is_news = bool(name) and not self._has_told_file
        self._has_told_file |= is_news
        return f"copied: {what}{f' (also in {name})' if is_news else ''}"

    def copy_to_clipboard(self, text: str) -> None:
        """Through whatever stands between this program and the terminal."""
        self._clipboard = text
        if self._driver is not None and not self._driver.is_headless:
            for sequence in sequences(text, os.environ):
                self._driver.write(sequence)
            if os.environ.get("TMUX"):
                self.run_worker(partial(give_to_tmux, text), thread=True, exit_on_error=False)


_WITHOUT_COLOURS, _ONLY_ASCII = WithoutColours(), OnlyAscii()
