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
_TOKEN = re.compile(r"[ \t]*(\(|\)|&&|\|\||!|[\w.]+)")
_MOST_NESTED = 1000
"""Operators that go allows in one line (constraint.maxSize)."""


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
        line = text[at : newline if newline >= 0 else len(text)].strip(" \t\r\n\v\f")
        at = newline + 1 if newline >= 0 else len(text)
        if not line and not ended:
            end = at
            continue
        ended = ended or not line.startswith("//")
        if not in_comment and re.match(r"//go:build(?![^ \t])", line):
            if found is not None:
                raise BadConstraint("multiple //go:build comments")
            found = line.removeprefix("//go:build").strip()
        while line:
            if in_comment:
                _, close, line = line.partition("*/")
                if not close:
                    break
                in_comment, line = False, line.strip()
            elif line.startswith("/*"):
                in_comment, line = True, line[2:].strip()
            elif line.startswith("//"):
                break
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
    return any(all(_old_term(term, tags) for term in word.split(",")) for word in words)


def _old_term(term: str, tags: Tags) -> bool:
    wanted = not term.startswith("!")
    name = term.removeprefix("!")
    return re.fullmatch(r"[\w.]+", name) is not None and tags.holds(name) is wanted


class _Expression:
    """``linux && !(cgo || arm)``, evaluated while it is read."""

    def __init__(self, text: str, tags: Tags) -> None:
        self._tags = tags
        self._tokens: list[str] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                raise BadConstraint("invalid syntax")
            self._tokens.append(found[1])
            at = found.end()
        self._at = self._depth = 0

    def value(self) -> bool:
        found = self._or()
        if self._peek():
            raise BadConstraint("unexpected token")
        return found

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _or(self) -> bool:
        found = self._and()
        while self._peek() == "||":
            self._take()
            found = self._and() or found
        return found

    def _and(self) -> bool:
        found = self._not()
        while self._peek() == "&&":
            self._take()
            found = self._not() and found
        return found

    def _not(self) -> bool:
        self._depth += 1
        if self._depth > _MOST_NESTED // 4:
            raise BadConstraint("build expression too large")
        try:
            if self._peek() != "!":
                return self._atom()
            self._take()
            if self._peek() == "!":
                raise BadConstraint("double negation not allowed")
            return not self._not()
        finally:
            self._depth -= 1

    def _atom(self) -> bool:
        token = self._take()
        if token == "(":
            found = self._or()
            if self._take() != ")":
                raise BadConstraint("missing close paren")
            return found
        if not token or token in ("&&", "||", ")"):
            raise BadConstraint("missing operand")
        return self._tags.holds(token)
