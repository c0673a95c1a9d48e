"""The canvas against a terminal: whatever is drawn in whatever order, the terminal shows it."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.canvas import Canvas, blank_pen, canonical, cells_of, transition

WIDTH, HEIGHT = 16, 5
STYLES = [
    None,
    Style(bold=True),
    Style(dim=True, bold=True),
    Style(reverse=True),
    Style(underline=True, color="red"),
    Style(color="bright_green"),
    Style(color="#102030", bgcolor="#405060"),
    Style(bgcolor="blue"),
    Style(color="default", bgcolor="default"),
    Style(strike=True, italic=True, color="color(200)"),
]
TEXTS = st.text("ab   │…✓日本語한é\u0301", min_size=1, max_size=10)
PIECES = st.lists(st.tuples(TEXTS, st.sampled_from(STYLES)), min_size=1, max_size=4)
DRAWINGS = st.lists(
    st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), PIECES), min_size=1, max_size=12
)


def _strip(pieces: list[tuple[str, Style | None]]) -> Strip:
    return Strip([Segment(text, style) for text, style in pieces])


def _terminal() -> tuple[pyte.Screen, pyte.Stream]:
    """A terminal that does not wrap lines: so the driver sets it."""
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    stream.feed("\x1b[?7l")
    return screen, stream


def _fed(data: str) -> pyte.Screen:
    screen, stream = _terminal()
    stream.feed(data)
    return screen


def seen_cells(screen: pyte.Screen) -> list[list[tuple[object, ...]]]:
    """What is seen of each cell: on a blank, only its background and what is drawn on it."""
    seen = []
    for y in range(screen.lines):
        row: list[tuple[object, ...]] = []
        for x in range(screen.columns):
            cell = screen.buffer[y][x]
            drawn = (cell.bg, cell.reverse, cell.underscore, cell.strikethrough)
            letter = (cell.data, cell.fg, cell.bold, cell.italics)
            row.append(drawn if cell.data == " " and not cell.reverse else drawn + letter)
        seen.append(row)
    return seen


def _drawn_at_once(drawings: list[tuple[int, int, Strip]]) -> pyte.Screen:
    canvas = Canvas()
    canvas.switched()
    for drawing in drawings:
        canvas.draw((WIDTH, HEIGHT), [drawing], ColorSystem.TRUECOLOR)
    return _fed(canvas.frame())


def _blank() -> list[tuple[int, int, Strip]]:
    return [(0, y, Strip.blank(WIDTH)) for y in range(HEIGHT)]


@settings(max_examples=150, deadline=None)
@given(st.lists(DRAWINGS, min_size=1, max_size=4))
def test_many_frames_come_to_what_one_frame_would_show(frames: list[list]) -> None:
    canvas, (screen, stream) = Canvas(), _terminal()
    canvas.switched()
    drawn: list[tuple[int, int, Strip]] = _blank()
    canvas.draw((WIDTH, HEIGHT), drawn, ColorSystem.TRUECOLOR)
    for frame in frames:
        pieces = [(x, y, _strip(parts)) for x, y, parts in frame]
        drawn += pieces
        canvas.draw((WIDTH, HEIGHT), pieces, ColorSystem.TRUECOLOR)
        stream.feed(canvas.frame())
        assert not canvas.is_stale
    assert seen_cells(screen) == seen_cells(_drawn_at_once(drawn))


@settings(max_examples=100, deadline=None)
@given(PIECES)
def test_a_row_is_shown_as_textual_would_write_it(pieces: list[tuple[str, Style | None]]) -> None:
    """Each style spelled out, each piece by itself: what Textual sends, on a terminal that knows all widths."""
    strip = _strip(pieces).adjust_cell_length(WIDTH)
    canvas = Canvas()
    canvas.switched()
    canvas.draw((WIDTH, HEIGHT), [*_blank()[1:], (0, 0, strip)], ColorSystem.TRUECOLOR)
    plain = "".join(Strip([one]).render(_Console()) for one in strip)  # type: ignore[arg-type]
    assert seen_cells(_fed(canvas.frame()))[0] == seen_cells(_fed(plain))[0]


class _Console:
    _color_system = ColorSystem.TRUECOLOR


@given(TEXTS)
def test_a_strip_has_as_many_cells_as_it_is_wide(text: str) -> None:
    glyphs, pens = cells_of(Strip([Segment(text)]), ColorSystem.TRUECOLOR)
    assert len(glyphs) == len(pens) == cell_len(text)


@given(st.sampled_from(STYLES), st.sampled_from(STYLES))
def test_a_change_of_pen_leads_to_the_same_as_starting_anew(old: Style | None, new: Style | None) -> None:
    first, second = (
        "" if style is None else Strip.render_ansi(style, ColorSystem.TRUECOLOR) for style in (old, new)
    )
    short = _fed(transition("", first) + "a" + transition(first, second) + "b")
    anew = _fed((f"\x1b[0;{second}m" if second else "\x1b[0m") + "bb")
    assert short.buffer[0][1] == anew.buffer[0][1]


@pytest.mark.parametrize(
    ("pen", "same"),
    [("39;49", ""), ("1;39", "1"), ("2;31;49", "2;31"), ("38;5;39;48;2;49;1;2", "38;5;39;48;2;49;1;2")],
)
def test_the_terminals_own_colours_are_not_spelled_out(pen: str, same: str) -> None:
    assert canonical(pen) == same


def test_nothing_new_is_nothing_written() -> None:
    canvas = Canvas()
    drawing = [(0, 0, _strip([("hello", Style(bold=True))]))]
    canvas.draw((WIDTH, HEIGHT), drawing, ColorSystem.STANDARD)
    assert "hello" in canvas.frame()
    canvas.draw((WIDTH, HEIGHT), drawing, ColorSystem.STANDARD)
    assert not canvas.is_stale
    assert canvas.frame() == ""


def test_only_the_cells_that_changed_are_written() -> None:
    canvas = Canvas()
    canvas.draw((WIDTH, HEIGHT), [(0, 1, _strip([("ab 12 cd", None)]))], ColorSystem.STANDARD)
    canvas.frame()
    canvas.draw((WIDTH, HEIGHT), [(0, 1, _strip([("ab 13 cd", None)]))], ColorSystem.STANDARD)
    assert canvas.frame() == "\x1b[2;5H3"


def test_what_stands_behind_a_wide_character_is_put_in_its_place() -> None:
    """A terminal that shows it narrow must not draw the rest of the line one cell to the left."""
    canvas = Canvas()
    canvas.draw((WIDTH, HEIGHT), [(0, 0, _strip([("日b", None)]))], ColorSystem.STANDARD)
    assert canvas.frame() == "\x1b[1H日\x1b[1;3Hb"


def test_another_size_is_drawn_anew_without_a_clear() -> None:
    canvas = Canvas()
    canvas.draw((4, 2), [(0, 0, _strip([("same", None)]))], ColorSystem.STANDARD)
    canvas.frame()
    canvas.draw((5, 2), [(0, 0, _strip([("same", None)]))], ColorSystem.STANDARD)
    frame = canvas.frame()
    assert "same" in frame
    assert "\x1b[2J" not in frame


def test_a_screen_that_was_switched_is_drawn_anew() -> None:
    canvas = Canvas()
    canvas.draw((6, 1), [(0, 0, _strip([("same  ", None)]))], ColorSystem.STANDARD)
    canvas.frame()
    canvas.switched()
    frame = canvas.frame()
    assert frame.count("\x1b[2J") == 1
    assert "same" in frame
    assert not canvas.is_stale


@pytest.mark.parametrize(
    ("pen", "seen"),
    [("1;32", ""), ("44", "44"), ("1;31;44", "44"), ("7;31", "7;31"), ("38;2;1;2;3;48;5;44", "48;5;44")],
)
def test_what_of_a_pen_is_seen_on_a_blank(pen: str, seen: str) -> None:
    assert blank_pen(pen) == seen
