"""The sessions that were saved on this machine, the newest first; one of them can be looked at again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from tui.drawing.figures import size
from tui.keys import key
from tui.lines import Line, Role, Row, line, pad, spread, wrap
from tui.screens.overlay import Overlay
from tui.symbols import Symbols
from tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from probes.share.session_file import SessionInfo


class SessionsScreen(Overlay[Path]):
    """The result is the file of the session that was chosen, or None."""

    HINT: ClassVar[str] = "enter look at it again   / find   y copy the file's name   esc back"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("R", "leave", "sessions.leave", "Back"),
        key("p", "privacy", "sessions.privacy", "Hosts, users and private paths under other names, and back"),
    ]

    def __init__(
        self,
        read: Callable[[], tuple[Sequence[SessionInfo], str]],
        *,
        current: Path | None = None,
        mask: Callable[[SessionInfo], str] | None = None,
    ) -> None:
        super().__init__("Saved sessions")
        self._read = read
        """Reads the list, and says why it is empty; blocks."""
        self._sessions: Sequence[SessionInfo] = ()
        self._why_none = ""
        self._current = current
        self._mask = mask
        """Says what a session is about when everything private stands under other names."""

    async def on_mount(self) -> None:
        """Read the list in a thread, for there may be much to read; keys that are typed meanwhile wait."""
        self._sessions, self._why_none = await asyncio.to_thread(self._read)
        self.redraw()

    @property
    def _is_private(self) -> bool:
        return bool(getattr(self.app, "is_private", False))

    def make_rows(self, width: int) -> list[Row]:
        """One row a session."""
        if not self._sessions:
            words = "no sessions are shown: privacy is on" if self._is_private else self._why_none
            parts = wrap(words, width - 4)
            return [Row(("why", at), line(f"  {part}"), selectable=False) for at, part in enumerate(parts)]
        return [self._row(info, width) for info in self._sessions]

    def _row(self, info: SessionInfo, width: int) -> Row:
        about = _target(info) if not (self._is_private and self._mask) else self._mask(info)
        copied = info.file.name if self._is_private else str(info.file)
        here = self.symbols.here if info.file == self._current else " "
        return Row(info.file, session_line(info, about, here, width, self.symbols), copy=copied)

    def action_privacy(self) -> None:
        """Hide what is private, or show it again; in the list too."""
        self.toggle_privacy()

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        if isinstance(event.key, Path):
            self.dismiss(event.key)


def _target(info: SessionInfo) -> str:
    return f"{info.header.path}@{info.header.query}" if info.header.path else "no trace"


def session_line(info: SessionInfo, about: str, here: str, width: int, symbols: Symbols) -> Line:
    """When, how it ended, what it is about; at the right what ran and how large the file is.

    Values that were only tried are told from what is real.
    """
    symbol, word, role = ending_of(info, symbols)
    left = line(
        f" {here} ", (pad(when(info.header.time), 17), Role.FAINT), (symbol, role), f" {pad(word, 15)}",
    )  # fmt: skip
    if info.what_if:
        left = left + line((f"{symbols.unreal} what if, not real  ", Role.WARN))
    left = left + line((about, Role.STRONG))
    if info.then_what_if:
        left = left + line((f"  {symbols.unreal} then what if", Role.WARN))
    right = line((f"{pad(info.header.command, 6)} {size(info.size):>8} ", Role.FAINT))
    return spread(left, right, width, cut=symbols.cut)


def ending_of(info: SessionInfo, symbols: Symbols) -> tuple[str, str, Role]:
    """How the last trace of a session ended: a symbol, a word, a colour."""
    words = {
        "ok": (symbols.ok, "ok", Role.OK),
        "fails": (symbols.fail, "go fails", Role.FAIL),
        "unknown": (symbols.unknown, "could not tell", Role.WARN),
        "cancelled": (symbols.unknown, "was stopped", Role.WARN),
    }
    if info.outcome in words:
        return words[info.outcome]
    if info.in_use:
        return symbols.busy, "is running", Role.BUSY
    return symbols.warn, "broke off", Role.WARN


def when(time: str) -> str:
    """A time as the clock on the wall has it; what is no time as it stands."""
    try:
        then = datetime.fromisoformat(time.replace("Z", "+00:00")).astimezone()
    except (ValueError, OverflowError, OSError):  # the first and the last day that there is, in another zone
        return time
    return f"{then:%Y-%m-%d %H:%M}"
