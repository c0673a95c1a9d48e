"""What is drawn beside a trace in the demo: the faults that were thrown in, and the real go's own answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tui.drawing.fields import Field, heading
from tui.lines import Line, Role, line, wrap
from tui.symbols import Symbols

if TYPE_CHECKING:
    from probes.demo.faults import DemoFault
    from probes.demo.go_answer import Comparison

MAX_LINES = 2
"""Lines that go's answer may take below the verdict, where it differs; ``v`` shows all of it."""

Mask = Callable[[str], str]


def fault_story(proxies: Sequence[str], faults: Mapping[int, DemoFault]) -> str:
    """What was broken, in place of the story of a world that is not as it was told any more."""
    return " ".join(
        f"Proxy {number + 1}, {proxies[number]}, fault: {fault.name}. {fault.sentence}"
        for number, fault in sorted(faults.items())
    )


def fault_fields(fault: DemoFault) -> Sequence[Field]:
    """What a proxy was made to do."""
    return (
        heading("broken on purpose"),
        Field("fault", f"{fault.name}: {fault.title}", Role.WARN),
        Field("so", fault.sentence),
        Field("change", "f", Role.FAINT),
    )


def asking_line(symbols: Symbols) -> Line:
    """The place of go's answer until it is there."""
    return line("  ", (f"{symbols.idle} the real go is asked the same", Role.FAINT))


def beside_lines(comparison: Comparison, width: int, symbols: Symbols, mask: Mask) -> list[Line]:
    """go's answer in a line; in two where it is another one."""
    symbol, role = _mark(comparison, symbols)
    first, *more = wrap(mask(comparison.sentence), width - 6)
    if not _differs(comparison):
        words = first + (symbols.cut if more else "")
        return [line("  ", (symbol, role), f" {words}")]
    if len(more) >= MAX_LINES:
        more = [*more[: MAX_LINES - 2], more[MAX_LINES - 2] + symbols.cut]
    return [line("  ", (f"{symbol} {first}", role)), *(line("    ", (part, role)) for part in more)]


def beside_fields(comparison: Comparison, mask: Mask) -> Sequence[Field]:
    """go's answer in full."""
    return tuple(_fields(comparison, mask))


def _fields(comparison: Comparison, mask: Mask) -> Iterator[Field]:
    answer = comparison.answer
    yield heading(f"what {answer.name} says")
    yield Field("beside", mask(comparison.sentence), Role.FAIL if _differs(comparison) else Role.PLAIN)
    if answer.version:
        yield Field("version", mask(answer.version))
    if answer.error is not None:
        yield Field("error", mask(answer.error))
    yield Field("how", "go mod download -json, in an empty environment of its own", Role.FAINT)


def _differs(comparison: Comparison) -> bool:
    from probes.demo.go_answer import Agreement

    return comparison.agreement is Agreement.DIFFERS


def _mark(comparison: Comparison, symbols: Symbols) -> tuple[str, Role]:
    from probes.demo.go_answer import Agreement

    return {
        Agreement.SAME: (symbols.ok, Role.OK),
        Agreement.DIFFERS: (symbols.fail, Role.FAIL),
        Agreement.UNCOMPARED: (symbols.unknown, Role.WARN),
    }[comparison.agreement]
