"""Which rows hold what is looked for, and which of the others stay in sight with them.

What is looked for is plain text. Capitals and small letters are the same, until a capital is typed (as
ripgrep and vim's smartcase have it).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from tui.lines import Line, Role, Row, line

InsideOf = Callable[[Hashable], Hashable]
"""The key of the row that another is inside of; None for a row of its own."""


def found_in(needle: str, text: str) -> bool:
    """Whether the text holds it."""
    return needle in (text if _minds_case(needle) else text.lower())


def places(needle: str, text: str) -> Iterator[range]:
    """Where in the text it stands."""
    if not needle:
        return
    if not _minds_case(needle):
        lower = text.lower()
        # A few letters are longer in lower case; then the places would not be those of the text.
        text = lower if len(lower) == len(text) else text
    at = text.find(needle)
    while at >= 0:
        yield range(at, at + len(needle))
        at = text.find(needle, at + len(needle))


def _minds_case(needle: str) -> bool:
    return needle != needle.lower()


@dataclass(slots=True)
class _Block:
    """A row with a cursor, the headings before it, and the rows below that belong to it."""

    heads: list[Row]
    row: Row
    own: list[Row] = field(default_factory=list)

    @property
    def text(self) -> str:
        rows = (self.row, *self.own)
        return " ".join(text.text for row in rows for text in (row.line, row.full) if text is not None)


def _blocks(rows: Iterable[Row]) -> Iterator[_Block]:
    """The rows in blocks. Rows without a cursor belong to the row above; after a blank one, to that below."""
    block: _Block | None = None
    heads: list[Row] = []
    for row in rows:
        if row.selectable:
            if block is not None:
                yield block
            block, heads = _Block(heads, row), []
        elif block is None or heads or not row.line.spans:
            heads.append(row)
        else:
            block.own.append(row)
    if block is not None:
        yield block


def _outside_of_all(key: Hashable) -> Hashable:
    return None


def keep_matches(rows: Sequence[Row], needle: str, inside_of: InsideOf = _outside_of_all) -> Sequence[Row]:
    """The rows that hold ``needle``, as hits; faint, the rows that they are inside of; and the headings."""
    if not needle or not any(row.selectable for row in rows):
        return rows
    blocks = list(_blocks(rows))
    hits = {block.row.key for block in blocks if found_in(needle, block.text)}
    around: set[Hashable] = set()
    for hit in hits:
        key = inside_of(hit)
        while key is not None and key not in around:
            around.add(key)
            key = inside_of(key)
    kept: list[Row] = []
    heads: list[Row] = []
    for block in blocks:
        heads = block.heads or heads
        if block.row.key in hits:
            kept += [*_first_without_gap(heads, kept), replace(block.row, hit=True), *block.own]
            heads = []
        elif block.row.key in around:
            kept += [*_first_without_gap(heads, kept), replace(block.row, line=faint(block.row.line))]
            heads = []
    return kept


def _first_without_gap(heads: list[Row], kept: list[Row]) -> list[Row]:
    return heads if kept else [head for head in heads if head.line.spans]


def all_hits(rows: Sequence[Row]) -> list[Row]:
    """The rows of a list that was narrowed already: whatever the cursor can be on is a hit."""
    return [replace(row, hit=True) if row.selectable else row for row in rows]


def faint(text: Line) -> Line:
    """The line, there only because of others."""
    return line(*((span.text, Role.FAINT) for span in text.spans))


def nothing_found(needle: str) -> Row:
    """What stands where nothing is left."""
    return Row(("nothing", "found"), line((f"  nothing here holds “{needle}”", Role.FAINT)), selectable=False)
