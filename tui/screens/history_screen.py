"""What was traced here before, the latest first; one of them can be traced again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from tui.keys import key
from tui.lines import Role, Row, fit_middle, line, pad, spread, wrap
from tui.screens.overlay import Overlay
from tui.screens.sessions_screen import when
from tui.symbols import Symbols
from tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from probes.share.history import Visit

Names = Callable[[Sequence[tuple[str, str]]], list[str]]
"""Says PATH@QUERY of each of several questions, under other names where those are wanted."""


class HistoryScreen(Overlay[str]):
    """The result is PATH@QUERY of what is to be traced again, or None."""

    HINT: ClassVar[str] = "enter trace it   / find   y copy   p privacy   esc back"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("H", "leave", "history.leave", "Back"),
        key("p", "privacy", "history.privacy", "Hosts, users and private paths under other names, and back"),
    ]

    def __init__(self, visits: Sequence[Visit], names: Names) -> None:
        super().__init__("Traced before")
        self._visits = visits
        self._names = names

    def make_rows(self, width: int) -> list[Row]:
        """One row a question."""
        if not self._visits:
            words = "nothing was traced here before: press t and type a module path"
            parts = wrap(words, width - 4)
            return [Row(("none", at), line(f"  {part}"), selectable=False) for at, part in enumerate(parts)]
        names = self._names([(visit.path, visit.query) for visit in self._visits])
        return [
            visit_row(at, visit, name, width, self.symbols)
            for at, (visit, name) in enumerate(zip(self._visits, names, strict=True))
        ]

    def action_privacy(self) -> None:
        """Hide what is private, or show it again; in the list too."""
        self.toggle_privacy()

    @on(LineList.Opened)
    def _opened(self, event: LineList.Opened) -> None:
        if isinstance(event.key, int):
            visit = self._visits[event.key]
            self.dismiss(f"{visit.path}@{visit.query}")


def visit_row(at: int, visit: Visit, name: str, width: int, symbols: Symbols) -> Row:
    """When, how it ended, what it was about; at the right how often."""
    symbol, word, role = _ending(visit.outcome, symbols)
    head = line("  ", (pad(when(visit.time), 18), Role.FAINT), (symbol, role), f" {pad(word, 15)}")
    often = line((f"{visit.count} times " if visit.count > 1 else "", Role.FAINT))
    shown = fit_middle(name, max(16, width - head.width - often.width - 1), cut=symbols.cut)
    full = head + line((name, Role.STRONG))
    text = spread(head + line((shown, Role.STRONG)), often, width, cut=symbols.cut)
    return Row(at, text, copy=name, full=full if shown != name else None)


def _ending(outcome: str, symbols: Symbols) -> tuple[str, str, Role]:
    return {
        "ok": (symbols.ok, "ok", Role.OK),
        "fails": (symbols.fail, "go fails", Role.FAIL),
        "unknown": (symbols.unknown, "could not tell", Role.WARN),
        "cancelled": (symbols.unknown, "was stopped", Role.WARN),
    }.get(outcome, (symbols.idle, "", Role.FAINT))
