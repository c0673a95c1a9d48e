"""Where a replay is on its tape, and how fast it moves: a clock that can be stopped and sped up."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 50.0)
"""Those that the keys go through."""


class Playhead:
    """A place on a tape of a certain length; begins to move when it is made."""

    def __init__(self, length: float, speed: float = 1.0, clock: Callable[[], float] = monotonic) -> None:
        self.length = length
        self.speed = speed
        self._clock = clock
        self._place = 0.0
        self._since: float | None = clock()
        """When it came to its place; None while it stands."""
        if not speed:
            self.jump(length)

    @property
    def place(self) -> float:
        """Seconds from the start of the tape."""
        if self._since is None:
            return self._place
        return min(self.length, self._place + (self._clock() - self._since) * self.speed)

    @property
    def at_end(self) -> bool:
        """Whether there is nothing left."""
        return self.place >= self.length

    @property
    def is_paused(self) -> bool:
        """Whether somebody has stopped it."""
        return self._since is None

    @property
    def moves(self) -> bool:
        """Whether it will be somewhere else in a moment."""
        return self._since is not None and not self.at_end

    def pause(self) -> None:
        """Stand still."""
        self._place, self._since = self.place, None

    def go_on(self) -> None:
        """Move again."""
        self._place, self._since = self.place, self._clock()

    def jump(self, place: float) -> None:
        """Go to another place at once; what stands goes on standing."""
        self._place = min(max(0.0, place), self.length)
        self._since = None if self._since is None else self._clock()

    def change_speed(self, direction: int) -> float:
        """The next speed up or down; returns it."""
        self._place, self._since = self.place, None if self._since is None else self._clock()
        near = [one for one in SPEEDS if (one > self.speed if direction > 0 else 0 < one < self.speed)]
        if not self.speed:
            self.speed = SPEEDS[-1]
        elif near:
            self.speed = near[0] if direction > 0 else near[-1]
        return self.speed
