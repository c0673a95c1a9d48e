"""The forms of a report: text, Markdown, HTML, JSON, SVG.

What a server, a setting or a recording said is hostile in each of them, and each has one way of holding it:

- Markdown: only inside fences that are longer than any run of backticks in them (CommonMark 4.5: nothing in a
  fence is markup, and only as long a run ends it), and in one code span in the heading. Prose is our own.
- HTML: escaped text in ``pre``; no script, no link, no image, no style attribute; a policy (CSP) that allows
  nothing but the one style sheet, by its hash.
- SVG: escaped text, without the two characters that XML forbids and safe_text lets through.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType

from probes.share.report import Report
from probes.share.report_blocks import Block, Kind, Section, flowing
from probes.share.report_picture import picture


class Form(StrEnum):
    """How a report is written out."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"
    SVG = "svg"


SUFFIXES: Mapping[str, Form] = MappingProxyType({
    ".txt": Form.TEXT, ".md": Form.MARKDOWN, ".markdown": Form.MARKDOWN, ".html": Form.HTML,
    ".htm": Form.HTML, ".json": Form.JSON, ".svg": Form.SVG,
})  # fmt: skip
"""The form that a file's name asks for."""

PRIVACY_NOTE = "Hosts, users, addresses and private paths stand under other names."


def write(report: Report, form: Form) -> str:
    """The report in one form, ending in a newline."""
    return _WRITERS[form](report)


def _json(report: Report) -> str:
    return json.dumps(report.to_json(), indent=2, ensure_ascii=True) + "\n"


# -- text -------------------------------------------------------------------------------------------------


def _text(report: Report) -> str:
    lines = [*flowing(f"modtrace report: {report.target}", indent="  ")]
    for mark in report.marks:
        lines += flowing(str(mark))
    if report.private:
        lines += flowing(PRIVACY_NOTE)
    for section in report.sections:
        lines += ["", section.title, "-" * len(section.title)]
        for number, block in enumerate(section.blocks):
            if number and block.kind is Kind.TEXT:
                lines.append("")
            lines += block.lines
    return "\n".join(line.rstrip() for line in lines) + "\n"


# -- Markdown ---------------------------------------------------------------------------------------------


def _markdown(report: Report) -> str:
    return "\n".join(_markdown_lines(report)) + "\n"


def _markdown_lines(report: Report) -> Iterator[str]:
    yield f"## modtrace report: {code_span(report.target)}"
    for mark in report.marks:
        yield ""
        yield f"**{mark.words}:** {', '.join(map(code_span, mark.names))}"
    if report.private:
        yield ""
        yield PRIVACY_NOTE
    for section in report.sections:
        yield ""
        if section.folded:
            yield f"<details><summary>{section.title}</summary>"
        else:
            yield f"### {section.title}"
        for block in merged(section.blocks):
            yield ""
            yield from fence(block)
        if section.folded:
            yield ""
            yield "</details>"


def merged(blocks: Iterable[Block]) -> Iterator[Block]:
    """Neighbours that are both text as one block, with an empty line between them."""
    waiting: Block | None = None
    for block in blocks:
        if waiting is not None and waiting.kind is block.kind is Kind.TEXT:
            waiting = Block((*waiting.unwrapped, "", *block.unwrapped))
            continue
        if waiting is not None:
            yield waiting
        waiting = block
    if waiting is not None:
        yield waiting


def fence(block: Block) -> Iterator[str]:
    """A block in a fence that nothing in it can end."""
    longest = max((len(run) for line in block.unwrapped for run in re.findall("`+", line)), default=0)
    mark = "`" * max(3, longest + 1)
    yield mark + block.kind.value
    yield from block.unwrapped
    yield mark


def code_span(text: str) -> str:
    """A text in a code span that nothing in it can end. Source: CommonMark 6.1."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    mark = "`" * (longest + 1)
    return f"{mark} {text} {mark}" if longest or not text.strip() else f"{mark}{text}{mark}"


# -- HTML -------------------------------------------------------------------------------------------------

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
pre { font: 13px/1.45 ui-monospace, monospace; margin: 0 0 .8rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
pre.sh { border-left: 3px solid #888; padding-left: .8rem; }
svg { max-width: 100%; height: auto; }
h1 { font-size: 1.3rem; overflow-wrap: anywhere; } h2 { font-size: 1.05rem; margin-top: 1.6rem; }
summary { font-weight: bold; margin: 1rem 0; }
"""


def _html(report: Report) -> str:
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = html.escape(f"modtrace report: {report.target}")
    note = "".join(f"<p><strong>{html.escape(str(mark))}</strong></p>" for mark in report.marks)
    note += f"<p>{PRIVACY_NOTE}</p>" if report.private else ""
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="referrer" content="no-referrer">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{title}</h1>{note}",
        *(_html_section(section) for section in report.sections),
        f"<h2>Picture</h2>\n{picture(report)}",
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _html_section(section: Section) -> str:
    body = "\n".join(
        f'<pre class="{block.kind.value}">{_html_text(block.unwrapped)}</pre>'
        for block in merged(section.blocks)
    )
    if section.folded:
        return f"<details open><summary>{section.title}</summary>\n{body}\n</details>"
    return f"<section><h2>{section.title}</h2>\n{body}\n</section>"


def _html_text(lines: tuple[str, ...]) -> str:
    return html.escape("\n".join(lines))


_WRITERS: Mapping[Form, Callable[[Report], str]] = MappingProxyType({
    Form.TEXT: _text, Form.MARKDOWN: _markdown, Form.HTML: _html, Form.JSON: _json,
    Form.SVG: lambda report: picture(report) + "\n",
})  # fmt: skip
