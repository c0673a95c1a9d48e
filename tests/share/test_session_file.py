"""Sessions on the disk: what is saved is read back, whatever stops the writer, and no secret is in it."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.browse.table import BrowseFinished, BrowseStarted, Column, ColumnAnswered
from probes.golang.redact import redact
from probes.share import session_file
from probes.share.played import play_all
from probes.share.privacy import masked
from probes.share.session_file import (
    SessionRecorder,
    latest,
    list_sessions,
    sessions_folder,
    without_secrets,
)
from probes.share.session_reader import BadSession, SessionReader
from probes.trace.events import Outcome, RequestFinished, Timing, TraceFinished, VersionChosen
from tests.share.recordings import PLANS, events_of, lines_of, raw_lines, recording_lines, saved

NAME = "comma-stops-on-502"


@pytest.mark.parametrize("name", PLANS)
def test_what_is_saved_is_read_back_event_for_event(name: str, tmp_path: Path) -> None:
    path = saved(tmp_path, events_of(name))
    reader = SessionReader(raw_lines(path))
    read = [entry.event for entry in reader]
    as_recorded = [entry.event for entry in SessionReader(recording_lines(events_of(name)))]
    assert read == as_recorded
    assert reader.closed
    assert not reader.cut
    assert not reader.skipped


def test_the_header_tells_what_it_is_about(tmp_path: Path) -> None:
    first = lines_of(saved(tmp_path, events_of(NAME), "doctor"))[0]
    assert first["schema"] == "modtrace.session/1"
    assert first["command"] == "doctor"
    assert (first["path"], first["query"]) == ("demo.example/hello", "latest")
    assert {"go", "modtrace", "platform"} <= set(first)
    assert str(first["time"]).endswith("Z")
    assert any(row["name"] == "GOPROXY" for row in first["settings"])  # type: ignore[attr-defined]


def test_a_clock_that_is_behind_does_not_delete_what_is_being_written(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"2098010{number + 1}T000000Z-1.jsonl").write_text("{}\n")
    other = SessionRecorder(tmp_path, kept=2)
    other.emit(events_of(NAME)[0])
    recorder = SessionRecorder(tmp_path, kept=2)
    recorder.emit(events_of(NAME)[0])
    assert recorder.path is not None
    assert other.path is not None
    kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {"20980102T000000Z-1.jsonl", "20980103T000000Z-1.jsonl", recorder.path.name, other.path.name}
    other.close()
    recorder.close()
    later = SessionRecorder(tmp_path, kept=2)
    later.emit(events_of(NAME)[0])
    assert not other.path.exists(), "it is the oldest by its name, and nobody writes it any more"
    later.close()


def test_what_only_looks_like_a_session_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "20200101T000000Z-1.jsonl")
    (tmp_path / "20200102T000000Z-1.jsonl").mkdir()
    (tmp_path / "20200103T000000Z-1.jsonl").symlink_to("/dev/zero")
    assert list_sessions(tmp_path) == []
    assert latest(tmp_path) is None
    session_file.rotate(tmp_path, 0)
    assert len(list(tmp_path.iterdir())) == 3


def test_all_folders_are_private_whatever_the_umask(tmp_path: Path) -> None:
    recorder = SessionRecorder(tmp_path / "state" / "modtrace" / "sessions")
    recorder.emit(events_of(NAME)[0])
    recorder.close()
    for folder in ("state", "state/modtrace", "state/modtrace/sessions"):
        assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o700


@pytest.mark.parametrize("half", [b"\\ud800", b"\xed\xa0\x80"])
def test_halves_of_characters_are_replaced(half: bytes, tmp_path: Path) -> None:
    path = saved(tmp_path, events_of(NAME))
    lines = [line.replace(b"demo.example", b"demo" + half + b".example") for line in raw_lines(path)]
    read = play_all(lines)
    assert read.header is not None
    assert read.header.path == "demo\ufffd.example/hello"
    assert masked(read.events, read.header.settings)


def test_a_byte_that_is_no_utf_8_is_kept(tmp_path: Path) -> None:
    path = saved(tmp_path, events_of(NAME))
    lines = [line.replace(b"demo.example", b"demo\\udcff\\ud83d\\ude00.example") for line in raw_lines(path)]
    read = play_all(lines)
    assert read.header is not None
    assert read.header.path == "demo\udcff\U0001f600.example/hello"


def test_times_never_go_back(tmp_path: Path) -> None:
    times = [row["t"] for row in lines_of(saved(tmp_path, events_of(NAME)))[1:]]
    assert times == sorted(times)  # type: ignore[type-var]


def test_files_and_folders_are_private(tmp_path: Path) -> None:
    path = saved(tmp_path / "state" / "sessions", events_of(NAME))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_session_in_which_nothing_happened_leaves_nothing(tmp_path: Path) -> None:
    with SessionRecorder(tmp_path / "sessions"):
        pass
    assert not (tmp_path / "sessions").exists()


# -- whatever stops the writer ----------------------------------------------------------------------------


@pytest.mark.parametrize("end", [1, 2, 40, 100])
def test_a_cut_last_line_costs_one_event(end: int, tmp_path: Path) -> None:
    path = saved(tmp_path, events_of(NAME), close=False)
    data = path.read_bytes()
    last = data.splitlines()[-1]
    reader = SessionReader(data[: -min(end, len(last))].splitlines(keepends=True))
    read = list(reader)
    whole = len(events_of(NAME))
    assert len(read) == (whole if end == 1 else whole - 1)
    assert reader.cut is (end != 1)
    assert not reader.closed


def test_zeros_at_the_end_are_a_cut(tmp_path: Path) -> None:
    data = saved(tmp_path, events_of(NAME), close=False).read_bytes() + b"\0" * 512
    reader = SessionReader(data.splitlines(keepends=True))
    assert len(list(reader)) == len(events_of(NAME))
    assert reader.cut


def test_a_broken_line_in_the_middle_is_refused(tmp_path: Path) -> None:
    lines = saved(tmp_path, events_of(NAME)).read_bytes().splitlines(keepends=True)
    lines[3] = lines[3][:20] + b"\n"
    with pytest.raises(BadSession, match="line 4: no JSON"):
        list(SessionReader(lines))


_WRITER = """
import signal
import sys
from pathlib import Path
from probes.share.session_file import SessionRecorder
from probes.share.session_reader import SessionReader
events = [entry.event for entry in SessionReader(open(sys.argv[1], "rb").readlines())]
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have asked not to be hung up
recorder = SessionRecorder(Path(sys.argv[2]))
for event in events:
    recorder.emit(event)
print("written", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_a_killed_writer_loses_nothing_that_was_told(number: signal.Signals, tmp_path: Path) -> None:
    recording = tmp_path / "recording.jsonl"
    recording.write_bytes(b"".join(recording_lines(events_of(NAME))))
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(recording), str(tmp_path / "sessions")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"written\n"
        writer.send_signal(number)
        assert writer.wait(timeout=30) == -number
    path = latest(tmp_path / "sessions")
    assert path is not None
    assert len(play_all(raw_lines(path)).events) == len(events_of(NAME))
    assert [info.closed for info in list_sessions(path.parent)] == [False]


def test_a_full_disk_silences_the_recorder_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("in the way")
    recorder = SessionRecorder(folder / "sessions")
    for event in events_of(NAME):
        recorder.emit(event)
    assert recorder.problem.startswith("the session is not saved")


def test_without_a_home_nothing_is_saved() -> None:
    recorder = SessionRecorder.in_state_folder("trace", process={})
    recorder.emit(events_of(NAME)[0])
    assert recorder.path is None
    assert "HOME" in recorder.problem


# -- how much is kept -------------------------------------------------------------------------------------


def test_the_oldest_sessions_go_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.jsonl").write_text("mine")
    for number in range(60):
        (tmp_path / f"20200101T0000{number:02}Z-1.jsonl").write_text("{}\n")
    path = saved(tmp_path, events_of(NAME))
    left = {file.name for file in tmp_path.iterdir()}
    assert len(left) == 51
    assert {"notes.jsonl", path.name, "20200101T000059Z-1.jsonl"} <= left
    assert "20200101T000010Z-1.jsonl" not in left


def test_a_file_never_grows_beyond_its_bound_and_stays_readable(tmp_path: Path) -> None:
    recorder = SessionRecorder(tmp_path, max_bytes=6000)
    for _ in range(5):
        for event in events_of(NAME)[1:] if recorder.path else events_of(NAME):
            recorder.emit(event)
    assert recorder.problem == "the session is not saved any further: its file is full"
    assert recorder.path is not None
    assert recorder.path.stat().st_size <= 6000
    reader = SessionReader(raw_lines(recorder.path))
    assert list(reader)
    assert reader.full


def test_a_new_trace_behind_half_of_the_room_gets_a_new_file(tmp_path: Path) -> None:
    recorder = SessionRecorder(tmp_path, max_bytes=30_000)
    files = set()
    for _ in range(6):
        for event in events_of(NAME):
            recorder.emit(event)
        files.add(recorder.path)
    assert not recorder.problem
    assert len(files) > 1
    for file in files:
        assert file is not None
        assert play_all(raw_lines(file)).trace.finished is not None


def test_sessions_are_listed_the_newest_first(tmp_path: Path) -> None:
    first = saved(tmp_path, events_of("healthy"))
    os.utime(first, (1, 1))
    second = saved(tmp_path, events_of(NAME), "doctor")
    (tmp_path / "20990101T000000Z-7.jsonl").write_text("damaged")
    listed = list_sessions(tmp_path)
    assert [info.file for info in listed] == [second, first]
    assert [info.outcome for info in listed] == ["fails", "ok"]
    assert [info.header.command for info in listed] == ["doctor", "trace"]
    assert all(info.closed for info in listed)
    assert list_sessions(tmp_path / "nowhere") == []
    assert latest(None) is None


@pytest.mark.parametrize(
    ("process", "folder"),
    [
        ({"XDG_STATE_HOME": "/state", "HOME": "/h"}, "/state/modtrace/sessions"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/modtrace/sessions"),
        ({"HOME": "/h"}, "/h/.local/state/modtrace/sessions"),
        ({"HOME": ""}, "None"),
    ],
)
def test_the_folder_is_where_xdg_says(process: dict[str, str], folder: str) -> None:
    assert str(sessions_folder(process)) == folder


# -- what other versions write ----------------------------------------------------------------------------


def _with(path: Path, **header: object) -> list[bytes]:
    first, *rest = path.read_bytes().splitlines(keepends=True)
    return [json.dumps(json.loads(first) | header).encode() + b"\n", *rest]


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("modtrace.session/2", "it is a modtrace.session/2, and this modtrace reads modtrace.session/1"),
        ("other", "neither a session nor a recording of modtrace"),
        (None, "neither a session nor a recording of modtrace"),
    ],
)
def test_another_schema_is_refused_in_one_line(schema: object, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadSession) as caught:
        list(SessionReader(_with(saved(tmp_path, events_of(NAME)), schema=schema)))
    assert str(caught.value) == f"line 1: {words}"


def test_a_newer_minor_version_may_say_more(tmp_path: Path) -> None:
    path = saved(tmp_path, events_of(NAME))
    lines = _with(path, minor=7, colour="blue")
    lines.insert(2, b'{"t": 0.1, "event": "weather.changed", "sky": "grey"}\n')
    grown = json.loads(lines[1]) | {"mood": "fine"}
    grown["route"]["hops"][0]["shade"] = 3
    lines[1] = json.dumps(grown).encode() + b"\n"
    reader = SessionReader(lines)
    assert len(list(reader)) == len(events_of(NAME))
    assert reader.skipped == 1


def test_our_own_version_may_not(tmp_path: Path) -> None:
    lines = _with(saved(tmp_path, events_of(NAME)))
    lines.insert(2, b'{"t": 0.1, "event": "weather.changed"}\n')
    with pytest.raises(BadSession, match=r"line 3: no event is called 'weather\.changed'"):
        list(SessionReader(lines))


@pytest.mark.parametrize(
    "line",
    [
        b'{"t": NaN, "event": "version.chosen", "at": 0, "version": "", "because": ""}\n',
        b'{"t": 1e999, "event": "version.chosen", "at": 0, "version": "", "because": ""}\n',
        b'{"t": "x", "event": "version.chosen", "at": 0, "version": "", "because": ""}\n',
        b'{"t": 0, "event": "version.chosen", "at": 1' + b"0" * 400 + b', "version": "", "because": ""}\n',
        b'{"t": 0, "event": ["version.chosen"], "at": 0}\n',
        b"[" * 100_000 + b"\n",
        b'{"t": 0, "event": "version.chosen", "version": "\xff"}\n',
        b'{"t": 0, "event": "version.chosen"}\n',
        b"7\n",
    ],
)
def test_hostile_lines_are_refused_and_never_a_traceback(line: bytes, tmp_path: Path) -> None:
    lines = saved(tmp_path, events_of(NAME)).read_bytes().splitlines(keepends=True)
    with pytest.raises(BadSession, match="line 3: "):
        list(SessionReader([*lines[:2], line, *lines[2:]]))


@given(st.lists(st.binary(max_size=60).map(lambda data: data.replace(b"\n", b"") + b"\n"), max_size=6))
def test_any_bytes_are_a_session_or_a_bad_one(lines: list[bytes]) -> None:
    complaint = ""
    try:
        list(SessionReader(lines))
    except BadSession as error:
        complaint = str(error)
    assert "\n" not in complaint


@pytest.mark.parametrize("number", ["1e13", "-1e300", "1" * 30])
def test_numbers_that_nothing_counts_are_refused(number: str, tmp_path: Path) -> None:
    lines = raw_lines(saved(tmp_path, events_of(NAME)))
    bad = re.sub(rb'"at": [0-9.e-]+', b'"at": ' + number.encode(), lines[2])
    assert bad != lines[2]
    with pytest.raises(BadSession, match=r"line 3: .* is no number"):
        list(SessionReader([*lines[:2], bad]))


def test_a_long_list_of_versions_does_not_hide_how_the_trace_ended(tmp_path: Path) -> None:
    recorder = SessionRecorder(tmp_path)
    for event in events_of(NAME):
        recorder.emit(event)
    versions = tuple(f"v1.{number}.0-with-a-long-name" for number in range(8000))
    recorder.emit(BrowseStarted(0.0, "m.test/x", (Column(0, 0, "p", "p", False, False),)))
    recorder.emit(ColumnAnswered(0.0, 0, versions))
    recorder.close()
    (info,) = list_sessions(tmp_path)
    assert (info.outcome, info.closed, info.in_use) == ("fails", True, False)


def test_too_long_a_line_is_refused() -> None:
    with pytest.raises(BadSession, match="line 1: too long"):
        list(SessionReader([b"x" * 9_000_000]))


def test_the_module_browser_is_saved_too(tmp_path: Path) -> None:
    recorder = SessionRecorder(tmp_path)
    recorder.emit(BrowseStarted(0.0, "m.test/x", ()))
    recorder.emit(BrowseFinished(0.5))
    recorder.close()
    assert recorder.path is not None
    played = play_all(raw_lines(recorder.path))
    assert played.table.path == "m.test/x"
    assert played.table.finished is not None


# -- secrets ----------------------------------------------------------------------------------------------

_WORD = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=9, max_size=20)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    secret=_WORD,
    field=st.sampled_from(["error", "url", "server", "sample", "because"]),
    form=st.integers(0, 5),
)
def test_no_secret_comes_into_the_file(secret: str, field: str, form: int, tmp_path: Path) -> None:
    secret = "S3cr" + secret
    texts = [
        f"Get https://user:{secret}@proxy.test/x: refused",
        f"https://{secret}@proxy.test/",
        f"https://proxy.test/a?token={secret}&b=1",
        f"Authorization: Bearer {secret}",
        f"machine proxy.test login me password {secret}",
        f"ghp_{secret}{secret}",
    ]
    text = texts[form]
    finished = RequestFinished(
        0.1, 0, None, None, events_of("healthy")[2].op, "", text if field == "url" else "https://x.test/",  # type: ignore[union-attr]
        404, "404 Not Found", 0, 0.0, Timing(), error=text if field == "error" else None,
        server=text if field == "server" else "", sample=text if field == "sample" else "",
    )  # fmt: skip
    recorder = SessionRecorder(tmp_path / "sessions")
    recorder.emit(finished)
    recorder.emit(VersionChosen(0.2, "v1.0.0", text if field == "because" else ""))
    recorder.emit(TraceFinished(0.3, Outcome.FAILS, None, None, None, text))
    recorder.close()
    assert recorder.path is not None
    assert secret not in recorder.path.read_text()
    recorder.path.unlink()


def test_headers_and_keys_that_carry_secrets_are_masked() -> None:
    said = {"headers": [["Set-Cookie", "a=b; c"], ["Server", "x"]], "authorization": "Basic x", "token": "t"}
    assert without_secrets(said) == {
        "headers": [["Set-Cookie", "xxxxx"], ["Server", "x"]], "authorization": "xxxxx", "token": "xxxxx",
    }  # fmt: skip


@pytest.mark.parametrize("name", PLANS)
def test_what_holds_no_secret_is_saved_as_it_is(name: str) -> None:
    for line in recording_lines(events_of(name)):
        assert without_secrets(json.loads(line)) == json.loads(line)


def test_a_second_masking_changes_nothing() -> None:
    once = redact("https://user:pw@proxy.test/?token=abcdef")
    assert without_secrets(once) == once


def test_the_bounds_are_those_of_the_task() -> None:
    assert session_file.KEPT == 50
    assert session_file.MAX_BYTES == 20_000_000
