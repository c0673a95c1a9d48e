"""Two pictures of the screen, what the terminal shows and what it should show, and the way between them.

A frame is that way: the runs of cells that differ, the shortest moves between them, the shortest changes of
colour (ECMA-48 CUP, CUF, EL and SGR; nothing that a terminal of the last forty years does not know).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size
from rich.color import ColorSystem
from textual.strip import Strip

Pen = str
"""The SGR parameters of a style, "" for none: "1;32"."""

Row = tuple[list[str], list[Pen]]
"""The glyphs of a row's cells, and their pens. A wide glyph is followed by "" for each further cell."""

Piece = tuple[int, int, Strip]
"""A column, a row, and what is there."""

UNKNOWN = "\0"
"""What a cell holds as long as nobody knows what it shows."""

LONGEST_GAP = 4
"""Cells in the same pen between two changes that are written again: a move would be as long."""

SHORTEST_TAIL = 6
"""Blanks at the end of a row that are written as they are: to erase them is as long."""

_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29"}
_DRAWN_ON_BLANKS = frozenset(_OFF) - {"1", "2", "3", "8"} | {"6", "21", "51", "52", "53"}
"""Attributes that are seen where there is no letter."""


class Canvas:
    """What the terminal shows, and what it should show."""

    def __init__(self) -> None:
        self.size = (0, 0)
        self._shown: list[Row] = []
        self._wanted: list[Row] = []
        self._stale: set[int] = set()
        self._cleared = False

    def switched(self) -> None:
        """The terminal has switched to a screen that is ours alone: the next frame begins with a clear."""
        self._cleared = True
        self._shown = _rows(self.size, " ")
        self._stale = set(range(self.size[1]))

    def forget(self) -> None:
        """Nobody knows what the terminal shows: the next frame writes every cell."""
        self._shown = _rows(self.size, UNKNOWN)
        self._stale = set(range(self.size[1]))

    def draw(self, size: tuple[int, int], pieces: Iterable[Piece], colors: ColorSystem) -> None:
        """Draw strips at their columns and rows; nothing is written yet."""
        if size != self.size:
            # What a terminal shows after its size has changed differs from terminal to terminal.
            self.size = size
            self._shown = _rows(size, " " if self._cleared else UNKNOWN)
            self._wanted = _rows(size, UNKNOWN)
            self._stale.clear()
        for x, y, strip in pieces:
            if 0 <= y < size[1] and 0 <= x < size[0]:
                self._put(x, y, cells_of(strip, colors))

    def _put(self, x: int, y: int, cells: Row) -> None:
        glyphs, pens = cells
        room = self.size[0] - x
        if len(glyphs) > room:
            _break_glyph(glyphs, room)
            del glyphs[room:], pens[room:]
        row, row_pens = self._wanted[y]
        end = x + len(glyphs)
        if row[x:end] == glyphs and row_pens[x:end] == pens:
            return
        for edge in (x, end):
            _break_glyph(row, edge)
        row[x:end], row_pens[x:end] = glyphs, pens
        self._stale.add(y)

    @property
    def is_stale(self) -> bool:
        """Whether the terminal may show something else than it should."""
        return bool(self._stale)

    def frame(self) -> str:
        """What is to be written so that the terminal shows what it should; it is taken to do so then."""
        writer = _Writer(self.size[0])
        if self._cleared:
            self._cleared = False
            writer.clear()
        for y in sorted(self._stale):
            wanted, shown = self._wanted[y], self._shown[y]
            for start, end in changed_runs(shown, wanted):
                writer.write(y, start, end, wanted)
            shown[0][:], shown[1][:] = wanted
        self._stale.clear()
        return writer.done()


def _break_glyph(glyphs: list[str], edge: int) -> None:
    """Where a wide glyph is cut in two, blanks are left of it."""
    start = end = edge
    while end < len(glyphs) and not glyphs[end]:
        end += 1
    while end > edge and start and not glyphs[start]:
        start -= 1
    glyphs[start:end] = " " * (end - start)


def _rows(size: tuple[int, int], glyph: str) -> list[Row]:
    width, height = size
    return [([glyph] * width, [""] * width) for _ in range(height)]


# -- from strips to cells ----------------------------------------------------------------------------


def cells_of(strip: Strip, colors: ColorSystem) -> Row:
    """The cells of a strip. Links are left out; there are none in modtrace."""
    glyphs: list[str] = []
    pens: list[Pen] = []
    for text, style, control in strip:
        if control or not text:
            continue
        pen = "" if style is None else canonical(Strip.render_ansi(style, colors))
        before = len(glyphs)
        body = text.rstrip(" ")
        if body.isascii():
            glyphs.extend(body)
        else:
            _add_glyphs(glyphs, body)
        pens.extend([pen] * (len(glyphs) - before))
        blanks = len(text) - len(body)
        if blanks:
            glyphs.extend(" " * blanks)
            pens.extend([blank_pen(pen)] * blanks)
    return glyphs, pens


def _add_glyphs(glyphs: list[str], text: str) -> None:
    """Add the glyphs of a text; marks without a width go with the glyph before them.

    A text that is not as wide as its characters together (emoji made of several) is one broad glyph.
    """
    widths = [get_character_cell_size(character) for character in text]
    whole = cell_len(text)
    if sum(widths) != whole:
        glyphs += [text, *[""] * (whole - 1)] if whole else []
        return
    for character, width in zip(text, widths, strict=True):
        if width:
            glyphs += [character, *[""] * (width - 1)]
        elif glyphs:
            lead = next(at for at in range(len(glyphs) - 1, -1, -1) if glyphs[at])
            glyphs[lead] += character


@lru_cache(maxsize=1024)
def canonical(pen: Pen) -> Pen:
    """The same pen without what is so anyway: the terminal's own colours."""
    attributes, foreground, background = _parts(pen)
    return ";".join(filter(None, [*attributes, foreground, background]))


@lru_cache(maxsize=1024)
def blank_pen(pen: Pen) -> Pen:
    """What of a pen is seen on a blank: its background, and lines through or under it."""
    attributes, _, background = _parts(pen)
    return pen if _DRAWN_ON_BLANKS.intersection(attributes) else background


# -- from cells to bytes -----------------------------------------------------------------------------


def changed_runs(shown: Row, wanted: Row) -> list[tuple[int, int]]:
    """Where two rows differ, as few runs: what lies shortly between two changes is written again."""
    (old, old_pens), (new, new_pens) = shown, wanted
    if old == new and old_pens == new_pens:
        return []
    runs: list[tuple[int, int]] = []
    for at in range(len(new)):
        if (old[at] == new[at] and old_pens[at] == new_pens[at]) or new[at] == UNKNOWN:
            continue
        start = at
        while start and not new[start]:
            start -= 1  # a wide glyph is written as a whole
        end = at + 1
        while end < len(new) and not new[end]:
            end += 1
        if runs and _joins(new, new_pens, runs[-1][1], start):
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs


def _joins(glyphs: Sequence[str], pens: Sequence[Pen], end: int, start: int) -> bool:
    """Whether two runs are written as one."""
    if start - end > LONGEST_GAP:
        return False
    return all(pens[at] == pens[end - 1] and glyphs[at] != UNKNOWN for at in range(end, start))


class _Writer:
    """Makes one frame. It begins and ends with the plain pen, and trusts no position of the cursor."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._parts: list[str] = []
        self._pen: Pen = ""
        self._at: tuple[int, int] | None = None

    def clear(self) -> None:
        """Clear the screen."""
        self._parts.append("\x1b[m\x1b[H\x1b[2J")
        self._at = (0, 0)

    def write(self, y: int, start: int, end: int, row: Row) -> None:
        """Write the cells of a row from ``start`` up to ``end``."""
        glyphs, pens = row
        self._move(start, y)
        tail = end
        if end == self._width:
            while tail > start and glyphs[tail - 1] == " " and not pens[tail - 1]:
                tail -= 1
            tail = tail if end - tail > SHORTEST_TAIL else end
        for at in range(start, tail):
            glyph, pen = glyphs[at], pens[at]
            if not glyph:
                continue
            if pen != self._pen and not (glyph == " " and blank_pen(self._pen) == pen):
                self._parts.append(transition(self._pen, pen))
                self._pen = pen
            self._parts.append(glyph)
            if len(glyph) > 1 or (at + 1 < len(glyphs) and not glyphs[at + 1]):
                # Terminals do not agree on how wide these are: what follows is put where it belongs.
                behind = at + 1
                while behind < tail and not glyphs[behind]:
                    behind += 1
                self._at = None
                if behind < tail:
                    self._move(behind, y)
        if tail < end:
            self._parts.append(transition(self._pen, "") + "\x1b[K")
            self._pen = ""
        self._at = None if self._at is None else (tail, y)

    def _move(self, x: int, y: int) -> None:
        here, self._at = self._at, (x, y)
        if here == (x, y):
            return
        if here is not None and x == 0 and y == here[1] + 1:
            self._parts.append("\r\n")
        elif here is not None and y == here[1] and here[0] < x and here[0] < self._width:
            self._parts.append(f"\x1b[{x - here[0]}C" if x - here[0] > 1 else "\x1b[C")
        else:
            self._parts.append(f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H")

    def done(self) -> str:
        """The frame."""
        if self._pen:
            self._parts.append(transition(self._pen, ""))
        return "".join(self._parts)


@lru_cache(maxsize=4096)
def transition(old: Pen, new: Pen) -> str:
    """The shortest sequence from one pen to another."""
    if old == new:
        return ""
    if not new:
        return "\x1b[m"
    anew = "0;" + new if old else new
    (old_attributes, old_fore, old_back), (attributes, fore, back) = _parts(old), _parts(new)
    gone = [code for code in old_attributes if code not in attributes]
    if any(code not in _OFF for code in gone):
        return f"\x1b[{anew}m"
    off = dict.fromkeys(_OFF[code] for code in gone)
    on = [code for code in attributes if code not in old_attributes or _OFF.get(code) in off]
    changes = [*off, *on]
    if fore != old_fore:
        changes.append(fore or "39")
    if back != old_back:
        changes.append(back or "49")
    return f"\x1b[{min(';'.join(changes), anew, key=len)}m"


@lru_cache(maxsize=1024)
def _parts(pen: Pen) -> tuple[tuple[str, ...], str, str]:
    """Attributes, foreground and background of a pen; "" for the terminal's own colour."""
    attributes: list[str] = []
    colours = {"3": "", "4": ""}
    codes = iter(pen.split(";") if pen else ())
    for code in codes:
        ground = code[0] if len(code) == 2 else ""
        if code in ("38", "48"):
            kind = next(codes)
            colours[code[0]] = ";".join([code, kind, *(next(codes) for _ in range(3 if kind == "2" else 1))])
        elif len(code) == 3 or ground == "4":
            colours["4"] = "" if code == "49" else code
        elif ground in ("3", "9"):
            colours["3"] = "" if code == "39" else code
        else:
            attributes.append(code)
    return tuple(attributes), colours["3"], colours["4"]
