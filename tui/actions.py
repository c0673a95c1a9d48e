"""Every action by its name: what the help lists and the palette offers, both made of the bindings themselves.

A part of the app is a class with a HELP_TITLE and BINDINGS of its own; it needs no other registration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textual.app import App, SystemCommand
from textual.binding import Binding

from tui.screens.arranged import Arranged
from tui.screens.help_screen import Section, key_words
from tui.screens.overlay import Overlay
from tui.screens.palette_screen import Entry
from tui.screens.workbench import Workbench
from tui.widgets.filter_bar import FilterBar
from tui.widgets.line_list import LineList
from tui.widgets.modules_pane import ModulesPane


def _own(owner: type, app: App[Any]) -> list[Binding]:
    """The bindings that a class adds, without those that cannot be used now (worlds, outside of the demo)."""
    inherited = [binding for base in owner.__mro__[1:] for binding in vars(base).get("BINDINGS", ())]
    bindings = [
        binding
        for binding in vars(owner).get("BINDINGS", ())
        if isinstance(binding, Binding) and not any(binding is one for one in inherited)
    ]
    if not issubclass(owner, App):
        return bindings
    return [binding for binding in bindings if app.check_action(*_call(binding)) is not False]


def _call(binding: Binding) -> tuple[str, tuple[object, ...]]:
    return binding.action.partition("(")[0], ()


def _parts(app: App[Any]) -> Iterator[type]:
    """The classes of the app that have a title in the help, the app's own first."""
    for owner in type(app).__mro__:
        if "HELP_TITLE" in vars(owner):
            yield owner


_HERE = {
    "tree": "enter right left r x c w exclamation_mark Y y b P K f v slash L z",
    "environment": "enter e w E u A C y slash L z",
    "modules": "enter left right a I J M F d S Q i m Z f y slash L z",
    "detail": "escape y Y slash n L z",
}
"""The keys that matter most in a pane, in the order in which somebody in trouble needs them."""


def _here(app: Any) -> Section | None:
    """What one can do where one is; None where that is in the help anyway."""
    if isinstance(app.screen, Overlay):
        owners = [owner for owner in type(app.screen).__mro__ if issubclass(owner, Overlay)]
        bindings = [binding for owner in owners for binding in _own(owner, app)]
        return Section("Here", bindings)
    if app.screen is not app.workbench:
        return None
    pane = app.workbench.keyed_pane
    bound = app.workbench.active_bindings
    found = [bound[name].binding for name in _HERE[str(pane.id)].split() if name in bound]
    return Section(f"Here: {pane.TITLE}", [binding for binding in found if binding.tooltip])


def help_sections(app: Any) -> list[Section]:
    """The keys, section by section; first what can be done where one is."""
    first, *others = _parts(app)
    bench = app.workbench
    owners: list[tuple[str, type, object]] = [
        (vars(first)["HELP_TITLE"], first, app),
        ("Panes", Workbench, bench),
        ("Sizes and zoom", Arranged, bench),
        ("Lists", LineList, None),
        ("Module browser", ModulesPane, bench.modules),
        *((vars(owner)["HELP_TITLE"], owner, app) for owner in reversed(others)),
        ("Line to find things in", FilterBar, None),
    ]
    here = _here(app)
    sections = [Section(title, bound, place) for title, owner, place in owners if (bound := _own(owner, app))]
    return sections if here is None else [here, *sections]


def palette_entries(app: Any) -> Iterator[Entry]:
    """One entry of the palette for each action of the app, the workbench and the module browser."""
    places = [(vars(owner)["HELP_TITLE"], app, owner) for owner in _parts(app)]
    places += [("Panes", app.workbench, Workbench), ("Sizes and zoom", app.workbench, Arranged)]
    places += [("Module browser", app.workbench.modules, ModulesPane)]
    for title, place, owner in places:
        for binding in _own(owner, app):

            async def run(place: Any = place, action: str = binding.action) -> None:
                await app.run_action(action, place)

            name, _ = _call(binding)
            possible = place is not app or app.check_action(name, ()) is not None
            words = f"{name.replace('_', ' ')} {title} {binding.description}"
            yield Entry(binding.tooltip, key_words(binding.key), words, run, possible)


def action_commands(app: Any) -> Iterator[SystemCommand]:
    """The same for whoever asks Textual for its commands."""
    for entry in palette_entries(app):
        yield SystemCommand(entry.title, f"key {entry.keys}", entry.run)
