"""Privacy: at one key nothing of the machine, the company or the user is on the screen any more."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from probes.trace.climb_events import RungClimbed
from probes.trace.events import event_to_json
from probes.trace.recording import event_from_json
from screenshots.make import HERE, TROUBLED
from tests.app_support import BROAD, NARROW, opened, press, replay_app, screen_text, settings_app, world_app
from tests.test_app_workbench import HOSTILE, hostile_events
from tui.app import ModtraceApp
from tui.drawing.tree_keys import Part, TreeKey
from tui.jobs import TraceJob
from tui.replay import Replay, load

PRIVATE = ("mirror.corp", "goproxy.example", "demo.example", "10.9.8.7")
"""What must not be seen of a world."""


def elsewhere(name: str) -> Replay:
    """The recording of a world on an address that is somebody's: that of the recordings is nobody's."""
    replay = load(HERE, name)
    texts = [json.dumps(event_to_json(event)).replace("192.0.2.7", "10.9.8.7") for event in replay.events]
    return replace(replay, events=[event_from_json(json.loads(text)) for text in texts])


def everything(app: ModtraceApp) -> str:
    """The screen, and what was said in passing."""
    return screen_text(app) + "".join(str(notice.message) for notice in app._notifications)


def assert_masked(app: ModtraceApp, names: tuple[str, ...] = PRIVATE) -> None:
    """Nothing private is on the screen."""
    shown = "".join(everything(app).split())  # wrapped lines too
    assert not [name for name in names if name in shown], shown


@pytest.mark.parametrize("size", [NARROW, BROAD])
@pytest.mark.parametrize("world", ["portal", "off-masks-404", "split-files", "bad-zip"])
async def test_no_screen_names_anybody(world: str, size: tuple[int, int]) -> None:
    app = world_app(world, replay=elsewhere(world), demo=False)
    async with opened(app, size) as pilot:
        before = screen_text(app)
        assert "mirror.corp" in before
        await press(pilot, "p")
        assert "[private]" in screen_text(app).splitlines()[0]
        for keys in (
            (), ("enter",), ("escape", "v"), ("escape", "1"), ("3",), ("enter",), ("escape", "2", "t"),
            ("escape", "Y"), ("escape", "x"), ("K",), ("escape", "y"), ("z", "l"), ("z", "r"),
        ):  # fmt: skip
            await press(pilot, *keys)
            assert "[private]" in screen_text(app)
            assert_masked(app)
        assert not [name for name in PRIVATE if name in app.clipboard]


async def test_p_again_shows_everything_as_it_was() -> None:
    app = world_app("portal")
    async with opened(app, BROAD) as pilot:
        before = screen_text(app)
        await press(pilot, "p", "p")
        app.clear_notifications()
        await press(pilot)
        assert screen_text(app) == before


async def test_folds_and_the_cursor_stay() -> None:
    app = world_app("portal")
    async with opened(app) as pilot:
        tree = app.workbench.tree_pane
        tree.list.select(TreeKey(Part.HOP, 0))
        await press(pilot, "h", "p")
        assert tree.list.cursor_row is not None
        assert tree.list.cursor_row.key == TreeKey(Part.HOP, 0)
        assert not [row for row in tree.list.rows if row.key == TreeKey(Part.REQUEST, 0)]


async def test_the_settings_are_masked_with_what_was_found_in_them() -> None:
    app = settings_app(TROUBLED)
    names = ("gopher", "corp.example", "git.example.com", "late.example", "goproxy.example")
    async with opened(app, BROAD) as pilot:
        await press(pilot, "1")
        assert "corp.example" in screen_text(app)
        await press(pilot, "p")
        assert_masked(app, names)
        assert "GOPRIVATE" in screen_text(app)
        assert "host-1.example" in screen_text(app)
        for _ in range(30):
            await press(pilot, "j")
            assert_masked(app, names)


async def test_the_details_in_front_change_at_once() -> None:
    app = world_app("portal", replay=elsewhere("portal"), demo=False)
    async with opened(app) as pilot:
        app.workbench.tree_pane.list.select(TreeKey(Part.HOP, 0))
        await press(pilot, "enter")
        assert "mirror.corp" in screen_text(app)
        await press(pilot, "p")
        assert_masked(app)
        await press(pilot, "p", "p", "y")
        assert not [name for name in PRIVATE if name in app.clipboard]


async def test_copies_and_commands_follow() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        app.workbench.tree_pane.list.select(TreeKey(Part.HOP, 0))
        await press(pilot, "p", "Y", "enter")
        assert "host-1.example" in app.clipboard
        assert not [name for name in PRIVATE if name in app.clipboard]
        await press(pilot, "p", "Y", "enter")
        assert "mirror.corp.example" in app.clipboard


async def test_what_is_chosen_under_another_name_is_the_real_thing() -> None:
    app = world_app("healthy", demo=False)
    async with opened(app) as pilot:
        await press(pilot, "p", "t", "enter")
        assert app.session.target == ("demo.example/hello", "latest")
        traced = [job for job in app.session.bridge.jobs if isinstance(job, TraceJob)]  # type: ignore[attr-defined]
        assert [job.path for job in traced] == ["demo.example/hello"] * 2
    chooser = settings_app({"GOENV": "off"}, ("git.corp.example/secret@v1.0.0",))
    async with opened(chooser) as pilot:
        await press(pilot, "p")
        assert "corp" not in screen_text(chooser)
        await press(pilot, "enter")
        assert chooser.session.target == ("git.corp.example/secret", "v1.0.0")


async def test_versions_keep_their_names_and_are_fetched_by_them() -> None:
    app = world_app("split-files")
    async with opened(app) as pilot:
        await press(pilot, "3")
        versions = app.session.table.versions()
        await press(pilot, "p")
        assert app.workbench.shown.table.versions() == versions
        assert_masked(app, ("demo.example", "goproxy.example"))


async def test_hostile_text_is_masked_without_an_exception() -> None:
    variables = {"GOENV": "off", "GOPROXY": f"https://a.example/{HOSTILE}", "GOPRIVATE": HOSTILE}
    app = replay_app(Replay(hostile_events()), variables, target=(HOSTILE, HOSTILE))
    async with opened(app, BROAD) as pilot:
        for keys in (
            ("p",),
            ("l", "j"),
            ("enter",),
            ("escape", "v"),
            ("escape", "1"),
            ("2", "Y"),
            ("enter",),
        ):
            await press(pilot, *keys)
            shown = screen_text(app)
            assert "[private]" in shown
            assert not any(ord(character) < 32 for character in shown.replace("\n", ""))


async def test_a_trace_under_way_is_masked_as_it_goes_on() -> None:
    whole = elsewhere("portal")
    running = replace(whole, events=whole.events[:4], unfinished=True)
    app = world_app("portal", replay=running, demo=False)
    async with opened(app) as pilot:
        await press(pilot, "p")
        assert_masked(app)
        ended = [event for event in whole.events if not isinstance(event, RungClimbed)]
        running.say(TraceJob, ended[4:])
        app.wake()
        await press(pilot)
        assert "first cause: host-1.example" in screen_text(app)
        assert_masked(app)
