"""Keys that have a meaning, but not here and now: one short sentence for each, instead of silence.

The help and the palette leave out what check_action refuses; whoever presses such a key out of habit, or from
the README, is told where it belongs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textual.app import App
from textual.binding import Binding

from tui.screens.help_screen import key_words

_DEMO = "is for the demo, where proxies can be broken on purpose: modtrace demo"
_TAPE = "is for replays: R lists the sessions, and Enter plays one"
_WHY = {
    "worlds": f"{{key}} {_DEMO}",
    "fault": f"{{key}} {_DEMO}",
    "tour": "{key} begins the tour of the demo, which is not here: modtrace demo --tour",
    "tape_speed": f"{{key}} {_TAPE}",
    "tour_pause": "{key} pauses a replay (R) or the tour of the demo{tour}; neither is on",
    "tour_step": "{key} goes on in a replay (R) or in the tour of the demo{tour}; neither is on",
}
_SAME = {"tape_pause": "tour_pause", "tape_jump": "tour_step"}
"""Actions on the same key, of which either would do."""


def why_not(app: App[Any], pressed: str) -> str:
    """Why a key of the app does nothing now; "" for one that has no meaning at all."""
    actions = {name for name in _bound(app, pressed) if app.check_action(name, ()) is not True}
    found = next((_SAME.get(name, name) for name in sorted(actions) if _SAME.get(name, name) in _WHY), None)
    if found is None:
        return ""
    tour = " (T)" if app.check_action("tour", ()) else ""
    return _WHY[found].format(key=key_words(pressed), tour=tour)


def _bound(app: App[Any], pressed: str) -> Iterator[str]:
    """The actions that a key is bound to in any part of the app."""
    for owner in type(app).__mro__:
        for binding in vars(owner).get("BINDINGS", ()):
            if isinstance(binding, Binding) and pressed in binding.key.split(","):
                yield binding.action.partition("(")[0]
