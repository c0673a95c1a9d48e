"""What the terminal shows is what Textual has composed, after any keys and sizes, however slow the terminal is."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import pyte
import pytest
from rich.color import ColorSystem
from textual import events
from textual.driver import Driver
from textual.geometry import Size
from textual.pilot import Pilot

from screenshots.make import TROUBLED
from tests.app_support import opened, press, settings_app, world_app
from tests.test_canvas import seen_cells
from tui.app import ModtraceApp
from tui.terminal_output import FrugalDriver, TakesFrames

SIZES = ((80, 24), (120, 30), (184, 40), (60, 15))
KEYS = (
    *"jjjjkkkGg123zvnNLp", "enter", "enter", "escape", "escape", "tab", "space", "left", "right", "pagedown",
    "pageup", "slash", "question_mark", "ctrl+p", "backspace", "down", "up", "less_than_sign", "plus",
)  # fmt: skip


class EmulatedDriver(TakesFrames, Driver):
    """A driver whose terminal is an emulator; it takes frames at once, or when it is told to."""

    slow = False

    def __init__(self, app: ModtraceApp, **options: object) -> None:
        super().__init__(app, **options)  # type: ignore[arg-type]
        self.frames: list[str] = []
        self._waiting = ""

    def write(self, data: str) -> None:
        self._waiting += data
        if not self.slow:
            self.take()

    def write_frame(self, frame: str) -> None:
        self.frames.append(frame)
        super().write_frame(frame)

    def take(self) -> None:
        """The terminal takes what it was sent."""
        self.stream.feed(self._waiting)
        self._waiting = ""
        self.taken()

    def start_application_mode(self) -> None:
        self.resize(self._size or (80, 24))
        self.switched()

    def resize(self, size: tuple[int, int]) -> None:
        """The window has another size; what it shows then, nobody can say."""
        self.screen = pyte.Screen(*size)
        self.stream = pyte.Stream(self.screen)
        self.stream.feed("\x1b[?7l" + "#" * size[0] * size[1])
        event = events.Resize(Size(*size), Size(*size))
        self._app.post_message(event)

    def disable_input(self) -> None: ...

    def stop_application_mode(self) -> None: ...


def emulated(app: ModtraceApp) -> ModtraceApp:
    """The app on an emulated terminal."""
    app._build_driver = lambda **options: _driver(app, options["size"])  # type: ignore[method-assign, assignment]
    return app


def _driver(app: ModtraceApp, size: tuple[int, int]) -> EmulatedDriver:
    app._driver = EmulatedDriver(app, size=size)
    return app._driver


def composed(app: ModtraceApp) -> pyte.Screen:
    """The screen as Textual has it, every style spelled out."""
    screen = pyte.Screen(*app.size)
    stream = pyte.Stream(screen)
    stream.feed("\x1b[?7l")
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        stream.feed(f"\x1b[{y + 1}H" + strip.render(app.console))
    return screen


def assert_shown(app: ModtraceApp, pressed: object) -> None:
    """Cell by cell, with its colours."""
    driver = app._driver
    assert isinstance(driver, EmulatedDriver)
    shown, wanted = seen_cells(driver.screen), seen_cells(composed(app))
    for y, (row, should) in enumerate(zip(shown, wanted, strict=True)):
        assert row == should, (pressed, y, driver.screen.display[y])


async def _resize(pilot: Pilot[None], size: object) -> None:
    """Give the window another size, and wait for the frame."""
    driver = pilot.app._driver
    assert isinstance(driver, EmulatedDriver)
    before = len(driver.frames)
    driver.resize(size)  # type: ignore[arg-type]
    while len(driver.frames) == before:
        await pilot.pause()
    await press(pilot)


@contextmanager
def _colours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("rich.console.Console._detect_color_system", lambda self: ColorSystem.TRUECOLOR)
    yield


@pytest.mark.parametrize("theme", ["ansi-dark", "textual-dark"])
@pytest.mark.parametrize("seed", range(3))
async def test_the_terminal_shows_what_was_composed(
    seed: int, theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    app = settings_app(TROUBLED) if seed == 2 else world_app(("portal", "split-files")[seed])
    with _colours(monkeypatch):
        async with opened(emulated(app), SIZES[seed]) as pilot:
            app.theme = theme
            pressed: list[object] = []
            for _ in range(2):
                for _ in range(5):
                    keys = chance.choices(KEYS, k=3)
                    pressed += keys
                    await press(pilot, *keys)
                    assert_shown(app, pressed)
                pressed.append(chance.choice([size for size in SIZES if size != app.size]))
                await _resize(pilot, pressed[-1])
                assert_shown(app, pressed)


async def test_a_terminal_that_takes_nothing_gets_one_frame_when_it_does() -> None:
    app = world_app("portal")
    async with opened(emulated(app)) as pilot:
        driver = app._driver
        assert isinstance(driver, EmulatedDriver)
        driver.slow = True
        before = len(driver.frames)
        await press(pilot, *"jjkj123Gg2z")
        assert len(driver.frames) == before + 1, "the first change is on its way; the others wait"
        driver.take()
        await pilot.pause()
        driver.take()
        await pilot.pause()
        assert len(driver.frames) <= before + 2, "one frame for all of them"
        assert_shown(app, "everything")


async def test_after_another_program_had_the_screen_all_of_it_is_drawn_anew() -> None:
    app = world_app("portal")
    async with opened(emulated(app)) as pilot:
        driver = app._driver
        assert isinstance(driver, EmulatedDriver)
        driver.start_application_mode()
        await press(pilot)
        assert_shown(app, "after the suspension")
        assert sum(frame.count("\x1b[2J") for frame in driver.frames) == 2, "one for each time"


async def test_a_screen_that_another_program_has_written_on_is_drawn_anew() -> None:
    app = world_app("portal")
    async with opened(emulated(app)) as pilot:
        driver = app._driver
        assert isinstance(driver, EmulatedDriver)
        driver.stream.feed("\x1b[5;1HBroadcast message from root@build: the disk is full\r\n")
        clears = sum(frame.count("\x1b[2J") for frame in driver.frames)
        await press(pilot, "ctrl+l")
        assert_shown(app, "after ctrl+l")
        assert sum(frame.count("\x1b[2J") for frame in driver.frames) == clears, "without a flash"


def test_everything_can_be_left_to_textual(monkeypatch: pytest.MonkeyPatch) -> None:
    assert world_app("portal").driver_class is FrugalDriver
    monkeypatch.setenv("MODTRACE_FULL_REPAINT", "1")
    assert not issubclass(world_app("portal").driver_class, FrugalDriver)
