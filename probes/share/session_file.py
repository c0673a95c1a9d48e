"""A session that saves itself: every event, as it happens, as one line of JSON in a file of its own.

    {"schema": "modtrace.session/1", "minor": 0, "modtrace": "0.1.0", "time": "…Z", "go": "go1.27.3", …}
    {"t": 0.0021, "event": "trace.started", …}
    {"t": 0.4711, "event": "session.closed"}

A line goes to the kernel with one write before the next event is looked at: a dropped SSH line or a kill -9
loses at most the event that was being written. There is no fsync; a power cut may lose more. Nothing here
ever disturbs a trace: when the disk is full the recorder says so in ``problem`` and is silent from then on.

An event holds no secrets by itself; all its texts are masked once more on their way into the file.

A minor version adds kinds of events and fields; readers skip those they do not know. A change of the number
in the schema breaks.
"""

from __future__ import annotations

import json
import os
import re
import stat
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from probes import __version__
from probes.golang.redact import MASK, redact
from probes.share.state import PRIVATE_FILE, make_private, open_regular, state_folder
from probes.trace.events import Event, SettingView, TraceStarted, event_to_json

if TYPE_CHECKING:
    from probes.browse.table import BrowseEvent

SCHEMA = "modtrace.session/1"
MINOR = 2
"""1: ``resumes`` in the header. 2: ``real`` in trace.started, only where what-if values were tried."""
KEPT = 50
"""Sessions that are kept; the oldest go first."""
MAX_BYTES = 20_000_000
"""No file grows beyond this."""
_ROOM_FOR_THE_END = 200
ROLL_BYTES = MAX_BYTES // 2
"""A trace that starts behind this gets a new file."""

CLOSED, FULL = "session.closed", "session.full"
"""What the recorder itself says: the session was ended; nothing more fits in."""

_NAME = re.compile(r"\d{8}T\d{6}Z-\d+(-\d+)?\.jsonl")
_SECRET_KEY = re.compile(r"^(?:(?:proxy-)?authorization|(?:set-)?cookie|password|.*token)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a session."""

    command: str = "trace"
    """What was run: "trace", "doctor" or "app"; it decides which report and exit code a replay has."""
    path: str = ""
    query: str = ""
    go: str | None = None
    settings: tuple[SettingView, ...] = ()
    """The variables that decide, secrets masked."""
    shell: str = "posix"
    """What remedies are written for: a value of probes.diagnosis.catalogue.Shell."""
    modtrace: str = __version__
    time: str = ""
    """When it began: ISO 8601, UTC."""
    platform: str = ""
    minor: int = MINOR
    resumes: str = ""
    """The name of the session that this one goes on with, in the same folder."""

    def to_json(self) -> dict[str, Any]:
        """The header as one JSON object."""
        settings = [
            {"name": view.name, "value": view.value, "source": view.source, "secret": view.secret}
            for view in self.settings
        ]
        return {
            "schema": SCHEMA, "minor": self.minor, "modtrace": self.modtrace, "time": self.time,
            "command": self.command, "platform": self.platform, "go": self.go, "shell": self.shell,
            "path": self.path, "query": self.query, "settings": settings,
            **({"resumes": self.resumes} if self.resumes else {}),
        }  # fmt: skip

    @classmethod
    def of(cls, command: str, *, shell: str = "posix", started: TraceStarted | None = None) -> Header:
        """The header of a session that begins now on this machine."""
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: UP017
        kernel = os.uname()  # what the platform module asks, too; importing that takes longer
        machine = f"{kernel.sysname.lower()}/{kernel.machine}"
        if started is None:
            return cls(command, shell=shell, time=now, platform=machine)
        return cls(
            command, started.path, started.query, started.go_version, started.settings, shell, time=now,
            platform=machine,
        )  # fmt: skip


def without_secrets(value: Any) -> Any:
    """JSON with every text in it masked once more; what holds no secret comes out equal."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {
            name: MASK if _is_secret(name, item) else without_secrets(item) for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        if len(value) == 2 and isinstance(value[0], str) and _is_secret(value[0], value[1]):
            return [value[0], MASK]  # a header
        return [without_secrets(item) for item in value]
    return value


def _is_secret(name: str, value: Any) -> bool:
    return isinstance(value, str) and bool(value) and _SECRET_KEY.match(name) is not None


@dataclass
class SessionRecorder:
    """Writes the events of one session; ``emit`` takes them, from any thread, and never raises.

    The file is made with the first event, so that a session in which nothing happened leaves nothing behind.
    """

    folder: Path | None
    command: str = "trace"
    shell: str = "posix"
    kept: int = KEPT
    max_bytes: int = MAX_BYTES
    path: Path | None = None
    """The file that is being written."""
    problem: str = ""
    """Why nothing is saved (any more), in a few words."""
    resumes: str = ""
    """The name of the session that the first file goes on with."""
    _handle: int | None = None
    _size: int = 0
    _began: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def in_state_folder(
        cls, command: str, *, shell: str = "posix", process: Mapping[str, str] | None = None
    ) -> SessionRecorder:
        """A recorder in the user's own folder; it writes nothing where there is no home."""
        recorder = cls(sessions_folder(process), command, shell)
        if recorder.folder is None:
            recorder.problem = "neither XDG_STATE_HOME nor HOME names a folder"
        return recorder

    def emit(self, event: Event | BrowseEvent) -> None:
        """Take an event in."""
        with self._lock:
            if self.problem or self.folder is None:
                return
            try:
                if isinstance(event, TraceStarted) and self._size > self.max_bytes // 2:
                    self._close()
                if self._handle is None:
                    self._open(event if isinstance(event, TraceStarted) else None)
                self._append(event_to_json(event))  # type: ignore[arg-type]
            except (OSError, ValueError) as error:
                self.problem = f"the session is not saved: {getattr(error, 'strerror', None) or error}"
                self._drop()

    def close(self) -> None:
        """End the session properly."""
        with self._lock, suppress(OSError):
            self._close()

    def drop(self) -> None:
        """Leave the session as it is: whoever ran it was cut off, and may want to resume it."""
        with self._lock, suppress(OSError):
            self._drop()

    def __enter__(self) -> SessionRecorder:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def _open(self, started: TraceStarted | None) -> None:
        assert self.folder is not None
        make_private(self.folder)
        self._began, self._size = monotonic(), 0
        header = Header.of(self.command, shell=self.shell, started=started)
        header, self.resumes = replace(header, resumes=self.resumes), ""
        self.path, self._handle = _new_file(self.folder)
        rotate(self.folder, self.kept, spare=self.path)
        self._write(without_secrets(header.to_json()))

    def _append(self, event: dict[str, Any]) -> None:
        if not self._write({"t": self._now(), **without_secrets(event)}, room=_ROOM_FOR_THE_END):
            self._write({"t": self._now(), "event": FULL})
            self.problem = "the session is not saved any further: its file is full"
            self._drop()

    def _now(self) -> float:
        return round(monotonic() - self._began, 6)

    def _write(self, data: dict[str, Any], *, room: int = 0) -> bool:
        assert self._handle is not None
        line = (json.dumps(data, ensure_ascii=True, allow_nan=False) + "\n").encode()
        if self._size + len(line) + room > self.max_bytes:
            return False
        self._size += len(line)
        while line:
            line = line[os.write(self._handle, line) :]
        return True

    def _close(self) -> None:
        if self._handle is not None:
            self._write({"t": self._now(), "event": CLOSED})
        self._drop()

    def _drop(self) -> None:
        if self._handle is not None:
            handle, self._handle = self._handle, None
            os.close(handle)


def _new_file(folder: Path) -> tuple[Path, int]:
    """A file that nobody has, open for appending."""
    stem = f"{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}-{os.getpid()}"  # noqa: UP017
    for number in range(1000):
        path = folder / (f"{stem}.jsonl" if number == 0 else f"{stem}-{number}.jsonl")
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            handle = os.open(path, flags, PRIVATE_FILE)
            _lock(handle)
            return path, handle
        except FileExistsError:
            continue
    raise OSError(f"no free name for a session in {folder}")


def _lock(handle: int) -> bool:
    """Mark a file as being written, for as long as it is open; the kernel forgets that with the process."""
    with suppress(ImportError):  # there is none on Windows
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a file system that knows no locks
    return True


# -- the folder -------------------------------------------------------------------------------------------


def sessions_folder(process: Mapping[str, str] | None = None) -> Path | None:
    """Where sessions are; None where there is no home."""
    state = state_folder(process)
    return None if state is None else state / "sessions"


def session_files(folder: Path | None) -> list[Path]:
    """The sessions in a folder, the newest first; what has another name, or is no plain file, is not ours.

    The newest is the one that began last, by the second, then the one with the latest event.
    """
    if folder is None:
        return []
    found: list[tuple[str, float, str, Path]] = []
    try:
        for path in folder.iterdir():
            changed = _changed(path) if _NAME.fullmatch(path.name) else None
            if changed is not None:
                found.append((path.name[:16], changed, path.name, path))
    except OSError:
        return []
    return [path for *_, path in sorted(found, reverse=True)]


def _changed(path: Path) -> float | None:
    """When a file was written last; None for what is no plain file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime if stat.S_ISREG(status.st_mode) else None


def rotate(folder: Path, kept: int = KEPT, *, spare: Path | None = None) -> None:
    """Take the oldest sessions away, but for what is being written: by us, or by another modtrace.

    The names are as good as the clock that made them: one that is behind makes the file of this very moment
    the oldest of all.
    """
    for path in session_files(folder)[kept:]:
        if path == spare:
            continue
        with suppress(OSError), open_regular(path) as file:
            if _lock(file.fileno()):
                path.unlink()


def latest(folder: Path | None) -> Path | None:
    """The newest session."""
    return next(iter(session_files(folder)), None)


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """One line of a list of sessions."""

    file: Path
    header: Header
    size: int
    outcome: str | None
    """How its last trace with the real settings ended, or the last one where there is no such; None when it
    did not."""
    closed: bool
    """Whether it was ended properly: if not, it can be resumed."""
    in_use: bool = False
    """Whether a modtrace is writing it now."""
    what_if: bool = False
    """Whether the outcome is that of what-if values: nothing else was traced."""
    then_what_if: bool = False
    """Whether what-if values were tried after it."""


def list_sessions(folder: Path | None, most: int = KEPT) -> list[SessionInfo]:
    """The sessions that can be read, the newest first."""
    return list(_infos(session_files(folder)[:most]))


_TAIL = 1 << 16
_TRACE = b'"trace.'
_TRACE_KINDS = (b'"trace.started"', b'"trace.finished"')


def to_resume(folder: Path | None) -> list[SessionInfo]:
    """What may be gone on with, the likeliest first: sessions that were cut off and that none has gone on
    with, the newest first; then all others.

    What another modtrace is writing now is not taken away from it.
    """
    sessions = [info for info in list_sessions(folder) if not info.in_use]
    resumed = {info.header.resumes for info in sessions}
    broken = [info for info in sessions if not info.closed and info.file.name not in resumed]
    return [*broken, *(info for info in sessions if info not in broken)]


def _infos(files: Iterable[Path]) -> Iterator[SessionInfo]:
    from probes.share.session_reader import BadSession, parse_header

    for path in files:
        try:
            with open_regular(path) as file:
                header = parse_header(file.readline(_TAIL))
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _TAIL))
                tail = file.read(_TAIL)
                closed = f'"{CLOSED}"'.encode() in tail
                if not _says_enough(tail):
                    file.seek(0)
                    tail = file.read(MAX_BYTES)
                in_use = not closed and not _lock(file.fileno())
        except (OSError, ValueError, BadSession):
            continue
        ends = _ends(tail)
        real = [outcome for outcome, is_what_if in ends if not is_what_if]
        last = real[:1] or [outcome for outcome, _ in ends[:1]]
        then = bool(real and ends[0][1])
        outcome = next(iter(last), None)
        yield SessionInfo(path, header, size, outcome, closed, in_use, bool(ends and not real), then)


def _says_enough(tail: bytes) -> bool:
    """Whether the end of a file tells how its last real trace ended."""
    return any(not is_what_if for _, is_what_if in _ends(tail))


def _lines_of_traces(tail: bytes) -> Iterator[bytes]:
    """The lines that tell of the beginning or the end of a trace, the last one first; few of many."""
    end = len(tail)
    while (found := tail.rfind(_TRACE, 0, end)) >= 0:
        start, stop = tail.rfind(b"\n", 0, found) + 1, tail.find(b"\n", found)
        line = tail[start : stop if stop >= 0 else len(tail)]
        if any(kind in line for kind in _TRACE_KINDS):
            yield line
        end = start


def _ends(tail: bytes) -> list[tuple[str | None, bool]]:
    """How traces ended, the last one first, and whether each was with what-if values.

    Of a trace that is cut short by the next one nothing is said, unless it is the last.
    """
    ends: list[tuple[str | None, bool]] = []
    outcome: str | None = None
    for line in _lines_of_traces(tail):
        with suppress(ValueError, AttributeError, RecursionError):
            said = json.loads(line)
            if said.get("event") == "trace.finished":
                found = said.get("outcome")
                outcome = found if isinstance(found, str) else None
            elif said.get("event") == "trace.started":
                if outcome is not None or not ends:
                    ends.append((outcome, bool(said.get("real"))))
                outcome = None
    return ends
