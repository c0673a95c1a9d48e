"""A report as a picture: the decision tree, and under it the waterfall of its requests.

Plain SVG 1.1 without script, link or style sheet; every colour has its word or letter beside it. Texts are
escaped, and each is given the width that its cells take, so that wide characters do not push others away.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from probes.diagnosis.columns import columns, cut
from probes.golang.safetext import safe_text
from probes.share.report import Report, answer_word, tree_lines
from probes.share.report_blocks import flowing
from probes.share.waterfall import LEGEND, LETTERS, Row, rows, total_seconds

_CELL, _LINE, _MARGIN = 8.4, 18, 16
_WIDTH = 112
"""Cells of a line."""
_BAR_AT, _BAR_CELLS = 60, 50
_NAME = 22
"""Cells for the name of a hop."""
_COLOURS = {
    "names": "#8250df", "connect": "#bf8700", "tls": "#0969da", "first_byte": "#57606a", "body": "#1a7f37",
    "other": "#afb8c1",
}  # fmt: skip
_INK, _DIM, _BAD, _PAPER = "#1f2328", "#57606a", "#a40e26", "#ffffff"


def picture(report: Report) -> str:
    """The picture of a report: one svg element."""
    head = [*flowing(f"{report.target}: {report.verdict}", indent="  ", width=_WIDTH)]
    head += [line for mark in report.marks for line in flowing(str(mark), indent="  ", width=_WIDTH)]
    cause = report.trace.first_cause()
    if cause is not None:
        head += flowing(f"first cause: {cause.summary}", indent="  ", width=_WIDTH)
    lines = [*head, "", *tree_lines(report.trace, width=_WIDTH), ""]
    made = rows(report.trace)
    total = total_seconds(made)
    if made:
        lines += [f"0 to {total * 1000:.0f} ms   {LEGEND}"]
    height = (len(lines) + len(made)) * _LINE + 2 * _MARGIN
    width = _WIDTH * _CELL + 2 * _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
        f'viewBox="0 0 {width:.0f} {height}" role="img" '
        'font-family="ui-monospace, monospace" font-size="14">',
        f"<title>{_escaped('modtrace: ' + report.target + ': ' + report.verdict)}</title>",
        f'<rect width="100%" height="100%" fill="{_PAPER}"/>',
        *(_words(line, 0, number, bold=number < len(head)) for number, line in enumerate(lines)),
    ]
    for number, row in enumerate(made):
        hop = report.trace.hop(row.request.started.hop)
        name = hop.name if hop is not None else ""
        parts += _row(row, name, number, len(lines) + number, total)
    return "\n".join([*(part for part in parts if part), "</svg>"])


def _row(row: Row, name: str, number: int, line: int, total: float) -> Iterator[str]:
    request = row.request
    head = f"{number + 1:>3} {request.started.op.value:<6} {answer_word(request):<13} "
    name = cut(safe_text(name), _NAME)
    name += " " * (_NAME - columns(name))
    bad = request.finished is None or request.finished.status != 200 or request.finished.error is not None
    yield _words(f"{head}{name}{row.seconds * 1000:>8.0f} ms", 0, line, colour=_BAD if bad else _DIM)
    scale = _BAR_CELLS * _CELL / total if total > 0 else 0.0
    for stretch in row.stretches:
        x = _MARGIN + _BAR_AT * _CELL + stretch.began * scale
        width = max(1.0, (stretch.ended - stretch.began) * scale)
        top = _MARGIN + line * _LINE + 3
        place = f'x="{x:.1f}" y="{top}" width="{width:.1f}" height="{_LINE - 6}"'
        yield f'<rect {place} fill="{_COLOURS[stretch.phase]}"/>'
        if width >= _CELL * 1.5:
            letter = LETTERS[stretch.phase]
            yield f'<text x="{x + 2:.1f}" y="{top + 11}" fill="{_PAPER}" font-size="11">{letter}</text>'


def _words(text: str, column: int, line: int, *, bold: bool = False, colour: str = _DIM) -> str:
    """One line of text at its place; "" for an empty one."""
    bare = text.lstrip(" ")
    if not bare:
        return ""
    column += len(text) - len(bare)
    weight = ' font-weight="bold"' if bold else ""
    place = f'x="{_MARGIN + column * _CELL:.1f}" y="{_MARGIN + (line + 1) * _LINE - 5}"'
    width = f'textLength="{columns(bare) * _CELL:.1f}" lengthAdjust="spacingAndGlyphs"'
    fill = f'fill="{_INK if bold else colour}"'
    return f'<text {place} {width} {fill}{weight} xml:space="preserve">{_escaped(bare)}</text>'


def _escaped(text: str) -> str:
    safe = safe_text(text, limit=20_000).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
    return html.escape(safe)
