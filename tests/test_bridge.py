"""The bridge: jobs in a thread of their own, deliveries in batches, and an end that does not wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic, sleep

import pytest

from tui.bridge import Bridge, Delivery, Emit, Ended


@dataclass(frozen=True)
class Says:
    """A job that says a few things."""

    words: tuple[str, ...]

    async def run(self, emit: Emit) -> None:
        for word in self.words:
            emit(word)
            await asyncio.sleep(0)


@dataclass(frozen=True)
class Hangs:
    """A job that waits for ever, and says so when it is cancelled."""

    async def run(self, emit: Emit) -> None:
        emit("waiting")
        try:
            await asyncio.Event().wait()
        finally:
            emit("cancelled")


@dataclass(frozen=True)
class Fails:
    """A job with a bug."""

    async def run(self, emit: Emit) -> None:
        raise ValueError("a bug")


@dataclass(frozen=True)
class Threads:
    """A job that says which thread it runs in."""

    async def run(self, emit: Emit) -> None:
        emit(threading.current_thread())


def collect(bridge: Bridge, until: Callable[[list[Delivery]], bool]) -> list[Delivery]:
    """Drain until the deliveries are as wanted."""
    said: list[Delivery] = []
    deadline = monotonic() + 20
    while not until(said):
        assert monotonic() < deadline, said
        said += bridge.drain()
        sleep(0.001)
    return said


def ended(ticket: int) -> Callable[[list[Delivery]], bool]:
    """Whether a job is over."""
    return lambda said: any(number == ticket and isinstance(item, Ended) for number, item in said)


def test_what_a_job_says_comes_in_order_under_its_ticket() -> None:
    bridge = Bridge()
    first = bridge.start(Says(("a", "b", "c")))
    assert not bridge.idle
    said = collect(bridge, ended(first))
    assert said == [(first, "a"), (first, "b"), (first, "c"), (first, Ended())]
    assert bridge.idle
    second = bridge.start(Says(("d",)))
    assert second != first
    assert collect(bridge, ended(second))[0] == (second, "d")
    assert bridge.close()


def test_the_engine_has_a_thread_of_its_own() -> None:
    bridge = Bridge()
    ticket = bridge.start(Threads())
    ((_, thread), _) = collect(bridge, ended(ticket))
    assert isinstance(thread, threading.Thread)
    assert thread is not threading.current_thread()
    assert thread.daemon
    assert bridge.close()
    assert not thread.is_alive()


def test_cancelling_ends_a_job_and_only_that() -> None:
    bridge = Bridge()
    hanging, other = bridge.start(Hangs()), bridge.start(Hangs())
    collect(bridge, lambda said: len(said) == 2)
    bridge.cancel(hanging)
    said = collect(bridge, ended(hanging))
    assert said == [(hanging, "cancelled"), (hanging, Ended())]
    assert not bridge.idle
    bridge.cancel(other)
    collect(bridge, ended(other))
    assert bridge.idle
    bridge.cancel(other)
    assert bridge.close()


def test_a_bug_in_a_job_is_delivered() -> None:
    bridge = Bridge()
    ticket = bridge.start(Fails())
    ((_, last),) = collect(bridge, ended(ticket))
    assert isinstance(last, Ended)
    assert isinstance(last.error, ValueError)
    assert bridge.close()


def test_closing_cancels_what_hangs() -> None:
    bridge = Bridge()
    ticket = bridge.start(Hangs())
    collect(bridge, lambda said: len(said) == 1)
    assert bridge.close(patience=20)
    assert bridge.drain() == [(ticket, "cancelled"), (ticket, Ended())]
    bridge.cancel(ticket)


def test_closing_waits_no_longer_than_it_is_told() -> None:
    release = threading.Event()

    @dataclass(frozen=True)
    class Stubborn:
        async def run(self, emit: Emit) -> None:
            emit("here")
            release.wait()  # blocks the loop: nothing can be cancelled

    bridge = Bridge()
    bridge.start(Stubborn())
    collect(bridge, lambda said: len(said) == 1)
    assert not bridge.close(patience=0.01)
    release.set()
    assert bridge.close(patience=20)


def test_blocking_work_blocks_nobody_and_cannot_be_cancelled() -> None:
    bridge = Bridge()
    release = threading.Event()
    ticket = bridge.call(lambda: release.wait(20))
    assert bridge.drain() == []
    bridge.cancel(ticket)
    release.set()
    assert collect(bridge, ended(ticket)) == [(ticket, True), (ticket, Ended())]
    assert bridge.close()


@pytest.mark.parametrize("error", [ValueError("a bug"), OSError("no file")])
def test_an_error_of_blocking_work_is_delivered(error: Exception) -> None:
    def work() -> None:
        raise error

    bridge = Bridge()
    ticket = bridge.call(work)
    assert collect(bridge, ended(ticket)) == [(ticket, Ended(error))]


def test_work_waits_until_there_is_something_to_look_at() -> None:
    bridge, begun = Bridge(waits=True), threading.Event()
    before = set(threading.enumerate())
    bridge.call(begun.set)
    assert not bridge.idle
    assert set(threading.enumerate()) <= before
    bridge.go_on()
    assert begun.wait(10)
    later = threading.Event()
    bridge.call(later.set)
    assert later.wait(10)
    assert bridge.close()
