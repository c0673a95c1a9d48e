"""A go.work file, read as strictly as go reads it.

Source: golang.org/x/mod/modfile/work.go (ParseWork) and rule.go (WorkFile.add).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from probes.golang.errors import GoError
from probes.golang.gomod import quoted_string
from probes.golang.gomod_full import FullGoMod, Named, Reading
from probes.golang.gomod_syntax import Line, parse_syntax

_BLOCK_VERBS = frozenset({"godebug", "use", "replace"})
_LINE_VERBS = frozenset({"go", "toolchain", "godebug", "replace"})


@dataclass(frozen=True, slots=True)
class GoWork:
    """What stands in a go.work file."""

    uses: tuple[Named, ...] = ()
    """The folders as they are written."""
    lines: FullGoMod = field(default_factory=FullGoMod)
    """go, toolchain, godebug and replace."""


def parse_work(data: bytes, *, file: str = "go.work") -> GoWork:
    """modfile.ParseWork. Raises GoError with every bad line, one a line."""
    reading, uses = Reading(file), []
    for statement in parse_syntax(data.decode("utf-8", "surrogateescape"), file):
        verb = statement.tokens[0]
        if isinstance(statement, Line):
            lines = [(statement, statement.tokens[1:])]
        elif len(statement.tokens) == 1 and verb in _BLOCK_VERBS:
            lines = [(line, line.tokens) for line in statement.lines]
        else:
            words = f"unknown block type: {' '.join(statement.tokens)}"
            reading.errors.append(statement.start.error(file, words).text)
            continue
        for line, args in lines:
            if verb in _LINE_VERBS:
                reading.add(None, line, verb, args)
                continue
            try:
                uses.append(_use(line, verb, args))
            except GoError as error:
                reading.errors.append(line.start.error(file, error.text).text)
    if reading.errors:
        raise GoError("\n".join(reading.errors))
    return GoWork(tuple(uses), reading.result())


def _use(line: Line, verb: str, args: list[str]) -> Named:
    if verb != "use":
        raise GoError(f"unknown directive: {verb}")
    if len(args) != 1:
        raise GoError("usage: use local/dir")
    return Named(quoted_string(args[0]), line.start.line)
