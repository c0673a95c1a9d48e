"""The environment pane."""

from __future__ import annotations

from screenshots.make import TROUBLED
from tests.app_support import BROAD, opened, press, screen_text, settings_app
from tui.drawing.environment_rows import EnvironmentView, environment_rows
from tui.stage import scene_of
from tui.symbols import UNICODE


def rows(variables: dict[str, str], width: int = 100) -> list[str]:
    """The rows of the pane for these variables."""
    scene = scene_of(variables)
    view = EnvironmentView(scene.environment, scene.findings)
    return [row.line.text.rstrip() for row in environment_rows(view, width, UNICODE)]


def test_every_variable_stands_in_its_group_with_value_and_source() -> None:
    shown = rows({"GOPROXY": "https://a.example", "GOENV": "off"})
    assert shown[0] == " Where modules come from"
    assert shown[1].split() == ["GOPROXY", "https://a.example", "process"]
    assert any(line.split()[:2] == ["hides", "https://proxy.golang.org,direct"] for line in shown)
    assert any(line.split() == ["HTTPS_PROXY", "(not", "set)"] for line in shown)
    assert any(line.split() == ["GOAUTH", "netrc", "default"] for line in shown)


def test_the_caret_stands_under_what_is_wrong() -> None:
    shown = rows({"GOPROXY": "https://a.example;https://b.example", "GOENV": "off"})
    value = next(line for line in shown if "a.example" in line)
    caret = shown[shown.index(value) + 1]
    assert caret.strip() == "^"
    assert caret.index("^") == value.index(";")


def test_the_caret_counts_cells_and_survives_masked_secrets() -> None:
    from rich.cells import cell_len

    shown = rows({"GOPROXY": "https://user:secret@a.example，https://b.example", "GOENV": "off"})
    value = next(line for line in shown if "a.example" in line)
    assert "secret" not in value
    caret = shown[shown.index(value) + 1]
    assert cell_len(caret[: caret.index("^")]) == cell_len(value[: value.index("，")])


def test_a_long_value_is_shown_where_it_is_wrong() -> None:
    proxies = ",".join(f"https://number{number}.example" for number in range(9))
    shown = rows({"GOPROXY": proxies + "；https://late.example", "GOENV": "off"}, width=60)
    value = next(line for line in shown if "；" in line)
    assert value.split()[1].startswith("…")
    assert "^" in shown[shown.index(value) + 1]


def test_findings_stand_under_their_variable_with_symbol_and_words() -> None:
    shown = rows(TROUBLED)
    private = next(number for number, line in enumerate(shown) if line.startswith("  GOPRIVATE"))
    below = "\n".join(shown[private : private + 5])
    assert "✗ The blank is part of the pattern" in below
    assert all("secret" not in line for line in shown)


async def test_enter_shows_the_variable_in_full_with_remedies_and_y_copies_one() -> None:
    app = settings_app(TROUBLED)
    async with opened(app) as pilot:
        await press(pilot, "1", "enter")
        shown = screen_text(app)
        assert "module proxies, in the order they are asked" in shown
        assert "do         export GOPROXY=" in shown
        await press(pilot, "escape", "y")
        assert app.clipboard.startswith("export GOPROXY=https://goproxy.example,https://mirror.corp.example")


async def test_the_filter_hides_the_rest_and_escape_brings_it_back() -> None:
    app = settings_app(TROUBLED)
    async with opened(app) as pilot:
        await press(pilot, "1")
        everything = len(app.workbench.environment.list.rows)
        await press(pilot, "slash", *"sumdb")
        names = [row.line.text.split()[0] for row in app.workbench.environment.list.rows if row.selectable]
        assert names == ["GOSUMDB", "GONOSUMDB"]
        await press(pilot, "enter", "n")
        cursor = app.workbench.environment.list.cursor_row
        assert cursor is not None
        assert cursor.key == ("variable", "GONOSUMDB")
        await press(pilot, "N")
        assert "GOSUMDB" in app.workbench.environment.list.cursor_row.line.text  # type: ignore[union-attr]
        await press(pilot, "escape")
        assert len(app.workbench.environment.list.rows) == everything


async def test_on_a_broad_screen_the_details_follow_the_cursor() -> None:
    app = settings_app(TROUBLED)
    async with opened(app, BROAD) as pilot:
        await press(pilot, "1")
        assert "module proxies, in the order they are asked" in screen_text(app)
        await press(pilot, "j")
        assert "version control systems" in screen_text(app)
        await press(pilot, "enter")
        assert app.workbench.detail.list.has_focus
        await press(pilot, "escape")
        assert app.workbench.environment.list.has_focus
