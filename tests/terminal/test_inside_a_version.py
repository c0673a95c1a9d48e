"""Hostile files, names and origins on a real terminal: shown, never obeyed; and nothing is left on disk."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from probes.demo.content import make_zip
from tests.modtrace import COMMAND, clean_environment
from tests.terminal.session import TerminalSession

PATH, VERSION = "m.test/hello", "v1.0.0"
TITLE, CLEAR, PASTE = "\x1b]0;owned\x07", "\x1b[3J", "\x1b]52;c;b3duZWQ=\x07"
EVIL = f"{TITLE}{CLEAR}{PASTE}\u202e"


def _served(folder: Path) -> str:
    """A file:// proxy whose every field is hostile."""
    files = folder / PATH / "@v"
    files.mkdir(parents=True)
    origin = {"VCS": EVIL, "URL": f"https://x.test/{EVIL}", "Ref": EVIL, "Hash": EVIL}
    info = {"Version": VERSION, "Time": "2024-01-02T03:04:06Z", "Origin": origin}
    mod = f"module {PATH} // Deprecated: {EVIL}\n\nretract v0.1.0 // {EVIL}\n\nrequire m.test/x v1.0.0 // {EVIL}\n"
    entries = [
        ("go.mod", mod.encode()),
        ("a.go", f"package a // {EVIL}\nconst A = `{EVIL}`\n".encode()),
        (f"evil{EVIL}.txt", EVIL.encode()),
        ("LICENSE", EVIL.encode()),
    ]
    (files / "list").write_text(f"{VERSION}\n")
    (files / f"{VERSION}.info").write_text(json.dumps(info))
    (files / f"{VERSION}.mod").write_text(mod)
    (files / f"{VERSION}.zip").write_bytes(make_zip(f"{PATH}@{VERSION}/", entries))
    return f"file://{folder}"


@pytest.mark.parametrize("end", [None, signal.SIGTERM, signal.SIGKILL])
def test_what_a_module_holds_is_shown_and_never_obeyed(end: signal.Signals | None, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    env = clean_environment(tmp_path, GOPROXY=_served(tmp_path / "proxy"), TMPDIR=str(temporary))
    with TerminalSession([COMMAND, f"{PATH}@{VERSION}"], env=env, cwd=tmp_path) as session:
        session.wait_for("1 env")
        session.wait_for("go would")
        if end is None:
            session.press("M")
            session.wait_for("published")
            session.wait_for("\\x1b]0;owned\\x07")
            session.press("\x1b")
            session.wait_until_gone("published")
        session.press("F")
        session.wait_for("evil\\x1b]0;owned")
        session.wait_for("go says")
        assert list(temporary.iterdir()) == [], "a zip that is looked into has no name"
        if end is not None:
            session.signal(end)
            session.wait_for_exit()
        else:
            session.press("\r")
            session.wait_for("/ find   n N next")
            session.wait_for("\\x1b]52;c;")
            session.press("q")
            assert session.wait_for_exit() == 0
    for sequence in (TITLE, CLEAR, PASTE, "\u202e"):
        assert sequence.encode() not in session.output
    assert list(temporary.iterdir()) == []
