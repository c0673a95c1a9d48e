"""The modtrace command in a process of its own, forked from one that has loaded it already.

What is loaded takes longer than most of the commands, and some tests run one hundreds of times. It is the same
code in a fresh process, with its own environment, folder and streams; that it comes to the same as a run from
nothing says tests/test_preloaded.py. What is told apart by the start itself (encodings, what is loaded when)
is tested with the installed command (tests.modtrace).

On a terminal it is the same: the fork makes the terminal its own, with streams as Python opens them there, and
ends as Python does. It has a parent of its own, which waits for it and says how it ended.
"""

from __future__ import annotations

import atexit
import fcntl
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOADED = (
    *(f"probes.commands.{name}" for name in ("diff", "download", "env", "explain", "sums", "trace", "versions")),
    "probes.browse.asking", "probes.commands.doctor", "probes.diagnosis.examined", "probes.diagnosis.traced", "probes.diagnosis.diagnose",
    "probes.sources.environment_reader", "probes.sources.remembered", "probes.share.session_file",
    "probes.ladder.public_resolvers", "anyio._backends._asyncio", "encodings.idna", "difflib", "tui.launch",
)  # fmt: skip
APP = (
    "tui.command_app", "tui.command_demo", "tui.command_replay", "tui.app", "tui.terminal_output", "textual.drivers.linux_driver",
    "probes.commands.whatif", "probes.commands.report", "probes.commands.replay", "probes.demo.worlds",
)  # fmt: skip
"""What the app is made of, beside."""
_APP = "app"
_MOST = 1 << 20
_PATIENCE_S = 30.0


class Preloaded:
    """The process that forks: one run at a time."""

    def __init__(self, *options: str) -> None:
        self._lock = threading.Lock()
        self._line, its_end = socket.socketpair()
        variables = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        with its_end:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.preloaded", str(its_end.fileno()), *options],
                pass_fds=[its_end.fileno()], env=variables, cwd=ROOT, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def run(
        self, *arguments: str, env: Mapping[str, str], cwd: Path, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end; stdin is empty. The encoding is UTF-8 whatever the environment says."""
        wanted = json.dumps({"arguments": arguments, "env": dict(env), "cwd": str(cwd)}).encode()
        with self._lock, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            self._line.settimeout(timeout)
            socket.send_fds(self._line, [wanted], [out.fileno(), err.fileno()])
            code = json.loads(self._line.recv(_MOST))
            said = [stream.seek(0) or stream.read().decode() for stream in (out, err)]
            return subprocess.CompletedProcess(arguments, code, *said)

    def open(self, *arguments: str, env: Mapping[str, str], cwd: Path, terminal: int) -> OnTerminal:
        """Start it on a terminal, which becomes its own."""
        wanted = json.dumps(
            {"arguments": arguments, "env": dict(env), "cwd": str(cwd), "has_terminal": True}
        ).encode()
        report, its_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with self._lock, its_end:
            socket.send_fds(self._line, [wanted], [terminal, its_end.fileno()])
        return OnTerminal(report)

    def close(self) -> None:
        """End the process."""
        self._line.close()
        self._process.wait()


class OnTerminal:
    """A command that runs on a terminal: what tests use of subprocess.Popen."""

    def __init__(self, report: socket.socket) -> None:
        self._report = report
        self._report.settimeout(_PATIENCE_S)
        self.pid = int(json.loads(report.recv(_MOST)))
        self._code: int | None = None

    def poll(self) -> int | None:
        """The exit code, once it has ended."""
        try:
            return self.wait(0)
        except (BlockingIOError, TimeoutError):
            return None

    def wait(self, timeout: float | None = _PATIENCE_S) -> int:
        """The exit code, after its end."""
        if self._code is None:
            self._report.settimeout(timeout)
            self._code = int(json.loads(self._report.recv(_MOST)))
            self._report.close()
        return self._code

    def kill(self) -> None:
        """End it, whatever it does."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


@cache
def preloaded(*options: str) -> Preloaded:
    """The one of this worker."""
    made = Preloaded(*options)
    atexit.register(made.close)
    return made


def preloaded_app() -> Preloaded:
    """The one of this worker that has loaded the app."""
    return preloaded(_APP)


def is_ordinary(env: Mapping[str, str]) -> bool:
    """Whether nothing in an environment is read when Python starts, or Textual is loaded, and told otherwise here."""
    own = ("PYTHON", "LC_", "TEXTUAL_", "SSH_", "ESCDELAY", "TERM_PROGRAM")
    return env.get("LANG") == "C.UTF-8" and not any(name.startswith(own) for name in env)


def serve(line: socket.socket, *options: str) -> None:
    """Fork for each wish, and say how it ended."""
    if _APP in options:
        from tui.opening import prepare_textual

        prepare_textual(slow=False)
    for name in (*LOADED, *(APP if _APP in options else ())):
        import_module(name)
    while True:
        text, streams, _, _ = socket.recv_fds(line, _MOST, 2)
        if not text:
            return
        wish = json.loads(text)
        child = os.fork()
        if child == 0:
            line.close()
            if wish.get("has_terminal"):
                _attend(wish, *streams)
            _become(wish, *streams)
        for number in streams:
            os.close(number)
        if wish.get("has_terminal"):
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass  # those of earlier wishes; this one is under way
        else:
            status = os.waitpid(child, 0)[1]
            line.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())


def _attend(wish: dict[str, object], terminal: int, report: int) -> None:
    """Start the command on the terminal, and say its process and then its end; never returns."""
    command = os.fork()
    if command == 0:
        os.close(report)
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        os.dup2(terminal, 0)
        _become(wish, terminal, terminal)
    os.close(terminal)
    os.write(report, json.dumps(command).encode())
    _, status = os.waitpid(command, 0)
    os.write(report, json.dumps(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _open_streams() -> None:
    """The streams of a process on a terminal, as Python opens them at its start."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        raw = io.FileIO(number, "w" if number else "r", closefd=False)
        buffer = io.BufferedWriter(raw) if number else io.BufferedReader(raw)
        errors = getattr(sys, name).errors
        stream = io.TextIOWrapper(buffer, encoding="utf-8", errors=errors, line_buffering=number > 0)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _become(wish: dict[str, object], out: int, err: int) -> None:
    """Be the command that is wished for; never returns."""
    code: object = 1
    try:
        os.dup2(out, 1)
        os.dup2(err, 2)
        for number in {out, err}:
            os.close(number)
        if wish.get("has_terminal"):
            _open_streams()
        os.environ.clear()
        os.environ.update(wish["env"])  # type: ignore[call-overload]
        os.chdir(str(wish["cwd"]))
        sys.argv = ["modtrace", *wish["arguments"]]  # type: ignore[misc]
        from tui.launch import main

        code = main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    finally:
        _end(code if isinstance(code, int) else int(code is not None))


def _end(code: int) -> None:
    """End as Python does: after other threads, what was registered for the end, and what is still to be written."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 120
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), *sys.argv[2:])
