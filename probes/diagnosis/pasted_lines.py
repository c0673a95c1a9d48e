"""Where commands and settings stand in a pasted text, and what is read out of them.

A line is a command from its beginning on (behind a prompt, a bullet, a layer of docker), or holds some
between backquotes, or in the middle of a sentence, whose punctuation is then no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from probes.diagnosis.lint_names import meant
from probes.golang.variables import KNOWN_ENV, VARIABLE

LONGEST_LINE = 4000
MOST_LINES = 20_000


class Form(StrEnum):
    """How a line sets a variable."""

    EXPORT = "export"
    ASSIGN = "assign"
    """NAME=value, in front of a command, in a file, behind `docker run -e`."""
    GO_ENV = "go env -w"
    FISH = "fish"
    CSH = "setenv"
    CMD = "cmd"
    SETX = "setx"
    POWERSHELL = "powershell"
    DOCKERFILE = "dockerfile"
    YAML = "yaml"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A variable that a line sets."""

    name: str
    value: str
    """As go gets it."""
    form: Form
    line: int
    """From 1."""
    source: str
    """The line as pasted."""
    start: int
    """Index of the name in the line."""
    places: tuple[int, ...]
    """The index in the line of each character of the value, and one more for its end."""
    expands: bool = False
    """The value holds something that only the shell knows."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A line that the shell, or go, does not take the way it is meant."""

    id: str
    name: str
    message: str
    line: int
    source: str
    start: int
    end: int
    meant: str = ""
    """The value that was meant, "" when that cannot be told."""
    form: Form = Form.EXPORT
    is_error: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a line that may hold a command."""

    source: str
    number: int
    start: int
    """Where it begins in the line."""
    text: str
    """The line up to where the stretch ends, so that indexes stay those of the line."""
    is_prose: bool
    """The command stands in the middle of a sentence, whose punctuation is not part of it."""


# --- Where commands stand

_PROMPT = re.compile(
    r"\s*(?:(?:[-*+]|\d+[.)])\s+)?(?:>\s+)?`{0,3}"
    r"(?:PS(?: [^>\n]{0,80})?>\s*|[A-Za-z]:\\[^>\n]{0,80}>\s*|[$%❯➜#]\s+"
    r"|[\w.-]+@[\w.-]+[:~ ][^$#\n]{0,60}[$#]\s+)?"
)
_LAYER = re.compile(r"(?:#\d+ (?:\d+\.\d+ )?)?\[[^\]]*\d+/\d+\] |Step \d+/\d+ : ")
_CODE = re.compile(r"`+([^`\n]+)`+")
_SETTER = re.compile(
    r"(?:\bexport\s|\bdeclare -x\s|\bsetenv\s|\bsetx?\s+[\"-]?\w"
    r"|\bgo(?:\.exe)?\s+env\s+(?:-\w+\s+)*(?:[-–—−‐‑－]+\s?w\b|GO\w+=)"
    r"|\$env:\w|\[(?:System\.)?Environment\]::SetEnvironmentVariable\()",
    re.IGNORECASE,
)


def stretches(text: str) -> Iterator[Place]:
    number = 0
    for number, raw in enumerate(text.split("\n"), 1):
        if number > MOST_LINES:
            return
        line = raw[:LONGEST_LINE].rstrip("\r")
        if not _HINT.search(line):
            continue
        begin = _PROMPT.match(line)
        start = begin.end() if begin else 0
        if layer := _LAYER.match(line, start):
            start = layer.end()
        if _starts_command(line, start):
            yield Place(line, number, start, line.rstrip("`"), False)
            continue
        spans = [match.span(1) for match in _CODE.finditer(line)]
        for first, last in spans:
            if not _is_warned_against(line, first):
                yield Place(line, number, first, line[:last], False)
        setter = None if spans else _SETTER.search(line, start)
        if setter and not _is_warned_against(line, setter.start()):
            yield Place(line, number, setter.start(), _without_sentence(line, setter.end()), True)


_WARNING = re.compile(
    r"\b(?:(?:do|does|must|should|can|need|is|are)(?: not|n['’]?t)|cannot|never|not|avoid|instead of"
    r"|rather than)"
    r"(?:\s+(?:ever|just|simply|to|need|have|recommended|advised|set|use|run|write|put|add|type|paste"
    r"|setting|using|running|the|environment|variable|command))*\s*$"
    r"|(?:不要|请勿|切勿|千万别|不应该?|不能|不建议|不推荐|避免|而不是)"
    r"(?:再|去|直接|随意|轻易|使用|设置|用|运行|执行|写成|写|把|将|\s)*$",
    re.IGNORECASE,
)
"""The end of a sentence's beginning that says not to do what follows."""


def _is_warned_against(line: str, start: int) -> bool:
    """Whether the words before a command say not to type it."""
    return _WARNING.search(line[max(0, start - 60) : start].rstrip("`*_\"'“‘ ")) is not None


_HINT = re.compile(r"GO[A-Z0-9_]{2,}|go\w*proxy|_PROXY\b|_proxy\b|SSL_CERT|GIT_SSL", re.IGNORECASE)

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_HEAD = re.compile(
    rf"(?:export|declare|typeset|setenv|setx|set|env|sudo|ENV|ARG|RUN|go|docker|podman|nerdctl|buildah|\$env:\w|\$\w+\s*="
    rf"|\[(?:System\.)?Environment\]|-e\s|--env|--build-arg|[\"']?{NAME}[\"']?\s*(?:=|:\s)|- {NAME}[=:])"
)


def _starts_command(line: str, start: int) -> bool:
    """Whether a line is a command or a setting from its beginning on."""
    match = _HEAD.match(line, start)
    if not match:
        return False
    word = re.match(rf"[\"']?({NAME})[\"']?\s*[=:]", line[start:])
    return word is None or is_known(word[1]) or line[start : start + 5] in ("- nam", "name:")


def _without_sentence(line: str, start: int) -> str:
    """A line without what follows a command in running text."""
    end = re.compile(r"[，。；、：）！？](?=[\u4e00-\u9fff\s]|$)|[.,;:!?)]+(?=\s|$)|[”’](?=\s|$)").search(
        line, start
    )
    return line[: end.start()] if end else line


def is_known(name: str) -> bool:
    """Whether a variable is one that decides how go finds modules, or was meant to be one."""
    upper = name.upper()
    return (
        name in VARIABLE
        or upper in VARIABLE
        or upper in KNOWN_ENV
        or (upper[:2] == "GO" and meant(name) is not None)
    )


def windows_form(text: str) -> Form | None:
    """The shell of a text from Windows, for lines that do not tell."""
    if re.search(r"(?im)^[ \t]{0,40}PS(?: [A-Z]:\\[^>\n]*)?>|\$env:\w", text):
        return Form.POWERSHELL
    if re.search(r"(?m)^[ \t]{0,40}[A-Z]:\\[^>\n]*>", text):
        return Form.CMD
    return None
