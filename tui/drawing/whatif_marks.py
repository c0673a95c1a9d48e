"""How what is not real is marked: a symbol, a word and a colour, wherever it stands."""

from __future__ import annotations

from collections.abc import Collection

from tui.lines import Line, Role, fit, line
from tui.symbols import Symbols

WHAT_IF = "what if"


def verdict_line(names: Collection[str], symbols: Symbols, width: int, *, played: bool = False) -> Line:
    """What stands above a verdict that is about settings which are not real; ``played`` in a replay."""
    words = f"{symbols.unreal} with {'' if played else 'your '}what-if values, not real: "
    keys = "" if played else "   u back  w compare"
    head = line((words, Role.WARN))
    room = width - head.width - len(keys)
    return fit(
        head + fit(line((", ".join(names), Role.WARN)), room, cut=symbols.cut) + line((keys, Role.FAINT)),
        width,
    )


def hop_note(symbols: Symbols) -> Line:
    """What stands below a hop that the real settings do not have."""
    return line("      ", (f"{symbols.unreal} {WHAT_IF}: your real settings do not lead here", Role.WARN))


def edge_mark(symbols: Symbols) -> Line:
    """What stands before a separator that is another one in the real settings."""
    return line((f"{symbols.unreal} {WHAT_IF} ", Role.WARN))


def variable_words(value: str) -> str:
    """What stands in the place of the source of a value."""
    return f"{WHAT_IF}, not real" if value else f"{WHAT_IF}: as if the process did not set it"
