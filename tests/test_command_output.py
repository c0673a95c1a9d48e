"""What a command says while it works: one line of a terminal, seldom, and gone at the end."""

from __future__ import annotations

import io
import sys

import pytest

from probes.commands import output
from probes.commands.output import StatusLine, size


class Terminal(io.StringIO):
    """A stderr that somebody watches."""

    def isatty(self) -> bool:
        return True


def test_a_status_line_is_written_seldom_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, now = Terminal(), [100.0]
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(output, "monotonic", lambda: now[0])
    status = StatusLine()
    for moment, words in ((100.0, "one"), (100.1, "too soon"), (100.3, "two \x1b[31m\n" + "x" * 200)):
        now[0] = moment
        status.show(lambda words=words: words)
    lines = terminal.getvalue().split("\r\x1b[K")[1:]
    assert lines[0] == "one"
    assert lines[1].startswith("two ")
    assert len(lines) == 2
    assert len(lines[1]) == 78
    assert lines[1].isprintable()
    status.clear()
    status.clear()
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert terminal.getvalue().count("\r\x1b[K") == 3


def test_nobody_watches_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (io.StringIO(), None):
        monkeypatch.setattr(sys, "stderr", stream)
        status = StatusLine()
        status.show(lambda: "busy")
        status.clear()
        assert stream is None or stream.getvalue() == ""


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (1_500_000, "1.5 MB"), (2e9, "2.0 GB"), (5e12, "5000.0 GB")],
)
def test_sizes_for_people(count: float, text: str) -> None:
    assert size(count) == text
