"""The app: it owns the session and the bridge, hears what the panes want, and tells them what has changed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input

from probes.commands.trace import parse_target
from tui.keys import footer_key, key
from tui.manners import ManneredApp
from tui.messages import ShowModules
from tui.screens.arranged import BROAD, WIDE
from tui.screens.detail_screen import DetailScreen
from tui.screens.overlay import Overlay
from tui.screens.prompt_screen import PromptScreen
from tui.screens.workbench import Workbench
from tui.session import Changed, Session
from tui.stage import Stage
from tui.symbols import Symbols, symbols_for
from tui.widgets.tree_pane import TreePane

if TYPE_CHECKING:
    from probes.demo.worlds import WorldPlan
    from tui.screens.help_screen import Done

FAST_S, SLOW_S = 0.1, 0.25
"""How often what the engine says is shown: on this machine, and over a slow line."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class ModtraceApp(ManneredApp):
    """modtrace on a terminal."""

    HELP_TITLE = "Everywhere"

    TITLE: str | None = "modtrace"
    CSS = Workbench.CSS  # Textual reads that of a screen only where it is pushed
    CSS_PATH = "app.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide"), (BROAD, "-broad")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        footer_key("t,o", "ask_target", "trace", "trace", "Trace another PATH@QUERY"),
        footer_key("r", "again", "again", "again", "Read the settings and trace once more"),
        key("s", "stop", "stop", "Stop what is under way: trace, second look, downloads"),
        footer_key("W", "worlds", "worlds", "worlds", "Go to another world of the demo"),
        footer_key("question_mark,f1", "help", "help", "help", "The keys and the symbols"),
        footer_key("q", "quit", "quit", "quit", "Leave at once, whatever is under way"),
        key("ctrl+q", "quit", "quit.ctrl_q", "Leave at once, also from a line of input", priority=True),
        key("ctrl+c", "interrupt", "quit.ctrl_c", "Leave at once; in a line of input, the second time",
            priority=True),
    ]  # fmt: skip

    def __init__(
        self,
        session: Session,
        *,
        target: tuple[str, str] | None = None,
        plan: WorldPlan | None = None,
        make_stage: Callable[[WorldPlan], Stage] | None = None,
        slow: bool = False,
        symbols: Symbols | None = None,
        handle_signals: bool = False,
        begin: Callable[[ModtraceApp], None] | None = None,
    ) -> None:
        super().__init__(session, symbols or symbols_for())
        self.crash: Exception | None = None
        """What ended the app, when it was a bug."""
        self._target = target
        self._plan = plan
        self._make_stage = make_stage
        self._slow = slow
        self._begins_with = begin
        """How to begin, where that is neither with the settings nor with a trace."""
        self._handle_signals = handle_signals
        self._ticker: Timer | None = None
        self._second = -1
        self._interrupted = False
        self.animation_level = "none"

    # -- coming and going ----------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[None]:
        """The workbench itself: another screen below it would be made, styled and laid out for nothing."""
        return self.workbench

    def on_mount(self) -> None:
        """Open the workbench and begin."""
        if self._handle_signals:
            loop = asyncio.get_running_loop()
            for number in SIGNALS:
                loop.add_signal_handler(number, self._leave, 128 + number)
        self._set_place()
        self._ticker = self.set_interval(SLOW_S if self._slow else FAST_S, self.tick)
        if self._begins_with is not None:
            self._begins_with(self)
            return
        self.session.read()
        if self._target is not None:
            self.session.trace_target(*self._target)

    def _leave(self, code: int) -> None:
        self.exit(return_code=code)

    async def action_quit(self) -> None:
        """Leave at once; connections are closed after the terminal is the user's again."""
        self._leave(0)

    def action_interrupt(self) -> None:
        """Leave as SIGINT would; in a line of input only the second time in a row."""
        if isinstance(self.focused, Input) and not self._interrupted:
            self._interrupted = True
            self.tell("press Ctrl+C once more to leave")
            self.set_timer(3, self._forget_interrupt)
            return
        self._leave(128 + signal.SIGINT)

    def _forget_interrupt(self) -> None:
        self._interrupted = False

    def _handle_exception(self, error: Exception) -> None:
        """Keep a bug for whoever runs the app: it is told when the terminal is the user's again."""
        self.crash = self.crash or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Leave after a bug; Textual would print a traceback with all local variables, secrets too."""
        self._close_messages_no_wait()

    # -- the bridge ----------------------------------------------------------------------------------

    def wake(self) -> None:
        """Something was asked of the engine: look after what it says."""
        if self._ticker is not None:
            self._ticker.resume()
        self._show(Changed.TRACE | Changed.TABLE)

    def tick(self) -> None:
        """Show what the engine has said since the last time."""
        self.hear_behind()
        changed = self.session.deliver()
        while self.session.mishaps:
            self.tell(self.session.mishaps.pop(0))
        second = int(self.session.now)
        if (self.session.tracing or self.session.looking) and second != self._second:
            changed |= Changed.TRACE
        self._second = second
        if changed:
            self._show(changed)
            self._browse_if_due()
        elif self.session.bridge.idle and self.is_idle_behind and self._ticker is not None:
            self._ticker.pause()
        self.hear_go()

    def _show(self, changed: Changed) -> None:
        if self.workbench.is_mounted:
            if Changed.ENVIRONMENT in changed:
                self._set_place()
            self.workbench.show(changed)
        if isinstance(self.screen, DetailScreen):
            self.screen.refresh_details()
        if isinstance(self.screen, Overlay) and self.screen.FOLLOWS:
            self.screen.redraw()
        if Changed.PATHS in changed and isinstance(self.screen, PromptScreen):
            self.screen.offer(self.workbench.shown.known)

    def session_changed(self) -> None:
        """Another session is there: show all of it."""
        self._show(Changed.ENVIRONMENT | Changed.TRACE | Changed.TABLE)
        self._browse_if_due()

    def _browse_if_due(self) -> None:
        """Ask for versions once the trace is over, so that its times are its own."""
        session = self.session
        if session.trace.finished is not None and not session.has_browsed and self.workbench.modules_in_sight:
            session.browse()
            self.wake()
            self.expect_versions()

    @on(ShowModules)
    def _modules_shown(self) -> None:
        if not self.session.has_browsed:
            self.session.browse()
            self.wake()
            self.expect_versions()

    # -- what to trace -------------------------------------------------------------------------------

    @on(TreePane.Suggested)
    def _suggested(self, event: TreePane.Suggested) -> None:
        self.trace_target(event.path)

    def trace_target(self, text: str | None) -> None:
        """Trace PATH@QUERY; None for nothing."""
        if text:
            text = self.workbench.shown.real(text.strip())
            self.session.trace_target(*parse_target(text.split()[-1]))
            self.workbench.show_pane("tree")
            self.wake()

    def action_ask_target(self) -> None:
        """Ask what to trace."""
        shown = self.workbench.shown
        note = "a module path, and behind @ a version, latest, a branch or a comparison such as <v1.5.0"
        known, verb = shown.known, "trace it"
        screen = PromptScreen("Trace PATH@QUERY", shown.target, suggestions=known, note=note, verb=verb)
        self.push_screen(screen, self.trace_target)
        self.session.learn_paths()
        self.wake()

    def action_again(self) -> None:
        """Once more, with fresh settings."""
        self.session.again()
        self.wake()

    def action_stop(self) -> None:
        """Stop everything."""
        if not self.session.stop():
            self.tell("nothing is under way")
        self.wake()

    def _set_place(self) -> None:
        if self.replay_place:
            self.workbench.set_place(self.replay_place)
            return
        if self._plan is None:
            scene = self.session.scene
            if scene is not None:
                self.workbench.set_place(scene.environment.go_version or "no go found")
            return
        self.set_demo_place()

    # -- help, clipboard, palette --------------------------------------------------------------------

    def action_help(self) -> None:
        """All keys."""
        from tui.actions import help_sections
        from tui.screens.help_screen import HelpScreen

        if isinstance(self.screen, HelpScreen):
            self.pop_screen()
            return
        if any(isinstance(screen, HelpScreen) for screen in self.screen_stack):
            return
        sections = help_sections(self)
        self.push_screen(HelpScreen(sections), self._do)

    async def _do(self, chosen: Done | None) -> None:
        if chosen is not None:
            await self.run_action(chosen.action, chosen.place)  # type: ignore[arg-type]

    def get_key_display(self, binding: Binding) -> str:
        """The name of a key in the footer."""
        shown = self.symbols.enter if binding.key == "enter" else super().get_key_display(binding)
        return self.symbols.show(shown)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette's entries: Textual's own, and every action of ours by what it does."""
        from tui.actions import action_commands

        yield from super().get_system_commands(screen)
        yield from action_commands(self)
        yield SystemCommand("Saved session", "Which file keeps what was said", self.action_saved)
