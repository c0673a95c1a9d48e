"""The rows of a question that go asks itself: one line, and unfolded each answer with why, and the rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from tui.drawing.decisions import Question
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.tree_view import TreeView
from tui.lines import Line, Role, Row, cells, line, pad, wrap

LABEL = 18
"""Cells of the label of the first and last rows, the fold and the symbol before it included."""


def named(text: str) -> tuple[str, Role]:
    """The name of a question, so that all answers stand below each other."""
    return pad(text, LABEL - 4), Role.NAME


def question_rows(
    view: TreeView,
    key: TreeKey,
    question: Question,
    words: Line,
    opened: Collection[TreeKey],
    inside: Iterable[Row] = (),
    indent: str = "",
) -> Iterator[Row]:
    """A question in one line; unfolded, what it holds, each answer with why, and where the rule stands."""
    symbols, is_open = view.symbols, view.is_open(key, opened)
    fold = symbols.opened if is_open else symbols.closed
    first = question.branches[0]
    yield Row(key, line(f"{indent}  {fold} ") + first.head(symbols) + line(" ") + words)
    if not is_open:
        return
    inner = list(inside)
    yield from inner
    column = min(40, max(12, *(cells(branch.answer) + 1 for branch in question.branches)))
    for number, branch in enumerate(question.branches):
        if inner and branch.taken:
            continue  # what it holds says more
        role = branch.role if branch.taken else Role.FAINT
        head = line(f"{indent}      ") + branch.head(symbols) + line((f" {pad(branch.answer, column)}", role))
        for part, text in enumerate(wrap(branch.sentence, view.width - head.width - 1)):
            front = head if part == 0 else line(" " * head.width)
            text_role = Role.PLAIN if branch.taken else Role.FAINT
            own = TreeKey(Part.BRANCH, key.number, f"{key.part} {number} {part}")
            yield Row(own, front + line((text, text_role)), selectable=False)
    yield from rule_rows(view, key, question.rule, column, indent)


def rule_rows(
    view: TreeView, key: TreeKey, rule: str, column: int = 12, indent: str = ""
) -> Iterator[Row]:
    """Where the rule stands."""
    if rule:
        words = line(f"{indent}        ", (pad("why", column), Role.FAINT), (rule, Role.FAINT))
        yield Row(TreeKey(Part.BRANCH, key.number, f"{key.part} rule"), words, selectable=False)
