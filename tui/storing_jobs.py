"""What the screen of the module cache asks of the engine: a look, what would be removed, removing it.

All of it blocks, for minutes at worst: it is done in a thread of its own, which ends soon after nobody wants
it any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from tui.bridge import Emit

if TYPE_CHECKING:
    from pathlib import Path

    from probes.cache.mending import Mended, Plan
    from probes.cache.place import Clone
    from probes.cache.spares import Spared
    from probes.cache.survey import Survey
    from probes.golang.environment import Environment

PROGRESS_S = 0.2
"""How often it is told how far it has come."""
MOST_MEASURED = 20
"""Unpacked folders whose sizes are added up for one look."""


@dataclass(frozen=True, slots=True)
class Far:
    """How far it has come."""

    versions: int
    hashed_bytes: int
    bad: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found."""

    survey: Survey
    spared: dict[tuple[str, str], list[Spared]]
    trees: dict[tuple[str, str], int]
    """The bytes of unpacked folders, of some."""
    clones: list[Clone]
    databases: list[tuple[str, int, int]]
    seconds: float


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be removed."""

    plans: list[Plan]


@dataclass(frozen=True, slots=True)
class MendedAll:
    """What was removed."""

    done: list[Mended]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why there is nothing to see."""

    words: str


@dataclass
class CacheLookJob:
    """Look at the cache, a module in it, or a version; says Far, and then Looked or Unreadable."""

    environment: Environment = field(repr=False)
    folder: Path | None
    """The project at hand; None in a world of the demo, where nothing of this machine is read."""
    path: str = ""
    version: str = ""
    verify: bool = False
    _is_wanted: bool = True

    async def run(self, emit: Emit) -> None:
        """Look."""
        from probes.browse.aside import aside

        try:
            emit(await aside(self._look, emit))
        finally:
            self._is_wanted = False

    def _look(self, emit: Emit) -> Looked | Unreadable:
        from probes.cache.at_hand import AtHand, at_hand
        from probes.cache.place import look_at_place
        from probes.cache.survey import Wish, survey
        from probes.golang.dirhash import Abandoned
        from probes.golang.errors import GoError
        from probes.golang.os_errors import errno_words

        began = told = monotonic()
        hand = AtHand() if self.folder is None else at_hand(self.environment, self.folder)
        wish = Wish(look_at_place(self.environment), hand, self.path, self.version, self.verify)
        try:
            for found in survey(wish, lambda: self._is_wanted):
                if monotonic() - told > PROGRESS_S:
                    told = monotonic()
                    emit(Far(found.versions, found.hashed_bytes, len(found.bad)))
        except Abandoned:
            return Unreadable("it was stopped")
        except GoError as error:
            return Unreadable(str(error))
        except OSError as error:
            return Unreadable(f"{error.filename or wish.place.folder}: {errno_words(error)}")
        return _looked(found, monotonic() - began)


def _looked(found: Survey, seconds: float) -> Looked:
    from probes.cache.mending import measured
    from probes.cache.place import clones, clones_of, databases
    from probes.cache.spares import spares

    spared: dict[tuple[str, str], list[Spared]] = {}
    trees: dict[tuple[str, str], int] = {}
    for seen in found.seen:
        key = seen.entry.path, seen.entry.version
        spared[key] = spares(seen.entry, seen.findings)
        if seen.entry.tree is not None and len(trees) < MOST_MEASURED:
            trees[key] = measured(seen.entry.tree_place)[0]
    place, path = found.wish.place, found.wish.path
    if not place.is_there:
        return Looked(found, spared, trees, [], [], seconds)
    kept = clones_of(place.folder, path) if path else clones(place.folder)
    return Looked(found, spared, trees, kept, [] if path else databases(place.folder), seconds)


@dataclass
class CachePlanJob:
    """Find out what would be removed; says Planned."""

    survey: Survey = field(repr=False)
    _is_wanted: bool = True

    async def run(self, emit: Emit) -> None:
        """Find out: of what is poisoned the hashes are made."""
        from probes.browse.aside import aside

        try:
            emit(await aside(self._plan))
        finally:
            self._is_wanted = False

    def _plan(self) -> Planned | Unreadable:
        from probes.cache.survey import plans
        from probes.golang.dirhash import Abandoned
        from probes.golang.errors import GoError

        try:
            return Planned(list(plans(self.survey, lambda: self._is_wanted)))
        except Abandoned:
            return Unreadable("it was stopped")
        except (GoError, OSError) as error:
            return Unreadable(str(error))


@dataclass
class CacheMendJob:
    """Remove what was agreed to; says MendedAll. It is done to its end once it is begun."""

    plans: list[Plan] = field(repr=False)
    survey: Survey = field(repr=False)

    async def run(self, emit: Emit) -> None:
        """Remove."""
        import asyncio

        emit(await asyncio.shield(asyncio.to_thread(self._mend)))

    def _mend(self) -> MendedAll:
        from probes.cache.survey import mended

        return MendedAll([mended(plan, self.survey.wish.looker) for plan in self.plans])
