"""Whole screens as plain text, from recordings whose times are fixed.

A golden is a file in tests/goldens that a reviewer reads like any other. After a change that is meant:

    MODTRACE_UPDATE_GOLDENS=1 python -m pytest tests/test_app_goldens.py

writes them anew, and `git diff tests/goldens` shows what the change does to the screens.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from screenshots.make import TROUBLED
from tests.app_support import BROAD, NARROW, WIDE, opened, press, screen_text, settings_app, world_app
from tui.app import ModtraceApp
from tui.symbols import ASCII

GOLDENS = Path(__file__).parent / "goldens"


@dataclass(frozen=True)
class Golden:
    """One screen."""

    name: str
    app: Callable[[], ModtraceApp]
    keys: tuple[str, ...] = ()
    size: tuple[int, int] = NARROW


def _world(name: str) -> Callable[[], ModtraceApp]:
    return lambda: world_app(name)


SCREENS = (
    Golden("healthy-80x24", _world("healthy")),
    Golden("comma-stops-on-502-80x24", _world("comma-stops-on-502")),
    Golden("pipe-passes-502-80x24", _world("pipe-passes-502")),
    Golden("404-falls-through-80x24", _world("404-falls-through")),
    Golden("portal-80x24", _world("portal")),
    Golden("off-masks-404-80x24", _world("off-masks-404")),
    Golden("split-files-80x24", _world("split-files")),
    Golden("split-files-unfolded-80x24", _world("split-files"), ("l", "j", "l")),
    Golden("bad-zip-80x24", _world("bad-zip")),
    Golden("capabilities-80x24", _world("split-files"), ("K",)),
    Golden("request-details-80x24", _world("comma-stops-on-502"), ("enter",)),
    Golden("verdict-80x24", _world("bad-zip"), ("v",)),
    Golden("environment-80x24", lambda: settings_app(TROUBLED), ("1",)),
    Golden("environment-details-80x24", lambda: settings_app(TROUBLED), ("1", "enter")),
    Golden("environment-filter-80x24", lambda: settings_app(TROUBLED), ("1", "slash", "s", "u", "m")),
    Golden("modules-80x24", _world("split-files"), ("3",)),
    Golden("modules-none-80x24", _world("portal"), ("3",)),
    Golden("worlds-80x24", _world("healthy"), ("W",)),
    Golden("help-80x24", _world("healthy"), ("question_mark",)),
    Golden("prompt-80x24", lambda: settings_app({"GOENV": "off"}, ("rsc.io/quote@v1.5.2",)), ("t",)),
    Golden("nothing-80x24", lambda: settings_app({"GOENV": "off"}, ("rsc.io/quote@v1.5.2",))),
    Golden("ascii-80x24", lambda: world_app("comma-stops-on-502", symbols=ASCII)),
    Golden("comma-stops-on-502-160x48", _world("comma-stops-on-502"), size=WIDE),
    Golden("split-files-160x48", _world("split-files"), size=WIDE),
    Golden("troubled-160x48", lambda: settings_app(TROUBLED), ("1",), size=WIDE),
    Golden("copy-as-80x24", _world("healthy"), ("Y",)),
    Golden("zoom-80x24", _world("portal"), ("z",)),
    Golden("private-200x50", lambda: settings_app(TROUBLED), ("1", "p"), size=BROAD),
    Golden("off-masks-404-200x50", _world("off-masks-404"), size=BROAD),
    Golden("portal-200x50", _world("portal"), size=BROAD),
)


@pytest.mark.parametrize("golden", SCREENS, ids=lambda golden: golden.name)
async def test_the_screen_is_as_it_was(golden: Golden) -> None:
    app = golden.app()
    async with opened(app, golden.size) as pilot:
        await press(pilot, *golden.keys)
        shown = screen_text(app)
    file = GOLDENS / f"{golden.name}.txt"
    if os.environ.get("MODTRACE_UPDATE_GOLDENS"):
        GOLDENS.mkdir(exist_ok=True)
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")


def test_no_golden_is_left_over() -> None:
    assert {file.stem for file in GOLDENS.glob("*.txt")} == {golden.name for golden in SCREENS}
