"""The first rows of the tree: what the project, a setting or the module cache decided before any packet.

  ▹ – project?      no: go.work and exclude change nothing   mine/go.mod
  ▹ ↓ replace?      leads away: to demo.example/fork@v1.1.0   go.mod:7
  ▹ ■ readonly?     stops here: go.sum has no line for it   go.sum
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from probes.trace.events import Bend, Turning, TurningTaken
from tui.drawing.question_rows import named, question_rows, rule_rows
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.tree_view import TreeView
from tui.drawing.turning_questions import is_bend, spared, turning_question
from tui.lines import Line, Role, Row, line, pad

PROJECT = TreeKey(Part.PROJECT)
CACHE = TreeKey(Part.CACHE)


def turning_rows(view: TreeView, opened: Collection[TreeKey]) -> Iterator[Row]:
    """The project, each turning that changes the way, and the module cache where it answers."""
    trace = view.trace
    if trace.started is None:
        return
    if trace.started.project or any(one.turning is not Turning.CACHE for one in trace.turnings):
        yield from _project_rows(view, opened)
    for number, event in enumerate(trace.turnings):
        if is_bend(event):
            key, words = TreeKey(Part.TURNING, number), _words(event)
            yield from question_rows(view, key, turning_question(event), words, opened)
    is_broken = any(one.turning is Turning.CACHE and one.bend is Bend.STOPS for one in trace.turnings)
    if spared(trace) or (trace.started.warm and not is_broken):
        yield from _warm_rows(view, opened)


def _words(event: TurningTaken) -> Line:
    first = turning_question(event).branches[0]
    where = line((f"   {event.where}", Role.FAINT)) if event.where else Line()
    return line(named(f"{event.turning}?"), (first.answer, first.role), f": {first.on}") + where


def _project_rows(view: TreeView, opened: Collection[TreeKey]) -> Iterator[Row]:
    """The folder's own files: what was looked at there and changes nothing stands inside."""
    trace, symbols = view.trace, view.symbols
    assert trace.started is not None
    bends = [one for one in trace.turnings if is_bend(one) and one.turning is not Turning.CACHE]
    looked = [
        (number, one) for number, one in enumerate(trace.turnings)
        if one.bend is Bend.STRAIGHT and one.turning is not Turning.CACHE
    ]  # fmt: skip
    names = _listed(one.turning.value for one in bends)
    straight = _listed(one.turning.value for _, one in looked)
    if bends:
        answer = line(("yes", Role.WARN), f": {names}")
    elif looked:
        change = "changes" if len({one.turning for _, one in looked}) == 1 else "change"
        answer = line("no", (f": {straight} {change} nothing", Role.FAINT))
    else:
        answer = line(("no turning so far" if trace.finished is None else "no turning", Role.FAINT))
    # The file and its folder are enough here; the details have all of the path.
    short = "/".join(trace.started.project.replace("\\", "/").rsplit("/", 2)[-2:])
    place = line((f"   {short}", Role.FAINT)) if short else Line()
    is_open = bool(looked) and view.is_open(PROJECT, opened)
    fold = (symbols.opened if is_open else symbols.closed) if looked else " "
    label = named("project?" if place.spans else "turnings?")
    head = line(f"  {fold} ", (symbols.none, Role.FAINT), " ", label)
    yield Row(PROJECT, head + answer + place)
    for number, event in looked if is_open else ():
        key = TreeKey(Part.TURNING, number)
        where = f"   {event.where}" if event.where else ""
        words = line(
            "      ", (symbols.none, Role.FAINT), f" {pad(f'{event.turning}?', 12)} ", event.because,
            (where, Role.FAINT),
        )  # fmt: skip
        yield Row(key, words)


def _listed(names: Iterator[str]) -> str:
    every = list(dict.fromkeys(names))
    return " and ".join([", ".join(every[:-1]), every[-1]] if len(every) > 1 else every)


def _warm_rows(view: TreeView, opened: Collection[TreeKey]) -> Iterator[Row]:
    """What lies in the module cache stands before those who are asked for the rest."""
    trace, symbols = view.trace, view.symbols
    there = spared(trace)
    is_open = bool(there) and view.is_open(CACHE, opened)
    fold = (symbols.opened if is_open else symbols.closed) if there else " "
    if there:
        mark = symbols.ok, Role.OK
        answer = line(("answers", Role.OK), f": {', '.join(there)}: nobody is asked for that")
    else:
        mark = symbols.none, Role.FAINT
        looked = "what lies there is not asked for" if trace.finished is None else "nothing of use lies there"
        answer = line((looked, Role.FAINT))
    yield Row(CACHE, line(f"  {fold} ", mark, " ", named("module cache?")) + answer)
    if not is_open:
        return
    for op, event in there.items():
        key = TreeKey(Part.TURNING, trace.turnings.index(event))
        words = line("      ", (symbols.ok, Role.OK), f" {pad(op, 12)} ", event.because)
        yield Row(key, words + line((f"   {event.where}" if event.where else "", Role.FAINT)))
    yield from rule_rows(view, CACHE, next(iter(there.values())).rule)
