"""The screen half of the module browser's benchmark: many versions at many proxies, seen from the terminal.

python tests/benchmarks/module_browser_screen.py

The real app runs in a pseudo-terminal against proxies on loopback, each of which lists the same versions. What
it writes is kept with its time and given to a terminal emulator, which says when something was on the screen.
A key is timed from when it was written to the terminal until the last frame that follows from it has been
read; that holds the emulator's own time out. On a busy machine that says little: so the processor time of a
key stands beside its time. Prints figures; the limits beside them are those of the issue.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from probes.demo.behaviour import Answer, Request, honest_answer  # noqa: E402
from probes.demo.content import simple_module  # noqa: E402
from probes.golang.protocol import Op  # noqa: E402
from tests.benchmarks.terminal_weight import Watched, is_whole, proxies, running  # noqa: E402
from tests.modtrace import COMMAND  # noqa: E402

VERSIONS, PROXIES = 20_000, 6
FIRST_ROWS_MS, FRAME_MS, MEMORY_MB = 100, 33, 150
KEYS, QUICK_KEYS = 25, 7
_STEP = 0.02


@dataclass
class Served:
    """When the lists went out."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    times: list[float] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)
    """Set when lists may be answered."""


def listing(served: Served, number: int) -> Callable[[Request], Answer]:
    """A proxy that lists all versions; each a little after the one before it."""
    names = [f"v1.{at // 100}.{at % 100}" for at in range(VERSIONS)]
    body = ("\n".join(names) + "\n").encode()
    module = simple_module("demo.example/hello", names[0], names[-1])

    def answer(request: Request) -> Answer:
        if request.op is Op.LIST:
            served.open.wait()
            time.sleep(0.3 * number)
            with served.lock:
                served.times.append(time.perf_counter())
            return Answer(200, body)
        return honest_answer({module.path: module}, request)

    return answer


def memory_mb(pid: int) -> float:
    """The resident memory of a process, at its highest."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def until_written(session: Watched, is_there: Callable[[], bool], patience_s: float = 30.0) -> float:
    """The time at which what was read last made it so."""
    end = time.perf_counter() + patience_s
    while not is_there():
        if time.perf_counter() > end:
            raise TimeoutError("\n".join(session.lines()))
        session._read(_STEP)
    return session.began + session.reads[-1][0]


@dataclass(frozen=True)
class KeyTimes:
    """What the same key costs, pressed again and again."""

    waits_ms: list[float]
    """Until its frame was there."""
    processor_ms: float
    """Of the app, on average."""


def key_times(session: Watched, keys: str) -> KeyTimes:
    """How long each key took."""
    waits, cpu = [], session.cpu_s()
    for key in keys:
        session.until_still(0.12)
        before = len(session.reads)
        pressed = time.perf_counter()
        session.press(key)
        until_written(session, lambda seen=before: len(session.reads) > seen)  # type: ignore[misc]
        session.until_still(0.12)
        # A frame may come in several pieces: the last one of the first burst ends it.
        waits.append((session.began + session.reads[-1][0] - pressed) * 1000)
    return KeyTimes(waits, (session.cpu_s() - cpu) * 1000 / len(keys))


@dataclass(frozen=True)
class ScreenFigures:
    """What one size of terminal comes to."""

    size: tuple[int, int]
    first_rows_ms: float
    filter: KeyTimes
    scroll: KeyTimes
    page: KeyTimes
    memory_mb: float


def measure(size: tuple[int, int], keys: int = KEYS) -> ScreenFigures:
    """One run of the app."""
    served = Served()
    with proxies(*(listing(served, number) for number in range(PROXIES))) as urls:
        argv = [COMMAND, "demo.example/hello@v1.0.0", "--set", "GOPROXY=" + "|".join(urls)]
        with running(argv, size, MODTRACE_NO_SESSION="1") as session:
            session.until(is_whole)
            session.until(lambda lines: "would download" in "\n".join(lines))
            session.press("3")
            session.until(lambda lines: "asking" in "\n".join(lines))
            session.press("a")
            session.until_still(0.5)
            served.open.set()
            newest = f"v1.{(VERSIONS - 1) // 100}.{(VERSIONS - 1) % 100}".encode()
            begun = len(session.output)
            shown = until_written(session, lambda: newest in session.output[begun:])
            first = (shown - min(served.times)) * 1000
            wanted = f"{VERSIONS} versions"
            until_written(session, lambda: len(served.times) >= PROXIES)
            session.until_still(1.0)
            assert wanted in "\n".join(session.lines()) or str(VERSIONS) in "\n".join(session.lines())
            session.press("g")
            scroll = key_times(session, "j" * keys)
            page = key_times(session, "\x06" * keys)
            session.press("/")
            session.until_still(0.3)
            typed = key_times(session, "v1.19.7")
            session.press("\x1b")
            session.until_still(0.3)
            return ScreenFigures(size, first, typed, scroll, page, memory_mb(session.pid))


def print_screen(*, quick: bool = False) -> None:
    """Measure both sizes and print them."""
    head = f"screen, {VERSIONS} versions x {PROXIES} proxies"
    print(f"{head:<42} {'p50':>9} {'most':>9} {'processor':>12}  limit")
    for size in ((80, 24), (200, 50)):
        got, where = measure(size, QUICK_KEYS if quick else KEYS), f"{size[0]}x{size[1]}"
        first = f"first list sent -> its rows read {where}"
        print(f"{first:<42} {got.first_rows_ms:>6.0f} ms {'':>9} {'':>12}  {FIRST_ROWS_MS}")
        for name, key in (("filter key", got.filter), ("j", got.scroll), ("page down", got.page)):
            p50, most = statistics.median(key.waits_ms), max(key.waits_ms)
            cpu = f"{key.processor_ms:.0f} ms"
            print(
                f"{f'{name} -> frame read {where}':<42} {p50:>6.0f} ms {most:>6.0f} ms {cpu:>12}  {FRAME_MS}"
            )
        print(f"{f'memory at its highest {where}':<42} {got.memory_mb:>6.0f} MB {'':>22}  {MEMORY_MB}")


if __name__ == "__main__":
    print_screen()
