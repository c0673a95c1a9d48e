"""The modtrace command in a process of its own, forked from one that has loaded it already.

What is loaded takes longer than most of the commands, and some tests run one hundreds of times. It is the same
code in a fresh process, with its own environment, folder and streams; that it comes to the same as a run from
nothing says tests/test_preloaded.py. What is told apart by the start itself (encodings, what is loaded when,
the terminal) is tested with the installed command (tests.modtrace).
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
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
_MOST = 1 << 20


class Preloaded:
    """The process that forks: one run at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._line, its_end = socket.socketpair()
        variables = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        with its_end:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.preloaded", str(its_end.fileno())],
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

    def close(self) -> None:
        """End the process."""
        self._line.close()
        self._process.wait()


@cache
def preloaded() -> Preloaded:
    """The one of this worker."""
    made = Preloaded()
    atexit.register(made.close)
    return made


def serve(line: socket.socket) -> None:
    """Fork for each wish, and say how it ended."""
    for name in LOADED:
        import_module(name)
    while True:
        wish, streams, _, _ = socket.recv_fds(line, _MOST, 2)
        if not wish:
            return
        child = os.fork()
        if child == 0:
            line.close()
            _become(json.loads(wish), *streams)
        for number in streams:
            os.close(number)
        _, status = os.waitpid(child, 0)
        line.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())


def _become(wish: dict[str, object], out: int, err: int) -> None:
    """Be the command that is wished for; never returns."""
    code: object = 1
    try:
        os.dup2(out, 1)
        os.dup2(err, 2)
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
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
