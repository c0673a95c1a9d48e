"""What Textual makes anew again and again, and in a process with many apps need not.

Its style sheets are parsed once in a process instead of once for each app.

A test opens apps by the hundred, and each would parse the same rules anew, for every theme. What comes out is
only read, and depends on nothing but what it was made of, which is the key here.

Each line of each widget has seven bounded caches of its own; here they are plain dictionaries, since few lines
live as long as to fill one.
"""

from __future__ import annotations

from typing import Any

from textual import strip
from textual.css import stylesheet
from textual.css.model import RuleSet
from textual.css.parse import parse

_Key = tuple[object, ...]


class ParsedOnce:
    """Stands for textual.css.parse.parse."""

    def __init__(self) -> None:
        self._known: dict[_Key, list[RuleSet]] = {}
        self._variables: Any = None
        self._of_variables: _Key = ()

    def __call__(self, scope: str, css: str, read_from: Any, *, variable_tokens: Any, **more: Any) -> list[RuleSet]:
        """The rules of a style sheet."""
        if variable_tokens is not self._variables:
            self._variables = variable_tokens
            self._of_variables = tuple((name, tuple(tokens)) for name, tokens in variable_tokens.items())
        key = (scope, css, read_from, self._of_variables, *more.items())
        if key not in self._known:
            self._known[key] = list(parse(scope, css, read_from, variable_tokens=variable_tokens, **more))
        return self._known[key]


def parse_once() -> None:
    """From now on, in this process."""
    stylesheet.parse = ParsedOnce()  # type: ignore[assignment, attr-defined]
    strip.FIFOCache = lambda maxsize: {}  # type: ignore[assignment, misc]
