"""The rows of the credentials that were seen: who uses which, and which are passed over."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from probes.golang.credential_use import Standing
from probes.trace.origin_events import CredentialSeen
from tui.drawing.origin_story import NOWHERE, credentials_at
from tui.drawing.question_rows import named
from tui.drawing.tree_keys import Part, TreeKey
from tui.drawing.tree_view import TreeView
from tui.lines import Line, Role, Row, line, pad, row_with
from tui.symbols import Symbols

_NOTES = frozenset({"certificates", "http.proxy", "terminal"})
"""Kinds of what decides and is no credential (probes.auth.over_http)."""
_STANDINGS = {
    Standing.USED: ("ok", Role.OK, "is used"),
    Standing.IGNORED: ("warn", Role.WARN, "is ignored"),
    Standing.ASKED: ("unknown", Role.PLAIN, "is asked"),
    Standing.MISSING: ("none", Role.FAINT, "is not there"),
}


def credential_look(seen: CredentialSeen, symbols: Symbols) -> tuple[str, Role, str]:
    """A symbol, a role and words for what becomes of a credential."""
    name, role, words = _STANDINGS[seen.use.standing]
    if role is Role.WARN and _is_note(seen):
        name, role = "none", Role.FAINT
    return str(getattr(symbols, name)), role, words


def credential_name(seen: CredentialSeen) -> str:
    """What it is and where it stands: "netrc ~/.netrc:3"."""
    return " ".join(word for word in (seen.use.kind, seen.use.where) if word)


def rewrite_row(view: TreeView, key: TreeKey, indent: str) -> Row:
    """What git makes of a URL before it asks anybody."""
    seen = view.trace.origin.credentials[key.number]
    symbol, role, words = credential_look(seen, view.symbols)
    head = line(f"{indent}    ", (symbol, role), " ", named(f"{seen.use.kind}?"))
    said = line((seen.use.because, Role.PLAIN if role is Role.OK else role))
    where = line((f"   {seen.use.where}", Role.FAINT))
    return row_with(key, head + said + where, seen.use.kind, seen.use.because, words)


def credential_rows(view: TreeView, hop: int | None, opened: Collection[TreeKey]) -> Iterator[Row]:
    """Who would use which credential, and which are passed over."""
    every = credentials_at(view.trace, hop)
    if not every:
        return
    symbols, key = view.symbols, TreeKey(Part.CREDENTIALS, NOWHERE if hop is None else hop)
    indent = "" if hop is None else "  "
    is_open = view.is_open(key, opened)
    fold = symbols.opened if is_open else symbols.closed
    ignored = any(_is_passed_over(seen) for _, seen in every)
    mark = (symbols.warn, Role.WARN) if ignored else (symbols.none, Role.FAINT)
    yield Row(key, line(f"{indent}  {fold} ", mark, " ", named("credentials?")) + _summary(every))
    for number, seen in every if is_open else ():
        yield from _credential_rows(view, number, seen, indent)


def _is_note(seen: CredentialSeen) -> bool:
    """Whether it is no credential: of every trace git says that nobody is asked in the terminal."""
    kind = seen.use.kind
    return kind in _NOTES or (kind == "ssh config" and seen.use.standing is Standing.USED)


def _is_passed_over(seen: CredentialSeen) -> bool:
    """Whether somebody may count on it, and in vain."""
    return seen.use.standing is Standing.IGNORED and not _is_note(seen)


def _summary(every: list[tuple[int, CredentialSeen]]) -> Line:
    """Which are used; the others by their number."""
    ignored = sum(_is_passed_over(seen) for _, seen in every)
    words = [
        f"{seen.use.whom} uses {credential_name(seen)}"
        if seen.use.standing is Standing.USED
        else f"{seen.use.whom} would ask {credential_name(seen)}"
        for _, seen in every
        if seen.use.standing in (Standing.USED, Standing.ASKED) and not _is_note(seen)
    ] or ["none is used"]
    text = line("; ".join(dict.fromkeys(words)))
    return text + line((f"; {ignored} ignored", Role.WARN)) if ignored else text


def _credential_rows(view: TreeView, number: int, seen: CredentialSeen, indent: str) -> Iterator[Row]:
    symbols = view.symbols
    symbol, role, words = credential_look(seen, symbols)
    name = credential_name(seen)
    head = line(f"{indent}      ", (symbol, role), f" {pad(seen.use.whom, 4)} ", (name, Role.NAME), " ")
    text = head + line((words, role), f": {seen.use.because}")
    yield row_with(TreeKey(Part.CREDENTIAL, number), text, str(seen.use.whom), name, words, seen.use.because)
