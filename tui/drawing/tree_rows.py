"""The tree pane: the way go walks, one row a hop, one row an edge, drawn before the first packet.

  private?        no       nothing in GONOPROXY matches
▾ ✗ mirror.corp            list ✗502  info ·  mod ·  zip ·                     842 ms
    ✗ list        502 Bad Gateway                       ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇        842 ms
  ■ , stops here           502 is neither 404 nor 410
  · goproxy.cn             list ·     info ·  mod ·  zip ·
  checksums       ·        sum.golang.org
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from probes.golang.goproxy import Access, HopKind
from probes.golang.protocol import Op
from probes.trace.checksum_events import ChecksumDecided
from probes.trace.events import Outcome
from probes.trace.fold import Trace
from probes.trace.route import HopView
from tui.drawing.decisions import (
    checksum_question,
    edge_question,
    edge_words,
    private_question,
    version_question,
)
from tui.drawing.figures import duration, waiting
from tui.drawing.hop_state import (
    State,
    chip,
    hop_state,
    is_busy,
    refused_file,
    requests_for,
    spent,
    unasked_words,
)
from tui.drawing.layers import capability_rows, case_rows, homeless_ladder_rows
from tui.drawing.question_rows import named, question_rows
from tui.drawing.request_rows import request_rows
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.tree_view import TreeView, guilty_row, open_by_themselves
from tui.drawing.turning_questions import spared
from tui.drawing.whatif_marks import WHAT_IF, edge_mark, hop_note
from tui.lines import Line, Role, Row, Span, cells, line, pad, row_with, spread

_UNCHECKED = ("off", "private", "")
"""What stands for the name of the checksum database when nobody is asked."""


ON_DISK = "disk"
"""The chip of what lies in the module cache: nobody is asked for it."""


def first_hop(trace: Trace) -> TreeKey | None:
    """The first entry of the list that go looks at."""
    hops = [] if trace.route is None else [hop for hop in trace.route.hops if hop.kind is not HopKind.NOPROXY]
    return TreeKey(Part.HOP, hops[0].id) if hops else None


def tree_rows(view: TreeView) -> list[Row]:
    """All rows of the tree."""
    route = view.trace.route
    if route is None:
        return []
    opened = open_by_themselves(view.trace, view.now)
    rows: list[Row] = []
    if route.error is not None:
        text = line((view.symbols.fail, Role.FAIL), " GOPROXY cannot be used: ", (route.error, Role.FAIL))
        rows.append(Row(TreeKey(Part.BROKEN), line("  ") + text))
    rows += _turning_rows(view, opened)
    rows += _private_rows(view, opened)
    past = route.private_pattern is not None
    shown = [hop for hop in route.hops if past or hop.kind is not HopKind.NOPROXY]
    for hop in shown:
        rows += _hop_rows(view, hop, opened)
        if hop.kind is not HopKind.NOPROXY:
            rows += _edge_rows(view, hop, opened, last=hop is shown[-1] and not route.dead)
    for number, entry in enumerate(route.dead):
        text = line(f"    {view.symbols.none} ", (pad(entry, 22, cut=view.symbols.cut), Role.FAINT))
        words = ("  never looked at: it stands behind direct or off", Role.FAINT)
        rows.append(Row(TreeKey(Part.DEAD, number), text + line(words)))
    rows += _content_rows(view)
    rows += _version_rows(view, opened)
    rows += _checksum_rows(view, opened)
    rows += _homeless_origin_rows(view, opened)
    rows += _cache_rows(view)
    rows += homeless_ladder_rows(view, opened)
    return [row.fitted(view.width, cut=view.symbols.cut) for row in rows]


def _turning_rows(view: TreeView, opened: Collection[TreeKey]) -> Iterator[Row]:
    started = view.trace.started
    if view.trace.turnings or (started is not None and (started.project or started.warm)):
        from tui.drawing.turning_rows import turning_rows

        yield from turning_rows(view, opened)


def _private_rows(view: TreeView, opened: Collection[TreeKey]) -> Iterator[Row]:
    question = private_question(view.trace)
    (taken,), (other,) = question.taken, question.not_taken
    role = Role.WARN if taken.answer == "yes" else Role.PLAIN
    words = line(named("private?"), (taken.answer, role), (f": {taken.on}", Role.FAINT))
    words = words + line((f"   · {other.answer}: {other.why}", Role.FAINT))
    yield from question_rows(view, TreeKey(Part.PRIVATE), question, words, opened)


# -- hops --------------------------------------------------------------------------------------------


def _hop_rows(view: TreeView, hop: HopView, opened: Collection[TreeKey]) -> Iterator[Row]:
    key = TreeKey(Part.HOP, hop.id)
    requests = [(n, r) for n, r in view.trace.requests.items() if r.started.hop == hop.id]
    branch = _has_branch(view, hop)
    can_open = bool(requests) or branch or hop.id in view.trace.capabilities
    is_open = can_open and view.is_open(key, opened)
    yield row_with(key, _hop_line(view, hop, is_open=is_open, can_open=can_open), hop.name)
    if hop.id in view.unreal.hops:
        yield Row(TreeKey(Part.NOTE, hop.id, WHAT_IF), hop_note(view.symbols), selectable=False)
    yield from case_rows(view, hop.id)
    if not is_open:
        return
    if branch:
        from tui.drawing.origin_rows import branch_rows

        yield from branch_rows(view, hop, opened)
    for number, request in () if branch else requests:
        yield from request_rows(view, number, request, opened)
    yield from capability_rows(view, hop.id)
    for number, made in enumerate(view.trace.findings):
        if made.hop == hop.id:
            words = line("      ", (view.symbols.warn, Role.WARN), " ", (made.finding.message, Role.WARN))
            yield Row(TreeKey(Part.FINDING, number), words)


def _has_branch(view: TreeView, hop: HopView) -> bool:
    """Whether more is told of a hop than its requests."""
    origin = view.trace.origin
    if not (origin.decided or origin.programs or origin.held or origin.credentials):
        return False
    from tui.drawing.origin_story import has_branch

    return has_branch(view.trace, hop)


def _hop_line(view: TreeView, hop: HopView, *, is_open: bool, can_open: bool) -> Line:
    symbols, state = view.symbols, hop_state(view.trace, hop)
    fold = (symbols.opened if is_open else symbols.closed) if can_open else " "
    head = line(f"  {fold} ", (state.symbol(symbols), state.role), " ")
    name_role = Role.FAINT if state is State.IDLE else Role.STRONG
    name = "direct, being private" if hop.kind is HopKind.NOPROXY else hop.name
    is_told = hop.access is Access.DIRECT and (can_open or hop.id in view.trace.capabilities)
    if hop.access is not Access.ASK and not is_told:
        words = unasked_words(view.trace, hop)
        return head + line((pad(name, 22, cut=symbols.cut), name_role), ("  " + words, Role.FAINT))
    if hop.access is Access.DIRECT:
        from tui.drawing.origin_rows import origin_chips

        chips = origin_chips(view, hop)
    else:
        chips = _chips(view, hop)
    time = _time_at(view, hop)
    room = view.width - head.width - chips.width - 2
    if room - 10 >= min(12, cells(name)):
        room -= 10
    else:
        time = Line()
    if hop.kind is HopKind.NOPROXY and cells(name) > room:
        name = "direct"  # the row of "private?" says the rest
    name = pad(name, min(max(room, 8), 34), cut=symbols.cut)
    return spread(head + line((name, name_role), "  ") + chips, time, view.width, cut=symbols.cut)


def _time_at(view: TreeView, hop: HopView) -> Line:
    seconds = spent(view.trace, hop, view.now)
    if is_busy(view.trace, hop):
        return line((waiting(seconds), Role.BUSY))
    return line(duration(seconds)) if seconds else Line()


def _chip_ops(view: TreeView) -> list[Op]:
    """The operations that have a chip: those that go asks for a download, and others that were asked."""
    asked = {request.started.op for request in view.trace.requests.values()}
    route = view.trace.route
    ops = [Op.LIST, *([Op.LATEST] if Op.LATEST in asked else []), Op.INFO, Op.MOD, Op.ZIP]
    if route is not None and (route.checksum not in _UNCHECKED or Op.SUM in asked):
        ops.append(Op.SUM)
    return ops


def _chips(view: TreeView, hop: HopView) -> Line:
    spans: list[Span] = []
    refused, there = refused_file(view.trace, hop), spared(view.trace)
    for op in _chip_ops(view):
        text, role = chip(requests_for(view.trace, hop, op), view.symbols, is_refused=op is refused)
        if op in there and text == view.symbols.idle:
            text = ON_DISK
        word_role = Role.FAINT if role is Role.FAINT else Role.PLAIN
        blanks = " " * (5 - cells(text))
        spans += [Span(f"{op} ", word_role), Span(text, role), Span(blanks)]
    return line(*spans)


# -- edges -------------------------------------------------------------------------------------------


def _edge_rows(view: TreeView, hop: HopView, opened: Collection[TreeKey], *, last: bool) -> Iterator[Row]:
    question = edge_question(view.trace, hop)
    stopped = any(branch.answer in ("stops here", "unknown") for branch in question.taken)
    if last and not stopped:
        return
    words = edge_words(view.trace, hop, question)
    if hop.id in view.unreal.edges:
        words = edge_mark(view.symbols) + words
    yield from question_rows(view, TreeKey(Part.EDGE, hop.id), question, words, opened)


# -- what is neither hop nor edge --------------------------------------------------------------------


def _content_rows(view: TreeView) -> Iterator[Row]:
    """A failure that belongs to no walk: content that go refuses, or a command that it does not begin."""
    finished = view.trace.finished
    if finished is None or finished.outcome is not Outcome.FAILS or finished.failed_walk is not None:
        return
    if view.trace.route is not None and view.trace.route.error is not None:
        return
    guilty = guilty_row(view.trace)
    if guilty is not None and guilty.part in (Part.TURNING, Part.SWORN):
        return  # that row carries the failure
    label = "content" if view.trace.requests or spared(view.trace) else "go itself"
    head = line("    ", (view.symbols.fail, Role.FAIL), " ", named(label))
    yield Row(TreeKey(Part.CONTENT), head + line(((finished.error or "").split("\n", 1)[0], Role.FAIL)))


def _version_rows(view: TreeView, opened: Collection[TreeKey]) -> Iterator[Row]:
    question = version_question(view.trace)
    first, *others = question.branches
    words = line(named("version?"), (first.answer, first.role))
    if first.taken:
        words = words + line((f": {first.on}", Role.FAINT))
    for other in others[:1]:
        words = words + line((f"   · {other.answer}: {other.on}", Role.FAINT))
    yield from question_rows(view, TreeKey(Part.VERSION), question, words, opened)


def _checksum_rows(view: TreeView, opened: Collection[TreeKey]) -> Iterator[Row]:
    route = view.trace.route
    assert route is not None
    question = checksum_question(view.trace)
    words = line(named("checksums?"))
    key, inside = TreeKey(Part.CHECKSUMS), list[Row]()
    if view.trace.sworn:
        from tui.drawing.oath_rows import oath_rows, summary

        answer, role, more = summary(view.trace) or ("", Role.PLAIN, "")
        words = words + line((answer, role), f": {more}")
        inside = list(oath_rows(view, opened)) if view.is_open(key, opened) else []
    else:
        words = words + _checksum_words(view, view.trace.checksums, route.checksum)
    yield from question_rows(view, key, question, words, opened, inside)


def _cache_rows(view: TreeView) -> Iterator[Row]:
    if spared(view.trace) or (view.trace.started is not None and view.trace.started.warm):
        return  # it stands before those who are asked
    words = line(named("module cache"), ("as if empty, so that every hop shows", Role.FAINT))
    yield Row(TreeKey(Part.CACHE), line(f"    {view.symbols.none} ") + words)


def _homeless_origin_rows(view: TreeView, opened: Collection[TreeKey]) -> Iterator[Row]:
    """Programs and credentials that belong to no entry of the list."""
    if view.trace.origin.credentials or view.trace.origin.programs or view.trace.origin.held:
        from tui.drawing.origin_rows import homeless_rows

        yield from homeless_rows(view, opened)


def _checksum_words(view: TreeView, decided: list[ChecksumDecided], planned: str) -> Line:
    failed = [check for check in decided if check.verdict == "failed"]
    verified = [check.what for check in decided if check.verdict == "verified"]
    if failed:
        return line(("refused", Role.FAIL), f": {failed[0].what}: {failed[0].because}")
    if verified:
        return line(("yes", Role.OK), f": {' and '.join(verified)} verified by {planned}")
    if planned in _UNCHECKED:
        why = {"off": "GOSUMDB=off: nobody is asked", "private": "private: nobody is asked"}
        return line("no", (": " + why.get(planned, "nobody is asked"), Role.FAINT))
    asked = "vouches for what is downloaded" if view.trace.finished is None else "was not asked"
    return line("yes", (f": {planned} {asked}", Role.FAINT))
