"""Source text in roles: words of the language, strings, comments, names that are defined.

The lexers are Pygments', chosen by the file's name alone and only from a list of those that go through a text
once. Text is by whoever wrote the module: there is a limit on its size and on the time that is taken, and
what is beyond it stays plain. The roles are those of all other text, so a terminal without colours shows
keywords and names bold and comments dim.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Any

from tui.lines import SPAN_LIMIT, Line, Role, Span

MOST_CHARACTERS = 300_000
LONGEST_LINE = 2_000
PATIENCE_S = 1.5
_PART = SPAN_LIMIT // 10 - 1
"""Characters of a span that may all be escaped, at worst in ten characters each."""
TAB = 4
"""Cells of a tab: at 80 columns eight would leave little room for Go."""

_LEXERS = {
    ".go": ("go", "GoLexer"),
    ".py": ("python", "PythonLexer"),
    ".sh": ("shell", "BashLexer"),
    ".bash": ("shell", "BashLexer"),
    ".yml": ("data", "YamlLexer"),
    ".yaml": ("data", "YamlLexer"),
    ".json": ("data", "JsonLexer"),
    ".toml": ("configs", "TOMLLexer"),
    ".ini": ("configs", "IniLexer"),
    ".proto": ("dsls", "ProtoBufLexer"),
    ".c": ("c_cpp", "CLexer"),
    ".h": ("c_cpp", "CLexer"),
    ".cc": ("c_cpp", "CppLexer"),
    ".cpp": ("c_cpp", "CppLexer"),
    ".js": ("javascript", "JavascriptLexer"),
    ".ts": ("javascript", "TypeScriptLexer"),
    ".css": ("css", "CssLexer"),
    ".html": ("html", "HtmlLexer"),
    ".xml": ("html", "XmlLexer"),
    ".svg": ("html", "XmlLexer"),
    ".sql": ("sql", "SqlLexer"),
    ".s": ("asm", "GasLexer"),
    ".diff": ("diff", "DiffLexer"),
    ".patch": ("diff", "DiffLexer"),
    ".rs": ("rust", "RustLexer"),
    ".java": ("jvm", "JavaLexer"),
    ".mod": ("go", "GoLexer"),
    ".work": ("go", "GoLexer"),
    "makefile": ("make", "MakefileLexer"),
    "dockerfile": ("configs", "DockerLexer"),
}
"""By the end of the name, or the whole of it: the module in pygments.lexers, and the class."""

_ROLES = (
    ("Comment", Role.FAINT),
    ("Keyword.Type", Role.BUSY),
    ("Keyword.Constant", Role.BUSY),
    ("Keyword", Role.STRONG),
    ("Literal.String", Role.OK),
    ("Literal.Number", Role.BUSY),
    ("Name.Function", Role.NAME),
    ("Name.Class", Role.NAME),
    ("Name.Tag", Role.NAME),
    ("Name.Builtin", Role.BUSY),
    ("Generic.Deleted", Role.FAIL),
    ("Generic.Inserted", Role.OK),
    ("Generic.Subheading", Role.BUSY),
    ("Generic.Heading", Role.STRONG),
)
_WORDS = frozenset(
    {"module", "go", "toolchain", "require", "replace", "exclude", "retract", "tool", "ignore", "godebug"}
)
"""What begins a line of go.mod; to Pygments most of these are names."""


def tabs_out(text: str) -> str:
    """The text with its tabs as blanks: a tab itself is no cell of a terminal."""
    return text.expandtabs(TAB) if "\t" in text else text


def plain_line(text: str) -> Line:
    """A line of a file as it stands, be it very long."""
    text = tabs_out(text)
    return Line(tuple(Span(text[at : at + _PART]) for at in range(0, len(text), _PART)))


def lexer_for(path: str) -> Any:
    """The lexer for a file, or None."""
    name = posixpath.basename(path).lower()
    found = _LEXERS.get(name) or _LEXERS.get(posixpath.splitext(name)[1])
    if found is None:
        return None
    from importlib import import_module

    lexer = getattr(import_module(f"pygments.lexers.{found[0]}"), found[1], None)
    return None if lexer is None else lexer(stripnl=False, ensurenl=False)


def highlighted(path: str, lines: Sequence[str]) -> list[Line] | None:
    """The lines in roles; None where they stay plain. Blocks, for a second or two at worst."""
    if sum(len(text) + 1 for text in lines) > MOST_CHARACTERS or any(
        len(text) > LONGEST_LINE for text in lines
    ):
        return None
    lexer = lexer_for(path)
    if lexer is None:
        return None
    is_mod = path.endswith((".mod", ".work"))
    found: list[Line] = []
    # A lone CR would be a line end to the lexer; here only LF is one.
    lines = [tabs_out(one) for one in lines]
    text = "\n".join(one.replace("\r", "\ufffc") for one in lines)
    for number, pieces in enumerate(_pieces(lexer, text)):
        if pieces is None or number >= len(lines):
            return None
        found.append(_line(lines[number], pieces, is_mod=is_mod))
    return found if len(found) == len(lines) else None


_Pieces = list[tuple[Role, int]]


def _pieces(lexer: Any, text: str) -> Iterator[_Pieces | None]:
    """Line by line, how many characters are of which role; None when time is up."""
    until = monotonic() + PATIENCE_S
    line: _Pieces = []
    for _, token, value in lexer.get_tokens_unprocessed(text):
        if monotonic() > until:
            yield None
            return
        role = _role(str(token))
        first, *others = value.split("\n")
        line.append((role, len(first)))
        for part in others:
            yield line
            line = [(role, len(part))]
    yield line


def _role(token: str) -> Role:
    name = token.removeprefix("Token.")
    return next((role for begin, role in _ROLES if name.startswith(begin)), Role.PLAIN)


def _line(text: str, pieces: _Pieces, *, is_mod: bool) -> Line:
    """A line in roles. A lexer that lost characters has the rest plain."""
    spans: list[Span] = []
    at = 0
    for role, count in [*pieces, (Role.PLAIN, len(text))]:
        part = text[at : at + count]
        if is_mod and not text[:at].strip() and part.strip() in _WORDS:
            role = Role.STRONG
        at += count
        if part and spans and spans[-1].role is role and len(spans[-1].text) + len(part) < _PART // 10:
            spans[-1] = Span(spans[-1].text + part, role)
        else:
            spans += [Span(part[start : start + _PART], role) for start in range(0, len(part), _PART)]
    return Line(tuple(spans))
