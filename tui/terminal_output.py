"""What is written to the terminal: only the cells that are not yet what they should be.

Textual 8.2 writes every region that was marked as changed, whole, with the style of every piece spelled out
(textual/_compositor.py), and while it starts it marks the whole screen several times: for the styles, the
layout, the first content, the bindings of the footer. Most of those cells stay as they are. Here what Textual
has composed is drawn on a Canvas, and what differs is written.

As long as the terminal has not taken a frame, the next ones are only drawn; when it has, one frame brings it
up to date. So a slow line never stops the app, nor do old frames stand in the queue before an answer.

With MODTRACE_FULL_REPAINT=1, or on another driver than the one for Unix terminals, all is left to Textual.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from rich.color import ColorSystem
from rich.console import RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen

from tui.canvas import Canvas, Piece

_SYNC_START, _SYNC_END = "\x1b[?2026h", "\x1b[?2026l"


class TakesFrames(Driver):
    """A driver that knows whether the terminal has taken a frame, and whether its screen was switched."""

    is_busy = False
    """Whether a frame is still on its way."""
    was_switched = False
    """Whether the terminal has gone to its other screen, where nothing of ours stands."""

    def write_frame(self, frame: str) -> None:
        """Write a frame."""
        self.is_busy = True
        self.write(frame)

    def taken(self) -> None:
        """Everything has been written. Called in any thread."""
        if self.is_busy:
            self.is_busy = False
            self._tell()

    def switched(self) -> None:
        """The terminal has gone to its other screen. Called also in the handler of a signal."""
        self.is_busy = False
        self.was_switched = True
        self._tell()

    def _tell(self) -> None:
        if isinstance(self._app, FrugalApp) and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._app.catch_up)


class FrugalDriver(TakesFrames, LinuxDriver):
    """The driver for Unix terminals."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._file: Any = _Line(self._file, self.taken)

    def start_application_mode(self) -> None:
        """Also after a suspension."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self.switched()


class _Line:
    """The file that leads to the terminal."""

    def __init__(self, file: TextIO, taken: Callable[[], None]) -> None:
        self._file = file
        self._taken = taken
        self.write = file.write
        self.fileno = file.fileno

    def flush(self) -> None:
        """Called by the writer when nothing more is to be written."""
        self._file.flush()
        self._taken()


class FrugalApp(App[None]):
    """An app that writes to the terminal only what has changed there."""

    def __init__(self) -> None:
        super().__init__()
        self._canvas = Canvas()
        self._caret = ""
        self.after_first_frame: list[Callable[[], None]] = []
        """What is to be done only when there is something to look at."""

    def get_driver_class(self) -> type[Driver]:
        """The driver for Unix terminals, if nobody wants another."""
        found = super().get_driver_class()
        if os.environ.get("MODTRACE_FULL_REPAINT", "") not in ("", "0") or found is not LinuxDriver:
            return found
        return FrugalDriver

    def on_ready(self) -> None:
        """What was made until now stays: from the first frame on, rubbish is looked for in the rest alone."""
        if not gc.isenabled():
            self.call_after_refresh(_collect_again)
        for work in self.after_first_frame:
            self.call_after_refresh(work)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Draw what Textual has composed, and write it if the terminal can take it."""
        takes_frames = isinstance(self._driver, TakesFrames)
        if not takes_frames or not isinstance(renderable, LayoutUpdate | ChopsUpdate):
            super()._display(screen, renderable)
            return
        try:
            if self._running and not self._closed and not self._batch_count:
                colors = self.console._color_system or ColorSystem.TRUECOLOR
                width, height = self.size
                self._canvas.draw((width, height), _pieces(renderable), colors)
                x, y = self.screen.outer_size.clamp_offset(self.cursor_position)
                self._caret = f"\x1b[{y + 1};{x + 1}H" if x or y else ""
                self.catch_up()
        except Exception as error:
            self._handle_exception(error)
        finally:
            self.post_display_hook()

    def action_draw_anew(self) -> None:
        """Write every cell: another program may have written on the same terminal."""
        self._canvas.forget()
        self.catch_up()
        self.screen.refresh()

    def catch_up(self) -> None:
        """Write what the terminal does not show yet, unless it is still taking something."""
        driver = self._driver
        if not isinstance(driver, TakesFrames) or driver.is_busy or not self._running or self._closed:
            return
        if driver.was_switched:
            driver.was_switched = False
            self._canvas.switched()
        frame = self._canvas.frame() if self._canvas.is_stale else ""
        if frame:
            start, end = (_SYNC_START, _SYNC_END) if self._sync_available else ("", "")
            driver.write_frame(f"{start}{frame}{self._caret}{end}")


def _collect_again() -> None:
    gc.freeze()
    gc.enable()


def _pieces(update: LayoutUpdate | ChopsUpdate) -> Iterator[Piece]:
    """The strips of an update, with their columns and rows."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in strips:
                yield x, y, strip
                x += strip.cell_length
        return
    for y, start, stop in update.spans:
        for end, (x, piece) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if piece is not None and x < stop and end > start:
                yield x, y, piece
