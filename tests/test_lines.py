"""Lines: safe by construction, measured in cells."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.drawing.figures import Axis, axis_seconds, duration, size
from tui.lines import Role, Span, chop, fit, line, pad, spread, wrap
from tui.symbols import ASCII, UNICODE

TEXT = st.text(st.characters() | st.sampled_from("\x1b\x9b\n\t\u202e\u200b，代理 ab/"), max_size=60)
WIDTH = st.integers(min_value=4, max_value=90)
FORBIDDEN = {"\x1b", "\x9b", "\u202e", "\u200b", "\r", "\n", "\t", "\x00"}
QUICK = settings(deadline=None, max_examples=150)


@QUICK
@given(TEXT)
def test_a_span_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    shown = Span(text).text
    assert not FORBIDDEN & set(shown)
    assert Span(shown).text == shown


@QUICK
@given(TEXT, TEXT, WIDTH)
def test_nothing_is_wider_than_it_may_be(first: str, second: str, width: int) -> None:
    both = line((first, Role.OK), second)
    assert fit(both, width).width <= width
    assert spread(line(first), line(second), width).width <= width
    assert cell_len(pad(first, width)) == width
    for wrapped in (wrap(first, width), chop(first, width)):
        assert wrapped
        assert all(cell_len(part) <= max(4, width) for part in wrapped)
        assert not FORBIDDEN & set("".join(wrapped))


@QUICK
@given(TEXT, WIDTH)
@example("\U0001e6ee", 4)
def test_what_fits_is_left_alone(text: str, width: int) -> None:
    whole = line(text)
    assert fit(whole, whole.width) == whole
    assert "".join(chop(text, width)) == "".join(Span(part).text for part in text.split("\n"))


@QUICK
@given(st.lists(st.text("abcdefg，代", min_size=1, max_size=9), max_size=12), WIDTH)
def test_wrapping_loses_no_word(words: list[str], width: int) -> None:
    assert "".join("".join(wrap(" ".join(words), width)).split()) == "".join(words)


@QUICK
@given(TEXT)
def test_ascii_terminals_get_ascii(text: str) -> None:
    assert ASCII.show(Span(text).text).isascii()
    assert UNICODE.show(text) == text


@QUICK
@given(st.floats(0, 1000), st.floats(0, 1000), st.floats(0, 2000), st.integers(1, 80))
def test_a_bar_is_as_wide_as_the_axis_and_never_empty(
    began: float, took: float, total: float, width: int
) -> None:
    bar = Axis(total, width).bar(began, began + took, UNICODE)
    assert len(bar) == width
    assert UNICODE.bar in bar


def test_figures() -> None:
    assert [duration(s) for s in (0.0008, 0.0421, 0.9999, 3.94, 75.2)] == [
        "0.8 ms", "42 ms", "1.0 s", "3.9 s", "75 s",
    ]  # fmt: skip
    assert [size(n) for n in (0, 999, 1536, 5 << 20)] == ["0 B", "999 B", "1.5 KB", "5.0 MB"]
    assert axis_seconds(3.3, running=False) == 3.3
    assert axis_seconds(3.3, running=True) == axis_seconds(6.3, running=True) == 6.4
