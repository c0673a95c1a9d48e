"""What a column says of a version, and how a column stands: a sign, a word, a colour."""

from __future__ import annotations

import re
from dataclasses import dataclass

from probes.browse.table import Cell, ColumnState, VersionTable
from tui.drawing.matrix_view import is_local
from tui.lines import Role
from tui.symbols import Symbols

_STATUS = re.compile(r"\b([1-5]\d\d) [A-Z]")
_FAULTS = (
    ("timeout", "timeout"), ("timed out", "timeout"), ("deadline", "timeout"), ("no answer", "timeout"),
    ("no such host", "no host"), ("refused", "refused"), ("reset", "reset"), ("x509", "cert"),
    ("certificate", "cert"), ("tls", "TLS"), ("unreachable", "no route"), ("eof", "cut off"),
)  # fmt: skip
"""What go's words for a failure hold, and what it is in one word."""


@dataclass(frozen=True, slots=True)
class CellWords:
    """One cell."""

    sign: str
    word: str
    role: Role
    is_plain: bool = False
    """Whether the sign alone will do: most cells say the same, and their words would hide the others."""

    def in_cells(self, width: int, *, selected: bool) -> str:
        """The cell in ``width`` cells; in the selected column in brackets, with its word where it fits."""
        glue = "" if self.word.isdigit() else " "
        whole = f"{self.sign}{glue}{self.word}" if self.word else self.sign
        text = self.sign if self.is_plain and not selected else whole
        room = width - 2 if selected else width - 1
        if self.is_plain and len(text) > room:
            text = self.sign
        while len(text) > room and " " in text:
            text = text.rpartition(" ")[0].removesuffix(" not")
        return f"[{text}]" if selected else f" {text}"


def cell_words(table: VersionTable, version: str, state: ColumnState, symbols: Symbols) -> CellWords:
    """What a column says of a version."""
    match table.cell(version, state.column.id):
        case Cell.LISTED:
            named = state.known.get(version)
            if named is not None and not named.served and not named.cached_only:
                return CellWords(symbols.fail, which_error(state, version), Role.FAIL)
            if state.answered is not None and version in state.answered.only_mod:
                return CellWords(symbols.ok, "mod", Role.PLAIN)
            return CellWords(symbols.ok, "there" if is_local(state) else "listed", Role.OK, is_plain=True)
        case Cell.SERVED:
            if is_local(state):
                return CellWords(symbols.ok, "there", Role.OK, is_plain=True)
            # Without a list, nobody knows whether it would be on it.
            word = "served" if state.answered is None or state.answered.error else "unlisted"
            return CellWords(symbols.ok, word, Role.OK)
        case Cell.MISSING:
            word = "uncached" if state.known[version].cached_only else "missing"
            return CellWords(symbols.none, word, Role.WARN, is_local(state))
        case Cell.NOT_LISTED:
            return CellWords(symbols.none, "not there" if is_local(state) else "not listed", Role.FAINT, True)
        case Cell.ASKING:
            return CellWords(symbols.busy, "asking", Role.BUSY, is_plain=True)
        case Cell.ERROR:
            return CellWords(symbols.fail, which_error(state, version), Role.FAIL)
        case Cell.PRIVATE:
            return CellWords(symbols.none, "private", Role.FAINT)
        case Cell.NOT_ASKED:
            return CellWords(symbols.idle, "not asked", Role.FAINT, is_plain=True)


def which_error(state: ColumnState, version: str = "") -> str:
    """Which error a column answered with, for a version or for all: the status, or a word."""
    named = state.known.get(version)
    if named is not None:
        return _error_word(named.error or "")
    if state.answered is None:
        return "failed"
    failed = [request for request in state.answered.requests if request.error is not None]
    statuses = [request.status for request in failed if request.status not in (None, 200)]
    return str(statuses[0]) if statuses else _error_word(state.answered.error or "")


def _error_word(words: str) -> str:
    status = _STATUS.search(words)
    if status is not None and status[1] != "200":
        return status[1]
    lower = words.lower()
    return next((word for part, word in _FAULTS if part in lower), "failed")


def column_words(state: ColumnState, symbols: Symbols) -> CellWords:
    """How a column stands, in a few characters."""
    if state.column.private:
        return CellWords(symbols.none, "private", Role.FAINT)
    if state.asking:
        return CellWords(symbols.busy, "asking", Role.BUSY)
    if state.answered is None:
        return CellWords(symbols.idle, "not asked", Role.FAINT, is_plain=is_local(state))
    if state.answered.error is not None:
        return CellWords(symbols.fail, which_error(state), Role.FAIL)
    count = len(state.answered.versions)
    if is_local(state):
        return CellWords(symbols.ok if count else symbols.none, f"{count} ", Role.OK if count else Role.FAINT)
    if not count:
        return CellWords(symbols.none, "none listed", Role.FAINT)
    return CellWords(symbols.ok, f"{count} listed", Role.OK)
