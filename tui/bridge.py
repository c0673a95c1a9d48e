"""The engine's thread, and the bridge from there to the screen.

The engine has a loop of its own: on the screen's loop a slow terminal would make a 50 ms answer look like
half a second, and a tracer that shares the screen's loop lies. What the engine says is put into a queue; the
app takes it out in batches, some ten times a second, and never waits for the engine.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from typing import Protocol

from probes.golang.bug_words import bug_words
from probes.golang.known_secrets import remembering

Emit = Callable[[object], None]


class Job(Protocol):
    """Something for the engine to do; a value, so that a test can look at it."""

    async def run(self, emit: Emit) -> None:
        """Do it, telling every step."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A job is over."""

    error: BaseException | None = None
    """What went wrong with modtrace itself; None when the job ended by itself or was cancelled."""

    @property
    def failure(self) -> str:
        """The error in words, "" where there is none."""
        return "" if self.error is None else failure_words(self.error)


def failure_words(error: BaseException) -> str:
    """What is said of an error that is modtrace's own."""
    return f"modtrace itself failed: {bug_words(error)}"


Delivery = tuple[int, object]
"""A job's ticket and what it said; the last thing is Ended."""


class Bridge:
    """Starts jobs in the engine's thread and collects what they say.

    Called from one thread only, the app's; none of its methods waits for the engine but ``close``.
    """

    def __init__(self, *, waits: bool = False) -> None:
        """With ``waits`` no work is begun before ``go_on``: Python runs one thread at a time, and what works
        while the first frame is made delays it by as much."""
        self._queue: deque[Delivery] = deque()
        self._running: set[int] = set()
        self._tickets = 0
        self._engine: _Engine | None = None
        self._held: list[threading.Thread] | None = [] if waits else None

    def go_on(self) -> None:
        """Begin the work that was asked for until now; from now on it begins at once."""
        held, self._held = self._held or [], None
        for thread in held:
            thread.start()

    @property
    def idle(self) -> bool:
        """Whether no job runs and everything that was said has been drained."""
        return not self._running and not self._queue

    def start(self, job: Job) -> int:
        """Start a job; returns its ticket."""
        if self._engine is None:
            self._engine = _Engine(self._queue)
        ticket = self._new_ticket()
        self._engine.start(ticket, job)
        return ticket

    def call(self, work: Callable[[], object]) -> int:
        """Do blocking work in a thread of its own and deliver what it returns; it cannot be cancelled."""
        ticket = self._new_ticket()

        def run() -> None:
            ended = Ended()
            try:
                self._queue.append((ticket, work()))
            except Exception as error:
                ended = Ended(error)
            self._queue.append((ticket, ended))

        thread = threading.Thread(target=run, name="modtrace work", daemon=True)
        if self._held is None:
            thread.start()
        else:
            self._held.append(thread)
        return ticket

    def _new_ticket(self) -> int:
        self._tickets += 1
        self._running.add(self._tickets)
        return self._tickets

    def cancel(self, ticket: int) -> None:
        """Have a job stopped; it says so itself when it is."""
        if self._engine is not None and ticket in self._running:
            self._engine.cancel(ticket)

    def drain(self) -> list[Delivery]:
        """What has been said since the last time, in order."""
        said: list[Delivery] = []
        while self._queue:
            delivery = self._queue.popleft()
            if isinstance(delivery[1], Ended):
                self._running.discard(delivery[0])
            said.append(delivery)
        return said

    def close(self, patience: float = 1.0) -> bool:
        """Cancel everything and close all connections; returns whether that was done within ``patience``."""
        return self._engine is None or self._engine.close(patience)


class _Engine:
    """The thread with the loop."""

    def __init__(self, queue: deque[Delivery]) -> None:
        self._queue = queue
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: asyncio.Event | None = None
        self._context = copy_context()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, name="modtrace engine", daemon=True)
        self._thread.start()
        self._ready.wait()

    def _main(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        with remembering():
            # Jobs come from the app's thread, and take its context with them unless they are given another.
            self._context = copy_context()
            await self._serve_jobs()

    async def _serve_jobs(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        self._ready.set()
        await self._closing.wait()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _submit(self, function: Callable[..., object], *arguments: object) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(function, *arguments, context=self._context)
        except RuntimeError:
            return  # the loop is closed: the app is going away

    def start(self, ticket: int, job: Job) -> None:
        self._submit(self._start, ticket, job)

    def _start(self, ticket: int, job: Job) -> None:
        self._tasks[ticket] = asyncio.get_running_loop().create_task(self._run(ticket, job))

    async def _run(self, ticket: int, job: Job) -> None:
        ended = Ended()
        try:
            await job.run(lambda said: self._queue.append((ticket, said)))
        except Exception as error:
            ended = Ended(error)
        finally:
            self._tasks.pop(ticket, None)
            self._queue.append((ticket, ended))

    def cancel(self, ticket: int) -> None:
        self._submit(self._cancel, ticket)

    def _cancel(self, ticket: int) -> None:
        if ticket in self._tasks:
            self._tasks[ticket].cancel()

    def close(self, patience: float) -> bool:
        assert self._closing is not None
        self._submit(self._closing.set)
        self._thread.join(patience)
        return not self._thread.is_alive()
