"""netrc as git reads it, that is as libcurl does: other rules than those of go.

Source: curl's lib/netrc.c (parsenetrc) of the 7.x and early 8.x releases and CURLOPT_NETRC(3). git asks for
CURL_NETRC_OPTIONAL (git's http.c) and names no file: it is always ~/.netrc; the variable NETRC is go's. What
differs from go's reading (probes.golang.netrc):

- words stand in a row over the lines, so that a pair may be split by the end of a line; a word that begins
  with # ends its line, a word may be quoted; a blank or a CR before the end of a line is an empty word;
- keywords and hosts in any case; a machine is a host's name: no port, no path, no scheme;
- ``default`` counts for every host; a login without a password counts, with an empty password;
- where a URL names a user, an entry with this login ends the search; where there is none, the last password
  for the host is sent with the URL's user (newer releases of curl no longer do that).

Checked against the git of this machine by tests/against_git/test_netrc.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_BLANK = " \t"
_SPACE = " \t\n\r\v\f"


class BadQuote(Exception):
    """A quoted word has no end: libcurl takes nothing of the file from there on."""


@dataclass(frozen=True, slots=True)
class GitNetrcEntry:
    """What libcurl finds for one host."""

    login: str = field(repr=False)
    password: str = field(repr=False)
    line: int
    """The line, from 1, of the machine, or of ``default``."""
    is_default: bool
    """Whether it is ``default``'s."""


class _State(Enum):
    NOTHING = auto()
    """No machine yet."""
    NAME = auto()
    """The name of a machine comes next."""
    OURS = auto()
    """What follows is of the host that is looked for."""
    MACRO = auto()
    """To the next empty line."""


def find_for_git(text: str, host: str, user: str = "") -> GitNetrcEntry | None:
    """What libcurl takes from a netrc for a host, without its port; ``user`` is the one of the URL."""
    return _Search(host.lower(), user).run(text)


class _Search:
    """One reading of a file for one host."""

    def __init__(self, host: str, user: str) -> None:
        self._host = host
        self._user = user
        self._state = _State.NOTHING
        self._keyword = ""
        """ "login" or "password", when its value comes next."""
        self._met = False
        self._ours = False
        """Whether a login was seen that may be taken."""
        self._found: set[str] = set()
        self._line = 0
        self._is_default = False
        self._login: str | None = user or None
        self._password: str | None = None

    def run(self, text: str) -> GitNetrcEntry | None:
        """What the file has. Raises BadQuote."""
        for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), 1):
            if self._state is _State.MACRO:
                if line and not line.startswith("\r"):
                    continue
                self._state = _State.NOTHING
            for word in _words(line + "\n"):
                if self._take(word, number):
                    return self._result()
        return self._result()

    def _result(self) -> GitNetrcEntry | None:
        if not self._met:
            return None
        if self._password is None and self._ours:
            self._password = ""
        if self._login is None and self._password is None:
            return None
        return GitNetrcEntry(self._login or "", self._password or "", self._line, self._is_default)

    def _take(self, word: str, line: int) -> bool:
        """One word; whether the search is over."""
        known = word.lower()
        if self._state is _State.NOTHING:
            if known == "macdef":
                self._state = _State.MACRO
            elif known == "machine":
                self._state, self._ours = _State.NAME, False
            elif known == "default":
                self._enter(line, is_default=True)
        elif self._state is _State.NAME:
            self._state = _State.NOTHING
            if known == self._host:
                self._enter(line, is_default=False)
        elif self._state is _State.OURS:
            return self._in_ours(word, known, line)
        elif not word:
            self._state = _State.NOTHING
        return False

    def _enter(self, line: int, *, is_default: bool) -> None:
        self._state, self._met = _State.OURS, True
        self._line, self._is_default = line, is_default

    def _in_ours(self, word: str, known: str, line: int) -> bool:
        if self._keyword == "login":
            self._ours = not self._user or word == self._user
            self._login = self._user or word
            self._found.add("login")
            self._keyword = ""
        elif self._keyword == "password":
            self._password = word
            self._found.add("password")
            self._keyword = ""
        elif known in ("login", "password"):
            self._keyword = known
        elif known in ("machine", "default"):
            self._found.clear()
            self._login, self._password = self._user or None, None
            if known == "machine":
                self._state = _State.NAME
            else:
                self._enter(line, is_default=True)
        return self._ours and self._found == {"login", "password"}


def _words(line: str) -> Iterator[str]:
    """The words of a line; an empty one where a blank, or a CR, stands before its end. Raises BadQuote."""
    at = 0
    while at < len(line):
        if line[at] in _BLANK:
            at += 1
            continue
        if line[at] == "#":
            return
        if line[at] == '"':
            word, end = _quoted(line, at + 1)
        else:
            end = at
            while line[end] not in _SPACE:
                end += 1
            word = line[at:end]
        yield word
        at = end + 1


def _quoted(line: str, at: int) -> tuple[str, int]:
    """A quoted word from behind its first quote, and where its end is. Raises BadQuote."""
    out: list[str] = []
    while at < len(line):
        mark = line[at]
        if mark == '"':
            return "".join(out), at + 1
        if mark == "\\":
            at += 1
            if at == len(line):
                break
            mark = _ESCAPES.get(line[at], line[at])
        out.append(mark)
        at += 1
    raise BadQuote
