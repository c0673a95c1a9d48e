"""What a server says never reaches the terminal as anything but text: every screen, every command.

The world puts titles, clipboards, cursors, other alphabets and other orders into whatever it says. What comes
out of the pseudo-terminal is taken apart: beside text there may only be what the app itself draws with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.modtrace import COMMAND, clean_environment
from tests.terminal.hostile_world import PATH, HostileProxy
from tests.terminal.session import TerminalSession

OWN = re.compile(
    r"\x1b\[\??[0-9;:]*[mKABCDGdXPLM]"  # colours, erasing in a line, moves
    r"|\x1b\[(?!66;6H)[0-9;]*H(?:\x1b\[2J)?"  # the cursor; an empty screen only from its corner
    r"|\x1b\[\?(?:7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2031|2048)[hl]"  # modes, on and off
    r"|\x1b\[\?[0-9;]+\$p|\x1b\[[<>=][0-9;]*u|\x1b\[\?u|\x1b\[>0?q|\x1b\[c"  # questions at the start
    r"|\x1b\]22;[a-z]+\x07"  # the form of the mouse pointer
    r"|\x1b\[[0-9;]*r|\x1b\[[0-9]*[ST]"  # scrolling
)
"""What the app draws with. The payload has none of it but a few forms that the next pattern finds."""
FOREIGN = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)
UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;?]*)?\Z")


def foreign(output: bytes) -> list[str]:
    """What neither is text nor belongs to the app, each with what stands around it."""
    text = output.decode("utf-8", "surrogateescape")
    rest = OWN.sub("", text)
    return [repr(rest[max(0, found.start() - 30) : found.end() + 30]) for found in FOREIGN.finditer(rest)]


@dataclass(frozen=True)
class Screen:
    """One screen of the app."""

    keys: str
    """How one comes there from the workbench; a "|" waits for what stands in ``then``, step by step."""
    shows: str
    """What says that it is there, and complete."""
    then: tuple[str, ...] = ()
    """What is waited for at each "|"."""
    marks: tuple[str, ...] = ()
    """Marks of the fields that are on it."""
    leave: int = 1
    """How often Escape is pressed."""


SCREENS: dict[str, Screen] = {
    "tree": Screen("2Gg", "›2 Tree", leave=0),
    "what was answered": Screen("b", "MARKerror", marks=("MARKstatus", "MARKserver", "MARKvia")),
    "verdict": Screen("v", "the verdict"),
    "modules": Screen("3", "›3 Modules", leave=0),
    "all proxies": Screen("3a", "›3 Modules", leave=0),
    "version by name": Screen("3I", "›3 Modules", leave=0),
    "beside this module": Screen("J", "Beside this module"),
    "go.mod": Screen(
        "M", "MARKretract", marks=("MARKdeprecated", "MARKmodule", "MARKvcs", "MARKurl", "MARKref", "MARKhash"),
    ),
    "files": Screen("F", "README.md"),
    "a text": Screen("F|j\r", "MARKreadme", ("README.md",), ("MARKreadme",), leave=2),
    "a program": Screen("F|jj\r", "MARKcode", ("README.md",), ("MARKcode",), leave=2),
    "a dump": Screen("F|\r", "4d 49 54", ("README.md",), leave=2),
    "difference of versions": Screen("3|d|\r", "a.go", ("✓ listed", "the version before it")),
    "difference of proxies": Screen("3|d|j\r", "MARKstatus", ("✓ listed", "the version before it"), ("MARKstatus",)),
    "hashes": Screen("Q", "Who vouches for"),
    "hashes of zips": Screen("Q|z|\r", "h1:", ("Who vouches for", "Fetch the zips")),
    "save": Screen("S|\r|\r", "saved", ("Folder for files", "from whom?"), leave=0),
    "downloads": Screen("D", "Downloads"),
    "as go get": Screen("O", "As go get"),
    "look closer": Screen("2gx", "›2 Tree", leave=0),
    "copy as": Screen("Y", "Copy as"),
    "settings": Screen("1", "›1 Environment", leave=0),
    "history": Screen("H", "Traced before"),
}  # fmt: skip
"""A new screen is a new line here."""


@contextmanager
def app(folder: Path, goproxy: str) -> Iterator[TerminalSession]:
    environment = clean_environment(folder, GOPROXY=goproxy, GOFLAGS="-modcacherw")
    with TerminalSession([COMMAND, PATH], env=environment, cwd=folder, columns=160, rows=48) as session:
        yield session


def visit(session: TerminalSession, screen: Screen) -> str:
    """Go to a screen and back; what it showed."""
    for step, words in zip(screen.keys.split("|"), (*screen.then, screen.shows), strict=True):
        session.press(step)
        session.wait_for(words)
    seen = session.screen()
    for _ in range(screen.leave):
        top = session.screen().splitlines()[0]
        session.press("\x1b")
        while session.screen().splitlines()[0] == top:
            session.bytes_within(0.05)  # a test that hangs here is ended by its time limit
    return seen


VISITS: tuple[tuple[str, ...], ...] = (
    ("what was answered", "verdict", "beside this module", "go.mod", "as go get", "copy as", "history", "settings"),
    ("files", "a text", "a program", "a dump", "hashes", "downloads"),
)
"""Screens that one run of the app goes to, one after the other; each of the others has a run of its own."""
ALONE = tuple((name,) for name in SCREENS if not any(name in names for names in VISITS))


@pytest.mark.parametrize("names", [*VISITS, *ALONE], ids=lambda names: names[0])
def test_no_screen_lets_anything_through(tmp_path: Path, names: tuple[str, ...]) -> None:
    with HostileProxy(refuses=True) as first, HostileProxy() as second:
        with app(tmp_path, f"{first.url},{second.url}") as session:
            session.wait_for("go would download evil.test/hello@v1.2.0")
            for name in names:
                seen, screen = visit(session, SCREENS[name]), SCREENS[name]
                assert [mark for mark in screen.marks if mark not in seen] == [], name
                # What is still being written may end in the middle of a sequence; the end is looked at whole.
                assert foreign(UNFINISHED.sub(b"", session.output)) == [], name
            session.press("q")
            assert session.wait_for_exit() == 0
    assert foreign(session.output) == []


WORLDS = {
    "refused header": lambda: HostileProxy(header=b"\x1b]0;pwned\x07\x1b[2J"),
    "errors only": lambda: HostileProxy(refuses=True),
    "names in the zip": lambda: HostileProxy(bad_names=True),
}


@pytest.mark.parametrize("world", WORLDS)
def test_a_failure_lets_nothing_through(tmp_path: Path, world: str) -> None:
    with WORLDS[world]() as proxy, app(tmp_path, proxy.url) as session:
        session.wait_for("go would")
        for name in ("verdict", "as go get", "beside this module", "modules"):
            visit(session, SCREENS[name])
        session.press("q")
        assert session.wait_for_exit() == 0
    assert foreign(session.output) == []
    assert b"MARK" in session.output


TARGET = f"{PATH}@v1.2.0"
COMMANDS: dict[str, tuple[str, ...]] = {
    "trace": ("trace", TARGET),
    "trace --plain": ("trace", PATH, "--plain"),
    "trace --json": ("trace", PATH, "--json"),
    "trace --events": ("trace", PATH, "--events"),
    "trace as get": ("trace", "--as", "get", PATH),
    "versions": ("versions", PATH),
    "versions --all": ("versions", PATH, "--all"),
    "versions --json": ("versions", PATH, "--json"),
    "diff": ("diff", f"{PATH}@v1.1.0", TARGET),
    "diff --stat": ("diff", f"{PATH}@v1.1.0", TARGET, "--stat"),
    "diff of proxies": ("diff", TARGET, "--from", "1", "--and", "2"),
    "download": ("download", TARGET, "-o", "files"),
    "download --json": ("download", TARGET, "-o", "files", "--json"),
    "sums": ("sums", TARGET, "--zip", "--all"),
    "sums --json": ("sums", TARGET, "--zip", "--json"),
    "doctor": ("doctor", PATH),
    "explain a file": ("explain", "build.log"),
    "whatif": ("whatif", PATH, "--set", "GOSUMDB=off"),
    "report": ("report", "--last", "--format", "markdown"),
    "replay": ("replay", "--plain", "session.jsonl"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_lets_anything_through(tmp_path: Path, name: str) -> None:
    from tests.terminal.hostile_world import TEXT

    (tmp_path / "build.log").write_bytes(
        b"go: evil.test/hello@v1.2.0: reading https://x.test/" + TEXT + b": 404\n"
    )
    with HostileProxy(refuses=True) as first, HostileProxy(bad_names="diff" in name) as second:
        environment = clean_environment(tmp_path, GOPROXY=f"{first.url},{second.url}", GOFLAGS="-modcacherw")
        if name in ("report", "replay"):
            _trace_once(tmp_path, environment)
        with TerminalSession(
            [COMMAND, *COMMANDS[name]], env=environment, cwd=tmp_path, columns=120
        ) as session:
            code = session.wait_for_exit()
    assert code in (0, 1, 3), session.screen()
    assert b"bug in modtrace" not in session.output
    assert foreign(session.output) == []


def _trace_once(folder: Path, environment: dict[str, str]) -> None:
    """A saved session, and its name for the commands that take a file."""
    with TerminalSession([COMMAND, "trace", PATH], env=environment, cwd=folder) as session:
        session.wait_for_exit()
    (saved,) = folder.rglob("sessions/*.jsonl")
    (folder / "session.jsonl").write_bytes(saved.read_bytes())


def test_what_is_foreign_is_found() -> None:
    from tests.terminal.hostile_world import PAYLOAD

    assert len(foreign(PAYLOAD.encode())) > 20
    assert foreign(b"\x1b]0;pwned\x07") != []
    assert foreign(b"\x07\x1b[2J") != []
    assert foreign(b"\x9b2J") != []
    assert foreign(b"\x1b[?1049h\x1b[H\x1b[2J\x1b[1m\xe2\x9c\x93 good\x1b[m\r\n") == []
