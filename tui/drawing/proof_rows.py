"""The ladder from a download to the signed root, drawn: a row a node, each of which opens.

▹ ✓ record      number 2: the go.sum lines of this version
▹ ✓ leaf        the hash of the record                     wOw1Y9gm…
▾ ✓ step 1      with its right sibling                     s8xbkPoE…
      left      the node of the step before: what has been computed so far
      right     lZF4mVEe…
▹ ✓ root        of all 4 records: signed                   cm9vdA==…

On a wide screen the steps are drawn as well: a line from each sibling to the node that it makes.

  leaf   wOw1Y9gm… ┐
  right  lZF4mVEe… ┴─┐      s8xbkPoE…
  left   9qqx1BhU… ──┴─┐    cm9vdA==…
  root                 └─   cm9vdA==…
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from probes.trace.fold import Trace
from tui.drawing.proof_nodes import Inside, Node, Subject, nodes, subjects
from tui.lines import Line, Role, Row, chop, line, pad, wrap
from tui.symbols import Symbols

WIDE = 145
"""Cells from which on the steps are drawn."""
_LABEL, _SHORT = 12, 12
_START = 56
"""Where the drawing begins."""
_INSIDE = 10

Masked = Callable[[str], str]
Key = tuple[int, str]
"""The subject and the node; rows of an opened node have a third part."""


def proof_rows(
    trace: Trace, folds: Mapping[Key, bool], width: int, symbols: Symbols, masked: Masked, *, all_open: bool
) -> list[Row]:
    """Every version that somebody was to vouch for, the one that was asked for first and open."""
    rows: list[Row] = []
    every = subjects(trace)
    for number, subject in enumerate(every):
        is_open = all_open or folds.get((number, ""), number == 0)
        if number:
            rows.append(Row((number, "gap"), Line(), selectable=False))
        rows.append(_subject_row(number, subject, symbols, masked, is_open=is_open))
        if is_open:
            rows += _ladder(trace, number, subject, folds, width, symbols, masked, all_open=all_open)
    return [row.fitted(width, cut=symbols.cut) for row in rows]


def _subject_row(
    number: int, subject: Subject, symbols: Symbols, masked: Masked, *, is_open: bool
) -> Row:
    name = masked(f"{subject.path}@{subject.version}")
    if subject.failed is not None:
        mark, words = (symbols.fail, Role.FAIL), "is not vouched for"
    elif subject.proof is not None:
        mark, words = (symbols.ok, Role.OK), "is vouched for, and that is proved"
    elif any(one.routed.sworn.value == "go.sum" for one in subject.hashes):
        mark, words = (symbols.ok, Role.OK), "is what go.sum says"
    else:
        mark, words = (symbols.warn, Role.WARN), "is vouched for by nobody"
    fold = symbols.opened if is_open else symbols.closed
    text = line(f" {fold} ", mark, " ", (name, Role.STRONG), f"  {words}")
    return Row((number, ""), text, copy=name)


def _ladder(
    trace: Trace, number: int, subject: Subject, folds: Mapping[Key, bool], width: int, symbols: Symbols,
    masked: Masked, *, all_open: bool,
) -> Iterator[Row]:  # fmt: skip
    every = nodes(trace, subject)
    drawing = _Drawing(every, width, symbols) if width >= WIDE else None
    for node in every:
        key = (number, node.key)
        is_open = bool(node.inside) and (all_open or folds.get(key, node.opens))
        fold = (symbols.opened if is_open else symbols.closed) if node.inside else " "
        mark = str(getattr(symbols, node.symbol)), node.role
        head = line(f"   {fold} ", mark, " ", (pad(node.label, _LABEL), Role.NAME))
        words = masked(node.words)
        role = node.role if node.role in (Role.FAIL, Role.WARN, Role.BUSY) else Role.PLAIN
        text = head + line((words, role))
        if drawing is not None and node.hash:
            text = drawing.beside(node, text)
        elif node.hash:
            short = line("  ", (f"{node.hash[:_SHORT]}{symbols.cut}", Role.FAINT))
            text = text + short if text.width + short.width <= width else text
        yield Row(key, text, copy=masked(node.copy or node.words))
        if is_open:
            yield from _inside_rows(key, node.inside, width, masked)


def _inside_rows(key: Key, inside: Sequence[Inside], width: int, masked: Masked) -> Iterator[Row]:
    """What an opened node says; each text can be copied by itself."""
    for at, one in enumerate(inside):
        room = max(20, min(width, WIDE) - 9 - _INSIDE - 1)
        text = masked(one.text.expandtabs(4))
        texts = chop(text, room) if one.verbatim else wrap(text, room)
        for part, piece in enumerate(texts):
            label = pad(one.label if part == 0 else "", _INSIDE)
            body = line("         ", (label, Role.FAINT), (piece, one.role))
            yield Row((*key, at, part), body, copy=text)


class _Drawing:
    """The steps as lines that meet: where each sibling comes in, and the node that it makes."""

    def __init__(self, every: Sequence[Node], width: int, symbols: Symbols) -> None:
        self._symbols = symbols
        self._rungs = [node.key for node in every if node.step is not None]
        self._corner, self._joint, self._end = ("+", "+", "+") if symbols.ascii_only else ("┐", "┴", "└")
        self._room = width

    def beside(self, node: Node, head: Line) -> Line:
        """A row with its part of the drawing."""
        at = self._rungs.index(node.key) + 1 if node.key in self._rungs else 0
        if node.key == "root":
            at = len(self._rungs)
        text = head + line(" " * max(1, _START - head.width))
        if node.key == "root":
            lead = " " * (2 * at + _SHORT + 2)
            return self._with_hash(text + line((f"{lead}{self._end}{self._symbols.rule}", Role.FAINT)), node)
        sibling = node.step.sibling if node.step is not None else node.hash
        text = text + line(f"{sibling[:_SHORT]}{self._symbols.cut} ")
        rule = self._symbols.rule * (2 * max(0, at - 1))
        join = self._corner if at == 0 else f"{self._joint}{self._symbols.rule}{self._corner}"
        text = text + line((f"{rule}{join}", Role.FAINT))
        return self._with_hash(text, node) if node.step is not None else text

    def _with_hash(self, text: Line, node: Node) -> Line:
        """The node's own hash behind it: all of it where there is room."""
        column = _START + _SHORT + 2 + 2 * len(self._rungs) + 5
        text = text + line(" " * max(1, column - text.width))
        room = self._room - text.width
        shown = node.hash if len(node.hash) <= room else f"{node.hash[:_SHORT]}{self._symbols.cut}"
        return text + line((shown, Role.NAME))
