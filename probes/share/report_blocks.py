"""The blocks that a report is made of: finished lines that fit and are safe for a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from probes.diagnosis.columns import columns, wrapped
from probes.golang.safetext import safe_text

WIDTH = 80
LONGEST = 20_000
"""Characters of one text; servers say no more than a few thousand."""
MOST = 1_000_000
"""Lines of one text: all."""


class Kind(StrEnum):
    """What a block holds."""

    TEXT = "text"
    """Lines for people, already wrapped."""
    SHELL = "sh"
    """Lines to paste."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together; servers and settings may have said them, so they are never markup."""

    lines: tuple[str, ...]
    """At most WIDTH cells wide."""
    kind: Kind = Kind.TEXT
    whole: tuple[str, ...] = ()
    """The same with its long lines whole: go's own words, commands. Empty where nothing differs."""

    @property
    def unwrapped(self) -> tuple[str, ...]:
        """The lines for a form that scrolls or wraps by itself."""
        return self.whole or self.lines


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of our own and what stands under it."""

    title: str
    blocks: tuple[Block, ...]
    folded: bool = False
    """Whether it is more than most readers want."""


def flowing(text: str, *, head: str = "", indent: str | None = None, width: int = WIDTH) -> list[str]:
    """A text in as many lines as it takes: the first behind ``head``, the others behind ``indent``."""
    indent = " " * columns(head) if indent is None else indent
    safe = safe_text(text, limit=LONGEST)
    if columns(head) > width // 2:
        indent = indent[: width // 2]  # blanks; one as long as the head would be too long again
        return [head.rstrip(), *flowing(text, head=indent, indent=indent, width=width)]
    lines = wrapped(safe, width - max(columns(head), columns(indent)), MOST)
    return [(head if number == 0 else indent) + line for number, line in enumerate(lines)] or [head.rstrip()]


def verbatim(text: str, *, width: int = WIDTH) -> list[str]:
    """Lines as they are, each going on in the next where it is too long; tabs are four blanks."""
    lines: list[str] = []
    for line in text.replace("\t", "    ").split("\n"):
        bare = line.lstrip(" ")
        margin = " " * min(len(line) - len(bare), width // 2)
        lines += [entry.rstrip() for entry in flowing(bare, head=margin, indent=margin + "  ", width=width)]
    return lines


def shell_lines(command: str, *, width: int = WIDTH) -> list[str]:
    r"""A command in lines of at most ``width`` cells that a POSIX shell reads as the same command.

    Broken between words with a backslash where it can be; a word that is longer is broken inside, where the
    next line goes on at its very beginning.
    """
    command = safe_text(command, limit=LONGEST)
    if columns(command) <= width:
        return [command]
    lines = [""]
    for word in _shell_words(command):
        longer = f"{lines[-1]} {word}" if lines[-1].strip() else lines[-1] + word
        if columns(longer) <= width - 2:
            lines[-1] = longer
            continue
        if lines[-1].strip():
            lines[-1] += " \\"
            lines.append("  ")
        for piece in _pieces(word, width - 4):
            if lines[-1].strip():
                lines[-1] += "\\"
                lines.append("")
            lines[-1] += piece
    return lines


def _shell_words(command: str) -> Iterator[str]:
    """The words as they are written, quotes and all."""
    word, quote = "", ""
    for character in command:
        if character == " " and not quote:
            if word:
                yield word
            word = ""
            continue
        if character == quote:
            quote = ""
        elif character in "'\"" and not quote:
            quote = character
        word += character
    if word:
        yield word


def _pieces(word: str, width: int) -> list[str]:
    """A word cut into quoted pieces; joined without anything between them they are the word again."""
    try:
        values = shlex.split(word)
    except ValueError:
        return [word]
    if columns(word) <= width or len(values) != 1 or "$" in word or '"' in word:
        return [word]
    pieces, piece = [], ""
    for character in values[0]:
        if piece and columns(shlex.quote(piece + character)) > width - 2:
            pieces.append(shlex.quote(piece))
            piece = ""
        piece += character
    return [*pieces, shlex.quote(piece)]


def text_block(lines: Iterable[str]) -> Iterator[Block]:
    kept = tuple(lines)
    if kept:
        yield Block(kept)


def shell_block(*commands: str) -> Block:
    whole = tuple(safe_text(command, limit=LONGEST) for command in commands)
    return Block(tuple(line for command in whole for line in shell_lines(command)), Kind.SHELL, whole)
