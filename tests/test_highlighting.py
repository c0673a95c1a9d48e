"""Source text in roles: no character is lost or moved, whatever the text, and what takes too long stays plain."""

from __future__ import annotations

from random import Random

import pytest

from tui.drawing import highlighting
from tui.drawing.highlighting import highlighted, lexer_for, plain_line
from tui.drawing.text_rows import TextRows
from tui.lines import Role

NAMES = ["x.go", "go.mod", "x.py", "x.sh", "x.yaml", "x.json", "x.toml", "x.c", "x.html", "x.js", "x.css", "Makefile", "x.sql", "x.s", "x.proto", "x.diff", "Dockerfile"]  # fmt: skip
TOKENS = ["func", "main", "{", "}", '"', "'", "`", "/*", "*/", "//", "#", "\t", " ", "\n", "\r", "<a", ">", "</a>", "$(", "${", "\\", "0x1", "é", "\u202e", "\x1b[2J", "\x00", "wide 表", "[[", ": ", "---", "'''", "%s", "-x", "+y", "@@ -1 +1 @@", "\ufffd", "\udc80"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_character_is_lost(name: str) -> None:
    rnd = Random(name)
    assert lexer_for(name) is not None
    for _ in range(60):
        lines = "".join(rnd.choice(TOKENS) for _ in range(rnd.randrange(60))).split("\n")
        found = highlighted(name, lines)
        assert found is not None
        assert [one.text for one in found] == [plain_line(text).text for text in lines]


def test_words_of_go_are_told_apart() -> None:
    found = highlighted("x.go", ["// why", "func A() string {", '\treturn "x"', "}"])
    assert found is not None
    roles = {span.text.strip(): span.role for one in found for span in one.spans}
    assert roles["// why"] is Role.FAINT
    assert roles["func"] is roles["return"] is Role.STRONG
    assert roles['"x"'] is Role.OK
    assert "\t" not in "".join(one.text for one in found)


@pytest.mark.parametrize(
    ("name", "lines"),
    [("x.unknown", ["a"]), ("x.go", ["a" * 3000]), ("x.go", ["a" * 100] * 4000), ("README", ["# a"])],
)
def test_what_is_strange_or_too_large_stays_plain(name: str, lines: list[str]) -> None:
    assert highlighted(name, lines) is None


def test_what_takes_too_long_stays_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(highlighting, "PATIENCE_S", -1.0)
    assert highlighted("x.go", ["package a"]) is None


@pytest.mark.parametrize("width", [12, 40, 80])
def test_rows_hold_all_of_a_line(width: int) -> None:
    rnd = Random(width)
    for _ in range(40):
        lines = ["".join(rnd.choice(TOKENS[:9] + TOKENS[16:]) for _ in range(rnd.randrange(40))) for _ in range(3)]
        lines = [text.replace("\n", "") for text in lines]
        rows = TextRows(lines).rows(width)
        assert all(row.line.width <= width for row in rows)
        gutter = 3
        for number, text in enumerate(lines):
            parts = [row.line.text[gutter:] for row in rows if row.key[0] == number]  # type: ignore[index]
            assert "".join(parts) == plain_line(text).text


def test_a_line_of_a_million_characters_is_shown_to_its_end() -> None:
    rows = TextRows(["x" * 999_990 + "end"]).rows(80)
    assert rows[-1].line.text.endswith("end")


def test_a_line_of_nothing_but_controls_is_shown_to_its_end() -> None:
    text = "\x1b" * 1900 + "end"
    assert plain_line(text * 10).text.endswith("end")
    found = highlighted("x.go", [text])
    assert found is not None
    assert found[0].text == plain_line(text).text == "\\x1b" * 1900 + "end"
