"""Zoom: one pane has the screen to itself, at every size, and gives it back."""

from __future__ import annotations

import pytest

from tests.app_support import BROAD, NARROW, WIDE, opened, press, screen_text, world_app
from tui.app import ModtraceApp


def in_sight(app: ModtraceApp) -> list[str]:
    """The panes that have a place on the screen."""
    return [str(pane.id) for pane in app.workbench._panes() if pane.region.area > 0]


@pytest.mark.parametrize("size", [NARROW, WIDE, BROAD])
async def test_z_gives_the_pane_the_screen_and_takes_it_back(size: tuple[int, int]) -> None:
    app = world_app("portal")
    async with opened(app, size) as pilot:
        before, panes = screen_text(app).splitlines(), in_sight(app)
        row = app.workbench.tree_pane.list.cursor_row
        assert row is not None
        await press(pilot, "z")
        assert in_sight(app) == ["tree"]
        assert app.workbench.tree_pane.region.size == (size[0], size[1] - 2)  # the title and the footer
        assert "[zoom" in screen_text(app).splitlines()[0]
        assert app.workbench.verdict.region.area == 0
        assert app.workbench.tree_pane.list.has_focus
        await press(pilot, "z")
        assert in_sight(app) == panes
        after = screen_text(app).splitlines()
        assert (after[:6], after[-1]) == (before[:6], before[-1])
        assert app.workbench.tree_pane.list.cursor_row == row
        assert any(row.line.text.split()[1] in line for line in after)


@pytest.mark.parametrize("size", [NARROW, BROAD])
async def test_the_zoom_goes_along_to_other_panes(size: tuple[int, int]) -> None:
    app = world_app("healthy")
    async with opened(app, size) as pilot:
        await press(pilot, "z")
        for key, name in (("1", "environment"), ("3", "modules"), ("2", "tree"), ("tab", "modules")):
            await press(pilot, key)
            assert in_sight(app) == [name]
            assert app.workbench.active_pane.list.has_focus
            assert app.workbench.modules_in_sight is (name == "modules")


@pytest.mark.parametrize("size", [NARROW, BROAD])
async def test_escape_ends_the_search_and_then_the_zoom(size: tuple[int, int]) -> None:
    app = world_app("healthy")
    async with opened(app, size) as pilot:
        panes = in_sight(app)
        await press(pilot, "z", "slash", "m", "o", "d", "enter", "escape")
        assert in_sight(app) == ["tree"]
        assert app.workbench.tree_pane.needle == ""
        await press(pilot, "escape")
        assert in_sight(app) == panes
        assert "[zoom" not in screen_text(app)


async def test_the_details_zoom_too_and_give_the_keys_back() -> None:
    app = world_app("portal")
    async with opened(app, BROAD) as pilot:
        detail = app.workbench.detail
        await press(pilot, "enter", "z")
        assert in_sight(app) == ["detail"]
        assert "[zoom: Details]" in screen_text(app).splitlines()[0]
        assert detail.list.has_focus
        assert "captive portal" in screen_text(app)
        await press(pilot, "escape")
        assert in_sight(app) == ["environment", "tree", "modules", "detail"]
        assert detail.list.has_focus
        await press(pilot, "escape")
        assert app.workbench.tree_pane.list.has_focus


async def test_in_the_zoom_of_a_list_enter_opens_its_details_over_it() -> None:
    app = world_app("portal")
    async with opened(app, BROAD) as pilot:
        await press(pilot, "z", "enter")
        assert app.screen is not app.workbench
        assert "captive portal" in screen_text(app)
        await press(pilot, "escape")
        assert in_sight(app) == ["tree"]


async def test_zoomed_details_end_where_there_is_no_place_for_them() -> None:
    app = world_app("portal")
    async with opened(app, BROAD) as pilot:
        await press(pilot, "enter", "z")
        await pilot.resize_terminal(80, 24)
        await press(pilot)
        assert in_sight(app) == ["tree"]
        assert "[zoom" not in screen_text(app)
        assert app.workbench.tree_pane.list.has_focus


async def test_z_fetches_nothing_in_the_module_browser() -> None:
    app = world_app("healthy")
    async with opened(app, NARROW) as pilot:
        await press(pilot, "3", "z")
        assert app.screen is app.workbench
        assert in_sight(app) == ["modules"]
        await press(pilot, "Z")
        assert "Folder for files" in screen_text(app)
