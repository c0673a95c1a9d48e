"""What go takes from the go.mod file of a dependency, and what it says of one that it cannot read.

A dependency's go.mod is read laxly: verbs that are unknown or matter only in the main module (replace,
exclude, toolchain, tool, godebug) are ignored, a go version may carry a suffix, a retraction that cannot be
read is skipped. So ParseLax never yields a toolchain; ``go_mod_lookup`` finds one.

Source: golang.org/x/mod/modfile/rule.go ParseLax, File.add, parseVersionInterval, parseDirectiveComment,
parseDeprecation; cmd/go/internal/gover/gomod.go GoModLookup.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from probes.golang import module
from probes.golang.errors import GoError, InvalidVersion
from probes.golang.gomod_syntax import Block, Line, parse_syntax
from probes.golang.quote import fields, quote, trim_space


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of ``require``."""

    path: str
    version: str
    """Canonical."""
    indirect: bool
    """Whether it is marked ``// indirect``."""


@dataclass(frozen=True, slots=True)
class Retraction:
    """One version, or a closed interval of versions, that the author has withdrawn."""

    low: str
    high: str
    """Both as written: neither canonical nor necessarily versions at all."""
    rationale: str
    """The text of its comments, or else of its block's."""


@dataclass(frozen=True, slots=True)
class GoModFile:
    """A go.mod file as a dependency's is read."""

    module_path: str = ""
    """Empty without a module statement."""
    deprecated: str = ""
    """The message after "Deprecated:" in the comments of the module statement."""
    go_version: str = ""
    """Empty without a go statement."""
    requires: tuple[Requirement, ...] = ()
    retracts: tuple[Retraction, ...] = ()
    ignores: tuple[str, ...] = ()


_BLOCK_VERBS = frozenset({"module", "require", "retract", "ignore"})

GO_VERSION = re.compile(r"[1-9][0-9]*\.(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))?(?:[a-z]+[0-9]+)?")
_LAX_GO_VERSION = re.compile(r"v?([1-9][0-9]*\.(?:0|[1-9][0-9]*))[^0-9].*", re.DOTALL)
_DEPRECATED = re.compile(r"(?:\A|\n\n)Deprecated: *(.*?)(?:\Z|\n\n)", re.DOTALL)


def parse_lax(data: bytes, *, file: str = "go.mod") -> GoModFile:
    """modfile.ParseLax of a dependency's go.mod.

    Raises GoError with Go's ErrorList text: the one syntax error, or every bad line, one a line.
    """
    reading = _Reading(file)
    for statement in parse_syntax(data.decode("utf-8", "surrogateescape"), file):
        verb = statement.tokens[0]
        if isinstance(statement, Line):
            reading.add(None, statement, verb, statement.tokens[1:])
        elif len(statement.tokens) == 1 and verb in _BLOCK_VERBS:
            for line in statement.lines:
                reading.add(statement, line, verb, line.tokens)
    return reading.result()


@dataclass(slots=True)
class _Reading:
    """The file so far."""

    file: str
    errors: list[GoError] = field(default_factory=list)
    module_path: str | None = None
    deprecated: str = ""
    go_version: str | None = None
    requires: list[Requirement] = field(default_factory=list)
    retracts: list[Retraction] = field(default_factory=list)
    ignores: list[str] = field(default_factory=list)

    def result(self) -> GoModFile:
        if self.errors:
            raise GoError("\n".join(error.text for error in self.errors))
        return GoModFile(
            self.module_path or "", self.deprecated, self.go_version or "",
            tuple(self.requires), tuple(self.retracts), tuple(self.ignores),
        )

    def add(self, block: Block | None, line: Line, verb: str, args: list[str]) -> None:
        adders: dict[str, Callable[[Block | None, Line, list[str]], None]] = {
            "go": self.add_go, "module": self.add_module, "require": self.add_require,
            "retract": self.add_retract, "ignore": self.add_ignore,
        }
        if verb in adders:
            try:
                adders[verb](block, line, args)
            except GoError as error:
                self.errors.append(line.start.error(self.file, error.text))

    def add_go(self, _block: Block | None, _line: Line, args: list[str]) -> None:
        if self.go_version is not None:
            raise GoError("repeated go statement")
        if len(args) != 1:
            raise GoError("go directive expects exactly one argument")
        version = args[0]
        if not GO_VERSION.fullmatch(version):
            lax = _LAX_GO_VERSION.fullmatch(version)
            if not lax:
                raise GoError(f"invalid go version '{version}': must match format 1.23.0")
            version = lax[1]
        self.go_version = version

    def add_module(self, block: Block | None, line: Line, args: list[str]) -> None:
        if self.module_path is not None:
            raise GoError("repeated module statement")
        self.module_path = ""
        self.deprecated = deprecation(comment_text(block, line))
        if len(args) != 1:
            raise GoError("usage: module module/path")
        self.module_path = quoted_string(args[0])

    def add_require(self, _block: Block | None, line: Line, args: list[str]) -> None:
        self.requires.append(Requirement(*path_and_version("require", args), is_indirect(line)))

    def add_retract(self, block: Block | None, line: Line, args: list[str]) -> None:
        # An interval that cannot be read is not this reader's business: new kinds of them may come.
        if interval := _interval(args):
            self.retracts.append(Retraction(*interval, comment_text(block, line)))

    def add_ignore(self, _block: Block | None, _line: Line, args: list[str]) -> None:
        if len(args) != 1:
            raise GoError("ignore directive expects exactly one argument")
        self.ignores.append(quoted_string(args[0]))


def comment_text(block: Block | None, line: Line) -> str:
    """The text of a line's comments, without "//" and blank lines; of its block's if it has none."""
    comments = line.comments
    if block is not None and not comments.before and not comments.suffix:
        comments = block.comments
    return "\n".join(
        trim_space(text.removeprefix("//")) for text in (*comments.before, *comments.suffix) if text
    )


def deprecation(comments: str) -> str:
    """parseDeprecation: the message in the comments of a module statement, "" without one."""
    found = _DEPRECATED.search(comments)
    return found[1] if found else ""


def is_indirect(line: Line) -> bool:
    """Whether a requirement is marked ``// indirect``."""
    if not line.comments.suffix:
        return False
    words = fields(line.comments.suffix[0].removeprefix("//"))
    return words == ["indirect"] or (len(words) > 1 and words[0] == "indirect;")


def _interval(args: list[str]) -> tuple[str, str] | None:
    """``v1`` or ``[ v1 , v2 ]``, more tokens after it ignored; None if there is neither."""
    match args:
        case ["[", low, ",", high, "]", *_]:
            pass
        case [] | ["[" | "(", *_]:
            return None
        case [low, *_]:
            high = low
    try:
        return string_of(low), string_of(high)
    except GoError:
        return None


def path_and_version(verb: str, args: list[str], *, is_main: bool = False) -> tuple[str, str]:
    """The arguments of ``require`` and ``exclude``, the version canonical. Raises GoError."""
    if len(args) != 2:
        raise GoError(f"usage: {verb} module/path v1.2.3")
    path = quoted_string(args[0])
    version = canonical(verb, path, args[1], is_main=is_main)
    check_major(verb, path, version, path_major(path))
    return path, version


def canonical(verb: str, path: str, token: str, *, is_main: bool = False) -> str:
    """parseVersion without a fixer. Raises GoError.

    In the go.mod of a main module (fixVersion) the path is looked at as well, and a version must be canonical
    as it stands: go would ask the proxies what another one means.
    """
    try:
        version = string_of(token)
    except GoError as error:
        raise about(verb, path, InvalidVersion(token, error)) from None
    if is_main and path and not module.split_path_version(path)[2]:
        raise about(verb, path, InvalidVersion(version, GoError(f"malformed module path {quote(path)}")))
    found = module.canonical_version(version)
    if not found or (is_main and found != version):
        raise about(verb, path, InvalidVersion(version, GoError("must be of the form v1.2.3")))
    return found


def path_major(path: str) -> str:
    """The major version that a path ends in. Raises GoError for what is no module path."""
    _, major, ok = module.split_path_version(path)
    if not ok:
        raise GoError("invalid module path")
    return major


def check_major(verb: str, path: str, version: str, major: str) -> None:
    """Raise GoError where a version does not go with a path's major version."""
    try:
        module.check_path_major(version, major)
    except GoError as error:
        raise about(verb, path, error) from None


def about(verb: str, path: str, error: GoError) -> GoError:
    """modfile.Error with a verb, and with a path if there is one."""
    return GoError(f"{verb} {path}: {error}" if path else f"{verb}: {error}")


def quoted_string(token: str) -> str:
    """A word or a quoted string as parseString takes it, in a line. Raises GoError."""
    try:
        return string_of(token)
    except GoError as error:
        raise GoError(f"invalid quoted string: {error}") from None


def string_of(token: str) -> str:
    """What a word or an interpreted string stands for (parseString). Raises GoError; raw strings are none."""
    if token.startswith('"'):
        return unquote(token)
    if any(char in token for char in "\"'`"):
        raise GoError("unquoted string cannot contain quote")
    return token


_ESCAPE = re.compile(
    r"""\\(?:([abfnrtv\\"])|([0-3][0-7]{2})|x([0-9a-fA-F]{2})|(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})))"""
)
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_SIMPLE_ESCAPES = dict(zip('abfnrtv\\"', b'\a\b\f\n\r\t\v\\"', strict=True))


def unquote(token: str) -> str:
    """strconv.Unquote of a token that starts with a double quote. Raises GoError "invalid syntax"."""
    invalid = GoError("invalid syntax")
    body, at, out = token, 1, bytearray()
    while body[at:at + 1] not in ('"', "", "\n"):
        if body[at] != "\\":
            out += _NOT_UTF8.sub("\ufffd", body[at]).encode()
            at += 1
            continue
        escape = _ESCAPE.match(body, at)
        if not escape:
            raise invalid
        out += _unescaped(escape, invalid)
        at = escape.end()
    if at != len(body) - 1 or body[at] != '"':
        raise invalid
    return out.decode("utf-8", "surrogateescape")


def _unescaped(escape: re.Match[str], invalid: GoError) -> bytes:
    simple, octal, byte, short, long = escape.groups()
    if simple:
        return bytes([_SIMPLE_ESCAPES[simple]])
    if octal or byte:
        return bytes([int(octal, 8) if octal else int(byte, 16)])
    code = int(short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise invalid
    return chr(code).encode()


def go_mod_lookup(data: bytes, key: str) -> str:
    """The value of the first line that starts with ``key`` and a space or tab; "" if there is none.

    For verbs that stand on a line of their own, "go" and "toolchain" (gover.GoModLookup): it reads lines,
    not syntax, and so finds a value in files that do not parse.
    """
    for line in data.split(b"\n"):
        text = trim_space(line.decode("utf-8", "surrogateescape"))
        if text.startswith(key) and text[len(key):len(key) + 1] in (" ", "\t"):
            return trim_space(text[len(key):].partition("//")[0])
    return ""
