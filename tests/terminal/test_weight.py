"""What goes to the terminal: bytes, not times (those are in tests/benchmarks/terminal_weight.py)."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pyte

from tests.modtrace import COMMAND, clean_environment
from tests.terminal.session import TerminalSession

FIRST_PAINT = 12_000
ONE_NODE = 400
LIVE_PER_S = 8_000
_CLEAR = b"\x1b[2J"
_ENTER = b"\x1b[?1049h"
_FRAME = b"\x1b[?2026h"


def _run(tmp_path: Path, *arguments: str, columns: int = 80, rows: int = 24, **env: str) -> TerminalSession:
    colours = {"TERM": "xterm", "COLORTERM": "", **env}
    return TerminalSession(
        [COMMAND, *arguments],
        env=clean_environment(tmp_path, **colours),
        cwd=tmp_path, columns=columns, rows=rows, from_nothing=True,
    )  # fmt: skip


def _until_still(session: TerminalSession) -> None:
    """Until nothing more was written for half a second."""
    while session.bytes_within(0.5):
        pass


def _shown(output: bytes, columns: int = 80, rows: int = 24) -> list[str]:
    """What a terminal shows that got this alone."""
    screen = pyte.Screen(columns, rows)
    pyte.ByteStream(screen).feed(re.sub(rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p", b"", output))
    return [line.rstrip() for line in screen.display]


def test_the_start_is_light_and_clears_once(tmp_path: Path) -> None:
    with _run(tmp_path, "demo", "healthy") as session:
        session.wait_for("✓ go would download")
        _until_still(session)
        assert len(session.output) <= FIRST_PAINT, "the whole start, the trace included"
        clears = [found.start() for found in re.finditer(re.escape(_CLEAR), session.output)]
        assert len(clears) == 1
        assert "modtrace" not in session.output[: clears[0]].decode()
        assert b"\x1b[J" not in session.output
        assert session.bytes_within(1.0) == b""


def test_a_live_trace_writes_little_and_one_node_at_a_time(tmp_path: Path) -> None:
    with _run(tmp_path, "demo", "hang") as session:
        session.wait_for("waiting for the first byte")
        session.bytes_within(1.0)
        written = session.bytes_within(3.0)
        frames = written.split(_FRAME)[1:]
        assert frames, "the clock goes on"
        assert max(len(_FRAME + frame) for frame in frames) <= ONE_NODE
        assert len(written) <= LIVE_PER_S * 3
        assert _CLEAR not in written


def test_a_resize_is_drawn_anew_without_a_clear(tmp_path: Path) -> None:
    with _run(tmp_path, "demo", "split-files") as session:
        session.wait_for("✓ go would download")
        _until_still(session)
        before = len(session.output)
        session.resize(132, 40)
        session.wait_for("1 Environment")
        _until_still(session)
        assert _CLEAR not in session.output[before:]
        drawn = _shown(session.output[before:], 132, 40)
        assert drawn == _shown(session.output, 132, 40), "every cell was written again"


def test_after_a_suspension_all_of_the_screen_is_there_again(tmp_path: Path) -> None:
    with _run(tmp_path, "demo", "portal") as session:
        session.wait_for("✗ go would fail")
        _until_still(session)
        before = _shown(session.output[session.output.rindex(_ENTER) :])
        switches = session.output.count(_ENTER)
        session.signal(signal.SIGTSTP)
        while b"\x1b[?1049l" not in session.output:
            session.bytes_within(0.1)
        session.signal(signal.SIGCONT)
        while session.output.count(_ENTER) == switches:
            session.signal(signal.SIGCONT)
            session.bytes_within(0.1)
        _until_still(session)
        after = _shown(session.output[session.output.rindex(_ENTER) :])
        assert after[:20] == before[:20], "below, a message may say that no shell has waited"
        session.press("q")
        assert session.wait_for_exit() == 0
        assert session.is_restored()


def test_textual_can_do_all_the_writing(tmp_path: Path) -> None:
    """MODTRACE_FULL_REPAINT=1, should a terminal not get along with changes alone: the same screen, more bytes."""
    screens, sizes = [], []
    for full in ("", "1"):
        with _run(tmp_path, "m.test/x@v1.0.0", "--set", "GOPROXY=off", MODTRACE_FULL_REPAINT=full) as session:
            session.wait_for("✗ go would fail")
            session.wait_until_gone("looking closer")
            _until_still(session)
            screens.append(re.sub(r"[\d.]+ m?s\b", "", session.screen()))
            sizes.append(len(session.output))
    assert [line.rstrip() for line in screens[0].splitlines()] == [
        line.rstrip() for line in screens[1].splitlines()
    ]
    assert sizes[0] * 2 < sizes[1]
