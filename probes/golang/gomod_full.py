"""Every line of a go.mod file, read as strictly as go reads that of a main module.

What go takes from the go.mod of a dependency is in ``probes.golang.gomod``; here is what stands in the file,
for people who look at it: also the verbs that count only in the main module, and of a file with bad lines the
good ones beside the errors.

Source: golang.org/x/mod/modfile/rule.go Parse, File.add, parseReplace, parseVersionInterval, parseVersion,
without a VersionFixer, which is what `go mod edit -json` does. A version in a retraction is not looked at
any further then, and so is kept as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from probes.golang.errors import GoError, InvalidVersion
from probes.golang.gomod import (
    GO_VERSION,
    about,
    canonical,
    check_major,
    comment_text,
    deprecation,
    is_indirect,
    path_and_version,
    path_major,
    quoted_string,
    string_of,
)
from probes.golang.gomod_syntax import Block, Line, parse_syntax
from probes.golang.quote import quote


@dataclass(frozen=True, slots=True)
class Required:
    """A line of ``require`` or ``exclude``."""

    path: str
    version: str
    """Canonical."""
    indirect: bool
    """Whether it is marked ``// indirect``; never of an exclusion."""
    line: int
    """Counted from 1."""
    comment: str = ""
    """The text of its comments."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A line of ``replace``."""

    path: str
    version: str
    """"" for every version."""
    new_path: str
    """A module path, or a folder, which begins with a dot or is rooted."""
    new_version: str
    """"" for a folder."""
    line: int


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A line of ``retract``."""

    low: str
    high: str
    """Both as written, and the same for a single version."""
    rationale: str
    line: int


@dataclass(frozen=True, slots=True)
class Named:
    """A line with one thing in it: ``tool``, ``ignore``, or ``godebug`` (key=value)."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class FullGoMod:
    """All of a go.mod file, in its own order, repeated lines as often as they stand there."""

    module_path: str = ""
    module_line: int = 0
    """0 without a module statement."""
    deprecated: str = ""
    go_version: str = ""
    toolchain: str = ""
    godebug: tuple[Named, ...] = ()
    requires: tuple[Required, ...] = ()
    excludes: tuple[Required, ...] = ()
    replaces: tuple[Replaced, ...] = ()
    retracts: tuple[Withdrawn, ...] = ()
    tools: tuple[Named, ...] = ()
    ignores: tuple[Named, ...] = ()
    errors: tuple[str, ...] = ()
    """What Parse says of the bad lines, each ``FILE:LINE: …``; a syntax error is the only one."""


_BLOCK_VERBS = frozenset({"module", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"})


def parse_full(data: bytes, *, file: str = "go.mod") -> FullGoMod:
    """modfile.Parse. Raises GoError with Go's ErrorList text: every bad line, one a line."""
    found = read_full(data, file=file)
    if found.errors:
        raise GoError("\n".join(found.errors))
    return found


def read_full(data: bytes, *, file: str = "go.mod", is_main: bool = False) -> FullGoMod:
    """The same, where errors stand beside the lines that could be read.

    ``is_main``: in the words of a go that loads it as that of its main module (gomod.canonical).
    """
    reading = Reading(file, is_main=is_main)
    try:
        statements = parse_syntax(data.decode("utf-8", "surrogateescape"), file)
    except GoError as error:
        return FullGoMod(errors=(error.text,))
    for statement in statements:
        verb = statement.tokens[0]
        if isinstance(statement, Line):
            reading.add(None, statement, verb, statement.tokens[1:])
        elif len(statement.tokens) == 1 and verb in _BLOCK_VERBS:
            for line in statement.lines:
                reading.add(statement, line, verb, line.tokens)
        else:
            words = f"unknown block type: {' '.join(statement.tokens)}"
            reading.errors.append(statement.start.error(file, words).text)
    return reading.result()


def is_directory_path(path: str) -> bool:
    """modfile.IsDirectoryPath: whether the right side of a replacement is a folder, on whichever system."""
    return (
        path in (".", "..")
        or path.startswith(("./", ".\\", "../", "..\\", "/", "\\"))
        or re.match(r"[A-Za-z]:", path) is not None
    )


@dataclass(slots=True)
class Reading:
    """The file so far."""

    file: str
    errors: list[str] = field(default_factory=list)
    is_main: bool = False
    module_path: str | None = None
    module_line: int = 0
    deprecated: str = ""
    go_version: str | None = None
    toolchain: str | None = None
    godebug: list[Named] = field(default_factory=list)
    requires: list[Required] = field(default_factory=list)
    excludes: list[Required] = field(default_factory=list)
    replaces: list[Replaced] = field(default_factory=list)
    retracts: list[Withdrawn] = field(default_factory=list)
    tools: list[Named] = field(default_factory=list)
    ignores: list[Named] = field(default_factory=list)

    def result(self) -> FullGoMod:
        return FullGoMod(
            self.module_path or "", self.module_line, self.deprecated, self.go_version or "",
            self.toolchain or "", tuple(self.godebug), tuple(self.requires), tuple(self.excludes),
            tuple(self.replaces), tuple(self.retracts), tuple(self.tools), tuple(self.ignores),
            tuple(self.errors),
        )  # fmt: skip

    def add(self, block: Block | None, line: Line, verb: str, args: list[str]) -> None:
        adders: dict[str, Callable[[Block | None, Line, list[str]], None]] = {
            "go": self.add_go,
            "toolchain": self.add_toolchain,
            "module": self.add_module,
            "godebug": self.add_godebug,
            "require": self.add_require,
            "exclude": self.add_exclude,
            "replace": self.add_replace,
            "retract": self.add_retract,
            "tool": self.add_tool,
            "ignore": self.add_ignore,
        }
        try:
            if verb not in adders:
                raise GoError(f"unknown directive: {verb}")
            adders[verb](block, line, args)
        except GoError as error:
            self.errors.append(line.start.error(self.file, error.text).text)

    def add_go(self, _block: Block | None, _line: Line, args: list[str]) -> None:
        if self.go_version is not None:
            raise GoError("repeated go statement")
        if len(args) != 1:
            raise GoError("go directive expects exactly one argument")
        if not GO_VERSION.fullmatch(args[0]):
            raise GoError(f"invalid go version '{args[0]}': must match format 1.23.0")
        self.go_version = args[0]

    def add_toolchain(self, _block: Block | None, _line: Line, args: list[str]) -> None:
        if self.toolchain is not None:
            raise GoError("repeated toolchain statement")
        if len(args) != 1:
            raise GoError("toolchain directive expects exactly one argument")
        if args[0] not in ("default", "go1") and not args[0].startswith("go1."):
            raise GoError(f"invalid toolchain version '{args[0]}': must match format go1.23.0 or default")
        self.toolchain = args[0]

    def add_module(self, block: Block | None, line: Line, args: list[str]) -> None:
        if self.module_path is not None:
            raise GoError("repeated module statement")
        self.module_path, self.module_line = "", line.start.line
        self.deprecated = deprecation(comment_text(block, line))
        if len(args) != 1:
            raise GoError("usage: module module/path")
        self.module_path = quoted_string(args[0])

    def add_godebug(self, _block: Block | None, line: Line, args: list[str]) -> None:
        if len(args) != 1 or any(char in args[0] for char in "\"`',") or "=" not in args[0]:
            raise GoError("usage: godebug key=value")
        self.godebug.append(Named(args[0], line.start.line))

    def add_require(self, block: Block | None, line: Line, args: list[str]) -> None:
        self.requires.append(_required("require", line, args, is_main=self.is_main))

    def add_exclude(self, block: Block | None, line: Line, args: list[str]) -> None:
        self.excludes.append(_required("exclude", line, args, is_main=self.is_main))

    def add_replace(self, _block: Block | None, line: Line, args: list[str]) -> None:
        self.replaces.append(_replaced(line, args, is_main=self.is_main))

    def add_retract(self, block: Block | None, line: Line, args: list[str]) -> None:
        tokens = iter(args)
        low, high = _interval(tokens)
        if self.is_main:
            for version in (low, high):
                canonical("retract", "", version, is_main=True)
        for token in tokens:
            raise GoError(f"unexpected token after version: {quote(token)}")
        self.retracts.append(Withdrawn(low, high, comment_text(block, line), line.start.line))

    def add_tool(self, _block: Block | None, line: Line, args: list[str]) -> None:
        self.tools.append(_named("tool", line, args))

    def add_ignore(self, _block: Block | None, line: Line, args: list[str]) -> None:
        self.ignores.append(_named("ignore", line, args))


def _named(verb: str, line: Line, args: list[str]) -> Named:
    if len(args) != 1:
        raise GoError(f"{verb} directive expects exactly one argument")
    return Named(quoted_string(args[0]), line.start.line)


def _required(verb: str, line: Line, args: list[str], *, is_main: bool) -> Required:
    path, version = path_and_version(verb, args, is_main=is_main)
    indirect = verb == "require" and is_indirect(line)
    return Required(path, version, indirect, line.start.line, comment_text(None, line))


def _replaced(line: Line, args: list[str], *, is_main: bool) -> Replaced:
    arrow = 1 if args[1:2] == ["=>"] else 2
    if not arrow + 2 <= len(args) <= arrow + 3 or args[arrow] != "=>":
        raise GoError(
            "usage: replace module/path [v1.2.3] => other/module v1.4\n"
            "\t or replace module/path [v1.2.3] => ../local/directory"
        )
    path = quoted_string(args[0])
    try:
        major = path_major(path)
    except GoError as error:
        raise about("replace", path, error) from None
    version = ""
    if arrow == 2:
        version = canonical("replace", path, args[1], is_main=is_main)
        check_major("replace", path, version, major)
    new_path, new_version = quoted_string(args[arrow + 1]), ""
    if len(args) == arrow + 2:
        _check_directory(new_path)
    else:
        new_version = canonical("replace", new_path, args[arrow + 2], is_main=is_main)
        if is_directory_path(new_path):
            raise GoError(f"replacement module directory path {quote(new_path)} cannot have version")
    return Replaced(path, version, new_path, new_version, line.start.line)


def _check_directory(path: str) -> None:
    """What stands on the right without a version must be a folder of this system, which is not Windows."""
    if not is_directory_path(path):
        if "@" in path:
            raise GoError("replacement module must match format 'path version', not 'path@version'")
        raise GoError(
            "replacement module without version must be directory path (rooted or starting with . or ..)"
        )
    if "\\" in path:
        raise GoError("replacement directory appears to be Windows path (on a non-windows system)")


def _interval(tokens: Iterator[str]) -> tuple[str, str]:
    """parseVersionInterval: ``v1`` or ``[ v1 , v2 ]``, and what comes after it is left in ``tokens``."""
    first = next(tokens, "(")
    if first == "(":
        raise GoError("expected '[' or version")
    if first != "[":
        version = _unfixed_version(first)
        return version, version
    low = _unfixed_version(_expect_version(tokens, "'['"))
    _expect(tokens, ",")
    high = _unfixed_version(_expect_version(tokens, "','"))
    _expect(tokens, "]")
    return low, high


def _expect_version(tokens: Iterator[str], after: str) -> str:
    for token in tokens:
        return token
    raise GoError(f"expected version after {after}")


def _expect(tokens: Iterator[str], mark: str) -> None:
    if next(tokens, "") != mark:
        raise GoError(f"expected '{mark}' after version")


def _unfixed_version(token: str) -> str:
    """parseVersion with the fixer that leaves everything as it is."""
    try:
        return string_of(token)
    except GoError as error:
        raise about("retract", "", InvalidVersion(token, error)) from None
