"""How the screen is shared: at every size, in the sizes that the user chose, and with nothing cut unseen."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from probes.trace.events import Event, TraceFinished
from probes.trace.fold import Trace
from screenshots.make import HERE, TROUBLED
from tests.app_support import (
    BROAD,
    NARROW,
    opened,
    press,
    replay_app,
    screen_text,
    settings_app,
    without_looks,
    world_app,
)
from tests.modtrace import COMMAND, clean_environment
from tests.terminal.session import TerminalSession
from tui.app import ModtraceApp
from tui.drawing.head_lines import title_line
from tui.drawing.long_rows import rows_in_full
from tui.drawing.verdict import verdict_lines
from tui.lines import Role, Row, cells, fit_middle, line, row_with, wrap_line
from tui.replay import load
from tui.sizes import LOWER_LEAST, RIGHT_LEAST, Room, Sizes, read_sizes, write_sizes
from tui.symbols import ASCII, UNICODE
from tui.widgets.rule import Rule

SIZES = [
    (20, 5), (29, 8), (30, 7), (30, 8), (40, 10), (60, 15), (79, 20), (80, 24), (100, 30), (119, 24), (120, 36),
    (120, 10), (160, 48), (179, 40), (180, 24), (200, 50), (240, 70),
]  # fmt: skip


def overlong(app: ModtraceApp, size: tuple[int, int]) -> list[str]:
    """The rows of the screen that are not exactly as wide as it is; and its height, where that is wrong."""
    strips = app.screen._compositor.render_strips()
    wrong = [strip.text for strip in strips if strip.cell_length != size[0] or cells(strip.text) != size[0]]
    return wrong if len(strips) == size[1] else [*wrong, f"{len(strips)} rows"]


# -- every size --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_every_row_is_as_wide_as_the_screen(size: tuple[int, int]) -> None:
    app = world_app("portal")
    async with opened(app, size) as pilot:
        for keys in ("", "1", "L", "3", "z", "v", "escape", "question_mark"):
            await press(pilot, *([keys] if keys else []))
            assert overlong(app, size) == [], keys


@pytest.mark.parametrize("symbols", [UNICODE, ASCII], ids=["unicode", "ascii"])
async def test_the_screen_follows_the_terminal_through_all_sizes(symbols: object) -> None:
    app = world_app("off-masks-404", symbols=symbols)  # type: ignore[arg-type]
    async with opened(app, NARROW) as pilot:
        app.workbench.sizes = Sizes(0.5, 0.5, 0.5)
        for size in (*SIZES, *reversed(SIZES)):
            await pilot.resize_terminal(*size)
            await press(pilot)
            assert overlong(app, size) == [], size


@pytest.mark.parametrize(
    ("size", "too_small"), [((20, 5), True), ((29, 24), True), ((80, 7), True), ((30, 8), False)]
)
async def test_a_terminal_without_room_says_so(size: tuple[int, int], too_small: bool) -> None:
    app = world_app("healthy")
    async with opened(app, size) as pilot:
        assert ("too small" in screen_text(app)) is too_small
        await pilot.resize_terminal(80, 24)
        await press(pilot)
        assert "too small" not in screen_text(app)
        assert "go would download" in screen_text(app)


@pytest.mark.parametrize("size", [(60, 15), (40, 10), (30, 8), (120, 12)])
async def test_on_low_screens_the_panes_get_the_room(size: tuple[int, int]) -> None:
    app = world_app("portal")
    async with opened(app, size):
        assert app.workbench.tree_pane.list.size.height >= size[1] // 3
        assert "A log-in page" not in screen_text(app)
        assert "go would fail" in screen_text(app)


async def test_rows_made_while_another_tab_is_in_front_have_the_width_of_their_own() -> None:
    app = world_app("comma-stops-on-502")
    async with opened(app, NARROW) as pilot:
        before = screen_text(app)
        await press(pilot, "1", "r", "2")
        assert screen_text(app) == before
        await press(pilot, "1")
        await pilot.resize_terminal(100, 24)
        await press(pilot, "r", "2")
        assert max(row.line.width for row in app.workbench.tree_pane.list.rows) in (98, 99)


# -- sizes -------------------------------------------------------------------------------------------


def geometry(app: ModtraceApp) -> tuple[int, int, int]:
    """The width of the left pane, the height of the lower one, the width of the details."""
    bench = app.workbench
    return bench.environment.size.width, bench.modules.size.height, bench.detail.size.width


async def test_the_keys_change_the_sizes_and_take_them_back() -> None:
    app = world_app("portal")
    async with opened(app, BROAD) as pilot:
        left, lower, detail = geometry(app)
        await press(pilot, "greater_than_sign", "greater_than_sign", "less_than_sign")
        assert geometry(app) == (left + 2, lower, detail)
        await press(pilot, "plus", "plus", "plus", "minus")
        assert geometry(app) == (left + 2, lower + 2, detail)
        await press(pilot, "enter", "plus")
        assert app.workbench.detail.has_focus_within
        assert geometry(app) == (left + 2, lower + 2, detail + 2)
        await press(pilot, "equals_sign")
        assert geometry(app) == (left, lower, detail)
        assert app.workbench.sizes == Sizes()


@pytest.mark.parametrize("size", [(120, 24), (240, 70)], ids=str)
@pytest.mark.parametrize("key", ["greater_than_sign", "less_than_sign", "plus", "minus"])
async def test_no_size_leaves_a_pane_without_room(size: tuple[int, int], key: str) -> None:
    app = world_app("portal")
    async with opened(app, size) as pilot:
        share = 0.99 if key in ("greater_than_sign", "plus") else 0.01
        app.workbench.sizes = Sizes(share, share, share)
        await press(pilot, key)
        bench = app.workbench
        assert bench.tree_pane.size.width >= RIGHT_LEAST
        assert min(pane.size.width for pane in bench._panes() if pane.region.area) >= 32
        assert bench.modules.size.height >= LOWER_LEAST
        assert bench.tree_pane.size.height >= LOWER_LEAST
        assert overlong(app, size) == []
        before = geometry(app)
        back = {"greater_than_sign": "less_than_sign", "less_than_sign": "greater_than_sign"}
        await press(pilot, back.get(key, "minus" if key == "plus" else "plus"))
        assert geometry(app) != before, "the way back begins at once"


async def test_sizes_are_shares_of_the_screen() -> None:
    app = world_app("portal")
    async with opened(app, (200, 50)) as pilot:
        await press(pilot, *["greater_than_sign"] * 10)
        left = geometry(app)[0]
        await pilot.resize_terminal(240, 70)
        await press(pilot)
        assert geometry(app)[0] == round(left * 240 / 200)
        await pilot.resize_terminal(80, 24)
        await press(pilot, "1")
        assert geometry(app)[0] == 80
        await pilot.resize_terminal(200, 50)
        await press(pilot, "z")
        assert geometry(app)[0] == 200
        await press(pilot, "z")
        assert geometry(app)[0] == left


async def test_where_panes_are_tabs_the_keys_say_why_nothing_happens() -> None:
    app = world_app("portal")
    async with opened(app, NARROW) as pilot:
        await press(pilot, "plus")
        assert "side by side" in str([notice.message for notice in app._notifications])
        assert app.workbench.sizes == Sizes()


async def test_the_mouse_moves_the_lines_between_panes() -> None:
    app = world_app("portal")
    async with opened(app, BROAD) as pilot:
        left, lower, detail = geometry(app)
        for rule, offset in (("#rule-left", (6, 0)), ("#rule-middle", (0, -3)), ("#rule-right", (-5, 0))):
            await pilot.mouse_down(rule)
            await pilot.hover(rule, offset)
            await pilot.mouse_up(rule)
            await press(pilot)
        assert geometry(app) == (left + 6, lower + 3, detail + 5)
        await pilot.hover("#tree")
        await press(pilot)
        assert geometry(app) == (left + 6, lower + 3, detail + 5)
        assert app.workbench.query_one("#rule-left", Rule)


def test_sizes_are_kept_in_a_file_of_the_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "state" / "layout.json"
    assert write_sizes(file, Sizes(0.25, None, 0.5)) == ""
    assert read_sizes(file) == Sizes(0.25, None, 0.5)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert write_sizes(None, Sizes()) != ""
    (tmp_path / "in the way").write_text("")
    assert "not kept" in write_sizes(tmp_path / "in the way" / "layout.json", Sizes())


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '"x"', "[" * 100_000, '{"schema": "other/1", "left": 0.5}',
        '{"schema": "modtrace.layout/1", "left": "0.5", "lower": 7, "detail": true}',
        '{"schema": "modtrace.layout/1", "left": NaN, "lower": -0.5, "detail": 1e999}',
    ],
    ids=range(9),
)  # fmt: skip
def test_a_broken_file_is_no_file(text: str, tmp_path: Path) -> None:
    file = tmp_path / "layout.json"
    file.write_text(text)
    assert read_sizes(file) == Sizes()
    assert read_sizes(tmp_path / "none") == read_sizes(None) == read_sizes(tmp_path) == Sizes()


def test_what_is_kept_says_which_form_it_has(tmp_path: Path) -> None:
    write_sizes(tmp_path / "layout.json", Sizes())
    assert json.loads((tmp_path / "layout.json").read_text())["schema"] == "modtrace.layout/1"


@pytest.mark.parametrize("width", range(120, 300, 7))
def test_whatever_is_wanted_all_panes_fit(width: int) -> None:
    for share in (0.01, 0.3, 0.5, 0.99):
        sizes = Sizes(share, share, share)
        for room in (Room(width, 20, width >= 180), Room(width, 60, width >= 180)):
            taken = room.left(sizes) + 1 + ((room.detail(sizes) + 1) if room.has_detail else 0)
            assert width - taken >= RIGHT_LEAST
            assert LOWER_LEAST <= room.lower(sizes) <= room.height - 6


# -- nothing is cut unseen ---------------------------------------------------------------------------

LONG = "git.corp.example/platform/teams/build-and-release/tooling/module-with-a-long-name/v7"


@pytest.mark.parametrize("width", [30, 45, 80, 120])
@pytest.mark.parametrize("marks", [(), ("private", "zoom")])
def test_a_long_title_loses_its_middle_and_nothing_else(width: int, marks: tuple[str, ...]) -> None:
    for active in ("tree", None):
        title = title_line(f"{LONG}@v7.0.1", "go1.27.3", active, width, UNICODE, marks)
        assert title.width <= width or marks
        if title.width <= width and width >= 80:
            assert "…" in title.text or f"{LONG}@v7.0.1" in title.text
            assert "git." in title.text
            assert "v7.0.1" in title.text


async def test_v_says_all_of_what_the_title_has_no_room_for() -> None:
    app = replay_app(load(HERE, "healthy"), target=(LONG, "latest"))
    async with opened(app, NARROW) as pilot:
        assert LONG not in screen_text(app)
        assert "…" in screen_text(app).splitlines()[0]
        await press(pilot, "v")
        assert isinstance(app.session.target, tuple)
        assert "asked" in screen_text(app)


def failed_verdict(error: str, width: int, most: int = 5) -> list[str]:
    """The verdict on a trace that failed with this error."""
    trace = Trace()
    events: list[Event] = without_looks(load(HERE, "comma-stops-on-502").events)
    for event in events:
        if isinstance(event, TraceFinished):
            from dataclasses import replace

            event = replace(event, error=error)
        trace.apply(event)
    return [one.text.rstrip() for one in verdict_lines(trace, trace.now, width, UNICODE, most=most)]


def test_a_verdict_that_is_cut_says_how_to_see_all_of_it() -> None:
    long = failed_verdict("reading https://" + "x" * 900 + ": 502 Bad Gateway", 80)
    assert long[-1].endswith("v for all")
    assert len(long) <= 5
    assert all(cells(text) <= 80 for text in long)
    short = failed_verdict("short", 200)
    assert "v for all" not in "\n".join(short)
    assert failed_verdict("short", 200, most=1)[-1].endswith("v for all")


def test_a_first_cause_that_goes_on_below_ends_with_the_mark() -> None:
    shown = failed_verdict("m.test/x@v1.0.0: short", 60, most=2)
    assert shown[-1].startswith("  first cause: mirror.corp.example answered 502")
    assert re.search(r"\S… v for all$|…\s+v for all$", shown[-1])
    assert not any("…" in text for text in failed_verdict("m.test/x@v1.0.0: short", 120))


@pytest.mark.parametrize("width", range(50, 130))
def test_a_url_that_loses_its_end_has_the_mark_on_its_own_line(width: int) -> None:
    url = "http://127.0.0.1:37039/demo.example/hello/@v/list"
    words = f"m.test/x@latest: reading {url}: 502 Bad Gateway server response: {'the mirror is ill ' * 9}"
    lines = failed_verdict(words, width)
    (at,) = [number for number, text in enumerate(lines) if "…" in text and "v for all" not in text] or [0]
    assert not lines[at].strip().startswith("…")
    begun = next((text for text in lines if "http:" in text), "")
    address = begun[begun.index("http:") :].split()[0] if begun else url
    assert address.endswith("…") or url in address


def test_a_row_that_shows_less_keeps_all_of_it() -> None:
    cut = row_with("a", line("  x", ("https://a.exam…", Role.NAME)), "https://a.example/path")
    assert cut.text == cut.to_copy == "https://a.example/path"
    assert row_with("a", line("all of it"), "of").full is None
    fitted = Row("a", line("    a long line of words")).fitted(12)
    assert (fitted.line.width, fitted.text) == (12, "a long line of words")
    first, *more = rows_in_full([fitted], 12)
    assert [first.line.text, *(row.line.text.strip() for row in more)] == ["    a long", "line of", "words"]
    assert not any(row.selectable for row in more)


@pytest.mark.parametrize(
    "text", ["", "a", "  two words", "界" * 30, "x" * 100, "é" * 9 + "  y " * 9, "a  b   c"]
)
@pytest.mark.parametrize("width", [8, 9, 20])
def test_wrapped_lines_hold_every_letter_in_its_role(text: str, width: int) -> None:
    whole = line((text[: len(text) // 2], Role.FAIL), (text[len(text) // 2 :], Role.OK))
    lines = wrap_line(whole, width, 2)
    assert all(one.width <= width for one in lines)
    kept = [
        (letter, span.role) for one in lines for span in one.spans for letter in span.text if letter != " "
    ]
    assert kept == [(letter, span.role) for span in whole.spans for letter in span.text if letter != " "]


@pytest.mark.parametrize("width", range(1, 30))
def test_a_middle_is_cut_to_the_cell(width: int) -> None:
    for text in ("github.com/a/b@v1", "界" * 20, "x", "a界" * 12):
        shown = fit_middle(text, width)
        assert cells(shown) <= width
        assert shown == text or "…" in shown


async def test_l_shows_long_lines_in_full_for_each_pane() -> None:
    app = settings_app(TROUBLED)
    proxies = TROUBLED["GOPROXY"].rpartition(",")[2]
    async with opened(app, NARROW) as pilot:
        await press(pilot, "1")
        assert proxies not in "".join(row.line.text for row in app.workbench.environment.list.rows[:3])
        await press(pilot, "L")
        shown = "".join(row.line.text.strip() for row in app.workbench.environment.list.rows[:6])
        assert TROUBLED["GOPROXY"] in shown
        assert not app.workbench.tree_pane.in_full
        await press(pilot, "L")
        assert not app.workbench.environment.in_full


async def test_l_shows_all_of_what_the_tree_cuts() -> None:
    app = world_app("comma-stops-on-502")
    async with opened(app, (60, 40)) as pilot:
        pane = app.workbench.tree_pane
        cut = [row for row in pane.list.rows if row.full is not None]
        assert cut, "something is cut at 60 columns"
        await press(pilot, "L")
        shown = "".join("".join(row.line.text.split()) for row in pane.list.rows)
        assert all("".join(row.text.split()) in shown for row in cut)
        assert overlong(app, (60, 40)) == []


async def test_y_copies_all_of_a_row_that_is_cut() -> None:
    app = settings_app(TROUBLED)
    async with opened(app, NARROW) as pilot:
        await press(pilot, "1", "y")
        assert TROUBLED["GOPROXY"] in app.clipboard or "GOPROXY" in app.clipboard


@pytest.mark.parametrize("width", [40, 60, 80, 100])
async def test_the_browser_tells_of_proxies_that_are_not_in_sight(width: int) -> None:
    app = world_app("split-files")
    async with opened(app, (width, 24)) as pilot:
        await press(pilot, "3", "L")
        shown = screen_text(app)
        columns = ("mirror.corp.example", "goproxy.example", "direct", "cache", "go.sum")
        head = next(row for row in shown.splitlines() if "mirror.corp.example]" in row)
        hidden = [name for name in columns if name not in head]
        assert (f"{len(hidden)} more →" in shown) is bool(hidden)
        await press(pilot, "right")
        assert "[goproxy.example]" in screen_text(app)
        shown = screen_text(app)
        assert ("← 1 more" in shown) is ("mirror.corp.example  " not in shown.partition("[goproxy")[0])


def test_sizes_are_kept_between_runs_but_not_by_the_demo(tmp_path: Path) -> None:
    file = tmp_path / ".local" / "state" / "modtrace" / "layout.json"
    command = [COMMAND, "m.test/x@v1.0.0", "--set", "GOPROXY=off"]
    for argv, kept in (([COMMAND, "demo"], False), (command, True)):
        with TerminalSession(
            argv, env=clean_environment(tmp_path), cwd=tmp_path, columns=140, rows=40
        ) as session:
            session.wait_for("✓ go would" if argv[1] == "demo" else "✗ go would")
            session.press(">>>>>q")
            assert session.wait_for_exit() == 0
        assert file.exists() is kept
    assert read_sizes(file).left == pytest.approx((round(0.35 * 140) + 10) / 140)
