"""The tree pane, fed by recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from probes.trace.events import Event, RequestFinished, RequestStarted, TraceFinished, TraceStarted
from probes.trace.fold import Trace
from screenshots.make import HERE
from tests.app_support import WIDE, opened, press, replay_app, screen_text, without_looks, world_app
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.tree_rows import tree_rows
from tui.drawing.tree_view import TreeView
from tui.jobs import TraceJob
from tui.replay import Replay, load
from tui.symbols import UNICODE

RECORDINGS: Path = HERE


def recorded(name: str, *, until: type | None = None, unfinished: bool = False) -> list[Event]:
    """The events of a recording, up to and with the first of a class."""
    events = without_looks(load(RECORDINGS, name).events)
    if until is None:
        return events
    last = next(number for number, event in enumerate(events) if isinstance(event, until))
    return events[: last + 1]


def rows(events: list[Event], now: float | None = None, width: int = 80) -> dict[TreeKey, str]:
    """The rows of the tree after these events, by key."""
    trace = Trace()
    for event in events:
        trace.apply(event)
    view = TreeView(trace, trace.now if now is None else now, width, UNICODE)
    return {row.key: row.line.text.rstrip() for row in tree_rows(view)}  # type: ignore[misc]


def test_the_whole_route_is_drawn_before_the_first_packet() -> None:
    shown = rows(recorded("comma-stops-on-502", until=TraceStarted))
    assert list(shown) == [
        TreeKey(Part.PRIVATE),
        TreeKey(Part.HOP, 0),
        TreeKey(Part.EDGE, 0),
        TreeKey(Part.HOP, 1),
        TreeKey(Part.VERSION),
        TreeKey(Part.CHECKSUMS),
        TreeKey(Part.CACHE),
    ]
    for hop in (0, 1):
        assert shown[TreeKey(Part.HOP, hop)].split()[2:] == ["list", "·", "info", "·", "mod", "·", "zip", "·"]
    edge = shown[TreeKey(Part.EDGE, 0)]
    assert ", not decided yet   · any other error: stops here   · 404 or 410: goes on" in edge


CHIPS = [
    ("healthy", 0, "list ✓ info ✓ mod ✓ zip ✓"),
    ("healthy", 1, "list · info · mod · zip ·"),
    ("comma-stops-on-502", 0, "list ✗502 info · mod · zip ·"),
    ("comma-stops-on-502", 1, "list · info · mod · zip ·"),
    ("pipe-passes-502", 0, "list ✗502 info · mod ✗502 zip ✗502"),
    ("pipe-passes-502", 1, "list ✓ info ✓ mod ✓ zip ✓"),
    ("404-falls-through", 0, "list ✗404 info · mod ✗404 zip ✗404"),
    ("split-files", 0, "list ✓ info ✓ mod ✓ zip ✗404"),
    ("split-files", 1, "list · info · mod · zip ✓"),
    ("portal", 0, "list ✓ latest ✗404 info · mod · zip ·"),
    ("forbidden", 0, "list ✗403 info · mod · zip ·"),
]


@pytest.mark.parametrize(("world", "hop", "chips"), CHIPS)
def test_each_hop_has_a_chip_for_each_operation(world: str, hop: int, chips: str) -> None:
    line = rows(recorded(world), width=120)[TreeKey(Part.HOP, hop)]
    assert chips in " ".join(line.split())


EDGES = [
    ("healthy", "✓ , done: 200 for list, info, mod, zip   · any other"),
    ("comma-stops-on-502", "■ , stops here: 502 for list   · 404 or 410: goes on   · 200: done"),
    ("pipe-passes-502", "↓ | goes on: 502 for list, mod, zip   · 200: done"),
    ("404-falls-through", "↓ , goes on: 404 for list, mod, zip   · any other error: stops"),
    ("split-files", "↓ , goes on: 404 for zip   done: 200 for list, info, mod   ·"),
    ("bad-zip", "✓ | done: 200 for list, info, mod, zip   · any error: goes on"),
]


@pytest.mark.parametrize(("world", "words"), EDGES)
def test_the_separator_says_what_it_decided(world: str, words: str) -> None:
    assert words in rows(recorded(world))[TreeKey(Part.EDGE, 0)]


def test_the_edge_that_ended_it_shows_the_ways_not_taken_and_the_rule() -> None:
    shown = rows(recorded("comma-stops-on-502"), width=120)
    branches = [text for key, text in shown.items() if key.part is Part.BRANCH]
    assert [text.split()[0] for text in branches] == ["■", "·", "·", "why"]
    assert "stops here" in branches[0]
    assert "502 is neither 404 nor 410" in branches[0]
    assert "not taken: on 404 or 410 goproxy.example would be asked" in branches[1]
    assert branches[-1].split() == ["why", "cmd/go/internal/modfetch/proxy.go", "TryProxies"]


async def test_every_question_unfolds_to_its_answers() -> None:
    app = world_app("healthy")
    async with opened(app, (160, 60)) as pilot:
        await press(pilot, "g", "l")
        assert "not taken: on a match in GOPRIVATE or GONOPROXY straight to the origin" in screen_text(app)
        await press(pilot, "h")
        assert "not taken" not in screen_text(app)
        app.workbench.tree_pane.list.select(TreeKey(Part.CHECKSUMS))
        await press(pilot, "space")
        assert "not taken: on every new hash the checksum database would be asked" in screen_text(app)


async def test_b_shows_what_went_over_the_wire() -> None:
    app = world_app("comma-stops-on-502")
    async with opened(app, (100, 40)) as pilot:
        await press(pilot, "b")
        shown = screen_text(app)
        assert "GET http://mirror.corp.example/demo.example/hello/@v/list" in shown
        assert "User-Agent: GoCommand/1 (+https://go.dev/cmd/go)" in shown
        assert "HTTP/1.1 502 Bad Gateway" in shown
        assert "Content-Type: text/html" in shown
        assert "<h1>Bad Gateway</h1>" in shown
        await press(pilot, "escape", "g", "b")
        told = "".join(str(notice.message) for notice in app._notifications)
        assert "nothing went over the wire for this row" in told


def test_a_request_under_way_is_marked_and_unfolds_when_it_takes_long() -> None:
    events = recorded("comma-stops-on-502", until=RequestStarted)
    at_once, later = rows(events, now=0.2), rows(events, now=7.4)
    assert "list ▸" in at_once[TreeKey(Part.HOP, 0)]
    assert TreeKey(Part.REQUEST, 0) not in at_once
    assert later[TreeKey(Part.HOP, 0)].endswith("7 s")
    assert "finding the server" in later[TreeKey(Part.RUNG, 0, "connect")]


def test_waiting_for_the_first_byte_is_said_so() -> None:
    events = recorded("comma-stops-on-502")
    connected = next(n for n, event in enumerate(events) if event.kind == "phase.finished")
    shown = rows(events[: connected + 1], now=30.0, width=120)
    assert "go has no limit here" in shown[TreeKey(Part.RUNG, 0, "first_byte")]


async def test_a_trace_under_way_moves_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("tui.session.monotonic", lambda: clock[0])
    replay = Replay(recorded("comma-stops-on-502", until=RequestStarted), unfinished=True)
    app = replay_app(replay)
    async with opened(app) as pilot:
        shown = []
        for clock[0] in (112.1, 112.9, 113.0):
            app.tick()
            await pilot.pause()
            shown.append(screen_text(app))
    assert "12 s" in shown[0]
    assert shown[0] == shown[1] != shown[2]


def test_the_first_cause_is_unfolded_with_a_waterfall() -> None:
    shown = rows(recorded("comma-stops-on-502"))
    assert "502 Bad Gateway" in shown[TreeKey(Part.REQUEST, 0)]
    connect, answer = shown[TreeKey(Part.RUNG, 0, "connect")], shown[TreeKey(Part.RUNG, 0, "first_byte")]
    assert connect.index("▇") < answer.index("▇")
    assert connect.rindex("▇") <= answer.index("▇")


def test_a_failure_of_no_walk_has_a_row_of_its_own() -> None:
    assert "not a valid zip file" in rows(recorded("bad-zip"))[TreeKey(Part.CONTENT)]


def test_rows_fit_into_any_width() -> None:
    from rich.cells import cell_len

    for world in ("portal", "split-files", "off-masks-404"):
        for width in (30, 60, 80, 133, 220):
            assert all(cell_len(text) <= width for text in rows(recorded(world), width=width).values())


async def test_folding_and_unfolding_by_key() -> None:
    app = world_app("split-files")
    async with opened(app) as pilot:
        tree = app.workbench.tree_pane
        assert tree.list.cursor_row is not None
        assert tree.list.cursor_row.key == TreeKey(Part.HOP, 0)
        closed = len(tree.list.rows)
        await press(pilot, "l")
        assert len(tree.list.rows) == closed + 4
        await press(pilot, "j", "right")
        assert any(row.key == TreeKey(Part.RUNG, 0, "connect") for row in tree.list.rows)
        await press(pilot, "j", "left", "left", "left")
        assert tree.list.cursor_row.key == TreeKey(Part.HOP, 0)
        await press(pilot, "space")
        assert len(tree.list.rows) == closed


async def test_enter_opens_the_details_and_escape_closes_them() -> None:
    app = world_app("comma-stops-on-502")
    async with opened(app, (80, 60)) as pilot:
        app.workbench.tree_pane.list.select(TreeKey(Part.REQUEST, 0))
        await press(pilot, "enter")
        shown = screen_text(app)
        assert "http://mirror.corp.example/demo.example/hello/@v/list" in shown
        assert "502 is neither 404 nor 410" in shown
        assert "cmd/go/internal/modfetch/proxy.go TryProxies" in shown
        assert "<h1>Bad Gateway</h1>" in shown
        await press(pilot, "escape")
        assert app.screen is app.workbench


async def test_details_grow_while_the_trace_goes_on() -> None:
    replay = Replay(recorded("comma-stops-on-502", until=RequestStarted), unfinished=True)
    app = replay_app(replay)
    async with opened(app) as pilot:
        await press(pilot, "enter")
        assert "not asked" not in screen_text(app)
        assert "502 Bad Gateway" not in screen_text(app)
        rest = recorded("comma-stops-on-502")[len(replay.events) :]
        replay.say(TraceJob, rest)
        await press(pilot)
        app.tick()
        await pilot.pause()
        assert "502 Bad Gateway" in screen_text(app)


async def test_the_cursor_stays_on_its_row_while_rows_come() -> None:
    replay = Replay(recorded("pipe-passes-502", until=RequestFinished), unfinished=True)
    app = replay_app(replay)
    async with opened(app, WIDE) as pilot:
        tree = app.workbench.tree_pane
        await press(pilot, "G")
        assert tree.list.cursor_row is not None
        assert tree.list.cursor_row.key == TreeKey(Part.CACHE)
        replay.say(TraceJob, recorded("pipe-passes-502")[len(replay.events) :])
        app.tick()
        await pilot.pause()
        assert tree.list.cursor_row.key == TreeKey(Part.CACHE)
        assert isinstance(recorded("pipe-passes-502")[-1], TraceFinished)
        assert "go would download" in screen_text(app)


async def test_without_a_path_the_pane_says_what_to_do_and_offers_modules() -> None:
    from tests.app_support import settings_app

    app = settings_app({"GOENV": "off"}, ("rsc.io/quote@v1.5.2", "example.com/second@v1.0.0"))
    async with opened(app) as pilot:
        assert "press t and type a module path" in screen_text(app)
        await press(pilot, "j", "enter")
        (job,) = [job for job in app.session.bridge.jobs if isinstance(job, TraceJob)]  # type: ignore[attr-defined]
        assert (job.path, job.query) == ("example.com/second", "v1.0.0")


def test_the_version_that_was_chosen_and_those_that_were_passed_over() -> None:
    shown = rows(recorded("retracted"), width=120)
    assert "version?      v1.1.0: the only release that fits" in shown[TreeKey(Part.VERSION)]
    assert "· v1.2.0: it is retracted" in shown[TreeKey(Part.VERSION)]
    shown = rows(recorded("healthy"), width=140)
    assert "v1.2.0: the newest of 3 releases that fit" in shown[TreeKey(Part.VERSION)]
    assert "· v1.3.0-rc.1: a pre-release, and a release fits" in shown[TreeKey(Part.VERSION)]
    assert "none was found" in rows(recorded("portal"))[TreeKey(Part.VERSION)]


def test_an_edge_names_the_class_of_an_error_that_is_no_status() -> None:
    edge = rows(recorded("portal"), width=120)[TreeKey(Part.EDGE, 0)]
    assert "stops here: an answer without a version that fits for latest" in edge
