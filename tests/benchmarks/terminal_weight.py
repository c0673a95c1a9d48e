"""What modtrace writes to a terminal, and how soon, beside a bare Textual app; prints figures, judges nothing.

python tests/benchmarks/terminal_weight.py

Both run in pseudo-terminals. What they write is kept with its time and given to a terminal emulator, which
says what was on the screen when, and how many of its lines each frame touched. A frame is what stands between
the marks of synchronized output; a repaint is a frame that touches nine lines of ten.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyte

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from probes.demo.behaviour import Answer, Request, honest_answer  # noqa: E402
from probes.demo.content import simple_module  # noqa: E402
from probes.demo.server import World  # noqa: E402
from probes.golang.protocol import Op  # noqa: E402
from tests.modtrace import COMMAND, clean_environment  # noqa: E402
from tests.terminal.session import _PRIVATE, TerminalSession  # noqa: E402

BARE = [sys.executable, str(ROOT / "tests" / "benchmarks" / "bare_app.py")]
SIZES = ((80, 24), (200, 50))
COLOURS = {
    "16": {"TERM": "xterm", "COLORTERM": ""},
    "truecolor": {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TEXTUAL_THEME": "textual-dark"},
}
STILL_S = 0.4
"""Nothing written for so long: the app is still."""
IDLE_S = 2.0
SLOW_ANSWER_S = 1.0
FIRST_FRAMES = 8
VERSIONS = 10_000
KEYS, KEY_EVERY_S = 32, 0.09
FIRST_LIST_S = 0.3
NODE_LINES = 5
"""What a node that changes touches at most: its line, its edge, the next node, the title, the count."""
_FRAME = b"\x1b[?2026h"
_CLEARS = (b"\x1b[2J", b"\x1b[3J", b"\x1b[J", b"\x1b[0J")


@dataclass
class Frame:
    """One frame: when it came, how long it is, how many lines it touched."""

    at: float
    bytes: int
    lines: int


@dataclass
class Figures:
    """What one run comes to; None where it was not measured."""

    first_ms: float = 0.0
    first_bytes: int = 0
    start_bytes: int = 0
    repaints: int = 0
    clears: int = 0
    frames: list[Frame] = field(default_factory=list)


class Watched(TerminalSession):
    """A run whose output is kept with its times."""

    def __enter__(self) -> Watched:
        self.reads: list[tuple[float, bytes]] = []
        self.began = time.perf_counter()
        super().__enter__()
        self.emulator = pyte.Screen(*self._size)
        self._stream = pyte.ByteStream(self.emulator)
        self._fed = 0
        return self

    def _read(self, seconds: float = 0.2) -> bool:
        before = len(self.output)
        came = super()._read(seconds)
        if came:
            self.reads.append((time.perf_counter() - self.began, self.output[before:]))
        return came

    def until(self, is_there: Callable[[list[str]], bool], patience: float = 15.0) -> float:
        """Seconds since the start when the screen was so."""
        while not is_there(self.lines()):
            if time.perf_counter() - self.began > patience:
                raise TimeoutError("\n".join(self.lines()))
            self._read(0.05)
        return self.reads[-1][0]

    def lines(self) -> list[str]:
        """The screen now."""
        data, self._fed = self.output[self._fed :], len(self.output)
        self._stream.feed(_PRIVATE.sub(b"", data))
        return list(self.emulator.display)

    def until_still(self, still_s: float = STILL_S) -> None:
        """Until nothing was written for a while."""
        while self._read(still_s):
            pass

    def frames(self) -> Iterator[Frame]:
        """Every frame since the start."""
        screen = pyte.Screen(*self._size)
        stream = pyte.ByteStream(screen)
        times = self._times()
        at, (prelude, *rest) = 0, self.output.split(_FRAME)
        stream.feed(_PRIVATE.sub(b"", prelude))
        at += len(prelude)
        for part in rest:
            screen.dirty.clear()
            stream.feed(_PRIVATE.sub(b"", part))
            yield Frame(times(at), len(part) + len(_FRAME), len(screen.dirty))
            at += len(_FRAME) + len(part)

    def _times(self) -> Callable[[int], float]:
        ends, total = [], 0
        for when, data in self.reads:
            total += len(data)
            ends.append((total, when))
        return lambda at: next(when for end, when in ends if at < end)

    def cpu_s(self) -> float:
        """Processor time so far, of all its threads; by the clock of the process, as clock_getcpuclockid(3)
        names it: what /proc/PID/stat says is rounded to 10 ms."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def switches(self) -> int:
        """How often one of its threads has waited for something."""
        total = 0
        for status in Path(f"/proc/{self.pid}/task").glob("*/status"):
            for line in status.read_text().splitlines():
                if line.startswith("voluntary_ctxt_switches"):
                    total += int(line.split()[1])
        return total


@contextmanager
def running(
    argv: list[str], size: tuple[int, int], colours: str = "16", **variables: str
) -> Iterator[Watched]:
    """A program in a terminal, and q at the end."""
    with tempfile.TemporaryDirectory() as home:
        env = clean_environment(Path(home), **COLOURS[colours], **variables)
        with Watched(argv, env=env, cwd=Path(home), columns=size[0], rows=size[1], from_nothing=True) as session:
            yield session
            session.press("q")
            session.wait_for_exit()


def is_whole(lines: list[str]) -> bool:
    """Whether the first whole frame is there: both ends of the screen are."""
    return "quit" in lines[-1] and ("modtrace" in lines[0] or "bare" in lines[0])


def start(argv: list[str], size: tuple[int, int], colours: str) -> Figures:
    """Start, wait until it is still, leave."""
    with running(argv, size, colours) as session:
        first = session.until(is_whole)
        first_bytes = session._fed
        session.until_still()
        frames = list(session.frames())
        repaints = sum(frame.lines >= 0.9 * size[1] for frame in frames)
        clears = sum(session.output[first_bytes:].count(clear) for clear in _CLEARS)
        return Figures(first * 1000, first_bytes, len(session.output), repaints, clears, frames)


def print_starts() -> None:
    """How both start."""
    print(f"{'start':<34} {'first frame':>12} {'first paint':>12} {'until still':>12}  repaints  clears")
    programs = {"bare Textual app": BARE, "modtrace demo healthy": [COMMAND, "demo", "healthy"]}
    for size in SIZES:
        for colours in COLOURS:
            for name, argv in programs.items():
                got = start(argv, size, colours)
                where = f"{size[0]}x{size[1]} {colours}"
                print(
                    f"{name:<22}{where:>17} {got.first_ms:>8.0f} ms {got.first_bytes:>10} B "
                    f"{got.start_bytes:>10} B {got.repaints:>9} {got.clears:>7}"
                )
    print()
    print_first_frames()


def print_first_frames() -> None:
    """How soon both show something: one after the other, again and again, for others use this machine too."""
    programs = {
        "bare Textual app": BARE,
        "modtrace": [COMMAND],
        "modtrace demo healthy": [COMMAND, "demo", "healthy"],
    }
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    for _ in range(FIRST_FRAMES):
        for name, argv in programs.items():
            with running(argv, SIZES[0]) as session:
                wall = session.until(is_whole) * 1000
                runs[name].append((wall, session.cpu_s() * 1000))
    for how, choose in ("best", min), ("median", statistics.median):
        print(f"{f'first frame, {how} of {FIRST_FRAMES}':<34} {'time':>12} {'processor':>12}  x bare")
        figures = {name: [choose(column) for column in zip(*got, strict=True)] for name, got in runs.items()}
        bare = figures["bare Textual app"]
        for name, (wall, cpu) in figures.items():
            print(f"{name:<34} {wall:>9.0f} ms {cpu:>9.0f} ms  {wall / bare[0]:.2f}, {cpu / bare[1]:.2f}")
    print()


def print_idle() -> None:
    """What both do while nothing happens."""
    print(f"{'idle':<34} {'bytes/s':>12} {'CPU':>12} {'waits/s':>12}")
    for name, argv in (("bare Textual app", BARE), ("modtrace demo healthy", [COMMAND, "demo", "healthy"])):
        with running(argv, SIZES[0]) as session:
            session.until(is_whole)
            session.until_still(1.0)
            cpu, switches = session.cpu_s(), session.switches()
            written = len(session.bytes_within(IDLE_S))
            cpu, switches = session.cpu_s() - cpu, session.switches() - switches
            print(f"{name:<34} {written / IDLE_S:>10.0f} B {cpu / IDLE_S:>11.1%} {switches / IDLE_S:>12.1f}")
    print()


@contextmanager
def proxies(*handlers: Callable[[Request], Answer]) -> Iterator[list[str]]:
    """Proxies in threads of their own, so that each may take its time."""
    with ExitStack() as stack:
        yield [stack.enter_context(World([handler])).urls[0] for handler in handlers]


def slow(request: Request) -> Answer:
    """Broken, and slow about it."""
    time.sleep(SLOW_ANSWER_S)
    return Answer(502, b"bad gateway\n")


def print_live() -> None:
    """What a trace writes while it runs: four proxies that take a second each."""
    print(f"{'live trace, 4 slow proxies':<34} {'bytes/s':>12} {'most in 1 s':>12} {'one node':>12}  CPU")
    with proxies(slow, slow, slow, slow) as urls:
        for size in SIZES:
            argv = [COMMAND, "demo.example/hello@v1.0.0", "--set", "GOPROXY=" + "|".join(urls)]
            with running(argv, size, MODTRACE_NO_SESSION="1") as session:
                session.until(is_whole)
                began, cpu = time.perf_counter() - session.began, session.cpu_s()
                session.until(lambda lines: "would fail" in "\n".join(lines))
                ended, cpu = session.reads[-1][0], session.cpu_s() - cpu
                live = [frame for frame in session.frames() if began < frame.at < ended]
                took = ended - began
                total = sum(frame.bytes for frame in live)
                most = max(sum(f.bytes for f in live if at.at <= f.at < at.at + 1) for at in live)
                small = [frame.bytes for frame in live if frame.lines <= NODE_LINES]
                one = f"{statistics.median(small):.0f}..{max(small)} B" if small else "-"
                print(
                    f"{f'modtrace {size[0]}x{size[1]} 16':<34} {total / took:>10.0f} B {most:>10} B "
                    f"{one:>12}  {cpu / took:.0%}"
                )
    print()


def streaming(number: int) -> Callable[[Request], Answer]:
    """A proxy that lists ten thousand versions, each a little later than the one before it."""
    module = simple_module("demo.example/hello", *(f"v1.{at // 100}.{at % 100}" for at in range(VERSIONS)))

    def answer(request: Request) -> Answer:
        if request.op is Op.LIST:
            time.sleep(FIRST_LIST_S + 0.75 * number)
        return honest_answer({module.path: module}, request)

    return answer


_PATCH = re.compile(r"v1\.(\d+)\.(\d+)")


def answered(session: Watched, pressed: list[float]) -> list[float]:
    """How long each key took until the cursor was where it leads, in milliseconds."""
    screen = pyte.Screen(*session._size)
    stream = pyte.ByteStream(screen)
    waits: list[float] = []
    first: int | None = None
    for when, data in session.reads:
        stream.feed(_PRIVATE.sub(b"", data))
        row = _cursor_row(screen)
        if when < pressed[0]:
            first = row
        if first is None or row is None:
            continue
        while len(waits) < min(abs(row - first), len(pressed)):
            waits.append((when - pressed[len(waits)]) * 1000)
    return waits


def _cursor_row(screen: pyte.Screen) -> int | None:
    """Which version the row in reverse shows."""
    for y in range(3, screen.lines - 1):
        cells = [screen.buffer[y][x] for x in range(screen.columns)]
        if sum(cell.reverse for cell in cells) > 20:
            found = _PATCH.search("".join(cell.data for cell in cells))
            return None if found is None else int(found[1]) * 100 + int(found[2])
    return None


def press_often(session: Watched) -> list[float]:
    """Move the cursor down, again and again; returns when."""
    pressed = []
    for _ in range(KEYS):
        pressed.append(time.perf_counter() - session.began)
        session.press("j")
        end = time.perf_counter() + KEY_EVERY_S
        while (left := end - time.perf_counter()) > 0:
            session._read(left)
    session.until_still()
    return pressed


def open_browser(session: Watched) -> float:
    """Have modtrace ask all proxies for their versions; returns how long the first list took to be shown, beyond
    the time that the proxy took, in milliseconds."""
    session.until(lambda lines: "would download" in "\n".join(lines))
    session.press("3")
    session.until(lambda lines: "v1.0.0 " in "\n".join(lines), 20)
    asked = time.perf_counter() - session.began + FIRST_LIST_S
    session.press("a")
    session.until(lambda lines: "asking" in "\n".join(lines))
    session.until(lambda lines: "10000" in "\n".join(lines) and "v1.0.0 " in "\n".join(lines))
    shown = session.reads[-1][0]
    session.press("g")
    session.until(lambda lines: "v1.99.99" in "\n".join(lines))
    return (shown - asked) * 1000


def print_keys() -> None:
    """How long a key takes while four proxies send ten thousand versions each."""
    print(f"{'key to screen, 4 x 10,000 versions':<34} {'p50':>12} {'p95':>12} {'most':>12}  answered")
    with proxies(*(streaming(number) for number in range(4))) as urls:
        argv = [COMMAND, "demo.example/hello@v1.0.0", "--set", "GOPROXY=" + "|".join(urls)]
        for size in SIZES:
            for name, command in (("bare Textual app", [*BARE, "stream"]), ("modtrace", argv)):
                with running(command, size, MODTRACE_NO_SESSION="1") as session:
                    session.until(is_whole)
                    first = open_browser(session) if name == "modtrace" else 0.0
                    session.until_still(0.1)
                    waits = sorted(answered(session, press_often(session))) or [float("inf")]
                    print(
                        f"{f'{name} {size[0]}x{size[1]} 16':<34} {statistics.median(waits):>9.0f} ms "
                        f"{waits[int(len(waits) * 0.95)]:>9.0f} ms {waits[-1]:>9.0f} ms  {len(waits)}/{KEYS}"
                        + (f", first list after {first:.0f} ms" if first else "")
                    )


def main() -> None:
    """Print everything."""
    wanted = sys.argv[1:] or ["starts", "idle", "live", "keys"]
    for name in wanted:
        {
            "starts": print_starts,
            "idle": print_idle,
            "live": print_live,
            "keys": print_keys,
            "first": print_first_frames,
        }[name]()


if __name__ == "__main__":
    main()
