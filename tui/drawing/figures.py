"""Times and sizes in few characters, and the bars of the waterfall."""

from __future__ import annotations

from dataclasses import dataclass

from tui.symbols import Symbols


def duration(seconds: float) -> str:
    """A duration to two or three digits: "0.8 ms", "42 ms", "3.9 s", "75 s"."""
    if seconds < 0.0095:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 59.95 else f"{seconds:.0f} s"


def waiting(seconds: float) -> str:
    """How long something has been under way, in whole seconds: changes once a second, "" before the first."""
    return f"{int(seconds)} s" if seconds >= 1 else ""


def size(count: int) -> str:
    """A number of bytes."""
    if count < 1000:
        return f"{count} B"
    if count < 1000 << 10:
        return f"{count / (1 << 10):.1f} KB"
    return f"{count / (1 << 20):.1f} MB"


@dataclass(frozen=True, slots=True)
class Axis:
    """The time axis that all bars of a trace share."""

    seconds: float
    """How long the whole axis is."""
    width: int
    """In cells."""

    def bar(self, began: float, ended: float, symbols: Symbols) -> str:
        """A bar from ``began`` to ``ended``: at least one cell, and blanks up to the width of the axis."""
        if self.width <= 0:
            return ""
        scale = self.width / self.seconds if self.seconds > 1e-9 else 0.0
        start = min(self.width - 1, max(0, int(began * scale)))
        length = max(1, min(self.width - start, round((ended - began) * scale)))
        return " " * start + symbols.bar * length + " " * (self.width - start - length)


def axis_seconds(now: float, *, running: bool) -> float:
    """How long the axis is: the time of the trace; while it runs, grown in steps so that bars stand still."""
    if not running:
        return now
    seconds = 0.05
    while seconds < now:
        seconds *= 2
    return seconds
