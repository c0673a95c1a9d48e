"""A mirror is tried in a real terminal and written, byte for byte as the real `go env -w` would have."""

from __future__ import annotations

import subprocess
from pathlib import Path

from probes.demo.worlds import running, world_plan
from tests.against_go.golang import go_command
from tests.modtrace import COMMAND, clean_environment
from tests.terminal.session import TerminalSession

CTRL_U = "\x15"
MINE = "# mine\nGOPRIVATE=git.corp.example\nGOPROXY={},{}\n\nGOFLAGS=-mod=mod"
"""A file without a line feed at its end."""


def as_go_writes(environment: dict[str, str], text: str, setting: str) -> bytes:
    """What the real go makes of the same file."""
    copy = Path(environment["HOME"]) / "copy.env"
    copy.write_text(text)
    subprocess.run([go_command(), "env", "-w", setting], env={**environment, "GOENV": str(copy)}, check=True)
    return copy.read_bytes()


def test_a_mirror_is_tried_and_written_and_taken_back(tmp_path: Path) -> None:
    goenv = tmp_path / "settings" / "env"
    goenv.parent.mkdir()
    environment = clean_environment(tmp_path, GOENV=str(goenv))
    with running(world_plan("comma-stops-on-502")) as (world, _):
        broken, mirror = world.urls
        before = MINE.format(broken, mirror)
        goenv.write_text(before)
        with TerminalSession([COMMAND, "demo.example/hello"], env=environment, cwd=tmp_path) as session:
            session.wait_for("✗ go would fail")
            session.wait_for("✓ content")  # the second look is over
            session.press("e")
            session.wait_for("What if GOPROXY were")
            session.wait_for("nothing changes for go")
            asked = len(world.log)
            session.press(CTRL_U)
            session.wait_for("not set")
            session.press(f"{mirror},off")
            shown = session.wait_for("first. The query would end otherwise")
            assert "Enter asks" in shown
            assert len(world.log) == asked, "nobody is asked while one types"
            session.press("\r")
            shown = session.wait_for("✓ go would download demo.example/hello@v1.2.0")
            assert "[what if]" in shown
            assert goenv.read_text() == before
            session.press("A")
            shown = session.wait_for("Write this?")
            assert f"- GOPROXY={broken},{mirror}" in shown
            assert f"+ GOPROXY={mirror},off" in shown
            assert goenv.read_text() == before
            session.press("a")
            shown = session.wait_for("u takes it back")
            session.wait_until_gone("[what if]")
            assert goenv.read_bytes() == as_go_writes(environment, before, f"GOPROXY={mirror},off")
            session.press("u")
            session.wait_for("is as it was")
            session.wait_for("[what if]")
            assert goenv.read_text() == before
            session.press("q")
            assert session.wait_for_exit() == 0
            assert session.is_restored()
    history = tmp_path / ".local" / "state" / "modtrace" / "history.json"
    assert '"ok"' not in history.read_text(), "what was tried is no history"


def test_a_remedy_is_tried_from_the_verdict(tmp_path: Path) -> None:
    goenv = tmp_path / "env"
    environment = clean_environment(tmp_path, GOENV=str(goenv))
    with running(world_plan("comma-stops-on-502")) as (world, _):
        goenv.write_text("GOPROXY={},{}\n".format(*world.urls))
        with TerminalSession([COMMAND, "demo.example/hello"], env=environment, cwd=tmp_path) as session:
            session.wait_for("R01 FALLBACK")
            session.wait_for("✓ content")
            session.press("w")
            session.wait_for("nothing is tried yet")
            session.press("\r")
            session.wait_for("goes on after any error")
            session.press("\r")
            session.wait_for("✓ go would download")
            session.press("w")
            shown = session.wait_for("with what is tried")
            assert "now, the real settings" in shown
            session.press("G")
            session.wait_for("(what if)")
            session.press("q")
            assert session.wait_for_exit() == 0
