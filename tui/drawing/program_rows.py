"""The rows of the programs that go starts: command, outcome, bar; what would be run where none may be."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from probes.golang.vcs_words import telling_line
from probes.trace.origin_events import Ran
from tui.drawing.figures import duration, waiting
from tui.drawing.origin_story import CANCELLED, program_name
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.tree_view import TIME_WIDTH, TreeView, axis_for, time_cell
from tui.lines import Role, Row, fit, line, pad, row_with, wrap
from tui.symbols import Symbols

MOST_COMPLAINT = 12
"""Lines of a program's complaint in the tree; the details have all of it."""


def outcome_look(ran: Ran, symbols: Symbols, *, goes_on: bool = False) -> tuple[str, Role, str]:
    """A symbol, a role and words for how a program stands; ``goes_on``: whether go made do with a failure."""
    finished = ran.finished
    if finished is None:
        return symbols.busy, Role.BUSY, "under way"
    if finished.outcome == CANCELLED:
        return symbols.unknown, Role.WARN, "stopped"
    if finished.outcome == "ok":
        return symbols.ok, Role.OK, "ok"
    look = (symbols.none, Role.FAINT) if goes_on else (symbols.fail, Role.FAIL)
    return *look, finished.outcome


def program_rows(
    view: TreeView, number: int, opened: Collection[TreeKey], indent: str, *, goes_on: bool = False
) -> Iterator[Row]:
    """A program with its bar; unfolded its command line in full and what it complained of."""
    ran = view.trace.origin.programs[number]
    key, symbols, finished = TreeKey(Part.PROGRAM, number), view.symbols, ran.finished
    is_open = view.is_open(key, opened)
    fold = symbols.opened if is_open else symbols.closed
    symbol, role, outcome = outcome_look(ran, symbols, goes_on=goes_on)
    head = line(f"{indent}  {fold} ", (symbol, role), " ")
    axis = axis_for(view)
    ended = view.now if finished is None else finished.at
    bar = line((axis.bar(ran.started.at, ended, symbols), role))
    room = view.width - axis.width - TIME_WIDTH - head.width - 1
    command = ran.started.command
    complaint = "" if finished is None else telling_line(finished.complaint)
    name = program_name(command)
    said = f": {complaint}" if complaint else ""
    text_role = Role.PLAIN if role is Role.OK else role
    words = line((pad(name, 13), Role.NAME), " ", (f"{outcome}{said}", text_role))
    shown = fit(words, room, cut=symbols.cut)
    fill = line(" " * (room - shown.width))
    took = ended - ran.started.at
    time = waiting(took) if finished is None else duration(took)
    yield row_with(key, head + shown + fill + bar + time_cell(time), command, f"{outcome}{said}")
    if is_open:
        yield from _program_inside(view, number, ran, f"{indent}      ", role)


def _program_inside(view: TreeView, number: int, ran: Ran, indent: str, role: Role) -> Iterator[Row]:
    room = view.width - len(indent) - 1
    texts = [(text, Role.FAINT) for text in wrap(ran.started.command, room)]
    complaint = ran.finished.complaint.strip().split("\n") if ran.finished and ran.finished.complaint else []
    for said in complaint[:MOST_COMPLAINT]:
        texts += [(text, role) for text in wrap(said, room)]
    if len(complaint) > MOST_COMPLAINT:
        texts.append((f"{len(complaint) - MOST_COMPLAINT} more lines: enter", Role.FAINT))
    for at, text in enumerate(texts):
        own = TreeKey(Part.BRANCH, number, f"program {at}")
        yield Row(own, line(indent, text), selectable=False)


def held_row(view: TreeView, number: int, indent: str) -> Row:
    held = view.trace.origin.held[number]
    head = line(f"{indent}    ", (view.symbols.unknown, Role.WARN), " ", ("would run", Role.WARN), "  ")
    hint = line(("  press !", Role.WARN))
    room = view.width - head.width - hint.width
    command = fit(line(held.command), room, cut=view.symbols.cut)
    return row_with(TreeKey(Part.HELD, number), head + command + hint, "would run", held.command)
