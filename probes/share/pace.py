"""How fast a saved session is played: as it happened, but for the pauses in which nobody was waiting."""

from __future__ import annotations

LONGEST_IDLE_S = 2.0
"""A pause in which nothing was on its way is shortened to this: somebody was reading."""
LONGEST_PAUSE_S = 86_400.0
"""A hostile file may ask for more than Python can sleep."""


def pause(before: float | None, t: float, *, running: bool) -> float:
    """Seconds to wait between two entries; ``running`` says whether something was on its way between them."""
    waited = 0.0 if before is None else min(max(0.0, t - before), LONGEST_PAUSE_S)
    return waited if running else min(waited, LONGEST_IDLE_S)
