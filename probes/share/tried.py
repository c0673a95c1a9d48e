"""Which values of a trace were not those of the machine: what-if values, and those of --set.

Both stand in a trace with the source "overlay". What tells them apart is what the trace says of what really
stood there (TraceStarted.real): it names what-if values and nothing else. Sessions from before minor 2 do not
have it; all that is known of their overlay is that it held for one run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from probes.golang.environment import Source
from probes.trace.events import SettingView, TraceStarted

WHAT_IF_WORDS = "with what-if values, not real"
SET_WORDS = "with --set, for this run only"

_DERIVED = ("GONOPROXY", "GONOSUMDB")
"""Variables that are what GOPRIVATE is, as long as they are not set themselves."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")


@dataclass(frozen=True, slots=True)
class Tried:
    """One what-if value, and what it stood for."""

    name: str
    value: str | None
    """Secrets masked; None where the process was looked at as if it did not set the variable."""
    real: SettingView


@dataclass(frozen=True, slots=True)
class Mark:
    """What a reader has to know before anything else."""

    words: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.words}: {', '.join(self.names)}"


def tried(started: TraceStarted | None) -> tuple[Tried, ...]:
    """The what-if values of a trace; none for one with the real settings."""
    return () if started is None else tuple(_tried(started))


def _tried(started: TraceStarted) -> Iterator[Tried]:
    views = {view.name: view for view in started.settings}
    for real in started.real:
        view = views.get(real.name)
        is_set = view is not None and view.source == Source.OVERLAY
        yield Tried(real.name, view.value if view is not None and is_set else None, real)


def set_for_the_run(started: TraceStarted | None) -> tuple[SettingView, ...]:
    """The values of --set that count in a trace."""
    if started is None:
        return ()
    unreal = {view.name for view in started.real}
    return tuple(
        view for view in started.settings if view.source == Source.OVERLAY and view.name not in unreal
    )


def really_set(started: TraceStarted | None, views: Iterable[SettingView]) -> Iterator[SettingView]:
    """The settings without what was tried; what --set says is still among them."""
    real = {} if started is None else {view.name: view for view in started.real}
    for view in views:
        if view.name in _DERIVED and view.source == Source.DERIVED and "GOPRIVATE" in real:
            yield replace(view, value=real["GOPRIVATE"].value)
        else:
            yield real.get(view.name, view)


def marks(started: TraceStarted | None) -> tuple[Mark, ...]:
    """What stands in the first lines of whatever is said of a trace."""
    both = (
        (WHAT_IF_WORDS, [one.name for one in tried(started)]),
        (SET_WORDS, [view.name for view in set_for_the_run(started)]),
    )
    return tuple(Mark(words, tuple(map(_safe, names))) for words, names in both if names)


def _safe(name: str) -> str:
    """A name that may come from anybody's file."""
    return name if _NAME.fullmatch(name) else "another variable"
