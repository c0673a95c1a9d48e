"""The part of the app that goes back in time: saved sessions, replays, reports.

A replay takes the place of the live session on the screen. The live one stays as it is behind it: what its
engine goes on to say is folded and saved as ever, and it is there again when the replay is left.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.dom import DOMNode

from tui.keys import footer_key, key
from tui.looking import LookingApp
from tui.messages import Back
from tui.playing import PlayingApp
from tui.session import Session
from tui.sharing import SharingApp

if TYPE_CHECKING:
    from probes.share.session_file import SessionInfo
    from probes.share.tape import Tape
    from tui.played_session import PlayedSession

REFUSAL = "a replay asks nobody and changes nothing; Esc goes back to live"

_ASKING = frozenset({"ask_target", "again", "fetch", "ask_all", "worlds"})
"""Actions that ask somebody, beside those of the parts of the app that do nothing else."""
_HARMLESS = frozenset({"lines"})
"""Actions of such parts that ask nobody all the same."""
_TAPE_KEYS = ("full_stop", "left_square_bracket", "right_square_bracket")
"""Keys that belong to the tour where there is no replay."""


def _shared(owner: type, keys: tuple[str, ...]) -> list[BindingType]:
    """Bindings of a part below that stand at keys of this one: a class hides those of its bases."""
    found = {}
    for base in reversed(owner.__mro__):
        for binding in vars(base).get("BINDINGS", ()):
            if isinstance(binding, Binding) and set(binding.key.split(",")) & set(keys):
                found[binding.key] = binding
    return list(found.values())


class ReplayingApp(PlayingApp):
    """An app that can show again what was saved."""

    HELP_TITLE = "Sessions and reports"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("R", "sessions", "sessions", "Recent sessions; in a replay, back to the live session"),
        key("X", "export", "export", "Write a report: Markdown, HTML, text, JSON, a picture"),
        footer_key("full_stop", "tape_pause", "tape.pause", "pause", "Replay: stop, go on, once more"),
        key("right_curly_bracket", "tape_speed(1)", "tape.faster", "Replay: faster"),
        key("left_curly_bracket", "tape_speed(-1)", "tape.slower", "Replay: slower"),
        key("right_square_bracket", "tape_jump(1)", "tape.next", "Replay: the next trace of the session"),
        key("left_square_bracket", "tape_jump(-1)", "tape.before", "Replay: the trace before"),
        *_shared(PlayingApp, _TAPE_KEYS),
    ]

    _behind: Session | None = None
    """The live session, while a replay is on the screen."""

    # -- what the rest of the app asks ---------------------------------------------------------------

    @property
    def is_replaying(self) -> bool:
        """Whether a saved session is on the screen."""
        return self.session.IS_REPLAY

    @property
    def replay_place(self) -> str:
        """Where the trace of a replay took place; "" outside of replays."""
        if not self.is_replaying:
            return ""  # what replays need is not loaded without them
        from tui.played_session import PlayedSession
        from tui.screens.sessions_screen import when

        if not isinstance(self.session, PlayedSession):
            return ""
        header, started = self.session.header, self.session.trace.started
        saved = f"saved {when(header.time)}" if header is not None and header.time else "a recording"
        go = "" if started is None else started.go_version or "no go found"
        return " · ".join(filter(None, (saved, go)))

    def hear_behind(self) -> None:
        """Have the live session take in what its engine says while nobody looks."""
        if self._behind is not None:
            self._behind.deliver()

    @property
    def is_idle_behind(self) -> bool:
        """Whether the live session has come to rest."""
        return self._behind is None or self._behind.bridge.idle

    # -- coming and going ----------------------------------------------------------------------------

    def play_tape(
        self,
        tape: Tape,
        *,
        speed: float = 1.0,
        trace: int | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Show a saved session in the place of the live one, from the trace with this number on."""
        from tui.played_session import PlayedSession

        if self._behind is None:
            self._behind = self.session
        played = PlayedSession(tape, speed=speed, clock=clock)
        played.refusal = REFUSAL
        if trace is not None:
            played.go_to(trace)
        self._go_to(played)

    def leave_replay(self) -> bool:
        """Go back to the live session, as it is by now; returns whether there was a replay to leave."""
        if self._behind is None:
            return False
        live, self._behind = self._behind, None
        self._go_to(live)
        if live.scene is None:
            live.read()  # the app was opened with the replay: now its own settings are wanted
        return True

    def _go_to(self, session: Session) -> None:
        self.session = session
        self.workbench.follow(session)
        self.clear_notifications()
        self.session_changed()
        if self.workbench.is_mounted:
            self.workbench.refresh_bindings()
        self.wake()

    def session_changed(self) -> None:
        """Another session is there: show all of it."""
        raise NotImplementedError

    @on(Back)
    def _back(self, event: Back) -> None:
        if self.leave_replay():
            event.prevent_default()

    # -- the tape ------------------------------------------------------------------------------------

    @property
    def _played(self) -> PlayedSession:
        from tui.played_session import PlayedSession

        assert isinstance(self.session, PlayedSession)
        return self.session

    def action_tape_pause(self) -> None:
        """Stop or go on; from the end, once more from the beginning."""
        if self._played.at_end:
            self.tell("once more, from the beginning")
        self._played.toggle()
        self.wake()

    def action_tape_speed(self, direction: int) -> None:
        """Faster or slower."""
        self._played.head.change_speed(direction)
        self.wake()

    def action_tape_jump(self, direction: int) -> None:
        """To another trace of the session."""
        played = self._played
        if not played.jump(direction):
            count = len(played.tape.starts)
            which = "last" if direction > 0 else "first"
            self.tell("the session has only one trace" if count == 1 else f"this is its {which} trace")
        self.wake()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys of the tape are only there while one is played, and those that ask only elsewhere."""
        if action.startswith("tape_"):
            return self.is_replaying
        if self.is_replaying and _asks(action):
            return None
        return super().check_action(action, parameters)

    async def run_action(
        self,
        action: str | tuple[str, str, tuple[Any, ...]],
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Refuse in one sentence whatever would ask somebody during a replay."""
        name = action.partition("(")[0].rpartition(".")[2] if isinstance(action, str) else action[1]
        if self.is_replaying and _asks(name):
            self.clear_notifications()
            self.tell(REFUSAL)
            return True
        return await super().run_action(action, default_namespace, namespaces)

    # -- sessions ------------------------------------------------------------------------------------

    def action_sessions(self) -> None:
        """List the saved sessions; from a replay, go back."""
        if self.leave_replay():
            return
        if self.touring:
            self.tell("the tour is on: Esc ends it, then R lists the sessions")
            return
        from probes.share.session_file import list_sessions, sessions_folder
        from tui.screens.sessions_screen import SessionsScreen

        folder = sessions_folder()
        recorder = self.session.said.recorder
        current = None if recorder is None else recorder.path
        problem = "" if recorder is None else recorder.problem
        screen = SessionsScreen(
            lambda: (list_sessions(folder), _why_none(folder, problem)), current=current, mask=_masked_target
        )
        self.push_screen(screen, self._open_session)

    def action_export(self) -> None:
        """Write a report of what is on the screen."""
        if self.session.trace.started is None:
            self.tell("nothing was traced yet, so there is nothing to report")
            return
        from tui.exporting import Exporter

        Exporter(self).ask()

    def _open_session(self, file: Path | None) -> None:
        if file is not None:
            self.run_worker(self._load_session(file), exclusive=True, group="sessions")

    async def _load_session(self, file: Path) -> None:
        """Read it in a thread, for it may be long."""
        from probes.share.session_reader import BadSession

        def read() -> Tape:
            from probes.share.session_reader import bounded_lines
            from probes.share.state import open_regular
            from probes.share.tape import read_tape

            with open_regular(file) as lines:
                return read_tape(bounded_lines(lines))

        try:
            tape = await asyncio.to_thread(read)
        except (OSError, BadSession) as error:
            words = getattr(error, "strerror", None) or str(error)
            self.tell(f"{file.name} cannot be played: {words}")
        else:
            self.play_tape(tape)


def _asks(action: str) -> bool:
    """Whether an action would ask somebody, or change something.

    Every part of the app between looking and playing is there to do so, but for those that hand things on.
    """
    if action in _ASKING:
        return True
    parts = [part for part in PlayingApp.__mro__ if issubclass(part, LookingApp) and part is not SharingApp]
    return action not in _HARMLESS and any(
        isinstance(binding, Binding) and binding.action.partition("(")[0] == action
        for part in parts
        for binding in vars(part).get("BINDINGS", ())
    )


def _masked_target(info: SessionInfo) -> str:
    """What a session is about, under other names."""
    from probes.share.privacy import Mask

    header = info.header
    if not header.path:
        return "no trace"
    masked = Mask.of((), header=header).header(header)
    return f"{masked.path}@{masked.query}"


def _why_none(folder: Path | None, problem: str) -> str:
    """Why there are no sessions; ``problem`` is why this one could not be saved, or ""."""
    if folder is None:
        return "no session can be saved: neither XDG_STATE_HOME nor HOME names a folder"
    if os.environ.get("MODTRACE_NO_SESSION"):
        return f"no session is saved in {folder}: MODTRACE_NO_SESSION is set, so none is kept"
    if problem:
        return f"no session is saved in {folder}: {problem.removeprefix('the session is not saved: ')}"
    return f"no session is saved in {folder}: nothing was traced yet, and the demo keeps none"
