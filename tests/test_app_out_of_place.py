"""Keys that do nothing here and now say so in one sentence, and what is told in passing stands apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from screenshots.make import HERE
from tests.app_support import BROAD, NARROW, opened, press, replay_app, screen_text, settle, world_app
from tests.test_app_replay import recorded, tape_of
from tui.app import ModtraceApp
from tui.drawing.key_wishes import Where, key_wishes
from tui.manners import MOST_TOLD
from tui.replay import Replay, load
from tui.symbols import ASCII, UNICODE, Symbols


def told(app: ModtraceApp) -> list[str]:
    """What was said in passing."""
    return [str(notice.message) for notice in app._notifications]


# -- keys of other places ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("f", "f is for the demo"), ("W", "W is for the demo"), ("T", "T begins the tour of the demo"),
        ("full_stop", ". pauses a replay (R) or the tour of the demo; neither is on"),
        ("right_square_bracket", "] goes on in a replay (R) or in the tour of the demo; neither is on"),
        ("left_curly_bracket", "{ is for replays"),
    ],
)  # fmt: skip
async def test_a_key_of_the_demo_or_of_a_replay_says_so_elsewhere(key: str, words: str) -> None:
    app = world_app("healthy", demo=False)
    async with opened(app) as pilot:
        await press(pilot, key)
        (said,) = told(app)
        assert said.startswith(words)


@pytest.mark.parametrize("key", ["full_stop", "right_square_bracket", "left_square_bracket"])
async def test_in_the_demo_the_keys_of_the_tour_name_the_key_that_begins_it(key: str) -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, key)
        assert "tour of the demo (T)" in told(app)[0]
        await press(pilot, "right_curly_bracket")
        assert told(app)[-1].startswith("} is for replays")


async def test_keys_that_work_or_mean_nothing_are_not_spoken_of() -> None:
    app = world_app("healthy", demo=False)
    async with opened(app) as pilot:
        await press(pilot, "j", "k", "2", "3", "f", "escape", "V", "ctrl+x", "f9")
        assert told(app) == []


async def test_the_details_have_a_key_where_they_are_shown_and_a_word_elsewhere() -> None:
    app = world_app("comma-stops-on-502")
    async with opened(app, BROAD) as pilot:
        await press(pilot, "4")
        assert app.workbench.keyed_pane is app.workbench.detail
        await press(pilot, "2", "z", "4")
        assert app.workbench.keyed_pane is app.workbench.detail
        assert app.workbench.detail.region.width == BROAD[0]
        await press(pilot, "escape", "2")
        await pilot.resize_terminal(*NARROW)
        await press(pilot, "4")
        assert "here Enter opens them" in told(app)[0]


async def test_a_says_when_every_proxy_has_answered() -> None:
    replay = load(HERE, "404-falls-through")
    app = replay_app(replay)
    async with opened(app) as pilot:
        await press(pilot, "3")
        all_answered = all(state.answered for state in app.session.table.columns)
        await press(pilot, "a")
        assert any("has answered already" in words for words in told(app)) is all_answered


async def test_the_end_of_a_replay_says_that_it_begins_anew(tmp_path: Path) -> None:
    app = replay_app(Replay(), target=None)
    async with opened(app) as pilot:
        app.play_tape(tape_of(tmp_path, recorded("healthy")), speed=0)
        await press(pilot)
        await press(pilot, "full_stop")
        assert told(app)[-1] == "once more, from the beginning"


async def test_enter_in_the_help_on_what_cannot_be_done_from_there_says_so() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, "question_mark", "G", "enter")
        assert "cannot be done from here" in told(app)[0]


async def test_enter_on_a_line_that_is_no_choice_names_the_choices() -> None:
    app = world_app("comma-stops-on-502", demo=False)
    async with opened(app) as pilot:
        await press(pilot, "vertical_line", "w")
        front = app.screen
        await press(pilot, "G", "enter")
        assert app.screen is front
        assert told(app)[-1].startswith("choose one of the rows above: ")


def test_what_can_be_stopped_is_in_the_line_of_keys() -> None:
    wished = key_wishes(Where("tree", tracing=True, traced=True, demo=True))
    assert wished[0].key == "s"
    assert "s" not in [wish.key for wish in key_wishes(Where("tree", traced=True, demo=True))]


# -- what is told stands apart -----------------------------------------------------------------------


@pytest.mark.parametrize("symbols", [UNICODE, ASCII], ids=["unicode", "ascii"])
async def test_what_is_told_has_a_line_above_it_and_lines_of_its_own(symbols: Symbols) -> None:
    app = world_app("comma-stops-on-502", symbols=symbols)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "s")
        shown = screen_text(app).splitlines()
        (at,) = [number for number, row in enumerate(shown) if "nothing is under way" in row]
        assert shown[at] == " nothing is under way"
        assert shown[at - 1] == symbols.rule * 80


async def test_no_more_than_two_things_are_told_at_once_and_none_twice() -> None:
    app = world_app("healthy", demo=False)
    async with opened(app) as pilot:
        await press(pilot, "s", "s")
        assert told(app) == ["nothing is under way"]
        await press(pilot, "f", "plus", "T")
        assert len(told(app)) == MOST_TOLD
        assert told(app)[-1].startswith("T begins")


async def test_what_was_told_goes_with_the_screen_it_was_about() -> None:
    app = world_app("comma-stops-on-502")
    async with opened(app) as pilot:
        await press(pilot, "v", "y")
        assert told(app)[-1].startswith("copied: ")
        await press(pilot, "escape")
        assert told(app) == []
        await press(pilot, "s", "question_mark")
        assert told(app) == []


async def test_what_a_screen_tells_on_its_way_out_stays() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, "Y", "enter")
        assert app.screen is app.workbench
        assert told(app)[-1].startswith("copied: curl")


# -- copying -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("symbols", [UNICODE, ASCII], ids=["unicode", "ascii"])
async def test_y_copies_the_words_of_a_row(symbols: Symbols) -> None:
    app = world_app("healthy", symbols=symbols)
    async with opened(app) as pilot:
        await press(pilot, "y")
        ok = symbols.ok
        begun = f"mirror.corp.example list {ok} info {ok} mod {ok} zip {ok}"
        assert app.clipboard.startswith(begun)
        await press(pilot, "l", "j", "y")
        assert "  " not in app.clipboard
        assert app.clipboard.startswith("list")


def test_the_words_of_a_row_are_never_nothing() -> None:
    assert UNICODE.words("  ▹ ✗ connect    ▇▇▇   11 ms ") == "connect 11 ms"
    assert UNICODE.words("  ▹ ✓ , done: 200") == ", done: 200"
    assert UNICODE.words(" ✓ ") == "✓"
    assert ASCII.words("  > x tls   ====  1 s") == "tls 1 s"
