"""Every action by its name: what the help lists and the palette offers, both made of the bindings themselves.

A part of the app is a class with a HELP_TITLE and BINDINGS of its own; it needs no other registration.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textual.app import App, SystemCommand
from textual.binding import Binding

from tui.screens.help_screen import Section, key_words
from tui.screens.workbench import Workbench
from tui.widgets.filter_bar import FilterBar
from tui.widgets.line_list import LineList
from tui.widgets.modules_pane import ModulesPane


def _own(owner: type, app: App[Any]) -> list[Binding]:
    """The bindings that a class adds, without those that cannot be used now (worlds, outside of the demo)."""
    bindings = [binding for binding in vars(owner).get("BINDINGS", ()) if isinstance(binding, Binding)]
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


def help_sections(app: App[Any]) -> list[Section]:
    """The keys, section by section."""
    first, *others = _parts(app)
    owners: list[tuple[str, type]] = [
        (vars(first)["HELP_TITLE"], first),
        ("Workbench", Workbench),
        ("Lists", LineList),
        ("Module browser", ModulesPane),
        *((vars(owner)["HELP_TITLE"], owner) for owner in reversed(others)),
        ("Line to find things in", FilterBar),
    ]
    return [Section(title, bindings) for title, owner in owners if (bindings := _own(owner, app))]


def action_commands(app: Any) -> Iterator[SystemCommand]:
    """One entry of the palette for each action of the app, the workbench and the module browser."""
    places: list[tuple[object, type]] = [(app, owner) for owner in _parts(app)]
    places += [(app.workbench, Workbench), (app.workbench.modules, ModulesPane)]
    for place, owner in places:
        for binding in _own(owner, app):

            async def run(place: Any = place, action: str = binding.action) -> None:
                await app.run_action(action, place)

            yield SystemCommand(binding.tooltip, f"key {key_words(binding.key)}", run)
