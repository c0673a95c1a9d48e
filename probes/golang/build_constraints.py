"""Which .go files go counts on a platform: their names, and their //go:build lines.

Source: cmd/go/internal/imports/build.go (ShouldBuild, parseFileHeader, matchTag, MatchFile),
go/build/constraint/expr.go (Parse), internal/syslist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

KNOWN_OS = frozenset(
    """
    aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris
    wasip1 windows zos
    """.split()  # noqa: SIM905
)
UNIX = frozenset(
    """
    aix android darwin dragonfly freebsd hurd illumos ios linux netbsd openbsd solaris
    """.split()  # noqa: SIM905
)
KNOWN_ARCH = frozenset(
    """
    386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32
    mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm
    """.split()  # noqa: SIM905
)
_ALSO = {"linux": "android", "solaris": "illumos", "darwin": "ios"}
_BLANKS = " \t\r\n\v\f"
_TOKEN = re.compile(r"[ \t]*(\(|\)|&&|\|\||!|[\w.]+)")
_MOST_OPERANDS = 1000
"""What go allows of them in one line (constraint.maxSize)."""
_MOST_OLD = 100
"""Commas and blanks between words that count in a // +build line (parsePlusBuildExpr)."""


class BadConstraint(ValueError):
    """A //go:build line that makes no sense."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What holds on a platform."""

    goos: str
    names: frozenset[str]

    def holds(self, name: str) -> bool:
        """matchTag."""
        if name in self.names or _ALSO.get(name) in self.names:
            return True
        return name == "unix" and self.goos in UNIX


def tags_for(goos: str, goarch: str, release: str, *, cgo: bool, more: tuple[str, ...] = ()) -> Tags:
    """imports.Tags: platform, compiler, the releases up to the one at hand, and what -tags names."""
    minor = int(found[1]) if (found := re.match(r"1\.(\d+)", release)) else 0
    releases = (f"go1.{number}" for number in range(1, minor + 1))
    return Tags(goos, frozenset([goos, goarch, "gc", *releases, *more, *(["cgo"] if cgo else [])]))


def matches_name(name: str, tags: Tags) -> bool:
    """MatchFile: whether a file's name lets it count, as x_linux_amd64_test.go does on that platform."""
    stem = name.partition(".")[0]
    _, underscore, rest = stem.partition("_")
    if not underscore:
        return True
    parts = rest.split("_")
    if parts[-1] == "test":
        parts.pop()
    if len(parts) >= 2 and parts[-2] in KNOWN_OS and parts[-1] in KNOWN_ARCH:
        return tags.holds(parts[-2]) and tags.holds(parts[-1])
    if parts and (parts[-1] in KNOWN_OS or parts[-1] in KNOWN_ARCH):
        return tags.holds(parts[-1])
    return True


def matches_header(header: str, tags: Tags) -> bool:
    """ShouldBuild: whether the comments before the package clause let a file count. Raises BadConstraint."""
    line, end = _go_build_line(header)
    if line is not None:
        return _Expression(line, tags).value()
    return all(_plus_build(one, tags) for one in header[:end].split("\n"))


def _go_build_line(text: str) -> tuple[str | None, int]:
    """parseFileHeader: the //go:build line, and how far // +build lines count."""
    found, end, at, ended, in_comment = None, 0, 0, False, False
    while at < len(text):
        newline = text.find("\n", at)
        line = text[at : newline if newline >= 0 else len(text)].strip(_BLANKS)
        at = newline + 1 if newline >= 0 else len(text)
        if not line and not ended:
            end = at
            continue
        ended = ended or not line.startswith("//")
        if not in_comment and re.match(r"//go:build(?![^ \t])", line):
            if found is not None:
                raise BadConstraint("multiple //go:build comments")
            found = line.removeprefix("//go:build").strip()
        here = 0
        while here < len(line):
            if in_comment:
                close = line.find("*/", here)
                if close < 0:
                    break
                in_comment, here = False, close + 2
            elif line.startswith("/*", here):
                in_comment, here = True, here + 2
            elif line.startswith("//", here):
                break
            elif line[here] in _BLANKS:
                here += 1
            else:
                return found, end
    return found, end


def _plus_build(line: str, tags: Tags) -> bool:
    """An old // +build line: its words are alternatives, the commas in them mean "and"."""
    found = re.fullmatch(r"//[ \t]*\+build(?:[ \t]+(.*))?", line.strip())
    if found is None:
        return True
    words = (found[1] or "").split()
    if not words:
        return False
    if sum(1 + word.count(",") for word in words) - 1 > _MOST_OLD:
        return True  # go passes over what it finds too complex
    return any(all(_old_term(term, tags) for term in word.split(",")) for word in words)


def _old_term(term: str, tags: Tags) -> bool:
    wanted = not term.startswith("!")
    name = term.removeprefix("!")
    return re.fullmatch(r"[\w.]+", name) is not None and tags.holds(name) is wanted


class _Expression:
    """``linux && !(cgo || arm)``, evaluated while it is read; nested brackets are no recursion."""

    def __init__(self, text: str, tags: Tags) -> None:
        self._tags = tags
        text = text.rstrip()
        self._tokens: list[str] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise BadConstraint("invalid syntax")
            self._tokens.append(found[1])
            at = found.end()

    def value(self) -> bool:
        """Parse: || of && of operands, each perhaps with a ! before it. Raises BadConstraint."""
        groups = [_Group()]
        wants_operand, negated, operands = True, False, 0
        for at, token in enumerate(self._tokens):
            if wants_operand and token == "!":
                if negated:
                    raise BadConstraint("double negation not allowed")
                negated = True
                continue
            if wants_operand:
                operands += 1
                if operands > _MOST_OPERANDS:
                    raise BadConstraint("build expression too large")
                if token == "(":
                    groups.append(_Group(negated))
                elif token in ("&&", "||", ")"):
                    raise BadConstraint("missing operand")
                else:
                    groups[-1].take(self._tags.holds(token) is not negated)
                    wants_operand = False
                negated = False
            elif token == ")" and len(groups) > 1:
                inner = groups.pop()
                groups[-1].take(inner.value is not inner.negated)
            elif token in ("&&", "||"):
                groups[-1].join(token)
                wants_operand = True
            else:
                raise BadConstraint(f"unexpected token {at + 1}")
        if wants_operand or len(groups) > 1:
            raise BadConstraint("missing operand or close paren")
        return groups[0].value


@dataclass(slots=True)
class _Group:
    """What stands between two brackets, so far."""

    negated: bool = False
    is_and: bool = False
    before: bool = False
    """What the alternatives that are over come to."""
    term: bool = True
    """The one at hand."""

    def take(self, operand: bool) -> None:
        """The next operand."""
        self.term = self.term and operand if self.is_and else operand

    def join(self, operator: str) -> None:
        """What comes next is one more factor, or one more alternative."""
        self.is_and = operator == "&&"
        if not self.is_and:
            self.before = self.value

    @property
    def value(self) -> bool:
        """What it comes to."""
        return self.before or self.term
