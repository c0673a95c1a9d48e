"""Pasted logs taken apart: what wraps each line taken off, and the lines of one message put together.

The go command prints plain lines. On the way to a web page or a chat they are coloured (ECMA-48), numbered
and timed (docker's "#12 3.456 ", GitHub's and GitLab's timestamps, OBS's "[  21s] "), quoted ("> "), put into
JSON strings, or redirected by PowerShell. A message of go often goes on in indented lines
("server response:", the output of git), so the unit that is judged is a block: a line with its own.

Everything here is linear in the length of the text; long lines and long blocks are cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

LONGEST_LINE = 4000
"""Characters of a line that are looked at."""
LONGEST_BLOCK = 40
"""Lines of a block that are looked at."""

_ANSI = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]"  # CSI
    "|\x1b\\][^\x07\x1b]{0,400}(?:\x07|\x1b\\\\)?"  # OSC
    "|\x1b[ -/]*[0-~]"
)
_SECTION = re.compile(r"section_(?:start|end):\d+:\w+(?:\[[^\]]*\])?\s*")

_PREFIXES = (
    re.compile(r"[^\t]{1,80}\t[^\t]{1,120}\t(?=\ufeff?\d{4}-\d\d-\d\dT)"),  # gh run view --log
    re.compile(
        r"\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?(?: \d\d[OE]\+?)?[ \t]?"
    ),
    re.compile(r"\[\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?Z?\] ?"),
    re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d+)?(?: [A-Z]+)? "),
    re.compile(r"\[?\d\d:\d\d:\d\d(?:\.\d+)?\]? "),
    re.compile(r"\[ *\d+(?:\.\d+)?s?\] "),
    re.compile(r"#\d+ (?:\d+\.\d+ ?)?"),
    re.compile(r"\d{1,4}\.\d{3} "),
    re.compile(r" => => # ?"),
    re.compile(r"\[(?:build-)?(?:std(?:err|out)|build|go|INFO|ERROR|WARN(?:ING)?)\] ?", re.IGNORECASE),
    re.compile(r"(?:stdout|stderr): ?"),
    re.compile(r"##\[(?:error|warning)\]|::(?:error|warning)(?: [^:]*)?::"),
    re.compile(r"(?:[\w.-]+-\d+|[\w.-]+) +\| "),
    re.compile(r"[>│|] ?(?=\S|\t)"),
)
"""What CI systems and docker put in front of a line; taken off again and again, from the left."""

_JSON_ESCAPES = re.compile(r'\\(u[0-9a-fA-F]{4}|["\\/bfnrt])')

_NEW_MESSAGE = re.compile(
    r"(?:go(?: get| install| list| mod \w+| build| run| test)?: "
    r"|verifying \S+@|# get |unrecognized import path|[\w./\\-]+\.go:\d+:\d+: |\"?Error\"?: |[$+] |PS [A-Z]:)"
)
"""How a message of its own begins, however far it is indented."""

_GOES_ON = re.compile(
    r"(?:server response:|not found:|Confirm the import path was|If this is a private repository, see "
    r"|SECURITY ERROR|This download does NOT|The bits may have been|have intercepted the download"
    r"|For more information, see 'go help|remote: |fatal: |error: |downloaded: |go\.sum: |sum\.golang\.org: "
    r"|Host key verification|\S+@[\w.-]+: Permission denied|malformed go\.sum|\S+/go\.(?:mod|sum):\d+)"
)
"""How a line that belongs to the message before it may begin when it is not indented."""


@dataclass(frozen=True)
class Block:
    """A message: its first line and those that belong to it; equal to one that says the same elsewhere."""

    line: int = field(compare=False)
    """Number of its first line in the text, from 1."""
    lines: tuple[str, ...]

    @cached_property
    def text(self) -> str:
        """The whole message, lines separated by line feeds, indentation gone."""
        return "\n".join(line.strip() for line in self.lines)

    @cached_property
    def own(self) -> str:
        """What go itself says: everything before what the server answered."""
        return _split_answer(self.text)[0]

    @cached_property
    def said(self) -> str:
        """What the server answered, "" when go quotes nothing."""
        return _split_answer(self.text)[1]


_ANSWER = re.compile(r"\bserver response:|(?<=\n)not found: ")


def _split_answer(text: str) -> tuple[str, str]:
    match = _ANSWER.search(text)
    return (text[: match.start()], text[match.start() :]) if match else (text, "")


def blocks(text: str) -> Iterator[Block]:
    """The messages of a text, from its beginning to its end."""
    number, lines = 0, list[str]()
    blank_before = False
    for position, raw in enumerate(text.split("\n"), 1):
        if not raw or raw == "\r":
            blank_before = True
            continue
        for line in plain_lines(raw):
            if not line.strip():
                blank_before = True
                continue
            if lines and _belongs(line, blank_before) and len(lines) < LONGEST_BLOCK:
                lines.append(line)
            else:
                if lines:
                    yield Block(number, tuple(lines))
                number, lines = position, [line]
            blank_before = False
    if lines:
        yield Block(number, tuple(lines))


def _belongs(line: str, blank_before: bool) -> bool:
    stripped = line.lstrip()
    if _NEW_MESSAGE.match(stripped):
        return False
    if _GOES_ON.match(stripped):
        return True
    return line[0] in " \t" and not blank_before


def plain_lines(raw: str) -> list[str]:
    """One line of a log without its wrapping; a JSON string with line feeds in it gives several."""
    line = raw[:LONGEST_LINE].rstrip("\r").rpartition("\r")[2]
    if "\x1b" in line:
        line = _ANSI.sub("", line)
    line = _SECTION.sub("", line.replace("\x00", "")) if "section_" in line else line.replace("\x00", "")
    line = _without_prefixes(line)
    if '\\"' in line or "\\n" in line:
        line = _JSON_ESCAPES.sub(_json_character, line) if _is_json(line) else line
    return line.split("\n")


def _without_prefixes(line: str) -> str:
    for _ in range(6):
        for prefix in _PREFIXES:
            match = prefix.match(line)
            if match and match.end():
                line = line[match.end() :]
                break
        else:
            break
    return line.strip("`") if line.startswith("`") or line.endswith("`") else line


def _is_json(line: str) -> bool:
    return re.match(r"\s*[{\[\"]|.{0,200}?(?:[\"']\s*:|=)\s*\"", line) is not None


def _json_character(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] == "u":
        return chr(int(code[1:], 16))
    return {"n": "\n", "t": "\t", "r": "", "b": "", "f": ""}.get(code, code)
