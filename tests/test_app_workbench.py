"""The workbench: tabs and panes, the verdict, the keys, and what hostile text cannot do to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.binding import Binding
from textual.widgets import Input

from probes.trace.events import Event, Outcome, RequestFinished, TraceFinished, TraceStarted
from probes.trace.fold import Trace
from screenshots.make import HERE
from tests.app_support import (
    BROAD,
    NARROW,
    WIDE,
    opened,
    press,
    replay_app,
    screen_text,
    settings_app,
    without_looks,
    world_app,
)
from tui.actions import help_sections
from tui.app import ModtraceApp
from tui.drawing.verdict import verdict_lines
from tui.jobs import BrowseJob, TraceJob
from tui.replay import Replay, load
from tui.screens.arranged import Arranged
from tui.screens.detail_screen import DetailScreen
from tui.screens.history_screen import HistoryScreen
from tui.screens.overlay import Overlay
from tui.screens.palette_screen import PaletteScreen
from tui.screens.prompt_screen import PromptScreen
from tui.screens.workbench import Workbench
from tui.symbols import ASCII, UNICODE, symbols_for
from tui.widgets.filter_bar import FilterBar
from tui.widgets.line_list import LineList
from tui.widgets.modules_pane import ModulesPane

BOUND = (
    *(owner for owner in ModtraceApp.__mro__ if owner.__module__.startswith("tui.") and "BINDINGS" in vars(owner)),
    Workbench, Arranged, LineList, ModulesPane, FilterBar, Overlay, PromptScreen, DetailScreen, PaletteScreen,
    HistoryScreen,
)  # fmt: skip
"""Every class with keys."""


# -- panes -------------------------------------------------------------------------------------------


async def test_narrow_screens_have_tabs_with_the_numbers_as_keys() -> None:
    app = world_app("healthy")
    async with opened(app, NARROW) as pilot:
        bench = app.workbench
        for key, pane, tab in (
            ("1", bench.environment, "[1 ENV]"),
            ("2", bench.tree_pane, "[2 TREE]"),
            ("3", bench.modules, "[3 MODS]"),
        ):
            await press(pilot, key)
            assert tab in screen_text(app).splitlines()[0]
            assert pane.list.has_focus
            assert [other.region.area > 0 for other in bench._panes()[:3]] == [
                other is pane for other in bench._panes()[:3]
            ]
        await press(pilot, "tab")
        assert bench.environment.list.has_focus
        await press(pilot, "shift+tab")
        assert bench.modules.list.has_focus


@pytest.mark.parametrize("size", [WIDE, BROAD, (120, 30)])
async def test_wide_screens_show_the_panes_side_by_side(size: tuple[int, int]) -> None:
    app = world_app("healthy")
    async with opened(app, size) as pilot:
        bench = app.workbench
        assert all(pane.region.area > 0 for pane in bench._panes()[:3])
        assert (bench.detail.region.area > 0) is (size == BROAD)
        assert bench.environment.region.right <= bench.tree_pane.region.x
        assert bench.tree_pane.region.bottom <= bench.modules.region.y
        await press(pilot, "1")
        assert "›1 Environment" in screen_text(app)
        assert "›2 Tree" not in screen_text(app)


async def test_the_panes_follow_the_size_of_the_terminal() -> None:
    app = world_app("healthy")
    async with opened(app, WIDE) as pilot:
        await press(pilot, "3")
        await pilot.resize_terminal(80, 24)
        await press(pilot)
        assert "[3 MODS]" in screen_text(app)
        assert app.workbench.modules.list.has_focus
        assert app.workbench.environment.region.area == 0


@pytest.mark.parametrize("size", [(20, 6), (40, 10), (300, 80)])
async def test_odd_sizes_are_no_reason_to_die(size: tuple[int, int]) -> None:
    app = world_app("portal")
    async with opened(app, size) as pilot:
        await press(pilot, "1", "enter", "escape", "3", "2", "v", "escape", "question_mark", "escape", "W")


# -- the verdict -------------------------------------------------------------------------------------


def verdict(events: list[Event], width: int = 100) -> str:
    """The verdict after these events."""
    trace = Trace()
    for event in events:
        trace.apply(event)
    return "\n".join(line.text.rstrip() for line in verdict_lines(trace, trace.now, width, UNICODE))


def recorded(name: str) -> list[Event]:
    """The events of a recording."""
    return without_looks(load(HERE, name).events)


def test_the_verdict_says_what_go_would_do_and_the_first_cause() -> None:
    assert verdict(recorded("healthy")).startswith("✓ go would download demo.example/hello@v1.2.0")
    assert verdict(recorded("off-masks-404")).splitlines() == [
        "✗ go would fail: demo.example/hello@latest: module lookup disabled by GOPROXY=off",
        "  first cause: mirror.corp.example answered 404 Not Found",
    ]
    assert verdict(recorded("healthy")[:1]).startswith("▸ tracing demo.example/hello@latest")
    assert verdict([]) == "· nothing traced yet: press t and type a module path"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [(Outcome.UNKNOWN, "? could not tell: why not"), (Outcome.CANCELLED, "? could not tell: ")],
)
def test_what_is_not_known_is_not_called_a_failure(outcome: Outcome, words: str) -> None:
    *before, last = recorded("healthy")
    assert isinstance(last, TraceFinished)
    ended = replace(last, outcome=outcome, version=None, sum=None, go_mod_sum=None, detail="why not")
    assert verdict([*before, ended]).startswith(words)


def test_a_long_error_keeps_its_end() -> None:
    *before, last = recorded("forbidden")
    assert isinstance(last, TraceFinished)
    long = replace(last, error="reading https://" + "x" * 900 + ": 403 Forbidden")
    lines = verdict([*before, long], 80).splitlines()
    assert len(lines) <= 5
    assert lines[2].endswith(": 403 Forbidden")


async def test_v_shows_the_verdict_in_full() -> None:
    app = world_app("bad-zip")
    async with opened(app) as pilot:
        await press(pilot, "v")
        assert "go would print" in screen_text(app)
        assert "zip: not a valid zip file" in screen_text(app)


# -- keys --------------------------------------------------------------------------------------------


def test_every_key_has_a_name_and_a_tooltip() -> None:
    seen: dict[str, Binding] = {}
    for owner in BOUND:
        for binding in owner.BINDINGS:
            assert isinstance(binding, Binding)
            assert binding.id is not None
            assert seen.setdefault(binding.id, binding) is binding
            assert binding.tooltip


def is_out_of_place(app: ModtraceApp, binding: Binding) -> bool:
    """Whether an action belongs to a place where one is not: the demo, its tour, a replay."""
    return app.check_action(binding.action.partition("(")[0], ()) is False


async def test_help_lists_every_key_of_the_workbench() -> None:
    app = world_app("healthy")
    async with opened(app, (120, 250)) as pilot:
        await press(pilot, "question_mark")
        shown = " ".join(screen_text(app).split())
        for owner in (*BOUND[: BOUND.index(Workbench)], Workbench, Arranged, LineList, ModulesPane):
            for binding in vars(owner)["BINDINGS"]:
                assert isinstance(binding, Binding)
                if is_out_of_place(app, binding):
                    continue
                assert " ".join(binding.tooltip.split()) in shown, binding.id
        await press(pilot, "question_mark")
        assert app.screen is app.workbench


@pytest.mark.parametrize("demo", [True, False])
@pytest.mark.parametrize("pane", ["1", "2", "3"])
async def test_the_footer_has_at_most_seven_keys(demo: bool, pane: str) -> None:
    app = world_app("healthy", demo=demo)
    async with opened(app) as pilot:
        await press(pilot, pane)
        words = screen_text(app).splitlines()[-1].split()
        assert len(app.workbench.key_bar.items) <= 7
        assert ("worlds" in words) is demo
        assert words[-2:] == ["q", "quit"]


async def test_t_traces_something_else_and_r_once_more() -> None:
    replay = load(HERE, "healthy")
    app = replay_app(replay)
    async with opened(app) as pilot:
        await press(pilot, "t", *"rsc.io/quote@v1.5.2", "enter")
        await press(pilot, "r")
        jobs = [job for job in replay.jobs if isinstance(job, TraceJob)]
        assert [f"{job.path}@{job.query}" for job in jobs] == [
            "demo.example/hello@latest",
            "rsc.io/quote@v1.5.2",
            "rsc.io/quote@v1.5.2",
        ]
        assert app.screen is app.workbench


async def test_the_prompt_offers_the_modules_of_go_mod() -> None:
    app = settings_app({"GOENV": "off"}, ("a.example/b@v1.0.0", "c.example/d@v1.0.0"))
    async with opened(app) as pilot:
        await press(pilot, "o", "down", "down", "enter")
        assert app.session.target == ("c.example/d", "v1.0.0")


async def test_s_stops_what_is_under_way() -> None:
    replay = Replay(recorded("healthy")[:3], unfinished=True)
    app = replay_app(replay)
    async with opened(app) as pilot:
        await press(pilot, "s")
        assert len(replay.cancelled) == 1
        assert not app.session.tracing


async def test_q_leaves_with_0_and_ctrl_c_with_130() -> None:
    for key, code in (("q", 0), ("ctrl+c", 130), ("ctrl+q", 0)):
        app = world_app("healthy")
        async with opened(app) as pilot:
            await pilot.press(key)
        assert app.return_code == code


async def test_q_leaves_from_every_screen_in_front() -> None:
    for opening in ("v", "question_mark", "W", "enter"):
        app = world_app("bad-zip")
        async with opened(app) as pilot:
            await press(pilot, opening)
            assert app.screen is not app.workbench
            await pilot.press("q")
        assert app.return_code == 0


async def test_ctrl_c_in_a_line_of_input_leaves_the_second_time() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, "t", "q", "ctrl+c")
        assert isinstance(app.focused, Input)
        assert app.focused.value == "q"
        assert app.is_running
        await pilot.press("ctrl+c")
    assert app.return_code == 130


async def test_y_copies_the_row_and_in_details_the_line() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, "y")
        assert app.clipboard.startswith("mirror.corp.example list ✓ info ✓")
        await press(pilot, "enter", "y")
        assert app.clipboard == "http://mirror.corp.example"


@pytest.mark.parametrize("demo", [True, False], ids=["demo", "no-demo"])
async def test_the_palette_and_the_help_know_every_action(demo: bool) -> None:
    app = world_app("healthy", demo=demo)
    async with opened(app):
        titles = {command.title for command in app.get_system_commands(app.screen)}
        helped = {binding.tooltip for section in help_sections(app) for binding in section.bindings}
        bound = {
            binding.tooltip
            for owner in (*type(app).__mro__, Workbench, Arranged, ModulesPane)
            if owner.__module__.startswith("tui.")
            for binding in vars(owner).get("BINDINGS", ())
            if not is_out_of_place(app, binding)
        }
        assert bound <= titles
        assert bound <= helped
        assert {"Theme", "Quit", "Saved session"} <= titles
        assert ("Go to another world of the demo" in titles) is demo


async def test_an_action_of_the_palette_does_what_its_key_does() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        command = next(c for c in app.get_system_commands(app.screen) if c.title.startswith("The verdict in"))
        await command.callback()
        await press(pilot)
        assert isinstance(app.screen, DetailScreen)


# -- hostile text ------------------------------------------------------------------------------------

HOSTILE = "\x1b[31m\x1b]0;pwned\x07\x9b2J[red]x[/red][/oops]\u202egnp.exe\u200b"


def hostile_events() -> list[Event]:
    """A recording in which everything that comes from outside is hostile."""
    events: list[Event] = []
    for event in recorded("forbidden"):
        if isinstance(event, RequestFinished):
            event = replace(
                event, reason=HOSTILE, content_type=HOSTILE, server=HOSTILE, error=HOSTILE, sample=HOSTILE,
                address=HOSTILE, protocol=HOSTILE, url=event.url + HOSTILE,
            )  # fmt: skip
        elif isinstance(event, TraceFinished):
            event = replace(event, error=HOSTILE)
        elif isinstance(event, TraceStarted):
            hops = tuple(replace(hop, name=HOSTILE, spec=HOSTILE) for hop in event.route.hops)
            event = replace(event, path=HOSTILE, route=replace(event.route, hops=hops, checksum=HOSTILE))
        events.append(event)
    return events


@pytest.mark.parametrize("size", [NARROW, BROAD])
async def test_hostile_text_is_shown_as_it_is_and_does_nothing(size: tuple[int, int]) -> None:
    variables = {"GOENV": "off", "GOPROXY": f"https://a.example/{HOSTILE}", "GOPRIVATE": HOSTILE}
    app = replay_app(Replay(hostile_events()), variables, target=(HOSTILE, HOSTILE))
    async with opened(app, size) as pilot:
        for keys in ((), ("l", "j"), ("enter",), ("escape", "v"), ("escape", "1"), ("enter",), ("y",)):
            await press(pilot, *keys)
            shown = screen_text(app)
            assert not any(ord(character) < 32 for character in shown.replace("\n", ""))
            assert not {"\x9b", "\u202e", "\u200b"} & set(shown)
        assert "[red]x[/red][/oops]" in "".join(shown.split())


# -- plain terminals ---------------------------------------------------------------------------------


async def test_in_ascii_every_screen_is_ascii() -> None:
    app = world_app("portal", symbols=ASCII)
    async with opened(app) as pilot:
        for keys in (
            (), ("l",), ("enter",), ("escape", "1"), ("enter",), ("escape", "3"), ("Z",), ("escape", "W"),
            ("escape", "question_mark"), ("escape", "t"), ("escape", "2", "slash"), ("escape", "v"),
        ):  # fmt: skip
            await press(pilot, *keys)
            assert screen_text(app).isascii(), (keys, screen_text(app))


@pytest.mark.parametrize(
    ("variables", "ascii_only"),
    [
        ({}, False),
        ({"LANG": "en_GB.UTF-8"}, False),
        ({"LANG": "zh_CN.utf8"}, False),
        ({"LC_ALL": "C"}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LANG": "de_DE.ISO-8859-1", "LC_ALL": "C.UTF-8"}, False),
        ({"LANG": "en_GB.UTF-8", "TERM": "linux"}, True),
        ({"LANG": "en_GB.UTF-8", "MODTRACE_ASCII": "1"}, True),
    ],
)
def test_the_symbols_suit_the_terminal(variables: dict[str, str], ascii_only: bool) -> None:
    assert symbols_for(variables).ascii_only is ascii_only


async def test_a_bug_in_the_engine_is_told_and_survived() -> None:
    replay = Replay(recorded("healthy")[:3], unfinished=True)
    app = replay_app(replay)
    async with opened(app) as pilot:
        replay.fail(TraceJob, ValueError("[/oops] no such luck"))
        await press(pilot)
        words = " ".join(screen_text(app).split())
        assert "? could not tell: modtrace itself failed: ValueError" in words
        assert "no such luck" not in words, "there may be a secret in it"


async def test_a_bug_in_the_browser_is_told_and_survived() -> None:
    replay = load(HERE, "healthy")
    app = replay_app(replay)
    async with opened(app) as pilot:
        await press(pilot, "3")
        app.session.browse(ask_all=True)
        replay.drain()
        replay.fail(BrowseJob, ValueError("[/oops] no such luck"))
        await press(pilot)
        told = [str(notice.message) for notice in app._notifications]
        assert any("modtrace itself failed: ValueError" in message for message in told)
        assert "no such luck" not in " ".join(told)
