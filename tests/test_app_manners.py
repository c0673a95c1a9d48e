"""The app on terminals of every kind: colours, none of them, ASCII, wide characters, the clipboard."""

from __future__ import annotations

import base64
import json
import os
import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.strip import Strip

from probes.share.state import state_folder
from probes.trace.events import event_to_json
from probes.trace.recording import event_from_json
from screenshots.make import HERE, TROUBLED
from tests.app_support import (
    BROAD,
    NARROW,
    WIDE,
    opened,
    press,
    screen_text,
    settings_app,
    settle,
    world_app,
)
from tui.app import ModtraceApp
from tui.clipboard import LONGEST_BASE64, fits_terminal, keep_copy, sequences, short_name
from tui.colours import TEXTUAL_THEMES, PlainScrollBar, ascii_cells
from tui.last_frame import frame_text
from tui.manners import Manners
from tui.messages import Copy
from tui.replay import load
from tui.screens.choice_screen import ChoiceScreen
from tui.screens.help_screen import LEGEND
from tui.spoken import aloud
from tui.symbols import ASCII, UNICODE, Symbols, symbols_for
from tui.themes import choose_theme, save_theme, saved_theme

PLACES: dict[str, tuple[str, ...]] = {
    "tree": (),
    "unfolded": ("l", "j", "l", "j", "l"),
    "environment": ("1",),
    "environment details": ("1", "down", "down", "enter"),
    "find": ("1", "slash", "s", "u"),
    "modules": ("3",),
    "details": ("enter",),
    "verdict": ("v",),
    "worlds": ("W",),
    "help": ("question_mark",),
    "end of the help": ("question_mark", "G"),
    "prompt": ("t",),
    "copy as": ("2", "Y"),
    "palette": ("ctrl+p",),
    "palette, searching": ("ctrl+p", "t", "h", "e"),
    "palette, nothing found": ("ctrl+p", "#", "#", "#"),
    "theme": ("ctrl+p", "t", "h", "e", "m", "e", "enter"),
    "told": ("y",),
    "privacy": ("p",),
    "zoom": ("z",),
    "tour": ("T",),
    "faults": ("f",),
    "what-if": ("w",),
    "sessions": ("R",),
    "report": ("X",),
    "history": ("H",),
}
"""Keys from the first frame to each screen; a key that does nothing here leaves the screen as it was."""


def strips(app: ModtraceApp) -> list[Strip]:
    """The screen in strips."""
    return app.screen._compositor.render_strips()


def told(app: ModtraceApp) -> str:
    """What was said in passing."""
    return "\n".join(str(notice.message) for notice in app._notifications)


async def walk(app: ModtraceApp, keys: Iterable[str], size: tuple[int, int] = NARROW) -> list[Strip]:
    """The screen behind some keys, with what is told in passing."""
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, *keys)
        return strips(app)


# -- which theme -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "wishes", "theme"),
    [
        ({}, {}, "dark"),
        ({"COLORFGBG": "15;0"}, {}, "dark"),
        ({"COLORFGBG": "0;15"}, {}, "light"),
        ({"COLORFGBG": "0;default;15"}, {}, "light"),
        ({"COLORFGBG": "12;8"}, {}, "dark"),
        ({"COLORFGBG": "default;default"}, {}, "dark"),
        ({"COLORFGBG": "0;15"}, {"saved": "dark"}, "dark"),
        ({"COLORFGBG": "0;15"}, {"saved": "dark", "option": "auto"}, "light"),
        ({"COLORFGBG": "0;15"}, {"option": "dark"}, "dark"),
        ({"MODTRACE_THEME": "light"}, {"saved": "dark"}, "light"),
        ({"MODTRACE_THEME": "pink"}, {}, "dark"),
        ({"TEXTUAL_THEME": "nord"}, {}, "nord"),
        ({"TEXTUAL_THEME": "nord"}, {"saved": "light"}, "light"),
        ({"NO_COLOR": "1"}, {"saved": "light"}, "mono"),
        ({"NO_COLOR": "1", "MODTRACE_THEME": "dark"}, {}, "mono"),
        ({"NO_COLOR": ""}, {}, "dark"),
        ({"NO_COLOR": "1"}, {"option": "light"}, "light"),
        ({"NO_COLOR": "1"}, {"option": "auto"}, "mono"),
        ({"NO_COLOR": "1"}, {"color": "always"}, "dark"),
        ({"TERM": "vt100"}, {}, "mono"),
        ({"TERM": "vt220"}, {"saved": "light"}, "mono"),
        ({"TERM": "xterm-mono"}, {}, "mono"),
        ({"TERM": "rxvt-m"}, {}, "mono"),
        ({"TERM": "xterm-256color"}, {}, "dark"),
        ({"TERM": "vt220"}, {"color": "always"}, "dark"),
        ({"MODTRACE_THEME": "mono"}, {"color": "always"}, "dark"),
        ({}, {"color": "never"}, "mono"),
        ({}, {"color": "never", "option": "light"}, "mono"),
    ],
)
def test_who_decides_about_the_theme(
    environment: Mapping[str, str], wishes: Mapping[str, str], theme: str
) -> None:
    assert choose_theme(environment, **wishes) == theme


def test_a_choice_is_kept_in_a_private_file(tmp_path: Path) -> None:
    state = tmp_path / "state" / "modtrace"
    assert saved_theme(state) == saved_theme(None) == ""
    save_theme(state, "light")
    assert saved_theme(state) == "light"
    assert stat.S_IMODE((state / "theme").stat().st_mode) == 0o600
    (state / "theme").write_bytes(b"\xff\x00" * 1000)
    assert saved_theme(state) == ""


async def test_the_palette_offers_our_themes_and_keeps_the_choice(tmp_path: Path) -> None:
    app = world_app("healthy")
    app.behave(Manners(state=tmp_path))
    async with opened(app) as pilot:
        app.action_change_theme()
        await press(pilot)
        assert isinstance(app.screen, ChoiceScreen)
        names = [str(row.key) for row in app.screen.list.rows if row.selectable]
        assert names == ["dark", "light", "mono"]
        await press(pilot, "down", "enter")
        assert app.theme == saved_theme(tmp_path) == "light"
        app.action_change_theme()
        await press(pilot, "escape")
        assert app.theme == "light"


async def test_a_theme_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    app = world_app("healthy")
    app.behave(Manners(state=tmp_path / "file" / "below"))
    async with opened(app) as pilot:
        app.action_change_theme()
        await press(pilot, "end", "enter")
        assert app.theme == "mono"
        assert "not kept" in told(app)


async def test_changing_to_mono_and_back_changes_every_colour() -> None:
    app = world_app("comma-stops-on-502")
    async with opened(app) as pilot:
        before = [list(strip) for strip in strips(app)]
        for theme in ("mono", "dark"):
            app.theme = theme
            await press(pilot)
            await pilot.pause()
            assert bool(colours(strips(app))) is (theme == "dark")
        assert [list(strip) for strip in strips(app)] == before


async def test_an_unknown_theme_is_the_dark_one() -> None:
    app = world_app("healthy")
    app.behave(Manners(theme="no such theme"))
    assert app.theme == "dark"


# -- colours ---------------------------------------------------------------------------------------------

PALETTES = {
    "xterm": "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5"
    " 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
    "VGA": "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa"
    " 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
    "Tango": "2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf"
    " 555753 ef2929 8ae234 fce94f 729fcf ad7fa8 34e2e2 eeeeec",
    "Windows": "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc"
    " 767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2",
    "Solarized": "073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5"
    " 002b36 cb4b16 586e75 657b83 839496 6c71c4 93a1a1 fdf6e3",
}
"""The sixteen colours as they come with terminals."""
BACKGROUNDS = {
    "dark": {"Solarized": "002b36"},
    "light": {"Solarized": "fdf6e3"},
}
READABLE = 3.0
"""WCAG 2.1's contrast for large or bold text; what is said in a colour is said in words as well."""


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (WCAG 2.1)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


_NUMBERS = {
    name: number
    for number, name in enumerate(("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"))
}


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_role_can_be_read_on_its_background(name: str, palette: str) -> None:
    theme = next(theme for theme in TEXTUAL_THEMES if theme.name == name)
    colors = PALETTES[palette].split()
    background = BACKGROUNDS[name].get(palette, {"dark": "000000", "light": "ffffff"}[name])
    for color in (theme.success, theme.error, theme.warning, theme.secondary, theme.primary, theme.accent):
        assert color is not None
        if color == "ansi_default":
            continue
        plain = color.removeprefix("ansi_")
        number = _NUMBERS[plain.removeprefix("bright_")] + 8 * plain.startswith("bright_")
        assert contrast(colors[number], background) >= READABLE, (color, palette)


def colours(shown: Iterable[Strip]) -> set[int | None]:
    """The colours of strips by their numbers, None for one without; the default ones are left out."""
    found = set()
    for strip in shown:
        for _, style, _ in strip:
            if style is not None:
                named = [color for color in (style.color, style.bgcolor) if color is not None]
                found |= {color.number for color in named if not color.is_default}
    return found


@pytest.mark.parametrize("place", PLACES)
async def test_without_colours_every_screen_says_the_same(place: str) -> None:
    shown = {}
    for theme in ("dark", "light", "mono"):
        app = world_app("comma-stops-on-502")
        app.behave(Manners(theme=theme))
        lines = await walk(app, PLACES[place])
        # The theme's own name is the one word that may differ: it is marked in the menu of themes.
        shown[theme] = [line.text.replace(UNICODE.busy, " ") for line in lines]
        assert all(number is not None and number < 16 for number in colours(lines)), "the terminal's own"
        assert not (theme == "mono" and colours(lines))
    assert shown["dark"] == shown["light"] == shown["mono"]


def reversed_text(shown: Iterable[Strip]) -> str:
    """What is shown in reverse."""
    return "".join(text for strip in shown for text, style, _ in strip if style is not None and style.reverse)


@pytest.mark.parametrize("theme", ["dark", "light", "mono"])
async def test_what_is_selected_is_in_reverse_in_every_theme(theme: str) -> None:
    app = world_app("comma-stops-on-502")
    app.behave(Manners(theme=theme))
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await settle(pilot)
        row = app.workbench.tree_pane.list.cursor_row
        assert row is not None
        assert row.line.text.strip() in reversed_text(strips(app))
        await press(pilot, "y")
        assert "copied: export GOPROXY" in reversed_text(strips(app))
        await press(pilot, "t", "end")
        assert reversed_text(strips(app)[:4]) == " ", "the cursor in the line of input"
        await press(pilot, "escape", "ctrl+p", "t", "h", "e", "m", "e")
        assert f"{UNICODE.here} Theme" in screen_text(app)


async def test_in_mono_the_active_pane_and_a_screen_in_front_are_seen() -> None:
    app = world_app("comma-stops-on-502")
    app.behave(Manners(theme="mono"))
    async with opened(app, WIDE) as pilot:
        assert f"{UNICODE.here}2 Tree" in screen_text(app)
        await press(pilot, "1")
        assert f"{UNICODE.here}1 Environment" in screen_text(app)
        assert f"{UNICODE.here}2 Tree" not in screen_text(app)
        await press(pilot, "W")
        assert screen_text(app).startswith(" Worlds")
        assert "esc back" in screen_text(app)
        assert "Environment" not in screen_text(app)


async def test_in_mono_a_warning_is_underlined() -> None:
    app = settings_app(TROUBLED)
    app.behave(Manners(theme="mono"))
    async with opened(app) as pilot:
        await press(pilot, "1")
        underlined = [text for strip in strips(app) for text, style, _ in strip if style and style.underline]
    assert any(UNICODE.warn in text for text in underlined)


# -- ASCII -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "size"), [*((place, NARROW) for place in PLACES), ("tree", BROAD), ("environment", BROAD)]
)
async def test_every_screen_can_be_shown_in_ascii(place: str, size: tuple[int, int]) -> None:
    app = world_app("comma-stops-on-502", symbols=ASCII)
    for strip in await walk(app, PLACES[place], size):
        assert strip.text.isascii(), strip.text
        assert cell_len(strip.text) == size[0]


async def test_settings_with_other_letters_are_shown_in_ascii() -> None:
    app = settings_app(TROUBLED)
    app.symbols = ASCII
    app.workbench._symbols = ASCII
    for strip in await walk(app, ("1",), WIDE):
        assert strip.text.isascii(), strip.text


@pytest.mark.parametrize(
    ("variables", "symbols"),
    [
        ({"TERM": "vt320", "LANG": "C.UTF-8"}, ASCII),
        ({"TERM": "linux", "LANG": "C.UTF-8"}, ASCII),
        ({"TERM": "screen-256color", "LANG": "en_US.UTF-8"}, UNICODE),
        ({"TERM": "xterm", "LANG": "de_DE.ISO-8859-1"}, ASCII),
        ({"TERM": "xterm", "LANG": "C.UTF-8", "MODTRACE_ASCII": "1"}, ASCII),
    ],
)
def test_which_terminals_show_which_symbols(variables: Mapping[str, str], symbols: object) -> None:
    assert symbols_for(variables) is symbols


async def test_in_ascii_a_scroll_bar_says_that_there_is_more() -> None:
    app = world_app("comma-stops-on-502", symbols=ASCII)
    lines = await walk(app, ("question_mark",))
    assert any(strip.text.endswith(":") for strip in lines)


@pytest.mark.parametrize("symbols", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_no_fold_sign_is_a_state_sign_and_no_state_is_another(symbols: Symbols) -> None:
    scroll_bar = ascii_cells("┃") if symbols.ascii_only else "┃"
    states = [getattr(symbols, name) for name, _ in LEGEND]
    signs = [*states, symbols.opened, symbols.closed, symbols.unknown, scroll_bar, symbols.upright]
    assert len(set(signs)) == len(signs)


async def test_in_ascii_a_row_says_apart_how_it_is_folded_and_how_it_stands() -> None:
    app = world_app("comma-stops-on-502", symbols=ASCII)
    shown = "\n".join(strip.text for strip in await walk(app, ()))
    assert "  v x mirror.corp.example" in shown
    assert "> + names" in shown
    assert "v # , stops here" in shown


def test_ascii_cells_keep_their_width() -> None:
    for text in ("│ ┃ ─ ╭╮╰╯ ✓ …", "例子 e\u0301 👩 ｗ", "plain"):
        plain = ascii_cells(text)
        assert plain.isascii()
        assert cell_len(plain) == cell_len(text)


# -- wide characters -------------------------------------------------------------------------------------

WIDE_NAMES = {
    "mirror.corp.example": "镜像.公司.例子",
    "502 Bad Gateway": "502 网关错误 👩\u200d💻 e\u0301 ｗｉｄｅ 한국어",
    "Bad Gateway</h1>": "坏网关 👍🏽</h1>",
}


def cjk_app(name: str = "comma-stops-on-502") -> ModtraceApp:
    """A recording in which hosts and servers speak with wide characters."""
    replay = load(HERE, name)
    text = json.dumps([event_to_json(event) for event in replay.events], ensure_ascii=False)
    for plain, wide in WIDE_NAMES.items():
        text = text.replace(plain, wide)
    replay.events = [event_from_json(event) for event in json.loads(text)]
    return world_app(name, replay=replay)


@pytest.mark.parametrize(
    ("place", "size"),
    [*((place, NARROW) for place in PLACES), *((place, BROAD) for place in ("tree", "modules", "details"))],
)
async def test_wide_characters_move_no_column(place: str, size: tuple[int, int]) -> None:
    app = cjk_app()
    lines = await walk(app, PLACES[place], size)
    for strip in lines:
        assert cell_len(strip.text) == size[0], strip.text


async def test_wide_characters_leave_times_and_rules_in_their_columns() -> None:
    places = []
    for app in (world_app("comma-stops-on-502"), cjk_app()):
        lines = [strip.text for strip in await walk(app, (), WIDE)]
        hop = next(line for line in lines if "list ✗502" in line)
        assert ("镜像" in hop) is (app.session.trace.started is not None and bool(places))
        ends = [cell_len(hop[: hop.index("list ✗502")]), cell_len(hop[: hop.rindex(" ms")])]
        rules = {cell_len(line[: line.index("│")]) for line in lines if "│" in line}
        places.append((ends, rules))
    assert places[0] == places[1]
    assert len(places[0][1]) == 1


# -- line by line: what is not a conversation (that is in tests/terminal) --------------------------------


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ('and "," passes on', "and a comma passes on"),
        ("A | in GOPROXY does not", "A vertical bar in GOPROXY does not"),
        ("put the | after it", "put the vertical bar after it"),
        ("behind , only", "behind a comma only"),
        ("ends with |", "ends with a vertical bar"),
        ("https://a.example,https://b.example|direct", "https://a.example,https://b.example|direct"),
        ("one, two", "one, two"),
    ],
)
def test_separators_are_read_out(written: str, spoken: str) -> None:
    assert aloud(written) == spoken


# -- the scroll bar --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "bar"),
    [(0, "##      "), (1, " ##     "), (30, "   ##   "), (59, "     ## "), (60, "      ##")],
)
def test_the_scroll_bar_touches_an_end_only_there(position: int, bar: str) -> None:
    segments = PlainScrollBar.render_bar(8, 80, 20, position).segments
    assert "".join(segment.text for segment in segments).replace(PlainScrollBar.THUMB, "#") == bar


def test_a_scroll_bar_of_nothing_is_blank() -> None:
    segments = PlainScrollBar.render_bar(4, 3, 0, 0).segments
    assert "".join(segment.text for segment in segments) == "    "


# -- the clipboard ---------------------------------------------------------------------------------------


def _decoded(sequence: str) -> str:
    return base64.b64decode(sequence.partition(";c;")[2].partition("\x07")[0]).decode()


def test_a_bare_terminal_gets_one_sequence() -> None:
    (only,) = sequences("go env -w GOPROXY=direct é", {"TERM": "xterm"})
    assert only.startswith("\x1b]52;c;")
    assert only.endswith("\x07")
    assert _decoded(only) == "go env -w GOPROXY=direct é"


def test_tmux_gets_it_bare_and_wrapped() -> None:
    bare, wrapped = sequences("text", {"TMUX": "/tmp/tmux/default,1,0", "STY": "1.screen"})
    assert _decoded(bare) == "text"
    assert wrapped == "\x1bPtmux;\x1b" + bare + "\x1b\\"


def test_screen_gets_pieces_that_it_takes() -> None:
    pieces = list(sequences("x" * 5000, {"STY": "1.pts-0.host"}))
    assert len(pieces) > 1
    assert all(len(piece) < 768 for piece in pieces)
    whole = "".join(piece.removeprefix("\x1bP").removesuffix("\x1b\\") for piece in pieces)
    assert whole.startswith("\x1b]52;c;")
    assert _decoded(whole) == "x" * 5000


def test_how_much_fits() -> None:
    assert fits_terminal("x" * (LONGEST_BASE64 * 3 // 4 - 2))
    assert not fits_terminal("x" * LONGEST_BASE64)


def test_the_name_of_a_file_is_short_at_home() -> None:
    assert short_name(Path("/home/gopher/.local/x"), {"HOME": "/home/gopher"}) == "~/.local/x"
    assert short_name(Path("/home/gophers/x"), {"HOME": "/home/gopher"}) == "/home/gophers/x"
    assert short_name(Path("/x"), {}) == "/x"


async def test_what_is_copied_is_also_in_a_private_file_and_that_is_told_once(tmp_path: Path) -> None:
    app = world_app("comma-stops-on-502")
    app.behave(Manners(state=tmp_path / "modtrace"))
    file = tmp_path / "modtrace" / "clipboard.txt"
    async with opened(app) as pilot:
        await press(pilot, "y")
        assert file.read_text() == f"{app.clipboard}\n"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert f"(also in {file})" in told(app)
        app.clear_notifications()
        app.post_message(Copy("something else"))
        await press(pilot)
        assert file.read_text() == "something else\n"
        assert told(app) == "copied: something else"


@pytest.mark.parametrize("broken", [True, False], ids=["cannot be written", "nothing is kept"])
async def test_without_a_file_the_terminal_alone_gets_it(broken: bool, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    app = world_app("comma-stops-on-502")
    app.behave(Manners(state=tmp_path / "file" / "below" if broken else None))
    async with opened(app) as pilot:
        app.post_message(Copy("one\ntwo"))
        await press(pilot)
        assert app.clipboard == "one\ntwo"
        assert told(app) == "copied: one …"


async def test_what_no_terminal_takes_is_in_the_file_alone(tmp_path: Path) -> None:
    app = world_app("comma-stops-on-502")
    app.behave(Manners(state=tmp_path))
    text = "\n".join(f"line {number} of a long report" for number in range(5000))
    async with opened(app) as pilot:
        app.post_message(Copy(text))
        await press(pilot)
        assert app.clipboard == ""
        assert (tmp_path / "clipboard.txt").read_text() == f"{text}\n"
        assert f"it is in {tmp_path}" in told(app)
        app.behave(Manners())
        app.clear_notifications()
        app.post_message(Copy(text))
        await press(pilot)
        assert "not copied" in told(app)


async def test_under_privacy_the_file_is_not_told_with_the_users_name(tmp_path: Path) -> None:
    home = "/home/gopher"
    app = settings_app(TROUBLED | {"HOME": home})
    app.behave(Manners(state=tmp_path))
    async with opened(app) as pilot:
        await press(pilot, "1", "p", "y")
        assert "gopher" not in told(app)


def test_what_cannot_be_written_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert keep_copy(tmp_path / "file", "x") is None
    assert keep_copy(None, "x") is None


def test_the_state_folder_is_the_users() -> None:
    assert state_folder({"HOME": "/home/gopher"}) == Path("/home/gopher/.local/state/modtrace")


# -- leaving ---------------------------------------------------------------------------------------------


async def test_the_last_frame_is_kept_when_asked_for() -> None:
    app = world_app("comma-stops-on-502")
    app.behave(Manners(keep_frame=True))
    async with opened(app) as pilot:
        shown = [line.rstrip() for line in screen_text(app).split("\n")[:-2]]
        await press(pilot, "question_mark")
        await pilot.press("q")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", app.last_frame)
    assert [line.rstrip() for line in plain.split("\n")][:5] == shown[:5]
    assert "\x1b[" in app.last_frame
    assert "q quit" not in plain


@pytest.mark.parametrize("theme", ["mono", "dark"])
async def test_the_palette_can_leave_and_keep_it(theme: str) -> None:
    app = world_app("comma-stops-on-502")
    app.behave(Manners(theme=theme))
    async with opened(app) as pilot:
        await press(pilot, "ctrl+p", *("space" if letter == " " else letter for letter in "keep the last"))
        await pilot.press("enter")
        await pilot.pause()
    assert "go would fail" in app.last_frame
    assert ("\x1b" in app.last_frame) is (theme == "dark")


async def test_nothing_is_kept_unless_asked_for() -> None:
    app = world_app("comma-stops-on-502")
    async with opened(app) as pilot:
        await pilot.press("q")
    assert app.last_frame == ""


def test_a_frame_ends_with_its_last_words() -> None:
    blank = Strip.blank(10)
    assert frame_text([blank, blank], colours=False) == ""
    assert frame_text([blank, Strip.blank(3), blank], colours=True) == ""


# -- suspending ------------------------------------------------------------------------------------------


async def test_where_nothing_can_be_suspended_that_is_told() -> None:
    app = world_app("healthy")
    async with opened(app) as pilot:
        await press(pilot, "ctrl+z")
        assert "no shell" in told(app)


async def test_suspending_is_in_the_help() -> None:
    app = world_app("healthy")
    async with opened(app, (80, 200)) as pilot:
        await press(pilot, "question_mark")
        assert re.search(r"Ctrl\+z\s+Back to the shell", screen_text(app))


def test_these_tests_left_the_users_own_state_alone() -> None:
    assert Manners().state is None
    assert "MODTRACE_THEME" not in os.environ
