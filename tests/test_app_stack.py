"""Screens over one another: each shows the one right under it, whichever of them is drawn anew."""

from __future__ import annotations

import random

import pytest

from tests.app_support import opened, press, screen_text, world_app
from tui.screens.prompt_screen import PromptScreen


@pytest.mark.parametrize("seed", range(4))
async def test_some_of_five_screens_change(seed: int) -> None:
    chance = random.Random(seed)
    app = world_app("healthy")
    async with opened(app) as pilot:
        for number in range(4):
            app.push_screen(PromptScreen(f"Screen {number}", ""))
            await press(pilot)
        for _ in range(8):
            for screen in app.screen_stack:
                if chance.random() < 0.5:
                    screen.refresh()
            app.stylesheet.update_nodes(chance.sample(app.screen_stack, 2))
            await pilot.resize_terminal(chance.choice((60, 80, 120)), 24)
            assert "Screen 3" in screen_text(app)
        await press(pilot, *["escape"] * 4)
        assert len(app.screen_stack) == 1
        assert "Screen" not in screen_text(app)


async def test_the_palette_and_the_help_are_there_once() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, *("ctrl+p", "f1") * 4)
        assert [type(screen).__name__ for screen in app.screen_stack][1:] in (
            ["PaletteScreen"],
            ["PaletteScreen", "HelpScreen"],
        )
