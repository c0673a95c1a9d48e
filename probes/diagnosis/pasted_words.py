"""One line cut into words as a shell would, each character remembering its column.

Sources: POSIX.1 XCU 2.2 and 2.3 (quoting, token recognition); fish's language manual; PowerShell
about_Quoting_Rules and about_Special_Characters (typographic quotes count as quotes there, nowhere else);
the Dockerfile reference (ENV and ARG know quotes and backslashes, but no operators).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grammar:
    """What is special in a line."""

    escape: str = "\\"
    operators: str = "|;&<>()"
    single: str = "'"
    double: str = '"'
    doubled_quotes: bool = False
    """Whether a quote inside quotes is written twice."""
    comments: bool = True


POSIX = Grammar()
DOCKERFILE = Grammar(operators="", comments=False)
POWERSHELL = Grammar(escape="`", operators="|;&<>", single="'‘’‚‛", double='"“”„', doubled_quotes=True)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a command, or an operator between words."""

    text: str
    """As the command gets it: quotes gone."""
    places: tuple[int, ...]
    """The index in the line of each character of ``text``, and one more for its end."""
    start: int
    end: int
    operator: bool = False
    quoted: bool = False
    """Some of it stood in quotes."""
    expands: bool = False
    """Some of it is a variable or a command that only the shell knows."""
    unclosed: int | None = None
    """The index of a quote that never ends."""

    def partition(self) -> tuple[str, Word] | None:
        """NAME and the word behind the first "="; None when there is no "=" in it."""
        name, equals, value = self.text.partition("=")
        if not equals:
            return None
        at = len(name) + 1
        rest = Word(
            value, self.places[at:], self.places[at], self.end,
            quoted=self.quoted, expands=self.expands, unclosed=self.unclosed,
        )  # fmt: skip
        return name, rest


def words(line: str, start: int, grammar: Grammar) -> list[Word]:
    """The words of ``line`` from ``start`` on; a comment ends them."""
    found: list[Word] = []
    at = start
    while at < len(line):
        character = line[at]
        if character in " \t\r\u3000":
            at += 1
        elif character == "#" and grammar.comments:
            break
        elif character in grammar.operators:
            found.append(Word(character, (at, at + 1), at, at + 1, operator=True))
            at += 1
        else:
            word = _word(line, at, grammar)
            found.append(word)
            at = max(word.end, at + 1)
    return found


def _word(line: str, start: int, grammar: Grammar) -> Word:
    text: list[str] = []
    places: list[int] = []
    quote, opened = "", start
    quoted = expands = False
    at = start
    while at < len(line):
        character = line[at]
        step = 1
        if quote:
            if character in quote:
                if grammar.doubled_quotes and line[at + 1 : at + 2] and line[at + 1] in quote:
                    text.append(character)
                    places.append(at)
                    step = 2
                else:
                    quote = ""
            elif character == grammar.escape and quote != grammar.single and at + 1 < len(line):
                step = _escaped(line, at, text, places, in_quotes=grammar.escape == "\\")
            else:
                expands = expands or (character in "$`" and quote != grammar.single)
                text.append(character)
                places.append(at)
        elif character in " \t\r\u3000" or character in grammar.operators:
            break
        elif character in grammar.single or character in grammar.double:
            quote = grammar.single if character in grammar.single else grammar.double
            opened, quoted = at, True
        elif character == grammar.escape:
            step = _escaped(line, at, text, places, in_quotes=False)
        else:
            expands = expands or character in "$`"
            text.append(character)
            places.append(at)
        at += step
    return Word(
        "".join(text), (*places, at - 1 if quoted and not quote and places else at), start, at,
        quoted=quoted, expands=expands, unclosed=opened if quote else None,
    )  # fmt: skip


def _escaped(line: str, at: int, text: list[str], places: list[int], *, in_quotes: bool) -> int:
    """Take an escaped character; returns how far to go."""
    if at + 1 >= len(line):
        return 1
    if in_quotes and line[at + 1] not in '\\"$`':
        text.append(line[at])
        places.append(at)
        return 1
    text.append(line[at + 1])
    places.append(at + 1)
    return 2
