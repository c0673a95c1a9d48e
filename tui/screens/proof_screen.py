"""Who vouches for a version: the Merkle path, opened node by node; where there is none, why."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from probes.trace.fold import Trace
from tui.drawing.proof_rows import Masked, proof_rows
from tui.keys import key
from tui.lines import Row, line, wrap
from tui.screens.try_screen import MaskedScreen
from tui.widgets.line_list import LineList

Reasons = Callable[[], list[str]]
"""Why there is nothing to show, in whole sentences."""


class ProofScreen(MaskedScreen):
    """The ladder."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("a", "ask", "prove.ask", "Ask the checksum database about this version now, as go would"),
        key("o", "open_all", "prove.open_all", "Open every node, or close them again"),
    ]
    HINT: ClassVar[str] = "enter open   o all   a ask the database   y copy   / find   esc back"

    def __init__(
        self, trace: Callable[[], Trace], why_not: Reasons, masked: Masked, ask: Callable[[], None],
        leave: Callable[[], None],
    ) -> None:  # fmt: skip
        super().__init__("Who vouches, step by step")
        self._trace = trace
        self._why_not = why_not
        self._masked = masked
        self._ask = ask
        self._leave = leave
        self._folds: dict[tuple[int, str], bool] = {}
        self._all_open = False

    def on_mount(self) -> None:
        """Show what is known."""
        self.redraw()

    def on_unmount(self) -> None:
        """Nobody looks any more: what is under way is stopped."""
        self._leave()

    def make_rows(self, width: int) -> list[Row]:
        """The ladder; without one the reasons."""
        is_open = self._all_open or bool(self.needle)
        reasons = [
            Row(("why", number, part), line(f"   {text}"))
            for number, reason in enumerate(self._why_not())
            for part, text in enumerate(wrap(self._masked(reason), width - 5))
        ]
        rows = proof_rows(
            self._trace(), self._folds, width, self.symbols, self._masked, all_open=is_open
        )
        gap = [Row(("why", "gap"), line(""), selectable=False)] if rows and reasons else []
        return [*reasons, *gap, *rows]

    def show_news(self) -> None:
        """Something has come in."""
        if self.is_mounted:
            self.redraw()

    def action_ask(self) -> None:
        """Ask the database."""
        self._ask()

    def action_open_all(self) -> None:
        """Open or close everything."""
        self._all_open = not self._all_open
        self._folds.clear()
        self.redraw()

    def inside_of(self, key: Hashable) -> Hashable:
        """What a row of an opened node belongs to."""
        if not isinstance(key, tuple) or len(key) < 2 or key[0] == "why":
            return None
        return key[:2] if len(key) > 2 else (key[0], "") if key[1] else None

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        event.stop()
        self._turn(event.key, 0)

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        event.stop()
        self._turn(event.key, event.direction)

    def _turn(self, key: Hashable, direction: int) -> None:
        """Open (1), close (-1) or turn (0) a node; a fold on a row inside goes to its node."""
        if not isinstance(key, tuple) or key[0] == "why":
            return
        node = (int(key[0]), str(key[1]))
        if len(key) > 2:
            if direction <= 0:
                self.list.select(node)
            return
        is_open = self._is_open(node)
        if direction == 0 or (direction > 0) is not is_open:
            self._folds[node] = not is_open
            self._all_open = False
            self.redraw()
        elif direction < 0 and node[1]:
            self.list.select((node[0], ""))

    def _is_open(self, node: tuple[int, str]) -> bool:
        """Whether rows of its own stand below a node."""
        keys = [row.key for row in self.list.rows]
        at = keys.index(node)
        below = keys[at + 1] if at + 1 < len(keys) else None
        return below is not None and self.inside_of(below) == node
