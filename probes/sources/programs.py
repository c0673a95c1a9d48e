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
from typing import BinaryIO, Protocol

from probes.golang.errors import GoError
from probes.golang.modzip import MAX_ZIP_FILE
from probes.golang.os_errors import errno_words
from probes.golang.quote import quote
from probes.golang.redact import redact
from probes.golang.remembering import remember_text
from probes.net.limits import FOR_EVER, RUN_S, Stalled
from probes.sources.git_secrets import remember_what_git_sent

MOST_OUTPUT = 64 << 20
"""Bytes that a program may print; go has no such limit."""
MOST_COMPLAINT = 64 << 10
"""Bytes of its standard error that are kept."""
_ASIDE_S = 10.0
"""How long what is run beside may take."""
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
    """exec.ErrNotFound; exec.ErrDot where PATH leads to one in a folder that depends on where one stands."""

    def __init__(self, program: str, *, relative: bool = False) -> None:
        why = "executable file not found in $PATH"
        if relative:
            why = "cannot run executable found relative to current directory"
        super().__init__(f"exec: {quote(program)}: {why}")


class NotStarted(GoError):
    """os.StartProcess: a program that is there, and that this machine cannot run, or not in that folder."""

    def __init__(self, file: str, folder: Path, error: OSError | ValueError) -> None:
        words = errno_words(error) if isinstance(error, OSError) else "invalid argument"
        is_folder = isinstance(error, OSError) and error.filename == str(folder)
        super().__init__(f"chdir {folder}: {words}" if is_folder else f"fork/exec {file}: {words}")
        self.words = words
        """Why, without the names."""


def look_path(name: str, path: str) -> str:
    """exec.LookPath. Raises NoProgram, also where the first that is found is not in an absolute folder."""
    for folder in path.split(":") if path else ():
        file = Path(folder) / name
        if file.is_file() and os.access(file, os.X_OK):
            if not file.is_absolute():
                raise NoProgram(name, relative=True)
            return str(file)
    raise NoProgram(name)


def find_program(name: str, path: str) -> str | None:
    """A program on PATH; None where go would start none."""
    try:
        return look_path(name, path)
    except NoProgram:
        return None


def git_environment(process: Mapping[str, str]) -> dict[str, str]:
    """What git sees: go's environment, without any way to ask the user and without other repositories."""
    own = {name: value for name, value in process.items() if name not in _FOREIGN}
    return user_environment(own) | {"GIT_TEMPLATE_DIR": ""}


def user_environment(process: Mapping[str, str]) -> dict[str, str]:
    """What a program of the user's own sees that is asked for credentials: go's environment (modload Init),
    without any way to ask the user."""
    found = dict(process)
    if not found.get("GCM_INTERACTIVE"):
        found["GCM_INTERACTIVE"] = "never"
    return found | {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS_REQUIRE": "never"}


@dataclass(frozen=True, slots=True)
class Question:
    """A program of the user's that is asked for credentials: what it gets, and what may be seen of that."""

    words: tuple[str, ...] = field(repr=False)
    shown: str
    """Its command line for showing."""
    folder: str
    """Where it runs."""
    process: Mapping[str, str] = field(repr=False)
    """The environment of go itself."""
    sets_pwd: bool = False
    """Whether go names that folder (exec.Cmd.Dir), and so sets PWD."""
    given: bytes | None = field(default=None, repr=False)
    """Its standard input; None for none."""
    together: bool = False
    """Whether its complaints count as output (exec.Cmd.CombinedOutput)."""


@dataclass(slots=True)
class Programs:
    """Starts programs with one environment and tells each run."""

    process: Mapping[str, str] = field(repr=False)
    witness: Witness = field(default_factory=Unwatched)
    seconds: float = RUN_S
    allowed: bool = False
    """Whether the user has agreed that programs are started."""
    newest: int = 0
    """The witness's number for the run that began last."""

    def find(self, program: str) -> str | None:
        """Where a program is; None where go would start none."""
        return find_program(program, self.process.get("PATH", ""))

    def require(self, program: str) -> str:
        """Where a program is. Raises NoProgram."""
        return look_path(program, self.process.get("PATH", ""))

    async def run(
        self,
        program: str,
        arguments: Sequence[str],
        folder: Path,
        shown_folder: str,
        *,
        sink: BinaryIO | None = None,
        also_shown: Sequence[tuple[str, str]] = (),
        together: bool = False,
        **variables: str,
    ) -> bytes:
        """What a program prints; written into ``sink`` (and b"" returned) where one is given, then cut off
        behind MAX_ZIP_FILE bytes. ``also_shown``: more folders of ours, and what go has in their place;
        ``together``: its complaint is part of what it prints (exec.Cmd.CombinedOutput).

        Raises RunFailed in go's words, Stalled when modtrace ends it, HeldBack where nobody agreed to it.
        """
        places = (*also_shown, (str(folder), shown_folder))
        command = _with_places(" ".join((program, *arguments)), places)
        remember_text(command)
        file = find_program(program, self.process.get("PATH", ""))
        if not self.allowed and file is not None:
            self.witness.held(redact(command))
            raise HeldBack(command)
        self.newest = number = self.witness.begins(redact(command), shown_folder)
        began = monotonic()
        outcome, complaint, printed_bytes = "cancelled", "", 0
        try:
            if file is None:
                outcome = "not found in PATH"
                raise RunFailed(command, shown_folder, self._why_not(program), "")
            environment = {**git_environment(self.process), "PWD": str(folder), **variables}
            status, printed, raw = await _run(
                [file, *arguments], environment, folder, self.seconds, sink, together=together
            )
            complaint = _with_places(raw.decode("utf-8", "replace"), places)
            outcome, printed_bytes = _status_words(status), sink.tell() if sink else len(printed)
            if status:
                await self._remember_sent(file, arguments, environment, folder, complaint)
                raise RunFailed(command, shown_folder, outcome, complaint)
            return printed
        except NotStarted as error:
            outcome = str(error)
            raise RunFailed(command, shown_folder, outcome, "") from error
        except Stalled as stalled:
            outcome = str(stalled)
            raise
        finally:
            # ssh ends its lines as a terminal does
            said = redact(complaint.replace("\r\n", "\n")) if outcome != "ok" else ""
            run = Run(redact(command), began, monotonic() - began, outcome, said, printed_bytes)
            self.witness.ends(number, run)

    async def ask(self, question: Question) -> bytes:
        """What a program of the user's own answers, which is secret: as run, but nothing it says is told.

        Raises RunFailed, without its complaints; Stalled and HeldBack as run does.
        """
        if not self.allowed:
            self.witness.held(question.shown)
            raise HeldBack(question.shown)
        number = self.witness.begins(question.shown, question.folder)
        began, outcome, printed = monotonic(), "cancelled", b""
        try:
            name, *arguments = question.words
            # Unlike the words that a program is called by, a name with a slash is looked for nowhere else.
            file = name if "/" in name else look_path(name, question.process.get("PATH", ""))
            environment = user_environment(question.process)
            if question.sets_pwd:
                environment["PWD"] = question.folder
            status, printed, _ = await _run(
                [file, *arguments], environment, Path(question.folder), self.seconds, None,
                given=question.given, together=question.together,
            )  # fmt: skip
            outcome = _status_words(status)
            if status:
                raise RunFailed(question.shown, question.folder, outcome, "")
            return printed
        except (NoProgram, NotStarted) as error:
            outcome = "not found in PATH" if isinstance(error, NoProgram) else error.words
            raise RunFailed(question.shown, question.folder, outcome, "") from error
        except Stalled as stalled:
            outcome = str(stalled)
            raise
        finally:
            run = Run(question.shown, began, monotonic() - began, outcome, "", len(printed))
            self.witness.ends(number, run)

    async def _remember_sent(
        self, file: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path,
        complaint: str,
    ) -> None:  # fmt: skip
        """After git has failed: what a server may have said back of what it was sent is masked from now."""
        if not complaint or Path(file).name != "git" or not {"ls-remote", "fetch"} & set(arguments):
            return

        async def ask(words: Sequence[str], given: bytes | None, more: Mapping[str, str]) -> bytes:
            try:
                status, printed, _ = await _run(
                    [file, *words], {**environment, **more}, folder, _ASIDE_S, None, given=given
                )
            except (NotStarted, Stalled):
                return b""
            return b"" if status else printed

        count = environment.get("GIT_CONFIG_COUNT", "")
        await remember_what_git_sent(ask, arguments, complaint, int(count) if count.isdecimal() else 0)

    def _why_not(self, program: str) -> str:
        """Why a program cannot be started."""
        try:
            return look_path(program, self.process.get("PATH", ""))
        except NoProgram as error:
            return str(error)


def _with_places(text: str, places: Sequence[tuple[str, str]]) -> str:
    for ours, shown in places:
        text = text.replace(ours, shown)
    return text


def text_of(printed: bytes) -> str:
    """Bytes of a program as text that loses nothing."""
    return printed.decode("utf-8", "surrogateescape")


def _status_words(status: int) -> str:
    """exec.ExitError's words."""
    if status < 0:
        with suppress(ValueError):
            return f"signal: {signal.strsignal(-status) or ''}".lower()
    return f"exit status {status}" if status else "ok"


async def _run(
    arguments: list[str],
    environment: Mapping[str, str],
    folder: Path,
    seconds: float,
    sink: BinaryIO | None,
    *,
    given: bytes | None = None,
    together: bool = False,
) -> tuple[int, bytes, bytes]:
    """Run a program in a session of its own; its status, its output and its complaint.

    ``given`` is its standard input; with ``together`` its complaint is part of its output. Raises NotStarted,
    and Stalled when it is ended.
    """
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *arguments,
            cwd=folder,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL if given is None else asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT if together else asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    )
    try:
        process = await asyncio.shield(starting)
    except (OSError, ValueError) as error:
        raise NotStarted(arguments[0], folder, error) from error
    except asyncio.CancelledError:
        # Cancelled itself, it would wait without end for whoever has the pipes open.
        with suppress(OSError):
            await asyncio.shield(_end(await starting))
        raise
    assert process.stdout is not None
    complaint = asyncio.ensure_future(_head_of(process.stderr))
    giving = asyncio.ensure_future(_give(process.stdin, given))
    try:
        async with asyncio.timeout(seconds):
            if sink is not None and not await _pour(process.stdout, sink):
                return 0, b"", b""
            printed = b"" if sink else await _all_of(process.stdout, arguments[0])
            raw = await complaint
            status = await process.wait()
    except TimeoutError:
        raise Stalled(f"{Path(arguments[0]).name} was not done after {seconds:g} s; {FOR_EVER}") from None
    finally:
        complaint.cancel()
        giving.cancel()
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


async def _pour(stream: asyncio.StreamReader, sink: BinaryIO) -> bool:
    """Write all of a stream into a file; whether that was not too much."""
    while piece := await stream.read(_CHUNK):
        sink.write(piece)
        if sink.tell() > MAX_ZIP_FILE:
            return False
    return True


async def _give(stream: asyncio.StreamWriter | None, data: bytes | None) -> None:
    """Write all of a program's standard input, as far as it reads that, and end it."""
    if stream is not None and data is not None:
        with suppress(OSError):
            stream.write(data)
            await stream.drain()
        with suppress(OSError):
            stream.close()
            await stream.wait_closed()


async def _head_of(stream: asyncio.StreamReader | None) -> bytes:
    kept = bytearray()
    if stream is None:
        return b""
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


async def answers(
    programs: Programs, program: str, arguments: Sequence[str], shown_folder: str, **variables: str
) -> bool:
    """vcs.Cmd.Ping: whether a program succeeds somewhere where nothing is. Raises Stalled."""
    with tempfile.TemporaryDirectory(prefix="modtrace-ping-") as folder:
        # Nor may git look for a repository above it, in a folder that anybody can write into.
        above = os.path.realpath(Path(folder).parent)  # noqa: ASYNC240
        try:
            variables = {"GIT_CEILING_DIRECTORIES": above, **variables}
            await programs.run(program, arguments, Path(folder), shown_folder, **variables)  # type: ignore[arg-type]
        except RunFailed:
            return False
    return True
