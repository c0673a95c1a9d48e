"""A saved session played in the app: the same verdicts, its own times, and nobody is asked."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from probes.share.played import play_all
from probes.share.session_reader import BadSession
from probes.share.tape import Tape, read_tape
from probes.trace.events import Event, TraceStarted
from screenshots.make import HERE
from tests.app_support import BROAD, NARROW, opened, press, replay_app, screen_text, world_app
from tests.modtrace import COMMAND, clean_environment, modtrace
from tests.share.recordings import PLANS, raw_lines, saved
from tests.terminal.session import TerminalSession
from tests.test_app_workbench import hostile_events
from tui.app import ModtraceApp
from tui.jobs import TraceJob
from tui.played_session import PlayedSession
from tui.replay import Replay, load
from tui.replaying import REFUSAL

NAME = "comma-stops-on-502"


class Hands:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def tape_of(folder: Path, events: Sequence[Event], *, seconds: float = 0.0, close: bool = True) -> Tape:
    """A tape of these events, one each so many seconds."""
    lines = raw_lines(saved(folder, events, "app", close=close))
    head, *others = lines
    timed = []
    for number, raw in enumerate(others):
        data = json.loads(raw)
        data["t"] = number * seconds
        timed.append(json.dumps(data).encode() + b"\n")
    return read_tape([head, *timed])


def on_screen(app: ModtraceApp) -> PlayedSession:
    """The replay that is on the screen."""
    assert isinstance(app.session, PlayedSession)
    return app.session


def recorded(name: str) -> list[Event]:
    """What a world of the demo said, with what was found when it was looked at again."""
    return list(load(HERE, name).events)


def told(app: ModtraceApp) -> list[str]:
    """What was said in passing."""
    return [str(notice.message) for notice in app._notifications]


def empty_app() -> ModtraceApp:
    """The app on this machine's settings, as far as a test has any."""
    return replay_app(Replay(), target=None)


# -- the same as live -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [NARROW, BROAD])
@pytest.mark.parametrize("name", ["healthy", "portal", "off-masks-404", "bad-zip"])
async def test_the_screen_is_that_of_the_live_run(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    """But for the title, and for what a session does not hold: some variables, and how long it looked."""
    events = load(HERE, name).events
    live = world_app(name, demo=False)
    async with opened(live, size) as pilot:
        await press(pilot, "v")
        verdict = screen_text(live)
    app = empty_app()
    async with opened(app, size) as pilot:
        app.play_tape(tape_of(tmp_path, events), speed=0)
        await press(pilot)
        await press(pilot, "v")
        assert screen_text(app) == verdict
        await press(pilot, "escape", "1")
        assert "GOPROXY" in screen_text(app)
        assert "mirror.corp.example" in screen_text(app)
        assert "GOPATH" not in screen_text(app), "nothing is known of it"


@pytest.mark.parametrize("name", sorted(file.stem for file in HERE.glob("*.jsonl") if file.stem in PLANS))
async def test_every_world_plays_to_the_same_trace_and_diagnoses(name: str, tmp_path: Path) -> None:
    path = saved(tmp_path, recorded(name), "app")
    whole = play_all(raw_lines(path))
    app = empty_app()
    async with opened(app) as pilot:
        app.play_tape(read_tape(raw_lines(path)), speed=0)
        await press(pilot)
        assert on_screen(app).trace.to_json() == whole.trace.to_json()
        assert on_screen(app).cases == whole.cases()


async def test_the_module_browser_is_played_too(tmp_path: Path) -> None:
    world = load(HERE, "split-files")
    tape = tape_of(tmp_path, [*world.events, *world.browsing])  # type: ignore[list-item]
    app = empty_app()
    async with opened(app) as pilot:
        app.play_tape(tape, speed=0)
        await press(pilot, "3")
        assert "v1.2.0" in screen_text(app)


async def test_versions_that_stay_true_are_there_with_other_settings_too(tmp_path: Path) -> None:
    """A trace with what-if values keeps the table of the one before, and asks nobody anew."""
    world = load(HERE, "split-files")
    tape = tape_of(tmp_path, [*world.events, *world.browsing, *world.events])  # type: ignore[list-item]
    app = empty_app()
    async with opened(app) as pilot:
        app.play_tape(tape, speed=0)
        await press(pilot)
        versions = app.session.table.versions()
        assert versions
        await press(pilot, "left_square_bracket", "right_square_bracket")
        assert app.session.table.versions() == versions


async def test_a_session_that_breaks_off_could_not_tell(tmp_path: Path) -> None:
    app = empty_app()
    async with opened(app) as pilot:
        app.play_tape(tape_of(tmp_path, recorded(NAME)[:5], close=False), speed=0)
        await press(pilot)
        assert "could not tell: the session breaks off before the trace ended" in screen_text(app)


# -- time -----------------------------------------------------------------------------------------------------


async def playing(app: ModtraceApp, tape: Tape, clock: Callable[[], float]) -> None:
    """Begin; ``settle`` would wait for the end of a tape whose clock stands still."""
    app.play_tape(tape, clock=clock)
    app.tick()


async def test_it_plays_with_its_own_times(tmp_path: Path) -> None:
    events = recorded("healthy")
    app, clock = empty_app(), Hands()
    async with opened(app) as pilot:
        tape = tape_of(tmp_path, events, seconds=1.0)
        await playing(app, tape, clock)
        await pilot.pause()
        assert on_screen(app).said.in_trace == [events[0]]
        assert "[replay 1x 00:00/" in screen_text(app)
        clock.now += 3.5
        app.tick()
        await pilot.pause()
        assert len(on_screen(app).said.in_trace) == 4
        assert "[replay 1x 00:03/" in screen_text(app)
        assert "tracing demo.example/hello@latest" in screen_text(app)
        clock.now += tape.length
        app.tick()
        await press(pilot)
        assert "go would download" in screen_text(app)
        assert app.session.bridge.idle


async def test_it_stops_goes_on_and_changes_its_speed(tmp_path: Path) -> None:
    app, clock = empty_app(), Hands()
    async with opened(app) as pilot:
        tape = tape_of(tmp_path, recorded("healthy"), seconds=10.0)
        await playing(app, tape, clock)
        await pilot.press("full_stop")
        app.tick()
        await pilot.pause()
        assert "[paused 1x 00:00/" in screen_text(app)
        clock.now += 1000
        app.tick()
        assert len(on_screen(app).said.in_trace) == 1
        assert app.session.bridge.idle, "nothing moves, so nobody need look"
        await pilot.press("right_curly_bracket", "full_stop")
        clock.now += 6
        app.tick()
        await pilot.pause()
        assert "[replay 2x 00:12/" in screen_text(app)
        assert len(on_screen(app).said.in_trace) == 2
        await pilot.press("left_curly_bracket", "left_curly_bracket")
        clock.now += 2
        app.tick()
        await pilot.pause()
        assert "[replay 0.5x 00:13/" in screen_text(app)
        clock.now += 10_000
        app.tick()
        await pilot.press("full_stop")
        app.tick()
        await pilot.pause()
        assert "[replay 0.5x 00:00/" in screen_text(app), "once more from the start"


async def test_the_traces_of_a_session_are_gone_through(tmp_path: Path) -> None:
    app = empty_app()
    async with opened(app) as pilot:
        app.play_tape(tape_of(tmp_path, [*recorded("healthy"), *recorded(NAME)]), speed=0)
        await press(pilot)
        assert "replay 2/2" in screen_text(app)
        assert "go would fail" in screen_text(app)
        await press(pilot, "left_square_bracket")
        assert "1/2" in screen_text(app).splitlines()[0]
        assert "go would download" in screen_text(app)
        await press(pilot, "left_square_bracket")
        assert "this is its first trace" in told(app)
        await press(pilot, "right_square_bracket")
        assert "go would fail" in screen_text(app)


# -- nobody is asked ------------------------------------------------------------------------------------------

ASKING = (
    "t", "o", "r", "x", "c", "P", "K", "e", "u", "U", "comma", "vertical_line", "w", "E", "A", "f", "T", "W",
)  # fmt: skip


@pytest.mark.parametrize("key", ASKING)
async def test_what_would_ask_somebody_is_refused_in_one_sentence(key: str, tmp_path: Path) -> None:
    app = empty_app()
    async with opened(app) as pilot:
        before = len(app.session.bridge.jobs)  # type: ignore[attr-defined]
        app.play_tape(tape_of(tmp_path, recorded(NAME)), speed=0)
        await press(pilot)
        await press(pilot, "j", key)
        assert told(app) == [REFUSAL]
        assert app.screen is app.workbench
        await press(pilot, "escape")
        assert not app.is_replaying
        assert len(app.session.bridge.jobs) == before  # type: ignore[attr-defined]


@pytest.mark.parametrize("key", ["i", "m", "Z", "a"])
async def test_the_module_browser_fetches_nothing(key: str, tmp_path: Path) -> None:
    world = load(HERE, "split-files")
    tape = tape_of(tmp_path, [*world.events, *world.browsing])  # type: ignore[list-item]
    app = empty_app()
    async with opened(app) as pilot:
        app.play_tape(tape, speed=0)
        await press(pilot)
        await press(pilot, "3", key)
        assert told(app) == [REFUSAL]


async def test_menus_and_suggestions_ask_nobody_either(tmp_path: Path) -> None:
    world = load(HERE, "split-files")
    tape = tape_of(tmp_path, [*world.events, *world.browsing])  # type: ignore[list-item]
    app = empty_app()
    async with opened(app) as pilot:
        app.play_tape(tape, speed=0)
        await press(pilot)
        await press(pilot, "3", "enter", "j", "enter")
        assert REFUSAL in told(app)
        app.clear_notifications()
        app.trace_target("m.test/x@latest")
        await press(pilot)
        assert REFUSAL in told(app)
        assert on_screen(app).target == ("demo.example/hello", "latest")


# -- the live session behind ----------------------------------------------------------------------------------


async def test_the_live_session_is_there_again(tmp_path: Path) -> None:
    live = world_app("portal", demo=False)
    async with opened(live) as pilot:
        await press(pilot, "p", "p")
        live.clear_notifications()
        await press(pilot)
        before, trace = screen_text(live), live.session.trace
        live.play_tape(tape_of(tmp_path, recorded("healthy")), speed=0)
        await press(pilot)
        assert "go would download" in screen_text(live)
        await press(pilot, "escape")
        assert live.session.trace is trace
        assert screen_text(live) == before


async def test_the_live_session_goes_on_behind_the_replay(tmp_path: Path) -> None:
    whole = load(HERE, "healthy")
    running = replace(whole, events=whole.events[:4], unfinished=True)
    app = world_app("healthy", replay=running, demo=False)
    async with opened(app) as pilot:
        live = app.session
        app.play_tape(tape_of(tmp_path, recorded(NAME)), speed=0)
        await press(pilot)
        running.say(TraceJob, whole.events[4:])
        app.tick()
        await press(pilot)
        assert live.trace.finished is not None
        assert "go would fail" in screen_text(app), "the replay is what is shown"
        await press(pilot, "R")
        assert app.session is live
        assert "go would download" in screen_text(app)


async def test_esc_ends_first_what_is_in_front(tmp_path: Path) -> None:
    app = empty_app()
    async with opened(app) as pilot:
        app.play_tape(tape_of(tmp_path, recorded(NAME)), speed=0)
        await press(pilot)
        await press(pilot, "z", "escape")
        assert app.is_replaying
        await press(pilot, "enter", "escape")
        assert app.is_replaying
        await press(pilot, "escape")
        assert not app.is_replaying


async def test_the_keys_of_the_tape_are_only_there_during_a_replay(tmp_path: Path) -> None:
    app = empty_app()
    async with opened(app, BROAD) as pilot:
        await press(pilot, "full_stop", "right_curly_bracket", "question_mark")
        assert "Replay:" not in screen_text(app)
        await press(pilot, "escape")
        app.play_tape(tape_of(tmp_path, recorded(NAME)), speed=0)
        await press(pilot, "question_mark", "G")
        for _ in range(8):
            if "Replay: faster" in screen_text(app):
                break
            await press(pilot, "pageup")
        assert "Replay: faster" in screen_text(app)


# -- privacy --------------------------------------------------------------------------------------------------


async def test_privacy_holds_in_a_replay_and_when_it_is_left(tmp_path: Path) -> None:
    app = world_app("portal", demo=False)
    names = ("mirror.corp", "demo.example")
    async with opened(app) as pilot:
        await press(pilot, "p")
        app.play_tape(tape_of(tmp_path, load(HERE, "bad-zip").events), speed=0)
        for keys in ((), ("v",), ("escape", "1"), ("3",), ("2", "t"), ("enter",), ("escape",), ("escape",)):
            await press(pilot, *keys)
            shown = "".join((screen_text(app) + "".join(told(app))).split())
            assert not [name for name in names if name in shown], shown
            assert "[private]" in screen_text(app)


# -- files from anybody ---------------------------------------------------------------------------------------


def test_what_cannot_be_played_to_its_end_is_refused_before_it_begins(tmp_path: Path) -> None:
    lines = raw_lines(saved(tmp_path, recorded(NAME)))
    with pytest.raises(BadSession):
        read_tape([*lines[:-2], b'{"event": "trace.finished", "t": 1}\n', lines[-2]])
    with pytest.raises(BadSession, match="no trace"):
        read_tape(lines[:1])


async def test_hostile_text_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    app = empty_app()
    async with opened(app, BROAD) as pilot:
        app.play_tape(tape_of(tmp_path, hostile_events()), speed=0)
        for keys in ((), ("v",), ("escape", "1"), ("3",), ("2", "z"), ("p",)):
            await press(pilot, *keys)
            shown = screen_text(app)
            assert not any(ord(character) < 32 for character in shown.replace("\n", ""))


_WRONG: dict[type, tuple[object, ...]] = {
    str: ("", "x" * 300, "\x1b[2J", "off", "http://[", "\u202e", "stop", "ok"),
    int: (0, -1, 1, 10**12),
    float: (0.0, -1e9, 1e308, 1e-300),
    bool: (True, False),
}
"""Values of the right kind: those of a wrong one are refused at once."""


def _damaged(lines: list[bytes], chance: random.Random) -> list[bytes]:
    """Lines with one to three values that are something else."""
    rows = [json.loads(line) for line in lines]
    for _ in range(chance.randint(1, 3)):
        place = rows[chance.randrange(len(rows))]
        while True:
            name = chance.choice([one for one in place if one != "event"] if isinstance(place, dict)
                                 else range(len(place)))  # fmt: skip
            if not isinstance(place[name], dict | list) or not place[name]:
                place[name] = chance.choice(_WRONG.get(type(place[name]), (None, "x", 1, [], {})))
                break
            place = place[name]
    return [json.dumps(row).encode() + b"\n" for row in rows]


async def test_a_damaged_file_is_refused_or_shown_and_never_a_crash(tmp_path: Path) -> None:
    chance = random.Random(4)
    files = [raw_lines(saved(tmp_path, recorded(name), "app")) for name in (NAME, "portal", "split-files")]
    app = empty_app()
    shown = 0
    async with opened(app) as pilot:
        for _ in range(80):
            try:
                tape = read_tape(_damaged(chance.choice(files), chance))
            except BadSession:
                continue
            app.play_tape(tape, speed=0)
            app.tick()
            await pilot.press("v")
            await pilot.press("escape")
            assert app.crash is None
            shown += 1
    assert shown > 10


def test_a_trace_of_a_tape_begins_where_its_first_event_is(tmp_path: Path) -> None:
    tape = tape_of(tmp_path, [*recorded("healthy"), *recorded(NAME)])
    assert [type(tape.entries[start].event) for start in tape.starts] == [TraceStarted, TraceStarted]


# -- in a terminal --------------------------------------------------------------------------------------------

NO_NETWORK = """\
import os, socket

def refuse(*args, **kwargs):
    with open(os.environ["ASKED"], "a") as file:
        file.write(repr(args) + "\\n")
    raise OSError("the network is out of bounds")

socket.getaddrinfo = socket.create_connection = refuse
for name in ("connect", "connect_ex", "bind", "sendto"):
    setattr(socket.socket, name, refuse)
"""


def without_network(folder: Path) -> dict[str, str]:
    """An environment in which whoever touches the network is noted down, in ``asked``."""
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(NO_NETWORK)
    return clean_environment(folder, PYTHONPATH=str(folder / "site"), ASKED=str(folder / "asked"))


def test_replay_opens_the_app_and_asks_nobody(tmp_path: Path) -> None:
    env = without_network(tmp_path)
    check = modtrace("trace", "m.test/x", "--set", "GOPROXY=http://127.0.0.1:9", env=env, cwd=tmp_path)
    assert check.returncode != 0
    assert (tmp_path / "asked").exists(), "the net that catches it has holes"
    (tmp_path / "asked").unlink()
    file = saved(tmp_path, recorded(NAME), "app")
    with TerminalSession([COMMAND, "replay", str(file)], env=env, cwd=tmp_path, columns=120) as session:
        session.wait_for("✗ go would fail")
        session.wait_for("replay 00:00/00:00")
        for keys, words in (
            ("t", REFUSAL[:40]), ("x", REFUSAL[:40]), ("1", "GOPROXY"), ("2", "first cause"),
            ("v", "the verdict"), ("\x1b", "replay 00:00"), ("3", "replay"),
        ):  # fmt: skip
            session.press(keys)
            session.wait_for(words)
        session.press("q")
        assert session.wait_for_exit() == 1, "as the live run"
        assert session.is_restored()
    assert not (tmp_path / "asked").exists()
    assert len(list((tmp_path / ".local").rglob("*.jsonl"))) == 1, "only the live run was saved"


@pytest.mark.parametrize(("world", "code"), [("healthy", 0), ("portal", 1)])
def test_the_exit_code_is_that_of_the_live_run(world: str, code: int, tmp_path: Path) -> None:
    file = saved(tmp_path, recorded(world), "app")
    argv = [COMMAND, "replay", str(file), "--speed", "0"]
    with TerminalSession(argv, env=clean_environment(tmp_path), cwd=tmp_path) as session:
        session.wait_for("go would")
        session.press("q")
        assert session.wait_for_exit() == code


def test_nothing_is_written_at_the_end_nor_while_it_is_stopped(tmp_path: Path) -> None:
    lines = raw_lines(saved(tmp_path, recorded("healthy"), "app"))
    slow = tmp_path / "slow.jsonl"
    rows = [json.loads(line) for line in lines]
    for number, row in enumerate(rows[1:]):
        row["t"] = number * 5.0
    slow.write_text("".join(json.dumps(row) + "\n" for row in rows))
    env = clean_environment(tmp_path)
    with TerminalSession([COMMAND, "replay", str(slow)], env=env, cwd=tmp_path) as session:
        session.wait_for("replay 1x 00:01/")
        session.press(".")
        session.wait_for("paused 1x")
        session.bytes_within(0.5)
        assert session.bytes_within(1.5) == b""
        session.press(".")
        session.wait_for("replay 1x 00:03/")
        written = session.bytes_within(4.0)
        assert len(written) < 4 * 400, "a second on the clock is a few bytes"
        session.press("q")
        session.wait_for_exit()
    with TerminalSession([COMMAND, "replay", str(slow), "--speed", "0"], env=env, cwd=tmp_path) as session:
        session.wait_for("go would download")
        session.bytes_within(0.7)
        assert session.bytes_within(1.5) == b""


def test_a_truncated_file_is_played_and_told_and_a_bad_one_is_one_line(tmp_path: Path) -> None:
    data = saved(tmp_path, recorded(NAME), "app").read_bytes()
    cut, bad = tmp_path / "cut.jsonl", tmp_path / "bad.jsonl"
    cut.write_bytes(data[: len(data) // 2])
    bad.write_bytes(b"{broken}\n" + data)
    env = clean_environment(tmp_path)
    with TerminalSession([COMMAND, "replay", str(cut), "--speed", "0"], env=env, cwd=tmp_path) as session:
        session.wait_for("the last line is cut off")
        session.press("q")
        assert session.wait_for_exit() in (1, 3)
    with TerminalSession([COMMAND, "replay", str(bad)], env=env, cwd=tmp_path) as session:
        assert session.wait_for_exit() == 2
        assert session.output.count(b"\n") == 1
        assert b"\x1b[" not in session.output


def test_a_form_or_a_pipe_is_headless_as_ever(tmp_path: Path) -> None:
    file = saved(tmp_path, recorded(NAME), "app")
    env = clean_environment(tmp_path)
    argv = [COMMAND, "replay", str(file), "--plain", "--speed", "0"]
    with TerminalSession(argv, env=env, cwd=tmp_path) as session:
        assert session.wait_for_exit() == 1
        assert b"\x1b[?1049h" not in session.output
    done = modtrace("replay", str(file), env=env, cwd=tmp_path)
    assert done.returncode == 1
    assert "go would fail" in done.stdout
