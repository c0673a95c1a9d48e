"""The app under Pilot: opened on recordings, looked at as text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager

from textual.pilot import Pilot

from probes.net.limits import Limits
from probes.trace.climb_events import CapabilityLearned, ComparisonMade, RungClimbed
from probes.trace.events import Event
from screenshots.make import settings_app, settle, world_app
from tui.app import ModtraceApp
from tui.bridge import Bridge
from tui.replay import RecordedStage, Replay
from tui.session import Session
from tui.stage import ThisMachine
from tui.symbols import UNICODE, Symbols

NARROW, WIDE, BROAD = (80, 24), (160, 48), (200, 50)

__all__ = [
    "BROAD",
    "NARROW",
    "WIDE",
    "opened",
    "press",
    "replay_app",
    "screen_text",
    "settings_app",
    "settle",
    "without_looks",
    "world_app",
]


def replay_app(
    replay: Replay,
    variables: Mapping[str, str] | None = None,
    *,
    target: tuple[str, str] | None = ("demo.example/hello", "latest"),
    symbols: Symbols = UNICODE,
) -> ModtraceApp:
    """The app on a replay and on settings that need no machine."""
    session = Session(RecordedStage(variables or {"GOENV": "off", "GOPROXY": "off"}), replay, Limits())
    return ModtraceApp(session, target=target, symbols=symbols)


@contextmanager
def app_here(target: tuple[str, str] | None = None) -> Iterator[ModtraceApp]:
    """The app on this machine, in the folder and with the environment of the process."""
    session = Session(ThisMachine({}), Bridge(), Limits(answer_s=10, stall_s=10))
    try:
        yield ModtraceApp(session, target=target)
    finally:
        session.bridge.close()
        session.stage.close()


def without_looks(events: Sequence[Event]) -> list[Event]:
    """A recorded trace alone, without what the doctor found behind it."""
    return [e for e in events if not isinstance(e, RungClimbed | ComparisonMade | CapabilityLearned)]


@asynccontextmanager
async def opened(app: ModtraceApp, size: tuple[int, int] = NARROW) -> AsyncIterator[Pilot[None]]:
    """The app, once it has shown everything."""
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield pilot


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, one after the other, each when the one before has had its effect."""
    if not keys:
        await settle(pilot)
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


def screen_text(app: object) -> str:
    """The screen as plain text, without blanks at the ends of lines."""
    assert isinstance(app, ModtraceApp)
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


def words(app: object) -> str:
    """The screen as one line, wherever it was wrapped."""
    return " ".join(screen_text(app).split())
