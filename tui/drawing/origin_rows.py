"""The branch of a direct hop: what go asks itself on the way to a module's own repository, and what it runs.

▾ ✗ direct                 origin ✓    git ✓       refs ✗    mod ·     zip ·         1.2 s
  ▹ – static host?   no: corp.example is not in go's table
  ▾ ✓ go-import?     yes: git https://git.corp.example/lib                          320 ms
      ▹ ✓ page corp.example/lib   200 OK                    ▇▇▇                     320 ms
  ▾ ■ refs?          stops here: the repository cannot be read                      840 ms
      ▾ ✗ git ls-remote   exit status 128                       ▇▇▇▇▇▇▇▇            840 ms
            fatal: could not read Username for 'https://git.corp.example'
    · revision, go.mod, archive   not reached
    credentials?     git: netrc ~/.netrc:3 is used
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain

from probes.golang.goproxy import Access
from probes.golang.protocol import Op
from probes.trace.fold import Trace
from probes.trace.origin_events import Answered, OriginDecided, OriginStep
from probes.trace.route import HopView
from tui.drawing.credential_rows import credential_rows, rewrite_row
from tui.drawing.figures import duration
from tui.drawing.hop_state import chip, requests_for
from tui.drawing.origin_questions import LABELS, origin_question
from tui.drawing.origin_story import (
    Told,
    held_at,
    not_reached,
    programs_at,
    steps_at,
    stopped_programs,
    told_at,
)
from tui.drawing.program_rows import held_row, program_rows
from tui.drawing.question_rows import named, question_rows
from tui.drawing.request_rows import request_rows
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.tree_view import TreeView
from tui.lines import Line, Role, Row, Span, cells, line, spread
from tui.symbols import Symbols

_INSIDE = "  "
"""How much further in the branch stands than what has no hop."""


# -- the line of the hop -----------------------------------------------------------------------------


_CHIPS = (
    ("origin", (OriginStep.STATIC, OriginStep.SUFFIX, OriginStep.GO_IMPORT, OriginStep.PREFIX)),
    ("vcs", (OriginStep.GOVCS, OriginStep.PROGRAM)),
    ("refs", (OriginStep.PLACE, OriginStep.REFS, OriginStep.REVISION)),
    ("mod", (OriginStep.GO_MOD,)),
    ("zip", (OriginStep.ARCHIVE,)),
)
_PROXY_OPS = (Op.LIST, Op.INFO, Op.MOD, Op.ZIP)


def origin_chips(view: TreeView, hop: HopView) -> Line:
    """How far go came, in five words: the origin, the program, what it has, go.mod and zip."""
    trace, symbols = view.trace, view.symbols
    steps = [step for _, step in steps_at(trace, hop.id)]
    vcs = next((step.vcs for step in steps if step.vcs and step.vcs != "mod"), "vcs")
    spans: list[Span] = []
    is_proxy = any(step.vcs == "mod" for step in steps)
    for name, about in _CHIPS[:1] if is_proxy else _CHIPS:
        own = [step for step in steps if step.step in about]
        text, role = _chip(own, symbols)
        if name == "vcs":
            text, role = _program_chip(trace, hop, symbols) or (text, role)
        spans += _chip_spans(vcs if name == "vcs" else name, text, role)
    for op in _PROXY_OPS if is_proxy else ():  # the host names a module proxy: no program is needed
        spans += _chip_spans(op.value, *chip(requests_for(trace, hop, op), symbols))
    return line(*spans)


def _chip_spans(word: str, text: str, role: Role) -> list[Span]:
    word_role = Role.FAINT if role is Role.FAINT else Role.PLAIN
    return [Span(f"{word} ", word_role), Span(text, role), Span(" " * (5 - cells(text)))]


def _chip(steps: list[OriginDecided], symbols: Symbols) -> tuple[str, Role]:
    last = {step.step: step.answered for step in steps}  # a prefix may fail where another one does not
    answers = [step.answered for step in steps]
    if Answered.FAILS in last.values():
        return symbols.fail, Role.FAIL
    if Answered.YES in answers:
        return symbols.ok, Role.OK
    if Answered.UNKNOWN in answers:
        return symbols.unknown, Role.WARN
    return symbols.idle, Role.FAINT


def _program_chip(trace: Trace, hop: HopView, symbols: Symbols) -> tuple[str, Role] | None:
    """What became of the programs themselves; None where none is to be told of."""
    if held_at(trace, hop.id):
        return "held", Role.WARN
    if any(ran.finished is None for _, ran in programs_at(trace, hop.id)):
        return symbols.busy, Role.BUSY
    if stopped_programs(trace, hop.id):
        return symbols.unknown, Role.WARN
    return None


# -- the branch --------------------------------------------------------------------------------------


def branch_rows(view: TreeView, hop: HopView, opened: Collection[TreeKey]) -> Iterator[Row]:
    """All that is told of a hop: steps, requests, programs, credentials."""
    for told in told_at(view.trace, hop.id):
        yield from _told_rows(view, told, opened)
    later = not_reached(view.trace, hop.id)
    if later and hop.access is Access.DIRECT:
        yield _later_row(view, hop.id, later)
    yield from credential_rows(view, hop.id, opened)


def homeless_rows(view: TreeView, opened: Collection[TreeKey]) -> Iterator[Row]:
    """Programs and credentials that belong to no entry of the list."""
    for number, _ in programs_at(view.trace, None):
        yield from program_rows(view, number, opened, "")
    for number in held_at(view.trace, None):
        yield held_row(view, number, "")
    yield from credential_rows(view, None, opened)


def _told_rows(view: TreeView, told: Told, opened: Collection[TreeKey]) -> Iterator[Row]:
    if told.key.part is Part.ORIGIN:
        yield from _step_rows(view, told, opened)
    elif told.key.part is Part.CREDENTIAL:
        yield rewrite_row(view, told.key, _INSIDE)
    else:
        yield from _inner_rows(view, told.key, opened, "")


def _inner_rows(
    view: TreeView, key: TreeKey, opened: Collection[TreeKey], indent: str, *, goes_on: bool = False
) -> Iterator[Row]:
    """A request, or a program: inside of a step, or by itself."""
    if key.part is Part.REQUEST:
        yield from request_rows(view, key.number, view.trace.requests[key.number], opened, indent)
    elif key.part is Part.PROGRAM:
        yield from program_rows(view, key.number, opened, indent + _INSIDE, goes_on=goes_on)
    else:
        yield held_row(view, key.number, indent + _INSIDE)


def _step_rows(view: TreeView, told: Told, opened: Collection[TreeKey]) -> Iterator[Row]:
    step = view.trace.origin.decided[told.key.number]
    question = origin_question(step)
    first = question.branches[0]
    words = line(named(LABELS[step.step]), (first.answer, first.role), f": {first.on}")
    if first.why:
        words += line((f"   {first.why}", Role.FAINT))
    seconds = _spent(view, told)
    room = view.width - len(_INSIDE) - 6
    if seconds:
        words = spread(words, line(duration(seconds)), room, cut=view.symbols.cut)
    # git looks for a commit before it fetches it: where a step went well, what failed in it was no failure.
    goes_on = step.answered in (Answered.YES, Answered.NO)
    inside = chain.from_iterable(
        _inner_rows(view, key, opened, _INSIDE, goes_on=goes_on) for key in told.inside
    )
    yield from question_rows(view, told.key, question, words, opened, inside, _INSIDE)


def _spent(view: TreeView, told: Told) -> float:
    total = 0.0
    for key in told.inside:
        if key.part is Part.REQUEST:
            request = view.trace.requests[key.number]
            total += 0.0 if request.finished is None else request.finished.at - request.finished.began
        else:
            ran = view.trace.origin.programs[key.number]
            total += 0.0 if ran.finished is None else ran.finished.at - ran.finished.began
    return total


def _later_row(view: TreeView, hop: int, later: list[OriginStep]) -> Row:
    state = "not reached" if view.trace.finished is not None else "not reached yet"
    names = (LABELS[step].rstrip("?") for step in later)
    text = (f" {', '.join(names)}: {state}", Role.FAINT)
    words = line(f"{_INSIDE}    ", (view.symbols.idle, Role.FAINT), text)
    return Row(TreeKey(Part.NOTE, hop, "later"), words, selectable=False)
