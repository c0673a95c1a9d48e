"""A monkey at the keyboard: ten thousand random keys at random sizes, and never an exception.

The keys that leave are left out, for the run would end. Each run has a seed of its own, so that a failure can
be had again; MODTRACE_SEARCH=7 plays other seeds, and each number others.
"""

from __future__ import annotations

import os
import random

import pytest

from screenshots.make import TROUBLED
from tests.app_support import opened, press, replay_app, screen_text, settings_app, world_app
from tests.originated import PATH, held_back, refused, went_well
from tui.app import ModtraceApp
from tui.replay import Replay
from tui.symbols import ASCII, UNICODE

RUNS, KEYS, BATCH = 25, 400, 25
"""25 runs of 400 keys are 10,000."""
DEEP = 10
"""More screens over one another than anybody opens: each is drawn through the one above it."""
SIZES = (
    *[(80, 24)] * 10, *[(60, 15)] * 4, *[(40, 10)] * 4, *[(119, 24)] * 3, *[(100, 30)] * 3, *[(120, 36)] * 2,
    *[(20, 5)] * 2, (200, 50), (240, 70),
)  # fmt: skip
"""The common ones most often: a screen of 240x70 takes as long as nine of 80x24."""
WORLDS = (
    "healthy", "comma-stops-on-502", "pipe-passes-502", "404-falls-through", "portal", "off-masks-404",
    "split-files", "bad-zip", "forbidden", "stale", "retracted",
)  # fmt: skip
LETTERS = "abcdefghijklmnoprstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ0123456789"
NAMED = (
    "up", "down", "left", "right", "enter", "escape", "tab", "shift+tab", "space", "home", "end", "pageup",
    "pagedown", "backspace", "delete", "comma", "vertical_line", "slash", "question_mark", "full_stop",
    "left_square_bracket", "right_square_bracket", "left_curly_bracket", "right_curly_bracket", "less_than_sign",
    "greater_than_sign", "plus", "minus", "equals_sign", "f1", "ctrl+p", "ctrl+r", "ctrl+b", "ctrl+f", "at",
    "exclamation_mark", "percent_sign",
)  # fmt: skip


DOORS = ("exclamation_mark", "at", "percent_sign")
"""Keys of screens that a monkey, which is mostly in the help, seldom gets to."""


def _seeds() -> range:
    first = RUNS * int(os.environ.get("MODTRACE_SEARCH") or 0)
    return range(first, first + RUNS)


def _app(chance: random.Random) -> ModtraceApp:
    if chance.random() < 0.15:
        return settings_app(TROUBLED, ("rsc.io/quote@v1.5.2",))
    symbols = ASCII if chance.random() < 0.2 else UNICODE
    if chance.random() < 0.2:
        events = chance.choice((refused, went_well, held_back))()
        return replay_app(Replay(events), {"GOENV": "off"}, target=(PATH, "latest"), symbols=symbols)
    return world_app(chance.choice(WORLDS), symbols=symbols, demo=chance.random() < 0.7)


@pytest.mark.parametrize("seed", _seeds())
async def test_random_keys_at_random_sizes(seed: int, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    chance = random.Random(seed)
    left = KEYS
    while left > 0:
        left -= await _play(_app(chance), chance, left)


async def _play(app: ModtraceApp, chance: random.Random, most: int) -> int:
    """Press up to so many keys; returns how many it were, fewer where the palette was told to leave."""
    pressed: list[str] = []
    async with opened(app, chance.choice(SIZES)) as pilot:
        if chance.random() < 0.4:
            pressed.append(chance.choice(DOORS))
            await press(pilot, pressed[-1])
        while len(pressed) < most and app.is_running:
            for _ in range(BATCH):
                pressed.append(chance.choice(LETTERS if chance.random() < 0.6 else NAMED))
                app.simulate_key(pressed[-1])
                if chance.random() < 0.12:
                    await pilot.pause(0)
            stack = [type(screen).__name__ for screen in app.screen_stack] if app.is_running else []
            assert len(stack) < DEEP, (stack, pressed)
            if chance.random() < 0.4 and app.is_running:
                await pilot.resize_terminal(*chance.choice(SIZES))
            await press(pilot)
            assert app.crash is None, pressed
            # 130: the help or the palette was told to leave as Ctrl-C does
            assert app.return_code in (None, 0, 130), pressed
            if app.is_running:
                shown = screen_text(app)
                assert shown.count("\n") == app.size.height, pressed
                assert "\x1b" not in shown
    return len(pressed)
