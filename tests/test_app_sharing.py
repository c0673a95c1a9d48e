"""A row as commands to copy."""

from __future__ import annotations

import shlex

import pytest

from tests.app_support import BROAD, NARROW, opened, press, screen_text, settings_app, world_app
from tui.app import ModtraceApp
from tui.drawing.tree_keys import Part, TreeKey
from tui.screens.choice_screen import ChoiceScreen


def told(app: ModtraceApp) -> str:
    """What was said in passing."""
    return "\n".join(str(notice.message) for notice in app._notifications)


def tools(app: ModtraceApp) -> list[str]:
    """The tools that are offered."""
    assert isinstance(app.screen, ChoiceScreen)
    return [row.line.text.split()[0] for row in app.screen.list.rows if row.selectable]


@pytest.mark.parametrize("size", [NARROW, BROAD])
async def test_a_request_is_copied_as_a_command_and_nothing_runs(size: tuple[int, int]) -> None:
    app = world_app("healthy")
    async with opened(app, size) as pilot:
        jobs = len(app.session.bridge.jobs)  # type: ignore[attr-defined]
        app.workbench.tree_pane.list.select(TreeKey(Part.HOP, 0))
        await press(pilot, "Y")
        assert set(tools(app)) == {"curl", "dig", "kdig", "go", "modtrace"}
        assert "curl -q -gsS" in screen_text(app)
        await press(pilot, "enter")
        assert app.screen is app.workbench
        words = shlex.split(app.clipboard)
        assert words[0] == "curl"
        assert words[-1].startswith("http://mirror.corp.example/demo.example/hello/@v/")
        assert "copied: curl" in told(app)
        assert len(app.session.bridge.jobs) == jobs  # type: ignore[attr-defined]


async def test_y_in_the_menu_copies_the_line_and_escape_nothing() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, "Y", "escape")
        assert app.clipboard == ""
        await press(pilot, "Y", "end", "y")
        assert app.clipboard.startswith("(cd ")
        assert "go mod download" in app.clipboard
        assert "…" not in app.clipboard


async def test_a_layer_offers_what_looks_at_it_first() -> None:
    app = world_app("portal")
    async with opened(app) as pilot:
        row = next(row for row in app.workbench.tree_pane.list.rows if row.key.name == "names")  # type: ignore[attr-defined]
        app.workbench.tree_pane.list.select(row.key)
        await press(pilot, "Y")
        assert tools(app)[0] == "dig"


async def test_the_menu_comes_over_the_details_too() -> None:
    app = world_app("portal")
    async with opened(app) as pilot:
        await press(pilot, "enter", "Y")
        assert "curl" in tools(app)


async def test_rows_without_a_request_refuse_in_one_line() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        app.workbench.tree_pane.list.select(TreeKey(Part.CHECKSUMS))
        await press(pilot, "Y")
        assert app.screen is app.workbench
        assert "no request was made for this row" in told(app)
        await press(pilot, "1", "Y")
        assert "choose a row of the tree first" in told(app)
    nothing = settings_app({"GOENV": "off"})
    async with opened(nothing) as pilot:
        await press(pilot, "Y")
        assert "no request was made for this row" in told(nothing)
