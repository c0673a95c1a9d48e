"""What is being saved, and what was: a heading for each, then its files with bar, rate and remaining time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from probes.browse.saved import FileState, Saving, State, WantState
from probes.browse.table import Download
from tui.drawing.figures import duration, size
from tui.drawing.version_marks import progress
from tui.lines import Line, Role, Row, Span, line, pad, wrap
from tui.symbols import Symbols

if TYPE_CHECKING:
    from probes.browse.bundling import Kit

BAR_CELLS = 10
MOST_DONE = 200
"""Versions that are shown of one saving, besides those that are under way or failed."""


@dataclass(slots=True)
class Undertaking:
    """One thing that somebody had saved."""

    number: int
    name: str
    """PATH@VERSION, or the folder of a project."""
    folder: Path
    stop: Callable[[], None] = lambda: None
    saving: Saving = field(default_factory=Saving)
    kit: Kit | None = None
    problem: str = ""
    is_over: bool = False

    @property
    def goproxy(self) -> str:
        """The line that has go use it."""
        values = self.kit.variables if self.kit else (("GONOPROXY", "none"),)
        rest = " ".join(f"{name}={value}" for name, value in values)
        return f"export GOPROXY=file://{quote(str(self.folder), safe='/')} {rest}"

    @property
    def state(self) -> State:
        """How far all of it is."""
        if not self.is_over:
            return State.FETCHING
        if self.problem or self.saving.of(State.FAILED):
            return State.FAILED
        return State.STOPPED if self.saving.of(State.STOPPED) or self.saving.started is None else State.SAVED


@dataclass(frozen=True, slots=True)
class SavingView:
    """What the rows are made of."""

    undertakings: Sequence[Undertaking]
    width: int
    symbols: Symbols
    shown: Callable[[str], str]
    """Masks what is private."""
    path: str = ""
    singles: Sequence[Download] = ()
    """Files of this module that were fetched alone."""


def saving_rows(view: SavingView) -> list[Row]:
    """All of it, the latest first."""
    if not view.undertakings and not view.singles:
        words = "nothing is being saved; S saves the version at hand, B all that the project needs"
        return [
            Row(("none", number), line(f"  {part}"), selectable=False)
            for number, part in enumerate(wrap(words, view.width - 4))
        ]
    rows = [row for one in reversed(view.undertakings) for row in _rows(view, one)]
    if view.singles:
        head = line(f" {view.symbols.idle} ", (view.path, Role.STRONG), "  single files")
        rows.append(Row(("singles",), head, selectable=False))
        rows += [_single_row(view, one) for one in reversed(view.singles)]
    return rows


def _single_row(view: SavingView, one: Download) -> Row:
    """A file that i, m or Z fetched."""
    text = line(f"   {one.wanted.version}  ", *progress(one, view.symbols))
    finished = one.finished
    if finished is not None and finished.file is not None:
        text = text + line(f" {size(finished.bytes)}", (f"  {view.shown(finished.file)}", Role.FAINT))
    elif finished is not None and finished.error is not None:
        text = text + line((f"  {view.shown(' '.join(finished.error.split()))}", Role.FAIL))
    elif finished is None and one.total:
        text = text + line(f"  {size(one.received)} of {size(one.total)}")
    return Row(("single", one.wanted.version, one.wanted.op), text, copy=view.shown(one.file))


def _rows(view: SavingView, one: Undertaking) -> Iterator[Row]:
    copied = view.shown(_to_copy(one))
    symbol, role = _sign(one.state, view.symbols)
    saving = one.saving
    done, count = len(saving.of(State.SAVED)), len(saving.wants)
    figures = [f"{done}/{count}", size(saving.bytes)] if count else ["reading the project"]
    if not one.is_over and saving.rate:
        figures.append(f"{size(int(saving.rate))}/s")
    head = line(f" {symbol} ", (view.shown(one.name), Role.STRONG), f"  {'  '.join(figures)}")
    yield Row(("saving", one.number), _coloured(head, role), copy=copied)
    for number, text in enumerate(_words(view, one)):
        yield Row(("saving", one.number, number), text, copy=copied)
    states = [*saving.of(State.FETCHING), *saving.of(State.FAILED)]
    states += [state for state in saving.of(State.STOPPED) if state.files]
    states += saving.of(State.SAVED)[-MOST_DONE:]
    for state in states:
        yield from _version_rows(view, one, state, copied, is_alone=count == 1)


def _to_copy(one: Undertaking) -> str:
    """The line for go; of what brought nothing, why."""
    if not one.is_over or one.saving.of(State.SAVED):
        return one.goproxy
    failed = [state.failed.words for state in one.saving.of(State.FAILED) if state.failed is not None]
    return one.problem or next(iter(failed), one.goproxy)


def _coloured(head: Line, role: Role) -> Line:
    first, *rest = head.spans
    return line(Span(first.text, role), *rest)


def _sign(state: State, symbols: Symbols) -> tuple[str, Role]:
    match state:
        case State.SAVED:
            return symbols.ok, Role.OK
        case State.FAILED:
            return symbols.fail, Role.FAIL
        case State.STOPPED:
            return symbols.stop, Role.WARN
        case State.FETCHING:
            return symbols.busy, Role.BUSY
        case State.WAITING:
            return symbols.idle, Role.FAINT


def _words(view: SavingView, one: Undertaking) -> Iterator[Line]:
    """What there is to say of all of it."""
    said: list[tuple[str, Role]] = []
    if one.problem:
        said.append((one.problem, Role.FAIL))
    if one.is_over and one.saving.of(State.SAVED):
        said.append((one.goproxy, Role.PLAIN))
    elif not one.is_over:
        said.append((f"into {one.folder}", Role.FAINT))
    if one.kit is not None:
        said += [(f"lacks {lacking.what}: {lacking.why}", Role.WARN) for lacking in one.kit.lacking]
        said += [(note, Role.FAINT) for note in one.kit.notes]
    for text, role in said:
        for part in wrap(view.shown(text), view.width - 4):
            yield line("   ", (part, role))


def _version_rows(
    view: SavingView, one: Undertaking, state: WantState, copied: str, *, is_alone: bool
) -> Iterator[Row]:
    key = "version", one.number, state.want
    if not is_alone:
        symbol, role = _sign(state.state, view.symbols)
        total = sum(file.received for file in state.files.values())
        yield Row(
            key, line("   ", (symbol, role), f" {view.shown(state.words)}  ", (size(total), Role.FAINT)),
            copy=copied,
        )  # fmt: skip
    if state.failed is not None:
        parts = wrap(view.shown(state.failed.words), view.width - 8)
        for number, part in enumerate(parts):
            yield Row((*key, number), line("      ", (part, Role.FAIL)), copy=copied)
    if is_alone or state.state in (State.FETCHING, State.STOPPED):
        for op, file in state.files.items():
            yield Row((*key, op), _file_line(view, file), copy=copied)


def _file_line(view: SavingView, file: FileState) -> Line:
    symbol, role = _sign(file.state, view.symbols)
    spans = [Span("   "), Span(f"{symbol} ", role), Span(pad(f".{file.op.value}", 6)), *_figures(view, file)]
    if file.saved is not None:
        spans.append(Span(f"  {view.shown(file.saved.file)}", Role.FAINT))
    elif file.source:
        spans.append(Span(f"  from {view.shown(file.source)}", Role.FAINT))
    return line(*spans)


def _figures(view: SavingView, file: FileState) -> Iterator[Span]:
    """Bytes; while it comes the bar, the rate and what remains."""
    if file.saved is not None:
        how = " (was there)" if file.saved.was_there else " (gone on with)" if file.saved.was_resumed else ""
        yield Span(f"{size(file.received)}{how}")
        return
    if file.state is not State.FETCHING:
        kept = f"{size(file.received)} kept for the next time" if file.received else "nothing"
        yield Span(kept, Role.FAINT)
        return
    if file.total:
        share = min(1.0, file.received / file.total)
        filled = int(share * BAR_CELLS)
        bar = view.symbols.bar * filled + view.symbols.idle * (BAR_CELLS - filled)
        yield Span(f"{bar} {share:.0%}  {size(file.received)} of {size(file.total)}", Role.BUSY)
    else:
        yield Span(size(file.received), Role.BUSY)
    if file.rate:
        yield Span(f"  {size(int(file.rate))}/s")
    if file.remaining_s is not None:
        yield Span(f"  {duration(file.remaining_s)} left")
