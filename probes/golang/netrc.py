"""netrc as the go command reads it, which is not as git or curl read it.

Source: cmd/go/internal/auth/netrc.go (parseNetrc) and auth.go (runGoAuth, loadCredential). Words come in
pairs within a line; a machine counts once both login and password were seen after it, in either order;
"default" counts for nobody; the first entry for a machine wins. What go passes over without a word is kept
as well, with the reason, for those who count on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from io import StringIO

from probes.golang.quote import each_field


@dataclass(frozen=True, slots=True)
class NetrcEntry:
    """What netrc holds for one machine: a host, a host with a port, or one with a path."""

    machine: str
    login: str = field(repr=False)
    password: str = field(repr=False)
    line: int
    """The line, from 1, in which the entry became complete."""
    begins: int = 0
    """The line in which its machine stands."""


class Why(Enum):
    """Why go does not see an entry."""

    NO_LOGIN = "go needs a login as well, behind the machine"
    NO_PASSWORD = "go needs a password as well, behind the machine"
    DEFAULT = "go does not use `default`: write the entry with `machine`"
    BEHIND_DEFAULT = "go reads nothing behind a line that ends with the word `default`"
    IN_MACRO = "it belongs to the macdef above, which ends at an empty line only"
    SHIFTED = "go reads the words of a line in pairs, and `machine` is not the first of one here"
    SPLIT = "`machine` and the host must stand on one line for go"
    CAPITALS = "go knows its keywords in small letters only"


@dataclass(frozen=True, slots=True)
class Passed:
    """A machine that stands in the file and counts for nothing."""

    machine: str
    line: int
    why: Why


@dataclass(frozen=True, slots=True)
class Netrc:
    """What go makes of one file."""

    entries: tuple[NetrcEntry, ...] = ()
    """Those that go sees, in the order of the file."""
    passed: tuple[Passed, ...] = ()


def parse_netrc(text: str) -> list[NetrcEntry]:
    """The entries that go would use, in the order of the file."""
    return list(read_netrc(text).entries)


def read_netrc(text: str) -> Netrc:
    """The entries that go would use, and what it passes over."""
    reader = _Reader()
    lines = enumerate((line.removesuffix("\n") for line in StringIO(text, newline="\n")), 1)
    for number, line in lines:
        if not reader.read(number, line):
            reader.rest(lines)
            break
    reader.forget()
    return Netrc(tuple(reader.entries), tuple(reader.passed))


class _Reader:
    """parseNetrc, line by line."""

    def __init__(self) -> None:
        self.entries: list[NetrcEntry] = []
        self.passed: list[Passed] = []
        self._machine = self._login = self._password = ""
        self._begins = 0
        self._in_macro = False
        self._split = False
        """Whether the line before ended with the word machine."""

    def read(self, number: int, line: str) -> bool:
        """Read one line; False where go reads no further."""
        if self._in_macro:
            self._in_macro = line != ""
            self._pass_all(number, line, Why.IN_MACRO)
            return True
        if not line:
            return True
        name, count = "", 0
        is_comment = line.lstrip().startswith("#")
        for count, word in enumerate(each_field(line), 1):
            if count == 1 and self._split:
                self.passed.append(Passed(word, number, Why.SPLIT))
                self._split = False
            if count % 2 == 0:
                self._pair(number, name, word)
            elif name == "machine" and count > 1 and not is_comment:
                self.passed.append(Passed(word, number, Why.SHIFTED))
            if count == 2 and name != "machine" and name.lower() == "machine":
                self.passed.append(Passed(word, number, Why.CAPITALS))
            if count == 1 and word == "default":
                self.passed.append(Passed(word, number, Why.DEFAULT))
            name = word
        self._split = self._split or (count % 2 == 1 and name == "machine" and not is_comment)
        return not (count % 2 and name == "default")

    def rest(self, lines: Iterable[tuple[int, str]]) -> None:
        """What stands behind the last line that go reads."""
        for number, line in lines:
            self._pass_all(number, line, Why.BEHIND_DEFAULT)

    def forget(self) -> None:
        """The machine at hand comes to nothing: another one begins, or the file ends."""
        if self._machine:
            why = Why.NO_PASSWORD if self._login else Why.NO_LOGIN
            self.passed.append(Passed(self._machine, self._begins, why))
        self._machine = self._login = self._password = ""

    def _pair(self, number: int, name: str, value: str) -> None:
        match name:
            case "machine":
                self.forget()
                self._machine, self._begins = value, number
            case "login":
                self._login = value
            case "password":
                self._password = value
            case "macdef":
                self._in_macro = True
            case _:
                return
        if self._machine and self._login and self._password:
            entry = NetrcEntry(self._machine, self._login, self._password, number, self._begins)
            self.entries.append(entry)
            self._machine = self._login = self._password = ""

    def _pass_all(self, number: int, line: str, why: Why) -> None:
        """Whatever looks like an entry in a line that go does not read."""
        name = ""
        for word in each_field(line) if "machine" in line else ():
            if name == "machine":
                self.passed.append(Passed(word, number, why))
            name = word
