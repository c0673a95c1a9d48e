"""Programs that go starts, started as go starts them: git, another version control system, a GOAUTH command.

The words of failures are those of cmd/go/internal/modfetch/codehost/codehost.go (run, RunError). What
differs, on purpose:

- none is started that the user has not agreed to (``Programs.allowed``): then NotRun says what go would run.
- it has no terminal and no window to ask for a password (a user's GIT_TERMINAL_PROMPT=1 and GIT_ASKPASS do
  not count), and none of the variables that would lead git into a repository of the user's.
- it is limited in time and output, and killed with all that it started.
"""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Protocol

from probes.golang.errors import GoError
from probes.golang.quote import quote
from probes.golang.redact import redact
from probes.net.limits import FOR_EVER, Stalled

MOST_OUTPUT = 64 << 20
"""Bytes that a program may print; go has no such limit."""
MOST_COMPLAINT = 64 << 10
"""Bytes of its standard error that are kept."""
RUN_S = 120.0
"""How long one run may take; go waits for ever."""
_GRACE_S = 0.5
"""What a program gets to clean up after it was told to stop."""
_CHUNK = 1 << 16
_FOREIGN = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_PREFIX", "GIT_TEMPLATE_DIR",
)  # fmt: skip
"""Variables by which git would work on another repository than ours, or copy hooks into it."""
HOW_TO_AGREE = "modtrace starts programs only with --run (in the app: the key !)"


class NotRun(Exception):
    """go would do here what modtrace does not, or not without being told to."""


class HeldBack(NotRun):
    """go would start a program here, and the user has not agreed to that."""

    def __init__(self, command: str) -> None:
        super().__init__(f"go would run `{redact(command)}` here; {HOW_TO_AGREE}")


class Witness(Protocol):
    """Who is told of programs."""

    def begins(self, command: str, folder: str) -> int:
        """A program starts; returns a number for it. Secrets in ``command`` are masked."""

    def ends(self, number: int, run: Run) -> None:
        """It is over."""

    def held(self, command: str) -> None:
        """It would be started, and was not. Secrets are masked."""


class Unwatched:
    """A Witness that tells nobody."""

    def begins(self, command: str, folder: str) -> int:
        return 0

    def ends(self, number: int, run: Run) -> None:
        pass

    def held(self, command: str) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a program, for showing."""

    command: str
    """Its command line, secrets masked."""
    began: float
    """When, in seconds of monotonic()."""
    seconds: float
    outcome: str
    """ "ok", "exit status 128", "not found in PATH", "cancelled", or why modtrace ended it."""
    complaint: str = ""
    """What it wrote to its standard error when it failed, secrets masked."""
    printed: int = 0
    """Bytes of its standard output."""


class RunFailed(GoError):
    """codehost.RunError: a program that was started and did not succeed."""

    def __init__(self, command: str, folder: str, why: str, complaint: str, help_text: str = "") -> None:
        text = f"{command} in {folder}: {why}"
        if shown := complaint.rstrip("\n"):
            text += ":\n\t" + shown.replace("\n", "\n\t")
        if help_text:
            text += "\n" + help_text
        super().__init__(text)
        self.status = why


class NoProgram(GoError):
    """exec.ErrNotFound."""

    def __init__(self, program: str) -> None:
        super().__init__(f"exec: {quote(program)}: executable file not found in $PATH")


def find_program(name: str, path: str) -> str | None:
    """exec.LookPath: a program on PATH; folders that depend on where one stands do not count."""
    for folder in path.split(":"):
        if folder.startswith("/"):
            file = Path(folder) / name
            if file.is_file() and os.access(file, os.X_OK):
                return str(file)
    return None


def git_environment(process: Mapping[str, str]) -> dict[str, str]:
    """What git sees: go's environment, without any way to ask the user and without other repositories."""
    found = {name: value for name, value in process.items() if name not in _FOREIGN}
    if not found.get("GCM_INTERACTIVE"):
        found["GCM_INTERACTIVE"] = "never"
    found |= {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never"}
    return {**found, "GIT_TEMPLATE_DIR": ""}


@dataclass(slots=True)
class Programs:
    """Starts programs with one environment and tells each run."""

    process: Mapping[str, str] = field(repr=False)
    witness: Witness = field(default_factory=Unwatched)
    seconds: float = RUN_S
    allowed: bool = True
    """Whether the user has agreed that programs are started."""

    async def run(
        self, program: str, arguments: Sequence[str], folder: Path, shown_folder: str, **variables: str
    ) -> bytes:
        """What a program prints.

        Raises RunFailed in go's words, Stalled when modtrace ends it, HeldBack where nobody agreed to it.
        """
        command = " ".join((program, *arguments))
        if not self.allowed:
            self.witness.held(redact(command))
            raise HeldBack(command)
        number = self.witness.begins(redact(command), shown_folder)
        began = monotonic()
        outcome, complaint, printed_bytes = "cancelled", "", 0
        try:
            file = find_program(program, self.process.get("PATH", ""))
            if file is None:
                outcome = "not found in PATH"
                raise RunFailed(command, shown_folder, str(NoProgram(program)), "")
            environment = {**git_environment(self.process), "PWD": str(folder), **variables}
            status, printed, raw = await _run([file, *arguments], environment, folder, self.seconds)
            complaint = raw.decode("utf-8", "replace").replace(str(folder), shown_folder)
            outcome, printed_bytes = _status_words(status), len(printed)
            if status:
                raise RunFailed(command, shown_folder, outcome, complaint)
            return printed
        except Stalled as stalled:
            outcome = str(stalled)
            raise
        finally:
            said = redact(complaint) if outcome != "ok" else ""
            run = Run(redact(command), began, monotonic() - began, outcome, said, printed_bytes)
            self.witness.ends(number, run)


def _status_words(status: int) -> str:
    """exec.ExitError's words."""
    if status < 0:
        with suppress(ValueError):
            return f"signal: {signal.strsignal(-status) or ''}".lower()
    return f"exit status {status}" if status else "ok"


async def _run(
    arguments: list[str], environment: Mapping[str, str], folder: Path, seconds: float
) -> tuple[int, bytes, bytes]:
    """Run a program in a session of its own; its status, its output and its complaint."""
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *arguments,
            cwd=folder,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    )
    try:
        process = await asyncio.shield(starting)
    except asyncio.CancelledError:
        # Cancelled itself, it would wait without end for whoever has the pipes open.
        with suppress(OSError):
            await asyncio.shield(_end(await starting))
        raise
    assert process.stdout is not None
    assert process.stderr is not None
    complaint = asyncio.ensure_future(_head_of(process.stderr))
    try:
        async with asyncio.timeout(seconds):
            printed = await _all_of(process.stdout, arguments[0])
            raw = await complaint
            status = await process.wait()
    except TimeoutError:
        raise Stalled(f"{Path(arguments[0]).name} was not done after {seconds:g} s; {FOR_EVER}") from None
    finally:
        complaint.cancel()
        if process.returncode is None:
            await asyncio.shield(_end(process))
    return status, printed, raw


async def _all_of(stream: asyncio.StreamReader, program: str) -> bytes:
    kept = bytearray()
    while piece := await stream.read(_CHUNK):
        kept += piece
        if len(kept) > MOST_OUTPUT:
            name = Path(program).name
            raise Stalled(f"{name} prints more than {MOST_OUTPUT >> 20} MiB; go would read it all")
    return bytes(kept)


async def _head_of(stream: asyncio.StreamReader) -> bytes:
    kept = bytearray()
    while piece := await stream.read(_CHUNK):
        kept += piece[: MOST_COMPLAINT - len(kept)]
    return bytes(kept)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a program and all that it started, kindly at first."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                await process.wait()
                break
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # what it started may have stayed
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_S):
            await process.communicate()  # or the pipes stay open


async def answers(programs: Programs, program: str, arguments: Sequence[str], shown_folder: str) -> bool:
    """vcs.Cmd.Ping: whether a program succeeds somewhere where nothing is. Raises Stalled."""
    with tempfile.TemporaryDirectory(prefix="modtrace-ping-") as folder:
        # Nor may git look for a repository above it, in a folder that anybody can write into.
        above = os.path.realpath(Path(folder).parent)  # noqa: ASYNC240
        try:
            await programs.run(program, arguments, Path(folder), shown_folder, GIT_CEILING_DIRECTORIES=above)
        except RunFailed:
            return False
    return True
