"""`$`: the module cache on the screen, verified and mended by keys; nothing is removed before it was agreed to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from probes.net.limits import Limits
from tests.app_support import BROAD, NARROW, opened, press, screen_text, world_app
from tests.test_cache_command import NAME, PATH, VERSION, Cache
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.replay import RecordedStage
from tui.session import Session

Made = list[Session]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """Sessions with an engine of their own."""
    monkeypatch.chdir(tmp_path)
    sessions: Made = []
    yield sessions
    for session in sessions:
        session.bridge.close()


def app_on(cache: Path, sessions: Made, target: tuple[str, str] | None = (PATH, VERSION)) -> ModtraceApp:
    variables = {"GOENV": "off", "GOPROXY": "off", "GOSUMDB": "off", "GOMODCACHE": str(cache)}
    sessions.append(Session(RecordedStage(variables), Bridge(), Limits()))
    return ModtraceApp(sessions[-1], target=target)


@pytest.mark.parametrize("size", [NARROW, BROAD])
async def test_files_of_the_traced_version_and_what_they_spare(
    tmp_path: Path, made: Made, size: tuple[int, int]
) -> None:
    cache = Cache(tmp_path / "mod")
    cache.fill("m.test/x/v2")
    async with opened(app_on(cache.folder, made), size) as pilot:
        await press(pilot, "dollar_sign")
        text = screen_text(pilot.app)
        assert f"{VERSION}, and what each file spares go" in text
        assert f"spares GET {PATH}/@v/{VERSION}.mod" in text
        assert "nothing looks wrong" in text
        await press(pilot, "v")
        assert "every hash is right" in screen_text(pilot.app)
        await press(pilot, "a")
        assert "2 versions of 2 modules" in screen_text(pilot.app)


async def test_what_is_poisoned_is_shown_agreed_to_and_removed(tmp_path: Path, made: Made) -> None:
    cache = Cache(tmp_path / "mod")
    cache.at("mod").write_text("<html>")
    async with opened(app_on(cache.folder, made, None), BROAD) as pilot:
        await press(pilot, "dollar_sign")
        assert f"✗ {NAME}" in screen_text(pilot.app)
        assert "parsing go.mod: missing module line" in screen_text(pilot.app)
        await press(pilot, "F")
        assert f"remove  {cache.at('mod')}"[:60] in screen_text(pilot.app).replace("remove ", "remove  ")
        await press(pilot, "enter")  # the first choice keeps it
        assert cache.at("mod").exists()
        await press(pilot, "F", "down", "enter")
        assert not cache.at("mod").exists()
        text = screen_text(pilot.app)
        assert "✓ removed cache/download" in text
        assert f"go mod download {NAME}" in text
        assert "nothing looks wrong" in text


async def test_what_was_not_read_is_told(tmp_path: Path, made: Made) -> None:
    """Neither "every hash is right" of folders nobody looked into, nor of a go.sum that is broken."""
    cache = Cache(tmp_path / "mod")
    (cache.downloads / "linked").symlink_to(tmp_path)
    (tmp_path / "go.mod").write_text("module here.test\n")
    (tmp_path / "go.sum").write_text("garbage\n")
    async with opened(app_on(cache.folder, made, None), BROAD) as pilot:
        await press(pilot, "dollar_sign")
        text = screen_text(pilot.app)
        assert "not read: cache/download/linked: a symbolic link" in text
        assert "go.sum is not compared" in text
        assert "nothing else looks wrong" in text


async def test_a_version_opens_and_privacy_masks_all_of_it(tmp_path: Path, made: Made) -> None:
    cache = Cache(tmp_path / "mod")
    cache.fill("secret.corp/team/x")
    async with opened(app_on(cache.folder, made, None), BROAD) as pilot:
        await press(pilot, "dollar_sign", "p")
        text = screen_text(pilot.app)
        assert "secret.corp" not in text
        assert str(tmp_path) not in text
        await press(pilot, "p", "slash", *"secret", "enter", "enter")
        assert "Module cache: secret.corp/team/x" in screen_text(pilot.app)
        assert "what each file spares go" in screen_text(pilot.app)


async def test_a_cache_that_is_none_and_a_world_without_one(tmp_path: Path, made: Made) -> None:
    async with opened(app_on(Path("relative"), made), NARROW) as pilot:
        await press(pilot, "dollar_sign")
        assert "must be absolute path" in screen_text(pilot.app)
    async with opened(app_on(tmp_path / "none", made), NARROW) as pilot:
        await press(pilot, "dollar_sign")
        assert "There is nothing yet" in screen_text(pilot.app)
    async with opened(world_app("healthy", demo=False), NARROW) as pilot:
        await press(pilot, "dollar_sign")
        assert "Module cache: demo.example/hello" in screen_text(pilot.app)
