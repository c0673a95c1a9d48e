"""What is said of an error that is modtrace's own: its kind and its place, and never a value.

The words of such an error are made of whatever modtrace had in its hands: a KeyError is its key, a
UnicodeError the whole text, an OSError a path. There may be a secret among it that no pattern knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

_OURS = ("probes", "tui")


def bug_words(error: BaseException) -> str:
    """The kind of an error and the line of modtrace that it came from."""
    places = [place for place in _places(error.__traceback__) if place.startswith(_OURS)]
    where = f" at {places[-1]}" if places else ""
    return f"{type(error).__name__}{where}"


def bug_details(error: BaseException) -> str:
    """The way to an error, and to those that led to it, line by line; without any value."""
    lines: list[str] = []
    one: BaseException | None = error
    seen: set[int] = set()
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        lines += [type(one).__name__, *(f"  {place}" for place in _places(one.__traceback__))]
        one = one.__cause__ or one.__context__
    return "\n".join(lines) + "\n"


def _places(trace: TracebackType | None) -> Iterator[str]:
    """ "probes/trace/run.py:71 in trace", from the outermost to the innermost."""
    while trace is not None:
        code = trace.tb_frame.f_code
        parts = Path(code.co_filename).parts
        start = max((n for n, part in enumerate(parts) if part in _OURS), default=len(parts) - 1)
        yield f"{'/'.join(parts[start:])}:{trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
