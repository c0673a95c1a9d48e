"""Keys that come in one piece, as over a slow line: two Enters must not leave two screens."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app_support import opened, press, screen_text, world_app

OPENERS = ("t", "e", "E", "C", "X", "Y", "H", "R", "ctrl+p", "W", "v", "w", "question_mark", "P")


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize("burst", [("enter", "enter", "enter"), ("escape", "escape", "escape")], ids="-".join)
async def test_a_burst_leaves_a_screen_once(
    opener: str, burst: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    app = world_app("comma-stops-on-502")
    async with opened(app) as pilot:
        await press(pilot, opener)
        for key in burst:
            app.simulate_key(key)
        await press(pilot)
        assert app.crash is None
        assert app.is_running or app.return_code == 0, "the palette may have been told to leave"


async def test_a_password_is_hidden_before_its_at_sign_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    app = world_app("comma-stops-on-502")
    async with opened(app) as pilot:
        await press(pilot, "e", "ctrl+u")
        for part in ("https://bob:hun", "ter2", "-Xq@proxy.example:8443,direct"):
            await press(pilot, *(_NAMES.get(letter, letter) for letter in part))
            assert "hun" not in screen_text(app)
            assert "ter2" not in screen_text(app)
        assert "proxy.example:8443" in screen_text(app), "a port is none"


_NAMES = {":": "colon", "/": "slash", "@": "at", ".": "full_stop", ",": "comma", "-": "minus"}
