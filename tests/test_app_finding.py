"""Finding things: `/` in every list, `n` and `N`, the palette, the history, the help, the line of keys."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from probes.net.limits import Limits
from probes.share.history import History
from screenshots.make import HERE, TROUBLED
from tests.app_support import BROAD, NARROW, WIDE, opened, press, screen_text, settings_app, world_app
from tests.modtrace import COMMAND, clean_environment
from tests.terminal.session import TerminalSession
from tui.app import ModtraceApp
from tui.drawing.fields import Details, Field, detail_rows, heading
from tui.lines import Row, line
from tui.matching import found_in, keep_matches, places
from tui.replay import Replay, load
from tui.screens.help_screen import HelpScreen
from tui.screens.history_screen import HistoryScreen
from tui.screens.overlay import Overlay
from tui.screens.palette_screen import Entry, PaletteScreen, found_entries
from tui.screens.prompt_screen import PromptScreen
from tui.session import Session
from tui.stage import ThisMachine
from tui.widgets.findable import Findable
from tui.widgets.line_list import LineList


def shown(found: Findable) -> list[str]:
    """The rows of a list."""
    return [row.line.text.rstrip() for row in found.list.rows]


def hits(found: Findable) -> list[str]:
    """Those that were found."""
    return [row.line.text.strip() for row in found.list.rows if row.hit]


def cursor(found: Findable) -> str:
    """The row under the cursor."""
    row = found.list.cursor_row
    return "" if row is None else row.line.text.strip()


def keys_of(text: str) -> list[str]:
    """The keys that type a text."""
    names = {"/": "slash", ".": "full_stop", "@": "at", "-": "minus", " ": "space", "?": "question_mark"}
    return [names.get(letter, letter) for letter in text]


def counter(app: ModtraceApp) -> str:
    """The figures at the end of the line to find things in."""
    found = [row for row in screen_text(app).splitlines() if row.startswith(" / ")]
    return found[0].split()[-1] if found else ""


# -- matching ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("needle", "text", "found"),
    [
        ("proxy", "GOPROXY", True), ("PROXY", "GOPROXY", True), ("Proxy", "GOPROXY", False), ("", "x", True),
        ("proxy x", "goproxy x", True), ("[a", "[A]", True), ("İ", "İ", True), ("straße", "STRASSE", False),
    ],
)  # fmt: skip
def test_capitals_count_once_one_is_typed(needle: str, text: str, found: bool) -> None:
    assert found_in(needle, text) is found


@pytest.mark.parametrize(
    ("needle", "text", "found"),
    [("a", "banana", [1, 3, 5]), ("aa", "aaaa", [0, 2]), ("", "x", []), ("x", "İx", [1]), ("X", "xX", [1])],
)
def test_the_places_are_those_of_the_text(needle: str, text: str, found: list[int]) -> None:
    assert [place.start for place in places(needle, text)] == found
    assert all(len(place) == len(needle) for place in places(needle, text))


def rows_of(*texts: str) -> list[Row]:
    """Rows: "" for a gap, "#…" for a heading, "  …" for what belongs to the row above."""
    return [
        Row(at, line(text), selectable=not text.startswith(("#", "  ")) and text != "")
        for at, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("needle", "kept"),
    [
        ("one", ["# a", "one"]),
        ("own", ["# a", "two", "  own of two"]),
        ("three", ["# b", "three"]),
        ("t", ["# a", "two", "  own of two", "", "# b", "three"]),
        ("# a", []),
    ],
)
def test_rows_keep_their_headings_and_what_belongs_to_them(needle: str, kept: list[str]) -> None:
    rows = rows_of("# a", "one", "two", "  own of two", "", "# b", "three")
    assert [row.line.text for row in keep_matches(rows, needle)] == kept


def test_rows_that_others_are_inside_of_stay_but_are_no_hits() -> None:
    rows = rows_of("hop", "request", "rung", "other")
    kept = keep_matches(rows, "rung", lambda key: key - 1 if key in (1, 2) else None)  # type: ignore[operator]
    assert [(row.line.text, row.hit) for row in kept] == [("hop", False), ("request", False), ("rung", True)]
    assert {span.role for row in kept if not row.hit for span in row.line.spans} == {"faint"}


def test_details_keep_the_heading_of_what_is_found_and_all_below_one_that_is() -> None:
    fields = (
        Field("a", "x one"),
        heading("first"),
        Field("b", "two"),
        Field("c", "one"),
        heading("one more"),
        Field("d", "z"),
    )
    found = detail_rows(Details("t", fields), 60, "one")
    assert [row.line.text.split() for row in found if row.line.spans] == [
        ["a", "x", "one"], ["first"], ["c", "one"], ["one", "more"], ["d", "z"],
    ]  # fmt: skip
    split = detail_rows(Details("t", (Field("a", "some words that are broken"),)), 27, "words that")
    assert [row.hit for row in split][:1] == [True], (
        "found although it is broken in the middle of the words"
    )


# -- / in the panes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=str)
async def test_slash_in_the_tree_keeps_what_is_found_and_what_it_is_inside_of(size: tuple[int, int]) -> None:
    app = world_app("portal")
    async with opened(app, size) as pilot:
        tree = app.workbench.tree_pane
        before = shown(tree)
        await press(pilot, "slash", *"tcp")
        assert any("tcp" in row for row in hits(tree))
        assert len(tree.list.rows) < len(before) + 5
        assert any(
            row.line.text.strip().startswith("▾ ✗ mirror.corp") and not row.hit for row in tree.list.rows
        )
        assert not any("checksums" in row for row in shown(tree))
        assert "tcp" in cursor(tree)
        await press(pilot, "escape")
        assert tree.needle == ""
        assert "tcp" in cursor(tree), "the cursor stays on what was found"
        assert len(tree.list.rows) >= len(before)


async def test_what_is_folded_is_looked_through_too_and_unfolded_around_the_cursor() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        tree = app.workbench.tree_pane
        assert not any("connect" in row for row in shown(tree))
        await press(pilot, "slash", *"connect", "enter")
        assert any("connect" in row for row in hits(tree))
        await press(pilot, "n", "escape")
        assert "connect" in cursor(tree)


async def test_n_and_capital_n_go_from_match_to_match_and_round() -> None:
    app = world_app("portal")
    async with opened(app) as pilot:
        tree = app.workbench.tree_pane
        await press(pilot, "slash", *"o", "enter")
        count = len(hits(tree))
        assert count > 2
        seen = [cursor(tree)]
        for _ in range(count):
            await press(pilot, "n")
            assert tree.list.cursor_row is not None
            assert tree.list.cursor_row.hit
            seen.append(cursor(tree))
        assert seen[0] == seen[-1]
        await press(pilot, "N")
        assert cursor(tree) == seen[-2]
        assert counter(app).endswith(f"/{count}")


async def test_the_counter_says_which_of_how_many() -> None:
    app = settings_app(TROUBLED)
    async with opened(app) as pilot:
        await press(pilot, "1", "slash", *"proxy")
        count = len(hits(app.workbench.environment))
        assert counter(app) == f"1/{count}"
        await press(pilot, "down")
        assert counter(app) == f"2/{count}"
        await press(pilot, "up", "up")
        assert counter(app) == f"{count}/{count}"
        await press(pilot, *"zzz")
        assert "nothing here holds “proxyzzz”" in screen_text(app)
        assert counter(app).endswith("/0")


async def test_the_cursor_comes_back_while_letters_are_taken_back() -> None:
    app = settings_app(TROUBLED)
    async with opened(app) as pilot:
        pane = app.workbench.environment
        await press(pilot, "1", "G")
        there = cursor(pane)
        await press(pilot, "slash", *"gosumdb")
        assert cursor(pane).startswith("GOSUMDB")
        await press(pilot, *["backspace"] * 7)
        assert cursor(pane) == there
        await press(pilot, "escape")
        assert cursor(pane) == there


async def test_enter_on_an_empty_line_ends_the_search() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, "slash", "enter")
        assert app.workbench.tree_pane.list.has_focus
        assert not app.workbench.tree_pane.is_finding


async def test_slash_in_the_browser_finds_versions_and_what_stands_behind_them() -> None:
    app = world_app("split-files")
    async with opened(app) as pilot:
        await press(pilot, "3", "slash", *"go chose", "enter")
        assert len(hits(app.workbench.modules)) == 1
        await press(pilot, "escape", "slash", *"v1")
        assert all("v1" in row for row in shown(app.workbench.modules))


async def test_slash_in_the_details_beside_the_panes() -> None:
    app = world_app("portal")
    async with opened(app, BROAD) as pilot:
        detail = app.workbench.detail
        await press(pilot, "enter", "slash", *"captive", "enter")
        assert detail.list.has_focus
        assert detail.needle == "captive"
        assert app.workbench.tree_pane.needle == ""
        assert hits(detail)
        assert len(shown(detail)) < 40
        await press(pilot, "escape")
        assert detail.needle == ""
        assert detail.list.has_focus


async def test_a_search_goes_on_while_the_trace_is_shown_anew() -> None:
    app = world_app("portal")
    async with opened(app) as pilot:
        tree = app.workbench.tree_pane
        await press(pilot, "slash", *"list", "enter")
        before = shown(tree)
        await press(pilot, "r")
        assert shown(tree) == before
        assert tree.needle == "list"


# -- / in what comes in front ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opening", "text", "found"),
    [
        (("question_mark",), "privacy", "Privacy: hosts"), (("W",), "portal", "A log-in page"),
        (("v",), "portal", "portal"), (("enter",), "seen", "captive portal"), (("Y",), "curl", "curl"),
    ],
    ids=["help", "worlds", "verdict", "details", "copy as"],
)  # fmt: skip
async def test_slash_in_every_list_in_front(opening: Sequence[str], text: str, found: str) -> None:
    app = world_app("portal")
    async with opened(app) as pilot:
        await press(pilot, *opening)
        screen = app.screen
        assert isinstance(screen, Overlay)
        before = len(screen.list.rows)
        await press(pilot, "slash", *text, "enter")
        assert found in screen_text(app)
        assert 0 < len(hits(screen)) < before
        assert any(row.startswith(f" /       {text}") for row in screen_text(app).splitlines())
        await press(pilot, "n", "N", "escape")
        assert app.screen is screen, "the first Esc ends the search"
        assert len(screen.list.rows) == before
        await press(pilot, "escape")
        assert app.screen is app.workbench


async def test_what_was_found_is_marked_so_that_it_is_seen_without_colours() -> None:
    app = world_app("healthy", demo=False)
    async with opened(app) as pilot:
        await press(pilot, "slash", *"mirror", "enter")
        lists = app.workbench.tree_pane.list
        strips = [lists.render_line(y) for y in range(lists.size.height)]
        marked = [
            (segment.text, bool(segment.style and segment.style.reverse))
            for strip in strips
            for segment in strip
            if segment.style is not None and segment.style.underline
        ]
        assert {text for text, _ in marked} == {"mirror"}
        assert {reverse for _, reverse in marked} <= {True, False}
        assert all(strip.cell_length == lists.columns for strip in strips)


# -- typed ahead -------------------------------------------------------------------------------------


async def at_once(pilot: Pilot[None], *keys: str) -> None:
    """Keys that come in one piece, as over a slow line."""
    for key in keys:
        pilot.app.simulate_key(key) if len(key) > 1 else pilot.app.post_message(_key(key))
    await press(pilot)


def _key(letter: str) -> object:
    from textual.events import Key

    return Key(letter, letter)


async def test_letters_behind_the_slash_are_no_commands() -> None:
    app = world_app("portal")
    async with opened(app) as pilot:
        await at_once(pilot, "slash", *"2qr")
        assert app.is_running
        assert app.workbench.tree_pane.needle == "2qr"
        await press(pilot, "escape")
        await at_once(pilot, "slash", *"tcp")
        assert app.workbench.tree_pane.needle == "tcp"


async def test_a_path_behind_t_is_no_command() -> None:
    app = settings_app({"GOENV": "off"})
    async with opened(app) as pilot:
        await at_once(pilot, "t", *"rsq")
        assert isinstance(app.screen, PromptScreen)
        assert app.screen.input.value == "rsq"
        assert app.is_running


def test_a_terminal_may_send_it_all_in_one_piece(tmp_path: Path) -> None:
    command = [COMMAND, "m.test/x@v1.0.0", "--set", "GOPROXY=off"]
    with TerminalSession(command, env=clean_environment(tmp_path), cwd=tmp_path) as session:
        session.wait_for("✗ go would fail")
        session.press("/gosumdb\r")
        session.wait_for("1/1")
        assert "GOSUMDB=off" in session.screen()
        session.press("\x1b")
        session.wait_for("private?")
        session.press("tq.example/quit@v1")
        session.wait_for("q.example/quit@v1")
        session.press("\r")
        session.wait_for("q.example/quit")
        session.press("q")
        assert session.wait_for_exit() == 0


# -- the palette -------------------------------------------------------------------------------------


def titles(app: ModtraceApp) -> list[str]:
    """What the palette offers."""
    assert isinstance(app.screen, PaletteScreen)
    return [row.key[0] for row in app.screen.list.rows if row.selectable]  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("fault", "Break a proxy"), ("verdict", "The verdict in full"), ("theme", "Theme"), ("zip", "Fetch the zip"),
        ("history", "What was traced here before"), ("proxy can", "What each proxy can do"), ("wider", "The left pane wider"),
    ],
)  # fmt: skip
async def test_the_palette_finds_actions_by_any_of_their_words(text: str, first: str) -> None:
    app = world_app("portal")
    async with opened(app) as pilot:
        await press(pilot, "ctrl+p", *keys_of(text))
        assert titles(app)[0].startswith(first)


async def test_enter_in_the_palette_does_what_the_cursor_is_on() -> None:
    app = world_app("portal")
    async with opened(app) as pilot:
        await press(pilot, "ctrl+p", *"zoom", "enter")
        assert app.screen is app.workbench
        assert app.workbench._zoomed == "tree"
        await press(pilot, "ctrl+p", "down", "up", *"nothing holds this", "enter")
        assert isinstance(app.screen, PaletteScreen)
        assert titles(app) == []
        await press(pilot, "escape")
        assert app.screen is app.workbench


async def test_the_palette_leaves_out_what_is_not_there_and_says_what_cannot_be_done() -> None:
    app = world_app("portal", demo=False)
    async with opened(app) as pilot:
        await press(pilot, "ctrl+p")
        assert not any("world of the demo" in title for title in titles(app))
        assert not any(title.startswith("Replay:") for title in titles(app))
        assert len(titles(app)) == len(set(titles(app)))
    entries = [Entry("a b", "x", "", lambda: None, possible=False), Entry("b a", "y", "", lambda: None)]
    assert [entry.title for entry in found_entries(entries, "a b")] == ["b a", "a b"]
    assert found_entries(entries, "c") == []


@pytest.mark.parametrize("size", [(30, 8), NARROW, (240, 70)], ids=str)
async def test_the_palette_cuts_no_title(size: tuple[int, int]) -> None:
    app = world_app("portal")
    async with opened(app, size) as pilot:
        await press(pilot, "ctrl+p")
        assert isinstance(app.screen, PaletteScreen)
        drawn = "".join("".join(row.line.text.split()) for row in app.screen.list.rows)
        assert all("".join(title.split()) in drawn for title in titles(app))


# -- the help ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pane", "section", "words"),
    [
        ("1", "Here: Environment", "Show everything"),
        ("2", "Here: Tree", "Look closer"),
        ("3", "Here: Modules", "Fetch the zip"),
    ],
)
async def test_the_help_begins_with_the_pane_that_has_the_keys(pane: str, section: str, words: str) -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, pane, "question_mark")
        assert section in screen_text(app).splitlines()[1]
        assert words in screen_text(app)


async def test_enter_in_the_help_does_it() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, "question_mark", "slash", *"privacy", "enter", "n", "enter")
        assert app.screen is app.workbench
        assert app.is_private


async def test_the_help_of_a_screen_in_front_begins_with_its_keys() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, "v", "question_mark")
        assert isinstance(app.screen, HelpScreen)
        assert "Here" in screen_text(app).splitlines()[1]
        assert "Copy the line" in screen_text(app)


async def test_the_help_names_keys_as_they_stand_on_a_keyboard() -> None:
    app = world_app("healthy")
    async with opened(app, (100, 200)) as pilot:
        await press(pilot, "question_mark")
        assert not [
            word
            for word in screen_text(app).split()
            if word.endswith(("_sign", "_bracket", "_stop", "_line"))
        ]


# -- the line of keys --------------------------------------------------------------------------------


def bar(app: ModtraceApp) -> list[str]:
    """The labels of the line of keys."""
    return [item.label for item in app.workbench.key_bar.items]


async def test_the_line_of_keys_is_about_where_one_is() -> None:
    app = world_app("portal", demo=False)
    async with opened(app) as pilot:
        tree = bar(app)
        assert tree[0] == "again"
        assert tree[-2:] == ["help", "quit"]
        await press(pilot, "3")
        assert bar(app)[0] == "menu"
        await press(pilot, "slash", "v")
        assert bar(app) == ["to the list", "next", "before", "all"]
        await press(pilot, "enter")
        assert bar(app)[:3] == ["next", "before", "all"]
        await press(pilot, "escape")
        assert bar(app)[0] == "menu"
        await press(pilot, "2")
        assert bar(app) == tree
        await press(pilot, "z")
        assert bar(app)[0] == "all panes"


async def test_before_anything_is_traced_t_comes_first_and_while_it_is_s() -> None:
    app = settings_app({"GOENV": "off"})
    async with opened(app):
        assert bar(app)[0] == "trace"
    from tests.app_support import replay_app, without_looks

    app = replay_app(Replay(without_looks(load(HERE, "healthy").events)[:3], unfinished=True))
    async with opened(app):
        assert bar(app)[0] == "stop"


@pytest.mark.parametrize("width", [30, 40, 60, 80, 100, 120, 240])
async def test_the_line_of_keys_fits_and_ends_with_help_and_quit(width: int) -> None:
    app = world_app("portal")
    async with opened(app, (width, 24)):
        last = screen_text(app).splitlines()[-1]
        assert last.endswith("? help  q quit")
        assert "…" not in last
        assert len(bar(app)) <= 7 or width >= 100


async def test_a_click_on_a_key_presses_it() -> None:
    app = world_app("portal")
    async with opened(app) as pilot:
        at = screen_text(app).splitlines()[-1].index("help")
        await pilot.click("#key-bar", offset=(at, 0))
        await press(pilot)
        assert isinstance(app.screen, HelpScreen)


# -- the history -------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of nobody's, with some history."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GOPRIVATE", "*.corp.example")
    for name in ("XDG_STATE_HOME", "GOENV", "GOFLAGS", "GOPROXY"):
        monkeypatch.delenv(name, raising=False)
    history = History(tmp_path / ".local" / "state" / "modtrace" / "history.json")
    for day, (path, query, outcome) in enumerate(
        [
            ("rsc.io/quote", "v1.5.2", "ok"),
            ("git.corp.example/secret/module", "latest", "fails"),
            ("git.corp.example/secret/module", "latest", "fails"),
            ("github.com/" + "long/" * 20 + "path", "v1.0.0", "cancelled"),
        ],
        start=1,
    ):
        history.remember(path, query, time=f"2026-01-0{day}T12:00:00Z", outcome=outcome)
    return tmp_path


def on_machine(home: Path) -> ModtraceApp:
    """The app on this home, the network replayed."""
    return ModtraceApp(Session(ThisMachine({}, home), Replay(), Limits()))


async def history_of(pilot: Pilot[None]) -> HistoryScreen:
    """The history, once it is there."""
    await press(pilot, "H")
    await pilot.app.workers.wait_for_complete()
    await press(pilot)
    assert isinstance(pilot.app.screen, HistoryScreen)
    return pilot.app.screen


async def test_the_history_lists_what_was_traced_the_latest_first(home: Path) -> None:
    app = on_machine(home)
    async with opened(app) as pilot:
        screen = await history_of(pilot)
        drawn = screen_text(app).splitlines()
        assert "was stopped" in drawn[1]
        assert "".join(["long/"] * 20) in "".join("".join(row.split()) for row in drawn)
        assert any("✗ go fails" in row and row.endswith("2 times") for row in drawn)
        assert any(row.text.endswith("git.corp.example/secret/module@latest") for row in screen.list.rows)
        await press(pilot, "slash", *"quote", "enter", "y")
        assert app.clipboard == "rsc.io/quote@v1.5.2"
        assert len(hits(screen)) == 1
        await press(pilot, "enter")
        assert app.session.target == ("rsc.io/quote", "v1.5.2")


async def test_with_privacy_the_history_names_nobody_and_still_traces(home: Path) -> None:
    app = on_machine(home)
    async with opened(app) as pilot:
        await history_of(pilot)
        await press(pilot, "p")
        assert "[private]" in screen_text(app)
        assert "corp" not in screen_text(app)
        assert "secret" not in screen_text(app)
        assert "rsc.io/quote@v1.5.2" in screen_text(app)
        await press(pilot, "down", "y")
        assert "corp" not in app.clipboard
        await press(pilot, "enter")
        assert app.session.target == ("git.corp.example/secret/module", "latest")


async def test_an_empty_history_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    app = on_machine(tmp_path)
    async with opened(app) as pilot:
        await history_of(pilot)
        assert "nothing was traced here before" in screen_text(app)
        await press(pilot, "enter", "H")
        assert app.screen is app.workbench


async def test_the_demo_shows_no_history_and_says_so() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, "H")
        await app.workers.wait_for_complete()
        await press(pilot)
        assert app.screen is app.workbench
        assert "no history" in str([notice.message for notice in app._notifications])


async def test_only_the_line_of_a_list_is_a_search() -> None:
    """What is typed into another line of input filters nothing."""
    app = settings_app({"GOENV": "off"}, ("a.example/b@v1.0.0",))
    async with opened(app) as pilot:
        await press(pilot, "t", *"a.ex")
        assert isinstance(app.focused, Input)
        assert isinstance(app.screen, PromptScreen)
        assert app.screen.needle == ""
        assert isinstance(app.screen.list, LineList)


# -- one frame ---------------------------------------------------------------------------------------


async def test_what_a_letter_finds_comes_with_the_letter() -> None:
    """Nothing runs between the change of the line and what follows from it: one frame shows both."""
    app = world_app("healthy")
    async with opened(app, BROAD) as pilot:
        await press(pilot, "1", "slash")
        pane = app.workbench.environment
        assert pane.filter_line is not None
        pane.filter_line.bar.value = "sumdb"
        assert hits(pane)
        assert all("sumdb" in hit.lower() for hit in hits(pane))
        details = app.workbench.detail.remark()
        pane.filter_line.bar.value = "goflags"
        assert all("goflags" in hit.lower() for hit in hits(pane))
        assert app.workbench.detail.remark() != details


async def test_the_details_come_with_the_cursor() -> None:
    app = world_app("healthy")
    async with opened(app, BROAD) as pilot:
        await press(pilot, "1")
        seen = set()
        for _ in range(3):
            app.workbench.environment.list.action_move(1)
            seen.add(app.workbench.detail.remark())
        assert len(seen) == 3
