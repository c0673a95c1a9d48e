"""The second looks of one trace: what waits to be looked at again, and how far that has come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from probes.ladder.faults import Rung
from probes.trace.climb_events import RungClimbed
from probes.trace.fold import Trace

MOST_LOOKS = 2
"""How many requests of a failed trace are looked at again without being told to."""
_LAST_RUNG = list(Rung)[-1]


@dataclass(frozen=True, slots=True)
class Wish:
    """A second look that somebody wants: at requests, or with none at what the proxies can do."""

    requests: tuple[int, ...] = ()
    compare: bool | None = None
    """Whether things are done in two ways; None: where no answer came."""
    resolvers: bool = False
    """Whether public resolvers are asked for the name, and so learn it."""


def failed_requests(trace: Trace) -> tuple[int, ...]:
    """The requests of a failed trace that are worth a second look, the one that decided first."""
    from probes.diagnosis.symptoms import requests_to_climb

    return tuple(request.started.request for request in requests_to_climb(trace)[:MOST_LOOKS])


class Looks:
    """Those that wait, and how far the one under way has come."""

    def __init__(self) -> None:
        self.wishes: list[Wish] = []
        self._wish = Wish()
        self._ladders = 0
        """How many ladders there were before."""
        self._at = self._began = 0.0
        """When it began: in seconds of the trace, and by the clock."""

    def begin(self, wish: Wish, trace: Trace, clock: float) -> Wish:
        """One of them begins; returns it."""
        self._wish, self._ladders, self._at, self._began = wish, len(trace.climbs), trace.now, clock
        return wish

    def is_known(self, wish: Wish, *, running: bool) -> bool:
        """Whether that waits already, or is under way."""
        return wish in self.wishes or (running and wish == self._wish)

    def now(self, clock: float) -> float:
        """Seconds of the trace; whole ones of this look."""
        return self._at + int(clock - self._began)

    def request(self, trace: Trace) -> int | None:
        """The request that is being looked at."""
        done = sum(1 for number, rungs in trace.climbs.items() if number >= self._ladders and is_whole(rungs))
        return self._wish.requests[done] if done < len(self._wish.requests) else None

    def end(self, trace: Trace) -> bool:
        """Forget a ladder that was left half way: what is above nobody knows, and it would look sound.

        Returns whether a comparison was wanted and there was nothing to compare.
        """
        mine = [number for number in trace.climbs if number >= self._ladders]
        for number in mine:
            if not is_whole(trace.climbs[number]):
                del trace.climbs[number]
                return False
        return bool(mine and self._wish.compare) and not any(m.climb in mine for m in trace.comparisons)


def is_whole(rungs: Iterable[RungClimbed]) -> bool:
    """Whether a ladder was climbed, or given up, up to its last rung."""
    return any(rung.rung == _LAST_RUNG for rung in rungs)
