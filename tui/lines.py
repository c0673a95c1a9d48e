"""Lines of the screen before they are painted: text in roles, safe by construction, measured in cells.

Everything that is drawn passes through Span, and Span makes its text safe for a terminal. So no widget can
be given a control character, and no text is ever parsed as markup.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from rich.cells import cell_len, chop_cells, set_cell_size

from probes.golang.safetext import safe_text

SPAN_LIMIT = 8192
"""Characters of one span; nothing that is worth reading on a screen is longer."""


class Role(StrEnum):
    """What a piece of text is; the theme gives each role its colour."""

    PLAIN = "plain"
    OK = "ok"
    FAIL = "fail"
    WARN = "warn"
    BUSY = "busy"
    FAINT = "faint"
    STRONG = "strong"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one role; safe to print."""

    text: str
    role: Role = Role.PLAIN

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", safe_text(self.text, limit=SPAN_LIMIT))


Piece = str | Span | tuple[str, Role]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the screen."""

    spans: tuple[Span, ...] = ()

    @property
    def text(self) -> str:
        """The line without its roles."""
        return "".join(span.text for span in self.spans)

    @property
    def width(self) -> int:
        """How many cells it takes."""
        return sum(cell_len(span.text) for span in self.spans)

    def __add__(self, other: Line) -> Line:
        return Line(self.spans + other.spans)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list, with its name."""

    key: Hashable
    """Stays the same while the line's text changes."""
    line: Line
    selectable: bool = True
    copy: str | None = None
    """What ``y`` copies; None for the text of the line."""
    full: Line | None = None
    """All of it, where the line shows less; None where the line is all there is."""
    hit: bool = False
    """Whether it is one of those that are looked for."""

    def fitted(self, width: int, *, cut: str = "…") -> Row:
        """The row on a line of at most ``width`` cells; all of a longer one stands behind it."""
        if self.line.width <= width:
            return self
        return replace(self, line=fit(self.line, width, cut=cut), full=self.full or self.line)

    @property
    def text(self) -> str:
        """All of its text, without blanks at its ends."""
        return (self.full or self.line).text.strip()

    @property
    def to_copy(self) -> str:
        """What ``y`` copies."""
        return self.text if self.copy is None else self.copy


def row_with(key: Hashable, text: Line, *words: str) -> Row:
    """A row about these words; where there is no room for all of them, they stand behind it in full."""
    safe = [safe_text(word, limit=SPAN_LIMIT) for word in words]
    shown = text.text
    return Row(key, text, full=None if all(word in shown for word in safe) else line("  ".join(safe)))


def line(*pieces: Piece) -> Line:
    """A line of strings, (string, role) pairs and spans; empty ones are left out."""
    spans = []
    for piece in pieces:
        if isinstance(piece, str):
            piece = Span(piece)
        elif isinstance(piece, tuple):
            piece = Span(*piece)
        if piece.text:
            spans.append(piece)
    return Line(tuple(spans))


def cells(text: str) -> int:
    """How many cells a text takes once it is safe."""
    return cell_len(safe_text(text, limit=SPAN_LIMIT))


def pad(text: str, width: int, *, cut: str = "…") -> str:
    """``text`` in exactly ``width`` cells: filled up with blanks, or cut with a mark."""
    text = safe_text(text, limit=SPAN_LIMIT)
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, max(0, width - cell_len(cut))) + set_cell_size(cut, min(width, cell_len(cut)))


def fit(whole: Line, width: int, *, cut: str = "…") -> Line:
    """The line in at most ``width`` cells, cut with a mark where it is longer."""
    if whole.width <= width:
        return whole
    spans: list[Span] = []
    left = width
    for span in whole.spans:
        size = cell_len(span.text)
        if size < left or (size == left and span is whole.spans[-1]):
            spans.append(span)
            left -= size
            continue
        text = set_cell_size(span.text, max(0, left - cell_len(cut)))
        spans.append(Span(text + cut[: max(0, left)], span.role))
        break
    return Line(tuple(spans))


def spread(left: Line, right: Line, width: int, *, cut: str = "…") -> Line:
    """Two lines on one: the second at the right edge, the first cut where it would touch it."""
    room = width - right.width
    if room < 2 or not right.spans:
        return fit(left, width, cut=cut)
    left = fit(left, room - 1, cut=cut)
    return left + line(" " * (room - left.width)) + right


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` cells, broken at blanks, long words where they must be.

    Line feeds break lines too; everything else is made safe.
    """
    width = max(4, width)
    wrapped: list[str] = []
    for paragraph in text.split("\n"):
        current = ""
        for word in _words(safe_text(paragraph.expandtabs(4), limit=SPAN_LIMIT)):
            if cell_len(current) + cell_len(word.rstrip(" ")) <= width:
                current += word
                continue
            if current.strip():
                wrapped.append(current.rstrip(" "))
                word = word.lstrip(" ")
                current = ""
            *full, current = chop_cells(current + word, width) or [""]
            wrapped += full
        wrapped.append(current.rstrip(" "))
    return wrapped


def wrap_line(whole: Line, width: int, indent: int = 0) -> list[Line]:
    """The line in lines of at most ``width`` cells, each piece in its role; all but the first indented."""
    indent = min(indent, max(0, width - 8))
    text = whole.text
    first = wrap(text, width)[0]
    rest = text[len(first) :].lstrip(" ")
    lines, at = [part_of(whole, 0, len(first))], len(first)
    for piece in wrap(rest, width - indent) if rest else ():
        at = max(at, text.find(piece, at))
        lines.append(line(" " * indent) + part_of(whole, at, at + len(piece)))
        at += len(piece)
    return lines


def part_of(whole: Line, start: int, end: int) -> Line:
    """The characters from ``start`` to ``end``, each in its role."""
    pieces: list[Piece] = []
    at = 0
    for span in whole.spans:
        text = span.text[max(0, start - at) : max(0, end - at)]
        pieces.append((text, span.role))
        at += len(span.text)
    return line(*pieces)


def fit_middle(text: str, width: int, *, cut: str = "…") -> str:
    """``text`` in at most ``width`` cells; what is longer loses its middle, for both ends tell most."""
    text = safe_text(text, limit=SPAN_LIMIT)
    if cell_len(text) <= width:
        return text
    room = width - cell_len(cut)
    if room < 2:
        return pad(text, width, cut=cut)
    head = set_cell_size(text, room - room // 2)
    start = len(text)
    while cell_len(text[start - 1 :]) <= room // 2:
        start -= 1
    return head + cut + text[start:]


def chop(text: str, width: int) -> list[str]:
    """``text`` in pieces of at most ``width`` cells, blanks kept; line feeds break lines too."""
    pieces: list[str] = []
    for whole in text.split("\n"):
        safe = safe_text(whole, limit=SPAN_LIMIT)
        # rich loses characters without a width that stand alone: what fits is not given to it.
        pieces += [safe] if cell_len(safe) <= width else chop_cells(safe, max(4, width))
    return pieces


def _words(text: str) -> Iterable[str]:
    """Words with the blanks behind them."""
    start = 0
    for at in range(1, len(text)):
        if text[at - 1] == " " and text[at] != " ":
            yield text[start:at]
            start = at
    yield text[start:]


def wrap_pieces(first: Iterable[Piece], text: str, width: int, role: Role = Role.PLAIN) -> list[Line]:
    """``text`` behind a label, its further lines indented to where it began."""
    head = line(*first)
    texts = wrap(text, width - head.width)
    return [
        (head if number == 0 else line(" " * head.width)) + line((part, role))
        for number, part in enumerate(texts)
    ]
