"""The syntax of go.mod files: tokens, lines, blocks, and which comment belongs to which line.

Source: golang.org/x/mod/modfile/read.go. The reader stops at the first syntax error; like Go's it always
has one token in hand, which is why an error can be reported further on than the place that is wrong.
Texts are str; bytes that are not UTF-8 are surrogate escapes, and count as one character each, as in Go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from probes.golang.errors import GoError
from probes.golang.quote import is_graphic, is_space, quote_rune, trim_space

_PUNCTUATION = "\n()[]{},"
_NOT_IN_WORDS = " ()[]{},"
_BLANKS = re.compile(r"[ \t\r]*")
_PLAIN_WORD = re.compile(r"[A-Za-z0-9!-'*+.:-@\\^_`|~-]*")
"""As much of a word as needs no look at each character: printable ASCII without / and what ends a word."""


class Position(NamedTuple):
    """A place in the text."""

    line: int = 1
    column: int = 1
    """In characters, from 1."""
    offset: int = 0
    """In characters, from 0."""

    def error(self, file: str, text: str) -> GoError:
        """modfile.Error with a place. The column is left out at the beginning of a line."""
        column = f":{self.column}" if self.column > 1 else ""
        return GoError(f"{file}:{self.line}{column}: {text}")


class TokenKind(Enum):
    """What a token is; punctuation marks and the newline are told apart by their text."""

    EOF = "end of file"
    WORD = "word"
    STRING = "quoted string"
    MARK = "punctuation"
    COMMENT = "comment on a line of its own"
    TRAILING_COMMENT = "comment at the end of a line"


class Token(NamedTuple):
    """A token, and where it starts and ends. A comment's newline belongs to it, but not to its text."""

    kind: TokenKind
    text: str
    start: Position
    end: Position

    def is_mark(self, text: str) -> bool:
        """Whether it is this punctuation mark."""
        return self.kind is TokenKind.MARK and self.text == text

    def ends_line(self) -> bool:
        """Whether a line ends here."""
        return self.kind in (TokenKind.EOF, TokenKind.TRAILING_COMMENT) or self.is_mark("\n")


@dataclass(slots=True)
class Comments:
    """The comments of one element, each with its "//"; "" stands for a blank line."""

    before: list[str] = field(default_factory=list)
    suffix: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Element:
    """Something that a comment at the end of a line can belong to."""

    start: Position
    end: Position
    comments: Comments = field(default_factory=Comments)


@dataclass(slots=True)
class Line(Element):
    """One line: at top level its first token is the verb, in a block it is the first argument."""

    tokens: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Block(Element):
    """``verb ( … )``, over several lines or ``verb ()`` on one."""

    tokens: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    left: Element = field(default_factory=lambda: Element(Position(), Position()))
    right: Element = field(default_factory=lambda: Element(Position(), Position()))


@dataclass(slots=True)
class CommentBlock(Element):
    """Comments that a blank line parts from what follows."""


Statement = Line | Block


def parse_syntax(text: str, file: str) -> list[Statement]:
    """The statements of a go.mod file, comments attached. Raises GoError ``FILE:LINE[:COLUMN]: …``."""
    return _Parser(_Lexer(text, file)).file()


class _Lexer:
    """Tokens, one at a time."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.line = 1
        self.line_start = 0
        self.at = 0
        self.trailing: list[Token] = []

    def position(self) -> Position:
        return Position(self.line, self.at - self.line_start + 1, self.at)

    def error(self, text: str, position: Position | None = None) -> GoError:
        return (position or self.position()).error(self.file, text)

    def peek(self) -> str:
        return self.text[self.at:self.at + 1]

    def advance(self) -> str:
        char = self.text[self.at]
        self.at += 1
        if char == "\n":
            self.line += 1
            self.line_start = self.at
        return char

    def token(self) -> Token:
        if self.peek() in (" ", "\t", "\r"):
            self.at = _end(_BLANKS, self.text, self.at)
        start = self.position()
        char = self.peek()
        if char == "/":
            if self.text.startswith("//", self.at):
                return self.comment(start)
            self.refuse_block_comment()
        if not char:
            kind = TokenKind.EOF
        elif char in _PUNCTUATION:
            kind = TokenKind.MARK
            self.advance()
        elif char in '"`':
            kind = TokenKind.STRING
            self.string(start)
        else:
            kind = TokenKind.WORD
            self.word()
        return Token(kind, self.text[start.offset:self.at], start, self.position())

    def refuse_block_comment(self) -> None:
        if self.text.startswith("/*", self.at):
            raise self.error("mod files must use // comments (not /* */ comments)")

    def comment(self, start: Position) -> Token:
        line_start = self.text.rfind("\n", 0, self.at) + 1
        alone = not trim_space(self.text[line_start:self.at])
        end = self.text.find("\n", self.at)
        self.at = end if end >= 0 else len(self.text)
        text = self.text[start.offset:self.at]
        if end >= 0:
            text = text.removesuffix("\r")
            self.advance()
        kind = TokenKind.COMMENT if alone else TokenKind.TRAILING_COMMENT
        token = Token(kind, text, start, self.position())
        if not alone:
            self.trailing.append(token)
        return token

    def string(self, start: Position) -> None:
        quote = self.advance()
        while True:
            if not self.peek():
                raise self.error("unexpected EOF in string", start)
            if self.peek() == "\n":
                raise self.error("unexpected newline in string")
            char = self.advance()
            if char == quote:
                return
            if char == "\\" and quote != "`":
                if not self.peek():
                    raise self.error("unexpected EOF in string", start)
                self.advance()

    def word(self) -> None:
        if not _in_word(self.peek()):
            raise self.error(f"unexpected input character {quote_rune(self.peek())}")
        while (char := self.peek()) and _in_word(char):
            if char == "/":
                if self.text.startswith("//", self.at):
                    return
                self.refuse_block_comment()
            self.at = _end(_PLAIN_WORD, self.text, self.at + 1)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where what matches from here on ends; the pattern matches nothing as well."""
    found = pattern.match(text, at)
    return at if found is None else found.end()


def _in_word(char: str) -> bool:
    if char.isascii() and char.isalnum():
        return True
    return char not in _NOT_IN_WORDS and not is_space(char) and is_graphic(char)


class _Parser:
    """Statements out of tokens."""

    def __init__(self, lexer: _Lexer) -> None:
        self.lexer = lexer
        self.next = lexer.token()

    def take(self) -> Token:
        token, self.next = self.next, self.lexer.token()
        return token

    def file(self) -> list[Statement]:
        elements: list[Element] = []
        comments: list[Token] = []
        while self.next.kind is not TokenKind.EOF:
            if self.next.is_mark("\n"):
                self.take()
                if comments:
                    elements.append(CommentBlock(comments[0].start, comments[0].start))
                comments = []
            elif self.next.kind is TokenKind.COMMENT:
                comments.append(self.take())
            else:
                elements.append(self.statement())
                elements[-1].comments.before = [comment.text for comment in comments]
                comments = []
        _attach(self.lexer.trailing, elements)
        return [element for element in elements if isinstance(element, Line | Block)]

    def statement(self) -> Statement:
        first = self.take()
        tokens, end = [first.text], first.end
        while not (token := self.take()).ends_line():
            if not token.is_mark("("):
                tokens.append(token.text)
                end = token.end
            elif self.next.ends_line():
                return self.block(first.start, tokens, token)
            elif self.next.is_mark(")"):
                right = self.take()
                if self.next.ends_line():
                    self.take()
                    return _block(first.start, tokens, [], token, right)
                tokens += [token.text, right.text]
            else:
                tokens.append(token.text)
        return Line(first.start, end, tokens=tokens)

    def block(self, start: Position, tokens: list[str], left: Token) -> Block:
        lines: list[Line] = []
        comments: list[str] = []
        while True:
            token = self.next
            if token.kind is TokenKind.TRAILING_COMMENT:
                self.take()
            elif token.is_mark("\n"):
                self.take()
                if comments[-1] if comments else lines:
                    comments.append("")
            elif token.kind is TokenKind.COMMENT:
                comments.append(self.take().text)
            elif token.kind is TokenKind.EOF:
                where = f"{self.lexer.file}:{start.line}:{start.column}"
                raise self.lexer.error(f"syntax error (unterminated block started at {where})")
            elif token.is_mark(")"):
                right = self.take()
                if not self.next.ends_line():
                    raise self.lexer.error("syntax error (expected newline after closing paren)")
                self.take()
                return _block(start, tokens, lines, left, right)
            else:
                lines.append(self.line())
                lines[-1].comments.before = comments
                comments = []

    def line(self) -> Line:
        first = self.take()
        tokens, end = [first.text], first.end
        while not (token := self.take()).ends_line():
            tokens.append(token.text)
            end = token.end
        return Line(first.start, end, tokens=tokens)


def _block(start: Position, tokens: list[str], lines: list[Line], left: Token, right: Token) -> Block:
    return Block(
        start, right.end, tokens=tokens, lines=lines,
        left=Element(left.start, left.end), right=Element(right.start, right.end),
    )


def _with_inner(elements: list[Element]) -> Iterator[Element]:
    """Everything that a trailing comment can belong to, in the order of where it ends, outer ones last."""
    for element in elements:
        if isinstance(element, Block):
            yield element.left
            yield from element.lines
            yield element.right
        yield element


def _attach(trailing: list[Token], elements: list[Element]) -> None:
    """Give each trailing comment to the last one-line element that ends before it."""
    left = list(trailing)
    for element in reversed(list(_with_inner(elements))):
        if element.start.line != element.end.line:
            continue
        while left and element.end.offset <= left[-1].start.offset:
            element.comments.suffix.insert(0, left.pop().text)
