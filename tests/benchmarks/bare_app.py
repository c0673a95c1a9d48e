"""What a bare Textual app costs: a few lines of text, three lists by the line API, a line of input, a footer.

It does what modtrace's workbench does at the least: the same widgets, as many rows, nothing behind them. It is
the yardstick of terminal_weight.py and not part of modtrace.
"""

from __future__ import annotations

import os
import sys
import threading
import time

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Footer, Input, Static

_KEYS = (("t", "trace"), ("r", "again"), ("W", "worlds"), ("slash", "find"), ("f1", "help"), ("q", "quit"))


class BareList(ScrollView, can_focus=True):
    """Rows with a cursor."""

    DEFAULT_CSS = "BareList { height: 1fr; width: 1fr; scrollbar-size-vertical: 1; }"
    BINDINGS = [Binding("j", "move(1)", show=False), Binding("k", "move(-1)", show=False)]  # noqa: RUF012

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count
        self._cursor = 0

    def on_mount(self) -> None:
        """There are rows from the beginning."""
        self.fill(self._count)

    def fill(self, count: int) -> None:
        """Show so many rows."""
        self._count = count
        self.virtual_size = Size(0, count)
        self.refresh()

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        for y in (self._cursor, self._cursor + step):
            self.refresh(Region(0, y - self.scroll_offset.y, self.size.width, 1))
        self._cursor += step
        if self._cursor - self.scroll_offset.y >= self.size.height:
            self.scroll_to(y=self._cursor - self.size.height + 1, animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """One row."""
        at, base, width = y + self.scroll_offset.y, self.rich_style, self.scrollable_content_region.width
        if at >= self._count:
            return Strip.blank(width, base)
        style = base + Style(reverse=at == self._cursor and self.has_focus)
        return Strip([
            Segment(f"  version v1.0.{at} ", style),
            Segment("✓ ", style + Style(color="green")),
            Segment("mirror.corp.example, goproxy.example", style + Style(dim=True)),
        ]).adjust_cell_length(width, style)  # fmt: skip


class BareApp(App[None]):
    """The yardstick."""

    CSS = "Input { border: none; height: 1; } #right { width: 1fr; } Footer { background: transparent; }"
    BINDINGS = [Binding(letter, word, word) for letter, word in _KEYS]  # noqa: RUF012
    ENABLE_COMMAND_PALETTE = False

    def compose(self) -> ComposeResult:
        """As many widgets as the workbench shows."""
        yield Static("bare demo.example/hello@latest", markup=False)
        yield Static("Everything works: two proxies, both well.", markup=False)
        yield Static("✓ go would download demo.example/hello v1.2.0", markup=False)
        with Horizontal():
            yield BareList(20)
            with Vertical(id="right"):
                yield BareList(20)
                yield BareList(4)
        yield Input()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The first list has the keys; with an argument ten thousand rows come in, four times."""
        self.query(BareList).first().focus()
        if "stream" in sys.argv:
            threading.Thread(target=self._stream, daemon=True).start()

    def _stream(self) -> None:
        for _ in range(4):
            time.sleep(0.8)
            self.call_from_thread(self.query(BareList).first().fill, 10_000)

    def action_quit_now(self) -> None:
        """Leave."""
        self.exit()


if __name__ == "__main__":
    os.environ.setdefault("TEXTUAL_THEME", "ansi-dark")
    BareApp().run()
